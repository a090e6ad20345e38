//! The few number conversions that `From` does not offer, each with what it does at the edges.

/// Milliseconds as seconds.
pub(crate) fn seconds(ms: i64) -> f64 {
    float(ms) / 1000.0
}

/// Seconds as milliseconds; what does not fit is held at the nearest value that does, NaN is 0.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "float to integer saturates, which is what is wanted"
)]
pub(crate) fn millis(seconds: f64) -> i64 {
    (seconds * 1000.0).round() as i64
}

/// An integer as a float; beyond 2^53 the nearest one.
#[expect(clippy::as_conversions, clippy::cast_precision_loss, reason = "rounding is harmless")]
pub(crate) fn float(whole: i64) -> f64 {
    whole as f64
}

/// A length or position as a float.
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "lengths are far below 2^53"
)]
pub(crate) fn count(length: usize) -> f64 {
    length as f64
}

/// The whole part of a number as a position; negative and NaN give 0.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer saturates, which is what is wanted"
)]
pub(crate) fn position(number: f64) -> usize {
    number as usize
}

/// Narrows to 32 bits for state that is kept for long.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    reason = "precision of 1e-7 is enough"
)]
pub(crate) fn narrow(number: f64) -> f32 {
    number as f32
}

/// The (upper) middle value; the order of `values` is lost. NaN for an empty slice.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return f64::NAN;
    }
    let (_, at, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    *at
}
