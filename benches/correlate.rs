//! Grouping: incidents a second with 1 k, 10 k and 50 k incidents active on a graph of 10,000
//! systems. The figure must not fall as more is open.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use vakhta::correlate::{Grouping, Lifecycle, State};
use vakhta::model::{Impact, Incident, IncidentKind, Role, Severity, Text, Time};
use vakhta::topology::System;

const SYSTEMS: u64 = 10_000;
const START: i64 = 1_790_000_000_000;

/// Each system needs three others of a lower number: a graph without cycles, with hubs.
fn systems() -> Vec<System> {
    (0..SYSTEMS)
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

fn incident(n: u64) -> Incident {
    let at = Time(START + i64::try_from(n).unwrap() * 20);
    Incident {
        id: format!("f{n}"),
        kind: IncidentKind::Finding,
        systems: vec![(format!("s{:05}", mix(n) % SYSTEMS), 1.0)],
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
fn filled(active: u64) -> State {
    let mut state = State::default();
    state.configure(systems(), Grouping::default(), Lifecycle::default());
    for n in 0..active {
        let one = incident(n);
        state.tick(one.since);
        state.incident(one.since, one);
    }
    state
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("correlate");
    group.sample_size(10);
    for active in [1_000_u64, 10_000, 50_000] {
        let saved = serde_json::to_vec(&filled(active)).unwrap();
        let batch = 1_000_u64;
        group.throughput(Throughput::Elements(batch));
        group.bench_function(format!("{active} active"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut state: State = serde_json::from_slice(&saved).unwrap();
                    state.derive();
                    let fresh: Vec<Incident> = (active..active + batch).map(incident).collect();
                    (state, fresh)
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
