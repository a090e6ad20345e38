//! «Разбор»: two cases side by side, what is concluded of a case, a threshold tried.

use super::lists::{form, three};
use serde_json::{Value, json};

use super::{Running, quiet_site, readable};
use crate::app::site::Site;
use crate::fold::Event;
use crate::store::{Access, AccessKind, Role};

/// The fields of a form of a page, by the form's id, with the boxes that belong to it.
fn fields(page: &str, id: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        let marks = [("&quot;", "\""), ("&#34;", "\""), ("&#38;", "&"), ("&amp;", "&")];
        marks.iter().fold(text.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
    };
    let body = regex::Regex::new(&format!("(?s)<form[^>]*id=\"{id}\">(.*?)</form>")).unwrap();
    let body = body.captures(page).map(|found| found[1].to_owned()).unwrap_or_default();
    let input =
        regex::Regex::new("<input type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]*)\"").unwrap();
    let hidden = input.captures_iter(&body).map(|f| (f[1].to_owned(), unescaped(&f[2])));
    let ticks = format!("name=\"(signals)\" value=\"([^\"]*)\" form=\"{id}\"");
    let ticks = regex::Regex::new(&ticks).unwrap();
    let ticks = ticks.captures_iter(page).map(|f| (f[1].to_owned(), unescaped(&f[2])));
    hidden.chain(ticks).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Boxes and buttons alone: one act with its preview, the columns again after it, and the way back.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_moved_from_column_to_column() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let sort = "/review/sort?left=PRB-000001&right=PRB-000002";
    let (status, page) = one.get(sort).await;
    assert_eq!(status, 200);
    assert!(page.contains("static/sort.js") && page.contains("2026112910000777"), "{page}");
    assert!(!one.get("/problems").await.1.contains("sort.js"), "the script is for this page alone");
    let all = fields(&page, "move-left");
    assert_eq!(all.iter().filter(|(name, _)| name == "signals").count(), 2, "{all:?}");
    // The ticket alone goes.
    let mut going = all.clone();
    going.retain(|(name, value)| name != "signals" || value == "ticket:7");
    let tickets = async |id| one.case(id).await["tickets"].clone();
    assert_eq!(form(&one, "/problems/act", &borrowed(&going)).await.0, 200, "read first");
    assert_eq!((tickets("PRB-000001").await, tickets("PRB-000002").await), (1.into(), 0.into()));
    let mut sure = borrowed(&going);
    sure.push(("sure", "1"));
    let (status, to) = form(&one, "/problems/act", &sure).await;
    assert_eq!(status, 303);
    assert!(to.starts_with(&format!("{sort}&done=PRB-000001.")), "{to}");
    assert_eq!((tickets("PRB-000001").await, tickets("PRB-000002").await), (0.into(), 1.into()));
    let (_, page) = one.get(&to).await;
    assert!(page.contains("PRB-000001: перенесено."), "{}", readable(&page));
    let act = to.rsplit('.').next().unwrap();
    let undo = [("case", "PRB-000001"), ("verb", "undo"), ("act", act), ("back", "sort")];
    let ends = [("left", "PRB-000001"), ("right", "https://evil.example")];
    let undo: Vec<(&str, &str)> = undo.into_iter().chain(ends).collect();
    let (_, to) = form(&one, "/problems/act", &undo).await;
    assert_eq!(to, "/review/sort?left=PRB-000001&right=new&done=PRB-000001.undo");
    assert_eq!(tickets("PRB-000001").await, 1);
    // Who saw an older version does nothing.
    assert_eq!(form(&one, "/problems/act", &sure).await.0, 409);
    one.app.stop().await;
}

