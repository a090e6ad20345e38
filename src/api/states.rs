//! How each system stands: the same words on the pages and in what is kept of the last days.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::collect::SourceHealth;
use crate::correlate;
use crate::model::{CaseSummary, Severity};
use crate::store::SystemState;

/// No case touches it, for people have called it over, but it goes on.
const STILL: &str = "still";
/// How a system stands that no case touches and whose sources answer.
const CALM: &str = "calm";
/// None of its sources answers.
const BLIND: &str = "blind";
/// It has no sources.
pub(crate) const UNWATCHED: &str = "unwatched";

/// From worse to better: every word that a state can be.
pub(crate) const WORDS: [&str; 8] =
    ["critical", "high", "warning", "info", STILL, BLIND, CALM, UNWATCHED];

/// Sources of each system: how many answer, of how many.
pub(crate) fn watched(sources: &[SourceHealth]) -> BTreeMap<&str, (u32, u32)> {
    let mut watched: BTreeMap<&str, (u32, u32)> = BTreeMap::new();
    for source in sources.iter().filter(|source| !source.offered) {
        let count = watched.entry(&source.system).or_default();
        count.0 += u32::from(source.up);
        count.1 += 1;
    }
    watched
}

/// The state of each of these systems: the worst of the open cases that touch it, else what goes on there, else what
/// its sources say.
pub(crate) fn states<'k>(
    cases: &[Arc<CaseSummary>],
    sources: &[SourceHealth],
    correlate: &correlate::State,
    systems: impl Iterator<Item = &'k str>,
) -> BTreeMap<String, SystemState> {
    let mut worst: BTreeMap<&str, (Severity, u32)> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.state.is_live() && !case.blind) {
        for key in &case.systems {
            let known = worst.entry(key).or_insert((Severity::Info, 0));
            *known = (known.0.max(case.severity), known.1 + 1);
        }
    }
    let watched = watched(sources);
    let state = |key: &str| {
        let (word, cases) = match (worst.get(key), watched.get(key)) {
            (Some((severity, count)), _) => (severity.as_str(), *count),
            (None, _) if correlate.is_troubled(key) => (STILL, 0),
            (None, None | Some((_, 0))) => (UNWATCHED, 0),
            (None, Some((0, _))) => (BLIND, 0),
            (None, Some(_)) => (CALM, 0),
        };
        SystemState { word: word.to_owned(), cases }
    };
    systems.map(|key| (key.to_owned(), state(key))).collect()
}
