//! `/api/v1/cases/{id}/conclusion`, `/api/v1/measures`: what is concluded of a case after it is over.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::cases::find;
use super::extract::{Body, Query};
use super::{ApiError, ApiState, Visitor};
use crate::model::{CaseId, Message};
use crate::store::{Concluded, Conclusion, Judgement, Role};

/// The longest texts, characters.
const TEXT: usize = 1_000;
const NAME: usize = 100;

/// What is concluded of a case.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConclusionBody {
    /// Of a case in the archive: `confirmed`, `rejected` (a false alarm), `open` takes either back. A case that is not
    /// closed yet is confirmed or rejected by an act.
    pub(crate) judgement: Option<String>,
    /// The cause, in words.
    #[serde(default)]
    pub(crate) cause: String,
    /// What is done so that it does not come again.
    #[serde(default)]
    pub(crate) measure: String,
    /// Who does it.
    #[serde(default)]
    pub(crate) owner: String,
    /// By when: `2026-12-31`.
    pub(crate) due: Option<String>,
    /// It has been done.
    #[serde(default)]
    pub(crate) done: bool,
    /// The number of the newest change that was seen; another one is refused. Absent or 0: none was seen.
    #[serde(default)]
    pub(crate) expects: u64,
}

/// The change to take back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct BackBody {
    /// Its number: the newest.
    number: u64,
}

/// One change of what is concluded.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConclusionShape {
    case: String,
    /// What `expects` and taking back go by.
    number: u64,
    at: String,
    by: String,
    /// `open`, `confirmed`, `rejected`; null when nothing is said of that here.
    #[schema(required = true)]
    judgement: Option<&'static str>,
    cause: String,
    measure: String,
    owner: String,
    /// `2026-12-31`.
    #[schema(required = true)]
    due: Option<String>,
    done: bool,
    overdue: bool,
    /// It was taken back.
    undone: bool,
}

/// What is concluded of a case, and how it came to that.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConclusionList {
    /// The newest first; the first that is not undone holds.
    items: Vec<ConclusionShape>,
}

/// The number of a change.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Written {
    number: u64,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct MeasureQuery {
    /// Only those that should have been done by now (`true`), or the others (`false`).
    overdue: Option<bool>,
}

fn shape(one: &Concluded, today: Date) -> ConclusionShape {
    let conclusion = &one.conclusion;
    ConclusionShape {
        case: one.case.to_string(),
        number: one.number,
        at: one.at.to_string(),
        by: one.who.clone(),
        judgement: conclusion.judgement.map(Judgement::as_str),
        cause: conclusion.cause.clone(),
        measure: conclusion.measure.clone(),
        owner: conclusion.owner.clone(),
        due: conclusion.due.map(|due| due.to_string()),
        done: conclusion.is_done,
        overdue: !one.is_undone && conclusion.is_overdue(today),
        undone: one.is_undone,
    }
}

