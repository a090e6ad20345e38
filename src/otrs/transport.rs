//! One HTTP exchange: bounded in time and size, without redirects and proxies, measured.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::error::OtrsError;

/// The largest answer that is taken. Fifty tickets with long bodies stay far below.
const RESPONSE_LIMIT: usize = 32 * 1024 * 1024;

/// The peer's web server closes idle connections after 5 s (Apache's default); a request sent on
/// such a connection would look like one that may have been done.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);

/// Makes the client for one peer.
pub(super) fn client(timeout: Duration) -> Result<reqwest::Client, OtrsError> {
    reqwest::Client::builder()
        .timeout(timeout)
        .connect_timeout(timeout.min(Duration::from_secs(5)))
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(4)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .http1_only()
        .user_agent(concat!("vakhta/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| OtrsError::Connect { what: "TLS set-up", cause: chain(&error) })
}

/// Sends a request and reads its whole answer: status and body.
pub(super) async fn exchange(
    what: &'static str,
    request: reqwest::RequestBuilder,
    timeout: Duration,
) -> Result<(u16, Vec<u8>), OtrsError> {
    let fault = |error: reqwest::Error| {
        if error.is_connect() || error.is_builder() {
            OtrsError::Connect { what, cause: chain(&error) }
        } else if error.is_timeout() {
            OtrsError::Timeout { what, seconds: timeout.as_secs_f64() }
        } else {
            OtrsError::Closed { what, cause: chain(&error) }
        }
    };
    let mut response = request.send().await.map_err(fault)?;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if body.len() + chunk.len() > RESPONSE_LIMIT {
            return Err(OtrsError::TooLarge { what, limit: RESPONSE_LIMIT });
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// The innermost words of an error: the outer ones only repeat the address.
fn chain(error: &reqwest::Error) -> String {
    let mut inner: &dyn std::error::Error = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

/// How long requests took lately.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Latency {
    /// Requests measured in the last five minutes, at most 256.
    pub count: usize,
    /// Median, seconds.
    pub p50: f64,
    /// 95th percentile, seconds.
    pub p95: f64,
    /// Slowest, seconds.
    pub max: f64,
}

/// Durations of the last requests; failures that answered nothing count with the time waited.
#[derive(Debug, Default)]
pub(super) struct Durations(Mutex<VecDeque<(Instant, f64)>>);

const KEPT: usize = 256;
const KEPT_FOR: Duration = Duration::from_secs(300);

impl Durations {
    pub(super) fn note(&self, started: Instant) {
        let seconds = started.elapsed().as_secs_f64();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back((started, seconds));
    }

    pub(super) fn latency(&self) -> Latency {
        let mut lately: Vec<f64> = {
            let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.iter().filter(|(at, _)| at.elapsed() <= KEPT_FOR).map(|(_, s)| *s).collect()
        };
        lately.sort_by(f64::total_cmp);
        let count = lately.len();
        // Nearest rank: the smallest value that at least this share of all does not exceed.
        let rank = |percent: usize| {
            let place = (count * percent).div_ceil(100).saturating_sub(1);
            lately.get(place).copied().unwrap_or_default()
        };
        Latency { count, p50: rank(50), p95: rank(95), max: rank(100) }
    }
}
