//! The pages in headless Chromium: sign in, list, one Problem, acknowledge; two languages, a desk
//! screen and a phone.

use serde_json::json;

use crate::browser::Browser;
use crate::faults::Exporter;
use crate::ground::FIRST;
use crate::harness::{self, Desk, Site, until};
use crate::lock_chain::SLOW;
use crate::night::obstacles;

/// Small targets are obstacles too.
const TARGETS: &str = "'target-size': {enabled: true}";

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
        .collect(&format!("  prometheus:\n{}", exporter.source("sms-1", "sms-gateway")))
        .otrs(&znuny)
        .alertmanager(&am);
    let engine = site.start();
    engine.warm(5).await;
    let browser = Browser::start().await;
    browser.size(1366, 768).await;

    // Without a session the pages say how to come in.
    browser.open(&format!("{}/problems", engine.address)).await;
    assert!(browser.text().await.contains("Пароль"));
    let link =
        engine.command(&["token", "link", "Анна", "--role", "duty", "--page", &engine.address]);
    browser.open(link.trim()).await;
    assert!(browser.text().await.contains("Открытых проблем нет"));
    // The link worked once.
    let second = reqwest::Client::builder().build().unwrap().get(link.trim()).send().await.unwrap();
    assert_eq!(second.status(), 401);

    // A fault of its own beside it, at a system that does not need the database, which may have been started just now:
    // two lines on the list.
    drop(exporter);
    engine.problem_at("sms-gateway", 20).await;
    let fault = ground.fault("pg-lock-wait");
    for (n, text) in SLOW.iter().enumerate() {
        desk.create(text, &format!("agent{n}"), "Incident").await;
    }
    let problem = engine.problem_at("crm-db", 20).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    // The page keeps itself true: nobody reloads it here.
    let said =
        ["БД CRM · crm-db-1: очередь на блокировки", "10 обращений", "№ 20", "2ЛТП: передано"];
    for part in said {
        browser.shows(part, 40).await;
    }
    browser.picture("list-ru").await;
    browser.open(&format!("{}/problems/{id}", engine.address)).await;
    let text = browser.text().await;
    for part in
        ["Скорее всего, причина — БД CRM", "Что делать", "Кому звонить", "pg_terminate_backend("]
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
    assert!(browser.text().await.contains("Анна берёт в работу"));

    // The language changes where one is.
    browser.click("a[href='/language/en']").await;
    browser.shows("What users see", 10).await;
    let text = browser.text().await;
    assert!(text.contains("Whom to call") && text.contains("taken: Анна"), "{text}");
    assert!(!text.contains("Кому звонить"), "{text}");
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

