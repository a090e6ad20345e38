//! One case: what, why, since when, who was told, and what can be done.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Guest, Speech, Wanted, html, refusal};
use super::told::{Told, told};
use super::{chart, graph};
use crate::api::acts::{Wish, submit};
use crate::api::cases::find;
use crate::api::{ApiError, ApiState};
use crate::detect::shown;
use crate::escalate::Escalation;
use crate::model::{
    CaseDetail, CaseState, Detail, Language, Life, LinkKind, Member, Message, Reason, Time, Verb,
};

/// The most tickets listed; all of them are in the API.
const TICKETS: usize = 30;
/// The most findings shown openly, each with a chart; the others are behind a fold.
const FINDINGS: usize = 8;
/// The most findings on the page; all of them are in the API.
const MORE_FINDINGS: usize = 200;

#[derive(Template)]
#[template(path = "case.html")]
struct CasePage<'a> {
    s: Speech<'a>,
    title: String,
    guest: Option<&'a str>,
    here: &'static str,
    id: String,
    severity: &'static str,
    severity_name: String,
    state: &'static str,
    state_name: String,
    may_act: bool,
    is_open: bool,
    is_live: bool,
    facts: Vec<(String, String)>,
    told: Vec<Told>,
    told_nobody: String,
    causes: Vec<CauseView>,
    findings: Vec<FindingView>,
    folded_findings: Vec<FindingView>,
    more_findings: usize,
    tickets: Vec<TicketView>,
    candidates: Vec<TicketView>,
    more_tickets: usize,
    timeline: Vec<Line>,
    graph: String,
}

/// One line of the history.
struct Line {
    at: String,
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

struct ReasonView {
    weight: String,
    against: bool,
    text: String,
}

struct FindingView {
    title: String,
    system: String,
    severity: &'static str,
    since: String,
    over: String,
    advice: String,
    runbook: String,
    evidence: Vec<String>,
    chart: String,
    low: String,
    high: String,
    reasons: Vec<ReasonView>,
}

struct TicketView {
    signal: String,
    number: String,
    link: String,
    title: String,
    withdrawn: bool,
    system: String,
    since: String,
    reasons: Vec<ReasonView>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Response {
    let case = match find(&state, &id).await {
        Ok(case) => case,
        Err(error) => return refusal(&state, language, Some(&guest.name), &error),
    };
    let now = state.clock.now();
    state.engine.read(|core| {
        let topology = core.correlate().topology();
        let s = Speech { catalogue: &state.catalogue, topology, language, now };
        html(&page(&state, &guest, &case, &core.settings().escalation, s))
    })
}

fn page<'a>(
    state: &ApiState,
    guest: &'a Guest,
    case: &CaseDetail,
    escalation: &Escalation,
    s: Speech<'a>,
) -> CasePage<'a> {
    let summary = &case.summary;
    let is_live = summary.state.is_live();
    let is_ticket = |member: &&Member| member.kind == crate::model::SignalKind::Ticket;
    // The newest first: what comes now matters now.
    let all_tickets: Vec<&Member> = case.members.iter().rev().filter(is_ticket).collect();
    let mut found: Vec<&Member> = case.members.iter().filter(|m| !is_ticket(m)).collect();
    // What lasts before what is over, worse before milder.
    found.sort_by_key(|m| (m.ended.is_some(), std::cmp::Reverse(m.severity), m.since));
    let folded = found.iter().skip(FINDINGS).take(MORE_FINDINGS);
    CasePage {
        title: s.say(&summary.title),
        guest: Some(&guest.name),
        here: "problem",
        id: summary.id.to_string(),
        severity: summary.severity.as_str(),
        severity_name: s.t(&format!("severity-full-{}", summary.severity.as_str())),
        state: summary.state.as_str(),
        state_name: s.t(&format!("state-{}", summary.state.as_str())),
        may_act: guest.may_act,
        is_open: summary.state == CaseState::Open,
        is_live,
        facts: facts(case, &s),
        told: told(summary, &s),
        told_nobody: s.t(nobody(escalation, is_live)),
        causes: case
            .causes
            .iter()
            .filter(|cause| cause.probability >= 0.005)
            .map(|cause| CauseView {
                system: s.system(&cause.system),
                share: s.share(cause.probability),
                percent: format!("{:.0}", cause.probability * 100.0),
                reasons: reasons(&cause.evidence, &s),
            })
            .collect(),
        findings: found.iter().take(FINDINGS).map(|m| finding(state, m, &s, true)).collect(),
        folded_findings: folded.map(|member| finding(state, member, &s, false)).collect(),
        more_findings: found.len().saturating_sub(FINDINGS),
        more_tickets: all_tickets.len().saturating_sub(TICKETS),
        tickets: all_tickets.iter().take(TICKETS).map(|m| ticket(escalation, m, &s)).collect(),
        candidates: case.candidates.iter().map(|m| ticket(escalation, m, &s)).collect(),
        timeline: case
            .timeline
            .iter()
            .rev()
            .map(|entry| Line {
                at: s.clock(entry.at),
                text: s.say(&entry.message),
                undo: entry.act.map(|act| act.to_string()).unwrap_or_default(),
            })
            .collect(),
        graph: graph::neighbourhood(summary, &s),
        s,
    }
}

