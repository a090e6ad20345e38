//! Vakhta (вахта, a watch on duty): watches CRM B2C and the systems around it, groups what belongs
//! together into Problems, names the likely cause with its evidence, and gets people told.
//!
//! The rooms are the way of the data: `collect` → `series` → `detect` → `correlate` → `escalate`.

pub mod collect;
pub mod config;
pub mod model;
pub mod series;
