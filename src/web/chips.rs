//! The address of the shift's list: what it is narrowed to, as chips that one can press, and as views under a name.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;

use super::page::Speech;
use crate::api::filter::Filter;
use crate::model::{CaseSummary, Time};

/// Systems and branches offered as chips.
const OFFERED: usize = 6;

/// The query of `/problems`. What it does not know it leaves alone.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct ShiftQuery {
    q: Option<String>,
    system: Option<String>,
    mrf: Option<String>,
    severity: Option<String>,
    owner: Option<String>,
    hours: Option<u32>,
    closed: Option<String>,
    after: Option<String>,
    done: Option<String>,
}

/// A filter that one can switch.
pub(super) struct Chip {
    pub(super) name: String,
    pub(super) address: String,
    pub(super) is_on: bool,
}

/// A view that somebody has named.
pub(super) struct View {
    pub(super) name: String,
    pub(super) query: String,
    pub(super) is_on: bool,
}

impl ShiftQuery {
    pub(super) fn filter(&self) -> Filter {
        let Self { system, mrf, severity, owner, hours, .. } = self.clone();
        Filter { system, mrf, severity, owner, hours }
    }

    /// What is searched for.
    pub(super) fn words(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.is_some()
    }

    /// Whether it is narrowed at all.
    pub(super) fn is_set(&self) -> bool {
        self.filter() != Filter::default() || !self.words().is_empty()
    }

    /// Where the page goes on.
    pub(super) fn cursor(&self) -> Option<(Time, String)> {
        let (at, id) = self.after.as_deref()?.split_once('_')?;
        Some((Time(at.parse().ok()?), id.to_owned()))
    }

    /// The address of the page after this one.
    pub(super) fn after(&self, at: Time, id: &str) -> String {
        let query = self.address("");
        let join = if query.is_empty() { '?' } else { '&' };
        format!("/problems{query}{join}after={}_{id}", at.0)
    }

    /// The act that has just been done: case and number.
    pub(super) fn done(&self) -> Option<(&str, &str)> {
        self.done.as_deref()?.split_once('.')
    }

    fn pairs(&self) -> BTreeMap<&'static str, String> {
        let hours = self.hours.map(|hours| hours.to_string());
        let all = [
            ("q", &self.q),
            ("system", &self.system),
            ("mrf", &self.mrf),
            ("severity", &self.severity),
            ("owner", &self.owner),
            ("hours", &hours),
            ("closed", &self.closed),
        ];
        let set = all.into_iter().filter_map(|(name, value)| {
            Some((name, value.clone().filter(|value| !value.trim().is_empty())?))
        });
        set.collect()
    }

    /// What a search keeps of the filter.
    pub(super) fn hidden(&self) -> Vec<(&'static str, String)> {
        self.pairs().into_iter().filter(|(name, _)| *name != "q").collect()
    }

    /// The query, without one of its words; empty or beginning with `?`.
    pub(super) fn address(&self, without: &str) -> String {
        query(self.pairs().into_iter().filter(|(name, _)| *name != without))
    }

    fn with(&self, name: &'static str, value: &str) -> String {
        let mut pairs = self.pairs();
        pairs.insert(name, value.to_owned());
        format!("/problems{}", query(pairs.into_iter()))
    }

    /// A chip that switches one word on or off.
    fn chip(&self, label: String, name: &'static str, value: &str) -> Chip {
        let is_on = self.pairs().get(name).is_some_and(|set| set == value);
        let off = || format!("/problems{}", self.address(name));
        let address = if is_on { off() } else { self.with(name, value) };
        Chip { name: label, address, is_on }
    }
}

/// The query with these words, escaped; empty or beginning with `?`.
pub(super) fn query(pairs: impl Iterator<Item = (&'static str, String)>) -> String {
    // The host is only there because an address needs one.
    let url = reqwest::Url::parse_with_params("http://vakhta/", pairs).ok();
    let query = url.as_ref().and_then(reqwest::Url::query).filter(|query| !query.is_empty());
    query.map(|query| format!("?{query}")).unwrap_or_default()
}

/// The chips of a list: those that always make sense, and the systems and branches that are in it.
pub(super) fn chips(query: &ShiftQuery, cases: &[Arc<CaseSummary>], s: &Speech<'_>) -> Vec<Chip> {
    let mut chips = vec![
        query.chip(s.t("chip-nobody"), "owner", "nobody"),
        query.chip(s.t("chip-me"), "owner", "me"),
        query.chip(s.t("chip-critical"), "severity", "critical"),
        query.chip(s.t("chip-high"), "severity", "high"),
        query.chip(s.t("chip-hours"), "hours", "8"),
        query.chip(s.t("chip-closed"), "closed", "1"),
    ];
    let mut systems: BTreeMap<&str, usize> = BTreeMap::new();
    let mut mrfs: BTreeMap<&str, usize> = BTreeMap::new();
    for case in cases {
        for system in case.systems.iter().take(4) {
            *systems.entry(system).or_default() += 1;
        }
        for mrf in &case.mrfs {
            *mrfs.entry(mrf).or_default() += 1;
        }
    }
    for (name, found, set) in [("system", systems, &query.system), ("mrf", mrfs, &query.mrf)] {
        let mut ranked: Vec<(&str, usize)> = found.into_iter().collect();
        ranked.sort_by_key(|(key, count)| (std::cmp::Reverse(*count), *key));
        let mut keys: Vec<&str> = ranked.iter().take(OFFERED).map(|(key, _)| *key).collect();
        if let Some(set) = set.as_deref().filter(|set| !set.is_empty() && !keys.contains(set)) {
            keys.push(set);
        }
        // One alone narrows nothing.
        if keys.len() > 1 || set.is_some() {
            chips.extend(keys.into_iter().map(|key| {
                let label = if name == "system" { s.system(key) } else { key.to_owned() };
                query.chip(label, name, key)
            }));
        }
    }
    chips
}
