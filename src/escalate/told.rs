//! What was told of each Problem, and what must be told next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::delivery::TicketRef;
use super::policy::{Escalation, Policy, priority};
use super::wording::Wording;
use crate::correlate::Group;
use crate::i18n::Catalogue;
use crate::model::{
    Channel, Delivery, DeliveryState, Effect, EffectKind, IncidentKind, ProblemState, Severity,
    Time,
};
use crate::topology::Topology;

/// What was told of all Problems that are not done.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    told: BTreeMap<String, Told>,
    timers: BTreeSet<(Time, String)>,
}

/// What was told of one Problem.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// One line a channel.
    pub deliveries: Vec<Delivery>,
    /// Keys of effects decided and not delivered yet.
    pending: BTreeSet<String>,
    opened: bool,
    ticket: bool,
    alert: Option<BTreeMap<String, String>>,
    alerts: u32,
    notes: u32,
    noted: Option<Noted>,
    noted_at: Time,
    joined: usize,
    resolved: bool,
    closed: bool,
    due: Option<Time>,
}

/// What the last note said; a note is due when this has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Noted {
    severity: Severity,
    cause: String,
    systems: usize,
    /// The bit length of the number of tickets: news each time it doubles.
    tickets: u32,
}

/// What deciding needs to know beside the Problem.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// Now.
    pub now: Time,
    /// The policies.
    pub escalation: &'a Escalation,
    /// Names of systems, queues.
    pub topology: &'a Topology,
    /// Texts.
    pub catalogue: &'a Catalogue,
}

impl State {
    /// What was told of a Problem.
    #[must_use]
    pub fn told(&self, problem: &str) -> Option<&Told> {
        self.told.get(problem)
    }

    /// The next moment at which something may have to be told without any news.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Problems whose moment has come.
    pub fn take_due(&mut self, now: Time) -> Vec<String> {
        let mut due = Vec::new();
        while let Some((at, problem)) = self.timers.first().cloned() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, problem.clone()));
            if let Some(told) = self.told.get_mut(&problem) {
                told.due = None;
            }
            due.push(problem);
        }
        due
    }

    /// Notes what became of an effect; true when nothing more is outstanding for the Problem.
    pub fn delivered(
        &mut self,
        at: Time,
        problem: &str,
        key: &str,
        channel: Channel,
        outcome: (DeliveryState, &str),
    ) -> bool {
        let Some(told) = self.told.get_mut(problem) else { return false };
        told.pending.remove(key);
        let (state, reference) = outcome;
        let join = key.contains("/join/");
        if let Some(line) = told.deliveries.iter_mut().find(|line| line.channel == channel)
            && !join
        {
            let over = told.closed || told.resolved;
            let outstanding = told.pending.iter().any(|k| k.contains(channel.word()));
            line.state = match state {
                DeliveryState::Delivered if over && !outstanding => DeliveryState::Resolved,
                other => other,
            };
            line.at = at;
            if let Some(shown) = shown(reference) {
                line.reference = shown;
            }
        }
        told.pending.is_empty()
    }

    /// Forgets a Problem that is done and told; true when it was known.
    pub fn forget_if_done(&mut self, problem: &str) -> Option<Told> {
        let done = self.told.get(problem).is_none_or(|told| told.pending.is_empty());
        if !done {
            return None;
        }
        let told = self.told.remove(problem).unwrap_or_default();
        if let Some(due) = told.due {
            self.timers.remove(&(due, problem.to_owned()));
        }
        Some(told)
    }

    /// Compares a Problem with what was told of it and decides what is missing.
    pub fn decide(&mut self, context: Context<'_>, group: &Group) -> Vec<Effect> {
        let Some(problem) = group.problem_id() else { return Vec::new() };
        let mut told = self.told.remove(problem).unwrap_or_default();
        if let Some(due) = told.due.take() {
            self.timers.remove(&(due, problem.to_owned()));
        }
        let mut decision =
            Decision { context, group, problem, told: &mut told, effects: Vec::new() };
        let due = decision.run();
        let effects = decision.effects;
        for effect in &effects {
            told.pending.insert(effect.key.clone());
        }
        told.due = due;
        if let Some(at) = due {
            self.timers.insert((at, problem.to_owned()));
        }
        self.told.insert(problem.to_owned(), told);
        effects
    }
}

