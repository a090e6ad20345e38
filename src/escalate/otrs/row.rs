//! What the ticket system was told of a case, and what it must be told next: one ticket a case, users'
//! tickets joined to it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::wording::{Letter, priority};
use crate::escalate::delivery::TicketRef;
use crate::escalate::notify::Report;
use crate::escalate::policy::TicketPolicy;
use crate::escalate::telling::{Row, Telling};
use crate::model::{
    CaseState, Channel, Delivery, DeliveryState, EffectKey, EffectKind, LinkKind, Message,
    Severity, Step, Time,
};

/// Where the case's ticket is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// None is wanted yet.
    #[default]
    None,
    /// It was asked for; it may not be there yet.
    Open,
    /// It was asked to be closed.
    Closed,
    /// It was refused for good, or over before it could be opened.
    Refused,
}

/// What the ticket was last told of the case's course.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Said {
    /// That it lasts.
    #[default]
    Live,
    /// That it is resolved.
    Resolved,
    /// That another case goes on for it.
    Merged,
}

/// The row of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TicketRow {
    stage: Stage,
    /// The ticket, once it is open.
    pub reference: Option<TicketRef>,
    queue: String,
    priority: String,
    said: Said,
    unstable_said: bool,
    explained_said: bool,
    noted: Option<Noted>,
    noted_at: Time,
    notes: u32,
    /// Users' tickets that are joined, and how often each was.
    joined: BTreeSet<u64>,
    generations: BTreeMap<u64, u32>,
    /// Users' tickets that joined or left the cluster since they were last looked at.
    unsettled: BTreeSet<u64>,
    /// The cluster whose tickets were all looked at once, and whether the case was rejected then.
    synced: Option<(u64, bool)>,
}

/// What the last note said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Noted {
    pub(super) severity: Severity,
    pub(super) cause: String,
    pub(super) systems: u32,
    pub(super) findings: u32,
    pub(super) tickets: u32,
}

impl Noted {
    fn of(telling: &Telling<'_>) -> Self {
        let size = telling.facts.size();
        Self {
            severity: telling.facts.case.severity,
            cause: telling.facts.first_system().to_owned(),
            systems: size.systems,
            findings: size.findings,
            tickets: size.tickets,
        }
    }

    /// Worth a note. A finding that joins is always news to whoever owns its system; tickets are each time
    /// their number doubles, and so are findings once there are many.
    fn is_news_after(&self, before: &Self) -> bool {
        let size = |count: u32| u32::BITS - count.leading_zeros();
        let findings = |count: u32| if count <= 16 { count } else { 16 + size(count) };
        self.severity != before.severity
            || self.cause != before.cause
            || self.systems != before.systems
            || findings(self.findings) != findings(before.findings)
            || size(self.tickets) != size(before.tickets)
    }
}

impl TicketRow {
    /// Where the ticket is; empty before it is opened.
    pub(in crate::escalate) fn queue(&self) -> &str {
        if self.stage == Stage::Open { &self.queue } else { "" }
    }

    /// A user's ticket has to be looked at.
    pub(in crate::escalate) fn look_at(&mut self, ticket: u64) {
        self.unsettled.insert(ticket);
    }

    fn note(&mut self, telling: &mut Telling<'_>, kind: EffectKind) {
        self.notes += 1;
        telling.effect(Channel::Otrs, Step::Note(self.notes), kind);
    }

    fn plain_note(&mut self, telling: &mut Telling<'_>, (subject, body): Letter) {
        self.note(telling, EffectKind::AddNote { subject, body, queue: None, priority: None });
    }

    fn live(&mut self, telling: &mut Telling<'_>) {
        if !telling.is_due {
            return;
        }
        let policy = telling.policy.and_then(|policy| policy.ticket.as_ref());
        if telling.facts.is_explained {
            return self.step_back(telling);
        }
        self.explained_said = false;
        if let (Some(policy), Stage::None) = (policy, self.stage) {
            self.open(telling, policy);
        }
        if self.stage != Stage::Open {
            return;
        }
        match self.said {
            Said::Live => {}
            Said::Resolved => self.come_back(telling),
            Said::Merged => {
                let (subject, body) = telling.wording().unmerged();
                self.said = Said::Live;
                // Back to where it was before it went to the other's queue.
                let queue = Some(self.queue.clone()).filter(|queue| !queue.is_empty());
                self.note(telling, EffectKind::AddNote { subject, body, queue, priority: None });
            }
        }
        if policy.is_some_and(|policy| policy.join_tickets) {
            self.settle_tickets(telling);
        }
        if telling.facts.case.is_unstable() != self.unstable_said {
            self.unstable_said = !self.unstable_said;
            if self.unstable_said {
                let letter = telling.wording().unstable();
                self.plain_note(telling, letter);
            }
        }
        self.tell_news(telling, policy);
    }

