//! The page of one system, and how systems stood at a moment of the last day.

use serde_json::json;

use super::super::states::StateKeeper;
use super::{Running, alert, as_recorded, quiet_site, readable};
use crate::collect::SourceHealth;
use crate::model::{Batch, Sample, Series, Time};

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

fn source(instance: &str, system: &str, up: bool) -> SourceHealth {
    SourceHealth {
        kind: "postgres".into(),
        instance: instance.into(),
        system: system.into(),
        up,
        offered: false,
        polled_at: None,
        seconds: 0.1,
        samples: 10,
        message: None,
    }
}

fn keeper(one: &Running) -> StateKeeper {
    let parts = &one.app.parts;
    let (store, sources) = (parts.store.clone(), parts.sources.clone());
    StateKeeper::new(parts.engine.clone(), store, sources, std::sync::Arc::clone(&parts.clock))
}

/// The class of a system's box in the list, and of its box in the graph.
fn shown(page: &str, system: &str) -> (String, String) {
    let find = |pattern: String| {
        let found = regex::Regex::new(&pattern).unwrap();
        found.captures(page).map(|it| it[1].to_owned()).unwrap_or_default()
    };
    (
        find(format!("<li class=\"([a-z]+)\" data-key=\"{system}\"")),
        find(format!("<a class=\"([a-z]+)\" href=\"/systems/{system}\"><rect")),
    )
}

/// A night played: quiet, a fault, worse, a source that falls silent, over, a crash; looked back at.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_is_shown_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let parts = &one.app.parts;
    let now = parts.clock.now();
    let at = |hours: i64| now.plus_millis(-hours * HOUR);
    let mut night = keeper(&one);
    parts.sources.put(source("db-1", "crm-db", true));
    parts.sources.put(source("db-2", "wfm", true));
    night.begin(at(10)).await.unwrap();
    night.keep(at(10)).await.unwrap();
    let mut disk = alert("DiskFull", "crm-db");
    disk[0]["labels"]["severity"] = json!("high");
    one.post("/api/v1/alerts", &disk).await;
    night.keep(at(8)).await.unwrap();
    disk[0]["labels"]["severity"] = json!("critical");
    one.post("/api/v1/alerts", &alert("Down", "crm-db")).await;
    parts.sources.put(source("db-2", "wfm", false));
    night.keep(at(6)).await.unwrap();
    let act = json!({"verb": "resolve", "reason": "готово"});
    for case in one.app.engine().cases() {
        one.post(&format!("/api/v1/cases/{}/acts", case.id), &act).await;
    }
    parts.sources.put(source("db-2", "wfm", true));
    night.keep(at(4)).await.unwrap();
    // Killed at −3 h, noted last at −4 h, and back at −2 h.
    let mut again = keeper(&one);
    again.begin(at(2)).await.unwrap();
    again.keep(at(2)).await.unwrap();
    for (hours, db, wfm, words) in [
        (11, "unwatched", "unwatched", "Записи начинаются"),
        (9, "calm", "calm", "Состояние на"),
        (7, "high", "calm", "Состояние на"),
        (5, "critical", "blind", "Состояние на"),
        (3, "unwatched", "unwatched", "Вахта не работала"),
        (1, "still", "calm", "Состояние на"),
    ] {
        let (status, page) = one.get(&format!("/systems?at={}", at(hours))).await;
        let said = readable(&page);
        assert_eq!(status, 200, "{said}");
        let twice = |class: &str| (class.to_owned(), class.to_owned());
        assert_eq!(shown(&page, "crm-db"), twice(db), "{hours}: {said}");
        assert_eq!(shown(&page, "wfm"), twice(wfm), "{hours}: {said}");
        assert!(said.contains(words), "{hours}: {said}");
        assert!(page.contains("id=\"moment\"") && said.contains("сейчас"), "{said}");
    }
    assert!(
        one.get("/systems").await.1.contains("data-ahead=\"10800000\""),
        "the clock of the pages"
    );
    // Links lead step by step, without a script.
    let (_, page) = one.get(&format!("/systems?at={}", at(7))).await;
    let back = regex::Regex::new("href=\"(/systems[?]at=[^\"]+)\">−1 ч").unwrap();
    let back = back.captures(&page).unwrap()[1].to_owned();
    let (_, page) = one.get(&back).await;
    assert_eq!(shown(&page, "crm-db").0, "high", "{}", readable(&page));
    assert!(back.ends_with(&at(8).to_string()), "{back}");
    // What a person has called over goes on: the system is not called calm.
    let (_, page) = one.get("/systems").await;
    assert_eq!(shown(&page, "crm-db").0, "still");
    assert!(readable(&page).contains("срабатывает, хотя открытой проблемы нет"));
    assert!(readable(&page).contains("Состояние сейчас."));
    let clock = crate::i18n::Zones::default().clock(at(5));
    let (_, page) = one.get(&format!("/systems?at={clock}")).await;
    assert_eq!(shown(&page, "wfm").0, "blind", "{clock}");
    for wrong in ["25:00", "вчера", "2020-01-01T00:00:00Z", "<script>alert(1)</script>"] {
        let (status, page) = one.get(&format!("/systems?at={wrong}")).await;
        assert_eq!(status, 400, "{wrong}");
        assert!(readable(&page).contains("последних суток") && !page.contains("<script>alert"));
    }
    let (ahead, behind) = (now.plus_millis(HOUR), now.plus_millis(-25 * HOUR));
    for beyond in [ahead, behind] {
        assert_eq!(one.get(&format!("/systems?at={beyond}")).await.0, 400, "{beyond}");
    }
    one.app.stop().await;
}

