//! The engine: the one task that appends to the log.
//!
//! Events come in over a bounded queue, are folded in batches, committed together with the effects
//! decided from them, and only then acknowledged and shown. A commit that fails is tried again for
//! ever: the senders wait, nothing is lost, `readyz` and a metric say so. When somebody else writes the log,
//! the engine stops: its state is no longer the log folded.

mod restore;
mod snapshot;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::{Notify, broadcast, mpsc, oneshot};
use tokio_util::sync::CancellationToken;

pub use restore::{Restored, restore};

use crate::cases::Refused;
use crate::clock::{Clock, Stopwatch};
use crate::fold::{Event, Outcome, State};
use crate::i18n::Catalogue;
use crate::model::{CaseDetail, CaseId, CaseState, CaseSummary, Channel, Language, Severity, Time};
use crate::store::{Append, Appended, Retention, Store, StoreError};
use crate::telemetry::Metrics;
use snapshot::Snapshots;

/// Events that may wait; when the queue is full the senders wait too, and sources poll later.
const QUEUE: usize = 4096;
/// The most events folded into one commit.
const BATCH: usize = 256;
/// How often what is too old is taken away.
const TRIM_MS: i64 = 600_000;
/// How long a look at committed state may wait for a commit.
const LOOK: Duration = Duration::from_secs(5);

/// Why an event was not taken.
#[derive(Debug, thiserror::Error)]
pub enum SubmitError {
    /// The engine is stopping.
    #[error("the engine is stopping; try again when it is back")]
    Stopping,
    /// Nothing can be committed just now.
    #[error("nothing can be committed to the store just now; see /readyz and the log")]
    Stuck,
    /// A person's act does not fit.
    #[error(transparent)]
    Refused(#[from] Box<Refused>),
}

/// An event that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Its moment.
    pub at: Time,
    /// The number of the act, of an act.
    pub act: Option<u64>,
}

type Answer = Result<Taken, SubmitError>;

enum Request {
    Event(Box<Event>, oneshot::Sender<Answer>),
    /// Are you there?
    Ping(oneshot::Sender<()>),
}

/// The cases as they are now, one line each: always what has been committed.
pub type View = Arc<RwLock<BTreeMap<CaseId, Arc<CaseSummary>>>>;

/// The way to the engine for everybody else.
#[derive(Clone, Debug)]
pub struct EngineHandle {
    queue: mpsc::Sender<Request>,
    view: View,
    state: Arc<RwLock<State>>,
    /// Held by the engine from folding to committing: who has it sees committed state only.
    committed: Arc<tokio::sync::RwLock<()>>,
    /// Ids of cases that have changed.
    pub changes: broadcast::Sender<CaseId>,
    /// Rings when effects were decided.
    pub effects: Arc<Notify>,
    /// True while nothing can be committed.
    pub is_stuck: Arc<AtomicBool>,
    /// See [`Self::generation`].
    shown: Arc<AtomicU64>,
}

impl EngineHandle {
    /// Hands over an event and waits until it is committed.
    ///
    /// # Errors
    /// When the engine stops, or a person's act is refused.
    pub async fn submit(&self, event: Event) -> Answer {
        let (done, answer) = oneshot::channel();
        let request = Request::Event(Box::new(event), done);
        self.queue.send(request).await.map_err(|_| SubmitError::Stopping)?;
        answer.await.map_err(|_| SubmitError::Stopping)?
    }

    /// Asks the engine itself whether it works; false when it does not answer within `patience`.
    pub async fn is_alive(&self, patience: Duration) -> bool {
        let ask = async {
            let (done, answer) = oneshot::channel();
            self.queue.send(Request::Ping(done)).await.ok()?;
            answer.await.ok()
        };
        matches!(tokio::time::timeout(patience, ask).await, Ok(Some(())))
    }

    /// Counts what has been shown: while the number stays, so does everything that people see of the cases.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.shown.load(Ordering::Acquire)
    }

    /// All cases that are not archived, on one line each.
    #[must_use]
    pub fn cases(&self) -> Vec<Arc<CaseSummary>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// One case that is not archived, on one line.
    #[must_use]
    pub fn case(&self, id: CaseId) -> Option<Arc<CaseSummary>> {
        self.view.read().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
    }

    /// Everything about a case that is not archived, as it was last committed.
    ///
    /// # Errors
    /// When nothing can be committed just now.
    pub async fn detail(&self, id: CaseId) -> Result<Option<CaseDetail>, SubmitError> {
        self.look(|state| state.detail(id)).await
    }

    /// Looks at the state as it was last committed.
    ///
    /// # Errors
    /// When nothing can be committed just now.
    pub async fn look<T>(&self, look: impl FnOnce(&State) -> T) -> Result<T, SubmitError> {
        let gate = tokio::time::timeout(LOOK, self.committed.read()).await;
        let _committed = gate.map_err(|_| SubmitError::Stuck)?;
        Ok(self.read(look))
    }

    /// Reads the state; it may be a moment ahead of what is committed.
    pub fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The engine before it runs.
