//! What an operator may set about grouping and the life of a Problem.

use serde::{Deserialize, Serialize};

use super::Weights;

/// How grouping weighs evidence.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// The weights of the pieces of evidence, in log-odds.
    pub weights: Weights,
    /// When many tickets alone make a Problem.
    pub mass: Mass,
}

/// When tickets alone, without any finding, make a Problem.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mass {
    /// At least this many different users.
    pub users: u32,
    /// Within this window, milliseconds.
    pub window_ms: i64,
    /// And the count must be this improbable at the system's usual rate (Poisson tail).
    pub false_alarm: f64,
}

impl Default for Mass {
    fn default() -> Self {
        Self { users: 5, window_ms: 30 * 60_000, false_alarm: 1e-4 }
    }
}

/// The times of a Problem's life, milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lifecycle {
    /// All findings must be over this long before it counts as resolved.
    pub resolve_after_ms: i64,
    /// A Problem of foreign alerts without an end is resolved after this long without a new one.
    pub alerts_quiet_ms: i64,
    /// Resolved this long without coming back, it is closed.
    pub close_after_ms: i64,
    /// A Problem of tickets alone is resolved after this long without a new ticket.
    pub quiet_after_ms: i64,
    /// A group that never became a Problem is forgotten after this long without news.
    pub forget_after_ms: i64,
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self {
            resolve_after_ms: 60_000,
            alerts_quiet_ms: 10 * 60_000,
            close_after_ms: 15 * 60_000,
            quiet_after_ms: 60 * 60_000,
            forget_after_ms: 2 * 3_600_000,
        }
    }
}
