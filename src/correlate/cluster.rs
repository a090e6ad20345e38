//! A cluster: a supposed fault. Which signals belong to it, why each does, and what they say together.
//!
//! Anonymous: it may take in, give away and fall apart at any time. What people see of it is a case.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::cause::Suspected;
use super::evidence::Why;
use super::key::SystemKey;
use super::summary::{SystemSummary, Tally, Totals};
use crate::model::{CaseId, Signal, Time};

/// Why and since when a signal is in a cluster.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Membership {
    /// The system it was put to; empty when it names none.
    pub system: SystemKey,
    /// When it joined.
    pub joined_at: Time,
    /// What spoke for it.
    pub why: Why,
}

/// What the room of cases says of a cluster: it may not be treated like any other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The case that people know it by.
    pub case: Option<CaseId>,
    /// A person has had a hand in it: the engine neither dissolves nor merges it.
    pub pinned: bool,
    /// Its case was resolved at this moment.
    pub resolved_at: Option<Time>,
    /// Its tickets are known as a mass incident.
    pub has_mass_incident: bool,
    /// Its case was over until this moment and has come back since: what ended or was written before belongs to
    /// another episode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<Time>,
}

/// What is known of the episode that a case is in, counted apart from what was before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Episode {
    systems: BTreeMap<SystemKey, Arc<SystemSummary>>,
    totals: Totals,
}

/// What a cluster is made of, and all that is known by it.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct Evidence<'a> {
    members: &'a BTreeMap<u64, Box<Membership>>,
    systems: &'a BTreeMap<SystemKey, Arc<SystemSummary>>,
    totals: &'a Totals,
    episode: &'a Option<Box<Episode>>,
}

/// Signals with one cause, as far as is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cluster {
    id: u64,
    /// In boxes, for a tree moves what it holds as it grows.
    members: BTreeMap<u64, Box<Membership>>,
    systems: BTreeMap<SystemKey, Arc<SystemSummary>>,
    totals: Totals,
    standing: Standing,
    /// Only while it is not all that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    episode: Option<Box<Episode>>,
    /// The ranking last made, and of how many members it was; up to format 3 of states it was kept in words.
    #[serde(default)]
    suspects: Arc<[Suspected]>,
    ranked: usize,
    pub(super) rank_due: Option<Time>,
}

impl Cluster {
    pub(super) fn new(id: u64) -> Self {
        Self {
            id,
            members: BTreeMap::new(),
            systems: BTreeMap::new(),
            totals: Totals::default(),
            standing: Standing::default(),
            episode: None,
            suspects: Arc::default(),
            ranked: 0,
            rank_due: None,
        }
    }

    /// Its number; never reused.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Signals by key, with why each is here.
    #[must_use]
    pub fn members(&self) -> &BTreeMap<u64, Box<Membership>> {
        &self.members
    }

    /// What is known by system of the episode that its case is in: all, unless it has come back.
    #[must_use]
    pub fn present_systems(&self) -> &BTreeMap<SystemKey, Arc<SystemSummary>> {
        self.episode.as_ref().map_or(&self.systems, |episode| &episode.systems)
    }

    /// What is known as a whole of the episode that its case is in: all, unless it has come back.
    #[must_use]
    pub fn present(&self) -> &Totals {
        self.episode.as_ref().map_or(&self.totals, |episode| &episode.totals)
    }

    /// What is known by system.
    #[must_use]
    pub fn systems(&self) -> &BTreeMap<SystemKey, Arc<SystemSummary>> {
        &self.systems
    }

    /// What is known as a whole.
    #[must_use]
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// What cases say of it.
    #[must_use]
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Suspected causes as last ranked, most likely first.
    #[must_use]
    pub fn suspects(&self) -> &[Suspected] {
        &self.suspects
    }

    /// The same, to be kept.
    #[must_use]
    pub fn share_suspects(&self) -> Arc<[Suspected]> {
        Arc::clone(&self.suspects)
    }

    /// Monitoring sees something in it that lasts and is not held back.
    #[must_use]
    pub fn is_active(&self) -> bool {
        !self.totals.lasting.is_empty()
    }

