//! Coming in and going out: by name and password, by a one-time link.

use askama::Template;
use axum::Form;
use axum::extract::{FromRequest, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal};
use crate::api::access::{address, same_origin, session_token};
use crate::api::{ApiError, ApiState, session_cookie};
use crate::model::{Language, Time};
use crate::store::{Access, AccessKind, SignIn};
use crate::topology::Topology;

/// A session lasts one shift and a bit.
const SESSION_SECONDS: i64 = 16 * 3600;
/// The longest name and password, bytes.
const LONGEST: usize = 1_000;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    /// What went wrong with the last attempt; empty for the first.
    wrong: String,
    name: String,
    asks_code: bool,
    next: String,
    /// Whoever signs people in beside us; empty for nobody.
    provider: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct SignInQuery {
    token: Option<String>,
    next: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SignInForm {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// Uses up a one-time link and opens a session; without one, asks for name and password.
pub(super) async fn enter(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    Query(query): Query<SignInQuery>,
) -> Response {
    let next = query.next.unwrap_or_default();
    let Some(token) = query.token else {
        return door(&state, language, StatusCode::OK, Door { next, ..Door::default() });
    };
    let now = state.clock.now();
    match state.store.use_sign_in(&token, now).await {
        Ok(Some(access)) => open(&state, &access, now, "/problems").await,
        Ok(None) => {
            let told = Door { wrong: "sign-in-used", ..Door::default() };
            door(&state, language, StatusCode::UNAUTHORIZED, told)
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// Checks name and password.
pub(super) async fn sign_in(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    // Else another site's page could sign a visitor in under its own name.
    if let Err(error) = same_origin(&parts) {
        return refusal(&state, language, None, &error);
    }
    let from = address(&parts);
    let request = Request::from_parts(parts, body);
    let Ok(Form(form)) = Form::<SignInForm>::from_request(request, &state).await else {
        return door(&state, language, StatusCode::BAD_REQUEST, Door::default());
    };
    let again = |status, wrong: &'static str, asks_code: bool| {
        let (name, next) = (form.name.clone(), form.next.clone());
        door(&state, language, status, Door { wrong, name, asks_code, next })
    };
    if form.name.len() > LONGEST || form.password.len() > LONGEST {
        return again(StatusCode::UNAUTHORIZED, "sign-in-wrong", false);
    }
    let Some(turn) = state.throttle.turn(&form.name, from).await else {
        return again(StatusCode::TOO_MANY_REQUESTS, "sign-in-crowd", false);
    };
    let now = state.clock.now();
    let mut checked = state.store.check_password(&form.name, &form.password, &form.code, now).await;
    // Names of ours go first, for the night when the directory is down; it is not asked about them at all.
    let is_ours = state.store.has_user(&form.name).await.unwrap_or(true);
    if matches!(checked, Ok(SignIn::Refused)) && !is_ours {
        match state.doors.check(&form.name, &form.password).await {
            // The directory says how the name is written; ours may be the same name, disabled or with a second factor.
            Ok(Some(access)) if state.store.has_user(&access.name).await.unwrap_or(true) => {}
            Ok(Some(access)) => checked = Ok(SignIn::Known(access)),
            Ok(None) => {}
            Err(error) => {
                tracing::error!(%error, "a sign-in could not be checked in the directory");
                turn.wrong();
                return again(StatusCode::SERVICE_UNAVAILABLE, "sign-in-directory", false);
            }
        }
    }
    match checked {
        Ok(SignIn::Known(access)) => {
            turn.right();
            open(&state, &access, now, inside(&form.next)).await
        }
        Ok(SignIn::NeedsCode) => {
            // A code is six digits: guessing those is slowed down as well.
            let is_first = form.code.is_empty();
            // Asking for the code neither helps nor harms: what was guessed wrong before still counts.
            if !is_first {
                turn.wrong();
            }
            let wrong = if is_first { "sign-in-code" } else { "sign-in-code-wrong" };
            again(StatusCode::UNAUTHORIZED, wrong, true)
        }
        Ok(SignIn::Refused) => {
            turn.wrong();
            let from = from.map(|address| address.to_string()).unwrap_or_default();
            let name: String = form.name.chars().take(100).collect();
            if let Err(error) = state.store.audit(now, &name, "refused", &from).await {
                tracing::warn!(%error, "the journal was not written");
            }
            again(StatusCode::UNAUTHORIZED, "sign-in-wrong", false)
        }
        Err(error) => refusal(&state, language, None, &ApiError::from(error)),
    }
}

/// Ends the session.
pub(super) async fn sign_out(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    headers: HeaderMap,
) -> Response {
    let Some(token) = session_token(&headers) else {
        return Redirect::to("/sign-in").into_response();
    };
    let now = state.clock.now();
    let ended = async {
        state.store.end_session(token).await?;
        state.store.audit(now, &guest.name, "signed_out", "").await
    };
    match ended.await {
        Ok(()) => {
            let cookie = session_cookie("", 0, is_secure(&state));
            ([(header::SET_COOKIE, cookie)], Redirect::to("/sign-in")).into_response()
        }
        Err(error) => refusal(&state, language, Some(&guest), &ApiError::from(error)),
    }
}

/// Opens a session: always a new one, so that nobody can bring one along.
pub(super) async fn open(state: &ApiState, access: &Access, now: Time, next: &str) -> Response {
    let expires = now.plus_millis(SESSION_SECONDS * 1000);
    let opened = async {
        let session =
            state.store.add_access(AccessKind::Session, access, now, Some(expires)).await?;
        state.store.audit(now, &access.name, "signed_in", access.role.as_str()).await?;
        Ok::<_, crate::store::StoreError>(session)
    };
    match opened.await {
        Ok(session) => {
            let cookie = session_cookie(&session, SESSION_SECONDS, is_secure(state));
            ([(header::SET_COOKIE, cookie)], Redirect::to(next)).into_response()
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// People come by https when the operator's address of the page says so.
pub(super) fn is_secure(state: &ApiState) -> bool {
    state.engine.read(|core| core.settings().escalation.page_url.starts_with("https://"))
}

/// Where one wanted to go, if that is a page of ours.
pub(super) fn inside(next: &str) -> &str {
    let is_ours =
        next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\r', '\n']);
    if is_ours { next } else { "/problems" }
}

/// What the page at the door says.
#[derive(Default)]
pub(super) struct Door {
    pub(super) wrong: &'static str,
    pub(super) name: String,
    pub(super) asks_code: bool,
    pub(super) next: String,
}

pub(super) fn door(
    state: &ApiState,
    language: Language,
    status: StatusCode,
    door: Door,
) -> Response {
    let topology = Topology::default();
    let now = state.clock.now();
    let base = super::house::base(state);
    let s = Speech { catalogue: &state.catalogue, topology: &topology, language, now, base: &base };
    let wrong = if door.wrong.is_empty() { String::new() } else { s.t(door.wrong) };
    let frame = Frame::bare(s.t("sign-in-title"), None, s);
    let Door { name, asks_code, next, .. } = door;
    let provider = state.doors.provider();
    let provider = provider.map_or_else(String::new, |provider| match provider.title() {
        "" => s.t("sign-in-provider"),
        title => title.to_owned(),
    });
    (status, html(&SignInPage { frame, s, wrong, name, asks_code, next, provider })).into_response()
}

/// The page for those who have not signed in.
pub(super) fn closed_door(state: &ApiState, language: Language, next: &str) -> Response {
    let next = next.to_owned();
    door(state, language, StatusCode::UNAUTHORIZED, Door { next, ..Door::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_out_of_the_house() {
        assert_eq!(inside("/problems/PRB-000001?all=1"), "/problems/PRB-000001?all=1");
        for outside in
            ["//evil.example", "https://evil.example", "/\\evil.example", "", "/a\r\nX: y"]
        {
            assert_eq!(inside(outside), "/problems", "{outside}");
        }
    }
}
