//! The outbox at work: one task a channel takes what waits, in the order it was decided, and sees
//! to it that each thing happens once.
//!
//! Before an attempt its row is marked «in flight» on disk; after it the outcome goes through the
//! log like everything else. Should we die in between, the row is in doubt and the channel looks
//! before it acts. What fails holds back its own lane: its Problem's ticket, or one user's.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rand::RngExt;
use tokio_util::sync::CancellationToken;

use super::core::CoreHandle;
use crate::clock::Clock;
use crate::escalate::alertmanager::AlertmanagerChannel;
use crate::escalate::delivery::{Deliver, DeliverError, DeliveryContext, TicketRef};
use crate::fold::Event;
use crate::model::{Channel, DeliveryState, Effect, EffectKind, Text, Time};
use crate::store::{OutboxRow, Store, StoreError};
use crate::telemetry::Metrics;

/// Effects tried in one round: few, so that news about Problems need not wait for the joining of
/// hundreds of users' tickets.
const ROUND: u32 = 32;
/// How long the other side may take to make visible what it was sent: looking sooner for what is in
/// doubt would not find it. Znuny under load was seen to take seven seconds.
const SETTLE_MS: i64 = 10_000;
/// A user's ticket that cannot be joined in so many attempts, while others can, is left alone: the
/// Problem must not stay open for its sake.
const JOIN_ATTEMPTS: u32 = 30;
/// So lately another delivery must have succeeded for a failure to be the ticket's own.
const LATELY_MS: i64 = 300_000;
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
    /// When a delivery last succeeded, Unix milliseconds.
    pub succeeded_at: AtomicI64,
}

impl<C: Deliver + 'static> Courier<C> {
    /// Works until told to stop. An attempt that has begun is finished first.
    pub async fn run(self, stop: CancellationToken) {
        if let Err(error) = self.store.outbox_settle_doubts(self.channel, self.settle_ms()).await {
            tracing::error!(%error, channel = self.channel.word(), "outbox unreadable");
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

    /// An alert sent twice is one alert: only tickets need time to show.
    const fn settle_ms(&self) -> i64 {
        match self.channel {
            Channel::Otrs => SETTLE_MS,
            Channel::Alertmanager => 0,
        }
    }

    /// Tries what is due; returns the moment of the next attempt, if one waits.
    async fn round(&self, stop: &CancellationToken) -> Result<Option<Time>, StoreError> {
        let due = self.store.outbox_due(self.channel, self.clock.now(), ROUND).await?;
        for row in due {
            if stop.is_cancelled() {
                return Ok(None);
            }
            self.attempt(&row).await?;
        }
        self.report().await?;
        self.store.outbox_next(self.channel).await
    }

    /// One attempt.
    async fn attempt(&self, row: &OutboxRow) -> Result<(), StoreError> {
        let effect = &row.effect;
        let ticket = self.ticket(&effect.problem).await?;
        let context = DeliveryContext { ticket, now: self.clock.now() };
        self.store.outbox_begin(&effect.key, self.clock.now()).await?;
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
                self.succeeded_at.store(self.clock.now().0, Ordering::Relaxed);
                self.settle(effect, DeliveryState::Delivered, &reference, None).await;
                return Ok(());
            }
            Err(error) => error,
        };
        tracing::warn!(key = effect.key, %error, attempts = row.attempts + 1, "not delivered");
        // A Problem without its ticket is worth asking again: somebody may have mended the queue.
        let is_open = matches!(effect.kind, EffectKind::OpenTicket { .. });
        let is_join =
            matches!(effect.kind, EffectKind::JoinTicket { .. } | EffectKind::LeaveTicket { .. });
        let is_refused = matches!(error, DeliverError::Rejected(_)) && !is_open;
        if is_refused || (is_join && row.attempts >= JOIN_ATTEMPTS && self.others_succeed()) {
            self.settle(effect, DeliveryState::Rejected, "", Some(error.text())).await;
            return Ok(());
        }
        let is_unknown = matches!(error, DeliverError::Unknown(_));
        let in_doubt = row.in_doubt || is_unknown;
        let mut again = self.again(row.attempts);
        if is_unknown {
            again = again.max(self.clock.now().plus_millis(self.settle_ms()));
        }
        let said = error.to_string();
        self.store.outbox_failed(&effect.key, in_doubt, again, &said).await?;
        // People see why it does not go out: at first, and then each time the attempts have doubled, for
        // reasons that alternate would fill the history.
        let attempts = row.attempts + 1;
        if !is_join && attempts.is_power_of_two() && row.error != said {
            self.settle(effect, DeliveryState::Pending, "", Some(error.text())).await;
        }
        Ok(())
    }

    fn others_succeed(&self) -> bool {
        let last = self.succeeded_at.load(Ordering::Relaxed);
        self.clock.now().0 - last < LATELY_MS
    }

    async fn settle(
        &self,
        effect: &Effect,
        state: DeliveryState,
        reference: &str,
        error: Option<&Text>,
    ) {
        let event = Event::Delivered {
            key: effect.key.clone(),
            problem: effect.problem.clone(),
            channel: self.channel,
            state,
            reference: reference.to_owned(),
            error: error.cloned(),
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

/// What waits for a channel that this site no longer has is given up, so that its Problems can end.
///
/// # Errors
/// When the outbox cannot be read, or the engine is stopping.
async fn give_up(store: &Store, core: &CoreHandle, channel: Channel) -> anyhow::Result<()> {
    loop {
        let waiting = store.outbox_due(channel, Time(i64::MAX), ROUND).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        for row in waiting {
            let event = Event::Delivered {
                key: row.effect.key,
                problem: row.effect.problem,
                channel,
                state: DeliveryState::Rejected,
                reference: String::new(),
                error: Some(Text::new(
                    "Этого канала больше нет в настройках.",
                    "the settings have this channel no more",
                )),
            };
            core.submit(event).await?;
        }
    }
}

/// The same again and again: the end of what was told before the channel went is decided later.
pub async fn keep_giving_up(
    store: Store,
    core: CoreHandle,
    channel: Channel,
    stop: CancellationToken,
) {
    loop {
        let rung = core.effects.notified();
        if let Err(error) = give_up(&store, &core, channel).await {
            tracing::warn!(%error, channel = channel.word(), "cannot give up what waits");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = rung => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
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
