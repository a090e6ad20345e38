//! What the pages keep for themselves: lists that a person has named, and the samples around a case.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::Row;

use super::squeeze::{squeeze, unsqueeze};
use super::{Store, StoreError, encode, while_doing};
use crate::model::{CaseId, Time};

/// Named lists of one person.
const VIEWS: i64 = 30;

/// The samples of one chart, as they were measured.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChartPoints {
    /// The first moment shown.
    pub from: Time,
    /// The last moment shown.
    pub until: Time,
    /// Between two points, milliseconds.
    pub step: i64,
    /// What was measured; what was not is not there.
    pub points: Vec<(Time, f64)>,
}

impl Store {
    /// The lists that somebody has named: name and query, in order of name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn views(&self, owner: &str) -> Result<Vec<(String, String)>, StoreError> {
        let rows =
            sqlx::query("SELECT name, query FROM views WHERE owner = ? ORDER BY name LIMIT ?")
                .bind(owner)
                .bind(VIEWS)
                .fetch_all(&self.readers)
                .await
                .map_err(while_doing("read named lists"))?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Keeps a list under a name; the same name again replaces it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn save_view(&self, owner: &str, name: &str, query: &str) -> Result<(), StoreError> {
        // Beyond the most that are shown nothing is added.
        sqlx::query(
            "INSERT OR REPLACE INTO views (owner, name, query) SELECT ?1, ?2, ?3 \
             WHERE (SELECT count(*) FROM views WHERE owner = ?1 AND name <> ?2) < ?4",
        )
        .bind(owner)
        .bind(name)
        .bind(query)
        .bind(VIEWS)
        .execute(&self.writer)
        .await
        .map_err(while_doing("keep a named list"))?;
        Ok(())
    }

    /// Forgets a named list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn drop_view(&self, owner: &str, name: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM views WHERE owner = ? AND name = ?")
            .bind(owner)
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(while_doing("forget a named list"))?;
        Ok(())
    }

    /// Keeps the samples around a case, by signal; a chart that has more already stays as it is.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn save_charts(
        &self,
        case: CaseId,
        charts: &BTreeMap<String, ChartPoints>,
    ) -> Result<(), StoreError> {
        let known = self.charts(case).await?;
        let mut tx = self.writer.begin().await.map_err(while_doing("keep charts"))?;
        for (signal, chart) in charts {
            if known
                .get(signal)
                .is_some_and(|it| it.until >= chart.until && it.points.len() > chart.points.len())
            {
                continue;
            }
            let body = squeeze("a chart", encode("a chart", chart)?.as_bytes())?;
            sqlx::query("INSERT OR REPLACE INTO charts (case_id, signal, body) VALUES (?, ?, ?)")
                .bind(case.to_string())
                .bind(signal)
                .bind(body)
                .execute(&mut *tx)
                .await
                .map_err(while_doing("keep a chart"))?;
        }
        tx.commit().await.map_err(while_doing("keep charts"))
    }

    /// The charts kept with a case, by signal.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn charts(&self, case: CaseId) -> Result<BTreeMap<String, ChartPoints>, StoreError> {
        let rows = sqlx::query("SELECT signal, body FROM charts WHERE case_id = ?")
            .bind(case.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read charts"))?;
        let mut charts = BTreeMap::new();
        for row in rows {
            let body = unsqueeze("a chart", row.get(1))?;
            let chart = serde_json::from_slice(&body)
                .map_err(|source| StoreError::Body { what: "a chart", source })?;
            charts.insert(row.get(0), chart);
        }
        Ok(charts)
    }
}
