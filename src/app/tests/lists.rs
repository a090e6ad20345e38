//! What the shift's list can do: filters in the address, search, named lists, bulk acts; and pages that stay true.

use serde_json::json;

use super::{Running, alert, quiet_site, readable};
use crate::fold::Event;
use crate::fold::tests::world::ticket;

pub(super) async fn form(one: &Running, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{}{path}", one.app.address());
    let answer = http.post(url).bearer_auth(&one.token).form(fields).send().await.unwrap();
    let to = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
    (answer.status().as_u16(), to.unwrap_or_default())
}

fn lists(page: &str) -> Vec<String> {
    let row = regex::Regex::new("data-case=\"([A-Z]+-[0-9]+)\"").unwrap();
    row.captures_iter(page).map(|found| found[1].to_owned()).collect()
}

/// Three cases: a lock chain with a ticket, a full disk, a queue.
pub(super) async fn three(one: &Running) {
    let labels = json!({"alertname": "LockWait", "system": "crm-db", "severity": "critical", "impact": "slow"});
    let body = json!([{"labels": labels, "annotations": {"summary": "очередь на блокировки"}}]);
    one.post("/api/v1/alerts", &body).await;
    let mut disk = alert("DiskFull", "cpe");
    disk[0]["annotations"] = json!({"summary": "диск заполнен"});
    disk[0]["labels"]["severity"] = json!("high");
    one.post("/api/v1/alerts", &disk).await;
    let mut queue = alert("Queue", "sms-gateway");
    queue[0]["labels"]["severity"] = json!("warning");
    one.post("/api/v1/alerts", &queue).await;
    let now = one.app.parts.clock.now();
    let mut slow = ticket(7, "Тормозит CRM | Карточки абонентов открываются по две минуты", 0);
    (slow.created, slow.changed, slow.number) = (now, now, "2026112910000777".into());
    one.app.engine().submit(Event::Ticket(Box::new(slow))).await.unwrap();
}

/// B2: filters in the address, for pages and programs alike.
#[tokio::test(flavor = "multi_thread")]
async fn lists_are_narrowed_by_their_address() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let (_, page) = one.get("/problems").await;
    assert_eq!(lists(&page), ["PRB-000001", "PRB-000002", "PRB-000003"], "{}", readable(&page));
    form(&one, "/problems/act", &[("case", "PRB-000002"), ("verb", "take")]).await;
    for (query, expected) in [
        ("?severity=high", &["PRB-000001", "PRB-000002"][..]),
        ("?severity=critical", &["PRB-000001"]),
        ("?system=cpe", &["PRB-000002"]),
        ("?owner=me", &["PRB-000002"]),
        ("?owner=nobody", &["PRB-000001", "PRB-000003"]),
        ("?hours=8", &["PRB-000001", "PRB-000003", "PRB-000002"]),
        ("?closed=1", &[]),
    ] {
        let (_, page) = one.get(&format!("/problems{query}")).await;
        assert_eq!(lists(&page), expected, "{query}");
        let (_, answer) =
            one.get(&format!("/api/v1/cases{}", query.replace("closed=1", "state=closed"))).await;
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        let mut found: Vec<&str> =
            answer["items"].as_array().unwrap().iter().map(|c| c["id"].as_str().unwrap()).collect();
        let mut expected = expected.to_vec();
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(one.get("/problems?severity=bad").await.0, 400);
    assert_eq!(
        one.get("/api/v1/cases?severety=high").await.0,
        400,
        "a word that is not known is no filter"
    );
    one.app.stop().await;
}

/// B2: words in any form, numbers and ids, while a case is open and when it is in the archive.
#[tokio::test(flavor = "multi_thread")]
async fn cases_are_found_by_what_was_said_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let found = async |q: &str| {
        let url = reqwest::Url::parse_with_params("http://x/problems", [("q", q)]).unwrap();
        lists(&one.get(&format!("/problems?{}", url.query().unwrap())).await.1)
    };
    let check = async || {
        for q in ["prb-000001", "блокировка", "карточку абонента", "2026112910000777"]
        {
            assert_eq!(found(q).await, ["PRB-000001"], "{q}");
        }
        for q in ["диска", "дисков"] {
            assert_eq!(found(q).await, ["PRB-000002"], "{q}");
        }
        for q in ["принтер", "PRB-000999", "\" OR words:*", "карточки принтера"]
        {
            assert_eq!(found(q).await, [""; 0], "{q}");
        }
    };
    check().await;
    for case in ["PRB-000001", "PRB-000002"] {
        let fields = [("case", case), ("verb", "resolve"), ("reason", "готово"), ("sure", "1")];
        assert_eq!(form(&one, "/problems/act", &fields).await.0, 303);
    }
    // Time goes on for the core until both are archived.
    let later = one.app.parts.clock.now().plus_millis(3 * 86_400_000);
    one.app.parts.clock.at_least(later);
    for _ in 0..3 {
        one.app.engine().submit(Event::Tick).await.unwrap();
    }
    assert!(one.app.engine().case("PRB-000001".parse().unwrap()).is_none(), "not archived");
    check().await;
    let (_, page) = one.get("/problems?closed=1").await;
    assert_eq!(lists(&page).len(), 2, "{}", readable(&page));
    one.app.stop().await;
}

