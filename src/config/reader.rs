//! Decoding a section: each wrong value is noted with its place, and decoding goes on.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use super::{Diagnostics, Node, Place, Secret, Value, not_utf8, system_error, values};
use crate::model::Message;

/// Reads the keys of one section. Ask for every key the section knows, then call
/// [`Reader::finish`], which reports the keys nobody asked for.
#[derive(Debug)]
pub struct Reader<'n, 'e> {
    place: Place,
    entries: BTreeMap<&'n str, (&'n Place, &'n Node)>,
    known: Vec<&'static str>,
    /// Where errors go; public so that a component can add its own, with a place.
    pub errors: &'e mut Diagnostics,
}

impl<'n, 'e> Reader<'n, 'e> {
    /// Opens a section. A node that is not a section is noted and reads as an empty one.
    pub fn new(node: &'n Node, errors: &'e mut Diagnostics) -> Self {
        let mut entries = BTreeMap::new();
        match &node.value {
            Value::Map(pairs) => {
                for (key, place, value) in pairs {
                    entries.insert(key.as_str(), (place, value));
                }
            }
            Value::Null => {}
            _ => errors.error(
                &node.place,
                Message::new("check-expected-section").with("found", node.shown()),
            ),
        }
        Self { place: node.place.clone(), entries, known: Vec::new(), errors }
    }

    /// Where the section stands.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The node of a key, if the section has it.
    pub fn node(&mut self, key: &'static str) -> Option<&'n Node> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.entries.get(key).map(|(_, node)| *node).filter(|n| !matches!(n.value, Value::Null))
    }

    /// The node of a key that must be there.
    pub fn required(&mut self, key: &'static str) -> Option<&'n Node> {
        let found = self.node(key);
        if found.is_none() {
            let place = self.entries.get(key).map_or(&self.place, |(place, _)| *place).clone();
            self.errors.error(&place, Message::new("check-missing").word("key", key));
        }
        found
    }

    /// Notes that a value is not what was expected: the message, one of `check-expected-…`, gets what
    /// was found and an example of what would be right. See [`Diagnostics::error`].
    pub fn wrong(&mut self, node: &Node, expected: Message, example: &str) {
        let message = expected.with("found", node.shown()).word("example", example);
        self.errors.error(&node.place, message);
    }

    /// A text; numbers and booleans written without quotes are taken as they stand.
    pub fn string(&mut self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        self.text_of(node)
    }

    /// A text that must be there.
    pub fn required_string(&mut self, key: &'static str) -> Option<String> {
        let node = self.required(key)?;
        self.text_of(node)
    }

    /// The text of a scalar; anything else is an error at its place.
    pub fn text_of(&mut self, node: &Node) -> Option<String> {
        match &node.value {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => {
                self.wrong(node, Message::new("check-expected-text"), "name: value");
                None
            }
        }
    }

    /// A list of texts; a single text is taken as a list of one.
    pub fn strings(&mut self, key: &'static str) -> Vec<String> {
        let Some(node) = self.node(key) else { return Vec::new() };
        let items = match &node.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![node],
        };
        items.into_iter().filter_map(|item| self.text_of(item)).collect()
    }

    /// A number inside `range`.
    pub fn number(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<f64>,
    ) -> Option<f64> {
        let node = self.node(key)?;
        match node.value {
            Value::Number(number) if range.contains(&number) => Some(number),
            Value::Number(number) => {
                let (low, high) = (range.start(), range.end());
                let message = Message::new("check-outside").word("number", number.to_string());
                let message = message.word("low", low.to_string()).word("high", high.to_string());
                self.errors.error(&node.place, message);
                None
            }
            _ => {
                self.wrong(node, Message::new("check-expected-number"), &format!("{key}: 5"));
                None
            }
        }
    }

    /// A whole number inside `range`.
    pub fn count(
        &mut self,
        key: &'static str,
        range: std::ops::RangeInclusive<f64>,
    ) -> Option<usize> {
        format!("{:.0}", self.number(key, range)?).parse().ok()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &'static str) -> Option<bool> {
        let node = self.node(key)?;
        if let Value::Bool(value) = node.value {
            return Some(value);
        }
        self.wrong(node, Message::new("check-expected-boolean"), &format!("{key}: true"));
        None
    }

    /// A duration such as `30s`.
    pub fn duration(&mut self, key: &'static str) -> Option<Duration> {
        let node = self.node(key)?;
        if let Value::String(text) = &node.value
            && let Some(value) = values::duration(text)
        {
            return Some(value);
        }
        self.wrong(node, Message::new("check-expected-duration"), &format!("{key}: 30s"));
        None
    }

    /// A size such as `10MiB`, in bytes.
    pub fn bytes(&mut self, key: &'static str) -> Option<u64> {
        let node = self.node(key)?;
        if let Value::String(text) = &node.value
            && let Some(value) = values::bytes(text)
        {
            return Some(value);
        }
        self.wrong(node, Message::new("check-expected-size"), &format!("{key}: 10MiB"));
        None
    }

