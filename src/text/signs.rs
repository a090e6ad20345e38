//! What a ticket says: a failure (slow, errors, down, stale) or a request (access, service,
//! change, information). Read from phrases with weights; a negated sign («не тормозит») is none.
//!
//! A request must outweigh every sign of failure beside it: a lost failure costs more than a
//! request counted once.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::phrases::{Match, Phrases};
use super::signs_words::SPOKEN;
use super::stem::Words;
use crate::model::Impact;

/// What kind of request a ticket is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RequestKind {
    /// Rights, roles, access to something.
    Access,
    /// Accounts, passwords, installing, replacing, moving, exporting.
    Service,
    /// Changes and enhancements of a system.
    Change,
    /// Advice and information.
    Information,
}

/// Why a ticket is taken for a request.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequestSign {
    /// The kind with the most evidence.
    pub kind: RequestKind,
    /// Share of the evidence that speaks for a request, 0.5…1.
    pub confidence: f64,
}

/// What users feel, and how surely the text says so.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Felt {
    /// The impact with the strongest evidence.
    pub impact: Impact,
    /// Share of the evidence that speaks for it, 0…1.
    pub confidence: f64,
}

/// What a phrase speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Sign {
    Felt(Impact),
    Asks(RequestKind),
}

/// Evidence of a request that is believed when nothing speaks against it.
const ENOUGH: f64 = 1.0;
/// A subject names the matter: its evidence counts this much more.
const SUBJECT_WEIGHT: f64 = 1.3;
/// A subject of one telling word is written out of habit.
const BARE_SUBJECT_WEIGHT: f64 = 0.4;
/// In this order ties are decided: the worse and the more telling first.
const IMPACTS: [Impact; 4] = [Impact::Down, Impact::Errors, Impact::Stale, Impact::Slow];
const KINDS: [RequestKind; 4] =
    [RequestKind::Access, RequestKind::Service, RequestKind::Change, RequestKind::Information];

/// Every spoken phrase with what it means and its weight, in the order of the table.
static MEANINGS: LazyLock<Vec<(&'static str, Sign, f64)>> = LazyLock::new(|| {
    let rows = SPOKEN.iter();
    rows.flat_map(|(sign, weight, phrases)| {
        phrases.split('|').map(move |phrase| (phrase.trim(), *sign, *weight))
    })
    .collect()
});
static PHRASES: LazyLock<Phrases> =
    LazyLock::new(|| Phrases::new(MEANINGS.iter().map(|(phrase, _, _)| *phrase)));

/// The evidence of one text.
#[derive(Clone, Debug, Default)]
pub struct Signs {
    found: Vec<(Sign, f64)>,
}

impl Signs {
    /// Reads the signs of a subject and a body.
    #[must_use]
    pub fn new(title: &Words, body: &Words) -> Self {
        let mut signs = Self::default();
        // «Ошибка», «Не работает» as a whole subject says little.
        let bare = title.stems().len() <= 1;
        signs.read(title, if bare { BARE_SUBJECT_WEIGHT } else { SUBJECT_WEIGHT });
        signs.read(body, 1.0);
        signs
    }

    fn read(&mut self, words: &Words, factor: f64) {
        // A phrase counts once a text, and so does each meaning at one place.
        let mut counted: BTreeSet<usize> = BTreeSet::new();
        let mut last: Option<(usize, Sign)> = None;
        for found in PHRASES.find(words) {
            let Some((phrase, sign, weight)) = MEANINGS.get(found.phrase) else { continue };
            let own_negation = phrase.starts_with("не ") || phrase.starts_with("нет ");
            let repeated = last == Some((found.from, *sign)) || !counted.insert(found.phrase);
            last = Some((found.from, *sign));
            if repeated || !own_negation && is_negated(words, found) {
                continue;
            }
            self.found.push((*sign, weight * factor));
        }
    }

    fn sum(&self, counts: impl Fn(Sign) -> bool) -> f64 {
        self.found.iter().filter(|(sign, _)| counts(*sign)).map(|(_, weight)| weight).sum()
    }

    /// What is felt, if the text says so.
    #[must_use]
    pub fn felt(&self) -> Option<Felt> {
        let of = |impact| self.sum(|sign| sign == Sign::Felt(impact));
        let (impact, evidence) = strongest(&IMPACTS, of)?;
        let all = self.sum(|sign| matches!(sign, Sign::Felt(_)));
        Some(Felt { impact, confidence: evidence / (all + 0.5) })
    }

    /// Whether this is a request rather than a failure.
    #[must_use]
    pub fn request(&self) -> Option<RequestSign> {
        let of = |kind| self.sum(|sign| sign == Sign::Asks(kind));
        let (kind, _) = strongest(&KINDS, of)?;
        let asks = self.sum(|sign| matches!(sign, Sign::Asks(_)));
        let fails = self.sum(|sign| matches!(sign, Sign::Felt(_)));
        let confidence = asks / (asks + fails);
        (asks >= ENOUGH && asks > fails).then_some(RequestSign { kind, confidence })
    }
}

/// The first of the candidates that no other outweighs.
fn strongest<T: Copy>(candidates: &[T], of: impl Fn(T) -> f64) -> Option<(T, f64)> {
    let mut best: Option<(T, f64)> = None;
    for candidate in candidates {
        let weight = of(*candidate);
        if weight > best.map_or(0.0, |(_, known)| known) {
            best = Some((*candidate, weight));
        }
    }
    best
}

/// «не тормозит», «без ошибок», «нет ошибок», «ошибок нет», «no errors».
fn is_negated(words: &Words, found: Match) -> bool {
    let stem = |at: Option<usize>| at.and_then(|i| words.sequence.get(i)).map(String::as_str);
    let before = stem(found.from.checked_sub(1));
    let two_before = stem(found.from.checked_sub(2));
    let after = stem(Some(found.to + 1));
    let two_after = stem(Some(found.to + 2));
    let closes = matches!(two_after, None | Some(""));
    // «не видно ошибки в статусе» negates seeing, «больше не тормозит» negates the sign.
    matches!(before, Some("не" | "нет" | "без" | "not" | "no" | "without" | "переста" | "перестал"))
        && !matches!(two_before, Some("тольк" | "пок"))
        || after == Some("нет") && closes
}

/// Tells a request from a failure by subject and body.
#[must_use]
pub fn is_request(title: &str, body: &str) -> Option<RequestSign> {
    Signs::new(&Words::new(title), &Words::new(body)).request()
}

/// What a text says is felt; the strongest evidence wins.
#[must_use]
pub fn impact(text: &str) -> Option<Impact> {
    Signs::new(&Words::default(), &Words::new(text)).felt().map(|felt| felt.impact)
}
