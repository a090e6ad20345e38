//! Judging again which faults there are, while they are young.
//!
//! A signal is put to a cluster as it comes, by what is known then: of two faults that overlap, the first takes what
//! belongs to the second. So some time after a finding has joined, clusters near each other in time and on the graph
//! are looked at together: which systems broke, and when, explains all of it best? What that moves is moved, as evidence
//! moves it; clusters in which a person has had a hand stay as they are.

mod scene;
mod search;
mod spread;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::collections::btree_map::{BTreeMap, Entry};

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::State;
use super::cluster::Membership;
use super::evidence::Why;
use super::index::Brief;
use super::key::SystemKey;
use crate::model::{Life, Time, number};
use crate::topology::Relation;
use scene::{Fault, Item, Scene};
use search::{Group, Search};

/// A cluster is judged so long after something has joined it, …
const WAIT_MS: i64 = 30_000;
/// … as long as its fault is no older than this.
const YOUNG_S: f64 = 900.0;
/// Onsets farther apart have nothing to do with each other.
const APART_S: f64 = 480.0;
/// The most clusters judged together, and the most signals.
const MOST_CLUSTERS: usize = 8;
const MOST_SIGNALS: usize = 160;
/// Systems of a cluster around which others are looked for.
const MOST_SYSTEMS: usize = 32;
/// Signals that may be judged: so many at once, and so many more each second. When more comes than that, everything stays
/// where it was first put.
const MOST_CREDIT: u32 = 4_000;
const CREDIT_A_SECOND: f64 = 2.0;
/// Once so many are judged, others that are due wait for the next tick, so that nobody else waits long.
const MOST_AT_ONCE: usize = 64;
/// What is explained better by less than this stays as it is, nats.
const LEAST_GAIN: f64 = 1.0;

/// When clusters are to be judged.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Docket {
    due: BTreeSet<(Time, u64)>,
    of: BTreeMap<u64, Time>,
    /// Signals judged beyond what time has allowed.
    spent: f64,
    /// The moment of that.
    at: Time,
}

impl Docket {
    /// The next moment at which something is to be judged.
    pub(super) fn next(&self) -> Option<Time> {
        self.due.first().map(|(at, _)| *at)
    }

    fn put(&mut self, id: u64, at: Time) {
        if let Entry::Vacant(place) = self.of.entry(id) {
            place.insert(at);
            self.due.insert((at, id));
        }
    }

    fn take_due(&mut self, now: Time) -> Option<u64> {
        let (at, id) = self.due.first().copied().filter(|(at, _)| *at <= now)?;
        self.due.remove(&(at, id));
        self.of.remove(&id);
        Some(id)
    }

    /// A cluster is gone.
    pub(super) fn forget(&mut self, id: u64) {
        if let Some(at) = self.of.remove(&id) {
            self.due.remove(&(at, id));
        }
    }

    fn has_credit(&mut self, now: Time) -> bool {
        let passed = now.seconds_since(self.at).max(0.0);
        (self.spent, self.at) = ((self.spent - passed * CREDIT_A_SECOND).max(0.0), now);
        self.spent < f64::from(MOST_CREDIT)
    }

    fn spend(&mut self, signals: usize) {
        self.spent += number(signals);
    }
}

impl State {
    /// A finding has joined a cluster: it is judged again before long.
    pub(super) fn judge_soon(&mut self, now: Time, id: u64) {
        if self.grouping.judge_together {
            self.docket.put(id, now.plus_millis(WAIT_MS));
        }
    }

    /// Judges what is due.
    pub(super) fn judge_due(&mut self, now: Time) {
        let mut judged = 0;
        while judged < MOST_AT_ONCE {
            let Some(id) = self.docket.take_due(now) else { return };
            if self.grouping.judge_together && self.docket.has_credit(now) {
                judged += self.judge(now, id);
            }
        }
    }

    /// Judges a cluster and those around it; returns of how many signals that was.
    fn judge(&mut self, now: Time, id: u64) -> usize {
        let clusters = self.judged_with(now, id);
        let items: Vec<Item> = clusters.iter().flat_map(|id| self.items(*id)).collect();
        let judged = items.len().max(1);
        self.docket.spend(judged);
        if judged < 2 {
            return judged;
        }
        let scene = {
            let (topology, index) = (&self.derived.topology, &self.derived.index);
            let listens = |place: usize| {
                let system = topology.systems().get(place);
                let number = system.and_then(|system| index.known(&system.key));
                self.derived.places.at(number).next().is_some()
            };
            Scene::new(items, topology, listens)
        };
        let mut search = Search::new(&scene);
        let before = search.odds();
        search.run();
        if search.odds() > before + LEAST_GAIN {
            let groups = search.groups().collect();
            self.regroup(now, &scene, groups);
        }
        judged
    }

