//! «Системы»: everything that we know of, each with how it stands, whose it is and what watches it.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use crate::api::ApiState;
use crate::model::Severity;

#[derive(Template)]
#[template(path = "systems.html")]
struct SystemsPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    systems: Vec<Row>,
}

struct Row {
    key: String,
    name: String,
    /// The state's word, for the style.
    class: &'static str,
    state: String,
    owner: String,
    sources: String,
    needs: String,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let mut worst: BTreeMap<String, (Severity, u32)> = BTreeMap::new();
    for case in state.engine.cases().iter().filter(|case| case.state.is_live() && !case.blind) {
        for key in &case.systems {
            let known = worst.entry(key.clone()).or_insert((Severity::Info, 0));
            *known = (known.0.max(case.severity), known.1 + 1);
        }
    }
    let mut watched: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for source in state.sources().iter().filter(|source| !source.offered) {
        let count = watched.entry(source.system.clone()).or_default();
        count.0 += u32::from(source.up);
        count.1 += 1;
    }
    speak(&state, language, |_, s| {
        let row = |system: &crate::topology::System| {
            let (up, all) = watched.get(&system.key).copied().unwrap_or_default();
            let (class, word) = match worst.get(&system.key) {
                Some((severity, count)) => (severity.as_str(), s.count("system-cases", *count)),
                None if all == 0 => ("unwatched", s.t("system-unwatched")),
                None if up == 0 => ("blind", s.t("system-blind")),
                None => ("calm", s.t("system-calm")),
            };
            let needs: Vec<String> = system.depends_on.iter().map(|key| s.system(key)).collect();
            let sources = crate::model::Message::new("system-sources");
            let sources = sources.number("up", f64::from(up)).number("all", f64::from(all));
            Row {
                key: system.key.clone(),
                name: system.name.get(language).to_owned(),
                class,
                state: word,
                owner: system.owner.get(language).to_owned(),
                sources: if all > 0 { s.say(&sources) } else { String::new() },
                needs: needs.join(", "),
            }
        };
        let mut systems: Vec<Row> = s.topology.systems().iter().map(row).collect();
        systems.sort_by_key(|row| {
            let order = ["critical", "high", "warning", "info", "blind", "calm", "unwatched"];
            (order.iter().position(|class| *class == row.class), row.name.clone())
        });
        html(&SystemsPage {
            frame: Frame::new(&state, &guest, "systems", s.t("nav-systems"), s),
            systems,
            s,
        })
    })
}
