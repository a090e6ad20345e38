//! Where the reader stands: a second of the server's clock and what was already handed over
//! around it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Time;

/// The reader's place, to be saved after its tickets are safely stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The largest change seen, by the server's clock, whole seconds.
    pub changed: Time,
    /// Tickets of the overlap that were handed over: their change and their newest article.
    seen: BTreeMap<u64, (Time, u64)>,
    /// Tickets that were still being built.
    pub(super) unfinished: BTreeSet<u64>,
}

impl Watermark {
    /// A place where nothing was handed over yet.
    #[must_use]
    pub fn at(changed: Time) -> Self {
        Self { changed, seen: BTreeMap::new(), unfinished: BTreeSet::new() }
    }

    pub(super) fn has_seen(&self, id: u64, known: (Time, u64)) -> bool {
        self.seen.get(&id) == Some(&known)
    }

    /// Remembers what was read and forgets what no later search can bring again.
    pub(super) fn keep(&mut self, read: BTreeMap<u64, (Time, u64)>, next_start: Time) {
        self.seen.extend(read);
        let unfinished = &self.unfinished;
        self.seen.retain(|id, (changed, _)| *changed >= next_start && !unfinished.contains(id));
    }
}
