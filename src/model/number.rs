//! Counts among numbers.

/// A count as a number; exact below 2^53.
#[expect(clippy::as_conversions, reason = "counts of what is in memory are far below 2^53")]
#[must_use]
pub fn number(count: usize) -> f64 {
    count as f64
}
