//! Standard solutions: known, written ways out that line 1 follows; and which of them fit what is going on.
//!
//! A solution fits by words: a good part of its title must have been said, and at least two of its words. The systems
//! and what is felt only order what fits, but where both are named and have nothing in common nothing fits. It is a
//! hint for people: nothing is decided by it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::config::{Diagnostics, Node, Reader, Value};
use crate::model::{Impact, Language, Message, Text};
use crate::text::{self, Likeness, stems};
use crate::topology::{self, Topology};

/// A known way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Its number in the knowledge base.
    pub key: String,
    /// The systems it is about.
    pub systems: Vec<String>,
    /// What it is called.
    pub title: Text,
    /// What to do.
    pub text: Text,
    /// Where it is written in full; empty when it is not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
}

/// The most solutions offered.
const MOST: usize = 3;
/// The most words named as the reason.
const MOST_WORDS: usize = 6;
/// The share of a title's weight that must be said, where the systems agree and where they cannot be compared.
const TITLE: f64 = 0.4;
const TITLE_ALONE: f64 = 0.6;
/// What the rest of the text, the system and what is felt add to the share of the title.
const TEXT: f64 = 0.5;
const PLACE: f64 = 0.5;
const FELT: f64 = 0.15;
/// How far the best must be ahead of the second to be offered alone.
const MARGIN: f64 = 0.2;
/// A word counts as said of a case when one ticket in so many says it.
const SAID_BY: u32 = 5;

/// What a way out is looked for: a case, or a ticket.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// The systems in question, each with a share of belief; empty when nobody knows.
    pub systems: Vec<(String, f64)>,
    /// Stems that were said.
    pub said: BTreeSet<String>,
    /// What is felt, if known.
    pub felt: Option<Impact>,
}

/// A solution that fits, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Fit<'a> {
    /// Which.
    pub solution: &'a Solution,
    /// Its words that were said, as it writes them.
    pub words: Vec<&'a str>,
    /// Its systems that are in question.
    pub systems: Vec<&'a str>,
    /// Larger fits better.
    pub score: f64,
}

/// The telling words of a text in their order, each stem once, with the word it is written as.
type Written<'a> = Vec<(String, &'a str)>;

/// A solution whose words have been read.
#[derive(Debug)]
struct Read<'a> {
    solution: &'a Solution,
    /// Title and text in each language.
    written: [(Written<'a>, Written<'a>); 2],
    felt: Option<Impact>,
}

/// Solutions whose words have been read: made once a page, asked for each ticket.
#[derive(Debug)]
pub struct Shelf<'a> {
    solutions: Vec<Read<'a>>,
}

impl<'a> Shelf<'a> {
    /// Reads the solutions. Cost: their words, once.
    #[must_use]
    pub fn new(solutions: &'a [Solution]) -> Self {
        Self { solutions: solutions.iter().map(Read::new).collect() }
    }

    /// Reads only those that could fit one question.
    #[must_use]
    pub fn about(solutions: &'a [Solution], question: &Question) -> Self {
        let could = |solution: &&Solution| {
            solution.systems.is_empty()
                || question.systems.is_empty()
                || question.systems.iter().any(|(system, _)| solution.systems.contains(system))
        };
        Self { solutions: solutions.iter().filter(could).map(Read::new).collect() }
    }
}

impl<'a> Read<'a> {
    fn new(solution: &'a Solution) -> Self {
        let written = [Language::Ru, Language::En].map(|language| {
            let title = words(solution.title.get(language));
            let mut text = words(solution.text.get(language));
            text.retain(|(stem, _)| !title.iter().any(|(known, _)| known == stem));
            (title, text)
        });
        Self { solution, written, felt: text::impact(&solution.title.ru) }
    }

    /// Whether it fits, and how well.
    fn fit(&self, question: &Question, likeness: &Likeness) -> Option<Fit<'a>> {
        let is_ours = |system: &str| self.solution.systems.iter().any(|own| own == system);
        let shared = question.systems.iter().filter(|(system, _)| is_ours(system));
        let place = shared.map(|(_, belief)| *belief).fold(0.0, f64::max);
        let is_known = !question.systems.is_empty() && !self.solution.systems.is_empty();
        if is_known && place <= 0.0 {
            return None;
        }
        let least = if is_known { TITLE } else { TITLE_ALONE };
        let felt = match (self.felt, question.felt) {
            (Some(own), Some(theirs)) if own == theirs => FELT,
            (Some(_), Some(_)) => -FELT,
            _ => 0.0,
        };
        let of_language = |(title, text): &(Written<'a>, Written<'a>)| {
            let (title_share, mut words) = said(title, question, likeness);
            let (text_share, more) = said(text, question, likeness);
            if title_share < least || words.len() + more.len() < 2 {
                return None;
            }
            words.extend(more);
            words.truncate(MOST_WORDS);
            Some((title_share + TEXT * text_share + PLACE * place + felt, words))
        };
        let fits = self.written.iter().filter_map(of_language);
        let (score, words) = fits.max_by(|(a, _), (b, _)| a.total_cmp(b))?;
        let in_question = |own: &&str| question.systems.iter().any(|(system, _)| system == own);
        let systems = self.solution.systems.iter().map(String::as_str).filter(in_question);
        Some(Fit { solution: self.solution, words, systems: systems.collect(), score })
    }
}

