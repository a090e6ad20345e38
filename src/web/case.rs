//! One case: what users see, what to do, whom to call, why; and everything that can be decided about it.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::frame::Frame;
use super::members::{
    FindingView, Marks, ReasonView, Said, Texts, TicketGroup, TicketView, finding, folded, reasons,
    ticket,
};
use super::page::{Guest, Speech, Wanted, html, or_refusal, speak};
use super::shift::{Done, told_done};
use super::solutions::{self, SolutionView};
use super::told::{Told, told};
use super::{facts, felt, graph, members};
use crate::api::cases::find;
use crate::api::{ApiError, ApiState};
use crate::escalate::Escalation;
use crate::fold::State as Core;
use crate::model::{
    CaseDetail, CaseState, CaseSummary, Language, Member, Message, SignalKind, TimelineKind, number,
};

/// Groups of tickets listed at first.
const TICKETS: usize = 25;
/// Tickets listed when all are asked for.
const ALL_TICKETS: usize = 5_000;
/// The most findings shown openly, each with a chart; the others are behind a fold.
const FINDINGS: usize = 6;
/// The most findings on the page; all of them are in the API.
const MORE_FINDINGS: usize = 200;
/// A share of belief below which a cause is called unclear.
pub(super) const SURE: f64 = 0.6;
/// A second cause that is nearly as likely as the first is named beside it.
const CLOSE: f64 = 0.7;

/// Findings that go on though a person has marked the case as resolved.
fn still_on(core: &Core, case: &CaseDetail, s: &Speech<'_>) -> String {
    let facts = core.cases().facts(case.summary.id, core.correlate());
    let resolution = facts.as_ref().and_then(|facts| facts.case.decided.resolution.as_ref());
    let by_person = resolution.is_some_and(|resolution| resolution.by.is_some());
    let is_so = by_person && case.summary.state == CaseState::Resolved && !case.summary.rejected;
    match case.on() {
        on if is_so && on > 0 => s.count("case-still-on", on),
        _ => String::new(),
    }
}

/// Systems that may be named as the cause: those of the case first, then all others, for the cause may lie where nothing
/// is watched.
fn systems(case: &CaseSummary, s: &Speech<'_>) -> Vec<(String, String)> {
    let others = s.topology.systems().iter().map(|system| &system.key);
    let others = others.filter(|key| !case.systems.contains(key));
    case.systems.iter().chain(others).map(|key| (key.clone(), s.system(key))).collect()
}

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    id: String,
    version: u64,
    severity: &'static str,
    severity_name: String,
    state: &'static str,
    state_name: String,
    lasts: String,
    can: Can,
    /// Whom it may be handed to.
    people: Vec<String>,
    done: Done,
    facts: Vec<facts::Fact>,
    felt: felt::Felt,
    contact: Vec<(String, String)>,
    told: Vec<Told>,
    told_nobody: String,
    /// What goes on though the case is resolved; empty when nothing does.
    still_on: String,
    cause: String,
    is_unclear: bool,
    causes: Vec<CauseView>,
    advice: Option<FindingView>,
    solutions: Vec<SolutionView>,
    findings: Vec<FindingView>,
    folded_findings: Vec<FindingView>,
    more_findings: usize,
    tickets: Vec<TicketGroup>,
    more_tickets: usize,
    candidates: Vec<TicketView>,
    similar: Vec<facts::Similar>,
    timeline: Vec<Line>,
    graph: String,
    systems: Vec<(String, String)>,
    others: Vec<(String, String)>,
}

/// What the visitor may decide now.
#[derive(Default)]
struct Can {
    say: bool,
    duty: bool,
    manage: bool,
    take: bool,
    /// The case goes on.
    live: bool,
    reopen: bool,
}

/// One line of the history.
struct Line {
    at: String,
    full: String,
    kind: &'static str,
    text: String,
    /// The act that can be undone; empty for others.
    undo: String,
}

struct CauseView {
    system: String,
    share: String,
    percent: String,
    reasons: Vec<ReasonView>,
}

#[derive(Debug, Deserialize)]
pub(super) struct CaseQuery {
    all: Option<String>,
    done: Option<String>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Query(query): Query<CaseQuery>,
) -> Response {
    let page = page(&guest, language, &state, &id, &query).await;
    or_refusal(page, &state, language, &guest)
}

