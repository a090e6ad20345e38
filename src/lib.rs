//! Vakhta (вахта, a watch on duty): watches CRM B2C and the systems around it, groups what belongs
//! together into Problems, names the likely cause with its evidence, and gets people told.
//!
//! The rooms are the way of the data: `collect` → `series` → `detect` → `correlate` → `cases` → `escalate`.

pub mod api;
pub mod app;
pub mod cases;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod config;
pub mod correlate;
pub mod detect;
pub mod engine;
pub mod escalate;
pub mod fold;
pub mod http;
pub mod i18n;
pub mod knowledge;
pub mod model;
pub mod otrs;
pub mod people;
pub mod recorder;
pub mod runbooks;
pub mod series;
pub mod store;
pub mod telemetry;
pub mod text;
pub mod topology;
pub mod web;

/// The grouping makes and drops many small things that live for seconds to hours, in any order.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
