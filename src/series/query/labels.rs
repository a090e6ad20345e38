//! The labels of a result, and the part of them by which results are matched and grouped.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use crate::model::{Series, SeriesRef};

/// The label that holds the metric name.
pub(super) const NAME: &str = "__name__";

/// The labels of a result, in order of name. Most functions drop the metric name; then the series
/// is still shared and only its name hidden, so that a result costs no copy of its labels.
#[derive(Clone, Debug)]
pub struct Labels {
    series: SeriesRef,
    is_nameless: bool,
}

impl Labels {
    /// The labels of a series, its name among them.
    #[must_use]
    pub fn of(series: &SeriesRef) -> Self {
        Self { series: Arc::clone(series), is_nameless: false }
    }

    /// Makes labels from pairs in any order; the metric name goes under `__name__`.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        Self { series: Arc::new(Series::new("", pairs)), is_nameless: false }
    }

    /// The same without the metric name.
    #[must_use]
    pub fn without_name(self) -> Self {
        Self { is_nameless: true, ..self }
    }

    /// Drops the metric name.
    pub(super) fn hide_name(&mut self) {
        self.is_nameless = true;
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&str> {
        if self.is_nameless && label == NAME { None } else { self.series.get(label) }
    }

    /// All labels in order of name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        let hides_name = self.is_nameless;
        self.series.labels().filter(move |(name, _)| !(hides_name && *name == NAME))
    }

    /// These labels with one set to a value; the value "" takes it away.
    #[must_use]
    pub fn with(&self, label: &str, value: &str) -> Self {
        let others = self.iter().filter(|(name, _)| *name != label);
        Self::from_pairs(others.chain(std::iter::once((label, value))))
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        (self.is_nameless == other.is_nameless && Arc::ptr_eq(&self.series, &other.series))
            || self.iter().eq(other.iter())
    }
}

impl Eq for Labels {}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other.iter())
    }
}

impl Hash for Labels {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for pair in self.iter() {
            pair.hash(state);
        }
    }
}

/// The notation of PromQL: `name{label="value"}`.
impl fmt::Display for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.get(NAME).unwrap_or_default())?;
        formatter.write_str("{")?;
        let mut separator = "";
        for (name, value) in self.iter().filter(|(name, _)| *name != NAME) {
            write!(formatter, "{separator}{name}={value:?}")?;
            separator = ",";
        }
        formatter.write_str("}")
    }
}

/// Which labels count when results are matched or grouped; the metric name counts only when named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// Only these: `on`, `by`. In order of name, each once.
    Only(Vec<String>),
    /// All but these: `ignoring`, `without`.
    Except(Vec<String>),
}

impl Rule {
    /// Whether a label counts.
    pub(super) fn counts(&self, label: &str) -> bool {
        match self {
            Self::Only(names) => names.iter().any(|name| name == label),
            Self::Except(names) => label != NAME && names.iter().all(|name| name != label),
        }
    }
}

/// The labels that count under a rule, as a key: compared without being copied.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key<'a> {
    labels: &'a Labels,
    rule: &'a Rule,
}

impl<'a> Key<'a> {
    /// The key of some labels.
    pub(super) fn new(labels: &'a Labels, rule: &'a Rule) -> Self {
        Self { labels, rule }
    }

    fn iter(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let rule = self.rule;
        self.labels.iter().filter(|(name, _)| rule.counts(name))
    }

    /// The labels that count, on their own.
    pub(super) fn to_labels(self) -> Labels {
        Labels::from_pairs(self.iter())
    }
}

impl PartialEq for Key<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for Key<'_> {}

impl Hash for Key<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for pair in self.iter() {
            pair.hash(state);
        }
    }
}
