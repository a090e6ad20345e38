//! The outbox: what is to be done outside, each thing once.

use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, decode, encode, while_doing};
use crate::model::{Channel, DeliveryState, Effect, EffectKey, Time};

/// One effect that waits for delivery.
#[derive(Clone, Debug)]
pub struct OutboxRow {
    /// What is to be done.
    pub effect: Effect,
    /// An attempt has begun before and its outcome is not known: look before doing it again.
    pub in_doubt: bool,
    /// How many attempts there were.
    pub attempts: u32,
    /// When the last attempt began.
    pub attempted_at: Time,
    /// Not before this moment.
    pub next_at: Time,
    /// What the last attempt said.
    pub error: String,
}

/// What became of an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxOutcome {
    /// `Pending` while it waits or is in flight.
    pub state: DeliveryState,
    /// The reference it got.
    pub reference: String,
    /// When it was decided.
    pub at: Time,
}

/// How one channel's outbox stands.
#[derive(Clone, Debug, Default)]
pub struct OutboxSummary {
    /// Effects that wait.
    pub waiting: u64,
    /// When the oldest of them was decided.
    pub oldest: Option<Time>,
}

pub(super) async fn insert(tx: &mut SqliteConnection, effect: &Effect) -> Result<(), StoreError> {
    for key in &effect.supersedes {
        // What has begun may be done: it is followed to its end.
        sqlx::query("UPDATE outbox SET state = 'superseded' WHERE key = ? AND state = 'pending'")
            .bind(key.to_string())
            .execute(&mut *tx)
            .await
            .map_err(while_doing("take back an effect"))?;
    }
    let body = encode("an effect", effect)?;
    let key = effect.key.to_string();
    let done = sqlx::query(
        "INSERT INTO outbox (key, case_id, channel, lane, body, decided_at) \
         VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (key) DO NOTHING",
    )
    .bind(&key)
    .bind(effect.case().to_string())
    .bind(effect.channel().as_str())
    .bind(effect.lane())
    .bind(&body)
    .bind(effect.at.0)
    .execute(&mut *tx)
    .await
    .map_err(while_doing("put an effect into the outbox"))?;
    if done.rows_affected() == 0 {
        // The same key is the same effect; another body under it would be silence.
        let known = sqlx::query("SELECT body FROM outbox WHERE key = ?")
            .bind(&key)
            .fetch_one(&mut *tx)
            .await
            .map_err(while_doing("read the outbox"))?;
        if known.get::<&str, _>(0) != body {
            tracing::error!(key, "the outbox has another effect under this key; it is not done");
        }
    }
    Ok(())
}

pub(super) async fn settle(
    tx: &mut SqliteConnection,
    key: &EffectKey,
    state: DeliveryState,
    reference: &str,
) -> Result<(), StoreError> {
    let state = match state {
        DeliveryState::Rejected => "rejected",
        DeliveryState::Expired => "expired",
        DeliveryState::Pending | DeliveryState::Delivered | DeliveryState::Resolved => "done",
    };
    sqlx::query("UPDATE outbox SET state = ?, reference = ?, error = '' WHERE key = ?")
        .bind(state)
        .bind(reference)
        .bind(key.to_string())
        .execute(tx)
        .await
        .map_err(while_doing("settle an effect"))?;
    Ok(())
}

