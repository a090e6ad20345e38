//! What a method says about one object at one moment.

use crate::Severity;

/// Whether the object is as it should be, as far as the method can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Not enough is known: too little history, or no value for three intervals.
    Warming,
    /// Nothing to say.
    Normal,
    /// Something is wrong, this badly.
    Abnormal(Severity),
}

/// One number a verdict rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// `value`, `time_left` (s), `baseline`, `score`, `increase` or `age` (s).
    pub name: &'static str,
    /// The number; always finite.
    pub value: f64,
    /// The limit it was held against, if there is one.
    pub limit: Option<f64>,
}

impl Evidence {
    pub(crate) const fn new(name: &'static str, value: f64, limit: Option<f64>) -> Self {
        Self { name, value, limit }
    }
}

/// A method's answer to one point, or to the lack of one.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How the object is.
    pub status: Status,
    /// 0…1: how sure the method is that something is wrong.
    pub score: f64,
    /// When the abnormal state began (Unix milliseconds): its first bad point, not the moment of
    /// raising. `None` unless abnormal.
    pub since_ms: Option<i64>,
    /// The numbers it rests on; empty when nothing is known.
    pub evidence: Vec<Evidence>,
}
