//! The sources and their health.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use crate::api::ApiState;
use crate::collect::SourceHealth;

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    rows: Vec<Row>,
}

/// One source.
pub(super) struct Row {
    pub(super) kind: String,
    pub(super) instance: String,
    pub(super) system: String,
    pub(super) up: bool,
    pub(super) offered: bool,
    pub(super) polled: String,
    pub(super) seconds: String,
    pub(super) samples: usize,
    pub(super) message: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let sources = state.sources();
    speak(&state, language, |_, s| {
        let rows = sources.iter().map(|source| row(source, &s)).collect();
        html(&SourcesPage {
            frame: Frame::new(&state, &guest, "sources", s.t("sources-title"), s),
            rows,
            s,
        })
    })
}

/// One source in words.
pub(super) fn row(source: &SourceHealth, s: &Speech<'_>) -> Row {
    let message = source.message.as_ref().map(|text| text.get(s.language).to_owned());
    Row {
        kind: source.kind.clone(),
        instance: source.instance.clone(),
        system: s.system(&source.system),
        up: source.up,
        offered: source.offered,
        polled: source.polled_at.map_or_else(|| "—".to_owned(), |at| s.ago(at)),
        seconds: s.share(source.seconds),
        samples: source.samples,
        message: message.unwrap_or_default(),
    }
}

/// What cannot be seen just now, by name.
pub(super) fn silent(state: &ApiState) -> Vec<String> {
    let sources = state.sources();
    let silent = sources.iter().filter(|source| !source.up && !source.offered);
    silent.map(|source| source.instance.clone()).collect()
}
