//! Candidates: the clusters around a signal's systems that it may belong to, each seen from where it fits best.
//!
//! What one signal costs is bounded, and most of it would be spent on clusters that it cannot join any more: what
//! speaks against a cluster wherever it is compared is therefore asked once, before anything else.

use std::sync::Arc;

use super::State;
use super::cluster::Cluster;
use super::evidence::{Scorer, Values, Words};
use super::index::Brief;
use super::timing;
use crate::model::Signal;
use crate::topology::Relation;

/// The most comparisons made for one signal, nearest systems first: what it costs does not follow how much
/// is open around it.
const MOST_COMPARED: usize = 64;
/// Tickets of a cluster whose words a new one is compared with: half from its beginning, half the latest.
const EXAMPLES: usize = 6;
/// Tickets written this long after a case was resolved may still be about it; the room of cases opens it again
/// when they are more than a few.
const LATE_TICKETS_MS: i64 = 10 * 60_000;

/// How a signal fits one cluster, seen from where it fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) cluster: u64,
    pub(super) values: Values,
    pub(super) score: f64,
    pub(super) own: u32,
    pub(super) other: u32,
    pub(super) relation: Relation,
}

/// A cluster that was met around a signal.
struct Met<'c> {
    brief: Brief,
    /// Once it was looked at.
    cluster: Option<&'c Cluster>,
    /// What distance in time takes away at least; none when the signal may not join.
    lost: Option<f64>,
    /// Likeness of words, once asked.
    text: Option<f64>,
    best: Option<Candidate>,
}

