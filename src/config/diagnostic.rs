//! Errors with a place: file, line, column, the line itself with a caret, and what to do.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

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
    /// A path as the file that names it means it: relative to its own folder.
    #[must_use]
    pub fn beside(&self, path: &str) -> PathBuf {
        let folder = Path::new(&self.file.0).parent().unwrap_or(Path::new(""));
        folder.join(path)
    }
}

/// One error: where, what, and what to do about it.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// Where.
    pub place: Place,
    /// What is wrong, lowercase, without a full stop.
    pub message: String,
    /// What to do.
    pub help: String,
}

/// The form of a diagnostic for programs (`check --format json`).
#[derive(Serialize)]
struct DiagnosticJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

impl Serialize for Diagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        DiagnosticJson {
            file: &self.place.file.0,
            line: self.place.line,
            column: self.place.column,
            message: &self.message,
            help: &self.help,
        }
        .serialize(serializer)
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = &*self.place.file;
        if self.place.line == 0 {
            writeln!(formatter, "error: {}\n  --> {name}", self.message)?;
        } else {
            let Place { line, column, .. } = self.place;
            let source = text.lines().nth(line - 1).unwrap_or_default();
            let gutter = line.to_string();
            let blank = " ".repeat(gutter.len());
            let indent: String = source
                .chars()
                .take(column - 1)
                .map(|letter| if letter == '\t' { '\t' } else { ' ' })
                .collect();
            writeln!(formatter, "error: {}", self.message)?;
            writeln!(formatter, "{blank}--> {name}:{line}:{column}")?;
            writeln!(formatter, "{blank} |")?;
            writeln!(formatter, "{gutter} | {source}")?;
            writeln!(formatter, "{blank} | {indent}^")?;
        }
        if !self.help.is_empty() {
            writeln!(formatter, "  help: {}", self.help)?;
        }
        Ok(())
    }
}

/// Collects errors instead of stopping at the first.
#[derive(Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Notes an error.
    pub fn error(&mut self, place: &Place, message: impl Into<String>, help: impl Into<String>) {
        let message = message.into();
        // A key that two parts of a section read is wrong once.
        if self.found.iter().any(|known| known.place == *place && known.message == message) {
            return;
        }
        self.found.push(Diagnostic { place: place.clone(), message, help: help.into() });
    }

    /// True while nothing is wrong.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// All errors, in order of file and place.
    #[must_use]
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by(|a, b| {
            let key = |d: &Diagnostic| (d.place.file.0.clone(), d.place.line, d.place.column);
            key(a).cmp(&key(b))
        });
        self.found
    }
}
