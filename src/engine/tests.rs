//! A start on what a crash, a wrong clock or another build of the program has left.

use std::sync::Arc;
use std::time::Duration;

use super::Engine;
use crate::clock::Clock;
use crate::fold::tests::world::{SECOND, START, lock_chain, settings};
use crate::fold::{Event, State};
use crate::i18n::Catalogue;
use crate::model::Channel;
use crate::model::{Effect, EffectKind, Time};
use crate::store::{Append, Retention, Store};
use crate::telemetry::Metrics;

async fn store(folder: &tempfile::TempDir) -> Store {
    Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap()
}

async fn restored(store: &Store, clock: &Arc<Clock>) -> Engine {
    let catalogue = Arc::new(Catalogue::default());
    let metrics = Metrics::new().unwrap();
    let kept = (Retention::default(), false);
    Engine::restore(store.clone(), Arc::clone(clock), catalogue, metrics, kept).await.unwrap()
}

/// A Problem that has waited as long as its policy asks.
fn a_problem() -> Vec<(u64, Time, Event)> {
    vec![
        (1, Time(START), Event::Configured(Box::new(settings()))),
        (2, Time(START + SECOND), Event::Finding(Box::new(lock_chain()))),
        (3, Time(START + 40 * SECOND), Event::Tick),
    ]
}

/// B1: the moment is in the snapshot and in the log; a clock that was set back does not stop time.
#[tokio::test]
async fn time_goes_on_from_what_was_written_last() {
    let ahead = Clock::default().now().plus_millis(3 * 3_600_000);
    for is_saved in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let store = store(&folder).await;
        let events = vec![(1, ahead, Event::Tick)];
        store.append(0, &Append { events, ..Append::default() }).await.unwrap();
        if is_saved {
            let body = serde_json::to_vec(&State::default()).unwrap();
            store.save_snapshot(1, ahead, &body).await.unwrap();
        }
        let clock = Arc::new(Clock::default());
        restored(&store, &clock).await;
        let first = clock.now();
        assert!(first >= ahead, "{first:?} is before {ahead:?}");
        let later = first.plus_millis(10);
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while clock.now() < later {
                tokio::task::yield_now().await;
            }
        });
        waited.await.expect("time stands still");
    }
}

/// B5: what another build decided otherwise is decided now, and what nobody waits for is not done.
#[tokio::test]
async fn outbox_and_state_agree_whoever_decided() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    let stray = Effect {
        key: "PRB-000009/otrs/n1".parse().unwrap(),
        at: Time(START),
        expires_at: None,
        supersedes: Vec::new(),
        kind: EffectKind::AddNote {
            subject: String::new(),
            body: String::new(),
            queue: None,
            priority: None,
        },
    };
    let append = Append { events: a_problem(), effects: vec![stray], ..Append::default() };
    store.append(0, &append).await.unwrap();
    restored(&store, &Arc::default()).await;
    let mut waiting = store.outbox_waiting().await.unwrap();
    waiting.sort_unstable();
    assert_eq!(waiting, ["PRB-000001/alertmanager/alert1", "PRB-000001/otrs/open"]);
    let due = store.outbox_due(Channel::Otrs, Time(i64::MAX), 10).await.unwrap();
    assert_eq!(due.len(), 1, "{due:?}");
}

/// B2: a record that cannot be read names its place, and there is a way on.
#[tokio::test]
async fn an_unreadable_snapshot_costs_time_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = store(&folder).await;
    store.append(0, &Append { events: a_problem(), ..Append::default() }).await.unwrap();
    store.save_snapshot(3, Time(START), b"not a state").await.unwrap();
    let engine = restored(&store, &Arc::default()).await;
    let open = engine.handle().read(|state| state.summaries().count());
    assert_eq!(open, 1);
}
