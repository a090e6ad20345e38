//! The store on a real file: lanes of the outbox, doubts after a crash.

use super::*;
use crate::fold::Event;
use crate::model::{Channel, DeliveryState, Effect, EffectKey, EffectKind, Time};

const NOW: Time = Time(1_790_000_000_000);

fn key(text: &str) -> EffectKey {
    text.parse().unwrap()
}

fn effect(text: &str, kind: EffectKind) -> Effect {
    Effect { key: key(text), at: NOW, expires_at: None, supersedes: Vec::new(), kind }
}

fn open(problem: &str) -> Effect {
    let text = String::new;
    let kind = EffectKind::OpenTicket {
        queue: text(),
        priority: text(),
        title: text(),
        body: text(),
        system: text(),
    };
    effect(&format!("{problem}/otrs/open"), kind)
}

fn note(problem: &str, n: u32) -> Effect {
    let (subject, body) = (String::new(), String::new());
    let kind = EffectKind::AddNote { subject, body, queue: None, priority: None };
    effect(&format!("{problem}/otrs/n{n}"), kind)
}

fn join(problem: &str, ticket_id: u64) -> Effect {
    let kind = EffectKind::JoinTicket { ticket_id, subject: String::new(), body: String::new() };
    effect(&format!("{problem}/otrs/join/{ticket_id}/1"), kind)
}

async fn due(store: &Store, now: Time) -> Vec<String> {
    let rows = store.outbox_due(Channel::Otrs, now, 100).await.unwrap();
    rows.into_iter().map(|row| row.effect.key.to_string()).collect()
}

async fn with_store(effects: Vec<Effect>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap();
    let append = Append { effects, ..Append::default() };
    assert_eq!(store.append(0, &append).await.unwrap(), Appended::Committed);
    (folder, store)
}

#[tokio::test]
async fn what_fails_holds_back_its_own_lane_and_nothing_else() {
    let effects = vec![
        open("PRB-000001"),
        join("PRB-000001", 7),
        note("PRB-000001", 1),
        join("PRB-000001", 8),
        open("PRB-000002"),
    ];
    let (_folder, store) = with_store(effects).await;
    let first = ["PRB-000001/otrs/open", "PRB-000002/otrs/open"];
    let joins = ["PRB-000001/otrs/join/7/1", "PRB-000001/otrs/join/8/1"];
    assert_eq!(due(&store, NOW).await, [first, joins].concat(), "Problems before users' tickets");
    store.outbox_begin(&key("PRB-000001/otrs/open"), NOW).await.unwrap();
    let later = NOW.plus_millis(60_000);
    store.outbox_failed(&key("PRB-000001/otrs/open"), false, later, "no queue").await.unwrap();
    assert_eq!(due(&store, NOW).await, [&first[1..], &joins].concat(), "its note waits too");
    assert_eq!(store.outbox_next(Channel::Otrs).await.unwrap(), Some(Time(0)));
    assert_eq!(due(&store, later).await.len(), 4);
}

#[tokio::test]
async fn a_pending_report_settles_nothing_and_a_final_one_frees_the_lane() {
    let (_folder, store) = with_store(vec![open("PRB-000001"), note("PRB-000001", 1)]).await;
    let report = |seq, state| Append {
        events: vec![(
            seq,
            NOW,
            Event::Delivered {
                key: key("PRB-000001/otrs/open"),
                state,
                reference: String::new(),
                error: None,
            },
        )],
        ..Append::default()
    };
    store.append(0, &report(1, DeliveryState::Pending)).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000001/otrs/open"]);
    store.append(0, &report(2, DeliveryState::Delivered)).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000001/otrs/n1"]);
}

#[tokio::test]
async fn what_a_crash_left_in_doubt_waits_until_the_other_side_can_show_it() {
    let (_folder, store) = with_store(vec![open("PRB-000001"), open("PRB-000002")]).await;
    store.outbox_begin(&key("PRB-000001/otrs/open"), NOW).await.unwrap();
    store.outbox_settle_doubts(Channel::Otrs, 10_000).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000002/otrs/open"]);
    assert_eq!(due(&store, NOW.plus_millis(10_000)).await.len(), 2);
}

#[tokio::test]
async fn the_outbox_says_what_became_of_an_effect() {
    let (_folder, store) = with_store(vec![open("PRB-000001"), open("PRB-000002")]).await;
    let event = Event::Delivered {
        key: key("PRB-000001/otrs/open"),
        state: DeliveryState::Delivered,
        reference: "77".into(),
        error: None,
    };
    store.append(0, &Append { events: vec![(1, NOW, event)], ..Append::default() }).await.unwrap();
    let outcome = async |text: &str| store.outbox_outcome(&key(text)).await.unwrap();
    let said = |state, reference: &str| {
        Some(OutboxOutcome { state, reference: reference.into(), at: NOW })
    };
    let done = said(DeliveryState::Delivered, "77");
    assert_eq!(outcome("PRB-000001/otrs/open").await, done);
    let waits = said(DeliveryState::Pending, "");
    assert_eq!(outcome("PRB-000002/otrs/open").await, waits);
    assert_eq!(outcome("PRB-000003/otrs/open").await, None);
}

#[tokio::test]
async fn who_wrote_before_is_fenced_off() {
    let (_folder, store) = with_store(Vec::new()).await;
    let first = store.take_over().await.unwrap();
    let event = |seq| Append { events: vec![(seq, NOW, Event::Tick)], ..Append::default() };
    assert_eq!(store.append(first, &event(1)).await.unwrap(), Appended::Committed);
    let second = store.take_over().await.unwrap();
    assert_eq!(store.append(first, &event(2)).await.unwrap(), Appended::Fenced);
    assert_eq!(store.append(second, &event(2)).await.unwrap(), Appended::Committed);
    assert_eq!(store.log_range().await.unwrap(), Some((1, 2)));
}

#[tokio::test]
async fn what_is_superseded_before_it_began_is_not_done() {
    let open_it = open("PRB-000001");
    let (_folder, store) = with_store(vec![open_it, open("PRB-000002")]).await;
    assert!(store.outbox_begin(&key("PRB-000002/otrs/open"), NOW).await.unwrap());
    let mut later = note("PRB-000001", 1);
    later.supersedes = vec![key("PRB-000001/otrs/open"), key("PRB-000002/otrs/open")];
    store.append(0, &Append { effects: vec![later], ..Append::default() }).await.unwrap();
    // One was taken back; the other has begun and is followed to its end.
    assert_eq!(due(&store, NOW).await, ["PRB-000002/otrs/open", "PRB-000001/otrs/n1"]);
    assert!(!store.outbox_begin(&key("PRB-000001/otrs/open"), NOW).await.unwrap());
}

#[tokio::test]
async fn the_log_is_trimmed_to_its_oldest_snapshot() {
    let (_folder, store) = with_store(Vec::new()).await;
    let day = 86_400_000;
    let events =
        (1..=10_u64).map(|seq| (seq, Time(NOW.0 - (100 - signed(seq)) * day), Event::Tick));
    store.append(0, &Append { events: events.collect(), ..Append::default() }).await.unwrap();
    store.save_snapshot(5, NOW, b"{}").await.unwrap();
    store.save_snapshot(10, NOW, b"{}").await.unwrap();
    store.trim(NOW, &Retention::default()).await.unwrap();
    assert_eq!(
        store.log_range().await.unwrap(),
        Some((6, 10)),
        "the first snapshot can be folded on"
    );
    assert_eq!(store.snapshot(5).await.unwrap().unwrap().body, b"{}");
}
