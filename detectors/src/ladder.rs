//! Raise levels: from which value on a thing is how bad.

use std::collections::BTreeMap;

use crate::{ConfigError, Severity};

/// Which way is worse.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Higher is worse.
    #[default]
    Above,
    /// Lower is worse.
    Below,
}

impl Direction {
    /// Whether `value` has reached `level`, coming from the good side.
    #[must_use]
    pub fn reached(self, value: f64, level: f64) -> bool {
        match self {
            Self::Above => value >= level,
            Self::Below => value <= level,
        }
    }
}

/// Raise levels by severity. A value at the level already counts. A worse severity has a level
/// further out, so a thing is never critical without being a warning too.
#[derive(Clone, Debug, PartialEq)]
pub struct Ladder(BTreeMap<Severity, f64>);

impl Ladder {
    /// Builds a ladder.
    ///
    /// # Errors
    /// When there is no level, a level is not a number, or a worse severity is not further out.
    pub fn new(levels: BTreeMap<Severity, f64>, direction: Direction) -> Result<Self, ConfigError> {
        let ladder = Self(levels);
        ladder.check(direction)?;
        Ok(ladder)
    }

    /// A ladder of one rung.
    #[must_use]
    pub fn single(severity: Severity, level: f64) -> Self {
        Self(BTreeMap::from([(severity, level)]))
    }

    #[cfg(test)]
    pub(crate) const fn unchecked(levels: BTreeMap<Severity, f64>) -> Self {
        Self(levels)
    }

    /// Checks the ladder for use in a direction.
    ///
    /// # Errors
    /// As [`Ladder::new`].
    pub fn check(&self, direction: Direction) -> Result<(), ConfigError> {
        if self.0.is_empty() {
            return Err(ConfigError::EmptyLadder);
        }
        let mut milder: Option<(Severity, f64)> = None;
        for (&severity, &level) in &self.0 {
            if !level.is_finite() {
                return Err(ConfigError::NotFinite { field: "raise level" });
            }
            if let Some((mild, mild_level)) = milder
                && direction.reached(mild_level, level)
            {
                return Err(ConfigError::LadderOrder {
                    milder: mild.as_str(),
                    worse: severity.as_str(),
                });
            }
            milder = Some((severity, level));
        }
        Ok(())
    }

    /// The level of one severity.
    #[must_use]
    pub fn level(&self, severity: Severity) -> Option<f64> {
        self.0.get(&severity).copied()
    }

    /// The mildest rung: severity and level.
    #[must_use]
    pub fn mildest(&self) -> Option<(Severity, f64)> {
        self.0.first_key_value().map(|(&severity, &level)| (severity, level))
    }

    /// The rungs, mildest first.
    pub fn rungs(&self) -> impl Iterator<Item = (Severity, f64)> + '_ {
        self.0.iter().map(|(&severity, &level)| (severity, level))
    }
}
