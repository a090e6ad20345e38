//! The store: appends a second, bytes a sample, and what queries cost.

mod size;

use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use size::size;
use vakhta::model::{Batch, Sample, Series, Time};
use vakhta::series::query::Expr;
use vakhta::series::{Limits, Store};

/// Scraped at once.
fn sources() -> usize {
    size(100)
}

const SERIES: usize = 1_000;
const INTERVAL: i64 = 15_000;

fn all_series() -> Vec<Vec<Arc<Series>>> {
    let one = |source: usize, number: usize| {
        let instance = format!("crm-app-{source:03}:9100");
        let metric = format!("bench_metric_{number:04}");
        let device = format!("sd{}", number % 26);
        let labels =
            [("instance", instance.as_str()), ("system", "crm-app"), ("device", device.as_str())];
        Arc::new(Series::new(&metric, labels))
    };
    (0..sources()).map(|source| (0..SERIES).map(|number| one(source, number)).collect()).collect()
}

/// A mix as node_exporter gives it: constants, slow whole numbers, counters, and noisy fractions;
/// polls jitter by some milliseconds.
fn batch(source: usize, series: &[Arc<Series>], round: i64) -> Batch {
    let value = |number: usize| {
        let round = f64::from(i32::try_from(round).unwrap_or(i32::MAX));
        let own = f64::from(u32::try_from(number).unwrap_or(u32::MAX));
        match number % 10 {
            0..4 => own,
            4 | 5 => (round / 8.0).floor() + own,
            6..9 => (own % 97.0 * (round + (round * 1.7 + own).sin() * 0.4)).floor(),
            _ => ((round * 12.9898 + own * 78.233).sin() * 1000.0).round() / 1000.0,
        }
    };
    let jitter = (round * 7 + i64::try_from(source).unwrap_or(0)) % 5;
    Batch {
        kind: "bench",
        instance: format!("crm-app-{source:03}:9100").into(),
        at: Time(1_700_000_000_000 + round * INTERVAL + jitter),
        samples: series
            .iter()
            .enumerate()
            .map(|(number, series)| Sample { series: Arc::clone(series), value: value(number) })
            .collect(),
    }
}

fn fill(store: &mut Store, series: &[Vec<Arc<Series>>], rounds: std::ops::Range<i64>) {
    for round in rounds {
        for (source, series) in series.iter().enumerate() {
            store.append(&batch(source, series, round));
        }
    }
}

fn appends(criterion: &mut Criterion) {
    let series = all_series();
    let mut store = Store::new(Limits::default());
    fill(&mut store, &series, 0..1);
    let mut group = criterion.benchmark_group("series");
    group.sample_size(20);
    group.throughput(Throughput::Elements((sources() * SERIES).try_into().unwrap_or(u64::MAX)));
    let mut round = 0;
    group.bench_function("append to 100k series", |bench| {
        let next_round = || {
            round += 1;
            let batches = series.iter().enumerate();
            batches.map(|(source, series)| batch(source, series, round)).collect::<Vec<_>>()
        };
        let append = |batches: Vec<Batch>| batches.iter().for_each(|it| store.append(it));
        bench.iter_batched(next_round, append, BatchSize::PerIteration);
    });
    group.bench_function("create 100k series", |bench| {
        let empty = || Store::new(Limits::default());
        bench.iter_batched_ref(empty, |store| fill(store, &series, 0..1), BatchSize::PerIteration);
    });
    group.finish();
}

#[expect(clippy::print_stderr, clippy::as_conversions, reason = "a figure for people")]
fn bytes(store: &Store, empty: u64) {
    let stats = store.stats();
    let samples = (stats.bytes - empty) as f64 / stats.samples as f64;
    eprintln!(
        "{} series, {} samples: {samples:.2} bytes a sample beside {} bytes a series",
        stats.series,
        stats.samples,
        empty / stats.series
    );
}

fn queries(criterion: &mut Criterion) {
    let series = all_series();
    let mut store = Store::new(Limits::default());
    fill(&mut store, &series, 0..1);
    let empty = store.stats().bytes;
    fill(&mut store, &series, 1..480);
    bytes(&store, empty);
    let at = Time(1_700_000_000_000 + 479 * INTERVAL + 10);
    let mut group = criterion.benchmark_group("query of 100 of 100k series");
    group.sample_size(30);
    for (name, text) in [
        ("threshold, none", "bench_metric_0007 > 1e12"),
        ("threshold, all", "bench_metric_0007 > 0"),
        ("rate, none", "rate(bench_metric_0007[5m]) > 1e12"),
        ("rate, all", "rate(bench_metric_0007[5m])"),
        (
            "ratio by instance",
            "max by (instance) (bench_metric_0007) / on (instance) bench_metric_0008",
        ),
        ("regular expression", "bench_metric_0007{instance=~\"crm-app-00[1-9].*\"} > 0"),
    ] {
        let Ok(expr) = Expr::parse(text) else { continue };
        group.bench_function(name, |bench| bench.iter(|| expr.instant(&store, at, None)));
    }
    let restrict = Some(("instance", "crm-app-042:9100"));
    if let Ok(expr) = Expr::parse("rate(bench_metric_0007[5m]) > 0") {
        let name = "rate, restricted to one instance";
        group.bench_function(name, |bench| bench.iter(|| expr.instant(&store, at, restrict)));
    }
    group.finish();
}

criterion_group!(benches, appends, queries);
criterion_main!(benches);
