//! What a cluster knows: counted from its members, so that adding a signal and taking it away again
//! are inverse. Nothing here is remembered that the members do not say.

use std::cmp::Reverse;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::counts::Counts;
use super::rungs::Rungs;
use crate::model::{Impact, Life, Role, Severity, Signal, Time};

/// The order in which members speak for a system: cause before symptom, worse before milder, older
/// before younger.
type Lead = (Reverse<bool>, Reverse<Severity>, Time, u64);

/// The order in which what lasts is told: what keeps a case open before what does not, worse before milder,
/// older before younger.
type Loud = (bool, Severity, Reverse<Time>, Reverse<u64>);

/// What some signals say of one system.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Findings and alerts.
    pub findings: u32,
    /// Tickets.
    pub tickets: u32,
    /// Causes by their nature among the findings.
    pub causes: u32,
    /// Signals whose trouble callers feel.
    pub spreading: u32,
    /// What is broken, by findings and alerts.
    pub impacts: Rungs<Impact>,
    /// What tickets say is felt.
    pub felt: Rungs<Impact>,
    /// How bad, by findings and alerts.
    pub severities: Rungs<Severity>,
    /// Kinds of trouble, by findings and alerts.
    pub symptoms: Counts<CompactString>,
    /// The things inside the system that findings speak of.
    pub objects: Counts<CompactString>,
    leads: Counts<Lead>,
}

impl Tally {
    fn change(&mut self, key: u64, signal: &Signal, up: bool) {
        step(&mut self.spreading, signal.spreads, up);
        if signal.is_ticket() {
            step(&mut self.tickets, true, up);
            if let Some(felt) = &signal.impact {
                self.felt.change(*felt, up);
            }
            return;
        }
        let is_cause = signal.role == Role::Cause;
        step(&mut self.findings, true, up);
        step(&mut self.causes, is_cause, up);
        if let Some(impact) = &signal.impact {
            self.impacts.change(*impact, up);
        }
        self.severities.change(signal.severity, up);
        self.symptoms.change_name(&signal.symptom, up);
        self.objects.change_name(&signal.object, up);
        let lead = (Reverse(is_cause), Reverse(signal.severity), signal.since, key);
        self.leads.change(&lead, up);
    }

    /// The member that speaks for this system, of those that are no tickets.
    #[must_use]
    pub fn lead(&self) -> Option<u64> {
        self.leads.first().map(|(_, _, _, key)| *key)
    }

    /// The worst severity among findings and alerts.
    #[must_use]
    pub fn worst(&self) -> Severity {
        self.severities.last().unwrap_or(Severity::Info)
    }

    /// What most tickets say is felt; of equals the worse to hear of.
    #[must_use]
    pub fn mostly_felt(&self) -> Option<Impact> {
        self.felt.iter().max_by_key(|(impact, count)| (*count, *impact)).map(|(felt, _)| felt)
    }
}

/// What a cluster knows of one system it touches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SystemSummary {
    /// By the signals that last and are not held back.
    pub active: Tally,
    /// By all that were not withdrawn.
    pub all: Tally,
    /// When findings and alerts here began.
    pub began: Counts<Time>,
    /// When tickets here were written.
    pub written: Counts<Time>,
    /// When findings and alerts here began and ended.
    pub heard: Counts<Time>,
}

impl SystemSummary {
    pub(super) fn change(&mut self, key: u64, signal: &Signal, up: bool) {
        if signal.life == Life::Withdrawn {
            return;
        }
        self.all.change(key, signal, up);
        if signal.is_ticket() {
            self.written.change(&signal.since, up);
        } else {
            self.began.change(&signal.since, up);
            self.heard.change(&signal.since, up);
        }
        self.change_state(key, signal, up);
    }

    /// What follows from whether a signal lasts, when it ended and what holds it back.
    pub(super) fn change_state(&mut self, key: u64, signal: &Signal, up: bool) {
        if signal.counts_now() {
            self.active.change(key, signal, up);
        }
        if let Some(ended) = signal.ended.as_ref().filter(|_| !signal.is_ticket()) {
            self.heard.change(ended, up);
        }
    }

    /// Nothing is counted here: all else is known of what these two count.
    pub(super) fn is_empty(&self) -> bool {
        self.all.findings == 0 && self.all.tickets == 0
    }

    /// No finding or alert speaks of this system.
    #[must_use]
    pub fn only_tickets(&self) -> bool {
        self.all.findings == 0
    }

    /// When the first signal here began.
    #[must_use]
    pub fn first(&self) -> Option<Time> {
        [self.began.first(), self.written.first()].into_iter().flatten().min().copied()
    }

    /// When something here was last heard of.
    #[must_use]
    pub fn last(&self) -> Option<Time> {
        [self.heard.last(), self.written.last()].into_iter().flatten().max().copied()
    }
}

