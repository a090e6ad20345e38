//! Which groups are alive at a system: the only way candidates are found.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// The most groups looked at per system: the most recent ones.
const PER_SYSTEM: usize = 16;
/// The most recently active groups kept for incidents that name no system.
const RECENT: usize = 8;

/// System → the groups alive there, the most recently touched last.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Index {
    /// Looked up for each of the systems around an incident, hence by hash; in an order that the
    /// same events always give, so that a saved state reads the same.
    by_system: IndexMap<String, Vec<u64>>,
    recent: Vec<u64>,
}

impl Index {
    /// Notes that a group is alive at a system just now.
    pub(super) fn touch(&mut self, system: &str, group: u64) {
        if !self.by_system.contains_key(system) {
            self.by_system.insert(system.to_owned(), Vec::new());
        }
        if let Some(groups) = self.by_system.get_mut(system) {
            move_to_end(groups, group, PER_SYSTEM);
        }
    }

    /// Notes that a Problem was active just now, wherever.
    pub(super) fn touch_recent(&mut self, group: u64) {
        move_to_end(&mut self.recent, group, RECENT);
    }

    /// The groups alive at a system.
    pub(super) fn at(&self, system: &str) -> &[u64] {
        self.by_system.get(system).map_or(&[], Vec::as_slice)
    }

    /// The Problems active most recently.
    pub(super) fn recent(&self) -> &[u64] {
        &self.recent
    }

    /// Forgets a group at the systems it was alive at.
    pub(super) fn forget<'a>(&mut self, group: u64, systems: impl Iterator<Item = &'a String>) {
        for system in systems {
            if let Some(groups) = self.by_system.get_mut(system) {
                groups.retain(|known| *known != group);
                if groups.is_empty() {
                    self.by_system.swap_remove(system);
                }
            }
        }
        self.recent.retain(|known| *known != group);
    }
}

fn move_to_end(groups: &mut Vec<u64>, group: u64, limit: usize) {
    if groups.last() == Some(&group) {
        return;
    }
    groups.retain(|known| *known != group);
    if groups.len() >= limit {
        groups.remove(0);
    }
    groups.push(group);
}
