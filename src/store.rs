//! The store: the log, the outbox, the archive, who may come in. What it promises is here; the embedded
//! SQLite file behind it is one way to keep it.
//!
//! One writer, some readers. Events and the effects decided from them are committed together or not at all; a
//! commit is on disk before anybody is told of it. An append says whether it was committed, or that somebody
//! else writes the log now; when it cannot say, the writer reads back before it tries again.

mod access;
mod archive;
mod backup;
mod conclusions;
mod log;
mod migrations;
mod outbox;
mod recording;
mod retention;
mod squeeze;
mod states;
#[cfg(test)]
mod tests;
mod texts;
mod users;
mod workplace;

use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

use crate::model::Message;
use sqlx::Row;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub use access::{Access, AccessKind, Pass, Role};
pub use archive::FalseAlarms;
pub use backup::verify;
pub use conclusions::{Concluded, Conclusion, Judgement};
pub use log::{Append, Appended, Record, Snapshot};
pub use outbox::{OutboxOutcome, OutboxRow, OutboxSummary};
pub use recording::{Recorded, Recording, key as recorded_key};
pub use retention::{Retention, Trimmed};
pub use states::{SystemState, SystemStates};
pub use texts::TicketText;
pub use users::{AuditLine, SHORTEST_PASSWORD, SignIn, User};
pub use workplace::ChartPoints;

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
    /// One record of the log cannot be read.
    #[error(
        "event {seq} of the log cannot be read: {source}. Start the version that wrote it, or restore a \
         backup, or start once with --skip-unreadable: that event is left out then, and the log says so"
    )]
    Record {
        /// Its number.
        seq: u64,
        /// Why not.
        source: crate::fold::UpcastError,
    },
    /// The log does not begin at its beginning, and no snapshot can be read.
    #[error(
        "no snapshot can be read, and the log begins at event {first}: what came before was trimmed. Start the \
         version that wrote it, or restore a backup"
    )]
    NoBeginning {
        /// The number of the first event.
        first: u64,
    },
    /// A file is no sound store.
    #[error("{file} cannot be used: {why}; take another backup")]
    Unsound {
        /// Which file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// A file was written by a newer version.
    #[error(
        "{file} cannot be used: it was written by a newer version (format {version}); take another backup"
    )]
    Newer {
        /// Which file.
        file: String,
        /// The version of its tables.
        version: i64,
    },
    /// A file is something else.
    #[error("{file} cannot be used: it is no store of Vakhta; take another backup")]
    NoStore {
        /// Which file.
        file: String,
    },
    /// There is no such file.
    #[error("{file} cannot be used: it is not there; take another backup")]
    Missing {
        /// Which file.
        file: String,
    },
    /// A password cannot be hashed, or a second factor made.
    #[error("the password cannot be hashed: it may be too long")]
    Password,
    /// A compressed body is damaged.
    #[error("{what} in the store is damaged: {source}; restore a backup")]
    Damaged {
        /// What it is.
        what: &'static str,
        /// Why not.
        source: std::io::Error,
    },
}

impl StoreError {
    /// The same for people, in both languages: `cli-store-…`.
    #[must_use]
    pub fn message(&self) -> Message {
        match self {
            Self::Database { doing, source } => Message::new("cli-store-database")
                .word("doing", *doing)
                .word("error", source.to_string()),
            Self::Migrate(error) => {
                Message::new("cli-store-migrate").word("error", error.to_string())
            }
            Self::Body { what, source } => {
                Message::new("cli-store-body").word("what", *what).word("error", source.to_string())
            }
            Self::Record { seq, source } => Message::new("cli-store-record")
                .word("event", seq.to_string())
                .word("error", source.to_string()),
            Self::NoBeginning { first } => {
                Message::new("cli-store-beginning").word("event", first.to_string())
            }
            Self::Unsound { file, why } => {
                Message::new("cli-store-unsound").word("file", file).word("error", why)
            }
            Self::Newer { file, version } => Message::new("cli-store-newer")
                .word("file", file)
                .word("version", version.to_string()),
            Self::NoStore { file } => Message::new("cli-store-none").word("file", file),
            Self::Missing { file } => Message::new("cli-store-missing").word("file", file),
            Self::Password => Message::new("cli-store-password"),
            Self::Damaged { what, source } => Message::new("cli-store-damaged")
                .word("what", *what)
                .word("error", source.to_string()),
        }
    }
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

fn options(file: &Path) -> Result<SqliteConnectOptions, StoreError> {
    let options = SqliteConnectOptions::from_str("sqlite:");
    Ok(options
        .map_err(while_doing("read the address"))?
        .filename(file)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(10)))
}

impl Store {
    /// Opens the store in a file, making it when it is not there and bringing it up to date.
    ///
    /// # Errors
    /// When the file cannot be opened or brought up to date.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        let options = options(file)?.create_if_missing(true);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .connect_with(options.clone())
            .await
            .map_err(while_doing("open the file"))?;
        migrations::MIGRATIONS.run(&writer).await?;
        let readers = readers(options).await?;
        Ok(Self { writer, readers })
    }

    /// Opens the store of a running engine to look at it: nothing is made, nothing is changed.
    ///
    /// # Errors
    /// When the file cannot be opened.
    pub async fn look(file: &Path) -> Result<Self, StoreError> {
        let readers = readers(options(file)?).await?;
        Ok(Self { writer: readers.clone(), readers })
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

async fn readers(options: SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(4)
        .connect_with(options.read_only(true).create_if_missing(false))
        .await
        .map_err(while_doing("open the file for reading"))
}

fn encode<T: serde::Serialize>(what: &'static str, v: &T) -> Result<String, StoreError> {
    serde_json::to_string(v).map_err(|source| StoreError::Body { what, source })
}

fn decode<T: serde::de::DeserializeOwned>(what: &'static str, body: &str) -> Result<T, StoreError> {
    serde_json::from_str(body).map_err(|source| StoreError::Body { what, source })
}

/// A count of ours as the database's number; beyond its range the largest.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The database's number as a count of ours; a negative one is none.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or_default()
}
