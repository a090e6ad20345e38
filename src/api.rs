//! The REST interface under `/api/v1`, live events, and what machines ask for: `/metrics`,
//! `/healthz`, `/readyz`.

mod access;
mod error;
mod events;
mod extract;
mod health;
mod list;
pub(crate) mod problems;
pub(crate) mod shapes;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use axum::Router;
use axum::http::header;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::{Visitor, session_cookie};
pub use error::ApiError;
pub(crate) use health::count;
pub use shapes::{cause_shape, problem_detail, problem_item};

use crate::app::core::CoreHandle;
use crate::clock::Clock;
use crate::i18n::Catalogue;
use crate::model::{Detail, Text, Time};
use crate::store::Store;
use crate::telemetry::Metrics;

/// How a source is doing.
#[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
pub struct SourceHealth {
    /// `postgres`, `otrs`, ….
    pub kind: String,
    /// Its configured name.
    pub instance: String,
    /// The system it belongs to.
    pub system: String,
    /// Whether the last poll brought something.
    pub up: bool,
    /// Found on this machine but not watched yet; `message` says what is missing.
    pub offered: bool,
    /// When it was last polled.
    #[schema(value_type = Option<String>)]
    #[serde(serialize_with = "shapes::time_or_null")]
    pub polled_at: Option<Time>,
    /// How long that took, seconds.
    pub seconds: f64,
    /// How many samples or tickets it brought.
    pub samples: usize,
    /// What went wrong, or what is missing and what to do.
    #[schema(value_type = Option<Object>)]
    pub message: Option<Text>,
}

/// The health of all sources, by `kind/instance`.
pub type Sources = Arc<RwLock<BTreeMap<String, SourceHealth>>>;

/// The points behind a finding's small chart: what it watches, from, to, step in milliseconds.
pub type ChartSource = Arc<dyn Fn(&Detail, Time, Time, i64) -> Vec<(Time, f64)> + Send + Sync>;

/// What every handler has at hand.
#[derive(Clone)]
pub struct ApiState {
    /// Problems, and the way in for verdicts.
    pub core: CoreHandle,
    /// The archive and who may come in.
    pub store: Store,
    /// The clock.
    pub clock: Arc<Clock>,
    /// Texts.
    pub catalogue: Arc<Catalogue>,
    /// Our own metrics.
    pub metrics: Metrics,
    /// The health of the sources.
    pub sources: Sources,
    /// Charts.
    pub charts: ChartSource,
    /// When the engine stops, live events end.
    pub stop: CancellationToken,
}

impl std::fmt::Debug for ApiState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("ApiState")
    }
}

impl ApiState {
    /// The health of all sources, in order.
    #[must_use]
    pub fn sources(&self) -> Vec<SourceHealth> {
        self.sources.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vakhta",
        description = "Problems, findings, incidents and sources. Times are RFC 3339 in UTC, \
                       errors RFC 9457. Sign in with `Authorization: Bearer TOKEN`; \
                       `vakhta token add` makes one."
    ),
    tags((name = "problems"), (name = "what is known"), (name = "live")),
    modifiers(&Bearer),
    security(("bearer" = []))
)]
struct Description;

/// How programs sign in, for the description.
struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        let components = description.components.get_or_insert_default();
        components.add_security_scheme("bearer", scheme);
    }
}

/// The routes, with their description.
fn documented() -> OpenApiRouter<ApiState> {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(problems::list))
        .routes(routes!(problems::one))
        .routes(routes!(problems::acknowledge))
        .routes(routes!(problems::resolve))
        .routes(routes!(list::findings))
        .routes(routes!(list::incidents))
        .routes(routes!(list::sources))
        .routes(routes!(list::topology))
        .routes(routes!(events::stream))
}

/// The OpenAPI description as JSON.
#[must_use]
pub fn openapi_json() -> String {
    documented().into_openapi().to_pretty_json().unwrap_or_default()
}

/// The routes of the interface, of its description and of what machines ask for.
pub(crate) fn routes() -> Router<ApiState> {
    let (api, description) = documented().split_for_parts();
    let description = description.to_json().unwrap_or_default();
    let json = [(header::CONTENT_TYPE, "application/json")];
    let openapi = axum::routing::get(move || async move { (json, description) });
    api.route("/api/v1/openapi.json", openapi).merge(health::routes())
}
