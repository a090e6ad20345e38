//! Comparing a signal with a cluster: the values of the features, and what they could be at most.

use super::cluster::Cluster;
use super::evidence::{Feature, Values};
use super::index::{Brief, Seen};
use super::summary::Tally;
use super::timing;
use super::weights::Weights;
use crate::model::{Impact, Role, Signal};
use crate::text::Likeness;
use crate::topology::Relation;

/// Compares signals with clusters.
#[derive(Clone, Copy)]
pub(super) struct Scorer<'a> {
    pub(super) weights: &'a Weights,
}

impl Scorer<'_> {
    /// Evidence that a signal, put to a system with `belief`, has the cause of a cluster, seen from what
    /// the cluster knows of the system that lies `relation` away. `text` is [`Self::text`], which is the
    /// same wherever the two are compared.
    pub(super) fn compare(
        &self,
        signal: &Signal,
        belief: f64,
        at: Seen<'_>,
        relation: Relation,
        text: f64,
    ) -> Values {
        let tally = at.tally();
        [
            self.weights.prior,
            self.graph(signal, tally, relation),
            belief.max(0.01).ln(),
            timing::nearness(self.weights, signal, at),
            self.roles(signal, at.brief, tally, relation),
            self.impact(signal, tally, relation),
            text,
            self.mrf(signal, at.cluster),
        ]
    }

    /// The most that each feature could be where `relation` lies between the two, given what they could be
    /// anywhere ([`Self::bounds`]): a comparison is only worth its cost where their sum is positive.
    pub(super) fn bound(&self, signal: &Signal, mut bounds: Values, relation: Relation) -> f64 {
        let weights = self.weights;
        let most = match relation {
            Relation::Same if signal.systems.is_empty() => weights.no_system,
            Relation::Same => weights.same_system,
            Relation::Needs(hops) => by_hops(&weights.needs, hops).max(0.0),
            Relation::Serves(hops) if signal.spreads => by_hops(self.serves(signal), hops).max(0.0),
            Relation::Serves(_) => 0.0,
            Relation::Sibling => weights.sibling,
        };
        if let Some(graph) = bounds.get_mut(Feature::Graph.index()) {
            *graph = most;
        }
        bounds.iter().sum()
    }

    /// The most that each feature could be, but for the graph's.
    pub(super) fn bounds(&self, signal: &Signal, belief: f64) -> Values {
        let weights = self.weights;
        let impacts = [weights.impact_fits, weights.impact_differs, weights.vague];
        [
            weights.prior,
            0.0,
            belief.max(0.01).ln(),
            timing::most(weights, signal),
            weights.two_causes.max(weights.other_instance).max(0.0),
            impacts.into_iter().fold(weights.felt_differs, f64::max).max(0.0),
            if signal.stems.is_empty() { 0.0 } else { (0.8 * weights.likeness).max(0.0) },
            if signal.mrf.is_some() { weights.mrf.abs() } else { 0.0 },
        ]
    }

    fn graph(&self, signal: &Signal, tally: &Tally, relation: Relation) -> f64 {
        match relation {
            Relation::Same if signal.systems.is_empty() => self.weights.no_system,
            Relation::Same => self.weights.same_system,
            // The fault is below: only what spreads can be felt above.
            Relation::Needs(hops) if tally.spreading > 0 => by_hops(&self.weights.needs, hops),
            Relation::Serves(hops) if signal.spreads => by_hops(self.serves(signal), hops),
            Relation::Needs(_) | Relation::Serves(_) => 0.0,
            Relation::Sibling => self.weights.sibling,
        }
    }

    /// What is broken is mostly seen before what is felt of it: monitoring that speaks of it later is less likely
    /// to mean the same. Users come in any order.
    fn serves(&self, signal: &Signal) -> &[f64; 3] {
        if signal.is_ticket() { &self.weights.needs } else { &self.weights.serves }
    }

    /// What it takes away at least, at any system of a cluster but the signal's own, that both are causes.
    pub(super) fn least_lost_to_causes(&self, signal: &Signal, has_causes: bool) -> f64 {
        if !has_causes || signal.role != Role::Cause {
            return 0.0;
        }
        -self.weights.second_cause.max(self.weights.two_causes).min(0.0)
    }

    fn roles(&self, signal: &Signal, brief: &Brief, tally: &Tally, relation: Relation) -> f64 {
        if signal.role != Role::Cause {
            return 0.0;
        }
        if tally.causes == 0 {
            // What both are felt by does not make one of them.
            let is_second = relation != Relation::Same && brief.has_causes;
            return if is_second { self.weights.second_cause } else { 0.0 };
        }
        let is_same_instance =
            || signal.object.is_empty() || tally.objects.count(signal.object.as_str()) > 0;
        match relation {
            Relation::Same if is_same_instance() => 0.0,
            Relation::Same => self.weights.other_instance,
            _ => self.weights.two_causes,
        }
    }

    fn impact(&self, signal: &Signal, tally: &Tally, relation: Relation) -> f64 {
        let Some(felt) = signal.impact else { return self.vague(signal, tally, relation) };
        if tally.impacts.is_empty() {
            return self.like_others(felt, tally, relation);
        }
        let fits = |below: Impact| {
            let fit = self.fits(below, felt);
            match (signal.is_ticket(), relation) {
                // Seen from above, our own impact is the cause of what is felt there.
                (false, Relation::Serves(_)) => self.fits(felt, below),
                // Of two findings at one system either may have come first.
                (false, Relation::Same) => fit.max(self.fits(felt, below)),
                _ => fit,
            }
        };
        let best = tally.impacts.iter().map(|(below, _)| fits(below)).max_by(f64::total_cmp);
        best.unwrap_or(0.0)
    }

    /// A ticket that does not say what is felt says little about a neighbour, and nothing about a fault
    /// that nobody can feel.
    fn vague(&self, signal: &Signal, tally: &Tally, relation: Relation) -> f64 {
        if !signal.is_ticket() {
            return 0.0;
        }
        let is_felt_by_nobody =
            tally.findings > 0 && tally.impacts.iter().all(|(impact, _)| impact == Impact::Unfelt);
        match relation {
            _ if is_felt_by_nobody => 2.0 * self.weights.impact_differs,
            Relation::Same => 0.0,
            _ => self.weights.vague,
        }
    }

    /// Where only tickets speak: do others there feel the same? What is felt at one system may differ within one
    /// fault; at a neighbour it is all there is to go by.
    fn like_others(&self, felt: Impact, tally: &Tally, relation: Relation) -> f64 {
        let all = tally.felt.total();
        if all == 0 {
            return 0.0;
        }
        let share = f64::from(tally.felt.count(felt)) / f64::from(all);
        match relation {
            _ if share >= 0.34 => self.weights.impact_fits,
            Relation::Same => self.weights.felt_differs,
            _ => self.weights.impact_differs,
        }
    }

    /// Can something broken like `broken` be felt like `felt`?
    fn fits(&self, broken: Impact, felt: Impact) -> f64 {
        use Impact::{Down, Errors, Slow, Stale, Unfelt};
        match (broken, felt) {
            (Unfelt, Unfelt) => 0.0,
            (Unfelt, _) => 2.0 * self.weights.impact_differs,
            (_, Unfelt) => 0.0,
            (Slow, Slow) | (Errors, Errors) | (Down, Down | Errors) | (Stale, Stale) => {
                self.weights.impact_fits
            }
            (Slow, Errors) | (Down, Slow) | (Errors, Down | Slow) => 0.0,
            (Down | Errors, Stale) => -0.3,
            // Who says that nothing works at all does not speak of what is slow.
            (Slow, Down) => -0.8,
            (Slow, Stale) | (Stale, _) => self.weights.impact_differs,
        }
    }

    /// Likeness of a ticket's words to those of a cluster: to the best of a few examples, so that the cost
    /// does not follow its size.
    pub(super) fn text<'s>(
        &self,
        words: &Words<'_>,
        cluster: &Cluster,
        examples: impl Iterator<Item = &'s Signal>,
    ) -> f64 {
        if words.stems.is_empty() {
            return 0.0;
        }
        let best = examples.map(|example| words.likeness(example)).max_by(f64::total_cmp);
        let Some(best) = best else { return 0.0 };
        // Unlike words speak against tickets alone, not against a fault that monitoring has seen.
        let least = if cluster.totals().active > 0 { 0.0 } else { self.weights.unlike };
        (self.weights.likeness * (best - 0.2)).max(least)
    }

    /// What words must say at least where no system is named: they are all there is to go by, and one word in
    /// common joins a printer and a monitor.
    pub(super) fn alike(&self) -> f64 {
        self.weights.likeness * (0.5 - 0.2)
    }

    fn mrf(&self, signal: &Signal, cluster: &Cluster) -> f64 {
        let totals = cluster.totals();
        let Some(mrf) = &signal.mrf else { return 0.0 };
        if totals.mrfs.is_empty() {
            0.0
        } else if totals.mrfs.count(mrf.as_str()) > 0 {
            self.weights.mrf
        } else if totals.mrfs.len() == 1 && totals.tickets >= 5 {
            -self.weights.mrf
        } else {
            0.0
        }
    }
}

