//! One case: what was decided about it, and what follows from its cluster.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::decided::Decided;
use crate::correlate::Suspected;
use crate::model::{CaseDetail, CaseId, CaseState, Message, Severity, Time};

/// Changes of state kept to tell who was late what they missed.
const CHANGES: usize = 16;
/// So many returns within [`RETURNS_MS`] are one state: it comes and goes.
const RETURNS: usize = 3;
/// The time in which returns are counted.
const RETURNS_MS: i64 = 3_600_000;

/// A case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Counts acts and changes of state: what an act expects.
    pub version: u64,
    /// What was decided.
    pub decided: Decided,
    /// How bad it is now.
    pub severity: Severity,
    /// The worst it has been since it opened, or came back.
    pub peak: Severity,
    /// It only says that sources cannot be seen.
    pub blind: bool,
    /// Since when its evidence is milder than its severity.
    pub(super) milder_since: Option<Time>,
    /// When the fault began.
    pub opened_at: Time,
    /// When the case was opened.
    pub created_at: Time,
    /// When it last came back, if it did.
    pub came_back_at: Option<Time>,
    /// What was over or written up to this moment belongs to an episode before the one that it is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) episode: Option<Time>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// How often it came back.
    pub reopened: u32,
    /// When it came back lately, resolved in between or not.
    pub(super) returns: Vec<Time>,
    /// Something keeps it open.
    pub(super) is_kept: bool,
    /// The first cause, and since when it is that.
    pub lead: Option<(String, Time)>,
    /// Its latest changes, each with the version it made.
    pub(super) changes: Vec<(u64, Message)>,
    /// The case as it was when it was closed or merged, without its history.
    pub(super) frozen: Option<Arc<CaseDetail>>,
    /// Who was suspected when it was merged, not yet in words: few are ever read, and it may be merged for long.
    #[serde(default, skip_serializing_if = "is_empty")]
    pub(super) suspects: Arc<[Suspected]>,
    pub(super) due: Option<Time>,
}

fn is_empty(suspects: &Arc<[Suspected]>) -> bool {
    suspects.is_empty()
}

/// How a case has gone, apart from what was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Course {
    severity: Severity,
    peak: Severity,
    milder_since: Option<Time>,
    reopened: u32,
    came_back_at: Option<Time>,
    #[serde(default)]
    episode: Option<Time>,
    returns: Vec<Time>,
}

impl Case {
    pub(super) fn new(id: CaseId, cluster: u64, opened_at: Time, now: Time) -> Self {
        Self {
            id,
            version: 1,
            decided: Decided::new(cluster),
            severity: Severity::Info,
            peak: Severity::Info,
            blind: false,
            milder_since: None,
            opened_at,
            created_at: now,
            came_back_at: None,
            episode: None,
            closed_at: None,
            reopened: 0,
            returns: Vec::new(),
            is_kept: true,
            lead: None,
            changes: Vec::new(),
            frozen: None,
            suspects: Arc::default(),
            due: None,
        }
    }

    /// Where in its life.
    #[must_use]
    pub fn state(&self) -> CaseState {
        self.decided.state
    }

    /// When it was resolved, if it is.
    #[must_use]
    pub fn resolved_at(&self) -> Option<Time> {
        self.decided.resolution.as_ref().map(|resolution| resolution.at)
    }

    /// It comes and goes so often that single returns say nothing.
    #[must_use]
    pub fn is_unstable(&self) -> bool {
        self.returns.len() >= RETURNS
    }

    /// Since when people may be told of it: since it was opened, or came back.
    #[must_use]
    pub fn tellable_since(&self) -> Time {
        self.came_back_at.unwrap_or(self.created_at)
    }

    /// Its paging is paused by a person: they have taken it, or sent it to sleep.
    #[must_use]
    pub fn is_paging_paused(&self, now: Time) -> bool {
        self.decided.owner.is_some() || self.decided.snoozed_until.is_some_and(|at| now < at)
    }

    pub(super) fn course(&self) -> Course {
        Course {
            severity: self.severity,
            peak: self.peak,
            milder_since: self.milder_since,
            reopened: self.reopened,
            came_back_at: self.came_back_at,
            episode: self.episode,
            returns: self.returns.clone(),
        }
    }

    /// Takes back how an act made it go, unless it has gone on by itself since.
    pub(super) fn take_back_course(&mut self, before: &Course, after: &Course) {
        if self.severity == after.severity {
            self.severity = before.severity;
            self.peak = before.peak;
            self.milder_since = before.milder_since;
        }
        if self.reopened == after.reopened {
            self.reopened = before.reopened;
            self.came_back_at = before.came_back_at;
            self.episode = before.episode;
        }
        if self.returns == after.returns {
            self.returns.clone_from(&before.returns);
        }
    }

    pub(super) fn note_return(&mut self, now: Time) {
        self.reopened += 1;
        self.came_back_at = Some(now);
        self.is_kept = true;
        self.note_flap(now);
    }

    pub(super) fn note_flap(&mut self, now: Time) {
        self.returns.push(now);
        self.forget_returns(now);
    }

    pub(super) fn forget_returns(&mut self, now: Time) {
        self.returns.retain(|at| now.0 - at.0 < RETURNS_MS);
    }

    /// How much longer than usual silence must last: twice as long with each return after the first.
    pub(super) fn patience(&self) -> i64 {
        1 << self.returns.len().saturating_sub(1).min(5)
    }

    /// Counts a change that an act must know of.
    pub(super) fn bump(&mut self, message: Message) {
        self.version += 1;
        if self.changes.len() >= CHANGES {
            self.changes.remove(0);
        }
        self.changes.push((self.version, message));
    }
}
