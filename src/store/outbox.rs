//! The outbox: what is to be done outside, each thing once.

use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, decode, encode, while_doing};
use crate::model::{Channel, DeliveryState, Effect, Time};

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
pub struct Outcome {
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
    // OR IGNORE: the same key is the same effect, and one of them is enough.
    sqlx::query(
        "INSERT OR IGNORE INTO outbox (key, problem, channel, lane, body, decided_at) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(&effect.key)
    .bind(&effect.problem)
    .bind(effect.channel.word())
    .bind(effect.lane())
    .bind(encode("an effect", effect)?)
    .bind(effect.at.0)
    .execute(tx)
    .await
    .map_err(while_doing("put an effect into the outbox"))?;
    Ok(())
}

pub(super) async fn settle(
    tx: &mut SqliteConnection,
    key: &str,
    state: DeliveryState,
    reference: &str,
) -> Result<(), StoreError> {
    let state = if state == DeliveryState::Rejected { "rejected" } else { "done" };
    sqlx::query("UPDATE outbox SET state = ?, reference = ?, error = '' WHERE key = ?")
        .bind(state)
        .bind(reference)
        .bind(key)
        .execute(tx)
        .await
        .map_err(while_doing("settle an effect"))?;
    Ok(())
}

impl Store {
    /// The effects of a channel that are due: of each lane the first that waits, those of Problems
    /// before those of users' tickets, in the order they were decided.
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
             ORDER BY lane <> problem, position LIMIT ?",
        )
        .bind(channel.word())
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
        .bind(channel.word())
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
        .bind(channel.word())
        .execute(&self.writer)
        .await
        .map_err(while_doing("let deliveries settle"))?;
        Ok(())
    }

    /// Notes that an attempt begins: from now on its outcome is in doubt until it is settled.
    ///
    /// # Errors
    /// When it cannot be written; then the attempt must not begin.
    pub async fn outbox_begin(&self, key: &str, now: Time) -> Result<(), StoreError> {
        sqlx::query(
            "UPDATE outbox SET state = 'in_flight', attempts = attempts + 1, attempted_at = ? \
             WHERE key = ?",
        )
        .bind(now.0)
        .bind(key)
        .execute(&self.writer)
        .await
        .map_err(while_doing("begin a delivery"))?;
        Ok(())
    }

    /// Notes that an attempt failed. `in_doubt` keeps it marked as perhaps done.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn outbox_failed(
        &self,
        key: &str,
        in_doubt: bool,
        next_at: Time,
        error: &str,
    ) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET state = ?, next_at = ?, error = ? WHERE key = ?")
            .bind(if in_doubt { "in_flight" } else { "pending" })
            .bind(next_at.0)
            .bind(error)
            .bind(key)
            .execute(&self.writer)
            .await
            .map_err(while_doing("note a failed delivery"))?;
        Ok(())
    }

    /// The reference that an effect got when it was delivered.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_reference(&self, key: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT reference FROM outbox WHERE key = ? AND state = 'done'")
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the outbox"))?;
        Ok(row.map(|row| row.get(0)))
    }

    /// What became of an effect, with its reference; none when the outbox does not have it.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_outcome(&self, key: &str) -> Result<Option<Outcome>, StoreError> {
        let row = sqlx::query("SELECT state, reference, decided_at FROM outbox WHERE key = ?")
            .bind(key)
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the outbox"))?;
        Ok(row.map(|row| {
            let state = match row.get::<&str, _>(0) {
                "done" => DeliveryState::Delivered,
                "rejected" => DeliveryState::Rejected,
                _ => DeliveryState::Pending,
            };
            Outcome { state, reference: row.get(1), at: Time(row.get(2)) }
        }))
    }

    /// The last delivered effect of a Problem on a channel.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_last_done(
        &self,
        problem: &str,
        channel: Channel,
    ) -> Result<Option<Effect>, StoreError> {
        let row = sqlx::query(
            "SELECT body FROM outbox WHERE problem = ? AND channel = ? AND state = 'done' \
             ORDER BY position DESC LIMIT 1",
        )
        .bind(problem)
        .bind(channel.word())
        .fetch_optional(&self.readers)
        .await
        .map_err(while_doing("read the outbox"))?;
        row.map(|row| decode("an effect", row.get(0))).transpose()
    }

    /// How the outbox of a channel stands.
    ///
    /// # Errors
    /// When the outbox cannot be read.
    pub async fn outbox_summary(&self, channel: Channel) -> Result<OutboxSummary, StoreError> {
        let row = sqlx::query(
            "SELECT COUNT(*), MIN(decided_at) FROM outbox WHERE channel = ? AND state IN ('pending', 'in_flight')",
        )
        .bind(channel.word())
        .fetch_one(&self.readers)
        .await
        .map_err(while_doing("read the outbox"))?;
        Ok(OutboxSummary {
            waiting: u64::try_from(row.get::<i64, _>(0)).unwrap_or_default(),
            oldest: row.get::<Option<i64>, _>(1).map(Time),
        })
    }
}
