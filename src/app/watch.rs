//! From samples to findings: one task that appends what the sources bring, runs the rules over it,
//! and hands the findings to the core.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Stopwatch};
use crate::collect::poll::Polled;
use crate::collect::{CollectError, SourceHealth, Sources, Target};
use crate::detect::{ChartSource, Packs, Watch, points};
use crate::engine::{EngineHandle, measure_cases, measure_outbox};
use crate::fold::Event;
use crate::i18n::Catalogue;
use crate::model::{Batch, Detail, Finding, Language, Sample, Series, Text, Time};
use crate::store::Store;
use crate::telemetry::Metrics;

/// Where the detectors' state is kept in the store.
const NOTE: &str = "detectors";
/// How often rules over all sources run and our own metrics are sampled.
const GLOBAL: Duration = Duration::from_secs(10);
/// How often the detectors' state is saved.
const SAVE: Duration = Duration::from_secs(60);

pub(super) use crate::series::SharedSeries;

/// What may change while the task runs.
#[derive(Debug)]
pub(super) enum Change {
    /// Other rules.
    Packs(Arc<Packs>),
    /// Other sources.
    Targets(Vec<Target>),
}

/// The task.
#[derive(Debug)]
pub(super) struct Watcher {
    /// Samples.
    pub series: SharedSeries,
    /// Rules and detectors.
    pub watch: Watch,
    /// Where findings go.
    pub engine: EngineHandle,
    /// Where detector state is kept.
    pub store: Store,
    /// What the pages say of the sources.
    pub sources: Sources,
    /// The sources' common part, to describe them.
    pub targets: Vec<Target>,
    /// Counters.
    pub metrics: Metrics,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Texts.
    pub catalogue: Arc<Catalogue>,
}

impl Watcher {
    /// Restores the detectors and tells them what the core believes to be on.
    pub(super) async fn restore(&mut self) {
        match self.store.note(NOTE).await {
            Ok(Some(saved)) => {
                if let Err(error) = self.watch.restore(&saved) {
                    tracing::warn!(%error, "detectors start anew");
                }
            }
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "detectors start anew"),
        }
        let on = self.engine.read(|state| state.correlate().active_findings());
        self.watch.adopt(on);
    }

    /// Takes over what is polled: the findings of other sources are let go.
    pub(super) fn expect(&mut self, targets: Vec<Target>) {
        let own = ["otrs", "vakhta"].map(str::to_owned);
        let instances = targets.iter().map(|target| target.instance.clone());
        self.watch.expect(instances.chain(own).collect());
        self.targets = targets;
    }

    /// Runs until told to stop, then saves. Polls do not keep our own metrics, rules over all sources and saving
    /// from their turn: when the detectors lag, these tell it.
    pub(super) async fn run(
        mut self,
        mut polled: mpsc::Receiver<Polled>,
        mut changes: mpsc::Receiver<Change>,
        stop: CancellationToken,
    ) {
        let mut global = tokio::time::interval(GLOBAL);
        let mut save = tokio::time::interval(SAVE);
        for interval in [&mut global, &mut save] {
            interval.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        }
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                Some(change) = changes.recv() => match change {
                    Change::Targets(targets) => self.expect(targets),
                    Change::Packs(packs) => {
                        let findings = self.watch.reload(packs);
                        self.hand_over(findings).await;
                    }
                },
                Some(polled) = polled.recv() => self.take(polled).await,
                _ = global.tick() => self.global().await,
                _ = save.tick() => self.save().await,
            }
        }
        self.save().await;
    }

    async fn take(&mut self, polled: Polled) {
        self.describe(&polled);
        let Polled { batch, .. } = polled;
        let findings = tokio::task::block_in_place(|| {
            let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
            series.append(&batch);
            drop(series);
            let watch = Stopwatch::start();
            let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
            let findings = self.watch.polled(&series, batch.kind, &batch.instance, batch.at);
            self.metrics.rules.observe(watch.seconds());
            findings
        });
        self.metrics.samples.inc_by(u64::try_from(batch.samples.len()).unwrap_or(0));
        self.report_errors();
        self.hand_over(findings).await;
    }

    async fn global(&mut self) {
        let at = self.clock.now();
        if let Err(error) = measure_outbox(&self.store, &self.metrics, at).await {
            tracing::warn!(%error, "the outbox was not measured");
        }
        measure_cases(&self.engine, &self.metrics, &self.catalogue);
        let own = own_batch(&self.metrics, at);
        let findings = tokio::task::block_in_place(|| {
            let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
            series.append(&own);
            let stats = series.stats();
            self.metrics.series.set(number(stats.series));
            self.metrics.series_bytes.set(number(stats.bytes));
            drop(series);
            let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
            let mut findings = self.watch.polled(&series, own.kind, &own.instance, at);
            findings.extend(self.watch.global(&series, at));
            findings
        });
        self.report_errors();
        self.hand_over(findings).await;
    }

    /// Hands findings to the core and waits until they are committed: all at once, so that they
    /// share a commit.
    async fn hand_over(&self, findings: Vec<Finding>) {
        let events = findings.into_iter().map(|finding| {
            tracing::info!(key = finding.key, state = ?finding.state, severity = finding.severity.as_str(), "finding");
            self.engine.submit(Event::Finding(Box::new(finding)))
        });
        for outcome in join_all(events).await {
            if let Err(error) = outcome {
                tracing::warn!(%error, "a finding was not taken; it will be raised again");
            }
        }
    }

    fn report_errors(&mut self) {
        for (rule, why) in self.watch.take_errors() {
            self.metrics.rule_errors.inc();
            let error = self.catalogue.words(&why, Language::En);
            tracing::warn!(rule, error, "a rule could not be evaluated");
        }
    }

    fn describe(&self, polled: &Polled) {
        let Polled { batch, seconds, error, notes } = polled;
        let labels = [batch.kind, &*batch.instance];
        let up = if error.is_none() { 1.0 } else { 0.0 };
        self.metrics.source_up.with_label_values(&labels).set(up);
        self.metrics.source_seconds.with_label_values(&labels).set(*seconds);
        let is_this = |t: &&Target| t.kind == batch.kind && t.instance == *batch.instance;
        let system = self.targets.iter().find(is_this).map(|target| target.system.clone());
        if batch.kind == "otrs" {
            // The reader of tickets says it itself, with what it knows beside.
            return;
        }
        let message = error.as_ref().map(CollectError::text).or_else(|| Text::joined(notes));
        let health = SourceHealth {
            kind: batch.kind.to_owned(),
            instance: batch.instance.to_string(),
            system: system.unwrap_or_default(),
            up: error.is_none(),
            offered: false,
            polled_at: Some(batch.at),
            seconds: *seconds,
            samples: batch.samples.len(),
            message,
        };
        self.sources.put(health);
    }

    async fn save(&self) {
        let saved = tokio::task::block_in_place(|| self.watch.save());
        if let Err(error) = self.store.set_note(NOTE, &saved).await {
            tracing::warn!(%error, "detector state not saved");
        }
    }
}

