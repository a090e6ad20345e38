//! A night of the duty shift, played in Chromium on real parts: what is on the screen is asserted, and pictured in
//! `target/pages/`.

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::faults::Exporter;
use crate::ground::FIRST;
use crate::harness::{self, Desk, Engine, Site, until};
use crate::lock_chain::SLOW;

const CITIES: [&str; 8] =
    ["Москва", "Псков", "Тверь", "Сочи", "Казань", "Пермь", "Омск", "Хабаровск"];

/// Signs somebody in, in the browser.
async fn come_in(browser: &Browser, engine: &Engine, name: &str, role: &str) {
    let link = engine.command(&["token", "link", name, "--role", role, "--page", &engine.address]);
    browser.open(link.trim()).await;
    browser.shows(name, 10).await;
}

/// Barriers that axe finds on the page that is shown; none when axe could not be had.
pub(crate) async fn barriers(browser: &Browser, page: &str) {
    obstacles(browser, page, "").await;
}

/// The same with rules beside the usual ones, `'target-size': {enabled: true}` for one.
pub(crate) async fn obstacles(browser: &Browser, page: &str, rules: &str) {
    let Some(axe) = harness::axe() else { return };
    browser.script(&axe).await;
    let found = browser
        .script(&format!(
            "return window.axeDone ? window.axeFound : (window.axeDone = false, \
             axe.run({{resultTypes: ['violations'], rules: {{{rules}}}}}).then((r) => {{ window.axeDone = true; window.axeFound = \
             r.violations.map((v) => v.id + ': ' + v.nodes.map((n) => n.target + ' ' + n.failureSummary).join(' | ')); }}), null)",
        ))
        .await;
    assert!(found.is_null());
    let found = until("axe has looked at the page", 30, async || {
        let found = browser.script("return window.axeDone ? window.axeFound : null").await;
        found.is_array().then_some(found)
    })
    .await;
    let found: Vec<String> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap_or("").chars().take(600).collect())
        .collect();
    assert!(found.is_empty(), "{page}: {found:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_night_is_worked_through_on_the_pages() {
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
        .alertmanager(&am)
        .life("{resolve_after: 4s, close_after: 2m}");
    let engine = site.start();
    engine.warm(5).await;
    let browser = Browser::start().await;
    browser.size(1366, 768).await;
    let page = |path: &str| format!("{}{path}", engine.address);

    // A quiet start says that it looks.
    come_in(&browser, &engine, "Анна", "duty").await;
    browser.shows("Открытых проблем нет", 10).await;
    browser.shows("опрошено", 5).await;

    // A lock chain with the tickets of eight branches, and a far fault of its own.
    drop(exporter);
    engine.problem_at("sms-gateway", 30).await;
    let fault = ground.fault("pg-lock-wait");
    let id = engine.problem_at("crm-db", 30).await["id"].as_str().unwrap().to_owned();
    for (n, text) in SLOW.iter().cycle().take(26).enumerate() {
        let text = format!("{text}. {}", CITIES[n % 8]);
        desk.create(&text, &format!("agent{n}"), "Incident").await;
    }
    for part in ["26 обращений", "Мониторинг не получает данных", "Взять"]
    {
        browser.shows(part, 60).await;
    }
    let title = browser.script("return document.title").await;
    assert!(title.as_str().unwrap().starts_with('('), "{title}");
    browser.picture("shift-ru").await;
    barriers(&browser, "the shift's list").await;

    // Taken by keyboard, without the mouse.
    browser.press("j").await;
    browser.press("a").await;
    browser.shows("взята в работу", 10).await;
    engine.reaches(&id, "acknowledged", 10).await;
    browser.shows("Анна ·", 10).await;

    // One case: everything that is needed at night is on the first screen.
    browser.open(&page(&format!("/problems/{id}"))).await;
    for part in ["26 обращений", "Что делать", "Кому звонить", "Скорее всего, причина"]
    {
        browser.shows(part, 10).await;
    }
    let below = "const needed = ['Что видят пользователи', 'Что делать', 'Кому звонить', 'Причина']; \
                 return [...document.querySelectorAll('h2')].filter((h) => needed.includes(h.textContent) \
                 && h.getBoundingClientRect().top > innerHeight).map((h) => h.textContent)";
    assert_eq!(browser.script(below).await, json!([]), "below the first screen");
    until("the chart has something to show", 40, async || {
        let lines =
            browser.script("return document.querySelectorAll('svg.chart .line').length").await;
        (lines != 0).then_some(())
    })
    .await;
    browser.picture("case-ru").await;
    barriers(&browser, "one case").await;
    browser.press("c").await;
    browser.fill("details.act[open] textarea", "сеанс отчёта снимаем").await;
    browser.click("details.act[open] form button").await;
    browser.shows("Анна: сеанс отчёта снимаем", 10).await;

    // Handed over, and taken back again.
    browser.click("details[data-key='act hand_over'] summary").await;
    browser.fill("details.act[open] input[name=to]", "Пётр").await;
    browser.click("details.act[open] form button").await;
    browser.shows("не входил никто с именем «Пётр»", 10).await;
    browser.click("#sure").await;
    browser.shows("в работе: Пётр", 10).await;
    browser.click("[data-hotkey=u]").await;
    browser.shows("в работе: Анна", 10).await;

    // Six tabs and the wall: when the engine hangs, all of them say so within twenty seconds.
    let first = browser.this_tab().await;
    let mut tabs = vec![first.clone()];
    for _ in 0..5 {
        tabs.push(browser.tab().await);
        browser.open(&page(&format!("/problems/{id}"))).await;
    }
    tabs.push(browser.tab().await);
    browser.open(&page("/wall")).await;
    browser.shows("БД CRM", 10).await;
    browser.size(1920, 1080).await;
    browser.picture("wall-ru").await;
    engine.freeze(true);
    let began = std::time::Instant::now();
    for tab in &tabs {
        browser.turn_to(tab).await;
        until("a frozen engine shows", 20, async || {
            let is_red = browser.script("return document.body.classList.contains('stale')").await;
            (is_red == true).then_some(())
        })
        .await;
    }
    assert!(began.elapsed().as_secs() <= 20, "{:?}", began.elapsed());
    browser.picture("wall-frozen-ru").await;
    engine.freeze(false);
    for tab in &tabs {
        browser.turn_to(tab).await;
        until("it shows that the engine answers again", 20, async || {
            let is_red = browser.script("return document.body.classList.contains('stale')").await;
            (is_red == false).then_some(())
        })
        .await;
    }
    browser.turn_to(&first).await;

    // Morning: the problem manager takes a ticket out, thinks better of it, and exports the register.
    browser.click("form[action='/sign-out'] button").await;
    browser.shows("Вход", 10).await;
    come_in(&browser, &engine, "Мария", "problem-manager").await;
    browser.open(&page(&format!("/problems/{id}"))).await;
    browser.click(".tickets input[name=signals]").await;
    browser.click("details[data-key='act members'] summary").await;
    browser.click("button[value=split]").await;
    browser.shows("что произойдёт", 10).await;
    browser.picture("preview-ru").await;
    browser.click("#sure").await;
    browser.shows("выделено в отдельную", 10).await;
    browser.shows("Мария выделяет в", 10).await;
    browser.click("[data-hotkey=u]").await;
    browser.shows("действие отменено", 10).await;
    let tickets = &engine.get(&format!("/api/v1/cases/{id}")).await["tickets"];
    assert_eq!(tickets, &json!(26));
    let register = "return fetch('/review/export.csv').then((answer) => answer.text())";
    let register = browser.script(register).await;
    assert!(register.as_str().unwrap().contains(&id), "{register}");

    // Every page, in both languages, light and dark, on a desk and on a phone: nothing sticks out, no barriers.
    for (name, path) in [
        ("shift", "/problems"),
        ("case", &*format!("/problems/{id}")),
        ("tickets", "/tickets"),
        ("systems", "/systems"),
        ("system", "/systems/crm-db"),
        ("sources", "/sources"),
        ("rules", "/rules"),
        ("runbooks", "/runbooks/postgres"),
        ("review", "/review"),
        ("sort", &*format!("/review/sort?left={id}")),
        ("conclusion", &*format!("/review/case/{id}")),
        ("trial", "/review/rule/postgres/pg-lock-wait"),
        ("wall", "/wall"),
    ] {
        for language in ["ru", "en"] {
            browser.open(&page(&format!("/language/{language}"))).await;
            browser.open(&page(path)).await;
            for (scheme, width, height) in
                [("light", 1366, 768), ("dark", 1366, 768), ("dark", 390, 844), ("light", 320, 640)]
            {
                browser.prefers(scheme).await;
                browser.size(width, height).await;
                browser.fits().await;
                browser.picture(&format!("{name}-{language}-{scheme}-{width}")).await;
            }
            browser.size(1366, 768).await;
            if language == "ru" {
                for scheme in ["dark", "light"] {
                    browser.prefers(scheme).await;
                    browser.open(&page(path)).await;
                    barriers(&browser, &format!("{path}, {scheme}")).await;
                }
            }
        }
    }
    browser.open(&page("/language/ru")).await;

    // Resolved with what was done; what it would do is read first.
    browser.open(&page(&format!("/problems/{id}"))).await;
    fault.heal();
    browser.press("r").await;
    browser.fill("details.act[open] input[name=reason]", "сеанс снят").await;
    browser.click("details.act[open] form button").await;
    browser.shows("что произойдёт", 10).await;
    browser.click("#sure").await;
    browser.shows("Мария отмечает проблему устранённой — сеанс снят", 10).await;
    // It returns: the same trouble again is the same case, and is seen on the list.
    engine.reaches(&id, "resolved", 10).await;
    let fault = ground.fault("pg-lock-wait");
    until("the case is back", 60, async || {
        let case = engine.get(&format!("/api/v1/cases/{id}")).await;
        (case["state"] == "open" && case["reopened"] != 0).then_some(())
    })
    .await;
    browser.open(&page("/problems")).await;
    until("the row is open", 20, async || {
        let row = format!("return document.querySelector('tr.open[data-case={id}]') !== null");
        (browser.script(&row).await == true).then_some(())
    })
    .await;
    browser.picture("returned-ru").await;
    // The problem manager merges two, reads what that will do first, and names the cause.
    browser.script("document.querySelectorAll('tr[data-case] input[name=case]').forEach((box) => box.click())").await;
    browser.click("button[value=merge]").await;
    browser.shows("что произойдёт", 10).await;
    browser.click("#sure").await;
    browser.shows("объединен", 10).await;
    // Into the one that stood first: the other one, if what came back touches fewer users than that.
    let left = engine.problems("open,acknowledged").await;
    let is_whole = |case: &&Value| case["systems"].to_string().contains("crm-db");
    let whole = left.iter().find(is_whole).unwrap()["id"].as_str().unwrap().to_owned();
    browser.open(&page(&format!("/problems/{whole}"))).await;
    browser.click("details[data-key='act cause'] summary").await;
    browser.script("document.querySelector('details.act[open] select').value = 'crm-db'").await;
    browser.click("details.act[open] form button").await;
    browser.shows("что произойдёт", 10).await;
    browser.click("#sure").await;
    browser.shows("Указал человек: Мария", 10).await;
    fault.heal();
    let complaints: Vec<String> = browser.complaints().await;
    let complaints: Vec<&String> =
        complaints.iter().filter(|line| !line.contains("401") && !line.contains("pulse")).collect();
    assert!(complaints.is_empty(), "{complaints:?}");
}
