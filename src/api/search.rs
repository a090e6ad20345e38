//! Finding cases by words: their ids, the numbers of their tickets, the words of titles and tickets in any form.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{ApiError, ApiState};
use crate::fold::State as Core;
use crate::model::{CaseId, CaseSummary, Signal, Time};
use crate::text::stems;

/// Archived cases read at a time, and how often for one page of a list.
const PAGE: u32 = 200;
const PAGES: usize = 25;
/// The longest phrase, characters.
const LONGEST: usize = 200;

/// A phrase that has been read: every part must be found.
#[derive(Debug)]
pub(crate) struct Phrase {
    /// As it was typed, in lower case: what ids and numbers are compared with.
    plain: String,
    /// The stems of its words.
    stems: Vec<String>,
}

impl Phrase {
    /// Reads a phrase; none when there is nothing to look for.
    pub(crate) fn new(text: &str) -> Option<Self> {
        let plain: String = text.trim().chars().take(LONGEST).collect::<String>().to_lowercase();
        if plain.is_empty() {
            return None;
        }
        Some(Self { stems: stems(&plain), plain })
    }

    /// Whether a signal has all of it.
    pub(crate) fn is_of(&self, signal: &Signal) -> bool {
        if signal.number == self.plain {
            return true;
        }
        if self.stems.is_empty() {
            return false;
        }
        if self.stems.iter().all(|stem| signal.stems.binary_search(stem).is_ok()) {
            return true;
        }
        // A ticket's title is among its stems.
        if signal.is_ticket() {
            return false;
        }
        let title = stems(&signal.title.ru);
        let english = stems(&signal.title.en);
        self.stems.iter().all(|stem| {
            signal.stems.binary_search(stem).is_ok()
                || title.contains(stem)
                || english.contains(stem)
        })
    }
}

/// The cases, archived or not, whose id or own ticket a phrase names.
fn named(cases: &[Arc<CaseSummary>], phrase: &Phrase) -> BTreeSet<CaseId> {
    let is_named = |case: &&Arc<CaseSummary>| {
        case.id.to_string().to_lowercase() == phrase.plain
            || case
                .told
                .iter()
                .any(|told| !told.reference.is_empty() && told.reference == phrase.plain)
    };
    cases.iter().filter(is_named).map(|case| case.id).collect()
}

/// The ids of all cases in memory that a phrase finds; none without a phrase.
///
/// # Errors
/// When nothing can be committed just now.
pub(crate) async fn hits(
    state: &ApiState,
    phrase: Option<&Phrase>,
) -> Result<Option<BTreeSet<CaseId>>, ApiError> {
    let Some(phrase) = phrase else { return Ok(None) };
    let mut hits = state.engine.look(|core| live(core, phrase)).await?;
    hits.extend(named(&state.engine.cases(), phrase));
    Ok(Some(hits))
}

/// Where a list of archived cases goes on: the moment and the id of the last one that was looked at.
pub(crate) type Cursor = (Time, String);

/// Archived cases that are let through, newest first, from a place on: at least `wanted` of them if there are so many
/// within reach, and where to go on; none at the end. A filter may let few of a page through, so pages are read until
/// there are enough, and not for ever.
///
/// # Errors
/// When the archive cannot be read.
pub(crate) async fn filtered(
    state: &ApiState,
    after: Option<Cursor>,
    wanted: usize,
    lets: impl Fn(&CaseSummary) -> bool,
) -> Result<(Vec<CaseSummary>, Option<Cursor>), ApiError> {
    let mut cursor = after;
    let mut found = Vec::new();
    for _ in 0..PAGES {
        let at = cursor.as_ref().map(|(at, id)| (*at, id.as_str()));
        let page = state.store.archived(at, PAGE).await?;
        let is_last = page.len() < usize::try_from(PAGE).unwrap_or(usize::MAX);
        cursor = page.last().map(|case| (case.opened_at, case.id.to_string()));
        found.extend(page.into_iter().filter(|case| lets(case)));
        if is_last {
            return Ok((found, None));
        }
        if found.len() >= wanted {
            break;
        }
    }
    Ok((found, cursor))
}

/// The ids of all live cases that a phrase finds. Looks through every signal: asked by people, never per event.
fn live(core: &Core, phrase: &Phrase) -> BTreeSet<CaseId> {
    let mut found: BTreeSet<CaseId> = BTreeSet::new();
    for cluster in core.correlate().clusters() {
        let Some(case) = cluster.standing().case else { continue };
        let mut signals = cluster.members().keys().filter_map(|key| core.correlate().signal(*key));
        if signals.any(|signal| phrase.is_of(signal)) {
            found.insert(case);
        }
    }
    found
}

/// Archived cases that a phrase finds, newest first.
pub(crate) async fn archived(
    state: &ApiState,
    phrase: &Phrase,
    limit: u32,
) -> Result<Vec<CaseSummary>, ApiError> {
    if let Ok(id) = phrase.plain.to_uppercase().parse::<CaseId>() {
        return Ok(state
            .store
            .archived_case(id)
            .await?
            .map(|case| case.summary)
            .into_iter()
            .collect());
    }
    let mut words = phrase.stems.clone();
    if words.is_empty() {
        words.push(phrase.plain.clone());
    }
    Ok(state.store.archived_with(&words, limit).await?)
}
