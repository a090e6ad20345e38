//! «Системы»: everything that we know of, each with how it stands, whose it is and what watches it; and how all of it
//! stood at a moment of the last day.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::Frame;
use super::graph;
use super::page::{Guest, Speech, Wanted, html, or_refusal, speak};
use crate::api::states::{UNWATCHED, WORDS, states, watched};
use crate::api::{ApiError, ApiState};
use crate::i18n::Zones;
use crate::model::{Language, Message, Time};
use crate::store::{SystemState, SystemStates};
use crate::topology::System;

const MINUTE: i64 = 60_000;
/// How far back one can look.
const DAY: i64 = 24 * 60 * MINUTE;
/// The slider's step.
const STEP: i64 = 5 * MINUTE;

#[derive(Template)]
#[template(path = "systems.html")]
struct SystemsPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    graph: String,
    systems: Vec<Row>,
    time: Slider,
}

/// The way through the last day.
struct Slider {
    /// Where one looks at another moment than now.
    is_past: bool,
    /// What is shown: now, or a moment, and what is known of it.
    says: String,
    /// `22:45`.
    clock: String,
    /// Where the earlier and later moments are.
    links: Vec<(String, String)>,
    /// How far the clock of the pages is ahead of UTC then, milliseconds.
    ahead: i64,
    /// The slider's right end, milliseconds of Unix; it ends there and begins a day before.
    until: i64,
    /// Its place, in steps.
    place: i64,
    steps: i64,
}

