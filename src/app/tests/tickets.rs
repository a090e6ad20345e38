//! What tickets say: masked before it is kept anywhere, quoted, folded open, found, page by page.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::tickets::TicketIntake;
use super::{Running, as_recorded, quiet_site, readable};
use crate::collect::otrs::{FirstArticle, RawTicket};
use crate::config::Secret;
use crate::fold::Event;
use crate::fold::tests::world::ticket;
use crate::model::Time;
use crate::otrs::{Client, Config};
use crate::store::{Retention, TicketText};
use crate::telemetry::Metrics;

const EVIL: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";

/// What reads tickets, with a ticket system that nobody asks.
fn intake(one: &Running) -> TicketIntake {
    let parts = &one.app.parts;
    let config =
        Config::new("http://127.0.0.1:1".to_owned(), "engine", Secret::new("pw".to_owned()));
    TicketIntake {
        client: Arc::new(Client::new(config).unwrap()),
        engine: parts.engine.clone(),
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        sources: parts.sources.clone(),
        metrics: Metrics::new().unwrap(),
        polled: parts.polled.clone(),
    }
}

fn raw(id: u64, at: Time, title: &str, body: &str) -> RawTicket {
    let (subject, body) = (String::new(), body.to_owned());
    RawTicket {
        id,
        number: format!("20261129100{id:05}"),
        title: title.to_owned(),
        first: Some(FirstArticle { subject, body }),
        queue: "1ЛТП".into(),
        state: "new".into(),
        state_type: "new".into(),
        priority: "3 normal".into(),
        kind: String::new(),
        service: String::new(),
        customer_user: format!("u{id}"),
        created: at,
        changed: at,
        fields: BTreeMap::new(),
        problem: String::new(),
        mrf: "МРФ «Волга»".into(),
        last_article: 1,
        merged_into: String::new(),
        ours: false,
        channel: None,
        is_complete: true,
    }
}

/// A lock chain with three tickets about it: with a name, a phone, an account, a login and HTML in them.
async fn told(one: &Running, now: Time) {
    let labels = serde_json::json!({"alertname": "LockWait", "system": "crm-db", "severity": "critical",
        "impact": "slow"});
    one.post("/api/v1/alerts", &serde_json::json!([{"labels": labels}])).await;
    let tickets = vec![
        raw(
            7,
            now,
            "Тормозит БД CRM",
            "Добрый день! Карточка абонента Кузнецова Петра Сергеевича открывается две минуты. \
             ЛС 123456789012, телефон +7 912 345-67-89, логин kuznetsov_ps. С уважением, Сидорова Анна",
        ),
        raw(8, now, "База CRM тормозит", "Карточки абонентов открываются очень долго, база висит."),
        raw(9, now, "Долго в БД CRM", &format!("{EVIL} Карточка открывается долго {EVIL}")),
    ];
    assert!(intake(one).take(tickets, &[7; 32]).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_masked_before_they_are_kept_and_shown_as_text() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let now = one.app.parts.clock.now();
    told(&one, now).await;
    let page = async |path: &str| {
        let (status, page) = one.get(path).await;
        assert_eq!(status, 200, "{path}");
        page
    };
    let case = page("/problems/PRB-000001").await;
    let said = readable(&case);
    // Quoted in the sentence that tells most, not by the title alone.
    let quote = "<blockquote>Карточки абонентов открываются очень долго, база висит.";
    assert!(case.contains(quote), "{said}");
    assert!(said.contains("открывается две минуты"), "{said}");
    // Folded open beside each ticket, and on a page of its own.
    assert_eq!(case.matches("<details class=\"text\"").count(), 3, "{said}");
    for path in ["/problems/PRB-000001", "/tickets", "/tickets/7", "/tickets/9"] {
        let page = page(path).await;
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        for secret in
            ["Кузнецов", "Сергеевич", "Сидорова", "912 345", "123456789012", "kuznetsov_ps"]
        {
            assert!(!page.contains(secret), "{path}: {secret}");
        }
    }
    let own = readable(&page("/tickets/7").await);
    assert!(own.contains("открывается две минуты") && own.contains("‹ЛС›"), "{own}");
    assert!(readable(&page("/tickets/9").await).contains("alert(1)"), "shown as text");
    assert_eq!(one.get("/tickets/99").await.0, 404);
    assert_eq!(one.get("/tickets/x").await.0, 404);
    // Nothing unmasked is anywhere on disk, in whatever table.
    one.app.stop().await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for secret in ["Сергеевич", "Сидорова", "123456789012", "kuznetsov_ps"] {
            assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        }
    }
}

