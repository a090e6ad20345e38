//! The keeper of the fold: the one task that appends to the log.
//!
//! Events come in over a bounded queue, are folded in batches, committed together with the effects
//! decided from them, and only then acknowledged and shown. A commit that fails is tried again for
//! ever: the senders wait, nothing is lost, `readyz` and a metric say so.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

use super::restore::{Restored, reconcile, restore};
use crate::clock::{Clock, Stopwatch};
use crate::correlate::ReviewError;
use crate::fold::{Event, Outcome, State};
use crate::i18n::Catalogue;
use crate::model::{Problem, Time};
use crate::store::{Append, Store, StoreError};
use crate::telemetry::Metrics;

/// Events that may wait; when the queue is full the senders wait too, and sources poll later.
const QUEUE: usize = 4096;
/// The most events folded into one commit.
const BATCH: usize = 256;
/// A snapshot is taken after this many events, or after [`SNAPSHOT_MS`] if there were any.
const SNAPSHOT_EVENTS: u64 = 5000;
const SNAPSHOT_MS: i64 = 60_000;

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The engine is stopping.
    #[error("the engine is stopping; try again when it is back")]
    Stopping,
    /// A person's verdict does not fit.
    #[error(transparent)]
    Refused(#[from] ReviewError),
}

type Waiting = (Event, oneshot::Sender<Result<Time, SubmitError>>);

/// The Problems as they are now, for pages and API; always what has been committed.
pub type View = Arc<RwLock<BTreeMap<String, Arc<Problem>>>>;

/// The way to the core for everybody else.
#[derive(Clone, Debug)]
pub struct CoreHandle {
    queue: mpsc::Sender<Waiting>,
    /// The Problems as they are now.
    pub view: View,
    /// The whole state, to read; may be a moment ahead of what is committed.
    pub state: Arc<RwLock<State>>,
    /// Ids of Problems that have changed.
    pub changes: broadcast::Sender<String>,
    /// Rings when effects were decided.
    pub effects: Arc<Notify>,
    /// True while nothing can be committed.
    pub is_stuck: Arc<AtomicBool>,
}

impl CoreHandle {
    /// Hands over an event and waits until it is committed; returns its moment.
    ///
    /// # Errors
    /// When the engine stops, or a person's verdict is refused.
    pub async fn submit(&self, event: Event) -> Result<Time, SubmitError> {
        let (done, answer) = oneshot::channel();
        self.queue.send((event, done)).await.map_err(|_| SubmitError::Stopping)?;
        answer.await.map_err(|_| SubmitError::Stopping)?
    }

    /// All Problems that are not archived.
    #[must_use]
    pub fn problems(&self) -> Vec<Arc<Problem>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One Problem that is not archived.
    #[must_use]
    pub fn problem(&self, id: &str) -> Option<Arc<Problem>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// Reads the state.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The core before it runs.
#[derive(Debug)]
pub struct Core {
    store: Store,
    clock: Arc<Clock>,
    catalogue: Arc<Catalogue>,
    metrics: Metrics,
    handle: CoreHandle,
    queue: mpsc::Receiver<Waiting>,
    seq: u64,
    last_at: Time,
    snapshot_seq: u64,
    snapshot_at: Time,
    /// What the outbox knows and the refolded state does not: the first events of this run.
    corrections: Vec<Event>,
}

impl Core {
    /// Restores the state: the snapshot, then the events after it.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn restore(
        store: Store,
        clock: Arc<Clock>,
        catalogue: Arc<Catalogue>,
        metrics: Metrics,
    ) -> Result<Self, StoreError> {
        let Restored { seq, state, last_at, refolded } = restore(&store, &catalogue).await?;
        let corrections = match refolded {
            Some(refolded) => reconcile(&store, &state, refolded).await?,
            None => Vec::new(),
        };
        let view: BTreeMap<String, Arc<Problem>> =
            state.views().map(|problem| (problem.id.clone(), Arc::new(problem))).collect();
        let (sender, queue) = mpsc::channel(QUEUE);
        let handle = CoreHandle {
            queue: sender,
            view: Arc::new(RwLock::new(view)),
            state: Arc::new(RwLock::new(state)),
            changes: broadcast::Sender::new(1024),
            effects: Arc::new(Notify::new()),
            is_stuck: Arc::default(),
        };
        let snapshot_at = clock.now();
        Ok(Self {
            store,
            clock,
            catalogue,
            metrics,
            handle,
            queue,
            seq,
            last_at,
            snapshot_seq: seq,
            snapshot_at,
            corrections,
        })
    }

    /// The way in for everybody else.
    #[must_use]
    pub fn handle(&self) -> CoreHandle {
        self.handle.clone()
    }

