//! What is judged together: signals of some clusters that lie near each other in time and on the graph, and how well a
//! supposed fault explains some of them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::spread::{self, FAR, REACH, Voices};
use crate::topology::Topology;

/// The most callers of a system that was heard whose silence is asked for.
const MOST_CALLERS: usize = 32;
/// How far below what was heard a root is looked for, hops.
pub(super) const ROOTS: u8 = 2;

/// A signal.
#[derive(Clone, Debug)]
pub(super) struct Item {
    /// Its key.
    pub(super) key: u64,
    /// The cluster it is in.
    pub(super) home: u64,
    /// Its system, by its place in the topology; in a scene by its place there.
    pub(super) system: usize,
    /// Seconds from a moment common to all.
    pub(super) at: f64,
    /// It speaks of a cause by its nature.
    pub(super) is_cause: bool,
}

/// A system of the scene.
#[derive(Debug, Default)]
struct Place {
    /// Its place in the topology.
    system: usize,
    /// What it needs, and the hops down to it, of what may be a root.
    below: Vec<(usize, u8)>,
    /// Who calls it, of those that would be heard.
    callers: Vec<usize>,
}

/// A system that may be a root.
#[derive(Debug, Default)]
struct Root {
    /// Hops down to it, by place.
    hops: Vec<u8>,
    /// What it costs a fault here that nobody within reach was heard, as if nobody had been.
    silence: f64,
}

/// Signals in order of time, and the systems around them.
#[derive(Debug, Default)]
pub(super) struct Scene {
    pub(super) items: Vec<Item>,
    places: Vec<Place>,
    /// The first places: what was heard, and what that needs.
    roots: Vec<Root>,
    voices: Voices,
    /// Room for one question, kept from one to the next.
    room: RefCell<Room>,
}

/// A supposed fault: which system, since when, and how much later than usual it is felt elsewhere.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    /// The system, by its place in the scene.
    pub(super) root: usize,
    /// Seconds from the common moment.
    pub(super) onset: f64,
    /// Seconds: rules wait before they speak, mostly those of what is felt.
    pub(super) lag: f64,
}

impl Fault {
    /// Seconds from when something may be heard so many hops away.
    fn since(self, hops: u8, at: f64) -> f64 {
        at - self.onset - if hops > 0 { self.lag } else { 0.0 }
    }
}

/// What is known of a place in one question; of another one it is nothing.
#[derive(Clone, Copy, Debug, Default)]
struct Mark {
    /// The last question in which it was heard, and when first and last.
    heard: u64,
    first: f64,
    last: f64,
    /// The last question in which what it calls was heard, and when that was first.
    passed: u64,
    since: f64,
}

#[derive(Debug, Default)]
struct Room {
    question: u64,
    marks: Vec<Mark>,
    heard: Vec<usize>,
    passed: Vec<usize>,
}

/// Numbers the systems of a scene as they are met.
#[derive(Default)]
struct Numbers {
    places: Vec<Place>,
    known: BTreeMap<usize, usize>,
}

impl Numbers {
    fn of(&mut self, system: usize) -> usize {
        *self.known.entry(system).or_insert_with(|| {
            self.places.push(Place { system, ..Place::default() });
            self.places.len() - 1
        })
    }

    fn system(&self, place: usize) -> usize {
        self.places.get(place).map_or(usize::MAX, |place| place.system)
    }
}

impl Scene {
    /// Of signals in any order; `listens` says of which systems in the topology silence means something.
    pub(super) fn new(
        mut items: Vec<Item>,
        topology: &Topology,
        listens: impl Fn(usize) -> bool,
    ) -> Self {
        items.sort_by(|a, b| a.at.total_cmp(&b.at).then(a.key.cmp(&b.key)));
        let mut numbers = Numbers::default();
        for item in &mut items {
            item.system = numbers.of(item.system);
        }
        let heard = numbers.places.len();
        for place in 0..heard {
            let below = topology.below(numbers.system(place)).into_iter();
            for (needed, _) in below.filter(|(_, hops)| *hops <= ROOTS) {
                numbers.of(needed);
            }
        }
        let roots = numbers.places.len();
        for place in 0..heard {
            let callers = topology.callers(numbers.system(place));
            let callers: Vec<usize> =
                callers.filter(|caller| listens(*caller)).take(MOST_CALLERS).collect();
            let callers = callers.into_iter().map(|caller| numbers.of(caller)).collect();
            if let Some(place) = numbers.places.get_mut(place) {
                place.callers = callers;
            }
        }
        let Numbers { mut places, known } = numbers;
        let mut roots: Vec<Root> = (0..roots)
            .map(|root| {
                let mut hops = vec![FAR; places.len()];
                if let Some(own) = hops.get_mut(root) {
                    *own = 0;
                }
                Root { hops, silence: 0.0 }
            })
            .collect();
        for (at, place) in places.iter_mut().enumerate() {
            for (needed, hops) in topology.below(place.system) {
                let root = known.get(&needed).and_then(|root| Some((*root, roots.get_mut(*root)?)));
                let Some((root, above)) = root else { continue };
                if let Some(known) = above.hops.get_mut(at) {
                    *known = hops;
                }
                place.below.push((root, hops));
            }
        }
        let voices = Voices::new(topology.systems().len());
        for (root, place) in roots.iter_mut().zip(&places) {
            let above = topology.above(place.system).into_iter();
            let silent = above.filter(|(caller, _)| listens(*caller));
            let silence: f64 = silent.map(|(_, hops)| voices.silent(hops, false)).sum();
            root.silence = silence + voices.silent(0, false);
        }
        let room = Room { marks: vec![Mark::default(); places.len()], ..Room::default() };
        Self { items, places, roots, voices, room: RefCell::new(room) }
    }

