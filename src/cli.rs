//! The command line.

pub mod evaluate;
