//! Candidates: the clusters around a signal's systems that it may belong to, each seen from where it fits best.
//!
//! What one signal costs is bounded, and most of it would be spent on clusters that it cannot join any more: what
//! speaks against a cluster wherever it is compared is therefore asked once, before anything else.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::State;
use super::cluster::Cluster;
use super::evidence::Values;
use super::index::{Brief, Here, Near, Seen};
use super::scorer::{Scorer, Words};
use super::timing;
use crate::model::{Signal, Time};
use crate::topology::Relation;

/// The most comparisons made for one signal, nearest systems first: what it costs does not follow how much
/// is open around it.
const MOST_COMPARED: usize = 64;
/// Tickets of a cluster whose words a new one is compared with: half from its beginning, half the latest.
const EXAMPLES: usize = 6;
/// Tickets written this long after a case was resolved may still be about it; the room of cases opens it again
/// when they are more than a few.
const LATE_TICKETS_MS: i64 = 10 * 60_000;

/// Sums of the same numbers in another order differ by less: what is equal is compared in full.
const LAST_BITS: f64 = 1e-9;

/// How a signal fits one cluster, seen from where it fits best.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub(super) cluster: u64,
    pub(super) values: Values,
    pub(super) score: f64,
    pub(super) own: u32,
    pub(super) other: u32,
    pub(super) relation: Relation,
}

/// What lies around one of a signal's systems.
struct View {
    own: u32,
    belief: f64,
    near: Near,
}

/// Most signals speak of one system.
type Views = SmallVec<[View; 1]>;

/// Where a comparison is made: a signal's own system, and one around it.
#[derive(Clone, Copy)]
struct Place {
    own: u32,
    belief: f64,
    other: u32,
    relation: Relation,
}

impl View {
    /// The places to compare at that are wanted, nearest first, each with the most that could come of it.
    fn places<'v>(
        &'v self,
        scorer: Scorer<'v>,
        signal: &'v Signal,
        wanted: impl Fn(u32) -> bool + Copy + 'v,
    ) -> impl Iterator<Item = (Place, f64)> + 'v {
        let bounds = scorer.bounds(signal, self.belief);
        let mut most = (None, 0.0);
        let is_wanted = move |(other, _): &&(u32, Relation)| wanted(*other);
        self.near.iter().filter(is_wanted).map(move |(other, relation)| {
            // They come in order of relation.
            if most.0 != Some(*relation) {
                most = (Some(*relation), scorer.bound(signal, bounds, *relation));
            }
            let Self { own, belief, .. } = *self;
            (Place { own, belief, other: *other, relation: *relation }, most.1)
        })
    }
}

/// What is left of the most that could come of a place once a cluster's brief is known, and when monitoring was last heard
/// there if that is at hand.
fn leaves(
    scorer: Scorer<'_>,
    signal: &Signal,
    brief: &Brief,
    (bound, heard): (f64, Option<Time>),
    relation: Relation,
) -> f64 {
    let is_elsewhere = relation != Relation::Same;
    let second =
        if is_elsewhere { scorer.least_lost_to_causes(signal, brief.has_causes) } else { 0.0 };
    bound + LAST_BITS - timing::least_lost(scorer.weights, signal, brief, heard) - second
}

/// A cluster that was met around a signal.
#[derive(Debug)]
pub(super) struct Met {
    brief: Brief,
    /// Whether the signal may join, once asked.
    may_join: Option<bool>,
    /// Likeness of words, once asked.
    text: Option<f64>,
    /// The place of how it fits best, once it was compared.
    best: Option<usize>,
}

/// Room for what a search meets and finds, kept from one to the next: most need some kilobytes of it for some
/// microseconds.
#[derive(Debug, Default)]
pub(super) struct Room {
    ids: Vec<u64>,
    met: Vec<Met>,
    found: Vec<Candidate>,
}

/// A search for the clusters that one signal may belong to.
struct Search<'s> {
    state: &'s State,
    scorer: Scorer<'s>,
    key: u64,
    signal: &'s Signal,
    words: Words<'s>,
    /// The clusters met, and by the same places what is known of them.
    room: Room,
    /// Those that were looked at.
    clusters: SmallVec<[Option<&'s Cluster>; MOST_COMPARED]>,
    /// The best score so far.
    highest: f64,
    compared: usize,
}

