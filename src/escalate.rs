//! Getting the right people told: policies decide what is to be done outside, the outbox does it once,
//! channels know how.
//!
//! Deciding is pure and level-triggered: it compares what a case is with what was told of it, so it may be
//! asked at any time and as often as one likes. A channel is one folder: what it says, what it wants done
//! and when, how it is done once, its configuration.

pub mod alertmanager;
mod decode;
pub mod delivery;
mod notify;
pub mod otrs;
pub mod policy;
mod telling;
mod wording;

pub use decode::policies;
pub use notify::{Report, State, Told};
pub use policy::{AlertPolicy, Escalation, Policy, TicketPolicy};
pub use telling::Context;
