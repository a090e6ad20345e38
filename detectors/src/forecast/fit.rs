//! A straight line through points that a few wild ones cannot bend.
//!
//! Theil (1950) and Sen (1968): the median of the slopes of all pairs, on at most 24 points.

use super::track::Point;
use crate::number::{count, median};

/// More points than this are thinned out evenly.
const MOST: usize = 24;
/// Turns a median absolute deviation into the standard deviation of a normal distribution.
const MAD_TO_SIGMA: f64 = 1.4826;

/// A fitted line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fit {
    /// Change a second.
    pub(crate) slope: f64,
    /// Time from the first to the last point, in seconds.
    pub(crate) span_s: f64,
    /// How many standard errors the slope is away from none.
    pub(crate) certainty: f64,
}

impl Fit {
    /// Fits the given points, oldest first; `None` for fewer than `least`, or no time between them.
    pub(crate) fn of(points: &[&Point], least: usize) -> Option<Self> {
        let first = points.first()?;
        let origin_ms = 0;
        let start_s = first.at_s(origin_ms);
        let stride = points.len().div_ceil(MOST).max(1);
        // Thinned from the newest backwards, so that the newest always counts.
        let mut line: Vec<(f64, f64)> = points
            .iter()
            .rev()
            .step_by(stride)
            .map(|point| (point.at_s(origin_ms) - start_s, point.value()))
            .collect();
        line.reverse();
        if line.len() < least {
            return None;
        }
        let mut slopes = Vec::with_capacity(line.len() * line.len() / 2);
        for (place, (early_s, early)) in line.iter().enumerate() {
            for (late_s, late) in line.iter().skip(place + 1) {
                if late_s > early_s {
                    slopes.push((late - early) / (late_s - early_s));
                }
            }
        }
        let slope = median(&mut slopes);
        let mut offsets: Vec<f64> = line.iter().map(|(at_s, value)| value - slope * at_s).collect();
        let offset = median(&mut offsets);
        let mut errors: Vec<f64> =
            line.iter().map(|(at_s, value)| (value - slope * at_s - offset).abs()).collect();
        let sigma = MAD_TO_SIGMA * median(&mut errors);
        let span_s = line.last()?.0 - line.first()?.0;
        // Standard error of a slope from evenly spaced points: sigma * sqrt(12 / n) / span.
        let error = sigma * (12.0 / count(line.len())).sqrt();
        let moved = slope * span_s;
        let certainty = if moved == 0.0 { 0.0 } else { moved / error.max(moved.abs() * 1e-6) };
        (slope.is_finite() && certainty.is_finite() && span_s > 0.0).then_some(Self {
            slope,
            span_s,
            certainty,
        })
    }
}
