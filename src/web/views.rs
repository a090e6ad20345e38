//! Lists that a person has named.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::page::{Guest, Wanted, refusal};
use crate::api::{ApiError, ApiState};

/// The longest name and query, characters.
const NAME: usize = 30;
const QUERY: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct ViewForm {
    name: String,
    #[serde(default)]
    query: String,
}

pub(super) async fn save(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Form(form): Form<ViewForm>,
) -> Response {
    let name: String = form.name.trim().chars().take(NAME).collect();
    let query: String = form.query.chars().take(QUERY).collect();
    // Nothing but a query is kept, so that a view leads to no other address.
    if name.is_empty() || !query.starts_with('?') {
        return Redirect::to("/problems").into_response();
    }
    match state.store.save_view(&guest.name, &name, &query).await {
        Ok(()) => Redirect::to(&format!("/problems{query}")).into_response(),
        Err(error) => refusal(&state, language, Some(&guest), &ApiError::from(error)),
    }
}

pub(super) async fn drop(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Form(form): Form<ViewForm>,
) -> Response {
    match state.store.drop_view(&guest.name, &form.name).await {
        Ok(()) => Redirect::to("/problems").into_response(),
        Err(error) => refusal(&state, language, Some(&guest), &ApiError::from(error)),
    }
}
