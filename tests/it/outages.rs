//! A part that is away, hangs or lies: the rest goes on, the part's fault is itself a finding, and
//! everything is delivered once when it is back.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::crash::once;
use crate::ground::{SECOND, THIRD, search_node};
use crate::harness::{Desk, Site, firing, until};

/// What stands between the engine and the ticket system, for errors that the real one won't give
/// when asked.
#[derive(Clone)]
struct Between {
    target: String,
    mode: Arc<AtomicU8>,
    creations: Arc<AtomicUsize>,
    http: reqwest::Client,
}

const HONEST: u8 = 0;
/// Nobody answers: the connection is closed without a byte.
const CLOSED: u8 = 1;
/// Everything is slower than the engine waits.
const SLOW: u8 = 2;
/// The ticket is created, the answer comes when the engine has given up waiting.
const LATE: u8 = 5;
/// The ticket is created, the answer says 500.
const LIES_500: u8 = 3;
/// The ticket is created, the answer is empty.
const LIES_EMPTY: u8 = 4;

impl Between {
    async fn start(target: &str) -> (Self, String) {
        let between = Self {
            target: target.to_owned(),
            mode: Arc::new(AtomicU8::new(HONEST)),
            creations: Arc::default(),
            http: reqwest::Client::builder().timeout(Duration::from_secs(60)).build().unwrap(),
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(pass).with_state(between.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        (between, address)
    }

    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::SeqCst);
    }
}

