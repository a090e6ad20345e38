//! What people's verdicts forbid and demand of the grouping. Every step that groups asks here first, and
//! `explain` names the act.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Constraints, each with the act it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraints {
    /// Signals that a person has put where they are (must-link): nothing moves them.
    pinned: BTreeMap<u64, u64>,
    /// A signal that must not be in a cluster (cannot-link).
    barred: BTreeMap<u64, BTreeMap<u64, u64>>,
    /// Clusters that must not become one, the lower number first.
    apart: BTreeMap<u64, BTreeMap<u64, u64>>,
}

impl Constraints {
    /// The act that holds a signal where it is.
    #[must_use]
    pub fn pinned(&self, signal: u64) -> Option<u64> {
        self.pinned.get(&signal).copied()
    }

    /// The act that keeps a signal out of a cluster.
    #[must_use]
    pub fn barred(&self, signal: u64, cluster: u64) -> Option<u64> {
        self.barred.get(&signal)?.get(&cluster).copied()
    }

    /// The act that keeps two clusters apart.
    #[must_use]
    pub fn apart(&self, one: u64, other: u64) -> Option<u64> {
        self.apart.get(&one.min(other))?.get(&one.max(other)).copied()
    }

    pub(super) fn pin(&mut self, signal: u64, act: u64) {
        self.pinned.insert(signal, act);
    }

    pub(super) fn bar(&mut self, signal: u64, cluster: u64, act: u64) {
        self.barred.entry(signal).or_default().insert(cluster, act);
    }

    pub(super) fn keep_apart(&mut self, one: u64, other: u64, act: u64) {
        if one != other {
            self.apart.entry(one.min(other)).or_default().insert(one.max(other), act);
        }
    }

    /// Takes back everything that an act demanded. Costs what is in force, and is a person's doing.
    pub(super) fn forget_act(&mut self, act: u64) {
        self.pinned.retain(|_, by| *by != act);
        for by in self.barred.values_mut().chain(self.apart.values_mut()) {
            by.retain(|_, by| *by != act);
        }
        self.barred.retain(|_, by| !by.is_empty());
        self.apart.retain(|_, by| !by.is_empty());
    }

    pub(super) fn forget_signal(&mut self, signal: u64) {
        self.pinned.remove(&signal);
        self.barred.remove(&signal);
    }

    /// What is forgotten with a cluster.
    pub(super) fn of_cluster(&self, cluster: u64) -> Self {
        let barred = self.barred.iter().filter_map(|(signal, by)| {
            Some((*signal, BTreeMap::from([(cluster, *by.get(&cluster)?)])))
        });
        let apart = self.apart.iter().filter_map(|(lower, by)| {
            let mut by = by.clone();
            by.retain(|higher, _| *lower == cluster || *higher == cluster);
            (!by.is_empty()).then_some((*lower, by))
        });
        Self { pinned: BTreeMap::new(), barred: barred.collect(), apart: apart.collect() }
    }

    /// Demands again what was forgotten.
    pub(super) fn put_back(&mut self, forgotten: &Self) {
        for (signal, by) in &forgotten.barred {
            self.barred.entry(*signal).or_default().extend(by);
        }
        for (lower, by) in &forgotten.apart {
            self.apart.entry(*lower).or_default().extend(by);
        }
    }

    pub(super) fn forget_cluster(&mut self, cluster: u64) {
        self.apart.remove(&cluster);
        for by in self.apart.values_mut().chain(self.barred.values_mut()) {
            by.remove(&cluster);
        }
        self.apart.retain(|_, by| !by.is_empty());
        self.barred.retain(|_, by| !by.is_empty());
    }
}
