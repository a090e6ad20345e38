//! The list of Problems: one line each, all that matters in it.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::page::{Guest, Speech, Wanted, html, refusal};
use super::told::{Told, told};
use crate::api::cases::is_spoken_for;
use crate::api::{ApiError, ApiState};
use crate::model::{CaseState, CaseSummary};

/// The most lines shown; the API pages on.
const LIMIT: usize = 200;

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    s: Speech<'a>,
    title: String,
    guest: Option<&'a str>,
    here: &'static str,
    lines: Vec<Line>,
    closed: bool,
    is_cut: bool,
    silent_sources: Vec<String>,
}

impl ListPage<'_> {
    /// A line that says that more are not shown.
    fn more(&self) -> String {
        let count = u32::try_from(LIMIT).unwrap_or(u32::MAX);
        self.s.count("list-more", count)
    }
}

/// One Problem on one line.
struct Line {
    id: String,
    severity: &'static str,
    severity_name: String,
    state: &'static str,
    state_name: String,
    title: String,
    counts: Vec<String>,
    mrfs: String,
    cause: String,
    told: Vec<Told>,
    age: String,
    opened: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct ListQuery {
    closed: Option<String>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Response {
    let closed = query.closed.is_some();
    let mut problems: Vec<CaseSummary> = if closed {
        match state.store.archived(None, u32::try_from(LIMIT + 1).unwrap_or(u32::MAX)).await {
            Ok(archived) => archived,
            Err(error) => {
                let error = ApiError::from(error);
                return refusal(&state, language, Some(&guest.name), &error);
            }
        }
    } else {
        state.engine.cases().iter().map(|case| (**case).clone()).collect()
    };
    problems.retain(|case| {
        closed
            || !matches!(case.state, CaseState::Closed | CaseState::Merged) && !is_spoken_for(case)
    });
    // What needs somebody first: not taken before taken, users who suffer before sources that cannot be seen,
    // worse before milder, newer before older.
    problems.sort_by_key(|p| {
        (p.state, p.blind, std::cmp::Reverse(p.severity), std::cmp::Reverse(p.opened_at))
    });
    let is_cut = problems.len() > LIMIT;
    problems.truncate(LIMIT);
    let silent_sources = state
        .sources()
        .iter()
        .filter(|s| !s.up && !s.offered)
        .map(|s| s.instance.clone())
        .collect();
    let now = state.clock.now();
    state.engine.read(|core| {
        let topology = core.correlate().topology();
        let s = Speech { catalogue: &state.catalogue, topology, language, now };
        html(&ListPage {
            title: s.t(if closed { "list-title-closed" } else { "list-title" }),
            guest: Some(&guest.name),
            here: "problems",
            lines: problems.iter().map(|problem| line(problem, &s)).collect(),
            closed,
            is_cut,
            silent_sources,
            s,
        })
    })
}

fn line(problem: &CaseSummary, s: &Speech<'_>) -> Line {
    let systems = problem.system_count;
    let mut counts = vec![s.count("count-systems", systems)];
    if problem.findings > 0 {
        counts.push(s.count("count-findings", problem.findings));
    }
    if problem.tickets > 0 {
        counts.push(s.count("count-tickets", problem.tickets));
    }
    let cause = problem.cause.as_ref().map_or_else(String::new, |(system, probability)| {
        format!("{} {}", s.system(system), s.share(*probability))
    });
    Line {
        id: problem.id.to_string(),
        severity: problem.severity.as_str(),
        severity_name: s.t(&format!("severity-full-{}", problem.severity.as_str())),
        state: problem.state.as_str(),
        state_name: s.t(&format!("state-{}", problem.state.as_str())),
        title: s.say(&problem.title),
        counts,
        mrfs: problem.mrfs.join(", "),
        cause,
        told: told(problem, s),
        age: s.span(problem.resolved_at.unwrap_or(s.now).seconds_since(problem.opened_at)),
        opened: s.clock(problem.opened_at),
    }
}
