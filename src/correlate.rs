//! Correlation: signals (findings, tickets, alerts) are clustered by what caused them, and each cluster's
//! root cause is ranked.
//!
//! A pure fold: time comes with each call, nothing here does I/O, all maps are ordered, so the same calls
//! give the same state, byte for byte. Work per signal does not grow with what is open: candidates come
//! from the index of systems around the signal's own, never from a scan. What people see of a cluster, and
//! what they decide, is the room of cases.

mod assign;
mod candidates;
mod cause;
mod cluster;
mod constraints;
mod counts;
mod decode;
mod evidence;
mod holds;
mod index;
mod judge;
mod key;
mod life;
mod moves;
mod normalise;
mod regroup;
mod rungs;
mod scorer;
mod settings;
mod signals;
mod summary;
mod surge;
#[cfg(test)]
mod tests;
mod timing;
mod unassigned;
mod weights;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub use cause::Suspected;
pub use cluster::{Cluster, Membership, Standing};
pub use constraints::Constraints;
pub use counts::Counts;
pub use evidence::{Feature, Why};
pub use holds::Holds;
pub use key::SystemKey;
pub use moves::Moved;
pub use normalise::{alert_id, ticket_id};
pub use rungs::{Rung, Rungs};
pub use settings::{Grouping, Surge};
pub use summary::{SystemSummary, Tally, Totals};
pub use unassigned::{Nearest, Unassigned};
pub use weights::Weights;

use crate::model::{CaseId, Severity, Signal, Slab, Time};
use crate::text::{Likeness, Tagger};
use crate::topology::{System, Topology};
use candidates::Room;
use cause::Board;
use index::{Index, Shelf};
use judge::Docket;
use signals::{Places, Signals};
use surge::Rates;
use unassigned::{DoneTickets, Reasons};

/// Cases remembered for tickets that name no system.
const RECENT_CASES: usize = 64;
/// Tickets that name no system remembered for cases that open later.
const RECENT_VAGUE: usize = 256;

/// Everything the grouping knows.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    grouping: Grouping,
    systems: Vec<System>,
    signals: Signals,
    clusters: Slab<Arc<Cluster>>,
    /// Signal → the cluster it is in: every signal is in exactly one.
    home: Slab<u64>,
    next_cluster: u64,
    constraints: Constraints,
    holds: Holds,
    reasons: Reasons,
    done: DoneTickets,
    /// When signals expire or are let go.
    expiry: BTreeSet<(Time, u64)>,
    rank_timers: BTreeSet<(Time, u64)>,
    /// When clusters are judged again.
    #[serde(default)]
    docket: Docket,
    /// Clusters that became known as cases, the latest last; bounded.
    recent_cases: Vec<u64>,
    /// Tickets that named no system, the latest last; bounded. A case that opens later may be what they meant.
    #[serde(default)]
    recent_vague: VecDeque<u64>,
    likeness: Arc<Likeness>,
    rates: Arc<Rates>,
    /// How often each kind of trouble was seen, in the order in which they were first.
    symptoms: IndexMap<CompactString, f64, RandomState>,
    /// The sum over all symptoms.
    symptoms_total: f64,
    #[serde(skip)]
    news: News,
    /// Clusters that are to be ranked again before anybody looks at the news.
    #[serde(skip)]
    unranked: BTreeSet<u64>,
    #[serde(skip)]
    derived: Derived,
}

/// What has happened since the last look, for the room of cases.
#[derive(Clone, Debug, Default)]
pub struct News {
    /// Clusters that know something else now.
    pub touched: BTreeSet<u64>,
    /// Clusters that became part of another one: the one that is gone, and the one that stays.
    pub merged: Vec<(u64, u64)>,
    /// Findings that another fault explains better: the cluster they left, the one they are in now, and how many.
    pub parted: Vec<(u64, u64, u32)>,
    /// Clusters whose tickets are too many at once.
    pub surges: BTreeSet<u64>,
    /// Tickets that joined or left a cluster, or count there or not.
    pub tickets: Vec<(u64, u64)>,
    /// Signals that joined a cluster, in order.
    pub joined: Vec<(u64, u64)>,
    /// Signals that ended in a cluster, in order.
    pub ended: Vec<(u64, u64)>,
    /// Signals that became active again, or worse, in order.
    pub worsened: Vec<(u64, u64)>,
}

