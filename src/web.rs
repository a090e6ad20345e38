//! The pages for the duty shift and problem managers: rendered here, usable without a script, live
//! with one.

mod chart;
mod graph;
mod list;
mod page;
mod problem;
mod runbooks;
mod sign_in;
mod sources;
mod told;

use axum::Router;
use axum::http::header;
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};

use crate::api::ApiState;
pub(crate) use page::{missing, wrong_method};

const STYLE: &str = include_str!("web/static/style.css");
const SCRIPT: &str = include_str!("web/static/live.js");
const ICON: &str = include_str!("web/static/icon.svg");

/// The routes of the pages.
pub(crate) fn routes() -> Router<ApiState> {
    Router::new()
        .route("/", get(|| async { Redirect::to("/problems") }))
        .route("/problems", get(list::show))
        .route("/problems/{id}", get(problem::show))
        .route("/problems/{id}/acknowledge", post(problem::acknowledge))
        .route("/problems/{id}/resolve", post(problem::resolve))
        .route("/sources", get(sources::show))
        .route("/runbooks/{name}", get(runbooks::show))
        .route("/sign-in", get(sign_in::enter))
        .route("/language/{code}", get(page::language))
        .route("/static/style.css", get(|| fixed("text/css; charset=utf-8", STYLE)))
        .route("/static/live.js", get(|| fixed("text/javascript; charset=utf-8", SCRIPT)))
        .route("/static/icon.svg", get(|| fixed("image/svg+xml", ICON)))
}

async fn fixed(kind: &'static str, body: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], body)
}
