//! Reading a page: bytes and samples a second, through the scrape cache as a collector does it.
//! The page resembles the load of the peer measurements: 1,000 metrics, 4 labels, 95 bytes a line.

mod size;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use size::size;
use vakhta::collect::Samples;
use vakhta::collect::exposition::{Dialect, parse, samples};

fn page(series: usize) -> String {
    let line = |i: usize| {
        format!(
            "bench_metric_{:04}_total{{group=\"g{:02}\",host=\"crm-app-{:03}\",region=\"mrf-{}\",\
             code=\"{}\"}} {}\n",
            i % 1000,
            i % 17,
            i / 1000,
            i % 7,
            200 + i % 5,
            i * 37 % 100_003,
        )
    };
    (0..series).map(line).collect()
}

fn exposition(criterion: &mut Criterion) {
    let series = size(100_000);
    let page = page(series);
    let bytes = Throughput::Bytes(page.len().try_into().unwrap_or(u64::MAX));
    let mut group = criterion.benchmark_group("exposition");
    group.sample_size(20);
    group.throughput(bytes.clone());
    group.bench_function("lines only, 100k series, bytes", |bench| {
        bench.iter(|| parse(page.as_bytes(), Dialect::Text, &mut |_| Ok(())).samples);
    });
    let mut cache = Samples::new(vec![("instance".into(), "bench".into())]);
    group.bench_function("with the scrape cache, 100k series, bytes", |bench| {
        bench.iter(|| {
            samples(page.as_bytes(), Dialect::Text, &mut cache);
            cache.take().len()
        });
    });
    group.throughput(Throughput::Elements(series.try_into().unwrap_or(u64::MAX)));
    group.bench_function("with the scrape cache, 100k series, samples", |bench| {
        bench.iter(|| {
            samples(page.as_bytes(), Dialect::Text, &mut cache);
            cache.take().len()
        });
    });
    group.finish();
}

criterion_group!(benches, exposition);
criterion_main!(benches);
