//! «Смена»: everything that is open, a row a case, what needs somebody first.

use std::cmp::Reverse;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::chart;
use super::chips::{Chip, ShiftQuery, View, chips};
use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, or_refusal, speak};
use super::told::{Told, told};
use crate::api::cases::is_spoken_for;
use crate::api::search::{self, Phrase};
use crate::api::{ApiError, ApiState};
use crate::fold::State as Core;
use crate::model::{CaseId, CaseState, CaseSummary, Impact, Language, Message, Time};

/// Rows of one page.
const ROWS: usize = 200;
/// Rows that come from the archive by a search.
const FOUND: u32 = 200;

/// Characters of a title that fit into one line of the list.
const SHORT: usize = 44;

#[derive(Template)]
#[template(path = "shift.html")]
struct ShiftPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    filter: ShiftQuery,
    chips: Vec<Chip>,
    views: Vec<View>,
    has_view: bool,
    done: Done,
    silent: String,
    works: Vec<String>,
    rows: Vec<Row>,
    empty: String,
    more: String,
    may_act: bool,
    may_snooze: bool,
    may_manage: bool,
}

/// What somebody has just done, with the way back.
#[derive(Default)]
pub(super) struct Done {
    pub(super) text: String,
    pub(super) case: String,
    pub(super) act: String,
}

/// One case on one row.
struct Row {
    /// The heading of the band that begins with this row.
    band: String,
    id: String,
    state: &'static str,
    is_live: bool,
    can_take: bool,
    severity: &'static str,
    level: String,
    title: String,
    /// It needs a second line on a screen of 1366 pixels.
    is_long: bool,
    size: String,
    branches: String,
    pace: String,
    cause: String,
    owner: String,
    /// The case that this one was merged into.
    into: String,
    told: Vec<Told>,
    age: String,
    opened: String,
}

/// What is listed, and how one goes on.
struct Found {
    cases: Vec<Arc<CaseSummary>>,
    more: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<ShiftQuery>,
) -> Response {
    let page = page(&guest, language, &state, query).await;
    or_refusal(page, &state, language, &guest)
}

async fn page(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    query: ShiftQuery,
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let found = find(state, &query, &guest.name, now).await?;
    let saved = state.store.views(&guest.name).await?;
    let latest = match state.attention.look(&state.engine).latest {
        Some(at) => Some(at),
        None => state.store.archived(None, 1).await?.first().map(|case| case.opened_at),
    };
    let silent = super::sources::silent(state);
    Ok(speak(state, language, |core, s| {
        let here = query.address("");
        let views: Vec<View> = saved
            .into_iter()
            .map(|(name, query)| View { is_on: query == here, name, query })
            .collect();
        let title = if query.is_closed() { "shift-title-closed" } else { "shift-title" };
        let frame = Frame::new(state, guest, "shift", s.t(title), s);
        html(&ShiftPage {
            chips: chips(&query, &found.cases, &s),
            has_view: views.iter().any(|view| view.is_on),
            views,
            done: done(core, &query, &s),
            works: works(core, &s),
            rows: rows(core, &found.cases, guest, &s, query.is_closed()),
            empty: nothing(&query, &frame, latest, &s),
            more: found.more,
            silent: silent.join(", "),
            may_act: guest.may_act(),
            may_snooze: guest.visitor.0.role >= crate::store::Role::Duty,
            may_manage: guest.may_manage(),
            frame,
            filter: query,
            s,
        })
    }))
}

