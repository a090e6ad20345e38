//! Polling one source for as long as the engine runs.
//!
//! Each source has its own moment within the interval, so that not all are asked at once; a poll
//! that takes too long is given up, and the source's own health goes along as series whatever
//! happens.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Collect, CollectError, Samples, Target};
use crate::clock::{Clock, Stopwatch};
use crate::model::{Batch, Text};

/// The reasons a poll may fail for, all reported each time: a series that appears only with the
/// fault is hard to write rules for.
const REASONS: [&str; 4] = ["timeout", "connect", "access", "answer"];

/// What one poll brought, and how it went.
#[derive(Debug)]
pub struct Polled {
    /// The samples.
    pub batch: Batch,
    /// How long it took, seconds.
    pub seconds: f64,
    /// Why it failed, if it did.
    pub error: Option<CollectError>,
    /// What people should know although it succeeded.
    pub notes: Vec<Text>,
}

/// Polls until told to stop. When the receiver is slow the next poll waits: samples are not queued
/// without bound.
pub async fn poll<C: Collect>(
    mut collector: C,
    target: Target,
    clock: Arc<Clock>,
    to: mpsc::Sender<Polled>,
    stop: CancellationToken,
) {
    let mut samples = Samples::new(target.base_labels()).at_most(target.max_series);
    let instance: Arc<str> = target.instance.as_str().into();
    let mut interval = tokio::time::interval(target.interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    // The first poll comes soon; from the second on each source has its own moment.
    let soon = target.interval.mul_f64(share(&target) / 10.0);
    tokio::select! {
        () = stop.cancelled() => return,
        () = tokio::time::sleep(soon) => interval.reset_immediately(),
    }
    let mut is_first = true;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = interval.tick() => {}
        }
        let watch = Stopwatch::start();
        let at = clock.now();
        let outcome = tokio::select! {
            () = stop.cancelled() => return,
            outcome = tokio::time::timeout(target.timeout, collector.collect(&mut samples)) => outcome,
        };
        let error = match outcome {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error),
            Err(_) => Some(CollectError::Timeout {
                what: target.instance.clone(),
                seconds: target.timeout.as_secs_f64(),
            }),
        };
        let seconds = watch.seconds();
        health(&mut samples, &target, seconds, error.as_ref());
        let batch = Batch {
            kind: target.kind,
            instance: Arc::clone(&instance),
            at,
            samples: samples.take(),
        };
        let notes = collector.notes();
        if std::mem::take(&mut is_first) {
            interval.reset_after(target.interval.mul_f64(share(&target).max(0.2)));
        }
        if to.send(Polled { batch, seconds, error, notes }).await.is_err() {
            return;
        }
    }
}

/// Adds the source's own health to a poll.
pub fn health(samples: &mut Samples, target: &Target, seconds: f64, error: Option<&CollectError>) {
    let count = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    samples.push("up", &[], if error.is_none() { 1.0 } else { 0.0 });
    samples.push("scrape_duration_seconds", &[], seconds);
    samples.push("scrape_samples_scraped", &[], f64::from(count));
    samples.push("scrape_timeout_seconds", &[], target.timeout.as_secs_f64());
    let dropped = u32::try_from(samples.dropped()).unwrap_or(u32::MAX);
    samples.push("vakhta_scrape_dropped_series_total", &[], f64::from(dropped));
    for reason in REASONS {
        let is_it = error.is_some_and(|error| error.as_str() == reason);
        let value = if is_it { 1.0 } else { 0.0 };
        samples.push("vakhta_collect_error", &[("reason", reason)], value);
    }
}

/// The source's own moment as a share of the interval: the same after each start.
fn share(target: &Target) -> f64 {
    let mut hasher = DefaultHasher::new();
    (target.kind, &target.instance).hash(&mut hasher);
    f64::from(u32::try_from(hasher.finish() % 1000).unwrap_or(0)) / 1_000.0
}