async fn page(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    id: &str,
    query: &CaseQuery,
) -> Result<Response, ApiError> {
    let case = find(state, id).await?;
    let earlier = facts::earlier(state, &case).await?;
    let stored = state.store.charts(case.summary.id).await?;
    let texts = Texts::read(state, members::read_first(&case, TICKETS)).await?;
    let concluded = state.store.concluded(case.summary.id).await?;
    let people = if guest.may_say() { state.store.people().await? } else { Vec::new() };
    let now = state.clock.now();
    // Before the core is read: whoever waits for samples must not hold it.
    let live = members::measured(state, &ordered(&case), FINDINGS, now);
    Ok(speak(state, language, |core, s| {
        let marks = Marks { live, stored, events: facts::events(core, &case, &s) };
        let look = Look { state, guest, case: &case, core, marks, texts, query, s };
        let mut page = look.page(&earlier);
        page.people = people;
        let held = concluded.iter().find(|one| !one.is_undone);
        page.facts.extend(held.into_iter().flat_map(|one| facts::concluded(&one.conclusion, &s)));
        html(&page)
    }))
}

/// What a page is made from.
struct Look<'a> {
    state: &'a ApiState,
    guest: &'a Guest,
    case: &'a CaseDetail,
    core: &'a Core,
    marks: Marks,
    texts: Texts,
    query: &'a CaseQuery,
    s: Speech<'a>,
}

impl<'a> Look<'a> {
    fn page(&self, earlier: &[CaseDetail]) -> CasePage<'a> {
        let (case, summary, s) = (self.case, &self.case.summary, self.s);
        let escalation = &self.core.settings().escalation;
        let is_ticket = |member: &&Member| member.kind == SignalKind::Ticket;
        // The newest first: what comes now matters now.
        let tickets = case.members.iter().rev().filter(is_ticket);
        let tickets = tickets.take(ALL_TICKETS);
        let tickets = folded(tickets.map(|m| ticket(escalation, m, &self.texts, &s)).collect());
        let shown = if self.query.all.is_some() { tickets.len() } else { TICKETS };
        let more_tickets = tickets.iter().skip(shown).map(|group| group.tickets.len()).sum();
        let found = ordered(case);
        let view =
            |member: &&Member, drawn: bool| finding(member, drawn.then_some(&self.marks), &s);
        let folded = found.iter().skip(FINDINGS).take(MORE_FINDINGS);
        let done = self.query.done.as_deref().and_then(|done| done.split_once('.'));
        CasePage {
            frame: Frame::new(self.state, self.guest, "case", s.say(&summary.title), s),
            id: summary.id.to_string(),
            version: summary.version,
            severity: summary.severity.as_str(),
            severity_name: s.t(&format!("severity-full-{}", summary.severity.as_str())),
            state: summary.state.as_str(),
            state_name: facts::state(summary, &s),
            lasts: facts::lasts(summary, &s),
            can: self.can(),
            people: Vec::new(),
            done: done.map(|(id, act)| told_done(self.core, id, act, &s)).unwrap_or_default(),
            facts: facts::facts(case, &s),
            felt: felt::felt(case, &self.texts, &s),
            contact: facts::contact(summary, &s),
            told: told(summary, escalation, &s),
            still_on: still_on(self.core, case, &s),
            told_nobody: s.t(nobody(escalation, summary.state.is_live())),
            cause: cause(case, &s),
            is_unclear: summary.cause.as_ref().is_some_and(|(_, share)| *share < SURE),
            causes: self.causes(),
            advice: found.first().map(|member| view(member, false)),
            solutions: solutions::of_case(self.core, case, &found, &s),
            findings: found.iter().take(FINDINGS).map(|m| view(m, true)).collect(),
            folded_findings: folded.map(|m| view(m, false)).collect(),
            more_findings: found.len().saturating_sub(FINDINGS),
            more_tickets,
            tickets: tickets.into_iter().take(shown).collect(),
            candidates: case
                .candidates
                .iter()
                .map(|m| ticket(escalation, m, &self.texts, &s))
                .collect(),
            similar: earlier.iter().map(|case| facts::similar(case, &s)).collect(),
            timeline: self.timeline(),
            graph: graph::neighbourhood(summary, &s),
            systems: systems(summary, &s),
            others: self.others(),
            s,
        }
    }

    fn can(&self) -> Can {
        let state = self.case.summary.state;
        let act = self.guest.may_act();
        Can {
            say: self.guest.may_say(),
            duty: self.guest.visitor.0.role >= crate::store::Role::Duty,
            manage: self.guest.may_manage(),
            take: act && state.is_live(),
            live: state.is_live(),
            reopen: act && state == CaseState::Resolved,
        }
    }

    fn causes(&self) -> Vec<CauseView> {
        let causes = self.case.causes.iter().filter(|cause| cause.probability >= 0.005).take(6);
        let view = |cause: &crate::model::Cause| CauseView {
            system: self.s.system(&cause.system),
            share: self.s.percent(cause.probability),
            percent: format!("{:.0}", cause.probability * 100.0),
            reasons: reasons(&cause.evidence, &self.s),
        };
        causes.map(view).collect()
    }

    fn timeline(&self) -> Vec<Line> {
        let line = |entry: &crate::model::TimelineEntry| Line {
            at: self.s.clock(entry.at),
            full: self.s.moment(entry.at),
            kind: entry.kind.as_str(),
            text: self.s.say(&entry.message),
            undo: entry
                .act
                .filter(|act| self.core.cases().is_undoable(*act))
                .map_or_else(String::new, |act| act.to_string()),
        };
        let is_review = |entry: &&crate::model::TimelineEntry| {
            self.query.all.is_some()
                || entry.kind != TimelineKind::Member
                || self.case.timeline.len() < 60
        };
        self.case.timeline.iter().rev().filter(is_review).map(line).collect()
    }

    /// Other live cases, to merge with or to move signals to.
    fn others(&self) -> Vec<(String, String)> {
        let mut cases = self.state.engine.cases();
        cases.retain(|case| case.state.is_live() && case.id != self.case.summary.id);
        cases.sort_by_key(|case| std::cmp::Reverse(case.opened_at));
        let line = |case: &std::sync::Arc<crate::model::CaseSummary>| {
            (case.id.to_string(), format!("{} {}", case.id, self.s.say(&case.title)))
        };
        cases.iter().take(50).map(line).collect()
    }
}

