//! Why a person's act could not be taken.

use crate::model::{Arg, CaseId, CaseState, Message};

/// Why an act was refused; nothing was changed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// There is no such case, or it is archived.
    #[error("no case {0} is open; it may be closed or merged")]
    Unknown(CaseId),
    /// The case has changed since the person looked at it.
    #[error(
        "{case} has changed since version {expects}: it is at version {version} now; look again"
    )]
    Stale {
        /// The case.
        case: CaseId,
        /// What the person saw.
        expects: u64,
        /// What it is now.
        version: u64,
        /// What has happened in between, oldest first.
        changed: Vec<Message>,
    },
    /// The act does not fit the state of the case.
    #[error("{case} is {}: {verb} does not fit that", .state.as_str())]
    NotNow {
        /// The case.
        case: CaseId,
        /// Its state.
        state: CaseState,
        /// What was wished.
        verb: &'static str,
    },
    /// Signals are named that the case does not have.
    #[error("{case} has no signal {signal}")]
    NoSignal {
        /// The case.
        case: CaseId,
        /// The signal.
        signal: String,
    },
    /// A signal is to be taken in that another case has.
    #[error("{signal} is in {case}: move it from there")]
    Elsewhere {
        /// The signal.
        signal: String,
        /// Its case.
        case: CaseId,
    },
    /// Nothing would be left, or nothing would go.
    #[error("a split needs signals that go and signals that stay")]
    NothingToSplit,
    /// No signals are named.
    #[error("{0} needs the ids of signals")]
    NoSignals(&'static str),
    /// A case cannot be merged with itself, nor signals moved where they are.
    #[error("{0} is the same case: name another one")]
    SameCase(CaseId),
    /// There is no such system.
    #[error("{0} is no system of the topology")]
    NoSystem(String),
    /// The moment has passed.
    #[error("the moment until which it should last has passed already")]
    Past,
    /// The text is empty that the act is about.
    #[error("{0} needs a text")]
    NoText(&'static str),
    /// There is no such act, or it is too old.
    #[error("act {0} is not known, is too old, or was undone already")]
    NoAct(u64),
    /// Something was decided after it.
    #[error("act {act} cannot be undone before act {newer}, which came after it")]
    NotLast {
        /// The act.
        act: u64,
        /// The one after it.
        newer: u64,
    },
}

impl Refused {
    /// The same for people, in the language they read.
    #[must_use]
    pub fn message(&self) -> Message {
        let of =
            |key: &'static str, case: &CaseId| Message::new(key).word("case", case.to_string());
        match self {
            Self::Unknown(case) => of("refused-unknown", case),
            Self::Stale { case, .. } => of("refused-stale", case),
            Self::NotNow { case, state, verb } => of("refused-not-now", case)
                .with("state", Arg::Key(format!("state-{}", state.as_str())))
                .with("verb", Arg::Key(format!("act-{verb}"))),
            Self::NoSignal { case, signal } => of("refused-no-signal", case).word("signal", signal),
            Self::Elsewhere { signal, case } => {
                of("refused-elsewhere", case).word("signal", signal)
            }
            Self::NothingToSplit => Message::new("refused-nothing-to-split"),
            Self::NoSignals(_) => Message::new("refused-no-signals"),
            Self::SameCase(case) => of("refused-same-case", case),
            Self::NoSystem(system) => Message::new("refused-no-system").word("system", system),
            Self::Past => Message::new("refused-past"),
            Self::NoText(_) => Message::new("refused-no-text"),
            Self::NoAct(_) => Message::new("refused-no-act"),
            Self::NotLast { .. } => Message::new("refused-not-last"),
        }
    }
}
