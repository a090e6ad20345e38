//! What a search makes of scenes whose faults are known.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::scene::{Item, Scene};
use super::search::Search;
use crate::topology::{System, Topology};

/// Two roots with five callers each and one caller of both; callers of callers above, of one in a long chain.
const GRAPH: [(&str, &[&str]); 22] = [
    ("db", &[]),
    ("bus", &[]),
    ("d1", &["db"]),
    ("d2", &["db"]),
    ("d3", &["db"]),
    ("d4", &["db"]),
    ("d5", &["db"]),
    ("b1", &["bus"]),
    ("b2", &["bus"]),
    ("b3", &["bus"]),
    ("b4", &["bus"]),
    ("b5", &["bus"]),
    ("both", &["db", "bus"]),
    ("dd1", &["d1"]),
    ("dd2", &["d2"]),
    ("bb1", &["b1"]),
    ("bb2", &["b2"]),
    ("printer", &[]),
    ("kiosk", &["printer"]),
    ("d3rd", &["dd1"]),
    ("d4th", &["d3rd"]),
    ("d5th", &["d4th"]),
];

/// What a fault of the database is heard by, with seconds from its onset.
const OF_DB: [(&str, f64); 7] = [
    ("db", 12.0),
    ("d1", 40.0),
    ("d2", 45.0),
    ("d3", 52.0),
    ("both", 60.0),
    ("d4", 70.0),
    ("dd1", 95.0),
];
/// And one of the bus.
const OF_BUS: [(&str, f64); 6] =
    [("bus", 14.0), ("b1", 38.0), ("b2", 50.0), ("b3", 55.0), ("b5", 64.0), ("bb1", 90.0)];

fn topology() -> Topology {
    let system = |(key, needs): (&str, &[&str])| System {
        key: key.into(),
        depends_on: needs.iter().map(|need| (*need).into()).collect(),
        ..System::default()
    };
    Topology::new(GRAPH.into_iter().map(system).collect())
}

/// Signals of a system at a moment in a cluster; what has no needs speaks of a cause.
fn items(topology: &Topology, heard: &[(&str, f64, u64)]) -> Vec<Item> {
    let item = |(key, (system, at, home)): (u64, &(&str, f64, u64))| {
        let place = topology.place(system).unwrap();
        let is_cause = topology.below(place).is_empty();
        Item { key, home: *home, system: place, at: *at, is_cause }
    };
    (0..).zip(heard).map(item).collect()
}

/// The groups that are found, each by its root and the systems that were heard.
fn found(heard: &[(&str, f64, u64)]) -> BTreeMap<String, BTreeSet<String>> {
    let topology = topology();
    let scene = Scene::new(items(&topology, heard), &topology, |_| true);
    let mut search = Search::new(&scene);
    search.run();
    let name = |place: usize| topology.systems()[scene.system(place).unwrap()].key.clone();
    let groups = search.groups().map(|group| {
        let members = group.members.iter().map(|at| name(scene.items[*at].system));
        (name(group.fault.root), members.collect())
    });
    groups.collect()
}

fn names(of: &[(&str, f64)]) -> BTreeSet<String> {
    of.iter().map(|(system, _)| (*system).to_owned()).collect()
}

