//! The pages in headless Chromium: sign in, list, one Problem, acknowledge; two languages, a desk
//! screen and a phone. The pictures go to `target/pages/` to be looked at.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::faults::Exporter;
use crate::ground::FIRST;
use crate::harness::{self, Desk, Site, until};
use crate::lock_chain::SLOW;

/// A browser driven over the WebDriver protocol.
struct Browser {
    driver: Child,
    session: String,
    http: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    async fn start() -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let http = reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
        let base = format!("http://127.0.0.1:{port}");
        until("chromedriver is ready", 20, async || {
            http.get(format!("{base}/status")).send().await.ok().map(|_| ())
        })
        .await;
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--hide-scrollbars",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.path().display()),
        ];
        let options = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": arguments},
            "goog:loggingPrefs": {"browser": "ALL"}}}});
        let answer: Value = http
            .post(format!("{base}/session"))
            .json(&options)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let id = answer["value"]["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}"));
        let session = format!("{base}/session/{id}");
        Self { driver, session, http, _profile: profile }
    }

    async fn post(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/{what}", self.session);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{what}: {answer}");
        answer["value"].clone()
    }

    async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    async fn size(&self, width: u32, height: u32) {
        // Below 500 pixels a window cannot go; a phone is emulated.
        let metrics = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params":
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}});
        self.post("goog/cdp/execute", metrics).await;
    }

    async fn script(&self, text: &str) -> Value {
        self.post("execute/sync", json!({"script": text, "args": []})).await
    }

    async fn text(&self) -> String {
        self.script("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Waits for a text; when it does not come, says what there is instead.
    async fn shows(&self, part: &str, seconds: u64) {
        let began = std::time::Instant::now();
        loop {
            let text = self.text().await;
            if text.contains(part) {
                return;
            }
            assert!(began.elapsed().as_secs() < seconds, "«{part}» is missing in:\n{text}");
            tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        }
    }

    async fn click(&self, css: &str) {
        let query = json!({"using": "css selector", "value": css});
        let found = self.post("element", query).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    /// Nothing sticks out to the side: a phone does not scroll sideways.
    async fn fits(&self) {
        let wide =
            self.script("return document.documentElement.scrollWidth - window.innerWidth").await;
        assert!(wide.as_f64().unwrap() <= 1.0, "the page is {wide} pixels too wide");
    }

    /// Errors that the browser's console shows.
    async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or("").to_owned()).collect()
    }

    /// What the window shows.
    async fn picture(&self, name: &str) {
        self.shot(name, json!({"format": "png"})).await;
    }

    /// The whole page, however long.
    async fn whole_picture(&self, name: &str) {
        self.shot(name, json!({"format": "png", "captureBeyondViewport": true})).await;
    }

    async fn shot(&self, name: &str, params: Value) {
        let command = json!({"cmd": "Page.captureScreenshot", "params": params});
        let answer = self.post("goog/cdp/execute", command).await;
        let bytes = base64(answer["data"].as_str().unwrap());
        assert!(bytes.starts_with(b"\x89PNG"));
        let folder: PathBuf = harness::root().join("target/pages");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // The driver takes its browser along.
        let pid = self.driver.id().to_string();
        drop(Command::new("pkill").args(["-P", &pid]).status());
        drop(self.driver.kill());
        drop(self.driver.wait());
    }
}