/// On the right there may be nobody yet: then what goes becomes a case of its own. And two become one.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_new_is_a_split_and_all_of_it_is_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let (_, page) = one.get("/review/sort?case=PRB-000001").await;
    let mut split = fields(&page, "move-left");
    split.retain(|(name, value)| name != "signals" || value == "ticket:7");
    assert!(split.contains(&("verb".into(), "split".into())), "{split:?}");
    split.push(("sure".into(), "1".into()));
    assert_eq!(form(&one, "/problems/act", &borrowed(&split)).await.0, 303);
    let split_off = one.case("PRB-000001").await["links"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(one.case(&split_off).await["tickets"], 1);
    let (_, page) = one.get(&format!("/review/sort?case={split_off}&case=PRB-000003")).await;
    assert!(
        page.contains(&format!("Объединить: всё из PRB-000003 перейдёт в {split_off}")),
        "{page}"
    );
    let mut merge = fields(&page, "merge-right");
    assert_eq!(form(&one, "/problems/act", &borrowed(&merge)).await.0, 200, "read first");
    merge.push(("sure".into(), "1".into()));
    let (status, to) = form(&one, "/problems/act", &borrowed(&merge)).await;
    assert_eq!(status, 303);
    assert!(to.starts_with(&format!("/review/sort?left={split_off}&right=new&done=")), "{to}");
    assert_eq!(one.case("PRB-000003").await["merged_into"], split_off.as_str());
    assert_eq!(one.get("/review/sort").await.0, 200);
    assert_eq!(one.get("/review/sort?left=PRB-000099").await.0, 404);
    one.app.stop().await;
}

/// A case that is closed and in the archive: the acts of the core reach it no more.
async fn archived(one: &Running, id: &str) {
    let fields = [("case", id), ("verb", "resolve"), ("reason", "готово"), ("sure", "1")];
    assert_eq!(form(one, "/problems/act", &fields).await.0, 303);
    let later = one.app.parts.clock.now().plus_millis(86_400_000);
    one.app.parts.clock.at_least(later);
    for _ in 0..3 {
        one.app.engine().submit(Event::Tick).await.unwrap();
    }
    assert!(one.app.engine().case(id.parse().unwrap()).is_none(), "not archived");
}

