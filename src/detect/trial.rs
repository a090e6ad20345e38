//! «What would this limit have done»: a rule as it is, and with other limits, over the samples that are remembered. What
//! runs is what runs in production: [`Watch`], poll by poll, at the moments at which the sources were polled.

use std::collections::BTreeMap;
use std::sync::Arc;

use detectors::{ConfigError, Ladder, Method};

use super::pack::{Judge, Packs, Rule, Scope};
use super::watch::Watch;
use crate::model::{Finding, FindingState, Severity, Time};
use crate::series::{Store, is_stale_marker};

/// The most polls that are gone through; of more, every so many of each source.
const POLLS: usize = 200_000;
/// The oldest samples looked at.
const LOOKS_BACK_MS: i64 = 30 * 86_400_000;
/// The most findings kept of one run.
const EPISODES: usize = 2_000;
/// The kind under which the engine's own samples are taken; rules over all sources run right after that.
const ENGINE: &str = "engine";

/// What of a rule can be tried otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Limits {
    /// From which value on it is how bad.
    pub levels: BTreeMap<Severity, f64>,
    /// To which value it must come back; none: the rule has no such level.
    pub clear: Option<f64>,
    /// How long it must last before it is told, milliseconds; none: the method does not wait.
    pub hold_ms: Option<i64>,
}

impl Rule {
    /// Its limits, if its method has some.
    #[must_use]
    pub fn limits(&self) -> Option<Limits> {
        match &self.judge {
            Judge::Each(Method::Threshold(config)) => Some(Limits {
                levels: config.raise.rungs().collect(),
                clear: config.clear,
                hold_ms: Some(config.hold_ms),
            }),
            Judge::Each(Method::CounterIncrease(config)) => {
                Some(Limits { levels: config.raise.rungs().collect(), clear: None, hold_ms: None })
            }
            _ => None,
        }
    }

    /// The same rule with other limits; as it is when its method has none.
    ///
    /// # Errors
    /// When they make no sense together.
    pub fn with_limits(&self, limits: &Limits) -> Result<Self, ConfigError> {
        let mut rule = self.clone();
        let Judge::Each(method) = &mut rule.judge else { return Ok(rule) };
        match method {
            Method::Threshold(config) => {
                config.raise = Ladder::new(limits.levels.clone(), config.direction)?;
                config.clear = config.clear.and(limits.clear);
                config.hold_ms = limits.hold_ms.unwrap_or(config.hold_ms);
            }
            Method::CounterIncrease(config) => {
                let above = detectors::Direction::Above;
                config.raise = Ladder::new(limits.levels.clone(), above)?;
            }
            _ => {}
        }
        method.check()?;
        Ok(rule)
    }

    /// The word for its method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        match &self.judge {
            Judge::Each(Method::Threshold(_)) => "threshold",
            Judge::Each(Method::Forecast(_)) => "forecast",
            Judge::Each(Method::Outlier(_)) => "outlier",
            Judge::Each(Method::CounterIncrease(_)) => "counter_increase",
            Judge::Each(Method::Freshness(_)) => "freshness",
            Judge::Each(Method::NoData(_)) => "no_data",
            Judge::Set(_) => "set_change",
        }
    }
}

/// One finding from the moment it would have been told to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Episode {
    /// The finding's key.
    pub key: String,
    /// The thing, in words.
    pub object: String,
    /// The labels of the thing.
    pub labels: BTreeMap<String, String>,
    /// Its system.
    pub system: String,
    /// The worst it was.
    pub severity: Severity,
    /// When it would have been told.
    pub raised: Time,
    /// When it would have been over; none: it lasts.
    pub ended: Option<Time>,
}

impl Episode {
    /// Whether the two are about the same thing at the same time.
    fn meets(&self, other: &Self) -> bool {
        let is_before = |end: Option<Time>, start: Time| end.is_some_and(|end| end < start);
        self.key == other.key
            && !is_before(self.ended, other.raised)
            && !is_before(other.ended, self.raised)
    }
}

