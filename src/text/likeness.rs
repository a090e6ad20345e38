//! How alike two texts are: the cosine of their stems, rare stems weighing more (inverse document
//! frequency), and the overlap of their letter four-grams, which forgives typos.
//!
//! Frequencies fade by count, not by time: after [`HALF_LIFE`] texts a text counts half. State is
//! a fold of the texts seen, ordered, and bounded to [`MOST_TERMS`]; a replay gives the same state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::tokens::is_word_char;
use crate::model::number;

/// Texts after which one counts half.
pub const HALF_LIFE: f64 = 20_000.0;
/// Most stems whose frequency is kept, about 5 MB.
pub const MOST_TERMS: usize = 50_000;
/// What is left after the rarest stems were dropped to make room.
const AFTER_PRUNING: usize = 40_000;
/// New texts get ever larger weights instead of old ones being shrunk; beyond this all are scaled.
const LARGEST_WEIGHT: f64 = 1e9;
/// Letters of a gram.
const GRAM: usize = 4;

/// How often stems occur, as far as is remembered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Likeness {
    /// The weight of the next text.
    weight: f64,
    /// The sum of the weights of all texts.
    total: f64,
    /// The sum of the weights of the texts with this stem.
    terms: BTreeMap<String, f64>,
}

impl Default for Likeness {
    fn default() -> Self {
        Self { weight: 1.0, total: 0.0, terms: BTreeMap::new() }
    }
}

impl Likeness {
    /// Starts without knowledge: all stems weigh the same.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Learns one text; its stems must be sorted and unique, as [`super::stems`] gives them.
    pub fn learn(&mut self, stems: &[String]) {
        self.weight *= (std::f64::consts::LN_2 / HALF_LIFE).exp();
        self.total += self.weight;
        for stem in stems {
            match self.terms.get_mut(stem) {
                Some(seen) => *seen += self.weight,
                None => {
                    self.terms.insert(stem.clone(), self.weight);
                }
            }
        }
        if self.weight > LARGEST_WEIGHT {
            self.rescale();
        }
        if self.terms.len() > MOST_TERMS {
            self.prune();
        }
    }

    fn rescale(&mut self) {
        self.total /= self.weight;
        for seen in self.terms.values_mut() {
            *seen /= self.weight;
        }
        self.weight = 1.0;
    }

    fn prune(&mut self) {
        let mut by_frequency: Vec<(f64, &String)> =
            self.terms.iter().map(|(stem, seen)| (*seen, stem)).collect();
        by_frequency.sort_by(|(x, a), (y, b)| x.total_cmp(y).then_with(|| a.cmp(b)));
        let surplus = by_frequency.len().saturating_sub(AFTER_PRUNING);
        let rare: Vec<String> =
            by_frequency.into_iter().take(surplus).map(|(_, stem)| stem.clone()).collect();
        for stem in rare {
            self.terms.remove(&stem);
        }
    }

    /// The weight of a stem: the rarer, the larger; the same for all before anything was learned.
    #[must_use]
    pub fn idf(&self, stem: &str) -> f64 {
        let texts = self.total / self.weight;
        let with_stem = self.terms.get(stem).map_or(0.0, |seen| seen / self.weight);
        (1.0 + (texts + 1.0) / (with_stem + 1.0)).ln()
    }

    /// Cosine of the weighted stems of two texts, 0…1; stems sorted and unique.
    #[must_use]
    pub fn likeness(&self, a: &[String], b: &[String]) -> f64 {
        let square = |stem: &String| self.idf(stem).powi(2);
        let length = |stems: &[String]| stems.iter().map(square).sum::<f64>().sqrt();
        let common: f64 = a.iter().filter(|s| b.binary_search(s).is_ok()).map(square).sum();
        let lengths = length(a) * length(b);
        if lengths > 0.0 { (common / lengths).min(1.0) } else { 0.0 }
    }

