//! Prometheus's HTTP interface under `/prometheus`, over the samples in memory: so that Grafana and `promtool` read from
//! the engine itself. Shapes as in <https://prometheus.io/docs/prometheus/latest/querying/api/>.
//!
//! Bounded: a query may take some seconds, a few run at the same time, an answer holds so many points; a long range is
//! evaluated piece by piece, so that sources are not kept waiting for its sake.

mod answer;
mod parameters;
mod rules;

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use tokio::sync::Semaphore;

use super::{ApiError, ApiState, Visitor};
use crate::clock::Stopwatch;
use crate::model::Time;
use crate::series::SharedSeries;
use crate::series::query::ask::{self, Kind};
use crate::series::query::{Expr, Line};
use answer::{Failure, failure, success};
use parameters::Parameters;

/// Queries that run at the same time; others wait.
static RUNNING: Semaphore = Semaphore::const_new(2);
/// How long a query may wait for its turn, and run.
const LONGEST: Duration = Duration::from_secs(20);
/// The most moments of a range query, as in Prometheus.
const MOMENTS: i64 = 11_000;
/// Moments evaluated before the samples are let go for a moment.
const PIECE: i64 = 100;
/// The most points of one answer.
const POINTS: usize = 2_000_000;
/// The most series or names of one answer.
const NAMES: usize = 100_000;

pub(super) fn routes() -> Router<ApiState> {
    let base = "/prometheus/api/v1";
    let at = |path: &str| format!("{base}{path}");
    Router::new()
        // Clients look whether anybody is there.
        .route("/prometheus", get(nothing))
        .route("/prometheus/", get(nothing))
        .route(&at("/query"), get(instant).post(instant))
        .route(&at("/query_range"), get(range).post(range))
        .route(&at("/query_exemplars"), get(nothing).post(nothing))
        .route(&at("/series"), get(series).post(series))
        .route(&at("/labels"), get(labels).post(labels))
        .route(&at("/label/{name}/values"), get(values))
        .route(&at("/metadata"), get(metadata))
        .route(&at("/status/buildinfo"), get(build))
        .route(&at("/rules"), get(rules::rules))
        .route(&at("/alerts"), get(rules::alerts))
}

/// When a query must have ended.
struct Deadline {
    since: Stopwatch,
    limit: Duration,
}

impl Deadline {
    fn is_over(&self) -> bool {
        self.since.seconds() > self.limit.as_secs_f64()
    }
}

/// Runs a query off the threads that serve pages, in its turn and in its time.
async fn run<T: Send + 'static>(
    state: &ApiState,
    limit: Duration,
    query: impl FnOnce(&SharedSeries, Deadline) -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let deadline = Deadline { since: Stopwatch::start(), limit: limit.min(LONGEST) };
    let turn = tokio::time::timeout(limit.min(LONGEST), RUNNING.acquire()).await;
    let turn = turn.map_err(|_| Failure::timeout())?.map_err(|_| Failure::timeout())?;
    let series = Arc::clone(&state.series);
    // The turn goes with the work: who hangs up does not make room for another query beside it.
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        query(&series, deadline)
    });
    let done = done.await;
    done.map_err(|error| {
        tracing::error!(%error, "a query failed");
        Failure::internal()
    })?
}

async fn instant(visitor: Visitor, State(state): State<ApiState>, asked: Parameters) -> Response {
    let now = state.clock.now();
    answered(visitor, async {
        let text = asked.required("query")?;
        let at = asked.time("time")?.unwrap_or(now);
        let limit = asked.duration("timeout")?.unwrap_or(LONGEST);
        run(&state, limit, move |series, _| {
            let kind = ask::kind(&text)?;
            // The samples are let go before the answer is written.
            let held = || series.read().unwrap_or_else(PoisonError::into_inner);
            Ok(match kind {
                Kind::Text => answer::text(at, text.trim().trim_matches(['"', '\'', '`'])),
                Kind::Matrix => {
                    let lines = ask::raw(&held(), &text, at)?;
                    answer::matrix(&lines)
                }
                Kind::Scalar | Kind::Vector => {
                    let expr = Expr::parse(&text)?;
                    let values = expr.instant(&held(), at, None)?;
                    match (kind, values.first()) {
                        (Kind::Scalar, Some((_, value))) => answer::scalar(at, *value),
                        _ => answer::vector(at, &values),
                    }
                }
            })
        })
        .await
    })
    .await
}

async fn range(visitor: Visitor, State(state): State<ApiState>, asked: Parameters) -> Response {
    answered(visitor, async {
        let text = asked.required("query")?;
        let from = asked.required_time("start")?;
        let to = asked.required_time("end")?;
        let step = asked
            .duration("step")?
            .ok_or_else(|| Failure::bad("`step` is missing: seconds, or 15s"))?;
        let limit = asked.duration("timeout")?.unwrap_or(LONGEST);
        if to < from {
            return Err(Failure::bad("`end` is before `start`"));
        }
        let step = i64::try_from(step.as_millis()).unwrap_or(i64::MAX);
        if step == 0 {
            return Err(Failure::bad("`step` must be longer than 0"));
        }
        if (to.0 - from.0) / step >= MOMENTS {
            let message = format!("more than {MOMENTS} moments; choose a longer step");
            return Err(Failure::bad(message));
        }
        run(&state, limit, move |series, deadline| {
            let lines = pieces(series, &Expr::parse(&text)?, (from, to, step), deadline)?;
            Ok(answer::matrix(&lines))
        })
        .await
    })
    .await
}

