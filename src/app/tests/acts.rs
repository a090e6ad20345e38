//! Acts as a person presses them: what can be taken back, whom a case may be handed to, what is read before.

use serde_json::json;

use super::lists::{form, three};
use super::{Running, quiet_site, readable};
use crate::fold::Event;

/// Forms that undo something, by the number of the act.
fn undoable(page: &str) -> Vec<u64> {
    let field = regex::Regex::new(r#"name="act" value="([0-9]+)""#).unwrap();
    field.captures_iter(page).map(|found| found[1].parse().unwrap()).collect()
}

/// A way back that would be refused is not offered: only the last decision can be undone, and once.
#[tokio::test(flavor = "multi_thread")]
async fn only_what_can_be_undone_offers_it() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let case = ("case", "PRB-000002");
    let mut acts = Vec::new();
    for verb in ["take", "confirm"] {
        let (status, to) = form(&one, "/problems/act", &[case, ("verb", verb)]).await;
        assert_eq!(status, 303, "{to}");
        acts.push(to.rsplit_once('.').unwrap().1.parse::<u64>().unwrap());
    }
    let page = async |path: String| one.get(&path).await.1;
    let whole = page("/problems/PRB-000002".to_owned()).await;
    assert_eq!(undoable(&whole), acts[1..], "{}", readable(&whole));
    // The address of an earlier act, read again.
    let stale = page(format!("/problems/PRB-000002?done=PRB-000002.{}", acts[0])).await;
    assert_eq!(undoable(&stale), acts[1..], "{}", readable(&stale));
    for act in acts.iter().rev() {
        let act = act.to_string();
        let undo = [case, ("verb", "undo"), ("act", &act)];
        assert_eq!(form(&one, "/problems/act", &undo).await.0, 303);
    }
    let whole = page("/problems/PRB-000002".to_owned()).await;
    assert_eq!(undoable(&whole), [0_u64; 0], "{}", readable(&whole));
    one.app.stop().await;
}

/// Who is not known here can be named, after a word of warning; colleagues are offered.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_handed_to_a_stranger_only_on_second_thought() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let (_, page) = one.get("/problems/PRB-000001").await;
    assert!(page.contains("<option value=\"Иванова\">"), "whoever is signed in is offered");
    let hand_over = |to: &'static str| {
        [("case", "PRB-000001"), ("verb", "hand_over"), ("to", to), ("reason", "смена")]
    };
    let (status, to) = form(&one, "/problems/act", &hand_over("Ивонова")).await;
    assert_eq!((status, to.as_str()), (200, ""), "a page is read first");
    assert_eq!(one.case("PRB-000001").await["owner"], serde_json::Value::Null);
    let url = format!("http://{}/problems/act", one.app.address());
    let asked = one.http.post(url).bearer_auth(&one.token).form(&hand_over("Ивонова"));
    let page = asked.send().await.unwrap().text().await.unwrap();
    let said = readable(&page);
    assert!(said.contains("не входил никто с именем «Ивонова»"), "{said}");
    assert!(said.contains("«передать»: что произойдёт"), "{said}");
    let mut sure = hand_over("Ивонова").to_vec();
    sure.push(("sure", "1"));
    assert_eq!(form(&one, "/problems/act", &sure).await.0, 303);
    assert_eq!(one.case("PRB-000001").await["owner"], "Ивонова");
    // A colleague at once.
    assert_eq!(form(&one, "/problems/act", &hand_over("Иванова")).await.0, 303);
    assert_eq!(one.case("PRB-000001").await["owner"], "Иванова");
    one.app.stop().await;
}

/// Whoever looks at a case that has come back sees what is wrong now, and how much there was before.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_before_a_return_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let before = one.case("PRB-000001").await;
    assert_eq!((&before["tickets"], &before["findings"]), (&json!(1), &json!(1)), "{before}");
    let (clock, engine) = (&one.app.parts.clock, one.app.engine());
    let labels = json!({"alertname": "LockWait", "system": "crm-db", "severity": "critical", "impact": "slow"});
    let mut alert = json!([{"labels": labels, "endsAt": clock.now().to_string()}]);
    assert_eq!(one.post("/api/v1/alerts", &alert).await.0, 200);
    clock.at_least(clock.now().plus_millis(150_000));
    engine.submit(Event::Tick).await.unwrap();
    assert_eq!(one.case("PRB-000001").await["state"], "resolved");
    alert[0].as_object_mut().unwrap().remove("endsAt");
    assert_eq!(one.post("/api/v1/alerts", &alert).await.0, 200);
    let again = one.case("PRB-000001").await;
    assert_eq!((&again["state"], &again["reopened"]), (&json!("open"), &json!(1)), "{again}");
    assert_eq!((&again["tickets"], &again["findings"]), (&json!(0), &json!(1)), "{again}");
    let (_, page) = one.get("/problems/PRB-000001").await;
    let said = readable(&page);
    assert!(said.contains("До возвращения") && said.contains("1 обращение"), "{said}");
    assert!(
        said.contains("Карточки абонентов") || said.contains("Тормозит CRM"),
        "its ticket is there: {said}"
    );
    one.app.stop().await;
}

/// What another monitoring says of where to read on is there for who looks; nobody is told that there is no runbook.
#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_alert_leads_to_its_runbook_and_its_source() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let labels = json!({"alertname": "DiskFull", "system": "crm-db", "severity": "critical"});
    let alert = json!([{"labels": labels, "generatorURL": "http://prometheus.example/graph?g0.expr=up",
        "annotations": {"summary": "кончается место", "runbook_url": "https://wiki.example/disk#full"}}]);
    assert_eq!(one.post("/api/v1/alerts", &alert).await.0, 200);
    let (_, page) = one.get("/problems/PRB-000001").await;
    for link in ["https://wiki.example/disk#full", "http://prometheus.example/graph?g0.expr=up"] {
        assert!(page.contains(&format!("<a href=\"{link}\"")), "{link}");
    }
    assert!(!readable(&page).contains("Инструкции к этому оповещению нет"), "{page}");
    let member = &one.case("PRB-000001").await["members"][0];
    assert_eq!(member["runbook"], "https://wiki.example/disk#full", "{member}");
    one.app.stop().await;
}