impl State {
    /// Evidence for candidate clusters, the best first, of two equal ones the older: the best of all and every
    /// one that the signal may join.
    pub(super) fn candidates_for(&mut self, key: u64, signal: &Signal) -> Vec<Candidate> {
        let words = Words::new(signal, &self.likeness);
        let weights = &self.grouping.weights;
        let scorer = Scorer { weights };
        let mut ids: Vec<u64> = Vec::with_capacity(MOST_COMPARED / 2);
        let mut met: Vec<Met<'_>> = Vec::with_capacity(MOST_COMPARED / 2);
        let mut highest = f64::NEG_INFINITY;
        let nowhere = [(String::new(), 1.0)];
        let systems = if signal.systems.is_empty() { &nowhere[..] } else { &signal.systems };
        let mut compared = 0;
        for (own, belief) in systems {
            let near = self.derived.index.near(own, &self.derived.topology);
            let own = self.derived.index.number(own);
            let mut most = (None, 0.0);
            for (other, relation) in near.iter() {
                // They come in order of relation.
                if most.0 != Some(*relation) {
                    let bound = scorer.bounds(signal, *belief, *relation).iter().sum();
                    most = (Some(*relation), bound);
                }
                let bound = most.1;
                // It fits better elsewhere than it could here, and could tie nothing together.
                let is_behind = highest > bound && (signal.is_ticket() || bound < weights.merge);
                if bound <= 0.0 || is_behind {
                    continue;
                }
                // What is over comes back where it was; users may still write about it from anywhere.
                let with_over = signal.is_ticket() || *relation == Relation::Same;
                let over = with_over.then(|| self.derived.index.over_at(*other));
                for id in self.derived.index.at(*other).chain(over.into_iter().flatten()) {
                    let known = ids.iter().position(|known| *known == id);
                    let at = known.unwrap_or(ids.len());
                    if known.is_none() {
                        let Some(brief) = self.derived.index.brief(id) else { continue };
                        let lost = self
                            .may_join(key, signal, (id, brief.is_over))
                            .then(|| timing::least_lost(weights, signal, &brief));
                        ids.push(id);
                        met.push(Met { brief, cluster: None, lost, text: None, best: None });
                    }
                    let Some(one) = met.get_mut(at) else { continue };
                    let Some(lost) = one.lost else { continue };
                    compared += 1;
                    let most = bound - lost;
                    // It fits better already than it could from here.
                    if one.best.is_some_and(|best| best.score >= most) {
                        continue;
                    }
                    // Others fit better, and this one could not be tied to them.
                    let is_tied = most > 0.0
                        && !signal.is_ticket()
                        && (most >= weights.merge || one.brief.only_tickets);
                    if most <= highest && !is_tied {
                        continue;
                    }
                    let system = self.derived.index.name(*other);
                    let known = one.cluster.or_else(|| self.clusters.get(&id).map(Arc::as_ref));
                    let Some(cluster) = known else { continue };
                    one.cluster = Some(cluster);
                    let Some(summary) = cluster.systems().get(system) else { continue };
                    let text = *one.text.get_or_insert_with(|| {
                        scorer.text(&words, cluster, self.examples(cluster))
                    });
                    if signal.systems.is_empty() && text < scorer.alike() {
                        continue;
                    }
                    let place = (cluster, summary.as_ref());
                    let values = scorer.compare(signal, *belief, place, *relation, text);
                    let (score, other, relation) = (values.iter().sum(), *other, *relation);
                    if one.best.is_none_or(|best| best.score < score) {
                        one.best =
                            Some(Candidate { cluster: id, values, score, own, other, relation });
                        highest = highest.max(score);
                    }
                }
                if compared >= MOST_COMPARED {
                    break;
                }
            }
        }
        let mut found: Vec<Candidate> = met.into_iter().filter_map(|one| one.best).collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.cluster.cmp(&b.cluster)));
        found
    }

    /// How a signal fits one cluster, wherever it fits best.
    pub(super) fn fit(&mut self, key: u64, signal: &Signal, id: u64) -> Option<Candidate> {
        let cluster = self.clusters.get(&id).map(Arc::clone)?;
        let brief = Brief::of(&cluster);
        if !self.may_join(key, signal, (id, brief.is_over)) {
            return None;
        }
        let words = Words::new(signal, &self.likeness);
        let scorer = Scorer { weights: &self.grouping.weights };
        let text = scorer.text(&words, &cluster, self.examples(&cluster));
        let lost = timing::least_lost(&self.grouping.weights, signal, &brief);
        let mut best: Option<Candidate> = None;
        for (own, belief) in &signal.systems {
            let near = self.derived.index.near(own, &self.derived.topology);
            let own = self.derived.index.number(own);
            let mut most = (None, 0.0);
            for (other, relation) in near.iter() {
                if most.0 != Some(*relation) {
                    let bound: f64 = scorer.bounds(signal, *belief, *relation).iter().sum();
                    most = (Some(*relation), bound - lost);
                }
                if best.is_some_and(|best| best.score >= most.1) {
                    continue;
                }
                let system = self.derived.index.name(*other);
                let Some(summary) = cluster.systems().get(system) else { continue };
                let place = (cluster.as_ref(), summary.as_ref());
                let values = scorer.compare(signal, *belief, place, *relation, text);
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
    fn may_join(&self, key: u64, signal: &Signal, (id, is_over): (u64, bool)) -> bool {
        if self.constraints.barred(key, id).is_some() {
            return false;
        }
        if !is_over {
            return true;
        }
        let Some(cluster) = self.clusters.get(&id) else { return false };
        let Some(resolved_at) = cluster.standing().resolved_at else { return true };
        if signal.is_ticket() {
            return signal.since <= resolved_at.plus_millis(LATE_TICKETS_MS);
        }
        let here = cluster.systems().get(signal.system());
        here.is_some_and(|summary| summary.all.symptoms.count(signal.symptom.as_str()) > 0)
    }

    pub(super) fn examples<'s>(&'s self, cluster: &'s Cluster) -> impl Iterator<Item = &'s Signal> {
        let texts = &cluster.totals().texts;
        let first = texts.iter().take(EXAMPLES / 2);
        let rest = usize::try_from(texts.len()).unwrap_or(usize::MAX).saturating_sub(EXAMPLES / 2);
        let last = texts.iter().rev().take(rest.min(EXAMPLES / 2));
        first.chain(last).filter_map(|((_, key), _)| self.signals.get(*key))
    }
}
