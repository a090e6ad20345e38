//! One PostgreSQL server, 12 to 18, primary or standby.
//!
//! A poll greets the server over a new connection (a frozen postmaster still accepts TCP, and still
//! serves the sessions it has), then asks its statements over one session of its own. Each await is
//! bounded: by the server (`statement_timeout`, `lock_timeout`) and by us. A session that failed
//! is thrown away, the next poll makes another. Nothing is ever written: the session is read-only.
//!
//! A statement's text columns are labels and its `float8` columns are series, named in the SQL
//! itself: a new series is a new column. NULL is «not known» and gives no sample. Names follow
//! postgres_exporter; what it does not have is called `vakhta_pg_…`.

mod probe;
mod query;
mod rights;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use sqlx::PgConnection;

use self::query::{QUERIES, Query, Value};
use self::rights::Rights;
use self::session::Target;
use super::{Collect, CollectError, Samples};
use crate::config::{Reader, Secret};

pub use self::probe::{Found, ProbeReport, probe};
pub use self::rights::MissingRight;

/// One server to watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Its address, as `postgres://vakhta@db1:5432/crm?sslmode=require`, without the password.
    /// Tables, indexes and sequences are those of this database; all else is the whole server's.
    pub url: String,
    /// The password, if it is not in the environment or in `.pgpass`.
    pub password: Option<Secret>,
    /// How long a poll may take.
    pub timeout: Duration,
    /// How long the server works on one statement before it gives up.
    pub statement_timeout: Duration,
    /// The time between two polls; slow statements are asked every so many polls.
    pub interval: Duration,
    /// Standbys that must be connected to this server, by `application_name` or address: one that
    /// has never been seen since the start is reported as missing too.
    pub standbys: Vec<String>,
}

impl Config {
    /// The usual settings for an address.
    #[must_use]
    pub fn at(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            password: None,
            timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(3),
            interval: Duration::from_secs(10),
            standbys: Vec::new(),
        }
    }

    /// Reads the keys of this source: `url`, `password_file` or `password_env`, `timeout` (5s),
    /// `statement_timeout` (3s), `interval` (10s) and `standbys`. Errors are noted with their
    /// place; the caller finishes the section.
    #[must_use]
    pub fn read(reader: &mut Reader<'_, '_>) -> Self {
        let url = reader.required_string("url").unwrap_or_default();
        let usual = Self::at(&url);
        let config = Self {
            password: reader.secret("password", "password_file", "password_env"),
            timeout: reader.duration("timeout").unwrap_or(usual.timeout),
            statement_timeout: reader
                .duration("statement_timeout")
                .unwrap_or(usual.statement_timeout),
            interval: reader.duration("interval").unwrap_or(usual.interval),
            standbys: reader.strings("standbys"),
            url,
        };
        if let Some(node) = reader.node("url")
            && let Err(error) = Target::new(&config)
        {
            let help = "write `url: postgres://vakhta@db1:5432/crm`, the password elsewhere";
            reader.errors.error(&node.place, error.to_string(), help);
        }
        config
    }
}

/// What is kept of one statement between polls.
#[derive(Debug, Default)]
struct Kept {
    /// Polls until it is asked again.
    due_in: u32,
    is_success: bool,
    /// False when the statement failed: then nothing is known, neither good nor bad.
    is_answered: bool,
    values: Vec<Value>,
    /// What was there lately and is not now: reported as 0 for some polls, so that a finding about
    /// it ends at once.
    gone: Vec<(Value, u32)>,
}

/// The collector of one server.
#[derive(Debug)]
pub struct Postgres {
    config: Config,
    target: Target,
    session: Option<(PgConnection, Rights)>,
    kept: BTreeMap<&'static str, Kept>,
    missing: Vec<MissingRight>,
    failures: BTreeMap<&'static str, String>,
}

/// How many polls a value that vanished is reported as 0.
const GONE_POLLS: u32 = 30;

