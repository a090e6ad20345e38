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

    fn causes_of(&self, group: &Group) -> Vec<Cause> {
        let topology = self.topology();
        let mut voters: Vec<(&String, &Site)> = group.sites.iter().collect();
        voters.sort_by_key(|(key, site)| (std::cmp::Reverse(site.findings), *key));
        voters.truncate(VOTERS);
        let mut hops: BTreeMap<(&str, &str), u8> = BTreeMap::new();
        let mut suspects: BTreeMap<&str, Vec<Reason>> = BTreeMap::new();
        for (key, _) in &voters {
            suspects.entry(key).or_default();
            for (needed, distance) in topology.needs(key, 3) {
                hops.insert((key.as_str(), needed), distance);
                if distance <= HOPS_BELOW {
                    suspects.entry(needed).or_default();
                }
            }
        }
        let first = voters.iter().map(|(_, site)| site.first).min().unwrap_or_default();
        for (suspect, reasons) in &mut suspects {
            let own = group.sites.get(*suspect);
            *reasons = own_evidence(suspect, own, first);
            for (voter, site) in &voters {
                if voter.as_str() == *suspect {
                    continue;
                }
                let distance = hops.get(&(voter.as_str(), *suspect)).copied();
                reasons.push(vote(voter, site, distance));
            }
            if own.is_some_and(|site| !site.only_tickets()) {
                let broken_below = voters.iter().find(|(key, site)| {
                    !site.only_tickets()
                        && site.spreads
                        && hops.contains_key(&(*suspect, key.as_str()))
                });
                let own_cause = own.is_some_and(|site| site.has_cause);
                if let (Some((below, _)), false) = (broken_below, own_cause) {
                    let message = Message::new("cause-broken-below").system("system", below);
                    reasons.push(Reason::new(-1.5, message));
                }
            }
        }
        shares(suspects)
    }
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
fn vote(voter: &str, site: &Site, distance: Option<u8>) -> Reason {
    let count = f64::from(site.findings) + 0.5 * f64::from(site.tickets);
    let strength = 0.6 + 0.2 * count.ln_1p();
    match distance {
        Some(hops) => {
            let weight = strength * FADE.powi(i32::from(hops) - 1);
            Reason::new(weight, Message::new("cause-explains").system("system", voter))
        }
        None => Reason::new(
            -0.6 * strength,
            Message::new("cause-does-not-explain").system("system", voter),
        ),
    }
}

fn shares(suspects: BTreeMap<&str, Vec<Reason>>) -> Vec<Cause> {
    let score = |reasons: &[Reason]| reasons.iter().map(|reason| reason.weight).sum::<f64>();
    let best = suspects.values().map(|r| score(r)).fold(f64::NEG_INFINITY, f64::max);
    let total: f64 = suspects.values().map(|r| (SHARPNESS * (score(r) - best)).exp()).sum();
    let mut causes: Vec<Cause> = suspects
        .into_iter()
        .map(|(system, mut reasons)| {
            let probability = (SHARPNESS * (score(&reasons) - best)).exp() / total;
            reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
            reasons.truncate(8);
            Cause { system: system.to_owned(), probability, evidence: reasons }
        })
        .collect();
    causes.sort_by(|a, b| {
        b.probability.total_cmp(&a.probability).then_with(|| a.system.cmp(&b.system))
    });
    causes.truncate(SUSPECTS);
    causes
}
