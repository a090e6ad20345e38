//! Votes: which systems speak for and against which suspects.

use std::cmp::Reverse;

use smallvec::SmallVec;

use super::super::cluster::Cluster;
use super::super::index::{Index, Needs};
use super::super::summary::SystemSummary;
use crate::topology::Topology;

/// The most systems of a cluster that vote; beyond it the picture does not change.
pub(super) const VOTERS: usize = 64;
/// How far below the members' systems suspects are looked for.
const HOPS_BELOW: u8 = 2;
/// How much a vote fades with each hop.
const FADE: f64 = 0.7;
/// The weight of a vote against, beside one for a direct neighbour.
const AGAINST: f64 = -0.6;

/// A system of the cluster that speaks for or against suspects.
#[derive(Debug)]
pub(super) struct Voter<'a> {
    pub(super) number: u32,
    /// What is known of it.
    pub(super) summary: &'a SystemSummary,
    strength: f64,
    needs: Needs,
}

impl<'a> Voter<'a> {
    fn new(number: u32, summary: &'a SystemSummary, needs: Needs) -> Self {
        let tally = &summary.all;
        let count = f64::from(tally.findings) + 0.5 * f64::from(tally.tickets);
        Self { number, summary, strength: 0.6 + 0.2 * count.ln_1p(), needs }
    }

    /// What it depends on, nearest first.
    pub(super) fn needs(&self) -> &[(u32, u8)] {
        &self.needs
    }

    /// The hops down to a system, if it depends on it.
    pub(super) fn hops_to(&self, system: u32) -> Option<u8> {
        let found = self.needs.iter().find(|(needed, _)| *needed == system);
        found.map(|(_, hops)| *hops)
    }

    /// What the trouble here says about a suspect so many hops below, or not below at all.
    pub(super) fn vote(&self, hops: Option<u8>) -> f64 {
        match hops {
            Some(hops) => self.strength * FADE.powi(i32::from(hops) - 1),
            None => AGAINST * self.strength,
        }
    }
}

/// Most clusters are small: their voters need no memory of their own.
pub(super) type Voters<'a> = SmallVec<[Voter<'a>; 8]>;

/// The systems that vote: those with the most findings, of equal ones the first by key.
pub(super) fn voters<'a>(
    cluster: &'a Cluster,
    index: &mut Index,
    topology: &Topology,
) -> Voters<'a> {
    let weight = |summary: &SystemSummary| summary.all.findings;
    let mut voting: SmallVec<[(&str, &SystemSummary); 2 * VOTERS]> = SmallVec::new();
    for (key, summary) in cluster.present_systems() {
        let tally = &summary.all;
        if key.is_empty() || tally.findings + tally.tickets == 0 {
            continue;
        }
        voting.push((key, summary));
        // A large storm touches thousands of systems: only those that vote are kept and put in order.
        if voting.len() == 2 * VOTERS {
            voting.sort_by_key(|(_, summary)| Reverse(weight(summary)));
            voting.truncate(VOTERS);
        }
    }
    // They come in order of key, and equal ones stay in it.
    voting.sort_by_key(|(_, summary)| Reverse(weight(summary)));
    voting.truncate(VOTERS);
    let voter = |(key, summary): (&str, &'a SystemSummary)| {
        let (number, needs) = index.needs(key, topology);
        Voter::new(number, summary, needs)
    };
    voting.into_iter().map(voter).collect()
}

