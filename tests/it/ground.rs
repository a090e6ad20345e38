//! Grounds: sets of real parts on ports of their own. Tests of one ground take turns, grounds run side
//! by side, so that the whole takes as long as its slowest ground.

use std::ops::Deref;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use tokio::sync::{Mutex, MutexGuard};

use crate::harness::{Assignments, assignments, has, root, script};

/// One set of parts. Each part is started when it is first asked for.
pub(crate) struct Ground {
    /// Which: ports and folders follow from it.
    number: u16,
    turn: Mutex<()>,
    znuny: OnceLock<Assignments>,
}

/// The lock chain, crashes, the pages.
pub(crate) static FIRST: Ground = Ground::new(1);
/// Faults told apart, with the search cluster of three nodes; monitoring of the engine.
pub(crate) static SECOND: Ground = Ground::new(2);
/// The ticket system, its client and its failures.
pub(crate) static THIRD: Ground = Ground::new(3);
/// A quiet time, with a lone OpenSearch.
pub(crate) static FOURTH: Ground = Ground::new(4);

/// A ground that nobody else is on.
pub(crate) struct Entered {
    ground: &'static Ground,
    _turn: MutexGuard<'static, ()>,
}

impl Deref for Entered {
    type Target = Ground;

    fn deref(&self) -> &Ground {
        self.ground
    }
}

impl Ground {
    const fn new(number: u16) -> Self {
        Self { number, turn: Mutex::const_new(()), znuny: OnceLock::new() }
    }

    /// Waits for the ground to be free.
    pub(crate) async fn enter(&'static self) -> Entered {
        Entered { ground: self, _turn: self.turn.lock().await }
    }

    fn postgres_env(&self) -> Vec<(&'static str, String)> {
        let port = 25_400 + self.number * 10;
        let folder = format!("/tmp/vakhta-pg-{}", self.number);
        vec![
            ("FM_DIR", folder.clone()),
            ("VAKHTA_PG_DIR", folder),
            ("P_PORT", port.to_string()),
            ("S_PORT", (port + 1).to_string()),
            ("X_PORT", (port + 2).to_string()),
        ]
    }

    /// A PostgreSQL primary with its standby.
    pub(crate) fn postgres(&self) -> Option<Assignments> {
        has("HAS_POSTGRES")
            .then(|| assignments(&script("tests/services/postgres-up", &[], &self.postgres_env())))
    }

    fn alertmanager_env(&self) -> Vec<(&'static str, String)> {
        vec![
            ("AM_PORT", (29_090 + self.number).to_string()),
            ("VAKHTA_RUN", format!("/tmp/vakhta-run-{}", self.number)),
        ]
    }

    /// The address of an Alertmanager that knows of nothing yet.
    pub(crate) fn alertmanager(&self) -> Option<String> {
        has("HAS_PROMETHEUS").then(|| {
            self.stop_alertmanager();
            let started = script("tests/services/alertmanager-up", &[], &self.alertmanager_env());
            assignments(&started)["ALERTMANAGER_URL"].clone()
        })
    }

    /// The same with a routing of its own.
    pub(crate) fn alertmanager_with(&self, config: &str) -> Option<String> {
        has("HAS_PROMETHEUS").then(|| {
            self.stop_alertmanager();
            let env = self.alertmanager_env();
            let started = script("tests/services/alertmanager-up", &[config], &env);
            assignments(&started)["ALERTMANAGER_URL"].clone()
        })
    }

    pub(crate) fn stop_alertmanager(&self) {
        script("tests/services/alertmanager-down", &[], &self.alertmanager_env());
    }

    /// A ticket system without any ticket.
    pub(crate) fn znuny(&self) -> Option<Assignments> {
        if !has("HAS_ZNUNY") {
            return None;
        }
        let stand = self.number.to_string();
        let found = assignments(&script("tests/services/znuny-stand", &[&stand], &[]));
        Some(self.znuny.get_or_init(|| found).clone())
    }

    /// One of the assignments of the running ticket system.
    pub(crate) fn znuny_value(&self, name: &str) -> String {
        let found = self.znuny.get().and_then(|found| found.get(name));
        found.unwrap_or_else(|| panic!("no {name}")).clone()
    }

    /// The search cluster: Elasticsearch with three nodes.
    pub(crate) fn elasticsearch(&self) -> Option<Assignments> {
        let port = (22_000 + self.number * 100).to_string();
        search(&["--name", "vakhta", "--http-port", &port, "--nodes", "3"])
    }

    /// A lone OpenSearch.
    pub(crate) fn opensearch(&self) -> Option<Assignments> {
        let port = (22_000 + self.number * 100).to_string();
        let dist = "opensearch-3";
        search(&["--name", "vakhta-os", "--dist", dist, "--http-port", &port, "--nodes", "1"])
    }

    /// Causes a fault that lasts until it is dropped, so that a failed test leaves none behind.
    pub(crate) fn fault(&self, name: &'static str) -> Fault {
        let fault = Fault { name, env: self.postgres_env() };
        fault.act("inject");
        fault
    }
}

fn search(arguments: &[&str]) -> Option<Assignments> {
    has("HAS_SEARCH").then(|| assignments(&script("tests/services/search-up", arguments, &[])))
}

/// Kills, starts, pauses or resumes a node of the three.
pub(crate) fn search_node(act: &str, node: &str) {
    script("tests/services/search-node", &[act, node, "--name", "vakhta"], &[]);
}

/// A fault that is healed when it is dropped.
pub(crate) struct Fault {
    name: &'static str,
    env: Vec<(&'static str, String)>,
}

impl Fault {
    pub(crate) fn heal(self) {}

    fn act(&self, act: &str) {
        // What a fault leaves running keeps the output open: nothing may wait for its end.
        let status = Command::new(root().join("tests/faults/run.sh"))
            .args([self.name, act])
            .envs(self.env.iter().map(|(name, value)| (*name, value.as_str())))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .status()
            .unwrap();
        if !status.success() && !std::thread::panicking() {
            panic!("fault {} {act}", self.name);
        }
    }
}

impl Drop for Fault {
    fn drop(&mut self) {
        self.act("heal");
    }
}
