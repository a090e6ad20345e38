//! Members of a set that go missing or turn up: nodes, standbys, slots, units, endpoints.
//!
//! The set is learned for a while; afterwards a member that is not there raises, and clears when
//! it comes back or has been away so long that it is no longer expected. A new member becomes
//! expected once it has stayed as long as the set was learned. To be stepped only when the source
//! answered: a source that is silent says nothing about its members.
//! O(members) an evaluation, about 120 bytes a member, at most 10,000 members.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::error::{not_negative, positive};
use crate::{ConfigError, Severity};

/// More members than this are not looked at: a set that large is a wrong expression.
pub const MAX_MEMBERS: usize = 10_000;

/// What to say about a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// How long the set is learned, in milliseconds.
    pub learn_ms: i64,
    /// How bad a missing member is, and after how many milliseconds (0 = at the first evaluation
    /// without it).
    pub missing: Option<(Severity, i64)>,
    /// How bad a new member is.
    pub added: Option<Severity>,
    /// A member missing this long, in milliseconds, is no longer expected.
    pub forget_ms: i64,
}

/// What happened to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// It was expected and is not there.
    Missing,
    /// It is there and was not expected.
    Added,
}

/// Whether a change begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeStatus {
    /// It has just begun, or still lasts.
    Raised,
    /// It is over.
    Cleared,
}

/// One member's change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The member, as given.
    pub member: String,
    /// Missing or added.
    pub kind: ChangeKind,
    /// Begun or over.
    pub status: ChangeStatus,
    /// How bad.
    pub severity: Severity,
    /// When it began, in Unix milliseconds.
    pub since_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Member {
    /// Since when it is there, or away.
    since_ms: i64,
    is_here: bool,
    is_expected: bool,
    raised: Option<(ChangeKind, Severity, i64)>,
}

/// What is remembered of one set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    began_ms: Option<i64>,
    last_ms: Option<i64>,
    is_learned: bool,
    members: BTreeMap<String, Member>,
}

impl State {
    /// Whether the set is still being learned.
    #[must_use]
    pub const fn is_learning(&self) -> bool {
        !self.is_learned
    }

    /// The changes that last, by member.
    #[must_use]
    pub fn active(&self) -> Vec<Change> {
        let raised = self.members.iter().filter_map(|(name, member)| {
            member.raised.map(|raised| change(name, raised, ChangeStatus::Raised))
        });
        raised.collect()
    }
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When a duration makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        not_negative("learn", self.learn_ms)?;
        not_negative("missing.after", self.missing.map_or(0, |(_, after_ms)| after_ms))?;
        positive("forget", self.forget_ms)
    }

    /// Takes the set as it is now; gives what began and what ended. A time that is not newer than
    /// the last one changes nothing.
    pub fn step(&self, state: &mut State, at_ms: i64, members: &BTreeSet<String>) -> Vec<Change> {
        if state.last_ms.is_some_and(|last| at_ms <= last) {
            return Vec::new();
        }
        state.last_ms = Some(at_ms);
        let began_ms = *state.began_ms.get_or_insert(at_ms);
        for name in members {
            if !state.members.contains_key(name) && state.members.len() < MAX_MEMBERS {
                let member =
                    Member { since_ms: at_ms, is_here: true, is_expected: false, raised: None };
                state.members.insert(name.clone(), member);
            }
        }
        if !state.is_learned {
            // An empty set teaches nothing: go on until there is something to expect.
            let is_over = at_ms.saturating_sub(began_ms) >= self.learn_ms && !members.is_empty();
            state.members.retain(|name, _| !is_over || members.contains(name));
            for member in state.members.values_mut() {
                member.is_expected = true;
            }
            state.is_learned = is_over;
            return Vec::new();
        }
        self.compare(state, at_ms, members)
    }

    fn compare(&self, state: &mut State, at_ms: i64, members: &BTreeSet<String>) -> Vec<Change> {
        let mut changes = Vec::new();
        state.members.retain(|name, member| {
            let is_here = members.contains(name);
            if is_here != member.is_here {
                member.is_here = is_here;
                member.since_ms = at_ms;
            }
            let was = member.raised;
            let lasted_ms = at_ms.saturating_sub(member.since_ms);
            member.is_expected |= is_here && lasted_ms >= self.learn_ms.max(1);
            let is_forgotten = !is_here && (!member.is_expected || lasted_ms >= self.forget_ms);
            member.raised = if is_forgotten { None } else { self.wanted(member, lasted_ms) };
            if was != member.raised {
                changes.extend(was.map(|raised| change(name, raised, ChangeStatus::Cleared)));
                changes
                    .extend(member.raised.map(|raised| change(name, raised, ChangeStatus::Raised)));
            }
            !is_forgotten
        });
        changes
    }

    fn wanted(&self, member: &Member, lasted_ms: i64) -> Option<(ChangeKind, Severity, i64)> {
        if member.is_here {
            let severity = self.added.filter(|_| !member.is_expected)?;
            return Some((ChangeKind::Added, severity, member.since_ms));
        }
        let (severity, after_ms) = self.missing?;
        (lasted_ms >= after_ms).then_some((ChangeKind::Missing, severity, member.since_ms))
    }
}

fn change(
    name: &str,
    (kind, severity, since_ms): (ChangeKind, Severity, i64),
    status: ChangeStatus,
) -> Change {
    Change { member: name.to_owned(), kind, status, severity, since_ms }
}
