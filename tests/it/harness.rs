//! Starting real parts and the engine, and asking them.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// The assignments that a service script prints.
pub(crate) type Assignments = BTreeMap<String, String>;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs a script of the repository and returns what it printed; panics when it fails.
pub(crate) fn script(name: &str, arguments: &[&str], env: &[(&str, String)]) -> String {
    let output = Command::new(root().join(name))
        .args(arguments)
        .envs(env.iter().map(|(name, value)| (*name, value.as_str())))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "{name} {arguments:?} failed");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn assignments(text: &str) -> Assignments {
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
        .collect()
}

/// Whether `tests/install` found a part; says so when it did not.
pub(crate) fn has(part: &str) -> bool {
    let parts = fs::read_to_string(format!("{}/parts.env", cache())).unwrap_or_default();
    let found = parts.lines().any(|line| line == format!("{part}=1"));
    if !found {
        eprintln!("LEFT OUT: {part} is not to be had on this machine (see tests/install)");
    }
    found
}

/// The text of axe-core, where the tests' parts have it.
pub(crate) fn axe() -> Option<String> {
    fs::read_to_string(format!("{}/axe/package/axe.min.js", cache())).ok()
}

pub(crate) fn has_chromium() -> bool {
    has("HAS_CHROMIUM")
}

pub(crate) fn has_grafana_sdk() -> bool {
    has("HAS_GRAFANA_SDK")
}

/// The folder where `tests/install` keeps what it fetched.
pub(crate) fn cache() -> String {
    let home = || format!("{}/.cache", std::env::var("HOME").unwrap_or_else(|_| "/root".into()));
    format!("{}/vakhta", std::env::var("XDG_CACHE_HOME").unwrap_or_else(|_| home()))
}

/// A site in a folder of its own.
pub(crate) struct Site {
    pub(crate) folder: tempfile::TempDir,
    collect: String,
    rest: String,
    lifecycle: &'static str,
}

impl Site {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let policies = "policies:\n  - name: all\n    from_severity: warning\n    wait: 1s\n    \
                        ticket: {fallback_queue: Problems}\n    alert: {labels: {team: crm}}\n";
        fs::write(folder.path().join("policies.yaml"), policies).unwrap();
        let lifecycle = "{resolve_after: 4s, close_after: 4s}";
        Self { folder, collect: String::new(), rest: String::new(), lifecycle }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn postgres(self, pg: &Assignments) -> Self {
        self.postgres_every(pg, "2s")
    }

    pub(crate) fn postgres_every(mut self, pg: &Assignments, interval: &str) -> Self {
        fs::write(self.path("pg.password"), &pg["PG_PASSWORD"]).unwrap();
        let password = self.path("pg.password");
        self.collect.push_str(&format!(
            "  postgres:\n    - {{name: crm-db-1, url: '{}', password_file: '{}', interval: {interval}, timeout: 1500ms}}\n    \
             - {{name: crm-db-2, url: '{}', password_file: '{}', interval: {interval}, timeout: 1500ms}}\n",
            pg["PG_PRIMARY_URL"], password.display(), pg["PG_STANDBY_URL"], password.display()
        ));
        self
    }

    pub(crate) fn search(self, search: &Assignments) -> Self {
        self.search_every(search, "5s")
    }

    pub(crate) fn search_every(mut self, search: &Assignments, interval: &str) -> Self {
        let urls: Vec<String> =
            search["SEARCH_URLS"].split(',').map(|url| format!("'{url}'")).collect();
        self.collect.push_str(&format!(
            "  elasticsearch:\n    - {{name: crm-search, urls: [{}], interval: {interval}, timeout: 4s}}\n",
            urls.join(", ")
        ));
        self
    }

    pub(crate) fn collect(mut self, text: &str) -> Self {
        self.collect.push_str(text);
        self
    }

    /// Another life of cases.
    pub(crate) fn life(mut self, lifecycle: &'static str) -> Self {
        self.lifecycle = lifecycle;
        self
    }

    /// Sections beside the sources.
    pub(crate) fn more(mut self, text: &str) -> Self {
        self.rest.push_str(text);
        self
    }

