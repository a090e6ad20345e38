//! The only place that asks what time it is.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::model::Time;

/// The wall clock, made monotone: it never runs backwards within a process, so that events in the
/// log are in order of time whatever NTP does. While the wall clock lies behind what was said last
/// (it was set back), time goes on at half its pace by the steady clock: it must not stand still.
#[derive(Debug, Default)]
pub struct Clock {
    latest: Mutex<Option<(i64, Stopwatch)>>,
}

impl Clock {
    /// Now.
    #[expect(clippy::disallowed_methods, reason = "this is the one caller")]
    pub fn now(&self) -> Time {
        let wall = jiff::Timestamp::now().as_millisecond();
        let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
        Time(later(&mut latest, wall))
    }

    /// Time has been at least this already, in an earlier run: from now on it is never said to be before. While the
    /// wall clock lies behind, time goes on at half its pace.
    pub fn at_least(&self, at: Time) {
        let now = self.now();
        if at > now {
            let mut latest = self.latest.lock().unwrap_or_else(PoisonError::into_inner);
            *latest = Some((at.0, Stopwatch::start()));
        }
    }

    /// How long to wait until a moment; zero when it has passed.
    pub fn until(&self, at: Time) -> Duration {
        let millis = at.0.saturating_sub(self.now().0).max(0);
        Duration::from_millis(u64::try_from(millis).unwrap_or_default())
    }
}

/// The moment to say when the wall clock says `wall`. A wall clock that lies behind is caught up with at
/// half its pace, so that what is said never runs back.
fn later(latest: &mut Option<(i64, Stopwatch)>, wall: i64) -> i64 {
    if let Some((said, since)) = latest {
        let passed = Duration::from_secs_f64(since.seconds() / 2.0);
        let gentle = said.saturating_add(i64::try_from(passed.as_millis()).unwrap_or(0));
        if wall < gentle {
            return gentle;
        }
    }
    *latest = Some((wall, Stopwatch::start()));
    wall
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_goes_on_when_the_wall_clock_is_set_back() {
        let mut latest = None;
        assert_eq!(later(&mut latest, 1_000_000), 1_000_000);
        // It was set back by 40 ms: every answer is at least the one before, and it is caught up with.
        let began = Stopwatch::start();
        let mut before = 1_000_000;
        loop {
            let passed = Duration::from_secs_f64(began.seconds()).as_millis();
            let wall = 999_960 + i64::try_from(passed).unwrap();
            let said = later(&mut latest, wall);
            assert!(said >= before, "{said} after {before}");
            before = said;
            if passed > 200 {
                assert_eq!(said, wall);
                break;
            }
        }
    }
}
