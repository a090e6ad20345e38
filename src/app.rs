//! Builds everything from the configuration and runs it: start, reload, graceful stop.

pub mod core;
pub mod deliver;
