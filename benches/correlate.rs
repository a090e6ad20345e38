//! Correlating, in the production path: findings a second through `fold::State::step` with 1 k, 10 k and 50 k
//! of them active.
//!
//! What a finding costs follows the systems around it (at most 256, of which at most 64 clusters are compared),
//! not what is open elsewhere: the figure must not fall as the graph fills.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

mod size;
mod storm;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use size::size;
use storm::{filled, finding, step};
use vakhta::fold::{Event, State};
use vakhta::i18n::Catalogue;
use vakhta::model::FindingState;

/// How many findings are active, and on how many systems: one graph that fills, then five to each
/// system on graphs that grow.
const SIZES: [(u64, u64); 5] =
    [(1_000, 10_000), (10_000, 10_000), (50_000, 10_000), (1_000, 200), (10_000, 2_000)];
/// Findings of one measurement.
fn batch() -> u64 {
    size(1_000)
}

/// As many as are measured, or a few.
fn sizes() -> [(u64, u64); 5] {
    SIZES.map(|(active, count)| (size(active), size(count)))
}

/// The end of one of them.
fn over(n: u64, systems: u64) -> Event {
    let (at, event) = finding(n, systems);
    let Event::Finding(mut finding) = event else { return event };
    finding.state = FindingState::Cleared;
    finding.at = at;
    Event::Finding(finding)
}

/// As it is in the long run: what was raised `active` findings ago ends when a new one is raised.
fn steady(criterion: &mut Criterion) {
    let catalogue = Catalogue::default();
    let mut group = criterion.benchmark_group("correlate, in the long run");
    group.sample_size(10);
    for (active, count) in sizes() {
        let mut state = filled(active, count, &catalogue);
        let mut n = active;
        group.throughput(Throughput::Elements(batch()));
        group.bench_function(format!("{active} active, {count} systems"), |bencher| {
            bencher.iter(|| {
                for _ in 0..batch() {
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
    for (active, count) in sizes() {
        let filled = filled(active, count, &catalogue);
        let saved = serde_json::to_vec(&filled).unwrap();
        group.throughput(Throughput::Elements(batch()));
        group.bench_function(format!("{active} active, {count} systems"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut state: State = serde_json::from_slice(&saved).unwrap();
                    state.revive();
                    let fresh = (active..active + batch()).map(|n| finding(n, count));
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

/// The longest that the loop stands still for it: all that came within some seconds is due at once.
fn judged(criterion: &mut Criterion) {
    let catalogue = Catalogue::default();
    let mut group = criterion.benchmark_group("correlate, one tick that judges");
    group.sample_size(10);
    for (active, count) in [(20, 10), (160, 40), (160, 400)] {
        let state = filled(active, count, &catalogue);
        let (last, _) = finding(active, count);
        let due = last.plus_millis(40_000);
        group.bench_function(format!("{active} findings, {count} systems"), |bencher| {
            bencher.iter_batched(
                || {
                    let mut copy = state.clone();
                    copy.revive();
                    copy
                },
                |mut state| {
                    state.step(due, &Event::Tick, &catalogue);
                    state
                },
                BatchSize::PerIteration,
            );
        });
    }
    group.finish();
}

criterion_group!(benches, steady, cold, judged);
criterion_main!(benches);