impl<'s> Search<'s> {
    fn new(state: &'s State, key: u64, signal: &'s Signal, mut room: Room) -> Self {
        room.ids.clear();
        room.met.clear();
        room.found.clear();
        // What opens a case of its own where it joins none needs not be told which it came nearest to.
        let opens = signal.keeps_open();
        Self {
            state,
            scorer: Scorer { weights: &state.grouping.weights },
            key,
            signal,
            words: Words::new(signal, &state.likeness),
            room,
            clusters: SmallVec::new(),
            highest: if opens { 0.0 } else { f64::NEG_INFINITY },
            compared: 0,
        }
    }

    /// Looks at the clusters around one of the signal's systems, the nearest systems first.
    fn look_around(&mut self, view: &View) {
        let index = &self.state.derived.index;
        for (place, bound) in view.places(self.scorer, self.signal, |_| true) {
            if bound <= 0.0 || self.is_behind(bound) {
                continue;
            }
            let Some(slot) = index.around(place.other) else { continue };
            for here in slot.alive() {
                self.compare(here, place, bound);
            }
            // What is over comes back where it was; users may still write about it from anywhere.
            if self.signal.is_ticket() || place.relation == Relation::Same {
                for here in slot.over() {
                    self.compare(here, place, bound);
                }
            }
            if self.compared >= MOST_COMPARED {
                break;
            }
        }
    }

    /// A ticket fits better elsewhere than it could with this bound. A finding may still tie tickets to what it
    /// joins, however weakly it fits them: [`Self::compare`] knows which clusters are such.
    fn is_behind(&self, bound: f64) -> bool {
        self.signal.is_ticket() && self.highest > bound
    }

    /// Monitoring has been silent there for so long that nothing could come of a look at the cluster: others fit better,
    /// and it could not be tied to them.
    fn is_out_of_reach(&self, here: Here, bound: f64) -> bool {
        let weights = self.scorer.weights;
        let Some(heard) = here.heard().filter(|_| !self.signal.is_ticket()) else { return false };
        let most = bound - timing::least_lost_here(weights, self.signal, heard);
        most <= self.highest && (most <= 0.0 || most < weights.merge)
    }

    /// The place of a cluster among those met.
    fn meet(&mut self, id: u64) -> Option<usize> {
        if let Some(at) = self.room.ids.iter().position(|known| *known == id) {
            return Some(at);
        }
        let brief = self.state.derived.index.cluster(id)?.brief;
        self.room.ids.push(id);
        self.clusters.push(None);
        self.room.met.push(Met { brief, may_join: None, text: None, best: None });
        Some(self.room.met.len() - 1)
    }

    /// Compares the signal with a cluster at one system, if anything could come of it.
    fn compare(&mut self, here: Here, place: Place, bound: f64) {
        if self.is_out_of_reach(here, bound) {
            self.compared += 1;
            return;
        }
        let id = here.cluster;
        let Some(at) = self.meet(id) else { return };
        let Some(met) = self.room.met.get_mut(at) else { return };
        if met.may_join == Some(false) {
            return;
        }
        self.compared += 1;
        let at_most = (bound, here.heard());
        let most = leaves(self.scorer, self.signal, &met.brief, at_most, place.relation);
        // It fits better already than it could from here.
        let best = met.best.and_then(|at| self.room.found.get_mut(at));
        if best.as_ref().is_some_and(|best| best.score >= most) {
            return;
        }
        // Others fit better, and this one could not be tied to them.
        let is_tied = most > 0.0
            && !self.signal.is_ticket()
            && (most >= self.scorer.weights.merge || met.brief.only_tickets);
        if most <= self.highest && !is_tied {
            return;
        }
        let state = self.state;
        let (key, signal, is_over) = (self.key, self.signal, met.brief.is_over);
        if !*met.may_join.get_or_insert_with(|| state.may_join(key, signal, (id, is_over))) {
            return;
        }
        let Some(known) = self.clusters.get_mut(at) else { return };
        if known.is_none() {
            *known = state.clusters.get(id).map(Arc::as_ref);
        }
        let Some(cluster) = *known else { return };
        let system = state.derived.index.key(place.other);
        let summary = system.and_then(|system| cluster.systems().get(system));
        let Some(summary) = summary else { return };
        let text = *met
            .text
            .get_or_insert_with(|| self.scorer.text(&self.words, cluster, state.examples(cluster)));
        if self.signal.systems.is_empty() && text < self.scorer.alike() {
            return;
        }
        let Place { own, belief, other, relation } = place;
        let at = Seen { brief: &met.brief, cluster, summary };
        let values = self.scorer.compare(self.signal, belief, at, relation, text);
        let score = values.iter().sum();
        let fresh = Candidate { cluster: id, values, score, own, other, relation };
        match best {
            Some(best) if best.score >= score => return,
            Some(best) => *best = fresh,
            None => {
                met.best = Some(self.room.found.len());
                self.room.found.push(fresh);
            }
        }
        self.highest = self.highest.max(score);
    }

