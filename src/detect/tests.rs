//! Packs and the watch as a whole.

use std::sync::Arc;

use super::*;
use crate::collect;
use crate::config::Diagnostics;
use crate::model::{Batch, FindingState, Sample, Series, Severity};
use crate::series::Limits;

fn packs(text: &str) -> Packs {
    let mut errors = Diagnostics::default();
    let packs = Packs::load(&[("test.yaml".to_owned(), text.to_owned())], &mut errors);
    let found = errors.into_sorted();
    assert!(found.is_empty(), "{}", found[0]);
    packs
}

const RULE: &str = "
pack: test
source: host
rules:
  - id: hot
    expr: temperature
    object: [sensor]
    role: cause
    impact: slow
    threshold: {raise: {warning: 50, critical: 90}, clear: 40}
    title: {ru: 'горячо: {value} ({sensor})', en: 'hot: {value} ({sensor})'}
    advice: {ru: остудить, en: cool it}
    runbook: docs/x.md#hot
    tests:
      - {name: rises, interval: 10s, series: {'temperature{instance=\"a\"}': '10 60 95 10x3'},
         expect: [{at: 0s, findings: []}, {at: 10s, findings: [{severity: warning}]},
                  {at: 20s, findings: [{severity: critical}]}, {at: 50s, findings: []}]}
";

fn batch(at: i64, values: &[(&str, f64)], up: f64) -> Batch {
    let base = [("instance", "a"), ("job", "host"), ("system", "crm-hosts")];
    let mut samples = vec![Sample { series: Arc::new(Series::new("up", base)), value: up }];
    for (sensor, value) in values {
        let labels = base.into_iter().chain([("sensor", *sensor)]);
        let series = Arc::new(Series::new("temperature", labels));
        samples.push(Sample { series, value: *value });
    }
    Batch { kind: "host", instance: "a".into(), at: Time(at * 1000), samples }
}

struct Bench {
    store: Store,
    watch: Watch,
}

impl Bench {
    fn new() -> Self {
        Self::with(RULE)
    }

    fn with(rule: &str) -> Self {
        let watch = Watch::new(Arc::new(packs(rule)));
        Self { store: Store::new(Limits::default()), watch }
    }

    fn poll(&mut self, at: i64, values: &[(&str, f64)], up: f64) -> Vec<(FindingState, String)> {
        let batch = batch(at, values, up);
        self.store.append(&batch);
        let found = self.watch.polled(&self.store, "host", "a", batch.at);
        found.into_iter().map(|finding| (finding.state, finding.title.ru.to_string())).collect()
    }
}

#[test]
fn findings_are_raised_once_updated_with_severity_and_cleared_once() {
    use FindingState::{Cleared, Raised, Updated};
    let mut bench = Bench::new();
    assert_eq!(bench.poll(0, &[("cpu", 20.0)], 1.0), []);
    assert_eq!(bench.poll(10, &[("cpu", 60.0)], 1.0), [(Raised, "горячо: 60 (cpu)".to_owned())]);
    assert_eq!(bench.poll(20, &[("cpu", 61.0)], 1.0), []);
    assert_eq!(bench.poll(30, &[("cpu", 95.0)], 1.0), [(Updated, "горячо: 95 (cpu)".to_owned())]);
    assert_eq!(bench.poll(40, &[("cpu", 10.0)], 1.0), []);
    let over = bench.poll(50, &[("cpu", 10.0)], 1.0);
    assert_eq!(over.first().map(|(state, _)| *state), Some(Cleared), "{over:?}");
}

#[test]
fn a_silent_source_clears_nothing_and_an_answering_one_lets_go_of_what_is_gone() {
    let mut bench = Bench::new();
    bench.poll(0, &[("cpu", 60.0)], 1.0);
    for at in 1..30 {
        assert_eq!(bench.poll(at * 10, &[], 0.0), [], "down at {at}");
    }
    let mut over = Vec::new();
    for at in 30..45 {
        over.extend(bench.poll(at * 10, &[], 1.0));
    }
    assert_eq!(over.len(), 1);
    assert_eq!(over[0].0, FindingState::Cleared);
}

