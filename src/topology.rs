//! The dependency graph: systems, who owns them, what they need, and the words people use for them.
//!
//! An edge goes from the caller to what it needs. A fault travels the other way. The graph knows
//! nothing of incidents; indices of the inner graph never leave this room's types and are never
//! stored.

mod decode;

use std::collections::{BTreeMap, VecDeque};

use foldhash::fast::RandomState;
use indexmap::IndexMap;
use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use serde::{Deserialize, Serialize};

use crate::model::Text;
pub(crate) use decode::{known_system, known_systems, text};

/// The topology that `init` writes and that is used without a configuration.
pub const SHIPPED: &str = include_str!("topology/shipped.yaml");

/// One system: a node of the graph.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// The key used in configuration, labels and the API.
    pub key: String,
    /// The full name.
    pub name: Text,
    /// A name short enough for one line on the wall.
    pub short: Text,
    /// The group that looks after it.
    pub owner: Text,
    /// How the one on duty is reached: a phone, a chat. Empty when not told.
    #[serde(default)]
    pub contact: Text,
    /// The ticket system's queue for Problems with this cause.
    pub queue: String,
    /// Words people use for it in tickets.
    pub words: Vec<String>,
    /// Keys of the systems it needs.
    pub depends_on: Vec<String>,
}

/// Position of one system relative to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Relation {
    /// The same system.
    Same,
    /// The other one is needed, `hops` edges away: a fault there is felt here.
    Needs(u8),
    /// The other one is a caller, `hops` edges away: a fault here is felt there.
    Serves(u8),
    /// Both need a third one directly.
    Sibling,
}

/// The whole graph.
#[derive(Clone, Debug, Default)]
pub struct Topology {
    systems: Vec<System>,
    /// The rank of each system in the order of keys: comparing names is what a walk would cost most.
    ranks: Vec<u32>,
    index: BTreeMap<String, NodeIndex>,
    graph: DiGraph<(), ()>,
    /// The file that describes it could not be read, or lists no systems where they belong.
    is_unread: bool,
}

/// How far evidence is looked for along the edges.
const HOPS: u8 = 3;
/// The most systems looked at around one, so that a hub costs no more than others.
const NEAR_LIMIT: usize = 256;

/// What a walk has met, in the order in which it did.
type Found = IndexMap<NodeIndex, Relation, RandomState>;

impl Topology {
    /// Builds the graph. Dependencies on unknown systems must have been refused before; here they
    /// are left out.
    #[must_use]
    pub fn new(systems: Vec<System>) -> Self {
        let mut graph = DiGraph::with_capacity(systems.len(), systems.len() * 2);
        let index: BTreeMap<String, NodeIndex> =
            systems.iter().map(|system| (system.key.clone(), graph.add_node(()))).collect();
        for system in &systems {
            for needed in &system.depends_on {
                if let (Some(from), Some(to)) = (index.get(&system.key), index.get(needed)) {
                    graph.update_edge(*from, *to, ());
                }
            }
        }
        let mut ranks = vec![0; systems.len()];
        for (node, rank) in index.values().zip(0..) {
            if let Some(at) = ranks.get_mut(node.index()) {
                *at = rank;
            }
        }
        Self { systems, ranks, index, graph, is_unread: false }
    }

    /// Stands for a topology that could not be read: nothing is known of what it would have said.
    #[must_use]
    pub fn unread() -> Self {
        Self { is_unread: true, ..Self::default() }
    }

