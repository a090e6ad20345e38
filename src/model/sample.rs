//! One number at a time, and the series it belongs to, named as in Prometheus.

use std::fmt;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use super::Time;

/// A series: a metric name (label `__name__`) and its labels, sorted by name.
///
/// The fingerprint is a hash of all of them, made once: appending a sample costs one look-up by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    fingerprint: u64,
    labels: Box<[(Box<str>, Box<str>)]>,
}

/// A shared series; collectors keep these between polls so that a sample allocates nothing.
pub type SeriesRef = Arc<Series>;

impl Series {
    /// Makes a series from its name and labels, in any order. Labels with an empty value are
    /// dropped, as Prometheus does; of two labels with one name the last wins.
    pub fn new<'a>(name: &'a str, labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut pairs: Vec<(Box<str>, Box<str>)> = Vec::new();
        let named = std::iter::once(("__name__", name)).filter(|(_, value)| !value.is_empty());
        for (label, value) in named.chain(labels) {
            pairs.retain(|(known, _)| **known != *label);
            if !value.is_empty() {
                pairs.push((label.into(), value.into()));
            }
        }
        pairs.sort();
        let mut hasher = foldable_hasher();
        for (label, value) in &pairs {
            hasher.write(label.as_bytes());
            hasher.write_u8(0xff);
            hasher.write(value.as_bytes());
            hasher.write_u8(0xff);
        }
        Self { fingerprint: hasher.finish(), labels: pairs.into_boxed_slice() }
    }

    /// The hash of name and labels. Stable within a process only: never stored.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// The metric name, or "" for a computed series without one.
    #[must_use]
    pub fn name(&self) -> &str {
        self.get("__name__").unwrap_or_default()
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, label: &str) -> Option<&str> {
        let found = self.labels.binary_search_by(|(known, _)| (**known).cmp(label)).ok()?;
        self.labels.get(found).map(|(_, value)| &**value)
    }

    /// All labels in order of name, `__name__` among them.
    pub fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        self.labels.iter().map(|(name, value)| (&**name, &**value))
    }
}

fn foldable_hasher() -> impl Hasher {
    std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default().build_hasher()
}

/// The notation of PromQL: `name{label="value"}`.
impl fmt::Display for Series {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())?;
        formatter.write_str("{")?;
        let mut first = true;
        for (name, value) in self.labels().filter(|(name, _)| *name != "__name__") {
            let separator = if first { "" } else { "," };
            write!(formatter, "{separator}{name}={value:?}")?;
            first = false;
        }
        formatter.write_str("}")
    }
}

/// One number of one series; its time is that of the batch it came in.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The series it belongs to.
    pub series: SeriesRef,
    /// The value; NaN is a legal value and means «not known».
    pub value: f64,
}

/// Everything one poll of one source brought.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The kind of the source: `host`, `postgres`, …; the packs that run after it say the same.
    pub kind: &'static str,
    /// The source's name, the value of its `instance` label.
    pub instance: Arc<str>,
    /// When it was polled.
    pub at: Time,
    /// The samples, the source's own health (`up`, …) among them.
    pub samples: Vec<Sample>,
}
