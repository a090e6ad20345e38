//! `/api/v1/problems` and `/api/v1/cases`: the same list under both names, mass incidents among the Problems.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::acts::{self, Wish};
use super::extract::{Body, Query, cursor};
use super::filter::Filter;
use super::search::{self, Phrase};
use super::shapes::{CaseDetailShape, CaseItem, case_detail, case_item};
use super::{ApiError, ApiState, Visitor};
use crate::model::{CaseDetail, CaseId, CaseKind, CaseState, CaseSummary, LinkKind, Verb};

/// The most lines of one page.
const PAGE_LIMIT: usize = 200;

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct ListQuery {
    /// States, separated by commas; all when absent.
    state: Option<String>,
    /// Kinds, separated by commas: `problem`, `mass_incident`, `emergency`. When absent: all, but not the mass
    /// incidents that a Problem speaks for.
    kind: Option<String>,
    /// Only those that touch this system.
    system: Option<String>,
    /// Only those with tickets of this branch.
    mrf: Option<String>,
    /// Only those of this severity or worse.
    severity: Option<String>,
    /// `me`, `nobody`, or a name.
    owner: Option<String>,
    /// Only those that opened within so many hours.
    hours: Option<u32>,
    /// Words: ids, numbers of tickets, words of titles and tickets in any form. One page, at most 200 lines.
    q: Option<String>,
    /// Lines of a page, at most 200.
    limit: Option<usize>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// A page of cases, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CaseList {
    items: Vec<CaseItem>,
    /// Give this as `after` for the next page; null on the last.
    #[schema(required = true)]
    next: Option<String>,
}

