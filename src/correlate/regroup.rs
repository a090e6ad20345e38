//! Judging again what is open when evidence comes: a finding that fits several clusters shows that they are
//! one, and tickets that are too many at once at one system have one cause. Each member is judged by itself,
//! so that what does not fit stays behind.

use std::collections::BTreeMap;

use super::State;
use super::candidates::Candidate;
use super::cluster::{Cluster, Membership};
use super::evidence::Why;
use super::key::SystemKey;
use super::surge::Scope;
use super::unassigned::{Nearest, Unassigned};
use crate::model::{CaseId, Life, Message, Signal, Time};

/// The most members judged again at one step: the latest.
const MOST_JUDGED: usize = 512;

impl State {
    /// Unites what a finding ties together.
    pub(super) fn tie(&mut self, now: Time, signal: &Signal, best: u64, candidates: &[Candidate]) {
        if signal.is_ticket() {
            return;
        }
        let least = self.grouping.weights.merge;
        let mut target = best;
        for other in candidates.iter().filter(|other| other.score > 0.0) {
            let only_tickets =
                self.clusters.get(other.cluster).is_some_and(|cluster| cluster.only_tickets());
            if other.cluster == target || (other.score < least && !only_tickets) {
                continue;
            }
            if self.may_unite(target, other.cluster) {
                target = self.unite(now, target, other.cluster);
            } else if let Some(case) = self.case_of(other.cluster) {
                let why = self.membership(now, other).why;
                let nearest = Some(Nearest { case, why, is_candidate: false });
                let why = Message::new("also-possible");
                self.reasons.put(&signal.id, Unassigned { why, nearest });
            }
        }
    }

    fn case_of(&self, id: u64) -> Option<CaseId> {
        self.clusters.get(id)?.standing().case
    }

    /// A symptom never merges two causes, and the engine never merges what a person has had a hand in.
    fn may_unite(&self, one: u64, other: u64) -> bool {
        let (Some(a), Some(b)) = (self.clusters.get(one), self.clusters.get(other)) else {
            return false;
        };
        let is_persons = a.standing().pinned || b.standing().pinned;
        let is_over = a.standing().resolved_at.is_some() || b.standing().resolved_at.is_some();
        let two_causes = a.totals().causes > 0 && b.totals().causes > 0;
        !is_persons && !is_over && !two_causes && self.constraints.apart(one, other).is_none()
    }

    /// Makes one cluster of two; returns the one that has the findings then. Findings move together, of the
    /// tickets those that fit. A case stays with the larger part of what it was about.
    fn unite(&mut self, now: Time, one: u64, other: u64) -> u64 {
        let (stays, goes) = self.direction(one, other);
        let Some(gone) = self.clusters.get(goes) else { return stays };
        let mut keys: Vec<u64> = gone.members().keys().copied().rev().take(MOST_JUDGED).collect();
        keys.reverse();
        let (mut moved, all) = (0, gone.members().len());
        let is_whole = self.all_follow(&keys, all);
        let mut tickets = Vec::new();
        for key in keys {
            let Some(signal) = self.signals.share(key) else { continue };
            if signal.is_ticket() {
                tickets.push((key, signal));
                continue;
            }
            if self.constraints.pinned(key).is_some() {
                continue;
            }
            let fit = self.fit(key, &signal, stays);
            let known = fit.map(|fit| self.membership(now, &fit));
            let before = if is_whole {
                let members = self.clusters.get(goes).map(|gone| gone.members());
                members.and_then(|members| members.get(&key)).map(|it| Membership::clone(it))
            } else {
                self.detach(key).map(|(_, before)| before)
            };
            let Some(before) = before else { continue };
            let membership = known.unwrap_or(Membership { joined_at: now, ..before });
            self.attach(now, key, stays, membership);
            moved += 1;
        }
        for (key, signal) in tickets {
            let fit = self.fit(key, &signal, stays).filter(|fit| fit.score > 0.0);
            let is_pinned = self.constraints.pinned(key).is_some();
            if let Some(fit) = fit.filter(|_| !is_pinned) {
                let membership = self.membership(now, &fit);
                self.transfer(now, key, stays, membership);
                moved += 1;
            }
        }
        if moved * 2 > all {
            self.news.merged.push((goes, stays));
        }
        // The one that stays is ranked as it grows, like any other.
        self.unranked.insert(goes);
        if is_whole {
            self.vacate(goes);
        }
        stays
    }

    /// Whether these are all members of a cluster, and all findings that no person has put there: they are not taken
    /// out one by one.
    fn all_follow(&self, keys: &[u64], all: usize) -> bool {
        let follows = |key: &u64| {
            let signal = self.signals.get(*key);
            signal.is_some_and(|signal| !signal.is_ticket())
                && self.constraints.pinned(*key).is_none()
        };
        all > 0 && keys.len() == all && keys.iter().all(follows)
    }

