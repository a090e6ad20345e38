//! `/api/v1/problems`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::extract::{Body, Query, cursor};
use super::shapes::{ProblemDetail, ProblemItem, problem_detail, problem_item, state_word};
use super::{ApiError, ApiState, Visitor};
use crate::fold::{Event, Verdict};
use crate::model::{Problem, ProblemState};
use crate::store::Role;

/// The most lines of one page.
const PAGE_LIMIT: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
pub(super) struct ListQuery {
    /// States, separated by commas; all when absent.
    state: Option<String>,
    /// Lines of a page, at most 200.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of Problems, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ProblemList {
    items: Vec<ProblemItem>,
    /// Give this as `after` for the next page; null on the last.
    #[schema(required = true)]
    next: Option<String>,
}

/// Problems, newest first.
#[utoipa::path(
    get, path = "/api/v1/problems", tag = "problems", params(ListQuery),
    responses((status = 200, body = ProblemList), (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<ProblemList>, ApiError> {
    let states = states(query.state.as_deref())?;
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE_LIMIT);
    let after = query.after.as_deref().map(cursor).transpose()?;
    let earlier = |problem: &Problem| match &after {
        Some((at, id)) => (problem.opened_at, problem.id.as_str()) < (*at, id.as_str()),
        None => true,
    };
    let live = state.core.problems();
    let mut found: Vec<Problem> = live
        .iter()
        .filter(|problem| states.contains(&problem.state) && earlier(problem))
        .map(|problem| (**problem).clone())
        .collect();
    if states.contains(&ProblemState::Closed) {
        let before = after.as_ref().map(|(at, id)| (*at, id.as_str()));
        let more = u32::try_from(limit + 1).unwrap_or(u32::MAX);
        found.extend(state.store.archived(before, more).await?);
    }
    found.sort_by(|a, b| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
    found.dedup_by(|a, b| a.id == b.id);
    let is_last = found.len() <= limit;
    found.truncate(limit);
    let next = found.last().filter(|_| !is_last).map(|p| format!("{}_{}", p.opened_at.0, p.id));
    let items = state.core.read(|core| {
        let topology = core.correlate().topology();
        found.iter().map(|problem| problem_item(problem, &state.catalogue, topology)).collect()
    });
    Ok(Json(ProblemList { items, next }))
}

fn states(text: Option<&str>) -> Result<Vec<ProblemState>, ApiError> {
    const ALL: [ProblemState; 4] = [
        ProblemState::Open,
        ProblemState::Acknowledged,
        ProblemState::Resolved,
        ProblemState::Closed,
    ];
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(ALL.to_vec()) };
    text.split(',')
        .map(|word| {
            ALL.into_iter().find(|state| state_word(*state) == word.trim()).ok_or_else(|| {
                ApiError::new(
                    StatusCode::BAD_REQUEST,
                    format!("no state «{word}»; there are open, acknowledged, resolved, closed"),
                )
            })
        })
        .collect()
}

/// One Problem with its members, ranked causes, evidence and history.
#[utoipa::path(
    get, path = "/api/v1/problems/{id}", tag = "problems",
    params(("id" = String, Path, description = "PRB-000001")),
    responses((status = 200, body = ProblemDetail), (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn one(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<ProblemDetail>, ApiError> {
    let problem = find(&state, &id).await?;
    let detail = state
        .core
        .read(|core| problem_detail(&problem, &state.catalogue, core.correlate().topology()));
    Ok(Json(detail))
}

/// Looks a Problem up among the live and the archived ones.
pub(crate) async fn find(state: &ApiState, id: &str) -> Result<Problem, ApiError> {
    if let Some(problem) = state.core.problem(id) {
        return Ok((*problem).clone());
    }
    let archived = state.store.archived_problem(id).await?;
    archived
        .ok_or_else(|| ApiError::new(StatusCode::NOT_FOUND, format!("there is no Problem {id}")))
}

/// What may come with a verdict.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub(super) struct VerdictBody {
    /// Why, in a few words; shown in the history.
    #[serde(default)]
    reason: String,
}

/// Take a Problem.
#[utoipa::path(
    post, path = "/api/v1/problems/{id}/acknowledge", tag = "problems",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = Option<VerdictBody>),
    responses((status = 200, body = ProblemDetail),
              (status = 401, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn acknowledge(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<VerdictBody>,
) -> Result<Json<ProblemDetail>, ApiError> {
    review(&visitor, &state, &id, Verdict::Acknowledge, body.reason).await?;
    one(visitor, State(state), Path(id)).await
}

/// Say that a Problem is over.
#[utoipa::path(
    post, path = "/api/v1/problems/{id}/resolve", tag = "problems",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = Option<VerdictBody>),
    responses((status = 200, body = ProblemDetail),
              (status = 401, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn resolve(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<VerdictBody>,
) -> Result<Json<ProblemDetail>, ApiError> {
    review(&visitor, &state, &id, Verdict::Resolve, body.reason).await?;
    one(visitor, State(state), Path(id)).await
}

/// Hands a person's verdict to the core.
pub(crate) async fn review(
    visitor: &Visitor,
    state: &ApiState,
    id: &str,
    verdict: Verdict,
    reason: String,
) -> Result<(), ApiError> {
    visitor.needs(Role::Duty)?;
    find(state, id).await?;
    let reason = reason.chars().take(1000).collect();
    let by = visitor.0.name.clone();
    let event = Event::Review { problem: id.to_owned(), verdict, by, reason };
    state.core.submit(event).await?;
    Ok(())
}