/// The solutions that fit, the best first, at most three; none rather than a poor one.
#[must_use]
pub fn fitting<'a>(shelf: &Shelf<'a>, question: &Question, likeness: &Likeness) -> Vec<Fit<'a>> {
    if question.said.is_empty() {
        return Vec::new();
    }
    let fits = shelf.solutions.iter().filter_map(|read| read.fit(question, likeness));
    let mut fits: Vec<Fit<'a>> = fits.collect();
    fits.sort_by(|a, b| {
        b.score.total_cmp(&a.score).then_with(|| a.solution.key.cmp(&b.solution.key))
    });
    fits.truncate(MOST);
    fits
}

/// The one solution that fits clearly: the others are well behind.
#[must_use]
pub fn clear_fit<'a>(
    shelf: &Shelf<'a>,
    question: &Question,
    likeness: &Likeness,
) -> Option<Fit<'a>> {
    let mut fits = fitting(shelf, question, likeness).into_iter();
    let (first, second) = (fits.next()?, fits.next());
    second.is_none_or(|second| first.score - second.score >= MARGIN).then_some(first)
}

/// The stems that enough of some tickets say to be of all of them.
pub fn said_by<'a>(tickets: impl Iterator<Item = &'a [String]>) -> BTreeSet<String> {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut all = 0;
    for stems in tickets {
        all += 1;
        for stem in stems {
            *counts.entry(stem).or_default() += 1;
        }
    }
    let enough = counts.into_iter().filter(|(_, count)| count * SAID_BY >= all);
    enough.map(|(stem, _)| stem.to_owned()).collect()
}

/// The share of the weight of some words that was said, and which they were.
fn said<'a>(words: &Written<'a>, question: &Question, likeness: &Likeness) -> (f64, Vec<&'a str>) {
    let (mut all, mut sum, mut found) = (0.0, 0.0, Vec::new());
    for (stem, word) in words {
        let weight = likeness.idf(stem);
        all += weight;
        if question.said.contains(stem) {
            sum += weight;
            found.push(*word);
        }
    }
    (if all > 0.0 { sum / all } else { 0.0 }, found)
}

fn words(text: &str) -> Written<'_> {
    let mut found: Written<'_> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()) {
        for stem in stems(word) {
            if !found.iter().any(|(known, _)| *known == stem) {
                found.push((stem, word));
            }
        }
    }
    found
}

/// Decodes `solutions: […]`, every error with its place.
pub fn decode(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Vec<Solution> {
    let mut reader = Reader::new(node, errors);
    let mut solutions: Vec<Solution> = Vec::new();
    match reader.required("solutions").map(|list| (list, &list.value)) {
        Some((_, Value::List(items))) => {
            for item in items {
                let Some(solution) = one(item, topology, reader.errors) else { continue };
                if solutions.iter().any(|known| known.key == solution.key) {
                    let message = Message::new("check-solution-twice").word("key", &solution.key);
                    reader.errors.error(&item.place, message);
                }
                solutions.push(solution);
            }
        }
        Some((list, _)) => {
            let expected = Message::new("check-expected-solutions");
            reader.wrong(list, expected, "solutions: [{key: KB-1}]");
        }
        None => {}
    }
    reader.finish();
    solutions
}

fn one(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Option<Solution> {
    let mut reader = Reader::new(node, errors);
    let key = reader.required_string("key");
    let systems = reader.strings("systems");
    if let Some(list) = reader.node("systems") {
        topology::known_systems(list, topology, reader.errors);
    }
    let title = topology::text(&mut reader, "title");
    let text = topology::text(&mut reader, "text");
    let link = reader.url("link").unwrap_or_default();
    reader.finish();
    Some(Solution { key: key?, systems, title: title?, text: text?, link })
}

#[cfg(test)]
mod tests;
