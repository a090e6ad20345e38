//! Ranking causes: which system explains most of what is seen?
//!
//! For each suspect the systems of the group vote: those that need the suspect speak for it, fading
//! with distance, those that cannot be reached by its fault speak against it. Its own findings, the
//! rarity of what they say, and being first to break speak for it; a suspect that shows nothing of
//! its own speaks against itself. The sums become shares of belief by softmax.

use std::collections::BTreeMap;

use super::State;
use super::group::{Group, Site};
use crate::model::{Cause, Message, Reason, Time, TimelineKind};

/// The most suspects named.
const SUSPECTS: usize = 5;
/// The most systems of a group that vote; beyond it the picture does not change.
const VOTERS: usize = 64;
/// How far below the members' systems suspects are looked for.
const HOPS_BELOW: u8 = 2;
/// How much a vote fades with each hop.
const FADE: f64 = 0.7;
/// Sharpness of the shares.
const SHARPNESS: f64 = 1.0;

impl State {
    /// Ranks the causes of a group anew and notes a change of the first one.
    pub(super) fn rank(&mut self, now: Time, number: u64) {
        let Some(group) = self.groups.get(&number) else { return };
        let causes = self.causes_of(group);
        let Some(group) = self.groups.get_mut(&number) else { return };
        let before = group.causes.first().map(|cause| cause.system.clone());
        let after = causes.first().map(|cause| cause.system.clone());
        group.causes = causes;
        if let (true, Some(after)) = (group.is_problem() && before != after, after) {
            let line = Message::new("line-cause").system("system", &after);
            group.note(now, TimelineKind::Cause, line);
        }
    }

    /// Suspects and their shares. Scores are summed as numbers first; texts are made for the few that
    /// are named, so the cost follows the systems that vote and what they need, not their product.
    fn causes_of(&self, group: &Group) -> Vec<Cause> {
        let topology = self.topology();
        let mut voters: Vec<(&String, &Site)> = group.sites.iter().collect();
        voters.sort_by_key(|(key, site)| (std::cmp::Reverse(site.findings), *key));
        voters.truncate(VOTERS);
        let against_all: f64 = voters.iter().map(|(_, site)| vote(site, None)).sum();
        let mut scores: BTreeMap<&str, f64> = BTreeMap::new();
        let mut broken_below: BTreeMap<&str, &str> = BTreeMap::new();
        let first = voters.iter().map(|(_, site)| site.first).min().unwrap_or_default();
        for (voter, site) in &voters {
            // A suspect does not vote about itself.
            *scores.entry(voter).or_insert(against_all) -= vote(site, None);
            for (needed, hops) in topology.needs(voter, 3) {
                if let Some((broken, _)) =
                    voters.iter().find(|(key, below)| key.as_str() == needed && is_broken(below))
                {
                    broken_below.entry(voter).or_insert(broken);
                }
                if hops <= HOPS_BELOW || group.sites.contains_key(needed) {
                    *scores.entry(needed).or_insert(against_all) +=
                        vote(site, Some(hops)) - vote(site, None);
                }
            }
        }
        let mut own: BTreeMap<&str, Vec<Reason>> = BTreeMap::new();
        for (suspect, score) in &mut scores {
            let site = group.sites.get(*suspect);
            let mut reasons = own_evidence(suspect, site, first);
            let own_cause = site.is_some_and(|site| site.has_cause);
            if let (Some(below), false, true) =
                (broken_below.get(suspect), own_cause, site.is_some_and(|s| !s.only_tickets()))
            {
                let message = Message::new("cause-broken-below").system("system", below);
                reasons.push(Reason::new(-1.5, message));
            }
            *score += reasons.iter().map(|reason| reason.weight).sum::<f64>();
            own.insert(suspect, reasons);
        }
        let mut causes = shares(&scores);
        for cause in &mut causes {
            let mut reasons = own.remove(cause.system.as_str()).unwrap_or_default();
            for (voter, site) in voters.iter().filter(|(key, _)| **key != cause.system) {
                let hops = topology.hops(voter, &cause.system);
                let key = if hops.is_some() { "cause-explains" } else { "cause-does-not-explain" };
                let message = Message::new(key).system("system", voter);
                reasons.push(Reason::new(vote(site, hops), message));
            }
            reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
            reasons.truncate(8);
            cause.evidence = reasons;
        }
        causes
    }
}

/// Something here is broken and felt above.
fn is_broken(site: &Site) -> bool {
    !site.only_tickets() && site.spreads
}

fn own_evidence(suspect: &str, own: Option<&Site>, first: Time) -> Vec<Reason> {
    let Some(site) = own else {
        let message = Message::new("cause-shows-nothing").system("system", suspect);
        return vec![Reason::new(-2.0, message)];
    };
    if site.only_tickets() {
        let count = f64::from(site.tickets);
        let message = Message::new("cause-own-tickets").number("count", count);
        return vec![Reason::new(0.5 * count.ln_1p().min(3.0), message)];
    }
    let mut reasons = Vec::new();
    let nature = if site.has_cause { 3.0 } else { 1.0 };
    let count = f64::from(site.findings);
    let message = Message::new("cause-own-findings").number("count", count);
    reasons.push(Reason::new(nature + 0.3 * count.ln(), message));
    if site.rarity > 0.0 {
        reasons.push(Reason::new(0.5 * site.rarity.min(5.0), Message::new("cause-rare")));
    }
    let later = site.first.seconds_since(first);
    if later < 1.0 {
        reasons.push(Reason::new(1.0, Message::new("cause-first")));
    } else {
        let message = Message::new("cause-later").number("seconds", later.round());
        reasons.push(Reason::new(-(later / 60.0).min(1.5), message));
    }
    reasons
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

/// Scores become shares of belief; the few largest are kept, without texts yet.
fn shares(scores: &BTreeMap<&str, f64>) -> Vec<Cause> {
    let best = scores.values().copied().fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = scores.values().map(|score| (SHARPNESS * (score - best)).exp()).sum();
    let mut ranked: Vec<(f64, &str)> =
        scores.iter().map(|(system, score)| (*score, *system)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    ranked.truncate(SUSPECTS);
    ranked
        .into_iter()
        .map(|(score, system)| Cause {
            system: system.to_owned(),
            probability: (SHARPNESS * (score - best)).exp() / total,
            evidence: Vec::new(),
        })
        .collect()
}
