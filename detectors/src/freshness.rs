//! Age of the last good result: backups, exports, archives, synchronisations.
//!
//! The value is the Unix time (seconds) of the last success; its age is held against a ladder.
//! While no value comes the age is not known to grow: a gap never alarms (that is what the no-data
//! method is for). Zero or less means «never» and is old. O(1) a point, 200 bytes of state.

use serde::{Deserialize, Serialize};

use crate::alarm::{Alarm, Holds, Place};
use crate::error::positive;
use crate::number::{millis, seconds};
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Status, Verdict};

/// How old a result may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Ages in seconds from which on it is how bad.
    pub max_age: Ladder,
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the ladder makes no sense or starts at no age at all.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.max_age.check(Direction::Above)?;
        let mildest = self.max_age.mildest().map_or(0.0, |(_, level)| level);
        positive("max_age", millis(mildest))
    }
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pace: Pace,
    alarm: Alarm,
    age: Option<f64>,
}

impl State {
    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        let Tick::New(elapsed_ms) = self.pace.point(at_ms) else {
            return self.verdict(config);
        };
        let age = (seconds(at_ms) - value).max(0.0);
        // A new good result ends it at once: there is nothing to wait for.
        let holds = Holds { raise_ms: 0, clear_ms: 0 };
        self.alarm.step(at_ms, elapsed_ms, holds, |severity| {
            let level = config.max_age.level(severity)?;
            Some(if age >= level { Place::Beyond } else { Place::Within })
        });
        if let Some((_, level)) = config.max_age.mildest()
            && value > 0.0
        {
            self.alarm.began_by(millis(value + level));
        }
        self.age = Some(age);
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
        let Some(age) = self.age else {
            return Verdict {
                status: Status::Warming,
                score: 0.0,
                since_ms: None,
                evidence: vec![],
            };
        };
        let severity = self.alarm.severity();
        let mildest = config.max_age.mildest().map(|(_, level)| level);
        let limit = severity.map_or(mildest, |severity| config.max_age.level(severity));
        let share = mildest.map_or(0.0, |level| 0.5 * (age / level).min(1.0));
        Verdict {
            status: self.alarm.status(),
            score: if severity.is_some() { 1.0 } else { share },
            since_ms: self.alarm.since_ms(),
            evidence: vec![Evidence::new("age", age, limit)],
        }
    }
}
