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
        let around: Vec<Near> = keys.iter().map(|key| index.near(key, topology)).collect();
        let voters: Vec<Voter<'_>> = keys
            .iter()
            .zip(&around)
            .filter_map(|(key, near)| {
                let summary = cluster.systems().get(key)?;
                Some(Voter { key, tally: &summary.all, near })
            })
            .collect();
        let rarity = |symptom: &str| rarity(&self.symptoms, self.symptoms_total, symptom);
        let first = cluster.systems().values().filter_map(SystemSummary::first).min();
        let names = &self.derived.index;
        let ranking = Ranking {
            cluster: &cluster,
            voters,
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
        .filter(|(tally, _)| tally.findings + tally.tickets > 0)
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

/// A system of the cluster that speaks for or against suspects.
struct Voter<'a> {
    key: &'a str,
    tally: &'a Tally,
    near: &'a Near,
}

/// One ranking under way.
struct Ranking<'a> {
    cluster: &'a Cluster,
    voters: Vec<Voter<'a>>,
    /// The name of a system by its number in the index.
    name: &'a dyn Fn(u32) -> &'a str,
    rarity: &'a dyn Fn(&str) -> f64,
    holds: &'a Holds,
    /// When the first signal began.
    first: Time,
}

impl<'a> Ranking<'a> {
    fn needs(&self, voter: &Voter<'a>) -> impl Iterator<Item = (&'a str, u8)> {
        let name = self.name;
        let near = voter.near.iter();
        let needs: Vec<(&'a str, u8)> = near
            .filter_map(|(key, relation)| match relation {
                Relation::Needs(hops) => Some((name(*key), *hops)),
                _ => None,
            })
            .collect();
        needs.into_iter()
    }

    fn tally(&self, system: &str) -> Option<&'a Tally> {
        let tally = &self.cluster.systems().get(system)?.all;
        (tally.findings + tally.tickets > 0).then_some(tally)
    }

    /// Scores are summed as numbers first; texts are made for the few that are named, so the cost follows
    /// the systems that vote and what they need, not their product.
    fn causes(&self) -> Vec<Cause> {
        let against_all: f64 = self.voters.iter().map(|voter| vote(voter.tally, None)).sum();
        let mut scores: BTreeMap<&str, f64> = BTreeMap::new();
        let mut broken_below: BTreeMap<&str, &str> = BTreeMap::new();
        for voter in &self.voters {
            // A suspect does not vote about itself.
            let against = vote(voter.tally, None);
            *scores.entry(voter.key).or_insert(against_all) -= against;
            for (needed, hops) in self.needs(voter) {
                let tally = self.tally(needed);
                if tally.is_some_and(is_broken) {
                    broken_below.entry(voter.key).or_insert(needed);
                }
                if hops <= HOPS_BELOW || tally.is_some() {
                    *scores.entry(needed).or_insert(against_all) +=
                        vote(voter.tally, Some(hops)) - against;
                }
            }
        }
        let mut ranked: Vec<(f64, &str)> = Vec::with_capacity(scores.len());
        for (suspect, votes) in scores {
            let mut score = votes;
            let below = broken_below.get(suspect).copied();
            self.own_evidence(suspect, below, |weight, _| score += weight);
            ranked.push((score, suspect));
        }
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let best = ranked.first().map_or(0.0, |(score, _)| *score);
        let total: f64 = ranked.iter().map(|(score, _)| (SHARPNESS * (score - best)).exp()).sum();
        ranked.truncate(SUSPECTS);
        let cause = |(score, suspect): (f64, &str)| Cause {
            system: suspect.to_owned(),
            probability: (SHARPNESS * (score - best)).exp() / total,
            evidence: self.reasons(suspect, broken_below.get(suspect).copied()),
        };
        ranked.into_iter().map(cause).collect()
    }

    /// What speaks for and against a suspect, in words, the weightiest first.
    fn reasons(&self, suspect: &str, below: Option<&str>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        self.own_evidence(suspect, below, |weight, message| {
            reasons.push(Reason::new(weight, message()));
        });
        for voter in self.voters.iter().filter(|voter| voter.key != suspect) {
            let found = self.needs(voter).find(|(needed, _)| *needed == suspect);
            let hops = found.map(|(_, hops)| hops);
            let key = if hops.is_some() { "cause-explains" } else { "cause-does-not-explain" };
            let message = Message::new(key).system("system", voter.key);
            reasons.push(Reason::new(vote(voter.tally, hops), message));
        }
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons.truncate(8);
        reasons
    }

    /// Gives each piece of a suspect's own evidence to `take`: a weight, and the words if they are wanted.
    /// `below` is a broken system that the suspect depends on.
    fn own_evidence(
        &self,
        suspect: &str,
        below: Option<&str>,
        mut take: impl FnMut(f64, &dyn Fn() -> Message),
    ) {
        if let Some(release) = self.holds.release_before(suspect, self.first) {
            let version = || Message::new("cause-release").word("version", &release.version);
            take(RELEASED, &version);
        }
        let Some(tally) = self.tally(suspect) else {
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
