//! What a case is made of: findings with their charts, tickets with alike ones folded.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;

use super::chart::{self, Chart};
use super::felt;
use super::page::Speech;
use crate::api::{ApiError, ApiState};
use crate::detect::shown;
use crate::escalate::Escalation;
use crate::model::{CaseDetail, Detail, Life, Member, Reason, SignalKind, Time};
use crate::runbooks;
use crate::store::{ChartPoints, TicketText};

/// Commands inside advice: what stands in backticks, and calls of PostgreSQL's own functions.
static COMMAND: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"`([^`]+)`|(?i:\bselect\s+pg_\w+\([^)]*\))").ok());
/// What is shown before a finding began.
const BEFORE: i64 = 900_000;
/// Texts of tickets that come with a case's page; the others have a page of their own.
const TEXTS: usize = 50;
/// Points of one chart.
const POINTS: i64 = 160;

pub(super) struct ReasonView {
    pub(super) weight: String,
    pub(super) against: bool,
    pub(super) text: String,
}

pub(super) struct FindingView {
    pub(super) signal: String,
    pub(super) title: String,
    pub(super) system: String,
    pub(super) severity: &'static str,
    pub(super) since: String,
    pub(super) since_full: String,
    pub(super) over: String,
    pub(super) held: String,
    pub(super) advice: String,
    pub(super) commands: Vec<String>,
    pub(super) runbook: String,
    /// Where it is read in the monitoring that sent it; empty for none.
    pub(super) url: String,
    pub(super) evidence: Vec<String>,
    pub(super) chart: String,
    pub(super) reasons: Vec<ReasonView>,
}

pub(super) struct TicketView {
    pub(super) signal: String,
    pub(super) number: String,
    pub(super) link: String,
    pub(super) title: String,
    pub(super) withdrawn: bool,
    pub(super) system: String,
    pub(super) mrf: String,
    pub(super) since: String,
    pub(super) since_full: String,
    pub(super) reasons: Vec<ReasonView>,
    pub(super) text: Said,
}

/// What a ticket says, as far as a page has looked.
pub(super) enum Said {
    /// Its text, or that it was not kept.
    Here(String),
    /// It has a page of its own.
    Elsewhere(u64),
}

impl Said {
    pub(super) fn of(id: Option<u64>, texts: &Texts, s: &Speech<'_>) -> Self {
        let none = || Self::Here(s.t("ticket-text-none"));
        let Some(id) = id else { return none() };
        match texts.kept.get(&id) {
            Some(text) => Self::Here(text.body.clone()),
            None if texts.asked.contains(&id) => none(),
            None => Self::Elsewhere(id),
        }
    }
}

/// The texts that a page has asked for.
#[derive(Default)]
pub(super) struct Texts {
    asked: BTreeSet<u64>,
    pub(super) kept: BTreeMap<u64, TicketText>,
}

impl Texts {
    /// Reads them: one query, however many there are.
    pub(super) async fn read(
        state: &ApiState,
        ids: impl Iterator<Item = u64>,
    ) -> Result<Self, ApiError> {
        let asked: BTreeSet<u64> = ids.collect();
        let ids: Vec<u64> = asked.iter().copied().collect();
        let kept = state.store.texts(&ids).await?;
        Ok(Self { asked, kept })
    }
}

/// Tickets that say the same, the newest first.
pub(super) struct TicketGroup {
    pub(super) title: String,
    pub(super) tickets: Vec<TicketView>,
}

impl TicketGroup {
    pub(super) fn first(&self) -> Option<&TicketView> {
        self.tickets.first()
    }

    pub(super) fn more(&self) -> usize {
        self.tickets.len().saturating_sub(1)
    }
}

/// What marks the charts of a case beside its own samples.
pub(super) struct Marks {
    /// What is measured now, by signal.
    pub(super) live: BTreeMap<String, Vec<(Time, f64)>>,
    pub(super) stored: BTreeMap<String, ChartPoints>,
    pub(super) events: Vec<(Time, String)>,
}

