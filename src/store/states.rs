//! How systems stood: written when it changes, read back for a moment. Nothing is decided from it; it is what the
//! pages showed.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Store, StoreError, while_doing};
use crate::model::Time;

/// The name under which it is kept whether the watch itself ran.
const WATCH: &str = "";
const ON: &str = "on";
const OFF: &str = "off";

/// How one system stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemState {
    /// The worst severity of its open cases, else `blind`, `unwatched`, `calm`.
    pub word: String,
    /// How many open cases touch it.
    pub cases: u32,
}

/// How all systems stood at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SystemStates {
    /// By key; a system that is not here was not known.
    pub systems: BTreeMap<String, SystemState>,
    /// The watch ran; none: nothing is recorded so far back.
    pub is_on: Option<bool>,
}

impl Store {
    /// Keeps how systems stand from a moment on: those that have changed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_states(
        &self,
        at: Time,
        changed: &BTreeMap<String, SystemState>,
    ) -> Result<(), StoreError> {
        let failed = || while_doing("keep how systems stand");
        let mut tx = self.writer.begin().await.map_err(failed())?;
        for (system, state) in changed {
            sqlx::query(
                "INSERT OR REPLACE INTO system_states (system, at, word, cases) VALUES (?, ?, ?, ?)",
            )
            .bind(system)
            .bind(at.0)
            .bind(&state.word)
            .bind(state.cases)
            .execute(&mut *tx)
            .await
            .map_err(failed())?;
        }
        tx.commit().await.map_err(failed())
    }

    /// Keeps that the watch runs from a moment on, or runs no more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn keep_running(&self, at: Time, is_on: bool) -> Result<(), StoreError> {
        let word = if is_on { ON } else { OFF }.to_owned();
        let watch = BTreeMap::from([(WATCH.to_owned(), SystemState { word, cases: 0 })]);
        self.keep_states(at, &watch).await
    }

    /// How all systems stood at a moment. Reads what changed in the days that are kept, as many rows as there were
    /// changes.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn states(&self, at: Time) -> Result<SystemStates, StoreError> {
        let rows = sqlx::query(
            "SELECT system, word, cases, max(at) FROM system_states WHERE at <= ? GROUP BY system",
        )
        .bind(at.0)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read how systems stood"))?;
        let mut states = SystemStates::default();
        for row in &rows {
            let (system, word): (String, String) = (row.get(0), row.get(1));
            if system == WATCH {
                states.is_on = Some(word == ON);
            } else {
                states.systems.insert(system, SystemState { word, cases: row.get(2) });
            }
        }
        Ok(states)
    }

    /// From when on it is known how systems stood.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn states_since(&self) -> Result<Option<Time>, StoreError> {
        let first: Option<i64> = sqlx::query_scalar("SELECT min(at) FROM system_states")
            .fetch_one(&self.readers)
            .await
            .map_err(while_doing("read how systems stood"))?;
        Ok(first.map(Time))
    }
}
