//! Unlike its own past: a calibrated score 0…1 for each point of a series.
//!
//! One configuration for all series. No quantity is compared with a fixed number: each is turned
//! into the probability of its like in this series' own past, and the logarithms are added (see
//! `surprise`). The sum is averaged over the last few points, and the score is
//! 1 - 10^(-0.6 s) of it. After a high score there is quiet for a day, unless it gets clearly
//! worse: one event is told once. The `level` has no such rest and stays up while the state lasts.
//!
//! O(1) a point, about 6 KB of state with the profile of a day and the counts of all time.

mod novelty;
mod profile;
mod surprise;
mod tail;

use serde::{Deserialize, Serialize};

use self::surprise::{Past, Surprise};
use crate::alarm::{Alarm, Holds, Place};
use crate::error::{finite, not_negative};
use crate::number::seconds;
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Severity, Status, Verdict};

/// So many points are the least history, whatever the time they took.
const LEAST_POINTS: f64 = 100.0;
/// A sum of surprises from which on the rest begins.
const NOTABLE: f64 = 2.0;
/// What has to come on top to be told during the rest.
const WORSE: f64 = 0.7;
/// How long the rest is.
const REST_MS: i64 = 86_400_000;
/// How much of the last points' surprise the newest point replaces: one odd point counts half, a
/// second one three quarters. A true change is odd for more than one point.
const NEWEST: f64 = 0.5;
/// How slowly the level comes down: half in 72 points.
const DECAY: f64 = 0.0096;
/// Turns a sum of surprises into a score: 3.8 is 0.995, 5 is 0.999.
const CALIBRATION: f64 = 0.6;

/// Which deviations matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// Higher than usual.
    Above,
    /// Lower than usual.
    Below,
    /// Either.
    #[default]
    Both,
}

/// What counts as unlike its own past.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Which deviations matter.
    pub direction: Side,
    /// No verdict before so much is known, in milliseconds, and never before 100 points.
    pub min_history_ms: i64,
    /// The change from the usual level that matters at all, in units of the value.
    pub min_change: f64,
    /// Scores 0…1 from which on it is how bad.
    pub raise: Ladder,
    /// How long it must last before raising, in milliseconds.
    pub hold_ms: i64,
}

impl Default for Config {
    /// The shipped configuration.
    fn default() -> Self {
        Self {
            direction: Side::Both,
            min_history_ms: 86_400_000,
            min_change: 0.0,
            raise: Ladder::single(Severity::Warning, 0.995),
            hold_ms: 0,
        }
    }
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the ladder, a duration or a number makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.raise.check(Direction::Above)?;
        not_negative("min_history", self.min_history_ms)?;
        not_negative("hold", self.hold_ms)?;
        finite("min_change", self.min_change)?;
        if self.min_change < 0.0 {
            return Err(ConfigError::Negative { field: "min_change" });
        }
        match self.raise.rungs().all(|(_, level)| (0.0..=1.0).contains(&level)) {
            true => Ok(()),
            false => Err(ConfigError::Range { field: "raise level", low: 0, high: 1 }),
        }
    }

    fn is_wanted(&self, surprise: &Surprise) -> bool {
        let larger = if surprise.change.abs() > surprise.shift.abs() {
            surprise.change
        } else {
            surprise.shift
        };
        let is_side = match self.direction {
            Side::Above => larger > 0.0,
            Side::Below => larger < 0.0,
            Side::Both => true,
        };
        is_side && larger.abs() >= self.min_change
    }
}

/// What the score of a point is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// 0…1, comparable between series: how rare this is in the series' own past; 0 during the
    /// rest after a high score.
    pub score: f64,
    /// Whether it reached the mildest raise level.
    pub alarm: bool,
    /// 0…1: how abnormal the state is, as long as it lasts.
    pub level: f64,
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pace: Pace,
    alarm: Alarm,
    known_ms: i64,
    value: Option<f64>,
    past: Past,
    score: f64,
    /// The sum of surprises over the last few points.
    recent: f64,
    /// The same, slowly forgotten.
    lasting: f64,
    /// The sum that was told last, and until when there is rest.
    told: Option<(f64, i64)>,
}

fn calibrated(sum: f64) -> f64 {
    1.0 - 10_f64.powf(-CALIBRATION * sum.max(0.0))
}

impl State {
    /// Scores a point. A point that is not known or not newer than the last one changes nothing.
    pub fn score(&mut self, config: &Config, at_ms: i64, value: f64) -> Scored {
        if value.is_finite()
            && let Tick::New(elapsed_ms) = self.pace.point(at_ms)
        {
            self.known_ms = self.known_ms.saturating_add(elapsed_ms);
            // What is larger does not fit the narrow numbers of the state: it is as wild as any.
            self.take(config, at_ms, value.clamp(-1e30, 1e30));
        }
        let lowest = config.raise.mildest().map_or(1.0, |(_, level)| level);
        let is_high = self.score >= lowest && self.score > 0.0;
        Scored { score: self.score, alarm: is_high, level: self.level(config) }
    }

    fn take(&mut self, config: &Config, at_ms: i64, value: f64) {
        let interval_s = seconds(self.pace.interval_ms()).max(0.001);
        let surprise = self.past.take(at_ms, interval_s, value);
        self.value = Some(value);
        let newest = if config.is_wanted(&surprise) { surprise.sum.max(0.0) } else { 0.0 };
        self.recent += (newest - self.recent) * NEWEST;
        let sum = self.recent;
        self.lasting = sum.max(self.lasting + (sum - self.lasting) * DECAY);
        self.told = self.told.filter(|(_, until_ms)| at_ms <= *until_ms);
        let is_news = self.told.is_none_or(|(told, _)| sum > told + WORSE);
        if self.is_warm(config) {
            self.score = if is_news { calibrated(sum) } else { 0.0 };
            if is_news && sum > NOTABLE {
                self.told = Some((sum, at_ms.saturating_add(REST_MS)));
            }
        }
    }

    fn is_warm(&self, config: &Config) -> bool {
        self.known_ms >= config.min_history_ms && self.past.points() > LEAST_POINTS
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.past.heap_bytes()
    }

    fn level(&self, config: &Config) -> f64 {
        if self.is_warm(config) { calibrated(self.lasting) } else { 0.0 }
    }

    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        let (before_ms, was) = (self.known_ms, self.pace.clone());
        let level = self.score(config, at_ms, value).level;
        if was != self.pace {
            let elapsed_ms = self.known_ms.saturating_sub(before_ms);
            let clear_ms = config.hold_ms.saturating_mul(2);
            let holds = Holds { raise_ms: config.hold_ms, clear_ms };
            self.alarm.step(at_ms, elapsed_ms, holds, |severity| {
                let raise = config.raise.level(severity)?;
                Some(if level >= raise { Place::Beyond } else { Place::Within })
            });
        }
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
        let severity = self.alarm.severity();
        let mildest = config.raise.mildest().map(|(_, level)| level);
        let limit = severity.map_or(mildest, |severity| config.raise.level(severity));
        let is_warm = self.is_warm(config);
        let level = self.level(config);
        let mut evidence = Vec::new();
        if let Some(value) = self.value {
            evidence.push(Evidence::new("value", value, None));
            evidence.push(Evidence::new("baseline", self.past.usual(), None));
            evidence.push(Evidence::new("score", level, limit));
        }
        let status = match (severity, is_warm) {
            (None, false) => Status::Warming,
            _ => self.alarm.status(),
        };
        Verdict { status, score: level, since_ms: self.alarm.since_ms(), evidence }
    }
}
