//! The log and its snapshots.

use sqlx::{Connection, Row};

use super::squeeze::{squeeze, unsqueeze};
use super::{Store, StoreError, archive, encode, outbox, signed, unsigned, while_doing};
use crate::fold::{Event, FORMAT, STATE_FORMAT, UpcastError, event_from};
use crate::model::{CaseDetail, DeliveryState, Effect, Time};

/// What one step of the core adds to the store, all of it or nothing.
#[derive(Debug, Default)]
pub struct Append {
    /// Events with their number and moment.
    pub events: Vec<(u64, Time, Event)>,
    /// Effects decided from them.
    pub effects: Vec<Effect>,
    /// Cases that are done.
    pub archived: Vec<CaseDetail>,
}

/// What became of an append that did not fail for sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// It is on disk.
    Committed,
    /// Somebody else writes the log now: this process must stop writing.
    Fenced,
    /// It may be on disk or not: read back before trying again.
    Unknown,
}

/// One event of the log; `event` is an error when it cannot be read.
#[derive(Debug)]
pub struct Record {
    /// Its number.
    pub seq: u64,
    /// When.
    pub at: Time,
    /// What.
    pub event: Result<Event, UpcastError>,
}

/// A state as it was saved.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The last event in it.
    pub seq: u64,
    /// Its moment.
    pub at: Time,
    /// The format it was written in.
    pub format: u32,
    /// JSON.
    pub body: Vec<u8>,
}

impl Store {
    /// Takes over the log: whoever wrote before is fenced off. Returns the number of the new epoch.
    ///
    /// # Errors
    /// When the database says no.
    pub async fn take_over(&self) -> Result<u64, StoreError> {
        let row = sqlx::query("UPDATE epoch SET number = number + 1 WHERE id = 1 RETURNING number")
            .fetch_one(&self.writer)
            .await
            .map_err(while_doing("take over the log"))?;
        Ok(unsigned(row.get(0)))
    }

    /// Commits what a step of the core brought about, if `epoch` still writes the log. An event `Delivered` also
    /// settles its row of the outbox, so that both are true at the same moment.
    ///
    /// # Errors
    /// When the database says no before the commit; nothing is stored then.
    pub async fn append(&self, epoch: u64, append: &Append) -> Result<Appended, StoreError> {
        let failed = || while_doing("append to the log");
        let mut connection = self.writer.acquire().await.map_err(failed())?;
        let mut tx = connection.begin().await.map_err(failed())?;
        let row = sqlx::query("SELECT number FROM epoch WHERE id = 1");
        let row = row.fetch_one(&mut *tx).await.map_err(failed())?;
        if unsigned(row.get(0)) != epoch {
            return Ok(Appended::Fenced);
        }
        for (seq, at, event) in &append.events {
            let body = encode("an event", event)?;
            sqlx::query("INSERT INTO events (seq, at, format, body) VALUES (?, ?, ?, ?)")
                .bind(signed(*seq))
                .bind(at.0)
                .bind(FORMAT)
                .bind(body)
                .execute(&mut *tx)
                .await
                .map_err(failed())?;
            if let Event::Delivered { key, state, reference, .. } = event
                && *state != DeliveryState::Pending
            {
                outbox::settle(&mut tx, key, *state, reference).await?;
            }
        }
        for effect in &append.effects {
            outbox::insert(&mut tx, effect).await?;
        }
        for case in &append.archived {
            archive::insert(&mut tx, case).await?;
        }
        match tx.commit().await {
            Ok(()) => Ok(Appended::Committed),
            Err(error) => {
                tracing::error!(%error, "the commit may or may not have happened");
                Ok(Appended::Unknown)
            }
        }
    }

    /// The numbers of the first and the last event; none when the log is empty.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn log_range(&self) -> Result<Option<(u64, u64)>, StoreError> {
        let row = sqlx::query("SELECT MIN(seq), MAX(seq) FROM events")
            .fetch_one(&self.readers)
            .await
            .map_err(while_doing("read the log"))?;
        let first: Option<i64> = row.get(0);
        let last: Option<i64> = row.get(1);
        Ok(first.zip(last).map(|(first, last)| (unsigned(first), unsigned(last))))
    }

    /// Events after number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the log cannot be read; a single record that cannot be is in the answer.
    pub async fn events(&self, after: u64, limit: u32) -> Result<Vec<Record>, StoreError> {
        let rows = sqlx::query(
            "SELECT seq, at, format, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?",
        )
        .bind(signed(after))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the log"))?;
        let record = |row: &sqlx::sqlite::SqliteRow| Record {
            seq: unsigned(row.get(0)),
            at: Time(row.get(1)),
            event: event_from(row.get(2), row.get(3)),
        };
        Ok(rows.iter().map(record).collect())
    }

    /// Saves a state beside the earlier ones.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_snapshot(&self, seq: u64, at: Time, body: &[u8]) -> Result<(), StoreError> {
        let packed = squeeze("a snapshot", body)?;
        sqlx::query("INSERT OR REPLACE INTO snapshots (seq, at, format, body) VALUES (?, ?, ?, ?)")
            .bind(signed(seq))
            .bind(at.0)
            .bind(STATE_FORMAT)
            .bind(packed)
            .execute(&self.writer)
            .await
            .map_err(while_doing("save a snapshot"))?;
        Ok(())
    }

    /// The numbers of the saved states, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn snapshots(&self) -> Result<Vec<u64>, StoreError> {
        let rows = sqlx::query("SELECT seq FROM snapshots ORDER BY seq DESC")
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read the snapshots"))?;
        Ok(rows.iter().map(|row| unsigned(row.get(0))).collect())
    }

    /// One saved state.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn snapshot(&self, seq: u64) -> Result<Option<Snapshot>, StoreError> {
        let row = sqlx::query("SELECT seq, at, format, body FROM snapshots WHERE seq = ?")
            .bind(signed(seq))
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read a snapshot"))?;
        let snapshot = |row: sqlx::sqlite::SqliteRow| {
            Ok(Snapshot {
                seq: unsigned(row.get(0)),
                at: Time(row.get(1)),
                format: row.get(2),
                body: unsqueeze("a snapshot", row.get(3))?,
            })
        };
        row.map(snapshot).transpose()
    }
}
