//! What a channel has at hand when it decides, and where its decisions go.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::notify::Report;
use super::policy::{Escalation, Policy};
use super::wording::Wording;
use crate::cases::Facts;
use crate::i18n::Catalogue;
use crate::model::{
    CaseSummary, Channel, Delivery, DeliveryState, Effect, EffectKey, EffectKind, Message, Step,
    Time,
};
use crate::topology::Topology;

/// What deciding needs to know beside the case.
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
    /// The first cause must have held this long before tickets and alerts follow it, milliseconds.
    pub settle_cause_ms: i64,
}

/// One case being told of.
pub(super) struct Telling<'a> {
    pub(super) context: Context<'a>,
    pub(super) facts: Facts<'a>,
    /// Made when it is first asked for: most of the time nothing is told.
    pub(super) summary: &'a OnceCell<CaseSummary>,
    /// The policy for the case as it stands.
    pub(super) policy: Option<&'a Policy>,
    /// The queue of the ticket of the case that this one was merged into; empty for none.
    pub(super) beside: &'a str,
    /// Somebody may be told: the case has lasted as long as its policy asks.
    pub(super) is_due: bool,
    /// Effects decided before and not delivered yet.
    pub(super) pending: &'a BTreeSet<EffectKey>,
    pub(super) deliveries: &'a mut Vec<Delivery>,
    pub(super) effects: Vec<Effect>,
    /// When to ask again without news.
    pub(super) due: Option<Time>,
}

impl<'a> Telling<'a> {
    /// The case on one line.
    pub(super) fn summary(&self) -> &'a CaseSummary {
        self.summary.get_or_init(|| self.facts.summary(&[]))
    }

    /// The system of the first cause, and whether it has held long enough to be followed; if not, the case is
    /// looked at again when it has.
    pub(super) fn settled_cause(&mut self) -> Option<String> {
        let (system, since) = self.facts.case.lead.clone()?;
        if self.facts.case.decided.cause.is_some() {
            return Some(system);
        }
        let at = since.plus_millis(self.context.settle_cause_ms);
        if self.context.now < at {
            self.wake(at);
            return None;
        }
        Some(system)
    }

    /// Asks to be asked again at a moment.
    pub(super) fn wake(&mut self, at: Time) {
        self.due = Some(self.due.map_or(at, |due| due.min(at)));
    }

    /// Something has to be done.
    pub(super) fn effect(&mut self, channel: Channel, step: Step, kind: EffectKind) -> EffectKey {
        self.effect_for(channel, step, kind, Vec::new())
    }

    /// Something has to be done, and some earlier things need not be any more.
    pub(super) fn effect_for(
        &mut self,
        channel: Channel,
        step: Step,
        kind: EffectKind,
        supersedes: Vec<EffectKey>,
    ) -> EffectKey {
        let key = EffectKey { case: self.facts.case.id, channel, step };
        let at = self.context.now;
        self.effects.push(Effect { key, at, expires_at: None, supersedes, kind });
        key
    }

    /// The channel's line is there from now on.
    pub(super) fn expect(&mut self, channel: Channel) {
        if self.deliveries.iter().any(|line| line.channel == channel) {
            return;
        }
        self.deliveries.push(Delivery {
            channel,
            reference: String::new(),
            state: DeliveryState::Pending,
            at: self.context.now,
            error: None,
        });
    }

    pub(super) fn wording(&self) -> Wording<'_> {
        Wording { context: self.context, facts: self.facts, summary: self.summary() }
    }
}

/// What a channel keeps of one case: compares what is with what was told, and takes reports.
pub(super) trait Row {
    /// Decides what is missing.
    fn decide(&mut self, telling: &mut Telling<'_>);

    /// Takes what became of an effect; changes the channel's line and returns the line of the history about it,
    /// if it deserves one.
    fn report(
        &mut self,
        at: Time,
        report: &Report<'_>,
        pending: &BTreeSet<EffectKey>,
        line: &mut Delivery,
    ) -> Option<Message>;
}
