//! Quoting: a text cut at the end of a word, and the sentence of a ticket that tells most of what many tickets say.

use std::collections::{BTreeMap, BTreeSet};

use super::boilerplate::strip_boilerplate;
use super::signs::Signs;
use super::stem::Words;
use crate::model::number;

/// Characters of a quote.
const QUOTE: usize = 200;
/// What a sentence that says what is felt is worth beside the words that it shares with others.
const FELT: f64 = 2.0;

/// The beginning of a text, at most so many characters, ending with a word; no half of a mark of masking stays.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.to_owned() };
    let (kept, rest) = text.split_at(end);
    let is_between = rest.starts_with(char::is_whitespace);
    let word = if is_between { None } else { kept.rfind(char::is_whitespace) };
    let kept = kept.get(..word.unwrap_or(kept.len())).unwrap_or_default();
    let half = kept.rfind('‹').filter(|open| !kept.get(*open..).is_some_and(|m| m.contains('›')));
    kept.get(..half.unwrap_or(kept.len())).unwrap_or_default().trim_end().to_owned()
}

/// What the tickets about one thing have in common: how many of them use each stem.
#[derive(Clone, Debug, Default)]
pub struct Usual {
    texts: f64,
    counts: BTreeMap<String, f64>,
}

impl Usual {
    /// Reads the texts, masked, each once.
    #[must_use]
    pub fn new<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut usual = Self::default();
        for text in texts {
            usual.texts += 1.0;
            for stem in Words::new(&strip_boilerplate(text)).stems() {
                *usual.counts.entry(stem).or_default() += 1.0;
            }
        }
        usual
    }

    /// The sentence of a text that tells most, with those after it that tell at least half as much, as far as they fit
    /// into 200 characters, and how much it tells; none when the text says nothing.
    #[must_use]
    pub fn telling(&self, text: &str) -> Option<(String, f64)> {
        let text = strip_boilerplate(text);
        let all = sentences(&text);
        let mut best: Option<(usize, f64)> = None;
        for (place, sentence) in all.iter().enumerate() {
            let worth = self.worth(sentence);
            if worth > best.map_or(0.0, |(_, known)| known) {
                best = Some((place, worth));
            }
        }
        let (first, worth) = best?;
        let mut quote = String::new();
        let telling = all.iter().skip(first).take_while(|next| self.worth(next) * 2.0 >= worth);
        for sentence in telling {
            let words = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
            let longer = quote.chars().count() + 1 + words.chars().count();
            if quote.is_empty() {
                quote = words;
            } else if longer <= QUOTE {
                quote = format!("{quote} {words}");
            } else {
                break;
            }
        }
        if quote.chars().count() > QUOTE {
            quote = format!("{}…", cut(&quote, QUOTE - 1));
        }
        Some((quote, worth))
    }

    /// Shared words count by how many tickets share them; many words in one sentence count less each.
    fn worth(&self, sentence: &str) -> f64 {
        let words = Words::new(sentence);
        let stems: BTreeSet<String> = words.stems().into_iter().collect();
        if stems.is_empty() {
            return 0.0;
        }
        let share =
            |stem: &String| self.counts.get(stem).map_or(0.0, |count| count / self.texts.max(1.0));
        let shared: f64 = stems.iter().map(share).sum();
        let many = number(stems.len());
        let felt = Signs::new(&Words::default(), &words).felt().map_or(0.0, |f| f.confidence);
        shared / many.sqrt() + FELT * felt
    }
}

/// A text in its sentences; a line ends one too. One letter before a dot is an initial.
fn sentences(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for line in text.lines() {
        let (mut start, mut letters, mut closed) = (0, 0, false);
        for (at, c) in line.char_indices() {
            if closed && c.is_whitespace() && letters > 1 {
                found.extend(line.get(start..at));
                (start, letters, closed) = (at, 0, false);
            } else if matches!(c, '.' | '!' | '?' | '…') {
                closed = true;
            } else if c.is_whitespace() {
                (letters, closed) = (0, false);
            } else {
                letters = if closed { 1 } else { letters + 1 };
                closed = false;
            }
        }
        found.extend(line.get(start..));
    }
    found.retain(|sentence| !sentence.trim().is_empty());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_a_word_and_never_inside_a_mark() {
        let check = |text: &str, most: usize, expected: &str| {
            assert_eq!(cut(text, most), expected, "{text} {most}");
        };
        check("карточка не открывается", 100, "карточка не открывается");
        check("карточка не открывается", 8, "карточка");
        check("карточка не открывается", 15, "карточка не");
        check("карточка", 3, "кар");
        check("звонил ‹ФИО›", 9, "звонил");
        check("логин‹логин›x", 8, "логин");
        check("логин‹логин›x", 12, "логин‹логин›");
    }

    #[test]
    fn the_sentence_that_others_say_too_is_quoted() {
        let texts = [
            "Добрый день! Карточка абонента открывается две минуты. Сижу на втором этаже.",
            "Карточка открывается очень долго, абонент ждёт.",
            "У нас обед в час. Карточки абонентов не открываются. С уважением, ‹ФИО›",
        ];
        let usual = Usual::new(texts.into_iter());
        let quote = |text: &str| usual.telling(text).map(|(quote, _)| quote);
        assert_eq!(quote(texts[0]).as_deref(), Some("Карточка абонента открывается две минуты."));
        let both = "Карточка абонента не открывается. Карточки открываются долго. Живу в Туле.";
        assert_eq!(
            quote(both).as_deref(),
            Some("Карточка абонента не открывается. Карточки открываются долго.")
        );
        assert_eq!(quote(texts[2]).as_deref(), Some("Карточки абонентов не открываются."));
        assert_eq!(quote("Здравствуйте! Спасибо."), None);
        let long = format!("Карточка открывается долго {}", "и ещё дольше ".repeat(40));
        let long = quote(&long).unwrap();
        assert!(long.chars().count() <= 200 && long.ends_with('…'), "{long}");
        // An initial ends no sentence.
        let named = "Карточку открывал И. Петров и ждал две минуты.";
        assert_eq!(quote(named).as_deref(), Some(named));
    }
}
