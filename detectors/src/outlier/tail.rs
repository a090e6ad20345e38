//! How rare a deviation is among a series' own: faded histograms with a fitted tail.
//!
//! Logarithmic bins, two to an octave, so that one histogram serves flat and spiky series alike
//! (a spiky series has no quartile range to divide by). Beyond what is well counted the tail is a
//! power law whose exponent is estimated after Hill (1975): a series that often jumps needs a
//! larger jump to be surprising. 280 bytes for both sides of one quantity.

use serde::{Deserialize, Serialize};

use crate::number::{count, narrow, position};

const BINS: usize = 32;
const PER_OCTAVE: f64 = 2.0;
/// The lowest edge, in units of the usual deviation: smaller deviations are all the same.
const LOWEST: f64 = 1.0 / 16.0;
/// Its natural logarithm.
const LOWEST_LN: f64 = -4.0 * std::f64::consts::LN_2;
/// The natural logarithm of a bin's width.
const BIN_LN: f64 = std::f64::consts::LN_2 / PER_OCTAVE;
/// The share of deviations whose sizes give the exponent.
const TAIL_SHARE: f64 = 0.05;
/// Two made-up deviations with exponent 4 keep the exponent sane while little is known.
const PRIOR: (f64, f64) = (2.0, 0.5);
/// No opinion below so many deviations.
const LEAST: f64 = 30.0;
/// The largest surprise of one quantity, as -log10 of a probability.
const MOST: f64 = 12.0;

/// The deviations to one side.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Tail {
    weights: [f32; BINS],
}

fn bin(size: f64) -> usize {
    if size <= LOWEST {
        return 0;
    }
    position(1.0 + PER_OCTAVE * (size / LOWEST).log2()).min(BINS - 1)
}

/// The natural logarithm of the lower edge of a bin above the lowest.
fn edge_ln(bin: usize) -> f64 {
    LOWEST_LN + (count(bin) - 1.0) * BIN_LN
}

impl Tail {
    fn fade(&mut self, keep: f32) {
        for weight in &mut self.weights {
            *weight *= keep;
        }
    }

    fn add(&mut self, size: f64) {
        if let Some(weight) = self.weights.get_mut(bin(size)) {
            *weight += 1.0;
        }
    }

    fn total(&self) -> f64 {
        f64::from(self.weights.iter().sum::<f32>())
    }

    /// The expected share, among `all` deviations, of those at least this large to this side.
    fn share_beyond(&self, size: f64, all: f64) -> f64 {
        let own = bin(size);
        let (mut above, mut logs, mut beyond, mut same) = (0.0, 0.0, 0.0, 0.0);
        // Where the fitted tail begins (as a logarithm), and the share beyond, once found.
        let mut start: Option<(f64, f64)> = None;
        for (place, weight) in self.weights.iter().enumerate().rev() {
            let weight = f64::from(*weight);
            if place > own {
                beyond += weight;
            } else if place == own {
                same = weight;
            }
            if start.is_none() {
                if above + weight > TAIL_SHARE * all || place == 0 {
                    let from_ln = edge_ln(place + 1);
                    logs -= above * from_ln;
                    start = Some((from_ln, (above + 0.5) / (all + 1.0)));
                } else {
                    // The middle of the bin, on the logarithmic scale.
                    logs += weight * (edge_ln(place) + 0.5 * BIN_LN);
                    above += weight;
                }
            } else if place < own {
                break;
            }
        }
        let (from_ln, share) = start.unwrap_or((LOWEST_LN, 1.0));
        let size_ln = size.max(LOWEST).ln();
        if size_ln > from_ln {
            let exponent = (above + PRIOR.0) / (logs + PRIOR.1);
            return share * (-exponent.clamp(0.5, 12.0) * (size_ln - from_ln)).exp();
        }
        ((beyond + 0.5 * same + 0.5) / (all + 1.0)).clamp(share.min(1.0), 1.0)
    }
}

/// A signed quantity that is usually near zero, judged against its own past.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Marginal {
    up: Tail,
    down: Tail,
    scale: f64,
    points: f64,
}

impl Marginal {
    /// The usual size of the deviation.
    pub(crate) const fn scale(&self) -> f64 {
        self.scale
    }

    /// Judges a deviation and remembers it: -log10 of the probability of one as large to its side.
    /// `floor` is the least scale; `memory` is how many points are remembered at most.
    pub(crate) fn surprise(&mut self, deviation: f64, floor: f64, memory: f64) -> f64 {
        let size = deviation.abs();
        if self.points < 10.0 {
            self.scale = self.scale.max(size / 2.0);
        }
        let scale = self.scale.max(floor);
        let relative = (size / scale).min(1e9);
        let all = self.up.total() + self.down.total();
        // The memory grows with the series, so that its rough beginning is soon forgotten.
        let keep = narrow((1.0 - 1.0 / memory).min(1.0 - 2.0 / (self.points + 2.0)).max(0.5));
        let side = if deviation >= 0.0 { &self.up } else { &self.down };
        let share = if all < LEAST { 1.0 } else { side.share_beyond(relative, all) };
        self.up.fade(keep);
        self.down.fade(keep);
        if deviation >= 0.0 {
            self.up.add(relative)
        } else {
            self.down.add(relative)
        }
        self.points += 1.0;
        let rate = (1.0 / self.points).max(0.005);
        self.scale += (size.min(4.0 * scale) - self.scale) * rate;
        (-share.log10()).clamp(0.0, MOST)
    }
}
