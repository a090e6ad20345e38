//! An object that was there gives no value any more.
//!
//! The only method for which a gap is the signal. Time while nobody looked (the engine was down)
//! does not count: only evaluations that found nothing do. O(1) an evaluation, 72 bytes of state.

use serde::{Deserialize, Serialize};

use crate::error::not_negative;
use crate::number::{float, seconds};
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Evidence, Severity, Status, Verdict};

/// How long is too long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long nothing may come, in milliseconds.
    pub after_ms: i64,
    /// How bad it is then.
    pub severity: Severity,
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the duration is negative.
    pub fn check(&self) -> Result<(), ConfigError> {
        not_negative("after", self.after_ms)
    }
}

/// What is remembered of one object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// The rhythm of the evaluations, with and without a value.
    pace: Pace,
    seen_ms: Option<i64>,
    missing_ms: i64,
    is_missing: bool,
}

impl State {
    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        if self.pace.point(at_ms) != Tick::Old {
            self.seen_ms = Some(at_ms);
            self.missing_ms = 0;
            self.is_missing = false;
        }
        self.verdict(config)
    }

    pub(crate) fn absent(&mut self, config: &Config, at_ms: i64) -> Verdict {
        let usual_ms = match self.pace.interval_ms() {
            0 => i64::MAX,
            interval_ms => interval_ms,
        };
        if self.seen_ms.is_some()
            && let Tick::New(elapsed_ms) = self.pace.point(at_ms)
        {
            // A longer interval than usual: nobody looked for a while.
            let looked_ms = elapsed_ms.min(usual_ms.saturating_mul(3) / 2);
            self.missing_ms = self.missing_ms.saturating_add(looked_ms);
            self.is_missing = true;
        }
        self.verdict(config)
    }

    fn verdict(&self, config: &Config) -> Verdict {
        let Some(seen_ms) = self.seen_ms else {
            return Verdict {
                status: Status::Warming,
                score: 0.0,
                since_ms: None,
                evidence: vec![],
            };
        };
        let is_over = self.is_missing && self.missing_ms >= config.after_ms;
        let share = float(self.missing_ms) / float(config.after_ms.max(1));
        Verdict {
            status: if is_over { Status::Abnormal(config.severity) } else { Status::Normal },
            score: if is_over { 1.0 } else { 0.5 * share.min(1.0) },
            since_ms: is_over.then_some(seen_ms),
            evidence: vec![Evidence::new(
                "age",
                seconds(self.missing_ms),
                Some(seconds(config.after_ms)),
            )],
        }
    }
}
