//! The outbox at work: for each channel a worker that takes what is due, a few lanes at once, and sees to it
//! that each thing happens once.
//!
//! Before an attempt its row is marked «in flight» on disk; after it the outcome goes through the
//! log like everything else. Should we die in between, the row is in doubt and the channel looks
//! before it acts. What fails holds back its own lane: its case's ticket, or one user's.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt};
use rand::RngExt;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::engine::EngineHandle;
use crate::escalate::alertmanager::{AlertmanagerChannel, Raised};
use crate::escalate::delivery::{Deliver, DeliverError, DeliveryContext};
use crate::fold::Event;
use crate::model::{CaseState, Channel, DeliveryState, Effect, EffectKey, EffectKind, Text, Time};
use crate::store::{OutboxRow, Store, StoreError};

/// Lanes worked on at once.
const LANES: usize = 3;
/// Rows looked at to find a lane that is free.
const LOOK_AHEAD: u32 = 16;
/// How long the other side may take to make visible what it was sent: looking sooner for what is in
/// doubt would not find it. Znuny under load was seen to take seven seconds.
const SETTLE_MS: i64 = 10_000;
/// A user's ticket that cannot be written to in so many attempts, while others can, is left alone: the
/// case must not stay open for its sake.
const JOIN_ATTEMPTS: u32 = 30;
/// So lately another delivery must have succeeded for a failure to be the ticket's own.
const LATELY_MS: i64 = 300_000;
/// The first pause after a failure; it doubles each time.
const FIRST_PAUSE_MS: i64 = 2_000;
/// The longest pause between attempts.
const LONGEST_PAUSE_MS: i64 = 60_000;
/// After so many attempts in a row of unknown outcome one lane is worked on at a time.
const BREAK_AFTER: u32 = 3;
/// The outbox is looked at at least this often, in case nobody rang.
const IDLE: Duration = Duration::from_secs(5);

/// Delivers the effects of one channel.
#[derive(Debug)]
pub(super) struct Courier<C> {
    channel: Channel,
    via: Arc<C>,
    store: Store,
    engine: EngineHandle,
    clock: Arc<Clock>,
    metrics: crate::telemetry::Metrics,
    /// When a delivery last succeeded, Unix milliseconds.
    succeeded_at: AtomicI64,
    /// Attempts in a row whose outcome is unknown.
    unknown: AtomicU32,
}