impl Postgres {
    /// Makes the collector; nothing is asked yet.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(config: Config) -> Result<Self, CollectError> {
        let target = Target::new(&config)
            .map_err(|error| CollectError::Answer { what: config.url.clone(), cause: error.0 })?;
        Ok(Self {
            config,
            target,
            session: None,
            kept: BTreeMap::new(),
            missing: Vec::new(),
            failures: BTreeMap::new(),
        })
    }

    /// The rights that the last session lacked, with the SQL that grants them.
    #[must_use]
    pub fn missing_rights(&self) -> &[MissingRight] {
        &self.missing
    }

    /// The statements that failed when they were last asked, with the server's words.
    #[must_use]
    pub fn failures(&self) -> &BTreeMap<&'static str, String> {
        &self.failures
    }

    async fn poll(&mut self) -> Result<(), CollectError> {
        self.target.greet().await?;
        let is_old = self.session.is_some();
        match self.ask_all().await {
            // The session was ended from the other side (a restart, pg_terminate_backend), and the
            // server has just answered the greeting: it deserves a new one.
            Err(CollectError::Connect { .. } | CollectError::Answer { .. }) if is_old => {
                self.ask_anew();
                self.ask_all().await
            }
            outcome => outcome,
        }
    }

    async fn ask_all(&mut self) -> Result<(), CollectError> {
        // Taken out: when this future is dropped half-way, the session is in an unknown state.
        let (mut connection, rights) = match self.session.take() {
            Some(session) => session,
            None => {
                let mut connection = self.target.connect().await?;
                let rights = Rights::ask(&mut connection, &self.target).await?;
                (connection, rights)
            }
        };
        self.missing = rights.missing();
        for query in QUERIES.iter().filter(|query| query.is_for(rights.version_number)) {
            self.ask(query, &mut connection, &rights).await?;
        }
        self.session = Some((connection, rights));
        Ok(())
    }

    /// What was kept may be old by the time the server is back: all is asked again.
    fn ask_anew(&mut self) {
        for kept in self.kept.values_mut() {
            kept.due_in = 0;
        }
    }

    /// Asks one statement if it is due. A failure of the statement alone is noted; a failure of the
    /// session is the poll's.
    async fn ask(
        &mut self,
        query: &'static Query,
        connection: &mut PgConnection,
        rights: &Rights,
    ) -> Result<(), CollectError> {
        let kept = self.kept.entry(query.part).or_default();
        if kept.due_in > 0 {
            kept.due_in -= 1;
            return Ok(());
        }
        kept.due_in = query.polls_between(self.config.interval);
        match query.ask(connection).await {
            Ok(values) => {
                kept.is_answered = true;
                kept.is_success = rights.has_monitor || !query.needs_monitor;
                if query.is_zero_when_gone {
                    kept.note_gone(&values);
                }
                kept.values = values;
                self.failures.remove(query.part);
            }
            Err(sqlx::Error::Database(refusal)) => {
                kept.is_success = false;
                kept.is_answered = false;
                self.failures.insert(query.part, refusal.message().to_owned());
            }
            Err(error) => return Err(self.target.failure(&error)),
        }
        Ok(())
    }

    fn report(&self, samples: &mut Samples) {
        for (part, kept) in &self.kept {
            if kept.is_answered {
                kept.values.iter().for_each(|value| value.push(samples, None));
                kept.gone.iter().for_each(|(value, _)| value.push(samples, Some(0.0)));
            }
            let is_success = if kept.is_success { 1.0 } else { 0.0 };
            samples.push("vakhta_collector_success", &[("collector", part)], is_success);
        }
        let connected = self.kept.get("standbys").map_or(&[][..], |kept| &kept.values);
        for standby in &self.config.standbys {
            let is_connected = connected.iter().any(|value| value.has_label(standby));
            let number = if is_connected { 1.0 } else { 0.0 };
            let labels = [("application_name", standby.as_str())];
            samples.push("vakhta_pg_expected_standby_connected", &labels, number);
        }
        let lacked = u32::try_from(self.missing.iter().filter(|right| right.is_needed).count());
        samples.push("vakhta_pg_rights_missing", &[], lacked.map_or(0.0, f64::from));
    }
}

impl Kept {
    fn note_gone(&mut self, values: &[Value]) {
        let is_back = |gone: &Value| values.iter().any(|value| value.is_same_series(gone));
        let mut gone: Vec<(Value, u32)> = std::mem::take(&mut self.gone)
            .into_iter()
            .filter(|(value, polls)| *polls > 1 && !is_back(value))
            .map(|(value, polls)| (value, polls - 1))
            .collect();
        let vanished = std::mem::take(&mut self.values)
            .into_iter()
            .filter(|value| value.may_be_zero() && !is_back(value));
        gone.extend(vanished.map(|value| (value, GONE_POLLS)));
        gone.truncate(200);
        self.gone = gone;
    }
}

impl Collect for Postgres {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let limit = self.config.timeout;
        let outcome = match tokio::time::timeout(limit, self.poll()).await {
            Ok(outcome) => outcome,
            Err(_) => {
                let what = self.target.what.clone();
                Err(CollectError::Timeout { what, seconds: limit.as_secs_f64() })
            }
        };
        match outcome {
            Ok(()) => {
                samples.push("pg_up", &[], 1.0);
                self.report(samples);
                Ok(())
            }
            Err(error) => {
                self.ask_anew();
                samples.push("pg_up", &[], 0.0);
                Err(error)
            }
        }
    }
}
