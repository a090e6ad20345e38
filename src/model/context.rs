//! What the outside tells of itself beside tickets and findings: alerts of other monitoring, planned
//! works, releases, days that are not like others.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Impact, Role, Severity, Text, Time};

/// An alert of another monitoring system, as it stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForeignAlert {
    /// Which system sent it, one word.
    pub source: String,
    /// Its identity there; the same as long as it is the same alert.
    pub fingerprint: String,
    /// What kind of trouble it is: `alertname`.
    pub name: String,
    /// The key of the system it speaks of; empty when it names none.
    pub system: String,
    /// The thing inside that system.
    #[serde(default)]
    pub object: String,
    /// How bad.
    pub severity: Severity,
    /// Cause or symptom.
    pub role: Role,
    /// Whether dependants suffer from it.
    pub spreads: bool,
    /// What users feel, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// The macro-regional branch, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrf: Option<String>,
    /// One line for people.
    pub title: Text,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Where it can be read there; empty when not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
    /// The address of a page that says what to do; empty when not told.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub runbook: String,
    /// When it began.
    pub since: Time,
    /// When it ended; absent while it lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Time>,
    /// A lasting alert that is not repeated until then counts as over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
}

/// Announced works: what is seen at these systems meanwhile is expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// Its identity; the same id again replaces it.
    pub id: String,
    /// What is done.
    pub title: String,
    /// The systems worked on.
    pub systems: Vec<String>,
    /// Only these objects of theirs; empty: all.
    #[serde(default)]
    pub objects: Vec<String>,
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// Called off: it holds nothing any more.
    #[serde(default)]
    pub cancelled: bool,
}

impl Work {
    /// Whether it is under way at `now`.
    #[must_use]
    pub fn is_on(&self, now: Time) -> bool {
        !self.cancelled && self.from <= now && now < self.until
    }
}

/// A version put into operation: a suspect when something starts right after it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its identity; the same id again replaces it.
    pub id: String,
    /// The system.
    pub system: String,
    /// The version.
    pub version: String,
    /// When it went into operation.
    pub at: Time,
}

/// A time that is not like others: month end, a billing run, a holiday.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalendarEntry {
    /// Its identity; the same id again replaces it.
    pub id: String,
    /// What it is.
    pub title: String,
    /// When it begins.
    pub from: Time,
    /// When it ends.
    pub until: Time,
    /// So many times as many tickets as usual are expected, > 0.
    pub factor: f64,
}
