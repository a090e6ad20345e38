//! Cases that are done: a line for lists, and all of it compressed.

use sqlx::{Row, SqliteConnection};

use super::squeeze::{squeeze, unsqueeze};
use super::{Store, StoreError, decode, encode, while_doing};
use crate::model::{CaseDetail, CaseId, CaseSummary, Time};

pub(super) async fn insert(tx: &mut SqliteConnection, case: &CaseDetail) -> Result<(), StoreError> {
    let summary = &case.summary;
    let body = squeeze("a case", encode("a case", case)?.as_bytes())?;
    sqlx::query(
        "INSERT OR REPLACE INTO archive (id, kind, opened_at, closed_at, summary, body) \
         VALUES (?, ?, ?, ?, ?, ?)",
    )
    .bind(summary.id.to_string())
    .bind(summary.id.kind.as_str())
    .bind(summary.opened_at.0)
    .bind(summary.closed_at.unwrap_or(summary.opened_at).0)
    .bind(encode("a case", summary)?)
    .bind(body)
    .execute(tx)
    .await
    .map_err(while_doing("archive a case"))?;
    Ok(())
}

impl Store {
    /// Archived cases, newest first, that opened before `before` (or all), at most `limit`. Their bodies are
    /// not touched.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn archived(
        &self,
        before: Option<(Time, &str)>,
        limit: u32,
    ) -> Result<Vec<CaseSummary>, StoreError> {
        let (at, id) = before.unwrap_or((Time(i64::MAX), "~"));
        let rows = sqlx::query(
            "SELECT summary FROM archive WHERE (opened_at, id) < (?, ?) \
             ORDER BY opened_at DESC, id DESC LIMIT ?",
        )
        .bind(at.0)
        .bind(id)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the archive"))?;
        rows.iter().map(|row| decode("a case", row.get(0))).collect()
    }

    /// One archived case.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn archived_case(&self, id: CaseId) -> Result<Option<CaseDetail>, StoreError> {
        let row = sqlx::query("SELECT body FROM archive WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the archive"))?;
        let Some(row) = row else { return Ok(None) };
        let body = unsqueeze("a case", row.get(0))?;
        let case = serde_json::from_slice(&body);
        case.map(Some).map_err(|source| StoreError::Body { what: "a case", source })
    }
}
