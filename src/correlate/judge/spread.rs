//! How a fault spreads: what is heard of it, where and how late.
//!
//! An independent cascade over the dependency graph (Kempe, Kleinberg and Tardos, «Maximizing the Spread of Influence
//! through a Social Network», KDD 2003): from a broken system the trouble passes to each of its callers with some
//! probability and some delay, and from those to theirs. Against it stands what is said of a system by itself, with no
//! fault behind it. All in nats.

use crate::model::number;

/// The farthest that a system is expected to be reached from a root whose path was not heard of, hops.
pub(super) const REACH: u8 = 3;
/// Farther than that, or not at all.
pub(super) const FAR: u8 = u8::MAX;

/// That a fault of a given system begins at a given moment, against none.
pub(super) const FAULT: f64 = -9.0;
/// How often a system speaks with no fault behind it, 1/s: some six times a day.
const UNCAUSED: f64 = 7e-5;
/// A caller of a system that was heard is heard as well.
const PASSES_ON: f64 = 0.5;
/// The same of the root, of its own callers, whether it was heard or not, then of those 2 and 3 hops away whose way there was
/// silent, and of any other system.
const HEARD: [f64; 5] = [0.95, 0.6, 0.13, 0.045, 0.003];
/// The last holds where so many others were heard, in a topology of so many systems or fewer. A link that the topology
/// lacks may begin at each of those that were heard, and end anywhere.
const OTHERS: f64 = 10.0;
const SYSTEMS: f64 = 160.0;
/// Where nobody else was heard, as if so many had been: the root was missed.
const NOBODY: f64 = 0.3;
/// Silence of a system that was expected to speak counts by half: not all trouble is watched for.
const SILENCE: f64 = 0.5;
/// Median delay of what is first heard of a system, by hops, seconds; and the deviation of its logarithm.
const DELAYS: [(f64, f64); 5] =
    [(14.0, 0.8), (50.0, 0.65), (95.0, 0.55), (135.0, 0.5), (130.0, 0.7)];
/// The same between a system and its caller; and how much sooner than the system itself its caller may be heard, seconds.
const PASSES: (f64, f64) = (59.0, 0.6);
const AHEAD_S: f64 = 20.0;
/// The share that comes at any time within [`WHILE_S`]: slow rules, late polls.
const LATE: f64 = 0.1;
const WHILE_S: f64 = 900.0;
/// Monitoring may speak of a symptom so much before the onset is supposed.
const EARLY_S: f64 = 60.0;
/// How much more is heard of a system that was heard once, and the mean of seconds between.
const AGAIN: f64 = 1.2;
const AGAIN_S: f64 = 100.0;
/// What speaks of a cause: at the root, elsewhere, and with no fault behind it.
const CAUSE_AT_ROOT: f64 = 0.7;
const CAUSE_ELSEWHERE: f64 = 0.06;
const CAUSE_UNCAUSED: f64 = 0.6;

/// How much longer than usual rules may wait before they speak of what is felt, seconds; one nat for the first, and one more for
/// each so many.
pub(super) const LAGS: [f64; 4] = [60.0, 120.0, 180.0, 240.0];
const LAG_S: f64 = 120.0;

fn by_hops<T: Copy>(table: &[T; 5], hops: u8) -> T {
    let [.., far] = *table;
    table.get(usize::from(hops)).copied().filter(|_| hops <= REACH).unwrap_or(far)
}

/// What comes in its time, a lognormal by its median and the deviation of its logarithm, and what comes at any time.
fn density(seconds: f64, (median, deviation): (f64, f64), late: f64) -> f64 {
    let usual = if seconds > 0.0 {
        let z = (seconds / median).ln() / deviation;
        let root = (2.0 * std::f64::consts::PI).sqrt();
        (1.0 - LATE) * (-z * z / 2.0).exp() / (seconds * deviation * root)
    } else {
        0.0
    };
    (usual + late).max(1e-9).ln()
}

fn late(seconds: f64) -> f64 {
    if seconds > -EARLY_S { LATE / (WHILE_S + EARLY_S) } else { 0.0 }
}

