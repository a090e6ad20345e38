//! The slab of signals: each is kept whole under a stable number while anything refers to it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::Signal;

/// Signals by key and by id. A key is never used again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Signals {
    /// Shared, so that copying the state for a snapshot copies pointers.
    by_key: BTreeMap<u64, Arc<Signal>>,
    by_id: BTreeMap<String, u64>,
    next: u64,
}

impl Signals {
    pub(super) fn get(&self, key: u64) -> Option<&Signal> {
        self.by_key.get(&key).map(AsRef::as_ref)
    }

    pub(super) fn share(&self, key: u64) -> Option<Arc<Signal>> {
        self.by_key.get(&key).map(Arc::clone)
    }

    pub(super) fn get_mut(&mut self, key: u64) -> Option<&mut Signal> {
        self.by_key.get_mut(&key).map(Arc::make_mut)
    }

    pub(super) fn key(&self, id: &str) -> Option<u64> {
        self.by_id.get(id).copied()
    }

    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = (u64, &Signal)> {
        self.by_key.iter().map(|(key, signal)| (*key, signal.as_ref()))
    }

    pub(super) fn add(&mut self, signal: Signal) -> u64 {
        self.next += 1;
        let key = self.next;
        self.by_id.insert(signal.id.clone(), key);
        self.by_key.insert(key, Arc::new(signal));
        key
    }

    pub(super) fn remove(&mut self, key: u64) -> Option<Arc<Signal>> {
        let signal = self.by_key.remove(&key)?;
        self.by_id.remove(&signal.id);
        Some(signal)
    }
}
