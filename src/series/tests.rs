//! Tests of the store as a whole.

use proptest::prelude::*;

use crate::model::{Sample, Series};

use super::query::Expr;
use super::*;

fn series(name: &str, labels: &[(&str, &str)]) -> SeriesRef {
    Arc::new(Series::new(name, labels.iter().copied()))
}

fn batch(kind: &'static str, instance: &str, at: i64, samples: &[(&SeriesRef, f64)]) -> Batch {
    let sample =
        |(series, value): &(&SeriesRef, f64)| Sample { series: Arc::clone(series), value: *value };
    Batch {
        kind,
        instance: instance.into(),
        at: Time(at),
        samples: samples.iter().map(sample).collect(),
    }
}

fn ask(store: &Store, expression: &str, at: i64) -> Vec<String> {
    let found = Expr::parse(expression).unwrap().instant(store, Time(at), None).unwrap();
    found.into_iter().map(|(labels, value)| format!("{labels} {value}")).collect()
}

#[test]
fn a_series_that_its_source_no_longer_brings_is_gone_at_once() {
    let mut store = Store::new(Limits::default());
    let (a, b) = (series("m", &[("x", "a")]), series("m", &[("x", "b")]));
    store.append(&batch("host", "h1", 1_000, &[(&a, 1.0), (&b, 2.0)]));
    store.append(&batch("host", "h1", 2_000, &[(&a, 1.0)]));
    assert_eq!(ask(&store, "m", 2_000), ["m{x=\"a\"} 1"]);
    assert_eq!(ask(&store, "m", 1_500), ["m{x=\"a\"} 1", "m{x=\"b\"} 2"]);
    assert_eq!(ask(&store, "count_over_time(m[10s])", 2_000), ["{x=\"a\"} 2", "{x=\"b\"} 1"]);
    store.append(&batch("host", "h1", 3_000, &[(&a, 1.0), (&b, 3.0)]));
    assert_eq!(ask(&store, "m", 3_000), ["m{x=\"a\"} 1", "m{x=\"b\"} 3"]);
}

#[test]
fn another_kind_or_instance_ends_nothing() {
    let mut store = Store::new(Limits::default());
    let (a, b, c) = (series("a", &[]), series("b", &[]), series("c", &[]));
    store.append(&batch("host", "h1", 1_000, &[(&a, 1.0)]));
    store.append(&batch("postgres", "h1", 2_000, &[(&b, 1.0)]));
    store.append(&batch("host", "h2", 3_000, &[(&c, 1.0)]));
    assert_eq!(ask(&store, "{__name__=~\".+\"}", 3_000).len(), 3);
    store.mark_absent("h1", Time(4_000));
    store.mark_absent("h3", Time(4_000));
    assert_eq!(ask(&store, "{__name__=~\".+\"}", 4_000), ["c{} 1"]);
    store.append(&batch("host", "h1", 5_000, &[(&a, 7.0)]));
    assert_eq!(ask(&store, "a or b", 5_000), ["a{} 7"]);
}

#[test]
fn samples_that_are_not_newer_are_counted_and_dropped() {
    let mut store = Store::new(Limits::default());
    let a = series("a", &[]);
    store.append(&batch("host", "h", 2_000, &[(&a, 1.0), (&a, 5.0)]));
    store.append(&batch("host", "h", 1_000, &[(&a, 2.0)]));
    store.append(&batch("host", "h", 2_000, &[(&a, 3.0)]));
    assert_eq!(ask(&store, "a", 9_000), ["a{} 1"]);
    assert_eq!(store.stats().out_of_order, 3);
    assert_eq!(store.stats().samples, 1);
}

#[test]
fn series_beyond_the_limit_are_refused_and_counted() {
    let mut store = Store::new(Limits { series: 2, ..Limits::default() });
    let all: Vec<_> = ["a", "b", "c"].iter().map(|name| series(name, &[])).collect();
    for at in 1..4 {
        let samples: Vec<_> = all.iter().map(|series| (series, 1.0)).collect();
        store.append(&batch("host", "h", at * 1_000, &samples));
    }
    let stats = store.stats();
    assert_eq!((stats.series, stats.samples, stats.refused), (2, 6, 3));
    let mut small = Store::new(Limits { bytes: 1, ..Limits::default() });
    small.append(&batch("host", "h", 1, &[(&all[0], 1.0), (&all[1], 1.0)]));
    assert_eq!((small.stats().series, small.stats().refused), (1, 1));
}

