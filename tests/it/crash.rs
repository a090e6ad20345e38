//! kill -9 at random moments while a fault lasts and tickets arrive, a hundred times: nothing that
//! was acknowledged is lost, nothing outside is doubled, the Problems are those of an undisturbed
//! run.

use std::time::Duration;

use crate::ground::FIRST;
use crate::harness::{Desk, Site, firing, until};
use crate::lock_chain::{OTHER, SLOW};

/// How often the engine is killed.
const KILLS: u64 = 100;
/// Users' tickets about the fault, spread over the kills.
const TICKETS: u64 = 30;

/// A fixed sequence that looks random (SplitMix64): the same moments in every run.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_a_hundred_times_loses_nothing_and_doubles_nothing() {
    let ground = FIRST.enter().await;
    let (Some(pg), Some(znuny), Some(am)) =
        (ground.postgres(), ground.znuny(), ground.alertmanager())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let site = Site::new().postgres(&pg).otrs(&znuny).alertmanager(&am).patient();
    let mut engine = site.start();
    engine.warm(4).await;
    let mut fault = Some(ground.fault("pg-lock-wait"));
    let mut about_it = Vec::new();
    for n in 0..KILLS {
        // The recipe's lock lasts two minutes: it is taken again before that.
        if n % 60 == 59 {
            drop(fault.take());
            fault = Some(ground.fault("pg-lock-wait"));
        }
        if n % (KILLS / TICKETS) == 0 && about_it.len() < 30 {
            let text = SLOW[usize::try_from(n).unwrap() % SLOW.len()];
            about_it.push(desk.create(text, &format!("agent{n}"), "Incident").await);
        }
        if n % 10 == 5 {
            let text = OTHER[usize::try_from(n / 10).unwrap()];
            desk.create(text, &format!("other{n}"), "Incident").await;
        }
        // From before the first poll to the middle of a delivery; now and then long enough for what
        // is in doubt after a crash to be settled.
        let longest = if n % 5 == 4 { 4_000 } else { 900 };
        tokio::time::sleep(Duration::from_millis(mix(n) % longest)).await;
        engine.kill();
        engine.start();
    }
    let problem = engine.problem_at("crm-db", 20).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    let all = engine.problems("open,acknowledged,resolved,closed").await;
    assert_eq!(id, "PRB-000001", "the very first Problem is still the one: {all:#?}");
    until("all tickets are joined", 90, async || {
        (desk.joined(since, &id).len() >= about_it.len()).then_some(())
    })
    .await;
    assert_eq!(desk.joined(since, &id), about_it);
    let open = engine.problems("open,acknowledged,resolved,closed").await;
    assert_eq!(open.len(), 1, "as in an undisturbed run: {open:?}");
    assert_eq!(desk.problem_tickets(since, &id).len(), 1, "never a second ticket");
    assert_eq!(firing(&am, &id).await.len(), 1, "the alert outlived every crash");
    once(&desk.notes(since, &id));
    drop(fault.take());
    engine.reaches(&id, "closed", 120).await;
    once(&desk.notes(since, &id));
    assert_eq!(desk.problem_tickets(since, &id).len(), 1);
    engine.stop();
}

/// Every note carries the mark of its effect, and no mark comes twice.
fn once(notes: &[String]) {
    assert!(!notes.is_empty());
    let mut marks: Vec<&str> =
        notes.iter().filter_map(|note| note.rsplit_once('[').map(|(_, mark)| mark)).collect();
    let all = marks.len();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), all, "a note came twice: {notes:?}");
}
