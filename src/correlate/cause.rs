//! Ranking causes: which system explains most of what is seen?
//!
//! For each suspect the systems of the group vote: those that need the suspect speak for it, fading
//! with distance, those that cannot be reached by its fault speak against it. Its own findings, the
//! rarity of what they say, and being first to break speak for it; a suspect that shows nothing of
//! its own speaks against itself. The sums become shares of belief by softmax.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::State;
use super::group::{Group, Site};
use super::place::Near;
use crate::model::{Cause, Message, Reason, Time, TimelineKind};
use crate::topology::Relation;

/// The most suspects named.
const SUSPECTS: usize = 5;
/// The most systems of a group that vote; beyond it the picture does not change.
const VOTERS: usize = 64;
/// How far below the members' systems suspects are looked for.
const HOPS_BELOW: u8 = 2;
/// How much a vote fades with each hop.
const FADE: f64 = 0.7;
/// Members up to which a group is ranked at each of them.
const YOUNG: usize = 8;
/// The longest a larger group waits for its causes to be ranked anew.
const SETTLE_MS: i64 = 1_000;
/// Sharpness of the shares.
const SHARPNESS: f64 = 1.0;

impl State {
    /// Ranks the causes of a group anew and notes a change of the first one.
    pub(super) fn rank(&mut self, now: Time, number: u64) {
        let Some(group) = self.groups.get(&number) else { return };
        let keys = voters_of(group);
        let below: Vec<Near> = keys.iter().map(|key| self.near(key)).collect();
        let Some(group) = self.groups.get_mut(&number) else { return };
        let causes = causes_of(group, &keys, &below);
        let before = group.causes.first().map(|cause| cause.system.clone());
        let after = causes.first().map(|cause| cause.system.clone());
        group.causes = causes;
        group.ranked = group.members.len();
        group.rank_due = None;
        if let (true, Some(after)) = (group.is_problem() && before != after, after) {
            let line = Message::new("line-cause").system("system", &after);
            group.note(now, TimelineKind::Cause, line);
        }
    }

    /// Ranks at once while a group is young or has grown by an eighth, else within [`SETTLE_MS`]: a
    /// storm into one group must not rank it for each member.
    pub(super) fn rank_soon(&mut self, now: Time, number: u64) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        let members = group.members.len();
        if members <= YOUNG || members > group.ranked + group.ranked / 8 {
            self.rank(now, number);
        } else if group.rank_due.is_none() {
            group.rank_due = Some(now.plus_millis(SETTLE_MS));
        }
    }
}

/// The systems that vote: those with the most findings, of equal ones the first by key.
fn voters_of(group: &Group) -> Vec<String> {
    let mut voters: Vec<(Reverse<u32>, &String)> =
        group.sites.iter().map(|(key, site)| (Reverse(site.findings), key)).collect();
    // A large storm touches thousands of systems: only those that vote are put in order.
    if voters.len() > VOTERS {
        voters.select_nth_unstable(VOTERS);
        voters.truncate(VOTERS);
    }
    voters.sort_unstable();
    voters.into_iter().map(|(_, key)| key.clone()).collect()
}

/// Suspects and their shares. Scores are summed as numbers first; texts are made for the few that
/// are named, so the cost follows the systems that vote and what they need, not their product.
/// `below` holds for each voter what lies around it.
fn causes_of(group: &Group, keys: &[String], below: &[Near]) -> Vec<Cause> {
    let voters: Vec<Voter<'_>> = keys
        .iter()
        .zip(below)
        .filter_map(|(key, near)| Some(Voter { key, site: group.sites.get(key)?, near }))
        .collect();
    let against_all: f64 = voters.iter().map(|voter| vote(voter.site, None)).sum();
    let first = voters.iter().map(|voter| voter.site.first).min().unwrap_or_default();
    let mut scores: BTreeMap<&str, f64> = BTreeMap::new();
    let mut broken_below: BTreeMap<&str, &str> = BTreeMap::new();
    for voter in &voters {
        // A suspect does not vote about itself.
        let against = vote(voter.site, None);
        *scores.entry(voter.key).or_insert(against_all) -= against;
        for (needed, hops) in voter.needs() {
            let site = group.sites.get(needed);
            if site.is_some_and(is_broken) {
                broken_below.entry(voter.key).or_insert(needed);
            }
            if hops <= HOPS_BELOW || site.is_some() {
                *scores.entry(needed).or_insert(against_all) +=
                    vote(voter.site, Some(hops)) - against;
            }
        }
    }
    let mut ranked: Vec<(f64, &str)> = Vec::with_capacity(scores.len());
    for (suspect, votes) in scores {
        let mut score = votes;
        let below = broken_below.get(suspect).copied();
        own_evidence(suspect, group.sites.get(suspect), below, first, |weight, _| score += weight);
        ranked.push((score, suspect));
    }
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    let best = ranked.first().map_or(0.0, |(score, _)| *score);
    let total: f64 = ranked.iter().map(|(score, _)| (SHARPNESS * (score - best)).exp()).sum();
    ranked.truncate(SUSPECTS);
    let cause = |(score, suspect): (f64, &str)| Cause {
        system: suspect.to_owned(),
        probability: (SHARPNESS * (score - best)).exp() / total,
        evidence: {
            let below = broken_below.get(suspect).copied();
            reasons(suspect, group.sites.get(suspect), below, first, &voters)
        },
    };
    ranked.into_iter().map(cause).collect()
}

