//! One PostgreSQL server, 12 to 18, primary or standby.
//!
//! A poll greets the server over a new connection (a frozen postmaster still accepts TCP, and still
//! serves the sessions it has), then asks its statements over one session of its own. Each await is
//! bounded: by the server (`statement_timeout`, `lock_timeout`) and by us. A server that is merely
//! slow is not hung: what does not fit into a poll is asked in the next. A session that failed is
//! thrown away; one that the server does not give back is waited for, never doubled. Nothing is ever
//! written: the session is read-only.
//!
//! A statement's text columns are labels and its `float8` columns are series, named in the SQL
//! itself: a new series is a new column. NULL is «not known» and gives no sample. Names follow
//! postgres_exporter; what it does not have is called `vakhta_pg_…`.

mod probe;
mod query;
mod rights;
mod round;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use self::query::{QUERIES, Query, Value};
use self::round::{Budget, Done, Round, Session};
use self::session::Target;
use super::{Collect, CollectError, Samples};
use crate::config::{Reader, Secret};
use crate::model::Text;

pub use self::probe::{Found, ProbeReport, probe};
#[cfg(test)]
pub(crate) use self::query::lasting;
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
    /// The time between two polls; slow statements are not asked at each.
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

    /// How long the server works on one statement: never so long that the poll is given up first.
    fn statement_limit(&self) -> Duration {
        self.statement_timeout.min(self.timeout.mul_f64(0.6))
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
            reader.errors.error(&node.place, error.message());
        }
        config
    }
}

/// What is kept of one statement between polls.
#[derive(Debug, Default)]
struct Kept {
    /// When it was answered last; without it, it is due.
    asked_at: Option<Instant>,
    is_success: bool,
    /// Asked in the last round, or not due in it: what was left out for want of time is not known.
    is_fresh: bool,
    /// False when nothing is known, neither good nor bad.
    is_answered: bool,
    /// How often in a row it has failed.
    failed: u32,
    values: Vec<Value>,
    /// What was there lately and is not now: reported as 0 for some polls, so that a finding about
    /// it ends at once.
    gone: Vec<(Value, u32)>,
}

/// The collector of one server.
pub struct Postgres {
    config: Config,
    target: Target,
    /// The session, between polls.
    session: Option<Session>,
    /// A round of statements that did not end in time. Its session stays ours: while the server keeps
    /// it, no second one is opened.
    hanging: Option<(Instant, Round)>,
    /// The part that the next round begins with, so that none is always the one left out.
    next: usize,
    kept: BTreeMap<&'static str, Kept>,
    missing: Vec<MissingRight>,
    failures: BTreeMap<&'static str, String>,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Postgres").field("target", &self.target).finish_non_exhaustive()
    }
}

/// How many polls a value that vanished is reported as 0.
const GONE_POLLS: u32 = 30;
/// A round that a living server has not answered for so long (and six polls' time) never will be.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// So often in a row a statement may fail while its last values still stand: a lock storm that makes
/// the statement about locks fail is not over.
const STANDING_FAILURES: u32 = 3;

impl Postgres {
    /// Makes the collector; nothing is asked yet.
    ///
    /// # Errors
    /// When the address cannot be read.
    pub fn new(config: Config) -> Result<Self, CollectError> {
        let target = Target::new(&config).map_err(|error| CollectError::Answer {
            what: config.url.clone(),
            cause: error.to_string(),
        })?;
        Ok(Self {
            config,
            target,
            session: None,
            hanging: None,
            next: 0,
            kept: BTreeMap::new(),
            missing: Vec::new(),
            failures: BTreeMap::new(),
        })
    }

