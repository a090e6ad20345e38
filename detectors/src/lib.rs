//! Streaming detector methods: pure, deterministic, O(1) a sample, with state that can be saved
//! and restored. Time is always an argument; nothing here does I/O, reads a clock or draws a
//! random number.

mod severity;

pub use severity::Severity;
