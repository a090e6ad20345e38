//! Which clusters are alive at a system: the only way candidates are found.
//!
//! Made from the state and never stored. Systems are numbered as they are met, so that the neighbourhood
//! of a signal is walked without hashing names.

mod alive;
mod slot;

use std::sync::Arc;

use foldhash::fast::RandomState;
use indexmap::{IndexMap, IndexSet};

use super::cluster::{Cluster, Standing};
use super::key::SystemKey;
use super::summary::{SystemSummary, Tally};
use crate::model::Time;
use crate::topology::{Relation, Topology};
use alive::Alive;
pub(super) use slot::Here;
use slot::Slot;

/// A neighbourhood, nearest first: systems by number.
pub(super) type Near = Arc<[(u32, Relation)]>;

/// What a system depends on, nearest first: by number, with the hops between.
pub(super) type Needs = Arc<[(u32, u8)]>;

/// What a cluster is to people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Shelf {
    /// An open case.
    Cased,
    /// Nothing yet.
    #[default]
    Plain,
    /// A case that was resolved: only the same trouble at the same system, or a late ticket, asks for it.
    Over,
}

impl Shelf {
    /// Where a cluster belongs.
    pub(super) fn of(standing: &Standing) -> Self {
        match (standing.resolved_at, standing.case) {
            (Some(_), _) => Self::Over,
            (None, Some(_)) => Self::Cased,
            (None, None) => Self::Plain,
        }
    }
}

/// What is asked first of a cluster: enough to know of most that a signal cannot join them any more, and of the others
/// all that a finding asks of the whole, without a look at what they are made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Brief {
    pub(super) only_tickets: bool,
    pub(super) is_over: bool,
    /// Monitoring sees something in it that lasts and is not held back.
    pub(super) lasts: bool,
    /// So does something that is a cause by its nature.
    pub(super) has_causes: bool,
    /// When monitoring first saw something of the present episode.
    pub(super) onset: Option<Time>,
    /// When monitoring first and last saw something begin.
    pub(super) began: Option<(Time, Time)>,
    /// When monitoring last saw something begin or end.
    pub(super) last: Option<Time>,
}

impl Brief {
    /// Of one cluster.
    pub(super) fn of(cluster: &Cluster) -> Self {
        let totals = cluster.totals();
        let (first, last) = (totals.began.first().copied(), totals.began.last().copied());
        Self {
            only_tickets: cluster.only_tickets(),
            is_over: cluster.standing().resolved_at.is_some(),
            lasts: cluster.is_active(),
            has_causes: totals.causes > 0,
            onset: cluster.present().began.first().copied(),
            began: first.zip(last),
            last: last.max(totals.ended.last().copied()),
        }
    }
}

/// A cluster, seen from one of its systems.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    /// What is asked of the whole, at hand: what a cluster is made of lies far.
    pub(super) brief: &'a Brief,
    pub(super) cluster: &'a Cluster,
    /// What it knows of the system.
    pub(super) summary: &'a SystemSummary,
}

impl<'a> Seen<'a> {
    /// What speaks of the system now, as [`Cluster::speaking`].
    pub(super) fn tally(&self) -> &'a Tally {
        if self.brief.lasts { &self.summary.active } else { &self.summary.all }
    }
}

/// What is known of one cluster.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What was last noted of it.
    pub(super) brief: Brief,
    shelf: Shelf,
    systems: Alive,
}

impl Known {
    /// Whether it is alive at a system.
    pub(super) fn is_at(&self, system: u32) -> bool {
        self.systems.contains(system)
    }
}

/// System → the clusters alive there.
#[derive(Debug, Default)]
pub(super) struct Index {
    names: IndexSet<SystemKey, RandomState>,
    slots: Vec<Slot>,
    /// The numbers of the topology's systems, by their places there; none before the first walk.
    places: Vec<u32>,
    clusters: IndexMap<u64, Known, RandomState>,
}

impl Index {
    /// The number of a system.
    pub(super) fn number(&mut self, system: &str) -> u32 {
        let number = match self.names.get_index_of(system) {
            Some(number) => number,
            None => {
                self.slots.push(Slot::default());
                self.names.insert_full(system.into()).0
            }
        };
        u32::try_from(number).unwrap_or(u32::MAX)
    }

    /// The number of a system, if it was met.
    pub(super) fn known(&self, system: &str) -> Option<u32> {
        self.names.get_index_of(system).and_then(|at| u32::try_from(at).ok())
    }

    /// The name of a system.
    pub(super) fn name(&self, number: u32) -> &str {
        let at = usize::try_from(number).unwrap_or(usize::MAX);
        self.names.get_index(at).map_or("", |name| name)
    }

    /// The key of a system.
    pub(super) fn key(&self, number: u32) -> Option<&SystemKey> {
        self.names.get_index(usize::try_from(number).ok()?)
    }

    fn slot(&mut self, number: u32) -> Option<&mut Slot> {
        self.slots.get_mut(usize::try_from(number).ok()?)
    }

