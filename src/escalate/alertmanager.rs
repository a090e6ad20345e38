//! Alerts by the API version 2 of Alertmanager.
//!
//! An alert is its labels: sending it again is harmless, and it must be sent again, because Alertmanager
//! resolves what it has not heard of for a while. A case is one alert that gets worse: the labels of a worse
//! severity fire before the milder ones end, and the shipped inhibition keeps the milder ones quiet, so nobody
//! reads «resolved» while the case lasts.

mod config;
mod row;
mod send;
mod silence;
mod wording;

pub use config::Config;
pub use row::{AlertRow, Raised};
pub use send::AlertmanagerChannel;
