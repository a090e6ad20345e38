//! What was decided about a case, and how that is taken back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::model::{CaseId, CaseKind, CaseState, Link, LinkKind, Time};

/// How a case came to an end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolution {
    /// When.
    pub at: Time,
    /// The person who said so; none: its signals ended.
    pub by: Option<String>,
    /// What was done, in their words.
    pub why: String,
}

/// What was decided about a case, by people or by its state machine: what undo restores.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decided {
    /// Where in its life.
    pub state: CaseState,
    /// The cluster it is about; none once it is merged or closed.
    pub cluster: Option<u64>,
    /// Who has it, and since when.
    pub owner: Option<(Time, String)>,
    /// How it ended, if it did.
    pub resolution: Option<Resolution>,
    /// A person has said that it is not over: it ends by a person's word only.
    pub kept_open: bool,
    /// A person has confirmed it.
    pub confirmed: bool,
    /// A person has said that it is nothing.
    pub rejected: bool,
    /// A person has put its members where they are.
    pub pinned: bool,
    /// The cause that a person has named.
    pub cause: Option<String>,
    /// The known error that it is.
    pub known_error: Option<String>,
    /// Its paging pauses until then.
    pub snoozed_until: Option<Time>,
    /// The case that goes on for it.
    pub merged_into: Option<CaseId>,
    /// Other cases it belongs with.
    pub links: BTreeSet<Link>,
    /// The latest act about it.
    pub last_act: Option<u64>,
}

impl Decided {
    /// A person has said what belongs to it or what it is: the engine does not take it apart.
    pub(super) fn is_persons(&self) -> bool {
        self.pinned || self.confirmed || self.cause.is_some()
    }

    /// Of a case that has just been opened about a cluster.
    pub(super) fn new(cluster: u64) -> Self {
        Self {
            state: CaseState::Open,
            cluster: Some(cluster),
            owner: None,
            resolution: None,
            kept_open: false,
            confirmed: false,
            rejected: false,
            pinned: false,
            cause: None,
            known_error: None,
            snoozed_until: None,
            merged_into: None,
            links: BTreeSet::new(),
            last_act: None,
        }
    }

    /// The cases it is linked with in one way, in order: without a look at the others, for a case may have absorbed
    /// thousands.
    pub fn linked(&self, kind: LinkKind) -> impl Iterator<Item = CaseId> + '_ {
        let [least, ..] = CaseKind::ALL;
        let first = Link { kind, case: CaseId { kind: least, number: 0 } };
        self.links.range(first..).take_while(move |link| link.kind == kind).map(|link| link.case)
    }

    /// Takes back what an act changed; what has changed again since then by itself stays as it is.
    pub(super) fn take_back(&mut self, before: &Self, after: &Self) {
        fn back<T: Clone + PartialEq>(now: &mut T, before: &T, after: &T) {
            if now == after {
                now.clone_from(before);
            }
        }
        // How it ended belongs to the state.
        if self.state == after.state && self.resolution == after.resolution {
            self.state = before.state;
            self.resolution.clone_from(&before.resolution);
        }
        back(&mut self.cluster, &before.cluster, &after.cluster);
        back(&mut self.owner, &before.owner, &after.owner);
        back(&mut self.kept_open, &before.kept_open, &after.kept_open);
        back(&mut self.confirmed, &before.confirmed, &after.confirmed);
        back(&mut self.rejected, &before.rejected, &after.rejected);
        back(&mut self.pinned, &before.pinned, &after.pinned);
        back(&mut self.cause, &before.cause, &after.cause);
        back(&mut self.known_error, &before.known_error, &after.known_error);
        back(&mut self.snoozed_until, &before.snoozed_until, &after.snoozed_until);
        back(&mut self.merged_into, &before.merged_into, &after.merged_into);
        back(&mut self.last_act, &before.last_act, &after.last_act);
        self.links.retain(|link| !after.links.contains(link) || before.links.contains(link));
        self.links.extend(before.links.difference(&after.links).cloned());
    }
}