    /// One word of a fixed set.
    pub fn word<T>(
        &mut self,
        key: &'static str,
        words: &[&str],
        read: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let node = self.node(key)?;
        if let Value::String(text) = &node.value
            && let Some(value) = read(text)
        {
            return Some(value);
        }
        let expected = Message::new("check-expected-one").word("words", words.join(", "));
        self.wrong(node, expected, words.first().unwrap_or(&""));
        None
    }

    /// An `http://` or `https://` address without a trailing slash. Credentials inside are refused.
    pub fn url(&mut self, key: &'static str) -> Option<String> {
        let node = self.node(key)?;
        let text = self.text_of(node)?;
        match reqwest::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host().is_some() => {
                if url.password().is_some() {
                    self.errors.error(&node.place, Message::new("check-url-password"));
                    return None;
                }
                Some(text.trim_end_matches('/').to_owned())
            }
            // The commonest slip in an address has words of its own.
            Err(error) if error.to_string().contains("port") => {
                self.errors.error(&node.place, Message::new("check-url-port"));
                None
            }
            _ => {
                self.wrong(node, Message::new("check-expected-url"), "http://127.0.0.1:9100");
                None
            }
        }
    }

    /// A secret from `KEY_file` or `KEY_env`; a bare `KEY` is refused, secrets do not live here.
    pub fn secret(
        &mut self,
        key: &'static str,
        file_key: &'static str,
        env_key: &'static str,
    ) -> Option<Secret> {
        if let Some(node) = self.node(key) {
            let message = Message::new("check-secret-here").word("key", key);
            let message = message.word("file_key", file_key).word("env_key", env_key);
            self.errors.error(&node.place, message);
        }
        if let Some(node) = self.node(file_key) {
            // Relative to the file that names it: the program may be started anywhere.
            let path = node.place.beside(&self.text_of(node)?);
            return match secret_of(&path) {
                Ok(secret) => Some(secret),
                Err(message) => {
                    self.errors.error(&node.place, message);
                    None
                }
            };
        }
        let node = self.node(env_key)?;
        let name = self.text_of(node)?;
        match std::env::var(&name) {
            Ok(text) => Some(Secret::new(text)),
            Err(_) => {
                self.errors.error(&node.place, Message::new("check-env-unset").word("name", name));
                None
            }
        }
    }

    /// Reports every key that was not asked for, with the nearest known one.
    pub fn finish(self) {
        for (key, (place, _)) in &self.entries {
            if self.known.contains(key) {
                continue;
            }
            let message = match nearest(key, self.known.iter().copied()) {
                Some(near) => Message::new("check-unknown-key-near").word("near", near),
                None => Message::new("check-unknown-key").word("known", self.known.join(", ")),
            };
            self.errors.error(place, message.word("key", *key));
        }
    }
}

/// Reads the one line of a secret file.
fn secret_of(path: &Path) -> Result<Secret, Message> {
    let file = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        let message = Message::new("check-secret-unreadable").word("file", &file);
        message.with("error", system_error(&error))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| not_utf8(&file, error.as_bytes()))?;
    match text.trim_end_matches(['\r', '\n']) {
        "" => Err(Message::new("check-secret-empty").word("file", file)),
        secret => Ok(Secret::new(secret.to_owned())),
    }
}

/// Of known words the one that was probably meant.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let ranked = known.map(|known| (distance(word, known), known)).min();
    ranked.filter(|(edits, known)| *edits <= 1 + known.chars().count() / 4).map(|(_, known)| known)
}

/// Levenshtein distance in characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut previous = i + 1;
        for (cell, right) in row.iter_mut().skip(1).zip(&b) {
            let next = (diagonal + usize::from(left != *right)).min(previous + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = next;
            previous = next;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parse;

    #[test]
    fn every_error_is_reported_with_its_place() {
        let text = "name: [1]\nintervall: 5s\nwait: 10\nurl: ftp://x\npassword: p\n";
        let mut errors = Diagnostics::default();
        let node = parse("a.yaml", text, &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        reader.string("name");
        reader.duration("interval");
        reader.duration("wait");
        reader.url("url");
        reader.secret("password", "password_file", "password_env");
        reader.required("queue");
        reader.finish();
        let found = errors.into_sorted();
        let places: Vec<_> = found.iter().map(|d| (d.place.line, d.place.column)).collect();
        assert_eq!(places, [(1, 1), (1, 7), (2, 1), (3, 7), (4, 6), (5, 11)]);
        let near = Message::new("check-unknown-key-near").word("near", "interval");
        assert_eq!(found[2].message, near.word("key", "intervall"));
        assert_eq!(found[3].message.key, "check-expected-duration");
    }

    #[test]
    fn a_key_that_is_asked_for_twice_is_named_once() {
        let mut errors = Diagnostics::default();
        let node = parse("a.yaml", "something_else: 1\n", &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        for key in ["name", "wait", "name"] {
            reader.string(key);
        }
        reader.finish();
        let unknown = Message::new("check-unknown-key").word("known", "name, wait");
        assert_eq!(errors.into_sorted()[0].message, unknown.word("key", "something_else"));
    }

    #[test]
    fn a_syntax_error_has_a_place() {
        let mut errors = Diagnostics::default();
        assert!(parse("a.yaml", "a: [1\nb: 2\n", &mut errors).is_none());
        assert!(errors.into_sorted()[0].place.line > 0);
    }
}
