//! Increase of a counter inside a sliding window: errors, restarts, kills.
//!
//! A drop is a reset: its interval is skipped, since what was counted in it is not known (as
//! failure-mode guard «counter resets»; Prometheus would count from zero, which turns a restart
//! with a late first scrape into a burst). An interval longer than the window counts with its share,
//! so that a gap is no burst. The window is kept in at most 17 slots, so its edge is exact to
//! 1/16. O(1) a point, about 250 bytes, and up to 400 more while something increases.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::alarm::{Alarm, Holds, Place};
use crate::error::{not_negative, positive};
use crate::number::float;
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Status, Verdict};

const SLOTS: i64 = 16;

/// How much increase is too much.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The window, in milliseconds.
    pub over_ms: i64,
    /// Increases inside the window from which on it is how bad.
    pub raise: Ladder,
    /// Clears after no increase for this long, in milliseconds.
    pub quiet_ms: i64,
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the ladder or a duration makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.raise.check(Direction::Above)?;
        positive("over", self.over_ms)?;
        not_negative("quiet", self.quiet_ms)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Slot {
    began_ms: i64,
    increase: f64,
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pace: Pace,
    alarm: Alarm,
    last: Option<(i64, f64)>,
    increased_ms: Option<i64>,
    slots: VecDeque<Slot>,
}

impl State {
    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        let Tick::New(elapsed_ms) = self.pace.point(at_ms) else {
            return self.verdict(config);
        };
        if let Some((last_ms, last_value)) = self.last {
            self.count(config, at_ms, at_ms.saturating_sub(last_ms), value - last_value);
        }
        self.last = Some((at_ms, value));
        let increase = self.increase();
        let is_quiet = self
            .increased_ms
            .is_none_or(|ms| at_ms.saturating_sub(ms) >= config.quiet_ms && ms != at_ms);
        let mildest = config.raise.mildest().map(|(severity, _)| severity);
        // Inside the window the worse rungs may step down; all clears only after the quiet time.
        let holds = Holds { raise_ms: 0, clear_ms: 0 };
        self.alarm.step(at_ms, elapsed_ms, holds, |severity| {
            let level = config.raise.level(severity)?;
            Some(match increase >= level {
                true if !is_quiet => Place::Beyond,
                false if !is_quiet && Some(severity) == mildest => Place::Between,
                _ => Place::Within,
            })
        });
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

    pub(crate) fn heap_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    fn count(&mut self, config: &Config, at_ms: i64, elapsed_ms: i64, change: f64) {
        let edge_ms = at_ms.saturating_sub(config.over_ms);
        // A slot is counted until its newest point has left the window.
        while self.slots.front().is_some_and(|slot| slot.began_ms <= edge_ms) {
            self.slots.pop_front();
        }
        // A clock that was set back leaves slots in the future: they say nothing about now.
        self.slots.retain(|slot| slot.began_ms <= at_ms);
        if change <= 0.0 || elapsed_ms <= 0 || !change.is_finite() {
            return;
        }
        let share = (float(config.over_ms) / float(elapsed_ms)).min(1.0);
        let increase = change * share;
        self.increased_ms = Some(at_ms);
        let width_ms = (config.over_ms / SLOTS).max(1);
        match self.slots.back_mut() {
            Some(slot) if at_ms - slot.began_ms < width_ms => slot.increase += increase,
            _ => self.slots.push_back(Slot { began_ms: at_ms, increase }),
        }
    }

    fn increase(&self) -> f64 {
        self.slots.iter().map(|slot| slot.increase).sum()
    }

    fn verdict(&self, config: &Config) -> Verdict {
        if self.pace.interval_ms() == 0 {
            return Verdict {
                status: Status::Warming,
                score: 0.0,
                since_ms: None,
                evidence: vec![],
            };
        }
        let severity = self.alarm.severity();
        let mildest = config.raise.mildest().map(|(_, level)| level);
        let limit = severity.map_or(mildest, |severity| config.raise.level(severity));
        let increase = self.increase().min(f64::MAX);
        let share = mildest.map_or(0.0, |level| (0.5 * increase / level.max(1e-9)).min(0.5));
        Verdict {
            status: self.alarm.status(),
            score: if severity.is_some() { 1.0 } else { share },
            since_ms: self.alarm.since_ms(),
            evidence: vec![Evidence::new("increase", increase, limit)],
        }
    }
}
