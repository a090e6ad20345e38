//! The rules at work: what each remembers of its objects, and what has changed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use detectors::set_change::{self, ChangeKind, ChangeStatus};
use detectors::{Method, Status, Verdict};
use serde::{Deserialize, Serialize};

use super::also;
use super::object::{self, Object};
use super::objects::{Objects, identifying};
use super::pack::{Judge, Packs, Rule, Scope};
use crate::model::{Finding, FindingState, Impact, Message, Role, Severity, Text, Time};
use crate::series::Store;
use crate::series::query::{Expr, Labels};

/// The most objects of one rule at one source; what is beyond is not judged.
const OBJECTS: usize = 10_000;
/// A finding that only the core remembers is over after this many polls that do not show it, and not before
/// its rule could have raised it anew.
const ADOPTED_POLLS: u32 = 3;
/// A source that has not been polled this long after a start is not configured any more.
const GRACE_MS: i64 = 120_000;

/// How long what was learned of an object outlives its absence.
const REMEMBERED_MS: i64 = 7 * 86_400_000;
/// A part of a source that has failed for so long is not expected to come back: then what is absent
/// counts as gone.
const PARTIAL_MS: i64 = 15 * 60_000;

/// The runtime state of all rules.
#[derive(Debug)]
pub struct Watch {
    packs: Arc<Packs>,
    rules: BTreeMap<String, Memory>,
    adopted: BTreeMap<String, Adopted>,
    polled: BTreeSet<String>,
    configured: Option<BTreeSet<String>>,
    started_at: Option<Time>,
    errors: Vec<(String, Message)>,
    up: Option<Expr>,
    part_success: Option<Expr>,
    /// Since when a source answers without some of its parts.
    partial_since: BTreeMap<String, Time>,
}

/// A finding that only the core remembers.
#[derive(Clone, Copy, Debug, Default)]
struct Adopted {
    /// Polls that did not show it.
    polls: u32,
    /// When the first of them was.
    since: Option<Time>,
}

/// What one rule remembers; by source, so that a poll touches its own source alone.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Memory {
    fingerprint: String,
    objects: BTreeMap<String, Objects>,
    sets: BTreeMap<String, BTreeMap<String, Set>>,
}

/// A set of objects, and the labels of its members.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Set {
    state: set_change::State,
    members: BTreeMap<String, Object>,
}

/// One rule over one source at one moment.
struct Turn<'a> {
    rule: &'a Rule,
    instance: &'a str,
    at: Time,
    /// The source answered.
    is_up: bool,
    /// It answered with all its parts: what is absent is really absent.
    is_whole: bool,
}

impl Watch {
    /// Starts with nothing remembered.
    #[must_use]
    pub fn new(packs: Arc<Packs>) -> Self {
        Self {
            packs,
            rules: BTreeMap::new(),
            adopted: BTreeMap::new(),
            polled: BTreeSet::new(),
            configured: None,
            started_at: None,
            errors: Vec::new(),
            up: Expr::parse("up").ok(),
            part_success: Expr::parse("min by (instance) (vakhta_collector_success)").ok(),
            partial_since: BTreeMap::new(),
        }
    }

    /// Names the sources that are configured: what is remembered of others is let go.
    pub fn expect(&mut self, instances: BTreeSet<String>) {
        self.configured = Some(instances);
    }

    /// Evaluates the rules of a source after its poll; returns what has changed.
    pub fn polled(&mut self, store: &Store, kind: &str, instance: &str, at: Time) -> Vec<Finding> {
        let is_up = self.is_up(store, kind, instance, at);
        let is_whole = is_up && self.is_whole(store, instance, at);
        self.polled.insert(instance.to_owned());
        let packs = Arc::clone(&self.packs);
        let mut found = Vec::new();
        for rule in packs.rules() {
            if rule.scope == Scope::Source && rule.is_for(kind) {
                let turn = Turn { rule, instance, at, is_up, is_whole };
                self.evaluate(store, &turn, Some(("instance", instance)), &mut found);
            }
        }
        found
    }

    /// Evaluates the rules over all sources, and lets go of findings whose rule or source is gone.
    pub fn global(&mut self, store: &Store, at: Time) -> Vec<Finding> {
        let started = *self.started_at.get_or_insert(at);
        let packs = Arc::clone(&self.packs);
        let mut found = Vec::new();
        for rule in packs.rules().filter(|rule| rule.scope == Scope::Global) {
            let turn = Turn { rule, instance: "", at, is_up: true, is_whole: true };
            self.evaluate(store, &turn, None, &mut found);
        }
        let known: BTreeSet<String> =
            packs.rules().map(|rule| format!("{}/{}{{", rule.pack, rule.id)).collect();
        let is_late = at.0 - started.0 >= GRACE_MS;
        found.extend(self.let_go_of_sources(at));
        let polled = &self.polled;
        self.adopted.retain(|key, _| {
            let rule = key.split_inclusive('{').next().unwrap_or_default();
            let instance = label_of(key, "instance");
            let has_source = instance.is_none_or(|instance| polled.contains(instance));
            let stays = known.contains(rule) && (has_source || !is_late);
            if !stays {
                found.push(forgotten(key, at));
            }
            stays
        });
        found
    }

