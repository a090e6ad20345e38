//! Assigning a signal to a cluster: to the best of the candidates, or to a new one.

use compact_str::CompactString;

use super::State;
use super::candidates::Candidate;
use super::cluster::Membership;
use super::evidence::{Feature, Why};
use super::index::{Brief, Seen};
use super::scorer::{Scorer, Words};
use super::unassigned::{Nearest, Unassigned};
use crate::model::{Message, Signal, Time};
use crate::topology::Relation;

/// The most recently known cases that a ticket without a system is compared with.
const RECENT_CASES: usize = 8;

impl State {
    /// Puts a signal into the cluster it fits best, or into a new one.
    pub(super) fn assign(&mut self, now: Time, key: u64) {
        let Some(signal) = self.signals.share(key) else { return };
        let candidates = self.candidates_for(key, &signal);
        let best = candidates.first().copied().filter(|best| best.score > 0.0);
        let Some(best) = best else {
            self.leave_alone(&signal, candidates.first());
            self.give_back(candidates);
            return self.start(now, key, signal.system());
        };
        // What monitoring sees is judged by itself: of tickets that came before it only those that fit come along.
        let only_tickets =
            self.clusters.get(best.cluster).is_some_and(|cluster| cluster.only_tickets());
        if only_tickets && !signal.is_ticket() {
            self.start(now, key, signal.system());
        } else {
            let membership = self.membership(now, &best);
            self.attach(now, key, best.cluster, membership);
            self.offer(&signal, best.cluster);
        }
        if let Some(home) = self.home.get(key).copied() {
            self.tie(now, &signal, home, &candidates);
        }
        if let Some(home) = self.home.get(key).copied().filter(|_| !signal.is_ticket()) {
            self.judge_soon(now, home);
        }
        self.give_back(candidates);
    }

    pub(super) fn membership(&self, now: Time, fit: &Candidate) -> Membership {
        let own = CompactString::from(self.derived.index.name(fit.own));
        let other = CompactString::from(self.derived.index.name(fit.other));
        let relation = (!own.is_empty()).then_some(fit.relation);
        let system = self.derived.index.key(fit.own).cloned().unwrap_or_default();
        let why = Why::Evidence { values: fit.values, own, other, relation };
        Membership { system, joined_at: now, why }
    }

    /// Starts a cluster with one signal.
    pub(super) fn start(&mut self, now: Time, key: u64, system: &str) {
        let id = self.new_cluster();
        let membership = Membership { system: system.into(), joined_at: now, why: Why::First };
        self.attach(now, key, id, membership);
        self.let_go_later(now, key);
    }

    /// Remembers which case a signal came nearest to without joining it.
    pub(super) fn leave_alone(&mut self, signal: &Signal, best: Option<&Candidate>) {
        let nearest = match best {
            Some(best) => self.nearest(best),
            None => None,
        };
        let latest = self.recent_cases.iter().rev().take(RECENT_CASES).copied();
        let nearest = nearest.or_else(|| self.nearest_without_system(signal, latest));
        let is_candidate = nearest.as_ref().is_some_and(|near| near.is_candidate);
        let key = if is_candidate { "unassigned-candidate" } else { "unassigned-alone" };
        self.reasons.put(&signal.id, Unassigned { why: Message::new(key), nearest });
    }

    /// A ticket without a system that is among its like, and in no case, may still belong to one.
    fn offer(&mut self, signal: &Signal, cluster: u64) {
        let known = self.clusters.get(cluster).and_then(|cluster| cluster.standing().case);
        if known.is_none() && signal.is_ticket() && signal.systems.is_empty() {
            self.leave_alone(signal, None);
        }
    }

    /// Offers a case that has just opened the latest tickets that named no system: users are often faster than
    /// monitoring.
    pub(super) fn offer_vague(&mut self, cluster: u64) {
        for key in self.recent_vague.clone() {
            let Some(signal) = self.signals.share(key).filter(|signal| signal.is_active()) else {
                continue;
            };
            let is_in_case = self.cluster_of(key).is_some_and(|c| c.standing().case.is_some());
            let known = self.reasons.get(&signal.id).and_then(|reason| reason.nearest.as_ref());
            if is_in_case || known.is_some_and(|nearest| nearest.is_candidate) {
                continue;
            }
            let nearest = self.nearest_without_system(&signal, std::iter::once(cluster));
            if let Some(nearest) = nearest.filter(|nearest| nearest.is_candidate) {
                let why = Message::new("unassigned-candidate");
                self.reasons.put(&signal.id, Unassigned { why, nearest: Some(nearest) });
            }
        }
    }

    fn nearest(&self, best: &Candidate) -> Option<Nearest> {
        let case = self.clusters.get(best.cluster)?.standing().case?;
        let why = self.membership(Time::default(), best).why;
        Some(Nearest { case, why, is_candidate: false })
    }

    /// A ticket that names no system joins no case by itself; it may be offered to people.
    fn nearest_without_system(
        &self,
        signal: &Signal,
        clusters: impl Iterator<Item = u64>,
    ) -> Option<Nearest> {
        if !signal.is_ticket() || !signal.systems.is_empty() {
            return None;
        }
        let words = Words::new(signal, &self.likeness);
        let scorer = Scorer { weights: &self.grouping.weights };
        let mut best: Option<(f64, Nearest)> = None;
        for id in clusters {
            let Some(cluster) = self.clusters.get(id) else { continue };
            let system = cluster.first_system();
            let known = cluster.systems().get(system).zip(cluster.standing().case);
            let Some((summary, case)) = known else { continue };
            if cluster.standing().resolved_at.is_some() {
                continue;
            }
            let text = scorer.text(&words, cluster, self.examples(cluster));
            let at = Seen { brief: &Brief::of(cluster), cluster, summary };
            // Seen as a caller's: what is felt has to fit what is broken.
            let mut values = scorer.compare(signal, 1.0, at, Relation::Serves(1), text);
            if let Some(graph) = values.get_mut(Feature::Graph.index()) {
                *graph = self.grouping.weights.no_system;
            }
            let score: f64 = values.iter().sum();
            // That they came at the same time is not enough to bother people with.
            let of = |feature: Feature| values.get(feature.index()).copied().unwrap_or(0.0);
            let is_candidate = score > 0.0 && of(Feature::Impact) + of(Feature::Text) > 0.0;
            if best.as_ref().is_none_or(|(known, _)| *known < score) {
                let other = system.into();
                let own = CompactString::default();
                let why = Why::Evidence { values, own, other, relation: None };
                best = Some((score, Nearest { case, why, is_candidate }));
            }
        }
        best.map(|(_, nearest)| nearest)
    }
}
