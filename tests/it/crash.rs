//! kill -9 at random moments while a fault lasts, tickets arrive and people act, three hundred times: nothing
//! that was acknowledged is lost, nothing outside is doubled, the Problems are those of an undisturbed run.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ground::FIRST;
use crate::harness::{Desk, Engine, Site, firing, until};
use crate::lock_chain::{OTHER, SLOW, replayed};

/// How often the engine is killed.
const KILLS: u64 = 300;
/// How many of the kills come after the fault is over.
const AFTERWARDS: u64 = 60;
/// Users' tickets about the fault, spread over the kills.
const TICKETS: u64 = 30;
/// The kill before which a person takes the Problem.
const TAKEN_AT: u64 = 40;
/// A person acts, or takes it back, before every so many kills.
const ACT_EVERY: u64 = 10;
/// The recipe's lock lasts two minutes: it is taken again before that.
const LOCK_LASTS: Duration = Duration::from_secs(100);

/// A fixed sequence that looks random (SplitMix64): the same moments in every run.
pub(crate) fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z ^ (z >> 27)
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_9_three_hundred_times_loses_nothing_and_doubles_nothing() {
    let ground = FIRST.enter().await;
    let (Some(pg), Some(znuny), Some(am)) =
        (ground.postgres(), ground.znuny(), ground.alertmanager())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let site = Site::new().postgres(&pg).otrs(&znuny).alertmanager(&am).patient();
    // The undisturbed run beside it: it reads the same servers and the same tickets.
    let calm_site = Site::new().postgres(&pg).onlooker(&znuny).patient();
    let mut engine = site.start();
    let calm = calm_site.start();
    engine.warm(4).await;
    calm.warm(3).await;
    let mut fault = Some(ground.fault("pg-lock-wait"));
    let mut locked_at = Instant::now();
    let mut about_it = Vec::new();
    let mut confirmed = None;
    for n in 0..KILLS - AFTERWARDS {
        if locked_at.elapsed() > LOCK_LASTS {
            drop(fault.take());
            fault = Some(ground.fault("pg-lock-wait"));
            locked_at = Instant::now();
        }
        if n % 2 == 0 && about_it.len() < 30 {
            let text = SLOW[usize::try_from(n).unwrap() % SLOW.len()];
            about_it.push(desk.create(text, &format!("agent{n}"), "Incident").await);
        }
        if n % 7 == 5 {
            let text = OTHER[usize::try_from(n / 7).unwrap() % OTHER.len()];
            desk.create(text, &format!("other{n}"), "Incident").await;
        }
        if n == TAKEN_AT {
            acknowledged_holds(&mut engine).await;
        } else if n > TAKEN_AT && n % ACT_EVERY == 0 {
            acted_holds(&mut engine, &mut confirmed).await;
        }
        pause(n).await;
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
    assert_eq!(desk.problem_tickets(since, &id).len(), 1, "never a second ticket");
    assert_eq!(firing(&am, &id).await.len(), 1, "the alert outlived every crash");
    once(&desk.notes(since, &id));
    same_as_undisturbed(&engine, &calm).await;

    // And while all of it ends: resolved, the note, the alert's end, closed.
    drop(fault.take());
    for n in KILLS - AFTERWARDS..KILLS {
        pause(n).await;
        engine.kill();
        engine.start();
    }
    // What comes and goes is waited for longer, twice as long with each return.
    engine.reaches(&id, "closed", 400).await;
    until("everybody was told that it is over", 90, async || {
        let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
        let told = problem["told"].as_array().unwrap();
        told.iter().all(|line| line["state"] == "resolved").then_some(())
    })
    .await;
    let notes = desk.notes(since, &id);
    once(&notes);
    let with = |part: &str| notes.iter().filter(|note| note.contains(part)).count();
    // The lock was let go and taken again: what comes and goes says so once instead of «устранена».
    let over = [with("Проблема устранена"), with("Проблема нестабильна")];
    assert!(over == [1, 0] || over[1] == 1 && over[0] <= 1, "{notes:?}");
    assert_eq!(with("Проблема закрыта"), 1, "{notes:?}");
    assert_eq!(desk.problem_tickets(since, &id).len(), 1);
    assert!(firing(&am, &id).await.is_empty());
    engine.stop();
    replayed(&engine).await;
}

/// From before the first poll to the middle of a delivery; now and then long enough for what is in
/// doubt after a crash to be settled.
async fn pause(n: u64) {
    let longest = if n % 8 == 7 { 12_000 } else { 900 };
    tokio::time::sleep(Duration::from_millis(mix(n) % longest)).await;
}

/// What the engine has said yes to is there after a kill in the same instant.
async fn acknowledged_holds(engine: &mut Engine) {
    engine.problem_at("crm-db", 20).await;
    let path = "/api/v1/problems/PRB-000001/acknowledge";
    let (status, _) = engine.post(path, &json!({"reason": "смотрю"})).await;
    engine.kill();
    assert_eq!(status, 200);
    engine.start();
    let problem = engine.get("/api/v1/problems/PRB-000001").await;
    assert_eq!(problem["state"], "acknowledged", "an acknowledged event was lost");
}

/// An act, and the next time its undo, is there after a kill in the same instant.
async fn acted_holds(engine: &mut Engine, act: &mut Option<Value>) {
    let body = match act.take() {
        Some(act) => json!({"verb": "undo", "act": act}),
        None => json!({"verb": "confirm", "reason": "так и есть"}),
    };
    let (status, done) = engine.post("/api/v1/cases/PRB-000001/acts", &body).await;
    engine.kill();
    assert_eq!(status, 200, "{body}: {done}");
    engine.start();
    let is_confirmed = body["verb"] == "confirm";
    let problem = engine.get("/api/v1/problems/PRB-000001").await;
    assert_eq!(problem["confirmed"], is_confirmed, "{body} was lost");
    *act = is_confirmed.then(|| done["act"].clone());
}

/// The same Problems, by everything but the moments.
async fn same_as_undisturbed(engine: &Engine, calm: &Engine) {
    let shown = |problems: Vec<Value>| -> Vec<Value> {
        let keys = ["id", "severity", "systems", "tickets", "users", "mrfs"];
        let mut shown: Vec<Value> = problems
            .iter()
            .map(|problem| {
                let mut same: Vec<Value> = keys.iter().map(|key| problem[key].clone()).collect();
                same.push(problem["cause"]["system"].clone());
                json!(same)
            })
            .collect();
        // The latest news come first in the list, and which came last is a matter of moments.
        shown.sort_by_key(ToString::to_string);
        shown
    };
    let states = "open,acknowledged,resolved,closed";
    // Each reads the desk at its own moments: the last tickets may have come to one of them only.
    let deadline = Instant::now() + Duration::from_secs(60);
    loop {
        let (killed, undisturbed) = (engine.problems(states).await, calm.problems(states).await);
        let tickets: u64 = undisturbed.iter().filter_map(|one| one["tickets"].as_u64()).sum();
        let (killed, undisturbed) = (shown(killed), shown(undisturbed));
        if killed == undisturbed && tickets >= TICKETS {
            return;
        }
        assert!(Instant::now() < deadline, "killed: {killed:#?}\nundisturbed: {undisturbed:#?}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Every note carries the mark of its effect, and no mark comes twice.
pub(crate) fn once(notes: &[String]) {
    assert!(!notes.is_empty());
    let mut marks: Vec<&str> =
        notes.iter().filter_map(|note| note.rsplit_once('[').map(|(_, mark)| mark)).collect();
    let all = marks.len();
    marks.sort_unstable();
    marks.dedup();
    assert_eq!(marks.len(), all, "a note came twice: {notes:?}");
}
