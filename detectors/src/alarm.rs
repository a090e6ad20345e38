//! The life of an alarm on a ladder: raised after a hold, escalated, stepped down, cleared.
//!
//! Each rung counts for itself how long its condition has lasted, so a warning may become critical
//! and a warning again, with one beginning. O(1) a point; 4 rungs of 40 bytes.

use serde::{Deserialize, Serialize};

use crate::{Severity, Status};

/// Where a point lies, seen from one rung.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// At or beyond the raise level.
    Beyond,
    /// Neither bad enough to raise nor good enough to clear.
    Between,
    /// On the good side.
    Within,
}

/// How long a condition must last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holds {
    /// Before raising, in milliseconds.
    pub(crate) raise_ms: i64,
    /// Before clearing, in milliseconds.
    pub(crate) clear_ms: i64,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Rung {
    up: bool,
    began_ms: i64,
    beyond_ms: Option<i64>,
    within_ms: Option<i64>,
}

impl Rung {
    fn step(&mut self, at_ms: i64, elapsed_ms: i64, holds: Holds, place: Place) {
        match place {
            Place::Beyond => {
                self.within_ms = None;
                let lasted = self.beyond_ms.map_or(0, |ms| ms.saturating_add(elapsed_ms));
                if self.beyond_ms.is_none() && !self.up {
                    self.began_ms = at_ms;
                }
                self.beyond_ms = Some(lasted);
                self.up |= lasted >= holds.raise_ms;
            }
            Place::Between => {
                self.beyond_ms = None;
                self.within_ms = None;
            }
            Place::Within => {
                self.beyond_ms = None;
                let lasted = self.within_ms.map_or(0, |ms| ms.saturating_add(elapsed_ms));
                self.within_ms = self.up.then_some(lasted);
                if self.up && lasted >= holds.clear_ms {
                    self.up = false;
                    self.within_ms = None;
                }
            }
        }
    }
}

/// One alarm with a rung for each severity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Alarm {
    rungs: [Rung; 4],
}

impl Alarm {
    /// Takes a known point: `place` says where it lies for a severity, `None` = no such rung.
    pub(crate) fn step(
        &mut self,
        at_ms: i64,
        elapsed_ms: i64,
        holds: Holds,
        place: impl Fn(Severity) -> Option<Place>,
    ) {
        for (rung, severity) in self.rungs.iter_mut().zip(Severity::ALL) {
            match place(severity) {
                Some(place) => rung.step(at_ms, elapsed_ms, holds, place),
                None => *rung = Rung::default(),
            }
        }
    }

    /// Normal, or abnormal with the worst rung that is up.
    pub(crate) fn status(&self) -> Status {
        match self.severity() {
            Some(severity) => Status::Abnormal(severity),
            None => Status::Normal,
        }
    }

    /// The worst rung that is up.
    pub(crate) fn severity(&self) -> Option<Severity> {
        let raised = self.rungs.iter().zip(Severity::ALL).rev().find(|(rung, _)| rung.up);
        raised.map(|(_, severity)| severity)
    }

    /// When the abnormal state began.
    pub(crate) fn since_ms(&self) -> Option<i64> {
        self.rungs.iter().filter(|rung| rung.up).map(|rung| rung.began_ms).min()
    }

    /// Puts the beginning of the rungs that are up no later than `began_ms`.
    pub(crate) fn began_by(&mut self, began_ms: i64) {
        for rung in self.rungs.iter_mut().filter(|rung| rung.up) {
            rung.began_ms = rung.began_ms.min(began_ms);
        }
    }

    /// How long the condition of the mildest rung has lasted, in milliseconds.
    pub(crate) fn pending_ms(&self) -> Option<i64> {
        self.rungs.iter().filter_map(|rung| rung.beyond_ms).max()
    }
}
