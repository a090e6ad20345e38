//! `/api/v1/findings`, `/incidents`, `/sources`, `/topology`.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Query, cursor};
use super::shapes::{TextShape, kind_word};
use super::{ApiError, ApiState, SourceHealth, Visitor};
use crate::correlate::Group;
use crate::model::{IncidentKind, Member};

/// The most lines of one answer.
const LIMIT: usize = 1000;

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct IncidentQuery {
    /// Only those of this system.
    system: Option<String>,
    /// Only those that are on (`true`) or over (`false`).
    active: Option<bool>,
    /// Lines of a page, at most 1000.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// One incident and the Problem it is in.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentShape {
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
    /// The Problem it is in; null while it is in none.
    #[schema(required = true)]
    problem: Option<String>,
}

/// Incidents.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct IncidentList {
    items: Vec<IncidentShape>,
    /// Give this as `after` for the next page; null on the last.
    #[schema(required = true)]
    next: Option<String>,
}

fn shape(group: &Group, member: &Member) -> IncidentShape {
    IncidentShape {
        id: member.incident.clone(),
        kind: kind_word(member.kind),
        system: member.system.clone(),
        title: member.title.clone().into(),
        severity: member.severity.word(),
        since: member.since.to_string(),
        ended: member.ended.map(|at| at.to_string()),
        problem: group.problem_id().map(str::to_owned),
    }
}

fn select(
    state: &ApiState,
    query: &IncidentQuery,
    findings_only: bool,
) -> Result<IncidentList, ApiError> {
    let after = query.after.as_deref().map(cursor).transpose()?;
    let limit = query.limit.unwrap_or(LIMIT).clamp(1, LIMIT);
    state.core.read(|core| {
        let mut found: Vec<(&Group, &Member)> = core
            .correlate()
            .groups()
            .flat_map(|group| group.members().iter().map(move |member| (group, member)))
            .filter(|(_, member)| !findings_only || member.kind == IncidentKind::Finding)
            .filter(|(_, member)| query.system.as_ref().is_none_or(|s| *s == member.system))
            .filter(|(_, member)| query.active.is_none_or(|on| on == member.ended.is_none()))
            .filter(|(_, member)| {
                after.as_ref().is_none_or(|(at, id)| (member.since, &member.incident) < (*at, id))
            })
            .collect();
        found.sort_by(|(_, a), (_, b)| (b.since, &b.incident).cmp(&(a.since, &a.incident)));
        let is_last = found.len() <= limit;
        found.truncate(limit);
        let last = found.last().filter(|_| !is_last);
        let next = last.map(|(_, member)| format!("{}_{}", member.since.0, member.incident));
        let items = found.into_iter().map(|(group, member)| shape(group, member)).collect();
        Ok(IncidentList { items, next })
    })
}

/// Findings of our own detectors, newest first.
#[utoipa::path(
    get, path = "/api/v1/findings", tag = "what is known", params(IncidentQuery),
    responses((status = 200, body = IncidentList))
)]
pub(super) async fn findings(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<IncidentQuery>,
) -> Result<Json<IncidentList>, ApiError> {
    select(&state, &query, true).map(Json)
}

/// Findings and tickets, newest first, each with the Problem it is in.
#[utoipa::path(
    get, path = "/api/v1/incidents", tag = "what is known", params(IncidentQuery),
    responses((status = 200, body = IncidentList))
)]
pub(super) async fn incidents(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<IncidentQuery>,
) -> Result<Json<IncidentList>, ApiError> {
    select(&state, &query, false).map(Json)
}

/// Sources.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceList {
    items: Vec<SourceHealth>,
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
    Ok(Json(SourceList { items: state.sources(), next: None }))
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
    let items = state.core.read(|core| {
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
