//! The pages for the duty shift and problem managers: rendered here, usable without a script, live
//! with one.

mod access;
mod acts;
mod case;
mod chart;
mod chips;
mod facts;
mod felt;
mod frame;
mod gauges;
mod graph;
mod house;
mod members;
mod page;
mod phone;
mod provider;
mod pulse;
mod review;
mod rules;
mod runbooks;
mod shift;
mod sign_in;
mod solutions;
mod sources;
mod system;
mod systems;
mod tickets;
mod told;
mod unchanged;
mod views;
mod wall;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::response::{IntoResponse, Redirect};
use axum::routing::{get, post};

use tower_http::set_header::SetResponseHeaderLayer;

use crate::api::{self, ApiState};

pub(crate) use members::span as chart_span;

const STYLE: &str = include_str!("web/static/style.css");
const SCRIPT: &str = include_str!("web/static/live.js");
const PULSE: &str = include_str!("web/static/pulse.js");
const SORT: &str = include_str!("web/static/sort.js");
const ICON: &str = include_str!("web/static/icon.svg");

/// What every answer says beside its own, unless it says otherwise.
const HEADERS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    // Not `no-referrer`: a browser would send `Origin: null` with our own forms.
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    ),
];

/// Everything that is served: the pages, the interface, what machines ask for.
pub fn router(state: ApiState) -> Router {
    let mut router = api::routes()
        .merge(routes())
        .fallback(page::missing)
        .method_not_allowed_fallback(page::wrong_method)
        .layer(DefaultBodyLimit::max(state.body_limit));
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        router = router.layer(SetResponseHeaderLayer::if_not_present(name, value));
    }
    let counted = axum::middleware::from_fn_with_state(state.clone(), api::count);
    let inner = router.layer(counted).with_state(state.clone());
    // Before routes are looked up: what stands before our own addresses is taken off here.
    let house = axum::middleware::from_fn_with_state(state, house::enter);
    Router::new().fallback_service(inner).layer(house)
}

/// The routes of the pages.
fn routes() -> Router<ApiState> {
    let pages = Router::new()
        .route("/", get(|| async { Redirect::to("/problems") }))
        .route("/problems", get(shift::show))
        .route("/problems/act", get(|| async { Redirect::to("/problems") }).post(acts::act))
        .route("/problems/{id}", get(case::show))
        .route("/views", post(views::save))
        .route("/views/drop", post(views::drop))
        .route("/sources", get(sources::show))
        .route("/rules", get(rules::show))
        .route("/runbooks", get(runbooks::index))
        .route("/runbooks/{name}", get(runbooks::show))
        .route("/tickets", get(tickets::show))
        .route("/tickets/{id}", get(tickets::one))
        .route("/systems", get(systems::show))
        .route("/systems/{key}", get(system::show))
        .route("/review", get(review::show))
        .route("/review/export.csv", get(review::register::csv))
        .route("/review/export.xlsx", get(review::register::xlsx))
        .route("/review/case/{id}", get(review::conclusion::show).post(review::conclusion::save))
        .route("/review/case/{id}/undo", post(review::conclusion::undo))
        .route("/review/rule/{pack}/{rule}", get(review::trial::show))
        .route("/review/sort", get(review::sort::show))
        .route("/access", get(access::show))
        .route("/access/revoke", post(access::revoke))
        .route("/wall", get(wall::enter))
        .route("/sign-in", get(sign_in::enter).post(sign_in::sign_in))
        .route("/sign-in/provider", get(provider::start))
        .route(crate::people::oidc::BACK, get(provider::back))
        .route("/sign-out", post(sign_in::sign_out))
        .route("/phone", get(phone::show).post(phone::draw))
        .route("/pulse", get(pulse::show))
        .route("/language/{code}", get(page::language))
        .route("/static/style.css", get(|| fixed("text/css; charset=utf-8", STYLE)))
        .route("/static/live.js", get(|| fixed("text/javascript; charset=utf-8", SCRIPT)))
        .route("/static/sort.js", get(|| fixed("text/javascript; charset=utf-8", SORT)))
        .route("/static/pulse.js", get(|| fixed("text/javascript; charset=utf-8", PULSE)))
        .route("/static/icon.svg", get(|| fixed("image/svg+xml", ICON)));
    pages.layer(axum::middleware::from_fn(unchanged::tag))
}

async fn fixed(kind: &'static str, body: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "max-age=300")], body)
}
