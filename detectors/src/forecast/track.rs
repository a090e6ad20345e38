//! A bounded memory of a series over a span of time: neighbouring points are averaged, more of
//! them as the history grows, so that short and long histories both fill it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::number::{float, seconds};

/// The average of some neighbouring points.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Point {
    /// Time of its first sample.
    began_ms: i64,
    /// Mean time, in milliseconds after `began_ms`.
    offset_ms: f64,
    value: f64,
    samples: u32,
}

impl Point {
    pub(crate) const fn value(&self) -> f64 {
        self.value
    }

    /// Mean time in seconds after `origin_ms`.
    pub(crate) fn at_s(&self, origin_ms: i64) -> f64 {
        seconds(self.began_ms.saturating_sub(origin_ms)) + self.offset_ms / 1000.0
    }

    fn merge(&mut self, other: &Self) {
        let total = f64::from(self.samples) + f64::from(other.samples);
        let share = f64::from(other.samples) / total;
        let other_offset_ms = float(other.began_ms.saturating_sub(self.began_ms)) + other.offset_ms;
        self.offset_ms += share * (other_offset_ms - self.offset_ms);
        self.value += share * (other.value - self.value);
        self.samples = self.samples.saturating_add(other.samples);
    }
}

/// At most `capacity` points over at most `span_ms`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Track {
    width_ms: i64,
    points: VecDeque<Point>,
}

impl Track {
    /// Adds a sample. True when it began a new point, so that a fit is due.
    pub(crate) fn push(&mut self, capacity: usize, span_ms: i64, at_ms: i64, value: f64) -> bool {
        let oldest_ms = at_ms.saturating_sub(span_ms);
        while self.points.front().is_some_and(|point| point.began_ms < oldest_ms) {
            self.points.pop_front();
        }
        let sample = Point { began_ms: at_ms, offset_ms: 0.0, value, samples: 1 };
        if let Some(last) = self.points.back_mut()
            && at_ms.saturating_sub(last.began_ms) < self.width_ms
        {
            last.merge(&sample);
            return false;
        }
        if self.points.len() >= capacity {
            self.halve();
        }
        self.points.push_back(sample);
        true
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        self.points.capacity() * size_of::<Point>()
    }

    /// Drops the oldest point.
    pub(crate) fn drop_oldest(&mut self) {
        self.points.pop_front();
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.points.clear();
        self.width_ms = 0;
    }

    /// The points, oldest first.
    pub(crate) fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.points.iter()
    }

    fn halve(&mut self) {
        let length_ms = match (self.points.front(), self.points.back()) {
            (Some(first), Some(last)) => last.began_ms.saturating_sub(first.began_ms),
            _ => 0,
        };
        let half = i64::try_from(self.points.len() / 2).unwrap_or(1).max(1);
        self.width_ms = (length_ms / half).max(1);
        let mut merged: VecDeque<Point> = VecDeque::with_capacity(self.points.len());
        for (place, point) in self.points.iter().enumerate() {
            match merged.back_mut() {
                Some(last) if place % 2 == 1 => last.merge(point),
                _ => merged.push_back(*point),
            }
        }
        self.points = merged;
    }
}