#[test]
fn after_a_restart_findings_go_on_or_are_cleared() {
    let mut bench = Bench::new();
    bench.poll(0, &[("cpu", 60.0), ("gpu", 60.0)], 1.0);
    let keys: std::collections::BTreeSet<String> =
        bench.watch.active().map(|finding| finding.key.clone()).collect();
    assert_eq!(keys.len(), 2);
    // Restored with its memory: nothing is said twice.
    let saved = bench.watch.save();
    let mut same = Bench::new();
    same.watch.restore(&saved).unwrap();
    same.watch.adopt(keys.clone());
    assert_eq!(same.poll(10, &[("cpu", 60.0), ("gpu", 60.0)], 1.0), []);
    // Without memory: what is still hot is raised with its old key, what is not is cleared.
    let mut blank = Bench::new();
    blank.watch.adopt(keys);
    let mut said = Vec::new();
    for at in 1..6 {
        said.extend(blank.poll(at * 10, &[("cpu", 60.0), ("gpu", 20.0)], 1.0));
    }
    let states: Vec<FindingState> = said.iter().map(|(state, _)| *state).collect();
    assert_eq!(states, [FindingState::Raised, FindingState::Cleared]);
}

#[test]
fn a_restart_with_an_empty_memory_does_not_end_what_a_rule_takes_long_to_see() {
    let slow = RULE.replace("clear: 40}", "clear: 40, hold: 60s}");
    let mut bench = Bench::with(&slow);
    for at in 0..10 {
        bench.poll(at * 10, &[("cpu", 60.0)], 1.0);
    }
    let keys: std::collections::BTreeSet<String> =
        bench.watch.active().map(|finding| finding.key.clone()).collect();
    assert_eq!(keys.len(), 1);
    for (value, expected) in [(60.0, FindingState::Raised), (20.0, FindingState::Cleared)] {
        let mut blank = Bench::with(&slow);
        blank.watch.adopt(keys.clone());
        let said: Vec<_> =
            (10..30).flat_map(|at| blank.poll(at * 10, &[("cpu", value)], 1.0)).collect();
        let states: Vec<FindingState> = said.iter().map(|(state, _)| *state).collect();
        assert_eq!(states, [expected], "at {value}");
    }
}

/// The shipped rules as a site wants them, and what is wrong with the wishes.
fn wanted(wishes: &str) -> (Packs, Vec<String>) {
    let mut errors = Diagnostics::default();
    let node = crate::config::parse("vakhta.yaml", wishes, &mut errors).unwrap();
    let wishes = Adjustments::read(&node, &mut errors);
    let packs = Packs::shipped_and(&[], wishes, &mut errors);
    (packs, errors.into_sorted().iter().map(ToString::to_string).collect())
}

#[test]
fn a_site_may_have_other_limits_and_do_without_a_rule() {
    let (packs, errors) = wanted(
        "pg-archive-behind: {raise: {high: 900}, hold: 5m}\nhost-process-files: {enabled: false}\n\
         es-snapshot-stale: {max_age: {high: 30h}}\n",
    );
    assert_eq!(errors, Vec::<String>::new());
    let of = |id: &str| packs.rules().find(|rule| rule.id == id);
    let limits = of("pg-archive-behind").unwrap().limits().unwrap();
    assert_eq!(limits.levels.into_iter().collect::<Vec<_>>(), [(Severity::High, 900.0)]);
    assert_eq!(
        (limits.clear, limits.hold_ms),
        (Some(60.0), Some(300_000)),
        "the rest is as written"
    );
    let changed: Vec<&str> =
        packs.rules().filter(|rule| rule.is_adjusted).map(|rule| rule.id.as_str()).collect();
    assert_eq!(changed, ["es-snapshot-stale", "pg-archive-behind"]);
    let shipped = Packs::shipped(&mut Diagnostics::default());
    let same = |id: &str| shipped.rules().find(|rule| rule.id == id).unwrap().fingerprint();
    assert_ne!(of("es-snapshot-stale").unwrap().fingerprint(), same("es-snapshot-stale"));
    assert!(of("host-process-files").is_none());
    let off: Vec<&str> = packs.switched_off().map(|rule| rule.id.as_str()).collect();
    assert_eq!(off, ["host-process-files"]);
    assert!(packs.run_tests().is_empty(), "tests of other limits are not run");
}

