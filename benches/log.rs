//! The event log: appends a second to the embedded store, one by one and in batches, each commit
//! on disk before it counts.

#![expect(clippy::unwrap_used, reason = "a bench may stop on the first surprise")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vakhta::fold::Event;
use vakhta::model::{Ticket, TicketClass, Time};
use vakhta::store::{Append, Store};

fn ticket(id: u64) -> Event {
    Event::Ticket(Box::new(Ticket {
        id,
        number: format!("202611241{id:07}"),
        title: "Тормозит CRM".into(),
        text: "Каждая страница открывается по две минуты, работать невозможно".into(),
        class: TicketClass::Incident,
        queue: "1ЛТП".into(),
        state_type: "new".into(),
        user: "0123456789abcdef".into(),
        mrf: Some("Центр".into()),
        channel: String::new(),
        service: String::new(),
        step: String::new(),
        joined_to: String::new(),
        created: Time(1_790_000_000_000),
        changed: Time(1_790_000_000_000),
    }))
}

fn bench(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(Store::open(&folder.path().join("log.sqlite"))).unwrap();
    let mut seq = 0_u64;
    let mut group = criterion.benchmark_group("log");
    group.sample_size(20);
    for batch in [1_u64, 16, 256] {
        group.throughput(Throughput::Elements(batch));
        group.bench_function(format!("append, batches of {batch}"), |bencher| {
            bencher.iter(|| {
                let events = (0..batch)
                    .map(|_| {
                        seq += 1;
                        (seq, Time(1_790_000_000_000), ticket(seq))
                    })
                    .collect();
                let append = Append { events, ..Append::default() };
                runtime.block_on(store.append(0, &append)).unwrap();
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
