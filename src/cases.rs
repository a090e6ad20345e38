//! Cases: what people see of the clusters, and what they decide about them.
//!
//! A **Problem** is opened when monitoring keeps one open; a **mass incident** when users report more than
//! chance allows. Both live on a cluster of signals and may share one; each has its own state machine,
//! version, owner and history. Everything here is level-triggered: [`State::review`] compares what a case is
//! with what its cluster says, so it may be asked as often as one likes. Acts of people are kept with what
//! was before them, so that each can be undone.
//!
//! The room knows the clusters, not who is told of a case.

mod acts;
mod case;
mod check;
mod decided;
mod decode;
mod history;
mod life;
mod merge;
mod open;
mod refusal;
mod settings;
mod severity;
mod undo;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use acts::ActRecord;
pub use case::Case;
pub use decided::{Decided, Resolution};
pub use refusal::Refused;
pub use settings::Lifecycle;
pub use view::{Facts, PACE, member};

use crate::correlate;
use crate::model::{ByCase, CaseDetail, CaseId, CaseKind, CaseState, Delivery, Slab, Time};
use history::History;

/// Acts remembered for undo; beyond it the oldest can no longer be taken back.
const MOST_ACTS: usize = 10_000;

/// Everything that is known of cases that are not archived.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct State {
    lifecycle: Lifecycle,
    cases: ByCase<Arc<Case>>,
    by_cluster: Slab<BTreeSet<CaseId>>,
    histories: ByCase<Arc<History>>,
    /// Numbers given so far, by kind.
    numbers: BTreeMap<CaseKind, u64>,
    timers: BTreeSet<(Time, CaseId)>,
    /// Cases that are quiet, if only the ticket system had been read so far.
    awaiting_tickets: BTreeSet<CaseId>,
    /// Tickets written before this moment have been read; none: there is no ticket system.
    tickets_read_to: Option<Time>,
    acts: BTreeMap<u64, Arc<ActRecord>>,
    next_act: u64,
    /// The act of this step, if it was one.
    #[serde(skip)]
    fresh_act: Option<u64>,
    #[serde(skip)]
    touched: BTreeSet<CaseId>,
}

impl State {
    /// Takes over the times of a case's life.
    pub fn configure(&mut self, lifecycle: Lifecycle) {
        self.lifecycle = lifecycle;
        // What is open is looked at again under the new terms.
        self.touched.extend(self.cases.ids());
    }

    /// A case that is not archived.
    #[must_use]
    pub fn case(&self, id: CaseId) -> Option<&Case> {
        self.cases.get(id).map(AsRef::as_ref)
    }

    /// All cases that are not archived, in order of kind and number.
    pub fn cases(&self) -> impl Iterator<Item = &Case> {
        self.cases.values().map(AsRef::as_ref)
    }

    /// The cases of a cluster.
    pub fn of_cluster(&self, cluster: u64) -> impl Iterator<Item = &Case> {
        let ids = self.by_cluster.get(cluster).into_iter().flatten();
        ids.filter_map(|id| self.case(*id))
    }

    /// An act that can be undone.
    #[must_use]
    pub fn act_record(&self, id: u64) -> Option<&ActRecord> {
        self.acts.get(&id).map(AsRef::as_ref)
    }

    /// The next moment at which [`State::review`] has something to do.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// Cases that look different since the last call.
    pub fn take_touched(&mut self) -> BTreeSet<CaseId> {
        std::mem::take(&mut self.touched)
    }

    /// Tickets written before `at` have been read: what waited to be sure that users are silent may end.
    pub fn tickets_read(&mut self, at: Time) {
        self.tickets_read_to = Some(self.tickets_read_to.map_or(at, |known| known.max(at)));
        self.touched.extend(std::mem::take(&mut self.awaiting_tickets));
    }

