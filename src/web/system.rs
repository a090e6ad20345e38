//! One system: how it stands, whose it is, what hangs on it, what watches it, what is wrong with it now and what was.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;

use super::frame::Frame;
use super::gauges::{self, Gauge};
use super::page::{Guest, Speech, Wanted, html, or_refusal, speak};
use super::{facts, shift, sources, systems};
use crate::api::states::states;
use crate::api::{ApiError, ApiState};
use crate::fold::State as Core;
use crate::model::{CaseState, CaseSummary, Language, SignalKind};
use crate::topology::System;

/// Cases of the past that are named.
const EARLIER: usize = 20;
/// Archived cases looked at to find them: a word of the archive may be part of another system's key.
const LOOKED_AT: u32 = 60;
/// Findings named.
const FINDINGS: usize = 50;
/// Works that have ended are named for so long, milliseconds.
const WORKS_MS: i64 = 24 * 3_600_000;

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    key: String,
    class: &'static str,
    state: String,
    /// Who looks after it: group, queue, contact; each with its name.
    owner: Vec<(String, String)>,
    needs: Vec<(String, String)>,
    needed_by: Vec<(String, String)>,
    sources: Vec<sources::Row>,
    open: Vec<Line>,
    findings: Vec<Found>,
    gauges: Vec<Gauge>,
    works: Vec<String>,
    earlier: Vec<Line>,
}

/// A case on one line.
struct Line {
    id: String,
    severity: &'static str,
    level: String,
    title: String,
    when: String,
    state: String,
}

/// A finding or alert that is on.
struct Found {
    title: String,
    severity: &'static str,
    level: String,
    since: String,
    full: String,
    case: String,
    held: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(key): Path<String>,
) -> Response {
    let page = page(&guest, language, &state, &key).await;
    or_refusal(page, &state, language, &guest)
}

async fn page(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    key: &str,
) -> Result<Response, ApiError> {
    let known = state.engine.read(|core| core.correlate().topology().get(key).cloned());
    let Some(system) = known else { return Err(ApiError::missing()) };
    let archived = state.store.archived_with(&[key.to_owned()], LOOKED_AT).await?;
    let (cases, all_sources) = (state.engine.cases(), state.sources());
    // Before the core is read: whoever waits for samples must not hold it. Takes longer than a task may.
    let now = state.clock.now();
    let gauges = tokio::task::block_in_place(|| gauges::measured(state, key, &all_sources, now));
    let is_here = |case: &CaseSummary| case.systems.iter().any(|touched| touched == key);
    Ok(speak(state, language, |core, s| {
        let own = states(&cases, &all_sources, core.correlate(), std::iter::once(key));
        let (class, word) = systems::said(own.get(key), &s);
        let mut here: Vec<&CaseSummary> =
            cases.iter().map(|case| &**case).filter(|case| is_here(case)).collect();
        here.sort_by_key(|case| shift::urgency(case));
        let open = here.iter().filter(|case| case.state.is_live());
        let open = open.map(|case| line(case, &s)).collect();
        let over = here.iter().copied().filter(|case| !case.state.is_live());
        let mut earlier: Vec<&CaseSummary> =
            over.chain(archived.iter().filter(|case| is_here(case))).collect();
        earlier.sort_by_key(|case| Reverse((case.opened_at, case.id)));
        earlier.dedup_by_key(|case| case.id);
        let link = |key: &str| (s.system(key), systems::address(key, &s));
        let named = |keys: Vec<(&str, u8)>| keys.into_iter().map(|(key, _)| link(key)).collect();
        let rows = all_sources.iter().filter(|source| source.system == key);
        html(&SystemPage {
            frame: Frame::new(state, guest, "systems", system.name.get(language).to_owned(), s),
            key: key.to_owned(),
            class,
            state: word,
            owner: owner(&system, &s),
            needs: named(s.topology.needs(key, 1)),
            needed_by: named(s.topology.needed_by(key, 1)),
            sources: rows.map(|source| sources::row(source, &s)).collect(),
            open,
            findings: found(core, key, &s),
            gauges,
            works: works(core, key, &s),
            earlier: earlier.into_iter().take(EARLIER).map(|case| line(case, &s)).collect(),
            s,
        })
    }))
}

fn owner(system: &System, s: &Speech<'_>) -> Vec<(String, String)> {
    let parts = [
        ("system-owner", system.owner.get(s.language)),
        ("system-contact", system.contact.get(s.language)),
        ("system-queue", &system.queue),
    ];
    let filled = parts.into_iter().filter(|(_, value)| !value.is_empty());
    filled.map(|(key, value)| (s.t(key), value.to_owned())).collect()
}

fn line(case: &CaseSummary, s: &Speech<'_>) -> Line {
    let severity = if case.state.is_live() { case.severity } else { case.severity.max(case.peak) };
    let is_open = case.state == CaseState::Open;
    Line {
        id: case.id.to_string(),
        severity: severity.as_str(),
        level: s.t(&format!("level-{}", severity.as_str())),
        title: s.say(&case.title),
        when: format!("{}, {}", s.clock(case.opened_at), facts::lasts(case, s)),
        state: if is_open { s.t("wall-untaken") } else { facts::state(case, s) },
    }
}

/// Findings and alerts that are on here, the worst first.
fn found(core: &Core, key: &str, s: &Speech<'_>) -> Vec<Found> {
    let correlate = core.correlate();
    let mut on: Vec<_> = correlate
        .signals()
        .filter(|(_, signal)| signal.kind != SignalKind::Ticket)
        .filter(|(_, signal)| signal.is_active() && signal.system() == key)
        .collect();
    on.sort_by_key(|(number, signal)| (Reverse(signal.severity), signal.since, *number));
    let shown = on.into_iter().take(FINDINGS);
    shown
        .map(|(number, signal)| {
            let cluster = correlate.cluster_of(number);
            let case = cluster.and_then(|cluster| cluster.standing().case);
            Found {
                title: signal.title.get(s.language).to_owned(),
                severity: signal.severity.as_str(),
                level: s.t(&format!("level-{}", signal.severity.as_str())),
                since: s.clock(signal.since),
                full: s.moment(signal.since),
                case: case.map(|case| case.to_string()).unwrap_or_default(),
                held: super::members::held(signal.held_by.as_deref(), s),
            }
        })
        .collect()
}

/// Works here: those that are on, those to come, those that ended within a day.
fn works(core: &Core, key: &str, s: &Speech<'_>) -> Vec<String> {
    let since = s.now.plus_millis(-WORKS_MS);
    let is_here = |work: &&crate::model::Work| {
        !work.cancelled && work.until > since && work.systems.iter().any(|system| system == key)
    };
    let mut works: Vec<_> = core.correlate().holds().works().filter(is_here).collect();
    works.sort_by_key(|work| work.from);
    works.into_iter().map(|work| shift::work(work, s)).collect()
}