/// What lies before the days that are kept goes, but for how each system stood at their beginning.
#[tokio::test(flavor = "multi_thread")]
async fn old_states_are_trimmed_and_the_beginning_stays_known() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let mut night = keeper(&one);
    night.begin(now.plus_millis(-200 * HOUR)).await.unwrap();
    for (hours, up) in [(200, true), (150, false), (100, true), (50, false)] {
        one.app.parts.sources.put(source("db-1", "crm-db", up));
        night.keep(now.plus_millis(-hours * HOUR)).await.unwrap();
    }
    store.trim(now, &crate::store::Retention::default()).await.unwrap();
    let word = async |hours: i64| {
        let states = store.states(now.plus_millis(-hours * HOUR)).await.unwrap();
        states.systems.get("crm-db").map(|state| state.word.clone())
    };
    assert_eq!(word(160).await, None, "gone");
    assert_eq!(word(60).await.as_deref(), Some("calm"), "how it stood when the kept days begin");
    assert_eq!(word(40).await.as_deref(), Some("blind"));
    let kept = store.states(now.plus_millis(-60 * HOUR)).await.unwrap();
    assert_eq!(kept.is_on, Some(true));
    assert!(kept.systems.contains_key("kspd"), "what never changed is known as well");
    one.app.stop().await;
}

