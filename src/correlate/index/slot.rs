//! What is alive at one system, and what lies around it.

use super::super::summary::SystemSummary;
use super::{Near, Needs, Shelf};
use crate::model::Time;

/// The most clusters looked at for one system: those that people know as cases first, then the youngest; and of
/// those that are over, as many again.
const PER_SYSTEM: usize = 16;

/// A cluster that is alive at a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) struct Here {
    pub(in super::super) cluster: u64,
    heard: Time,
}

impl Here {
    /// In the place of a moment where only users speak of it: it needs no room of its own.
    const NEVER: Time = Time(i64::MAX);

    /// Of a cluster, with what it knows of the system.
    pub(in super::super) fn of(cluster: u64, summary: &SystemSummary) -> Self {
        Self { cluster, heard: summary.heard.last().copied().unwrap_or(Self::NEVER) }
    }

    /// When monitoring last saw something begin or end here, if it ever did.
    pub(in super::super) fn heard(self) -> Option<Time> {
        (self.heard != Self::NEVER).then_some(self.heard)
    }
}

/// One system. That most clusters have long been silent here is known without a look at any of them.
#[derive(Debug, Default)]
pub(in super::super) struct Slot {
    /// Clusters of each shelf, in order of age.
    cased: Vec<Here>,
    plain: Vec<Here>,
    over: Vec<Here>,
    pub(super) near: Option<Near>,
    pub(super) needs: Option<Needs>,
}

impl Slot {
    fn shelf(&mut self, shelf: Shelf) -> &mut Vec<Here> {
        match shelf {
            Shelf::Cased => &mut self.cased,
            Shelf::Plain => &mut self.plain,
            Shelf::Over => &mut self.over,
        }
    }

    /// Takes a cluster off a shelf.
    pub(super) fn take(&mut self, cluster: u64, shelf: Shelf) -> Option<Here> {
        let list = self.shelf(shelf);
        let at = list.binary_search_by_key(&cluster, |here| here.cluster).ok()?;
        Some(list.remove(at))
    }

    /// Puts a cluster on a shelf, or notes what is known of it there.
    pub(super) fn put(&mut self, fresh: Here, shelf: Shelf) {
        let list = self.shelf(shelf);
        match list.binary_search_by_key(&fresh.cluster, |here| here.cluster) {
            Ok(at) => {
                if let Some(here) = list.get_mut(at) {
                    *here = fresh;
                }
            }
            Err(at) => list.insert(at, fresh),
        }
    }

    /// Puts a cluster from one shelf on another.
    pub(super) fn reshelve(&mut self, cluster: u64, from: Shelf, to: Shelf) {
        if let Some(here) = self.take(cluster, from) {
            self.put(here, to);
        }
    }

    /// The clusters to look at, but those that are over.
    pub(in super::super) fn alive(&self) -> impl Iterator<Item = Here> + '_ {
        self.cased.iter().rev().chain(self.plain.iter().rev()).copied().take(PER_SYSTEM)
    }

    /// Those that are over.
    pub(in super::super) fn over(&self) -> impl Iterator<Item = Here> + '_ {
        self.over.iter().rev().copied().take(PER_SYSTEM)
    }

    /// Everything on the shelves.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = (Shelf, Here)> + '_ {
        let Self { cased, plain, over, .. } = self;
        let shelves = [(Shelf::Cased, cased), (Shelf::Plain, plain), (Shelf::Over, over)];
        shelves.into_iter().flat_map(|(shelf, list)| list.iter().map(move |here| (shelf, *here)))
    }
}