/// The part of a reference that people use: of a ticket its number. References of notes are not
/// shown, the ticket's own stays.
fn shown(reference: &str) -> Option<String> {
    match serde_json::from_str::<TicketRef>(reference) {
        Ok(ticket) => Some(ticket.number),
        Err(_) if reference.is_empty() => None,
        Err(_) => Some(reference.to_owned()),
    }
}

struct Decision<'a> {
    context: Context<'a>,
    group: &'a Group,
    problem: &'a str,
    told: &'a mut Told,
    effects: Vec<Effect>,
}

impl Decision<'_> {
    /// Decides; returns the moment to ask again without news.
    fn run(&mut self) -> Option<Time> {
        match self.group.state() {
            ProblemState::Open | ProblemState::Acknowledged => self.live(),
            ProblemState::Resolved => {
                self.join_tickets();
                self.resolved();
                None
            }
            ProblemState::Closed => {
                self.closed();
                None
            }
        }
    }

    fn live(&mut self) -> Option<Time> {
        let policy = self.context.escalation.matching(self.group).cloned();
        if !self.told.opened {
            let policy = policy?;
            let begun = self.group.promoted_at().unwrap_or(self.context.now);
            let at = begun.plus_millis(policy.wait_ms);
            if self.context.now < at {
                return Some(at);
            }
            if self.group.went_by_itself() {
                return None;
            }
            self.open(&policy);
            return None;
        }
        if self.told.resolved {
            self.came_back();
        }
        if let Some(policy) = &policy {
            self.follow_alert(policy);
        }
        self.join_tickets();
        self.tell_news()
    }

    fn open(&mut self, policy: &Policy) {
        self.told.opened = true;
        if let Some(ticket) = &policy.ticket {
            self.told.ticket = true;
            let system = self.group.first_system();
            let own_queue = self.context.topology.get(system).map(|s| s.queue.clone());
            let queue = ticket
                .queue
                .clone()
                .or_else(|| own_queue.filter(|queue| !queue.is_empty()))
                .unwrap_or_else(|| ticket.fallback_queue.clone());
            let kind = EffectKind::OpenTicket {
                queue,
                priority: priority(self.group.severity()).to_owned(),
                title: self.wording().ticket_title(),
                body: self.wording().ticket_body(),
                system: system.to_owned(),
            };
            self.expect(Channel::Otrs);
            self.effect(Channel::Otrs, "open", kind);
            self.told.joined = if ticket.join_tickets { 0 } else { usize::MAX };
            self.join_tickets();
        }
        self.told.noted = Some(self.noted());
        self.told.noted_at = self.context.now;
        if policy.alert.is_some() {
            self.expect(Channel::Alertmanager);
            self.follow_alert(policy);
        }
    }

    /// Keeps the alert's labels true: when they change, the old alert is resolved first.
    fn follow_alert(&mut self, policy: &Policy) {
        let Some(alert) = &policy.alert else { return };
        let labels = self.labels(&alert.labels);
        if self.told.alert.as_ref() == Some(&labels) {
            return;
        }
        self.end_alert();
        self.told.alert = Some(labels.clone());
        self.raise_alert(labels);
    }

    fn raise_alert(&mut self, labels: BTreeMap<String, String>) {
        let kind = EffectKind::Alert {
            labels,
            annotations: self.wording().annotations(),
            starts_at: self.group.opened_at(),
            ends_at: None,
        };
        self.alert_effect(kind);
    }

    fn end_alert(&mut self) {
        let Some(labels) = self.told.alert.take() else { return };
        let kind = EffectKind::Alert {
            labels,
            annotations: self.wording().annotations(),
            starts_at: self.group.opened_at(),
            ends_at: Some(self.context.now),
        };
        self.alert_effect(kind);
    }

    fn alert_effect(&mut self, kind: EffectKind) {
        self.told.alerts += 1;
        let name = self.told.alerts.to_string();
        self.effect(Channel::Alertmanager, &name, kind);
    }

    fn join_tickets(&mut self) {
        if !self.told.ticket || self.told.joined == usize::MAX {
            return;
        }
        let members = self.group.members();
        let fresh: Vec<u64> = members
            .iter()
            .skip(self.told.joined)
            .filter(|member| member.kind == IncidentKind::Ticket)
            .filter_map(|member| member.incident.strip_prefix("ticket:")?.parse().ok())
            .collect();
        self.told.joined = members.len();
        for ticket_id in fresh {
            let (subject, body) = self.wording().joined();
            let kind = EffectKind::JoinTicket { ticket_id, subject, body };
            self.effect(Channel::Otrs, &format!("join/{ticket_id}"), kind);
        }
    }

    /// News go to the ticket as a note and to the lasting alert as fresh annotations, once in an
    /// interval: whoever is called now must not read the numbers of an hour ago.
    fn tell_news(&mut self) -> Option<Time> {
        let noted = self.noted();
        if self.told.noted.as_ref() == Some(&noted) {
            return None;
        }
        let interval = self.context.escalation.note_interval_ms;
        let at = self.told.noted_at.plus_millis(interval);
        if self.context.now < at {
            return Some(at);
        }
        self.told.noted = Some(noted);
        self.told.noted_at = self.context.now;
        if self.told.ticket {
            let (subject, body) = self.wording().changed();
            self.note(EffectKind::AddNote { subject, body });
        }
        if let Some(labels) = self.told.alert.clone() {
            self.raise_alert(labels);
        }
        None
    }

    fn resolved(&mut self) {
        if !self.told.opened || self.told.resolved {
            return;
        }
        self.told.resolved = true;
        self.end_alert();
        if self.told.ticket {
            let (subject, body) = self.wording().resolved();
            self.note(EffectKind::AddNote { subject, body });
        }
    }

    fn came_back(&mut self) {
        self.told.resolved = false;
        self.told.noted = Some(self.noted());
        self.told.noted_at = self.context.now;
        if self.told.ticket {
            let (subject, body) = self.wording().came_back();
            self.note(EffectKind::ReopenTicket { subject, body });
        }
    }

    fn closed(&mut self) {
        if !self.told.opened || self.told.closed {
            return;
        }
        self.told.closed = true;
        self.told.resolved = true;
        self.end_alert();
        if self.told.ticket {
            let (subject, body) = self.wording().closed();
            self.effect(Channel::Otrs, "close", EffectKind::CloseTicket { subject, body });
        }
    }

    fn note(&mut self, kind: EffectKind) {
        self.told.notes += 1;
        let name = format!("n{}", self.told.notes);
        self.effect(Channel::Otrs, &name, kind);
    }

    fn effect(&mut self, channel: Channel, name: &str, kind: EffectKind) {
        self.effects.push(Effect {
            key: format!("{}/{}/{name}", self.problem, channel.word()),
            problem: self.problem.to_owned(),
            channel,
            at: self.context.now,
            kind,
        });
    }

    fn expect(&mut self, channel: Channel) {
        self.told.deliveries.push(Delivery {
            channel,
            reference: String::new(),
            state: DeliveryState::Pending,
            at: self.context.now,
        });
    }

    fn noted(&self) -> Noted {
        let (tickets, _, _) = self.group.counts();
        Noted {
            severity: self.group.severity(),
            cause: self.group.first_system().to_owned(),
            systems: self.group.sites().len(),
            tickets: u32::BITS - tickets.leading_zeros(),
        }
    }

    fn labels(&self, more: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let system = self.group.first_system();
        let queue = self.context.topology.get(system).map(|s| s.queue.clone()).unwrap_or_default();
        let mut labels = more.clone();
        labels.insert("alertname".into(), "VakhtaProblem".into());
        labels.insert("problem".into(), self.problem.to_owned());
        labels.insert("severity".into(), self.group.severity().word().into());
        labels.insert("system".into(), system.to_owned());
        if !queue.is_empty() {
            labels.insert("queue".into(), queue);
        }
        labels
    }

    fn wording(&self) -> Wording<'_> {
        Wording { context: self.context, group: self.group, problem: self.problem }
    }
}