/// What holds a signal back, in words: who muted it, or which works, is told in the history and on the shift's page.
pub(super) fn held(by: Option<&str>, s: &Speech<'_>) -> String {
    match by.map(|by| by.split_once(':').unwrap_or((by, ""))) {
        None => String::new(),
        Some(("mute", _)) => s.t("held-mute"),
        Some(("work", id)) => format!("{} {id}", s.t("held-work")),
        Some((other, _)) => other.to_owned(),
    }
}

pub(super) fn reasons(reasons: &[Reason], s: &Speech<'_>) -> Vec<ReasonView> {
    // What would be shown as zero says nothing.
    reasons
        .iter()
        .filter(|reason| reason.weight.abs() >= 0.05)
        .map(|reason| ReasonView {
            weight: s.signed(reason.weight),
            against: reason.weight < 0.0,
            text: s.say(&reason.worded()),
        })
        .collect()
}

pub(super) fn finding(member: &Member, marks: Option<&Marks>, s: &Speech<'_>) -> FindingView {
    let detail = member.detail.as_deref();
    let advice = detail.map(|d| d.advice.get(s.language).to_owned()).unwrap_or_default();
    FindingView {
        signal: member.signal.clone(),
        title: member.title.get(s.language).to_owned(),
        system: s.system(&member.system),
        severity: member.severity.as_str(),
        since: s.clock(member.since),
        since_full: s.moment(member.since),
        over: member.ended.map(|at| s.clock(at)).unwrap_or_default(),
        held: held(member.held_by.as_deref(), s),
        commands: commands(&advice),
        advice: advice.replace('`', ""),
        runbook: detail.and_then(|d| runbooks::link(&d.runbook, s.base)).unwrap_or_default(),
        url: detail.and_then(|d| runbooks::elsewhere(&d.url)).unwrap_or_default(),
        evidence: detail.map(|d| evidence(d, member.ended.is_some(), s)).unwrap_or_default(),
        chart: match (detail, marks) {
            (Some(detail), Some(marks)) => drawing(member, detail, marks, s),
            _ => String::new(),
        },
        reasons: reasons(&member.why, s),
    }
}

fn commands(advice: &str) -> Vec<String> {
    let Some(command) = COMMAND.as_ref() else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for captures in command.captures_iter(advice) {
        let text = captures.get(1).or_else(|| captures.get(0)).map(|part| part.as_str().to_owned());
        found.extend(text.filter(|text| !found.contains(text)));
    }
    found
}

/// The span of time that a finding's chart shows, and its step in milliseconds.
pub(crate) fn span(member: &Member, now: Time) -> (Time, Time, i64) {
    let until = match member.ended {
        Some(at) => at.plus_millis(BEFORE / 3).min(now),
        None => now,
    };
    let from = member.since.min(until.plus_millis(-600_000)).plus_millis(-BEFORE);
    let step = ((until.0 - from.0) / POINTS).max(5_000);
    (from, until, step)
}

/// What the series in memory say of the first of these findings.
pub(super) fn measured(
    state: &ApiState,
    found: &[&Member],
    count: usize,
    now: Time,
) -> BTreeMap<String, Vec<(Time, f64)>> {
    let points = found.iter().take(count).filter_map(|member| {
        let (from, until, step) = span(member, now);
        let points = (state.charts)(member.detail.as_deref()?, from, until, step);
        Some((member.signal.clone(), points))
    });
    points.collect()
}

