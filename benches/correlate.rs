//! Correlating, in the production path: findings a second through `fold::State::step` with 1 k, 10 k and 50 k
//! of them active.
//!
//! What a finding costs follows the systems around it (at most 256, of which at most 64 clusters are compared),
//! not what is open elsewhere: the figure must not fall as the graph fills.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

use std::collections::BTreeMap;
use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use vakhta::fold::{Event, Settings, State};
use vakhta::i18n::Catalogue;
use vakhta::model::{Finding, FindingState, Impact, Role, Severity, Text, Time};
use vakhta::topology::System;

/// How many findings are active, and on how many systems: one graph that fills, then five to each
/// system on graphs that grow.
const SIZES: [(u64, u64); 5] =
    [(1_000, 10_000), (10_000, 10_000), (50_000, 10_000), (1_000, 200), (10_000, 2_000)];
const START: i64 = 1_790_000_000_000;
/// Findings of one measurement.
const BATCH: u64 = 1_000;

/// Each system needs three others of a lower number: a graph without cycles, with hubs.
fn systems(count: u64) -> Vec<System> {
    (0..count)
        .map(|n| System {
            key: format!("s{n:05}"),
            name: Text::default(),
            short: Text::default(),
            owner: Text::default(),
            contact: Text::default(),
            queue: String::new(),
            words: Vec::new(),
            depends_on: (1..=3_u64)
                .filter(|_| n > 10)
                .map(|k| format!("s{:05}", mix(n * 7 + k) % n))
                .collect(),
        })
        .collect()
}

/// A fixed sequence that looks random (SplitMix64), so that every run measures the same.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn finding(n: u64, systems: u64) -> (Time, Event) {
    let at = Time(START + i64::try_from(n).unwrap() * 20);
    let system = format!("s{:05}", mix(n) % systems);
    let finding = Finding {
        key: format!("bench/rule-{n}"),
        rule: format!("rule-{}", mix(n + 1) % 40),
        object: format!("{system}-{}", n % 3),
        system,
        labels: BTreeMap::new(),
        severity: Severity::Warning,
        state: FindingState::Raised,
        score: 1.0,
        role: if n.is_multiple_of(4) { Role::Cause } else { Role::Symptom },
        spreads: true,
        impact: Impact::Slow,
        blind: false,
        title: Text::new("медленно", "slow"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: at,
        at,
    };
    (at, Event::Finding(Box::new(finding)))
}

/// The end of one of them.
fn over(n: u64, systems: u64) -> Event {
    let (at, event) = finding(n, systems);
    let Event::Finding(mut finding) = event else { return event };
    finding.state = FindingState::Cleared;
    finding.at = at;
    Event::Finding(finding)
}

/// One step as the engine makes it: a tick when something is due, then the event.
fn step(state: &mut State, catalogue: &Catalogue, (at, event): &(Time, Event)) {
    if state.next_timer().is_some_and(|due| due <= *at) {
        state.step(*at, &Event::Tick, catalogue);
    }
    black_box(state.step(*at, event, catalogue));
}

/// A state with `active` findings that are on.
fn filled(active: u64, count: u64, catalogue: &Catalogue) -> State {
    let mut state = State::default();
    let settings = Settings { systems: systems(count), ..Settings::default() };
    state.step(Time(START), &Event::Configured(Box::new(settings)), catalogue);
    for n in 0..active {
        step(&mut state, catalogue, &finding(n, count));
    }
    state
}

/// As it is in the long run: what was raised `active` findings ago ends when a new one is raised.
fn steady(criterion: &mut Criterion) {
    let catalogue = Catalogue::default();
    let mut group = criterion.benchmark_group("correlate, in the long run");
    group.sample_size(10);
    for (active, count) in SIZES {
        let mut state = filled(active, count, &catalogue);
        let mut n = active;
        group.throughput(Throughput::Elements(BATCH));
        group.bench_function(format!("{active} active, {count} systems"), |bencher| {
            bencher.iter(|| {
                for _ in 0..BATCH {
                    let (at, fresh) = finding(n, count);
                    step(&mut state, &catalogue, &(at, fresh));
                    step(&mut state, &catalogue, &(at, over(n - active, count)));
                    n += 1;
                }
            });
        });
    }
    group.finish();
}

/// Right after a start: what lies around each system is not known yet.
fn cold(criterion: &mut Criterion) {
    let catalogue = Catalogue::default();
    let mut group = criterion.benchmark_group("correlate, after a start");
    group.sample_size(10);
    for (active, count) in SIZES {
        let filled = filled(active, count, &catalogue);
        let saved = serde_json::to_vec(&filled).unwrap();
        group.throughput(Throughput::Elements(BATCH));
        group.bench_function(format!("{active} active, {count} systems"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut state: State = serde_json::from_slice(&saved).unwrap();
                    state.revive();
                    let fresh = (active..active + BATCH).map(|n| finding(n, count));
                    (state, fresh.collect::<Vec<_>>())
                },
                |(mut state, fresh)| {
                    for one in &fresh {
                        step(&mut state, &catalogue, one);
                    }
                    (state, fresh)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

/// Bytes of memory that this process has.
fn resident() -> u64 {
    let pages = procfs::process::Process::myself().unwrap().statm().unwrap().resident;
    pages * procfs::page_size()
}

/// What a signal takes in memory with all that is known because of it: its cluster's counts, its case, what
/// lies around its system. It runs before anything has been freed.
#[expect(clippy::print_stdout, reason = "criterion measures time only")]
fn memory(_: &mut Criterion) {
    let catalogue = Catalogue::default();
    // Neither may be freed before both were measured.
    let mut kept = Vec::new();
    for (active, count) in [(50_000, 10_000), (50_000, 200)] {
        let empty = filled(0, count, &catalogue);
        let before = resident();
        let state = filled(active, count, &catalogue);
        let each = (resident() - before) / active;
        println!("correlate, memory: {each} bytes a finding, {active} active, {count} systems");
        kept.push((empty, state));
    }
    black_box(kept);
}

criterion_group!(benches, memory, steady, cold);
criterion_main!(benches);
