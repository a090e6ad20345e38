//! People's acts, foreign alerts and planned works, on a real ticket system and a real Alertmanager with the
//! shipped routing: what the duty shift's receivers hear.

use std::fs;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::faults::{Exporter, SLOW_PACK};
use crate::ground::THIRD;
use crate::harness::{Desk, Engine, Site, root, until};
use crate::lock_chain::SLOW;

/// Writes every notification it gets to a file, a line each.
const SINK: &str = "import http.server, sys
class Sink(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        with open(sys.argv[2], 'ab') as out: out.write(self.path.encode() + b' ' + body.replace(b'\\n', b' ') + b'\\n')
        self.send_response(200); self.end_headers()
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[1])), Sink).serve_forever()";

/// The duty shift's receivers.
struct Receivers {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Receivers {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let heard = folder.path().join("heard");
        let child = Command::new("python3")
            .args(["-c", SINK, &port.to_string()])
            .arg(&heard)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { child, folder, port }
    }

    /// The shipped routing with these receivers, in a hurry.
    fn routing(&self) -> String {
        let shipped = fs::read_to_string(root().join("alerts/alertmanager.yml")).unwrap();
        let ours = shipped
            .replace("127.0.0.1:29999", &format!("127.0.0.1:{}", self.port))
            .replace("group_wait: 5s", "group_wait: 0s")
            .replace("group_interval: 1m", "group_interval: 1s")
            .replace("repeat_interval: 30m", "repeat_interval: 2s")
            .replace("repeat_interval: 4h", "repeat_interval: 2s");
        let file = self.folder.path().join("alertmanager.yml");
        fs::write(&file, ours).unwrap();
        file.to_str().unwrap().to_owned()
    }

    /// What a receiver has heard of a case: the status and severity of each alert, in order.
    fn heard(&self, receiver: &str, case: &str) -> Vec<(String, String)> {
        let text = fs::read_to_string(self.folder.path().join("heard")).unwrap_or_default();
        let mut heard = Vec::new();
        for line in text.lines() {
            let Some((path, body)) = line.split_once(' ') else { continue };
            let body: Value = serde_json::from_str(body).unwrap();
            let alerts = body["alerts"].as_array().unwrap().iter();
            let of_case = alerts.filter(|alert| alert["labels"]["problem"] == case);
            for alert in of_case.filter(|_| path == format!("/{receiver}")) {
                let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
                heard.push((word(&alert["status"]), word(&alert["labels"]["severity"])));
            }
        }
        heard
    }
}

