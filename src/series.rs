//! Recent samples in memory: compressed, bounded, and found by their labels.
//!
//! What holds: the samples of one series are in order of time and never changed; a series that its
//! source no longer brings ends with a stale marker at that moment, so that it vanishes from
//! answers at once; nothing grows beyond [`Limits`] but by one open chunk a series. The store knows
//! neither a clock nor where samples come from: time is that of the batches.

mod chunk;
mod index;
pub mod notation;
pub mod packed;
pub mod query;
mod slot;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use crate::model::{Batch, SeriesRef, Time};

use index::{Id, Index, Matcher, Test};
use slot::Slot;

/// How long a value counts as current when no newer one came: five minutes, as in Prometheus.
pub const LOOKBACK: Duration = Duration::from_secs(300);

/// The bit pattern that Prometheus gives to «this series ended here».
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Gone series that the index may still name before it is purged, at least.
const PURGE_AT_LEAST: usize = 1024;

/// Whether a value is the marker for the end of a series.
#[must_use]
pub fn is_stale_marker(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

/// What the store may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Samples older than this are dropped, chunk by chunk.
    pub retention: Duration,
    /// The most series; new ones beyond are refused.
    pub series: usize,
    /// The most bytes: beyond it new series are refused and old chunks dropped early.
    pub bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { retention: Duration::from_secs(6 * 3600), series: 1_000_000, bytes: 4 << 30 }
    }
}

/// What the store holds, and what it had to turn away since the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Series held.
    pub series: u64,
    /// Samples held, stale markers among them.
    pub samples: u64,
    /// Bytes of samples, labels and book-keeping (estimated for the latter two).
    pub bytes: u64,
    /// Samples of new series that were refused because of a limit.
    pub refused: u64,
    /// Samples dropped because they were not newer than the newest of their series.
    pub out_of_order: u64,
    /// Samples dropped before their time to keep within the bytes allowed.
    pub evicted: u64,
}

/// A fingerprint is a hash already.
#[derive(Debug, Default)]
struct Identity(u64);

impl Hasher for Identity {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, value: u64) {
        self.0 = value;
    }
}

/// The samples in memory, shared by who takes them in and who asks.
pub type SharedSeries = Arc<RwLock<Store>>;

type ByFingerprint<T> = HashMap<u64, T, BuildHasherDefault<Identity>>;

/// What one source of one kind brought last.
#[derive(Debug)]
struct Source {
    kind: &'static str,
    at: i64,
    ids: Vec<Id>,
}

/// The recent samples of all sources.
#[derive(Debug)]
pub struct Store {
    limits: Limits,
    retention: i64,
    slots: Vec<Option<Slot>>,
    by_fingerprint: ByFingerprint<Id>,
    /// Further series of fingerprints that are already taken: practically always empty.
    collided: ByFingerprint<Vec<Id>>,
    index: Index,
    sources: HashMap<Arc<str>, Vec<Source>>,
    /// Slots that are empty but still named by the index.
    dead: Vec<Id>,
    /// Slots that may be given to new series.
    free: Vec<Id>,
    newest: i64,
    batch: u32,
    cursor: usize,
    stats: Stats,
}