/// The cases that the query asks for, in the order in which they are shown.
async fn find(
    state: &ApiState,
    query: &ShiftQuery,
    me: &str,
    now: Time,
) -> Result<Found, ApiError> {
    let filter = query.filter();
    let narrow = filter.read(me, now)?;
    let phrase = Phrase::new(query.words());
    let hit = search::hits(state, phrase.as_ref()).await?;
    let is_hit = |id: &CaseId| hit.as_ref().is_none_or(|hit| hit.contains(id));
    let is_over = |case: &CaseSummary| matches!(case.state, CaseState::Closed | CaseState::Merged);
    let mut cases: Vec<Arc<CaseSummary>> = state.engine.cases();
    cases.retain(|case| {
        let is_listed = phrase.is_some()
            || is_over(case) == query.is_closed() && (query.is_closed() || !is_spoken_for(case));
        is_listed && is_hit(&case.id) && narrow.lets(case)
    });
    let mut more = String::new();
    if let Some(phrase) = &phrase {
        let archived = search::archived(state, phrase, FOUND).await?;
        cases.extend(archived.into_iter().filter(|case| narrow.lets(case)).map(Arc::new));
    } else if query.is_closed() {
        if query.cursor().is_some() {
            cases.clear();
        }
        let (archived, rest) =
            search::filtered(state, query.cursor(), ROWS, |case| narrow.lets(case)).await?;
        cases.extend(archived.into_iter().map(Arc::new));
        more = rest.map(|(at, id)| query.after(at, &id)).unwrap_or_default();
    }
    if query.is_closed() {
        cases.sort_by_key(|case| Reverse((case.opened_at, case.id)));
    } else {
        cases.sort_by_key(|case| urgency(case));
        cases.truncate(ROWS);
    }
    cases.dedup_by_key(|case| case.id);
    Ok(Found { cases, more })
}

/// What needs somebody first: what users feel before sources that cannot be seen, not taken before taken, worse before
/// milder, more users before fewer, newer before older.
pub(super) fn urgency(case: &CaseSummary) -> impl Ord + use<> {
    (case.blind, case.state, Reverse((case.severity, case.users, case.opened_at)))
}

fn rows(
    core: &Core,
    cases: &[Arc<CaseSummary>],
    guest: &Guest,
    s: &Speech<'_>,
    closed: bool,
) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::with_capacity(cases.len());
    let mut is_blind = false;
    for case in cases {
        let mut row = row(core, case, guest, s, closed);
        if case.blind && !is_blind && !closed {
            row.band = s.t("band-blind");
        }
        is_blind = case.blind;
        rows.push(row);
    }
    rows
}

fn row(core: &Core, case: &CaseSummary, guest: &Guest, s: &Speech<'_>, closed: bool) -> Row {
    let facts = core.cases().facts(case.id, core.correlate());
    let severity = if case.state.is_live() { case.severity } else { case.severity.max(case.peak) };
    let mut size = Vec::new();
    if case.tickets > 0 {
        size.push(s.count("count-tickets", case.tickets));
    }
    if case.users > 1 {
        size.push(s.count("short-users", case.users));
    }
    if !case.mrfs.is_empty() {
        size.push(s.count("short-mrfs", u32::try_from(case.mrfs.len()).unwrap_or(u32::MAX)));
    }
    size.push(s.count("count-systems", case.system_count));
    if case.findings > 0 {
        size.push(s.count("count-findings", case.findings));
    }
    let level = if case.blind { "severity-blind" } else { severity_key(severity.as_str()) };
    let felt = facts.as_ref().filter(|_| case.tickets > 1).and_then(|facts| facts.felt());
    let title = s.say(&case.title);
    let title = match felt.filter(|_| case.id.kind != crate::model::CaseKind::MassIncident) {
        Some((system, felt)) if felt != Impact::Unfelt => {
            let says = Message::new("row-felt").system("system", system).word("title", title);
            s.say(&says.with("felt", crate::model::Arg::Key(format!("felt-{}", felt.as_str()))))
        }
        _ => title,
    };
    let is_merged = case.state == CaseState::Merged;
    let until = case.resolved_at.or(case.closed_at).unwrap_or(s.now);
    let lasts = s.span(until.seconds_since(case.opened_at));
    Row {
        band: String::new(),
        id: case.id.to_string(),
        state: case.state.as_str(),
        is_live: case.state.is_live(),
        can_take: guest.may_act() && case.state == CaseState::Open,
        severity: if case.blind { "blind" } else { severity.as_str() },
        level: s.t(level),
        is_long: title.chars().count() > SHORT,
        title,
        branches: case.mrfs.join(", "),
        size: size.join(" · "),
        pace: facts
            .filter(|_| case.tickets > 1)
            .map(|f| chart::pace(&f.pace(s.now)))
            .unwrap_or_default(),
        cause: cause(case, s).unwrap_or_default(),
        owner: owner(case, s),
        told: told(case, &core.settings().escalation, s),
        into: case.merged_into.map(|id| id.to_string()).unwrap_or_default(),
        age: if is_merged {
            s.clock(case.opened_at)
        } else if closed {
            format!("{} · {lasts}", s.clock(case.opened_at))
        } else {
            lasts
        },
        opened: s.moment(case.opened_at),
    }
}

