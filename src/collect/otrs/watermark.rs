//! Where the reader stands: a second of the server's clock and what was already handed over
//! around it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Time;

/// The form in which a ticket was read: the same form is not handed over twice. `Changed` has a
/// resolution of one second, so the rest is needed as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Form {
    /// When it last changed, by the server's clock.
    pub(super) changed: Time,
    /// Its newest article; 0 when there is none.
    pub(super) last_article: u64,
    /// A hash of its attributes. Another release of the engine may hash differently; then the
    /// overlap is handed over once more.
    pub(super) hash: u64,
}

/// The reader's place, to be saved after its tickets are safely stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watermark {
    /// The largest change seen, by the server's clock, whole seconds.
    pub changed: Time,
    /// Tickets of the overlap that were handed over, each in the form it had.
    seen: BTreeMap<u64, Form>,
    /// Tickets that were still being built.
    pub(super) unfinished: BTreeSet<u64>,
}

impl Watermark {
    /// A place where nothing was handed over yet.
    #[must_use]
    pub fn at(changed: Time) -> Self {
        Self { changed, seen: BTreeMap::new(), unfinished: BTreeSet::new() }
    }

    pub(super) fn has_seen(&self, id: u64, form: Form) -> bool {
        self.seen.get(&id) == Some(&form)
    }

    /// Remembers what was read and forgets what no later search can bring again.
    pub(super) fn keep(&mut self, read: BTreeMap<u64, Form>, next_start: Time) {
        self.seen.extend(read);
        let unfinished = &self.unfinished;
        self.seen.retain(|id, form| form.changed >= next_start && !unfinished.contains(id));
    }
}
