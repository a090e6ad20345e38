//! Records the samples that rules with limits read, so that another limit can be tried on the last days, whatever was
//! restarted in between.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::detect::{Rule, Rules};
use crate::model::Time;
use crate::series::{Limits, SharedSeries, Store as Samples};
use crate::store::{Recording, Retention, StoreError, recorded_key};

/// How often samples are recorded: what a crash takes is at most this much.
const EVERY: Duration = Duration::from_secs(300);
/// How often it is looked for what is too old or too much.
const TRIM_EVERY: Duration = Duration::from_secs(3_600);
/// Every poll leaves a sample of it: when a rule ran.
const UP: &str = "up";
/// Memory that one look back may take; beyond it the oldest are left out.
const MOST_MEMORY: u64 = 1 << 30;

/// What is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// For how long, milliseconds.
    pub lasts_ms: i64,
    /// Bytes on disk; beyond it the oldest hours go.
    pub bytes: u64,
}

impl Default for Kept {
    fn default() -> Self {
        Self { lasts_ms: Retention::default().samples_ms, bytes: 2 << 30 }
    }
}

/// The recorder.
#[derive(Debug)]
pub struct Recorder {
    recording: Recording,
    series: SharedSeries,
    rules: Rules,
    kept: Kept,
    turn: Mutex<()>,
}

impl Recorder {
    /// Makes a recorder of what is in memory.
    #[must_use]
    pub fn new(recording: Recording, series: SharedSeries, rules: Rules, kept: Kept) -> Self {
        Self { recording, series, rules, kept, turn: Mutex::default() }
    }

    /// Records until told to stop, and once more then.
    pub async fn run(self: Arc<Self>, clock: Arc<Clock>, stop: CancellationToken) {
        let mut until_trim = Duration::ZERO;
        loop {
            if until_trim.is_zero() {
                until_trim = TRIM_EVERY;
                let turn = self.turn.lock().await;
                let oldest = clock.now().plus_millis(-self.kept.lasts_ms);
                warn(self.recording.trim(oldest, self.kept.bytes).await);
                drop(turn);
            }
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
            until_trim = until_trim.saturating_sub(EVERY);
            warn(self.record(clock.now()).await);
        }
        warn(self.record(clock.now()).await);
        self.recording.close().await;
    }

    /// Records what has come since it was recorded last.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn record(&self, now: Time) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let mut metrics = BTreeSet::from([UP.to_owned()]);
        for rule in self.rules.read().rules().filter(|rule| rule.limits().is_some()) {
            metrics.extend(rule.expr.selectors().into_iter().map(str::to_owned));
        }
        for metric in metrics {
            let known: HashMap<String, Time> = self.recording.until(&metric).await?;
            let found = {
                let series = self.series.read().unwrap_or_else(PoisonError::into_inner);
                let after = |series: &_| {
                    let until = recorded_key(series).ok().and_then(|key| known.get(&key).copied());
                    until.unwrap_or(Time(i64::MIN))
                };
                series.samples_of(&metric, after, now)
            };
            if !found.is_empty() {
                self.recording.add(&metric, &found).await?;
            }
        }
        Ok(())
    }

    /// All that is recorded of what a rule reads, up to now.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn remembered(&self, rule: &Rule, now: Time) -> Result<Samples, StoreError> {
        self.record(now).await?;
        let retention = Duration::from_millis(u64::try_from(self.kept.lasts_ms).unwrap_or(0));
        let limits = Limits { retention, bytes: MOST_MEMORY, ..Limits::default() };
        let mut samples = Samples::new(limits);
        let mut metrics = rule.expr.selectors();
        metrics.retain(|metric| *metric != UP);
        metrics.push(UP);
        self.recording.read(&metrics, |series, points| samples.restore(series, points)).await?;
        Ok(samples)
    }
}

fn warn(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "samples for trials are not recorded");
    }
}

#[cfg(test)]
mod tests {
    use std::sync::RwLock;

    use super::*;
    use crate::config::Diagnostics;
    use crate::detect::{Packs, Trial};
    use crate::model::{Batch, Sample, Series};

    const START: i64 = 1_790_000_000_000;
    const PACK: &str = "
pack: test
source: host
rules:
  - id: hot
    expr: temperature > 0
    object: [sensor]
    role: cause
    impact: slow
    threshold: {raise: {warning: 50}}
    title: {ru: горячо, en: hot}
    advice: {ru: остудить, en: cool it}
    runbook: docs/x.md#hot
    tests: []
  - id: gone
    expr: other
    role: cause
    impact: slow
    no_data: {after: 60s, severity: warning}
    title: {ru: нет, en: gone}
    advice: {ru: найти, en: find it}
    runbook: docs/x.md#gone
    tests: []
";

    fn rules() -> Rules {
        let mut errors = Diagnostics::default();
        let packs = Packs::load(&[("test.yaml".to_owned(), PACK.to_owned())], &mut errors);
        let found = errors.into_sorted();
        assert!(found.is_empty(), "{}", found[0]);
        let rules = Rules::default();
        rules.set(Arc::new(packs));
        rules
    }

    /// Twenty polls, each hot every fifth.
    fn poll(series: &SharedSeries, from: i64) {
        let own = |name| Arc::new(Series::new(name, [("instance", "h-1"), ("job", "host")]));
        let (hot, other, up) = (own("temperature"), own("other"), own("up"));
        for n in from..from + 20 {
            let value = if n % 5 == 0 { 90.0 } else { 20.0 };
            let sample = |series: &crate::model::SeriesRef, value| Sample {
                series: Arc::clone(series),
                value,
            };
            let samples = vec![sample(&hot, value), sample(&other, 1.0), sample(&up, 1.0)];
            let at = Time(START + n * 10_000);
            let batch = Batch { kind: "host", instance: "h-1".into(), at, samples };
            series.write().unwrap().append(&batch);
        }
    }

    /// What was polled before a restart is tried as what came after; rules without limits record nothing.
    #[tokio::test]
    async fn a_look_back_reaches_over_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("samples.sqlite");
        let start = async || {
            let series: SharedSeries = Arc::new(RwLock::new(Samples::new(Limits::default())));
            let recording = Recording::open(&file).await.unwrap();
            Recorder::new(recording, series, rules(), Kept::default())
        };
        let one = start().await;
        poll(&one.series, 0);
        one.record(Time(START + 100_000)).await.unwrap();
        one.record(Time(START + 1_000_000)).await.unwrap();
        one.recording.close().await;

        let two = start().await;
        poll(&two.series, 400);
        let now = Time(START + 5_000_000);
        let rules = rules().read();
        let rule = rules.rules().find(|rule| rule.id == "hot").unwrap();
        let samples = two.remembered(rule, now).await.unwrap();
        let mut trial = Trial::new(&samples, rule, rule.clone(), now);
        while trial.step(&samples) {}
        let tried = trial.end();
        assert_eq!(tried.span, Some((Time(START), Time(START + 419 * 10_000))));
        assert_eq!(tried.present.len(), 8, "{:?}", tried.present);
        assert_eq!(two.recording.until("other").await.unwrap().len(), 0);
    }
}
