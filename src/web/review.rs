//! «Разбор»: what the engine did, what is doubtful first, for problem managers; and the register for their reports.

pub(super) mod sort;

use std::fmt::Write;
use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::api::{ApiError, ApiState};
use crate::model::{CaseSummary, Language, LinkKind};
use crate::store::Role;

/// Archived cases looked at beside the live ones.
const ARCHIVED: u32 = 2_000;
/// Rows shown.
const ROWS: usize = 200;
/// A case of so many systems may be several.
const MANY: u32 = 5;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    title: String,
    opened: String,
    state: String,
    doubts: Vec<String>,
    /// It is not in the archive: people's acts reach it.
    is_live: bool,
}

/// What problem managers look through: cases in memory and the latest of the archive, newest first.
async fn cases(guest: &Guest, state: &ApiState) -> Result<Vec<Arc<CaseSummary>>, ApiError> {
    guest.visitor.needs(Role::ProblemManager)?;
    let mut cases = state.engine.cases();
    let archived = state.store.archived(None, ARCHIVED).await?;
    cases.extend(archived.into_iter().map(Arc::new));
    cases.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id)));
    cases.dedup_by_key(|case| case.id);
    Ok(cases)
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let cases = match cases(&guest, &state).await {
        Ok(cases) => cases,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    speak(&state, language, |_, s| {
        let mut rows: Vec<(usize, Row)> = cases
            .iter()
            .map(|case| {
                let doubts = doubts(case, &s);
                let row = Row {
                    id: case.id.to_string(),
                    title: s.say(&case.title),
                    opened: s.clock(case.opened_at),
                    state: super::facts::state(case, &s),
                    doubts,
                    is_live: state.engine.case(case.id).is_some(),
                };
                (row.doubts.len(), row)
            })
            .filter(|(doubts, _)| *doubts > 0)
            .collect();
        // The most doubtful first, the newest first among equals.
        rows.sort_by_key(|(doubts, _)| std::cmp::Reverse(*doubts));
        let frame = Frame::new(&state, &guest, "review", s.t("nav-review"), s);
        html(&ReviewPage {
            frame,
            rows: rows.into_iter().map(|(_, row)| row).take(ROWS).collect(),
            s,
        })
    })
}

/// What speaks against taking a case as the engine left it; nothing of one that a person has confirmed.
fn doubts(case: &CaseSummary, s: &Speech<'_>) -> Vec<String> {
    if case.confirmed || case.rejected {
        return Vec::new();
    }
    let mut doubts = Vec::new();
    if case.cause.as_ref().is_some_and(|(_, share)| *share < super::case::SURE) {
        doubts.push(s.t("doubt-cause"));
    }
    if case.system_count >= MANY {
        doubts.push(s.count("doubt-systems", case.system_count));
    }
    if case.reopened > 0 {
        doubts.push(s.count("count-returns", case.reopened));
    }
    if case.links.iter().any(|link| link.kind == LinkKind::Absorbed) {
        doubts.push(s.t("doubt-merged"));
    }
    doubts
}

/// The register as CSV that a spreadsheet in Russian opens by itself: UTF-8 with a mark, semicolons (RFC 4180 quoting).
pub(super) async fn export(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let cases = match cases(&guest, &state).await {
        Ok(cases) => cases,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    let text = speak(&state, language, |_, s| register(&cases, &s));
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"vakhta.csv\""),
    ];
    (headers, text).into_response()
}

fn register(cases: &[Arc<CaseSummary>], s: &Speech<'_>) -> String {
    let columns = [
        "csv-id",
        "csv-title",
        "csv-severity",
        "csv-state",
        "csv-opened",
        "csv-resolved",
        "csv-minutes",
        "csv-systems",
        "csv-mrfs",
        "csv-tickets",
        "csv-users",
        "csv-findings",
        "csv-cause",
        "csv-share",
        "csv-owner",
        "csv-ticket",
    ];
    let mut text = "\u{feff}".to_owned();
    let head: Vec<String> = columns.iter().map(|key| quoted(&s.t(key))).collect();
    let _infallible = writeln!(text, "{}\r", head.join(";"));
    for case in cases {
        let end = case.resolved_at.or(case.closed_at);
        let minutes = end.map(|end| end.seconds_since(case.opened_at) / 60.0);
        let systems: Vec<String> = case.systems.iter().map(|key| s.system(key)).collect();
        let (cause, share) = match &case.cause {
            Some((system, share)) => (s.system(system), s.share(*share)),
            None => Default::default(),
        };
        let ticket = case.told.iter().find(|told| told.channel == crate::model::Channel::Otrs);
        let fields = [
            case.id.to_string(),
            s.say(&case.title),
            s.t(&format!("severity-{}", case.severity.max(case.peak).as_str())),
            s.t(&format!("state-{}", case.state.as_str())),
            s.moment(case.opened_at),
            end.map(|at| s.moment(at)).unwrap_or_default(),
            minutes.map(|minutes| decimal(minutes, s.language)).unwrap_or_default(),
            systems.join(", "),
            case.mrfs.join(", "),
            case.tickets.to_string(),
            case.users.to_string(),
            case.findings.to_string(),
            cause,
            share,
            case.owner.as_ref().map(|(_, who)| who.clone()).unwrap_or_default(),
            ticket.map(|told| told.reference.clone()).unwrap_or_default(),
        ];
        let line: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        let _infallible = writeln!(text, "{}\r", line.join(";"));
    }
    text
}

fn decimal(value: f64, language: Language) -> String {
    let text = format!("{value:.1}");
    if language == Language::Ru { text.replace('.', ",") } else { text }
}

/// A field in quotes; one that a spreadsheet would take for a formula is made a text.
fn quoted(field: &str) -> String {
    let is_formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let safe = if is_formula { format!("'{field}") } else { field.to_owned() };
    format!("\"{}\"", safe.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spreadsheet_runs_nothing_that_a_ticket_says() {
        assert_eq!(quoted("=HYPERLINK(\"http://x\")"), "\"'=HYPERLINK(\"\"http://x\"\")\"");
        assert_eq!(quoted("БД; CRM"), "\"БД; CRM\"");
    }
}
