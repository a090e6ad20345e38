//! A newer program on what an older one has left behind.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use crate::crash::{mix, once};
use crate::ground::THIRD;
use crate::harness::{Desk, Site, firing, until};
use crate::lock_chain::{SLOW, replayed};

/// Names a build of an older version. Without it only what such a build has left (`tests/data`) is read.
const OLDER: &str = "VAKHTA_OLDER";
/// Where the older build's data is copied to, to be kept for the other test.
const KEEP: &str = "VAKHTA_KEEP";

/// How often the newer program is killed while it takes over.
const KILLS: u64 = 30;

/// What the first version has left after [`a_problem_goes_on_under_a_newer_program`] killed it.
const FIRST_VERSION: &[u8] = include_bytes!("../data/store/first.sqlite.gz");

#[tokio::test(flavor = "multi_thread")]
async fn what_the_first_version_has_left_is_read() {
    let site = Site::new();
    let data = site.path("data");
    fs::create_dir_all(&data).unwrap();
    let mut file = fs::File::create(data.join("vakhta.sqlite")).unwrap();
    std::io::copy(&mut flate2::read::GzDecoder::new(FIRST_VERSION), &mut file).unwrap();
    let mut engine = site.engine(Path::new(env!("CARGO_BIN_EXE_vakhta")));
    // Killed again and again while it takes over: from before the first byte is read to after it answers.
    for n in 0..KILLS {
        engine.launch();
        tokio::time::sleep(Duration::from_millis(mix(n) % 1_000)).await;
        engine.kill();
    }
    engine.begin();
    let problem = engine.get("/api/v1/problems/PRB-000001").await;
    assert_eq!(problem["state"], "acknowledged", "{problem}");
    assert_eq!(engine.problems("open,acknowledged,resolved,closed").await.len(), 1);
    assert_eq!((&problem["tickets"], &problem["findings"]), (&json!(4), &json!(1)), "{problem}");
    assert_eq!(problem["cause"]["system"], "crm-db", "{problem}");
    let told = problem["told"].as_array().unwrap();
    assert!(told.iter().all(|line| line["state"] == "delivered"), "{told:?}");
    assert!(told.iter().any(|line| line["channel"] == "otrs" && line["reference"] != ""));
    let (status, _) = engine
        .post("/api/v1/cases/PRB-000001/acts", &json!({"verb": "resolve", "reason": "снято"}))
        .await;
    engine.kill();
    assert_eq!(status, 200);
    engine.start();
    let problem = engine.get("/api/v1/problems/PRB-000001").await;
    assert_eq!(problem["state"], "resolved", "what was acknowledged holds: {problem}");
    engine.stop();
    replayed(&engine).await;
}

/// The older program opens the Problem and its ticket and is killed; the newer one goes on with both.
#[tokio::test(flavor = "multi_thread")]
async fn a_problem_goes_on_under_a_newer_program() {
    let Some(older) = std::env::var_os(OLDER) else { return };
    let ground = THIRD.enter().await;
    let (Some(pg), Some(znuny), Some(am)) =
        (ground.postgres(), ground.znuny(), ground.alertmanager())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let site = Site::new().postgres(&pg).otrs(&znuny).alertmanager(&am);
    let mut engine = site.start_with(Path::new(&older));
    engine.warm(4).await;
    let fault = ground.fault("pg-lock-wait");
    let id = engine.problem_at("crm-db", 20).await["id"].as_str().unwrap().to_owned();
    let mut about_it = Vec::new();
    for (n, text) in SLOW.iter().enumerate().take(4) {
        about_it.push(desk.create(text, &format!("agent{n}"), "Incident").await);
    }
    until("its tickets are joined", 60, async || {
        (desk.joined(since, &id).len() == about_it.len()).then_some(())
    })
    .await;
    let path = format!("/api/v1/problems/{id}/acknowledge");
    assert_eq!(engine.post(&path, &json!({"reason": "смотрю"})).await.0, 200);
    let before = desk.notes(since, &id).len();
    engine.kill();
    if let Some(keep) = std::env::var_os(KEEP) {
        fs::create_dir_all(&keep).unwrap();
        for file in fs::read_dir(engine.folder.join("data")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), Path::new(&keep).join(file.file_name())).unwrap();
        }
    }

    engine.upgrade();
    let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
    assert_eq!(problem["state"], "acknowledged", "{problem}");
    assert_eq!(problem["tickets"], json!(about_it.len()), "{problem}");
    assert_eq!(engine.problems("open,acknowledged,resolved,closed").await.len(), 1);
    about_it.push(desk.create(SLOW[5], "agent9", "Incident").await);
    until("a ticket of after the upgrade is joined", 60, async || {
        (desk.joined(since, &id) == about_it).then_some(())
    })
    .await;
    assert_eq!(desk.problem_tickets(since, &id).len(), 1, "never a second ticket");
    assert!(desk.notes(since, &id).len() > before);
    fault.heal();
    engine.reaches(&id, "closed", 120).await;
    until("everybody was told that it is over", 90, async || {
        let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
        let told = problem["told"].as_array().unwrap();
        told.iter().all(|line| line["state"] == "resolved").then_some(())
    })
    .await;
    once(&desk.notes(since, &id));
    assert_eq!(desk.problem_tickets(since, &id).len(), 1);
    assert!(firing(&am, &id).await.is_empty());
    engine.stop();
    replayed(&engine).await;
}
