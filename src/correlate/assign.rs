//! Assigning a signal to a cluster: candidates from the index, the best by evidence.

use std::sync::Arc;

use super::State;
use super::cluster::{Cluster, Membership};
use super::evidence::{Feature, Scorer, Values, Why, Words};
use super::unassigned::{Nearest, Unassigned};
use crate::model::{Message, Signal, Time};
use crate::topology::Relation;

/// The most comparisons made for one signal, nearest systems first: what it costs does not follow how much
/// is open around it.
const MOST_COMPARED: usize = 64;
/// Tickets of a cluster whose words a new one is compared with: half from its beginning, half the latest.
const EXAMPLES: usize = 6;
/// Tickets written this long after a case was resolved may still be about it; the room of cases opens it again
/// when they are more than a few.
const LATE_TICKETS_MS: i64 = 10 * 60_000;
/// The most recently known cases that a ticket without a system is compared with.
const RECENT_CASES: usize = 8;

/// How a signal fits one cluster, seen from where it fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) cluster: u64,
    pub(super) values: Values,
    pub(super) score: f64,
    own: u32,
    other: u32,
    relation: Relation,
}

impl State {
    /// Puts a signal into the cluster it fits best, or into a new one.
    pub(super) fn assign(&mut self, now: Time, key: u64) {
        let Some(signal) = self.signals.share(key) else { return };
        let candidates = self.candidates_for(key, &signal);
        let best = candidates.first().copied().filter(|best| best.score > 0.0);
        let Some(best) = best else {
            self.leave_alone(&signal, candidates.first());
            return self.start(now, key, signal.system());
        };
        // What monitoring sees is judged by itself: of tickets that came before it only those that fit come along.
        let only_tickets =
            self.clusters.get(&best.cluster).is_some_and(|cluster| cluster.only_tickets());
        if only_tickets && !signal.is_ticket() {
            self.start(now, key, signal.system());
        } else {
            let membership = self.membership(now, &best);
            self.attach(now, key, best.cluster, membership);
            self.offer(&signal, best.cluster);
        }
        if let Some(home) = self.home.get(&key).copied() {
            self.tie(now, &signal, home, &candidates);
        }
    }

