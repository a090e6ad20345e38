//! The product on real parts: PostgreSQL, Elasticsearch, Znuny, Alertmanager, Prometheus, Chromium.
//! `tests/run it` installs and starts them; a part that cannot be had leaves its tests out, loudly.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test may fail by panicking, measures real time and may print"
)]

#[path = "it/acts.rs"]
mod acts;
#[path = "it/browser.rs"]
mod browser;
#[path = "it/crash.rs"]
mod crash;
#[path = "it/directory.rs"]
mod directory;
#[path = "it/doors.rs"]
mod doors;
#[path = "it/faults.rs"]
mod faults;
#[path = "it/ground.rs"]
mod ground;
#[path = "it/harness.rs"]
mod harness;
#[path = "it/lock_chain.rs"]
mod lock_chain;
#[path = "it/mass_incident.rs"]
mod mass_incident;
#[path = "it/monitoring.rs"]
mod monitoring;
#[path = "it/night.rs"]
mod night;
#[path = "it/otrs.rs"]
mod otrs;
#[path = "it/outages.rs"]
mod outages;
#[path = "it/pages.rs"]
mod pages;
#[path = "it/quiet.rs"]
mod quiet;
#[path = "it/upgrade.rs"]
mod upgrade;
#[path = "it/versions.rs"]
mod versions;
