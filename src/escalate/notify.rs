//! What was told of each case, and what must be told next.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::alertmanager::AlertRow;
use super::otrs::TicketRow;
use super::telling::{Context, Row, Telling};
use crate::cases::Facts;
use crate::model::{
    ByCase, CaseId, Channel, Delivery, DeliveryState, Effect, EffectKey, Message, Text, Time,
};

/// What was told of all cases that are not archived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    told: ByCase<Box<Told>>,
    timers: BTreeSet<(Time, CaseId)>,
}

/// What was told of one case: a row a channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// One line a channel, in order of telling.
    pub deliveries: Vec<Delivery>,
    /// The case's ticket.
    pub ticket: TicketRow,
    /// The case's alerts.
    pub alerts: AlertRow,
    /// Effects decided and not delivered yet.
    pending: BTreeSet<EffectKey>,
    /// The wait of its policy is over: it was worth telling.
    is_opened: bool,
    due: Option<Time>,
}

impl Told {
    fn row(&mut self, channel: Channel) -> &mut dyn Row {
        match channel {
            Channel::Otrs => &mut self.ticket,
            Channel::Alertmanager => &mut self.alerts,
        }
    }

    /// Whether an effect was decided and is not delivered yet.
    #[must_use]
    pub fn is_pending(&self, key: &EffectKey) -> bool {
        self.pending.contains(key)
    }
}

/// What became of one effect, or of one attempt at it.
#[derive(Clone, Copy, Debug)]
pub struct Report<'a> {
    /// The effect.
    pub key: EffectKey,
    /// `Pending` while it is still tried.
    pub state: DeliveryState,
    /// The reference there.
    pub reference: &'a str,
    /// Why not, when it was not delivered.
    pub error: Option<&'a Text>,
}

impl State {
    /// What was told of a case.
    #[must_use]
    pub fn told(&self, case: CaseId) -> Option<&Told> {
        self.told.get(case).map(AsRef::as_ref)
    }

    /// Somebody has heard of a case, or is about to.
    #[must_use]
    pub fn is_told(&self, case: CaseId) -> bool {
        self.told.get(case).is_some_and(|told| told.is_opened)
    }

    /// What was told, by case.
    pub fn all(&self) -> impl Iterator<Item = (CaseId, &Told)> {
        self.told.iter().map(|(case, told)| (case, told.as_ref()))
    }

    /// Keys of the effects that were decided and not delivered yet.
    pub fn pending(&self) -> impl Iterator<Item = EffectKey> {
        self.told.values().flat_map(|told| told.pending.iter().copied())
    }

    /// The next moment at which something may have to be told without any news.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Cases whose moment has come.
    pub fn take_due(&mut self, now: Time) -> Vec<CaseId> {
        let mut due = Vec::new();
        while let Some((at, case)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, case));
            if let Some(told) = self.told.get_mut(case) {
                told.due = None;
            }
            due.push(case);
        }
        due
    }

    /// A ticket joined or left the cluster of a case, or counts there or not.
    pub fn ticket_moved(&mut self, case: CaseId, ticket: u64) {
        if let Some(told) = self.told.get_mut(case) {
            told.ticket.look_at(ticket);
        }
    }

    /// Notes what became of an effect; returns the line of the case's history about it, if it deserves one.
    pub fn delivered(&mut self, at: Time, report: &Report<'_>) -> Option<Message> {
        let told = self.told.get_mut(report.key.case)?;
        if report.state != DeliveryState::Pending {
            told.pending.remove(&report.key);
        }
        let channel = report.key.channel;
        let pending = told.pending.clone();
        let at_line = told.deliveries.iter().position(|line| line.channel == channel)?;
        let mut line = told.deliveries.get(at_line)?.clone();
        let message = told.row(channel).report(at, report, &pending, &mut line);
        if let Some(known) = told.deliveries.get_mut(at_line) {
            *known = line;
        }
        message
    }

    /// Forgets a case that is gone; what was told of it comes back when nothing is pending any more.
    pub fn forget_if_done(&mut self, case: CaseId) -> Option<Told> {
        if self.told.get(case).is_some_and(|told| !told.pending.is_empty()) {
            return None;
        }
        let told = self.told.remove(case).map(|told| *told).unwrap_or_default();
        if let Some(due) = told.due {
            self.timers.remove(&(due, case));
        }
        Some(told)
    }

    /// Compares a case with what was told of it and decides what is missing.
    pub fn decide(&mut self, context: Context<'_>, facts: Facts<'_>) -> Vec<Effect> {
        let case = facts.case.id;
        let survivor = facts.survivor.and_then(|survivor| self.told.get(survivor.id));
        let beside = survivor.map(|told| told.ticket.queue().to_owned()).unwrap_or_default();
        let Some(told) = self.told.get_or_insert_with(case, Box::default) else {
            return Vec::new();
        };
        let before = told.due.take();
        let (effects, due) = told.decide(context, facts, &beside);
        for effect in &effects {
            for key in &effect.supersedes {
                told.pending.remove(key);
            }
            told.pending.insert(effect.key);
        }
        told.due = due;
        if due != before {
            if let Some(at) = before {
                self.timers.remove(&(at, case));
            }
            if let Some(at) = due {
                self.timers.insert((at, case));
            }
        }
        effects
    }
}

impl Told {
    fn decide(
        &mut self,
        context: Context<'_>,
        facts: Facts<'_>,
        beside: &str,
    ) -> (Vec<Effect>, Option<Time>) {
        let policy = context.escalation.matching(facts.first_system(), facts.case.severity);
        let summary = OnceCell::new();
        let pending = std::mem::take(&mut self.pending);
        let mut deliveries = std::mem::take(&mut self.deliveries);
        let mut telling = Telling {
            context,
            facts,
            summary: &summary,
            policy,
            beside,
            is_due: self.is_opened,
            pending: &pending,
            deliveries: &mut deliveries,
            effects: Vec::new(),
            due: None,
        };
        telling.is_due = may_tell(&mut telling, self.is_opened);
        self.is_opened |= telling.is_due;
        if self.is_opened {
            self.ticket.decide(&mut telling);
            self.alerts.decide(&mut telling);
        }
        let (effects, due) = (telling.effects, telling.due);
        self.pending = pending;
        self.deliveries = deliveries;
        (effects, due)
    }
}

/// Whether a case has lasted long enough for its policy, since it was opened or came back. What is over
/// before tells nobody.
fn may_tell(telling: &mut Telling<'_>, was_opened: bool) -> bool {
    let case = telling.facts.case;
    if !case.state().is_live() {
        return was_opened;
    }
    let Some(policy) = telling.policy else { return was_opened };
    let at = case.tellable_since().plus_millis(policy.wait_ms);
    if telling.context.now < at {
        telling.wake(at);
        return false;
    }
    let has_gone = telling.facts.cluster.is_some_and(|cluster| {
        cluster.totals().keeping.is_empty() && cluster.totals().tickets == 0
    });
    was_opened || !has_gone
}