    fn open(&mut self, telling: &mut Telling<'_>, policy: &TicketPolicy) {
        self.stage = Stage::Open;
        let system = telling.facts.first_system().to_owned();
        self.queue = queue_of(telling, policy, &system);
        self.priority = priority(telling.facts.case.severity).to_owned();
        self.noted = Some(Noted::of(telling));
        self.noted_at = telling.context.now;
        let wording = telling.wording();
        let kind = EffectKind::OpenTicket {
            queue: self.queue.clone(),
            priority: self.priority.clone(),
            title: wording.ticket_title(),
            body: wording.ticket_body(),
            system,
        };
        telling.expect(Channel::Otrs);
        telling.effect(Channel::Otrs, Step::Open, kind);
    }

    /// A Problem speaks for this mass incident: it keeps its ticket, says so once, and leaves the users' tickets
    /// to the Problem.
    fn step_back(&mut self, telling: &mut Telling<'_>) {
        self.joined.clear();
        self.synced = None;
        if self.stage != Stage::Open || self.explained_said {
            return;
        }
        self.explained_said = true;
        let by = telling.facts.case.decided.linked(LinkKind::ExplainedBy).last();
        if let Some(case) = by {
            let letter = telling.wording().explained(case);
            self.plain_note(telling, letter);
        }
    }

    fn come_back(&mut self, telling: &mut Telling<'_>) {
        self.said = Said::Live;
        self.noted = Some(Noted::of(telling));
        self.noted_at = telling.context.now;
        // One that comes and goes is said to once.
        if !telling.facts.case.is_unstable() {
            let (subject, body) = telling.wording().came_back();
            self.note(telling, EffectKind::ReopenTicket { subject, body });
        }
    }

    /// Joins and lets go: what should be joined is compared with what is, as sets; only tickets that moved are
    /// looked at.
    fn settle_tickets(&mut self, telling: &mut Telling<'_>) {
        let case = telling.facts.case;
        let Some(cluster) = telling.facts.cluster else { return };
        let wanted = (cluster.id(), case.decided.rejected);
        if self.synced != Some(wanted) {
            self.synced = Some(wanted);
            let signals = cluster.totals().written.iter();
            let ids = signals.filter_map(|((_, key), _)| telling.facts.correlate.signal(*key));
            self.unsettled.extend(ids.filter_map(crate::model::Signal::ticket_id));
            self.unsettled.extend(&self.joined);
        }
        for ticket in std::mem::take(&mut self.unsettled) {
            let key = telling.facts.correlate.key_of(&crate::correlate::ticket_id(ticket));
            let signal = key.and_then(|key| telling.facts.correlate.signal(key));
            let is_request =
                signal.is_some_and(|signal| signal.life == crate::model::Life::Withdrawn);
            let is_here = key.is_some_and(|key| cluster.members().contains_key(&key));
            let is_wanted = is_here && !is_request && !case.decided.rejected;
            if is_wanted && self.joined.insert(ticket) {
                let generation = self.next_generation(ticket);
                let (subject, body) = telling.wording().joined();
                let kind = EffectKind::JoinTicket { ticket_id: ticket, subject, body };
                telling.effect(Channel::Otrs, Step::Join(ticket, generation), kind);
            } else if !is_wanted && self.joined.remove(&ticket) {
                let generation = self.next_generation(ticket);
                let (subject, body) = telling.wording().left(is_request);
                let kind = EffectKind::LeaveTicket { ticket_id: ticket, subject, body };
                telling.effect(Channel::Otrs, Step::Leave(ticket, generation), kind);
            }
        }
    }

    fn next_generation(&mut self, ticket: u64) -> u32 {
        let generation = self.generations.entry(ticket).or_insert(0);
        *generation += 1;
        *generation
    }

    /// News are noted once in an interval; a worse severity, and a cause that has settled, also move the ticket.
    fn tell_news(&mut self, telling: &mut Telling<'_>, policy: Option<&TicketPolicy>) {
        let settled = telling.settled_cause();
        let queue = settled.zip(policy).map(|(system, policy)| queue_of(telling, policy, &system));
        let queue = queue.filter(|queue| *queue != self.queue);
        let urgency = priority(telling.facts.case.severity);
        let is_moved = queue.is_some() || urgency != self.priority;
        let noted = Noted::of(telling);
        let before = self.noted.clone().unwrap_or_else(|| noted.clone());
        if !is_moved && !noted.is_news_after(&before) {
            return;
        }
        let at = self.noted_at.plus_millis(telling.context.escalation.note_interval_ms);
        if !is_moved && telling.context.now < at {
            return telling.wake(at);
        }
        let (subject, body) = telling.wording().changed(&before, &noted);
        self.noted = Some(noted);
        self.noted_at = telling.context.now;
        let urgency = (urgency != self.priority).then(|| urgency.to_owned());
        if let Some(queue) = &queue {
            self.queue.clone_from(queue);
        }
        if let Some(priority) = &urgency {
            self.priority.clone_from(priority);
        }
        self.note(telling, EffectKind::AddNote { subject, body, queue, priority: urgency });
    }