    /// The findings of a source that was remembered and is not configured any more are over.
    fn let_go_of_sources(&mut self, at: Time) -> Vec<Finding> {
        let Some(configured) = &self.configured else { return Vec::new() };
        let is_there = |instance: &String| instance.is_empty() || configured.contains(instance);
        let mut over = Vec::new();
        for memory in self.rules.values_mut() {
            memory.objects.retain(|instance, objects| {
                let stays = is_there(instance);
                if !stays {
                    over.extend(objects.iter_mut().filter_map(|object| object.clear(at)));
                }
                stays
            });
            memory.sets.retain(|instance, sets| {
                let stays = is_there(instance);
                if !stays {
                    let members = sets.values_mut().flat_map(|set| set.members.values_mut());
                    over.extend(members.filter_map(|object| object.clear(at)));
                }
                stays
            });
        }
        over
    }

    /// Takes up the findings that the core believes to be on. Those that are remembered here too go
    /// on; the others are raised again or cleared as the next polls show.
    pub fn adopt(&mut self, mut keys: BTreeSet<String>) {
        for memory in self.rules.values_mut() {
            let sets = memory.sets.values_mut().flat_map(BTreeMap::values_mut);
            let members = sets.flat_map(|set| set.members.values_mut());
            let objects = memory.objects.values_mut().flat_map(Objects::iter_mut);
            for object in objects.chain(members) {
                let is_known = object.active.as_ref().is_none_or(|f| keys.remove(&f.key));
                if !is_known {
                    object.active = None;
                }
            }
        }
        self.adopted = keys.into_iter().map(|key| (key, Adopted::default())).collect();
    }

    /// The findings that are on.
    pub fn active(&self) -> impl Iterator<Item = &Finding> {
        self.rules.values().flat_map(|memory| {
            let sets = memory.sets.values().flat_map(BTreeMap::values);
            let members = sets.flat_map(|set| set.members.values());
            let objects = memory.objects.values().flat_map(Objects::iter);
            objects.chain(members).filter_map(|object| object.active.as_ref())
        })
    }

    /// Replaces the rules. What a rule remembers stays when the rule is the same; findings of rules
    /// that are gone or changed are over.
    pub fn reload(&mut self, packs: Arc<Packs>) -> Vec<Finding> {
        let at = self.active().map(|finding| finding.at).max().unwrap_or_default();
        let fingerprints: BTreeMap<&str, String> =
            packs.rules().map(|rule| (rule.id.as_str(), rule.fingerprint())).collect();
        let mut over = Vec::new();
        self.rules.retain(|id, memory| {
            let stays = fingerprints.get(id.as_str()) == Some(&memory.fingerprint);
            if !stays {
                let sets = memory.sets.values_mut().flat_map(BTreeMap::values_mut);
                let members = sets.flat_map(|set| set.members.values_mut());
                let objects = memory.objects.values_mut().flat_map(Objects::iter_mut);
                over.extend(objects.chain(members).filter_map(|object| object.clear(at)));
            }
            stays
        });
        self.packs = packs;
        over
    }

    /// What is remembered, to be restored after a restart.
    #[must_use]
    pub fn save(&self) -> Vec<u8> {
        serde_json::to_vec(&self.rules).unwrap_or_default()
    }

    /// Restores what was saved; the memory of rules that are gone or changed is dropped.
    ///
    /// # Errors
    /// When another version saved it.
    pub fn restore(&mut self, saved: &[u8]) -> Result<(), serde_json::Error> {
        let mut rules: BTreeMap<String, Memory> = serde_json::from_slice(saved)?;
        rules.retain(|id, memory| {
            let rule = self.packs.rules().find(|rule| rule.id == *id);
            rule.is_some_and(|rule| rule.fingerprint() == memory.fingerprint)
        });
        self.rules = rules;
        Ok(())
    }

    /// Evaluations that failed since the last call: the rule, and why.
    pub fn take_errors(&mut self) -> Vec<(String, Message)> {
        std::mem::take(&mut self.errors)
    }

    fn is_up(&self, store: &Store, kind: &str, instance: &str, at: Time) -> bool {
        let Some(up) = &self.up else { return false };
        let found = up.instant(store, at, Some(("instance", instance))).unwrap_or_default();
        found.iter().any(|(labels, value)| labels.get("job") == Some(kind) && *value > 0.5)
    }

