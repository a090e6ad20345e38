//! Cutting texts to what the ticket system takes. Beyond a limit it fails half-way (status 500,
//! nothing rolled back), so everything is cut before it is sent, at character boundaries. And the case's mark
//! at the end of the titles of our own tickets.

use crate::model::CaseId;

/// Characters of a ticket's title; a longer one is cut silently there.
pub const TITLE_LIMIT: usize = 255;

/// Characters of a subject or a dynamic text field.
pub const FIELD_LIMIT: usize = 3800;

/// Cuts a text to `limit` characters, the last one being `…`; control characters, on which the
/// peer's database cuts or fails, become spaces.
#[must_use]
pub fn cut(text: &str, limit: usize) -> String {
    let clean = text.chars().map(|letter| if is_bad(letter) { ' ' } else { letter });
    if text.chars().count() <= limit {
        return clean.collect();
    }
    let mut short: String = clean.take(limit.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// Cuts a text that ends in a mark so that the mark stays; adds the mark when it is missing.
#[must_use]
pub fn cut_keeping_end(text: &str, mark: &str, limit: usize) -> String {
    let text = text.trim_end();
    let head = text.strip_suffix(mark).unwrap_or(text).trim_end();
    let room = limit.saturating_sub(mark.chars().count() + 1);
    format!("{} {mark}", cut(head, room))
}

/// A case's mark in titles. The brackets keep `PRB-1` from matching `PRB-12`.
#[must_use]
pub fn title_mark(case: CaseId) -> String {
    format!("[{case}]")
}

/// The case whose mark a title ends in.
#[must_use]
pub fn marked_case(title: &str) -> Option<CaseId> {
    let (_, mark) = title.trim_end().strip_suffix(']')?.rsplit_once('[')?;
    mark.parse().ok()
}

fn is_bad(letter: char) -> bool {
    letter.is_control() && !matches!(letter, '\n' | '\r' | '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::CaseKind;
    use proptest::prelude::*;

    #[test]
    fn a_title_ends_in_the_mark_of_its_case_whatever_its_kind() {
        for kind in CaseKind::ALL {
            let case = CaseId { kind, number: 12 };
            let title = cut_keeping_end(&"Нет входа ".repeat(40), &title_mark(case), TITLE_LIMIT);
            assert_eq!(marked_case(&title), Some(case), "{title}");
            assert_eq!(marked_case(&format!("Про {} ещё раз", title_mark(case))), None);
        }
        for title in
            ["", "]", "[]", "Нет входа [PRB-]", "Нет входа [PRB-1x]", "Нет входа [P-000001]"]
        {
            assert_eq!(marked_case(title), None, "{title}");
        }
    }

    #[test]
    fn texts_are_cut_at_characters() {
        assert_eq!(cut("привет", 6), "привет");
        assert_eq!(cut("привет", 4), "при…");
        assert_eq!(cut("a\0b\nc", 9), "a b\nc");
        assert_eq!(cut_keeping_end("Нет входа [P-1]", "[P-1]", 99), "Нет входа [P-1]");
        assert_eq!(cut_keeping_end("Нет входа", "[P-1]", 99), "Нет входа [P-1]");
        assert_eq!(cut_keeping_end("Нет входа [P-1]", "[P-1]", 10), "Нет… [P-1]");
    }

    proptest! {
        #[test]
        fn the_mark_always_survives(text in ".{0,400}") {
            let short = cut_keeping_end(&text, "[PRB-000001]", TITLE_LIMIT);
            prop_assert!(short.chars().count() <= TITLE_LIMIT);
            prop_assert!(short.ends_with("[PRB-000001]"));
        }
    }
}
