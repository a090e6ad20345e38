//! One moment: whole milliseconds since the Unix epoch, UTC.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Milliseconds since the Unix epoch, UTC.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// Makes a moment from seconds since the epoch; fractions below a millisecond are cut.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "saturating by the definition of a float cast")]
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * 1000.0) as i64)
    }

    /// Seconds since the epoch.
    #[must_use]
    #[expect(clippy::as_conversions, reason = "exact for every moment before the year 287396")]
    pub fn seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }

    /// Seconds from `earlier` to this moment; negative when `earlier` is later.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        Self(self.0.saturating_sub(earlier.0)).seconds()
    }

    /// The moment `milliseconds` later (or earlier, when negative).
    #[must_use]
    pub fn plus_millis(self, milliseconds: i64) -> Self {
        Self(self.0.saturating_add(milliseconds))
    }

    /// Reads an RFC 3339 date and time with an offset.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        text.parse::<jiff::Timestamp>().ok().map(|at| Self(at.as_millisecond()))
    }
}

/// RFC 3339 in UTC with milliseconds, as the API writes it: `2026-11-24T03:04:05.678Z`.
impl fmt::Display for Time {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(at) => write!(formatter, "{at:.3}"),
            Err(_) => write!(formatter, "{}ms", self.0),
        }
    }
}
