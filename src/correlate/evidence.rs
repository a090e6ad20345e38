//! Evidence for «same cause»: a list of features, each with a name, a value in log-odds and the most it
//! could be. They add up; a positive sum joins.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::cluster::Cluster;
use super::summary::{SystemSummary, Tally};
use super::timing;
use super::weights::Weights;
use crate::model::{Impact, Message, Reason, Role, Signal};
use crate::text::Likeness;
use crate::topology::Relation;

/// The features, in the order of their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// What speaks against before anything is known.
    Prior,
    /// Nearness and direction on the dependency graph.
    Graph,
    /// How sure it is that the signal speaks of that system.
    Belief,
    /// Nearness in time to the fault's onset or last worsening.
    Time,
    /// Two causes are two faults.
    Roles,
    /// What is felt against what is broken.
    Impact,
    /// Likeness of words.
    Text,
    /// The same branch or another.
    Mrf,
}

impl Feature {
    /// All features.
    const ALL: [Self; FEATURES] = [
        Self::Prior,
        Self::Graph,
        Self::Belief,
        Self::Time,
        Self::Roles,
        Self::Impact,
        Self::Text,
        Self::Mrf,
    ];

    /// The place of its value.
    pub(super) fn index(self) -> usize {
        Self::ALL.iter().position(|feature| *feature == self).unwrap_or(usize::MAX)
    }

    /// The key of its words, of all but the graph's.
    const fn message(self) -> &'static str {
        match self {
            Self::Prior => "why-prior",
            Self::Graph => "why-same-system",
            Self::Belief => "why-belief",
            Self::Time => "why-time",
            Self::Roles => "why-two-causes",
            Self::Impact => "why-impact",
            Self::Text => "why-text",
            Self::Mrf => "why-mrf",
        }
    }
}

/// How many features there are.
const FEATURES: usize = 8;

/// The values of the features, by [`Feature::ALL`].
pub(super) type Values = [f64; FEATURES];

/// Why a signal is where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The cluster began with it.
    First,
    /// Evidence, seen from where it fitted best.
    Evidence {
        /// The features' values.
        values: Values,
        /// The signal's own system; empty when it names none.
        own: CompactString,
        /// The system of the cluster it was compared at.
        other: CompactString,
        /// How the two systems lie; none where no system is named.
        relation: Option<Relation>,
    },
    /// So many tickets at one system at once have one cause, whatever their words.
    Surge {
        /// The system.
        system: CompactString,
    },
    /// A person put it here.
    Act {
        /// The act's number.
        act: u64,
    },
}

impl Why {
    /// Log-odds of «same cause»; 0 where nothing was compared.
    #[must_use]
    pub fn log_odds(&self) -> f64 {
        match self {
            Self::Evidence { values, .. } => values.iter().sum(),
            Self::First | Self::Surge { .. } | Self::Act { .. } => 0.0,
        }
    }

    /// In words, strongest first; pieces that would be shown as zero are left out.
    #[must_use]
    pub fn reasons(&self) -> Vec<Reason> {
        match self {
            Self::First => Vec::new(),
            Self::Surge { system } => {
                vec![Reason::new(0.0, Message::new("why-surge").system("system", system))]
            }
            Self::Act { act } => {
                let act = Message::new("why-act").word("act", act.to_string());
                vec![Reason::new(0.0, act)]
            }
            Self::Evidence { values, own, other, relation } => {
                let pieces = Feature::ALL.into_iter().zip(values);
                let mut reasons: Vec<Reason> = pieces
                    .filter(|(_, value)| value.abs() > 0.05)
                    .map(|(feature, value)| {
                        Reason::new(*value, words(feature, own, other, *relation))
                    })
                    .collect();
                reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
                reasons
            }
        }
    }
}

fn words(feature: Feature, own: &str, other: &str, relation: Option<Relation>) -> Message {
    let pair = |key, hops: Option<u8>| {
        let message = Message::new(key).system("own", own).system("other", other);
        match hops {
            Some(hops) => message.number("hops", f64::from(hops)),
            None => message,
        }
    };
    match (feature, relation) {
        (Feature::Graph, None) => Message::new("why-no-system"),
        (Feature::Graph, Some(Relation::Same)) => {
            Message::new("why-same-system").system("system", other)
        }
        (Feature::Graph, Some(Relation::Needs(hops))) => pair("why-needs", Some(hops)),
        (Feature::Graph, Some(Relation::Serves(hops))) => pair("why-serves", Some(hops)),
        (Feature::Graph, Some(Relation::Sibling)) => pair("why-sibling", None),
        (Feature::Belief, _) => Message::new("why-belief").system("system", own),
        (feature, _) => Message::new(feature.message()),
    }
}

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
        (cluster, summary): (&Cluster, &SystemSummary),
        relation: Relation,
        text: f64,
    ) -> Values {
        let tally = cluster.speaking(summary);
        [
            self.weights.prior,
            self.graph(signal, tally, relation),
            belief.max(0.01).ln(),
            timing::nearness(self.weights, signal, cluster, summary),
            self.roles(signal, cluster, tally, relation),
            self.impact(signal, tally, relation),
            text,
            self.mrf(signal, cluster),
        ]
    }

    /// The most that each feature could be where `relation` lies between the two: a comparison is only
    /// worth its cost where their sum is positive.
    pub(super) fn bounds(&self, signal: &Signal, belief: f64, relation: Relation) -> Values {
        let weights = self.weights;
        let graph = match relation {
            Relation::Same if signal.systems.is_empty() => weights.no_system,
            Relation::Same => weights.same_system,
            Relation::Needs(hops) => by_hops(&weights.needs, hops).max(0.0),
            Relation::Serves(hops) if signal.spreads => by_hops(self.serves(signal), hops).max(0.0),
            Relation::Serves(_) => 0.0,
            Relation::Sibling => weights.sibling,
        };
        let impacts = [weights.impact_fits, weights.impact_differs, weights.vague];
        [
            weights.prior,
            graph,
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

    fn roles(&self, signal: &Signal, cluster: &Cluster, tally: &Tally, relation: Relation) -> f64 {
        if signal.role != Role::Cause {
            return 0.0;
        }
        if tally.causes == 0 {
            // What both are felt by does not make one of them.
            let is_second = relation != Relation::Same && cluster.totals().causes > 0;
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
