//! The sums behind the functions, in the order their values come and with compensated rounding.

use crate::model::number;

/// A sum that does not lose small terms among great ones (Neumaier's variant of Kahan's method).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds a term.
    pub(super) fn add(&mut self, term: f64) {
        let next = self.total + term;
        if next.is_finite() {
            self.lost += if self.total.abs() >= term.abs() {
                (self.total - next) + term
            } else {
                (term - next) + self.total
            };
        } else {
            self.lost = 0.0;
        }
        self.total = next;
    }

    /// The sum so far.
    pub(super) fn value(self) -> f64 {
        self.total + self.lost
    }
}

/// The sum of values.
pub(super) fn sum(values: impl Iterator<Item = f64>) -> f64 {
    let mut total = Sum::default();
    values.for_each(|value| total.add(value));
    total.value()
}

/// Population variance by Welford's method; NaN of nothing.
pub(super) fn variance(values: impl Iterator<Item = f64>) -> f64 {
    let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        count += 1.0;
        let difference = value - mean;
        mean += difference / count;
        squares += difference * (value - mean);
    }
    squares / count
}

/// The greater, NaN only if all are.
pub(super) fn greater(best: f64, value: f64) -> f64 {
    if value > best || best.is_nan() { value } else { best }
}

/// The smaller, NaN only if all are.
pub(super) fn smaller(best: f64, value: f64) -> f64 {
    if value < best || best.is_nan() { value } else { best }
}

/// A quantile with linear interpolation between the ranks, as Prometheus defines it: outside 0…1
/// it is infinite, of nothing it is NaN. NaN counts as the smallest value. Sorts the values.
#[expect(clippy::as_conversions, reason = "the rank lies between 0 and the count")]
pub(super) fn quantile(quantile: f64, values: &mut [f64]) -> f64 {
    if values.is_empty() || quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    values.sort_by(|left, right| right.is_nan().cmp(&left.is_nan()).then(left.total_cmp(right)));
    let rank = quantile * number(values.len() - 1);
    let lower = rank.floor() as usize;
    let upper = (lower + 1).min(values.len() - 1);
    let weight = rank - rank.floor();
    match (values.get(lower), values.get(upper)) {
        (Some(low), Some(high)) => low * (1.0 - weight) + high * weight,
        _ => f64::NAN,
    }
}

/// Slope (a second) and value at `origin` of the least-squares line through samples; times in
/// milliseconds. None with fewer than two samples.
pub(super) fn line(samples: &[(i64, f64)], origin: i64) -> Option<(f64, f64)> {
    if samples.len() < 2 {
        return None;
    }
    let first = samples.first()?.1;
    if samples.iter().all(|(_, value)| value.to_bits() == first.to_bits()) {
        return Some(if first.is_finite() { (0.0, first) } else { (f64::NAN, f64::NAN) });
    }
    let seconds = |time: i64| crate::model::Time(time.saturating_sub(origin)).seconds();
    let count = number(samples.len());
    let mean_x = sum(samples.iter().map(|(time, _)| seconds(*time))) / count;
    let mean_y = sum(samples.iter().map(|(_, value)| *value)) / count;
    let products = samples.iter().map(|(time, y)| (seconds(*time) - mean_x) * (y - mean_y));
    let squares = samples.iter().map(|(time, _)| (seconds(*time) - mean_x).powi(2));
    let slope = sum(products) / sum(squares);
    Some((slope, mean_y - slope * mean_x))
}

/// One bucket of a classic histogram: upper limit and cumulative count.
pub(super) type Bucket = (f64, f64);

/// A quantile of classic histogram buckets, as Prometheus defines it: linear inside a bucket, the
/// lowest bucket starts at 0 if its limit is positive. NaN without a `+Inf` bucket or observations.
pub(super) fn histogram_quantile(quantile: f64, buckets: &mut Vec<Bucket>) -> f64 {
    if quantile.is_nan() {
        return f64::NAN;
    }
    if quantile < 0.0 {
        return f64::NEG_INFINITY;
    }
    if quantile > 1.0 {
        return f64::INFINITY;
    }
    buckets.sort_by(|left, right| left.0.total_cmp(&right.0));
    buckets.dedup_by(|next, kept| {
        let is_same = next.0.total_cmp(&kept.0).is_eq();
        if is_same {
            kept.1 += next.1;
        }
        is_same
    });
    let mut highest = 0.0;
    for (_, count) in buckets.iter_mut() {
        highest = greater(highest, *count);
        *count = highest;
    }
    let Some((f64::INFINITY, total)) = buckets.last().copied() else { return f64::NAN };
    if buckets.len() < 2 || total <= 0.0 || total.is_nan() {
        return f64::NAN;
    }
    let rank = quantile * total;
    let found = buckets.iter().position(|(_, count)| *count >= rank).unwrap_or(buckets.len() - 1);
    let before = found.checked_sub(1).and_then(|place| buckets.get(place)).copied();
    let (limit, count) = buckets.get(found).copied().unwrap_or((f64::NAN, f64::NAN));
    match before {
        Some((below, _)) if limit.is_infinite() => below,
        Some((below, count_below)) => {
            below + (limit - below) * ((rank - count_below) / (count - count_below))
        }
        None if limit <= 0.0 => limit,
        None => limit * (rank / count),
    }
}
