//! The objects of one rule at one source, found by their labels without making a text of them: a rule
//! over a hundred thousand series is evaluated every few seconds.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use serde::{Deserialize, Serialize};

use super::object::Object;
use crate::series::query::Labels;

/// Objects with their keys, in the order they were first seen.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Objects {
    list: Vec<(String, Object)>,
    /// The place of an object by the hash of its labels; rebuilt when it is empty.
    #[serde(skip)]
    places: BTreeMap<u64, usize>,
}

/// The labels that identify an object: all but the metric's name and the job.
pub(super) fn identifying(labels: &Labels) -> impl Iterator<Item = (&str, &str)> {
    labels.iter().filter(|(name, _)| !matches!(*name, "__name__" | "job"))
}

fn hash<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> u64 {
    let mut hasher = DefaultHasher::new();
    for pair in labels {
        pair.hash(&mut hasher);
    }
    hasher.finish()
}

fn is_of(object: &Object, labels: &Labels) -> bool {
    let own = object.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    identifying(labels).eq(own)
}

impl Objects {
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// The place of the object with these labels, if it is known.
    pub(super) fn find(&mut self, labels: &Labels) -> Option<usize> {
        if self.places.len() != self.list.len() {
            self.places = (0_usize..)
                .zip(&self.list)
                .map(|(place, (_, object))| {
                    let own = object.labels.iter().map(|(n, v)| (n.as_str(), v.as_str()));
                    (hash(own), place)
                })
                .collect();
        }
        let place = self.places.get(&hash(identifying(labels))).copied()?;
        let is_it = |place: &usize| self.list.get(*place).is_some_and(|(_, o)| is_of(o, labels));
        // Two sets of labels with one hash: then all are looked through.
        let by_search = || self.list.iter().position(|(_, object)| is_of(object, labels));
        Some(place).filter(is_it).or_else(by_search)
    }

    /// Adds an object; returns its place.
    pub(super) fn add(&mut self, key: String, labels: &Labels, object: Object) -> usize {
        let place = self.list.len();
        self.places.insert(hash(identifying(labels)), place);
        self.list.push((key, object));
        place
    }

    /// The object at a place, with its key.
    pub(super) fn at(&mut self, place: usize) -> Option<(&str, &mut Object)> {
        self.list.get_mut(place).map(|(key, object)| (key.as_str(), object))
    }

    /// Keeps the objects that `stays` says so of.
    pub(super) fn retain(&mut self, mut stays: impl FnMut(&str, &mut Object) -> bool) {
        let before = self.list.len();
        self.list.retain_mut(|(key, object)| stays(key, object));
        if self.list.len() != before {
            self.places.clear();
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Object> {
        self.list.iter().map(|(_, object)| object)
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Object> {
        self.list.iter_mut().map(|(_, object)| object)
    }
}
