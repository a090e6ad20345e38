//! Polling one source for as long as the engine runs.
//!
//! Each source has its own moment within the interval, so that not all are asked at once; a poll
//! that takes too long is given up, and the source's own health goes along as series whatever
//! happens.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{Collect, CollectError, Samples, Target};
use crate::clock::{Clock, Stopwatch};
use crate::model::Batch;

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
    let mut samples = Samples::new(target.base_labels());
    let instance: Arc<str> = target.instance.as_str().into();
    let mut interval = tokio::time::interval(target.interval);
    interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    tokio::select! {
        () = stop.cancelled() => return,
        () = tokio::time::sleep(offset(&target)) => interval.reset_immediately(),
    }
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
        if to.send(Polled { batch, seconds, error }).await.is_err() {
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
    for reason in REASONS {
        let is_it = error.is_some_and(|error| error.word() == reason);
        let value = if is_it { 1.0 } else { 0.0 };
        samples.push("vakhta_collect_error", &[("reason", reason)], value);
    }
}

/// The source's own moment within the interval: the same after each start.
fn offset(target: &Target) -> Duration {
    let mut hasher = DefaultHasher::new();
    (target.kind, &target.instance).hash(&mut hasher);
    let share = hasher.finish() % 1000;
    // The first poll comes soon; a tenth of the interval is spread enough.
    target.interval.mul_f64(f64::from(u32::try_from(share).unwrap_or(0)) / 10_000.0)
}
