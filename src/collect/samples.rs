//! What a poll gathers. Series are made once and kept, so that a poll in the steady state
//! allocates nothing but the list of its samples.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::model::{Sample, Series, SeriesRef};

/// The most series one source may have unless it says otherwise; what is beyond is counted and dropped.
pub(super) const SERIES_LIMIT: usize = 200_000;

/// The samples of the current poll, and the series known from earlier ones.
#[derive(Debug)]
pub struct Samples {
    base: Vec<(String, String)>,
    known: HashMap<u64, (SeriesRef, u32)>,
    poll: u32,
    current: Vec<Sample>,
    dropped: u64,
    most: usize,
}

impl Samples {
    /// Starts with the labels that every series of the source gets: `job`, `instance`, `system`
    /// and what the operator added.
    #[must_use]
    pub fn new(base: Vec<(String, String)>) -> Self {
        Self {
            base,
            known: HashMap::new(),
            poll: 0,
            current: Vec::new(),
            dropped: 0,
            most: SERIES_LIMIT,
        }
    }

    /// Takes at most so many series.
    #[must_use]
    pub fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// The value of one of the base labels.
    #[must_use]
    pub fn base_label(&self, name: &str) -> Option<&str> {
        self.base.iter().find(|(label, _)| label == name).map(|(_, value)| value.as_str())
    }

    /// Sets a label that every series gets from now on: one that only the source itself can tell, such
    /// as the name of its cluster.
    pub fn set_base_label(&mut self, name: &str, value: &str) {
        if self.base_label(name) == Some(value) {
            return;
        }
        self.base.retain(|(label, _)| label != name);
        self.base.push((name.to_owned(), value.to_owned()));
        self.known.clear();
    }

    /// Adds one sample. Labels may come in any order.
    pub fn push(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        labels.hash(&mut hasher);
        let key = hasher.finish();
        if !self.known.contains_key(&key) {
            let series = Series::new(name, self.base_pairs().chain(labels.iter().copied()));
            self.remember(key, Arc::new(series));
        }
        self.push_known(key, value);
    }

    /// Adds one sample by a key of the caller's own (a hash of the raw text of the series);
    /// false when the key is not known yet: then call [`Samples::remember_labels`].
    pub fn push_known(&mut self, key: u64, value: f64) -> bool {
        let Some((series, seen)) = self.known.get_mut(&key) else { return false };
        *seen = self.poll;
        self.current.push(Sample { series: Arc::clone(series), value });
        true
    }

    /// Makes a series known under a key of the caller's own. A label of the exposition that is also
    /// a base label is kept as `exported_NAME`, as Prometheus does.
    pub fn remember_labels(&mut self, key: u64, name: &str, labels: &[(&str, &str)]) {
        let renamed: Vec<(String, &str)> = labels
            .iter()
            .map(|(label, value)| match self.base_label(label) {
                Some(_) => (format!("exported_{label}"), *value),
                None => ((*label).to_owned(), *value),
            })
            .collect();
        let own = renamed.iter().map(|(label, value)| (label.as_str(), *value));
        let series = Series::new(name, self.base_pairs().chain(own));
        self.remember(key, Arc::new(series));
    }

    /// Ends the poll: hands over its samples and forgets series that have been gone for ten polls.
    pub fn take(&mut self) -> Vec<Sample> {
        if self.poll % 10 == 9 {
            let poll = self.poll;
            self.known.retain(|_, (_, seen)| poll.wrapping_sub(*seen) < 10);
        }
        self.poll = self.poll.wrapping_add(1);
        std::mem::take(&mut self.current)
    }

    /// How many samples the current poll has so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.current.len()
    }

    /// True when the current poll has brought nothing yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.current.is_empty()
    }

    /// How many new series were refused since the start because the source has too many.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    fn base_pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.base.iter().map(|(label, value)| (label.as_str(), value.as_str()))
    }

    fn remember(&mut self, key: u64, series: SeriesRef) {
        if self.known.len() >= self.most {
            self.dropped += 1;
            return;
        }
        self.known.insert(key, (series, self.poll));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_made_once_and_base_labels_win() {
        let mut samples = Samples::new(vec![("instance".into(), "db".into())]);
        samples.push("pg_up", &[("a", "1")], 1.0);
        let first = samples.take();
        samples.push("pg_up", &[("a", "1")], 2.0);
        let second = samples.take();
        assert!(Arc::ptr_eq(&first[0].series, &second[0].series));
        samples.remember_labels(7, "m", &[("instance", "x")]);
        assert!(samples.push_known(7, 1.0));
        let third = samples.take();
        assert_eq!(third[0].series.to_string(), "m{exported_instance=\"x\",instance=\"db\"}");
    }

    #[test]
    fn a_source_is_taken_as_far_as_it_may() {
        let mut samples = Samples::new(Vec::new()).at_most(2);
        for name in ["a", "b", "c", "d"] {
            samples.push(name, &[], 1.0);
        }
        assert_eq!((samples.current.len(), samples.dropped), (2, 2));
    }
}
