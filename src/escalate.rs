//! Getting the right people told: policies decide what is to be done outside, the outbox does it
//! once, channels know how.
//!
//! Deciding is pure and level-triggered: it compares what a Problem is with what was told of it,
//! so it may be asked at any time and as often as one likes.

pub mod alertmanager;
mod decode;
pub mod delivery;
pub mod otrs;
pub mod policy;
mod told;
mod wording;

pub use decode::policies;
pub use policy::{AlertPolicy, Escalation, Policy, TicketPolicy};
pub use told::{Context, Report, State, Told};