async fn pass(State(between): State<Between>, request: Request) -> Response {
    let mode = between.mode.load(Ordering::SeqCst);
    let (parts, body) = request.into_parts();
    let body: Bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    let is_creation = parts.method == Method::POST && parts.uri.path() == "/Ticket";
    if mode == CLOSED {
        panic!("the connection is closed on purpose");
    }
    let url = format!("{}{}", between.target, parts.uri);
    let mut forward = between.http.request(parts.method, url).body(body);
    for (name, value) in &parts.headers {
        if name != header::HOST && name != header::CONTENT_LENGTH {
            forward = forward.header(name, value);
        }
    }
    // On its own: the other side goes on when the engine has given up waiting.
    let answer = tokio::spawn(async move { forward.send().await.unwrap() }).await.unwrap();
    if is_creation {
        between.creations.fetch_add(1, Ordering::SeqCst);
    }
    if mode == SLOW || (mode == LATE && is_creation) {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    if is_creation {
        match mode {
            LIES_500 => return (StatusCode::INTERNAL_SERVER_ERROR, "half way").into_response(),
            LIES_EMPTY => return StatusCode::OK.into_response(),
            _ => {}
        }
    }
    let status = answer.status();
    let kind = answer.headers().get(header::CONTENT_TYPE).cloned();
    let mut response = (status, answer.bytes().await.unwrap()).into_response();
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

/// In each way the ticket system can fail: the alert goes out, the ticket comes once afterwards.
#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_system_fails_in_every_way() {
    let ground = THIRD.enter().await;
    let (Some(pg), Some(znuny), Some(am)) =
        (ground.postgres(), ground.znuny(), ground.alertmanager())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let (between, address) = Between::start(&znuny["ZNUNY_REST_URL"]).await;
    let site = Site::new().postgres(&pg).otrs_at(&znuny, &address, "2s").alertmanager(&am);
    let engine = site.start();
    engine.warm(4).await;
    for (mode, name) in [
        (CLOSED, "closed"),
        (SLOW, "slow"),
        (LATE, "late"),
        (LIES_500, "500"),
        (LIES_EMPTY, "empty"),
    ] {
        let since = desk.newest();
        let before = between.creations.load(Ordering::SeqCst);
        let failed = r#"vakhta_deliveries_total{channel="otrs",outcome="failed"}"#;
        let failed_before = engine.metric(failed).await;
        between.set(mode);
        let fault = ground.fault("pg-lock-wait");
        let problem = engine.problem_at("crm-db", 20).await;
        let id = problem["id"].as_str().unwrap().to_owned();
        until("the alert goes out all the same", 15, async || {
            (!firing(&am, &id).await.is_empty()).then_some(())
        })
        .await;
        if mode != CLOSED && mode != SLOW {
            until(&format!("{name}: the ticket is created behind our back"), 60, async || {
                (between.creations.load(Ordering::SeqCst) > before).then_some(())
            })
            .await;
        }
        until(&format!("{name}: the delivery fails"), 60, async || {
            (engine.metric(failed).await > failed_before).then_some(())
        })
        .await;
        if mode == CLOSED || mode == SLOW {
            engine.problem_at("otrs", 60).await;
        }
        between.set(HONEST);
        until(&format!("{name}: the ticket comes"), 90, async || {
            let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
            let told = problem["told"].as_array().unwrap().clone();
            told.iter().any(|t| t["channel"] == "otrs" && t["state"] == "delivered").then_some(())
        })
        .await;
        assert_eq!(desk.problem_tickets(since, &id).len(), 1, "{name}: once");
        fault.heal();
        engine.reaches(&id, "closed", 150).await;
        until("the last note has come", 60, async || {
            let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
            (problem["told"][0]["state"] == "resolved").then_some(())
        })
        .await;
        assert_eq!(desk.problem_tickets(since, &id).len(), 1, "{name}: still once");
        once(&desk.notes(since, &id));
        // The ticket system's own Problem may last longer: its slowness is measured over minutes.
        until("nothing is left open at the database", 120, async || {
            let left = engine.problems("open,acknowledged,resolved").await;
            left.iter().all(|problem| problem["cause"]["system"] == "otrs").then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn alertmanager_away_is_a_finding_and_the_alert_comes_when_it_is_back() {
    let ground = SECOND.enter().await;
    let (Some(pg), Some(am)) = (ground.postgres(), ground.alertmanager()) else { return };
    let site = Site::new().postgres(&pg).alertmanager(&am);
    let engine = site.start();
    engine.warm(3).await;
    ground.stop_alertmanager();
    let fault = ground.fault("pg-lock-wait");
    let problem = engine.problem_at("crm-db", 20).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    engine.problem_at("vakhta", 60).await;
    ground.alertmanager().unwrap();
    until("the alert comes when it is back", 60, async || {
        (firing(&am, &id).await.len() == 1).then_some(())
    })
    .await;
    fault.heal();
    engine.reaches(&id, "closed", 90).await;
    assert!(firing(&am, &id).await.is_empty());
}

/// Wakes a frozen postmaster whatever happens.
struct Frozen(String);

impl Frozen {
    fn postmaster(folder: &str) -> Self {
        let file = std::fs::read_to_string(format!("{folder}/p/postmaster.pid")).unwrap();
        let pid = file.lines().next().unwrap().to_owned();
        // The postmaster and its children: nothing answers, the port stays open.
        let script = format!("kill -STOP {pid}; pkill -STOP -P {pid}");
        assert!(Command::new("sh").args(["-c", &script]).status().unwrap().success());
        Self(pid)
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        let script = format!("pkill -CONT -P {0}; kill -CONT {0}", self.0);
        drop(Command::new("sh").args(["-c", &script]).status());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mute_database_and_a_hung_cluster_stop_nobody_else() {
    let ground = SECOND.enter().await;
    let (Some(pg), Some(search)) = (ground.postgres(), ground.elasticsearch()) else { return };
    let site = Site::new()
        .postgres(&pg)
        .search(&search)
        .collect("  host:\n    - {name: crm-app-1, interval: 2s}\n");
    let engine = site.start();
    engine.warm(4).await;
    let frozen = Frozen::postmaster(&pg["PG_DIR"]);
    let problem = engine.problem_at("crm-db", 16).await;
    assert!(problem["title"]["ru"].as_str().unwrap().contains("завис"), "{problem}");
    for node in ["1", "2", "3"] {
        search_node("pause", node);
    }
    let hung = engine.problem_at("crm-search", 30).await;
    assert_ne!(hung["id"], problem["id"]);
    // The host is read as before.
    let before = engine.get("/api/v1/sources").await;
    let polled = |list: &serde_json::Value| {
        let items = list["items"].as_array().unwrap().clone();
        let host = items.into_iter().find(|source| source["kind"] == "host").unwrap();
        (host["up"] == true, host["polled_at"].as_str().unwrap().to_owned())
    };
    until("the host is polled on", 15, async || {
        let (up, at) = polled(&engine.get("/api/v1/sources").await);
        (up && at != polled(&before).1).then_some(())
    })
    .await;
    for node in ["1", "2", "3"] {
        search_node("resume", node);
    }
    drop(frozen);
    engine.reaches(problem["id"].as_str().unwrap(), "closed", 90).await;
    engine.reaches(hung["id"].as_str().unwrap(), "closed", 150).await;
}
