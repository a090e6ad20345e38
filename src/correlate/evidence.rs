//! Evidence for «same cause», as log-odds that add up.
//!
//! Each piece has a default weight; an operator may change them, fitting comes with labelled data.
//! A positive sum joins. The prior is what speaks against joining before anything is known: two
//! incidents picked at random have different causes.

use serde::{Deserialize, Serialize};

use super::group::{Group, Site};
use crate::model::{Impact, Incident, IncidentKind, Message, Reason, Role, Time};
use crate::text::Likeness;
use crate::topology::Relation;

/// Weights in nats. Distances are hops along «needs».
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Weights {
    /// Against, before anything is known.
    pub prior: f64,
    /// The same system.
    pub same_system: f64,
    /// The other one is needed, by hops 1, 2, 3.
    pub needs: [f64; 3],
    /// The other one is a caller, by hops 1, 2, 3.
    pub serves: [f64; 3],
    /// Both need a third one.
    pub sibling: f64,
    /// At the same moment; falls by 1 for each `time_scale_seconds`.
    pub together: f64,
    /// Seconds after which closeness in time is worth one less.
    pub time_scale_seconds: f64,
    /// The same for tickets, which come late and for long.
    pub ticket_scale_seconds: f64,
    /// Two causes in different systems.
    pub two_causes: f64,
    /// What is felt fits what is broken.
    pub impact_fits: f64,
    /// What is felt does not fit what is broken.
    pub impact_differs: f64,
    /// A ticket about a neighbour that does not say what is felt.
    pub vague: f64,
    /// Text likeness 1; 0.2 counts as nothing.
    pub likeness: f64,
    /// The same branch (and, negated, different branches).
    pub mrf: f64,
    /// Names no system at all.
    pub no_system: f64,
    /// An incident may tie two groups together when it fits both at least this well.
    pub merge: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            prior: -3.0,
            same_system: 4.0,
            needs: [3.2, 2.4, 1.2],
            serves: [3.2, 2.4, 1.2],
            sibling: 0.8,
            together: 1.0,
            time_scale_seconds: 120.0,
            ticket_scale_seconds: 900.0,
            two_causes: -4.0,
            impact_fits: 0.8,
            impact_differs: -1.5,
            vague: -0.7,
            likeness: 4.0,
            mrf: 0.5,
            no_system: 1.6,
            merge: 0.5,
        }
    }
}

/// The pieces of one comparison.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Terms {
    pub(super) prior: f64,
    pub(super) graph: f64,
    pub(super) belief: f64,
    pub(super) time: f64,
    pub(super) roles: f64,
    pub(super) impact: f64,
    pub(super) text: f64,
    pub(super) mrf: f64,
}

impl Terms {
    pub(super) fn sum(&self) -> f64 {
        self.prior
            + self.graph
            + self.belief
            + self.time
            + self.roles
            + self.impact
            + self.text
            + self.mrf
    }

    /// The pieces that matter, strongest first.
    pub(super) fn reasons(
        &self,
        own: &str,
        other: &str,
        relation: Option<Relation>,
    ) -> Vec<Reason> {
        let graph = match relation {
            Some(Relation::Same) => Message::new("why-same-system").system("system", other),
            Some(Relation::Needs(hops)) => Message::new("why-needs")
                .system("own", own)
                .system("other", other)
                .number("hops", f64::from(hops)),
            Some(Relation::Serves(hops)) => Message::new("why-serves")
                .system("own", own)
                .system("other", other)
                .number("hops", f64::from(hops)),
            Some(Relation::Sibling) => {
                Message::new("why-sibling").system("own", own).system("other", other)
            }
            None => Message::new("why-no-system"),
        };
        let mut reasons = vec![
            Reason::new(self.prior, Message::new("why-prior")),
            Reason::new(self.graph, graph),
            Reason::new(self.belief, Message::new("why-belief").system("system", own)),
            Reason::new(self.time, Message::new("why-time")),
            Reason::new(self.roles, Message::new("why-two-causes")),
            Reason::new(self.impact, Message::new("why-impact")),
            Reason::new(self.text, Message::new("why-text")),
            Reason::new(self.mrf, Message::new("why-mrf")),
        ];
        reasons.retain(|reason| reason.weight.abs() > 0.05);
        reasons.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        reasons
    }
}

