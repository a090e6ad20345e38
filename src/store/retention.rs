//! Nothing grows without bound: what is older than its time goes.

use sqlx::Row;

use super::{Store, StoreError, signed, unsigned, while_doing};
use crate::model::Time;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 24 * HOUR_MS;
/// How long it is known how systems stood: the last day can be looked at, with room for a long night.
const STATES_MS: i64 = 3 * DAY_MS;
/// The newest snapshots are all kept.
const NEWEST: usize = 3;
/// Rows deleted at once, so that no append waits long.
const AT_ONCE: u32 = 5_000;

/// How long things are kept, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Events of the log, and the outbox's rows that are done.
    pub log_ms: i64,
    /// Archived cases.
    pub archive_ms: i64,
    /// What tickets say, since they last changed.
    pub texts_ms: i64,
    /// Recorded samples of what rules with limits read.
    pub samples_ms: i64,
}

impl Default for Retention {
    fn default() -> Self {
        Self {
            log_ms: 90 * DAY_MS,
            archive_ms: 3 * 365 * DAY_MS,
            texts_ms: 365 * DAY_MS,
            samples_ms: 7 * DAY_MS,
        }
    }
}

/// What a round of trimming took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trimmed {
    /// Rows in all.
    pub rows: u64,
    /// There is more to do: come again soon.
    pub is_more: bool,
}

impl Store {
    /// Takes away what is older than its time: a bounded piece of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn trim(&self, now: Time, retention: &Retention) -> Result<Trimmed, StoreError> {
        let mut trimmed = Trimmed::default();
        self.thin_snapshots(now).await?;
        let kept = self.snapshots().await?;
        let log = now.plus_millis(-retention.log_ms).0;
        // The log must reach back to the oldest snapshot that is kept.
        let oldest = signed(kept.last().copied().unwrap_or(0));
        let deletes = [
            (
                "DELETE FROM events WHERE seq IN (SELECT seq FROM events WHERE at < ? AND seq <= ? \
              ORDER BY seq LIMIT ?)",
                log,
                oldest,
            ),
            (
                "DELETE FROM outbox WHERE position IN (SELECT position FROM outbox WHERE decided_at < ? \
              AND ? >= 0 AND state NOT IN ('pending', 'in_flight') LIMIT ?)",
                log,
                0,
            ),
            (
                "DELETE FROM archive WHERE id IN (SELECT id FROM archive WHERE closed_at < ? \
              AND ? >= 0 LIMIT ?)",
                now.plus_millis(-retention.archive_ms).0,
                0,
            ),
            (
                "DELETE FROM audit WHERE position IN (SELECT position FROM audit WHERE at < ? \
              AND ? >= 0 LIMIT ?)",
                now.plus_millis(-retention.archive_ms).0,
                0,
            ),
            (
                "DELETE FROM ticket_texts WHERE ticket IN (SELECT ticket FROM ticket_texts WHERE at < ? \
              AND ? >= 0 LIMIT ?)",
                now.plus_millis(-retention.texts_ms).0,
                0,
            ),
            // What a system was before the days that are kept is what it is at their beginning.
            (
                "DELETE FROM system_states WHERE (system, at) IN (SELECT old.system, old.at FROM system_states old \
              WHERE old.at < ?1 AND ?2 >= 0 AND EXISTS (SELECT 1 FROM system_states next WHERE next.system = \
              old.system AND next.at > old.at AND next.at < ?1) LIMIT ?3)",
                now.plus_millis(-STATES_MS).0,
                0,
            ),
            // Sign-ins that failed are many when somebody guesses: they are kept for a month.
            (
                "DELETE FROM audit WHERE position IN (SELECT position FROM audit WHERE at < ? \
              AND ? >= 0 AND what = 'refused' LIMIT ?)",
                now.plus_millis(-30 * DAY_MS).0,
                0,
            ),
            (
                "DELETE FROM access WHERE hash IN (SELECT hash FROM access WHERE expires_at < ? \
              AND ? >= 0 LIMIT ?)",
                now.0,
                0,
            ),
        ];
        for (statement, before, bound) in deletes {
            let done = sqlx::query(statement)
                .bind(before)
                .bind(bound)
                .bind(AT_ONCE)
                .execute(&self.writer)
                .await
                .map_err(while_doing("trim"))?;
            trimmed.rows += done.rows_affected();
            trimmed.is_more |= done.rows_affected() >= u64::from(AT_ONCE);
        }
        Ok(trimmed)
    }

    /// Keeps the newest snapshots, one an hour of the last day, one a day of the last week.
    async fn thin_snapshots(&self, now: Time) -> Result<(), StoreError> {
        let rows = sqlx::query("SELECT seq, at FROM snapshots ORDER BY seq DESC")
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read the snapshots"))?;
        let all: Vec<(u64, Time)> =
            rows.iter().map(|row| (unsigned(row.get(0)), Time(row.get(1)))).collect();
        for seq in surplus(now, &all) {
            sqlx::query("DELETE FROM snapshots WHERE seq = ?")
                .bind(signed(seq))
                .execute(&self.writer)
                .await
                .map_err(while_doing("drop a snapshot"))?;
        }
        Ok(())
    }
}

/// Of snapshots, newest first, those that are not kept.
fn surplus(now: Time, snapshots: &[(u64, Time)]) -> Vec<u64> {
    let mut seen = std::collections::BTreeSet::new();
    let mut surplus = Vec::new();
    for (place, (seq, at)) in snapshots.iter().enumerate() {
        let age = now.0 - at.0;
        let slot = if age < DAY_MS {
            Some((HOUR_MS, at.0.div_euclid(HOUR_MS)))
        } else if age < 7 * DAY_MS {
            Some((DAY_MS, at.0.div_euclid(DAY_MS)))
        } else {
            None
        };
        let is_first = slot.is_some_and(|slot| seen.insert(slot));
        if place >= NEWEST && !is_first {
            surplus.push(*seq);
        }
    }
    surplus
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_thin_out_with_age() {
        let now = Time(1_790_000_000_000);
        // One a minute for ten days.
        let all: Vec<(u64, Time)> =
            (0..14_400_i64).map(|n| (unsigned(14_400 - n), Time(now.0 - n * 60_000))).collect();
        let dropped = surplus(now, &all);
        let kept = all.len() - dropped.len();
        assert!((3 + 24 + 6..=3 + 25 + 8).contains(&kept), "{kept}");
        assert!(!dropped.contains(&14_400));
    }
}
