//! One Problem: what, why, since when, who was told, and what can be done.

use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Guest, Speech, Wanted, html};
use super::{chart, graph};
use crate::api::ApiState;
use crate::api::problems::{find, review};
use crate::api::shapes::{delivery_word, state_word};
use crate::fold::Verdict;
use crate::model::{IncidentKind, Member, Message, Problem, ProblemState, Reason, Time};

/// The most tickets listed; all of them are in the API.
const TICKETS: usize = 30;
/// The most findings shown with a chart.
const FINDINGS: usize = 12;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
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
    told: Vec<(String, String, &'static str, String)>,
    causes: Vec<CauseView>,
    findings: Vec<FindingView>,
    tickets: Vec<TicketView>,
    more_tickets: usize,
    timeline: Vec<(String, String)>,
    graph: String,
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
    chart: String,
    low: String,
    high: String,
    reasons: Vec<ReasonView>,
}

struct TicketView {
    title: String,
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
    let problem = match find(&state, &id).await {
        Ok(problem) => problem,
        Err(error) => return error.into_response(),
    };
    let now = state.clock.now();
    state.core.read(|core| {
        let topology = core.correlate().topology();
        let s = Speech { catalogue: &state.catalogue, topology, language, now };
        html(&page(&state, &guest, &problem, s))
    })
}

fn page<'a>(
    state: &ApiState,
    guest: &'a Guest,
    problem: &Problem,
    s: Speech<'a>,
) -> ProblemPage<'a> {
    let is_live = matches!(problem.state, ProblemState::Open | ProblemState::Acknowledged);
    let all_tickets: Vec<&Member> =
        problem.members.iter().filter(|m| m.kind == IncidentKind::Ticket).collect();
    let found = problem.members.iter().filter(|m| m.kind != IncidentKind::Ticket);
    ProblemPage {
        title: s.say(&problem.title),
        guest: Some(&guest.name),
        here: "problem",
        id: problem.id.clone(),
        severity: problem.severity.word(),
        severity_name: s.t(&format!("severity-{}", problem.severity.word())),
        state: state_word(problem.state),
        state_name: s.t(&format!("state-{}", state_word(problem.state))),
        may_act: guest.may_act,
        is_open: problem.state == ProblemState::Open,
        is_live,
        facts: facts(problem, &s),
        told: problem
            .told
            .iter()
            .map(|told| {
                let word = delivery_word(told.state);
                let channel = s.t(&format!("channel-{}", told.channel.word()));
                let state_name = s.t(&format!("delivery-{word}"));
                let reference = format!("{channel} {}", told.reference).trim().to_owned();
                (reference, state_name, word, s.ago(told.at))
            })
            .collect(),
        causes: problem
            .causes
            .iter()
            .map(|cause| CauseView {
                system: s.system(&cause.system),
                share: s.share(cause.probability),
                percent: format!("{:.0}", cause.probability * 100.0),
                reasons: reasons(&cause.evidence, &s),
            })
            .collect(),
        findings: found.take(FINDINGS).map(|member| finding(state, member, &s)).collect(),
        more_tickets: all_tickets.len().saturating_sub(TICKETS),
        tickets: all_tickets.iter().take(TICKETS).map(|member| ticket(member, &s)).collect(),
        timeline: problem
            .timeline
            .iter()
            .rev()
            .map(|entry| (s.clock(entry.at), s.say(&entry.message)))
            .collect(),
        graph: graph::neighbourhood(problem, &s),
        s,
    }
}

fn facts(problem: &Problem, s: &Speech<'_>) -> Vec<(String, String)> {
    let systems: Vec<String> = problem.systems.iter().map(|key| s.system(key)).collect();
    let until = problem.resolved_at.unwrap_or(s.now);
    let mut facts = vec![
        (s.t("fact-opened"), s.clock(problem.opened_at)),
        (s.t("fact-lasts"), s.span(until.seconds_since(problem.opened_at))),
        (s.t("fact-systems"), systems.join(", ")),
        (
            s.t("fact-counts"),
            format!(
                "{}, {}, {}",
                s.count("count-findings", problem.findings),
                s.count("count-tickets", problem.tickets),
                s.count("count-users", problem.users)
            ),
        ),
    ];
    if !problem.mrfs.is_empty() {
        facts.push((s.t("fact-mrfs"), problem.mrfs.join(", ")));
    }
    if let Some((at, who)) = &problem.acknowledged {
        facts.push((s.t("fact-acknowledged"), format!("{who}, {}", s.clock(*at))));
    }
    if let Some(at) = problem.resolved_at {
        facts.push((s.t("fact-resolved"), s.clock(at)));
    }
    if let Some(other) = &problem.merged_into {
        facts.push((s.t("fact-merged"), other.clone()));
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

fn finding(state: &ApiState, member: &Member, s: &Speech<'_>) -> FindingView {
    let until = member.ended.unwrap_or(s.now);
    let from = Time(member.since.0.min(until.0 - 600_000)).plus_millis(-300_000);
    let step = ((until.0 - from.0) / 120).max(5_000);
    let detail = member.detail.as_deref();
    let points = detail.map(|d| (state.charts)(d, from, until, step)).unwrap_or_default();
    let finite = || points.iter().map(|(_, value)| *value).filter(|value| value.is_finite());
    let (low, high) =
        (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    let drawn = chart::line(&points, member.since);
    let shown = |value: f64| if drawn.is_empty() { String::new() } else { chart::short(value) };
    FindingView {
        title: member.title.get(s.language).to_owned(),
        system: s.system(&member.system),
        severity: member.severity.word(),
        since: s.clock(member.since),
        over: member.ended.map(|at| s.clock(at)).unwrap_or_default(),
        advice: detail.map(|d| d.advice.get(s.language).to_owned()).unwrap_or_default(),
        low: shown(low),
        high: shown(high),
        chart: drawn,
        reasons: reasons(&member.why, s),
    }
}

fn ticket(member: &Member, s: &Speech<'_>) -> TicketView {
    TicketView {
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
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<VerdictForm>,
) -> Response {
    decide(&guest, &state, &id, Verdict::Acknowledge, form.reason).await
}

pub(super) async fn resolve(
    guest: Guest,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<VerdictForm>,
) -> Response {
    decide(&guest, &state, &id, Verdict::Resolve, form.reason).await
}

async fn decide(
    guest: &Guest,
    state: &ApiState,
    id: &str,
    verdict: Verdict,
    reason: String,
) -> Response {
    match review(&guest.visitor, state, id, verdict, reason).await {
        Ok(()) => Redirect::to(&format!("/problems/{id}")).into_response(),
        Err(error) => error.into_response(),
    }
}

impl ProblemPage<'_> {
    /// A line that says how many tickets are not listed.
    fn more(&self) -> String {
        let count = f64::from(u32::try_from(self.more_tickets).unwrap_or(u32::MAX));
        self.s.say(&Message::new("more-tickets").number("count", count))
    }
}
