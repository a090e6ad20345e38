#![doc = include_str!("../README.md")]

mod alarm;
pub mod counter;
mod error;
pub mod forecast;
pub mod freshness;
mod ladder;
mod method;
pub mod no_data;
mod number;
pub mod outlier;
mod pace;
pub mod set_change;
mod severity;
pub mod threshold;
mod verdict;

#[cfg(test)]
mod tests;

pub use error::ConfigError;
pub use ladder::{Direction, Ladder};
pub use method::{Method, State};
pub use severity::Severity;
pub use verdict::{Evidence, Status, Verdict};