fn at(of: &[(&'static str, f64)], onset: f64, home: u64) -> Vec<(&'static str, f64, u64)> {
    of.iter().map(|(system, after)| (*system, onset + after, home)).collect()
}

#[test]
fn two_faults_in_one_cluster_are_told_apart() {
    // What calls both belongs to whichever began at the right time; of two that began at once nobody can say.
    let only_of_db: Vec<_> = OF_DB.into_iter().filter(|(system, _)| *system != "both").collect();
    for (of_db, apart) in
        [(&only_of_db[..], 0.0), (&only_of_db, 20.0), (&OF_DB, 60.0), (&OF_DB, 180.0)]
    {
        let heard = [at(of_db, 0.0, 1), at(&OF_BUS, apart, 1)].concat();
        let expected =
            BTreeMap::from([("db".into(), names(of_db)), ("bus".into(), names(&OF_BUS))]);
        assert_eq!(found(&heard), expected, "{apart} s apart");
    }
}

#[test]
fn one_fault_in_many_clusters_is_one() {
    let homes = (1..).zip(at(&OF_DB, 0.0, 0));
    let heard: Vec<_> = homes.map(|(home, (system, at, _))| (system, at, home)).collect();
    assert_eq!(found(&heard), BTreeMap::from([("db".into(), names(&OF_DB))]));
}

/// The root need not be heard at all.
#[test]
fn a_silent_root_is_found_by_its_callers() {
    let heard = at(&OF_DB[1..], 0.0, 1);
    assert_eq!(found(&heard), BTreeMap::from([("db".into(), names(&OF_DB[1..]))]));
}

#[test]
fn what_has_nothing_to_do_with_it_is_left_alone() {
    let heard = [at(&OF_DB, 0.0, 1), vec![("printer", 45.0, 1)]].concat();
    assert_eq!(found(&heard), BTreeMap::from([("db".into(), names(&OF_DB))]));
}

/// Far from the root what counts is when the systems on the way were heard.
#[test]
fn what_is_far_from_the_root_is_heard_after_its_way() {
    let way = [("d3rd", 140.0, 1), ("d4th", 190.0, 1)];
    for (seconds, is_of_it) in [(235.0, true), (30.0, false)] {
        let heard = [at(&OF_DB, 0.0, 1), way.to_vec(), vec![("d5th", seconds, 2)]].concat();
        let groups = found(&heard);
        assert_eq!(groups["db"].contains("d5th"), is_of_it, "after {seconds} s: {groups:?}");
    }
}

/// A link that the topology lacks is likelier to begin at one of many that were heard than at the only one: one and the
/// same signal belongs to a large fault and not to a small one.
#[test]
fn what_no_link_explains_belongs_to_many_sooner_than_to_one() {
    let bus = [("bus", 12.0, 2), ("bus", 40.0, 2), ("bus", 70.0, 2), ("kiosk", 130.0, 2)];
    let heard = [at(&OF_DB, 0.0, 1), bus.to_vec()].concat();
    let groups = found(&heard);
    assert!(groups["db"].contains("kiosk") && !groups["bus"].contains("kiosk"), "{groups:?}");
}

/// A pair that no fault would explain well is not taken apart for that.
#[test]
fn what_was_put_together_for_a_reason_stays() {
    let heard = [("dd2", 0.0, 1), ("printer", 200.0, 1)];
    let groups = found(&heard);
    assert_eq!(groups.values().map(BTreeSet::len).collect::<Vec<_>>(), [2]);
}

/// Findings that come back at one system for a quarter of an hour are one fault there, not one below.
#[test]
fn what_goes_on_at_one_system_is_one_fault_there() {
    let goes_on = (0..28).map(|n| ("d1", 30.0 + f64::from(n) * 30.0, 1));
    let heard: Vec<_> = [("d1", 12.0, 1)].into_iter().chain(goes_on).collect();
    assert_eq!(found(&heard), BTreeMap::from([("d1".into(), ["d1".to_owned()].into())]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever is heard, each signal is in one group at most, nothing is lost, and no search makes it worse.
    #[test]
    fn each_signal_is_in_one_group(
        heard in prop::collection::vec((0..GRAPH.len(), 0.0..900.0, 1..5_u64), 0..40),
    ) {
        let heard: Vec<_> =
            heard.into_iter().map(|(system, at, home)| (GRAPH[system].0, at, home)).collect();
        let topology = topology();
        let scene = Scene::new(items(&topology, &heard), &topology, |_| true);
        let mut search = Search::new(&scene);
        let before = search.odds();
        search.run();
        prop_assert!(search.odds() >= before - 1e-6);
        let again = {
            let mut again = Search::new(&scene);
            again.run();
            again.groups().map(|group| group.members).collect::<Vec<_>>()
        };
        let groups: Vec<Vec<usize>> = search.groups().map(|group| group.members).collect();
        prop_assert_eq!(&groups, &again);
        let mut all = groups.concat();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        prop_assert_eq!(all.len(), count);
        prop_assert!(all.iter().all(|at| *at < scene.items.len()));
        prop_assert!(groups.iter().all(|members| members.is_sorted()));
    }
}