const fn severity_key(word: &str) -> &'static str {
    match word.as_bytes() {
        b"critical" => "level-critical",
        b"high" => "level-high",
        b"warning" => "level-warning",
        _ => "level-info",
    }
}

/// «БД CRM 83 %», or that it is not clear.
pub(super) fn cause(case: &CaseSummary, s: &Speech<'_>) -> Option<String> {
    let (system, probability) = case.cause.as_ref()?;
    let key = if *probability < super::case::SURE { "row-cause-unclear" } else { "row-cause" };
    let message = Message::new(key).system("system", system);
    Some(s.say(&message.word("share", s.percent(*probability))))
}

/// Who has it, or how it stands.
fn owner(case: &CaseSummary, s: &Speech<'_>) -> String {
    match (&case.owner, case.state) {
        (Some((at, who)), CaseState::Acknowledged) => {
            format!("{who} · {}", s.span(s.now.seconds_since(*at)))
        }
        (_, CaseState::Merged) => {
            let into = case.merged_into.map(|id| id.to_string()).unwrap_or_default();
            s.say(&Message::new("state-merged-into").word("case", into))
        }
        (_, state) => s.t(&format!("state-{}", state.as_str())),
    }
}

/// Works that are on, and those of the next twelve hours.
fn works(core: &Core, s: &Speech<'_>) -> Vec<String> {
    let soon = s.now.plus_millis(12 * 3_600_000);
    let mut works: Vec<_> =
        core.correlate().holds().works().filter(|w| w.until > s.now && w.from < soon).collect();
    works.sort_by_key(|work| work.from);
    works.iter().take(5).map(|shown| work(shown, s)).collect()
}

/// One work in a sentence.
pub(super) fn work(work: &crate::model::Work, s: &Speech<'_>) -> String {
    let key = match (work.is_on(s.now), work.until <= s.now) {
        (true, _) => "work-on",
        (false, false) => "work-next",
        (false, true) => "work-over",
    };
    let systems: Vec<String> = work.systems.iter().map(|key| s.system(key)).collect();
    let message = Message::new(key).word("title", &work.title).word("from", s.clock(work.from));
    s.say(&message.word("until", s.clock(work.until)).word("systems", systems.join(", ")))
}

/// What the page says when there is no row.
fn nothing(query: &ShiftQuery, frame: &Frame<'_>, latest: Option<Time>, s: &Speech<'_>) -> String {
    if query.is_set() {
        return s.t("list-empty-filtered");
    }
    if query.is_closed() {
        return s.t("list-empty-closed");
    }
    let (up, sources) = frame.counted();
    let message = Message::new(if latest.is_some() { "list-quiet" } else { "list-quiet-ever" });
    let span = latest.map(|at| s.span(s.now.seconds_since(at))).unwrap_or_default();
    let message = message.word("span", span).number("up", up);
    s.say(&message.number("sources", sources))
}

/// What an act has brought about that the address speaks of.
pub(super) fn done(core: &Core, query: &ShiftQuery, s: &Speech<'_>) -> Done {
    let Some((case, act)) = query.done() else { return Done::default() };
    told_done(core, case, act, s)
}

/// The line «PRB-000001: взята в работу» with the way back.
pub(super) fn told_done(core: &Core, case: &str, act: &str, s: &Speech<'_>) -> Done {
    let say = |verb: &str| {
        let message = Message::new("done").word("case", case);
        s.say(&message.with("verb", crate::model::Arg::Key(format!("done-{verb}"))))
    };
    if act == "undo" && case.parse::<CaseId>().is_ok() {
        return Done { text: say("undo"), ..Done::default() };
    }
    let record = act.parse().ok().and_then(|act| core.cases().act_record(act));
    let Some(record) = record.filter(|record| record.act.case.to_string() == case) else {
        return Done::default();
    };
    let verb = record.act.verb.as_str();
    // The address may be read again much later.
    let is_undoable = verb != "comment" && core.cases().is_undoable(record.id);
    let act = if is_undoable { act.to_owned() } else { String::new() };
    Done { text: say(verb), case: case.to_owned(), act }
}
