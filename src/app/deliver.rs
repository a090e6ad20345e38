//! The outbox at work: one task a channel takes what waits, in the order it was decided, and sees
//! to it that each thing happens once.
//!
//! Before an attempt its row is marked «in flight» on disk; after it the outcome goes through the
//! log like everything else. Should we die in between, the row is in doubt and the channel looks
//! before it acts. What fails holds back only later effects of the same Problem.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tokio_util::sync::CancellationToken;

use super::core::CoreHandle;
use crate::clock::Clock;
use crate::escalate::alertmanager::AlertmanagerChannel;
use crate::escalate::delivery::{Deliver, DeliverError, DeliveryContext, TicketRef};
use crate::fold::Event;
use crate::model::{Channel, DeliveryState, Effect, EffectKind, Time};
use crate::store::{OutboxRow, Store, StoreError};
use crate::telemetry::Metrics;

/// Rows looked at in one round.
const ROUND: u32 = 200;
/// How long the other side may take to make visible what it was sent before a crash.
const SETTLE: Duration = Duration::from_secs(2);
/// The first pause after a failure; it doubles each time.
const FIRST_PAUSE_MS: i64 = 2_000;
/// The longest pause between attempts.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// A round is made at least this often, in case nobody rang.
const IDLE: Duration = Duration::from_secs(5);

/// Delivers the effects of one channel.
#[derive(Debug)]
pub struct Courier<C> {
    /// Which channel.
    pub channel: Channel,
    /// The channel itself.
    pub via: Arc<C>,
    /// The outbox.
    pub store: Store,
    /// Where outcomes go.
    pub core: CoreHandle,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Counters.
    pub metrics: Metrics,
}

