//! The whole program in one process: started, asked over HTTP, told to read its configuration again, stopped and
//! started on what it has left.

mod access;
mod acts;
mod lists;
mod review;
mod runbooks;
mod solutions;
mod systems;
mod tickets;

use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::site::Site;
use super::{App, Options};
use crate::fold::Event;
use crate::fold::tests::world::ticket;
use crate::model::Language;
use crate::store::{Access, AccessKind, Conclusion, Role};

/// A program under test, and somebody who may do everything.
struct Running {
    app: App,
    http: reqwest::Client,
    token: String,
}

fn options(data: &Path) -> Options {
    Options {
        config: None,
        data: data.to_owned(),
        listen: Some("127.0.0.1:0".to_owned()),
        skip_unreadable: false,
        greet: |_| {},
        language: Language::Ru,
    }
}

/// The site of a machine without configuration, without the machine.
fn quiet_site() -> Site {
    let site = Site::unconfigured().unwrap();
    Site { sources: Vec::new(), is_default: false, ..site }
}

impl Running {
    async fn start(site: Site, data: &Path) -> Self {
        let app = App::start(site, &options(data)).await.unwrap();
        let access = Access::new("Иванова", Role::Admin);
        let now = app.parts.clock.now();
        let token =
            app.parts.store.add_access(AccessKind::Bearer, &access, now, None).await.unwrap();
        let (timeout, connect) = (Duration::from_secs(10), Duration::from_secs(2));
        let http = crate::http::client(timeout, connect).unwrap();
        Self { app, http, token }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let url = format!("http://{}{path}", self.app.address());
        let answer = self.http.get(url).bearer_auth(&self.token).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let url = format!("http://{}{path}", self.app.address());
        let request = self.http.post(url).bearer_auth(&self.token).json(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    async fn case(&self, id: &str) -> Value {
        let (status, body) = self.get(&format!("/api/v1/cases/{id}")).await;
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).unwrap()
    }
}

fn alert(name: &str, system: &str) -> Value {
    json!([{"labels": {"alertname": name, "system": system, "severity": "critical"}}])
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_is_there_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    assert_eq!(one.get("/readyz").await.0, 200);
    let (status, taken) = one.post("/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    assert_eq!((status, &taken["taken"]), (200, &json!(1)));
    let act = json!({"verb": "take", "reason": "смотрю"});
    let (status, done) = one.post("/api/v1/cases/PRB-000001/acts", &act).await;
    assert_eq!(status, 200, "{done}");
    let (_, page) = one.get("/healthz").await;
    assert!(!page.is_empty());
    one.app.stop().await;

    let two = Running::start(quiet_site(), folder.path()).await;
    let case = two.case("PRB-000001").await;
    assert_eq!(
        (&case["state"], &case["owner"]),
        (&json!("acknowledged"), &json!("Иванова")),
        "{case}"
    );
    let undo = json!({"verb": "undo", "act": done["act"]});
    assert_eq!(two.post("/api/v1/cases/PRB-000001/acts", &undo).await.0, 200);
    assert_eq!(two.case("PRB-000001").await["state"], "open");
    two.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_engine_on_one_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let refused = App::start(quiet_site(), &options(folder.path())).await;
    let refused = refused.err().map(|error| format!("{error:#}")).unwrap_or_default();
    assert!(refused.contains("another Vakhta works on the data folder"), "{refused}");
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_configuration_is_taken_over_and_a_wrong_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vakhta.yaml");
    let write = |users: &str| {
        let text = format!("grouping:\n  mass: {{users: {users}}}\n");
        std::fs::write(&file, text).unwrap();
    };
    write("7");
    let site = Site::load(&file).unwrap();
    let mut one = Running::start(site, &folder.path().join("data")).await;
    let users =
        |one: &Running| one.app.engine().read(|state| state.settings().grouping.surge.users);
    assert_eq!(users(&one), 7);
    write("9");
    one.app.reload(Some(&file)).await;
    assert_eq!(users(&one), 9);
    write("many");
    one.app.reload(Some(&file)).await;
    assert_eq!(users(&one), 9, "a configuration that is wrong changes nothing");
    assert!(one.get("/problems").await.1.contains("Новые настройки не приняты (1 ошибка)"));
    assert_eq!(one.get("/readyz").await.0, 200);
    write("8");
    one.app.reload(Some(&file)).await;
    assert!(!one.get("/problems").await.1.contains("не приняты"));
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_makes_no_sense_is_refused_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (status, refused) = one.post("/api/v1/alerts", &json!([{"labels": {}}])).await;
    assert_eq!(status, 400);
    assert!(refused["detail"].as_str().unwrap_or_default().contains("alertname"), "{refused}");
    let act = json!({"verb": "take"});
    let (status, refused) = one.post("/api/v1/cases/PRB-000009/acts", &act).await;
    assert_eq!(status, 404, "{refused}");
    one.post("/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    let stale = json!({"verb": "take", "expects": 99});
    let (status, refused) = one.post("/api/v1/cases/PRB-000001/acts", &stale).await;
    assert_eq!(status, 409, "{refused}");
    one.app.stop().await;
}

/// What people read on a page, a line for each piece of text; moments and ages, which are never the same, blanked.
fn readable(page: &str) -> String {
    let drop = |text: &str, pattern: &str, by: &str| {
        regex::Regex::new(pattern).unwrap().replace_all(text, by).into_owned()
    };
    let text = drop(page, r"(?s)<(script|style|svg|head)\b.*?</(script|style|svg|head)>", "\n");
    let text = drop(&text, r"(?s)<[^>]*>", "\n");
    // A moment of another day has the day before it: which day that is depends on when the test runs.
    let text = drop(&text, r"(\d{2}\.\d{2} )?\d{2}:\d{2}(:\d{2})?", "⟨time⟩");
    let text = drop(&text, r"\d{2}\.\d{2}\.\d{4}|\d{4}-\d{2}-\d{2}", "⟨date⟩");
    let text = drop(&text, r"\d+(\u{a0}| )(с|s|мс|ms)\b", "⟨age⟩");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

/// The pages say what they said when somebody last read them aloud. `VAKHTA_UPDATE=1` writes down what they say now:
/// read the difference before it is committed.
#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_what_they_said() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let began = one.app.parts.clock.now().plus_millis(-10_000).0;
    let began = jiff::Timestamp::from_millisecond(began).unwrap().to_string();
    let mut disk = alert("DiskFull", "crm-db");
    disk[0]["annotations"] = json!({"summary": "Диск базы CRM заполнен на 97 %"});
    for mut body in [disk, alert("HighLatency", "crm-app")] {
        body[0]["startsAt"] = json!(began);
        let (status, taken) = one.post("/api/v1/alerts", &body).await;
        assert_eq!(status, 200, "{taken}");
    }
    let act = json!({"verb": "take", "reason": "смотрю"});
    one.post("/api/v1/cases/PRB-000001/acts", &act).await;
    let due = Some("2026-01-15".parse().unwrap());
    let text = |text: &str| text.to_owned();
    let conclusion = Conclusion {
        cause: text("кончилось место под журналами"),
        measure: text("вынести журналы на свой диск"),
        owner: text("Петров"),
        due,
        ..Conclusion::default()
    };
    let (id, now) = ("PRB-000001".parse().unwrap(), one.app.parts.clock.now());
    one.app.parts.store.conclude((id, 0), (now, "Иванова"), &conclusion).await.unwrap();
    let pages = [
        ("list", "/problems"),
        ("case", "/problems/PRB-000001"),
        ("review", "/review"),
        ("sort", "/review/sort?left=PRB-000001"),
        ("conclusion", "/review/case/PRB-000001"),
        ("trial", "/review/rule/host/host-cpu-saturated"),
    ];
    as_recorded(&one, &pages).await;
    one.app.stop().await;
}

/// The pages at these addresses say in both languages what is recorded under these names.
async fn as_recorded(one: &Running, pages: &[(&str, &str)]) {
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/pages");
    for (name, path) in pages {
        for language in ["ru", "en"] {
            let url = format!("http://{}{path}", one.app.address());
            let request = one.http.get(url).bearer_auth(&one.token);
            let answer = request.header("cookie", format!("vakhta_language={language}"));
            let page = readable(&answer.send().await.unwrap().text().await.unwrap());
            let file = recorded.join(format!("{name}.{language}.txt"));
            if std::env::var_os("VAKHTA_UPDATE").is_some() {
                std::fs::write(&file, &page).unwrap();
            }
            let before = std::fs::read_to_string(&file).unwrap_or_default();
            assert_eq!(page, before, "{} says something else now", file.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_candidate_is_taken_in_on_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let labels = json!({"alertname": "LockWait", "system": "crm-db", "impact": "slow"});
    one.post("/api/v1/alerts", &json!([{"labels": labels}])).await;
    let now = one.app.parts.clock.now();
    let mut vague = ticket(7, "Всё медленно | жду по две минуты", 0);
    (vague.created, vague.changed) = (now, now);
    one.app.engine().submit(Event::Ticket(Box::new(vague))).await.unwrap();
    let (_, page) = one.get("/problems/PRB-000001").await;
    assert!(page.contains("Отнести сюда"), "{}", readable(&page));
    let url = format!("http://{}/problems/act", one.app.address());
    let fields = [("case", "PRB-000001"), ("verb", "take_in"), ("signals", "ticket:7")];
    let form = one.http.post(url).bearer_auth(&one.token).form(&fields);
    let answer = form.send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 303);
    assert_eq!(one.case("PRB-000001").await["tickets"], 1);
    let (_, page) = one.get("/problems/PRB-000001").await;
    assert!(page.contains("Иванова относит сюда: 1 сигнал"), "{}", readable(&page));
    one.app.stop().await;
}