    /// A system's place in the topology.
    pub(super) fn system(&self, place: usize) -> Option<usize> {
        self.places.get(place).map(|place| place.system)
    }

    /// Hops from a place down to a root.
    pub(super) fn hops(&self, root: usize, place: usize) -> u8 {
        let root = self.roots.get(root);
        root.and_then(|root| root.hops.get(place)).copied().unwrap_or(FAR)
    }

    /// Roots of a fault that may be heard at a place: itself, and what it needs.
    pub(super) fn roots_of(&self, place: usize, reach: u8) -> impl Iterator<Item = usize> + '_ {
        let below = self.places.get(place).into_iter().flat_map(|place| &place.below);
        let below = below.filter(move |(_, hops)| *hops <= reach).map(|(root, _)| *root);
        std::iter::once(place).chain(below)
    }

    /// What one signal alone says for a fault.
    pub(super) fn alone(&self, fault: Fault, item: &Item) -> f64 {
        let hops = self.hops(fault.root, item.system);
        spread::alone(hops, fault.since(hops, item.at), item.is_cause)
    }

    /// Log-odds of one fault behind some signals, in order of time, against none behind any of them.
    pub(super) fn odds(&self, fault: Fault, members: &[usize]) -> f64 {
        let Some(root) = self.roots.get(fault.root) else { return f64::NEG_INFINITY };
        let room = &mut *self.room.borrow_mut();
        room.question += 1;
        room.heard.clear();
        room.passed.clear();
        let hops = |place: usize| root.hops.get(place).copied().unwrap_or(FAR);
        let mut odds = spread::FAULT + spread::lag(fault.lag) + root.silence;
        for item in members.iter().filter_map(|at| self.items.get(*at)) {
            let Some(mark) = room.marks.get_mut(item.system) else { continue };
            if mark.heard == room.question {
                // What is heard once more says no more of where the cause is.
                odds += spread::again(item.at - mark.last) - spread::uncaused();
            } else {
                odds += spread::role(item.system == fault.root, item.is_cause);
                odds += spread::no_more() - spread::uncaused();
                room.heard.push(item.system);
                (mark.heard, mark.first) = (room.question, item.at);
            }
            mark.last = item.at;
        }
        // In order of when they were first heard.
        for at in &room.heard {
            let since = room.marks.get(*at).map_or(0.0, |mark| mark.first);
            for caller in self.places.get(*at).into_iter().flat_map(|place| &place.callers) {
                let Some(mark) = room.marks.get_mut(*caller) else { continue };
                if mark.passed != room.question {
                    (mark.passed, mark.since) = (room.question, since);
                    room.passed.push(*caller);
                }
            }
        }
        // The root's silence has counted everyone within reach as not heard.
        let counted = |hops: u8| if hops <= REACH { self.voices.silent(hops, false) } else { 0.0 };
        let mark = |place: usize| room.marks.get(place).copied().unwrap_or_default();
        let others = room.heard.len().saturating_sub(1);
        for place in &room.heard {
            let (mark, hops) = (mark(*place), hops(*place));
            let is_passed_on = mark.passed == room.question;
            let seconds = fault.since(hops, mark.first);
            odds += if is_passed_on && hops > REACH {
                spread::delay_on_way(seconds, mark.first - mark.since)
            } else {
                spread::delay(hops, seconds)
            };
            odds += self.voices.heard(hops, is_passed_on, others) - counted(hops);
        }
        for place in room.passed.iter().filter(|place| mark(**place).heard != room.question) {
            odds += self.voices.silent(hops(*place), true) - counted(hops(*place));
        }
        odds
    }
}
