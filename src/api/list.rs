//! `/api/v1/findings`, `/incidents`, `/sources`, `/topology`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Query, cursor};
use super::shapes::{SourceShape, TextShape};
use super::{ApiError, ApiState, Visitor};
use crate::fold::State as Core;
use crate::model::{Signal, SignalKind};

/// The most lines of one answer.
const LIMIT: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct SignalQuery {
    /// Only those of this system.
    system: Option<String>,
    /// Only those that are on (`true`) or over (`false`).
    active: Option<bool>,
    /// Lines of a page, at most 1000.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// One signal and the case it is in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignalShape {
    /// `ticket:ID`, or the finding's key.
    id: String,
    /// `ticket`, `finding`, `alert`.
    kind: &'static str,
    system: String,
    title: TextShape,
    severity: &'static str,
    since: String,
    #[schema(required = true)]
    ended: Option<String>,
    /// The planned work or mute that holds it back.
    #[schema(required = true)]
    held_by: Option<String>,
    /// The case it is in; null while it is in none.
    #[schema(required = true)]
    problem: Option<String>,
}

/// Signals.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SignalList {
    items: Vec<SignalShape>,
    /// Give this as `after` for the next page; null on the last.
    #[schema(required = true)]
    next: Option<String>,
}

fn shape(core: &Core, key: u64, signal: &Signal) -> SignalShape {
    let cluster = core.correlate().cluster_of(key);
    let system = cluster.and_then(|cluster| cluster.members().get(&key));
    SignalShape {
        id: signal.id.to_string(),
        kind: signal.kind.as_str(),
        system: system.map(|known| known.system.to_string()).unwrap_or_default(),
        title: signal.title.clone().into(),
        severity: signal.severity.as_str(),
        since: signal.since.to_string(),
        ended: signal.ended.map(|at| at.to_string()),
        held_by: signal.held_by.clone(),
        problem: cluster.and_then(|c| c.standing().case).map(|case| case.to_string()),
    }
}

async fn select(
    state: &ApiState,
    query: &SignalQuery,
    findings_only: bool,
) -> Result<SignalList, ApiError> {
    let after = query.after.as_deref().map(cursor).transpose()?;
    let limit = query.limit.unwrap_or(LIMIT).clamp(1, LIMIT);
    let list = state.engine.look(|core| {
        let is_wanted = |signal: &Signal| {
            (!findings_only || signal.kind == SignalKind::Finding)
                && query.system.as_ref().is_none_or(|system| system == signal.system())
                && query.active.is_none_or(|active| active == signal.is_active())
                && after
                    .as_ref()
                    .is_none_or(|(at, id)| (signal.since, signal.id.as_str()) < (*at, id))
        };
        let signals = core.correlate().signals();
        let mut found: Vec<(u64, &Signal)> =
            signals.filter(|(_, signal)| is_wanted(signal)).collect();
        found.sort_by(|(_, a), (_, b)| (b.since, &b.id).cmp(&(a.since, &a.id)));
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let last = found.last().filter(|_| !is_last);
        let next = last.map(|(_, signal)| format!("{}_{}", signal.since.0, signal.id));
        let items = found.into_iter().map(|(key, signal)| shape(core, key, signal)).collect();
        SignalList { items, next }
    });
    Ok(list.await?)
}

/// Findings of our own detectors, newest first.
#[utoipa::path(
    get, path = "/api/v1/findings", tag = "what is known", params(SignalQuery),
    responses((status = 200, body = SignalList))
)]
pub(super) async fn findings(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<SignalQuery>,
) -> Result<Json<SignalList>, ApiError> {
    select(&state, &query, true).await.map(Json)
}

/// Findings, tickets and alerts, newest first, each with the case it is in.
#[utoipa::path(
    get, path = "/api/v1/incidents", tag = "what is known", params(SignalQuery),
    responses((status = 200, body = SignalList))
)]
pub(super) async fn incidents(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<SignalQuery>,
) -> Result<Json<SignalList>, ApiError> {
    select(&state, &query, false).await.map(Json)
}

/// Sources.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceList {
    items: Vec<SourceShape>,
    #[schema(required = true)]
    next: Option<String>,
}

/// How the sources are doing.
#[utoipa::path(
    get, path = "/api/v1/sources", tag = "what is known",
    responses((status = 200, body = SourceList))
)]
pub(super) async fn sources(
    _visitor: Visitor,
    State(state): State<ApiState>,
) -> Result<Json<SourceList>, ApiError> {
    let items = state.sources().into_iter().map(SourceShape::from).collect();
    Ok(Json(SourceList { items, next: None }))
}

/// One system of the dependency graph.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SystemShape {
    key: String,
    name: TextShape,
    owner: TextShape,
    queue: String,
    depends_on: Vec<String>,
}

/// The dependency graph.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TopologyShape {
    items: Vec<SystemShape>,
    #[schema(required = true)]
    next: Option<String>,
}

/// The dependency graph: systems and what each of them needs.
#[utoipa::path(
    get, path = "/api/v1/topology", tag = "what is known",
    responses((status = 200, body = TopologyShape))
)]
pub(super) async fn topology(
    _visitor: Visitor,
    State(state): State<ApiState>,
) -> Json<TopologyShape> {
    let items = state.engine.read(|core| {
        core.correlate()
            .topology()
            .systems()
            .iter()
            .map(|system| SystemShape {
                key: system.key.clone(),
                name: system.name.clone().into(),
                owner: system.owner.clone().into(),
                queue: system.queue.clone(),
                depends_on: system.depends_on.clone(),
            })
            .collect()
    });
    Json(TopologyShape { items, next: None })
}