    /// A secret file beside the site.
    pub(crate) fn secret(self, name: &str, text: &str) -> Self {
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub(crate) fn otrs(self, znuny: &Assignments) -> Self {
        let url = znuny["ZNUNY_REST_URL"].clone();
        self.otrs_at(znuny, &url, "20s")
    }

    pub(crate) fn otrs_at(mut self, znuny: &Assignments, url: &str, timeout: &str) -> Self {
        fs::write(self.path("otrs.password"), &znuny["ZNUNY_AGENT_PW"]).unwrap();
        self.rest.push_str(&format!(
            "otrs:\n  url: {url}\n  user: {}\n  password_file: '{}'\n  customer_user: ivanov\n  \
             interval: 2s\n  look_back: 10m\n  timeout: {timeout}\n  dynamic_fields: {{problem_id: ProblemId, \
             idempotency_key: IdempotencyKey, affected_system: AffectedSystem, mrf: MRF}}\n",
            znuny["ZNUNY_AGENT"],
            self.path("otrs.password").display()
        ));
        self
    }

    pub(crate) fn alertmanager(mut self, url: &str) -> Self {
        self.rest.push_str(&format!(
            "alertmanager: {{urls: ['{url}'], resend_interval: 2s, timeout: 3s}}\n"
        ));
        self
    }

    pub(crate) fn with(mut self, text: &str) -> Self {
        self.rest.push_str(text);
        self
    }

    /// Reads the tickets of a system that another engine writes to: without its fields what the other
    /// has joined is read like any ticket, and nothing is told.
    pub(crate) fn onlooker(mut self, znuny: &Assignments) -> Self {
        self = self.otrs(znuny);
        let fields = self.rest.find("dynamic_fields").unwrap();
        self.rest.truncate(fields);
        self.rest.push_str("dynamic_fields: {mrf: MRF}\n");
        let policies = "policies:\n  - name: nobody\n    from_severity: critical\n    wait: 1h\n    \
                        alert: {labels: {team: crm}}\n";
        fs::write(self.path("policies.yaml"), policies).unwrap();
        self
    }

    /// For faults that pause: a Problem that waits longer before it counts as over.
    pub(crate) fn patient(mut self) -> Self {
        self.lifecycle = "{resolve_after: 20s, close_after: 20s}";
        self
    }

    fn write(&self) {
        let text = format!(
            "policies: policies.yaml\nnote_interval: 1s\ncollect:\n{}{}lifecycle: {}\n",
            if self.collect.is_empty() { "  host: []\n" } else { &self.collect },
            self.rest,
            self.lifecycle
        );
        fs::write(self.path("vakhta.yaml"), text).unwrap();
    }

    pub(crate) fn start(&self) -> Engine {
        self.start_with(Path::new(env!("CARGO_BIN_EXE_vakhta")))
    }

    /// Starts another build of the program.
    pub(crate) fn start_with(&self, program: &Path) -> Engine {
        let mut engine = self.engine(program);
        engine.begin();
        engine
    }

    /// An engine that has not been started yet.
    pub(crate) fn engine(&self, program: &Path) -> Engine {
        self.write();
        Engine {
            program: program.to_owned(),
            child: None,
            address: String::new(),
            token: String::new(),
            folder: self.folder.path().to_owned(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap(),
        }
    }
}

/// The running engine.
pub(crate) struct Engine {
    program: PathBuf,
    child: Option<Child>,
    pub(crate) address: String,
    pub(crate) token: String,
    pub(crate) folder: PathBuf,
    http: reqwest::Client,
}

impl Engine {
    /// Starts for the first time.
    pub(crate) fn begin(&mut self) {
        self.start();
        // What an earlier version has left may hold a token of that name.
        let name = format!("test-{}", std::process::id());
        let name = format!("{name}-{:?}", std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap());
        self.token = self.command(&["token", "add", &name, "--role", "admin"]).trim().to_owned();
    }

    /// Starts (again) on the same site and data.
    pub(crate) fn start(&mut self) {
        self.launch();
        let out = self.child.as_mut().and_then(|child| child.stdout.take()).unwrap();
        for line in BufReader::new(out).lines() {
            let line = line.unwrap();
            let line = line.trim();
            // The first start shows a way in; later ones, when somebody has come in, only where the page is.
            let way_in = line.split_once("/sign-in?token=").map(|(address, _)| address);
            let page =
                line.strip_prefix("The watch is on: ").map(|page| page.trim_end_matches('/'));
            if let Some(address) = way_in.or(page) {
                self.address = address.to_owned();
                return;
            }
        }
        panic!("the engine did not start:\n{}", self.log());
    }

    /// Starts it and does not wait until it answers.
    pub(crate) fn launch(&mut self) {
        let errors = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.join("vakhta.log"))
            .unwrap();
        let child = Command::new(&self.program)
            .args(["run", "--config", "vakhta.yaml", "--data", "data", "--listen", "127.0.0.1:0"])
            // The greeting is read in English.
            .env("LC_ALL", "C")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(errors)
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// Starts the build under test on what another one has left.
    pub(crate) fn upgrade(&mut self) {
        self.program = env!("CARGO_BIN_EXE_vakhta").into();
        self.start();
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("vakhta.log")).unwrap_or_default()
    }

    /// Runs a command of the program on the same data.
    pub(crate) fn command(&self, arguments: &[&str]) -> String {
        let output = Command::new(&self.program)
            .args(arguments)
            .args(["--data", "data"])
            // In Russian, whatever the machine speaks.
            .env("LC_ALL", "ru_RU.UTF-8")
            .current_dir(&self.folder)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Adds somebody with a password of our own.
    pub(crate) fn add_user(&self, name: &str, password: &str, role: &str) {
        use std::io::Write;
        let mut child = Command::new(&self.program)
            .args(["user", "add", name, "--role", role, "--data", "data"])
            .current_dir(&self.folder)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }

    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    /// SIGHUP: read the configuration again.
    pub(crate) fn hang_up(&self) {
        if let Some(child) = &self.child {
            Command::new("kill").args(["-HUP", &child.id().to_string()]).status().unwrap();
        }
    }

    /// SIGSTOP or SIGCONT: a process that hangs, and goes on.
    pub(crate) fn freeze(&self, is_frozen: bool) {
        if let Some(child) = &self.child {
            let signal = if is_frozen { "-STOP" } else { "-CONT" };
            Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        }
    }

    /// SIGTERM, and waits for the end.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = child.id().to_string();
            Command::new("kill").args(["-TERM", &pid]).status().unwrap();
            let status = child.wait().unwrap();
            assert!(status.success(), "stopped with {status}:\n{}", self.log());
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.address);
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("{}{path}", self.address);
        let answer = self.http.post(url).bearer_auth(&self.token).json(body).send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap())
    }

    /// Problems in these states.
    pub(crate) async fn problems(&self, states: &str) -> Vec<Value> {
        let list = self.get(&format!("/api/v1/problems?state={states}&limit=200")).await;
        list["items"].as_array().unwrap().clone()
    }

    /// Waits until every source has been polled twice: then sets and counters are known.
    pub(crate) async fn warm(&self, sources: usize) {
        until("all sources answer", 60, async || {
            let list = self.get("/api/v1/sources").await;
            let up = list["items"].as_array().unwrap().iter().filter(|s| s["up"] == true).count();
            (up >= sources).then_some(())
        })
        .await;
    }

    /// The value of one of the engine's own metrics; 0 while it has no series.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let url = format!("{}/metrics", self.address);
        let page = self.http.get(url).send().await.unwrap().text().await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(series));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    }

    /// Waits for a live Problem whose first cause is a system.
    pub(crate) async fn problem_at(&self, system: &str, seconds: u64) -> Value {
        until(&format!("a Problem at {system}"), seconds, async || {
            self.problems("open,acknowledged")
                .await
                .into_iter()
                .find(|problem| problem["cause"]["system"] == system)
        })
        .await
    }

    /// Waits until a Problem has reached a state.
    pub(crate) async fn reaches(&self, id: &str, state: &str, seconds: u64) -> Value {
        until(&format!("{id} is {state}"), seconds, async || {
            let problem = self.get(&format!("/api/v1/problems/{id}")).await;
            (problem["state"] == state).then_some(problem)
        })
        .await
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let tail: Vec<&str> = log.lines().rev().take(40).collect();
            for line in tail.into_iter().rev() {
                eprintln!("engine: {line}");
            }
        }
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Two polls at the usual interval of ten seconds, the longest that the second may itself take, and what
/// the machine needs under the load of the other tests.
pub(crate) const TWO_POLLS: u64 = 20 + 4 + 3;