    fn resolved(&mut self, telling: &mut Telling<'_>) {
        if self.stage != Stage::Open {
            return;
        }
        if !telling.facts.is_explained {
            self.settle_tickets(telling);
        }
        if self.said != Said::Resolved {
            self.said = Said::Resolved;
            // One that comes and goes has been said to.
            if !telling.facts.case.is_unstable() {
                let letter = telling.wording().resolved();
                self.plain_note(telling, letter);
            }
        }
    }

    /// Another case goes on: the ticket stays open, in that one's queue, and users' tickets are that one's.
    fn merged(&mut self, telling: &mut Telling<'_>) {
        self.joined.clear();
        self.synced = None;
        let Some(survivor) = telling.facts.survivor else { return };
        if self.stage != Stage::Open || self.said == Said::Merged {
            return;
        }
        self.said = Said::Merged;
        let system = survivor.lead.as_ref().map_or("", |(system, _)| system.as_str());
        // Beside the other one's ticket, which follows its cause only once that has held for a while.
        let queue = match telling.beside {
            "" => telling.context.topology.get(system).map(|system| system.queue.clone()),
            queue => Some(queue.to_owned()),
        };
        let queue = queue.filter(|queue| !queue.is_empty() && *queue != self.queue);
        let (subject, body) = telling.wording().merged(survivor.id);
        self.note(telling, EffectKind::AddNote { subject, body, queue, priority: None });
    }

    fn closed(&mut self, telling: &mut Telling<'_>) {
        if self.stage != Stage::Open {
            return;
        }
        self.stage = Stage::Closed;
        let (subject, body) = telling.wording().closed();
        telling.effect(Channel::Otrs, Step::Close, EffectKind::CloseTicket { subject, body });
        // The policy of its worst time: what is over is mild.
        let peak = telling.summary().peak;
        let policy = telling.context.escalation.matching(telling.facts.first_system(), peak);
        let policy = policy.and_then(|policy| policy.ticket.as_ref());
        let when_over = policy.map(|policy| policy.when_over).unwrap_or_default();
        for ticket in self.joined.clone() {
            let generation = self.next_generation(ticket);
            let (subject, body) = telling.wording().over_for_user(when_over);
            let kind = EffectKind::TellTicket { ticket_id: ticket, subject, body, when_over };
            telling.effect(Channel::Otrs, Step::Tell(ticket, generation), kind);
        }
    }
}

impl Row for TicketRow {
    fn decide(&mut self, telling: &mut Telling<'_>) {
        match telling.facts.case.state() {
            CaseState::Open | CaseState::Acknowledged => self.live(telling),
            CaseState::Resolved => self.resolved(telling),
            CaseState::Merged => self.merged(telling),
            CaseState::Closed => self.closed(telling),
        }
    }

    /// Only opening and closing update the line's state and moment.
    fn report(
        &mut self,
        at: Time,
        report: &Report<'_>,
        _pending: &BTreeSet<EffectKey>,
        line: &mut Delivery,
    ) -> Option<Message> {
        let step = report.key.step;
        if matches!(step, Step::Join(..) | Step::Leave(..) | Step::Tell(..)) {
            return None;
        }
        let is_final = matches!(report.state, DeliveryState::Rejected | DeliveryState::Expired);
        if let Some(error) = report.error {
            let is_new = line.error.as_ref() != Some(error);
            line.error = Some(error.clone());
            if is_final && step == Step::Open {
                line.state = report.state;
                line.at = at;
                // Without a ticket there is nothing to write notes on.
                self.stage = Stage::Refused;
            }
            return is_new.then(|| Message::new("line-ticket-failed").text("error", error));
        }
        line.error = None;
        if let Ok(ticket) = serde_json::from_str::<TicketRef>(report.reference) {
            line.reference.clone_from(&ticket.number);
            self.reference = Some(ticket);
        }
        let (state, key) = match (step, report.state) {
            (Step::Open, DeliveryState::Delivered) => {
                (DeliveryState::Delivered, "line-ticket-open")
            }
            (Step::Close, DeliveryState::Delivered) => {
                (DeliveryState::Resolved, "line-ticket-closed")
            }
            _ => return None,
        };
        line.state = state;
        line.at = at;
        Some(Message::new(key).word("ref", &line.reference))
    }
}

/// The queue of a policy, else of the cause's system.
fn queue_of(telling: &Telling<'_>, policy: &TicketPolicy, system: &str) -> String {
    let own = telling.context.topology.get(system).map(|system| system.queue.clone());
    policy
        .queue
        .clone()
        .or_else(|| own.filter(|queue| !queue.is_empty()))
        .unwrap_or_else(|| policy.fallback_queue.clone())
}
