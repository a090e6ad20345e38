//! The times of a case's life.

use serde::{Deserialize, Serialize};

/// What an operator may set about the life of a case, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// Monitoring and users must be silent this long before a case counts as resolved.
    pub resolve_after_ms: i64,
    /// Resolved this long without coming back, it is closed.
    pub close_after_ms: i64,
    /// A case of tickets alone is resolved after this long without a new ticket.
    pub quiet_after_ms: i64,
    /// A signal in no case is forgotten after this long without news.
    pub forget_after_ms: i64,
    /// The severity of a case falls after it has been milder for this long.
    #[serde(default = "usual_lower_after")]
    pub lower_after_ms: i64,
    /// The first cause must have held this long before tickets and alerts follow it.
    #[serde(default = "usual_settle_cause")]
    pub settle_cause_ms: i64,
}

const fn usual_lower_after() -> i64 {
    10 * 60_000
}

const fn usual_settle_cause() -> i64 {
    60_000
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            resolve_after_ms: 60_000,
            close_after_ms: 15 * 60_000,
            quiet_after_ms: 60 * 60_000,
            forget_after_ms: 2 * 3_600_000,
            lower_after_ms: usual_lower_after(),
            settle_cause_ms: usual_settle_cause(),
        }
    }
}