/// A finding's chart: of what is remembered, else of what was stored with the case.
fn drawing(member: &Member, detail: &Detail, marks: &Marks, s: &Speech<'_>) -> String {
    let (mut from, mut until, mut step) = span(member, s.now);
    let mut points = marks.live.get(&member.signal).cloned().unwrap_or_default();
    // What is measured now goes before what was kept, as long as there is any of it.
    let is_better = |kept: &&ChartPoints| {
        points.is_empty() || member.ended.is_some() && kept.points.len() > points.len()
    };
    if let Some(stored) = marks.stored.get(&member.signal).filter(is_better) {
        points.clone_from(&stored.points);
        (from, until, step) = (stored.from, stored.until, stored.step);
    }
    let first = detail.evidence.first();
    let name = member.title.get(s.language);
    let chart = Chart {
        points: &points,
        from,
        until,
        step,
        bad: Some((member.since, member.ended)),
        limit: first.and_then(|number| number.limit),
        unit: first.map_or("", |number| number.unit.as_str()),
        events: &marks.events,
        name,
    };
    chart::draw(&chart, s)
}

/// The numbers a finding rests on, each with its name and limit; of one that is over, at its worst.
fn evidence(detail: &Detail, is_over: bool, s: &Speech<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    for number in &detail.evidence {
        let key = format!("evidence-{}", number.name);
        // A number that only a rule names stands under that name: `pid`.
        let name = match (number.name.as_str(), is_over) {
            ("value", true) => s.t("evidence-worst"),
            _ if s.catalogue.has(&key) => s.t(&key),
            _ => number.name.clone(),
        };
        lines.push(format!("{name} {}", shown(number.value, &number.unit, s.language)));
        if let Some(limit) = number.limit {
            let limit = shown(limit, &number.unit, s.language);
            lines.push(format!("{} {limit}", s.t("evidence-limit")));
        }
    }
    lines
}

pub(super) fn ticket(
    escalation: &Escalation,
    member: &Member,
    texts: &Texts,
    s: &Speech<'_>,
) -> TicketView {
    let id = member.signal.strip_prefix("ticket:").unwrap_or_default();
    TicketView {
        signal: member.signal.clone(),
        number: member.number.clone(),
        link: escalation.ticket_link(id, &member.number).unwrap_or_default(),
        withdrawn: member.life == Life::Withdrawn,
        title: member.title.get(s.language).to_owned(),
        system: if member.system.is_empty() { String::new() } else { s.system(&member.system) },
        mrf: member.mrf.clone().unwrap_or_default(),
        since: s.clock(member.since),
        since_full: s.moment_at(member.since, member.mrf.as_deref()),
        reasons: reasons(&member.why, s),
        text: Said::of(member.ticket_id(), texts, s),
    }
}

/// The tickets of a case whose texts come with its page: those that may be quoted, the first of each line of the list,
/// then the newest; and those that are offered to people.
pub(super) fn read_first(case: &CaseDetail, lines: usize) -> impl Iterator<Item = u64> {
    let tickets = || case.members.iter().rev().filter(|m| m.kind == SignalKind::Ticket);
    let mut titles = BTreeSet::new();
    let firsts = tickets().filter(move |m| titles.insert(m.title.ru.to_lowercase())).take(lines);
    let quoted = felt::quotable(case).into_iter();
    let mut seen = BTreeSet::new();
    let all = quoted.chain(firsts).chain(tickets()).filter_map(Member::ticket_id);
    let candidates = case.candidates.iter().filter_map(Member::ticket_id);
    all.filter(move |id| seen.insert(*id)).take(TEXTS).chain(candidates)
}

/// Tickets with alike titles as one line each, in the order of their newest.
pub(super) fn folded(tickets: Vec<TicketView>) -> Vec<TicketGroup> {
    let mut groups: Vec<TicketGroup> = Vec::new();
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    for ticket in tickets {
        let key = ticket.title.to_lowercase();
        let place = *places.entry(key).or_insert_with(|| {
            groups.push(TicketGroup { title: ticket.title.clone(), tickets: Vec::new() });
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(place) {
            group.tickets.push(ticket);
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_in_advice_can_be_copied() {
        let advice = "Сначала select pg_cancel_backend(4711); не помогло: `systemctl restart x`.";
        assert_eq!(commands(advice), ["select pg_cancel_backend(4711)", "systemctl restart x"]);
        assert!(commands("Проверьте диск.").is_empty());
    }
}
