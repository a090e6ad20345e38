//! Root cause: which system explains most of what is seen?
//!
//! For each suspect the systems of the cluster vote: those that depend on the suspect speak for it, fading
//! with distance, those that its fault cannot reach speak against it. Its own findings, the rarity of what
//! they say, being first to break and a release just before speak for it; a suspect that shows nothing of
//! its own speaks against itself. What is over counts as well: the cause often ends before what it caused. The
//! sums become shares of belief by softmax.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::State;
use super::cluster::Cluster;
use super::holds::Holds;
use super::index::Near;
use super::summary::{SystemSummary, Tally};
use crate::model::{Cause, Message, Reason, Time};
use crate::topology::Relation;

/// The most suspects named.
const SUSPECTS: usize = 5;
/// The most reasons given for one of them.
const REASONS: usize = 8;
/// The most systems of a cluster that vote; beyond it the picture does not change.
const VOTERS: usize = 64;
/// How far below the members' systems suspects are looked for.
const HOPS_BELOW: u8 = 2;
/// How much a vote fades with each hop.
const FADE: f64 = 0.7;
/// Members up to which a cluster is ranked at each of them.
const YOUNG: usize = 8;
/// The longest a larger cluster waits for its causes to be ranked again.
const SETTLE_MS: i64 = 1_000;
/// Sharpness of the shares.
const SHARPNESS: f64 = 1.0;
/// What speaks against a suspect that shows nothing of its own.
const SHOWS_NOTHING: f64 = -2.0;
/// A release just before says much, but most releases break nothing.
const RELEASED: f64 = 2.0;

impl State {
    /// Ranks the causes of a cluster again.
    pub(super) fn rank(&mut self, id: u64) {
        let Some(cluster) = self.clusters.get(&id).map(Arc::clone) else { return };
        let keys = voters_of(&cluster);
        let topology = &self.derived.topology;
        let index = &mut self.derived.index;
        let around: Vec<(u32, Near)> =
            keys.iter().map(|key| (index.number(key), index.near(key, topology))).collect();
        let voters: Vec<Voter<'_>> = keys
            .iter()
            .zip(&around)
            .filter_map(|(key, (number, near))| {
                let summary = cluster.systems().get(key)?;
                Some(Voter { number: *number, key, tally: &summary.all, near })
            })
            .collect();
        let speaking = cluster.systems().iter().filter(|(_, summary)| speaks(&summary.all));
        let mut here: Vec<(u32, &Tally)> =
            speaking.map(|(key, summary)| (index.number(key), &summary.all)).collect();
        here.sort_unstable_by_key(|(number, _)| *number);
        let rarity = |symptom: &str| rarity(&self.symptoms, self.symptoms_total, symptom);
        let first = cluster.systems().values().filter_map(SystemSummary::first).min();
        let names = &self.derived.index;
        let ranking = Ranking {
            cluster: &cluster,
            voters,
            here,
            name: &|number| names.name(number),
            rarity: &rarity,
            holds: &self.holds,
            first: first.unwrap_or_default(),
        };
        let causes = ranking.causes();
        drop(cluster);
        if let Some(cluster) = self.clusters.get_mut(&id).map(Arc::make_mut) {
            if let Some(due) = cluster.rank_due {
                self.rank_timers.remove(&(due, id));
            }
            cluster.set_causes(causes);
        }
    }

    /// Ranks at once while a cluster is young or has grown by an eighth, else within [`SETTLE_MS`]: a storm
    /// into one cluster must not rank it for each member.
    pub(super) fn rank_soon(&mut self, now: Time, id: u64) {
        let Some(cluster) = self.clusters.get_mut(&id) else { return };
        let members = cluster.members().len();
        if members <= YOUNG || members > cluster.ranked() + cluster.ranked() / 8 {
            return self.rank(id);
        }
        if cluster.rank_due.is_none() {
            let due = now.plus_millis(SETTLE_MS);
            Arc::make_mut(cluster).rank_due = Some(due);
            self.rank_timers.insert((due, id));
        }
    }

    pub(super) fn count_symptom(&mut self, symptom: &str) {
        if symptom.is_empty() {
            return;
        }
        // Bounded: a source that invents names must not fill the memory.
        if self.symptoms.len() < 4096 || self.symptoms.contains_key(symptom) {
            *self.symptoms.entry(symptom.to_owned()).or_insert(0.0) += 1.0;
            self.symptoms_total += 1.0;
        }
    }
}

