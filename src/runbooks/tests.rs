//! Every rule has its section in both languages, with the same commands, and a page speaks one language.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use pulldown_cmark::CodeBlockKind;

use super::*;

const LANGUAGES: [Language; 2] = [Language::Ru, Language::En];

/// What a section holds besides its words.
#[derive(Debug, Default, PartialEq, Eq)]
struct Parts {
    /// Lines of code blocks that are no comments.
    commands: Vec<String>,
    /// Commands and names amid the text.
    codes: BTreeSet<String>,
    links: BTreeSet<String>,
    steps: usize,
    /// The parts of a section that are named.
    heads: usize,
}

fn parts(text: &str) -> BTreeMap<String, Parts> {
    let mut sections: BTreeMap<String, Parts> = BTreeMap::new();
    let mut section = Parts::default();
    let mut id = String::new();
    let mut is_block = false;
    for event in read(text) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id: next, .. }) => {
                sections.insert(std::mem::take(&mut id), std::mem::take(&mut section));
                id = next.expect("a section has its rule's id").to_string();
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                assert_eq!(kind, CodeBlockKind::Fenced("sh".into()), "{id}");
                is_block = true;
            }
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Text(lines) if is_block => {
                let is_command = |line: &&str| !line.starts_with('#') && !line.is_empty();
                section.commands.extend(lines.lines().filter(is_command).map(str::to_owned));
            }
            Event::Code(code) => {
                section.codes.insert(code.to_string());
            }
            Event::Start(Tag::Link { dest_url, .. }) => {
                section.links.insert(dest_url.to_string());
            }
            Event::Start(Tag::Item) => section.steps += 1,
            Event::Start(Tag::Strong) => section.heads += 1,
            _ => {}
        }
    }
    sections.insert(id, section);
    sections
}

#[test]
fn both_languages_have_the_same_sections_commands_and_links() {
    for runbook in all() {
        let (ru, en) = (parts(runbook.text(Language::Ru)), parts(runbook.text(Language::En)));
        assert_eq!(
            ru.keys().collect::<Vec<_>>(),
            en.keys().collect::<Vec<_>>(),
            "{}",
            runbook.name
        );
        for (id, section) in ru {
            assert_eq!(section, en[&id], "{}: {id}", runbook.name);
            if id.is_empty() {
                continue;
            }
            assert_eq!(section.heads, 4, "{id} lacks a part");
            assert!(!section.commands.is_empty() && section.steps > 0, "{id}");
        }
        for section in &runbook.sections {
            assert!(!section.title.ru.is_empty() && !section.title.en.is_empty(), "{section:?}");
        }
    }
}

#[test]
fn links_between_runbooks_lead_to_sections() {
    for runbook in all() {
        for language in LANGUAGES {
            for (id, section) in parts(runbook.text(language)) {
                for link in section.links {
                    let (file, anchor) = link.split_once('#').unwrap();
                    let name = file.strip_suffix(".md").unwrap_or(runbook.name);
                    let page = find(name).unwrap_or_else(|| panic!("{id}: {link}"));
                    assert!(page.sections.iter().any(|s| s.id == anchor), "{id}: {link}");
                }
            }
        }
    }
}

/// What the repository links to: in packs, alerts, dashboards and documents.
fn linked() -> Vec<(String, String)> {
    let link = regex::Regex::new(r"runbooks/(?:en/)?([a-z]+)(?:\.md)?#([a-z0-9-]+)").unwrap();
    let mut folders = ["detectors/packs", "alerts", "dashboards", "docs"]
        .map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
        .to_vec();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = fs::read_to_string(&path) {
                found.extend(
                    link.captures_iter(&text).map(|link| (link[1].to_owned(), link[2].to_owned())),
                );
            }
        }
    }
    found
}

#[test]
fn every_rule_that_ships_has_its_section() {
    let linked = linked();
    let mut ours = BTreeSet::new();
    for pack in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("detectors/packs")).unwrap()
    {
        let pack = pack.unwrap().path();
        let name = pack.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in fs::read_to_string(&pack).unwrap().lines() {
            if let Some(rule) = line.strip_prefix("  - id: ") {
                assert!(linked.contains(&(name.clone(), rule.to_owned())), "{rule} has no runbook");
                ours.insert((name.clone(), rule.to_owned()));
            }
        }
    }
    assert!(ours.len() > 100, "{}", ours.len());
    for (name, anchor) in linked {
        let address = format!("docs/runbooks/{name}.md#{anchor}");
        assert!(path(&address).is_some(), "{address} is linked and not there");
    }
    for runbook in all() {
        for section in &runbook.sections {
            let place = (runbook.name.to_owned(), section.id.clone());
            assert!(ours.contains(&place), "{place:?} is of no rule");
        }
    }
}

/// The words of each paragraph, list item and heading, without code.
fn paragraphs(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut is_block = false;
    for event in read(text) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => is_block = true,
            Event::End(TagEnd::CodeBlock) => is_block = false,
            Event::Start(Tag::Paragraph | Tag::Heading { .. } | Tag::Item) => {
                found.push(String::new());
            }
            Event::Text(words) if !is_block => found.last_mut().unwrap().push_str(&words),
            _ => {}
        }
    }
    found
}

#[test]
fn a_page_speaks_one_language() {
    let is_russian = |c: &char| ('а'..='я').contains(c) || ('А'..='Я').contains(c) || *c == 'ё';
    let mut seen = 0;
    for runbook in all() {
        for paragraph in paragraphs(runbook.text(Language::Ru)) {
            let letters = paragraph.chars().filter(|c| c.is_alphabetic()).count();
            let russian = paragraph.chars().filter(is_russian).count();
            assert!(russian * 2 >= letters, "{}: {paragraph}", runbook.name);
            seen += 1;
        }
        let english = runbook.text(Language::En);
        let foreign = english.lines().find(|line| line.chars().any(|c| is_russian(&c)));
        assert_eq!(foreign, None, "{}", runbook.name);
    }
    assert!(seen > 500, "{seen}");
}

#[test]
fn only_what_is_served_has_an_address() {
    let served = path("docs/runbooks/postgres.md#pg-down");
    assert_eq!(served.as_deref(), Some("/runbooks/postgres#pg-down"));
    for nowhere in [
        "docs/runbooks/billing.md#slow",
        "docs/runbooks/postgres.md#pg-own",
        "docs/own.md#app-slow",
        "https://wiki.local/x#y",
        "",
    ] {
        assert_eq!(path(nowhere), None, "{nowhere}");
    }
    assert!(is_ours("docs/runbooks/billing.md#slow") && !is_ours("docs/own.md#app-slow"));
}
