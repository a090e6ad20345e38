//! How the terminal is spoken to: in which language, and whether to people or to programs. Decided once, from the
//! command line as it was typed and from the environment, before anything is parsed: `--help` obeys it too.

use std::ffi::OsString;

use super::{Failure, Format, Said};
use crate::i18n::{Catalogue, Told};
use crate::model::{Language, Message};
use crate::store::StoreError;

/// Language and form of what is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// How to print what a machine may read.
    pub format: Format,
    /// The language of people.
    pub language: Language,
    /// The language of texts inside JSON: English unless another one was asked for by name, since who reads it may
    /// compare words.
    pub machine: Language,
}

impl Terminal {
    /// Decides by what was asked for, else by the environment.
    #[must_use]
    pub fn new(format: Format, asked: Option<Language>) -> Self {
        let language = asked.unwrap_or_else(|| of_environment(|name| std::env::var(name).ok()));
        Self { format, language, machine: asked.unwrap_or(Language::En) }
    }

    /// Decides before the command line is parsed. What is wrong with it is said when it is.
    #[must_use]
    pub fn of_arguments(arguments: &[OsString]) -> Self {
        Self::new(Format::Text, asked(arguments))
    }

    /// The same for a command that has nothing for programs.
    #[must_use]
    pub fn for_people(self) -> Self {
        Self { format: Format::Text, ..self }
    }

    /// A message in the language of people.
    #[must_use]
    pub fn say(&self, message: &Message) -> String {
        Catalogue::shared().words(message, self.language)
    }

    /// A message without arguments.
    #[must_use]
    pub fn label(&self, key: &'static str) -> String {
        Catalogue::shared().label(key, self.language)
    }

    /// What to print to standard error when a command failed.
    #[must_use]
    pub fn failure(&self, failure: &Failure) -> String {
        let words = match &failure.said {
            Said::Whole(text) => return text.clone(),
            Said::Message(message) => self.say(message),
            Said::Error(error) => self.error(error),
        };
        format!("vakhta: {words}\n")
    }

    /// An error's words: ours are translated, those of libraries stand as they are.
    fn error(&self, error: &anyhow::Error) -> String {
        if let Some(Told(message)) = error.downcast_ref() {
            return self.say(message);
        }
        match error.downcast_ref::<StoreError>() {
            Some(error) => self.say(&error.message()),
            None => format!("{error:#}"),
        }
    }
}

/// `--language ru`, `--language=ru`, and `--lang` as it used to be for `explain`.
fn asked(arguments: &[OsString]) -> Option<Language> {
    let mut words =
        arguments.iter().filter_map(|word| word.to_str()).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        for name in ["--language", "--lang"] {
            let value = match word.strip_prefix(name) {
                Some("") => words.next(),
                Some(rest) => rest.strip_prefix('='),
                None => continue,
            };
            if let Some(language) = value.and_then(language) {
                return Some(language);
            }
        }
    }
    None
}

/// A language by its word.
pub(super) fn language(word: &str) -> Option<Language> {
    match word {
        "ru" => Some(Language::Ru),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// As POSIX has it: the first that is set decides. English when none is, or when it is another language.
fn of_environment(variable: impl Fn(&str) -> Option<String>) -> Language {
    let names = ["LC_ALL", "LC_MESSAGES", "LANG"];
    let set = names.into_iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    match set {
        Some(value) if value.starts_with("ru") => Language::Ru,
        _ => Language::En,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let check = |set: &[(&str, &str)], expected: Language| {
            let found = of_environment(|name| {
                set.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            });
            assert_eq!(found, expected, "{set:?}");
        };
        check(&[], Language::En);
        check(&[("LANG", "ru_RU.UTF-8")], Language::Ru);
        check(&[("LANG", "de_DE.UTF-8")], Language::En);
        check(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "C.UTF-8")], Language::En);
        check(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "ru_RU.UTF-8")], Language::Ru);
        check(&[("LANG", "ru_RU.UTF-8"), ("LC_ALL", "")], Language::Ru);
    }

    #[test]
    fn what_was_typed_is_found_before_it_is_parsed() {
        let check = |line: &str, expected: Option<Language>| {
            let words: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(asked(&words), expected, "{line}");
        };
        check("vakhta check --language ru", Some(Language::Ru));
        check("vakhta --language=en check", Some(Language::En));
        check("vakhta explain PRB-000001 --lang ru", Some(Language::Ru));
        check("vakhta check --language", None);
        check("vakhta check --language de", None);
        check("vakhta check -- --language ru", None);
        check("vakhta check --languages ru", None);
    }
}