    /// The `n` rarest stems of a text, rarest first: what candidates are looked up by.
    #[must_use]
    pub fn rare_terms<'a>(&self, stems: &'a [String], n: usize) -> Vec<&'a str> {
        let mut ranked: Vec<(f64, &str)> =
            stems.iter().map(|stem| (self.idf(stem), stem.as_str())).collect();
        ranked.sort_by(|(x, a), (y, b)| y.total_cmp(x).then_with(|| a.cmp(b)));
        ranked.into_iter().take(n).map(|(_, stem)| stem).collect()
    }
}

/// The letter four-grams of stems, each stem with a blank on both sides: sorted hashes, unique.
#[must_use]
pub fn grams(stems: &[String]) -> Vec<u32> {
    let mut found = Vec::new();
    for stem in stems {
        let letters = stem.chars().filter(|c| is_word_char(*c));
        let padded: Vec<char> = std::iter::once(' ').chain(letters).chain([' ']).collect();
        let size = GRAM.min(padded.len());
        found.extend(padded.windows(size).map(hash));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Share of common grams of two texts (Dice), 0…1; give what [`grams`] made.
#[must_use]
pub fn overlap(a: &[u32], b: &[u32]) -> f64 {
    let common = a.iter().filter(|gram| b.binary_search(gram).is_ok()).count();
    let both = number(a.len() + b.len());
    if both > 0.0 { 2.0 * number(common) / both } else { 0.0 }
}

/// FNV-1a over the letters.
fn hash(letters: &[char]) -> u32 {
    letters
        .iter()
        .fold(0x811c_9dc5, |hash: u32, c| (hash ^ u32::from(*c)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::stems;

    #[test]
    fn rare_stems_make_texts_alike() {
        let mut likeness = Likeness::new();
        for n in 0..200 {
            likeness.learn(&stems(&format!("Карточка зависла, сотрудник слово{n}")));
        }
        likeness.learn(&stems("Накладная на приставку зависла"));
        let a = stems("накладная зависла");
        let alike = likeness.likeness(&a, &stems("Не проводится накладная"));
        let other = likeness.likeness(&a, &stems("Всё зависло"));
        assert!(alike > other, "{alike} {other}");
        assert_eq!(likeness.rare_terms(&a, 1), ["накладн"]);
        assert!((likeness.likeness(&a, &a) - 1.0).abs() < 1e-9);
        assert!(likeness.likeness(&a, &[]).abs() < 1e-9);
    }

    #[test]
    fn grams_forgive_a_typo() {
        let (a, b) =
            (grams(&stems("не проводится накладная")), grams(&stems("проводится наклдная")));
        let c = grams(&stems("гарнитура хрипит"));
        assert!(overlap(&a, &b) > 0.6);
        assert!(overlap(&a, &c) < 0.1);
    }

    #[test]
    fn vocabulary_is_bounded_and_keeps_the_frequent() {
        let mut likeness = Likeness::new();
        let mut number = 0;
        while number < MOST_TERMS + 10 {
            let mut text: Vec<String> = (number..number + 199).map(|n| format!("w{n}")).collect();
            text.push("частое".to_owned());
            likeness.learn(&text);
            number += 199;
        }
        assert!(likeness.terms.len() <= MOST_TERMS);
        assert!(likeness.terms.contains_key("частое"));
    }

    #[test]
    fn state_survives_saving() {
        let mut likeness = Likeness::new();
        likeness.learn(&stems("Платёж не дошёл"));
        let saved = serde_json::to_string(&likeness).unwrap();
        assert_eq!(serde_json::from_str::<Likeness>(&saved).unwrap(), likeness);
    }

    fn some_stems() -> impl Strategy<Value = Vec<String>> {
        prop::collection::btree_set("[а-д]{1,3}", 0..12).prop_map(|set| set.into_iter().collect())
    }

    proptest! {
        #[test]
        fn likeness_is_symmetric_and_bounded(
            learned in prop::collection::vec(some_stems(), 0..20), a in some_stems(), b in some_stems(),
        ) {
            let mut likeness = Likeness::new();
            for text in &learned {
                likeness.learn(text);
            }
            let there = likeness.likeness(&a, &b);
            prop_assert!((there - likeness.likeness(&b, &a)).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&there));
            if !a.is_empty() {
                prop_assert!((likeness.likeness(&a, &a) - 1.0).abs() < 1e-9);
            }
        }
    }
}