/// A source was polled.
#[derive(Debug)]
struct Poll {
    at: Time,
    /// Its kind and its instance.
    source: Arc<(String, String)>,
}

/// One of the two: the rule as it is, or as it might be.
#[derive(Debug)]
struct Run {
    watch: Watch,
    /// Those that last are the last of their key.
    episodes: Vec<Episode>,
    lasting: BTreeMap<String, usize>,
}

impl Run {
    fn new(rule: Rule) -> Self {
        let watch = Watch::new(Arc::new(Packs::of(rule)));
        Self { watch, episodes: Vec::new(), lasting: BTreeMap::new() }
    }

    fn take(&mut self, findings: Vec<Finding>) {
        for finding in findings {
            let has_room = self.episodes.len() < EPISODES;
            let place = self.lasting.get(&finding.key).copied();
            let known = place.and_then(|place| self.episodes.get_mut(place));
            match (finding.state, known) {
                (FindingState::Cleared, Some(episode)) => {
                    episode.ended = Some(finding.at);
                    self.lasting.remove(&finding.key);
                }
                (FindingState::Cleared, None) => {}
                (_, Some(episode)) => episode.severity = episode.severity.max(finding.severity),
                (_, None) if has_room => self.begin(finding),
                (_, None) => {}
            }
        }
    }

    fn begin(&mut self, finding: Finding) {
        self.lasting.insert(finding.key.clone(), self.episodes.len());
        self.episodes.push(Episode {
            key: finding.key,
            object: finding.object,
            labels: finding.labels,
            system: finding.system,
            severity: finding.severity,
            raised: finding.at,
            ended: None,
        });
    }
}

/// A trial under way: step by step, so that whoever takes samples in is not kept waiting.
#[derive(Debug)]
pub struct Trial {
    scope: Scope,
    polls: Vec<Poll>,
    every: usize,
    next: usize,
    present: Run,
    tried: Run,
}

/// What the two would have told.
#[derive(Clone, Debug, Default)]
pub struct Tried {
    /// From the first poll that is remembered to the last that was gone through; none: nothing is remembered.
    pub span: Option<(Time, Time)>,
    /// Polls were left over.
    pub is_cut: bool,
    /// Of each source only every so many polls were gone through; 1 is all of them.
    pub every: usize,
    /// What the rule as it is tells over these samples.
    pub present: Vec<Episode>,
    /// What it would have told.
    pub tried: Vec<Episode>,
}

impl Trial {
    /// Prepares a trial of a rule over all that is remembered.
    #[must_use]
    pub fn new(store: &Store, rule: &Rule, tried: Rule, now: Time) -> Self {
        let (polls, every) = thinned(polls(store, rule, now), POLLS);
        Self {
            scope: rule.scope,
            polls,
            every,
            next: 0,
            present: Run::new(rule.clone()),
            tried: Run::new(tried),
        }
    }

    /// Goes through one poll; false when there is none left.
    pub fn step(&mut self, store: &Store) -> bool {
        let Some(Poll { at, source }) = self.polls.get(self.next) else { return false };
        let (kind, instance) = &**source;
        self.next += 1;
        for run in [&mut self.present, &mut self.tried] {
            let findings = match self.scope {
                Scope::Source => run.watch.polled(store, kind, instance, *at),
                Scope::Global => run.watch.global(store, *at),
            };
            run.take(findings);
        }
        true
    }

    /// What it has come to so far.
    #[must_use]
    pub fn end(self) -> Tried {
        let done = self.polls.get(..self.next).unwrap_or_default();
        Tried {
            span: done.first().zip(done.last()).map(|(first, last)| (first.at, last.at)),
            is_cut: self.next < self.polls.len(),
            every: self.every,
            present: self.present.episodes,
            tried: self.tried.episodes,
        }
    }
}

