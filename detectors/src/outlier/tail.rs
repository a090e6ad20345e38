//! How rare a deviation is among a series' own: a decayed histogram with a fitted tail.
//!
//! Logarithmic bins, four to an octave, so that one histogram serves flat and spiky series alike.
//! Beyond what is well counted the tail is a power law whose exponent is estimated after Hill
//! (1975): a series that often jumps needs a larger jump. 64 bins of 4 bytes.

use serde::{Deserialize, Serialize};

use crate::number::{count, narrow, position};

const BINS: usize = 64;
const PER_OCTAVE: f64 = 4.0;
/// The lowest edge: smaller deviations are all the same.
const LOWEST: f64 = 1.0 / 16.0;
/// The share of deviations whose sizes give the exponent.
const TAIL_SHARE: f64 = 0.05;

/// The deviations seen so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tail {
    weights: Vec<f32>,
    total: f64,
}

impl Default for Tail {
    fn default() -> Self {
        Self { weights: vec![0.0; BINS], total: 0.0 }
    }
}

fn bin(size: f64) -> usize {
    if size <= LOWEST {
        return 0;
    }
    position(1.0 + PER_OCTAVE * (size / LOWEST).log2()).min(BINS - 1)
}

/// The lower edge of a bin.
fn edge(bin: usize) -> f64 {
    if bin == 0 { 0.0 } else { LOWEST * ((count(bin) - 1.0) / PER_OCTAVE).exp2() }
}

impl Tail {
    /// Counts a deviation of this size and lets the older ones fade by the factor `keep`.
    pub(crate) fn add(&mut self, size: f64, keep: f64) {
        let fade = narrow(keep);
        for weight in &mut self.weights {
            *weight *= fade;
        }
        if let Some(weight) = self.weights.get_mut(bin(size)) {
            *weight += 1.0;
        }
        self.total = self.total * keep + 1.0;
    }

    /// How many deviations the memory is worth.
    pub(crate) const fn total(&self) -> f64 {
        self.total
    }

    /// The share of deviations expected to be at least this large, in (0, 1].
    pub(crate) fn share_beyond(&self, size: f64) -> f64 {
        let (mut above, mut logs) = (0.0, 0.0);
        let (mut start, mut start_share) = (LOWEST, 1.0);
        let all = self.total + 1.0;
        for (place, weight) in self.weights.iter().enumerate().rev() {
            let weight = f64::from(*weight);
            let next = above + weight;
            if next > TAIL_SHARE * all || place == 0 {
                // The fit starts at the upper edge of this bin.
                start = edge(place + 1);
                start_share = (above + 0.5) / all;
                logs -= above * start.ln();
                break;
            }
            logs += weight * (edge(place) * edge(place + 1)).sqrt().ln();
            above = next;
        }
        if size > start {
            // Two made-up deviations with exponent 4 keep it sane while little is known.
            let exponent = (above + 2.0) / (logs + 0.5);
            return start_share * (size / start).powf(-exponent.clamp(0.5, 12.0));
        }
        let own = bin(size);
        let beyond: f64 = self.weights.iter().skip(own + 1).map(|weight| f64::from(*weight)).sum();
        let same = self.weights.get(own).map_or(0.0, |weight| f64::from(*weight));
        ((beyond + 0.5 * same + 0.5) / all).clamp(start_share.min(1.0), 1.0)
    }
}