impl Store {
    /// Makes an empty store.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            retention: millis(limits.retention),
            limits,
            slots: Vec::new(),
            by_fingerprint: HashMap::default(),
            collided: HashMap::default(),
            index: Index::default(),
            sources: HashMap::new(),
            dead: Vec::new(),
            free: Vec::new(),
            newest: i64::MIN,
            batch: 0,
            cursor: 0,
            stats: Stats::default(),
        }
    }

    /// What it may hold.
    #[must_use]
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// What it holds.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.stats
    }

    /// The metric names held, in order; one that has just gone may still be among them.
    pub fn metric_names(&self) -> impl Iterator<Item = &str> {
        self.index.values("__name__")
    }

    /// The values of a label, in order; one that has just gone may still be among them.
    pub fn label_values(&self, label: &str) -> impl Iterator<Item = &str> {
        self.index.values(label)
    }

    /// The names of labels held, in order; one that has just gone may still be among them.
    pub fn label_names(&self) -> impl Iterator<Item = &str> {
        self.index.labels()
    }

    /// Takes a batch. Series that the same source (kind and instance) brought last time and does
    /// not bring now end at the time of this batch.
    pub fn append(&mut self, batch: &Batch) {
        let at = batch.at.0;
        self.newest = self.newest.max(at);
        self.batch = self.batch.wrapping_add(1);
        let mut ids = Vec::with_capacity(batch.samples.len());
        for sample in &batch.samples {
            let fingerprint = sample.series.fingerprint();
            if let Some(id) = self.known(fingerprint, &sample.series) {
                self.append_known(id, &sample.series, at, sample.value);
                ids.push(id);
            } else if let Some(id) = self.create(fingerprint, &sample.series, at, sample.value) {
                ids.push(id);
            } else {
                self.stats.refused += 1;
            }
        }
        let before = self.exchange_source(batch, ids);
        self.end_series(&before, at);
        self.sweep(batch.samples.len() / 4 + 16);
    }

    /// Ends every series of an instance, whatever kind of source brought it, at a moment.
    pub fn mark_absent(&mut self, instance: &str, at: Time) {
        let Some(sources) = self.sources.remove(instance) else { return };
        self.batch = self.batch.wrapping_add(1);
        for source in sources {
            if source.at >= self.newest.saturating_sub(self.retention) {
                self.end_series(&source.ids, at.0);
            }
        }
    }

    /// The series of a metric with their samples up to a moment, the ends of series among them; of each those after
    /// the moment that `after` says.
    pub fn samples_of(
        &self,
        metric: &str,
        after: impl Fn(&SeriesRef) -> Time,
        to: Time,
    ) -> Vec<(SeriesRef, Vec<(i64, f64)>)> {
        let slots = self.index.equal("__name__", metric).iter().filter_map(|id| self.slot(*id));
        let found = slots.map(|slot| {
            let series = slot.series();
            (Arc::clone(series), slot.all(after(series).0, to.0))
        });
        found.filter(|(_, samples)| !samples.is_empty()).collect()
    }

    /// Puts samples of one series back, in order of time; those that are not newer than what is there are counted as
    /// out of order.
    pub fn restore(&mut self, series: &SeriesRef, samples: &[(i64, f64)]) {
        let fingerprint = series.fingerprint();
        for (at, value) in samples {
            self.newest = self.newest.max(*at);
            if let Some(id) = self.known(fingerprint, series) {
                self.append_known(id, series, *at, *value);
            } else if self.create(fingerprint, series, *at, *value).is_none() {
                self.stats.refused += 1;
            }
        }
    }

    fn known(&self, fingerprint: u64, series: &SeriesRef) -> Option<Id> {
        let first = *self.by_fingerprint.get(&fingerprint)?;
        if self.slot(first).is_some_and(|slot| slot.is_of(series)) {
            return Some(first);
        }
        let others = self.collided.get(&fingerprint)?;
        others.iter().copied().find(|id| self.slot(*id).is_some_and(|slot| slot.is_of(series)))
    }

    fn slot(&self, id: Id) -> Option<&Slot> {
        self.slots.get(usize::try_from(id).ok()?)?.as_ref()
    }

    fn slot_mut(&mut self, id: Id) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(id).ok()?)?.as_mut()
    }

    fn append_known(&mut self, id: Id, series: &SeriesRef, at: i64, value: f64) {
        let (batch, retention, limit) = (self.batch, self.retention, self.limits.bytes);
        let mut stats = self.stats;
        let Some(slot) = self.slot_mut(id) else { return };
        slot.batch = batch;
        slot.adopt(series);
        slot.append(at, value, at.saturating_sub(retention), limit, &mut stats);
        self.stats = stats;
    }

    fn create(&mut self, fingerprint: u64, series: &SeriesRef, at: i64, value: f64) -> Option<Id> {
        if self.live() >= self.limits.series || self.stats.bytes >= self.limits.bytes {
            return None;
        }
        let id = match self.free.pop() {
            Some(id) => id,
            None => {
                let id = Id::try_from(self.slots.len()).ok()?;
                self.slots.push(None);
                id
            }
        };
        let slot = Slot::new(Arc::clone(series), at, value, self.batch);
        self.stats.series += 1;
        self.stats.samples += 1;
        self.stats.bytes += slot.bytes();
        *self.slots.get_mut(usize::try_from(id).ok()?)? = Some(slot);
        match self.by_fingerprint.entry(fingerprint) {
            Entry::Vacant(entry) => {
                entry.insert(id);
            }
            Entry::Occupied(_) => self.collided.entry(fingerprint).or_default().push(id),
        }
        self.index.insert(id, series);
        Some(id)
    }

    fn live(&self) -> usize {
        self.slots.len() - self.dead.len() - self.free.len()
    }

    /// Notes what a source brought now and gives what it brought before.
    fn exchange_source(&mut self, batch: &Batch, ids: Vec<Id>) -> Vec<Id> {
        let at = batch.at.0;
        let oldest = self.newest.saturating_sub(self.retention);
        let kinds = self.sources.entry(Arc::clone(&batch.instance)).or_default();
        match kinds.iter_mut().find(|source| source.kind == batch.kind) {
            Some(source) => {
                // After a silence as long as the retention the numbers may belong to others.
                let is_usable = source.at >= oldest;
                source.at = at;
                let before = std::mem::replace(&mut source.ids, ids);
                if is_usable { before } else { Vec::new() }
            }
            None => {
                kinds.push(Source { kind: batch.kind, at, ids });
                Vec::new()
            }
        }
    }

    /// Ends those of the series that the current batch did not bring.
    fn end_series(&mut self, ids: &[Id], at: i64) {
        let (batch, retention, limit) = (self.batch, self.retention, self.limits.bytes);
        for id in ids {
            let mut stats = self.stats;
            let Some(slot) = self.slot_mut(*id) else { continue };
            let (newest, value) = slot.newest();
            if slot.batch == batch || newest >= at || is_stale_marker(value) {
                continue;
            }
            let marker = f64::from_bits(STALE_BITS);
            slot.append(at, marker, at.saturating_sub(retention), limit, &mut stats);
            self.stats = stats;
        }
    }

    /// Looks at the next `count` slots and drops series that are older than the retention.
    fn sweep(&mut self, count: usize) {
        let oldest = self.newest.saturating_sub(self.retention);
        for _ in 0..count.min(self.slots.len()) {
            let place = self.cursor;
            self.cursor = if place + 1 >= self.slots.len() { 0 } else { place + 1 };
            let Some(place_content) = self.slots.get_mut(place) else { continue };
            if place_content.as_ref().is_none_or(|slot| slot.newest().0 >= oldest) {
                if let Some(slot) = place_content {
                    slot.forget_before(oldest, &mut self.stats);
                }
                continue;
            }
            let Some(slot) = place_content.take() else { continue };
            let Ok(id) = Id::try_from(place) else { continue };
            self.stats.series -= 1;
            self.stats.samples -= slot.samples();
            self.stats.bytes = self.stats.bytes.saturating_sub(slot.bytes());
            self.forget_fingerprint(slot.series().fingerprint(), id);
            self.dead.push(id);
        }
        if self.dead.len() >= PURGE_AT_LEAST.max(self.live() / 8) {
            self.purge();
        }
    }

    fn forget_fingerprint(&mut self, fingerprint: u64, id: Id) {
        if let Some(others) = self.collided.get_mut(&fingerprint) {
            if self.by_fingerprint.get(&fingerprint) == Some(&id) {
                if let Some(next) = others.pop() {
                    self.by_fingerprint.insert(fingerprint, next);
                }
            } else {
                others.retain(|other| *other != id);
            }
            if others.is_empty() {
                self.collided.remove(&fingerprint);
            }
            return;
        }
        self.by_fingerprint.remove(&fingerprint);
    }

    /// Takes the gone series out of the index, so that their slots can be used again.
    fn purge(&mut self) {
        let slots = &self.slots;
        self.index.purge(|id| {
            usize::try_from(id).is_ok_and(|place| slots.get(place).is_some_and(Option::is_some))
        });
        self.free.append(&mut self.dead);
        let oldest = self.newest.saturating_sub(self.retention);
        self.sources.retain(|_, kinds| {
            kinds.retain(|source| source.at >= oldest);
            !kinds.is_empty()
        });
    }

    /// The series that pass all matchers and the restriction, in an order that depends on nothing
    /// but what was appended.
    fn select(&self, matchers: &[Matcher], restrict: Option<(&str, &str)>) -> Vec<&Slot> {
        let mut best: Option<&[Id]> = restrict.map(|(label, value)| self.index.equal(label, value));
        for matcher in matchers {
            if let Test::Equal(value) = &matcher.test
                && !value.is_empty()
            {
                let list = self.index.equal(&matcher.label, value);
                if best.is_none_or(|best| list.len() < best.len()) {
                    best = Some(list);
                }
            }
        }
        let wide;
        let candidates = match best {
            Some(list) => list,
            None => {
                let Some(matcher) = matchers.iter().find(|matcher| !matcher.passes("")) else {
                    return Vec::new();
                };
                wide = self.index.passing(matcher);
                wide.as_slice()
            }
        };
        candidates
            .iter()
            .filter_map(|id| self.slot(*id))
            .filter(|slot| {
                let series = slot.series();
                restrict.is_none_or(|(label, value)| series.get(label) == Some(value))
                    && matchers.iter().all(|matcher| matcher.admits(series))
            })
            .collect()
    }
}

/// Whole milliseconds, at most [`i64::MAX`].
fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
