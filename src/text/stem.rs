//! Words reduced to their stems: Snowball for Russian and English, after Porter's algorithms as
//! published at snowballstem.org. Invariant: the same text always gives the same stems.

use std::sync::LazyLock;

use rust_stemmers::{Algorithm, Stemmer};

use super::tokens::{TokenKind, fold, is_cyrillic, tokens};
use super::{slips, stopwords};

/// Longest word that is looked at, in characters; longer ones are cut.
const LONGEST_WORD: usize = 40;
/// Most words of one text that are looked at: a ticket that says more repeats itself.
const MOST_WORDS: usize = 2_000;
/// Most stems kept of one text.
const MOST_STEMS: usize = 200;

static RUSSIAN: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::Russian));
static ENGLISH: LazyLock<Stemmer> = LazyLock::new(|| Stemmer::create(Algorithm::English));

/// A text's stems in their order, prepositions and other fillers left out; an empty stem stands
/// where a clause ends, so that no phrase is read across it. Made once, used by every reader.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    pub(crate) sequence: Vec<String>,
}

impl Words {
    /// Reads a text; give it the masked one.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let text = slips::restore(text);
        let mut sequence: Vec<String> = Vec::new();
        let mut before_is_code = false;
        for token in tokens(&text).iter().filter(|t| t.kind != TokenKind::Space).take(MOST_WORDS) {
            match token.kind {
                TokenKind::Word => {
                    let word = fold(token.text);
                    before_is_code = names_a_code(&word);
                    if !stopwords::is_filler(&word) {
                        sequence.push(stem(&word));
                    }
                }
                TokenKind::Number if is_code(token.text, before_is_code) => {
                    sequence.push(token.text.to_owned());
                }
                TokenKind::Line => push_break(&mut sequence),
                TokenKind::Other if matches!(token.text, "." | "," | ";" | "!" | "?" | "|") => {
                    push_break(&mut sequence);
                }
                _ => {}
            }
        }
        Self { sequence }
    }

    /// The stems that say something, sorted, each once.
    #[must_use]
    pub fn stems(&self) -> Vec<String> {
        let telling = |s: &&String| !s.is_empty() && !stopwords::is_stop_stem(s);
        let mut stems: Vec<String> = self.sequence.iter().filter(telling).cloned().collect();
        stems.sort_unstable();
        stems.dedup();
        stems.truncate(MOST_STEMS);
        stems
    }
}

/// The stems of a masked text: sorted, each once, stop words of both languages left out.
#[must_use]
pub fn stems(text: &str) -> Vec<String> {
    Words::new(text).stems()
}

/// The stem of one folded word.
pub(crate) fn stem(word: &str) -> String {
    let short: String;
    let word = if word.len() > LONGEST_WORD {
        short = word.chars().take(LONGEST_WORD).collect();
        short.as_str()
    } else {
        word
    };
    // «долго» and «долг» (a debt) share a stem, and only one of them is slow.
    if matches!(word, "долго" | "долгий" | "долгая" | "долгое" | "долгие" | "долгую")
    {
        return "долго".to_owned();
    }
    let stemmer = if word.chars().any(is_cyrillic) { &RUSSIAN } else { &ENGLISH };
    stemmer.stem(word).into_owned()
}

fn push_break(sequence: &mut Vec<String>) {
    if sequence.last().is_some_and(|last| !last.is_empty()) {
        sequence.push(String::new());
    }
}

/// Whether a word announces that the number after it is a code.
fn names_a_code(word: &str) -> bool {
    matches!(word, "код" | "кода" | "кодом" | "code" | "sqlstate" | "ora" | "http" | "errno")
        || word.starts_with("ошибк")
        || word.starts_with("error")
}

/// Numbers are noise, but for HTTP error codes and what is called a code.
fn is_code(number: &str, announced: bool) -> bool {
    let http = number.len() == 3 && matches!(number.as_bytes().first(), Some(b'4' | b'5'));
    http || (announced && number.len() <= 6)
}