/// What is computed from the state and never stored.
#[derive(Debug, Default)]
struct Derived {
    topology: Arc<Topology>,
    tagger: Arc<Tagger>,
    index: Index,
    places: Places,
    board: Board,
    room: Room,
}

impl Clone for Derived {
    fn clone(&self) -> Self {
        // The index is made again by whoever steps the copy.
        let (topology, tagger) = (Arc::clone(&self.topology), Arc::clone(&self.tagger));
        Self { topology, tagger, ..Self::default() }
    }
}

impl State {
    /// Takes over a topology and settings.
    pub fn configure(&mut self, systems: Vec<System>, grouping: Grouping) {
        self.systems = systems;
        self.grouping = grouping;
        self.derive();
    }

    /// Counts again what the clusters know: for a state that was written when they knew less.
    pub fn recount(&mut self) {
        for cluster in self.clusters.values_mut() {
            Arc::make_mut(cluster).recount(|key| self.signals.get(key));
        }
    }

    /// Ranks the causes of all clusters again: for a state that was written when rankings were kept otherwise.
    pub fn rank_all(&mut self) {
        for id in self.clusters.iter().map(|(id, _)| id).collect::<Vec<u64>>() {
            self.rank(id);
        }
    }

    /// Rebuilds what is not stored; call it after reading a state back or copying one.
    pub fn derive(&mut self) {
        let words: Vec<(String, Vec<String>)> =
            self.systems.iter().map(|s| (s.key.clone(), s.words.clone())).collect();
        self.derived.topology = Arc::new(Topology::new(self.systems.clone()));
        self.derived.tagger = Arc::new(Tagger::new(&words));
        self.reindex();
    }

    /// Makes the index again.
    pub fn reindex(&mut self) {
        let mut index = Index::default();
        for cluster in self.clusters.values() {
            index.note(cluster);
            for system in cluster.systems().keys() {
                index.note_at(system, cluster);
            }
        }
        self.derived.places = Places::new(&self.signals, &mut index);
        self.derived.index = index;
    }

    /// How rare words are, as far as tickets have said.
    #[must_use]
    pub fn likeness(&self) -> &Likeness {
        &self.likeness
    }