/// Written when it is long over, overdue on top of the page, on the case's page, in the exports, and taken back.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_concluded_is_kept_shown_exported_and_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let page = "/review/case/PRB-000001";
    // As long as it is open it is confirmed or rejected by an act.
    let early = [("judgement", "rejected"), ("expects", "0")];
    assert_eq!(form(&one, page, &early).await.0, 409);
    archived(&one, "PRB-000001").await;
    let fields = [
        ("judgement", "confirmed"),
        ("cause", "=долгий отчёт держал блокировку"),
        ("measure", "<b>перенести отчёт на ночь</b>"),
        ("owner", "Петров"),
        ("due", "2026-01-15"),
        ("expects", "0"),
    ];
    let (status, to) = form(&one, page, &fields).await;
    assert_eq!((status, to.as_str()), (303, "/review/case/PRB-000001?done=1"));
    assert_eq!(form(&one, page, &fields).await.0, 409, "somebody was faster");
    let (_, review) = one.get("/review").await;
    let said = readable(&review);
    assert!(
        said.contains("Просроченные меры") && said.contains("Петров, до ⟨date⟩, просрочено"),
        "{said}"
    );
    assert!(!review.contains("<b>перенести"), "what is typed is a text");
    let (_, case) = one.get("/problems/PRB-000001").await;
    assert!(readable(&case).contains("долгий отчёт держал блокировку"), "{}", readable(&case));
    let (_, csv) = one.get("/review/export.csv").await;
    let line = csv.lines().find(|line| line.starts_with("\"PRB-000001\"")).unwrap();
    assert!(line.ends_with(
        "\"подтверждена\";\"'=долгий отчёт держал блокировку\";\"<b>перенести отчёт на ночь</b>\";\"Петров\";\"15.01.2026\";\"нет\""
    ), "{line}");
    let url = format!("http://{}/review/export.xlsx", one.app.address());
    let answer = one.http.get(url).bearer_auth(&one.token).send().await.unwrap();
    assert!(answer.headers()["content-disposition"].to_str().unwrap().contains("vakhta.xlsx"));
    let body = std::io::Cursor::new(answer.bytes().await.unwrap());
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(body).unwrap();
    let sheet = calamine::Reader::worksheet_range(&mut book, "Проблемы").unwrap();
    let rows: Vec<&[calamine::Data]> = sheet.rows().collect();
    assert_eq!((rows.len(), rows[0][19].to_string().as_str()), (4, "Отвечает"));
    let row =
        rows.iter().find(|row| row[0] == calamine::Data::String("PRB-000001".into())).unwrap();
    assert_eq!(row[17].to_string(), "=долгий отчёт держал блокировку");
    assert!(
        matches!(row[4], calamine::Data::DateTime(_))
            && matches!(row[20], calamine::Data::DateTime(_))
    );
    assert_eq!(row[9], calamine::Data::Float(1.0), "tickets are a number");
    // Done: it is no longer waited for; taken back: it is again.
    let done = fields.iter().filter(|(name, _)| *name != "expects").copied();
    let done: Vec<(&str, &str)> = done.chain([("done", "1"), ("expects", "1")]).collect();
    assert_eq!(form(&one, page, &done).await.0, 303);
    assert!(!one.get("/review").await.1.contains("Просроченные меры"));
    assert_eq!(form(&one, &format!("{page}/undo"), &[("number", "2")]).await.0, 303);
    assert!(one.get("/review").await.1.contains("Просроченные меры"));
    let (_, history) = one.get(page).await;
    assert!(readable(&history).contains("(отменено)"), "{}", readable(&history));
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_conclude_too() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let path = "/api/v1/cases/PRB-000002/conclusion";
    let put = async |body: Value| {
        let url = format!("http://{}{path}", one.app.address());
        let answer = one.http.put(url).bearer_auth(&one.token).json(&body).send().await.unwrap();
        (answer.status().as_u16(), answer.json::<Value>().await.unwrap())
    };
    let body = json!({"measure": "поставить диск", "owner": "Петров", "due": "2026-01-15"});
    assert_eq!(put(body.clone()).await, (200, json!({"number": 1})));
    for wrong in [
        json!({"measure": "x", "due": "15.01.2026"}),
        json!({"due": "2026-01-15", "expects": 1}),
        json!({"mesure": "x"}),
        json!({"measure": "x", "judgement": "perhaps"}),
    ] {
        assert_eq!(put(wrong.clone()).await.0, 400, "{wrong}");
    }
    assert_eq!(put(body).await.0, 409);
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let duty = Access::new("Сидоров", Role::Duty);
    let token = store.add_access(AccessKind::Bearer, &duty, now, None).await.unwrap();
    let url = format!("http://{}{path}", one.app.address());
    let request = one.http.put(url).bearer_auth(token).json(&json!({"measure": "x", "expects": 1}));
    assert_eq!(request.send().await.unwrap().status().as_u16(), 403);
    let list = async |path: &str| -> Value {
        let (status, text) = one.get(path).await;
        assert_eq!(status, 200, "{text}");
        serde_json::from_str::<Value>(&text).unwrap()["items"].clone()
    };
    let overdue = list("/api/v1/measures?overdue=true").await;
    assert_eq!((&overdue[0]["case"], &overdue[0]["by"]), (&json!("PRB-000002"), &json!("Иванова")));
    assert_eq!(list("/api/v1/measures?overdue=false").await, json!([]));
    let (status, after) = one.post(&format!("{path}/undo"), &json!({"number": 1})).await;
    assert_eq!((status, &after["items"][0]["undone"]), (200, &json!(true)));
    assert_eq!(one.post(&format!("{path}/undo"), &json!({"number": 1})).await.0, 409);
    assert_eq!(list("/api/v1/measures").await, json!([]));
    let (_, description) = one.get("/api/v1/openapi.json").await;
    assert!(description.contains(r"/api/v1/cases/{id}/conclusion/undo"));
    one.app.stop().await;
}

