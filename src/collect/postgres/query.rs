//! The statements, and how their rows become values.

use std::time::Duration;

use sqlx::postgres::PgRow;
use sqlx::{Column, PgConnection, Row, TypeInfo};

use crate::collect::Samples;

/// The most rows that are taken of one answer; each statement also bounds itself.
const ROWS: usize = 5_000;

/// One statement.
#[derive(Debug)]
pub(super) struct Query {
    /// Its name in `vakhta_collector_success{collector=…}`.
    pub(super) part: &'static str,
    sql: &'static str,
    /// The first and the last major version that it is for.
    versions: (i32, i32),
    /// How often it is asked; zero is at every poll.
    every: Duration,
    /// Without `pg_monitor` it shows only part of the truth.
    pub(super) needs_monitor: bool,
    /// What vanishes from its answer is reported as 0 for a while.
    pub(super) is_zero_when_gone: bool,
}

/// Any version.
const ALL: (i32, i32) = (0, i32::MAX);

/// A statement that is asked at every poll.
const fn fast(part: &'static str, sql: &'static str) -> Query {
    Query {
        part,
        sql,
        versions: ALL,
        every: Duration::ZERO,
        needs_monitor: false,
        is_zero_when_gone: false,
    }
}

/// A statement that is asked every `seconds`.
const fn slow(part: &'static str, seconds: u64, sql: &'static str) -> Query {
    Query { every: Duration::from_secs(seconds), ..fast(part, sql) }
}

impl Query {
    const fn monitor(self) -> Self {
        Self { needs_monitor: true, ..self }
    }

    const fn zero_when_gone(self) -> Self {
        Self { is_zero_when_gone: true, ..self }
    }

    const fn before(self, major: i32) -> Self {
        Self { versions: (self.versions.0, major - 1), ..self }
    }

    const fn since(self, major: i32) -> Self {
        Self { versions: (major, self.versions.1), ..self }
    }

    /// Whether a server of this `server_version_num` understands it.
    pub(super) fn is_for(&self, version_number: i32) -> bool {
        let major = version_number / 10_000;
        self.versions.0 <= major && major <= self.versions.1
    }

    /// Whether it is to be asked again `passed` after the last answer. Counted by the clock: polls that
    /// come late would make a reading older than a rule believes. Half an `interval` early is better
    /// than half an interval late.
    pub(super) fn is_due(&self, passed: Duration, interval: Duration) -> bool {
        passed + interval / 2 >= self.every
    }

    /// Asks it.
    pub(super) async fn ask(&self, connection: &mut PgConnection) -> sqlx::Result<Vec<Value>> {
        let rows = sqlx::query(self.sql).fetch_all(connection).await?;
        let mut values = Vec::new();
        for row in rows.iter().take(ROWS) {
            read_row(row, &mut values)?;
        }
        Ok(values)
    }
}