/// A filter that lets one of many through finds it however deep it lies, on the page and page by page in REST.
#[tokio::test(flavor = "multi_thread")]
async fn closed_cases_are_found_however_deep_they_lie() {
    use crate::fold::State;
    use crate::fold::tests::world::{SECOND, START, lock_chain, settings};
    use crate::i18n::Catalogue;
    use crate::model::{CaseId, CaseKind, CaseState, Time};
    use crate::store::{Append, Store};
    // Deeper than one look through the archive reaches.
    const DEEP: i64 = 5_300;
    let folder = tempfile::tempdir().unwrap();
    let (mut state, catalogue) = (State::default(), Catalogue::default());
    state.step(Time(START), &Event::Configured(Box::new(settings())), &catalogue);
    state.step(Time(START + SECOND), &Event::Finding(Box::new(lock_chain())), &catalogue);
    let one = state.detail("PRB-000001".parse().unwrap()).unwrap();
    let archived = (0..DEEP).map(|n| {
        let mut case = one.clone();
        case.summary.id =
            CaseId { kind: CaseKind::Problem, number: 9_000 - u64::try_from(n).unwrap() };
        case.summary.opened_at = Time(START - n * 60_000);
        (case.summary.state, case.summary.closed_at) = (CaseState::Closed, Some(Time(START)));
        if n == DEEP - 1 {
            case.summary.systems = vec!["cpe".into()];
        }
        case
    });
    let store = Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap();
    let append = Append { archived: archived.collect(), ..Append::default() };
    store.append(0, &append).await.unwrap();
    store.close().await;
    let one = Running::start(quiet_site(), folder.path()).await;
    for (query, expected) in [("&system=cpe", 1), ("&system=crm-db", DEEP - 1), ("", DEEP)] {
        let (mut seen, mut after) = (std::collections::BTreeSet::new(), String::new());
        loop {
            let (_, answer) =
                one.get(&format!("/api/v1/cases?state=closed&limit=150{query}{after}")).await;
            let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
            for case in answer["items"].as_array().unwrap() {
                assert!(seen.insert(case["id"].as_str().unwrap().to_owned()), "{case} twice");
            }
            match answer["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
        assert_eq!(i64::try_from(seen.len()).unwrap(), expected, "{query}");
    }
    // Page by page to the last row, by the link that people press, also where a page shows nothing.
    let link = regex::Regex::new("href=\"(/problems[^\"]*after=[^\"]*)\"").unwrap();
    for (query, expected) in [("", DEEP), ("&system=cpe", 1)] {
        let (mut rows, mut path) = (0, format!("/problems?closed=1{query}"));
        loop {
            let (_, page) = one.get(&path).await;
            rows += lists(&page).len();
            let Some(next) = link.captures(&page) else { break };
            path = next[1].replace("&amp;", "&").replace("&#38;", "&");
        }
        assert_eq!(i64::try_from(rows).unwrap(), expected, "{query}");
    }
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_a_name_and_belongs_to_who_named_it() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let fields = [("name", "Склад"), ("query", "?system=cpe")];
    assert_eq!(form(&one, "/views", &fields).await, (303, "/problems?system=cpe".into()));
    let (_, page) = one.get("/problems?system=cpe").await;
    assert!(page.contains("★ Склад"), "{}", readable(&page));
    for query in ["https://evil.example", "//evil.example", ""] {
        assert_eq!(form(&one, "/views", &[("name", "x"), ("query", query)]).await.1, "/problems");
    }
    form(&one, "/views/drop", &[("name", "Склад")]).await;
    assert!(!one.get("/problems").await.1.contains("★ Склад"));
    one.app.stop().await;
}

/// Several at once: what has consequences is shown for each of them first, and what cannot be done is said.
#[tokio::test(flavor = "multi_thread")]
async fn several_cases_are_decided_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let all = [("case", "PRB-000001"), ("case", "PRB-000002"), ("verb", "take"), ("back", "list")];
    assert_eq!(form(&one, "/problems/act", &all).await.0, 200, "each with its way back");
    assert_eq!(one.case("PRB-000002").await["state"], "acknowledged");
    let merge = [("case", "PRB-000002"), ("case", "PRB-000003"), ("verb", "merge")];
    assert_eq!(form(&one, "/problems/act", &merge).await.0, 200, "read first");
    assert_eq!(one.case("PRB-000003").await["state"], "open");
    let sure: Vec<(&str, &str)> = merge.into_iter().chain([("sure", "1")]).collect();
    assert_eq!(form(&one, "/problems/act", &sure).await.0, 303);
    assert_eq!(one.case("PRB-000003").await["merged_into"], "PRB-000002");
    assert_eq!(form(&one, "/problems/act", &[("verb", "take")]).await.0, 422, "which ones?");
    // Who looks at an old version is told what changed, in words.
    let stale = [
        ("case", "PRB-000001"),
        ("verb", "resolve"),
        ("expects", "1"),
        ("sure", "1"),
        ("reason", "x"),
    ];
    assert_eq!(form(&one, "/problems/act", &stale).await.0, 409);
    one.app.stop().await;
}

/// A1, A2: a page that says the same is not sent again, and one beat says how fresh everything is.
#[tokio::test(flavor = "multi_thread")]
async fn an_open_page_costs_little_and_says_how_fresh_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let ask = async |tag: &str| {
        let url = format!("http://{}/problems?closed=1", one.app.address());
        let request = one.http.get(url).bearer_auth(&one.token).header("if-none-match", tag);
        let answer = request.send().await.unwrap();
        let tag = answer.headers()["etag"].to_str().unwrap().to_owned();
        (answer.status().as_u16(), tag)
    };
    let (status, tag) = ask("").await;
    assert_eq!(status, 200);
    assert_eq!(ask(&tag).await, (304, tag.clone()));
    let (_, before) = one.get("/pulse").await;
    three(&one).await;
    let (_, after) = one.get("/pulse").await;
    let (before, after): (serde_json::Value, serde_json::Value) =
        (serde_json::from_str(&before).unwrap(), serde_json::from_str(&after).unwrap());
    assert_ne!(before["version"], after["version"]);
    assert_eq!(
        (&after["alive"], &after["untaken"], &after["news"][0]["id"]),
        (&json!(true), &json!(3), &json!("PRB-000001"))
    );
    one.app.stop().await;
}

