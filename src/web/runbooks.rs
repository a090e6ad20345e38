//! The runbooks of `docs/runbooks/`, served as pages: at night nobody looks for a file in a repository.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html as markdown};

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::api::{ApiError, ApiState};
use crate::model::Language;

const RUNBOOKS: [(&str, &str); 5] = [
    ("elasticsearch", include_str!("../../docs/runbooks/elasticsearch.md")),
    ("engine", include_str!("../../docs/runbooks/engine.md")),
    ("host", include_str!("../../docs/runbooks/host.md")),
    ("otrs", include_str!("../../docs/runbooks/otrs.md")),
    ("postgres", include_str!("../../docs/runbooks/postgres.md")),
];

#[derive(Template)]
#[template(path = "runbook.html")]
struct RunbookPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    body: String,
    files: Vec<&'static str>,
}

/// Whether a runbook of that name is served.
pub(crate) fn is_there(name: &str) -> bool {
    RUNBOOKS.iter().any(|(known, _)| *known == name)
}

/// All runbooks.
pub(super) async fn index(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    page(&state, &guest, language, String::new(), RUNBOOKS.map(|(name, _)| name).to_vec())
}

fn page(
    state: &ApiState,
    guest: &Guest,
    language: Language,
    body: String,
    files: Vec<&'static str>,
) -> Response {
    speak(state, language, |_, s| {
        let frame = Frame::new(state, guest, "runbooks", s.t("runbooks-title"), s);
        html(&RunbookPage { frame, s, body, files })
    })
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(name): Path<String>,
) -> Response {
    let Some((_, text)) = RUNBOOKS.iter().find(|(known, _)| *known == name) else {
        return refusal(&state, language, Some(&guest), &ApiError::missing());
    };
    page(&state, &guest, language, rendered(text), Vec::new())
}

/// Markdown of our own as HTML. A heading's text is its anchor, as in the packs; links between the
/// files lead to their pages.
fn rendered(text: &str) -> String {
    let mut events: Vec<Event<'_>> = Vec::new();
    let mut heading: Option<usize> = None;
    for event in Parser::new_ext(text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) => {
                heading = Some(events.len());
                events.push(event);
            }
            Event::End(TagEnd::Heading(HeadingLevel::H2)) => {
                name_heading(&mut events, heading.take());
                events.push(event);
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
    // What is wider than the page is scrolled, by keyboard too.
    out.replace("<pre>", "<pre tabindex=\"0\">")
}

fn name_heading(events: &mut [Event<'_>], start: Option<usize>) {
    let Some((first, rest)) = start.and_then(|at| events.get_mut(at..)?.split_first_mut()) else {
        return;
    };
    let words = rest.iter().filter_map(|event| match event {
        Event::Text(text) | Event::Code(text) => Some(&**text),
        _ => None,
    });
    let name: String = words.collect();
    if let Event::Start(Tag::Heading { id, .. }) = first {
        *id = Some(name.trim().replace(' ', "-").into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heading_is_an_anchor_and_links_lead_to_pages() {
        let html = rendered("## pg-down\n\nsee [x](host.md#host-oom-kill) <b>\n");
        assert!(html.contains("<h2 id=\"pg-down\">"), "{html}");
        assert!(html.contains("href=\"host#host-oom-kill\""), "{html}");
        for (name, text) in RUNBOOKS {
            assert!(rendered(text).contains("<h2 id="), "{name}");
        }
    }
}
