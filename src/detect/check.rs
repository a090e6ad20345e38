//! The rules' own tests: points in, findings out, through the code that runs in production.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::pack::{Packs, Rule, Scope};
use super::watch::Watch;
use super::wording;
use crate::config::Place;
use crate::model::{Arg, Batch, Message, Sample, Series, SeriesRef, Severity, Time};
use crate::series::{Limits, Store};

/// One test of a rule.
#[derive(Clone, Debug)]
pub struct RuleTest {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) interval_ms: i64,
    pub(super) series: Vec<(SeriesRef, Vec<Option<f64>>)>,
    pub(super) expect: Vec<Expected>,
}

/// What findings are to be on at a moment, by severity.
#[derive(Clone, Debug)]
pub(super) struct Expected {
    pub(super) at_ms: i64,
    pub(super) severities: Vec<Severity>,
}

/// A test that did not hold.
#[derive(Clone, Debug)]
pub struct TestFailure {
    /// The rule.
    pub rule: String,
    /// The test.
    pub test: String,
    /// Where it is written.
    pub place: Place,
    /// What was expected and what was found.
    pub message: Message,
}

/// Tests begin at the epoch, as promtool's do, so that expressions may hold times.
const START: i64 = 0;

/// Runs the tests of one rule.
pub(super) fn run(rule: &Rule) -> Vec<TestFailure> {
    let failure = |test: &RuleTest, message: Message| TestFailure {
        rule: rule.id.clone(),
        test: test.name.clone(),
        place: test.place.clone(),
        message,
    };
    if rule.tests.is_empty() && !rule.is_adjusted {
        return vec![TestFailure {
            rule: rule.id.clone(),
            test: "—".to_owned(),
            place: rule.place.clone(),
            message: Message::new("cli-test-none"),
        }];
    }
    let mut named: BTreeSet<String> = BTreeSet::new();
    let mut failures: Vec<TestFailure> = Vec::new();
    for test in &rule.tests {
        failures.extend(one(rule, test, &mut named).map(|text| failure(test, text)));
    }
    // A rule that was never on in its tests says nothing of what its titles could be filled with.
    if !named.is_empty() {
        named.extend(rule.also.iter().map(|(name, _)| name.clone()));
    }
    let unknown = placeholders(rule).find(|name| !named.is_empty() && !named.contains(*name));
    if let Some((name, test)) = unknown.zip(rule.tests.first()) {
        let known: Vec<&str> = named.iter().map(String::as_str).collect();
        let message = Message::new("cli-test-placeholder").word("name", name);
        failures.push(failure(test, message.word("known", known.join(", "))));
    }
    failures
}

/// The names in braces of a rule's texts.
fn placeholders(rule: &Rule) -> impl Iterator<Item = &str> {
    let texts = [&rule.title.ru, &rule.title.en, &rule.advice.ru, &rule.advice.en];
    texts.into_iter().flat_map(|text| {
        let named = text.split('{').skip(1).filter_map(|part| part.split_once('}'));
        named.map(|(name, _)| name).filter(|name| wording::is_name(name))
    })
}

/// Plays one test; returns what went wrong.
fn one(rule: &Rule, test: &RuleTest, named: &mut BTreeSet<String>) -> Option<Message> {
    let mut watch = Watch::new(Arc::new(Packs::of(rule.clone())));
    let mut store = Store::new(Limits::default());
    let instances: BTreeSet<&str> =
        test.series.iter().map(|(series, _)| series.get("instance").unwrap_or("")).collect();
    let last_point = test.series.iter().map(|(_, points)| points.len()).max().unwrap_or(0);
    let last_expected = test.expect.iter().map(|expected| expected.at_ms).max().unwrap_or(0);
    let steps = i64::try_from(last_point).unwrap_or(0).max(last_expected / test.interval_ms + 1);
    let mut expected = test.expect.iter().peekable();
    for step in 0..steps {
        let at = Time(START + step * test.interval_ms);
        for instance in &instances {
            store.append(&batch(rule, test, instance, step, at));
            watch.polled(&store, kind_of(rule), instance, at);
        }
        if rule.scope == Scope::Global {
            watch.global(&store, at);
        }
        if let Some((_, error)) = watch.take_errors().into_iter().next() {
            return Some(error);
        }
        for finding in watch.active() {
            named.extend(finding.labels.keys().cloned());
            named.extend(finding.evidence.iter().map(|number| number.name.clone()));
            named.extend(["value", "limit", "instance", "system"].map(str::to_owned));
            if finding.system.is_empty()
                && finding.labels.get("instance").is_none_or(String::is_empty)
            {
                return Some(Message::new("cli-test-nowhere"));
            }
        }
        let until = at.0 - START + test.interval_ms;
        while let Some(next) = expected.peek().filter(|next| next.at_ms < until) {
            let mut found: Vec<Severity> = watch.active().map(|finding| finding.severity).collect();
            found.sort();
            if found != next.severities {
                let at = (next.at_ms / 1000).to_string();
                return Some(
                    Message::new("cli-test-found")
                        .word("at", at)
                        .with("wanted", severities(&next.severities))
                        .with("found", severities(&found)),
                );
            }
            expected.next();
        }
    }
    None
}

/// Severities by the words of the pack.
fn severities(of: &[Severity]) -> Arg {
    if of.is_empty() {
        return Arg::Key("found-no-findings".to_owned());
    }
    Arg::Word(of.iter().map(|severity| severity.as_str()).collect::<Vec<_>>().join(", "))
}

fn kind_of(rule: &Rule) -> &str {
    let first = rule.sources.first().map_or("any", String::as_str);
    if first == "any" { "prometheus" } else { first }
}

/// The points of one source at one step. A test that says nothing of `up` means a source that
/// answers.
fn batch(rule: &Rule, test: &RuleTest, instance: &str, step: i64, at: Time) -> Batch {
    let index = usize::try_from(step).unwrap_or(usize::MAX);
    let own = |series: &SeriesRef| series.get("instance").unwrap_or("") == instance;
    let job = kind_of(rule);
    let mut samples: Vec<Sample> = Vec::new();
    let mut says_up = false;
    for (series, points) in test.series.iter().filter(|(series, _)| own(series)) {
        says_up |= series.name() == "up";
        if let Some(value) = points.get(index).copied().flatten() {
            samples.push(Sample { series: with_job(series, job), value });
        }
    }
    if !says_up {
        let up = Series::new("up", [("instance", instance), ("job", job)]);
        samples.push(Sample { series: Arc::new(up), value: 1.0 });
    }
    Batch { kind: "test", instance: instance.into(), at, samples }
}

fn with_job(series: &SeriesRef, job: &str) -> SeriesRef {
    if series.get("job").is_some() {
        return Arc::clone(series);
    }
    let labels = series.labels().filter(|(name, _)| *name != "__name__");
    Arc::new(Series::new(series.name(), labels.chain([("job", job)])))
}