#[derive(Debug)]
pub struct Engine {
    store: Store,
    epoch: u64,
    retention: Retention,
    clock: Arc<Clock>,
    catalogue: Arc<Catalogue>,
    metrics: Metrics,
    handle: EngineHandle,
    queue: mpsc::Receiver<Request>,
    seq: u64,
    snapshots: Snapshots,
    trimmed_at: Time,
    /// What the outbox knows and the state does not: the first events of this run.
    corrections: Vec<Event>,
}

/// What one round of folding brought.
#[derive(Default)]
struct Folded {
    append: Append,
    changed: Vec<CaseId>,
    answers: Vec<(oneshot::Sender<Answer>, Answer)>,
}

impl Engine {
    /// Restores the state, the newest snapshot that can be read and the events after it, and takes over the
    /// log.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn restore(
        store: Store,
        clock: Arc<Clock>,
        catalogue: Arc<Catalogue>,
        metrics: Metrics,
        (retention, skip_unreadable): (Retention, bool),
    ) -> Result<Self, StoreError> {
        let epoch = store.take_over().await?;
        let restored = restore(&store, &catalogue, skip_unreadable).await?;
        let corrections = restore::reconcile(&store, epoch, &restored).await?;
        let Restored { seq, state, at, from, .. } = restored;
        // Time does not run back across a restart, and does not stand still either.
        clock.at_least(at);
        let view = state.summaries().map(|case| (case.id, Arc::new(case))).collect();
        let (sender, queue) = mpsc::channel(QUEUE);
        let handle = EngineHandle {
            queue: sender,
            view: Arc::new(RwLock::new(view)),
            state: Arc::new(RwLock::new(state)),
            committed: Arc::default(),
            changes: broadcast::Sender::new(1024),
            effects: Arc::new(Notify::new()),
            is_stuck: Arc::default(),
            shown: Arc::default(),
        };
        let now = clock.now();
        // After a fold of what another version left, nothing new is decided before that is saved.
        let snapshots = Snapshots::new(now, from == Some(seq));
        Ok(Self {
            store,
            epoch,
            retention,
            clock,
            catalogue,
            metrics,
            handle,
            queue,
            seq,
            snapshots,
            trimmed_at: Time::default(),
            corrections,
        })
    }

    /// The way in for everybody else.
    #[must_use]
    pub fn handle(&self) -> EngineHandle {
        self.handle.clone()
    }

    /// Runs until told to stop; then what has arrived is folded and a last snapshot is taken. Ends by itself
    /// only when somebody else writes the log.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut waiting: Vec<Request> = Vec::with_capacity(BATCH);
        let corrections = std::mem::take(&mut self.corrections);
        waiting.extend(
            corrections.into_iter().map(|e| Request::Event(Box::new(e), oneshot::channel().0)),
        );
        let mut goes_on = self.fold(&mut waiting).await;
        while goes_on {
            self.keep_house().await;
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
            goes_on = self.fold(&mut waiting).await;
        }
        if !goes_on {
            tracing::error!("another process writes the log of this data folder; this one stops");
            return;
        }
        self.queue.close();
        while self.queue.recv_many(&mut waiting, BATCH).await > 0 {
            self.fold(&mut waiting).await;
        }
        let body = tokio::task::block_in_place(|| self.handle.read(serde_json::to_vec));
        self.snapshots.last(&self.store, self.seq, self.clock.now(), body).await;
        tracing::info!(seq = self.seq, "the log is closed");
    }

    fn next_timer(&self) -> Duration {
        let due = self.handle.read(State::next_timer);
        let due = due.map_or(Duration::from_secs(60), |at| self.clock.until(at));
        due.min(Duration::from_secs(60))
    }

    /// Snapshots and trimming, off the way of events.
    async fn keep_house(&mut self) {
        let now = self.clock.now();
        if self.snapshots.is_due(now, self.seq) {
            let timer = Stopwatch::start();
            let copy = tokio::task::block_in_place(|| self.handle.read(State::clone));
            self.metrics.snapshot_pause.observe(timer.seconds());
            self.snapshots.take(&self.store, self.seq, now, copy);
        }
        if now.0 - self.trimmed_at.0 >= TRIM_MS {
            self.trimmed_at = now;
            match self.store.trim(now, &self.retention).await {
                Ok(trimmed) if trimmed.is_more => self.trimmed_at = Time::default(),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "not trimmed this time"),
            }
        }
    }

    /// Folds and commits what is waiting; false when somebody else writes the log.
    async fn fold(&mut self, waiting: &mut Vec<Request>) -> bool {
        let committed = Arc::clone(&self.handle.committed);
        let gate = committed.write().await;
        let folded = tokio::task::block_in_place(|| self.step_all(waiting));
        if !folded.append.events.is_empty() {
            if !self.commit(&folded.append).await {
                return false;
            }
            self.publish(&folded);
        }
        drop(gate);
        for (done, answer) in folded.answers {
            // A sender that has gone away does not need the answer.
            drop(done.send(answer));
        }
        true
    }

    /// Folds what is waiting, and a tick when something is due.
    fn step_all(&mut self, waiting: &mut Vec<Request>) -> Folded {
        let timer = Stopwatch::start();
        let mut folded = Folded::default();
        let now = self.clock.now();
        let state = Arc::clone(&self.handle.state);
        let mut state = state.write().unwrap_or_else(PoisonError::into_inner);
        if state.next_timer().is_some_and(|due| due <= now) {
            let outcome = state.step(now, &Event::Tick, &self.catalogue);
            self.gather(now, Event::Tick, outcome, &mut folded);
        }
        for request in waiting.drain(..) {
            let (mut event, done) = match request {
                Request::Event(event, done) => (*event, done),
                Request::Ping(done) => {
                    // Who asked may have gone away.
                    let _gone = done.send(());
                    continue;
                }
            };
            let dropped = event.drop_non_finite();
            if dropped > 0 {
                tracing::warn!(
                    kind = event.as_str(),
                    dropped,
                    "numbers that are none were left out"
                );
            }
            let mut outcome = state.step(now, &event, &self.catalogue);
            let taken = Taken { at: now, act: outcome.act };
            let answer = match outcome.refused.take() {
                Some(refused) => Err(SubmitError::Refused(Box::new(refused))),
                None => Ok(taken),
            };
            folded.answers.push((done, answer));
            self.gather(now, event, outcome, &mut folded);
        }
        folded.changed.sort();
        folded.changed.dedup();
        self.metrics.step.observe(timer.seconds());
        folded
    }

    fn gather(&mut self, at: Time, event: Event, outcome: Outcome, folded: &mut Folded) {
        self.seq += 1;
        self.metrics.events.with_label_values(&[event.as_str()]).inc();
        folded.append.events.push((self.seq, at, event));
        folded.append.effects.extend(outcome.effects);
        folded.changed.extend(outcome.changed);
        folded.append.archived.extend(outcome.archived);
    }

    /// Commits; false when somebody else writes the log.
    async fn commit(&self, append: &Append) -> bool {
        let timer = Stopwatch::start();
        let mut pause = Duration::from_millis(100);
        loop {
            match self.store.append(self.epoch, append).await {
                Ok(Appended::Committed) => break,
                Ok(Appended::Fenced) => return false,
                Ok(Appended::Unknown) if self.is_stored(append).await => break,
                Ok(Appended::Unknown) => {}
                Err(error) => tracing::error!(%error, "cannot commit; trying again"),
            }
            self.handle.is_stuck.store(true, Ordering::Relaxed);
            self.metrics.store_errors.inc();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(Duration::from_secs(10));
        }
        self.handle.is_stuck.store(false, Ordering::Relaxed);
        self.metrics.append.observe(timer.seconds());
        true
    }

    /// After a commit of unknown outcome: all of it is there, or nothing.
    async fn is_stored(&self, append: &Append) -> bool {
        let Some((last, _, _)) = append.events.last() else { return true };
        match self.store.log_range().await {
            Ok(range) => range.is_some_and(|(_, newest)| newest >= *last),
            Err(error) => {
                tracing::error!(%error, "cannot read back what was committed");
                false
            }
        }
    }

    /// Shows what has been committed.
    fn publish(&self, folded: &Folded) {
        let fresh: Vec<(CaseId, Option<CaseSummary>)> = self
            .handle
            .read(|state| folded.changed.iter().map(|id| (*id, state.summary(*id))).collect());
        {
            let mut view = self.handle.view.write().unwrap_or_else(PoisonError::into_inner);
            for (id, case) in fresh {
                count_change(
                    &self.metrics,
                    view.get(&id).map(|case| &**case),
                    case.as_ref(),
                    self.clock.now(),
                );
                match case {
                    Some(case) => view.insert(id, Arc::new(case)),
                    None => view.remove(&id),
                };
            }
        }
        if !folded.changed.is_empty() {
            self.handle.shown.fetch_add(1, Ordering::Release);
        }
        for id in &folded.changed {
            // Nobody listening is fine.
            drop(self.handle.changes.send(*id));
        }
        if !folded.append.effects.is_empty() {
            self.handle.effects.notify_waiters();
        }
    }
}

