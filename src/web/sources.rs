//! The sources and their health.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::page::{Guest, Speech, Wanted, html};
use crate::api::ApiState;

#[derive(Template)]
#[template(path = "sources.html")]
struct SourcesPage<'a> {
    s: Speech<'a>,
    title: String,
    guest: Option<&'a str>,
    here: &'static str,
    rows: Vec<Row>,
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
    let now = state.clock.now();
    state.engine.read(|core| {
        let topology = core.correlate().topology();
        let s = Speech { catalogue: &state.catalogue, topology, language, now };
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
            title: s.t("sources-title"),
            guest: Some(&guest.name),
            here: "sources",
            rows,
            s,
        })
    })
}
