//! What can be checked without a server; and, with `VAKHTA_TEST_PG_URL`, against one.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::query::QUERIES;
use super::*;
use crate::config::{Diagnostics, parse};

fn value(name: &str, label: &str, number: f64) -> Value {
    Value { name: name.to_owned(), labels: vec![("x".to_owned(), label.to_owned())], number }
}

#[test]
fn every_version_has_one_statement_for_each_part() {
    for version in [120_000, 130_011, 140_005, 150_018, 160_002, 170_001, 180_000] {
        let mut parts: Vec<&str> =
            QUERIES.iter().filter(|query| query.is_for(version)).map(|query| query.part).collect();
        let all = parts.len();
        parts.sort_unstable();
        parts.dedup();
        assert_eq!(parts.len(), all, "{version}: a part is asked twice");
        assert_eq!(all, QUERIES.len() - 4, "{version}: a part is lacking");
    }
}

#[test]
fn slow_statements_are_asked_by_time_not_by_polls() {
    let is_due = |part: &str, passed: f64, interval: u64| {
        let query = QUERIES.iter().find(|query| query.part == part).unwrap();
        query.is_due(Duration::from_secs_f64(passed), Duration::from_secs(interval))
    };
    assert!(is_due("activity", 0.1, 10));
    assert!(!is_due("settings", 49.9, 10));
    // Late polls do not add up.
    assert!(is_due("settings", 59.2, 10) && is_due("settings", 59.6, 1));
    assert!(!is_due("settings", 59.2, 1));
    assert!(is_due("settings", 299.0, 300));
    assert!(!is_due("sizes", 590.0, 10));
}

#[test]
fn what_vanishes_is_healthy_for_a_while_and_then_forgotten() {
    let values = vec![value("vakhta_pg_a", "1", 5.0), value("pg_b", "1", 5.0)];
    let mut kept = Kept { values, ..Kept::default() };
    kept.note_gone(&[]);
    assert_eq!(kept.gone, [(value("vakhta_pg_a", "1", 5.0), GONE_POLLS)], "only our own series");
    kept.note_gone(&[value("vakhta_pg_a", "2", 1.0)]);
    assert_eq!(kept.gone.len(), 1);
    kept.note_gone(&[value("vakhta_pg_a", "1", 7.0)]);
    assert!(kept.gone.is_empty(), "it is back");
    kept.values = vec![value("vakhta_pg_a", "1", 5.0)];
    for _ in 0..GONE_POLLS {
        kept.note_gone(&[]);
        assert_eq!(kept.gone.len(), 1);
    }
    kept.note_gone(&[]);
    assert!(kept.gone.is_empty(), "forgotten");
    // Nobody is process 0: advice would tell to end it.
    let values = ["vakhta_pg_lock_queue_sessions", "vakhta_pg_lock_queue_blocker_pid"]
        .map(|name| value(name, "1", 9.0));
    let mut kept = Kept { values: values.to_vec(), ..Kept::default() };
    kept.note_gone(&[]);
    assert_eq!(kept.gone, [(value("vakhta_pg_lock_queue_sessions", "1", 9.0), GONE_POLLS)]);
}

#[test]
fn a_wrong_address_is_found_when_the_configuration_is_read() {
    for (text, wrong) in [
        ("url: postgres://vakhta@db1/crm", 0),
        ("url: postgres:///crm?host=/run/postgresql", 0),
        ("url: postgres://vakhta:secret@db1/crm", 1),
        ("url: mysql://db1/crm", 1),
        ("timeout: 5s", 1),
    ] {
        let mut errors = Diagnostics::default();
        let node = parse("a.yaml", text, &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        let _config = Config::read(&mut reader);
        reader.finish();
        let found = errors.into_sorted();
        assert_eq!(found.len(), wrong, "{text}: {found:?}");
    }
}

/// A server that takes one connection and answers its first bytes with `answer`, or never.
async fn server(answer: Option<&'static [u8]>) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://vakhta@{}/crm", listener.local_addr().unwrap());
    let serving = async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 8];
        stream.read_exact(&mut request).await.unwrap();
        match answer {
            Some(bytes) => stream.write_all(bytes).await.unwrap(),
            None => std::future::pending().await,
        }
    };
    let mut tasks = JoinSet::new();
    tasks.spawn(serving);
    (url, tasks)
}

#[tokio::test]
async fn the_greeting_tells_hung_dead_and_foreign_apart() {
    let cases: [(Option<&'static [u8]>, &str); 3] =
        [(None, "timeout"), (Some(b"H"), "answer"), (Some(b""), "connect")];
    for (answer, word) in cases {
        let (url, serving) = server(answer).await;
        let config = Config { timeout: Duration::from_millis(200), ..Config::at(&url) };
        let mut samples = Samples::new(Vec::new());
        let error = Postgres::new(config).unwrap().collect(&mut samples).await.unwrap_err();
        assert_eq!(error.as_str(), word, "{error}");
        assert_eq!(samples.take().len(), 1, "pg_up");
        drop(serving);
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = Config::at(&format!("postgres://vakhta@{closed}/crm"));
    let error = Postgres::new(config).unwrap().collect(&mut Samples::new(Vec::new())).await;
    assert_eq!(error.unwrap_err().as_str(), "connect");
}

#[tokio::test]
async fn a_probe_says_what_it_found() {
    let (url, serving) = server(Some(b"HTTP/1.1 400")).await;
    let report = probe(&url, None).await;
    assert!(matches!(report.found, Found::Nothing { .. }), "{report:?}");
    assert!(report.missing.is_empty());
    drop(serving);
}

#[tokio::test]
async fn a_real_server_answers_every_statement() {
    let Ok(url) = std::env::var("VAKHTA_TEST_PG_URL") else { return };
    let mut postgres = Postgres::new(Config::at(&url)).unwrap();
    let mut samples = Samples::new(Vec::new());
    for _ in 0..3 {
        postgres.collect(&mut samples).await.unwrap();
        assert!(postgres.failures().is_empty(), "{:?}", postgres.failures());
        let names: Vec<String> =
            samples.take().iter().map(|sample| sample.series.to_string()).collect();
        let mut once = names.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(once.len(), names.len(), "a series came twice");
        assert!(names.len() > 100, "{names:?}");
    }
}
