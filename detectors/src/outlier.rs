//! Unlike its own past: a calibrated score 0…1 for each point of a series.

mod tail;

use serde::{Deserialize, Serialize};

use self::tail::Tail;
use crate::alarm::{Alarm, Holds, Place};
use crate::error::{finite, not_negative};
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Severity, Status, Verdict};

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
    /// No verdict before so much is known, in milliseconds.
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
            min_history_ms: 6 * 3_600_000,
            min_change: 0.0,
            raise: Ladder::single(Severity::Warning, 0.9),
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
        match self.raise.rungs().all(|(_, level)| (0.0..=1.0).contains(&level)) {
            true if self.min_change >= 0.0 => Ok(()),
            true => Err(ConfigError::Negative { field: "min_change" }),
            false => Err(ConfigError::Range { field: "raise level", low: 0, high: 1 }),
        }
    }
}

/// What the score of a point is made of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scored {
    /// 0…1, comparable between series: how rare this is in the series' own past.
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
    baseline: Option<f64>,
    spread: f64,
    tail: Tail,
    quiet: u32,
    value: Option<f64>,
    score: f64,
    level: f64,
}

impl State {
    /// Scores a point. A point that is not known or not newer than the last one changes nothing.
    pub fn score(&mut self, config: &Config, at_ms: i64, value: f64) -> Scored {
        if value.is_finite()
            && let Tick::New(elapsed_ms) = self.pace.point(at_ms)
        {
            self.known_ms = self.known_ms.saturating_add(elapsed_ms);
            self.take(config, value);
        }
        let lowest = config.raise.mildest().map_or(1.0, |(_, level)| level);
        Scored { score: self.score, alarm: self.score >= lowest, level: self.level }
    }

    fn take(&mut self, config: &Config, value: f64) {
        let baseline = *self.baseline.get_or_insert(value);
        let change = value - baseline;
        let scale = self.spread.max(1e-9 * baseline.abs()).max(1e-300);
        let size = (change / scale).abs().min(1e12);
        let share = self.tail.share_beyond(size);
        let is_wanted = match config.direction {
            Side::Above => change > 0.0,
            Side::Below => change < 0.0,
            Side::Both => true,
        };
        let rarity = (-share.log10() / 6.0).clamp(0.0, 1.0);
        let counts = is_wanted && change.abs() >= config.min_change && self.tail.total() > 30.0;
        let raw = if counts { rarity } else { 0.0 };
        self.level += (raw - self.level) * if raw > self.level { 0.5 } else { 0.05 };
        self.quiet = self.quiet.saturating_sub(1);
        let ready = self.known_ms >= config.min_history_ms;
        self.score = if ready && self.quiet == 0 { raw } else { 0.0 };
        let lowest = config.raise.mildest().map_or(1.0, |(_, level)| level);
        if self.score >= lowest {
            self.quiet = 100;
        }
        self.tail.add(size, 0.9995);
        let bounded = change.clamp(-3.0 * scale, 3.0 * scale);
        let early = 1.0 / (self.tail.total() + 1.0);
        let moved = if self.tail.total() < 20.0 { change } else { bounded };
        self.baseline = Some(baseline + moved * early.max(0.05));
        self.spread += (moved.abs() - self.spread) * early.max(0.01);
        self.value = Some(value);
    }

    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        let before_ms = self.known_ms;
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        self.score(config, at_ms, value);
        let elapsed_ms = self.known_ms.saturating_sub(before_ms);
        let holds = Holds { raise_ms: config.hold_ms, clear_ms: config.hold_ms.saturating_mul(2) };
        let level = self.level;
        self.alarm.step(at_ms, elapsed_ms, holds, |severity| {
            let raise = config.raise.level(severity)?;
            Some(if level >= raise { Place::Beyond } else { Place::Within })
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

    fn verdict(&self, config: &Config) -> Verdict {
        let severity = self.alarm.severity();
        let mildest = config.raise.mildest().map(|(_, level)| level);
        let limit = severity.map_or(mildest, |severity| config.raise.level(severity));
        let is_warm = self.known_ms >= config.min_history_ms && self.value.is_some();
        let mut evidence = vec![Evidence::new("score", self.level, limit)];
        evidence.extend(self.value.map(|value| Evidence::new("value", value, None)));
        evidence.extend(self.baseline.map(|usual| Evidence::new("baseline", usual, None)));
        Verdict {
            status: if severity.is_none() && !is_warm {
                Status::Warming
            } else {
                self.alarm.status()
            },
            score: if is_warm { self.level } else { 0.0 },
            since_ms: self.alarm.since_ms(),
            evidence,
        }
    }
}
