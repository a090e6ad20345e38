//! The history of a case: apart from what was decided, so that undo restores the one and not the other.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::State;
use crate::model::{CaseId, Message, Time, TimelineEntry, TimelineKind};

/// The most lines kept; beyond it the second oldest go, the first stays.
const MOST_LINES: usize = 200;

/// The lines of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    pub(super) lines: Vec<TimelineEntry>,
}

impl State {
    /// Adds a line to a case's history.
    pub fn note(&mut self, at: Time, id: CaseId, kind: TimelineKind, message: Message) {
        self.add_line(id, TimelineEntry { at, kind, message, act: None });
    }

    pub(super) fn add_line(&mut self, id: CaseId, line: TimelineEntry) {
        if !self.cases.contains_key(&id) {
            return;
        }
        let history = Arc::make_mut(self.histories.entry(id).or_default());
        if history.lines.len() >= MOST_LINES {
            // People's words go last.
            let mut from = history.lines.iter().skip(1);
            let oldest =
                from.position(|line| line.kind != TimelineKind::Review).map_or(1, |n| n + 1);
            history.lines.remove(oldest);
        }
        history.lines.push(line);
        self.touched.insert(id);
    }

    /// The history of a case, oldest first.
    #[must_use]
    pub fn history(&self, id: CaseId) -> &[TimelineEntry] {
        self.histories.get(&id).map_or(&[], |history| &history.lines)
    }
}
