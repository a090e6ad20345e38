//! Runbooks as the shift meets them: in the visitor's language, with what is on the page, and linked only where they are.

use super::{Running, quiet_site};
use crate::app::site::Site;

const PACK: &str = "
pack: own
source: prometheus
rules:
  - id: app-slow
    expr: app_latency_seconds
    role: symptom
    impact: slow
    threshold: {raise: {warning: 1}, clear: 0.5}
    title: {ru: 'ответ за {value}', en: 'answers in {value}'}
    advice: {ru: посмотреть, en: look}
    runbook: docs/runbooks/billing.md#app-slow
    tests:
      - {name: slow, interval: 10s, series: {'app_latency_seconds{instance=\"a\",system=\"wfm\"}': '0.1 6'},
         expect: [{at: 0s, findings: []}, {at: 10s, findings: [{severity: warning}]}]}
";

#[tokio::test(flavor = "multi_thread")]
async fn a_runbook_speaks_the_visitors_language() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (_, index) = one.get("/runbooks").await;
    assert!(index.contains("<a href=\"/runbooks/postgres#pg-down\">Сервер базы не отвечает</a>"));
    let (_, page) = one.get("/runbooks/postgres").await;
    let order =
        ["<h1>PostgreSQL: что делать", "href=\"#pg-down\"", "<h2 id=\"pg-down\">Сервер базы"];
    let places: Vec<_> = order.iter().map(|part| page.find(part).expect(part)).collect();
    assert!(places.is_sorted(), "{places:?}");
    assert!(page.contains("data-copy=\"df -h\""));
    assert!(!page.contains("What users see"), "one language a page");

    let url = format!("http://{}/runbooks/postgres", one.app.address());
    let request = one.http.get(url).bearer_auth(&one.token).header("cookie", "vakhta_language=en");
    let page = request.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("What users see") && !page.contains("Что видят"), "one language a page");
    assert_eq!(one.get("/runbooks/billing").await.0, 404);
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_served_is_doubted_and_not_linked() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("packs")).unwrap();
    std::fs::write(folder.path().join("packs/own.yaml"), PACK).unwrap();
    let file = folder.path().join("vakhta.yaml");
    std::fs::write(&file, "packs: packs\n").unwrap();
    let site = Site::load(&file).unwrap();
    let said = "rule app-slow: there is no runbook docs/runbooks/billing.md#app-slow";
    let catalogue = crate::i18n::Catalogue::default();
    let doubts = site.doubts();
    let said_of = |doubt: &crate::model::Message| {
        catalogue.render(doubt, crate::model::Language::En, &crate::topology::Topology::default())
    };
    let doubts: Vec<String> = doubts.iter().map(said_of).collect();
    assert!(doubts.iter().any(|doubt| doubt.starts_with(said)), "{doubts:?}");
    let others = doubts.iter().filter(|doubt| doubt.contains("runbook")).count();
    assert_eq!(others, 1, "the shipped ones are all there: {doubts:?}");

    let one = Running::start(site, &folder.path().join("data")).await;
    let (_, rules) = one.get("/rules").await;
    assert!(rules.contains("app-slow") && !rules.contains("billing"), "no link that leads nowhere");
    assert!(rules.contains("href=\"/runbooks/postgres#pg-down\""));
    one.app.stop().await;
}
