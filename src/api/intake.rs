//! What others tell us: `POST /api/v1/alerts`, `/works`, `/releases`, `/calendar`.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::extract::Body;
use super::{ApiError, ApiState, Visitor};
use crate::fold::Event;
use crate::model::{
    CalendarEntry, ForeignAlert, Impact, Release, Role as CausalRole, Severity, Text, Time, Work,
};
use crate::store::Role;
use crate::text::role_of_alert;

/// The most entries in one request.
const LIMIT: usize = 1_000;
/// The longest text of one field, characters.
const TEXT_LIMIT: usize = 2_000;
/// A lasting alert without an end is over when it is not repeated for this long, as Alertmanager has it.
const EXPIRY_MS: i64 = 5 * 60_000;

/// An alert as Prometheus and Alertmanager write it.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AlertBody {
    /// `alertname` names the trouble, `severity` how bad it is, `system` the system of the topology, `instance`
    /// the thing in it. `role` (`cause`, `symptom`; without it the words of `alertname` say), `impact` and `mrf`
    /// are used when there.
    labels: BTreeMap<String, String>,
    /// `summary` is the line for people, `runbook_url` the page that says what to do.
    #[serde(default)]
    annotations: BTreeMap<String, String>,
    /// RFC 3339; absent: now.
    #[serde(default, rename = "startsAt")]
    starts_at: Option<String>,
    /// RFC 3339; in the past: it is over; in the future: it is over then, unless it is repeated.
    #[serde(default, rename = "endsAt")]
    ends_at: Option<String>,
    /// Where it can be read.
    #[serde(default, rename = "generatorURL")]
    generator_url: String,
}

/// What was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IntakeDone {
    /// Entries taken.
    taken: usize,
}

/// Alerts of other monitoring systems, in the form of Alertmanager's `POST /api/v2/alerts`: raised, repeated
/// and ended. They are signals like findings and tickets.
#[utoipa::path(
    post, path = "/api/v1/alerts", tag = "intake", request_body(content = Vec<AlertBody>),
    responses((status = 200, body = IntakeDone),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn alerts(
    visitor: Visitor,
    State(state): State<ApiState>,
    Body(alerts): Body<Vec<AlertBody>>,
) -> Result<Json<IntakeDone>, ApiError> {
    visitor.needs(Role::Duty)?;
    let now = state.clock.now();
    let source = visitor.0.name.clone();
    let events =
        each(alerts, |place, alert| foreign(&source, alert, now).map_err(|what| at(place, &what)))?;
    let events = events.into_iter().map(|alert| Event::Alert(Box::new(alert)));
    submit_all(&state, events.collect()).await
}

/// A planned work, as it comes.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WorkBody {
    /// Its identity; the same id again replaces it.
    id: String,
    /// What is done.
    #[serde(default)]
    title: String,
    /// Keys of the systems worked on.
    systems: Vec<String>,
    /// Only these instances; empty: all.
    #[serde(default)]
    objects: Vec<String>,
    /// RFC 3339.
    from: String,
    /// RFC 3339.
    until: String,
    /// Called off.
    #[serde(default)]
    cancelled: bool,
}

/// Planned works: what is seen at their systems while they last is held back, and counts again when they end.
#[utoipa::path(
    post, path = "/api/v1/works", tag = "intake", request_body(content = Vec<WorkBody>),
    responses((status = 200, body = IntakeDone),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn works(
    visitor: Visitor,
    State(state): State<ApiState>,
    Body(works): Body<Vec<WorkBody>>,
) -> Result<Json<IntakeDone>, ApiError> {
    visitor.needs(Role::Duty)?;
    let events = each(works, |place, work| {
        let (from, until) = window(&work.from, &work.until).map_err(|what| at(place, &what))?;
        let known = known_systems(&state, &work.systems).map_err(|what| at(place, &what))?;
        if known.is_empty() {
            return Err(at(place, "`systems` is empty"));
        }
        Ok(Event::Work(Box::new(Work {
            id: named(place, "id", &work.id)?,
            title: cut(&work.title),
            systems: known,
            objects: work.objects.iter().take(LIMIT).map(|object| cut(object)).collect(),
            from,
            until,
            cancelled: work.cancelled,
        })))
    })?;
    submit_all(&state, events).await
}

/// A release, as it comes.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ReleaseBody {
    /// Its identity; the same id again replaces it.
    id: String,
    /// The key of the system.
    system: String,
    /// The version.
    version: String,
    /// RFC 3339; absent: now.
    at: Option<String>,
}

