//! Live events: the ids of cases that have changed, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::broadcast::error::RecvError;

use super::{ApiError, ApiState, Visitor};

/// Cases that change, as they change.
///
/// Each event is `event: problem`, `data: {"id": "PRB-000001"}`. A listener that is too slow gets
/// `event: reload` and should ask for the list again.
#[utoipa::path(
    get,
    path = "/api/v1/events",
    tag = "live",
    responses((status = 200, content_type = "text/event-stream", body = String))
)]
pub(super) async fn stream(
    visitor: Result<Visitor, ApiError>,
    State(state): State<ApiState>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, ApiError> {
    visitor?;
    let changes = state.engine.changes.subscribe();
    let events = stream::unfold(changes, |mut changes| async move {
        let event = match changes.recv().await {
            Ok(id) => {
                let data = serde_json::json!({ "id": id.to_string() }).to_string();
                Event::default().event("problem").data(data)
            }
            Err(RecvError::Lagged(_)) => Event::default().event("reload").data("{}"),
            Err(RecvError::Closed) => return None,
        };
        Some((Ok(event), changes))
    });
    // Else an open page would hold the server when it stops.
    let events = events.take_until(state.stop.clone().cancelled_owned());
    let keep_alive = KeepAlive::new().interval(Duration::from_secs(15));
    Ok(Sse::new(events).keep_alive(keep_alive))
}