/// Logarithm of the density, 1/s, of what is first heard of a system so many hops away, so many seconds after the onset.
pub(super) fn delay(hops: u8, seconds: f64) -> f64 {
    density(seconds, by_hops(&DELAYS, hops), late(seconds))
}

/// The same where no way from the root is known, so many seconds after the onset, and one from a system that was heard,
/// so many after that: each says half of it.
pub(super) fn delay_on_way(seconds: f64, after: f64) -> f64 {
    let passed = density(after + AHEAD_S, PASSES, late(after));
    f64::midpoint(passed, delay(FAR, seconds))
}

/// That rules wait so many seconds longer than usual.
pub(super) fn lag(seconds: f64) -> f64 {
    if seconds > 0.0 { -1.0 - seconds / LAG_S } else { 0.0 }
}

/// The same of what is heard of it again, so many seconds after it was last heard.
pub(super) fn again(seconds: f64) -> f64 {
    let usual = (1.0 - LATE) * (-seconds / AGAIN_S).exp() / AGAIN_S;
    AGAIN.ln() + (usual + LATE / WHILE_S).ln()
}

/// What is to be paid once for each system that was heard: that no more was heard of it.
pub(super) fn no_more() -> f64 {
    -AGAIN
}

/// That a system is heard, and that it is not: by hops, the last for all that is farther, and by whether one that it
/// calls was heard.
#[derive(Debug, Default)]
pub(super) struct Voices {
    heard: [[f64; 2]; 5],
    silent: [[f64; 2]; 5],
    /// What a larger topology adds where no way is known.
    strangers: f64,
}

impl Voices {
    /// In a topology of so many systems.
    pub(super) fn new(systems: usize) -> Self {
        let strangers = (SYSTEMS / number(systems)).min(1.0).ln();
        let mut voices = Self { strangers, ..Self::default() };
        let Self { heard, silent, .. } = &mut voices;
        for (hops, known) in HEARD.into_iter().enumerate() {
            let passed_on = if hops > 1 { PASSES_ON } else { known };
            let of = [known, passed_on];
            if let (Some(heard), Some(silent)) = (heard.get_mut(hops), silent.get_mut(hops)) {
                (*heard, *silent) = (of.map(f64::ln), of.map(|heard| SILENCE * (1.0 - heard).ln()));
            }
        }
        voices
    }

    /// That a system is heard, and so many others.
    pub(super) fn heard(&self, hops: u8, is_passed_on: bool, others: usize) -> f64 {
        let [alone, passed_on] = by_hops(&self.heard, hops);
        match (is_passed_on, hops <= REACH) {
            (true, _) => passed_on,
            (false, true) => alone,
            (false, false) => {
                let [.., farthest, _] = self.heard;
                let likelier = (number(others).max(NOBODY) / OTHERS).ln() + self.strangers;
                (alone + likelier).min(farthest[0])
            }
        }
    }

    /// That a system is not heard.
    pub(super) fn silent(&self, hops: u8, is_passed_on: bool) -> f64 {
        let [alone, passed_on] = by_hops(&self.silent, hops);
        if is_passed_on { passed_on } else { alone }
    }
}

/// What it says for a root that a signal speaks of a cause, or does not, there or elsewhere.
pub(super) fn role(is_root: bool, is_cause: bool) -> f64 {
    let share = if is_root { CAUSE_AT_ROOT } else { CAUSE_ELSEWHERE };
    let odds =
        if is_cause { share / CAUSE_UNCAUSED } else { (1.0 - share) / (1.0 - CAUSE_UNCAUSED) };
    odds.ln()
}

/// Logarithm of the rate, 1/s, of what is said of a system with no fault behind it.
pub(super) fn uncaused() -> f64 {
    UNCAUSED.ln()
}

/// What one signal alone says for a fault, whatever else was heard: enough to look for candidates by.
pub(super) fn alone(hops: u8, seconds: f64, is_cause: bool) -> f64 {
    let known = by_hops(&HEARD, hops);
    let passed = if hops > 1 && hops <= REACH { (known + PASSES_ON) / 2.0 } else { known };
    ((1.0 + AGAIN / 2.0) * passed).ln() + delay(hops, seconds) + role(hops == 0, is_cause)
        - uncaused()
}