/// Our own metrics as samples: the engine is watched by its own rules.
fn own_batch(metrics: &Metrics, at: Time) -> Batch {
    let base = [("job", "engine"), ("instance", "vakhta"), ("system", "vakhta")];
    let samples = metrics
        .values()
        .into_iter()
        .map(|(name, labels, value)| {
            let own = labels.iter().map(|(label, value)| (label.as_str(), value.as_str()));
            // What a metric says of a system of its own goes before where the metric itself comes from.
            let is_free = |pair: &(&str, &str)| labels.iter().all(|(label, _)| label != pair.0);
            let base = base.into_iter().filter(is_free);
            Sample { series: Arc::new(Series::new(&name, own.chain(base))), value }
        })
        .chain(std::iter::once(Sample { series: Arc::new(Series::new("up", base)), value: 1.0 }))
        .collect();
    Batch { kind: "engine", instance: "vakhta".into(), at, samples }
}

/// The points behind a finding's chart.
#[must_use]
pub(super) fn charts(series: &SharedSeries) -> ChartSource {
    let series = Arc::clone(series);
    Arc::new(move |detail: &Detail, from: Time, to: Time, step: i64| {
        let series = series.read().unwrap_or_else(PoisonError::into_inner);
        points(&series, &detail.expr, &detail.labels, from, to, step)
    })
}

fn number(count: u64) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use super::*;
    use crate::engine::Engine;
    use crate::fold::tests::world::START;
    use crate::series;
    use crate::store::Retention;

    /// C6: detectors that cannot keep up with the polls still say so, and are still saved.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_queue_of_polls_that_never_empties_does_not_starve_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap();
        let (clock, metrics) = (Arc::new(Clock::default()), Metrics::new().unwrap());
        let (catalogue, kept) = (Arc::new(Catalogue::default()), (Retention::default(), false));
        let engine = Engine::restore(
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&catalogue),
            metrics.clone(),
            kept,
        );
        let engine = engine.await.unwrap();
        let watcher = Watcher {
            series: Arc::new(RwLock::new(series::Store::new(series::Limits::default()))),
            watch: Watch::new(Arc::new(Packs::default())),
            engine: engine.handle(),
            store: store.clone(),
            sources: Sources::default(),
            targets: Vec::new(),
            metrics,
            clock,
            catalogue,
        };
        let (series, stop) = (Arc::clone(&watcher.series), CancellationToken::new());
        let (sender, polled) = mpsc::channel(64);
        let (_changes, changes) = mpsc::channel(1);
        let poll = || {
            let batch = Batch {
                kind: "host",
                instance: "h-1".into(),
                at: Time(START),
                samples: Vec::new(),
            };
            Polled { batch, seconds: 0.01, error: None, notes: Vec::new() }
        };
        while sender.try_send(poll()).is_ok() {}
        let tasks = tokio_util::task::TaskTracker::new();
        let running = tasks.spawn(watcher.run(polled, changes, stop.clone()));
        let mut is_told = false;
        // The queue is kept full all the time: a loop that prefers polls would come to nothing else.
        let mut sent = 0;
        while !is_told && sent < 20_000 {
            while sender.try_send(poll()).is_ok() {
                sent += 1;
            }
            let has_own = series.read().unwrap().stats().series > 0;
            is_told = has_own && store.note(NOTE).await.unwrap().is_some();
            tokio::task::yield_now().await;
        }
        stop.cancel();
        running.await.unwrap();
        assert!(is_told, "neither own metrics nor a saved state while polls queue");
    }
}
