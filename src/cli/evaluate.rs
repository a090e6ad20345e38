//! `vakhta evaluate`: streams files through the very code that runs in production and writes what
//! it decided. No figure is computed here: scorers are elsewhere.

pub mod storm;