    /// No finding or alert is in it.
    #[must_use]
    pub fn only_tickets(&self) -> bool {
        self.totals.findings == 0
    }

    /// What speaks of a system now: the signals that last; once monitoring sees none any more, all of them, for users
    /// still wait for an answer to what is over.
    #[must_use]
    pub fn speaking<'a>(&self, summary: &'a SystemSummary) -> &'a Tally {
        if self.is_active() { &summary.active } else { &summary.all }
    }

    /// The first cause; while none is ranked, the system with the most signals.
    #[must_use]
    pub fn first_system(&self) -> &str {
        if let Some(first) = self.suspects.first() {
            return &first.system;
        }
        let weight = |summary: &SystemSummary| summary.all.findings + summary.all.tickets;
        let most = self.present_systems().iter().max_by(|(a, x), (b, y)| {
            // Of equals the first by key.
            weight(x).cmp(&weight(y)).then_with(|| b.cmp(a))
        });
        most.map_or("", |(key, _)| key.as_str())
    }

    /// The evidence without what was derived from it or decided about it: what must be the same after a
    /// signal came and went.
    #[must_use]
    pub(crate) fn evidence(&self) -> Evidence<'_> {
        let Self { members, systems, totals, episode, .. } = self;
        Evidence { members, systems, totals, episode }
    }

    /// Adds a signal; true when it brought a new system.
    pub(super) fn add(&mut self, key: u64, signal: &Signal, membership: Membership) -> bool {
        let system = membership.system.clone();
        let was_here = self.systems.contains_key(system.as_str());
        self.members.insert(key, Box::new(membership));
        self.count(key, signal, true);
        !was_here && self.systems.contains_key(system.as_str())
    }

    /// Takes a signal away; returns why it was here.
    pub(super) fn remove(&mut self, key: u64, signal: &Signal) -> Option<Membership> {
        self.count(key, signal, false);
        self.members.remove(&key).map(|membership| *membership)
    }

    /// Counts a member up or down; between the two the signal may be changed.
    pub(super) fn count(&mut self, key: u64, signal: &Signal, up: bool) {
        let Some(membership) = self.members.get(&key) else { return };
        let system = &membership.system;
        self.totals.change(key, signal, up);
        count_at(&mut self.systems, system, (key, signal), up);
        if self.is_of_episode(signal) {
            self.count_in_episode(key, signal, up);
        }
    }

    /// Whether a signal is counted in the present episode too: what belongs to one is counted apart.
    fn is_of_episode(&self, signal: &Signal) -> bool {
        self.episode.is_some()
            && self.standing.episode.is_some_and(|since| signal.is_heard_after(since))
    }

    fn count_in_episode(&mut self, key: u64, signal: &Signal, up: bool) {
        let system = self.members.get(&key).map(|membership| &membership.system);
        let Some((system, episode)) = system.zip(self.episode.as_mut()) else { return };
        episode.totals.change(key, signal, up);
        count_at(&mut episode.systems, system, (key, signal), up);
    }

    /// Changes a member, but only its state: what [`SystemSummary::change_state`] counts is counted out, and in again
    /// as it is then.
    pub(super) fn alter_state(
        &mut self,
        key: u64,
        signal: &mut Signal,
        change: impl FnOnce(&mut Signal),
    ) {
        let was_of_episode = self.is_of_episode(signal);
        self.count_state(key, signal, was_of_episode, false);
        change(signal);
        self.count_state(key, signal, was_of_episode, true);
        // Whether it belongs to an episode may follow from when it ended.
        let is_of_episode = self.is_of_episode(signal);
        if is_of_episode != was_of_episode {
            self.count_in_episode(key, signal, is_of_episode);
        }
    }

    fn count_state(&mut self, key: u64, signal: &Signal, of_episode: bool, up: bool) {
        let Some(membership) = self.members.get(&key) else { return };
        let count = |totals: &mut Totals, systems: &mut BTreeMap<SystemKey, _>| {
            let Some(summary) = systems.get_mut(&membership.system) else { return };
            totals.change_state(key, signal, up);
            Arc::<SystemSummary>::make_mut(summary).change_state(key, signal, up);
        };
        count(&mut self.totals, &mut self.systems);
        if let Some(episode) = self.episode.as_mut().filter(|_| of_episode) {
            count(&mut episode.totals, &mut episode.systems);
        }
    }

    /// Counts everything again from the members.
    pub(super) fn recount<'s>(&mut self, signal: impl Fn(u64) -> Option<&'s Signal>) {
        let members = std::mem::take(&mut self.members);
        self.vacate();
        self.members = members;
        let keys: Vec<u64> = self.members.keys().copied().collect();
        for key in keys {
            if let Some(signal) = signal(key) {
                self.count(key, signal, true);
            }
        }
    }

    /// Lets go of all members at once.
    pub(super) fn vacate(&mut self) {
        self.members.clear();
        self.systems.clear();
        self.totals = Totals::default();
        self.episode = self.standing.episode.map(|_| Box::default());
    }

    /// Takes over what cases say; true when another episode has begun, so that it must be counted again.
    pub(super) fn set_standing(&mut self, standing: Standing) -> bool {
        let is_other = standing.episode != self.standing.episode;
        self.standing = standing;
        is_other
    }

    pub(super) fn set_suspects(&mut self, suspects: Vec<Suspected>) {
        self.ranked = self.members.len();
        self.rank_due = None;
        self.suspects = suspects.into();
    }

    /// How many members there were when the causes were ranked.
    pub(super) fn ranked(&self) -> usize {
        self.ranked
    }
}