/// Information of a symptom's name in nats: rare names say more about the cause.
fn rarity(symptoms: &BTreeMap<String, f64>, total: f64, symptom: &str) -> f64 {
    let count = symptoms.get(symptom).copied().unwrap_or(0.0);
    if symptom.is_empty() || total < 20.0 { 0.0 } else { ((total + 1.0) / (count + 1.0)).ln() }
}

/// The systems that vote: those with the most findings, of equal ones the first by key.
fn voters_of(cluster: &Cluster) -> Vec<String> {
    let mut voters: Vec<(Reverse<u32>, &String)> = cluster
        .systems()
        .iter()
        .filter(|(key, _)| !key.is_empty())
        .map(|(key, summary)| (&summary.all, key))
        .filter(|(tally, _)| speaks(tally))
        .map(|(tally, key)| (Reverse(tally.findings), key))
        .collect();
    // A large storm touches thousands of systems: only those that vote are put in order.
    if voters.len() > VOTERS {
        voters.select_nth_unstable(VOTERS);
        voters.truncate(VOTERS);
    }
    voters.sort_unstable();
    voters.into_iter().map(|(_, key)| key.clone()).collect()
}

/// Something is said of a system.
fn speaks(tally: &Tally) -> bool {
    tally.findings + tally.tickets > 0
}

/// A system of the cluster that speaks for or against suspects.
struct Voter<'a> {
    number: u32,
    key: &'a str,
    tally: &'a Tally,
    near: &'a Near,
}

impl Voter<'_> {
    /// The systems it depends on, by number, with the hops between.
    fn needs(&self) -> impl Iterator<Item = (u32, u8)> {
        self.near.iter().filter_map(|(number, relation)| match relation {
            Relation::Needs(hops) => Some((*number, *hops)),
            _ => None,
        })
    }
}

/// A system that may be the cause.
#[derive(Clone, Copy)]
struct Suspect<'a> {
    number: u32,
    name: &'a str,
    /// A broken system that it depends on.
    below: Option<&'a str>,
}

/// One ranking under way.
struct Ranking<'a> {
    cluster: &'a Cluster,
    voters: Vec<Voter<'a>>,
    /// What is said of each system of the cluster, in order of number.
    here: Vec<(u32, &'a Tally)>,
    /// The name of a system by its number in the index.
    name: &'a dyn Fn(u32) -> &'a str,
    rarity: &'a dyn Fn(&str) -> f64,
    holds: &'a Holds,
    /// When the first signal began.
    first: Time,
}

