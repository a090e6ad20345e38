//! What was told of each Problem, and what must be told next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::delivery::TicketRef;
use super::policy::{Escalation, Policy, priority};
use super::wording::Wording;
use crate::correlate::Group;
use crate::i18n::Catalogue;
use crate::model::{
    Channel, Delivery, DeliveryState, Effect, EffectKind, IncidentKind, Member, Message,
    ProblemState, Severity, Text, Time,
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
    /// The effect that raised the alert in force.
    #[serde(default)]
    raise: Option<String>,
    alerts: u32,
    notes: u32,
    noted: Option<Noted>,
    noted_at: Time,
    joined: usize,
    /// Users' tickets that were joined, and how many withdrawals were looked at.
    joins: BTreeSet<u64>,
    left: usize,
    /// The ticket system refused to open a ticket for good: there will be none.
    #[serde(default)]
    refused: bool,
    resolved: bool,
    closed: bool,
    due: Option<Time>,
}

/// What the last note said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) severity: Severity,
    pub(super) cause: String,
    pub(super) systems: u32,
    pub(super) tickets: u32,
}

impl Noted {
    /// Worth a note: tickets are news each time their number doubles.
    fn is_news_after(&self, before: &Self) -> bool {
        let size = |tickets: u32| u32::BITS - tickets.leading_zeros();
        self.severity != before.severity
            || self.cause != before.cause
            || self.systems != before.systems
            || size(self.tickets) != size(before.tickets)
    }
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

    /// Keys of the effects that were decided and not delivered yet.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.told.values().flat_map(|told| told.pending.iter().map(String::as_str))
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

    /// Notes what became of an effect; returns the line of the Problem's history about it, if it
    /// deserves one.
    pub fn delivered(&mut self, at: Time, problem: &str, report: &Report<'_>) -> Option<Message> {
        self.told.get_mut(problem)?.delivered(at, report)
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

/// What became of one effect, or of one attempt at it.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The effect.
    pub key: &'a str,
    /// Its channel.
    pub channel: Channel,
    /// `Pending` while it is still tried.
    pub state: DeliveryState,
    /// The reference there.
    pub reference: &'a str,
    /// Why not, when it was not delivered.
    pub error: Option<&'a Text>,
}

impl Told {
    /// Only what opens and ends moves a channel's line: a note or refreshed numbers are not what
    /// «opened 40 seconds ago» is about.
    fn delivered(&mut self, at: Time, report: &Report<'_>) -> Option<Message> {
        if report.state != DeliveryState::Pending {
            self.pending.remove(report.key);
        }
        let is_raise = self.raise.as_deref() == Some(report.key);
        let is_alert_over = self.alert.is_none() && !self.pending.iter().any(|key| is_alert(key));
        let alert_line = self.alert.as_ref().map(alert_line);
        let name = report.key.splitn(3, '/').nth(2).unwrap_or_default();
        let line = self.deliveries.iter_mut().find(|line| line.channel == report.channel)?;
        if name.starts_with("join/") {
            return None;
        }
        if let Some(error) = report.error {
            let is_new = line.error.as_ref() != Some(error);
            line.error = Some(error.clone());
            let is_final = report.state == DeliveryState::Rejected;
            if is_final && (name == "open" || is_raise) {
                line.state = DeliveryState::Rejected;
                line.at = at;
            }
            if is_final && name == "open" {
                // Without a ticket there is nothing to write notes on.
                self.ticket = false;
                self.refused = true;
            }
            let message = match report.channel {
                Channel::Otrs => Message::new("line-ticket-failed"),
                Channel::Alertmanager => Message::new("line-alert-failed"),
            };
            return is_new.then(|| message.text("error", error));
        }
        line.error = None;
        if let Some(shown) = shown(report.reference) {
            line.reference = shown;
        }
        let (state, message) = match (report.channel, name) {
            (Channel::Otrs, "open") => (
                DeliveryState::Delivered,
                Message::new("line-ticket-open").word("ref", &line.reference),
            ),
            (Channel::Otrs, "close") => (
                DeliveryState::Resolved,
                Message::new("line-ticket-closed").word("ref", &line.reference),
            ),
            (Channel::Alertmanager, _) if is_alert_over => {
                (DeliveryState::Resolved, Message::new("line-alert-over"))
            }
            (Channel::Alertmanager, _) if is_raise => (DeliveryState::Delivered, alert_line?),
            _ => return None,
        };
        line.state = state;
        line.at = at;
        Some(message)
    }
}

/// The ticket system's id of a member that is a ticket.
fn ticket_id(member: &Member) -> Option<u64> {
    member.incident.strip_prefix("ticket:")?.parse().ok()
}

fn is_alert(key: &str) -> bool {
    key.split('/').nth(1) == Some(Channel::Alertmanager.word())
}

/// The line of the history about an alert that was taken: its queue says whom it is for.
fn alert_line(labels: &BTreeMap<String, String>) -> Message {
    match labels.get("queue") {
        Some(queue) => Message::new("line-alert-queue").word("queue", queue),
        None => Message::new("line-alert"),
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
            let policy = policy.as_ref()?;
            let begun = self.group.promoted_at().unwrap_or(self.context.now);
            let at = begun.plus_millis(policy.wait_ms);
            if self.context.now < at {
                return Some(at);
            }
            if self.group.went_by_itself() {
                return None;
            }
            self.told.opened = true;
            self.told.noted = Some(self.noted());
            self.told.noted_at = self.context.now;
        }
        if self.told.resolved {
            self.came_back();
        }
        // A Problem that gets worse may come under a stricter policy: what that asks for and has not
        // been done yet is done now.
        if let Some(policy) = &policy {
            self.open_ticket(policy);
            self.follow_alert(policy);
        }
        self.join_tickets();
        self.tell_news()
    }

