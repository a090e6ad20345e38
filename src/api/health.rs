//! What machines ask for: metrics, are you alive, are you ready.

use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::ApiState;
use crate::model::{ProblemState, Severity};

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

async fn metrics(State(state): State<ApiState>) -> impl IntoResponse {
    let problems = state.core.problems();
    state.metrics.problems.reset();
    for life in [ProblemState::Open, ProblemState::Acknowledged, ProblemState::Resolved] {
        for severity in Severity::ALL {
            let count = problems.iter().filter(|p| p.state == life && p.severity == severity);
            let count = u32::try_from(count.count()).unwrap_or(u32::MAX);
            let labels = [super::shapes::state_word(life), severity.word()];
            state.metrics.problems.with_label_values(&labels).set(f64::from(count));
        }
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, state.metrics.render())
}

/// Ready means: the store answers, and what comes in can be committed.
async fn ready(State(state): State<ApiState>) -> impl IntoResponse {
    if state.core.is_stuck.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing can be committed to the store\n");
    }
    match state.store.note("ready").await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

/// Counts requests by route, never by the path that somebody typed.
pub(crate) async fn count(
    State(state): State<ApiState>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let route = route.as_ref().map_or("none", MatchedPath::as_str).to_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    state.metrics.requests.with_label_values(&[route.as_str(), status.as_str()]).inc();
    response
}