    /// Runs until told to stop; then what has arrived is folded and a last snapshot is taken.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut waiting: Vec<Waiting> = Vec::with_capacity(BATCH);
        for event in std::mem::take(&mut self.corrections) {
            waiting.push((event, oneshot::channel().0));
            self.fold(&mut waiting).await;
        }
        loop {
            let timer = self.next_timer();
            let received = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                received = self.queue.recv_many(&mut waiting, BATCH) => received,
                () = tokio::time::sleep(timer) => 0,
            };
            if received == 0 && self.queue.is_closed() {
                break;
            }
            self.fold(&mut waiting).await;
            self.snapshot_if_due().await;
        }
        self.queue.close();
        while self.queue.recv_many(&mut waiting, BATCH).await > 0 {
            self.fold(&mut waiting).await;
        }
        self.snapshot().await;
        tracing::info!(seq = self.seq, "the log is closed");
    }

    fn next_timer(&self) -> Duration {
        let due = self.handle.read(State::next_timer);
        due.map_or(Duration::from_secs(60), |at| self.clock.until(at))
    }

    async fn fold(&mut self, waiting: &mut Vec<Waiting>) {
        let (append, changed, answers) = tokio::task::block_in_place(|| self.step_all(waiting));
        if append.events.is_empty() {
            return;
        }
        self.commit(&append).await;
        self.publish(&append, &changed);
        for (done, answer) in answers {
            // A sender that has gone away does not need the answer.
            drop(done.send(answer));
        }
    }

    /// Folds what is waiting, and a tick when something is due.
    fn step_all(&mut self, waiting: &mut Vec<Waiting>) -> (Append, Vec<String>, Vec<Answer>) {
        let watch = Stopwatch::start();
        let mut append = Append::default();
        let mut changed = Vec::new();
        let mut answers = Vec::new();
        let now = self.clock.now().max(self.last_at);
        self.last_at = now;
        let state = Arc::clone(&self.handle.state);
        let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
        if state.next_timer().is_some_and(|due| due <= now) {
            let outcome = state.step(now, &Event::Tick, &self.catalogue);
            self.gather(now, Event::Tick, outcome, &mut append, &mut changed);
        }
        for (event, done) in waiting.drain(..) {
            let mut outcome = state.step(now, &event, &self.catalogue);
            let answer = outcome.refused.take().map_or(Ok(now), |error| Err(error.into()));
            self.gather(now, event, outcome, &mut append, &mut changed);
            answers.push((done, answer));
        }
        changed.sort();
        changed.dedup();
        self.metrics.step.observe(watch.seconds());
        (append, changed, answers)
    }

    fn gather(
        &mut self,
        at: Time,
        event: Event,
        outcome: Outcome,
        append: &mut Append,
        changed: &mut Vec<String>,
    ) {
        self.seq += 1;
        self.metrics.events.with_label_values(&[event.word()]).inc();
        append.events.push((self.seq, at, event));
        append.effects.extend(outcome.effects);
        changed.extend(outcome.changed);
        changed.extend(outcome.archived.iter().map(|problem| problem.id.clone()));
        append.archived.extend(outcome.archived);
    }

    async fn commit(&self, append: &Append) {
        let watch = Stopwatch::start();
        let mut pause = Duration::from_millis(100);
        while let Err(error) = self.store.append(append).await {
            self.handle.is_stuck.store(true, Ordering::Relaxed);
            self.metrics.store_errors.inc();
            tracing::error!(%error, "cannot commit; trying again");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
        self.handle.is_stuck.store(false, Ordering::Relaxed);
        self.metrics.append.observe(watch.seconds());
    }

    /// Shows what has been committed.
    fn publish(&self, append: &Append, changed: &[String]) {
        let fresh: Vec<(String, Option<Problem>)> = self
            .handle
            .read(|state| changed.iter().map(|id| (id.clone(), state.view(id))).collect());
        {
            let mut view = self.handle.view.write().unwrap_or_else(PoisonError::into_inner);
            for (id, problem) in fresh {
                match problem {
                    Some(problem) => view.insert(id, Arc::new(problem)),
                    None => view.remove(&id),
                };
            }
        }
        for id in changed {
            // Nobody listening is fine.
            drop(self.handle.changes.send(id.clone()));
        }
        if !append.effects.is_empty() {
            self.handle.effects.notify_waiters();
        }
    }

    async fn snapshot_if_due(&mut self) {
        let events = self.seq - self.snapshot_seq;
        let age = self.clock.now().0 - self.snapshot_at.0;
        if events >= SNAPSHOT_EVENTS || (events > 0 && age >= SNAPSHOT_MS) {
            self.snapshot().await;
        }
    }

    async fn snapshot(&mut self) {
        let body = tokio::task::block_in_place(|| self.handle.read(serde_json::to_vec));
        self.snapshot_at = self.clock.now();
        let body = match body {
            Ok(body) => body,
            Err(error) => return tracing::error!(%error, "cannot encode a snapshot"),
        };
        match self.store.save_snapshot(self.seq, &body).await {
            Ok(()) => self.snapshot_seq = self.seq,
            // The log is enough to start again, only slower.
            Err(error) => tracing::warn!(%error, "no snapshot this time"),
        }
    }
}

type Answer = (oneshot::Sender<Result<Time, SubmitError>>, Result<Time, SubmitError>);

impl Event {
    /// One word for the metric.
    const fn word(&self) -> &'static str {
        match self {
            Self::Configured(_) => "configured",
            Self::Finding(_) => "finding",
            Self::Ticket(_) => "ticket",
            Self::Review { .. } => "review",
            Self::Delivered { .. } => "delivered",
            Self::Tick => "tick",
        }
    }
}