    fn open_ticket(&mut self, policy: &Policy) {
        if let Some(ticket) =
            policy.ticket.as_ref().filter(|_| !self.told.ticket && !self.told.refused)
        {
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
        }
    }

    /// Keeps the alert's labels true: when they change, the old alert is resolved first.
    fn follow_alert(&mut self, policy: &Policy) {
        let Some(alert) = &policy.alert else { return };
        let labels = self.labels(&alert.labels);
        if self.told.alert.as_ref() == Some(&labels) {
            return;
        }
        if self.told.alerts == 0 {
            self.expect(Channel::Alertmanager);
        }
        self.end_alert();
        self.told.alert = Some(labels.clone());
        self.raise_alert(labels);
        self.told.raise = self.effects.last().map(|effect| effect.key.clone());
    }

    fn raise_alert(&mut self, labels: BTreeMap<String, String>) {
        let kind = EffectKind::Alert {
            labels,
            annotations: self.wording().annotations(),
            starts_at: self.group.opened_at().min(self.context.now),
            ends_at: None,
        };
        self.alert_effect(kind);
    }

    fn end_alert(&mut self) {
        let Some(labels) = self.told.alert.take() else { return };
        let kind = EffectKind::Alert {
            labels,
            annotations: self.wording().annotations(),
            starts_at: self.group.opened_at().min(self.context.now),
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
            .filter(|member| member.kind == IncidentKind::Ticket && member.ended.is_none())
            .filter_map(ticket_id)
            .collect();
        self.told.joined = members.len();
        for ticket_id in fresh {
            let (subject, body) = self.wording().joined();
            let kind = EffectKind::JoinTicket { ticket_id, subject, body };
            self.effect(Channel::Otrs, &format!("join/{ticket_id}"), kind);
            self.told.joins.insert(ticket_id);
        }
        self.let_tickets_leave();
    }

    /// A ticket that was joined and turned out to be a request must be worked on after all.
    fn let_tickets_leave(&mut self) {
        let withdrawn: Vec<u64> =
            self.group.withdrawn().skip(self.told.left).filter_map(ticket_id).collect();
        self.told.left += withdrawn.len();
        for ticket_id in withdrawn {
            if self.told.joins.remove(&ticket_id) {
                let (subject, body) = self.wording().left();
                let kind = EffectKind::LeaveTicket { ticket_id, subject, body };
                let name = format!("join/{ticket_id}/left{}", self.told.left);
                self.effect(Channel::Otrs, &name, kind);
            }
        }
    }

    /// News go to the ticket as a note and to the lasting alert as fresh annotations, once in an
    /// interval: whoever is called now must not read the numbers of an hour ago.
    fn tell_news(&mut self) -> Option<Time> {
        let noted = self.noted();
        let before = self.told.noted.clone().unwrap_or_else(|| noted.clone());
        if !noted.is_news_after(&before) {
            return None;
        }
        let interval = self.context.escalation.note_interval_ms;
        let at = self.told.noted_at.plus_millis(interval);
        if self.context.now < at {
            return Some(at);
        }
        self.told.noted = Some(noted.clone());
        self.told.noted_at = self.context.now;
        if self.told.ticket {
            let (subject, body) = self.wording().changed(&before, &noted);
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
            error: None,
        });
    }

    fn noted(&self) -> Noted {
        let (tickets, _, _) = self.group.counts();
        Noted {
            severity: self.group.severity(),
            cause: self.group.first_system().to_owned(),
            systems: u32::try_from(self.group.sites().len()).unwrap_or(u32::MAX),
            tickets,
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
