//! A copy of the store while it works, and the way back.

use std::path::Path;

use sqlx::sqlite::SqliteJournalMode;
use sqlx::{Connection, SqliteConnection};

use super::migrations::MIGRATIONS;
use super::{Store, StoreError, options, while_doing};

impl Store {
    /// Writes a whole, consistent copy to a file that is not there yet, while the engine goes on, and reads it through.
    ///
    /// # Errors
    /// When it cannot be written, or the copy is not sound.
    pub async fn back_up(&self, to: &Path) -> Result<(), StoreError> {
        sqlx::query("VACUUM INTO ?")
            .bind(to.display().to_string())
            .execute(&self.readers)
            .await
            .map_err(while_doing("write the backup"))?;
        verify(to).await
    }
}

/// Reads a store file through: it is sound, and not of a newer version.
///
/// # Errors
/// When it is damaged, no store, or newer than this program.
pub async fn verify(file: &Path) -> Result<(), StoreError> {
    if !file.exists() {
        return Err(StoreError::Missing { file: file.display().to_string() });
    }
    // Nothing is changed and nothing is left beside it: no write-ahead log of its own.
    let options = options(file)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Delete)
        .read_only(true)
        .immutable(true);
    let mut connection = SqliteConnection::connect_with(&options).await;
    // The error is needed whole, the connection is none.
    let connection = connection.as_mut().map_err(|error| refused(file, error))?;
    let said: Result<String, sqlx::Error> =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *connection).await;
    match said {
        Ok(word) if word == "ok" => {}
        Ok(why) => return Err(StoreError::Unsound { file: file.display().to_string(), why }),
        Err(error) => return Err(refused(file, &error)),
    }
    let version: Result<Option<i64>, sqlx::Error> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(connection).await;
    let known = MIGRATIONS.iter().map(|migration| migration.version).max();
    match version {
        Ok(Some(version)) if Some(version) <= known => Ok(()),
        Ok(Some(version)) => Err(StoreError::Newer { file: file.display().to_string(), version }),
        Ok(None) | Err(_) => Err(StoreError::NoStore { file: file.display().to_string() }),
    }
}

/// What SQLite's refusal says of a file.
fn refused(file: &Path, error: &sqlx::Error) -> StoreError {
    let file = file.display().to_string();
    // SQLITE_NOTADB: https://www.sqlite.org/rescode.html#notadb
    match error.as_database_error().and_then(|error| error.code()).as_deref() {
        Some("26") => StoreError::NoStore { file },
        _ => StoreError::Unsound { file, why: error.to_string() },
    }
}
