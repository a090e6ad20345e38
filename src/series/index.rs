//! The inverted index: which series have which value of which label.
//!
//! Lists are not sorted and may name series that are gone until the next purge: whoever reads one
//! checks each series it names. Values are kept in order, so that answers do not depend on hashing.

use std::collections::{BTreeMap, HashMap};

use regex::Regex;

use crate::model::Series;

/// The number of a series inside the store; given anew once the series is gone.
pub(super) type Id = u32;

/// A condition on one label.
#[derive(Clone, Debug)]
pub(super) struct Matcher {
    /// The label's name.
    pub(super) label: Box<str>,
    /// What its value must be; a label that is not there has the value "".
    pub(super) test: Test,
}

/// What the value of a label must be.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Exactly this.
    Equal(Box<str>),
    /// Anything but this.
    NotEqual(Box<str>),
    /// Fully matched by the (anchored) expression.
    Matches(Regex),
    /// Not matched by it.
    MatchesNot(Regex),
}

impl Matcher {
    /// Whether a value passes.
    pub(super) fn passes(&self, value: &str) -> bool {
        match &self.test {
            Test::Equal(wanted) => **wanted == *value,
            Test::NotEqual(wanted) => **wanted != *value,
            Test::Matches(regex) => regex.is_match(value),
            Test::MatchesNot(regex) => !regex.is_match(value),
        }
    }

    /// Whether a series passes.
    pub(super) fn admits(&self, series: &Series) -> bool {
        self.passes(series.get(&self.label).unwrap_or_default())
    }
}

/// Label → value → series.
#[derive(Debug, Default)]
pub(super) struct Index {
    labels: HashMap<Box<str>, BTreeMap<Box<str>, Vec<Id>>>,
}

impl Index {
    /// The names of labels, in order.
    pub(super) fn labels(&self) -> impl Iterator<Item = &str> {
        let mut names: Vec<&str> = self.labels.keys().map(|name| &**name).collect();
        names.sort_unstable();
        names.into_iter()
    }

    /// Enters a series.
    pub(super) fn insert(&mut self, id: Id, series: &Series) {
        for (label, value) in series.labels() {
            if !self.labels.contains_key(label) {
                self.labels.insert(label.into(), BTreeMap::new());
            }
            let Some(values) = self.labels.get_mut(label) else { continue };
            match values.get_mut(value) {
                Some(list) => list.push(id),
                None => {
                    values.insert(value.into(), vec![id]);
                }
            }
        }
    }

    /// Takes out every series that is not alive. Costs a walk over the whole index.
    pub(super) fn purge(&mut self, is_alive: impl Fn(Id) -> bool) {
        self.labels.retain(|_, values| {
            values.retain(|_, list| {
                list.retain(|id| is_alive(*id));
                if list.capacity() > 4 * list.len() {
                    list.shrink_to_fit();
                }
                !list.is_empty()
            });
            !values.is_empty()
        });
    }

    /// The series with exactly this value of a label.
    pub(super) fn equal(&self, label: &str, value: &str) -> &[Id] {
        let found = self.labels.get(label).and_then(|values| values.get(value));
        found.map_or(&[], Vec::as_slice)
    }

    /// The series whose value of the matcher's label passes, one after the other by value.
    pub(super) fn passing(&self, matcher: &Matcher) -> Vec<Id> {
        let Some(values) = self.labels.get(&*matcher.label) else { return Vec::new() };
        let passing = values.iter().filter(|(value, _)| matcher.passes(value));
        passing.flat_map(|(_, list)| list.iter().copied()).collect()
    }

    /// The values of a label in order.
    pub(super) fn values(&self, label: &str) -> impl Iterator<Item = &str> {
        self.labels.get(label).into_iter().flat_map(|values| values.keys()).map(|value| &**value)
    }
}
