//! What a person decides about a case.

use serde::{Deserialize, Serialize};

use super::{CaseId, Time};

/// A decision. Every one can be undone while the case is in the state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// I take it: its paging stops.
    Take,
    /// Somebody else takes it.
    HandOver {
        /// Who.
        to: String,
    },
    /// A remark for the history.
    Comment,
    /// It is over, whatever the detectors still say.
    Resolve,
    /// It is not over.
    Reopen,
    /// It is what the engine says it is.
    Confirm,
    /// It is nothing: a false alarm.
    Reject,
    /// It is the same as another case, which goes on for both.
    Merge {
        /// The case that goes on.
        into: CaseId,
    },
    /// Some of its signals are another fault: they become a case of their own.
    Split {
        /// Ids of the signals that go.
        signals: Vec<String>,
    },
    /// Some of its signals belong to another case, or to none.
    Move {
        /// Ids of the signals that go.
        signals: Vec<String>,
        /// Where to; none: out of every case.
        to: Option<CaseId>,
    },
    /// Some signals that are in no case belong to this one.
    TakeIn {
        /// Ids of the signals.
        signals: Vec<String>,
    },
    /// The cause is this system; none gives it back to the engine.
    SetCause {
        /// The system's key.
        system: Option<String>,
    },
    /// It is a known error.
    KnownError {
        /// Its number in the knowledge base; empty takes it back.
        reference: String,
    },
    /// Its paging pauses.
    Snooze {
        /// Until when.
        until: Time,
    },
    /// Some of its signals are not to be heard for a while.
    Mute {
        /// Ids of the signals; empty: all that it has now.
        signals: Vec<String>,
        /// Until when.
        until: Time,
    },
    /// An earlier act is taken back.
    Undo {
        /// The act's number.
        act: u64,
    },
}

impl Verb {
    /// The word used in the API and in the log.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Take => "take",
            Self::HandOver { .. } => "hand_over",
            Self::Comment => "comment",
            Self::Resolve => "resolve",
            Self::Reopen => "reopen",
            Self::Confirm => "confirm",
            Self::Reject => "reject",
            Self::Merge { .. } => "merge",
            Self::Split { .. } => "split",
            Self::Move { .. } => "move",
            Self::TakeIn { .. } => "take_in",
            Self::SetCause { .. } => "set_cause",
            Self::KnownError { .. } => "known_error",
            Self::Snooze { .. } => "snooze",
            Self::Mute { .. } => "mute",
            Self::Undo { .. } => "undo",
        }
    }
}

/// A person's decision, as it reaches the core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// The case it is about.
    pub case: CaseId,
    /// The version of the case that the person saw; none: whatever it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expects: Option<u64>,
    /// What was decided.
    pub verb: Verb,
    /// Who decided.
    pub by: String,
    /// Why, in their words; what was done, of a resolution.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
}
