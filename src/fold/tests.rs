//! The whole fold: events in, what people see and what is told out. Scenarios by the harm they would do.

mod acts;
mod grouping;
mod life;
mod surges;
mod told;
pub(crate) mod world;