/// A database with samples, two of its rules near their limits.
async fn measured(one: &Running) {
    let parts = &one.app.parts;
    let now = parts.clock.now();
    let sample = |name: &str, labels: &[(&str, &str)], value| {
        let own = [("job", "postgres"), ("instance", "db-1"), ("system", "crm-db")];
        let all = own.into_iter().chain(labels.iter().copied());
        Sample { series: std::sync::Arc::new(Series::new(name, all)), value }
    };
    for step in (0..60).rev() {
        let samples = vec![
            sample("pg_up", &[], 1.0),
            sample("up", &[], 1.0),
            sample("vakhta_collect_error", &[("reason", "connect")], 0.0),
            sample("vakhta_pg_connections_ratio", &[], 0.72),
            sample("vakhta_pg_wraparound_ratio", &[("datname", "crm")], 0.2),
        ];
        let at = now.plus_millis(-step * 10_000);
        let batch = Batch { kind: "postgres", instance: "db-1".into(), at, samples };
        let polled =
            crate::collect::poll::Polled { batch, seconds: 0.1, error: None, notes: Vec::new() };
        parts.polled.send(polled).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_has_a_page_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let began = Time(one.app.parts.clock.now().0 - 10_000).to_string();
    for (name, system) in [("DiskFull", "crm-db"), ("QueueLong", "wfm")] {
        let mut body = alert(name, system);
        body[0]["startsAt"] = json!(began);
        body[0]["annotations"] = json!({"summary": format!("{name} <script>alert(1)</script>")});
        one.post("/api/v1/alerts", &body).await;
    }
    let now = one.app.parts.clock.now();
    let work = json!([{"id": "W1", "title": "замена дисков", "systems": ["crm-db"],
        "from": now.plus_millis(HOUR).to_string(), "until": now.plus_millis(2 * HOUR).to_string()}]);
    let (status, answer) = one.post("/api/v1/works", &work).await;
    assert_eq!(status, 200, "{answer}");
    one.app.parts.sources.put(source("db-1", "crm-db", true));
    one.app.parts.sources.put(source("db-2", "wfm", false));
    let (status, page) = one.get("/systems/crm-db").await;
    let said = readable(&page);
    assert_eq!(status, 200, "{said}");
    // What hangs on it both ways, its own cases, findings, works, sources; and nothing of the others.
    for part in [
        "href=\"/systems/crm-hosts\"",
        "href=\"/systems/crm-app\"",
        "href=\"/problems/PRB-000001\"",
        "замена дисков",
        "db-1",
        "2ЛТП",
        "DiskFull &#60;script",
    ] {
        assert!(page.contains(part), "{part}: {said}");
    }
    for part in ["QueueLong", "db-2", "<script>alert"] {
        assert!(!page.contains(part), "{part}: {said}");
    }
    assert_eq!(one.get("/systems/no-such").await.0, 404);
    // Names lead to it.
    let (_, systems) = one.get("/systems").await;
    assert!(
        systems.contains("<a href=\"/systems/crm-db\">")
            && systems.contains("href=\"/systems/crm-db\"><rect")
    );
    let (_, case) = one.get("/problems/PRB-000001").await;
    assert!(case.contains("<dd><a href=\"/systems/crm-db\">"), "{}", readable(&case));
    assert!(case.contains("<a class=\"cause\" href=\"/systems/crm-db\"><rect"));
    as_recorded(&one, &[("system", "/systems/crm-db"), ("systems", "/systems")]).await;
    // What was is named once it is over, from memory and from the archive.
    let act = json!({"verb": "resolve", "reason": "готово"});
    one.post("/api/v1/cases/PRB-000001/acts", &act).await;
    one.post(
        "/api/v1/alerts",
        &json!([{"labels": {"alertname": "DiskFull", "system": "crm-db",
        "severity": "critical"}, "startsAt": began, "endsAt": began}]),
    )
    .await;
    let earlier = async || {
        let (_, page) = one.get("/systems/crm-db").await;
        let (open, over) = page.split_once("Последние закрытые проблемы").unwrap();
        assert!(!open.contains("/problems/PRB-000001"), "{}", readable(&page));
        over.matches("href=\"/problems/PRB-000001\"").count()
    };
    assert_eq!(earlier().await, 1);
    one.app.parts.clock.at_least(now.plus_millis(72 * HOUR));
    for _ in 0..3 {
        one.app.engine().submit(crate::fold::Event::Tick).await.unwrap();
    }
    assert!(one.app.engine().case("PRB-000001".parse().unwrap()).is_none(), "not archived");
    assert_eq!(earlier().await, 1);
    one.app.stop().await;
}

/// The charts are of what the rules watch here, with the limit, and the nearest to it come first.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_near_its_limit_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    measured(&one).await;
    let seen = async || {
        loop {
            // A poll of what is not configured belongs to no system.
            one.app.parts.sources.put(source("db-1", "crm-db", true));
            let (_, page) = one.get("/systems/crm-db").await;
            if page.contains("svg class=\"chart\"") {
                return page;
            }
            tokio::task::yield_now().await;
        }
    };
    let page = tokio::time::timeout(std::time::Duration::from_secs(20), seen()).await.unwrap();
    let said = readable(&page);
    let charts = page.matches("svg class=\"chart\"").count();
    assert!((1..=6).contains(&charts), "{said}");
    assert!(page.contains("class=\"limit\"") && said.contains("порог"), "{said}");
    assert!(!said.contains("pg-down"), "what is at nothing is not drawn: {said}");
    let (_, other) = one.get("/systems/wfm").await;
    assert!(!other.contains("svg class=\"chart\""));
    one.app.stop().await;
}

/// Under a path of its own, every address of these pages begins with it.
#[tokio::test(flavor = "multi_thread")]
async fn addresses_keep_to_the_path_of_the_house() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = quiet_site();
    site.settings.escalation.page_url = "https://ops.example/vakhta".into();
    site.has_page_url = true;
    let one = Running::start(site, folder.path()).await;
    one.post("/vakhta/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    let link = regex::Regex::new("(?:href|action|data-page)=\"(/[^\"]*)\"").unwrap();
    for path in ["/systems", "/systems/crm-db", "/tickets", "/problems/PRB-000001"] {
        let (status, page) = one.get(&format!("/vakhta{path}")).await;
        assert_eq!(status, 200, "{path}");
        let addresses: Vec<&str> =
            link.captures_iter(&page).map(|found| found.get(1).unwrap().as_str()).collect();
        assert!(addresses.len() > 5, "{path}");
        let strays: Vec<&&str> =
            addresses.iter().filter(|address| !address.starts_with("/vakhta/")).collect();
        assert!(strays.is_empty(), "{path}: {strays:?}");
    }
    one.app.stop().await;
}