    /// True when the file could not be read: what it lacks is then no error.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.is_unread
    }

    /// All systems in the order of the file.
    #[must_use]
    pub fn systems(&self) -> &[System] {
        &self.systems
    }

    /// One system.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&System> {
        self.index.get(key).and_then(|node| self.systems.get(node.index()))
    }

    /// The short name of a system; its key when the topology does not know it.
    #[must_use]
    pub fn short(&self, key: &str) -> Text {
        self.get(key).map_or_else(|| Text::same(key), |system| system.short.clone())
    }

    /// The support line that a system's queue belongs to («2ЛТП»), if its name says so.
    #[must_use]
    pub fn support_line(&self, key: &str) -> Option<String> {
        let first = self.get(key)?.queue.split("::").next()?;
        first.ends_with("ЛТП").then(|| first.to_owned())
    }

    /// The systems around one, nearest first, itself included; bounded, in a fixed order. They are told by their places
    /// in [`Self::systems`].
    #[must_use]
    pub fn near(&self, key: &str) -> Vec<(usize, Relation)> {
        let Some(start) = self.index.get(key).copied() else { return Vec::new() };
        let mut found = Found::with_capacity_and_hasher(NEAR_LIMIT, RandomState::default());
        found.insert(start, Relation::Same);
        self.walk(start, Direction::Outgoing, Relation::Needs, &mut found);
        self.walk(start, Direction::Incoming, Relation::Serves, &mut found);
        for needed in self.graph.neighbors(start) {
            for sibling in self.graph.neighbors_directed(needed, Direction::Incoming) {
                if found.len() >= NEAR_LIMIT {
                    break;
                }
                found.entry(sibling).or_insert(Relation::Sibling);
            }
        }
        let in_order = |(node, relation): (NodeIndex, Relation)| {
            (relation, self.ranks.get(node.index()).copied(), node)
        };
        let mut near: Vec<_> = found.into_iter().map(in_order).collect();
        near.sort_unstable();
        near.into_iter().map(|(relation, _, node)| (node.index(), relation)).collect()
    }

    /// Hops from `from` down to `to` along «needs», if it is within reach.
    #[must_use]
    pub fn hops(&self, from: &str, to: &str) -> Option<u8> {
        let (from, to) = (self.index.get(from)?, self.index.get(to)?);
        if from == to {
            return Some(0);
        }
        let mut found = Found::default();
        self.walk(*from, Direction::Outgoing, Relation::Needs, &mut found);
        match found.get(to) {
            Some(Relation::Needs(hops)) => Some(*hops),
            _ => None,
        }
    }

    /// What a system needs, directly and at most `hops` away, nearest first.
    #[must_use]
    pub fn needs(&self, key: &str, hops: u8) -> Vec<(&str, u8)> {
        self.reach(key, Direction::Outgoing, hops)
    }

    /// Who needs a system, at most `hops` away, nearest first.
    #[must_use]
    pub fn needed_by(&self, key: &str, hops: u8) -> Vec<(&str, u8)> {
        self.reach(key, Direction::Incoming, hops)
    }

    /// A system's place in [`Self::systems`].
    #[must_use]
    pub fn place(&self, key: &str) -> Option<usize> {
        self.index.get(key).map(|node| node.index())
    }

    /// What a system needs, with the hops between; systems are told by their places. Bounded, as all walks are.
    #[must_use]
    pub fn below(&self, place: usize) -> Vec<(usize, u8)> {
        self.around(place, Direction::Outgoing)
    }

    /// Who needs a system, with the hops between.
    #[must_use]
    pub fn above(&self, place: usize) -> Vec<(usize, u8)> {
        self.around(place, Direction::Incoming)
    }

    /// Who calls a system, directly.
    pub fn callers(&self, place: usize) -> impl Iterator<Item = usize> + '_ {
        let callers = self.graph.neighbors_directed(NodeIndex::new(place), Direction::Incoming);
        callers.map(NodeIndex::index)
    }

    fn around(&self, place: usize, direction: Direction) -> Vec<(usize, u8)> {
        let start = NodeIndex::new(place);
        if self.graph.node_weight(start).is_none() {
            return Vec::new();
        }
        let mut found = Found::default();
        self.walk(start, direction, Relation::Needs, &mut found);
        let hops = |(node, relation): (NodeIndex, Relation)| match relation {
            Relation::Needs(hops) => Some((node.index(), hops)),
            _ => None,
        };
        found.into_iter().filter_map(hops).collect()
    }

    fn reach(&self, key: &str, direction: Direction, limit: u8) -> Vec<(&str, u8)> {
        let around = self.place(key).map(|place| self.around(place, direction));
        let near = around.into_iter().flatten().filter(|(_, hops)| *hops <= limit);
        let named =
            |(place, hops): (usize, u8)| Some((self.systems.get(place)?.key.as_str(), hops));
        let mut reached: Vec<(&str, u8)> = near.filter_map(named).collect();
        reached.sort_by_key(|(key, hops)| (*hops, *key));
        reached
    }

    /// Breadth first, so that the first relation found for a node is its nearest.
    fn walk(
        &self,
        start: NodeIndex,
        direction: Direction,
        relation: impl Fn(u8) -> Relation,
        found: &mut Found,
    ) {
        let mut queue = VecDeque::from([(start, 0_u8)]);
        let budget = found.len() + NEAR_LIMIT / 2;
        while let Some((node, hops)) = queue.pop_front() {
            if hops == HOPS {
                continue;
            }
            for next in self.graph.neighbors_directed(node, direction) {
                if found.len() >= budget {
                    return;
                }
                if next != start && !found.contains_key(&next) {
                    found.insert(next, relation(hops + 1));
                    queue.push_back((next, hops + 1));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topology(edges: &[(&str, &[&str])]) -> Topology {
        let system = |(key, needs): &(&str, &[&str])| System {
            key: (*key).into(),
            depends_on: needs.iter().map(|need| (*need).into()).collect(),
            ..System::default()
        };
        Topology::new(edges.iter().map(system).collect())
    }

    fn near(graph: &Topology, key: &str) -> BTreeMap<String, Relation> {
        let near = graph.near(key).into_iter();
        near.map(|(place, relation)| (graph.systems()[place].key.clone(), relation)).collect()
    }

    #[test]
    fn relations_have_a_direction() {
        let graph = topology(&[
            ("web", &["app"]),
            ("app", &["db", "search"]),
            ("search", &["db"]),
            ("db", &[]),
            ("wfm", &["db"]),
            ("lonely", &[]),
        ]);
        let near = near(&graph, "app");
        assert_eq!(near.get("app"), Some(&Relation::Same));
        assert_eq!(near.get("db"), Some(&Relation::Needs(1)));
        assert_eq!(near.get("web"), Some(&Relation::Serves(1)));
        assert_eq!(near.get("wfm"), Some(&Relation::Sibling));
        assert_eq!(near.get("lonely"), None);
        assert_eq!(graph.hops("web", "db"), Some(2));
        assert_eq!(graph.hops("db", "web"), None);
    }

    #[test]
    fn a_hub_costs_no_more_than_the_limit() {
        let callers: Vec<String> = (0..5000).map(|n| format!("s{n}")).collect();
        let mut edges: Vec<(&str, &[&str])> =
            callers.iter().map(|key| (key.as_str(), &["hub"][..])).collect();
        edges.push(("hub", &[]));
        let graph = topology(&edges);
        assert!(graph.near("hub").len() <= NEAR_LIMIT);
        assert!(graph.near("s17").len() <= NEAR_LIMIT);
        assert_eq!(near(&graph, "s17").get("hub"), Some(&Relation::Needs(1)));
    }
}