/// All statements, in the order they are asked.
pub(super) static QUERIES: [Query; 35] = [
    fast("server", include_str!("sql/server.sql")),
    fast("state", include_str!("sql/state.sql")).monitor(),
    fast("identity", include_str!("sql/identity.sql")),
    fast("activity", include_str!("sql/activity.sql")).monitor(),
    fast("sessions", include_str!("sql/sessions.sql")).monitor(),
    fast("transactions", include_str!("sql/transactions.sql")).monitor().zero_when_gone(),
    fast("blocked", include_str!("sql/blocked.sql")).monitor().zero_when_gone().before(14),
    fast("blocked", include_str!("sql/blocked_14.sql")).monitor().zero_when_gone().since(14),
    fast("locks", include_str!("sql/locks.sql")),
    fast("replication", include_str!("sql/replication.sql")).monitor(),
    fast("standbys", include_str!("sql/standbys.sql")).monitor().zero_when_gone(),
    fast("places", include_str!("sql/places.sql")).monitor(),
    fast("standby", include_str!("sql/standby.sql")).monitor(),
    fast("slots", include_str!("sql/slots.sql")).zero_when_gone().before(13),
    fast("slots", include_str!("sql/slots_13.sql")).zero_when_gone().since(13),
    fast("archiver", include_str!("sql/archiver.sql")),
    fast("database", include_str!("sql/database.sql")),
    fast("conflicts", include_str!("sql/conflicts.sql")),
    fast("checkpoints", include_str!("sql/checkpoints.sql")).before(17),
    fast("checkpoints", include_str!("sql/checkpoints_17.sql")).since(17),
    fast("wal", include_str!("sql/wal.sql")).before(14),
    fast("wal", include_str!("sql/wal_14.sql")).since(14),
    fast("horizon", include_str!("sql/horizon.sql")).monitor(),
    fast("prepared", include_str!("sql/prepared.sql")),
    slow("settings", 60, include_str!("sql/settings.sql")),
    slow("pending", 60, include_str!("sql/pending.sql")).zero_when_gone(),
    slow("ages", 60, include_str!("sql/ages.sql")).zero_when_gone(),
    slow("tables", 60, include_str!("sql/tables.sql")),
    slow("autovacuum", 60, include_str!("sql/autovacuum.sql")).monitor(),
    slow("sequences", 60, include_str!("sql/sequences.sql")).zero_when_gone(),
    slow("indexes", 60, include_str!("sql/indexes.sql")).zero_when_gone(),
    slow("ready", 60, include_str!("sql/ready.sql")).monitor(),
    slow("waldir", 60, include_str!("sql/waldir.sql")).monitor(),
    slow("unreadable", 600, include_str!("sql/unreadable.sql")),
    slow("sizes", 600, include_str!("sql/sizes.sql")),
];

/// Series of statements that are not asked at each poll, and how long a reading of theirs is repeated, milliseconds.
#[cfg(test)]
pub(crate) fn lasting() -> Vec<(&'static str, i64)> {
    let slow = QUERIES.iter().filter(|query| query.every > Duration::ZERO);
    let named = slow.flat_map(|query| {
        let every = i64::try_from(query.every.as_millis()).unwrap_or(i64::MAX);
        let words = query.sql.split(|c: char| !c.is_alphanumeric() && c != '_');
        words.filter(|word| word.contains("pg_")).map(move |word| (word, every))
    });
    named.collect()
}

/// One series of an answer and its value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
    pub(super) number: f64,
}

impl Value {
    /// Adds it to the poll, with another number if one is given.
    pub(super) fn push(&self, samples: &mut Samples, number: Option<f64>) {
        let labels: Vec<(&str, &str)> =
            self.labels.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        samples.push(&self.name, &labels, number.unwrap_or(self.number));
    }

    /// Our own series are made so that 0 is healthy; of others nobody may make up a value. Who held a lock that is gone is
    /// nobody, not the process 0: advice would name it.
    pub(super) fn may_be_zero(&self) -> bool {
        self.name.starts_with("vakhta_") && !self.name.ends_with("_pid")
    }

    pub(super) fn has_label(&self, text: &str) -> bool {
        self.labels.iter().any(|(_, label)| label == text)
    }

    pub(super) fn is_same_series(&self, other: &Self) -> bool {
        self.name == other.name && self.labels == other.labels
    }
}

/// Text columns are labels, `float8` columns are series; NULL gives neither.
fn read_row(row: &PgRow, values: &mut Vec<Value>) -> sqlx::Result<()> {
    let mut labels = Vec::new();
    let mut numbers = Vec::new();
    for column in row.columns() {
        let name = column.name().to_owned();
        if column.type_info().name() == "FLOAT8" {
            if let Some(number) = row.try_get::<Option<f64>, _>(column.ordinal())? {
                numbers.push((name, number));
            }
        } else if let Some(text) = row.try_get::<Option<String>, _>(column.ordinal())? {
            labels.push((name, text));
        }
    }
    for (name, number) in numbers {
        values.push(Value { name, labels: labels.clone(), number });
    }
    Ok(())
}
