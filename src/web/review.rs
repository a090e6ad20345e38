//! «Разбор»: what the engine did, what is doubtful first, for problem managers; and the register for their reports.

pub(super) mod conclusion;
pub(super) mod register;
pub(super) mod sort;
pub(super) mod trial;

use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use self::conclusion::plan;
use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use super::shift::{Done, told_done};
use crate::api::conclusions::open_measures;
use crate::api::{ApiError, ApiState};
use crate::model::{CaseSummary, LinkKind};
use crate::store::{Concluded, FalseAlarms, Role};

/// Doubtful cases of the archive looked at beside the live ones.
const DOUBTFUL: u32 = 500;
/// Rows shown.
const ROWS: usize = 200;
/// A case of so many systems may be several.
const MANY: u32 = 5;
/// False alarms are counted over so many days; the texts name them too.
pub(super) const DAYS: i64 = 90;
const DAY_MS: i64 = 86_400_000;

#[derive(Template)]
#[template(path = "review.html")]
struct ReviewPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    done: Done,
    /// Measures that should have been done by now, and those that are under way.
    overdue: Vec<Measure>,
    under_way: Vec<Measure>,
    rows: Vec<Row>,
    alarms: Vec<FalseAlarms>,
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

struct Measure {
    id: String,
    measure: String,
    plan: String,
}

/// What the page is made from.
struct Read {
    cases: Vec<Arc<CaseSummary>>,
    measures: Vec<Concluded>,
    alarms: Vec<FalseAlarms>,
}

async fn read(guest: &Guest, state: &ApiState) -> Result<Read, ApiError> {
    guest.visitor.needs(Role::ProblemManager)?;
    let mut cases = state.engine.cases();
    let archived = state.store.archived_doubtful(DOUBTFUL).await?;
    // What was said of them was taken back afterwards.
    let open = |case| CaseSummary { confirmed: false, rejected: false, ..case };
    cases.extend(archived.into_iter().map(open).map(Arc::new));
    cases.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id)));
    cases.dedup_by_key(|case| case.id);
    let since = state.clock.now().plus_millis(-DAYS * DAY_MS);
    let alarms = state.store.false_alarms(since, None).await?;
    Ok(Read { cases, measures: open_measures(state).await?, alarms })
}

#[derive(Debug, Deserialize)]
pub(super) struct ReviewQuery {
    /// What an act has brought about: a case and the act's number.
    done: Option<String>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<ReviewQuery>,
) -> Response {
    let Read { cases, measures, alarms } = match read(&guest, &state).await {
        Ok(read) => read,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    speak(&state, language, |core, s| {
        let done = query.done.as_deref().and_then(|done| done.split_once('.'));
        let done = done.map(|(id, act)| told_done(core, id, act, &s)).unwrap_or_default();
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
        let today = s.catalogue.zones().day(s.now);
        let (overdue, under_way): (Vec<&Concluded>, Vec<&Concluded>) =
            measures.iter().partition(|one| one.conclusion.is_overdue(today));
        let measure = |one: &&Concluded| Measure {
            id: one.case.to_string(),
            measure: one.conclusion.measure.clone(),
            plan: plan(&one.conclusion, today, &s).unwrap_or_default(),
        };
        let frame = Frame::new(&state, &guest, "review", s.t("nav-review"), s);
        html(&ReviewPage {
            frame,
            done,
            overdue: overdue.iter().map(measure).collect(),
            under_way: under_way.iter().map(measure).collect(),
            rows: rows.into_iter().map(|(_, row)| row).take(ROWS).collect(),
            alarms,
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
