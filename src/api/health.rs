//! What machines ask for: metrics, are you alive, are you ready.

use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{ApiError, ApiState, Visitor};
use crate::engine::{measure_cases, measure_outbox};

pub(super) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
}

async fn metrics(
    visitor: Result<Visitor, ApiError>,
    State(state): State<ApiState>,
) -> impl IntoResponse {
    measure_cases(&state.engine, &state.metrics, &state.catalogue);
    if let Err(error) = measure_outbox(&state.store, &state.metrics, state.clock.now()).await {
        tracing::warn!(%error, "the outbox was not measured");
    }
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, state.metrics.render(visitor.is_ok()))
}

/// How long the engine may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Ready means: the engine itself answers, the store answers, and what comes in can be committed.
async fn ready(State(state): State<ApiState>) -> impl IntoResponse {
    if state.engine.is_stuck.load(Ordering::Relaxed) {
        return (StatusCode::SERVICE_UNAVAILABLE, "nothing can be committed to the store\n");
    }
    if !state.engine.is_alive(PATIENCE).await {
        return (StatusCode::SERVICE_UNAVAILABLE, "the engine does not answer\n");
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