#[test]
fn a_wish_that_makes_no_sense_is_told_with_its_place() {
    for (wish, place, expected) in [
        ("pg-archive-behnd: {hold: 5m}", "vakhta.yaml:1:1", "pg-archive-behnd"),
        ("pg-archive-behind: {holt: 5m}", "vakhta.yaml:1:21", "holt"),
        ("pg-archive-behind: {raise: {warning: 5m}}", "vakhta.yaml:1", "number"),
        ("pg-archive-behind: {raise: {high: 10, critical: 5}}", "vakhta.yaml:1", "high"),
        ("pg-archive-behind: {clear: 400}", "vakhta.yaml:1", "clear"),
        ("pg-archive-behind: {enabled: maybe}", "vakhta.yaml:1", "maybe"),
        ("pg-archive-behind: {enabled: false, holt: 5m}", "vakhta.yaml:1:37", "holt"),
        ("pg-archive-behind: 5", "vakhta.yaml:1", "5"),
        ("[pg-archive-behind]", "vakhta.yaml:1", "list"),
    ] {
        let (_, errors) = wanted(wish);
        let told = errors.iter().any(|error| error.contains(place) && error.contains(expected));
        let are_in_the_site = errors.iter().all(|error| error.starts_with("vakhta.yaml"));
        assert!(told && are_in_the_site, "{wish}: {errors:?}");
    }
}

#[test]
fn the_shipped_packs_are_right_and_hold_their_own_tests() {
    let mut errors = Diagnostics::default();
    let packs = Packs::shipped(&mut errors);
    let found = errors.into_sorted();
    assert!(found.is_empty(), "{}", found.iter().map(ToString::to_string).collect::<String>());
    let failed = packs.run_tests();
    assert!(failed.is_empty(), "{failed:#?}");
    let modes = packs.rules().count();
    assert!(modes >= 60, "{modes} rules");
}

#[test]
fn a_broken_pack_reports_every_error_with_its_place() {
    let text = RULE
        .replace("expr: temperature", "expr: temperature{")
        .replace("role: cause", "role: culprit")
        .replace("critical: 90", "critical: 20")
        .replace("impact: slow", "impakt: slow")
        .replace("docs/x.md#hot", "docs/x.md");
    let mut errors = Diagnostics::default();
    Packs::load(&[("broken.yaml".to_owned(), text)], &mut errors);
    let lines: Vec<usize> = errors.into_sorted().iter().map(|d| d.place.line).collect();
    assert_eq!(lines, [5, 6, 8, 9, 10, 13], "one for each mistake, and the key that is missing");
}

/// Name, labels and value of a sample.
type One<'a> = (&'a str, &'a [(&'a str, &'a str)], f64);