/// What was read before texts were kept, or lost them, is shown without.
#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_without_its_text_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let now = one.app.parts.clock.now();
    let labels = serde_json::json!({"alertname": "LockWait", "system": "crm-db", "impact": "slow"});
    one.post("/api/v1/alerts", &serde_json::json!([{"labels": labels}])).await;
    let mut bare = ticket(7, "Тормозит БД CRM | база висит", 0);
    (bare.created, bare.changed) = (now, now);
    one.app.engine().submit(Event::Ticket(Box::new(bare))).await.unwrap();
    for path in ["/problems/PRB-000001", "/tickets", "/tickets/7"] {
        let (status, page) = one.get(path).await;
        assert_eq!(status, 200, "{path}");
        let said = readable(&page);
        assert!(said.contains("Текст не сохранён."), "{path}: {said}");
        assert!(said.contains("Тормозит БД CRM"), "{path}: quoted by its title: {said}");
    }
    // It comes again with its next change.
    let again = raw(7, now.plus_millis(1_000), "Тормозит БД CRM", "база висит с утра");
    assert!(intake(&one).take(vec![again], &[7; 32]).await);
    assert!(one.get("/problems/PRB-000001").await.1.contains("база висит с утра"));
    one.app.stop().await;
}

/// All tickets that are followed can be reached page by page, and found by the words of their texts.
#[tokio::test(flavor = "multi_thread")]
async fn tickets_go_on_page_by_page() {
    // Two pages and a half.
    const MANY: u64 = 360;
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let now = one.app.parts.clock.now();
    let written = |id: u64| {
        // Many in the same second: the place must tell them apart.
        let at = now.plus_millis(-i64::try_from(id / 100).unwrap() * 1_000);
        let body = if id.is_multiple_of(3) {
            "порвался кабель"
        } else {
            "мигает лампа"
        };
        raw(id, at, &format!("Случай {id}"), body)
    };
    assert!(intake(&one).take((0..MANY).map(written).collect(), &[7; 32]).await);
    let row = regex::Regex::new("data-case=\"(ticket:[0-9]+)\"").unwrap();
    let link = regex::Regex::new("href=\"(/tickets[?][^\"]*after=[^\"]*)\"").unwrap();
    for (query, expected) in [("", MANY), ("?q=кабели", MANY / 3), ("?q=2026112910000042", 1)]
    {
        let (mut seen, mut path) = (std::collections::BTreeSet::new(), format!("/tickets{query}"));
        loop {
            let (status, page) = one.get(&path).await;
            assert_eq!(status, 200, "{path}");
            for found in row.captures_iter(&page) {
                assert!(seen.insert(found[1].to_owned()), "{} twice", &found[1]);
            }
            let Some(next) = link.captures(&page) else { break };
            path = next[1].replace("&amp;", "&").replace("&#38;", "&");
        }
        assert_eq!(seen.len(), usize::try_from(expected).unwrap(), "{query}");
    }
    one.app.stop().await;
}

/// A large case loads fifty texts with its page; the others are a press away.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_large_case_the_newest_texts_come_with_the_page() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let now = one.app.parts.clock.now();
    told(&one, now).await;
    let many = (20..120).map(|id| {
        let body = format!("База CRM висит, карточка открывается долго, рабочее место {id}");
        raw(id, now, &format!("Тормозит БД CRM, место {id}"), &body)
    });
    assert!(intake(&one).take(many.collect(), &[7; 32]).await);
    assert_eq!(one.case("PRB-000001").await["tickets"], 103);
    let (_, page) = one.get("/problems/PRB-000001?all=1").await;
    let (folds, links) = (
        page.matches("<details class=\"text\"").count(),
        page.matches("<a href=\"/tickets/").count(),
    );
    assert_eq!((folds, links), (50, 53));
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_are_bounded_trimmed_and_in_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let day = 86_400_000;
    let long = "слово ".repeat(3_000);
    let tickets = vec![raw(1, now, "новое", &long), raw(2, now, "старое", "текст")];
    assert!(intake(&one).take(tickets, &[7; 32]).await);
    let kept = store.texts(&[1, 2, 3]).await.unwrap();
    assert_eq!(kept.len(), 2);
    let body = &kept[&1].body;
    assert!(body.chars().count() <= 2_000 && body.ends_with("слово"), "{}", body.len());
    // The same again is the same; a newer one takes its place.
    let old = TicketText { at: now.plus_millis(-366 * day), ..kept[&2].clone() };
    for _ in 0..2 {
        store.keep_texts(std::slice::from_ref(&old)).await.unwrap();
    }
    assert_eq!(store.texts(&[2]).await.unwrap()[&2], old);
    let copy = folder.path().join("copy.sqlite");
    store.back_up(&copy).await.unwrap();
    store.trim(now, &Retention::default()).await.unwrap();
    assert_eq!(store.texts(&[1, 2]).await.unwrap().into_keys().collect::<Vec<_>>(), [1]);
    let copy = crate::store::Store::open(&copy).await.unwrap();
    assert_eq!(copy.texts(&[1, 2]).await.unwrap().len(), 2);
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_say_what_tickets_say() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let now = one.app.parts.clock.now();
    told(&one, now).await;
    as_recorded(&one, &[("tickets", "/tickets"), ("ticket", "/tickets/7")]).await;
    one.app.stop().await;
}
