//! The PostgreSQL collector on a real server of every version it is for: each statement is understood,
//! and a lock chain, a slot and a forgotten transaction are seen.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use vakhta::collect::postgres::{Config, Postgres};
use vakhta::collect::{Collect, Samples};

use crate::harness::{assignments, has, script, until};

/// Beside 15, which the other tests run on.
const VERSIONS: [&str; 6] = ["12.20.0", "13.16.0", "14.13.0", "16.4.0", "17.0.0", "18.0.0"];
const PORT: u16 = 25_601;

/// A server that is stopped and removed whatever happens.
struct Server {
    version: &'static str,
    url: String,
}

impl Server {
    fn start(version: &'static str) -> Self {
        let port = PORT.to_string();
        let started = script("tests/services/postgres-version", &["up", version, &port], &[]);
        Self { version, url: assignments(&started)["PG_URL"].clone() }
    }

    fn psql(&self) -> Command {
        let mut psql = Command::new("psql");
        psql.args(["-X", "-qAt", "-h", "127.0.0.1", "-p", &PORT.to_string(), "-U", "postgres"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        psql
    }

    fn run(&self, sql: &str) {
        assert!(
            self.psql().args(["-c", sql]).status().unwrap().success(),
            "{}: {sql}",
            self.version
        );
    }

    fn ask(&self, sql: &str) -> String {
        let output = self.psql().args(["-c", sql]).stdout(Stdio::piped()).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn session(&self, sql: &str) -> Session {
        Session(self.psql().args(["-c", sql]).spawn().unwrap())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        script("tests/services/postgres-version", &["down", self.version], &[]);
    }
}

struct Session(Child);

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// One poll: the series as text, with their values.
async fn poll(postgres: &mut Postgres, samples: &mut Samples) -> Vec<(String, f64)> {
    postgres.collect(samples).await.unwrap();
    samples.take().iter().map(|sample| (sample.series.to_string(), sample.value)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_postgresql_answers_every_statement() {
    // Their binaries come through Maven, as the search servers' do.
    if !has("HAS_POSTGRES") || !has("HAS_SEARCH") {
        return;
    }
    for version in VERSIONS {
        let server = Server::start(version);
        server.run("select pg_create_physical_replication_slot('abandoned', true)");
        server.run("create table other (v int)");
        server.run("begin; insert into other values (1); prepare transaction 'forgotten'");
        let config = Config { interval: Duration::from_secs(10), ..Config::at(&server.url) };
        let mut postgres = Postgres::new(config).unwrap();
        let mut samples = Samples::new(Vec::new());
        let found = poll(&mut postgres, &mut samples).await;
        assert!(postgres.failures().is_empty(), "{version}: {:?}", postgres.failures());
        assert!(found.len() > 120, "{version}: {} series", found.len());
        let mut names: Vec<&String> = found.iter().map(|(name, _)| name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), found.len(), "{version}: a series came twice");
        let value = |part: &str| {
            let series = found.iter().find(|(name, _)| name.contains(part));
            series.unwrap_or_else(|| panic!("{version}: no {part} in {found:#?}")).1
        };
        assert!((value("vakhta_pg_slot_inactive{") - 1.0).abs() < 1e-9);
        assert!(value("vakhta_pg_prepared") > 0.0);
        let silent = found.iter().find(|(n, v)| n.contains("collector_success") && *v < 0.5);
        assert_eq!(silent, None, "{version}: a part was not read");

        let holder =
            server.session("begin; lock table t in access exclusive mode; select pg_sleep(60)");
        until("the lock is held", 20, async || {
            let held =
                "select count(*) from pg_locks where granted and mode = 'AccessExclusiveLock'";
            (server.ask(held) != "0").then_some(())
        })
        .await;
        let waiter = server.session("select count(*) from t");
        until(&format!("{version}: the lock chain"), 20, async || {
            let found = poll(&mut postgres, &mut samples).await;
            let at = |part: &str| {
                found.iter().find(|(name, _)| name.contains(part)).map(|(_, value)| *value)
            };
            let queue = at("vakhta_pg_lock_queue_sessions")?;
            let pid = at("vakhta_pg_lock_queue_blocker_pid")?;
            (queue > 0.5 && pid > 1.0).then_some(())
        })
        .await;
        assert!(postgres.failures().is_empty(), "{version}: {:?}", postgres.failures());
        drop((holder, waiter));
    }
}
