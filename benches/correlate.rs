//! Grouping: incidents a second with 1 k, 10 k and 50 k incidents active.
//!
//! What an incident costs follows the systems around it (at most 256) and how many of them hold
//! groups, not what is open elsewhere: once the graph is full the figure must not fall further.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use vakhta::correlate::{Grouping, Lifecycle, State};
use vakhta::model::{Impact, Incident, IncidentKind, Role, Severity, Text, Time};
use vakhta::topology::System;

/// How many incidents are active, and on how many systems: one graph that fills, then five to each
/// system on graphs that grow.
const SIZES: [(u64, u64); 5] =
    [(1_000, 10_000), (10_000, 10_000), (50_000, 10_000), (1_000, 200), (10_000, 2_000)];
const START: i64 = 1_790_000_000_000;

/// Each system needs three others of a lower number: a graph without cycles, with hubs.
fn systems(count: u64) -> Vec<System> {
    (0..count)
        .map(|n| System {
            key: format!("s{n:05}"),
            name: Text::default(),
            short: Text::default(),
            owner: Text::default(),
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

fn incident(n: u64, systems: u64) -> Incident {
    let at = Time(START + i64::try_from(n).unwrap() * 20);
    Incident {
        id: format!("f{n}"),
        kind: IncidentKind::Finding,
        systems: vec![(format!("s{:05}", mix(n) % systems), 1.0)],
        symptom: format!("rule-{}", mix(n + 1) % 40),
        mrf: None,
        impact: Some(Impact::Slow),
        stems: Vec::new(),
        title: Text::new("медленно", "slow"),
        severity: Severity::Warning,
        role: if n.is_multiple_of(4) { Role::Cause } else { Role::Symptom },
        spreads: true,
        number: String::new(),
        user: String::new(),
        since: at,
        ended: None,
        detail: None,
    }
}

/// A state with `active` incidents that are on.
fn filled(active: u64, count: u64) -> State {
    let mut state = State::default();
    state.configure(systems(count), Grouping::default(), Lifecycle::default());
    for n in 0..active {
        let one = incident(n, count);
        state.tick(one.since);
        state.incident(one.since, one);
    }
    state
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("correlate");
    group.sample_size(10);
    for (active, count) in SIZES {
        let saved = serde_json::to_vec(&filled(active, count)).unwrap();
        let batch = 1_000_u64;
        group.throughput(Throughput::Elements(batch));
        group.bench_function(format!("{active} active, {count} systems"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut state: State = serde_json::from_slice(&saved).unwrap();
                    state.derive();
                    let fresh = (active..active + batch).map(|n| incident(n, count));
                    (state, fresh.collect::<Vec<Incident>>())
                },
                |(mut state, fresh)| {
                    for one in fresh {
                        state.tick(one.since);
                        state.incident(one.since, one);
                    }
                    black_box(state)
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