/// When the rule ran, as far as is remembered: each poll has left a sample of `up`.
fn polls(store: &Store, rule: &Rule, now: Time) -> Vec<Poll> {
    let oldest = now.plus_millis(-LOOKS_BACK_MS);
    let mut polls: Vec<Poll> = Vec::new();
    for (series, samples) in store.samples_of("up", |_| oldest, now) {
        let (Some(kind), Some(instance)) = (series.get("job"), series.get("instance")) else {
            continue;
        };
        let is_its = match rule.scope {
            Scope::Source => rule.is_for(kind),
            Scope::Global => kind == ENGINE,
        };
        if !is_its {
            continue;
        }
        let samples = samples.iter().filter(|(_, value)| !is_stale_marker(*value));
        let source: Arc<(String, String)> = Arc::new((kind.to_owned(), instance.to_owned()));
        polls.extend(samples.map(|(at, _)| Poll { at: Time(*at), source: Arc::clone(&source) }));
    }
    polls.sort_by(|a, b| (a.at, &a.source.1, &a.source.0).cmp(&(b.at, &b.source.1, &b.source.0)));
    polls
}

/// Every so many polls of each source, so that they are no more than may be gone through, and how many that is.
fn thinned(mut polls: Vec<Poll>, most: usize) -> (Vec<Poll>, usize) {
    let every = polls.len().div_ceil(most).max(1);
    if every > 1 {
        let mut seen: BTreeMap<Arc<(String, String)>, usize> = BTreeMap::new();
        polls.retain(|poll| {
            let count = seen.entry(Arc::clone(&poll.source)).or_default();
            *count += 1;
            count.is_multiple_of(every)
        });
    }
    (polls, every)
}

impl Tried {
    /// The two side by side, the newest first: what both tell, what only one of them does.
    #[must_use]
    pub fn pairs(&self) -> Vec<(Option<&Episode>, Option<&Episode>)> {
        let mut left: Vec<&Episode> = self.tried.iter().collect();
        let mut pairs: Vec<(Option<&Episode>, Option<&Episode>)> = Vec::new();
        for present in &self.present {
            let place = left.iter().position(|tried| tried.meets(present));
            pairs.push((Some(present), place.map(|place| left.remove(place))));
        }
        pairs.extend(left.into_iter().map(|tried| (None, Some(tried))));
        let raised = |one: &Option<&Episode>| one.map(|episode| episode.raised);
        pairs.sort_by_key(|(present, tried)| std::cmp::Reverse(raised(present).max(raised(tried))));
        pairs
    }

