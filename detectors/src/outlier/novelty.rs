//! What has never happened before: counts of a coarse value in its contexts, over all time.
//!
//! The value is cut into a few steps of the range seen so far, at three resolutions, and counted
//! after what came before (one, two, ten points ago), by time of day, by the local level, and
//! how restless the series is at that level. The surprise is the mean over the resolutions of the
//! sum of -log10 p, each p backed off to the context-free one (Katz 1987 with one made-up count).
//! Nothing fades: what a series has done before is no news. The idea that contexts of a coarse
//! value are enough is that of contextual anomaly detectors (Smirnov 2016). 2.9 KB.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::profile::share_of_day;
use crate::number::{count, narrow, position};

/// Steps of the three resolutions.
const RESOLUTIONS: [usize; 3] = [3, 4, 6];
/// Contexts of two and three points back are kept only for the coarsest.
const DEEP: usize = 3;
/// The long look back, in points.
const BACK: usize = 10;
/// Two-hour parts of a day.
const PARTS: usize = 12;
/// Steps of restlessness.
const RESTLESS: usize = 9;
/// Counts are halved (rounded up: once seen is never forgotten) beyond this.
const MOST: u16 = 30_000;
/// While so few points are known the range is theirs.
const LEARN: f64 = 200.0;

/// One point as the novelty sees it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    /// Unix milliseconds.
    pub(crate) at_ms: i64,
    /// The value.
    pub(crate) value: f64,
    /// The local level.
    pub(crate) level: f64,
    /// Logarithm of the local restlessness over the usual one.
    pub(crate) restless: f64,
}

/// The counts, and the range that they refer to.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Novelty {
    low: f64,
    high: f64,
    points: f64,
    /// The last values and local levels, newest first.
    past: VecDeque<(f32, f32)>,
    counts: Vec<u16>,
}

/// A place among the counts: a table of rows, the first being the row without context.
struct Row {
    table: usize,
    context: usize,
    symbol: usize,
    symbols: usize,
}

impl Novelty {
    pub(crate) fn heap_bytes(&self) -> usize {
        self.counts.capacity() * size_of::<u16>() + self.past.capacity() * size_of::<(f32, f32)>()
    }

    /// The surprise at a point, -log10 of a probability (sum over contexts); counts the point.
    /// The range must have been widened for it.
    pub(crate) fn surprise(&mut self, view: View) -> f64 {
        if self.counts.is_empty() {
            let sizes = RESOLUTIONS.iter().flat_map(|steps| self.contexts(*steps, view));
            let all: usize = sizes.map(|(contexts, _, symbols, _)| (contexts + 1) * symbols).sum();
            self.counts = vec![0; all];
        }
        // One logarithm for all: 24 factors of at least 1e-9 fit.
        let mut likelihood = 1.0;
        let mut table = 0;
        for steps in RESOLUTIONS {
            for (contexts, context, symbols, symbol) in self.contexts(steps, view) {
                let row = Row { table, context, symbol, symbols };
                let after = table + (contexts + 1) * symbols;
                likelihood *= self.count(&row);
                table = after;
            }
        }
        self.past.truncate(BACK - 1);
        self.past.push_front((narrow(view.value), narrow(view.level)));
        -likelihood.log10() / count(RESOLUTIONS.len())
    }

    /// Widens the range, later on by no more than its double at once: a wild value must not make
    /// all others look alike.
    pub(crate) fn widen(&mut self, value: f64) {
        if self.points < 1.0 {
            self.low = value;
            self.high = value;
        }
        let most = if self.points < LEARN { f64::INFINITY } else { self.high - self.low };
        self.low = self.low.min(value.max(self.low - most));
        self.high = self.high.max(value.min(self.high + most));
        self.points += 1.0;
    }

    /// A value held within the range seen so far.
    pub(crate) fn bounded(&self, value: f64) -> f64 {
        value.clamp(self.low, self.high)
    }

    /// The step of a value, 0…steps-1.
    fn step(&self, value: f64, steps: usize) -> usize {
        let width = (self.high - self.low).max(1e-300);
        position((value - self.low) / width * count(steps)).min(steps - 1)
    }

    /// For each table: how many contexts, the context now, how many symbols, the symbol now.
    /// «Not known yet» is a context of its own.
    fn contexts(&self, steps: usize, view: View) -> [(usize, usize, usize, usize); 8] {
        let ago = |points: usize| {
            let past = self.past.get(points - 1);
            past.map_or((steps, steps), |(value, level)| {
                (self.step(f64::from(*value), steps), self.step(f64::from(*level), steps))
            })
        };
        let kinds = steps + 1;
        let (last, last_level) = ago(1);
        let (second, _) = ago(2);
        let (third, _) = ago(3);
        let (back, back_level) = ago(BACK);
        let now = self.step(view.value, steps);
        let level = self.step(view.level, steps);
        let part = position(share_of_day(view.at_ms) * count(PARTS)).min(PARTS - 1);
        let middle = count(RESTLESS / 2);
        let restless = position((view.restless.round() + middle).clamp(0.0, 2.0 * middle));
        // A table of one context and one symbol says nothing and costs nothing.
        let deep = if steps > DEEP {
            (1, 0, 1, 0)
        } else {
            (kinds.pow(3), (last * kinds + second) * kinds + third, steps, now)
        };
        [
            (kinds.pow(2), last * kinds + second, steps, now),
            deep,
            (kinds, back, steps, now),
            (PARTS, part, steps, now),
            (kinds, back_level, steps, level),
            (PARTS, part, steps, level),
            (kinds, last_level, steps, now),
            (kinds, level, RESTLESS, restless),
        ]
    }

    /// The probability of the symbol in its row; counts it.
    fn count(&mut self, row: &Row) -> f64 {
        if row.symbols < 2 {
            return 1.0;
        }
        let free = take(&mut self.counts, row.table, row.symbols, row.symbol);
        let start = row.table + (row.context + 1) * row.symbols;
        let bound = take(&mut self.counts, start, row.symbols, row.symbol);
        let without = (free.0 + 0.5) / (free.1 + 0.5 * count(row.symbols));
        let within = (bound.0 + without) / (bound.1 + 1.0);
        within.max(1e-9)
    }
}

/// How often the symbol was counted in this row, and all of the row's; counts it.
fn take(counts: &mut [u16], start: usize, symbols: usize, symbol: usize) -> (f64, f64) {
    let Some(row) = counts.get_mut(start..start + symbols) else { return (0.0, 0.0) };
    let all: f64 = row.iter().map(|seen| f64::from(*seen)).sum();
    let Some(seen) = row.get_mut(symbol) else { return (0.0, all) };
    let own = f64::from(*seen);
    *seen += 1;
    if *seen > MOST {
        for seen in row {
            *seen = seen.div_ceil(2);
        }
    }
    (own, all)
}
