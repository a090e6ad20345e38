//! «Правила»: what the engine looks for, what of it is on now, and where it is written what to do.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use crate::api::ApiState;
use crate::detect::Rule;
use crate::model::{SignalKind, Time};
use crate::runbooks;

#[derive(Template)]
#[template(path = "rules.html")]
struct RulesPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    packs: Vec<(String, Vec<Row>)>,
}

struct Row {
    id: String,
    title: String,
    /// How many findings are on.
    on: u32,
    /// When it was on last, as far as the engine remembers.
    last: String,
    runbook: String,
    /// Where its limits can be tried; empty for those who may not.
    trial: String,
    /// What the site has made of it; empty for nothing.
    adjusted: String,
}

/// What the engine remembers of a rule: findings that are on, and when the latest began.
#[derive(Default)]
struct Seen {
    on: u32,
    latest: Option<Time>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    let rules = state.rules.read();
    speak(&state, language, |core, s| {
        let mut seen: BTreeMap<&str, Seen> = BTreeMap::new();
        for (_, signal) in core.correlate().signals() {
            if signal.kind == SignalKind::Finding {
                let rule = seen.entry(signal.symptom.as_str()).or_default();
                rule.on += u32::from(signal.is_active());
                rule.latest = rule.latest.max(Some(signal.since));
            }
        }
        let mut packs: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for rule in rules.rules() {
            let row = row(rule, seen.get(rule.id.as_str()), guest.may_manage(), &s);
            packs.entry(rule.pack.clone()).or_default().push(row);
        }
        for rule in rules.switched_off() {
            let row = Row { adjusted: s.t("rule-off"), ..row(rule, None, false, &s) };
            packs.entry(rule.pack.clone()).or_default().push(row);
        }
        html(&RulesPage {
            frame: Frame::new(&state, &guest, "rules", s.t("nav-rules"), s),
            packs: packs.into_iter().collect(),
            s,
        })
    })
}

fn row(rule: &Rule, seen: Option<&Seen>, may_try: bool, s: &Speech<'_>) -> Row {
    let trial = format!("/review/rule/{}/{}", rule.pack, rule.id);
    let latest = seen.and_then(|seen| seen.latest);
    Row {
        id: rule.id.clone(),
        title: rule.title_in_general().get(s.language).to_owned(),
        on: seen.map_or(0, |seen| seen.on),
        last: latest.map_or_else(|| "—".to_owned(), |at| s.clock(at)),
        runbook: runbooks::link(&rule.runbook, s.base).unwrap_or_default(),
        trial: if may_try { trial } else { String::new() },
        adjusted: if rule.is_adjusted { s.t("rule-adjusted") } else { String::new() },
    }
}
