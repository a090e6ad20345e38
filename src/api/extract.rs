//! What a request says, read so that every refusal is an error as RFC 9457 wants it.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::ApiError;
use crate::model::Time;

/// The query string.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::try_from_uri(&parts.uri)
            .map_err(|error| ApiError::new(StatusCode::BAD_REQUEST, error.body_text()))?;
        Ok(Self(query.0))
    }
}

/// A JSON body, whatever its content type says; none at all is the default.
#[derive(Debug)]
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned + Default, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes = Bytes::from_request(request, state).await.map_err(unread)?;
        if bytes.is_empty() {
            return Ok(Self(T::default()));
        }
        let body = serde_json::from_slice(&bytes).map_err(|error| {
            ApiError::new(StatusCode::BAD_REQUEST, format!("the body is no JSON we know: {error}"))
        })?;
        Ok(Self(body))
    }
}

/// Reads the `next` of an earlier answer back: a moment and an id.
pub(super) fn cursor(text: &str) -> Result<(Time, String), ApiError> {
    let parsed = text.split_once('_').and_then(|(at, id)| Some((at.parse().ok()?, id)));
    let (at, id) = parsed.ok_or_else(|| {
        ApiError::new(StatusCode::BAD_REQUEST, "`after` is not what `next` of a page said")
    })?;
    Ok((Time(at), id.to_owned()))
}

fn unread(rejection: BytesRejection) -> ApiError {
    ApiError::new(rejection.status(), rejection.body_text())
}
