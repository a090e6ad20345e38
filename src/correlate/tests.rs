//! What must hold of the grouping at every moment, for the laws.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::index::{Brief, Here, Shelf};
use super::{Cluster, State};

impl State {
    /// What the index knows is what the clusters are.
    pub(crate) fn index_agrees(&self) -> bool {
        let alive = self.clusters.values().flat_map(|cluster| {
            let shelf = format!("{:?}", Shelf::of(cluster.standing()));
            let systems = cluster.systems().iter();
            systems.map(move |(system, summary)| {
                (system.to_string(), shelf.clone(), Here::of(cluster.id(), summary))
            })
        });
        let index = &self.derived.index;
        let noted = |cluster: &Arc<Cluster>| {
            let brief = index.cluster(cluster.id()).map(|known| known.brief);
            cluster.members().is_empty() || brief == Some(Brief::of(cluster))
        };
        alive.collect::<BTreeSet<_>>() == index.all()
            && self.clusters.values().all(noted)
            && index.noted().all(|id| self.clusters.get(id).is_some())
    }

    /// A cluster counted again from its members: equal to the cluster, always.
    pub(crate) fn recounted(&self, cluster: &Cluster) -> Cluster {
        let mut again = cluster.clone();
        again.recount(|key| self.signals.get(key));
        again
    }
}