impl<'a> Ranking<'a> {
    fn tally(&self, system: u32) -> Option<&'a Tally> {
        let at = self.here.binary_search_by_key(&system, |(number, _)| *number).ok()?;
        self.here.get(at).map(|(_, tally)| *tally)
    }

    /// Scores are summed by number first; texts are made for the few that are named, so the cost follows
    /// the systems that vote and what they need, not their product.
    fn causes(&self) -> Vec<Cause> {
        let against_all: f64 = self.voters.iter().map(|voter| vote(voter.tally, None)).sum();
        let mut scores: BTreeMap<u32, f64> = BTreeMap::new();
        let mut broken_below: BTreeMap<u32, u32> = BTreeMap::new();
        for voter in &self.voters {
            // A suspect does not vote about itself.
            let against = vote(voter.tally, None);
            *scores.entry(voter.number).or_insert(against_all) -= against;
            for (needed, hops) in voter.needs() {
                let tally = self.tally(needed);
                if tally.is_some_and(is_broken) {
                    broken_below.entry(voter.number).or_insert(needed);
                }
                if hops <= HOPS_BELOW || tally.is_some() {
                    *scores.entry(needed).or_insert(against_all) +=
                        vote(voter.tally, Some(hops)) - against;
                }
            }
        }
        let mut ranked: Vec<(f64, Suspect<'a>)> = Vec::with_capacity(scores.len());
        for (number, votes) in scores {
            let mut score = votes;
            let below = broken_below.get(&number).map(|below| (self.name)(*below));
            let suspect = Suspect { number, name: (self.name)(number), below };
            self.own_evidence(suspect, |weight, _| score += weight);
            ranked.push((score, suspect));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.name.cmp(b.1.name)));
        let best = ranked.first().map_or(0.0, |(score, _)| *score);
        let total: f64 = ranked.iter().map(|(score, _)| (SHARPNESS * (score - best)).exp()).sum();
        ranked.truncate(SUSPECTS);
        let cause = |(score, suspect): (f64, Suspect<'a>)| Cause {
            system: suspect.name.to_owned(),
            probability: (SHARPNESS * (score - best)).exp() / total,
            evidence: self.reasons(suspect),
        };
        ranked.into_iter().map(cause).collect()
    }

    /// What speaks for and against a suspect, in words, the weightiest first.
    fn reasons(&self, suspect: Suspect<'a>) -> Vec<Reason> {
        let mut votes: Vec<(f64, bool, &str)> = self
            .voters
            .iter()
            .filter(|voter| voter.number != suspect.number)
            .map(|voter| {
                let found = voter.needs().find(|(needed, _)| *needed == suspect.number);
                let hops = found.map(|(_, hops)| hops);
                (vote(voter.tally, hops), hops.is_some(), voter.key)
            })
            .collect();
        votes.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        votes.truncate(REASONS);
        let mut reasons = Vec::new();
        self.own_evidence(suspect, |weight, message| {
            reasons.push(Reason::new(weight, message()));
        });
        reasons.extend(votes.into_iter().map(|(weight, explains, system)| {
            let key = if explains { "cause-explains" } else { "cause-does-not-explain" };
            Reason::new(weight, Message::new(key).system("system", system))
        }));
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons.truncate(REASONS);
        reasons
    }

    /// Gives each piece of a suspect's own evidence to `take`: a weight, and the words if they are wanted.
    fn own_evidence(
        &self,
        Suspect { number, name: suspect, below }: Suspect<'a>,
        mut take: impl FnMut(f64, &dyn Fn() -> Message),
    ) {
        if let Some(release) = self.holds.release_before(suspect, self.first) {
            let version = || Message::new("cause-release").word("version", &release.version);
            take(RELEASED, &version);
        }
        let Some(tally) = self.tally(number) else {
            let nothing = || Message::new("cause-shows-nothing").system("system", suspect);
            return take(SHOWS_NOTHING, &nothing);
        };
        if tally.findings == 0 {
            let count = f64::from(tally.tickets);
            let weight = 0.5 * count.ln_1p().min(3.0);
            return take(weight, &|| Message::new("cause-own-tickets").number("count", count));
        }
        let nature = if tally.causes > 0 { 3.0 } else { 1.0 };
        let count = f64::from(tally.findings);
        let found = || Message::new("cause-own-findings").number("count", count);
        take(nature + 0.3 * count.ln(), &found);
        let rarest = tally.symptoms.iter().map(|(symptom, _)| (self.rarity)(symptom));
        let rarest = rarest.fold(0.0, f64::max);
        if rarest > 0.0 {
            take(0.5 * rarest.min(5.0), &|| Message::new("cause-rare"));
        }
        let summary = self.cluster.systems().get(suspect);
        let own_first = summary.and_then(SystemSummary::first).unwrap_or(self.first);
        let later = own_first.seconds_since(self.first);
        if later < 1.0 {
            take(1.0, &|| Message::new("cause-first"));
        } else {
            let message = || Message::new("cause-later").span("span", later.round());
            take(-(later / 60.0).min(1.5), &message);
        }
        if let (Some(below), 0) = (below, tally.causes) {
            take(-1.5, &|| Message::new("cause-broken-below").system("system", below));
        }
    }
}

/// Something here is broken and felt above.
fn is_broken(tally: &Tally) -> bool {
    tally.findings > 0 && tally.spreading > 0
}

/// What the trouble at one system says about a suspect `distance` hops below it.
fn vote(tally: &Tally, distance: Option<u8>) -> f64 {
    let count = f64::from(tally.findings) + 0.5 * f64::from(tally.tickets);
    let strength = 0.6 + 0.2 * count.ln_1p();
    match distance {
        Some(hops) => strength * FADE.powi(i32::from(hops) - 1),
        None => -0.6 * strength,
    }
}
