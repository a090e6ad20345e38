//! Cases: a ticket into a large one, the pause of a snapshot, an act with a million cases in the archive.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

mod resident;
mod size;

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use resident::resident;
use size::size;
use vakhta::fold::{Event, Settings, State};
use vakhta::i18n::Catalogue;
use vakhta::model::{
    Act, CaseId, CaseKind, Finding, FindingState, Impact, Role, Severity, Text, Ticket,
    TicketClass, Time, Verb,
};
use vakhta::store::{Append, Store};
use vakhta::topology::System;

const START: i64 = 1_790_000_000_000;

fn systems() -> Vec<System> {
    let system = |n: u64| System {
        key: format!("s{n}"),
        name: Text::default(),
        short: Text::default(),
        owner: Text::default(),
        contact: Text::default(),
        queue: String::new(),
        words: vec![format!("система{n}!")],
        depends_on: if n == 0 { Vec::new() } else { vec![format!("s{}", n - 1)] },
    };
    (0..20).map(system).collect()
}

fn at(n: u64) -> Time {
    Time(START + i64::try_from(n).unwrap() * 5)
}

fn ticket(n: u64) -> Event {
    Event::Ticket(Box::new(Ticket {
        id: n,
        number: n.to_string(),
        title: format!("Тормозит система{}", n % 3),
        text: "Каждая страница открывается по две минуты, работать невозможно".into(),
        class: TicketClass::Incident,
        queue: String::new(),
        state_type: "new".into(),
        user: format!("u{n}"),
        mrf: None,
        channel: String::new(),
        service: String::new(),
        step: String::new(),
        joined_to: String::new(),
        created: at(n),
        changed: at(n),
    }))
}

fn finding(n: u64, system: u64) -> Event {
    Event::Finding(Box::new(Finding {
        key: format!("bench/{n}"),
        rule: "slow".into(),
        system: format!("s{system}"),
        object: format!("host-{n}"),
        labels: BTreeMap::new(),
        severity: Severity::High,
        state: FindingState::Raised,
        score: 1.0,
        role: Role::Cause,
        spreads: true,
        impact: Impact::Slow,
        blind: false,
        title: Text::new("медленно", "slow"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: at(n),
        at: at(n),
    }))
}

/// One case with so many tickets.
fn case_of(tickets: u64, catalogue: &Catalogue) -> State {
    let mut state = State::default();
    let settings = Settings { systems: systems(), ..Settings::default() };
    state.step(Time(START), &Event::Configured(Box::new(settings)), catalogue);
    state.step(Time(START), &finding(0, 0), catalogue);
    for n in 1..=tickets {
        state.step(at(n), &ticket(n), catalogue);
    }
    let largest = state.summaries().map(|case| case.tickets).max().unwrap();
    assert!(u64::from(largest) * 10 > tickets * 9, "{largest} of {tickets} are in the case");
    state
}

fn copied(state: &State) -> State {
    let mut copy: State = serde_json::from_slice(&serde_json::to_vec(state).unwrap()).unwrap();
    copy.revive();
    copy
}

/// What a ticket takes in memory with all that is known because of it; before anything has been freed.
#[expect(clippy::print_stdout, reason = "criterion measures time only")]
fn memory(_: &mut Criterion) {
    let catalogue = Catalogue::default();
    let before = resident();
    let tickets = size(50_000);
    let state = case_of(tickets, &catalogue);
    let each = resident().saturating_sub(before) / tickets;
    println!("cases, memory: {each} bytes a ticket, {tickets} in one case");
    black_box(Box::leak(Box::new(state)));
}

fn bench(criterion: &mut Criterion) {
    let catalogue = Catalogue::default();
    let mut group = criterion.benchmark_group("cases");
    group.sample_size(10);
    for tickets in [100_u64, 1_000, 10_000].map(size) {
        let state = case_of(tickets, &catalogue);
        group.bench_function(format!("100 tickets into a case of {tickets}, shown"), |bencher| {
            bencher.iter_batched(
                || copied(&state),
                |mut state| {
                    for n in tickets + 1..=tickets + size(100) {
                        let outcome = state.step(at(n), &ticket(n), &catalogue);
                        for id in &outcome.changed {
                            black_box(state.summary(*id));
                        }
                    }
                    state
                },
                BatchSize::PerIteration,
            );
        });
    }
    let large = case_of(size(50_000), &catalogue);
    group.bench_function("copy of a state of 50,000 signals for a snapshot", |bencher| {
        bencher.iter(|| black_box(large.clone()));
    });
    group.finish();
    act_with_an_archive(criterion, &catalogue);
}

/// What an act costs until it is on disk, with a million cases in the archive.
fn act_with_an_archive(criterion: &mut Criterion, catalogue: &Catalogue) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cases.sqlite");
    let store = runtime.block_on(Store::open(&file)).unwrap();
    runtime.block_on(async {
        let url = format!("sqlite:{}", file.display());
        let pool = sqlx::SqlitePool::connect(&url).await.unwrap();
        let archived = size(1_000_000_u32);
        sqlx::query(sqlx::AssertSqlSafe(format!(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {archived}) \
             INSERT INTO archive (id, kind, opened_at, closed_at, summary, body) \
             SELECT 'PRB-' || printf('%06d', i), 'problem', i, i, \
                    json_object('title', printf('%0900d', i)), \
                    zeroblob(1500) FROM n"
        )))
        .execute(&pool)
        .await
        .unwrap();
        pool.close().await;
    });
    let mut state = case_of(size(1_000), catalogue);
    let mut seq = 0;
    let mut group = criterion.benchmark_group("cases");
    group.sample_size(10);
    group.bench_function("an act on disk, 1,000,000 archived", |bencher| {
        bencher.iter(|| {
            seq += 1;
            let case = CaseId { kind: CaseKind::Problem, number: 1 };
            let verb = Verb::HandOver { to: format!("u{seq}") };
            let act = Act { case, expects: None, verb, by: "u".into(), reason: String::new() };
            let event = Event::Act(Box::new(act));
            let outcome = state.step(at(20_000 + seq), &event, catalogue);
            assert!(outcome.act.is_some(), "{:?}", outcome.refused);
            let events = vec![(seq, at(seq), event)];
            let append = Append { events, effects: outcome.effects, archived: Vec::new() };
            runtime.block_on(store.append(0, &append)).unwrap();
        });
    });
    group.finish();
}

criterion_group!(benches, memory, bench);
criterion_main!(benches);
