//! Keeps how systems stood, for who looks back on the night: each change as the pages showed it, and when the watch
//! itself did not run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::api::states::states;
use crate::clock::Clock;
use crate::collect::Sources;
use crate::engine::EngineHandle;
use crate::model::Time;
use crate::store::{Store, StoreError, SystemState};

/// How often it is looked whether a system stands otherwise: a moment looked back at is true to this much.
const EVERY: Duration = Duration::from_secs(5);
/// How often it is noted that the watch runs: what a crash takes is at most this much.
const ALIVE_MS: i64 = 60_000;
/// Where that is kept.
const ALIVE: &str = "alive";

/// The task.
pub(super) struct StateKeeper {
    engine: EngineHandle,
    store: Store,
    sources: Sources,
    clock: Arc<Clock>,
    /// What was kept last.
    kept: BTreeMap<String, SystemState>,
    alive: Time,
}

impl StateKeeper {
    pub(super) fn new(
        engine: EngineHandle,
        store: Store,
        sources: Sources,
        clock: Arc<Clock>,
    ) -> Self {
        Self { engine, store, sources, clock, kept: BTreeMap::new(), alive: Time::default() }
    }

    /// Keeps what changes until told to stop.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let began = self.begin(self.clock.now()).await;
        warn(began);
        loop {
            tokio::select! {
                () = stop.cancelled() => break,
                () = tokio::time::sleep(EVERY) => {}
            }
            let kept = self.keep(self.clock.now()).await;
            warn(kept);
        }
        let ended = self.end(self.clock.now()).await;
        warn(ended);
    }

    /// The watch runs again. Before, it ran until it was noted last: it may have been killed since.
    pub(super) async fn begin(&mut self, now: Time) -> Result<(), StoreError> {
        let last = self.store.note(ALIVE).await?;
        let last = last.and_then(|last| serde_json::from_slice::<Time>(&last).ok());
        if let Some(last) = last.filter(|last| *last < now) {
            self.store.keep_running(last, false).await?;
        }
        self.store.keep_running(now, true).await
    }

    /// Keeps the systems that stand otherwise than they did.
    pub(super) async fn keep(&mut self, now: Time) -> Result<(), StoreError> {
        let (cases, sources) = (self.engine.cases(), self.sources.all());
        let all = self.engine.read(|core| {
            let correlate = core.correlate();
            let systems = correlate.topology().systems().iter();
            states(&cases, &sources, correlate, systems.map(|system| system.key.as_str()))
        });
        let mut changed = all.clone();
        changed.retain(|key, state| self.kept.get(key) != Some(state));
        if !changed.is_empty() {
            self.store.keep_states(now, &changed).await?;
            self.kept = all;
        }
        if now.0 - self.alive.0 >= ALIVE_MS {
            self.note_alive(now).await?;
        }
        Ok(())
    }

    /// The watch runs no more.
    async fn end(&mut self, now: Time) -> Result<(), StoreError> {
        self.note_alive(now).await?;
        self.store.keep_running(now, false).await
    }

    async fn note_alive(&mut self, now: Time) -> Result<(), StoreError> {
        let body = serde_json::to_vec(&now).unwrap_or_default();
        self.store.set_note(ALIVE, &body).await?;
        self.alive = now;
        Ok(())
    }
}

/// What cannot be kept is not known afterwards; nothing else depends on it.
fn warn(outcome: Result<(), StoreError>) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "how systems stand was not kept");
    }
}
