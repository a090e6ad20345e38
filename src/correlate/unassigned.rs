//! Why a signal is in no case, so that every silence can be explained.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use compact_str::CompactString;
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
    ids: BTreeSet<CompactString>,
    order: VecDeque<CompactString>,
}

impl DoneTickets {
    pub(super) fn put(&mut self, ticket: CompactString) {
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

impl Unassigned {
    /// The case that it is offered to, for people to decide.
    fn offered_to(&self) -> Option<CaseId> {
        self.nearest.as_ref().filter(|near| near.is_candidate).map(|near| near.case)
    }
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
#[serde(from = "Written")]
pub(super) struct Reasons {
    entries: BTreeMap<CompactString, Unassigned>,
    order: VecDeque<CompactString>,
    /// The signals offered to each case: asked for whenever one is looked at or closed.
    #[serde(skip)]
    offered: BTreeMap<CaseId, BTreeSet<CompactString>>,
}

/// The reasons as they are written down.
#[derive(Deserialize)]
struct Written {
    entries: BTreeMap<CompactString, Unassigned>,
    order: VecDeque<CompactString>,
}

impl From<Written> for Reasons {
    fn from(Written { entries, order }: Written) -> Self {
        let mut offered: BTreeMap<CaseId, BTreeSet<CompactString>> = BTreeMap::new();
        for (signal, reason) in &entries {
            if let Some(case) = reason.offered_to() {
                offered.entry(case).or_default().insert(signal.clone());
            }
        }
        Self { entries, order, offered }
    }
}

impl Reasons {
    pub(super) fn put(&mut self, signal: &str, reason: Unassigned) {
        let case = reason.offered_to();
        let before = self.entries.insert(signal.into(), reason);
        self.withdraw(signal, before.as_ref());
        if let Some(case) = case {
            self.offered.entry(case).or_default().insert(signal.into());
        }
        if before.is_some() {
            return;
        }
        self.order.push_back(signal.into());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            let reason = self.entries.remove(&oldest);
            self.withdraw(&oldest, reason.as_ref());
        }
    }

    /// A signal is no longer offered to the case that it was.
    fn withdraw(&mut self, signal: &str, reason: Option<&Unassigned>) {
        let Some(case) = reason.and_then(Unassigned::offered_to) else { return };
        let Some(offered) = self.offered.get_mut(&case) else { return };
        offered.remove(signal);
        if offered.is_empty() {
            self.offered.remove(&case);
        }
    }

    pub(super) fn get(&self, signal: &str) -> Option<&Unassigned> {
        self.entries.get(signal)
    }

    /// Signals that might belong to a case, for people to decide.
    pub(super) fn candidates(&self, case: CaseId) -> impl Iterator<Item = &str> {
        self.offered.get(&case).into_iter().flatten().map(CompactString::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(case: u64, is_candidate: bool) -> Unassigned {
        let case = CaseId { kind: crate::model::CaseKind::Problem, number: case };
        let nearest = Some(Nearest { case, why: Why::First, is_candidate });
        Unassigned { why: Message::new("unassigned-candidate"), nearest }
    }

    fn offered(reasons: &Reasons, case: u64) -> Vec<&str> {
        let kind = crate::model::CaseKind::Problem;
        reasons.candidates(CaseId { kind, number: case }).collect()
    }

    #[test]
    fn what_is_offered_to_a_case_follows_the_reasons() {
        let mut reasons = Reasons::default();
        reasons.put("b", near(1, true));
        reasons.put("a", near(1, true));
        reasons.put("c", near(1, false));
        assert_eq!(offered(&reasons, 1), ["a", "b"]);
        reasons.put("a", near(2, true));
        reasons.put("b", near(1, false));
        assert_eq!((offered(&reasons, 1), offered(&reasons, 2)), (vec![], vec!["a"]));
        let written = serde_json::to_string(&reasons).unwrap();
        assert_eq!(serde_json::from_str::<Reasons>(&written).unwrap(), reasons);
        for number in 0..MOST {
            reasons.put(&format!("later-{number}"), near(3, true));
        }
        assert!(offered(&reasons, 2).is_empty(), "the oldest are forgotten");
        assert_eq!(offered(&reasons, 3).len(), MOST);
    }
}