/// Findings and alerts as they are shown: what lasts before what is over, the likely cause before what it brings about,
/// worse before milder.
fn ordered(case: &CaseDetail) -> Vec<&Member> {
    let mut found: Vec<&Member> =
        case.members.iter().filter(|member| member.kind != SignalKind::Ticket).collect();
    let first = case.summary.cause.as_ref().map(|(system, _)| system.as_str()).unwrap_or_default();
    found.sort_by_key(|m| {
        (m.ended.is_some(), m.system != first, std::cmp::Reverse(m.severity), m.since)
    });
    found
}

/// The likely cause in one sentence; two of them when it is not clear.
fn cause(case: &CaseDetail, s: &Speech<'_>) -> String {
    let mut ranked = case.causes.iter();
    let Some(first) = ranked.next() else { return String::new() };
    let share = s.percent(first.probability);
    let message = |key: &'static str| {
        Message::new(key).system("system", &first.system).word("share", share.clone())
    };
    let close = ranked.next().filter(|second| second.probability > first.probability * CLOSE);
    match close.filter(|_| first.probability < SURE) {
        Some(second) => s.say(&message("case-cause-unclear").system("other", &second.system)),
        None if first.probability < SURE => s.say(&message("case-cause-perhaps")),
        None => s.say(&message("case-cause")),
    }
}

/// Why nobody was told.
fn nobody(escalation: &Escalation, is_live: bool) -> &'static str {
    let is_unset =
        escalation.policies.iter().all(|policy| policy.ticket.is_none() && policy.alert.is_none());
    match (is_unset, is_live) {
        (true, _) => "told-nobody-unset",
        (false, true) => "told-nobody-yet",
        (false, false) => "told-nobody",
    }
}

impl CasePage<'_> {
    /// The line of the fold with the findings that are not shown openly.
    fn folded(&self) -> String {
        let count = u32::try_from(self.more_findings).unwrap_or(u32::MAX);
        self.s.count("more-findings", count)
    }

    /// A line that says how many tickets are not listed.
    fn more(&self) -> String {
        let count = number(self.more_tickets);
        self.s.say(&Message::new("more-tickets").number("count", count))
    }
}
