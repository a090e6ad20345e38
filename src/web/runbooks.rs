//! The runbooks as pages: at night nobody looks for a file in a repository. A page speaks the visitor's language, begins
//! with what is on it, and each command can be copied.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Tag, TagEnd, html as markdown};

use super::chart::escape;
use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::api::{ApiError, ApiState};
use crate::runbooks::{self, Runbook};

#[derive(Template)]
#[template(path = "runbooks.html")]
struct IndexPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    runbooks: &'static [Runbook],
}

#[derive(Template)]
#[template(path = "runbook.html")]
struct RunbookPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    runbook: &'static Runbook,
    intro: &'a str,
    body: &'a str,
}

/// All runbooks with what is in them.
pub(super) async fn index(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    speak(&state, language, |_, s| {
        let frame = Frame::new(&state, &guest, "runbooks", s.t("runbooks-title"), s);
        html(&IndexPage { frame, s, runbooks: runbooks::all() })
    })
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(name): Path<String>,
) -> Response {
    let Some(runbook) = runbooks::find(&name) else {
        return refusal(&state, language, Some(&guest), &ApiError::missing());
    };
    speak(&state, language, |_, s| {
        let title = s.t(&format!("runbook-{name}"));
        let frame = Frame::new(&state, &guest, "runbooks", title, s);
        let page = rendered(runbook.text(language), &s.t("copy"));
        // What is on the page stands after the words that are about all of it.
        let (intro, body) = page.split_at(page.find("<h2 ").unwrap_or(page.len()));
        html(&RunbookPage { frame, s, runbook, intro, body })
    })
}

/// Markdown of our own as HTML: a heading shows its rule's id, commands have a button, links between the files lead to
/// their pages.
fn rendered(text: &str, copy: &str) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let (mut rule, mut block) = (None, None);
    let mut steps = 0;
    for event in runbooks::read(text) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, id, classes, attrs }) => {
                rule.clone_from(&id);
                let level = HeadingLevel::H2;
                events.push(Event::Start(Tag::Heading { level, id, classes, attrs }));
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                if let Some(id) = rule.take() {
                    let shown = format!(" <small class=\"id\">{}</small>", escape(&id));
                    events.push(Event::InlineHtml(shown.into()));
                }
                events.push(event);
            }
            Event::Start(Tag::CodeBlock(_)) => block = Some(String::new()),
            Event::End(TagEnd::CodeBlock) => {
                let lines = commands(&block.take().unwrap_or_default(), copy);
                events.push(Event::Html(lines.into()));
            }
            Event::Text(lines) if block.is_some() => {
                if let Some(block) = &mut block {
                    block.push_str(&lines);
                }
            }
            Event::Start(Tag::Item) => {
                steps += 1;
                events.push(event);
            }
            Event::End(TagEnd::Item) => {
                steps -= 1;
                events.push(event);
            }
            Event::Code(ref code) if steps > 0 && code.contains(' ') => {
                let button = button(code, copy);
                events.push(event);
                events.push(Event::InlineHtml(button.into()));
            }
            Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                let dest_url = CowStr::from(dest_url.replacen(".md#", "#", 1));
                events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
            }
            other => events.push(other),
        }
    }
    let mut out = String::new();
    markdown::push_html(&mut out, events.into_iter());
    out
}

fn button(command: &str, copy: &str) -> String {
    format!(
        " <button type=\"button\" class=\"small scripted-only\" data-copy=\"{}\">{}</button>",
        escape(command),
        escape(copy)
    )
}

/// A block of commands, each of which is copied alone: at night one is run after the other.
fn commands(block: &str, copy: &str) -> String {
    let line = |line: &str| {
        let button = if line.starts_with('#') { String::new() } else { button(line, copy) };
        format!("<li><code>{}</code>{button}</li>", escape(line))
    };
    let lines: String = block.lines().filter(|line| !line.is_empty()).map(line).collect();
    format!("<ul class=\"plain commands\">{lines}</ul>\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Language;

    #[test]
    fn headings_show_their_rule_and_links_lead_to_pages() {
        let html = rendered("## The base is down {#pg-down}\n\nsee [x](host.md#host-x)\n", "Copy");
        let heading =
            "<h2 id=\"pg-down\">The base is down <small class=\"id\">pg-down</small></h2>";
        assert!(html.contains(heading), "{html}");
        assert!(html.contains("href=\"host#host-x\""), "{html}");
    }

    #[test]
    fn each_command_can_be_copied() {
        let text = "```sh\ndf -h\n# on the standby\nps \"<x>\"\n```\n\n1. Then `kill -CONT PID` a `PID`.\n\nNot `here it is`.\n";
        let html = rendered(text, "Copy");
        for there in ["data-copy=\"df -h\"", "<li><code># on the standby</code></li>"] {
            assert!(html.contains(there), "{there}: {html}");
        }
        assert!(html.contains("data-copy=\"ps &quot;&lt;x&gt;&quot;\""), "{html}");
        assert!(html.contains("data-copy=\"kill -CONT PID\""), "{html}");
        assert_eq!(html.matches("data-copy").count(), 3, "{html}");
    }

    #[test]
    fn every_section_is_on_its_page() {
        for runbook in runbooks::all() {
            for language in [Language::Ru, Language::En] {
                let html = rendered(runbook.text(language), "Copy");
                for section in &runbook.sections {
                    let anchor = format!("<h2 id=\"{}\">", section.id);
                    assert!(html.contains(&anchor), "{}: {anchor}", runbook.name);
                }
            }
        }
    }
}
