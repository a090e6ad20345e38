//! Finding a place for an incident: candidates from the index, the best by evidence, and what an
//! incident that fits several groups ties together.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::State;
use super::aside::{Nearest, Silence};
use super::evidence::{Scale, Terms};
use super::group::Group;
use crate::model::{Incident, IncidentKind, Message, ProblemState, Time, TimelineKind};
use crate::topology::Relation;

/// How an incident fits one group, seen from the system where it fits best.
struct Fit {
    terms: Terms,
    own: String,
    other: Arc<str>,
    relation: Option<Relation>,
}

/// The latest members looked at for a mass of users: far more than make one.
const MASS_LOOK_BACK: usize = 256;

/// Neighbourhoods are remembered for this many systems.
const NEAR_CACHE: usize = 16_384;

/// A neighbourhood, nearest first.
pub(super) type Near = Arc<[(Arc<str>, Relation)]>;

impl State {
    /// Puts an incident into the group it fits best, or into a new one.
    pub(super) fn place(&mut self, now: Time, incident: Incident) {
        let fits = self.fits(now, &incident);
        let mut ranked: Vec<(f64, u64)> =
            fits.iter().map(|(group, fit)| (fit.terms.sum(), *group)).collect();
        // The better first; of two equal ones the older.
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let best = ranked.first().copied().filter(|(score, _)| *score > 0.0);
        let own = incident.systems.first().map(|(key, _)| key.clone()).unwrap_or_default();
        let Some((score, group)) = best else {
            self.put_aside(&incident, &ranked, &fits);
            return self.start_group(now, &incident, &own);
        };
        let (system, why) = match fits.get(&group) {
            Some(fit) => (fit.own.clone(), fit.terms.reasons(&fit.own, &fit.other, fit.relation)),
            None => (own, Vec::new()),
        };
        let target = self.tie_together(now, &incident, group, &ranked);
        self.join(now, target, &incident, &system, (score, why));
    }

    /// Remembers which Problem an incident came nearest to without joining it.
    fn put_aside(&mut self, incident: &Incident, ranked: &[(f64, u64)], fits: &BTreeMap<u64, Fit>) {
        let nearest = ranked.iter().find_map(|(log_odds, group)| {
            let problem = self.groups.get(group)?.problem_id()?.to_owned();
            let fit = fits.get(group)?;
            let why = fit.terms.reasons(&fit.own, &fit.other, fit.relation);
            Some(Nearest { problem, log_odds: *log_odds, why })
        });
        self.aside.put(&incident.id, Silence { why: Message::new("silence-alone"), nearest });
    }

    /// Evidence for every candidate group. The candidates are the groups alive around the
    /// incident's own systems; for one that names none, the Problems active most recently.
    fn fits(&mut self, now: Time, incident: &Incident) -> BTreeMap<u64, Fit> {
        let mut fits: BTreeMap<u64, Fit> = BTreeMap::new();
        let around: Vec<Near> = incident.systems.iter().map(|(own, _)| self.near(own)).collect();
        let scale = Scale { weights: &self.grouping.weights, likeness: &self.likeness, now };
        for ((own, belief), near) in incident.systems.iter().zip(&around) {
            for (other, relation) in near.iter() {
                if !scale.could_join(incident, *belief, *relation) {
                    continue;
                }
                for number in self.index.at(other) {
                    let Some(group) = self.groups.get(number) else { continue };
                    let Some(site) = group.sites.get(&**other) else { continue };
                    if !may_join(group, incident, scale.now) {
                        continue;
                    }
                    let terms = scale.compare(incident, *belief, group, site, *relation);
                    let better = fits.get(number).is_none_or(|f| terms.sum() > f.terms.sum());
                    if better {
                        let relation = Some(*relation);
                        let (own, other) = (own.clone(), Arc::clone(other));
                        fits.insert(*number, Fit { terms, own, other, relation });
                    }
                }
            }
        }
        if incident.systems.is_empty() {
            for number in self.index.recent() {
                let Some(group) = self.groups.get(number) else { continue };
                let Some(site) = group.sites.get(group.first_system()) else { continue };
                if may_join(group, incident, scale.now) {
                    let terms = scale.compare_without_system(incident, group, site);
                    let other = group.first_system().into();
                    let fit = Fit { terms, own: String::new(), other, relation: None };
                    fits.insert(*number, fit);
                }
            }
        }
        fits
    }