/// A batch of one source with a few series of its own beside `up`.
fn series(at: i64, values: &[One<'_>]) -> Batch {
    let base = [("instance", "a"), ("job", "host"), ("system", "crm-hosts")];
    let mut samples = vec![Sample { series: Arc::new(Series::new("up", base)), value: 1.0 }];
    for (name, labels, value) in values {
        let labels = base.into_iter().chain(labels.iter().copied());
        samples.push(Sample { series: Arc::new(Series::new(name, labels)), value: *value });
    }
    Batch { kind: "host", instance: "a".into(), at: Time(at * 1000), samples }
}

fn with_also() -> (Store, Watch) {
    let text = RULE
        .replace("object: [sensor]", "object: [sensor]\n    also: {pid: culprit}")
        .replace("ru: остудить, en: cool it", "ru: 'снять {pid}', en: 'end {pid}'");
    (Store::new(Limits::default()), Watch::new(Arc::new(packs(&text))))
}

#[test]
fn a_number_told_along_is_filled_in_and_told_anew_when_it_changes() {
    let (mut store, mut watch) = with_also();
    let mut poll = |at: i64, pid: Option<f64>| -> Vec<(FindingState, String)> {
        let sensor: &[(&str, &str)] = &[("sensor", "cpu")];
        let mut values = vec![("temperature", sensor, 60.0)];
        values.extend(pid.map(|pid| ("culprit", sensor, pid)));
        let batch = series(at, &values);
        store.append(&batch);
        let found = watch.polled(&store, "host", "a", batch.at);
        found.into_iter().map(|finding| (finding.state, finding.advice.ru.to_string())).collect()
    };
    assert_eq!(poll(10, Some(24_044.0)), [(FindingState::Raised, "снять 24044".to_owned())]);
    assert_eq!(poll(20, Some(24_044.0)), []);
    assert_eq!(poll(30, Some(9_001.0)), [(FindingState::Updated, "снять 9001".to_owned())]);
    assert_eq!(poll(40, None), [(FindingState::Updated, "снять pid".to_owned())]);
}

#[test]
fn what_a_failed_part_does_not_show_is_not_gone() {
    let (mut store, mut watch) = with_also();
    let mut poll = |at: i64, success: f64, hot: bool| {
        let sensor: &[(&str, &str)] = &[("sensor", "cpu")];
        let part: &[(&str, &str)] = &[("collector", "sensors")];
        let mut values = vec![("vakhta_collector_success", part, success)];
        if hot {
            values.push(("temperature", sensor, 60.0));
        }
        let batch = series(at, &values);
        store.append(&batch);
        watch.polled(&store, "host", "a", batch.at).into_iter().map(|f| f.state).collect::<Vec<_>>()
    };
    assert_eq!(poll(0, 1.0, true), [FindingState::Raised]);
    for at in 1..30 {
        assert_eq!(poll(at * 10, 0.0, false), [], "the part could not be read");
    }
    assert_eq!((poll(300, 1.0, false), poll(310, 1.0, false)), (vec![], vec![]));
    assert_eq!(poll(320, 1.0, false), [FindingState::Cleared], "read again, and it is not there");
}

#[test]
fn findings_of_a_source_that_is_no_longer_configured_are_over() {
    let mut bench = Bench::new();
    bench.poll(0, &[("cpu", 60.0)], 1.0);
    let keys = bench.watch.active().map(|finding| finding.key.clone()).collect();
    let saved = bench.watch.save();
    let mut next = Bench::new();
    next.watch.expect(["b".to_owned()].into());
    next.watch.restore(&saved).unwrap();
    next.watch.adopt(keys);
    let over = next.watch.global(&next.store, Time(10_000));
    let states: Vec<FindingState> = over.iter().map(|finding| finding.state).collect();
    assert_eq!(states, [FindingState::Cleared]);
    assert_eq!(next.watch.active().count(), 0);
}

/// A reading is repeated until the next one: a wait that it outlives is no second look. A standing reading from the first
/// second after a crash must not be taken for what lasts.
#[test]
fn a_rule_that_waits_looks_twice() {
    let packs = Packs::shipped(&mut Diagnostics::default());
    let postgres = collect::postgres::lasting();
    assert!(postgres.contains(&("vakhta_pg_archive_ready_seconds", 60_000)), "{postgres:?}");
    let sources = [postgres, collect::elasticsearch::lasting(), collect::host::lasting()];
    let lasting = sources.concat();
    let (mut looked_at, mut read_of) = (0, Vec::new());
    for rule in packs.rules() {
        let words: Vec<&str> =
            rule.expr_text.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let read = lasting.iter().filter(|(name, _)| words.contains(name)).map(|(_, every)| every);
        let (Judge::Each(method), Some(every)) = (&rule.judge, read.max()) else { continue };
        looked_at += 1;
        read_of.extend(lasting.iter().map(|(name, _)| *name).filter(|name| words.contains(name)));
        let hold = method.hold_ms();
        assert!(hold == 0 || hold >= every * 2, "{}: {hold} ms, readings of {every} ms", rule.id);
    }
    // Threshold rules over every kind of source, or the lists name what nothing is called.
    let kinds = ["vakhta_host_deleted_open_bytes", "vakhta_es_repository_readable"];
    assert!(looked_at >= 13 && kinds.iter().all(|name| read_of.contains(name)), "{read_of:?}");
}
