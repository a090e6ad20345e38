//! Level with hysteresis, held over time, on a ladder of severities.
//!
//! The plain method of every rule pack, for limits set by physics (full, expired, refused). A
//! severity is raised after its level was reached for `hold_ms` of known time, and steps down
//! after the value was back for `clear_hold_ms`. O(1) a point, 208 bytes of state.

use serde::{Deserialize, Serialize};

use crate::alarm::{Alarm, Holds, Place};
use crate::error::{finite, not_negative};
use crate::number::float;
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Status, Verdict};

/// When to raise and when to clear.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which way is worse.
    pub direction: Direction,
    /// Levels; a value at the level counts.
    pub raise: Ladder,
    /// The value must come back to this before anything clears; without it, to the good side of
    /// the level.
    pub clear: Option<f64>,
    /// How long a level must be reached before raising, in milliseconds; 0 raises at once.
    pub hold_ms: i64,
    /// How long the value must be back before clearing, in milliseconds. Without it twice
    /// `hold_ms` and at least one more point.
    pub clear_hold_ms: Option<i64>,
}

impl Config {
    /// A ladder without hold: raised at the first point, cleared at the second good one.
    #[must_use]
    pub const fn new(direction: Direction, raise: Ladder) -> Self {
        Self { direction, raise, clear: None, hold_ms: 0, clear_hold_ms: None }
    }

    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the ladder, the clear level or a duration makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.raise.check(self.direction)?;
        not_negative("hold", self.hold_ms)?;
        not_negative("clear_hold", self.clear_hold_ms.unwrap_or(0))?;
        let Some(clear) = self.clear else { return Ok(()) };
        finite("clear", clear)?;
        match self.raise.mildest() {
            Some((_, level)) if !self.is_back(clear, level) => Err(ConfigError::ClearBeyondRaise),
            _ => Ok(()),
        }
    }

    fn holds(&self) -> Holds {
        // One millisecond cannot pass within a point: it asks for a second good one.
        let usual_ms = self.hold_ms.saturating_mul(2).max(1);
        Holds { raise_ms: self.hold_ms, clear_ms: self.clear_hold_ms.unwrap_or(usual_ms) }
    }

    fn place(&self, level: f64, is_mildest: bool, value: f64) -> Place {
        if self.direction.reached(value, level) {
            return Place::Beyond;
        }
        match self.clear {
            Some(clear) if is_mildest && !self.is_back(value, clear) => Place::Between,
            _ => Place::Within,
        }
    }

    fn is_back(&self, value: f64, clear: f64) -> bool {
        match self.direction {
            Direction::Above => value <= clear,
            Direction::Below => value >= clear,
        }
    }
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pace: Pace,
    alarm: Alarm,
    value: Option<f64>,
}

impl State {
    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        let Tick::New(elapsed_ms) = self.pace.point(at_ms) else {
            return self.verdict(config);
        };
        let mildest = config.raise.mildest().map(|(severity, _)| severity);
        self.alarm.step(at_ms, elapsed_ms, config.holds(), |severity| {
            let level = config.raise.level(severity)?;
            Some(config.place(level, Some(severity) == mildest, value))
        });
        self.value = Some(value);
        self.verdict(config)
    }

    pub(crate) fn absent(&mut self, config: &Config, at_ms: i64) -> Verdict {
        self.pace.absent(at_ms);
        let mut verdict = self.verdict(config);
        if verdict.status == Status::Normal && self.pace.is_quiet(at_ms) {
            verdict.status = Status::Warming;
            verdict.score = 0.0;
        }
        verdict
    }

    fn verdict(&self, config: &Config) -> Verdict {
        let Some(value) = self.value else {
            return Verdict {
                status: Status::Warming,
                score: 0.0,
                since_ms: None,
                evidence: vec![],
            };
        };
        let severity = self.alarm.severity();
        let limit = match severity {
            Some(severity) => config.raise.level(severity),
            None => config.raise.mildest().map(|(_, level)| level),
        };
        Verdict {
            status: self.alarm.status(),
            score: if severity.is_some() { 1.0 } else { self.pending_share(config) },
            since_ms: self.alarm.since_ms(),
            evidence: vec![Evidence::new("value", value, limit)],
        }
    }

    /// 0…0.5: the share of the hold that has passed.
    fn pending_share(&self, config: &Config) -> f64 {
        match self.alarm.pending_ms() {
            Some(ms) if config.hold_ms > 0 => (0.5 * float(ms) / float(config.hold_ms)).min(0.5),
            _ => 0.0,
        }
    }
}