/// Decodes base64 (RFC 4648) without line breaks.
fn base64(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3);
    let (mut bits, mut count) = (0_u32, 0);
    for letter in text.bytes() {
        let value = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'a'..=b'z' => letter - b'a' + 26,
            b'0'..=b'9' => letter - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => break,
        };
        bits = (bits << 6) | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap());
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_show_a_problem_and_let_it_be_taken() {
    let ground = FIRST.enter().await;
    let (Some(pg), Some(znuny), Some(am), true) =
        (ground.postgres(), ground.znuny(), ground.alertmanager(), harness::has_chromium())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let exporter = Exporter::start("app_requests_total 1\n");
    let site = Site::new()
        .postgres(&pg)
        .collect(&format!("  prometheus:\n{}", exporter.source("wfm-1", "wfm")))
        .otrs(&znuny)
        .alertmanager(&am);
    let engine = site.start();
    engine.warm(5).await;
    let browser = Browser::start().await;
    browser.size(1366, 768).await;

    // Without a session the pages say how to come in.
    browser.open(&format!("{}/problems", engine.address)).await;
    assert!(browser.text().await.contains("vakhta token link"));
    let link =
        engine.command(&["token", "link", "Анна", "--role", "duty", "--page", &engine.address]);
    browser.open(link.trim()).await;
    assert!(browser.text().await.contains("Открытых проблем нет"));
    // The link worked once.
    let second = reqwest::Client::builder().build().unwrap().get(link.trim()).send().await.unwrap();
    assert_eq!(second.status(), 401);

    // A fault of its own beside it: two lines on the list.
    drop(exporter);
    engine.problem_at("wfm", 20).await;
    let fault = ground.fault("pg-lock-wait");
    for (n, text) in SLOW.iter().enumerate() {
        desk.create(text, &format!("agent{n}"), "Incident").await;
    }
    let problem = engine.problem_at("crm-db", 20).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    // The page keeps itself true: nobody reloads it here.
    let said = [
        "БД CRM · crm-db-1: очередь на блокировки",
        "10 обращений",
        "тикет №",
        "передано в Alertmanager для 2ЛТП",
    ];
    for part in said {
        browser.shows(part, 40).await;
    }
    browser.picture("list-ru").await;
    browser.open(&format!("{}/problems/{id}", engine.address)).await;
    let text = browser.text().await;
    for part in
        ["Вероятные причины", "Кто оповещён", "Срабатывания мониторинга", "pg_terminate_backend("]
    {
        assert!(text.contains(part), "«{part}» is missing in:\n{text}");
    }
    until("the charts have something to show", 40, async || {
        let charts = browser.script("return document.querySelectorAll('svg.chart').length").await;
        (charts != 0).then_some(())
    })
    .await;
    browser.whole_picture("problem-ru").await;
    // The advice names the session to end, the tickets lead to the ticket system.
    let text = browser.text().await;
    assert!(!text.contains("{pid}") && !text.contains("backend(pid)"), "{text}");
    let links = "return document.querySelectorAll('.tickets a[href*=AgentTicketZoom]').length";
    assert_eq!(browser.script(links).await.as_f64(), Some(10.0));
    browser.open(&format!("{}/runbooks/postgres#pg-lock-wait", engine.address)).await;
    assert!(browser.text().await.contains("pg-lock-wait"));
    browser.open(&format!("{}/problems/{id}", engine.address)).await;
    browser.click("#acknowledge").await;
    engine.reaches(&id, "acknowledged", 10).await;
    assert!(browser.text().await.contains("Взята в работу: Анна"));

    // The language changes where one is.
    browser.click("a[href='/language/en']").await;
    browser.shows("Likely causes", 10).await;
    let text = browser.text().await;
    assert!(text.contains("Likely causes") && text.contains("acknowledged"), "{text}");
    assert!(!text.contains("Вероятные"), "{text}");
    browser.whole_picture("problem-en").await;
    browser.size(390, 844).await;
    browser.fits().await;
    browser.whole_picture("problem-en-phone").await;
    browser.open(&format!("{}/language/ru", engine.address)).await;
    browser.open(&format!("{}/problems", engine.address)).await;
    browser.fits().await;
    browser.picture("list-ru-phone").await;
    browser.open(&format!("{}/sources", engine.address)).await;
    assert!(browser.text().await.contains("crm-db-1"));
    browser.picture("sources-ru-phone").await;
    let complaints: Vec<String> =
        browser.complaints().await.into_iter().filter(|line| !line.contains("401")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
    // Said twice, a verdict changes nothing; of a Problem that is not there, it is refused.
    let path = format!("/api/v1/problems/{id}/acknowledge");
    assert_eq!(engine.post(&path, &json!({})).await.0, 200);
    let (status, refusal) = engine.post("/api/v1/problems/PRB-999999/resolve", &json!({})).await;
    assert_eq!((status, &refusal["status"]), (404, &json!(404)));
    let path = format!("/api/v1/problems/{id}/resolve");
    let (status, resolved) = engine.post(&path, &json!({"reason": "сеанс снят"})).await;
    assert_eq!((status, &resolved["state"]), (200, &json!("resolved")));
    fault.heal();
}
