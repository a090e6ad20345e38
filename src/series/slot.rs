//! One series of the store: its labels and its chunks.

use std::sync::Arc;

use crate::model::SeriesRef;

use super::chunk::{CHUNK_SAMPLES, Closed, Open};
use super::{Stats, is_stale_marker};

/// A series with its samples. It is never empty.
#[derive(Debug)]
pub(super) struct Slot {
    series: SeriesRef,
    open: Open,
    closed: Vec<Closed>,
    /// The number of the last batch that brought it.
    pub(super) batch: u32,
}

impl Slot {
    /// Makes a series from its first sample.
    pub(super) fn new(series: SeriesRef, at: i64, value: f64, batch: u32) -> Self {
        Self { series, open: Open::new(at, value), closed: Vec::new(), batch }
    }

    /// Its name and labels.
    pub(super) fn series(&self) -> &SeriesRef {
        &self.series
    }

    /// Whether it is this series; fingerprints are equal already.
    pub(super) fn is_of(&self, series: &SeriesRef) -> bool {
        Arc::ptr_eq(&self.series, series) || self.series == *series
    }

    /// Shares the caller's copy of an equal series, so that the older one can be freed and the next
    /// comparison is one of pointers.
    pub(super) fn adopt(&mut self, series: &SeriesRef) {
        if !Arc::ptr_eq(&self.series, series) {
            self.series = Arc::clone(series);
        }
    }

    /// Adds a sample, or counts it as out of order. Closes a full chunk, and then drops what is
    /// older than `oldest` and, above `limit` bytes, the oldest chunks of this series.
    pub(super) fn append(
        &mut self,
        at: i64,
        value: f64,
        oldest: i64,
        limit: u64,
        stats: &mut Stats,
    ) {
        if at <= self.open.newest().0 {
            stats.out_of_order += 1;
            return;
        }
        let before = self.open.heap_bytes();
        if self.open.count() >= CHUNK_SAMPLES {
            stats.bytes = stats.bytes.saturating_sub(self.bytes());
            self.closed.reserve_exact(1);
            self.closed.push(self.open.close());
            self.open = Open::new(at, value);
            stats.bytes += self.bytes();
            self.forget_before(oldest, stats);
            while stats.bytes > limit && !self.closed.is_empty() {
                let count = self.forget_first(stats);
                stats.evicted += count;
            }
        } else {
            self.open.push(at, value);
            stats.bytes += u64_of(self.open.heap_bytes() - before);
        }
        stats.samples += 1;
    }

    /// Drops chunks that end before a moment.
    pub(super) fn forget_before(&mut self, oldest: i64, stats: &mut Stats) {
        while self.closed.first().is_some_and(|chunk| chunk.end < oldest) {
            self.forget_first(stats);
        }
    }

    fn forget_first(&mut self, stats: &mut Stats) -> u64 {
        let chunk = self.closed.remove(0);
        let count = u64::from(chunk.count());
        stats.samples -= count;
        stats.bytes = stats.bytes.saturating_sub(u64_of(chunk.heap_bytes()));
        count
    }

    /// Time and value of the newest sample; the value may be a stale marker.
    pub(super) fn newest(&self) -> (i64, f64) {
        self.open.newest()
    }

    /// How many samples it holds.
    pub(super) fn samples(&self) -> u64 {
        let closed: u64 = self.closed.iter().map(|chunk| u64::from(chunk.count())).sum();
        closed + u64::from(self.open.count())
    }

    /// Bytes it takes, with its share of the index and the map: 48 bytes a label for the strings'
    /// heads and the posting, 40 for the map's entry.
    pub(super) fn bytes(&self) -> u64 {
        let labels: usize =
            self.series.labels().map(|(name, value)| name.len() + value.len() + 48).sum();
        let closed: usize = self.closed.iter().map(Closed::heap_bytes).sum();
        let heads = self.closed.capacity() * size_of::<Closed>();
        u64_of(size_of::<Self>() + 40 + labels + closed + heads + self.open.heap_bytes())
    }

    /// The newest sample in the half-open interval (`after`, `at`], unless the series ended.
    pub(super) fn value_at(&self, at: i64, after: i64) -> Option<(i64, f64)> {
        let newest = self.open.newest();
        let found = if newest.0 <= at {
            Some(newest)
        } else if self.open.start() <= at {
            self.open.samples().take_while(|(time, _)| *time <= at).last()
        } else {
            let chunk = self.closed.iter().rev().find(|chunk| chunk.start <= at)?;
            chunk.samples().take_while(|(time, _)| *time <= at).last()
        };
        found.filter(|(time, value)| *time > after && !is_stale_marker(*value))
    }

    /// The samples in (`after`, `to`], the ends of the series among them.
    pub(super) fn all(&self, after: i64, to: i64) -> Vec<(i64, f64)> {
        let closed = self.closed.iter().filter(|chunk| chunk.end > after && chunk.start <= to);
        let samples = closed.flat_map(Closed::samples).chain(self.open.samples());
        samples.skip_while(|(at, _)| *at <= after).take_while(|(at, _)| *at <= to).collect()
    }

    /// Appends the samples in (`after`, `to`] to `into`, without stale markers.
    pub(super) fn window(&self, after: i64, to: i64, into: &mut Vec<(i64, f64)>) {
        let is_wanted = |(time, value): &(i64, f64)| *time > after && !is_stale_marker(*value);
        for chunk in self.closed.iter().filter(|chunk| chunk.end > after && chunk.start <= to) {
            let samples = chunk.samples().take_while(|(time, _)| *time <= to);
            into.extend(samples.filter(is_wanted));
        }
        if self.open.start() <= to && self.open.newest().0 > after {
            let samples = self.open.samples().take_while(|(time, _)| *time <= to);
            into.extend(samples.filter(is_wanted));
        }
    }
}

fn u64_of(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
