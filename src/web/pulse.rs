//! The beat that open pages listen to: how fresh everything is, and whether the core answers.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::frame::{polled, version};
use super::page::{Wanted, speak};
use crate::api::ApiError;
use crate::api::{ApiState, Visitor};

/// How long the core may think about an answer. The pages wait for five seconds.
const PATIENCE: Duration = Duration::from_secs(3);

/// One beat.
#[derive(Debug, Serialize)]
pub(super) struct Pulse {
    /// The server's clock, as people read it.
    clock: String,
    /// The core has answered.
    alive: bool,
    /// Sources that answer, of how many.
    up: usize,
    sources: usize,
    /// Another one than before: there is something new to show.
    version: String,
    untaken: usize,
    /// Critical cases that nobody has taken, the latest first.
    news: Vec<News>,
}

#[derive(Debug, Serialize)]
struct News {
    id: String,
    title: String,
}

pub(super) async fn show(
    visitor: Result<Visitor, ApiError>,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Result<Json<Pulse>, ApiError> {
    visitor?;
    let alive = state.engine.is_alive(PATIENCE).await;
    let now = state.clock.now();
    let counted = polled(&state);
    let waiting = state.attention.look(&state.engine);
    let pulse = speak(&state, language, |_, s| Pulse {
        clock: s.second(now),
        alive,
        up: counted.0,
        sources: counted.1,
        version: version(&state, counted),
        untaken: waiting.untaken,
        news: waiting
            .alarms
            .iter()
            .map(|case| News { id: case.id.to_string(), title: s.say(&case.title) })
            .collect(),
    });
    Ok(Json(pulse))
}
