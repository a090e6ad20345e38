//! The sources and their health.

use std::sync::PoisonError;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use crate::api::ApiState;
use crate::collect::SourceHealth;
use crate::detect::shown_bytes;
use crate::i18n;
use crate::model::Message;

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    rows: Vec<Row>,
    /// What the samples take of what they may.
    held: String,
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
            held: held(&state, s),
            s,
        })
    })
}

/// What the samples in memory take of what they may: «рядов 12 345 из 1 000 000, …».
fn held(state: &ApiState, s: Speech<'_>) -> String {
    let store = state.series.read().unwrap_or_else(PoisonError::into_inner);
    let (stats, limits) = (store.stats(), store.limits());
    drop(store);
    let whole = |number: u64| i18n::grouped(number, s.language);
    let message = Message::new("sources-held")
        .word("series", whole(stats.series))
        .word("most", whole(u64::try_from(limits.series).unwrap_or(u64::MAX)))
        .word("bytes", shown_bytes(stats.bytes, s.language))
        .word("room", shown_bytes(limits.bytes, s.language))
        .word("span", s.span(limits.retention.as_secs_f64()));
    s.say(&message)
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
