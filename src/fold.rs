//! The fold: one append-only log of events in, state and effects out.
//!
//! `step(state, event) → effects` does no I/O and reads no clock: the event says when it is. State
//! is the log folded, so replaying the log gives the same Problems, byte for byte.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::correlate::{self, Group, Grouping, Lifecycle, ReviewError};
use crate::escalate::{self, Escalation};
use crate::i18n::Catalogue;
use crate::knowledge::Solution;
use crate::model::{
    Channel, DeliveryState, Effect, Finding, Message, Problem, ProblemState, Text, Ticket, Time,
    TimelineKind,
};
use crate::topology::System;

/// What the core was told to be: part of the log, so that a replay knows it too.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The dependency graph.
    pub systems: Vec<System>,
    /// How evidence is weighed.
    pub grouping: Grouping,
    /// The times of a Problem's life.
    pub lifecycle: Lifecycle,
    /// Known ways out.
    #[serde(default)]
    pub solutions: Vec<Solution>,
    /// Who is told.
    pub escalation: Escalation,
}

/// What a person decided about a Problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// I take it.
    Acknowledge,
    /// It is over.
    Resolve,
}

/// One thing that reached the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// New topology, policies, weights.
    Configured(Box<Settings>),
    /// A finding was raised, updated or cleared.
    Finding(Box<Finding>),
    /// A ticket was created or changed.
    Ticket(Box<Ticket>),
    /// A person decided.
    Review {
        /// The Problem.
        problem: String,
        /// What was decided.
        verdict: Verdict,
        /// Who decided.
        by: String,
        /// Why, in their words.
        reason: String,
    },
    /// The other side has taken or refused an effect, or an attempt failed in a new way (then the
    /// state is still `Pending`).
    Delivered {
        /// The effect.
        key: String,
        /// Its Problem.
        problem: String,
        /// Its channel.
        channel: Channel,
        /// What became of it.
        state: DeliveryState,
        /// The reference there.
        reference: String,
        /// Why not, when it is not delivered (yet).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Text>,
    },
    /// Nothing happened, but a moment came at which something is due.
    Tick,
}

/// What one step brought about.
#[derive(Debug, Default)]
pub struct Outcome {
    /// To be done outside.
    pub effects: Vec<Effect>,
    /// Problems that look different now.
    pub changed: Vec<String>,
    /// Problems that are done and told: they leave the state.
    pub archived: Vec<Problem>,
    /// Why a person's verdict could not be taken.
    pub refused: Option<ReviewError>,
}

/// The whole state of the core.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    settings: Settings,
    correlate: correlate::State,
    escalate: escalate::State,
    /// Closed Problems that somebody outside still has to be told of.
    closing: BTreeMap<String, Group>,
}

impl State {
    /// Makes a state that was read back ready for use.
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

