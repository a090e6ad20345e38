//! Coming in by a provider of identity: to its page and back.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::Wanted;
use super::sign_in::{Door, door, inside, is_secure, open};
use crate::api::ApiState;
use crate::api::access::{BEGUN, cookie, set_cookie};
use crate::people::oidc::OidcError;

/// A sign-in that was begun must end within ten minutes.
const PATIENCE: i64 = 600;

#[derive(Debug, Deserialize)]
pub(super) struct StartQuery {
    next: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct BackQuery {
    #[serde(default)]
    state: String,
    #[serde(default)]
    code: String,
    /// Why there is no code.
    error: Option<String>,
}

fn page_url(state: &ApiState) -> String {
    state.engine.read(|core| core.settings().escalation.page_url.clone())
}

/// Sends the browser to the provider.
pub(super) async fn start(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    Query(query): Query<StartQuery>,
) -> Response {
    let again = |status, wrong| door(&state, language, status, Door { wrong, ..Door::default() });
    let Some(provider) = state.doors.provider() else {
        return again(StatusCode::NOT_FOUND, "sign-in-provider-none");
    };
    let next = query.next.unwrap_or_default();
    match provider.start(&page_url(&state), inside(&next)).await {
        Ok(start) => {
            let kept = set_cookie(BEGUN, &start.kept, PATIENCE, is_secure(&state));
            ([(header::SET_COOKIE, kept)], Redirect::to(&start.address)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a sign-in could not be begun");
            again(StatusCode::SERVICE_UNAVAILABLE, "sign-in-provider-down")
        }
    }
}

/// Takes in whoever comes back from the provider.
pub(super) async fn back(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    headers: HeaderMap,
    Query(query): Query<BackQuery>,
) -> Response {
    // What was begun is over, however it ends.
    let forget = set_cookie(BEGUN, "", 0, is_secure(&state));
    let forget = AppendHeaders([(header::SET_COOKIE, forget)]);
    let again = |status, wrong| door(&state, language, status, Door { wrong, ..Door::default() });
    let Some(provider) = state.doors.provider() else {
        return again(StatusCode::NOT_FOUND, "sign-in-provider-none");
    };
    if let Some(error) = query.error {
        let error: String = error.chars().filter(|letter| !letter.is_control()).take(100).collect();
        tracing::warn!(error, "the provider let somebody go");
        return (forget, again(StatusCode::UNAUTHORIZED, "sign-in-provider-refused"))
            .into_response();
    }
    let cookies = headers.get(header::COOKIE).and_then(|value| value.to_str().ok());
    let kept = cookies.and_then(|cookies| cookie(cookies, BEGUN)).unwrap_or_default();
    let done = provider.finish(&page_url(&state), kept, &query.state, &query.code).await;
    let (status, wrong) = match done {
        // A name of ours comes in by our own password only: who was disabled here stays out.
        Ok((access, _)) if state.store.has_user(&access.name).await.unwrap_or(true) => {
            tracing::warn!(name = access.name, "the provider sent a name that is one of ours");
            (StatusCode::FORBIDDEN, "sign-in-provider-ours")
        }
        Ok((access, next)) => {
            let opened = open(&state, &access, state.clock.now(), inside(&next)).await;
            return (forget, opened).into_response();
        }
        Err(error) => {
            tracing::warn!(%error, "a sign-in by the provider came to nothing");
            match error {
                OidcError::Unreachable { .. } => {
                    (StatusCode::SERVICE_UNAVAILABLE, "sign-in-provider-down")
                }
                OidcError::Untrue(_) => (StatusCode::UNAUTHORIZED, "sign-in-provider-again"),
                OidcError::NoRole(_) => (StatusCode::FORBIDDEN, "sign-in-provider-no-role"),
            }
        }
    };
    (forget, again(status, wrong)).into_response()
}