/// A system of the group that speaks for or against suspects.
struct Voter<'a> {
    key: &'a str,
    site: &'a Site,
    near: &'a Near,
}

impl Voter<'_> {
    fn needs(&self) -> impl Iterator<Item = (&str, u8)> {
        self.near.iter().filter_map(|(key, relation)| match relation {
            Relation::Needs(hops) => Some((&**key, *hops)),
            _ => None,
        })
    }
}

/// What speaks for and against a suspect, in words, the weightiest first.
fn reasons(
    suspect: &str,
    own: Option<&Site>,
    below: Option<&str>,
    first: Time,
    voters: &[Voter<'_>],
) -> Vec<Reason> {
    let mut reasons = Vec::new();
    own_evidence(suspect, own, below, first, |weight, message| {
        reasons.push(Reason::new(weight, message()));
    });
    for voter in voters.iter().filter(|voter| voter.key != suspect) {
        let hops = voter.needs().find(|(needed, _)| *needed == suspect).map(|(_, hops)| hops);
        let key = if hops.is_some() { "cause-explains" } else { "cause-does-not-explain" };
        let message = Message::new(key).system("system", voter.key);
        reasons.push(Reason::new(vote(voter.site, hops), message));
    }
    reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    reasons.truncate(8);
    reasons
}

/// Something here is broken and felt above.
fn is_broken(site: &Site) -> bool {
    !site.only_tickets() && site.spreads
}

/// Gives each piece of a suspect's own evidence to `take`: a weight, and the words if they are
/// wanted. `below` is a broken system that the suspect needs.
fn own_evidence(
    suspect: &str,
    own: Option<&Site>,
    below: Option<&str>,
    first: Time,
    mut take: impl FnMut(f64, &dyn Fn() -> Message),
) {
    let Some(site) = own else {
        return take(-2.0, &|| Message::new("cause-shows-nothing").system("system", suspect));
    };
    if site.only_tickets() {
        let count = f64::from(site.tickets);
        let weight = 0.5 * count.ln_1p().min(3.0);
        return take(weight, &|| Message::new("cause-own-tickets").number("count", count));
    }
    let nature = if site.has_cause { 3.0 } else { 1.0 };
    let count = f64::from(site.findings);
    let found = || Message::new("cause-own-findings").number("count", count);
    take(nature + 0.3 * count.ln(), &found);
    if site.rarity > 0.0 {
        take(0.5 * site.rarity.min(5.0), &|| Message::new("cause-rare"));
    }
    let later = site.first.seconds_since(first);
    if later < 1.0 {
        take(1.0, &|| Message::new("cause-first"));
    } else {
        let message = || Message::new("cause-later").span("span", later.round());
        take(-(later / 60.0).min(1.5), &message);
    }
    if let (Some(below), false) = (below, site.has_cause) {
        take(-1.5, &|| Message::new("cause-broken-below").system("system", below));
    }
}

/// What the trouble at one system says about a suspect `distance` hops below it.
fn vote(site: &Site, distance: Option<u8>) -> f64 {
    let count = f64::from(site.findings) + 0.5 * f64::from(site.tickets);
    let strength = 0.6 + 0.2 * count.ln_1p();
    match distance {
        Some(hops) => strength * FADE.powi(i32::from(hops) - 1),
        None => -0.6 * strength,
    }
}
