//! Evidence for «same cause»: a list of features, each with a name, a value in log-odds and the most it
//! could be. They add up; a positive sum joins.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::model::{Message, Reason};
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
    /// Judged again with others, a fault of this system explains it best.
    Fault {
        /// How much better than none, in log-odds.
        value: f64,
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
            Self::Fault { value, .. } => *value,
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
            Self::Fault { value, system } => {
                vec![Reason::new(*value, Message::new("why-fault").system("system", system))]
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
