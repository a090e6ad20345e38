//! The whole way of a sample: a page is parsed, its samples are kept, and a rule judges every one of
//! them. 100 metrics with 1,000 series each, 100 threshold rules; two minutes of polls go before.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

mod size;

use std::fmt::Write;
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use size::size;
use vakhta::collect::Samples;
use vakhta::collect::exposition::{Dialect, samples};
use vakhta::config::Diagnostics;
use vakhta::detect::{Packs, Watch};
use vakhta::model::{Batch, Time};
use vakhta::series::{Limits, Store};

const METRICS: usize = 100;
/// Of each.
fn series() -> usize {
    size(1_000)
}

const START: i64 = 1_790_000_000_000;

fn page(round: usize) -> String {
    let mut page = String::new();
    for metric in 0..METRICS {
        for series in 0..series() {
            let value = (metric * 37 + series * 11 + round * (series % 5)) % 10_007;
            writeln!(page, "bench_metric_{metric:03}{{device=\"d{series:04}\"}} {value}").unwrap();
        }
    }
    page
}

fn pack() -> String {
    let mut pack = "pack: bench\nsource: prometheus\nrules:\n".to_owned();
    for metric in 0..METRICS {
        write!(
            pack,
            "  - id: bench-{metric:03}\n    failure_mode: H01\n    expr: bench_metric_{metric:03}\n    \
             object: [device]\n    role: symptom\n    spreads: false\n    impact: slow\n    \
             threshold: {{raise: {{warning: 1e9}}, hold: 30s}}\n    \
             title: {{ru: \"{{instance}}: {{value}}\", en: \"{{instance}}: {{value}}\"}}\n    \
             unit: count\n    advice: {{ru: \"нет\", en: \"none\"}}\n    runbook: docs/bench.md#bench\n    \
             tests:\n      - name: none\n        interval: 10s\n        \
             series: {{'bench_metric_{metric:03}{{instance=\"a\",system=\"b\",device=\"c\"}}': \"1x3\"}}\n        \
             expect: [{{at: 20s, findings: []}}]\n"
        )
        .unwrap();
    }
    pack
}

fn path(criterion: &mut Criterion) {
    let mut errors = Diagnostics::default();
    let packs = Packs::load(&[("bench.yaml".to_owned(), pack())], &mut errors);
    let errors = errors.into_sorted();
    assert!(errors.is_empty(), "{}", errors.first().unwrap());
    let mut watch = Watch::new(Arc::new(packs));
    let mut store = Store::new(Limits::default());
    let base = [("job", "bench"), ("instance", "a"), ("system", "b")];
    let base = base.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let mut cache = Samples::new(base);
    let pages: Vec<String> = (0..4).map(page).collect();
    let mut at = START;
    let mut turn = |page: &str| {
        at += 10_000;
        samples(page.as_bytes(), Dialect::Text, &mut cache);
        let samples = cache.take();
        assert_eq!(samples.len(), METRICS * series());
        let batch = Batch { kind: "prometheus", instance: "a".into(), at: Time(at), samples };
        store.append(&batch);
        watch.polled(&store, "prometheus", "a", Time(at))
    };
    let mut rounds = pages.iter().cycle();
    for page in rounds.by_ref().take(12) {
        assert!(turn(page).is_empty());
    }
    let mut group = criterion.benchmark_group("path");
    group.sample_size(10);
    group.throughput(Throughput::Elements((METRICS * series()).try_into().unwrap()));
    group.bench_function("parse, keep and judge 100k samples", |bench| {
        bench.iter(|| rounds.next().map(|page| turn(page)));
    });
    group.finish();
}

criterion_group!(benches, path);
criterion_main!(benches);