fn facts(case: &CaseDetail, s: &Speech<'_>) -> Vec<(String, String)> {
    let case = &case.summary;
    let systems: Vec<String> = case.systems.iter().map(|key| s.system(key)).collect();
    let until = case.resolved_at.unwrap_or(s.now);
    let mut facts = vec![
        (s.t("fact-opened"), s.clock(case.opened_at)),
        (s.t("fact-lasts"), s.span(until.seconds_since(case.opened_at))),
        (s.t("fact-systems"), systems.join(", ")),
        (
            s.t("fact-counts"),
            format!(
                "{}, {}, {}",
                s.count("count-findings", case.findings),
                s.count("count-tickets", case.tickets),
                s.count("count-users", case.users)
            ),
        ),
    ];
    if !case.mrfs.is_empty() {
        facts.push((s.t("fact-mrfs"), case.mrfs.join(", ")));
    }
    if let Some((at, who)) = &case.owner {
        facts.push((s.t("fact-acknowledged"), format!("{who}, {}", s.clock(*at))));
    }
    if let Some(at) = case.resolved_at {
        facts.push((s.t("fact-resolved"), s.clock(at)));
    }
    if case.peak > case.severity {
        let peak = s.t(&format!("severity-{}", case.peak.as_str()));
        facts.push((s.t("fact-peak"), peak));
    }
    if case.unstable {
        facts.push((s.t("fact-unstable"), s.count("count-returns", case.reopened)));
    }
    if let Some(reference) = &case.known_error {
        facts.push((s.t("fact-known-error"), reference.clone()));
    }
    if let Some(other) = &case.merged_into {
        facts.push((s.t("fact-merged"), other.to_string()));
    }
    for link in &case.links {
        let key = match link.kind {
            LinkKind::Explains => "fact-explains",
            LinkKind::ExplainedBy => "fact-explained-by",
            LinkKind::Absorbed => "fact-absorbed",
            LinkKind::SplitOff => "fact-split-off",
            LinkKind::SplitFrom => "fact-split-from",
        };
        facts.push((s.t(key), link.case.to_string()));
    }
    facts
}

fn reasons(reasons: &[Reason], s: &Speech<'_>) -> Vec<ReasonView> {
    // What would be shown as zero says nothing.
    reasons
        .iter()
        .filter(|reason| reason.weight.abs() >= 0.05)
        .map(|reason| ReasonView {
            weight: s.signed(reason.weight),
            against: reason.weight < 0.0,
            text: s.say(&reason.message),
        })
        .collect()
}

fn finding(state: &ApiState, member: &Member, s: &Speech<'_>, drawn: bool) -> FindingView {
    let detail = member.detail.as_deref();
    let (low, high, chart) = match detail.filter(|_| drawn) {
        Some(detail) => drawing(state, member, detail, s),
        None => Default::default(),
    };
    FindingView {
        title: member.title.get(s.language).to_owned(),
        system: s.system(&member.system),
        severity: member.severity.as_str(),
        since: s.clock(member.since),
        over: member.ended.map(|at| s.clock(at)).unwrap_or_default(),
        advice: detail.map(|d| d.advice.get(s.language).to_owned()).unwrap_or_default(),
        runbook: detail.and_then(Detail::runbook_path).unwrap_or_default(),
        evidence: detail.map(|d| evidence(d, s)).unwrap_or_default(),
        low,
        high,
        chart,
        reasons: reasons(&member.why, s),
    }
}

