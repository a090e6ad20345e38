//! The slab of signals: each is kept whole under a stable number while anything refers to it.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::index::Index;
use crate::model::{Signal, Slab};

/// Signals by key and by id. A key is never used again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Signals {
    /// Shared, so that copying the state for a snapshot copies pointers.
    by_key: Slab<Arc<Signal>>,
    by_id: BTreeMap<CompactString, u64>,
    next: u64,
}

impl Signals {
    pub(super) fn get(&self, key: u64) -> Option<&Signal> {
        self.by_key.get(key).map(AsRef::as_ref)
    }

    pub(super) fn share(&self, key: u64) -> Option<Arc<Signal>> {
        self.by_key.get(key).map(Arc::clone)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut Signal> {
        self.by_key.get_mut(key).map(Arc::make_mut)
    }

    pub(super) fn key(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Signal)> {
        self.by_key.iter().map(|(key, signal)| (key, signal.as_ref()))
    }

    pub(super) fn add(&mut self, signal: Signal) -> u64 {
        self.next += 1;
        let key = self.next;
        self.by_id.insert(signal.id.clone(), key);
        self.by_key.insert(key, Arc::new(signal));
        key
    }

    pub(super) fn remove(&mut self, key: u64) -> Option<Arc<Signal>> {
        let signal = self.by_key.remove(key)?;
        self.by_id.remove(&signal.id);
        Some(signal)
    }
}

/// Which signals speak of a system first, by its number: whom a work there concerns. Made from the signals and never
/// stored.
#[derive(Debug, Default)]
pub(super) struct Places(Vec<VecDeque<u64>>);

impl Places {
    /// Of all signals that are kept.
    pub(super) fn new(signals: &Signals, index: &mut Index) -> Self {
        let mut places = Self::default();
        for (key, signal) in signals.iter() {
            places.put(key, index.number(signal.system()));
        }
        places
    }

    pub(super) fn put(&mut self, key: u64, system: u32) {
        let Ok(at) = usize::try_from(system) else { return };
        if self.0.len() <= at {
            self.0.resize_with(at + 1, VecDeque::new);
        }
        let Some(keys) = self.0.get_mut(at) else { return };
        // Nearly all come in order.
        if keys.back().is_none_or(|last| *last < key) {
            return keys.push_back(key);
        }
        if let Err(at) = keys.binary_search(&key) {
            keys.insert(at, key);
        }
    }

    pub(super) fn forget(&mut self, key: u64, system: u32) {
        let keys = usize::try_from(system).ok().and_then(|at| self.0.get_mut(at));
        let Some(keys) = keys else { return };
        // And most go in order.
        if keys.front() == Some(&key) {
            keys.pop_front();
        } else if let Ok(at) = keys.binary_search(&key) {
            keys.remove(at);
        }
    }

    /// The signals of a system, in order of arrival.
    pub(super) fn at(&self, system: Option<u32>) -> impl Iterator<Item = u64> + '_ {
        let at = system.and_then(|system| usize::try_from(system).ok());
        at.and_then(|at| self.0.get(at)).into_iter().flatten().copied()
    }
}