    /// The systems around one, remembered.
    pub(super) fn near(&mut self, system: &str) -> Near {
        if let Some(near) = self.derived.near.get(system) {
            return Arc::clone(near);
        }
        if self.derived.near.len() >= NEAR_CACHE {
            self.derived.near.clear();
        }
        let near = self.derived.topology.near(system);
        // A system the topology does not know still groups with itself.
        let alone = || [(Arc::from(system), Relation::Same)].into();
        let near = if near.is_empty() { alone() } else { near.into() };
        self.derived.near.insert(system.to_owned(), Arc::clone(&near));
        near
    }

    fn start_group(&mut self, now: Time, incident: &Incident, system: &str) {
        self.next_group += 1;
        let number = self.next_group;
        self.groups.insert(number, Group::new(number, now));
        self.join(now, number, incident, system, (0.0, Vec::new()));
    }

    fn join(
        &mut self,
        now: Time,
        number: u64,
        incident: &Incident,
        system: &str,
        evidence: (f64, Vec<crate::model::Reason>),
    ) {
        let rarity = self.rarity(&incident.symptom);
        let Some(group) = self.groups.get_mut(&number) else { return };
        let (place, new_system) = group.add(now, incident, system, rarity, evidence);
        let is_problem = group.is_problem();
        if is_problem {
            note_join(group, now, incident);
        }
        self.incidents.insert(incident.id.clone(), (number, place));
        if !system.is_empty() {
            self.index.touch(system, number);
        }
        if is_problem {
            self.index.touch_recent(number);
        }
        // Ranking costs the systems of the group, so it follows news, not numbers.
        let is_news = new_system || incident.kind != IncidentKind::Ticket;
        if is_news || place.is_multiple_of(32) {
            self.rank_soon(now, number);
        }
        self.promote_if_due(now, number, incident);
        self.schedule(now, number);
        self.changed.insert(number);
    }

    /// A finding that fits several groups shows that they are one. The oldest Problem keeps its id.
    fn tie_together(
        &mut self,
        now: Time,
        incident: &Incident,
        best: u64,
        ranked: &[(f64, u64)],
    ) -> u64 {
        if incident.kind == IncidentKind::Ticket {
            return best;
        }
        let least = self.grouping.weights.merge;
        let mut target = best;
        for (score, other) in ranked {
            if *score < least || *other == target {
                continue;
            }
            target = self.merge(now, target, *other);
        }
        target
    }

    /// Moves the members of one group into the other; returns the one that stays.
    pub(super) fn merge(&mut self, now: Time, one: u64, other: u64) -> u64 {
        let rank = |number: u64| {
            let problem = self.groups.get(&number).and_then(|group| group.problem.clone());
            (problem.is_none(), problem, number)
        };
        let (stays, goes) = if rank(one) <= rank(other) { (one, other) } else { (other, one) };
        let Some(mut gone) = self.groups.remove(&goes) else { return stays };
        let Some(group) = self.groups.get_mut(&stays) else {
            self.groups.insert(goes, gone);
            return goes;
        };
        self.index.forget(goes, gone.sites.keys());
        if let Some(due) = gone.due.take() {
            self.timers.remove(&(due, goes));
        }
        let moved = group.members.len();
        group.absorb(&gone);
        for (place, member) in group.members.iter().enumerate().skip(moved) {
            self.incidents.insert(member.incident.clone(), (stays, place));
        }
        for system in gone.sites.keys() {
            self.index.touch(system, stays);
        }
        if let (Some(gone_id), Some(stays_id)) = (gone.problem.clone(), group.problem.clone()) {
            group.absorbed.push(gone_id.clone());
            group.note(
                now,
                TimelineKind::State,
                Message::new("line-merged").word("problem", &gone_id),
            );
            gone.note(
                now,
                TimelineKind::State,
                Message::new("line-merged-into").word("problem", &stays_id),
            );
            gone.merged_into = Some(stays_id);
            gone.state = ProblemState::Closed;
            gone.closed_at = Some(now);
            self.problems.remove(&gone_id);
            self.finished.push(gone);
        }
        self.changed.insert(stays);
        stays
    }

    /// Makes a group a Problem once it deserves it.
    pub(super) fn promote_if_due(&mut self, now: Time, number: u64, incident: &Incident) {
        let Some(group) = self.groups.get(&number) else { return };
        if group.is_problem() || !self.deserves(group, incident) {
            return;
        }
        self.next_problem += 1;
        let id = format!("PRB-{:06}", self.next_problem);
        let Some(group) = self.groups.get_mut(&number) else { return };
        group.problem = Some(id.clone());
        group.promoted_at = Some(now);
        let opened = Message::new("line-opened").text("what", &incident.title);
        group.note(now, TimelineKind::State, opened);
        self.problems.insert(id, number);
        self.index.touch_recent(number);
    }