#[test]
fn above_the_bytes_allowed_a_series_keeps_its_newest_chunks() {
    let mut store = Store::new(Limits { bytes: 20_000, ..Limits::default() });
    let a = series("a", &[]);
    for at in 1..20_000_i64 {
        let noise = f64::from_bits(at.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 2);
        store.append(&batch("host", "h", at * 1_000, &[(&a, noise)]));
        assert!(store.stats().bytes <= 22_000, "{:?}", store.stats());
    }
    let stats = store.stats();
    assert_eq!(stats.samples + stats.evicted, 19_999);
    assert_eq!(ask(&store, "count_over_time(a[100s])", 19_999_000), ["{} 100"]);
}

#[test]
fn old_samples_and_series_are_dropped_and_their_places_used_again() {
    let limits = Limits { retention: Duration::from_secs(600), ..Limits::default() };
    let mut store = Store::new(limits);
    for round in 0..20_i64 {
        for at in 0..20_i64 {
            let names: Vec<_> =
                (0..500).map(|i| series("m", &[("i", &format!("{round}-{i}"))])).collect();
            let samples: Vec<_> = names.iter().map(|series| (series, 1.0)).collect();
            store.append(&batch("host", "h", (round * 20 + at) * 60_000, &samples));
        }
    }
    let stats = store.stats();
    assert!(stats.series < 2_000, "{stats:?}");
    assert!(store.slots.len() < 4_000, "{}", store.slots.len());
    assert_eq!(store.by_fingerprint.len(), usize::try_from(stats.series).unwrap());
    assert!(store.label_values("i").count() < 4_000);
    assert_eq!(ask(&store, "count(m)", 399 * 60_000), ["{} 500"]);
    let held: u64 = store.slots.iter().flatten().map(Slot::samples).sum();
    let bytes: u64 = store.slots.iter().flatten().map(Slot::bytes).sum();
    assert_eq!((held, bytes), (stats.samples, stats.bytes));
}

#[test]
fn series_with_one_fingerprint_are_told_apart() {
    let mut store = Store::new(Limits::default());
    let all: Vec<_> = ["a", "b", "c"].iter().map(|name| series(name, &[])).collect();
    let ids: Vec<_> =
        all.iter().map(|series| store.create(7, series, 1_000, 1.0).unwrap()).collect();
    for (series, id) in all.iter().zip(&ids) {
        assert_eq!(store.known(7, series), Some(*id));
    }
    store.slots[usize::try_from(ids[0]).unwrap()] = None;
    store.forget_fingerprint(7, ids[0]);
    assert_eq!(store.known(7, &all[0]), None);
    assert_eq!(store.known(7, &all[1]), Some(ids[1]));
    assert_eq!(store.known(7, &all[2]), Some(ids[2]));
    for id in &ids[1..] {
        store.forget_fingerprint(7, *id);
    }
    assert!(store.by_fingerprint.is_empty() && store.collided.is_empty());
}

proptest! {
    /// What is read is what was appended, whatever window is asked for.
    #[test]
    fn windows_give_what_was_appended(
        steps in prop::collection::vec((1_i64..40_000, any::<f64>()), 1..400),
        from in -1_000_i64..8_000_000,
        length in 0_i64..4_000_000,
    ) {
        let mut store = Store::new(Limits::default());
        let a = series("a", &[]);
        let (mut at, mut expected) = (0, Vec::new());
        for (step, value) in &steps {
            at += step;
            store.append(&batch("host", "h", at, &[(&a, *value)]));
            expected.push((at, value.to_bits()));
        }
        let to = from + length;
        let slot = store.select(&[], Some(("__name__", "a")))[0];
        let mut found = Vec::new();
        slot.window(from, to, &mut found);
        let found: Vec<_> = found.into_iter().map(|(time, value)| (time, value.to_bits())).collect();
        let is_inside = |time: i64| time > from && time <= to;
        let inside: Vec<_> =
            expected.iter().copied().filter(|(time, _)| is_inside(*time)).collect();
        prop_assert_eq!(&found, &inside);
        let newest = slot.value_at(to, from).map(|(time, value)| (time, value.to_bits()));
        prop_assert_eq!(newest, inside.last().copied());
    }
}
