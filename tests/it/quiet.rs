//! A quiet time: database, search cluster, ticket system and host under ordinary light load open no
//! Problem.
//!
//! Polls come ten times as often as usual (every second), so six minutes hold as many looks at the
//! machine as an hour does. What a rule waits for in real time (a quarter of an hour of pressure)
//! is not shortened, so slow rules are tried for six minutes only; the packs' own tests cover them.
//! Other tests load the machine meanwhile.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::ground::FOURTH;
use crate::harness::{Assignments, Desk, Site};

const MINUTES: u64 = 6;

/// Stops the primary as an administrator does, and waits until it is gone.
fn stop_primary(pg: &Assignments) {
    let file = format!("{}/p/postmaster.pid", pg["PG_DIR"]);
    let wait = format!("for i in $(seq 300); do [ -e {file} ] || exit 0; sleep 0.2; done; exit 1");
    let stop = format!("kill -INT $(head -n 1 {file}); {wait}");
    assert!(Command::new("sh").args(["-c", &stop]).status().unwrap().success(), "it does not stop");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_time_opens_no_problem() {
    let ground = FOURTH.enter().await;
    let (Some(pg), Some(znuny), Some(search)) =
        (ground.postgres(), ground.znuny(), ground.opensearch())
    else {
        return;
    };
    // A server that stops writes its statistics before the archiver's last work: they lag more with each restart.
    for _ in 0..2 {
        stop_primary(&pg);
        drop(ground.postgres());
    }
    let desk = Desk::new(&znuny);
    let site =
        Site::new().postgres(&pg).search(&search).otrs(&znuny).collect(
            "  host:\n    - {name: crm-app-1, interval: 1s, exclude_mountpoints: ['/tmp']}\n",
        );
    let engine = site.start();
    engine.warm(5).await;
    let http = reqwest::Client::builder().timeout(Duration::from_secs(10)).build().unwrap();
    let node = search["SEARCH_URLS"].split(',').next().unwrap().to_owned();
    // One node has no place for a second copy.
    drop(http.delete(format!("{node}/quiet")).send().await);
    let settings = serde_json::json!({"settings": {"number_of_replicas": 0}});
    let made = http.put(format!("{node}/quiet")).json(&settings).send().await.unwrap();
    assert!(made.status().is_success(), "{made:?}");
    let began = Instant::now();
    let chatter = [
        "Принтер не печатает | Зажевало бумагу",
        "Не списывается роутер | Не находит серийный номер",
        "Прошу доступ к отчётам | Для нового сотрудника",
        "Не вижу наряд в WFM | По одному клиенту не отображается слот",
    ];
    let mut turn = 0_usize;
    while began.elapsed() < Duration::from_secs(MINUTES * 60) {
        // A little of everything, every two seconds.
        let statement = "update t set v = v + 1 where id = (random() * 1000)::int; \
                         select count(*) from t where v = 7";
        drop(
            Command::new("psql")
                .args([
                    "-X",
                    "-q",
                    "-h",
                    "127.0.0.1",
                    "-p",
                    &pg["PG_PRIMARY_PORT"],
                    "-U",
                    "postgres",
                    "-d",
                    "app",
                ])
                .args(["-c", statement])
                .stdout(Stdio::null())
                .status(),
        );
        let document = serde_json::json!({"n": turn, "text": "обычная запись"});
        drop(http.post(format!("{node}/quiet/_doc")).json(&document).send().await);
        drop(http.get(format!("{node}/quiet/_search?q=n:{turn}")).send().await);
        if turn % 30 == 3 {
            let text = chatter[turn / 30 % chatter.len()];
            desk.create(text, &format!("quiet{turn}"), "Incident").await;
        }
        turn += 1;
        let problems = engine.problems("open,acknowledged,resolved,closed").await;
        assert!(problems.is_empty(), "after {:?}: {problems:#?}", began.elapsed());
        tokio::time::sleep(Duration::from_secs(2)).await;
    }
    let sources = engine.get("/api/v1/sources").await;
    let down: Vec<_> =
        sources["items"].as_array().unwrap().iter().filter(|s| s["up"] != true).collect();
    assert!(down.is_empty(), "{down:?}");
}
