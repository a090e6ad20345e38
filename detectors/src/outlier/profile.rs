//! The usual shape of a day: an average for each half hour (hour, for sparse series).

use serde::{Deserialize, Serialize};

use crate::number::{float, narrow, position};

const DAY_MS: i64 = 86_400_000;
/// Slots of a series with points at least every 16 minutes or so.
const DENSE: usize = 48;
const DENSE_INTERVAL_S: f64 = 1000.0;
/// The average follows about so many days.
const DAYS: f64 = 7.0;

/// One slot's average; 8 bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Slot {
    usual: f32,
    points: f32,
}

/// The averages by time of day (UTC: the shape matters, not its name).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Profile {
    slots: Vec<Slot>,
}

/// The share of the day that has passed, 0…1.
pub(crate) fn share_of_day(at_ms: i64) -> f64 {
    float(at_ms.rem_euclid(DAY_MS)) / float(DAY_MS)
}

impl Profile {
    pub(crate) fn heap_bytes(&self) -> usize {
        self.slots.capacity() * size_of::<Slot>()
    }

    /// The deviation of a value from the usual at this time of day; learns the value, held within
    /// `bound` of the usual once the slot is known.
    pub(crate) fn deviation(&mut self, at_ms: i64, interval_s: f64, value: f64, bound: f64) -> f64 {
        if self.slots.is_empty() {
            self.slots.resize(DENSE, Slot::default());
        }
        let share = share_of_day(at_ms);
        let slots = if interval_s < DENSE_INTERVAL_S { 48.0 } else { 24.0 };
        let Some(slot) = self.slots.get_mut(position(share * slots)) else { return 0.0 };
        if slot.points <= 0.0 {
            *slot = Slot { usual: narrow(value), points: 1.0 };
        }
        let deviation = value - f64::from(slot.usual);
        let points_a_day = 86_400.0 / interval_s / slots;
        let is_known = f64::from(slot.points) >= points_a_day * 2.0;
        let step = if is_known { deviation.clamp(-bound, bound) } else { deviation };
        slot.points = (slot.points + 1.0).min(1e6);
        let rate = (1.0 / f64::from(slot.points)).max(1.0 / (points_a_day * DAYS)).min(1.0);
        slot.usual = narrow(f64::from(slot.usual) + step * rate);
        deviation
    }
}
