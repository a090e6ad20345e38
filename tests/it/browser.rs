//! Chromium over the WebDriver protocol. Its pictures go to `target/pages/` to be looked at.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::{self, until};

/// A browser driven over the WebDriver protocol.
pub(crate) struct Browser {
    driver: Child,
    session: String,
    http: reqwest::Client,
    _profile: tempfile::TempDir,
}

impl Browser {
    pub(crate) async fn start() -> Self {
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
            "acceptInsecureCerts": true,
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

    pub(crate) async fn post(&self, what: &str, body: Value) -> Value {
        let url = format!("{}/{what}", self.session);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        assert!(answer["value"]["error"].is_null(), "{what}: {answer}");
        answer["value"].clone()
    }

    pub(crate) async fn open(&self, url: &str) {
        self.post("url", json!({ "url": url })).await;
    }

    pub(crate) async fn size(&self, width: u32, height: u32) {
        // Below 500 pixels a window cannot go; a phone is emulated.
        let metrics = json!({"cmd": "Emulation.setDeviceMetricsOverride", "params":
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}});
        self.post("goog/cdp/execute", metrics).await;
    }

    /// Opens another tab and shows it.
    pub(crate) async fn tab(&self) -> String {
        let made = self.post("window/new", json!({"type": "tab"})).await;
        let handle = made["handle"].as_str().unwrap().to_owned();
        self.turn_to(&handle).await;
        handle
    }

    /// Shows a tab.
    pub(crate) async fn turn_to(&self, handle: &str) {
        self.post("window", json!({ "handle": handle })).await;
    }

    /// The tab that is shown.
    pub(crate) async fn this_tab(&self) -> String {
        let url = format!("{}/window", self.session);
        let answer: Value = self.http.get(url).send().await.unwrap().json().await.unwrap();
        answer["value"].as_str().unwrap().to_owned()
    }

    /// Presses keys, one after another, wherever the focus is.
    pub(crate) async fn press(&self, keys: &str) {
        let press = |key: char| {
            [json!({"type": "keyDown", "value": key}), json!({"type": "keyUp", "value": key})]
        };
        let actions: Vec<Value> = keys.chars().flat_map(press).collect();
        let actions = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.post("actions", actions).await;
    }

    /// Types into a field.
    pub(crate) async fn fill(&self, css: &str, text: &str) {
        let query = json!({"using": "css selector", "value": css});
        let found = self.post("element", query).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("element/{id}/value"), json!({ "text": text })).await;
    }

    /// Dark or light, as the system of the person wishes.
    pub(crate) async fn prefers(&self, scheme: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        let command =
            json!({"cmd": "Emulation.setEmulatedMedia", "params": {"features": features}});
        self.post("goog/cdp/execute", command).await;
    }

    /// Lets pages show notices, and counts the sounds and notices of all pages that are opened from now on: in
    /// `heard.tones`, and as texts in `heard.notices`.
    pub(crate) async fn listen(&self, origin: &str) {
        let rights = json!({"permissions": ["notifications"], "origin": origin});
        let grant = json!({"cmd": "Browser.grantPermissions", "params": rights});
        self.post("goog/cdp/execute", grant).await;
        let source = "window.heard = { tones: 0, notices: [] };\n\
            const Sound = AudioContext, Notice = Notification;\n\
            window.AudioContext = class extends Sound {\n\
              createOscillator() { heard.tones += 1; return super.createOscillator(); }\n\
            };\n\
            window.Notification = class extends Notice {\n\
              constructor(title, options) { super(title, options); heard.notices.push(title + ': ' + options.body); }\n\
            };";
        let add =
            json!({"cmd": "Page.addScriptToEvaluateOnNewDocument", "params": {"source": source}});
        self.post("goog/cdp/execute", add).await;
    }

    pub(crate) async fn script(&self, text: &str) -> Value {
        self.post("execute/sync", json!({"script": text, "args": []})).await
    }

    pub(crate) async fn text(&self) -> String {
        self.script("return document.body.innerText").await.as_str().unwrap().to_owned()
    }

    /// Waits for a text; when it does not come, says what there is instead.
    pub(crate) async fn shows(&self, part: &str, seconds: u64) {
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

    pub(crate) async fn click(&self, css: &str) {
        let query = json!({"using": "css selector", "value": css});
        let found = self.post("element", query).await;
        let id = found.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        self.post(&format!("element/{id}/click"), json!({})).await;
    }

    /// Nothing sticks out to the side: a phone does not scroll sideways.
    pub(crate) async fn fits(&self) {
        let wide =
            self.script("return document.documentElement.scrollWidth - window.innerWidth").await;
        assert!(wide.as_f64().unwrap() <= 1.0, "the page is {wide} pixels too wide");
    }

    /// Errors that the browser's console shows.
    pub(crate) async fn complaints(&self) -> Vec<String> {
        let log = self.post("se/log", json!({"type": "browser"})).await;
        let entries = log.as_array().cloned().unwrap_or_default();
        let severe = entries.iter().filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| entry["message"].as_str().unwrap_or("").to_owned()).collect()
    }

    /// What the window shows.
    pub(crate) async fn picture(&self, name: &str) {
        self.shot(name, json!({"format": "png"})).await;
    }

    /// The whole page, however long.
    pub(crate) async fn whole_picture(&self, name: &str) {
        self.shot(name, json!({"format": "png", "captureBeyondViewport": true})).await;
    }

    pub(crate) async fn shot(&self, name: &str, params: Value) {
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
