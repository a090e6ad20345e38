//! Nanoseconds a sample and bytes of saved state, for each method on one fixed series.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::Write as _;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use detectors::forecast::Trend;
use detectors::{
    Direction, Ladder, Method, Severity, State, counter, forecast, freshness, no_data, outlier,
    threshold,
};

const POINTS: i32 = 20_000;
const STEP_MS: i64 = 10_000;

#[expect(clippy::expect_used, reason = "a bench may stop on its own mistake")]
fn ladder(warning: f64, critical: f64, direction: Direction) -> Ladder {
    let levels = BTreeMap::from([(Severity::Warning, warning), (Severity::Critical, critical)]);
    Ladder::new(levels, direction).expect("the levels are in order")
}

fn methods() -> Vec<(&'static str, Method)> {
    let levels = ladder(80.0, 95.0, Direction::Above);
    let hold_ms = 20_000;
    let plain = threshold::Config::new(Direction::Above, levels.clone());
    vec![
        ("threshold", Method::Threshold(threshold::Config { hold_ms, ..plain })),
        (
            "forecast",
            Method::Forecast(forecast::Config {
                limit: 200.0,
                direction: Trend::Up,
                time_left: ladder(86_400.0, 14_400.0, Direction::Below),
                long_ms: 21_600_000,
                short_ms: 3_600_000,
                min_history_ms: 600_000,
                only_past: None,
            }),
        ),
        ("outlier", Method::Outlier(outlier::Config::default())),
        (
            "counter_increase",
            Method::CounterIncrease(counter::Config {
                over_ms: 300_000,
                raise: levels.clone(),
                quiet_ms: 600_000,
            }),
        ),
        ("freshness", Method::Freshness(freshness::Config { max_age: levels })),
        ("no_data", Method::NoData(no_data::Config { after_ms: 30_000, severity: Severity::High })),
    ]
}

/// A day's wave with noise (a fixed linear congruence) and a few spikes.
fn series() -> Vec<(i64, f64)> {
    let mut noise: u32 = 1;
    let mut points = Vec::new();
    for place in 0..POINTS {
        noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let wave = (f64::from(place) / 8640.0 * std::f64::consts::TAU).sin();
        let spike = if noise.is_multiple_of(5000) { 60.0 } else { 0.0 };
        let value = 50.0 + 20.0 * wave + f64::from(noise >> 16) / 65_536.0 * 5.0 + spike;
        points.push((i64::from(place) * STEP_MS, value));
    }
    points
}

fn run(method: &Method, points: &[(i64, f64)]) -> State {
    let mut state = method.start();
    for (at_ms, value) in points {
        black_box(method.step(&mut state, *at_ms, *value));
    }
    state
}

fn methods_bench(criterion: &mut Criterion) {
    let points = series();
    let mut group = criterion.benchmark_group("methods");
    group.throughput(Throughput::Elements(POINTS.unsigned_abs().into()));
    let mut out = std::io::stdout();
    for (name, method) in methods() {
        let state = run(&method, &points);
        let saved = serde_json::to_vec(&state).map_or(0, |text| text.len());
        // A closed standard output is no reason to stop measuring.
        writeln!(out, "{name}: {} bytes in memory, {saved} as JSON", state.bytes()).ok();
        group.bench_function(name, |bencher| bencher.iter(|| run(&method, &points)));
    }
    group.finish();
}

criterion_group!(benches, methods_bench);
criterion_main!(benches);