    fn deserves(&self, group: &Group, incident: &Incident) -> bool {
        if group.is_held() || group.has_alert {
            return true;
        }
        // Fewer tickets than users are wanted: the cheap answer, and nearly always the one.
        if group.tickets < self.grouping.mass.users {
            return false;
        }
        // By when they were written, not by when we read them: after an outage a whole day's tickets
        // come at once.
        let from = group.last_begun.plus_millis(-self.grouping.mass.window_ms);
        let lately = group.members.iter().rev().take(MASS_LOOK_BACK).filter(|m| m.since >= from);
        let users: BTreeSet<&str> = lately
            .filter(|member| member.kind == IncidentKind::Ticket && member.ended.is_none())
            .map(|member| member.user.as_str())
            .filter(|user| !user.is_empty())
            .collect();
        let users = u32::try_from(users.len()).unwrap_or(u32::MAX);
        let system = incident.systems.first().map_or("", |(key, _)| key.as_str());
        self.rates.is_mass(system, users, &self.grouping.mass)
    }
}

/// Resolved Problems take late tickets for a while, and nothing else: a new finding is a new
/// Problem unless it is the very one that came back.
fn may_join(group: &Group, incident: &Incident, now: Time) -> bool {
    if group.is_live() {
        return true;
    }
    let late_ticket = incident.kind == IncidentKind::Ticket
        && group.resolved_at.is_some_and(|at| now.seconds_since(at) < 600.0);
    group.state == ProblemState::Resolved && late_ticket
}

fn note_join(group: &mut Group, now: Time, incident: &Incident) {
    if incident.kind == IncidentKind::Ticket {
        // One line for the first ticket and one each time their number doubles.
        if group.tickets.is_power_of_two() {
            let count = f64::from(group.tickets);
            let line = Message::new("line-tickets").number("count", count);
            group.note(now, TimelineKind::Member, line);
        }
        return;
    }
    let line = Message::new("line-finding").text("what", &incident.title);
    group.note(now, TimelineKind::Member, line);
}

impl Group {
    /// Takes over the members of another group.
    fn absorb(&mut self, other: &Self) {
        let shift = self.members.len();
        self.members.extend(other.members.iter().cloned());
        self.roles.extend(other.roles.iter().copied());
        for (system, theirs) in &other.sites {
            let mut theirs = theirs.clone();
            theirs.lead += shift;
            match self.sites.get_mut(system) {
                None => {
                    self.sites.insert(system.clone(), theirs);
                }
                Some(ours) => {
                    let better =
                        (theirs.has_cause, theirs.severity) > (ours.has_cause, ours.severity);
                    if better || (ours.only_tickets() && !theirs.only_tickets()) {
                        ours.lead = theirs.lead;
                    }
                    ours.first = ours.first.min(theirs.first);
                    ours.last = ours.last.max(theirs.last);
                    ours.active += theirs.active;
                    ours.findings += theirs.findings;
                    ours.tickets += theirs.tickets;
                    ours.has_cause |= theirs.has_cause;
                    ours.spreads |= theirs.spreads;
                    ours.impacts.extend(theirs.impacts);
                    for (impact, count) in theirs.felt {
                        *ours.felt.entry(impact).or_insert(0) += count;
                    }
                    ours.severity = ours.severity.max(theirs.severity);
                    ours.rarity = ours.rarity.max(theirs.rarity);
                }
            }
        }
        self.withdrawn.extend(other.withdrawn.iter().map(|place| place + shift));
        for stems in &other.examples {
            if self.examples.len() < 4 {
                self.examples.push(stems.clone());
            }
        }
        for (mrf, count) in &other.mrfs {
            *self.mrfs.entry(mrf.clone()).or_insert(0) += count;
        }
        for (user, count) in &other.users {
            *self.users.entry(user.clone()).or_insert(0) += count;
        }
        self.tickets += other.tickets;
        self.findings += other.findings;
        self.active += other.active;
        self.holding += other.holding;
        self.has_alert |= other.has_alert;
        self.severity = self.severity.max(other.severity);
        self.opened_at = self.opened_at.min(other.opened_at);
        self.last_activity = self.last_activity.max(other.last_activity);
        self.last_begun = self.last_begun.max(other.last_begun);
        self.last_ended = self.last_ended.max(other.last_ended);
    }
}
