//! The rhythm of an object's points: how much time may be counted, and when it has gone quiet.
//!
//! Only time between two known points counts towards «has lasted»; a gap counts for nothing, in
//! either direction. 40 bytes.

use serde::{Deserialize, Serialize};

/// So many usual intervals without a point mean «unknown».
const MISSED: i64 = 3;
/// A clock that steps back by more than this was set; less is a late or repeated point.
const CLOCK_SET_MS: i64 = 600_000;

/// What an arriving point means for time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tick {
    /// Not newer than the last one: to be ignored.
    Old,
    /// Newer; so many milliseconds of known time passed (0 after a gap).
    New(i64),
}

/// Times of the points seen so far, boiled down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Pace {
    last_ms: Option<i64>,
    interval_ms: i64,
    gap: bool,
}

impl Pace {
    /// Takes a point's time.
    pub(crate) fn point(&mut self, at_ms: i64) -> Tick {
        let Some(last) = self.last_ms else {
            self.last_ms = Some(at_ms);
            self.gap = false;
            return Tick::New(0);
        };
        let elapsed = at_ms.saturating_sub(last);
        if elapsed <= 0 {
            if elapsed > -CLOCK_SET_MS {
                return Tick::Old;
            }
            self.last_ms = Some(at_ms);
            self.gap = false;
            return Tick::New(0);
        }
        self.last_ms = Some(at_ms);
        let was_gap = std::mem::take(&mut self.gap);
        if was_gap && self.interval_ms > 0 {
            return Tick::New(0);
        }
        let known = if self.interval_ms == 0 {
            elapsed
        } else {
            elapsed.min(self.interval_ms.saturating_mul(MISSED))
        };
        self.learn(elapsed);
        Tick::New(if was_gap { 0 } else { known })
    }

    /// Notes that no value came. False when the time is not newer than the last point's.
    pub(crate) fn absent(&mut self, at_ms: i64) -> bool {
        match self.last_ms {
            Some(last) if at_ms <= last => false,
            _ => {
                self.gap = true;
                true
            }
        }
    }

    /// Whether the object has given nothing for three intervals, or never gave anything.
    pub(crate) fn is_quiet(&self, at_ms: i64) -> bool {
        self.last_ms.is_none_or(|last| {
            at_ms.saturating_sub(last) >= self.interval_ms.max(1).saturating_mul(MISSED)
        })
    }

    /// The usual interval in milliseconds, 0 while unknown.
    pub(crate) const fn interval_ms(&self) -> i64 {
        self.interval_ms
    }

    /// Follows a faster rhythm quickly and a slower one slowly: one late point is no new rhythm.
    fn learn(&mut self, elapsed: i64) {
        if self.interval_ms == 0 {
            self.interval_ms = elapsed;
        } else if elapsed < self.interval_ms {
            self.interval_ms -= (self.interval_ms - elapsed + 1) / 2;
        } else {
            let slower = elapsed.min(self.interval_ms.saturating_mul(MISSED));
            self.interval_ms += (slower - self.interval_ms) / 8;
        }
        self.interval_ms = self.interval_ms.max(1);
    }
}
