//! A copy of the store while it works, and the way back.

use std::path::Path;

use sqlx::sqlite::SqliteJournalMode;
use sqlx::{Connection, SqliteConnection};

use super::{MIGRATIONS, Store, StoreError, options, while_doing};

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
    // Nothing is changed and nothing is left beside it: no write-ahead log of its own.
    let options = options(file)?
        .create_if_missing(false)
        .journal_mode(SqliteJournalMode::Delete)
        .read_only(true)
        .immutable(true);
    let mut connection = SqliteConnection::connect_with(&options).await;
    let connection = connection.as_mut().map_err(|error| {
        // The error is needed whole, the connection is none.
        StoreError::Unsound { file: file.display().to_string(), why: error.to_string() }
    })?;
    let said: Result<String, sqlx::Error> =
        sqlx::query_scalar("PRAGMA integrity_check(1)").fetch_one(&mut *connection).await;
    let unsound = |why: String| StoreError::Unsound { file: file.display().to_string(), why };
    match said {
        Ok(word) if word == "ok" => {}
        Ok(word) => return Err(unsound(word)),
        Err(error) => return Err(unsound(error.to_string())),
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