/// Whether every system of a cluster votes: none of the others is in it then.
pub(super) fn all_vote(cluster: &Cluster, voters: &[Voter<'_>]) -> bool {
    cluster.systems().len() == voters.len()
}

/// A system that may be the cause.
#[derive(Clone, Copy, Debug)]
pub(super) struct Suspect {
    pub(super) number: u32,
    /// Its place among the voters, if it is one.
    pub(super) voter: Option<u8>,
    /// The votes, for a start.
    pub(super) score: f64,
    /// The votes of those far above: they count for a suspect that shows something itself.
    from_afar: f64,
    /// Near enough below a voter to be suspected without showing anything.
    is_near: bool,
}

/// Where each suspect stands in the list, by the number of its system: kept between rankings, so that votes
/// are summed without a search.
#[derive(Debug, Default)]
pub(in super::super) struct Board {
    /// The place in the list, plus one; all zero between two rankings.
    places: Vec<u32>,
    /// The same among the voters, until the list is given back.
    voting: Vec<u32>,
    /// The list of the last ranking, empty: its room is used again.
    list: Vec<Suspect>,
}

impl Board {
    /// Sums the votes of a cluster.
    pub(super) fn suspects(
        &mut self,
        voters: &[Voter<'_>],
        cluster: &Cluster,
        index: &Index,
    ) -> Vec<Suspect> {
        self.places.resize(index.len(), 0);
        self.voting.resize(index.len(), 0);
        let none: f64 = voters.iter().map(|voter| voter.vote(None)).sum();
        let mut list = std::mem::take(&mut self.list);
        for (place, voter) in voters.iter().enumerate() {
            if let Some(voting) = at(&mut self.voting, voter.number) {
                *voting = u32::try_from(place + 1).unwrap_or(0);
            }
            let against = voter.vote(None);
            // A suspect does not vote about itself.
            if let Some(suspect) = self.find(&mut list, voter.number, none) {
                suspect.score -= against;
                suspect.voter = u8::try_from(place).ok();
            }
            let votes = [1, 2, 3].map(|hops| voter.vote(Some(hops)) - against);
            for (needed, hops) in voter.needs.iter() {
                if let Some(suspect) = self.find(&mut list, *needed, none) {
                    let vote = votes.get(usize::from(*hops).saturating_sub(1));
                    let vote = vote.copied().unwrap_or_default();
                    if *hops <= HOPS_BELOW {
                        suspect.score += vote;
                        suspect.is_near = true;
                    } else {
                        suspect.from_afar += vote;
                    }
                }
            }
        }
        for suspect in &list {
            if let Some(place) = at(&mut self.places, suspect.number) {
                *place = 0;
            }
        }
        let all_vote = all_vote(cluster, voters);
        let known = index.cluster(cluster.id());
        let is_at = |system| !all_vote && known.is_some_and(|known| known.is_at(system));
        list.retain_mut(|suspect| {
            // Nothing depends on it for one that is near and not spoken of from afar.
            let is_asked = !suspect.is_near || suspect.from_afar > 0.0;
            let is_here = suspect.voter.is_some() || (is_asked && is_at(suspect.number));
            if is_here {
                suspect.score += suspect.from_afar;
            }
            suspect.is_near || is_here
        });
        list
    }

    /// The place of a system among the voters of the ranking under way, if it is one.
    pub(super) fn voter(&self, system: u32) -> Option<usize> {
        let place = self.voting.get(usize::try_from(system).ok()?)?;
        usize::try_from(*place).ok()?.checked_sub(1)
    }

    /// The ranking is done: keeps the room of its list for the next one.
    pub(super) fn give_back(&mut self, mut list: Vec<Suspect>, voters: &[Voter<'_>]) {
        for voter in voters {
            if let Some(voting) = at(&mut self.voting, voter.number) {
                *voting = 0;
            }
        }
        list.clear();
        self.list = list;
    }

    /// The suspect of a system; a new one has the votes of those who do not know it.
    fn find<'l>(
        &mut self,
        list: &'l mut Vec<Suspect>,
        system: u32,
        none: f64,
    ) -> Option<&'l mut Suspect> {
        let place = at(&mut self.places, system)?;
        if *place == 0 {
            list.push(Suspect {
                number: system,
                voter: None,
                score: none,
                from_afar: 0.0,
                is_near: false,
            });
            *place = u32::try_from(list.len()).unwrap_or(0);
        }
        let at = usize::try_from(*place).ok()?.checked_sub(1)?;
        list.get_mut(at)
    }
}

/// What a table says of a system.
fn at(table: &mut [u32], system: u32) -> Option<&mut u32> {
    table.get_mut(usize::try_from(system).ok()?)
}