/// Counts a member up or down at its system; what was withdrawn counts for nothing.
fn count_at(
    systems: &mut BTreeMap<SystemKey, Arc<SystemSummary>>,
    system: &SystemKey,
    (key, signal): (u64, &Signal),
    up: bool,
) {
    match systems.entry(system.clone()) {
        Entry::Vacant(place) => {
            let mut summary = SystemSummary::default();
            summary.change(key, signal, up);
            if !summary.is_empty() {
                place.insert(Arc::new(summary));
            }
        }
        Entry::Occupied(mut place) => {
            let summary = Arc::make_mut(place.get_mut());
            summary.change(key, signal, up);
            if summary.is_empty() {
                place.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::correlate::normalise;
    use crate::model::{Finding, FindingState, Impact, Life, Role, Severity, Text};

    fn signal(since: Time) -> Signal {
        let finding = Finding {
            key: "f".into(),
            rule: "slow".into(),
            object: "crm-db-1".into(),
            system: "crm-db".into(),
            labels: BTreeMap::new(),
            severity: Severity::Critical,
            state: FindingState::Raised,
            score: 1.0,
            role: Role::Cause,
            spreads: true,
            impact: Impact::Slow,
            blind: false,
            title: Text::default(),
            advice: Text::default(),
            runbook: String::new(),
            evidence: Vec::new(),
            expr: String::new(),
            since,
            at: since,
        };
        normalise::finding(since, &finding)
    }

    /// A signal leaves the present episode when it turns out to have ended before it, and is back in it when that
    /// was wrong.
    #[test]
    fn what_ended_before_an_episode_does_not_count_in_it() {
        let (episode, system) = (Time(10_000), SystemKey::from("crm-db"));
        for ended in [Time(9_999), Time(10_000), Time(10_001)] {
            let mut signal = signal(Time(5_000));
            let mut cluster = Cluster::new(1);
            cluster.set_standing(Standing { episode: Some(episode), ..Standing::default() });
            cluster.recount(|_| None);
            let system = system.clone();
            let membership = Membership { system, joined_at: Time(5_000), why: Why::First };
            cluster.add(7, &signal, membership);
            let active = cluster.clone();
            assert_eq!(active.present().findings, 1);
            cluster.alter_state(7, &mut signal, |signal| {
                (signal.life, signal.ended) = (Life::Ended, Some(ended));
            });
            assert_eq!(cluster.present().findings, u32::from(ended > episode), "{ended:?}");
            let mut again = cluster.clone();
            again.recount(|_| Some(&signal));
            assert_eq!(cluster.evidence(), again.evidence(), "{ended:?}");
            cluster.alter_state(7, &mut signal, |signal| {
                (signal.life, signal.ended) = (Life::Active, None);
            });
            assert_eq!(cluster, active, "{ended:?}");
        }
    }
}