/// A8: the samples around a case are there after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn charts_are_kept_with_their_case() {
    use crate::model::Time;
    use crate::store::ChartPoints;
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let finding = crate::fold::tests::world::lock_chain();
    let signal = finding.key.clone();
    one.app.engine().submit(Event::Finding(Box::new(finding))).await.unwrap();
    let points = (0..20).map(|n| (Time(n * 10_000), 5.0)).collect();
    let chart = ChartPoints { from: Time(0), until: Time(200_000), step: 10_000, points };
    let fewer = ChartPoints { points: vec![(Time(0), 1.0)], ..chart.clone() };
    let id = "PRB-000001".parse().unwrap();
    for kept in [&chart, &fewer] {
        let charts = std::collections::BTreeMap::from([(signal.clone(), kept.clone())]);
        one.app.parts.store.save_charts(id, &charts).await.unwrap();
    }
    one.app.stop().await;
    let two = Running::start(quiet_site(), folder.path()).await;
    let charts = two.app.parts.store.charts(id).await.unwrap();
    assert_eq!(charts.get(&signal), Some(&chart), "what has more stays");
    let (_, page) = two.get("/problems/PRB-000001").await;
    assert!(page.contains("class=\"line\""), "{}", readable(&page));
    two.app.stop().await;
}

/// A9, A12: resolving says what goes on all the same, before and after; a merged case leads to where it went.
#[tokio::test(flavor = "multi_thread")]
async fn pages_say_what_is_not_over_and_where_a_case_went() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let resolve = [("case", "PRB-000002"), ("verb", "resolve"), ("reason", "почистили")];
    let http = reqwest::Client::builder().build().unwrap();
    let url = format!("http://{}/problems/act", one.app.address());
    let asked = http.post(url).bearer_auth(&one.token).form(&resolve).send().await.unwrap();
    let preview = readable(&asked.text().await.unwrap());
    assert!(preview.contains("Ещё не закончилось: 1 срабатывание"), "{preview}");
    let sure: Vec<_> = resolve.into_iter().chain([("sure", "1")]).collect();
    assert_eq!(form(&one, "/problems/act", &sure).await.0, 303);
    let page = readable(&one.get("/problems/PRB-000002").await.1);
    assert!(page.contains("отметили устранённой, но ещё не закончилось"), "{page}");
    let page = readable(&one.get("/problems/PRB-000001").await.1);
    assert!(!page.contains("ещё не закончилось"), "{page}");
    let merge = [("case", "PRB-000003"), ("verb", "merge"), ("to", "PRB-000001"), ("sure", "1")];
    assert_eq!(form(&one, "/problems/act", &merge).await.0, 303);
    let (_, list) = one.get("/problems?closed=1").await;
    let row = list.split("<tr").find(|row| row.contains("data-case=\"PRB-000003\"")).unwrap();
    assert!(row.contains("href=\"/problems/PRB-000001\">объединена с PRB-000001"), "{row}");
    assert!(!row.contains(" мин") && !row.contains(" с<"), "it lasts no longer: {row}");
    one.app.stop().await;
}
