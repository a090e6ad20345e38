//! PostgreSQL 12–17, primary or standby, through a role with `pg_monitor`.
//!
//! One connection, read-only, with a statement time-out on the server and one of ours around every
//! answer: a frozen postmaster accepts connections and says nothing. What is asked is data:
//! `queries.rs`. Names are postgres_exporter's where the signal is the same, `vakhta_pg_…` for what
//! it cannot see. A part that fails (a right is missing, a view is absent) does not stop the others.

mod probe;
mod queries;

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{Column, ConnectOptions, Executor, Row, TypeInfo};
use tokio::time::timeout;

use super::{Collect, CollectError, Samples};
use crate::config::{Reader, Secret};

pub use probe::{ProbeReport, probe};
use queries::{Part, Place};

/// Slow parts are read every so many polls.
const SLOW_EVERY: u32 = 6;
/// The most rows taken of one answer.
const ROW_LIMIT: usize = 500;
/// What to run in the server so that it can be watched.
pub const RIGHTS: &str = "CREATE ROLE vakhta LOGIN PASSWORD '…'; GRANT pg_monitor TO vakhta;";

/// How to reach one server.
#[derive(Clone, Debug)]
pub struct Config {
    /// `postgres://user@host:port/database`, without a password.
    pub url: String,
    /// The password.
    pub password: Option<Secret>,
    /// How long one poll may take.
    pub timeout: Duration,
}

impl Config {
    /// Reads `url` and `password_file` or `password_env`.
    pub fn read(reader: &mut Reader<'_, '_>, timeout: Duration) -> Self {
        let url = reader.required_string("url").unwrap_or_default();
        if let Some(node) = reader.node("url") {
            match reqwest::Url::parse(&url) {
                Ok(parsed) if parsed.password().is_some() => reader.errors.error(
                    &node.place,
                    "a password does not belong into an address",
                    "use `password_file` or `password_env`",
                ),
                Ok(parsed) if parsed.scheme().starts_with("postgres") => {}
                _ => reader.wrong(node, "a PostgreSQL address", "postgres://vakhta@db1:5432/crm"),
            }
        }
        let password = reader.secret("password", "password_file", "password_env");
        Self { url, password, timeout }
    }
}

/// The collector of one server.
#[derive(Debug)]
pub struct Postgres {
    config: Config,
    connection: Option<PgConnection>,
    polls: u32,
}

/// What a server says of itself at the start of each poll.
struct Server {
    version: i32,
    place: Place,
}

impl Postgres {
    /// Makes the collector; nothing is asked yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self { config, connection: None, polls: 0 }
    }

    fn patience(&self) -> Duration {
        self.config.timeout.mul_f64(0.4).min(Duration::from_secs(3))
    }

    async fn connect(&self) -> Result<PgConnection, CollectError> {
        let patience = self.patience();
        let options = options(&self.config, patience)?;
        let what = self.config.url.clone();
        match timeout(patience, options.connect()).await {
            Err(_) => Err(CollectError::Timeout { what, seconds: patience.as_secs_f64() }),
            Ok(Err(error)) => Err(failed(what, &error)),
            Ok(Ok(connection)) => Ok(connection),
        }
    }

    /// Asks one thing and waits no longer than we are ready to.
    async fn ask(
        &self,
        connection: &mut PgConnection,
        sql: &'static str,
    ) -> Result<Vec<PgRow>, CollectError> {
        let patience = self.patience();
        let what = self.config.url.clone();
        match timeout(patience, connection.fetch_all(sql)).await {
            Err(_) => Err(CollectError::Timeout { what, seconds: patience.as_secs_f64() }),
            Ok(Err(error)) => Err(failed(what, &error)),
            Ok(Ok(rows)) => Ok(rows),
        }
    }

    async fn poll(
        &mut self,
        connection: &mut PgConnection,
        samples: &mut Samples,
    ) -> Result<(), CollectError> {
        let rows = self.ask(connection, queries::SERVER).await?;
        let server = rows.first().map(server).ok_or_else(|| CollectError::Answer {
            what: self.config.url.clone(),
            cause: "it said nothing of itself".into(),
        })?;
        take(&rows, samples);
        let is_slow_turn = self.polls.is_multiple_of(SLOW_EVERY);
        self.polls = self.polls.wrapping_add(1);
        for part in queries::PARTS.iter().filter(|part| part.fits(server.version, server.place)) {
            if part.is_slow && !is_slow_turn {
                continue;
            }
            self.part(connection, part, samples).await?;
        }
        Ok(())
    }

    /// One part; only a connection that is of no use any more stops the rest.
    async fn part(
        &self,
        connection: &mut PgConnection,
        part: &Part,
        samples: &mut Samples,
    ) -> Result<(), CollectError> {
        let labels = [("collector", part.name)];
        let outcome = self.ask(connection, part.sql).await;
        let success = if outcome.is_ok() { 1.0 } else { 0.0 };
        samples.push("vakhta_collector_success", &labels, success);
        match outcome {
            Ok(rows) => take(&rows, samples),
            Err(error @ (CollectError::Timeout { .. } | CollectError::Connect { .. })) => {
                return Err(error);
            }
            Err(error) => tracing::debug!(part = part.name, %error, "not read"),
        }
        Ok(())
    }
}

