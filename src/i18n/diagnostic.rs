//! An error of configuration as people read it: what is wrong, where, the line with a caret, what to do.

use std::fmt::Write;

use super::Catalogue;
use crate::config::{Diagnostic, Place};
use crate::model::{Language, Message};

impl Catalogue {
    /// An error with its place and its remedy, several lines.
    #[must_use]
    pub fn diagnostic(&self, error: &Diagnostic, language: Language) -> String {
        self.placed(&error.message, &error.place, language)
    }

    /// What a message says, where, and what to do about it when the catalogue knows it.
    #[must_use]
    pub fn placed(&self, message: &Message, place: &Place, language: Language) -> String {
        let label = |key| self.label(key, language);
        let mut text = format!("{} {}\n", label("cli-error"), self.words(message, language));
        pointed(&mut text, place);
        if let Some(help) = self.help(message, language) {
            let _infallible = writeln!(text, "  {} {help}", label("cli-help"));
        }
        text
    }
}

/// The place, and the line with a caret under what is meant.
fn pointed(text: &mut String, place: &Place) {
    let (name, source) = &*place.file;
    let Some(at) = place.line.checked_sub(1) else {
        let _infallible = writeln!(text, "  --> {name}");
        return;
    };
    let Place { line, column, .. } = *place;
    let source = source.lines().nth(at).unwrap_or_default();
    let blank = " ".repeat(line.to_string().len());
    let before = source.chars().take(column.saturating_sub(1));
    let indent: String = before.map(|letter| if letter == '\t' { '\t' } else { ' ' }).collect();
    let _infallible = write!(
        text,
        "{blank}--> {name}:{line}:{column}\n{blank} |\n{line} | {source}\n{blank} | {indent}^\n"
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Diagnostics, Reader, parse};

    #[test]
    fn a_caret_stands_under_what_is_wrong() {
        let mut errors = Diagnostics::default();
        let node = parse("a.yaml", "name: x\nwait: 10\n", &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        reader.duration("wait");
        let errors = errors.into_sorted();
        let check = |language, expected: &str| {
            assert_eq!(Catalogue::shared().diagnostic(&errors[0], language), expected);
        };
        check(
            Language::En,
            "error: expected a duration with its unit (ms, s, m, h, d), found 10\n --> a.yaml:2:7\n  |\n\
             2 | wait: 10\n  |       ^\n  help: write for example `wait: 30s`\n",
        );
        check(
            Language::Ru,
            "ошибка: нужна длительность с единицей (ms, s, m, h, d), а здесь 10\n --> a.yaml:2:7\n  |\n\
             2 | wait: 10\n  |       ^\n  что делать: например, напишите `wait: 30s`\n",
        );
    }
}
