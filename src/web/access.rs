//! «Доступ»: who can come in and how, and the journal of who did; for administrators.

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::api::{ApiError, ApiState};
use crate::store::{AuditLine, Pass, Role, User};

/// Lines of the journal shown.
const LINES: u32 = 200;

#[derive(Template)]
#[template(path = "access.html")]
struct AccessPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    users: Vec<UserRow>,
    passes: Vec<PassRow>,
    journal: Vec<JournalRow>,
}

struct UserRow {
    name: String,
    role: String,
    state: String,
}

struct PassRow {
    hash: String,
    kind: String,
    name: String,
    role: String,
    created: String,
    used: String,
    expires: String,
    address: String,
}

struct JournalRow {
    at: String,
    who: String,
    what: String,
    about: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let now = state.clock.now();
    let read = async {
        guest.visitor.needs(Role::Admin)?;
        let users = state.store.users().await?;
        let passes = state.store.passes(now).await?;
        Ok::<_, ApiError>((users, passes, state.store.audited(LINES).await?))
    };
    let (users, passes, journal) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    speak(&state, language, |_, s| {
        html(&AccessPage {
            frame: Frame::new(&state, &guest, "access", s.t("nav-access"), s),
            users: users.iter().map(|user| user_row(user, &s)).collect(),
            passes: passes.iter().map(|pass| pass_row(pass, &s)).collect(),
            journal: journal.iter().map(|line| journal_row(line, &s)).collect(),
            s,
        })
    })
}

fn user_row(user: &User, s: &Speech<'_>) -> UserRow {
    let role = s.t(&format!("role-{}", user.access.role.as_str()));
    let team = &user.access.team;
    UserRow {
        name: user.access.name.clone(),
        role: if team.is_empty() { role } else { format!("{role} ({team})") },
        state: match (user.is_disabled, user.has_totp) {
            (true, _) => s.t("user-disabled"),
            (false, true) => s.t("user-totp"),
            (false, false) => s.t("user-active"),
        },
    }
}

fn pass_row(pass: &Pass, s: &Speech<'_>) -> PassRow {
    let moment =
        |at: Option<crate::model::Time>| at.map(|at| s.clock(at)).unwrap_or_else(|| "—".to_owned());
    PassRow {
        hash: pass.hash.clone(),
        kind: s.t(&format!("pass-{}", pass.kind)),
        name: pass.access.name.clone(),
        role: s.t(&format!("role-{}", pass.access.role.as_str())),
        created: s.clock(pass.created_at),
        used: moment(pass.used_at),
        expires: moment(pass.expires_at),
        address: pass.address.clone(),
    }
}

fn journal_row(line: &AuditLine, s: &Speech<'_>) -> JournalRow {
    let key = format!("audit-{}", line.what);
    JournalRow {
        at: s.moment(line.at),
        who: line.who.clone(),
        what: if s.catalogue.has(&key) { s.t(&key) } else { line.what.clone() },
        about: line.about.clone(),
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RevokeForm {
    hash: String,
}

/// Ends a token or a session.
pub(super) async fn revoke(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Form(form): Form<RevokeForm>,
) -> Response {
    let done = async {
        guest.visitor.needs(Role::Admin)?;
        if state.store.revoke(&form.hash).await? > 0 {
            let about: String = form.hash.chars().take(8).collect();
            let now = state.clock.now();
            state.store.audit(now, &guest.name, "revoked", &about).await?;
        }
        Ok::<_, ApiError>(())
    };
    match done.await {
        Ok(()) => Redirect::to("/access").into_response(),
        Err(error) => refusal(&state, language, Some(&guest), &error),
    }
}
