//! Errors with a place: file, line, column, what is wrong and what to do. They have no language yet:
//! the catalogue renders them, with the line itself and a caret.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::Message;

/// A place in a file that a person wrote. Line and column count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file's name as it was given, and its text.
    pub file: Arc<(String, String)>,
    /// Line, from 1; 0 when the whole file is meant.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Place {
    /// A file as a whole.
    #[must_use]
    pub fn whole(name: &str, text: &str) -> Self {
        Self { file: Arc::new((name.to_owned(), text.to_owned())), line: 0, column: 0 }
    }

    /// A path as the file that names it means it: relative to its own folder.
    #[must_use]
    pub fn beside(&self, path: &str) -> PathBuf {
        let folder = Path::new(&self.file.0).parent().unwrap_or(Path::new(""));
        folder.join(path)
    }
}

/// One error: where, and a message of `i18n/check.*.ftl` that says what is wrong. Its attribute
/// `.help` says what to do.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: Message,
}

/// For tests and panics; people read what the catalogue makes of it.
impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Place { file, line, column } = &self.place;
        writeln!(formatter, "{}:{line}:{column}: {:?}", file.0, self.message)
    }
}

/// Collects errors instead of stopping at the first.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Notes an error.
    ///
    /// A new error is a key `check-…` in `src/i18n/check.ru.ftl` and `src/i18n/check.en.ftl`, with the
    /// remedy beside it as the attribute `.help`; both may use the message's arguments. What used to
    /// be `error(place, "the filter is empty", "write one")` is
    /// `error(place, Message::new("check-filter-empty"))` with
    ///
    /// ```text
    /// check-filter-empty = the filter is empty
    ///     .help = write one
    /// ```
    ///
    /// What is wrong begins lowercase and has no full stop; the remedy is an imperative.
    /// Tests find keys that are missing or unused (`tests/tidy.rs`), in one language only, or without a
    /// remedy (`i18n.rs`).
    pub fn error(&mut self, place: &Place, message: Message) {
        // A key that two parts of a section read is wrong once.
        if self.found.iter().any(|known| known.place == *place && known.message == message) {
            return;
        }
        self.found.push(Diagnostic { place: place.clone(), message });
    }

    /// True while nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All errors, in order of file and place; files that cannot be read at all come first.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| {
            let key = |d: &Diagnostic| {
                (d.place.line > 0, d.place.file.0.clone(), d.place.line, d.place.column)
            };
            key(a).cmp(&key(b))
        });
        self.found
    }
}