    /// How long all of these lasted together, seconds; what lasts, to the end of the span.
    #[must_use]
    pub fn lasted(&self, episodes: &[Episode]) -> f64 {
        let end = self.span.map(|(_, end)| end);
        let lasted = |episode: &Episode| {
            let ended = episode.ended.or(end).unwrap_or(episode.raised);
            ended.seconds_since(episode.raised).max(0.0)
        };
        // Not `sum`: of nothing it is −0.
        episodes.iter().map(lasted).fold(0.0, |all, one| all + one)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Diagnostics;
    use crate::model::{Batch, Sample, Series};
    use crate::series::Limits as Room;

    const PACK: &str = "
pack: test
source: host
rules:
  - id: hot
    expr: temperature
    object: [sensor]
    role: cause
    impact: slow
    threshold: {raise: {warning: 50, critical: 90}, clear: 40, hold: 20s}
    title: {ru: 'горячо: {value}', en: 'hot: {value}'}
    advice: {ru: остудить, en: cool it}
    runbook: docs/x.md#hot
    tests: []
  - id: everywhere
    scope: global
    expr: max(temperature)
    system: crm-db
    role: cause
    impact: slow
    threshold: {raise: {warning: 50}}
    title: {ru: горячо, en: hot}
    advice: {ru: остудить, en: cool it}
    runbook: docs/x.md#hot
    tests: []
  - id: gone
    expr: temperature
    role: cause
    impact: slow
    no_data: {after: 60s, severity: warning}
    title: {ru: нет данных, en: no data}
    advice: {ru: посмотреть, en: look}
    runbook: docs/x.md#hot
    tests: []
";

    fn packs() -> Packs {
        let mut errors = Diagnostics::default();
        let packs = Packs::load(&[("test.yaml".to_owned(), PACK.to_owned())], &mut errors);
        let found = errors.into_sorted();
        assert!(found.is_empty(), "{}", found[0]);
        packs
    }

    fn rule(id: &str) -> Rule {
        packs().rules().find(|rule| rule.id == id).unwrap().clone()
    }

    /// Two sources with moments of their own, a silence of one, and the engine's own samples.
    fn record(store: &mut Store, mut taken: impl FnMut(&Store, &'static str, &str, Time)) {
        for n in 0..240_i64 {
            for (kind, instance, late) in
                [("host", "a", 0), ("host", "b", 3_700), ("engine", "vakhta", 5_100)]
            {
                let at = Time(1_790_000_000_000 + n * 10_000 + late);
                let is_silent = instance == "b" && (100..110).contains(&n);
                let base = [("instance", instance), ("job", kind), ("system", "crm-hosts")];
                let up = if is_silent { 0.0 } else { 1.0 };
                let mut samples =
                    vec![Sample { series: Arc::new(Series::new("up", base)), value: up }];
                if kind == "host" && !is_silent {
                    // Waves of different heights: 45, 60 and 95 at their tops.
                    let top = [45.0, 60.0, 95.0][usize::try_from(n / 40 % 3).unwrap()];
                    let value = if n % 40 < 12 { top } else { 20.0 };
                    let labels = base.into_iter().chain([("sensor", "cpu")]);
                    let series = Arc::new(Series::new("temperature", labels));
                    samples.push(Sample { series, value });
                }
                store.append(&Batch { kind, instance: instance.into(), at, samples });
                taken(store, kind, instance, at);
            }
        }
    }

    fn tried(store: &Store, rule: &Rule, other: Rule) -> Tried {
        let mut trial = Trial::new(store, rule, other, Time(1_790_000_000_000 + 2_400_000));
        while trial.step(store) {}
        trial.end()
    }

    /// What a trial says of a rule as it is, production has said poll by poll.
    #[test]
    fn the_rule_as_it_is_tells_what_it_told() {
        let mut store = Store::new(Room::default());
        let mut watch = Watch::new(Arc::new(packs()));
        let mut told: Vec<(FindingState, String, Time)> = Vec::new();
        record(&mut store, |store, kind, instance, at| {
            let mut found = watch.polled(store, kind, instance, at);
            if kind == ENGINE {
                found.extend(watch.global(store, at));
            }
            let is_end = |f: &Finding| f.state != FindingState::Updated;
            told.extend(found.into_iter().filter(is_end).map(|f| (f.state, f.key, f.at)));
        });
        for id in ["hot", "everywhere"] {
            let outcome = tried(&store, &rule(id), rule(id));
            assert_eq!(outcome.present, outcome.tried);
            let of = |state| {
                let prefix = format!("test/{id}{{");
                let mut all: Vec<(String, Time)> = told
                    .iter()
                    .filter(|(s, key, _)| *s == state && key.starts_with(&prefix))
                    .map(|(_, key, at)| (key.clone(), *at))
                    .collect();
                all.sort();
                all
            };
            let mut raised: Vec<(String, Time)> =
                outcome.present.iter().map(|e| (e.key.clone(), e.raised)).collect();
            let ended = outcome.present.iter().filter_map(|e| Some((e.key.clone(), e.ended?)));
            let mut ended: Vec<(String, Time)> = ended.collect();
            raised.sort();
            ended.sort();
            assert_eq!(raised, of(FindingState::Raised), "{id}");
            assert_eq!(ended, of(FindingState::Cleared), "{id}");
            assert!(raised.len() >= 4, "{raised:?}");
        }
    }

    #[test]
    fn another_limit_tells_more_or_less_and_says_which() {
        let mut store = Store::new(Room::default());
        record(&mut store, |_, _, _, _| {});
        let hot = rule("hot");
        let present = hot.limits().unwrap();
        let with = |change: &dyn Fn(&mut Limits)| {
            let mut limits = present.clone();
            change(&mut limits);
            tried(&store, &hot, hot.with_limits(&limits).unwrap())
        };
        // Two sources, waves of 45, 60, 95, 45, 60, 95: four each are told now.
        let higher = with(&|limits| limits.levels.extend([(Severity::Warning, 80.0)]));
        assert_eq!((higher.present.len(), higher.tried.len()), (8, 4));
        let only = |all: &Tried, new: bool| {
            let pairs = all.pairs();
            pairs.iter().filter(|(a, b)| a.is_none() == new && b.is_some() == new).count()
        };
        assert_eq!((only(&higher, false), only(&higher, true)), (4, 0));
        assert!(higher.tried.iter().all(|episode| episode.severity == Severity::Critical));
        let lower = with(&|limits| limits.levels.extend([(Severity::Warning, 45.0)]));
        assert_eq!((lower.tried.len(), only(&lower, true)), (12, 4));
        // Waves last two minutes: who waits for ten hears of none of them.
        let patient = with(&|limits| limits.hold_ms = Some(600_000));
        assert_eq!((patient.present.len(), patient.tried.len()), (8, 0));
        assert!(patient.lasted(&patient.present) > 8.0 * 60.0);
        let (from, until) = patient.span.unwrap();
        assert_eq!(until.0 - from.0, 239 * 10_000 + 3_700, "the engine's polls are not its own");
        assert!(!patient.is_cut);
    }

    #[test]
    fn limits_that_make_no_sense_are_refused_and_others_have_none() {
        let hot = rule("hot");
        let mut limits = hot.limits().unwrap();
        limits.levels.insert(Severity::Warning, 95.0);
        assert!(matches!(hot.with_limits(&limits), Err(ConfigError::LadderOrder { .. })));
        limits.levels = BTreeMap::from([(Severity::Warning, 30.0)]);
        assert!(matches!(hot.with_limits(&limits), Err(ConfigError::ClearBeyondRaise)));
        limits.levels.clear();
        assert!(hot.with_limits(&limits).is_err());
        let gone = rule("gone");
        assert_eq!((gone.limits(), gone.method()), (None, "no_data"));
        let nothing = tried(&Store::new(Room::default()), &hot, hot.clone());
        assert_eq!((nothing.span, nothing.pairs().len()), (None, 0));
    }

    /// Of more polls than may be gone through every so many of each source are, and what lasts is still found.
    #[test]
    fn many_polls_are_thinned_evenly() {
        let mut store = Store::new(Room::default());
        record(&mut store, |_, _, _, _| {});
        let now = Time(1_790_000_000_000 + 2_400_000);
        let all = polls(&store, &rule("hot"), now);
        let (thin, every) = thinned(polls(&store, &rule("hot"), now), all.len() / 4);
        assert_eq!((every, thin.len()), (4, all.len() / 4));
        let mut counted: BTreeMap<&str, usize> = BTreeMap::new();
        for poll in &thin {
            *counted.entry(&poll.source.1).or_default() += 1;
        }
        assert_eq!(counted.len(), 2);
        assert!(counted.values().all(|count| *count == thin.len() / 2), "{counted:?}");
        assert_eq!(thinned(all, 1_000_000).1, 1);
        let mut trial = Trial::new(&store, &rule("hot"), rule("hot"), now);
        (trial.polls, trial.every) = (thin, every);
        while trial.step(&store) {}
        let outcome = trial.end();
        assert_eq!((outcome.every, outcome.present.len()), (4, 8));
    }

    /// Half-way through it says what it has seen so far.
    #[test]
    fn a_trial_that_is_cut_says_so() {
        let mut store = Store::new(Room::default());
        record(&mut store, |_, _, _, _| {});
        let mut trial =
            Trial::new(&store, &rule("hot"), rule("hot"), Time(1_790_000_000_000 + 2_400_000));
        for _ in 0..100 {
            assert!(trial.step(&store));
        }
        let outcome = trial.end();
        let (from, until) = outcome.span.unwrap();
        assert!(outcome.is_cut && until.seconds_since(from) < 500.0, "{outcome:?}");
    }
}