/// Nobody is kept out: by a refresh that takes the focus, by a screen that is small, far or dark, by what cannot be heard.
#[tokio::test(flavor = "multi_thread")]
async fn pages_keep_nobody_out() {
    if !harness::has_chromium() {
        return;
    }
    let site = Site::new().collect("  host:\n    - {name: here, interval: 1s}\n");
    let mut engine = site.start();
    engine.warm(1).await;
    let alert = |name: &str, system: &str| json!([{"labels": {"alertname": name, "system": system, "severity": "critical"}}]);
    for (name, system) in [("DiskFull", "cpe"), ("LockWait", "crm-db")] {
        engine.post("/api/v1/alerts", &alert(name, system)).await;
    }
    engine.add_user("анна", "пароль анны", "admin");
    let browser = Browser::start().await;
    browser.size(390, 844).await;
    browser.open(&format!("{}/sign-in", engine.address)).await;
    obstacles(&browser, "sign-in", TARGETS).await;
    browser.fill("[name=name]", "анна").await;
    browser.fill("[name=password]", "пароль анны").await;
    browser.click("form[action$='/sign-in'] button").await;
    browser.shows("DiskFull", 10).await;
    for scheme in ["light", "dark"] {
        browser.prefers(scheme).await;
        for (page, folds) in [
            ("/problems", false),
            ("/problems/PRB-000001", true),
            ("/phone", false),
            ("/access", false),
        ] {
            browser.open(&format!("{}{page}", engine.address)).await;
            if folds {
                browser
                    .script("document.querySelectorAll('main details').forEach((d) => { d.open = true })")
                    .await;
            }
            obstacles(&browser, &format!("{page}, {scheme}"), TARGETS).await;
        }
    }
    browser.open(&format!("{}/phone", engine.address)).await;
    browser.click("form[action$='/phone'] button").await;
    browser.shows("То же самое ссылкой", 10).await;
    obstacles(&browser, "/phone with its code", TARGETS).await;
    browser.fits().await;
    browser.picture("phone-code-ru").await;

    // The focus stays where it is when the list renews itself, and the new row is read out.
    browser.size(1366, 768).await;
    browser.open(&format!("{}/problems", engine.address)).await;
    let focus = "document.querySelector('[data-case=PRB-000002] td.felt a').focus();\
                 return document.activeElement.textContent";
    let focused = browser.script(focus).await;
    engine.post("/api/v1/alerts", &alert("QueueGrows", "sms-gateway")).await;
    browser.shows("QueueGrows", 20).await;
    assert_eq!(browser.script("return document.activeElement.textContent").await, focused);
    let news = browser.script("return document.getElementById('news').textContent").await;
    assert!(news.as_str().unwrap().contains("QueueGrows"), "{news}");

    // A new critical case is heard by who has asked for it: once, and nothing that is milder.
    browser.listen(&engine.address).await;
    browser.open(&format!("{}/problems", engine.address)).await;
    let heard = async || {
        let heard = browser.script("return [heard.tones, heard.notices]").await;
        let notices: Vec<String> = serde_json::from_value(heard[1].clone()).unwrap();
        (heard[0].as_u64().unwrap(), notices)
    };
    engine.post("/api/v1/alerts", &alert("BeforeTheBell", "otrs")).await;
    browser.shows("BeforeTheBell", 20).await;
    assert_eq!(heard().await, (0, Vec::new()), "nobody has asked for it");
    browser.click("#bell").await;
    let (tones, notices) = heard().await;
    assert!(tones > 0 && notices.is_empty(), "what it will sound like");
    let mut mild = alert("MildOne", "vm-backup");
    mild[0]["labels"]["severity"] = json!("warning");
    engine.post("/api/v1/alerts", &mild).await;
    browser.shows("MildOne", 20).await;
    assert_eq!(heard().await, (tones, Vec::new()), "a warning wakes nobody");
    engine.post("/api/v1/alerts", &alert("LoudOne", "sso")).await;
    browser.shows("LoudOne", 20).await;
    until("it is heard", 20, async || {
        let (more, notices) = heard().await;
        (more > tones && notices.len() == 1 && notices[0].contains("LoudOne")).then_some(())
    })
    .await;
    let title = browser.script("return document.title").await;
    assert!(title.as_str().unwrap().starts_with("(6) "), "{title}");
    browser.open(&format!("{}/problems", engine.address)).await;
    browser.shows("LoudOne", 20).await;
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    assert_eq!(heard().await, (0, Vec::new()), "what was heard is not news on another page");

    // The wall is read from three metres, on a large screen too.
    for (width, height, least) in [(1920, 1080, 24.0), (3840, 2160, 44.0)] {
        browser.size(width, height).await;
        browser.open(&format!("{}/wall", engine.address)).await;
        let size = "return parseFloat(getComputedStyle(document.querySelector('.wall-list .name')).fontSize)";
        let size = browser.script(size).await.as_f64().unwrap();
        assert!(size >= least, "{size} pixels at {width}");
        browser.fits().await;
    }
    // A wall's own link, from its own address, opens the wall and nothing else.
    let link = engine.command(&["token", "wall", "стена", "--address", "127.0.0.1"]);
    let link =
        link.split_whitespace().find(|word| word.contains("/wall?token=")).unwrap().to_owned();
    let wall = Browser::start().await;
    wall.open(&link).await;
    wall.shows("QueueGrows", 10).await;
    wall.open(&format!("{}/problems", engine.address)).await;
    wall.shows("Пароль", 10).await;
    engine.stop();
}