/// Releases: a suspect when something starts right after one.
#[utoipa::path(
    post, path = "/api/v1/releases", tag = "intake", request_body(content = Vec<ReleaseBody>),
    responses((status = 200, body = IntakeDone),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn releases(
    visitor: Visitor,
    State(state): State<ApiState>,
    Body(releases): Body<Vec<ReleaseBody>>,
) -> Result<Json<IntakeDone>, ApiError> {
    visitor.needs(Role::Duty)?;
    let now = state.clock.now();
    let events = each(releases, |place, release| {
        let system = vec![release.system.clone()];
        let system = known_systems(&state, &system).map_err(|what| at(place, &what))?;
        let when = release.at.as_deref().map(moment).transpose();
        Ok(Event::Release(Box::new(Release {
            id: named(place, "id", &release.id)?,
            system: system.into_iter().next().unwrap_or_default(),
            version: named(place, "version", &release.version)?,
            at: when.map_err(|what| at(place, &what))?.unwrap_or(now),
        })))
    })?;
    submit_all(&state, events).await
}

/// A day that is not like others, as it comes.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CalendarBody {
    /// Its identity; the same id again replaces it.
    id: String,
    /// What it is.
    #[serde(default)]
    title: String,
    /// RFC 3339.
    from: String,
    /// RFC 3339.
    until: String,
    /// So many times as many tickets as usual are expected, 0.1…100.
    factor: f64,
}

