//! When clusters become one, so do their cases.

use std::sync::Arc;

use super::State;
use crate::correlate::{self, Cluster};
use crate::model::{CaseId, CaseState, Link, LinkKind, Message, Time, TimelineKind};

impl State {
    /// The larger part of a cluster went to another one: its cases follow. One of a kind that is there already
    /// is merged into that one; its own ticket stays open and is moved, not closed.
    pub(super) fn follow_merge(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        from: u64,
        to: u64,
    ) {
        let followers: Vec<CaseId> =
            self.by_cluster.get(from).into_iter().flatten().copied().collect();
        for id in followers {
            let there = self.of_cluster(to).find(|case| {
                case.id.kind == id.kind && case.id != id && !case.decided.state.is_over()
            });
            match there.map(|case| case.id) {
                Some(into) => {
                    let (stays, goes) = self.elder(into, id);
                    self.relocate(id, to);
                    self.absorb(now, correlate, goes, stays);
                }
                None => {
                    self.relocate(id, to);
                    let beside: Vec<CaseId> =
                        self.of_cluster(to).map(|case| case.id).filter(|one| *one != id).collect();
                    for other in beside {
                        self.link(id, other);
                    }
                }
            }
        }
        self.refresh_standing(correlate, from);
        self.refresh_standing(correlate, to);
        correlate.drop_if_empty(from);
    }

    /// Of two cases the one that goes on: the one that a person has taken, else the older.
    fn elder(&self, one: CaseId, other: CaseId) -> (CaseId, CaseId) {
        let rank = |id: CaseId| {
            let is_taken = self.case(id).is_some_and(|case| case.decided.owner.is_some());
            (!is_taken, id.number)
        };
        if rank(one) <= rank(other) { (one, other) } else { (other, one) }
    }

    /// A case is about another cluster from now on.
    pub(super) fn relocate(&mut self, id: CaseId, to: u64) {
        let Some(from) = self.case(id).and_then(|case| case.decided.cluster) else { return };
        self.leave_cluster(id, from);
        self.enter_cluster(id, to);
        self.change(id, |case| case.decided.cluster = Some(to));
    }

    /// One case goes on for another, which keeps its number and its ticket until both are closed.
    pub(super) fn absorb(
        &mut self,
        now: Time,
        correlate: &correlate::State,
        goes: CaseId,
        stays: CaseId,
    ) {
        let line = Message::new("line-merged-into").word("case", stays.to_string());
        self.note(now, goes, TimelineKind::State, line.clone());
        let absorbed = Message::new("line-merged").word("case", goes.to_string());
        self.note(now, stays, TimelineKind::State, absorbed.clone());
        // Its signals are the other one's; what is left of it are its line and its history.
        let Some(facts) = self.facts(goes, correlate) else { return };
        let frozen = match (facts.cluster, &facts.case.frozen) {
            (None, Some(frozen)) => Arc::clone(frozen),
            _ => Arc::new(facts.last_line()),
        };
        let suspects = facts.cluster.map(Cluster::share_suspects);
        if let Some(cluster) = self.case(goes).and_then(|case| case.decided.cluster) {
            self.leave_cluster(goes, cluster);
        }
        self.change(goes, |case| {
            case.frozen = Some(frozen);
            case.suspects = suspects.unwrap_or_default();
            case.decided.state = CaseState::Merged;
            case.decided.merged_into = Some(stays);
            case.decided.cluster = None;
            case.bump(line);
        });
        let opened_at = self.case(goes).map(|case| case.opened_at);
        self.change(stays, |case| {
            case.decided.links.insert(Link { kind: LinkKind::Absorbed, case: goes });
            case.opened_at = opened_at.map_or(case.opened_at, |at| at.min(case.opened_at));
            case.bump(absorbed);
        });
    }
}
