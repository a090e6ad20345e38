//! The sources and their health.

use std::sync::PoisonError;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use crate::api::ApiState;
use crate::detect::shown;
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

struct Row {
    kind: String,
    instance: String,
    system: String,
    up: bool,
    offered: bool,
    polled: String,
    seconds: String,
    samples: usize,
    message: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let sources = state.sources();
    speak(&state, language, |_, s| {
        let rows = sources
            .iter()
            .map(|source| Row {
                kind: source.kind.clone(),
                instance: source.instance.clone(),
                system: s.system(&source.system),
                up: source.up,
                offered: source.offered,
                polled: source.polled_at.map_or_else(|| "—".to_owned(), |at| s.ago(at)),
                seconds: s.share(source.seconds),
                samples: source.samples,
                message: source
                    .message
                    .as_ref()
                    .map(|text| text.get(language).to_owned())
                    .unwrap_or_default(),
            })
            .collect();
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
    let whole =
        |number: u64| shown(f64::from(u32::try_from(number).unwrap_or(u32::MAX)), "", s.language);
    let mebi = |bytes: u64| {
        shown(
            f64::from(u32::try_from(bytes >> 10).unwrap_or(u32::MAX)) * 1024.0,
            "bytes",
            s.language,
        )
    };
    let message = Message::new("sources-held")
        .word("series", whole(stats.series))
        .word("most", whole(u64::try_from(limits.series).unwrap_or(u64::MAX)))
        .word("bytes", mebi(stats.bytes))
        .word("room", mebi(limits.bytes))
        .word("span", s.span(limits.retention.as_secs_f64()));
    s.say(&message)
}

/// What cannot be seen just now, by name.
pub(super) fn silent(state: &ApiState) -> Vec<String> {
    let sources = state.sources();
    let silent = sources.iter().filter(|source| !source.up && !source.offered);
    silent.map(|source| source.instance.clone()).collect()
}