/// The calendar: month end, a billing run, a holiday.
#[utoipa::path(
    post, path = "/api/v1/calendar", tag = "intake", request_body(content = Vec<CalendarBody>),
    responses((status = 200, body = IntakeDone),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn calendar(
    visitor: Visitor,
    State(state): State<ApiState>,
    Body(entries): Body<Vec<CalendarBody>>,
) -> Result<Json<IntakeDone>, ApiError> {
    visitor.needs(Role::Duty)?;
    let events = each(entries, |place, entry| {
        let (from, until) = window(&entry.from, &entry.until).map_err(|what| at(place, &what))?;
        if !(0.1..=100.0).contains(&entry.factor) {
            return Err(at(place, "`factor` is a number from 0.1 to 100"));
        }
        Ok(Event::Calendar(Box::new(CalendarEntry {
            id: named(place, "id", &entry.id)?,
            title: cut(&entry.title),
            from,
            until,
            factor: entry.factor,
        })))
    })?;
    submit_all(&state, events).await
}

fn foreign(source: &str, alert: &AlertBody, now: Time) -> Result<ForeignAlert, String> {
    let label = |name: &str| alert.labels.get(name).map(String::as_str).unwrap_or_default();
    let name = label("alertname");
    if name.is_empty() {
        return Err("the label `alertname` is missing".to_owned());
    }
    if alert.labels.len() > 64 {
        return Err("more than 64 labels".to_owned());
    }
    let starts = alert.starts_at.as_deref().map(moment).transpose()?.unwrap_or(now);
    let ends = alert.ends_at.as_deref().map(moment).transpose()?;
    // Go's zero time means «not known».
    let ends = ends.filter(|ends| ends.0 > 0);
    let summary = alert.annotations.get("summary").or_else(|| alert.annotations.get("description"));
    let title = cut(summary.map_or(name, String::as_str));
    let title = crate::text::mask(&title).text;
    Ok(ForeignAlert {
        source: source.to_owned(),
        fingerprint: fingerprint(&alert.labels),
        name: cut(name),
        system: cut(label("system")),
        object: cut(label("instance")),
        severity: severity(label("severity")),
        role: match label("role") {
            "cause" => CausalRole::Cause,
            "symptom" => CausalRole::Symptom,
            _ => role_of_alert(name),
        },
        spreads: label("spreads") != "no",
        impact: Impact::from_word(label("impact")),
        mrf: Some(cut(label("mrf"))).filter(|mrf| !mrf.is_empty()),
        title: Text::same(title),
        labels: alert.labels.iter().map(|(name, value)| (cut(name), cut(value))).collect(),
        url: cut(&alert.generator_url),
        runbook: alert.annotations.get("runbook_url").map(|url| cut(url)).unwrap_or_default(),
        since: starts.min(now),
        ended: ends.filter(|ends| *ends <= now),
        expires_at: Some(ends.filter(|ends| *ends > now).unwrap_or(now.plus_millis(EXPIRY_MS))),
    })
}

/// The words that rules of the field use.
fn severity(word: &str) -> Severity {
    match word.to_lowercase().as_str() {
        "critical" | "disaster" | "page" | "emergency" => Severity::Critical,
        "high" | "error" | "major" => Severity::High,
        "info" | "information" | "none" | "ok" => Severity::Info,
        _ => Severity::Warning,
    }
}

/// The identity of an alert: its labels.
fn fingerprint(labels: &BTreeMap<String, String>) -> String {
    let mut hash = Sha256::new();
    // Severity is how bad it is, not which it is.
    for (name, value) in labels.iter().filter(|(name, _)| *name != "severity") {
        hash.update(name.as_bytes());
        hash.update([0xff]);
        hash.update(value.as_bytes());
        hash.update([0xff]);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn each<T, R>(
    entries: Vec<T>,
    mut read: impl FnMut(usize, &T) -> Result<R, ApiError>,
) -> Result<Vec<R>, ApiError> {
    if entries.len() > LIMIT {
        let detail = format!("at most {LIMIT} entries in one request");
        return Err(ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    entries.iter().enumerate().map(|(place, entry)| read(place, entry)).collect()
}

fn at(place: usize, what: &str) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, format!("entry {place}: {what}"))
}

fn named(place: usize, what: &str, text: &str) -> Result<String, ApiError> {
    let text = cut(text.trim());
    if text.is_empty() { Err(at(place, &format!("`{what}` is empty"))) } else { Ok(text) }
}

fn cut(text: &str) -> String {
    text.chars().take(TEXT_LIMIT).collect()
}

fn moment(text: &str) -> Result<Time, String> {
    let wrong = || format!("«{}» is no moment like 2026-11-28T22:53:00+03:00", cut(text));
    Time::parse_rfc3339(text).ok_or_else(wrong)
}

fn window(from: &str, until: &str) -> Result<(Time, Time), String> {
    let (from, until) = (moment(from)?, moment(until)?);
    if from < until { Ok((from, until)) } else { Err("`until` is not after `from`".to_owned()) }
}

fn known_systems(state: &ApiState, systems: &[String]) -> Result<Vec<String>, String> {
    state.engine.read(|core| {
        let topology = core.correlate().topology();
        let unknown = systems.iter().find(|system| topology.get(system).is_none());
        match unknown {
            Some(system) => Err(format!("`{}` is no system of the topology", cut(system))),
            None => Ok(systems.to_vec()),
        }
    })
}

async fn submit_all(state: &ApiState, events: Vec<Event>) -> Result<Json<IntakeDone>, ApiError> {
    let taken = events.len();
    let submitted = events.into_iter().map(|event| state.engine.submit(event));
    for outcome in futures_util::future::join_all(submitted).await {
        outcome?;
    }
    Ok(Json(IntakeDone { taken }))
}