    /// Evidence for every candidate cluster, the best first; of two equal ones the older.
    pub(super) fn candidates_for(&mut self, key: u64, signal: &Signal) -> Vec<Candidate> {
        let words = Words::new(signal, &self.likeness);
        let mut found: Vec<Candidate> = Vec::new();
        let nowhere = [(String::new(), 1.0)];
        let systems = if signal.systems.is_empty() { &nowhere[..] } else { &signal.systems };
        let mut compared = 0;
        for (own, belief) in systems {
            let near = self.derived.index.near(own, &self.derived.topology);
            let own = self.derived.index.number(own);
            let scorer = Scorer { weights: &self.grouping.weights };
            let mut most = (None, 0.0);
            for (other, relation) in near.iter() {
                // They come in order of relation.
                if most.0 != Some(*relation) {
                    let bound = scorer.bounds(signal, *belief, *relation).iter().sum();
                    most = (Some(*relation), bound);
                }
                let bound = most.1;
                if bound <= 0.0 {
                    continue;
                }
                for id in self.derived.index.at(*other) {
                    let known = found.iter().position(|one| one.cluster == id);
                    let score = known.and_then(|at| found.get(at)).map(|one| one.score);
                    // It fits better already than it could from here.
                    if score.is_some_and(|score| score >= bound) {
                        compared += 1;
                        continue;
                    }
                    let Some(cluster) = self.clusters.get(&id) else { continue };
                    if !self.may_join(key, signal, cluster) {
                        continue;
                    }
                    compared += 1;
                    let system = self.derived.index.name(*other);
                    let Some(summary) = cluster.systems().get(system) else { continue };
                    let text = match known.and_then(|at| found.get(at)) {
                        Some(one) => one.values.get(Feature::Text.index()).copied().unwrap_or(0.0),
                        None => scorer.text(&words, cluster, self.examples(cluster)),
                    };
                    if signal.systems.is_empty() && text < scorer.alike() {
                        continue;
                    }
                    let at = (cluster.as_ref(), summary);
                    let values = scorer.compare(signal, *belief, at, *relation, text);
                    let (score, other, relation) = (values.iter().sum(), *other, *relation);
                    let fit = Candidate { cluster: id, values, score, own, other, relation };
                    match known.and_then(|at| found.get_mut(at)) {
                        Some(one) if one.score < score => *one = fit,
                        Some(_) => {}
                        None => found.push(fit),
                    }
                }
                if compared >= MOST_COMPARED {
                    break;
                }
            }
        }
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.cluster.cmp(&b.cluster)));
        found
    }

    /// How a signal fits one cluster, wherever it fits best.
    pub(super) fn fit(&mut self, key: u64, signal: &Signal, id: u64) -> Option<Candidate> {
        let cluster = self.clusters.get(&id).map(Arc::clone)?;
        if !self.may_join(key, signal, &cluster) {
            return None;
        }
        let words = Words::new(signal, &self.likeness);
        let mut best: Option<Candidate> = None;
        for (own, belief) in &signal.systems {
            let near = self.derived.index.near(own, &self.derived.topology);
            let own = self.derived.index.number(own);
            let scorer = Scorer { weights: &self.grouping.weights };
            let text = scorer.text(&words, &cluster, self.examples(&cluster));
            for (other, relation) in near.iter() {
                let system = self.derived.index.name(*other);
                let Some(summary) = cluster.systems().get(system) else { continue };
                let at = (cluster.as_ref(), summary);
                let values = scorer.compare(signal, *belief, at, *relation, text);
                let score = values.iter().sum();
                if best.is_none_or(|best| best.score < score) {
                    let (other, relation) = (*other, *relation);
                    best = Some(Candidate { cluster: id, values, score, own, other, relation });
                }
            }
        }
        best
    }

    /// What people's verdicts and the cluster's standing allow. A resolved fault takes late tickets, and the
    /// same trouble coming back, both of which may open it again; nothing else joins it.
    fn may_join(&self, key: u64, signal: &Signal, cluster: &Cluster) -> bool {
        if self.constraints.barred(key, cluster.id()).is_some() {
            return false;
        }
        let Some(resolved_at) = cluster.standing().resolved_at else { return true };
        if signal.is_ticket() {
            return signal.since <= resolved_at.plus_millis(LATE_TICKETS_MS);
        }
        let here = cluster.systems().get(signal.system());
        here.is_some_and(|summary| summary.all.symptoms.count(signal.symptom.as_str()) > 0)
    }

    fn examples<'s>(&'s self, cluster: &'s Cluster) -> impl Iterator<Item = &'s Signal> {
        let texts = &cluster.totals().texts;
        let first = texts.iter().take(EXAMPLES / 2);
        let rest = usize::try_from(texts.len()).unwrap_or(usize::MAX).saturating_sub(EXAMPLES / 2);
        let last = texts.iter().rev().take(rest.min(EXAMPLES / 2));
        first.chain(last).filter_map(|((_, key), _)| self.signals.get(*key))
    }

    pub(super) fn membership(&self, now: Time, fit: &Candidate) -> Membership {
        let own = self.derived.index.name(fit.own).to_owned();
        let other = self.derived.index.name(fit.other).to_owned();
        let relation = (!own.is_empty()).then_some(fit.relation);
        let system = own.clone();
        let why = Why::Evidence { values: fit.values, own, other, relation };
        Membership { system, joined_at: now, why }
    }

    /// Starts a cluster with one signal.
    pub(super) fn start(&mut self, now: Time, key: u64, system: &str) {
        self.next_cluster += 1;
        let id = self.next_cluster;
        self.clusters.insert(id, Arc::new(Cluster::new(id)));
        let membership = Membership { system: system.to_owned(), joined_at: now, why: Why::First };
        self.attach(now, key, id, membership);
        self.let_go_later(now, key);
    }

    /// Remembers which case a signal came nearest to without joining it.
    fn leave_alone(&mut self, signal: &Signal, best: Option<&Candidate>) {
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
        let known = self.clusters.get(&cluster).and_then(|cluster| cluster.standing().case);
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
        let case = self.clusters.get(&best.cluster)?.standing().case?;
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
            let Some(cluster) = self.clusters.get(&id) else { continue };
            let system = cluster.first_system();
            let known = cluster.systems().get(system).zip(cluster.standing().case);
            let Some((summary, case)) = known else { continue };
            if cluster.standing().resolved_at.is_some() {
                continue;
            }
            let text = scorer.text(&words, cluster, self.examples(cluster));
            let at = (cluster.as_ref(), summary);
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
                let other = system.to_owned();
                let own = String::new();
                let why = Why::Evidence { values, own, other, relation: None };
                best = Some((score, Nearest { case, why, is_candidate }));
            }
        }
        best.map(|(_, nearest)| nearest)
    }
}