impl Store {
    /// The effects of a channel that are due: of each lane the first that waits, those of cases
    /// before those of users' tickets, the one that has waited longest for its turn first.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_due(
        &self,
        channel: Channel,
        now: Time,
        limit: u32,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let rows = sqlx::query(
            "SELECT body, state, attempts, attempted_at, next_at, error FROM outbox AS one \
             WHERE channel = ? AND state IN ('pending', 'in_flight') AND next_at <= ? \
             AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.channel = one.channel \
               AND before.lane = one.lane AND before.position < one.position \
               AND before.state IN ('pending', 'in_flight')) \
             ORDER BY lane <> case_id, next_at, position LIMIT ?",
        )
        .bind(channel.as_str())
        .bind(now.0)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the outbox"))?;
        rows.iter()
            .map(|row| {
                Ok(OutboxRow {
                    effect: decode("an effect", row.get(0))?,
                    in_doubt: row.get::<&str, _>(1) == "in_flight",
                    attempts: row.get(2),
                    attempted_at: Time(row.get(3)),
                    next_at: Time(row.get(4)),
                    error: row.get(5),
                })
            })
            .collect()
    }

    /// When the next effect of a channel is due, if one waits.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_next(&self, channel: Channel) -> Result<Option<Time>, StoreError> {
        let row = sqlx::query(
            "SELECT MIN(next_at) FROM outbox AS one \
             WHERE channel = ? AND state IN ('pending', 'in_flight') \
             AND NOT EXISTS (SELECT 1 FROM outbox AS before WHERE before.channel = one.channel \
               AND before.lane = one.lane AND before.position < one.position \
               AND before.state IN ('pending', 'in_flight'))",
        )
        .bind(channel.as_str())
        .fetch_one(&self.readers)
        .await
        .map_err(while_doing("read the outbox"))?;
        Ok(row.get::<Option<i64>, _>(0).map(Time))
    }

    /// After a start: what an attempt has begun on waits until the other side can show it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn outbox_settle_doubts(
        &self,
        channel: Channel,
        settle_ms: i64,
    ) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET next_at = MAX(next_at, attempted_at + ?) \
             WHERE channel = ? AND state = 'in_flight'",
        )
        .bind(settle_ms)
        .bind(channel.as_str())
        .execute(&self.writer)
        .await
        .map_err(while_doing("let deliveries settle"))?;
        Ok(())
    }

    /// Notes that an attempt begins: from now on its outcome is in doubt until it is settled. False when the
    /// effect need not be done any more.
    ///
    /// # Errors
    /// When it cannot be written; then the attempt must not begin.
    pub async fn outbox_begin(&self, key: &EffectKey, now: Time) -> Result<bool, StoreError> {
        let done = sqlx::query(
            "UPDATE outbox SET state = 'in_flight', attempts = attempts + 1, attempted_at = ? \
             WHERE key = ? AND state IN ('pending', 'in_flight')",
        )
        .bind(now.0)
        .bind(key.to_string())
        .execute(&self.writer)
        .await
        .map_err(while_doing("begin a delivery"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Notes that an attempt failed. `in_doubt` keeps it marked as perhaps done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn outbox_failed(
        &self,
        key: &EffectKey,
        in_doubt: bool,
        next_at: Time,
        error: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET state = ?, next_at = ?, error = ? WHERE key = ?")
            .bind(if in_doubt { "in_flight" } else { "pending" })
            .bind(next_at.0)
            .bind(error)
            .bind(key.to_string())
            .execute(&self.writer)
            .await
            .map_err(while_doing("note a failed delivery"))?;
        Ok(())
    }

    /// What became of an effect, with its reference; none when the outbox does not have it.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_outcome(
        &self,
        key: &EffectKey,
    ) -> Result<Option<OutboxOutcome>, StoreError> {
        let row = sqlx::query("SELECT state, reference, decided_at FROM outbox WHERE key = ?")
            .bind(key.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the outbox"))?;
        Ok(row.map(|row| {
            let state = match row.get::<&str, _>(0) {
                "done" => DeliveryState::Delivered,
                "rejected" => DeliveryState::Rejected,
                "expired" | "superseded" => DeliveryState::Expired,
                _ => DeliveryState::Pending,
            };
            OutboxOutcome { state, reference: row.get(1), at: Time(row.get(2)) }
        }))
    }

    /// Keys of all effects that wait, on all channels.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_waiting(&self) -> Result<Vec<String>, StoreError> {
        let rows = sqlx::query("SELECT key FROM outbox WHERE state IN ('pending', 'in_flight')")
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read the outbox"))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// Takes back an effect that nobody waits for any more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn outbox_take_back(&self, key: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET state = 'superseded' WHERE key = ?")
            .bind(key)
            .execute(&self.writer)
            .await
            .map_err(while_doing("take back an effect"))?;
        Ok(())
    }

    /// How the outbox of a channel stands.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_summary(&self, channel: Channel) -> Result<OutboxSummary, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*), MIN(decided_at) FROM outbox WHERE channel = ? AND state IN ('pending', 'in_flight')",
        )
        .bind(channel.as_str())
        .fetch_one(&self.readers)
        .await
        .map_err(while_doing("read the outbox"))?;
        Ok(OutboxSummary {
            waiting: u64::try_from(row.get::<i64, _>(0)).unwrap_or_default(),
            oldest: row.get::<Option<i64>, _>(1).map(Time),
        })
    }
}
