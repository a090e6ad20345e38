//! The wall: what is open, readable from three metres, on a screen that nobody touches.

use askama::Template;
use axum::extract::{ConnectInfo, Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use std::net::SocketAddr;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use super::sign_in::{closed_door, is_secure};
use crate::api::access::{is_from, wall_cookie};
use crate::api::cases::is_spoken_for;
use crate::api::{ApiError, ApiState};
use crate::escalate::Escalation;
use crate::model::{CaseState, CaseSummary, Message};
use crate::store::AccessKind;

/// Cases shown; more of them are counted.
const ROWS: usize = 9;
/// A browser forgets the link of a wall after so long, seconds: ten years.
const KEPT: i64 = 10 * 365 * 86_400;

#[derive(Template)]
#[template(path = "wall.html")]
struct WallPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    rows: Vec<Row>,
    more: String,
    empty: String,
    silent: String,
}

struct Row {
    id: String,
    severity: &'static str,
    state: &'static str,
    level: String,
    title: String,
    line: String,
    age: String,
    owner: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct WallQuery {
    token: Option<String>,
}

/// Takes the link's token, from the address that it is bound to, and shows the wall from then on.
pub(super) async fn enter(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    Query(query): Query<WallQuery>,
    info: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    guest: Result<Guest, Response>,
) -> Response {
    let Some(token) = query.token else {
        return match guest {
            Ok(guest) => show(&state, &guest, language),
            Err(refused) => refused,
        };
    };
    let now = state.clock.now();
    let address = info.map(|info| info.0.0.ip().to_canonical());
    match state.store.access_from(AccessKind::Wall, &token, now).await {
        Ok(Some((_, bound))) if is_from(address, &bound) => {
            let cookie = wall_cookie(&token, KEPT, is_secure(&state));
            ([(header::SET_COOKIE, cookie)], Redirect::to("/wall")).into_response()
        }
        Ok(_) => closed_door(&state, language, "/wall"),
        Err(error) => ApiError::from(error).into_response(),
    }
}

fn show(state: &ApiState, guest: &Guest, language: crate::model::Language) -> Response {
    let mut cases = state.engine.cases();
    cases.retain(|case| case.state.is_live() && !is_spoken_for(case));
    cases.sort_by_key(|case| super::shift::urgency(case));
    let silent = super::sources::silent(state).join(", ");
    speak(state, language, |core, s| {
        let more = u32::try_from(cases.len().saturating_sub(ROWS)).unwrap_or(u32::MAX);
        let frame = Frame::new(state, guest, "wall", s.t("nav-wall"), s);
        let (up, sources) = frame.counted();
        let empty = Message::new("wall-quiet").number("up", up).number("sources", sources);
        html(&WallPage {
            rows: cases
                .iter()
                .take(ROWS)
                .map(|case| row(case, &core.settings().escalation, &s))
                .collect(),
            more: if more > 0 { s.count("wall-more", more) } else { String::new() },
            empty: s.say(&empty),
            silent,
            frame,
            s,
        })
    })
}

fn row(case: &CaseSummary, escalation: &Escalation, s: &Speech<'_>) -> Row {
    let mut line = vec![s.count("count-systems", case.system_count)];
    if case.findings > 0 {
        line.push(s.count("count-findings", case.findings));
    }
    if case.tickets > 0 {
        line.push(s.count("count-tickets", case.tickets));
    }
    line.extend(super::shift::cause(case, s));
    line.extend(super::told::told(case, escalation, s).into_iter().map(|told| told.text));
    let level = if case.blind {
        "severity-blind".to_owned()
    } else {
        format!("level-{}", case.severity.as_str())
    };
    Row {
        id: case.id.to_string(),
        severity: if case.blind { "blind" } else { case.severity.as_str() },
        state: case.state.as_str(),
        level: s.t(&level),
        title: s.say(&case.title),
        line: line.join(" · "),
        age: s.span(s.now.seconds_since(case.opened_at)),
        owner: match (&case.owner, case.state) {
            (Some((_, who)), CaseState::Acknowledged) => who.clone(),
            _ => s.t("wall-untaken"),
        },
    }
}
