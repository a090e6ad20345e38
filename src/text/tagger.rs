//! Which systems a text speaks of: the topology's own words, looked for by stems in sequence.
//!
//! Specific words outweigh general ones: a phrase weighs more than a word, a word that several
//! systems claim is shared among them. A word written with a `!` at its end («еип!») is the system's
//! own name and weighs as a phrase does; one with a `?` («crm?») is weak and decides only when
//! nothing better is said. Invariant: shares sum to at most 1 and come surest
//! first, equals by key.

use std::collections::BTreeMap;

use super::phrases::Phrases;
use super::stem::Words;
use crate::model::number;

/// Weight of a single word.
const WORD: f64 = 1.0;
/// Further weight of each word more in a phrase.
const PER_WORD: f64 = 0.8;
/// Weight of a word marked as the system's own name.
const NAME: f64 = 2.2;
/// Weight of a word marked as weak.
const WEAK: f64 = 0.2;
/// What each further mention of the same system adds, as a share of its weight.
const FURTHER: f64 = 0.5;
/// A subject names the matter: what it mentions counts this much more.
const SUBJECT_WEIGHT: f64 = 1.5;
/// Weight left for «none of these»: keeps a weak hint from becoming a certainty.
const UNKNOWN: f64 = 0.15;
/// Shares below this are noise and left out.
const LEAST_SHARE: f64 = 0.05;

/// A phrase's owner and weight.
#[derive(Clone, Copy, Debug)]
struct Claim {
    system: usize,
    weight: f64,
}

/// Finds systems by their words.
#[derive(Clone, Debug, Default)]
pub struct Tagger {
    systems: Vec<String>,
    phrases: Phrases,
    claims: Vec<Claim>,
}

impl Tagger {
    /// Builds the tagger from each system's key and words, as the topology lists them.
    #[must_use]
    pub fn new(systems: &[(String, Vec<String>)]) -> Self {
        let mut claims = Vec::new();
        let mut phrases: Vec<&str> = Vec::new();
        let mut claimed: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
        for (system, (_, words)) in systems.iter().enumerate() {
            for word in words {
                let phrase = word.trim().trim_end_matches(['?', '!']);
                let stems = Words::new(phrase).sequence;
                let owners = claimed.entry(stems.clone()).or_default();
                if stems.is_empty() || owners.contains(&system) {
                    continue;
                }
                owners.push(system);
                claims.push(Claim { system, weight: weight(word.trim(), &stems) });
                phrases.push(phrase);
            }
        }
        for (claim, phrase) in claims.iter_mut().zip(&phrases) {
            let owners = claimed.get(&Words::new(phrase).sequence).map_or(1, Vec::len);
            claim.weight /= number(owners);
        }
        let systems = systems.iter().map(|(key, _)| key.clone()).collect();
        Self { systems, phrases: Phrases::new(phrases), claims }
    }

    /// The systems a text speaks of, each with a share of belief, surest first.
    #[must_use]
    pub fn tag(&self, text: &str) -> Vec<(String, f64)> {
        self.tag_words(&Words::default(), &Words::new(text))
    }

    /// The same for a subject and a body that are already read; the subject counts more.
    #[must_use]
    pub fn tag_words(&self, title: &Words, body: &Words) -> Vec<(String, f64)> {
        // By system: each phrase once, with the best weight it was met with.
        let mut met: BTreeMap<usize, BTreeMap<usize, f64>> = BTreeMap::new();
        for (words, factor) in [(title, SUBJECT_WEIGHT), (body, 1.0)] {
            for found in self.phrases.find(words) {
                let Some(claim) = self.claims.get(found.phrase) else { continue };
                let known = met.entry(claim.system).or_default().entry(found.phrase).or_default();
                *known = known.max(claim.weight * factor);
            }
        }
        let scores: Vec<(usize, f64)> =
            met.into_iter().map(|(system, phrases)| (system, score(&phrases))).collect();
        // Squares sharpen the shares: evidence twice as strong is believed four times as much.
        let total: f64 = UNKNOWN + scores.iter().map(|(_, s)| s * s).sum::<f64>();
        let mut shares: Vec<(String, f64)> = scores
            .into_iter()
            .filter_map(|(system, s)| Some((self.systems.get(system)?.clone(), s * s / total)))
            .filter(|(_, share)| *share >= LEAST_SHARE)
            .collect();
        shares.sort_by(|(a, x), (b, y)| y.total_cmp(x).then_with(|| a.cmp(b)));
        shares
    }
}

fn weight(word: &str, stems: &[String]) -> f64 {
    if word.ends_with('?') {
        return WEAK;
    }
    let further = stems.iter().filter(|s| !s.is_empty()).skip(1).count();
    let base = if word.ends_with('!') { NAME } else { WORD };
    base + PER_WORD * number(further)
}

/// The strongest mention in full, the others in part.
fn score(phrases: &BTreeMap<usize, f64>) -> f64 {
    let best = phrases.values().copied().fold(0.0, f64::max);
    let all: f64 = phrases.values().sum();
    best + FURTHER * (all - best)
}