/// A ticket's words, weighted once for all comparisons.
pub(super) struct Words<'s> {
    stems: Vec<(&'s str, f64)>,
    norm: f64,
}

impl<'s> Words<'s> {
    pub(super) fn new(signal: &'s Signal, likeness: &Likeness) -> Self {
        let square = |stem: &'s String| (stem.as_str(), likeness.idf(stem).powi(2));
        let stems: Vec<(&str, f64)> = signal.stems.iter().map(square).collect();
        let norm = stems.iter().map(|(_, square)| square).sum::<f64>().sqrt();
        Self { stems, norm }
    }

    /// The length of the vector.
    pub(super) fn norm(&self) -> f64 {
        self.norm
    }

    /// Cosine of the weighted stems, 0…1.
    fn likeness(&self, other: &Signal) -> f64 {
        let lengths = self.norm * other.text_norm;
        if lengths <= 0.0 {
            return 0.0;
        }
        let common: f64 = self
            .stems
            .iter()
            .filter(|(stem, _)| {
                other.stems.binary_search_by(|known| known.as_str().cmp(stem)).is_ok()
            })
            .map(|(_, square)| square)
            .sum();
        (common / lengths).min(1.0)
    }
}

fn by_hops(table: &[f64; 3], hops: u8) -> f64 {
    table.get(usize::from(hops).saturating_sub(1)).copied().unwrap_or(0.0)
}