    /// What was found, the best first, of two equal ones the older; and the room.
    fn found(mut self) -> (Vec<Candidate>, Room) {
        let mut found = std::mem::take(&mut self.room.found);
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.cluster.cmp(&b.cluster)));
        (found, self.room)
    }
}

impl State {
    /// Evidence for candidate clusters, the best first: the best of all, every one that the signal may join, and
    /// of the others those that were looked at on the way.
    pub(super) fn candidates_for(&mut self, key: u64, signal: &Signal) -> Vec<Candidate> {
        let nowhere = [(CompactString::default(), 1.0)];
        let systems = if signal.systems.is_empty() { &nowhere[..] } else { &signal.systems };
        let views: Views = systems.iter().map(|(own, belief)| self.view(own, *belief)).collect();
        let room = std::mem::take(&mut self.derived.room);
        let mut search = Search::new(self, key, signal, room);
        for view in &views {
            search.look_around(view);
        }
        let (found, room) = search.found();
        self.derived.room = room;
        found
    }

    /// Takes back the room of a list of candidates, for the next search.
    pub(super) fn give_back(&mut self, found: Vec<Candidate>) {
        self.derived.room.found = found;
    }

    fn view(&mut self, system: &str, belief: f64) -> View {
        let (own, near) = self.derived.index.near(system, &self.derived.topology);
        View { own, belief, near }
    }

    /// How a signal fits one cluster, wherever it fits best.
    pub(super) fn fit(&mut self, key: u64, signal: &Signal, id: u64) -> Option<Candidate> {
        let brief = self.derived.index.cluster(id)?.brief;
        if !self.may_join(key, signal, (id, brief.is_over)) {
            return None;
        }
        let views: Views =
            signal.systems.iter().map(|(own, belief)| self.view(own, *belief)).collect();
        let cluster = self.clusters.get(id)?;
        let words = Words::new(signal, &self.likeness);
        let weights = &self.grouping.weights;
        let scorer = Scorer { weights };
        let text = scorer.text(&words, cluster, self.examples(cluster));
        let index = &self.derived.index;
        let known = index.cluster(id)?;
        let mut best: Option<Candidate> = None;
        // Few of the systems around are in the cluster: which, the index knows without a look at names.
        let is_here = |system| known.is_at(system);
        let places = views.iter().flat_map(|view| view.places(scorer, signal, is_here));
        for (place, bound) in places {
            let Place { own, belief, other, relation } = place;
            let most = leaves(scorer, signal, &brief, (bound, None), relation);
            if best.is_some_and(|best| best.score >= most) {
                continue;
            }
            let summary = index.key(other).and_then(|system| cluster.systems().get(system));
            let Some(summary) = summary else { continue };
            let at = Seen { brief: &brief, cluster, summary };
            let values = scorer.compare(signal, belief, at, relation, text);
            let score = values.iter().sum();
            if best.is_none_or(|best| best.score < score) {
                best = Some(Candidate { cluster: id, values, score, own, other, relation });
            }
        }
        best
    }

    /// What people's verdicts and the cluster's standing allow. A resolved fault takes late tickets, and the
    /// same trouble coming back, both of which may open it again; nothing else joins it.
    fn may_join(&self, key: u64, signal: &Signal, (id, is_over): (u64, bool)) -> bool {
        if self.constraints.barred(key, id).is_some() {
            return false;
        }
        if !is_over {
            return true;
        }
        let Some(cluster) = self.clusters.get(id) else { return false };
        let Some(resolved_at) = cluster.standing().resolved_at else { return true };
        if signal.is_ticket() {
            return signal.since <= resolved_at.plus_millis(LATE_TICKETS_MS);
        }
        let here = cluster.systems().get(signal.system());
        here.is_some_and(|summary| summary.all.symptoms.count(signal.symptom.as_str()) > 0)
    }

    pub(super) fn examples<'s>(&'s self, cluster: &'s Cluster) -> impl Iterator<Item = &'s Signal> {
        let texts = &cluster.totals().texts;
        let first = texts.iter().take(EXAMPLES / 2);
        let rest = usize::try_from(texts.len()).unwrap_or(usize::MAX).saturating_sub(EXAMPLES / 2);
        let last = texts.iter().rev().take(rest.min(EXAMPLES / 2));
        first.chain(last).filter_map(|((_, key), _)| self.signals.get(*key))
    }
}