    /// The dependency graph in force.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.derived.topology
    }

    /// A signal by its key.
    #[must_use]
    pub fn signal(&self, key: u64) -> Option<&Signal> {
        self.signals.get(key)
    }

    /// The key of a signal.
    #[must_use]
    pub fn key_of(&self, id: &str) -> Option<u64> {
        self.signals.key(id)
    }

    /// All signals that are kept, in order of arrival.
    pub fn signals(&self) -> impl DoubleEndedIterator<Item = (u64, &Signal)> {
        self.signals.iter()
    }

    /// The cluster of a signal.
    #[must_use]
    pub fn cluster_of(&self, key: u64) -> Option<&Cluster> {
        self.home.get(key).and_then(|id| self.clusters.get(*id)).map(AsRef::as_ref)
    }

    /// A cluster by its number.
    #[must_use]
    pub fn cluster(&self, id: u64) -> Option<&Cluster> {
        self.clusters.get(id).map(AsRef::as_ref)
    }

    /// All clusters, in order of age.
    pub fn clusters(&self) -> impl Iterator<Item = &Cluster> {
        self.clusters.values().map(AsRef::as_ref)
    }

    /// What people's verdicts forbid and demand.
    #[must_use]
    pub fn constraints(&self) -> &Constraints {
        &self.constraints
    }

    /// Works, mutes, releases, calendar.
    #[must_use]
    pub fn holds(&self) -> &Holds {
        &self.holds
    }

    /// The longest window in which tickets are counted, milliseconds.
    #[must_use]
    pub fn surge_window_ms(&self) -> i64 {
        self.grouping.surge.window_ms
    }

    /// Why a signal is in no case, as far as is remembered.
    #[must_use]
    pub fn why_unassigned(&self, signal: &str) -> Option<&Unassigned> {
        self.reasons.get(signal)
    }

    /// Signals that might belong to a case, for people to decide.
    pub fn candidates(&self, case: CaseId) -> impl Iterator<Item = &Signal> {
        let keys = self.reasons.candidates(case).filter_map(|id| self.signals.key(id));
        let alone = keys.filter(|key| {
            self.cluster_of(*key).is_none_or(|cluster| cluster.standing().case.is_none())
        });
        alone.filter_map(|key| self.signals.get(key))
    }

    /// Keys of the findings that are on, for the detectors to take up after a restart.
    #[must_use]
    pub fn active_findings(&self) -> BTreeSet<String> {
        let on = self.signals.iter().map(|(_, signal)| signal);
        on.filter(|s| s.kind == crate::model::SignalKind::Finding && s.is_active())
            .map(|signal| signal.id.to_string())
            .collect()
    }

    /// Takes what has happened since the last call.
    pub fn take_news(&mut self) -> News {
        self.rank_waiting();
        std::mem::take(&mut self.news)
    }

    /// The next moment at which [`State::tick`] has something to do.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        let expiry = self.expiry.first().map(|(at, _)| *at);
        let rank = self.rank_timers.first().map(|(at, _)| *at);
        [expiry, rank, self.docket.next(), self.holds.next_timer()].into_iter().flatten().min()
    }

    /// Lets time pass: does everything that is due at `now`.
    pub fn tick(&mut self, now: Time) {
        while let Some((at, id)) = self.rank_timers.first().copied().filter(|(at, _)| *at <= now) {
            self.rank_timers.remove(&(at, id));
            self.rank(id);
            self.news.touched.insert(id);
        }
        while let Some((at, key)) = self.expiry.first().copied().filter(|(at, _)| *at <= now) {
            self.expiry.remove(&(at, key));
            self.expire(now, key);
        }
        self.judge_due(now);
        let concerned = self.holds.take_due(now);
        self.review_holds(now, &concerned);
    }

    /// Says how a cluster is to be treated.
    pub fn set_standing(&mut self, id: u64, standing: Standing) {
        let Some(cluster) = self.clusters.get_mut(id) else { return };
        if *cluster.standing() == standing {
            return;
        }
        let has_case = standing.case.is_some();
        if has_case != cluster.standing().case.is_some() {
            self.recent_cases.retain(|known| *known != id);
            if has_case {
                self.recent_cases.push(id);
            }
            if self.recent_cases.len() > RECENT_CASES {
                self.recent_cases.remove(0);
            }
        }
        let shelf = Shelf::of(&standing);
        if shelf != Shelf::of(cluster.standing()) {
            self.derived.index.reshelve(id, shelf);
        }
        let is_new = has_case && cluster.standing().case.is_none();
        let cluster = Arc::make_mut(cluster);
        let is_another = cluster.set_standing(standing);
        if is_another {
            cluster.recount(|key| self.signals.get(key));
        }
        self.derived.index.note(cluster);
        if is_another {
            self.rank(id);
        }
        if is_new {
            self.offer_vague(id);
        }
    }

    /// Whether monitoring sees something wrong in a system that lasts, is more than a note and is not held back, though
    /// no case speaks of it now: people have called it over, or a false alarm.
    #[must_use]
    pub fn is_troubled(&self, system: &str) -> bool {
        let clusters = self.derived.index.at_system(system).filter_map(|id| self.clusters.get(id));
        let is_silent = |cluster: &&Arc<Cluster>| {
            let standing = cluster.standing();
            standing.case.is_none() || standing.resolved_at.is_some()
        };
        let mut leads = clusters
            .filter(is_silent)
            .filter_map(|cluster| cluster.systems().get(system))
            .filter(|summary| summary.active.worst() > Severity::Info)
            .filter_map(|summary| self.signals.get(summary.active.lead()?));
        leads.any(|lead| !lead.blind)
    }

    /// Decisions and evidence, without counters and caches: what must be the same after an act was undone.
    #[must_use]
    pub fn decisions(&self) -> serde_json::Value {
        let clusters: BTreeMap<u64, _> = self
            .clusters
            .iter()
            .map(|(id, cluster)| (id, (cluster.evidence(), cluster.standing())))
            .collect();
        let excused: BTreeMap<u64, Severity> =
            self.signals.iter().filter_map(|(key, s)| Some((key, s.excused?))).collect();
        let held: BTreeMap<u64, &String> =
            self.signals.iter().filter_map(|(key, s)| Some((key, s.held_by.as_ref()?))).collect();
        serde_json::json!({
            "clusters": clusters, "excused": excused, "held": held, "constraints": self.constraints,
        })
    }
}