    /// The next moment at which a [`Event::Tick`] is due.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        let timers = [self.correlate.next_timer(), self.escalate.next_timer()];
        timers.into_iter().flatten().min()
    }

    /// Takes one event.
    pub fn step(&mut self, at: Time, event: &Event, catalogue: &Catalogue) -> Outcome {
        let mut outcome = Outcome::default();
        let mut touched: Vec<String> = Vec::new();
        match event {
            Event::Configured(settings) => {
                self.settings = (**settings).clone();
                let Settings { systems, grouping, lifecycle, .. } = (**settings).clone();
                self.correlate.configure(systems, grouping, lifecycle);
            }
            Event::Finding(finding) => self.correlate.finding(at, finding),
            Event::Ticket(ticket) => self.correlate.ticket(at, ticket),
            Event::Review { problem, verdict, by, reason } => {
                let taken = match verdict {
                    Verdict::Acknowledge => self.correlate.acknowledge(at, problem, by, reason),
                    Verdict::Resolve => self.correlate.resolve(at, problem, by, reason),
                };
                outcome.refused = taken.err();
            }
            Event::Delivered { key, problem, channel, state, reference, error } => {
                let report = escalate::Report {
                    key,
                    channel: *channel,
                    state: *state,
                    reference,
                    error: error.as_ref(),
                };
                if let Some(line) = self.escalate.delivered(at, problem, &report) {
                    self.note_told(at, problem, line);
                }
                touched.push(problem.clone());
            }
            Event::Tick => self.correlate.tick(at),
        }
        touched.extend(self.escalate.take_due(at));
        touched.extend(self.correlate.take_changed());
        touched.sort();
        touched.dedup();
        self.tell(at, &touched, catalogue, &mut outcome);
        outcome.changed = touched;
        outcome
    }

    /// Decides what is to be told of the Problems touched, and lets go of those that are done.
    fn tell(
        &mut self,
        now: Time,
        touched: &[String],
        catalogue: &Catalogue,
        outcome: &mut Outcome,
    ) {
        let mut finished = self.correlate.take_finished();
        let context = escalate::Context {
            now,
            escalation: &self.settings.escalation,
            topology: self.correlate.topology(),
            catalogue,
        };
        for problem in touched {
            if let Some(group) = self.correlate.problem(problem) {
                outcome.effects.extend(self.escalate.decide(context, group));
            }
        }
        for group in &finished {
            outcome.effects.extend(self.escalate.decide(context, group));
        }
        let known = touched.iter().filter_map(|problem| self.closing.remove(problem));
        finished.extend(known.collect::<Vec<_>>());
        for group in finished {
            let Some(problem) = group.problem_id().map(str::to_owned) else { continue };
            match self.escalate.forget_if_done(&problem) {
                Some(told) => outcome.archived.push(group.view(&told)),
                None => {
                    self.closing.insert(problem, group);
                }
            }
        }
    }

    /// Keys of the effects that were decided and not delivered yet.
    pub fn pending(&self) -> impl Iterator<Item = &str> {
        self.escalate.pending()
    }

    /// Adds who was told, or why not, to a Problem's history.
    fn note_told(&mut self, at: Time, problem: &str, line: Message) {
        let closing = self.closing.get_mut(problem);
        if let Some(group) = closing.or_else(|| self.correlate.problem_mut(problem)) {
            group.note(at, TimelineKind::Told, line);
        }
    }

    /// A Problem as people see it.
    #[must_use]
    pub fn view(&self, problem: &str) -> Option<Problem> {
        let group = self.correlate.problem(problem).or_else(|| self.closing.get(problem))?;
        let told = self.escalate.told(problem).cloned().unwrap_or_default();
        Some(group.view(&told))
    }

    /// All Problems that are not archived, in order of id.
    pub fn views(&self) -> impl Iterator<Item = Problem> {
        let live = self.correlate.problems().filter_map(Group::problem_id);
        let closing = self.closing.keys().map(String::as_str);
        live.chain(closing).filter_map(|problem| self.view(problem))
    }
}

impl Group {
    /// The Problem as people see it, with what was told of it.
    fn view(&self, told: &escalate::Told) -> Problem {
        let (tickets, users, findings) = self.counts();
        let first = self.first_system().to_owned();
        let mut systems: Vec<String> = self.sites().keys().cloned().collect();
        systems.sort_by_key(|key| (*key != first, key.clone()));
        Problem {
            id: self.problem_id().unwrap_or_default().to_owned(),
            title: self.title(),
            severity: self.severity(),
            state: self.state(),
            opened_at: self.opened_at(),
            acknowledged: self.acknowledged().cloned(),
            resolved_at: self.resolved_at(),
            closed_at: (self.state() == ProblemState::Closed).then(|| self.closed_at()).flatten(),
            reopened: self.reopened(),
            merged_into: self.merged_into().map(str::to_owned),
            systems,
            mrfs: self.mrfs().map(str::to_owned).collect(),
            tickets,
            users,
            findings,
            members: self.members().to_vec(),
            causes: self.causes().to_vec(),
            told: told.deliveries.clone(),
            timeline: self.timeline().to_vec(),
        }
    }
}