/// Counts what has become of a case: opened, taken, resolved, back, rejected.
fn count_change(
    metrics: &Metrics,
    before: Option<&CaseSummary>,
    now: Option<&CaseSummary>,
    at: Time,
) {
    let Some(now) = now else { return };
    let was = before.map(|case| case.state);
    if before.is_none() && now.state.is_live() {
        let labels = [now.id.kind.as_str(), now.severity.as_str()];
        metrics.case_opened.with_label_values(&labels).inc();
    }
    let Some(before) = before else { return };
    let since = at.seconds_since(now.opened_at).max(0.0);
    if was == Some(CaseState::Open) && now.state == CaseState::Acknowledged {
        metrics.case_taken.observe(since);
    }
    if before.state.is_live() && now.state == CaseState::Resolved {
        metrics.case_resolved.observe(since);
    }
    if now.reopened > before.reopened {
        metrics.case_returned.inc();
    }
    if now.rejected && !before.rejected {
        metrics.case_rejected.inc();
    }
}

/// Cases named one by one in the metrics, the worst first: a name in a metric costs a series.
const NAMED: usize = 200;

/// Sets the gauges of the cases: how many there are of which kind, and the worst of them by name.
pub fn measure_cases(engine: &EngineHandle, metrics: &Metrics, catalogue: &Catalogue) {
    let mut cases = engine.cases();
    metrics.problems.reset();
    metrics.problem_info.reset();
    for life in [CaseState::Open, CaseState::Acknowledged, CaseState::Resolved] {
        for severity in Severity::ALL {
            let count = cases.iter().filter(|c| c.state == life && c.severity == severity);
            let count = u32::try_from(count.count()).unwrap_or(u32::MAX);
            let labels = [life.as_str(), severity.as_str()];
            metrics.problems.with_label_values(&labels).set(f64::from(count));
        }
    }
    cases.retain(|case| case.state.is_live());
    cases.sort_by_key(|case| std::cmp::Reverse((case.severity, case.users, case.opened_at)));
    engine.read(|state| {
        let topology = state.correlate().topology();
        for case in cases.iter().take(NAMED) {
            let title = catalogue.render(&case.title, Language::Ru, topology);
            let system = case.systems.first().map(String::as_str).unwrap_or_default();
            let owner = case.owner.as_ref().map(|(_, who)| who.as_str()).unwrap_or_default();
            let id = case.id.to_string();
            let labels =
                [&*id, system, case.severity.as_str(), case.state.as_str(), owner, &*title];
            metrics.problem_info.with_label_values(&labels).set(case.opened_at.seconds());
        }
    });
}

/// Sets the gauges of the outbox: how many effects wait, and how old the oldest is. Asked by whoever reads the
/// metrics, so that a channel that hangs shows.
///
/// # Errors
/// When the outbox cannot be read.
pub async fn measure_outbox(store: &Store, metrics: &Metrics, now: Time) -> Result<(), StoreError> {
    for channel in Channel::ALL {
        let summary = store.outbox_summary(channel).await?;
        let labels = [channel.as_str()];
        let waiting = u32::try_from(summary.waiting).unwrap_or(u32::MAX);
        metrics.outbox_waiting.with_label_values(&labels).set(f64::from(waiting));
        let age = summary.oldest.map_or(0.0, |at| now.seconds_since(at).max(0.0));
        metrics.outbox_pending.with_label_values(&labels).set(age);
    }
    Ok(())
}