impl Drop for Receivers {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

async fn act(engine: &Engine, case: &str, body: Value) -> Value {
    let (status, answer) = engine.post(&format!("/api/v1/cases/{case}/acts"), &body).await;
    assert_eq!(status, 200, "{body}: {answer}");
    answer
}

async fn case(engine: &Engine, id: &str) -> Value {
    engine.get(&format!("/api/v1/cases/{id}")).await
}

/// Queue and state of the case's own ticket.
fn own_ticket(desk: &Desk, since: u64, id: &str) -> (String, String) {
    let tickets = desk.problem_tickets(since, id);
    assert_eq!(tickets.len(), 1, "{id}: {tickets:?}");
    let columns: Vec<&str> = tickets[0].split('|').collect();
    (columns[1].to_owned(), columns[2].to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_decide_reaches_the_outside_and_can_be_taken_back() {
    let ground = THIRD.enter().await;
    let receivers = Receivers::start();
    let (Some(znuny), Some(am)) = (ground.znuny(), ground.alertmanager_with(&receivers.routing()))
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let calm = "app_latency_seconds 0.1\n";
    let slow = Exporter::start(calm);
    let far = Exporter::start(calm);
    let sources = format!(
        "  prometheus:\n{}{}",
        slow.source("app-1", "crm-app"),
        far.source("sms-1", "sms-gateway")
    );
    let site = Site::new().collect(&sources).with("packs: packs\n").otrs(&znuny).alertmanager(&am);
    fs::create_dir(site.path("packs")).unwrap();
    fs::write(site.path("packs/own.yaml"), SLOW_PACK).unwrap();
    let engine = site.start();
    engine.warm(3).await;

    // A Problem that worsens while thirty tickets come is one alert that gets worse.
    slow.serve("app_latency_seconds 2\n");
    let problem = engine.problem_at("crm-app", 20).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    assert_eq!(problem["severity"], "warning", "{problem}");
    let mut ours = Vec::new();
    for n in 0..30 {
        ours.push(desk.create(SLOW[n % SLOW.len()], &format!("agent{n}"), "Incident").await);
        if n == 10 {
            slow.serve("app_latency_seconds 7\n");
        }
    }
    until("severity follows the users", 60, async || {
        (case(&engine, &id).await["severity"] == "critical").then_some(())
    })
    .await;
    until("the duty shift is paged", 30, async || {
        receivers
            .heard("duty-shift-page", &id)
            .contains(&("firing".into(), "critical".into()))
            .then_some(())
    })
    .await;
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    let heard = receivers.heard("duty-shift", &id);
    let resolved = heard.iter().filter(|(status, _)| status == "resolved").count();
    assert_eq!(resolved, 0, "it lasts: {heard:?}");

    // Taking it stops the paging.
    act(&engine, &id, json!({"verb": "take"})).await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let before = receivers.heard("duty-shift-page", &id).len();
    tokio::time::sleep(std::time::Duration::from_secs(8)).await;
    assert_eq!(receivers.heard("duty-shift-page", &id).len(), before, "nobody else is paged");

    // Another fault, merged and taken back: its ticket is moved, not closed.
    far.serve("app_latency_seconds 9\n");
    let other = engine.problem_at("sms-gateway", 20).await["id"].as_str().unwrap().to_owned();
    until("it has a ticket", 30, async || {
        (desk.problem_tickets(since, &other).len() == 1).then_some(())
    })
    .await;
    let (own_queue, _) = own_ticket(&desk, since, &other);
    let (target_queue, _) = own_ticket(&desk, since, &id);
    let path = format!("/api/v1/cases/{other}/preview");
    let (status, will) = engine.post(&path, &json!({"verb": "merge", "to": id})).await;
    assert_eq!(status, 200, "{will}");
    assert!(!will["will"].as_array().unwrap().is_empty());
    assert_eq!(case(&engine, &other).await["state"], "open", "a preview does nothing");
    let done =
        act(&engine, &other, json!({"verb": "merge", "to": id, "reason": "одно и то же"})).await;
    assert_eq!(case(&engine, &other).await["state"], "merged");
    until("its ticket is in the other queue, open", 30, async || {
        let (queue, state) = own_ticket(&desk, since, &other);
        (queue == target_queue && !state.contains("closed")).then_some(())
    })
    .await;
    act(&engine, &id, json!({"verb": "undo", "act": done["act"]})).await;
    assert_eq!(case(&engine, &other).await["state"], "open");
    until("its ticket is back", 40, async || {
        let (queue, state) = own_ticket(&desk, since, &other);
        (queue == own_queue && !state.contains("closed")).then_some(())
    })
    .await;

    // A ticket split off is told so, and joined to its own case.
    until("thirty tickets are joined", 90, async || {
        (desk.joined(since, &id).len() == 30).then_some(())
    })
    .await;
    let strays: Vec<String> = ours[..3].iter().map(|id| format!("ticket:{id}")).collect();
    act(&engine, &id, json!({"verb": "split", "signals": strays})).await;
    let split = case(&engine, &id).await;
    let links = split["links"].as_array().unwrap();
    let fresh = links.iter().find(|link| link["kind"] == "split_off").unwrap()["id"].clone();
    let fresh = fresh.as_str().unwrap().to_owned();
    until("they are joined to the case that was split off", 60, async || {
        (desk.joined(since, &fresh) == ours[..3] && desk.joined(since, &id).len() == 27)
            .then_some(())
    })
    .await;

    // Rejected: its tickets are let go.
    act(&engine, &fresh, json!({"verb": "reject", "reason": "не подтвердилось"})).await;
    until("the tickets are let go", 60, async || {
        desk.joined(since, &fresh).is_empty().then_some(())
    })
    .await;

    // The end is heard, also of what was taken.
    slow.serve(calm);
    far.serve(calm);
    engine.reaches(&id, "resolved", 60).await;
    until("the duty shift reads that it is over", 30, async || {
        let heard = receivers.heard("duty-shift", &id);
        heard.iter().any(|(status, _)| status == "resolved").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn foreign_alerts_and_planned_works() {
    let site = Site::new();
    let engine = site.start();
    let post = async |path: &str, body: Value| {
        let (status, answer) = engine.post(path, &body).await;
        assert_eq!(status, 200, "{path} {body}: {answer}");
    };
    let alert = |name: &str, system: &str, ends: Option<&str>| {
        let labels =
            json!({"alertname": name, "system": system, "severity": "critical", "role": "cause"});
        let mut alert =
            json!({"labels": labels, "annotations": {"summary": format!("{name} на {system}")}});
        if let Some(ends) = ends {
            alert["endsAt"] = json!(ends);
        }
        json!([alert])
    };
    // Raised, repeated, ended.
    post("/api/v1/alerts", alert("EipDown", "eip", None)).await;
    let id = engine.problem_at("eip", 10).await["id"].as_str().unwrap().to_owned();
    post("/api/v1/alerts", alert("EipDown", "eip", None)).await;
    assert_eq!(engine.problems("open").await.len(), 1);
    assert_eq!(case(&engine, &id).await["findings"], 1, "the same alert again is the same");
    post("/api/v1/alerts", alert("EipDown", "eip", Some("2026-01-01T00:00:00Z"))).await;
    engine.reaches(&id, "closed", 30).await;

    // Works hold what is theirs and only that; their end restores it.
    let moment = |seconds: i64| {
        let at = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let millis = i64::try_from(at.as_millis()).unwrap() + seconds * 1000;
        vakhta::model::Time(millis).to_string()
    };
    let work = json!([{"id": "W-1", "title": "замена коммутатора", "systems": ["wfm"],
        "from": moment(-5), "until": moment(12)}]);
    post("/api/v1/works", work).await;
    post("/api/v1/alerts", alert("WfmDown", "wfm", None)).await;
    post("/api/v1/alerts", alert("CpeDown", "cpe", None)).await;
    let other = engine.problem_at("cpe", 10).await;
    let open = engine.problems("open").await;
    assert_eq!(open.len(), 1, "only the other one is told: {open:?}");
    let signals = engine.get("/api/v1/incidents?system=wfm").await;
    assert_eq!(signals["items"][0]["held_by"], "work:W-1", "{signals}");
    let held = engine.problem_at("wfm", 30).await;
    assert_ne!(held["id"], other["id"]);

    let (status, refused) = engine
        .post(
            "/api/v1/works",
            &json!([{"id": "W-2", "systems": ["no-such"],
        "from": moment(0), "until": moment(9)}]),
        )
        .await;
    assert_eq!(status, 400);
    assert!(refused["detail"].as_str().unwrap().contains("entry 0"), "{refused}");
}