struct Row {
    key: String,
    name: String,
    address: String,
    /// The state's word, for the style.
    class: &'static str,
    state: String,
    owner: String,
    sources: String,
    needs: Vec<(String, String)>,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct SystemsQuery {
    at: Option<String>,
}

/// The address of a system's page.
pub(super) fn address(key: &str, s: &Speech<'_>) -> String {
    format!("{}/systems/{}", s.base, escaped(key))
}

/// A key as one part of an address.
fn escaped(key: &str) -> String {
    // The host is only there because an address needs one.
    let mut url = reqwest::Url::parse("http://vakhta").ok();
    if let Some(mut parts) = url.as_mut().and_then(|url| url.path_segments_mut().ok()) {
        parts.push(key);
    }
    url.map(|url| url.path().trim_start_matches('/').to_owned()).unwrap_or_default()
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<SystemsQuery>,
) -> Response {
    let page = page(&guest, language, &state, &query).await;
    or_refusal(page, &state, language, &guest)
}

async fn page(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    query: &SystemsQuery,
) -> Result<Response, ApiError> {
    let now = state.clock.now();
    let past = match query.at.as_deref().map(str::trim).filter(|at| !at.is_empty()) {
        None => None,
        Some(text) => {
            let at = moment(state.catalogue.zones(), text, now)?;
            Some((at, state.store.states(at).await?, state.store.states_since().await?))
        }
    };
    let (cases, sources) = (state.engine.cases(), state.sources());
    Ok(speak(state, language, |core, s| {
        let keys = s.topology.systems().iter().map(|system| system.key.as_str());
        let all = match &past {
            None => states(&cases, &sources, core.correlate(), keys),
            Some((_, known, _)) if known.is_on == Some(true) => known.systems.clone(),
            Some(_) => BTreeMap::new(),
        };
        let known = past.as_ref().map(|(at, known, since)| (*at, known, *since));
        let watched = if past.is_none() { watched(&sources) } else { BTreeMap::new() };
        let row = |system: &System| {
            let (class, word) = said(all.get(&system.key), &s);
            let (up, of) = watched.get(system.key.as_str()).copied().unwrap_or_default();
            let counted = Message::new("system-sources").number("up", f64::from(up));
            let counted = counted.number("all", f64::from(of));
            let needs = system.depends_on.iter().map(|key| (s.system(key), address(key, &s)));
            Row {
                key: system.key.clone(),
                name: system.name.get(language).to_owned(),
                address: address(&system.key, &s),
                class,
                state: word,
                owner: system.owner.get(language).to_owned(),
                sources: if of > 0 { s.say(&counted) } else { String::new() },
                needs: needs.collect(),
            }
        };
        let mut systems: Vec<Row> = s.topology.systems().iter().map(row).collect();
        systems.sort_by_key(|row| {
            (WORDS.iter().position(|word| *word == row.class), row.name.clone())
        });
        let looks = s.topology.systems().iter().map(|system| {
            let key = system.key.as_str();
            (key, (said(all.get(key), &s).0, short(all.get(key), &s)))
        });
        html(&SystemsPage {
            graph: graph::whole(&looks.collect(), &s),
            time: slider(known, &s),
            frame: Frame::new(state, guest, "systems", s.t("nav-systems"), s),
            systems,
            s,
        })
    }))
}

/// A state's class and its words.
pub(super) fn said(state: Option<&SystemState>, s: &Speech<'_>) -> (&'static str, String) {
    let Some(state) = state else { return (UNWATCHED, s.t("system-unrecorded")) };
    let class = WORDS.into_iter().find(|word| *word == state.word).unwrap_or(UNWATCHED);
    let word = match state.cases {
        0 => s.t(&format!("system-{class}")),
        cases => {
            let level = s.t(&format!("severity-full-{class}"));
            format!("{}, {level}", s.count("system-cases", cases))
        }
    };
    (class, word)
}

/// The same in a word, for a box of the graph; nothing of what is calm.
fn short(state: Option<&SystemState>, s: &Speech<'_>) -> String {
    match state.map(|state| state.word.as_str()) {
        Some(word @ ("critical" | "high" | "warning" | "info")) => s.t(&format!("level-{word}")),
        Some("blind") => s.t("severity-blind"),
        Some("still") => s.t("level-still"),
        _ => String::new(),
    }
}

/// A moment of the last day: «03:10», or RFC 3339.
fn moment(zones: &Zones, text: &str, now: Time) -> Result<Time, ApiError> {
    // A plus in an address reads as a blank.
    let full = || text.replace(' ', "+").parse::<jiff::Timestamp>().ok();
    let at = zones.last_at(text, now).or_else(|| Some(Time(full()?.as_millisecond())));
    let is_within = |at: &Time| at.0 <= now.0 && at.0 >= now.0 - DAY - STEP;
    at.filter(is_within).ok_or_else(|| {
        let detail = "`at` is a moment of the last 24 hours: 03:10, or RFC 3339";
        ApiError::new(StatusCode::BAD_REQUEST, detail).saying(Message::new("states-range"))
    })
}

fn slider(past: Option<(Time, &SystemStates, Option<Time>)>, s: &Speech<'_>) -> Slider {
    // The slider's end moves with its steps: a page that says the same is not sent again.
    let until = s.now.0.div_euclid(STEP) * STEP;
    let at = past.map_or(Time(until), |(at, _, _)| at);
    let to = |minutes: i64| Time(at.0 + minutes * MINUTE);
    let address = |at: Time| format!("{}/systems?at={at}", s.base);
    let steps = [(-60, "states-hour-back"), (-10, "states-back"), (10, "states-on")];
    let mut links: Vec<(String, String)> = steps
        .into_iter()
        .filter(|(minutes, _)| to(*minutes).0 <= until && to(*minutes).0 >= s.now.0 - DAY)
        .map(|(minutes, key)| (s.t(key), address(to(minutes))))
        .collect();
    if past.is_some() {
        links.push((s.t("states-now"), format!("{}/systems", s.base)));
    }
    let say = |key: &'static str, at: Time| s.say(&Message::new(key).word("at", s.clock(at)));
    let says = match past {
        None => s.t("states-are"),
        Some((at, known, _)) if known.is_on == Some(true) => say("states-were", at),
        Some((at, known, _)) if known.is_on == Some(false) => say("states-off", at),
        Some((_, _, Some(since))) => say("states-begin", since),
        Some((_, _, None)) => s.t("states-none"),
    };
    Slider {
        is_past: past.is_some(),
        says,
        clock: s.catalogue.zones().clock(at),
        links,
        until,
        ahead: s.catalogue.zones().ahead_ms(at),
        place: ((at.0 - until + DAY) / STEP).clamp(0, DAY / STEP),
        steps: DAY / STEP,
    }
}