impl<C: Deliver + 'static> Courier<C> {
    /// Works until told to stop. An attempt that has begun is finished first.
    pub async fn run(self, stop: CancellationToken) {
        if !self.let_doubts_settle(&stop).await {
            return;
        }
        loop {
            let rung = self.core.effects.notified();
            let pause = match self.round(&stop).await {
                Ok(next) => next.map_or(IDLE, |at| self.clock.until(at)).min(IDLE),
                Err(error) => {
                    tracing::error!(%error, channel = self.channel.word(), "outbox unreadable");
                    IDLE
                }
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = rung => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// After a crash the other side may still be busy with what we sent: looking too early would not
    /// find it. False when told to stop meanwhile.
    async fn let_doubts_settle(&self, stop: &CancellationToken) -> bool {
        let waiting = self.store.outbox_waiting(self.channel, ROUND).await.unwrap_or_default();
        if !waiting.iter().any(|row| row.in_doubt) {
            return true;
        }
        tokio::select! {
            () = stop.cancelled() => false,
            () = tokio::time::sleep(SETTLE) => true,
        }
    }

    /// Tries everything that is due; returns the moment of the next attempt, if one waits.
    async fn round(&self, stop: &CancellationToken) -> Result<Option<Time>, StoreError> {
        let rows = self.store.outbox_waiting(self.channel, ROUND).await?;
        let mut held: BTreeSet<String> = BTreeSet::new();
        let mut next: Option<Time> = None;
        for row in rows {
            if stop.is_cancelled() {
                break;
            }
            if held.contains(&row.effect.problem) {
                continue;
            }
            if row.next_at > self.clock.now() {
                next = Some(next.map_or(row.next_at, |at| at.min(row.next_at)));
                held.insert(row.effect.problem);
                continue;
            }
            if let Some(again) = self.attempt(&row).await? {
                next = Some(next.map_or(again, |at| at.min(again)));
                held.insert(row.effect.problem);
            }
        }
        self.report().await?;
        Ok(next)
    }

    /// One attempt; returns when to try again if it failed.
    async fn attempt(&self, row: &OutboxRow) -> Result<Option<Time>, StoreError> {
        let effect = &row.effect;
        let ticket = self.ticket(&effect.problem).await?;
        let context = DeliveryContext { ticket, now: self.clock.now() };
        self.store.outbox_begin(&effect.key).await?;
        let outcome = self.via.deliver(effect, &context, row.in_doubt).await;
        let word = match &outcome {
            Ok(_) => "delivered",
            Err(DeliverError::Rejected(_)) => "rejected",
            Err(_) => "failed",
        };
        self.metrics.deliveries.with_label_values(&[self.channel.word(), word]).inc();
        let error = match outcome {
            Ok(delivered) => {
                let reference = match &delivered.ticket {
                    Some(ticket) => serde_json::to_string(ticket).unwrap_or_default(),
                    None => delivered.reference.clone(),
                };
                self.settle(effect, DeliveryState::Delivered, &reference).await;
                return Ok(None);
            }
            Err(error) => error,
        };
        tracing::warn!(key = effect.key, %error, attempts = row.attempts + 1, "not delivered");
        // A Problem without its ticket is worth asking again: somebody may have mended the queue.
        let is_open = matches!(effect.kind, EffectKind::OpenTicket { .. });
        if matches!(error, DeliverError::Rejected(_)) && !is_open {
            self.settle(effect, DeliveryState::Rejected, "").await;
            return Ok(None);
        }
        let in_doubt = row.in_doubt || matches!(error, DeliverError::Unknown(_));
        let again = self.again(row.attempts);
        self.store.outbox_failed(&effect.key, in_doubt, again, &error.to_string()).await?;
        Ok(Some(again))
    }

    async fn settle(&self, effect: &Effect, state: DeliveryState, reference: &str) {
        let event = Event::Delivered {
            key: effect.key.clone(),
            problem: effect.problem.clone(),
            channel: self.channel,
            state,
            reference: reference.to_owned(),
        };
        // When the engine is stopping the row stays in doubt, and the next start looks again.
        if let Err(error) = self.core.submit(event).await {
            tracing::info!(key = effect.key, %error, "outcome not noted");
        }
    }

    async fn ticket(&self, problem: &str) -> Result<Option<TicketRef>, StoreError> {
        let key = format!("{problem}/{}/open", Channel::Otrs.word());
        let reference = self.store.outbox_reference(&key).await?;
        Ok(reference.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn again(&self, attempts: u32) -> Time {
        let doubled = FIRST_PAUSE_MS << attempts.min(5);
        let jitter = rand::rng().random_range(0..=doubled / 4);
        self.clock.now().plus_millis(doubled.min(LONGEST_PAUSE_MS) + jitter)
    }

    async fn report(&self) -> Result<(), StoreError> {
        let summary = self.store.outbox_summary(self.channel).await?;
        let channel = [self.channel.word()];
        let waiting = u32::try_from(summary.waiting).unwrap_or(u32::MAX);
        self.metrics.outbox_waiting.with_label_values(&channel).set(f64::from(waiting));
        let age = summary.oldest.map_or(0.0, |at| self.clock.now().seconds_since(at));
        self.metrics.outbox_pending.with_label_values(&channel).set(age);
        Ok(())
    }
}

/// Sends alerts again and again, as Alertmanager expects: what lasts, and until its Problem is closed
/// also what is over, in case the end was overtaken by an earlier «still on».
pub async fn keep_alerting(
    via: Arc<AlertmanagerChannel>,
    store: Store,
    core: CoreHandle,
    clock: Arc<Clock>,
    stop: CancellationToken,
) {
    let mut last: BTreeMap<String, Effect> = BTreeMap::new();
    loop {
        let live: BTreeSet<String> = core.problems().iter().map(|p| p.id.clone()).collect();
        last.retain(|problem, _| live.contains(problem));
        for problem in live {
            match store.outbox_last_done(&problem, Channel::Alertmanager).await {
                Ok(Some(effect)) => drop(last.insert(problem, effect)),
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "cannot look up the last alert"),
            }
        }
        let again: Vec<&Effect> = last.values().collect();
        for some in again.chunks(100) {
            if let Err(error) = via.send(some, clock.now()).await {
                tracing::warn!(%error, "cannot send alerts again");
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(via.config().resend_interval) => {}
        }
    }
}