/// What a cluster knows as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Tickets that were not withdrawn.
    pub tickets: u32,
    /// Findings and alerts.
    pub findings: u32,
    /// Findings and alerts that last, held back or not.
    pub active: u32,
    /// Those that are held back.
    pub held: u32,
    /// Causes by their nature that last and are not held back.
    pub causes: u32,
    /// Severities of what keeps a case open.
    pub keeping: Rungs<Severity>,
    /// Of those, how many only say that a source cannot be seen.
    pub blind: u32,
    /// Severities of all findings and alerts that last and are not held back.
    pub lasting: Rungs<Severity>,
    /// Not yet counted by what wrote states of format 2.
    #[serde(default)]
    loud: Counts<Loud>,
    /// Who reported, by tickets that were not withdrawn.
    pub users: Counts<CompactString>,
    /// Who reported and is not helped yet.
    pub suffering: Counts<CompactString>,
    /// Branches named.
    pub mrfs: Counts<CompactString>,
    /// What those who suffer feel.
    pub felt: Rungs<Impact>,
    /// When findings and alerts began.
    pub began: Counts<Time>,
    /// When findings and alerts that are more than a note became as bad as they are.
    pub worsened: Counts<Time>,
    /// When findings and alerts ended.
    pub ended: Counts<Time>,
    /// Tickets by the moment they were written.
    pub written: Counts<(Time, u64)>,
    /// Tickets whose words are known, by the moment they were written.
    pub texts: Counts<(Time, u64)>,
}

impl Totals {
    pub(super) fn change(&mut self, key: u64, signal: &Signal, up: bool) {
        if signal.life == Life::Withdrawn {
            return;
        }
        if let Some(mrf) = &signal.mrf {
            self.mrfs.change_name(mrf, up);
        }
        if signal.is_ticket() {
            self.change_ticket(key, signal, up);
        } else {
            step(&mut self.findings, true, up);
            self.began.change(&signal.since, up);
            if signal.severity > Severity::Info {
                self.worsened.change(&signal.worsened_at, up);
            }
        }
        self.change_state(key, signal, up);
    }

    /// What follows from whether a signal lasts, when it ended and what holds it back or excuses it.
    pub(super) fn change_state(&mut self, key: u64, signal: &Signal, up: bool) {
        if signal.is_ticket() {
            if signal.counts_now() {
                self.suffering.change_name(&signal.reporter, up);
                if let Some(felt) = &signal.impact {
                    self.felt.change(*felt, up);
                }
            }
            return;
        }
        let is_active = signal.is_active();
        step(&mut self.active, is_active, up);
        step(&mut self.held, is_active && signal.held_by.is_some(), up);
        step(&mut self.causes, signal.counts_now() && signal.role == Role::Cause, up);
        if signal.keeps_open() {
            self.keeping.change(signal.severity, up);
            step(&mut self.blind, signal.blind, up);
        }
        if signal.counts_now() {
            self.lasting.change(signal.severity, up);
            let (since, key) = (Reverse(signal.since), Reverse(key));
            self.loud.change(&(signal.keeps_open(), signal.severity, since, key), up);
        }
        if let Some(ended) = &signal.ended {
            self.ended.change(ended, up);
        }
    }

    fn change_ticket(&mut self, key: u64, signal: &Signal, up: bool) {
        step(&mut self.tickets, true, up);
        self.users.change_name(&signal.reporter, up);
        self.written.change(&(signal.since, key), up);
        if !signal.stems.is_empty() {
            self.texts.change(&(signal.since, key), up);
        }
    }

    /// When the latest ticket was written.
    #[must_use]
    pub fn last_written(&self) -> Option<Time> {
        self.written.last().map(|(at, _)| *at)
    }

    /// The signal that speaks loudest: the worst finding or alert that keeps a case open, else the worst that
    /// lasts and is not held back.
    #[must_use]
    pub fn loudest(&self) -> Option<u64> {
        self.loud.last().map(|(_, _, _, Reverse(key))| *key)
    }

    /// When the first signal began.
    #[must_use]
    pub fn first(&self) -> Option<Time> {
        let written = self.written.first().map(|(at, _)| *at);
        self.began.first().copied().into_iter().chain(written).min()
    }

    /// The fault's onset: of monitoring's signals, else of the tickets.
    #[must_use]
    pub fn onset(&self) -> Option<Time> {
        let first = self.began.first().copied();
        first.or_else(|| self.written.first().map(|(at, _)| *at))
    }
}

/// Counts one up or down, if it applies.
fn step(count: &mut u32, applies: bool, up: bool) {
    match (applies, up) {
        (false, _) => {}
        (true, true) => *count += 1,
        (true, false) => *count = count.saturating_sub(1),
    }
}
