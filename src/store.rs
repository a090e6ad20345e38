//! The embedded store: one SQLite file. The log, the outbox, the archive, who may come in.
//!
//! One writer, some readers. Events and the effects decided from them are committed together or not
//! at all; a commit is on disk before anybody is told of it.

mod access;
mod outbox;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{Connection, Row};

pub use access::{Access, AccessKind, Role};
pub use outbox::{OutboxRow, OutboxSummary, Outcome};

use crate::fold::Event;
use crate::model::{DeliveryState, Effect, Problem, Time};

static MIGRATIONS: sqlx::migrate::Migrator = sqlx::migrate!("src/store/migrations");

/// What can go wrong with the store.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database said no.
    #[error(
        "cannot {doing} in the store: {source}; check free space and rights of the data folder"
    )]
    Database {
        /// What was tried.
        doing: &'static str,
        /// Its own words.
        source: sqlx::Error,
    },
    /// The file comes from a newer version, or is damaged.
    #[error("cannot bring the store up to date: {0}; it may come from a newer version")]
    Migrate(#[from] sqlx::migrate::MigrateError),
    /// Something stored cannot be read back.
    #[error("{what} in the store cannot be read: {source}; it may come from a newer version")]
    Body {
        /// What it is.
        what: &'static str,
        /// Why not.
        source: serde_json::Error,
    },
}

/// Names what was tried when the database says no.
pub(crate) fn while_doing(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |source| StoreError::Database { doing, source }
}

/// The embedded store.
#[derive(Clone, Debug)]
pub struct Store {
    writer: SqlitePool,
    readers: SqlitePool,
}

/// What one step of the core adds to the store, all of it or nothing.
#[derive(Debug, Default)]
pub struct Append {
    /// Events with their number and moment.
    pub events: Vec<(u64, Time, Event)>,
    /// Effects decided from them.
    pub effects: Vec<Effect>,
    /// Problems that are done.
    pub archived: Vec<Problem>,
}

impl Store {
    /// Opens the store in a file, making it when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened or brought up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str("sqlite:")
            .map_err(while_doing("read the address"))?
            .filename(file)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10));
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(while_doing("open the file"))?;
        MIGRATIONS.run(&writer).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(4)
            .connect_with(options.read_only(true).create_if_missing(false))
            .await
            .map_err(while_doing("open the file for reading"))?;
        Ok(Self { writer, readers })
    }

    /// Commits what a step of the core brought about. An event `Delivered` also settles its row of
    /// the outbox, so that both are true at the same moment.
    ///
    /// # Errors
    /// When the database says no; nothing is stored then.
    pub async fn append(&self, append: &Append) -> Result<(), StoreError> {
        let failed = || while_doing("append to the log");
        let mut connection = self.writer.acquire().await.map_err(failed())?;
        let mut tx = connection.begin().await.map_err(failed())?;
        for (seq, at, event) in &append.events {
            let body = encode("an event", event)?;
            sqlx::query("INSERT INTO events (seq, at, body) VALUES (?, ?, ?)")
                .bind(i64::try_from(*seq).unwrap_or(i64::MAX))
                .bind(at.0)
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
        for problem in &append.archived {
            sqlx::query("INSERT OR REPLACE INTO archive (id, opened_at, body) VALUES (?, ?, ?)")
                .bind(&problem.id)
                .bind(problem.opened_at.0)
                .bind(encode("a Problem", problem)?)
                .execute(&mut *tx)
                .await
                .map_err(failed())?;
        }
        tx.commit().await.map_err(failed())
    }

    /// Events after number `after`, in order, at most `limit`.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub async fn events(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Time, Event)>, StoreError> {
        let rows =
            sqlx::query("SELECT seq, at, body FROM events WHERE seq > ? ORDER BY seq LIMIT ?")
                .bind(i64::try_from(after).unwrap_or(i64::MAX))
                .bind(limit)
                .fetch_all(&self.readers)
                .await
                .map_err(while_doing("read the log"))?;
        rows.iter()
            .map(|row| {
                let seq = u64::try_from(row.get::<i64, _>(0)).unwrap_or_default();
                let event = decode("an event", row.get(2))?;
                Ok((seq, Time(row.get(1)), event))
            })
            .collect()
    }

    /// Replaces the snapshot.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_snapshot(&self, seq: u64, body: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO snapshots (id, seq, body) VALUES (1, ?, ?)")
            .bind(i64::try_from(seq).unwrap_or(i64::MAX))
            .bind(body)
            .execute(&self.writer)
            .await
            .map_err(while_doing("save a snapshot"))?;
        Ok(())
    }

    /// The snapshot, if there is one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn snapshot(&self) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
        let row = sqlx::query("SELECT seq, body FROM snapshots WHERE id = 1")
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the snapshot"))?;
        Ok(row.map(|row| (u64::try_from(row.get::<i64, _>(0)).unwrap_or_default(), row.get(1))))
    }

    /// Archived Problems, newest first, that opened before `before` (or all), at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn archived(
        &self,
        before: Option<(Time, &str)>,
        limit: u32,
    ) -> Result<Vec<Problem>, StoreError> {
        let (at, id) = before.unwrap_or((Time(i64::MAX), "~"));
        let rows = sqlx::query(
            "SELECT body FROM archive WHERE (opened_at, id) < (?, ?) \
             ORDER BY opened_at DESC, id DESC LIMIT ?",
        )
        .bind(at.0)
        .bind(id)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the archive"))?;
        rows.iter().map(|row| decode("a Problem", row.get(0))).collect()
    }

    /// One archived Problem.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn archived_problem(&self, id: &str) -> Result<Option<Problem>, StoreError> {
        let row = sqlx::query("SELECT body FROM archive WHERE id = ?")
            .bind(id)
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the archive"))?;
        row.map(|row| decode("a Problem", row.get(0))).transpose()
    }

    /// Keeps something small under a name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_note(&self, name: &str, value: &[u8]) -> Result<(), StoreError> {
        sqlx::query("INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)")
            .bind(name)
            .bind(value)
            .execute(&self.writer)
            .await
            .map_err(while_doing("keep a note"))?;
        Ok(())
    }

    /// What was kept under a name.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn note(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let row = sqlx::query("SELECT value FROM notes WHERE name = ?")
            .bind(name)
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read a note"))?;
        Ok(row.map(|row| row.get(0)))
    }

    /// Folds the write-ahead log into the file and closes it.
    pub async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

pub(crate) fn encode<T: serde::Serialize>(what: &'static str, v: &T) -> Result<String, StoreError> {
    serde_json::to_string(v).map_err(|source| StoreError::Body { what, source })
}

pub(crate) fn decode<T: serde::de::DeserializeOwned>(
    what: &'static str,
    body: &str,
) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|source| StoreError::Body { what, source })
}
