//! Why a signal is in no case, so that every silence can be explained.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::evidence::Why;
use crate::model::{CaseId, Message};

/// The most signals remembered; beyond it the oldest are forgotten.
const MOST: usize = 5_000;
/// The most tickets remembered after they were let go.
const MOST_DONE: usize = 20_000;

/// Tickets that were dealt with, the oldest forgotten first: an agent's later touch must not make them
/// new.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DoneTickets {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl DoneTickets {
    pub(super) fn put(&mut self, ticket: String) {
        if !self.ids.insert(ticket.clone()) {
            return;
        }
        self.order.push_back(ticket);
        if self.order.len() > MOST_DONE
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, ticket: &str) -> bool {
        self.ids.contains(ticket)
    }
}

/// Why a signal is in no case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unassigned {
    /// In words.
    pub why: Message,
    /// The case it came nearest to, if one was open around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
}

/// A case that a signal might have joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// The case.
    pub case: CaseId,
    /// What spoke for and against it.
    pub why: Why,
    /// It fits, but names no system: for people to decide.
    #[serde(default)]
    pub is_candidate: bool,
}

/// The reasons, the oldest forgotten first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Reasons {
    entries: BTreeMap<String, Unassigned>,
    order: VecDeque<String>,
}

impl Reasons {
    pub(super) fn put(&mut self, signal: &str, reason: Unassigned) {
        if self.entries.insert(signal.to_owned(), reason).is_some() {
            return;
        }
        self.order.push_back(signal.to_owned());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    pub(super) fn get(&self, signal: &str) -> Option<&Unassigned> {
        self.entries.get(signal)
    }

    /// Signals that might belong to a case, for people to decide.
    pub(super) fn candidates(&self, case: CaseId) -> impl Iterator<Item = &str> {
        let is_of = move |reason: &Unassigned| {
            reason.nearest.as_ref().is_some_and(|near| near.is_candidate && near.case == case)
        };
        let of_case = self.entries.iter().filter(move |(_, reason)| is_of(reason));
        of_case.map(|(signal, _)| signal.as_str())
    }
}
