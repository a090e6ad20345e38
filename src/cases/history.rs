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

impl History {
    /// Drops the oldest lines but the very first, those about members first and people's words last; many at once, so
    /// that a line more does not move all the others.
    fn make_room(&mut self) {
        let mut over = MOST_LINES / 8;
        let goes: [fn(TimelineKind) -> bool; 2] =
            [|kind| kind == TimelineKind::Member, |kind| kind != TimelineKind::Review];
        for goes in goes {
            let mut is_first = true;
            self.lines.retain(|line| {
                let is_kept = is_first || over == 0 || !goes(line.kind);
                is_first = false;
                over -= usize::from(!is_kept);
                is_kept
            });
        }
        let rest = over.min(self.lines.len().saturating_sub(1));
        self.lines.drain(1..=rest);
    }
}

impl State {
    /// Adds a line to a case's history.
    pub fn note(&mut self, at: Time, id: CaseId, kind: TimelineKind, message: Message) {
        self.add_line(id, TimelineEntry { at, kind, message, act: None });
    }

    /// What has left a case because another fault explains it better.
    pub(super) fn tell_parted(&mut self, now: Time, (from, to): (u64, u64), count: u32) {
        let case = |cluster| {
            let cases = self.of_cluster(cluster).filter(|case| case.state().is_live());
            cases.map(|case| case.id).max_by_key(|id| (id.kind, std::cmp::Reverse(*id)))
        };
        let (Some(left), target) = (case(from), case(to)) else { return };
        let key = if target.is_some() { "line-parted" } else { "line-parted-alone" };
        let line = Message::new(key).number("count", f64::from(count));
        let line = match target {
            Some(target) => line.word("case", target.to_string()),
            None => line,
        };
        self.note(now, left, TimelineKind::Member, line);
    }

    pub(super) fn add_line(&mut self, id: CaseId, line: TimelineEntry) {
        if self.cases.get(id).is_none() {
            return;
        }
        let Some(history) = self.histories.get_or_insert_with(id, Arc::default) else { return };
        let history = Arc::make_mut(history);
        if history.lines.len() >= MOST_LINES {
            history.make_room();
        }
        history.lines.push(line);
        self.touched.insert(id);
    }

    /// The history of a case, oldest first.
    #[must_use]
    pub fn history(&self, id: CaseId) -> &[TimelineEntry] {
        self.histories.get(id).map_or(&[], |history| &history.lines)
    }
}
