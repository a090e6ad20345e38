//! How the sources are doing, for pages and the API.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use crate::model::{Text, Time};

/// How a source is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceHealth {
    /// `postgres`, `otrs`, ….
    pub kind: String,
    /// Its configured name.
    pub instance: String,
    /// The system it belongs to.
    pub system: String,
    /// Whether the last poll brought something.
    pub up: bool,
    /// Found on this machine but not watched yet; `message` says what is missing.
    pub offered: bool,
    /// When it was last polled.
    pub polled_at: Option<Time>,
    /// How long that took, seconds.
    pub seconds: f64,
    /// How many samples or tickets it brought.
    pub samples: usize,
    /// What went wrong, or what is missing and what to do.
    pub message: Option<Text>,
}

/// The health of all sources, by `kind/instance`.
#[derive(Clone, Debug, Default)]
pub struct Sources(Arc<RwLock<BTreeMap<String, SourceHealth>>>);

impl Sources {
    /// Notes how a source is doing.
    pub fn put(&self, health: SourceHealth) {
        let name = format!("{}/{}", health.kind, health.instance);
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, health);
    }

    /// Forgets a source that is no longer configured.
    pub fn forget(&self, kind: &str, instance: &str) {
        let name = format!("{kind}/{instance}");
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(&name);
    }

    /// All of them, in order.
    #[must_use]
    pub fn all(&self) -> Vec<SourceHealth> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}