/// Asks again and again until there is an answer; panics when there is none in time.
pub(crate) async fn until<T>(
    what: &str,
    seconds: u64,
    mut ask: impl AsyncFnMut() -> Option<T>,
) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed().as_secs() < seconds, "not within {seconds} s: {what}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// The ticket system, asked and written to as a user would.
pub(crate) struct Desk {
    url: String,
    user: String,
    password: String,
    dsn: String,
    http: reqwest::Client,
}

impl Desk {
    pub(crate) fn new(znuny: &Assignments) -> Self {
        Self {
            url: znuny["ZNUNY_REST_URL"].clone(),
            user: znuny["ZNUNY_AGENT"].clone(),
            password: znuny["ZNUNY_AGENT_PW"].clone(),
            dsn: znuny["ZNUNY_PG_DSN"].clone(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap(),
        }
    }

    /// Creates a user's ticket («subject | text») and returns its id.
    pub(crate) async fn create(&self, text: &str, customer: &str, kind: &str) -> u64 {
        let (subject, body) = text.split_once('|').unwrap_or((text, text));
        let request = serde_json::json!({
            "UserLogin": self.user, "Password": self.password,
            "Ticket": {"Title": subject.trim(), "Queue": "1ЛТП", "State": "new",
                "Priority": "3 normal", "CustomerUser": customer, "Type": kind},
            "Article": {"Subject": subject.trim(), "Body": body.trim(),
                "ContentType": "text/plain; charset=utf8", "CommunicationChannel": "Internal",
                "SenderType": "customer"}
        });
        let answer = self.http.post(format!("{}/Ticket", self.url)).json(&request);
        let answer: Value = answer.send().await.unwrap().json().await.unwrap();
        answer["TicketID"].as_str().unwrap_or_else(|| panic!("{answer}")).parse().unwrap()
    }

    /// A query in the ticket system's own database: one row a line, columns split by `|`.
    pub(crate) fn sql(&self, query: &str) -> Vec<String> {
        let output = Command::new("psql").args(["-X", "-qAt", &self.dsn, "-c", query]).output();
        let output = output.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// The highest ticket id: what comes after it belongs to the test.
    pub(crate) fn newest(&self) -> u64 {
        self.sql("select coalesce(max(id), 0) from ticket")[0].parse().unwrap()
    }

    /// Tickets after `since` whose title carries a Problem's id: `id|queue|state|title`.
    pub(crate) fn problem_tickets(&self, since: u64, problem: &str) -> Vec<String> {
        self.sql(&format!(
            "select t.id, q.name, s.name, t.title from ticket t join queue q on q.id = t.queue_id \
             join ticket_state s on s.id = t.ticket_state_id \
             where t.id > {since} and t.title like '%[{problem}]%' order by t.id"
        ))
    }

    /// Subjects of the notes that carry a mark of a Problem, on tickets after `since`.
    pub(crate) fn notes(&self, since: u64, problem: &str) -> Vec<String> {
        self.sql(&format!(
            "select m.a_subject from article a join article_data_mime m on m.article_id = a.id \
             where a.ticket_id > {since} and m.a_subject like '%[{problem}/%' order by a.id"
        ))
    }

    /// Tickets after `since` joined to a Problem by its dynamic field, our own left out.
    pub(crate) fn joined(&self, since: u64, problem: &str) -> Vec<u64> {
        self.sql(&format!(
            "select v.object_id from dynamic_field_value v join dynamic_field f on f.id = v.field_id \
             join ticket t on t.id = v.object_id where f.name = 'ProblemId' and v.value_text = \
             '{problem}' and t.id > {since} and t.title not like '%[{problem}]%' order by 1"
        ))
        .iter()
        .map(|id| id.parse().unwrap())
        .collect()
    }
}

/// The alerts of a Problem that fire in Alertmanager.
pub(crate) async fn firing(url: &str, problem: &str) -> Vec<Value> {
    let http = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    let address = format!("{url}/api/v2/alerts?active=true&filter=problem%3D%22{problem}%22");
    let list: Value = http.get(address).send().await.unwrap().json().await.unwrap();
    list.as_array().unwrap().clone()
}