impl Collect for Postgres {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => match self.connect().await {
                Ok(connection) => connection,
                Err(error) => {
                    samples.push("pg_up", &[], 0.0);
                    return Err(error);
                }
            },
        };
        let outcome = self.poll(&mut connection, samples).await;
        samples.push("pg_up", &[], if outcome.is_ok() { 1.0 } else { 0.0 });
        // A connection that failed once is not asked again: its answers may come too late.
        if outcome.is_ok() {
            self.connection = Some(connection);
        }
        outcome
    }
}

fn options(config: &Config, patience: Duration) -> Result<PgConnectOptions, CollectError> {
    let wrong = |cause: String| CollectError::Answer { what: config.url.clone(), cause };
    let mut options =
        PgConnectOptions::from_str(&config.url).map_err(|error| wrong(error.to_string()))?;
    if let Some(password) = &config.password {
        options = options.password(password.reveal());
    }
    let limit = format!("{}ms", patience.as_millis());
    Ok(options
        .application_name("vakhta")
        .options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", limit.as_str()),
            ("lock_timeout", "500ms"),
            ("idle_in_transaction_session_timeout", "10s"),
        ])
        .statement_cache_capacity(64)
        .log_statements(tracing::log::LevelFilter::Off))
}

fn failed(what: String, error: &sqlx::Error) -> CollectError {
    let cause = error.to_string();
    match error {
        sqlx::Error::Database(inner) => match inner.code().as_deref() {
            Some("28P01" | "28000") => {
                CollectError::Access { what, cause, remedy: format!("run there: {RIGHTS}") }
            }
            Some("57014") => CollectError::Answer { what, cause },
            // The server is starting, stopping or out of connections.
            Some("57P03" | "57P01" | "53300") => CollectError::Connect { what, cause },
            _ => CollectError::Answer { what, cause },
        },
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) => CollectError::Connect { what, cause },
        _ => CollectError::Answer { what, cause },
    }
}

fn server(row: &PgRow) -> Server {
    let in_recovery = row.try_get::<f64, _>("pg_replication_is_replica").unwrap_or(0.0) > 0.5;
    let version = row.try_get::<i32, _>("version").unwrap_or(0);
    Server { version, place: if in_recovery { Place::Standby } else { Place::Primary } }
}

/// Turns rows into samples: text columns are labels, `float8` columns are values named by their
/// alias. NULL means «does not apply» and gives no sample.
fn take(rows: &[PgRow], samples: &mut Samples) {
    for row in rows.iter().take(ROW_LIMIT) {
        let mut labels: Vec<(&str, String)> = Vec::new();
        let mut values: Vec<(&str, f64)> = Vec::new();
        for column in row.columns() {
            match column.type_info().name() {
                "TEXT" | "NAME" | "VARCHAR" => {
                    let text = row.try_get::<Option<String>, _>(column.ordinal());
                    labels.push((column.name(), text.ok().flatten().unwrap_or_default()));
                }
                "FLOAT8" => {
                    if let Ok(Some(value)) = row.try_get::<Option<f64>, _>(column.ordinal()) {
                        values.push((column.name(), value));
                    }
                }
                _ => {}
            }
        }
        let pairs: Vec<(&str, &str)> = labels.iter().map(|(l, text)| (*l, text.as_str())).collect();
        for (name, value) in values {
            samples.push(name, &pairs, value);
        }
    }
}
