//! The store on a real file: lanes of the outbox, doubts after a crash.

use super::*;
use crate::model::{Channel, DeliveryState, EffectKind};

const NOW: Time = Time(1_790_000_000_000);

fn effect(key: &str, kind: EffectKind) -> Effect {
    let mut parts = key.split('/');
    let problem = parts.next().unwrap().to_owned();
    Effect { key: key.into(), problem, channel: Channel::Otrs, at: NOW, kind }
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
    let kind = EffectKind::AddNote { subject: String::new(), body: String::new() };
    effect(&format!("{problem}/otrs/n{n}"), kind)
}

fn join(problem: &str, ticket_id: u64) -> Effect {
    let kind = EffectKind::JoinTicket { ticket_id, subject: String::new(), body: String::new() };
    effect(&format!("{problem}/otrs/join/{ticket_id}"), kind)
}

async fn due(store: &Store, now: Time) -> Vec<String> {
    let rows = store.outbox_due(Channel::Otrs, now, 100).await.unwrap();
    rows.into_iter().map(|row| row.effect.key).collect()
}

async fn with_store(effects: Vec<Effect>) -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap();
    store.append(&Append { effects, ..Append::default() }).await.unwrap();
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
    let joins = ["PRB-000001/otrs/join/7", "PRB-000001/otrs/join/8"];
    assert_eq!(due(&store, NOW).await, [first, joins].concat(), "Problems before users' tickets");
    store.outbox_begin("PRB-000001/otrs/open", NOW).await.unwrap();
    let later = NOW.plus_millis(60_000);
    store.outbox_failed("PRB-000001/otrs/open", false, later, "no queue").await.unwrap();
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
                key: "PRB-000001/otrs/open".into(),
                problem: "PRB-000001".into(),
                channel: Channel::Otrs,
                state,
                reference: String::new(),
                error: None,
            },
        )],
        ..Append::default()
    };
    store.append(&report(1, DeliveryState::Pending)).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000001/otrs/open"]);
    store.append(&report(2, DeliveryState::Delivered)).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000001/otrs/n1"]);
}

#[tokio::test]
async fn what_a_crash_left_in_doubt_waits_until_the_other_side_can_show_it() {
    let (_folder, store) = with_store(vec![open("PRB-000001"), open("PRB-000002")]).await;
    store.outbox_begin("PRB-000001/otrs/open", NOW).await.unwrap();
    store.outbox_settle_doubts(Channel::Otrs, 10_000).await.unwrap();
    assert_eq!(due(&store, NOW).await, ["PRB-000002/otrs/open"]);
    assert_eq!(due(&store, NOW.plus_millis(10_000)).await.len(), 2);
}

#[tokio::test]
async fn the_outbox_says_what_became_of_an_effect() {
    let (_folder, store) = with_store(vec![open("PRB-000001"), open("PRB-000002")]).await;
    let event = Event::Delivered {
        key: "PRB-000001/otrs/open".into(),
        problem: "PRB-000001".into(),
        channel: Channel::Otrs,
        state: DeliveryState::Delivered,
        reference: "77".into(),
        error: None,
    };
    store.append(&Append { events: vec![(1, NOW, event)], ..Append::default() }).await.unwrap();
    let outcome = async |key: &str| store.outbox_outcome(key).await.unwrap();
    let said =
        |state, reference: &str| Some(Outcome { state, reference: reference.into(), at: NOW });
    let done = said(DeliveryState::Delivered, "77");
    assert_eq!(outcome("PRB-000001/otrs/open").await, done);
    let waits = said(DeliveryState::Pending, "");
    assert_eq!(outcome("PRB-000002/otrs/open").await, waits);
    assert_eq!(outcome("PRB-000003/otrs/open").await, None);
}
