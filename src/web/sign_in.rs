//! Coming in by a one-time link.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::frame::Frame;
use super::page::{Speech, Wanted, html};
use crate::api::{ApiState, session_cookie};
use crate::model::Language;
use crate::store::AccessKind;
use crate::topology::Topology;

/// A session lasts one shift and a bit.
const SESSION_SECONDS: i64 = 16 * 3600;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SignInQuery {
    token: Option<String>,
}

/// Uses up the link and opens a session.
pub(super) async fn enter(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    Query(query): Query<SignInQuery>,
) -> Response {
    let now = state.clock.now();
    let token = query.token.unwrap_or_default();
    let access = match state.store.use_sign_in(&token, now).await {
        Ok(Some(access)) => access,
        Ok(None) => return closed_door(&state, language),
        Err(error) => return crate::api::ApiError::from(error).into_response(),
    };
    let expires = now.plus_millis(SESSION_SECONDS * 1000);
    match state.store.add_access(AccessKind::Session, &access, now, Some(expires)).await {
        Ok(session) => {
            let cookie = session_cookie(&session, SESSION_SECONDS);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/problems")).into_response()
        }
        Err(error) => crate::api::ApiError::from(error).into_response(),
    }
}

/// The page for those who have not signed in.
pub(super) fn closed_door(state: &ApiState, language: Language) -> Response {
    let topology = Topology::default();
    let now = state.clock.now();
    let s = Speech { catalogue: &state.catalogue, topology: &topology, language, now };
    let page = SignInPage { frame: Frame::bare(s.t("sign-in-title"), None, s), s };
    (StatusCode::UNAUTHORIZED, html(&page)).into_response()
}
