//! The fold: one append-only log of events in, state and effects out.
//!
//! `step(state, event) → effects` does no I/O and reads no clock: the event says when it is. State
//! is the log folded, so replaying the log gives the same cases, byte for byte.

mod event;
#[cfg(test)]
mod laws;
#[cfg(test)]
pub(crate) mod tests;
mod upcast;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use event::{Event, Settings};
pub use upcast::{FORMAT, STATE_FORMAT, UpcastError, event_from, state_from};

use crate::cases::{self, Refused};
use crate::correlate;
use crate::escalate;
use crate::i18n::Catalogue;
use crate::model::{CaseDetail, CaseId, CaseState, CaseSummary, Effect, Time, TimelineKind};

/// After so many rounds a step is done: what acts on a cluster may touch it again, but not for ever.
const ROUNDS: usize = 8;

/// What one step brought about.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To be done outside.
    pub effects: Vec<Effect>,
    /// Cases that look different now.
    pub changed: Vec<CaseId>,
    /// Cases that are done and told: they leave the state.
    pub archived: Vec<CaseDetail>,
    /// The number of the act that was carried out.
    pub act: Option<u64>,
    /// Why a person's act could not be taken.
    pub refused: Option<Refused>,
}

/// The whole state of the core.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    correlate: correlate::State,
    cases: cases::State,
    escalate: escalate::State,
}

impl State {
    /// Makes a state that was read back or copied ready for use.
    pub fn revive(&mut self) {
        self.correlate.derive();
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The grouping's part, to read.
    #[must_use]
    pub fn correlate(&self) -> &correlate::State {
        &self.correlate
    }

    /// The cases' part, to read.
    #[must_use]
    pub fn cases(&self) -> &cases::State {
        &self.cases
    }

    /// What was told, to read.
    #[must_use]
    pub fn escalate(&self) -> &escalate::State {
        &self.escalate
    }

    /// The next moment at which a [`Event::Tick`] is due.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        let timers =
            [self.correlate.next_timer(), self.cases.next_timer(), self.escalate.next_timer()];
        timers.into_iter().flatten().min()
    }

    /// Takes one event.
    pub fn step(&mut self, at: Time, event: &Event, catalogue: &Catalogue) -> Outcome {
        let mut outcome = Outcome::default();
        let mut touched: BTreeSet<CaseId> = BTreeSet::new();
        match event {
            Event::Configured(settings) => self.configure((**settings).clone()),
            Event::Finding(finding) => self.correlate.finding(at, finding),
            Event::Ticket(ticket) => self.correlate.ticket(at, ticket),
            Event::Alert(alert) => self.correlate.alert(at, alert),
            Event::Work(work) => self.correlate.work(at, (**work).clone()),
            Event::Release(release) => self.correlate.release((**release).clone()),
            Event::Calendar(entry) => self.correlate.calendar((**entry).clone()),
            Event::TicketsRead { up_to } => self.cases.tickets_read((*up_to).min(at)),
            Event::Act(act) => {
                let told = &self.escalate;
                let is_told = |case| told.is_told(case);
                match self.cases.act(at, &mut self.correlate, act, &is_told) {
                    Ok(number) => outcome.act = Some(number),
                    Err(refused) => outcome.refused = Some(refused),
                }
            }
            Event::Delivered { key, state, reference, error } => {
                let report =
                    escalate::Report { key: *key, state: *state, reference, error: error.as_ref() };
                if let Some(line) = self.escalate.delivered(at, &report) {
                    self.cases.note(at, key.case, TimelineKind::Told, line);
                }
                touched.insert(key.case);
            }
            Event::Tick => self.correlate.tick(at),
        }
        self.review(at, &mut touched);
        self.tell(at, &touched, catalogue, &mut outcome);
        outcome.changed = touched.into_iter().collect();
        outcome
    }

    fn configure(&mut self, settings: Settings) {
        self.settings = settings;
        let Settings { systems, grouping, lifecycle, has_tickets, .. } = self.settings.clone();
        let forget_after_ms = lifecycle.forget_after_ms;
        self.correlate.configure(systems, correlate::Grouping { forget_after_ms, ..grouping });
        self.cases.configure(lifecycle);
        if !has_tickets {
            self.cases.no_tickets();
        }
    }

    /// Lets the cases follow the clusters until nothing more happens.
    fn review(&mut self, at: Time, touched: &mut BTreeSet<CaseId>) {
        for round in 0..ROUNDS {
            let news = self.correlate.take_news();
            let is_quiet = news.touched.is_empty() && news.merged.is_empty();
            if round > 0 && is_quiet {
                break;
            }
            self.cases.review(at, &mut self.correlate, &news);
            let changed = self.cases.take_touched();
            for (cluster, ticket) in &news.tickets {
                for case in self.cases.of_cluster(*cluster) {
                    self.escalate.ticket_moved(case.id, *ticket);
                }
            }
            touched.extend(changed);
        }
        touched.extend(self.escalate.take_due(at));
    }

    /// Decides what is to be told of the cases touched, and lets go of those that are done.
    fn tell(
        &mut self,
        now: Time,
        touched: &BTreeSet<CaseId>,
        catalogue: &Catalogue,
        outcome: &mut Outcome,
    ) {
        for id in touched {
            let Some(facts) = self.cases.facts(*id, &self.correlate) else {
                // An act that opened it was taken back before anybody heard of it.
                self.escalate.forget_if_done(*id);
                continue;
            };
            let context = escalate::Context {
                now,
                escalation: &self.settings.escalation,
                topology: self.correlate.topology(),
                catalogue,
                settle_cause_ms: self.settings.lifecycle.settle_cause_ms,
            };
            outcome.effects.extend(self.escalate.decide(context, facts));
        }
        for id in touched {
            let is_closed =
                self.cases.case(*id).is_some_and(|case| case.state() == CaseState::Closed);
            if !is_closed {
                continue;
            }
            if let Some(told) = self.escalate.forget_if_done(*id) {
                let detail = self.cases.take(*id, &self.correlate, &told.deliveries);
                outcome.archived.extend(detail);
            }
        }
        // What forgetting touched is gone.
        self.cases.take_touched();
        self.correlate.take_news();
    }

    /// A case on one line.
    #[must_use]
    pub fn summary(&self, id: CaseId) -> Option<CaseSummary> {
        let facts = self.cases.facts(id, &self.correlate)?;
        let told = self.escalate.told(id).map_or(&[][..], |told| &told.deliveries);
        Some(facts.summary(told))
    }

    /// All cases that are not archived, on one line each.
    pub fn summaries(&self) -> impl Iterator<Item = CaseSummary> {
        self.cases.cases().filter_map(|case| self.summary(case.id))
    }

    /// Everything about a case that is not archived.
    #[must_use]
    pub fn detail(&self, id: CaseId) -> Option<CaseDetail> {
        let mut detail = self.cases.detail(id, &self.correlate)?;
        if let Some(told) = self.escalate.told(id) {
            detail.summary.told.clone_from(&told.deliveries);
        }
        Some(detail)
    }

    /// What was decided, without counters, versions and histories: what must be the same after an act was
    /// undone where nothing else happened.
    #[must_use]
    pub fn decisions(&self) -> serde_json::Value {
        serde_json::json!({
            "correlate": self.correlate.decisions(), "cases": self.cases.decisions(),
        })
    }
}
