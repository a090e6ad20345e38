//! All that speaks for «unlike its own past», added up.
//!
//! Four deviations judged by their own tails (from the last points; of the local from the usual
//! level; from the usual level; from the time of day), and the novelty of the coarse value.
//! Independent surprises add, as logarithms of probabilities do; they are not independent, so the
//! sum is divided by the root of their number. What a series may do once in its known length is
//! expected: the logarithm of that length is taken off.

use serde::{Deserialize, Serialize};

use super::novelty::{Novelty, View};
use super::profile::Profile;
use super::tail::Marginal;

/// Half-lives of the last and of the local level, in points.
const FAST: f64 = 6.0;
const LOCAL: f64 = 10.0;
/// Least half-life of the usual level in points; it is a day if that is longer.
const USUAL: f64 = 288.0;
const DAY_S: f64 = 86_400.0;
/// Least memory of the tails in points; it is two weeks if that is longer.
const MEMORY: f64 = 5000.0;
/// Deviations smaller than this share of the usual size of the value are rounding.
const FLOOR: f64 = 1e-3;
/// The root of the number of surprises that are added.
const ROOT: f64 = 3.4;

/// What the surprise is about.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Surprise {
    /// The sum; 6 is rare.
    pub(crate) sum: f64,
    /// The value less the usual level.
    pub(crate) change: f64,
    /// The local less the usual level.
    pub(crate) shift: f64,
}

/// The levels and memories of one series.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Past {
    points: f64,
    size: f64,
    last: f64,
    local: f64,
    usual: f64,
    restless: f64,
    from_profile: f64,
    jump: Marginal,
    shift: Marginal,
    change: Marginal,
    shape: Marginal,
    profile: Profile,
    novelty: Novelty,
    began_ms: i64,
}

fn rate(half_life: f64, points: f64) -> f64 {
    (1.0 - (-1.0 / half_life).exp2()).max(1.0 / points)
}

impl Past {
    /// Points taken so far.
    pub(crate) const fn points(&self) -> f64 {
        self.points
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.profile.heap_bytes() + self.novelty.heap_bytes()
    }

    /// The usual level.
    pub(crate) const fn usual(&self) -> f64 {
        self.usual
    }

    /// Judges a value and learns it. `interval_s` is the usual time between points.
    pub(crate) fn take(&mut self, at_ms: i64, interval_s: f64, value: f64) -> Surprise {
        if self.points < 1.0 {
            self.last = value;
            self.local = value;
            self.usual = value;
            self.began_ms = at_ms;
        }
        self.points += 1.0;
        self.novelty.widen(value);
        // What is learned of a wild value is bounded, or it would hide all that comes after it.
        let learned = self.novelty.bounded(value);
        let points = self.points;
        let a_day = DAY_S / interval_s;
        let memory = MEMORY.max(14.0 * a_day);
        self.size += (learned.abs() - self.size) * (1.0 / points).max(0.001);
        let floor = (FLOOR * self.size).max(1e-9);

        let from_last = value - self.last;
        let mut sum = self.jump.surprise(from_last, floor, memory);
        self.last += (learned - self.last) * rate(FAST, points);
        self.local += (learned - self.local) * rate(LOCAL, points);
        let shift = self.local - self.usual;
        sum += self.shift.surprise(shift, floor, memory);
        let bound = self.jump.scale() * 8.0 + self.shift.scale() * 4.0;
        let usual_rate = rate(USUAL.max(a_day), points);
        self.usual += (value - self.usual).clamp(-bound, bound) * usual_rate;
        let change = value - self.usual;
        sum += self.change.surprise(change, floor, memory);

        let shape_bound = self.shape.scale() * 4.0 + floor;
        let off_profile = self.profile.deviation(at_ms, interval_s, learned, shape_bound);
        self.from_profile += (off_profile - self.from_profile) * rate(LOCAL, f64::INFINITY);
        if at_ms.saturating_sub(self.began_ms) > 86_400_000 {
            sum += self.shape.surprise(self.from_profile, floor, memory);
        }

        let restless = (from_last.abs() + floor).ln();
        self.restless += (restless - self.restless) * rate(LOCAL, points);
        sum += self.novelty.surprise(View {
            at_ms,
            value,
            level: self.local,
            restless: self.restless - (self.jump.scale() + floor).ln(),
        });
        let length = (points / 1000.0).max(0.1).log10();
        Surprise { sum: sum / ROOT - length, change, shift }
    }
}
