//! Slows down who guesses passwords, without locking anybody out: each wrong guess of a name from an address makes the
//! next one from there wait longer; the right password is taken whenever it comes.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as Turn, OwnedMutexGuard};

/// Wrong guesses that cost nothing: people mistype.
const FREE: u32 = 4;
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(8);
/// Names and addresses remembered; beyond that the quiet ones are forgotten.
const REMEMBERED: usize = 10_000;
/// Attempts of one name from one address that wait at the same time.
const WAITING: usize = 5;

type Key = (String, Option<IpAddr>);

/// Who has guessed wrong, and how often.
#[derive(Clone, Debug, Default)]
pub struct Throttle(Arc<Mutex<HashMap<Key, Arc<Turn<u32>>>>>);

/// A turn to try; how it went is said by [`Turnstile::right`] or [`Turnstile::wrong`].
#[derive(Debug)]
pub(crate) struct Turnstile(OwnedMutexGuard<u32>);

impl Throttle {
    /// Waits for one's turn; none when too many wait already.
    pub(crate) async fn turn(&self, name: &str, address: Option<IpAddr>) -> Option<Turnstile> {
        let turn = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if known.len() >= REMEMBERED {
                // Who has guessed wrong is remembered; a flood of names pushes nobody out but itself.
                known.retain(|_, turn| {
                    Arc::strong_count(turn) > 1 || turn.try_lock().is_ok_and(|wrong| *wrong > FREE)
                });
            }
            let name: String = name.trim().to_lowercase().chars().take(100).collect();
            Arc::clone(known.entry((name, address)).or_default())
        };
        if Arc::strong_count(&turn) > WAITING + 1 {
            return None;
        }
        let wrong = turn.lock_owned().await;
        tokio::time::sleep(pause(*wrong)).await;
        Some(Turnstile(wrong))
    }
}

impl Turnstile {
    /// It was the right password.
    pub(crate) fn right(mut self) {
        *self.0 = 0;
    }

    /// It was not.
    pub(crate) fn wrong(mut self) {
        *self.0 = self.0.saturating_add(1);
    }
}

/// How long the next guess waits: half a second, then twice as long each time.
fn pause(wrong: u32) -> Duration {
    match wrong.checked_sub(FREE) {
        None => Duration::ZERO,
        Some(more) => Duration::from_millis(500 << more.min(8)).min(LONGEST),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn guessing_gets_slow_and_nobody_is_locked_out() {
        let throttle = Throttle::default();
        let began = tokio::time::Instant::now();
        for _ in 0..5 {
            throttle.turn("anna", None).await.unwrap().wrong();
        }
        assert_eq!(began.elapsed(), Duration::from_millis(500));
        for _ in 0..20 {
            throttle.turn("anna", None).await.unwrap().wrong();
        }
        assert!(began.elapsed() > Duration::from_secs(100), "{:?}", began.elapsed());
        // Who knows the password waits a few seconds at most, and not at all from another place.
        let now = tokio::time::Instant::now();
        let elsewhere = Some(IpAddr::from([10, 0, 0, 1]));
        throttle.turn("anna", elsewhere).await.unwrap().right();
        assert_eq!(now.elapsed(), Duration::ZERO);
        throttle.turn("anna", None).await.unwrap().right();
        assert!(now.elapsed() <= LONGEST);
        throttle.turn("anna", None).await.unwrap().right();
        assert!(now.elapsed() <= LONGEST);
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_at_one_name_is_sent_away() {
        let throttle = Throttle::default();
        let first = throttle.turn("anna", None).await.unwrap();
        let tasks = tokio_util::task::TaskTracker::new();
        let waiting: Vec<_> = (0..WAITING + 3)
            .map(|_| {
                let throttle = throttle.clone();
                tasks.spawn(async move { throttle.turn("anna", None).await.map(Turnstile::wrong) })
            })
            .collect();
        tokio::task::yield_now().await;
        first.right();
        let mut away = 0;
        for attempt in waiting {
            away += usize::from(attempt.await.unwrap().is_none());
        }
        assert_eq!(away, 4);
    }
}