/// A finding's small chart with the range of its values.
fn drawing(
    state: &ApiState,
    member: &Member,
    detail: &Detail,
    s: &Speech<'_>,
) -> (String, String, String) {
    let until = member.ended.unwrap_or(s.now);
    let from = Time(member.since.0.min(until.0 - 600_000)).plus_millis(-300_000);
    let step = ((until.0 - from.0) / 120).max(5_000);
    let points = (state.charts)(detail, from, until, step);
    let finite = || points.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
    let low = finite().fold(f64::INFINITY, f64::min);
    let high = finite().fold(f64::NEG_INFINITY, f64::max);
    let chart = chart::line(&points, member.since);
    if chart.is_empty() {
        return Default::default();
    }
    let unit = detail.evidence.first().map_or("", |number| number.unit.as_str());
    (shown(low, unit, s.language), shown(high, unit, s.language), chart)
}

/// The numbers a finding rests on, each with its name and limit.
fn evidence(detail: &Detail, s: &Speech<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for number in &detail.evidence {
        let key = format!("evidence-{}", number.name);
        // A number that only a rule names stands under that name: `pid`.
        let name = if s.catalogue.has(&key) { s.t(&key) } else { number.name.clone() };
        lines.push(format!("{name} {}", shown(number.value, &number.unit, s.language)));
        if let Some(limit) = number.limit {
            let limit = shown(limit, &number.unit, s.language);
            lines.push(format!("{} {limit}", s.t("evidence-limit")));
        }
    }
    lines
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

fn ticket(escalation: &Escalation, member: &Member, s: &Speech<'_>) -> TicketView {
    let id = member.signal.strip_prefix("ticket:").unwrap_or_default();
    let link = escalation.ticket_link(id, &member.number);
    TicketView {
        signal: member.signal.clone(),
        number: member.number.clone(),
        link: link.unwrap_or_default(),
        withdrawn: member.life == Life::Withdrawn,
        title: member.title.get(s.language).to_owned(),
        system: if member.system.is_empty() { String::new() } else { s.system(&member.system) },
        since: s.clock(member.since),
        reasons: reasons(&member.why, s),
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct VerdictForm {
    #[serde(default)]
    reason: String,
}

pub(super) async fn acknowledge(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<VerdictForm>,
) -> Response {
    let done = decide(&guest, &state, &id, Verb::Take, form.reason).await;
    answer(&guest, &state, language, &id, done)
}

pub(super) async fn resolve(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<VerdictForm>,
) -> Response {
    let done = decide(&guest, &state, &id, Verb::Resolve, form.reason).await;
    answer(&guest, &state, language, &id, done)
}

#[derive(Debug, Deserialize)]
pub(super) struct UndoForm {
    act: u64,
}

pub(super) async fn undo(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<UndoForm>,
) -> Response {
    let done = decide(&guest, &state, &id, Verb::Undo { act: form.act }, String::new()).await;
    answer(&guest, &state, language, &id, done)
}

#[derive(Debug, Deserialize)]
pub(super) struct SignalForm {
    signal: String,
}

/// A candidate belongs to the case.
pub(super) async fn take_in(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<SignalForm>,
) -> Response {
    let verb = Verb::TakeIn { signals: vec![form.signal] };
    let done = decide(&guest, &state, &id, verb, String::new()).await;
    answer(&guest, &state, language, &id, done)
}

async fn decide(
    guest: &Guest,
    state: &ApiState,
    id: &str,
    verb: Verb,
    reason: String,
) -> Result<(), ApiError> {
    find(state, id).await?;
    submit(&guest.visitor, state, id, Wish { verb, reason, expects: None }).await.map(|_| ())
}

fn answer(
    guest: &Guest,
    state: &ApiState,
    language: Language,
    id: &str,
    done: Result<(), ApiError>,
) -> Response {
    match done {
        Ok(()) => Redirect::to(&format!("/problems/{id}")).into_response(),
        Err(error) => refusal(state, language, Some(&guest.name), &error),
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
        let count = f64::from(u32::try_from(self.more_tickets).unwrap_or(u32::MAX));
        self.s.say(&Message::new("more-tickets").number("count", count))
    }
}