/// Problems and mass incidents, newest first.
#[utoipa::path(
    get, path = "/api/v1/problems", tag = "cases", params(ListQuery),
    responses((status = 200, body = CaseList), (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn problems(
    visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<CaseList>, ApiError> {
    list(visitor, State(state), Query(query)).await
}

/// The same list under its other name.
#[utoipa::path(
    get, path = "/api/v1/cases", tag = "cases", params(ListQuery),
    responses((status = 200, body = CaseList), (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn list(
    visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<ListQuery>,
) -> Result<Json<CaseList>, ApiError> {
    let states = states(query.state.as_deref())?;
    let kinds = kinds(query.kind.as_deref())?;
    let limit = query.limit.unwrap_or(50).clamp(1, PAGE_LIMIT);
    let after = query.after.as_deref().map(cursor).transpose()?;
    let ListQuery { system, mrf, severity, owner, hours, q, .. } = query;
    let filter = Filter { system, mrf, severity, owner, hours };
    let narrow = filter.read(&visitor.0.name, state.clock.now())?;
    let phrase = q.as_deref().and_then(Phrase::new);
    let hit = search::hits(&state, phrase.as_ref()).await?;
    let is_earlier = |case: &CaseSummary| match &after {
        Some((at, id)) => (case.opened_at, case.id.to_string()) < (*at, id.clone()),
        None => true,
    };
    let is_wanted = |case: &CaseSummary| {
        let is_of_kind = match &kinds {
            Some(kinds) => kinds.contains(&case.id.kind),
            None => !is_spoken_for(case),
        };
        is_of_kind && states.contains(&case.state) && is_earlier(case) && narrow.lets(case)
    };
    let live = state.engine.cases();
    let mut found: Vec<CaseSummary> =
        live.iter().filter(|case| is_wanted(case)).map(|case| (**case).clone()).collect();
    found.retain(|case| hit.as_ref().is_none_or(|hit| hit.contains(&case.id)));
    if let Some(phrase) = &phrase {
        let more = u32::try_from(limit).unwrap_or(u32::MAX);
        let archived = search::archived(&state, phrase, more).await?;
        found.extend(archived.into_iter().filter(|case| is_wanted(case)));
    }
    let mut goes_on = None;
    if phrase.is_none() && states.contains(&CaseState::Closed) {
        let (archived, rest) =
            search::filtered(&state, after.clone(), limit + 1, is_wanted).await?;
        found.extend(archived);
        // What lies beyond what was looked through comes with the next page.
        if let Some((at, id)) = &rest {
            found.retain(|case| (case.opened_at, case.id.to_string()) >= (*at, id.clone()));
        }
        goes_on = rest;
    }
    found.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id.to_string())));
    found.dedup_by(|a, b| a.id == b.id);
    let is_last = found.len() <= limit;
    found.truncate(limit);
    // What a search finds is one page.
    let last = found
        .last()
        .filter(|_| !is_last && phrase.is_none())
        .map(|c| (c.opened_at, c.id.to_string()));
    let next = last.or(goes_on).map(|(at, id)| format!("{}_{id}", at.0));
    let items = state.engine.read(|core| {
        let topology = core.correlate().topology();
        found.iter().map(|case| case_item(case, &state.catalogue, topology)).collect()
    });
    Ok(Json(CaseList { items, next }))
}

/// A Problem speaks for this mass incident: it is on that one's line.
pub(crate) fn is_spoken_for(case: &CaseSummary) -> bool {
    case.links.iter().any(|link| link.kind == LinkKind::ExplainedBy)
}

fn states(text: Option<&str>) -> Result<Vec<CaseState>, ApiError> {
    words(text, "state", &CaseState::ALL, CaseState::as_str)
        .map(|states| states.unwrap_or_else(|| CaseState::ALL.to_vec()))
}

fn kinds(text: Option<&str>) -> Result<Option<Vec<CaseKind>>, ApiError> {
    words(text, "kind", &CaseKind::ALL, CaseKind::as_str)
}

/// Reads words separated by commas.
fn words<T: Copy>(
    text: Option<&str>,
    what: &str,
    all: &[T],
    word_of: impl Fn(T) -> &'static str,
) -> Result<Option<Vec<T>>, ApiError> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
    let found = text.split(',').map(|word| {
        let known = all.iter().copied().find(|one| word_of(*one) == word.trim());
        known.ok_or_else(|| {
            let words: Vec<&str> = all.iter().map(|one| word_of(*one)).collect();
            let detail = format!("no {what} «{word}»; there are {}", words.join(", "));
            ApiError::new(StatusCode::BAD_REQUEST, detail)
        })
    });
    found.collect::<Result<Vec<T>, ApiError>>().map(Some)
}

/// One case with its members, ranked causes, evidence and history.
#[utoipa::path(
    get, path = "/api/v1/problems/{id}", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001, MI-000001")),
    responses((status = 200, body = CaseDetailShape), (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn problem(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<CaseDetailShape>, ApiError> {
    one(visitor, State(state), Path(id)).await
}

/// The same under its other name.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001, MI-000001")),
    responses((status = 200, body = CaseDetailShape), (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn one(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<CaseDetailShape>, ApiError> {
    let case = find(&state, &id).await?;
    let detail =
        state.engine.read(|core| case_detail(&case, &state.catalogue, core.correlate().topology()));
    Ok(Json(detail))
}

/// Looks a case up among the live and the archived ones.
pub(crate) async fn find(state: &ApiState, id: &str) -> Result<CaseDetail, ApiError> {
    let missing =
        || ApiError::new(StatusCode::NOT_FOUND, format!("there is no case {}", shortened(id)));
    let id: CaseId = id.parse().map_err(|_| missing())?;
    if let Some(case) = state.engine.detail(id).await? {
        return Ok(case);
    }
    state.store.archived_case(id).await?.ok_or_else(missing)
}

fn shortened(id: &str) -> String {
    id.chars().take(40).collect()
}

/// What may come with taking or resolving.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReasonBody {
    /// Why, in a few words; shown in the history.
    #[serde(default)]
    reason: String,
    /// The version of the case that was seen; another one is refused.
    #[serde(default)]
    expects: Option<u64>,
}

/// Take a case: its paging stops.
#[utoipa::path(
    post, path = "/api/v1/problems/{id}/acknowledge", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = Option<ReasonBody>),
    responses((status = 200, body = CaseDetailShape),
              (status = 401, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn acknowledge(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<ReasonBody>,
) -> Result<Json<CaseDetailShape>, ApiError> {
    short_act(visitor, state, id, body, Verb::Take).await
}

/// Say that a case is over.
#[utoipa::path(
    post, path = "/api/v1/problems/{id}/resolve", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = Option<ReasonBody>),
    responses((status = 200, body = CaseDetailShape),
              (status = 401, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn resolve(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<ReasonBody>,
) -> Result<Json<CaseDetailShape>, ApiError> {
    short_act(visitor, state, id, body, Verb::Resolve).await
}

async fn short_act(
    visitor: Visitor,
    state: ApiState,
    id: String,
    body: ReasonBody,
    verb: Verb,
) -> Result<Json<CaseDetailShape>, ApiError> {
    find(&state, &id).await?;
    let wish = Wish { verb, reason: body.reason, expects: body.expects };
    acts::submit(&visitor, &state, &id, wish).await?;
    one(visitor, State(state), Path(id)).await
}
