//! What the shift does about the findings of each rule: the texts of `docs/runbooks/`, Russian there and English in `en/`.
//!
//! A section is a heading with the rule's id as its anchor, `## What one sees {#pg-down}`. Both languages have the same
//! sections with the same commands; the tests here look. They are part of the program, so that links never lead astray.

use std::sync::LazyLock;

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::model::{Language, Text};

/// Where rules say that their runbook is.
const FOLDER: &str = "docs/runbooks/";

/// One page: a subject.
#[derive(Debug)]
pub struct Runbook {
    /// Its name in addresses.
    pub name: &'static str,
    /// What comes in it, in its order.
    pub sections: Vec<Section>,
    ru: &'static str,
    en: &'static str,
}

/// What to do about one rule's findings.
#[derive(Debug, PartialEq, Eq)]
pub struct Section {
    /// The rule's id.
    pub id: String,
    /// What one sees.
    pub title: Text,
}

macro_rules! runbook {
    ($name:literal) => {
        Runbook::new(
            $name,
            include_str!(concat!("../docs/runbooks/", $name, ".md")),
            include_str!(concat!("../docs/runbooks/en/", $name, ".md")),
        )
    };
}

static RUNBOOKS: LazyLock<[Runbook; 5]> = LazyLock::new(|| {
    [
        runbook!("postgres"),
        runbook!("elasticsearch"),
        runbook!("host"),
        runbook!("otrs"),
        runbook!("engine"),
    ]
});

/// All runbooks.
#[must_use]
pub fn all() -> &'static [Runbook] {
    &*RUNBOOKS
}

/// The runbook of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Runbook> {
    all().iter().find(|runbook| runbook.name == name)
}

/// Whether a rule's runbook lies where ours lie; one that does is ours to serve.
#[must_use]
pub fn is_ours(runbook: &str) -> bool {
    runbook.starts_with(FOLDER)
}

/// Where a rule's runbook is served: `docs/runbooks/host.md#x` is `/runbooks/host#x`. What is not served (an operator's
/// own file, a section that is not there) has no address, so nobody is led astray.
#[must_use]
pub fn path(runbook: &str) -> Option<String> {
    let (file, anchor) = runbook.split_once('#')?;
    let found = find(file.strip_prefix(FOLDER)?.strip_suffix(".md")?)?;
    let is_there = found.sections.iter().any(|section| section.id == anchor);
    is_there.then(|| format!("/runbooks/{}#{anchor}", found.name))
}

/// Where people read a runbook: our own pages under `base`, or an address elsewhere as other monitoring and rules of
/// one's own give it. Nothing but `http` and `https` becomes a link.
#[must_use]
pub fn link(runbook: &str, base: &str) -> Option<String> {
    path(runbook).map(|path| format!("{base}{path}")).or_else(|| elsewhere(runbook))
}

/// An address that may be a link.
#[must_use]
pub fn elsewhere(address: &str) -> Option<String> {
    let url = reqwest::Url::parse(address).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then(|| url.to_string())
}

impl Runbook {
    fn new(name: &'static str, ru: &'static str, en: &'static str) -> Self {
        let english = headings(en);
        let titled = |(id, title): (String, String)| {
            let other = english.iter().find(|(known, _)| *known == id);
            let en = other.map(|(_, title)| title.clone()).unwrap_or_default();
            Section { id, title: Text::new(title, en) }
        };
        Self { name, sections: headings(ru).into_iter().map(titled).collect(), ru, en }
    }

    /// The page in one language, as Markdown.
    #[must_use]
    pub fn text(&self, language: Language) -> &'static str {
        match language {
            Language::Ru => self.ru,
            Language::En => self.en,
        }
    }
}

/// Reads a runbook; the same everywhere, so that an anchor is an anchor.
#[must_use]
pub fn read(text: &str) -> Parser<'_> {
    Parser::new_ext(text, Options::ENABLE_HEADING_ATTRIBUTES)
}

/// The sections' anchors and titles.
fn headings(text: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut is_inside = false;
    for event in read(text) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, .. }) => {
                found.push((id.map(String::from).unwrap_or_default(), String::new()));
                is_inside = true;
            }
            Event::End(TagEnd::Heading(_)) => is_inside = false,
            Event::Text(words) | Event::Code(words) if is_inside => {
                if let Some((_, title)) = found.last_mut() {
                    title.push_str(&words);
                }
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests;