    /// The statements that failed when they were last asked, with the server's words.
    #[must_use]
    pub fn failures(&self) -> &BTreeMap<&'static str, String> {
        &self.failures
    }

    async fn poll(&mut self) -> Result<(), CollectError> {
        let end = Instant::now() + self.config.timeout.mul_f64(0.9);
        self.target.greet().await?;
        self.give_up_the_dead();
        if let Some((_, hanging)) = &mut self.hanging {
            // Dropped half-way it stays: the next poll waits on.
            let done = hanging.await;
            self.hanging = None;
            return self.take(done);
        }
        let is_old = self.session.is_some();
        match self.ask_all(end).await {
            // The session was ended from the other side (a restart, pg_terminate_backend), and the
            // server has just answered the greeting: it deserves a new one.
            Err(CollectError::Connect { .. } | CollectError::Answer { .. }) if is_old => {
                self.ask_anew();
                self.ask_all(end).await
            }
            outcome => outcome,
        }
    }

    /// A server that greets, and whose answer to a round has not come for long, has forgotten it: it was
    /// restarted without a word to us, or lives at another address now.
    fn give_up_the_dead(&mut self) {
        let patience = FORGOTTEN.max(self.config.timeout * 6);
        if self.hanging.as_ref().is_some_and(|(since, _)| since.elapsed() > patience) {
            tracing::warn!(server = self.target.what, "a session is given up, no answer came");
            self.hanging = None;
            self.ask_anew();
        }
    }

    /// Asks what is due over the session at hand, or over a new one.
    async fn ask_all(&mut self, end: Instant) -> Result<(), CollectError> {
        let session = self.session.take();
        let due = self.due(session.as_ref());
        let budget = Budget { end, statement: self.config.statement_limit() };
        let target = self.target.clone();
        let round: Round = Box::pin(round::ask(target, session, due, budget));
        let (_, round) = self.hanging.insert((Instant::now(), round));
        let done = round.await;
        self.hanging = None;
        self.take(done)
    }

    /// The statements that are due, the one that was left out last first. Before the first session
    /// the version is not known: then all, and the round leaves out what is not for it.
    fn due(&mut self, session: Option<&Session>) -> Vec<&'static Query> {
        let is_for = |query: &Query| {
            session.is_none_or(|session| query.is_for(session.rights.version_number))
        };
        let mut due = Vec::new();
        let start = self.next.min(QUERIES.len());
        let (first, last) = QUERIES.split_at(start);
        for query in last.iter().chain(first).filter(|query| is_for(query)) {
            let kept = self.kept.entry(query.part).or_default();
            let interval = self.config.interval;
            if kept.asked_at.is_none_or(|asked| query.is_due(asked.elapsed(), interval)) {
                kept.is_fresh = false;
                due.push(query);
            }
        }
        // What tells the server's version and role comes first in every round.
        due.sort_by_key(|query| query.part != "server");
        due
    }

    /// Takes over what a round brought.
    fn take(&mut self, done: Done) -> Result<(), CollectError> {
        self.next = done.next.unwrap_or(0);
        if let Some(rights) = &done.rights {
            self.missing = rights.missing();
        }
        let has_monitor = done.rights.as_ref().is_some_and(|rights| rights.has_monitor);
        for (query, answer) in done.answers {
            let kept = self.kept.entry(query.part).or_default();
            kept.asked_at = Some(Instant::now());
            kept.is_fresh = true;
            match answer {
                Ok(values) => {
                    kept.is_answered = true;
                    kept.failed = 0;
                    kept.is_success = has_monitor || !query.needs_monitor;
                    if query.is_zero_when_gone {
                        kept.note_gone(&values);
                    }
                    kept.values = values;
                    self.failures.remove(query.part);
                }
                Err(words) => {
                    kept.is_success = false;
                    kept.failed += 1;
                    kept.is_answered &= kept.failed <= STANDING_FAILURES;
                    let is_news = self.failures.insert(query.part, words.clone()).is_none();
                    if is_news {
                        tracing::warn!(
                            server = self.target.what,
                            part = query.part,
                            error = words,
                            "a part cannot be read"
                        );
                    }
                }
            }
        }
        self.session = done.session;
        done.outcome
    }

    /// What was kept may be old by the time the server is back: all is asked again.
    fn ask_anew(&mut self) {
        for kept in self.kept.values_mut() {
            kept.asked_at = None;
        }
    }

    fn report(&self, samples: &mut Samples) {
        for (part, kept) in &self.kept {
            // An old reading under the present moment would be a lie that lasts as long as a rule waits.
            let is_known = kept.is_answered && kept.is_fresh;
            if is_known {
                kept.values.iter().for_each(|value| value.push(samples, None));
                kept.gone.iter().for_each(|(value, _)| value.push(samples, Some(0.0)));
            }
            let is_success = if kept.is_success && kept.is_fresh { 1.0 } else { 0.0 };
            samples.push("vakhta_collector_success", &[("collector", part)], is_success);
        }
        let known = |part| self.kept.get(part).filter(|kept| kept.is_answered && kept.is_fresh);
        let standbys = known("standbys").zip(known("places"));
        for standby in self.config.standbys.iter().filter(|_| standbys.is_some()) {
            let seen = standbys
                .iter()
                .flat_map(|(by_name, by_place)| by_name.values.iter().chain(&by_place.values));
            let is_connected = seen.into_iter().any(|value| value.has_label(standby));
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
                // After a time-out the round goes on, and its answers come with the next poll.
                if self.hanging.is_none() {
                    self.ask_anew();
                }
                samples.push("pg_up", &[], 0.0);
                Err(error)
            }
        }
    }

    fn notes(&self) -> Vec<Text> {
        let missing = self.missing.iter().map(|right| {
            Text::new(
                format!("{}. Выполните: {}", right.what.ru, right.sql),
                format!("{}. Run: {}", right.what.en, right.sql),
            )
        });
        let failed = self.failures.iter().map(|(part, words)| {
            Text::new(
                format!("часть «{part}» не прочитана: {words}"),
                format!("the part {part} could not be read: {words}"),
            )
        });
        missing.chain(failed).collect()
    }
}