/// What a comparison needs beside the two sides.
pub(super) struct Scale<'a> {
    pub(super) weights: &'a Weights,
    pub(super) likeness: &'a Likeness,
    pub(super) now: Time,
}

impl Scale<'_> {
    /// Evidence that `incident`, put to a system with `belief`, has the cause of `group`, seen from
    /// the group's members at `site`.
    pub(super) fn compare(
        &self,
        incident: &Incident,
        belief: f64,
        group: &Group,
        site: &Site,
        relation: Relation,
    ) -> Terms {
        Terms {
            prior: self.weights.prior,
            graph: self.graph(incident, site, relation),
            belief: belief.max(0.01).ln(),
            time: self.time(incident, group, site),
            roles: self.roles(incident, site, relation),
            impact: self.impact(incident, site, relation),
            text: self.text(incident, group),
            mrf: self.mrf(incident, group),
        }
    }

    /// Evidence for an incident that names no system: only what is felt, the words and the moment.
    pub(super) fn compare_without_system(
        &self,
        incident: &Incident,
        group: &Group,
        site: &Site,
    ) -> Terms {
        Terms {
            prior: self.weights.prior,
            graph: self.weights.no_system,
            time: self.time(incident, group, site),
            impact: self.impact(incident, site, Relation::Serves(1)),
            text: self.text(incident, group),
            mrf: self.mrf(incident, group),
            ..Terms::default()
        }
    }

    /// Whether an incident could join anything that lies `relation` away, were all else at its best:
    /// the comparison is only worth its cost where it could.
    pub(super) fn could_join(&self, incident: &Incident, belief: f64, relation: Relation) -> bool {
        let weights = self.weights;
        let graph = match relation {
            Relation::Same => weights.same_system,
            Relation::Needs(hops) => by_hops(&weights.needs, hops).max(0.0),
            Relation::Serves(hops) if incident.spreads => by_hops(&weights.serves, hops).max(0.0),
            Relation::Serves(_) => 0.0,
            Relation::Sibling => weights.sibling,
        };
        let text = if incident.stems.is_empty() { 0.0 } else { 0.8 * weights.likeness };
        let mrf = if incident.mrf.is_some() { weights.mrf.abs() } else { 0.0 };
        let impact = weights.impact_fits.max(weights.impact_differs).max(weights.vague).max(0.0);
        let roles = weights.two_causes.max(0.0);
        let rest = belief.max(0.01).ln() + weights.together + text + mrf + impact + roles;
        weights.prior + graph + rest > 0.0
    }

    fn graph(&self, incident: &Incident, site: &Site, relation: Relation) -> f64 {
        match relation {
            Relation::Same => self.weights.same_system,
            // The fault is below: only what spreads can be felt above.
            Relation::Needs(hops) if site.spreads => by_hops(&self.weights.needs, hops),
            Relation::Serves(hops) if incident.spreads => by_hops(&self.weights.serves, hops),
            Relation::Needs(_) | Relation::Serves(_) => 0.0,
            Relation::Sibling => self.weights.sibling,
        }
    }

    fn time(&self, incident: &Incident, group: &Group, site: &Site) -> f64 {
        let ticket = incident.kind == IncidentKind::Ticket;
        let scale = if ticket || site.only_tickets() {
            self.weights.ticket_scale_seconds
        } else {
            self.weights.time_scale_seconds
        };
        // A ticket written well before the fault began is about something else.
        let early = site.first.seconds_since(incident.since) - scale;
        if ticket && early > 0.0 && !site.only_tickets() {
            return (-early / scale).max(-4.0);
        }
        let gap = if site.active > 0 {
            // While the fault lasts, what counts is how long after its begin things join.
            (incident.since.seconds_since(site.first).abs() / 10.0).min(scale)
        } else {
            // A fault goes on as long as it is heard of anywhere; how long ago it was heard of
            // just here counts for less.
            let here = incident.since.seconds_since(site.last).abs();
            let anywhere = incident.since.seconds_since(group.last_begun).abs();
            0.25 * here + 0.75 * anywhere.min(here)
        };
        (self.weights.together - gap / scale).max(-4.0)
    }

    fn roles(&self, incident: &Incident, site: &Site, relation: Relation) -> f64 {
        let two = incident.role == Role::Cause && site.has_cause && relation != Relation::Same;
        if two { self.weights.two_causes } else { 0.0 }
    }

    fn impact(&self, incident: &Incident, site: &Site, relation: Relation) -> f64 {
        let ticket = incident.kind == IncidentKind::Ticket;
        let Some(felt) = incident.impact else {
            // A ticket about a neighbour that does not say what is felt says little.
            let is_vague = ticket && relation != Relation::Same;
            return if is_vague { self.weights.vague } else { 0.0 };
        };
        let broken = match relation {
            // Seen from above, our own impact is the cause of what is felt there.
            Relation::Serves(_) if !ticket => return self.felt_above(felt, site),
            _ => &site.impacts,
        };
        if broken.is_empty() {
            return self.like_others(felt, site);
        }
        broken.iter().map(|below| self.fits(*below, felt)).fold(f64::NEG_INFINITY, f64::max)
    }

    /// Does trouble like `broken` below explain what is seen above? Where only tickets speak above,
    /// what most of them say counts: users are often faster than a detector that waits to be sure.
    fn felt_above(&self, broken: Impact, site: &Site) -> f64 {
        let by_tickets = || site.mostly_felt().map(|felt| self.fits(broken, felt));
        let seen = site.impacts.iter().map(|above| self.fits(broken, *above));
        let best = seen.max_by(f64::total_cmp).or_else(by_tickets);
        best.unwrap_or(0.0).max(self.weights.impact_differs)
    }

    /// Where only tickets speak: do others there feel the same? One odd ticket proves nothing.
    fn like_others(&self, felt: Impact, site: &Site) -> f64 {
        let all: u32 = site.felt.values().sum();
        if all == 0 {
            return 0.0;
        }
        let same = site.felt.get(&felt).copied().unwrap_or(0);
        let share = f64::from(same) / f64::from(all);
        if share >= 0.34 { self.weights.impact_fits } else { self.weights.impact_differs }
    }

    /// Can something broken like `broken` be felt like `felt`?
    fn fits(&self, broken: Impact, felt: Impact) -> f64 {
        use Impact::{Down, Errors, Slow, Stale, Unfelt};
        match (broken, felt) {
            (Unfelt, Unfelt) => 0.0,
            (Unfelt, _) => 2.0 * self.weights.impact_differs,
            (_, Unfelt) => 0.0,
            (Slow, Slow) | (Errors, Errors) | (Down, Down | Errors) | (Stale, Stale) => {
                self.weights.impact_fits
            }
            (Slow, Errors) | (Down, Slow) | (Errors, Down | Slow) => 0.0,
            (Slow, Down) => -0.3,
            (Down, Stale) | (Errors, Stale) => -0.3,
            (Slow, Stale) | (Stale, _) => self.weights.impact_differs,
        }
    }

    fn text(&self, incident: &Incident, group: &Group) -> f64 {
        if incident.stems.is_empty() || group.examples.is_empty() {
            return 0.0;
        }
        let best = group
            .examples
            .iter()
            .map(|stems| self.likeness.likeness(&incident.stems, stems))
            .fold(0.0, f64::max);
        // Tickets about one fault are written in many words: unlike texts speak against a group of
        // tickets, but not against a fault that monitoring has seen.
        let least = if group.has_active_finding() { 0.0 } else { -1.5 };
        (self.weights.likeness * (best - 0.2)).max(least)
    }

    fn mrf(&self, incident: &Incident, group: &Group) -> f64 {
        let Some(mrf) = &incident.mrf else { return 0.0 };
        if group.mrfs.is_empty() {
            return 0.0;
        }
        if group.mrfs.contains_key(mrf) {
            self.weights.mrf
        } else if group.mrfs.len() == 1 && group.tickets >= 5 {
            -self.weights.mrf
        } else {
            0.0
        }
    }
}

fn by_hops(table: &[f64; 3], hops: u8) -> f64 {
    table.get(usize::from(hops).saturating_sub(1)).copied().unwrap_or(0.0)
}