    /// There is no ticket system, or no longer one.
    pub fn no_tickets(&mut self) {
        self.tickets_read_to = None;
        self.touched.extend(std::mem::take(&mut self.awaiting_tickets));
    }

    /// Lets go of a case that is closed and told; what is returned goes to the archive.
    pub fn take(
        &mut self,
        id: CaseId,
        correlate: &correlate::State,
        told: &[Delivery],
    ) -> Option<CaseDetail> {
        let facts = self.facts(id, correlate)?;
        let summary = facts.summary(told);
        let is_frozen = facts.case.frozen.is_some();
        let known = if is_frozen { None } else { self.contents(id, correlate) };
        // Of one that was merged they are not in words yet.
        let causes = if is_frozen && facts.cluster.is_none() { facts.causes() } else { Vec::new() };
        let (mut case, history) = self.forget(id)?;
        // What was set down when it was closed or merged is handed on, not copied.
        let frozen = Arc::make_mut(&mut case).frozen.take();
        let mut known = frozen.map(Arc::unwrap_or_clone).or(known)?;
        if known.causes.is_empty() {
            known.causes = causes;
        }
        Some(CaseDetail { summary, timeline: Arc::unwrap_or_clone(history).lines, ..known })
    }

    /// Forgets a case.
    fn forget(&mut self, id: CaseId) -> Option<(Arc<Case>, Arc<History>)> {
        let case = self.cases.remove(id)?;
        if let Some(due) = case.due {
            self.timers.remove(&(due, id));
        }
        if let Some(cluster) = case.decided.cluster {
            self.leave_cluster(id, cluster);
        }
        self.awaiting_tickets.remove(&id);
        Some((case, self.histories.remove(id).unwrap_or_default()))
    }

    /// Decisions about cases, without counters, versions and histories: what must be the same after an act
    /// was undone.
    #[must_use]
    pub fn decisions(&self) -> serde_json::Value {
        let cases: BTreeMap<String, _> = self
            .cases
            .values()
            .map(|case| (case.id.to_string(), (&case.decided, case.severity, case.reopened)))
            .collect();
        serde_json::json!({ "cases": cases })
    }

    fn enter_cluster(&mut self, id: CaseId, cluster: u64) {
        if let Some(ids) = self.by_cluster.get_or_insert_with(cluster, BTreeSet::new) {
            ids.insert(id);
        }
    }

    fn leave_cluster(&mut self, id: CaseId, cluster: u64) {
        if let Some(ids) = self.by_cluster.get_mut(cluster) {
            ids.remove(&id);
            if ids.is_empty() {
                self.by_cluster.remove(cluster);
            }
        }
    }

    /// Changes a case; it looks different then.
    fn change(&mut self, id: CaseId, change: impl FnOnce(&mut Case)) {
        if let Some(case) = self.cases.get_mut(id) {
            change(Arc::make_mut(case));
            self.touched.insert(id);
        }
    }

    /// Says to the grouping how a cluster is to be treated.
    fn refresh_standing(&self, correlate: &mut correlate::State, cluster: u64) {
        let cases: Vec<&Case> =
            self.of_cluster(cluster).filter(|case| !case.decided.state.is_over()).collect();
        let leading = cases.iter().max_by_key(|case| (case.id.kind, std::cmp::Reverse(case.id)));
        let is_live = cases.iter().any(|case| case.decided.state.is_live());
        let resolved = cases.iter().filter_map(|case| case.resolved_at()).max();
        correlate.set_standing(
            cluster,
            correlate::Standing {
                episode: leading.and_then(|case| case.episode),
                case: leading.map(|case| case.id),
                pinned: cases.iter().any(|case| case.decided.is_persons()),
                resolved_at: resolved.filter(|_| !is_live),
                has_mass_incident: cases.iter().any(|c| c.id.kind == CaseKind::MassIncident),
            },
        );
    }
}

impl CaseState {
    /// Nothing happens to it any more.
    const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Merged)
    }
}
