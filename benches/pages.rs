//! Pages with 10,000 open cases and a million archived ones: the shift's list, search, one beat; and how long the slowest
//! of a thousand takes.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a bench may stop on the first surprise, measures real time and says what it found"
)]

mod size;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock};
use std::time::Instant;

use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use criterion::{Criterion, criterion_group, criterion_main};
use size::size;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use vakhta::api::{ApiState, Attention, Throttle};
use vakhta::clock::Clock;
use vakhta::collect::Sources;
use vakhta::detect::Rules;
use vakhta::engine::Engine;
use vakhta::fold::{Event, Settings};
use vakhta::i18n::Catalogue;
use vakhta::model::{Finding, FindingState, Impact, Role as Part, Severity, Text};
use vakhta::people::Doors;
use vakhta::series::{Limits, Store as Series};
use vakhta::store::{Access, AccessKind, Retention, Role, Store};
use vakhta::telemetry::Metrics;
use vakhta::topology::System;

/// How many cases are open.
fn open() -> u64 {
    size(10_000)
}

/// And archived.
fn archived() -> u32 {
    size(1_000_000)
}

fn system(n: u64) -> System {
    let name = Text::new(format!("Система {n}"), format!("System {n}"));
    System {
        key: format!("s{n}"),
        short: name.clone(),
        name,
        owner: Text::default(),
        contact: Text::default(),
        queue: String::new(),
        words: Vec::new(),
        depends_on: Vec::new(),
    }
}

fn finding(n: u64, clock: &Clock) -> Event {
    let at = clock.now();
    Event::Finding(Box::new(Finding {
        key: format!("bench/rule{{n=\"{n}\"}}"),
        rule: "rule".into(),
        system: format!("s{n}"),
        object: format!("host-{n}"),
        labels: BTreeMap::new(),
        severity: Severity::High,
        state: FindingState::Raised,
        score: 1.0,
        role: Part::Cause,
        spreads: false,
        impact: Impact::Slow,
        blind: false,
        title: Text::new("очередь на блокировки, ждут 12", "12 wait for locks"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: at,
        at,
    }))
}

/// A million closed cases, each like the one that is given, with its words in the index.
async fn archive(file: &std::path::Path, summary: &str) {
    let pool = sqlx::SqlitePool::connect(&format!("sqlite:{}", file.display())).await.unwrap();
    let archived = archived();
    let numbers = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {archived})"
    );
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "{numbers} INSERT INTO archive (id, kind, opened_at, closed_at, summary, body) \
         SELECT 'PRB-' || (1000000 + i), 'problem', i, i, \
                replace(?, 'PRB-000001', 'PRB-' || (1000000 + i)), zeroblob(1500) FROM n"
    )))
    .bind(summary)
    .execute(&pool)
    .await
    .unwrap();
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "{numbers} INSERT INTO archive_words (rowid, words) SELECT i, 'тормоз страниц открыва медлен карточк ' || \
         'клиент поиск s' || (i % 500) || ' редк' || (i % 1000) || ' 2026' || printf('%08d', i) FROM n"
    )))
    .execute(&pool)
    .await
    .unwrap();
    pool.close().await;
}

struct Bench {
    router: axum::Router,
    token: String,
}

impl Bench {
    async fn get(&self, path: &str) -> usize {
        let request = Request::get(path)
            .header(header::AUTHORIZATION, format!("Bearer {}", self.token))
            .body(Body::empty())
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        to_bytes(answer.into_body(), usize::MAX).await.unwrap().len()
    }
}

async fn prepare(folder: &std::path::Path) -> Bench {
    let file = folder.join("vakhta.sqlite");
    let store = Store::open(&file).await.unwrap();
    let (clock, catalogue) = (Arc::new(Clock::default()), Arc::new(Catalogue::default()));
    let metrics = Metrics::new().unwrap();
    let kept = (Retention::default(), false);
    let engine = Engine::restore(
        store.clone(),
        Arc::clone(&clock),
        Arc::clone(&catalogue),
        metrics.clone(),
        kept,
    );
    let engine = engine.await.unwrap();
    let handle = engine.handle();
    tokio::spawn(engine.run(CancellationToken::new()));
    let settings = Settings { systems: (0..open()).map(system).collect(), ..Settings::default() };
    handle.submit(Event::Configured(Box::new(settings))).await.unwrap();
    let events: Vec<_> = (0..open()).map(|n| handle.submit(finding(n, &clock))).collect();
    for outcome in futures_util::future::join_all(events).await {
        outcome.unwrap();
    }
    let cases = handle.cases();
    assert!(cases.len() * 10 > usize::try_from(open()).unwrap() * 9, "{} cases", cases.len());
    archive(
        &file,
        &serde_json::to_string(&**cases.iter().find(|case| case.id.number == 1).unwrap()).unwrap(),
    )
    .await;
    let access = Access::new("анна", Role::Admin);
    let token = store.add_access(AccessKind::Bearer, &access, clock.now(), None).await.unwrap();
    let state = ApiState {
        recorder: None,
        engine: handle,
        store,
        clock,
        catalogue,
        metrics,
        sources: Sources::default(),
        charts: Arc::new(|_, _, _, _| Vec::new()),
        stop: CancellationToken::new(),
        attention: Attention::default(),
        throttle: Throttle::default(),
        series: Arc::new(RwLock::new(Series::new(Limits::default()))),
        rules: Rules::default(),
        doors: Doors::default(),
        body_limit: 64 * 1024,
        refused: Arc::default(),
    };
    Bench { router: vakhta::web::router(state), token }
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bench = runtime.block_on(prepare(folder.path()));
    let mut group = criterion.benchmark_group("pages, 10,000 open, 1,000,000 archived");
    group.sample_size(20);
    for (name, path) in [
        ("the shift's list", "/problems"),
        ("closed cases", "/problems?closed=1"),
        ("search, one word in a thousand", "/problems?q=редк77"),
        ("search, a word of all", "/problems?q=медленно"),
        ("search, a ticket's number", "/problems?q=202600777777"),
        ("one case", "/problems/PRB-000001"),
        ("one beat", "/pulse"),
    ] {
        let bytes = runtime.block_on(bench.get(path));
        println!("{name}: {bytes} bytes");
        // The slowest of a hundred of a thousand: what somebody meets every day.
        let times = size(if name.starts_with("search") { 100 } else { 1_000 });
        let mut took: Vec<f64> = (0..times)
            .map(|_| {
                let began = Instant::now();
                runtime.block_on(bench.get(path));
                began.elapsed().as_secs_f64() * 1_000.0
            })
            .collect();
        took.sort_by(f64::total_cmp);
        let p99 = took.get(took.len() * 99 / 100).copied().unwrap_or_default();
        println!("{name}: p99 of {times}: {p99:.1} ms");
        group.bench_function(name, |bencher| {
            bencher.iter(|| runtime.block_on(bench.get(path)));
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