    /// The clusters to judge together with one, itself included; none if it is not to be judged.
    fn judged_with(&mut self, now: Time, id: u64) -> Vec<u64> {
        let Some(onset) = self.young(now, id).filter(|_| self.may_judge(id)) else {
            return Vec::new();
        };
        let systems =
            self.clusters.get(id).into_iter().flat_map(|cluster| cluster.systems().keys());
        let systems: Vec<CompactString> =
            systems.take(MOST_SYSTEMS).map(|system| CompactString::from(system.as_str())).collect();
        let mut met: BTreeSet<u64> = BTreeSet::new();
        for system in systems {
            let (_, near) = self.derived.index.near(&system, &self.derived.topology);
            let is_close = |relation: Relation| match relation {
                Relation::Same | Relation::Sibling => true,
                Relation::Needs(hops) | Relation::Serves(hops) => hops <= 2,
            };
            let close = near.iter().filter(|(_, relation)| is_close(*relation));
            let slots = close.filter_map(|(number, _)| self.derived.index.around(*number));
            met.extend(slots.flat_map(|slot| slot.alive()).map(|here| here.cluster));
        }
        met.remove(&id);
        let apart = |other: u64| {
            let began = self.young(now, other)?;
            let apart = began.seconds_since(onset).abs();
            (apart <= APART_S).then_some((apart, other))
        };
        let mut others: Vec<(f64, u64)> = met.into_iter().filter_map(apart).collect();
        others.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut together = vec![id];
        let size = |id: u64| self.clusters.get(id).map_or(0, |cluster| cluster.members().len());
        let mut signals = size(id);
        for (_, other) in others {
            let is_forbidden =
                together.iter().any(|one| self.constraints.apart(*one, other).is_some());
            if is_forbidden || signals + size(other) > MOST_SIGNALS || !self.may_judge(other) {
                continue;
            }
            signals += size(other);
            together.push(other);
            if together.len() == MOST_CLUSTERS {
                break;
            }
        }
        together
    }

    /// When the fault of a cluster began, if that is not long ago.
    fn young(&self, now: Time, id: u64) -> Option<Time> {
        let Brief { only_tickets, is_over, onset, .. } = self.derived.index.cluster(id)?.brief;
        let onset = onset.filter(|onset| now.seconds_since(*onset) <= YOUNG_S);
        onset.filter(|_| !only_tickets && !is_over)
    }

    /// Whether no person has had a hand in a cluster, and it is neither back nor too large.
    fn may_judge(&self, id: u64) -> bool {
        let Some(cluster) = self.clusters.get(id) else { return false };
        let standing = cluster.standing();
        !standing.pinned
            && standing.episode.is_none()
            && cluster.members().len() <= MOST_SIGNALS
            && !cluster.members().keys().any(|key| self.constraints.pinned(*key).is_some())
    }

    /// What of a cluster can be judged: what monitoring says of systems in the graph and can be felt beyond them.
    fn items(&self, id: u64) -> Vec<Item> {
        let members = self.clusters.get(id).into_iter().flat_map(|cluster| cluster.members());
        let item = |(key, system): (u64, &SystemKey)| {
            let signal = self.signals.get(key)?;
            let is_judged = !signal.is_ticket()
                && signal.spreads
                && !signal.blind
                && signal.life != Life::Withdrawn;
            let system = self.derived.topology.place(system).filter(|_| is_judged)?;
            Some(Item {
                key,
                home: id,
                system,
                at: signal.since.seconds_since(Time::default()),
                is_cause: signal.role == crate::model::Role::Cause,
            })
        };
        members.map(|(key, known)| (*key, &known.system)).filter_map(item).collect()
    }

