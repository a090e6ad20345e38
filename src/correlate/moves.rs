//! Attaching signals to clusters and taking them away: the only way membership changes. Everything that is
//! derived from membership follows here.

use std::sync::Arc;

use super::State;
use super::cluster::{Cluster, Membership};
use super::constraints::Constraints;
use super::evidence::Why;
use crate::model::Time;

/// Where a signal was before a person moved it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Moved {
    /// The signal.
    pub signal: u64,
    /// The cluster it was in.
    pub from: u64,
    /// The cluster it is in now.
    pub to: u64,
    /// Why it was there.
    pub membership: Membership,
    /// The act that held it there, if one did.
    pub pinned: Option<u64>,
}

impl State {
    /// Adds a signal to a cluster.
    pub(super) fn attach(&mut self, now: Time, key: u64, id: u64, membership: Membership) {
        let Some(signal) = self.signals.get(key) else { return };
        let Some(cluster) = self.clusters.get_mut(id).map(Arc::make_mut) else { return };
        let system = membership.system.clone();
        let is_new_system = cluster.add(key, signal, membership);
        self.derived.index.note_at(&system, cluster);
        let has_case = cluster.standing().case.is_some();
        let members = cluster.members().len();
        let is_ticket = signal.is_ticket();
        if let Some(ticket) = signal.ticket_id() {
            self.news.tickets.push((id, ticket));
        }
        self.home.insert(key, id);
        self.news.touched.insert(id);
        self.news.joined.push((id, key));
        if !has_case && is_ticket {
            self.let_go_later(now, key);
        }
        // Ranking costs the systems of the cluster, so it follows news, not numbers.
        if is_new_system || !is_ticket || members.is_multiple_of(32) {
            self.rank_soon(now, id);
        }
    }

    /// Takes a signal out of its cluster; one that is empty and no case is gone.
    pub(super) fn detach(&mut self, key: u64) -> Option<(u64, Membership)> {
        let id = self.home.remove(key)?;
        let signal = self.signals.get(key)?;
        let cluster = self.clusters.get_mut(id).map(Arc::make_mut)?;
        let membership = cluster.remove(key, signal)?;
        self.derived.index.note_at(&membership.system, cluster);
        let is_empty = cluster.members().is_empty();
        let has_case = cluster.standing().case.is_some();
        if let Some(ticket) = signal.ticket_id() {
            self.news.tickets.push((id, ticket));
        }
        self.news.touched.insert(id);
        if is_empty && !has_case {
            self.drop_cluster(id);
        }
        Some((id, membership))
    }

    /// Nothing is in a cluster any more: all that was has another home. Nobody counts each of them out.
    pub(super) fn vacate(&mut self, id: u64) {
        let Some(cluster) = self.clusters.get_mut(id).map(Arc::make_mut) else { return };
        cluster.vacate();
        self.derived.index.vacate(id);
        self.derived.index.note(cluster);
        self.news.touched.insert(id);
        if cluster.standing().case.is_none() {
            self.drop_cluster(id);
        }
    }

    /// Makes an empty cluster.
    pub(super) fn new_cluster(&mut self) -> u64 {
        self.next_cluster += 1;
        self.ensure_cluster(self.next_cluster);
        self.next_cluster
    }

    /// Forgets an empty cluster.
    pub(super) fn drop_cluster(&mut self, id: u64) {
        let Some(cluster) = self.clusters.remove(id) else { return };
        if let Some(due) = cluster.rank_due {
            self.rank_timers.remove(&(due, id));
        }
        self.docket.forget(id);
        self.derived.index.gone(id);
        self.recent_cases.retain(|known| *known != id);
        self.constraints.forget_cluster(id);
    }

    /// Moves a signal by evidence.
    pub(super) fn transfer(&mut self, now: Time, key: u64, to: u64, membership: Membership) {
        self.detach(key);
        self.attach(now, key, to, membership);
    }

    /// A person moves signals into a cluster, or (with none) into a new one of their own, and there they
    /// stay. Returns where each of them was, and the cluster.
    pub fn move_signals(
        &mut self,
        now: Time,
        keys: &[u64],
        to: Option<u64>,
        act: u64,
    ) -> (Vec<Moved>, u64) {
        let to = to.filter(|id| self.clusters.get(*id).is_some());
        let to = to.unwrap_or_else(|| self.new_cluster());
        let mut moved = Vec::new();
        for key in keys {
            let Some(from) = self.home.get(*key).copied().filter(|from| *from != to) else {
                continue;
            };
            let pinned = self.constraints.pinned(*key);
            let Some((_, membership)) = self.detach(*key) else { continue };
            let system = membership.system.clone();
            let why = Why::Act { act };
            self.attach(now, *key, to, Membership { system, joined_at: now, why });
            self.constraints.pin(*key, act);
            moved.push(Moved { signal: *key, from, to, membership, pinned });
        }
        for id in moved.iter().map(|one| one.from).chain([to]) {
            if self.clusters.get(id).is_some() {
                self.rank(id);
            }
        }
        (moved, to)
    }

    /// Forbids for good what an act has put apart: the signals do not return, the clusters do not merge.
    pub fn keep_apart(&mut self, moved: &[Moved], act: u64) {
        for one in moved {
            self.constraints.bar(one.signal, one.from, act);
            self.constraints.keep_apart(one.from, one.to, act);
        }
    }

    /// Takes back what an act moved and demanded; signals that are gone or were moved on stay as they are.
    pub fn move_back(&mut self, now: Time, moved: &[Moved], act: u64) {
        self.constraints.forget_act(act);
        for one in moved {
            if self.home.get(one.signal) != Some(&one.to) {
                continue;
            }
            self.ensure_cluster(one.from);
            self.detach(one.signal);
            self.attach(now, one.signal, one.from, one.membership.clone());
            if let Some(pinned) = one.pinned {
                self.constraints.pin(one.signal, pinned);
            }
        }
        for id in moved.iter().flat_map(|one| [one.from, one.to]) {
            if self.clusters.get(id).is_some() {
                self.rank(id);
            }
        }
    }

    /// Makes sure that a cluster is there, empty if it was gone.
    pub fn ensure_cluster(&mut self, id: u64) {
        if self.clusters.get(id).is_none() {
            self.clusters.insert(id, Arc::new(Cluster::new(id)));
        }
    }

    /// Forgets a cluster that a case has left, if nothing is in it.
    pub fn drop_if_empty(&mut self, id: u64) {
        let is_empty = self.clusters.get(id).is_some_and(|c| c.members().is_empty());
        if is_empty {
            self.drop_cluster(id);
        }
    }

    /// What verdicts demand of some clusters; it is forgotten with them.
    #[must_use]
    pub fn demands_on(&self, clusters: impl IntoIterator<Item = u64>) -> Constraints {
        let mut all = Constraints::default();
        for cluster in clusters {
            all.put_back(&self.constraints.of_cluster(cluster));
        }
        all
    }

    /// Demands again what was forgotten with a cluster.
    pub fn demand_again(&mut self, demands: &Constraints) {
        self.constraints.put_back(demands);
    }

    /// Forgets which clusters an act keeps apart.
    pub fn forget_act(&mut self, act: u64) {
        self.constraints.forget_act(act);
    }
}