    /// Tickets go to what explains them; of two that monitoring sees, the younger case goes to the older.
    fn direction(&self, one: u64, other: u64) -> (u64, u64) {
        let rank = |id: u64| {
            let cluster = self.clusters.get(id);
            let only_tickets = cluster.is_none_or(|cluster| cluster.only_tickets());
            let case = self.case_of(id);
            (only_tickets, case.is_none(), case.map(|case| case.number), id)
        };
        if rank(one) <= rank(other) { (one, other) } else { (other, one) }
    }

    /// Looks whether a ticket was one too many: at its system as a whole, or among those alike.
    pub(super) fn note_surge(&mut self, now: Time, key: u64, system: &str) {
        let surge = self.grouping.surge;
        let factor = self.holds.expected(now);
        // Unrelated tickets that name nothing are the daily noise of a help desk: only alike ones count. One that
        // is explained, or in a mass incident already, brings no news: those beside it were looked at when
        // they came.
        if !system.is_empty()
            && self.unexplained(key).is_some_and(|c| !c.standing().has_mass_incident)
        {
            let recent = self.rates.recent(system, now, &surge);
            let free = recent.iter().filter_map(|(at, key)| {
                self.unexplained(*key).map(|cluster| (*at, *key, cluster.id()))
            });
            let open: Vec<(Time, u64, u64)> = free.collect();
            let tickets: Vec<(Time, &str)> = open
                .iter()
                .filter_map(|(at, key, _)| Some((*at, self.signals.get(*key)?.reporter.as_str())))
                .collect();
            let judged = (Scope::System, factor, now);
            if self.rates.is_surge([system].into_iter(), &tickets, judged, &surge) {
                return self.gather(now, system, &open);
            }
        }
        if let Some(home) = self.home.get(key).copied() {
            self.note_alike(now, home, factor);
        }
    }

    /// The cluster of a ticket that no finding explains and no person has put where it is: a surge among such is
    /// news.
    fn unexplained(&self, key: u64) -> Option<&Cluster> {
        let cluster = self.clusters.get(*self.home.get(key)?)?;
        let is_free = cluster.only_tickets()
            && !cluster.standing().pinned
            && cluster.standing().resolved_at.is_none()
            && self.constraints.pinned(key).is_none()
            && self.signals.get(key)?.life != Life::Withdrawn;
        is_free.then_some(cluster)
    }

    fn note_alike(&mut self, now: Time, home: u64, factor: f64) {
        let surge = self.grouping.surge;
        let Some(cluster) = self.clusters.get(home) else { return };
        if cluster.totals().tickets < surge.users || cluster.standing().has_mass_incident {
            return;
        }
        let from = now.plus_millis(-surge.window_ms);
        let written = cluster.totals().written.iter().rev();
        let tickets: Vec<(Time, &str)> = written
            .take(MOST_JUDGED)
            .take_while(|((at, _), _)| *at >= from)
            .filter_map(|((at, key), _)| Some((*at, self.signals.get(*key)?.reporter.as_str())))
            .collect();
        let systems = cluster.systems().keys().map(SystemKey::as_str);
        if self.rates.is_surge(systems, &tickets, (Scope::Alike, factor, now), &surge) {
            self.news.surges.insert(home);
            self.news.touched.insert(home);
        }
    }

    /// Gathers the tickets of a surge in one cluster: the one that people know already, else the largest.
    fn gather(&mut self, now: Time, system: &str, open: &[(Time, u64, u64)]) {
        let mut sizes: BTreeMap<u64, usize> = BTreeMap::new();
        for (_, _, home) in open {
            *sizes.entry(*home).or_insert(0) += 1;
        }
        let rank = |id: u64, size: usize| (self.case_of(id).is_some(), size, std::cmp::Reverse(id));
        let target = sizes.into_iter().max_by_key(|(id, size)| rank(*id, *size));
        let Some((target, _)) = target else { return };
        let strays: Vec<u64> =
            open.iter().filter(|(_, _, home)| *home != target).map(|(_, key, _)| *key).collect();
        let mut left: Vec<u64> = Vec::new();
        for key in strays {
            let from = self.home.get(key).copied().unwrap_or(target);
            let is_forbidden = self.constraints.barred(key, target).is_some()
                || self.constraints.apart(from, target).is_some();
            if is_forbidden {
                continue;
            }
            let why = Why::Surge { system: system.into() };
            let membership = Membership { system: system.into(), joined_at: now, why };
            self.transfer(now, key, target, membership);
            left.push(from);
        }
        left.sort_unstable();
        left.dedup();
        for from in left.into_iter().filter(|from| *from != target) {
            let rest = self.clusters.get(from).map_or(0, |cluster| cluster.members().len());
            if rest == 0 {
                self.news.merged.push((from, target));
            }
        }
        self.news.surges.insert(target);
        self.news.touched.insert(target);
    }
}
