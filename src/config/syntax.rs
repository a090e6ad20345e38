//! What is wrong with the YAML, in our own words: the parser's are for programmers.

use serde_saphyr::Error;

use crate::model::Message;

/// What to say of an error of the parser, given the text up to the end of its line.
pub(super) fn message(error: &Error, before: &str) -> Message {
    match error.without_snippet() {
        Error::AliasError { error, .. } => message(error, before),
        Error::DuplicateMappingKey { key, .. } => {
            Message::new("check-yaml-duplicate").word("key", key.clone().unwrap_or_default())
        }
        Error::UnknownAnchor { .. } => Message::new("check-yaml-anchor"),
        Error::MultipleDocuments { .. } => Message::new("check-yaml-documents"),
        Error::ContainerEndMismatch { .. } => Message::new("check-yaml-bracket"),
        Error::UnsupportedTag { .. } | Error::TaggedScalarCannotDeserializeIntoString { .. } => {
            Message::new("check-yaml-tag")
        }
        Error::NullIntoString { .. }
        | Error::Unexpected { .. }
        | Error::SerdeInvalidType { .. } => Message::new("check-yaml-key"),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::Budget { .. } => Message::new("check-yaml-budget"),
        other => Message::new(by_words(&other.to_string(), before)),
    }
}

/// The scanner's errors have no kinds, only words.
fn by_words(words: &str, before: &str) -> &'static str {
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if says(&["tab"]) || before.lines().next_back().is_some_and(is_tabbed) {
        "check-yaml-tab"
    } else if says(&["escape"]) {
        "check-yaml-escape"
    } else if says(&["unknown anchor"]) {
        "check-yaml-anchor"
    } else if says(&["quoted scalar", "quote"]) {
        "check-yaml-quote"
    } else if says(&["flow", "bracket", "',' or"]) {
        "check-yaml-bracket"
    } else if says(&["mapping values", "simple key", "':'"]) {
        // A bracket that was never closed swallows the lines below it.
        if is_open(before, '[', ']') || is_open(before, '{', '}') {
            "check-yaml-bracket"
        } else {
            "check-yaml-colon"
        }
    } else if says(&[
        "cannot start",
        "reserved",
        "directive",
        "anchor or alias",
        "unexpected character",
    ]) {
        "check-yaml-character"
    } else if says(&["indent", "block", "expected '-'"]) {
        "check-yaml-indent"
    } else if says(&["tag"]) {
        "check-yaml-tag"
    } else {
        "check-yaml"
    }
}

/// A line whose indentation holds a tab.
pub(super) fn is_tabbed(line: &str) -> bool {
    line.chars().take_while(|letter| letter.is_whitespace()).any(|letter| letter == '\t')
}

fn is_open(text: &str, opening: char, closing: char) -> bool {
    text.matches(opening).count() > text.matches(closing).count()
}