impl<C: Deliver + 'static> Courier<C> {
    pub(super) fn new(parts: &super::Parts, channel: Channel, via: Arc<C>) -> Self {
        Self {
            channel,
            via,
            store: parts.store.clone(),
            engine: parts.engine.clone(),
            clock: Arc::clone(&parts.clock),
            metrics: parts.metrics.clone(),
            succeeded_at: AtomicI64::default(),
            unknown: AtomicU32::default(),
        }
    }

    /// Works until told to stop. An attempt that has begun is finished first.
    pub(super) async fn run(self, stop: CancellationToken) {
        while let Err(error) = self.store.outbox_settle_doubts(self.channel, self.settle_ms()).await
        {
            // Without it what is in doubt would be tried at once.
            tracing::error!(%error, channel = self.channel.as_str(), "outbox unreadable");
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(IDLE) => {}
            }
        }
        let mut busy: BTreeSet<String> = BTreeSet::new();
        let mut attempts = FuturesUnordered::new();
        loop {
            let rung = self.engine.effects.notified();
            let free = if stop.is_cancelled() { 0 } else { self.lanes() };
            let next = match self.free_rows(free.saturating_sub(busy.len()), &busy).await {
                Ok((rows, next)) => {
                    for row in rows {
                        let lane = row.effect.lane();
                        busy.insert(lane.clone());
                        attempts.push(self.attempt_of(lane, row));
                    }
                    next.map_or(IDLE, |at| self.clock.until(at)).min(IDLE)
                }
                Err(error) => {
                    tracing::error!(%error, channel = self.channel.as_str(), "outbox unreadable");
                    IDLE
                }
            };
            if stop.is_cancelled() && attempts.is_empty() {
                return;
            }
            tokio::select! {
                Some(lane) = attempts.next(), if !attempts.is_empty() => drop(busy.remove(&lane)),
                () = stop.cancelled(), if attempts.is_empty() => return,
                () = rung, if !stop.is_cancelled() => {}
                () = tokio::time::sleep(next), if !stop.is_cancelled() => {}
            }
        }
    }

    /// How many lanes to work on: one while the other side accepts and hangs.
    fn lanes(&self) -> usize {
        if self.unknown.load(Ordering::Relaxed) >= BREAK_AFTER { 1 } else { LANES }
    }

    /// Rows that are due in lanes nobody works on, at most `count`; and when the next may be due.
    async fn free_rows(
        &self,
        count: usize,
        busy: &BTreeSet<String>,
    ) -> Result<(Vec<OutboxRow>, Option<Time>), StoreError> {
        if count == 0 {
            return Ok((Vec::new(), None));
        }
        let due = self.store.outbox_due(self.channel, self.clock.now(), LOOK_AHEAD).await?;
        let free: Vec<OutboxRow> =
            due.into_iter().filter(|row| !busy.contains(&row.effect.lane())).take(count).collect();
        let next = if free.is_empty() && busy.is_empty() {
            self.store.outbox_next(self.channel).await?
        } else {
            None
        };
        Ok((free, next))
    }

    async fn attempt_of(&self, lane: String, row: OutboxRow) -> String {
        if let Err(error) = self.attempt(&row).await {
            tracing::error!(%error, key = %row.effect.key, "the outbox does not answer");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        lane
    }

    /// An alert sent twice is one alert: only tickets need time to show.
    const fn settle_ms(&self) -> i64 {
        match self.channel {
            Channel::Otrs => SETTLE_MS,
            Channel::Alertmanager => 0,
        }
    }

    /// One attempt.
    async fn attempt(&self, row: &OutboxRow) -> Result<(), StoreError> {
        let effect = &row.effect;
        if let Some(reason) = self.not_worth_it(row) {
            self.settle(effect.key, DeliveryState::Expired, "", Some(&reason)).await;
            return Ok(());
        }
        let ticket = self.engine.read(|state| {
            let told = state.escalate().told(effect.case())?;
            told.ticket.reference.clone()
        });
        let context = DeliveryContext { ticket, now: self.clock.now() };
        if !self.store.outbox_begin(&effect.key, self.clock.now()).await? {
            return Ok(());
        }
        let outcome = self.via.deliver(effect, &context, row.in_doubt).await;
        let word = match &outcome {
            Ok(_) => "delivered",
            Err(DeliverError::Rejected(_)) => "rejected",
            Err(_) => "failed",
        };
        self.metrics.deliveries.with_label_values(&[self.channel.as_str(), word]).inc();
        match outcome {
            Ok(delivered) => {
                self.unknown.store(0, Ordering::Relaxed);
                let reference = match &delivered.ticket {
                    Some(ticket) => serde_json::to_string(ticket).unwrap_or_default(),
                    None => delivered.reference.clone(),
                };
                self.succeeded_at.store(self.clock.now().0, Ordering::Relaxed);
                self.settle(effect.key, DeliveryState::Delivered, &reference, None).await;
                Ok(())
            }
            Err(error) => self.failed(row, &error).await,
        }
    }

    /// What never began and is over by now need not begin: a ticket for a case that is closed, what was to be
    /// written on a ticket that will not be.
    fn not_worth_it(&self, row: &OutboxRow) -> Option<Text> {
        let effect = &row.effect;
        if row.in_doubt {
            return None;
        }
        let is_late = effect.expires_at.is_some_and(|at| at < self.clock.now());
        let is_closed =
            self.engine.case(effect.case()).is_none_or(|case| case.state == CaseState::Closed);
        let has_ticket = self.engine.read(|state| {
            let told = state.escalate().told(effect.case());
            told.is_some_and(|told| told.ticket.reference.is_some())
        });
        let is_for_ticket = matches!(
            effect.kind,
            EffectKind::OpenTicket { .. }
                | EffectKind::AddNote { .. }
                | EffectKind::ReopenTicket { .. }
                | EffectKind::CloseTicket { .. }
        );
        (is_late || (is_closed && is_for_ticket && !has_ticket)).then(|| {
            Text::new(
                "Закончилось раньше, чем удалось сообщить; больше не отправляется.",
                "it was over before anybody could be told; not sent any more",
            )
        })
    }

    async fn failed(&self, row: &OutboxRow, error: &DeliverError) -> Result<(), StoreError> {
        let effect = &row.effect;
        tracing::warn!(key = %effect.key, %error, attempts = row.attempts + 1, "not delivered");
        // A case without its ticket is worth asking again: somebody may have mended the queue.
        let is_open = matches!(effect.kind, EffectKind::OpenTicket { .. });
        let is_users = effect.lane().starts_with("ticket/");
        let is_refused = matches!(error, DeliverError::Rejected(_)) && !is_open;
        if is_refused || (is_users && row.attempts >= JOIN_ATTEMPTS && self.others_succeed()) {
            self.settle(effect.key, DeliveryState::Rejected, "", Some(error.text())).await;
            return Ok(());
        }
        let is_unknown = matches!(error, DeliverError::Unknown(_));
        if is_unknown {
            self.unknown.fetch_add(1, Ordering::Relaxed);
        } else {
            self.unknown.store(0, Ordering::Relaxed);
        }
        let in_doubt = row.in_doubt || is_unknown;
        let mut again = self.again(row.attempts);
        if is_unknown {
            again = again.max(self.clock.now().plus_millis(self.settle_ms()));
        }
        let said = error.to_string();
        while let Err(error) = self.store.outbox_failed(&effect.key, in_doubt, again, &said).await {
            // Else it would be looked at sooner than the other side can show it.
            tracing::error!(%error, key = %effect.key, "a failed attempt was not noted");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // People see why it does not go out: at first, and then each time the attempts have doubled, for
        // reasons that alternate would fill the history.
        let attempts = row.attempts + 1;
        if !is_users && attempts.is_power_of_two() && row.error != said {
            self.settle(effect.key, DeliveryState::Pending, "", Some(error.text())).await;
        }
        Ok(())
    }

    fn others_succeed(&self) -> bool {
        let last = self.succeeded_at.load(Ordering::Relaxed);
        self.clock.now().0 - last < LATELY_MS
    }

    async fn settle(
        &self,
        key: EffectKey,
        state: DeliveryState,
        reference: &str,
        error: Option<&Text>,
    ) {
        let reference = reference.to_owned();
        let event = Event::Delivered { key, state, reference, error: error.cloned() };
        // When the engine is stopping the row stays in doubt, and the next start looks again.
        if let Err(error) = self.engine.submit(event).await {
            tracing::info!(%key, %error, "outcome not noted");
        }
    }

    fn again(&self, attempts: u32) -> Time {
        let doubled = FIRST_PAUSE_MS << attempts.min(5);
        let jitter = rand::rng().random_range(0..=doubled / 4);
        self.clock.now().plus_millis(doubled.min(LONGEST_PAUSE_MS) + jitter)
    }
}

/// What waits for a channel that this site does not have is given up, so that its cases can end; again and
/// again, for the end of what was told before the channel went is decided later.
pub(super) async fn give_up(
    store: Store,
    engine: EngineHandle,
    channel: Channel,
    stop: CancellationToken,
) {
    loop {
        let rung = engine.effects.notified();
        if let Err(error) = give_up_what_waits(&store, &engine, channel).await {
            tracing::warn!(%error, channel = channel.as_str(), "cannot give up what waits");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = rung => {}
            () = tokio::time::sleep(Duration::from_secs(60)) => {}
        }
    }
}

async fn give_up_what_waits(
    store: &Store,
    engine: &EngineHandle,
    channel: Channel,
) -> anyhow::Result<()> {
    loop {
        let waiting = store.outbox_due(channel, Time(i64::MAX), LOOK_AHEAD).await?;
        if waiting.is_empty() {
            return Ok(());
        }
        for OutboxRow { effect: Effect { key, .. }, .. } in waiting {
            let event = Event::Delivered {
                key,
                state: DeliveryState::Rejected,
                reference: String::new(),
                error: Some(Text::new(
                    "Этого канала больше нет в настройках.",
                    "the settings have this channel no more",
                )),
            };
            engine.submit(event).await?;
        }
    }
}

/// Sends alerts again and again, as Alertmanager expects: what lasts, and until its case is closed
/// also what is over, in case the end was overtaken by an earlier «still on».
pub(super) async fn resend_alerts(
    via: Arc<AlertmanagerChannel>,
    engine: EngineHandle,
    clock: Arc<Clock>,
    stop: CancellationToken,
) {
    loop {
        let again: Vec<Raised> = engine.read(|state| {
            let told = state.escalate().all();
            told.flat_map(|(_, told)| told.alerts.again(|key| told.is_pending(key)).cloned())
                .collect()
        });
        let again: Vec<&Raised> = again.iter().collect();
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
