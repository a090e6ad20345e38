//! The functions over the samples of a range, after Prometheus' definitions (promql/functions.go):
//! counters may restart, and `rate`, `increase` and `delta` extrapolate to the edges of the range.

use crate::model::{Time, number};

use super::call::RangeFunction;
use super::statistics::{greater, line, quantile, smaller, sum, variance};

/// The samples of one series in a range, in order of time.
#[derive(Debug)]
pub(super) struct Window<'a> {
    /// Milliseconds and values.
    pub(super) samples: &'a [(i64, f64)],
    /// Left edge, milliseconds; not part of the range.
    pub(super) start: i64,
    /// Right edge, milliseconds; part of the range.
    pub(super) end: i64,
    /// The time asked for without the selector's offset, milliseconds.
    pub(super) at: i64,
}

impl Window<'_> {
    /// The value of a function, if the samples suffice for one.
    pub(super) fn value(&self, function: RangeFunction, parameter: Option<f64>) -> Option<f64> {
        let values = || self.samples.iter().map(|(_, value)| *value);
        let newest = self.samples.last()?.1;
        let count = number(self.samples.len());
        match function {
            RangeFunction::Rate => self.extrapolated(true).map(|it| it / self.seconds()),
            RangeFunction::Increase => self.extrapolated(true),
            RangeFunction::Delta => self.extrapolated(false),
            RangeFunction::InstantRate => self.last_step(true),
            RangeFunction::InstantDelta => self.last_step(false),
            RangeFunction::Derivative => {
                line(self.samples, self.samples.first()?.0).map(|(slope, _)| slope)
            }
            RangeFunction::PredictLinear => {
                let (slope, now) = line(self.samples, self.at)?;
                Some(now + slope * parameter?)
            }
            RangeFunction::Changes => Some(self.count_steps(differs)),
            RangeFunction::Resets => Some(self.count_steps(|before, after| after < before)),
            RangeFunction::Average => Some(sum(values()) / count),
            RangeFunction::Minimum => Some(values().fold(f64::NAN, smaller)),
            RangeFunction::Maximum => Some(values().fold(f64::NAN, greater)),
            RangeFunction::Sum => Some(sum(values())),
            RangeFunction::Count => Some(count),
            RangeFunction::Last => Some(newest),
            RangeFunction::Quantile => {
                let mut sorted: Vec<f64> = values().collect();
                Some(quantile(parameter?, &mut sorted))
            }
            RangeFunction::Deviation => Some(variance(values()).sqrt()),
            RangeFunction::Variance => Some(variance(values())),
            RangeFunction::Present => Some(1.0),
        }
    }

    fn seconds(&self) -> f64 {
        Time(self.end).seconds_since(Time(self.start))
    }

    fn count_steps(&self, is_counted: impl Fn(f64, f64) -> bool) -> f64 {
        let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
        number(pairs.filter(|((_, before), (_, after))| is_counted(*before, *after)).count())
    }

    fn last_step(&self, is_rate: bool) -> Option<f64> {
        let [.., (time_before, before), (time, value)] = *self.samples else { return None };
        if !is_rate {
            return Some(value - before);
        }
        let step = if value < before { value } else { value - before };
        Some(step / Time(time).seconds_since(Time(time_before)))
    }

    /// The change inside the range, stretched to its edges: up to each edge if the samples come
    /// nearer than 1.1 times their usual distance, else by half of that distance; for a counter not
    /// beyond the moment where it would have been zero.
    fn extrapolated(&self, is_counter: bool) -> Option<f64> {
        let [(first_time, first), .., (last_time, last)] = *self.samples else { return None };
        let mut change = last - first;
        if is_counter {
            let pairs = self.samples.iter().zip(self.samples.iter().skip(1));
            for ((_, before), (_, after)) in pairs {
                if after < before {
                    change += before;
                }
            }
        }
        let sampled = Time(last_time).seconds_since(Time(first_time));
        let distance = sampled / number(self.samples.len() - 1);
        let near = distance * 1.1;
        let mut to_start = Time(first_time).seconds_since(Time(self.start));
        let mut to_end = Time(self.end).seconds_since(Time(last_time));
        if to_start >= near {
            to_start = distance / 2.0;
        }
        if is_counter && change > 0.0 && first >= 0.0 {
            to_start = to_start.min(sampled * (first / change));
        }
        if to_end >= near {
            to_end = distance / 2.0;
        }
        Some(change * ((sampled + to_start + to_end) / sampled))
    }
}

#[expect(clippy::float_cmp, reason = "any difference is a change")]
fn differs(before: f64, after: f64) -> bool {
    before != after && !(before.is_nan() && after.is_nan())
}
