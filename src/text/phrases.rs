//! Finds phrases in a sequence of stems: a trie over stems, with one typo forgiven in long words.
//!
//! Invariants: the longest phrase wins over a shorter one inside it; no phrase crosses the end of
//! a clause; the result depends on the phrases and the text only. Cost: one look-up a word, a few
//! more hash look-ups for words that no phrase knows.

use std::collections::BTreeMap;

use super::slips;
use super::stem::Words;

/// Shortest stem, in characters, in which a typo is forgiven: words of six letters and more.
const LONG_STEM: usize = 5;

/// A phrase found: what it stands for, and the places of its first and last stem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Match {
    pub(crate) phrase: usize,
    pub(crate) from: usize,
    pub(crate) to: usize,
}

/// Phrases to look for, numbered in the order they were given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Phrases {
    ids: BTreeMap<String, u32>,
    /// Hashes of each long stem with one letter left out, and of the stem itself.
    near: BTreeMap<u64, Vec<u32>>,
    stems: Vec<Vec<char>>,
    steps: BTreeMap<(u32, u32), u32>,
    /// Phrases that end at a node.
    ends: BTreeMap<u32, Vec<usize>>,
    nodes: u32,
}

impl Phrases {
    /// Builds the trie; a phrase without a telling word is ignored.
    pub(crate) fn new<'a>(phrases: impl IntoIterator<Item = &'a str>) -> Self {
        let mut built = Self::default();
        for (number, phrase) in phrases.into_iter().enumerate() {
            let words = Words::new(phrase);
            let mut node = 0;
            for stem in words.sequence.iter().filter(|s| !s.is_empty()) {
                let id = built.intern(stem);
                let next = built.nodes + 1;
                let step = *built.steps.entry((node, id)).or_insert(next);
                built.nodes = built.nodes.max(step);
                node = step;
            }
            if node != 0 {
                built.ends.entry(node).or_default().push(number);
            }
        }
        built
    }

    fn intern(&mut self, stem: &str) -> u32 {
        if let Some(id) = self.ids.get(stem) {
            return *id;
        }
        let id = u32::try_from(self.stems.len()).unwrap_or(u32::MAX);
        let letters: Vec<char> = stem.chars().collect();
        if letters.len() >= LONG_STEM {
            for hash in near_hashes(&letters) {
                let known = self.near.entry(hash).or_default();
                if known.last() != Some(&id) {
                    known.push(id);
                }
            }
        }
        self.stems.push(letters);
        self.ids.insert(stem.to_owned(), id);
        id
    }

    /// All phrases in a text, leftmost first; of nested ones only the longest.
    pub(crate) fn find(&self, words: &Words) -> Vec<Match> {
        let known: Vec<Option<u32>> = words.sequence.iter().map(|s| self.recognise(s)).collect();
        let mut found: Vec<Match> = Vec::new();
        for from in 0..known.len() {
            let mut node = 0;
            let mut longest = None;
            for (to, id) in known.iter().enumerate().skip(from) {
                let Some(next) = id.and_then(|id| self.steps.get(&(node, id))) else { break };
                node = *next;
                if let Some(ends) = self.ends.get(&node) {
                    longest = Some((to, ends));
                }
            }
            let Some((to, ends)) = longest else { continue };
            if found.last().is_some_and(|m| m.to >= to) {
                continue;
            }
            found.extend(ends.iter().map(|&phrase| Match { phrase, from, to }));
        }
        found
    }

    fn recognise(&self, stem: &str) -> Option<u32> {
        if let Some(id) = self.ids.get(stem) {
            return Some(*id);
        }
        // Two bytes a letter in Russian, one in English: at most LONG_STEM letters are short.
        if stem.len() < LONG_STEM {
            return None;
        }
        let letters: Vec<char> = stem.chars().collect();
        if letters.len() < LONG_STEM || slips::is_common(stem) {
            return None;
        }
        let near = |hash| self.near.get(&hash).into_iter().flatten();
        let candidates = near_hashes(&letters).flat_map(near);
        candidates.copied().filter(|id| self.is_one_slip(*id, &letters)).min()
    }

    fn is_one_slip(&self, id: u32, letters: &[char]) -> bool {
        let known = usize::try_from(id).ok().and_then(|at| self.stems.get(at));
        known.is_some_and(|known| one_slip(known, letters))
    }
}

/// Hashes (FNV-1a) of a word and of the word with each letter left out.
fn near_hashes(letters: &[char]) -> impl Iterator<Item = u64> + '_ {
    (0..=letters.len()).map(|skip| {
        let kept = letters.iter().enumerate().filter(move |(at, _)| *at != skip);
        kept.fold(0xcbf2_9ce4_8422_2325_u64, |hash, (_, c)| {
            (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0100_0000_01b3)
        })
    })
}

/// Whether two stems differ by one letter lost, added, replaced, or two neighbours swapped.
pub(crate) fn one_slip(a: &[char], b: &[char]) -> bool {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let whole = short.len();
    let same = long.iter().zip(short).take_while(|(x, y)| x == y).count();
    let (long, short) = (long.get(same..).unwrap_or(&[]), short.get(same..).unwrap_or(&[]));
    match long.len() - short.len() {
        1 => long.get(1..) == Some(short),
        0 => match (long, short) {
            ([], []) => true,
            // In a short stem another letter is rather another word: «запис», «завис».
            ([_, x @ ..], [_, y @ ..]) if x == y => whole > LONG_STEM,
            ([a, b, x @ ..], [c, d, y @ ..]) => a == d && b == c && x == y,
            _ => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(phrases: &[&str], text: &str, expected: &[usize]) {
        let found = Phrases::new(phrases.iter().copied()).find(&Words::new(text));
        assert_eq!(found.iter().map(|m| m.phrase).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn finds_phrases_by_their_stems() {
        let phrases = ["поиск", "личный кабинет", "кабинет", "сервис поиска"];
        check(&phrases, "Поиском никто не пользуется", &[0]);
        check(&phrases, "в личных кабинетах абонентов", &[1]);
        check(&phrases, "кабинет 305 закрыт", &[2]);
        check(&phrases, "сервис для поиска лежит", &[3]);
        check(&phrases, "сервис. Поиск лежит", &[0]);
        check(&phrases, "личнй кабниет", &[1]);
        check(&phrases, "ничего такого", &[]);
    }

    proptest! {
        #[test]
        fn one_typo_in_a_long_word_is_forgiven(at in 0_usize..8, kind in 0_u8..4) {
            let mut letters: Vec<char> = "гарнитур".chars().collect();
            match kind {
                0 => { letters.remove(at); }
                1 => letters.insert(at, 'щ'),
                2 => letters[at] = 'щ',
                _ => letters.swap(at, (at + 1).min(7)),
            }
            let known: Vec<char> = "гарнитур".chars().collect();
            prop_assert!(one_slip(&known, &letters));
            let phrases = Phrases::new(["гарнитура"]);
            let typed: String = letters.into_iter().collect();
            prop_assert!(phrases.recognise(&typed).is_some());
        }
    }
}