/// A range, piece by piece: between two of them who brings samples has their turn.
fn pieces(
    series: &SharedSeries,
    expr: &Expr,
    (from, to, step): (Time, Time, i64),
    deadline: Deadline,
) -> Result<Vec<Line>, Failure> {
    let mut lines: std::collections::BTreeMap<_, Vec<(Time, f64)>> =
        std::collections::BTreeMap::new();
    let mut points = 0_usize;
    let mut at = from;
    let length = Duration::from_millis(u64::try_from(step).unwrap_or(u64::MAX));
    while at <= to {
        if deadline.is_over() {
            return Err(Failure::timeout());
        }
        let end = Time(at.0.saturating_add(step.saturating_mul(PIECE - 1)).min(to.0));
        let piece = {
            let series = series.read().unwrap_or_else(PoisonError::into_inner);
            expr.range(&series, at, end, length)?
        };
        for (labels, values) in piece {
            points += values.len();
            lines.entry(labels).or_default().extend(values);
        }
        if points > POINTS {
            let message =
                format!("more than {POINTS} points; narrow the query or choose a longer step");
            return Err(Failure::execution(message));
        }
        let next = at.0.saturating_add(step.saturating_mul(PIECE));
        if next <= at.0 {
            break;
        }
        at = Time(next);
    }
    Ok(lines.into_iter().collect())
}

/// The series that some selectors find, each once.
async fn found(
    state: &ApiState,
    asked: &Parameters,
) -> Result<Vec<crate::model::SeriesRef>, Failure> {
    let selectors = asked.all("match[]");
    let now = state.clock.now();
    let from = asked.time("start")?.unwrap_or(Time(i64::MIN / 2));
    let to = asked.time("end")?.unwrap_or(now);
    let limit = asked.count("limit")?.map_or(NAMES, |limit| limit.min(NAMES));
    run(state, LONGEST, move |series, _| {
        let series = series.read().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for text in &selectors {
            found.extend(ask::series(&series, text, from, to, limit)?);
        }
        found.sort_by(|a, b| a.labels().cmp(b.labels()));
        found.dedup();
        found.truncate(limit);
        Ok(found)
    })
    .await
}

async fn series(visitor: Visitor, State(state): State<ApiState>, asked: Parameters) -> Response {
    answered(visitor, async {
        if asked.all("match[]").is_empty() {
            return Err(Failure::bad("`match[]` is missing: at least one selector"));
        }
        let found = found(&state, &asked).await?;
        let one = |series: &crate::model::SeriesRef| answer::labels(series.labels());
        Ok(format!("[{}]", found.iter().map(one).collect::<Vec<_>>().join(",")))
    })
    .await
}

async fn labels(visitor: Visitor, State(state): State<ApiState>, asked: Parameters) -> Response {
    answered(visitor, async {
        let mut names: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
        if asked.all("match[]").is_empty() {
            let series = state.series.read().unwrap_or_else(PoisonError::into_inner);
            names.extend(series.label_names().map(str::to_owned));
        } else {
            for series in found(&state, &asked).await? {
                names.extend(series.labels().map(|(name, _)| name.to_owned()));
            }
        }
        Ok(answer::names(names.iter().take(NAMES)))
    })
    .await
}

async fn values(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(label): Path<String>,
    asked: Parameters,
) -> Response {
    answered(visitor, async {
        let mut values: std::collections::BTreeSet<String> = std::collections::BTreeSet::new();
        if asked.all("match[]").is_empty() {
            let series = state.series.read().unwrap_or_else(PoisonError::into_inner);
            values.extend(series.label_values(&label).map(str::to_owned));
        } else {
            for series in found(&state, &asked).await? {
                values.extend(series.get(&label).map(str::to_owned));
            }
        }
        Ok(answer::names(values.iter().take(NAMES)))
    })
    .await
}

/// What the engine's own metrics are; of others the kind is not kept.
async fn metadata(visitor: Visitor, State(state): State<ApiState>) -> Response {
    answered(visitor, async {
        let described = state.metrics.described().into_iter().map(|(name, kind, help)| {
            (name, serde_json::json!([{"type": kind, "help": help, "unit": ""}]))
        });
        Ok(serde_json::Value::Object(described.collect()).to_string())
    })
    .await
}

async fn build(visitor: Visitor) -> Response {
    answered(visitor, async {
        let version = env!("CARGO_PKG_VERSION");
        // Clients look at the version to see what they may ask: this is the one whose semantics we follow.
        let build = serde_json::json!({
            "version": "3.0.0", "revision": version, "branch": "vakhta", "buildUser": "", "buildDate": "",
            "goVersion": "", "application": "vakhta",
        });
        Ok(build.to_string())
    })
    .await
}

/// What there is none of.
async fn nothing(visitor: Visitor) -> Response {
    answered(visitor, async { Ok("[]".to_owned()) }).await
}

async fn answered(
    _visitor: Visitor,
    data: impl Future<Output = Result<String, Failure>>,
) -> Response {
    match data.await {
        Ok(data) => success(&data),
        Err(error) => failure(&error),
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        match error.status() {
            StatusCode::BAD_REQUEST => Self::bad("the parameters cannot be read"),
            _ => Self::internal(),
        }
    }
}
