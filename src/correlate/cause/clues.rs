//! Clues: what speaks for and against a suspect, kept so that ranking makes no words. They are made when somebody
//! reads them.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use crate::model::{Cause, Message, Reason};

/// A suspected cause as it was last ranked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suspected {
    /// The system.
    pub system: CompactString,
    /// Share of belief, 0…1; all suspects of one cluster add up to at most 1.
    pub probability: f64,
    /// What speaks for and against it, strongest first.
    pub(super) clues: Vec<Clue>,
}

/// One piece of evidence for or against a suspect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Clue {
    /// Nats.
    pub(super) weight: f64,
    pub(super) says: Says,
}

/// What a clue says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Says {
    /// Trouble in this system follows from it.
    Explains(CompactString),
    /// Trouble in this system does not.
    DoesNotExplain(CompactString),
    /// So many findings of its own.
    OwnFindings(u32),
    /// No finding, but so many tickets.
    OwnTickets(u32),
    /// It shows nothing itself.
    ShowsNothing,
    /// Its trouble is of a rare kind.
    Rare,
    /// It was the first to break.
    First,
    /// It broke so many seconds after the first.
    Later(f64),
    /// This system, which it depends on, is broken as well.
    BrokenBelow(CompactString),
    /// This version was installed just before.
    Release(CompactString),
}

impl Suspected {
    /// In words.
    #[must_use]
    pub fn cause(&self) -> Cause {
        let reason = |clue: &Clue| Reason::new(clue.weight, clue.says.words(&self.system));
        Cause {
            system: self.system.to_string(),
            probability: self.probability,
            evidence: self.clues.iter().map(reason).collect(),
        }
    }
}

impl Says {
    /// In words, of a suspect.
    fn words(&self, suspect: &str) -> Message {
        match self {
            Self::Explains(system) => Message::new("cause-explains").system("system", system),
            Self::DoesNotExplain(system) => {
                Message::new("cause-does-not-explain").system("system", system)
            }
            Self::OwnFindings(count) => {
                Message::new("cause-own-findings").number("count", f64::from(*count))
            }
            Self::OwnTickets(count) => {
                Message::new("cause-own-tickets").number("count", f64::from(*count))
            }
            Self::ShowsNothing => Message::new("cause-shows-nothing").system("system", suspect),
            Self::Rare => Message::new("cause-rare"),
            Self::First => Message::new("cause-first"),
            Self::Later(seconds) => Message::new("cause-later").span("span", seconds.round()),
            Self::BrokenBelow(system) => {
                Message::new("cause-broken-below").system("system", system)
            }
            Self::Release(version) => {
                Message::new("cause-release").word("version", version.as_str())
            }
        }
    }
}
