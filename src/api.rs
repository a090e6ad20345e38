//! The REST interface under `/api/v1`, live events, and what machines ask for: `/metrics`,
//! `/healthz`, `/readyz`.

pub(crate) mod access;
pub(crate) mod acts;
pub(crate) mod attention;
pub(crate) mod cases;
pub(crate) mod conclusions;
mod error;
mod events;
mod extract;
pub(crate) mod filter;
mod health;
mod intake;
mod list;
mod prometheus;
pub(crate) mod search;
pub(crate) mod shapes;
pub(crate) mod states;
mod throttle;

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use axum::Router;
use axum::http::header;
use tokio_util::sync::CancellationToken;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use access::{Peer, Visitor, session_cookie};
pub use attention::Attention;
pub use error::ApiError;
pub(crate) use health::count;
pub use shapes::{case_detail, case_item};
pub use throttle::Throttle;

use crate::clock::Clock;
use crate::collect::{SourceHealth, Sources};
use crate::detect::{ChartSource, Rules};
use crate::engine::EngineHandle;
use crate::i18n::Catalogue;
use crate::people::Doors;
use crate::recorder::Recorder;
use crate::series::SharedSeries;
use crate::store::Store;
use crate::telemetry::Metrics;

/// What every handler has at hand.
#[derive(Clone)]
pub struct ApiState {
    /// Cases, and the way in.
    pub engine: EngineHandle,
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
    /// What waits for somebody.
    pub attention: Attention,
    /// The largest body of a request, bytes.
    pub body_limit: usize,
    /// The samples in memory.
    pub series: SharedSeries,
    /// What is recorded on disk of the samples; none when the file cannot be used.
    pub recorder: Option<Arc<Recorder>>,
    /// The rules that are used now.
    pub rules: Rules,
    /// How many errors the configuration had that was refused last; 0 while the newest one is used.
    pub refused: Arc<AtomicUsize>,
    /// The ways in that the operator's own systems open.
    pub doors: Doors,
    /// Slows down those who guess passwords.
    pub throttle: Throttle,
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
        self.sources.all()
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vakhta",
        description = "Problems, mass incidents, findings, signals and sources. Times are RFC 3339 in UTC, \
                       errors RFC 9457. Sign in with `Authorization: Bearer TOKEN`; \
                       `vakhta token add` makes one."
    ),
    tags((name = "cases"), (name = "intake"), (name = "what is known"), (name = "live")),
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
        .routes(routes!(cases::problems))
        .routes(routes!(cases::problem))
        .routes(routes!(cases::list))
        .routes(routes!(cases::one))
        .routes(routes!(cases::acknowledge))
        .routes(routes!(cases::resolve))
        .routes(routes!(acts::act))
        .routes(routes!(acts::preview))
        .routes(routes!(conclusions::read, conclusions::write))
        .routes(routes!(conclusions::undo))
        .routes(routes!(conclusions::measures))
        .routes(routes!(intake::alerts))
        .routes(routes!(intake::works))
        .routes(routes!(intake::releases))
        .routes(routes!(intake::calendar))
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
    api.route("/api/v1/openapi.json", openapi).merge(health::routes()).merge(prometheus::routes())
}
