//! Saving the state: copied under the lock, which copies pointers, then written by another thread.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio_util::task::TaskTracker;

use crate::fold::State;
use crate::model::Time;
use crate::store::Store;

/// A snapshot is taken after this many events, or after [`AGE_MS`] if there were any.
const EVENTS: u64 = 5_000;
const AGE_MS: i64 = 60_000;
/// A large state is saved less often: writing takes at most this share of the time.
const SHARE: i64 = 20;

/// When the next snapshot is due, and whether one is under way.
#[derive(Debug)]
pub(super) struct Snapshots {
    taken_at: Time,
    taken_seq: Option<u64>,
    writing: TaskTracker,
    is_busy: Arc<AtomicBool>,
    /// How long the last one took, milliseconds.
    took: Arc<AtomicU64>,
}

impl Snapshots {
    /// `is_fresh`: the state at hand is the one that was saved last.
    pub(super) fn new(now: Time, is_fresh: bool) -> Self {
        Self {
            taken_at: if is_fresh { now } else { Time::default() },
            taken_seq: None,
            writing: TaskTracker::new(),
            is_busy: Arc::default(),
            took: Arc::default(),
        }
    }

    pub(super) fn is_due(&self, now: Time, seq: u64) -> bool {
        if self.is_busy.load(Ordering::Acquire) || self.taken_seq == Some(seq) {
            return false;
        }
        let events = seq.saturating_sub(self.taken_seq.unwrap_or(0));
        let took = i64::try_from(self.took.load(Ordering::Relaxed)).unwrap_or(0);
        let age = now.0 - self.taken_at.0;
        age >= SHARE * took && (events >= EVENTS && self.taken_seq.is_some() || age >= AGE_MS)
    }

    /// Writes a copy of the state, off the way of events.
    pub(super) fn take(&mut self, store: &Store, seq: u64, at: Time, copy: State) {
        self.taken_at = at;
        self.taken_seq = Some(seq);
        self.is_busy.store(true, Ordering::Release);
        let (busy, took) = (Arc::clone(&self.is_busy), Arc::clone(&self.took));
        let store = store.clone();
        let timer = crate::clock::Stopwatch::start();
        self.writing.spawn(async move {
            let body = tokio::task::spawn_blocking(move || serde_json::to_vec(&copy)).await;
            match body {
                Ok(body) => save(&store, seq, at, body).await,
                Err(error) => tracing::error!(%error, "a snapshot was not encoded"),
            }
            let millis = std::time::Duration::from_secs_f64(timer.seconds()).as_millis();
            took.store(u64::try_from(millis).unwrap_or(u64::MAX), Ordering::Relaxed);
            busy.store(false, Ordering::Release);
        });
    }

    /// Writes the last state at a stop.
    pub(super) async fn last(
        &self,
        store: &Store,
        seq: u64,
        at: Time,
        body: Result<Vec<u8>, serde_json::Error>,
    ) {
        self.writing.close();
        self.writing.wait().await;
        save(store, seq, at, body).await;
    }
}

async fn save(store: &Store, seq: u64, at: Time, body: Result<Vec<u8>, serde_json::Error>) {
    let body = match body {
        Ok(body) => body,
        Err(error) => return tracing::error!(%error, "cannot encode a snapshot"),
    };
    // The log is enough to start again, only slower.
    if let Err(error) = store.save_snapshot(seq, at, &body).await {
        tracing::warn!(%error, "no snapshot this time");
    }
}