    /// Whether a source that answers does so with all its parts, or lacks some for good.
    fn is_whole(&mut self, store: &Store, instance: &str, at: Time) -> bool {
        let Some(success) = &self.part_success else { return true };
        let found = success.instant(store, at, Some(("instance", instance))).unwrap_or_default();
        if found.iter().all(|(_, value)| *value > 0.5) {
            self.partial_since.remove(instance);
            return true;
        }
        let since = *self.partial_since.entry(instance.to_owned()).or_insert(at);
        at.0 - since.0 >= PARTIAL_MS
    }

    fn evaluate(
        &mut self,
        store: &Store,
        turn: &Turn<'_>,
        restrict: Option<(&str, &str)>,
        found: &mut Vec<Finding>,
    ) {
        let rule = turn.rule;
        let values = match rule.expr.instant(store, turn.at, restrict) {
            Ok(values) => values,
            Err(error) => return self.errors.push((rule.id.clone(), error.message)),
        };
        if !self.rules.contains_key(&rule.id) {
            let fingerprint = rule.fingerprint();
            self.rules.insert(rule.id.clone(), Memory { fingerprint, ..Memory::default() });
        }
        let Some(memory) = self.rules.get_mut(&rule.id) else { return };
        let before = found.len();
        let mut shown = BTreeSet::new();
        match &rule.judge {
            Judge::Each(method) => memory.each(method, turn, values, found, &mut shown),
            Judge::Set(config) => memory.set(config, turn, &values, found, &mut shown),
        }
        for finding in found.get(before..).unwrap_or_default() {
            self.adopted.remove(&finding.key);
        }
        if !rule.also.is_empty() {
            memory.tell_also(store, turn, restrict, found, before);
        }
        self.settle_adopted(turn, &shown, found);
    }

    /// Counts polls that do not show a finding which only the core remembers.
    fn settle_adopted(
        &mut self,
        turn: &Turn<'_>,
        still_on: &BTreeSet<String>,
        found: &mut Vec<Finding>,
    ) {
        if self.adopted.is_empty() || !turn.is_up {
            return;
        }
        let prefix = format!("{}/{}{{", turn.rule.pack, turn.rule.id);
        let at = turn.at;
        let hold_ms = match &turn.rule.judge {
            Judge::Each(method) => method.hold_ms(),
            Judge::Set(_) => 0,
        };
        self.adopted.retain(|key, adopted| {
            let is_of_this = key.starts_with(&prefix)
                && label_of(key, "instance").is_none_or(|instance| instance == turn.instance);
            if !is_of_this || still_on.contains(key) {
                return true;
            }
            adopted.polls += 1;
            let since = *adopted.since.get_or_insert(at);
            if adopted.polls < ADOPTED_POLLS || at.0 - since.0 <= hold_ms {
                return true;
            }
            found.push(forgotten(key, at));
            false
        });
    }
}

impl Memory {
    /// A method that judges each object by itself.
    fn each(
        &mut self,
        method: &Method,
        turn: &Turn<'_>,
        values: Vec<(Labels, f64)>,
        found: &mut Vec<Finding>,
        shown: &mut BTreeSet<String>,
    ) {
        let objects = self.objects.entry(turn.instance.to_owned()).or_default();
        for (labels, value) in values {
            let place = match objects.find(&labels) {
                Some(place) => place,
                None if objects.len() >= OBJECTS => continue,
                None => {
                    let own = shown_labels(&labels);
                    let key = object::key(turn.rule, &own);
                    objects.add(key, &labels, Object::new(method.start(), own, turn.at))
                }
            };
            let Some((key, object)) = objects.at(place) else { continue };
            object.seen(turn.at);
            let verdict = method.step(&mut object.state, turn.at.0, value);
            if matches!(verdict.status, Status::Abnormal(_)) {
                shown.insert(key.to_owned());
            }
            found.extend(object.judge(turn.rule, key, turn.at, &verdict));
        }
        let is_no_data = matches!(method, Method::NoData(_));
        objects.retain(|key, object| {
            if object.seen_at() == turn.at {
                return true;
            }
            // A source that is down as a whole has a rule of its own; its objects are not missing.
            if is_no_data && !turn.is_up {
                return true;
            }
            let verdict = method.absent(&mut object.state, turn.at.0);
            if is_no_data {
                found.extend(object.judge(turn.rule, key, turn.at, &verdict));
                return true;
            }
            if !turn.is_whole || !object.is_gone(turn.at) {
                return true;
            }
            found.extend(object.clear(turn.at));
            // A guard such as «at least fifty queries» hides an object every night: what was learned
            // of it must not be learned anew every morning.
            method.learns() && turn.at.0 - object.seen_at().0 < REMEMBERED_MS
        });
    }

