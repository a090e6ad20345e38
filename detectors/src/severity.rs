//! The severity ladder shared by detectors, findings and Problems.

use serde::{Deserialize, Serialize};

/// How bad a thing is, mildest first: the order is the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; never opens a Problem by itself.
    Info,
    /// Work for today; opens a ticket.
    Warning,
    /// Act now, before users are hurt more.
    High,
    /// Page somebody.
    Critical,
}

impl Severity {
    /// All rungs, mildest first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::High, Self::Critical];

    /// The word used in configuration, labels and the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Reads the word written by [`Severity::as_str`].
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|severity| severity.as_str() == word)
    }
}