/// What is concluded of a case, and every change of it.
#[utoipa::path(
    get, path = "/api/v1/cases/{id}/conclusion", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    responses((status = 200, body = ConclusionList),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn read(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Result<Json<ConclusionList>, ApiError> {
    let case = find(&state, &id).await?.summary.id;
    let today = state.catalogue.zones().day(state.clock.now());
    let all = state.store.concluded(case).await?;
    Ok(Json(ConclusionList { items: all.iter().map(|one| shape(one, today)).collect() }))
}

/// Write down what is concluded of a case, open or archived; what was concluded before is replaced as a whole.
#[utoipa::path(
    put, path = "/api/v1/cases/{id}/conclusion", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = ConclusionBody),
    responses((status = 200, body = Written),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn write(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<ConclusionBody>,
) -> Result<Json<Written>, ApiError> {
    conclude(&visitor, &state, &id, body).await.map(|number| Json(Written { number }))
}

/// Take the newest change back: what was concluded before it holds again.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/conclusion/undo", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = BackBody),
    responses((status = 200, body = ConclusionList),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn undo(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<BackBody>,
) -> Result<Json<ConclusionList>, ApiError> {
    take_back(&visitor, &state, &id, body.number).await?;
    read(visitor, State(state), Path(id)).await
}

/// Measures that are not done, of all cases: those without a date last.
#[utoipa::path(
    get, path = "/api/v1/measures", tag = "cases", params(MeasureQuery),
    responses((status = 200, body = ConclusionList))
)]
pub(super) async fn measures(
    _visitor: Visitor,
    State(state): State<ApiState>,
    Query(query): Query<MeasureQuery>,
) -> Result<Json<ConclusionList>, ApiError> {
    let today = state.catalogue.zones().day(state.clock.now());
    let open = open_measures(&state).await?;
    let wanted = open.iter().map(|one| shape(one, today));
    let items = wanted.filter(|one| query.overdue.is_none_or(|overdue| overdue == one.overdue));
    Ok(Json(ConclusionList { items: items.collect() }))
}

/// Measures that are not done, the soonest first, those without a date last.
pub(crate) async fn open_measures(state: &ApiState) -> Result<Vec<Concluded>, ApiError> {
    let mut open: Vec<Concluded> = state.store.conclusions(true).await?.into_values().collect();
    open.sort_by_key(|one| (one.conclusion.due.is_none(), one.conclusion.due, one.case));
    Ok(open)
}

/// Writes down what is concluded; returns the number of the change.
pub(crate) async fn conclude(
    visitor: &Visitor,
    state: &ApiState,
    id: &str,
    body: ConclusionBody,
) -> Result<u64, ApiError> {
    let case = find(state, id).await?.summary.id;
    visitor.needs(Role::ProblemManager)?;
    let bad = |detail: &str, key: &'static str| {
        ApiError::new(StatusCode::BAD_REQUEST, detail).saying(Message::new(key))
    };
    let due = body.due.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let due = due.map(|text| text.parse::<Date>()).transpose();
    let due = due.map_err(|_| bad("`due` is a day like 2026-12-31", "refused-no-day"))?;
    let judgement = match body.judgement.as_deref() {
        None => None,
        Some(word) => Some(Judgement::parse(word).ok_or_else(|| {
            bad("`judgement` is one of open, confirmed, rejected", "page-failed")
        })?),
    };
    if judgement.is_some() && state.engine.case(case).is_some() {
        let detail = "it is not closed yet: confirm or reject it by an act";
        let message = Message::new("refused-not-closed").word("case", case.to_string());
        return Err(ApiError::new(StatusCode::CONFLICT, detail).saying(message));
    }
    let cut = |text: &str, most: usize| text.trim().chars().take(most).collect::<String>();
    let conclusion = Conclusion {
        judgement,
        cause: cut(&body.cause, TEXT),
        measure: cut(&body.measure, TEXT),
        owner: cut(&body.owner, NAME),
        due,
        is_done: body.done,
    };
    if conclusion.measure.is_empty() && (due.is_some() || body.done) {
        return Err(bad("a day or `done` needs a `measure`", "refused-no-measure"));
    }
    let now = state.clock.now();
    let written =
        state.store.conclude((case, body.expects), (now, &visitor.0.name), &conclusion).await?;
    written.ok_or_else(|| stale(case))
}

/// Takes the newest change back.
pub(crate) async fn take_back(
    visitor: &Visitor,
    state: &ApiState,
    id: &str,
    number: u64,
) -> Result<(), ApiError> {
    let case = find(state, id).await?.summary.id;
    visitor.needs(Role::ProblemManager)?;
    if state.store.take_conclusion_back(case, number).await? { Ok(()) } else { Err(stale(case)) }
}

fn stale(case: CaseId) -> ApiError {
    let detail = "somebody else has changed what is concluded since; read it again";
    let message = Message::new("refused-stale").word("case", case.to_string());
    ApiError::new(StatusCode::CONFLICT, detail).saying(message)
}
