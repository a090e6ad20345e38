//! A detector's verdict about one thing over an interval.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Severity, Text, Time};

/// Where a finding is in its life. A finding is the same one as long as its key is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FindingState {
    /// The detector has just seen it.
    Raised,
    /// It goes on, with another severity or other evidence.
    Updated,
    /// It is over.
    Cleared,
}

/// What the rule knows about its finding: can the thing found break others, or is it broken by them?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Something broke here: a full disk, a lock chain, a dead node.
    Cause,
    /// Something is felt here and may come from below: slow answers, errors.
    Symptom,
}

/// What the users of the thing feel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Impact {
    /// It answers slowly or hangs.
    Slow,
    /// It answers with errors.
    Errors,
    /// It does not answer.
    Down,
    /// It shows old or missing data.
    Stale,
    /// Nothing yet: redundancy or room was lost.
    Unfelt,
}

impl Impact {
    /// The word that packs and foreign alerts use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Slow => "slow",
            Self::Errors => "errors",
            Self::Down => "down",
            Self::Stale => "stale",
            Self::Unfelt => "unfelt",
        }
    }

    /// Reads the word that packs and foreign alerts use.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        match word {
            "slow" => Some(Self::Slow),
            "errors" => Some(Self::Errors),
            "down" => Some(Self::Down),
            "stale" => Some(Self::Stale),
            "unfelt" => Some(Self::Unfelt),
            _ => None,
        }
    }
}

/// One number that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// What was measured, as a word of the detector: `value`, `time_left`, `baseline`, ….
    pub name: String,
    /// The number.
    pub value: f64,
    /// The limit it was held against, if there is one.
    pub limit: Option<f64>,
    /// The unit: `seconds`, `bytes`, `ratio`, or "" for a plain count.
    pub unit: String,
}

/// What a finding says beside its title: kept with the incident so that pages can show it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The thing inside the system.
    pub object: String,
    /// What to do.
    pub advice: Text,
    /// The page of `docs/` that says more, or an address elsewhere.
    pub runbook: String,
    /// Where it can be read in the monitoring that sent it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The numbers it rests on.
    pub evidence: Vec<Evidence>,
    /// What the charts show, together with the labels.
    pub expr: String,
    /// The labels of the series it came from.
    pub labels: BTreeMap<String, String>,
}

/// A detector's verdict about one thing: raised, updated, cleared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Its identity: `pack/rule{label="value",…}`.
    pub key: String,
    /// The rule's name in its pack.
    pub rule: String,
    /// The key of the system it speaks of, a node of the topology.
    pub system: String,
    /// The thing inside that system, in words: `crm-db-1`, `/var/lib (crm-app-2)`.
    pub object: String,
    /// The labels of the series it came from.
    pub labels: BTreeMap<String, String>,
    /// How bad.
    pub severity: Severity,
    /// Where in its life.
    pub state: FindingState,
    /// 0…1: how sure the detector is.
    pub score: f64,
    /// Cause or symptom.
    pub role: Role,
    /// Whether systems that depend on this one suffer from it.
    pub spreads: bool,
    /// What users feel.
    pub impact: Impact,
    /// It says that a source cannot be seen, not that the source is ill.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
    /// One line for people, placeholders filled in.
    pub title: Text,
    /// What to do.
    pub advice: Text,
    /// The page of `docs/` that says more.
    pub runbook: String,
    /// The numbers it rests on.
    pub evidence: Vec<Evidence>,
    /// The PromQL expression, restricted to this object: what the charts show.
    pub expr: String,
    /// When it began, as far as the samples tell.
    pub since: Time,
    /// When this verdict was given: the time of the newest sample.
    pub at: Time,
}
