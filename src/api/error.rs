//! Errors as RFC 9457 says: `application/problem+json` with a safe sentence; what is internal goes
//! to the log.

use std::sync::LazyLock;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::shapes::TextShape;
use crate::cases::Refused;
use crate::engine::SubmitError;
use crate::i18n::Catalogue;
use crate::model::Message;
use crate::store::StoreError;
use crate::topology::Topology;

/// The body of an error.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ErrorBody {
    /// Always `about:blank`: the status says it all.
    r#type: &'static str,
    /// The status in words.
    title: String,
    /// The status code.
    status: u16,
    /// What was wrong and what to do.
    detail: String,
    /// Of a conflict: what has happened since the version that was expected, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changed: Vec<TextShape>,
}

const FOREIGN: &str =
    "this request came from another site's page, or a proxy before us changes the host";

/// An error that a caller sees.
#[derive(Clone, Debug)]
pub struct ApiError {
    status: StatusCode,
    detail: String,
    /// What has happened since the caller looked, of a conflict.
    changed: Vec<Message>,
    /// The same for people; absent when the status says all that they can use.
    said: Option<Message>,
}

impl ApiError {
    /// Makes an error.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into(), changed: Vec::new(), said: None }
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// What is said to people, when there is more to say than the status.
    pub(crate) fn said(&self) -> Option<&Message> {
        self.said.as_ref()
    }

    /// The same, with words for people.
    #[must_use]
    pub(crate) fn saying(self, message: Message) -> Self {
        Self { said: Some(message), ..self }
    }

    /// What has happened since the caller looked, oldest first.
    pub(crate) fn changed(&self) -> &[Message] {
        &self.changed
    }

    /// A cookie came with a request that another site's page made.
    #[must_use]
    pub fn foreign() -> Self {
        Self::new(StatusCode::FORBIDDEN, FOREIGN)
    }

    /// Whether it is [`Self::foreign`].
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.detail == FOREIGN
    }

    /// There is nothing at this address.
    #[must_use]
    pub fn missing() -> Self {
        let detail = "there is nothing here; /api/v1/openapi.json lists all";
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// The address is there, the method is not.
    #[must_use]
    pub fn wrong_method() -> Self {
        let detail = "this address has no such method; /api/v1/openapi.json lists all";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail)
    }

    /// Nobody has signed in.
    #[must_use]
    pub fn unauthorized() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "sign in: send `Authorization: Bearer TOKEN` (make one with `vakhta token add`), \
             or open the sign-in link that `vakhta token link` prints",
        )
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error").to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            changed: self.changed.iter().map(said).collect(),
        };
        let text = serde_json::to_string(&body).unwrap_or_default();
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (self.status, kind, text).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let scheme = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, scheme);
        }
        response
    }
}

/// A line of the history in both languages; systems go by their keys here.
fn said(message: &Message) -> TextShape {
    static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);
    CATALOGUE.both(message, &Topology::default()).into()
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "the store did not answer; see the log")
    }
}

impl From<SubmitError> for ApiError {
    fn from(error: SubmitError) -> Self {
        let status = match &error {
            SubmitError::Stopping | SubmitError::Stuck => StatusCode::SERVICE_UNAVAILABLE,
            SubmitError::Refused(refused) => match **refused {
                Refused::Unknown(_) | Refused::Stale { .. } | Refused::NotNow { .. } => {
                    StatusCode::CONFLICT
                }
                Refused::NotLast { .. } | Refused::NoAct(_) => StatusCode::CONFLICT,
                _ => StatusCode::UNPROCESSABLE_ENTITY,
            },
        };
        let changed = match &error {
            SubmitError::Refused(refused) => match &**refused {
                Refused::Stale { changed, .. } => changed.clone(),
                _ => Vec::new(),
            },
            _ => Vec::new(),
        };
        let said = match &error {
            SubmitError::Refused(refused) => Some(refused.message()),
            SubmitError::Stopping | SubmitError::Stuck => None,
        };
        Self { changed, said, ..Self::new(status, error.to_string()) }
    }
}
