//! What can be wrong with a method's configuration.

/// A method was given parameters it cannot work with.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// No level at all.
    #[error("no raise level is given; give at least one severity a level")]
    EmptyLadder,
    /// A worse severity starts before a milder one.
    #[error("the level of {worse} must lie further out than that of {milder}")]
    LadderOrder {
        /// The milder severity.
        milder: &'static str,
        /// The worse severity.
        worse: &'static str,
    },
    /// NaN or infinite.
    #[error("{field} must be a finite number")]
    NotFinite {
        /// The parameter.
        field: &'static str,
    },
    /// A duration below zero.
    #[error("{field} must not be negative")]
    Negative {
        /// The parameter.
        field: &'static str,
    },
    /// A number or duration that has to be more than zero.
    #[error("{field} must be more than zero")]
    NotPositive {
        /// The parameter.
        field: &'static str,
    },
    /// A number outside its range.
    #[error("{field} must lie between {low} and {high}")]
    Range {
        /// The parameter.
        field: &'static str,
        /// The least value allowed.
        low: i64,
        /// The largest value allowed.
        high: i64,
    },
    /// The clear level lies beyond the mildest raise level.
    #[error("clear must lie on the good side of the mildest raise level, or at it")]
    ClearBeyondRaise,
    /// The short window is not shorter than the long one.
    #[error("short must be less than long")]
    ShortNotShorter,
}

/// Fails for a duration below zero.
pub(crate) const fn not_negative(field: &'static str, ms: i64) -> Result<(), ConfigError> {
    if ms < 0 { Err(ConfigError::Negative { field }) } else { Ok(()) }
}

/// Fails for a duration that is not more than zero.
pub(crate) const fn positive(field: &'static str, ms: i64) -> Result<(), ConfigError> {
    if ms <= 0 { Err(ConfigError::NotPositive { field }) } else { Ok(()) }
}

/// Fails for NaN and infinities.
pub(crate) const fn finite(field: &'static str, number: f64) -> Result<(), ConfigError> {
    if number.is_finite() { Ok(()) } else { Err(ConfigError::NotFinite { field }) }
}