/// A site's own limits are marked, and what it does without is shown, so that its silence can be explained.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_site_has_made_of_the_rules_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let mut errors = crate::config::Diagnostics::default();
    let wishes = "host-process-files: {enabled: false}\npg-archive-behind: {hold: 9m}\n";
    let node = crate::config::parse("vakhta.yaml", wishes, &mut errors).unwrap();
    let wishes = crate::detect::Adjustments::read(&node, &mut errors);
    let packs = crate::detect::Packs::shipped_and(&[], wishes, &mut errors);
    let site = Site { packs: std::sync::Arc::new(packs), ..quiet_site() };
    let one = Running::start(site, folder.path()).await;
    let (_, page) = one.get("/rules").await;
    let row = |id: &str| {
        let row = page.split("<tr ").find(|row| row.starts_with(&format!("data-key=\"{id}\"")));
        readable(row.unwrap())
    };
    assert!(row("host-process-files").contains("выключено в vakhta.yaml"), "{page}");
    assert!(row("pg-archive-behind").contains("изменено в vakhta.yaml"), "{page}");
    assert!(!row("pg-archive-failing").contains("vakhta.yaml"), "{page}");
    assert!(one.get("/review/rule/postgres/pg-archive-behind").await.1.contains("изменено"));
    one.app.stop().await;
}

/// The engine's own rules over its own samples: the only ones that a site without sources has.
#[tokio::test(flavor = "multi_thread")]
async fn a_threshold_is_tried_on_the_samples_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (_, rules) = one.get("/rules").await;
    let link = regex::Regex::new("href=\"(/review/rule/[a-z]+/[a-z0-9-]+)\"").unwrap();
    let field =
        regex::Regex::new("name=\"((?:level-)?[a-z]+)\" value=\"([^\"]*)\" inputmode").unwrap();
    let (mut tried, mut others) = (0, 0);
    for found in link.captures_iter(&rules) {
        let (status, page) = one.get(&found[1]).await;
        assert_eq!(status, 200, "{}", &found[1]);
        let fields: Vec<(String, String)> =
            field.captures_iter(&page).map(|f| (f[1].to_owned(), f[2].to_owned())).collect();
        assert!(!page.contains("trial-"), "no text for {}", &found[1]);
        if fields.is_empty() {
            others += 1;
            assert!(page.contains("class=\"notice\""), "{}", readable(&page));
        }
        if fields.is_empty() || !found[1].contains("/engine/") {
            continue;
        }
        let query = fields.iter().map(|(name, value)| format!("&{name}={value}"));
        let path = format!("{}?try=1{}", &found[1], query.collect::<String>());
        // The first samples come with the first beat of the engine.
        let mut said = String::new();
        for _ in 0..2_000 {
            said = readable(&one.get(&path).await.1);
            if said.contains("По записанным данным с") {
                break;
            }
        }
        assert!(
            said.contains("По записанным данным с") && said.contains("Записано меньше семи дней"),
            "{said}"
        );
        assert!(said.contains("Пропало бы: 0, добавилось бы: 0"), "{said}");
        tried += 1;
        let upside = path.replace("level-", "x-");
        let (_, page) = one.get(&upside).await;
        assert!(page.contains("Впишите числа"), "{}", readable(&page));
    }
    let all = one.app.parts.rules.read();
    let without = all.rules().filter(|rule| rule.limits().is_none()).count();
    assert!(tried > 3 && others > 5 && others == without, "{tried} {others} {without}");
    assert_eq!(one.get("/review/rule/engine/none").await.0, 404);
    // What was tried can be had: the lines to write, of what is other alone.
    let path = "/review/rule/host/host-process-files?try=1&level-warning=0,85&level-critical=0.95&clear=0.7&hold=90";
    let page = readable(&one.get(path).await.1);
    assert!(
        page.contains("host-process-files: {raise: {warning: 0.85, critical: 0.95}, hold: 90s}"),
        "{page}"
    );
    let (_, page) = one.get(&path.replace("0,85", "0.8").replace("=90", "=60")).await;
    assert!(!page.contains("data-copy=\"rules:"), "nothing is other");
    let stopping = one.app.parts.clock.now();
    one.app.stop().await;
    // And the samples are there the next time.
    let recording = crate::store::Recording::open(&folder.path().join("samples.sqlite")).await;
    let until = recording.unwrap().until("up").await.unwrap();
    assert!(until.values().any(|until| stopping.seconds_since(*until) < 60.0), "{until:?}");
}