    /// Makes the clusters what was found. Each group stays in the cluster that most of it is in; of two such, the larger.
    fn regroup(&mut self, now: Time, scene: &Scene, mut groups: Vec<Group>) {
        groups.sort_by(|a, b| {
            b.members.len().cmp(&a.members.len()).then_with(|| a.members.cmp(&b.members))
        });
        let mut grouped: Vec<(Option<Fault>, Vec<usize>)> =
            groups.into_iter().map(|group| (Some(group.fault), group.members)).collect();
        let known: BTreeSet<usize> =
            grouped.iter().flat_map(|(_, members)| members).copied().collect();
        let alone = (0..scene.items.len()).filter(|at| !known.contains(at));
        grouped.extend(alone.map(|at| (None, vec![at])));
        let mut taken: BTreeSet<u64> = BTreeSet::new();
        let mut moves: Vec<(u64, u64)> = Vec::new();
        for (fault, members) in grouped {
            let home = self.home_of(scene, &members, &taken);
            let target = home.unwrap_or_else(|| self.new_cluster());
            taken.insert(target);
            for at in &members {
                let Some(item) = scene.items.get(*at).filter(|item| item.home != target) else {
                    continue;
                };
                if self.constraints.barred(item.key, target).is_some() {
                    continue;
                }
                let why = self.why(scene, fault, &members, *at);
                if fault.is_none()
                    && let Some(signal) = self.signals.share(item.key)
                {
                    self.leave_alone(&signal, None);
                }
                let Some((_, before)) = self.detach(item.key) else { continue };
                self.attach(now, item.key, target, Membership { joined_at: now, why, ..before });
                moves.push((item.home, target));
            }
        }
        self.follow_moves(now, &moves);
    }

    /// The cluster that most of a group is in, of those that are free.
    fn home_of(&self, scene: &Scene, members: &[usize], taken: &BTreeSet<u64>) -> Option<u64> {
        let mut homes: BTreeMap<u64, usize> = BTreeMap::new();
        for item in members.iter().filter_map(|at| scene.items.get(*at)) {
            *homes.entry(item.home).or_insert(0) += 1;
        }
        let rank = |id: u64, members: usize| {
            let case = self.clusters.get(id).and_then(|cluster| cluster.standing().case);
            (members, case.is_some(), std::cmp::Reverse(id))
        };
        let free = homes.into_iter().filter(|(id, _)| !taken.contains(id));
        free.max_by_key(|(id, members)| rank(*id, *members)).map(|(id, _)| id)
    }

    /// Why a signal is in a group.
    fn why(&self, scene: &Scene, fault: Option<Fault>, members: &[usize], at: usize) -> Why {
        let Some(fault) = fault else { return Why::First };
        let rest: Vec<usize> = members.iter().copied().filter(|member| *member != at).collect();
        let value = scene.odds(fault, members) - scene.odds(fault, &rest);
        let system =
            scene.system(fault.root).and_then(|at| self.derived.topology.systems().get(at));
        let system = system.map(|system| CompactString::from(system.key.as_str()));
        Why::Fault { value, system: system.unwrap_or_default() }
    }

    /// Where what was moved leaves those that it was moved from: tickets go where what explains them has gone, and a
    /// cluster of which no finding is left is part of the one that took most: its case goes on there.
    fn follow_moves(&mut self, now: Time, moves: &[(u64, u64)]) {
        let mut flows: BTreeMap<u64, BTreeMap<u64, usize>> = BTreeMap::new();
        for (from, to) in moves {
            *flows.entry(*from).or_default().entry(*to).or_insert(0) += 1;
        }
        for (from, to) in flows {
            let parted =
                to.iter().map(|(to, moved)| (from, *to, u32::try_from(*moved).unwrap_or(u32::MAX)));
            self.news.parted.extend(parted);
            let targets: Vec<u64> = to.keys().copied().collect();
            self.tickets_follow(now, from, &targets);
            let most = to.into_iter().max_by_key(|(id, moved)| (*moved, std::cmp::Reverse(*id)));
            let is_left = self.clusters.get(from).is_some_and(|cluster| !cluster.only_tickets());
            self.unranked.insert(from);
            if let Some((most, _)) = most.filter(|_| !is_left) {
                self.news.merged.push((from, most));
            }
        }
    }

    /// Tickets of a cluster go to one of others where they fit better.
    fn tickets_follow(&mut self, now: Time, from: u64, targets: &[u64]) {
        let cluster = self.clusters.get(from);
        let members = cluster.into_iter().flat_map(|cluster| cluster.members().keys().copied());
        let tickets: Vec<u64> = members
            .filter(|key| self.signals.get(*key).is_some_and(|signal| signal.is_ticket()))
            .collect();
        for key in tickets {
            let Some(signal) = self.signals.share(key) else { continue };
            let only_tickets = self.clusters.get(from).is_some_and(|c| c.only_tickets());
            let here = if only_tickets { None } else { self.fit(key, &signal, from) };
            let mut best = here.map_or(0.0, |fit| fit.score);
            let mut target = None;
            for id in targets {
                let fit = self.fit(key, &signal, *id).filter(|fit| fit.score > best);
                if let Some(fit) = fit {
                    best = fit.score;
                    target = Some(fit);
                }
            }
            if let Some(fit) = target {
                let membership = self.membership(now, &fit);
                self.transfer(now, key, fit.cluster, membership);
            }
        }
    }
}