    /// Adds the numbers that the rule wants told along to what is told, and tells anew of what is on
    /// when they have changed: who acts on an old one does harm.
    fn tell_also(
        &mut self,
        store: &Store,
        turn: &Turn<'_>,
        restrict: Option<(&str, &str)>,
        found: &mut Vec<Finding>,
        before: usize,
    ) {
        let Some(objects) = self.objects.get_mut(turn.instance) else { return };
        let now = also::now(store, turn.rule, turn.at, restrict);
        let mut fresh = found.split_off(before);
        for object in objects.iter_mut() {
            let Some(active) = &object.active else { continue };
            let numbers = now.of(&object.labels);
            let told = fresh.iter_mut().find(|finding| finding.key == active.key);
            match told {
                Some(finding) => also::add(turn.rule, finding, &numbers),
                None if numbers != object.also => {
                    let mut again = active.clone();
                    again.state = FindingState::Updated;
                    again.at = turn.at;
                    also::add(turn.rule, &mut again, &numbers);
                    fresh.push(again);
                }
                None => {}
            }
            object.also = numbers;
        }
        found.append(&mut fresh);
    }

    /// A set of objects as a whole.
    fn set(
        &mut self,
        config: &set_change::Config,
        turn: &Turn<'_>,
        values: &[(Labels, f64)],
        found: &mut Vec<Finding>,
        shown: &mut BTreeSet<String>,
    ) {
        // A part that could not be read shows none of its members.
        if !turn.is_whole {
            return;
        }
        let sets = self.sets.entry(turn.instance.to_owned()).or_default();
        let mut present: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>> =
            sets.keys().map(|group| (group.clone(), BTreeMap::new())).collect();
        for (labels, _) in values.iter().take(OBJECTS) {
            let labels = shown_labels(labels);
            let system = labels.get("system").cloned().unwrap_or_default();
            let wanted = |name: &String| {
                turn.rule.object.contains(name) || name == "instance" || name == "system"
            };
            let own: BTreeMap<String, String> =
                labels.into_iter().filter(|(name, _)| wanted(name)).collect();
            present.entry(system).or_default().insert(object::key(turn.rule, &own), own);
        }
        for (group, members) in present {
            let set = sets.entry(group).or_insert_with(|| Set {
                state: set_change::State::default(),
                members: BTreeMap::new(),
            });
            let keys: BTreeSet<String> = members.keys().cloned().collect();
            for (key, labels) in members {
                set.members.entry(key).or_insert_with(|| {
                    let state = Method::NoData(never()).start();
                    Object::new(state, labels, turn.at)
                });
            }
            for change in config.step(&mut set.state, turn.at.0, &keys) {
                let Some(object) = set.members.get_mut(&change.member) else { continue };
                let status = match change.status {
                    ChangeStatus::Raised => Status::Abnormal(change.severity),
                    ChangeStatus::Cleared => Status::Normal,
                };
                let verdict = Verdict {
                    status,
                    score: 1.0,
                    since_ms: Some(change.since_ms),
                    evidence: vec![],
                };
                let news = object.judge(turn.rule, &change.member, turn.at, &verdict);
                if change.kind == ChangeKind::Missing || news.is_some() {
                    found.extend(news);
                }
            }
            let on = set.members.iter().filter(|(_, object)| object.active.is_some());
            shown.extend(on.map(|(key, _)| key.clone()));
        }
    }
}

/// Members of sets carry no detector state of their own; this method is never asked.
fn never() -> detectors::no_data::Config {
    detectors::no_data::Config { after_ms: i64::MAX, severity: Severity::Info }
}

/// The labels that identify an object, to keep.
fn shown_labels(labels: &Labels) -> BTreeMap<String, String> {
    identifying(labels).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The value of a label inside a finding's key.
fn label_of<'k>(key: &'k str, label: &str) -> Option<&'k str> {
    let (_, rest) = key.split_once(&format!("{label}=\""))?;
    rest.split('"').next()
}

/// The end of a finding of which nothing but its key is known here.
fn forgotten(key: &str, at: Time) -> Finding {
    Finding {
        key: key.to_owned(),
        rule: String::new(),
        system: String::new(),
        object: String::new(),
        labels: BTreeMap::new(),
        severity: Severity::Info,
        state: FindingState::Cleared,
        score: 0.0,
        role: Role::Symptom,
        spreads: false,
        impact: Impact::Unfelt,
        blind: false,
        title: Text::new("срабатывание прошло", "the finding is over"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: at,
        at,
    }
}