    /// The number of a system, and those around it, itself included, remembered.
    pub(super) fn near(&mut self, system: &str, topology: &Topology) -> (u32, Near) {
        let number = self.number(system);
        if let Some(near) = self.slot(number).and_then(|slot| slot.near.clone()) {
            return (number, near);
        }
        if self.places.len() != topology.systems().len() {
            let systems = topology.systems().iter();
            self.places = systems.map(|system| self.number(&system.key)).collect();
        }
        let around = topology.near(system);
        // A system that the topology does not know still groups with itself.
        let near: Near = if around.is_empty() {
            [(number, Relation::Same)].into()
        } else {
            let known = |(place, relation)| Some((*self.places.get(place)?, relation));
            around.into_iter().filter_map(known).collect()
        };
        if let Some(slot) = self.slot(number) {
            slot.near = Some(Arc::clone(&near));
        }
        (number, near)
    }

    /// The number of a system, and what it depends on, remembered.
    pub(super) fn needs(&mut self, system: &str, topology: &Topology) -> (u32, Needs) {
        let number = self.number(system);
        if let Some(needs) = self.slot(number).and_then(|slot| slot.needs.clone()) {
            return (number, needs);
        }
        let (_, near) = self.near(system, topology);
        let hops = |relation: Relation| match relation {
            Relation::Needs(hops) => Some(hops),
            _ => None,
        };
        let needs: Needs = near
            .iter()
            .filter_map(|(number, relation)| Some((*number, hops(*relation)?)))
            .collect();
        if let Some(slot) = self.slot(number) {
            slot.needs = Some(Arc::clone(&needs));
        }
        (number, needs)
    }

    /// How many systems have a number.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// Notes what a cluster is now, and at a system of which it knows something else than before.
    pub(super) fn note_at(&mut self, system: &str, cluster: &Cluster) {
        let (id, number) = (cluster.id(), self.number(system));
        let Self { slots, clusters, .. } = self;
        let known = clusters.entry(id).or_default();
        known.brief = Brief::of(cluster);
        let slot = usize::try_from(number).ok().and_then(|at| slots.get_mut(at));
        let Some(slot) = slot else { return };
        known.shelf = Shelf::of(cluster.standing());
        if let Some(summary) = cluster.systems().get(system) {
            known.systems.insert(number);
            slot.put(Here::of(id, summary), known.shelf);
        } else {
            known.systems.remove(number);
            slot.take(id, known.shelf);
        }
    }

    /// A cluster is something else to people than it was.
    pub(super) fn reshelve(&mut self, cluster: u64, shelf: Shelf) {
        let Self { slots, clusters, .. } = self;
        let Some(known) = clusters.get_mut(&cluster) else { return };
        let before = std::mem::replace(&mut known.shelf, shelf);
        for number in known.systems.iter() {
            let slot = usize::try_from(number).ok().and_then(|at| slots.get_mut(at));
            if let Some(slot) = slot {
                slot.reshelve(cluster, before, shelf);
            }
        }
    }

    /// Notes what a cluster is now.
    pub(super) fn note(&mut self, cluster: &Cluster) {
        self.clusters.entry(cluster.id()).or_default().brief = Brief::of(cluster);
    }

    /// A cluster is gone.
    pub(super) fn gone(&mut self, cluster: u64) {
        self.vacate(cluster);
        self.clusters.swap_remove(&cluster);
    }

    /// A cluster is alive nowhere any more.
    pub(super) fn vacate(&mut self, cluster: u64) {
        let Self { slots, clusters, .. } = self;
        let Some(known) = clusters.get_mut(&cluster) else { return };
        let shelf = known.shelf;
        for number in std::mem::take(&mut known.systems).iter() {
            let slot = usize::try_from(number).ok().and_then(|at| slots.get_mut(at));
            if let Some(slot) = slot {
                slot.take(cluster, shelf);
            }
        }
    }

    /// What is known of a cluster.
    pub(super) fn cluster(&self, cluster: u64) -> Option<&Known> {
        self.clusters.get(&cluster)
    }

    /// The clusters of which something was noted.
    #[cfg(test)]
    pub(super) fn noted(&self) -> impl Iterator<Item = u64> {
        self.clusters.keys().copied()
    }

    /// What is alive where and when it was last heard of, all of it.
    #[cfg(test)]
    pub(super) fn all(&self) -> std::collections::BTreeSet<(String, String, Here)> {
        let slots = self.names.iter().zip(&self.slots);
        let alive = slots.flat_map(|(name, slot)| {
            let named =
                |(shelf, here): (Shelf, Here)| (name.to_string(), format!("{shelf:?}"), here);
            slot.all().map(named)
        });
        alive.collect()
    }

    /// The clusters to look at for a system that was met.
    pub(super) fn at_system(&self, system: &str) -> impl Iterator<Item = u64> + '_ {
        let slot = self.known(system).and_then(|number| self.around(number));
        slot.into_iter().flat_map(|slot| slot.alive().chain(slot.over())).map(|here| here.cluster)
    }

    /// What is known of the surroundings of a system.
    pub(super) fn around(&self, number: u32) -> Option<&Slot> {
        self.slots.get(usize::try_from(number).ok()?)
    }
}
