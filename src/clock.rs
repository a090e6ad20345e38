//! The only place that asks what time it is.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use crate::model::Time;

/// The wall clock, made monotone: it never runs backwards within a process, so that events in the
/// log are in order of time whatever NTP does.
#[derive(Debug, Default)]
pub struct Clock {
    latest: AtomicI64,
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one caller")]
    pub fn now(&self) -> Time {
        let now = jiff::Timestamp::now().as_millisecond();
        Time(self.latest.fetch_max(now, Ordering::Relaxed).max(now))
    }

    /// How long to wait until a moment; zero when it has passed.
    pub fn until(&self, at: Time) -> Duration {
        let millis = at.0.saturating_sub(self.now().0).max(0);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

/// Seconds since an instant of the operating system's steady clock, for measuring durations.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(std::time::Instant);

impl Stopwatch {
    /// Starts measuring.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "durations are measured on the steady clock")]
    pub fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Seconds since the start.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}
