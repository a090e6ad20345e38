//! Grouping: findings and tickets become incidents, incidents become groups, groups become
//! Problems with a ranked cause.
//!
//! A pure fold: time comes with each call, nothing here does I/O, all maps are ordered, so the same
//! calls give the same state, byte for byte. Work per incident does not grow with what is open:
//! candidates come from the index of systems around the incident's own, never from a scan.

mod aside;
mod cause;
mod decode;
mod evidence;
mod group;
mod index;
mod life;
mod mass;
mod normalise;
mod place;
mod settings;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

pub use aside::{Nearest, Silence};
pub use evidence::Weights;
pub use group::{Group, Site};
pub use life::ReviewError;
pub use settings::{Grouping, Lifecycle};

use crate::model::{Finding, FindingState, Incident, Message, Severity, Ticket, TicketClass, Time};
use crate::text::{Likeness, Tagger};
use crate::topology::{System, Topology};
use aside::{Aside, Handled};
use index::Index;
use mass::TicketRates;

/// Everything the grouping knows.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct State {
    grouping: Grouping,
    lifecycle: Lifecycle,
    systems: Vec<System>,
    groups: BTreeMap<u64, Group>,
    /// Incident id → the group it is in and its place among the members.
    incidents: BTreeMap<String, (u64, usize)>,
    /// Problem id → its group.
    problems: BTreeMap<String, u64>,
    /// Findings that were still on when a person's verdict closed their Problem.
    muted: BTreeMap<String, Severity>,
    /// Tickets whose group is gone: an agent's later touch must not make them new.
    handled: Handled,
    aside: Aside,
    next_group: u64,
    next_problem: u64,
    timers: BTreeSet<(Time, u64)>,
    index: Index,
    likeness: Likeness,
    rates: TicketRates,
    symptoms: BTreeMap<String, f64>,
    /// The sum over all symptoms.
    symptoms_total: f64,
    #[serde(skip)]
    changed: BTreeSet<u64>,
    /// Problems that left the state since the last look: closed for good.
    #[serde(skip)]
    finished: Vec<Group>,
    #[serde(skip)]
    derived: Derived,
}

/// What is computed from the settings and never stored.
#[derive(Debug, Default)]
struct Derived {
    topology: Topology,
    tagger: Option<Tagger>,
    near: BTreeMap<String, place::Near>,
}

impl State {
    /// Takes over a topology and settings; also needed once after a state was read back.
    pub fn configure(&mut self, systems: Vec<System>, grouping: Grouping, lifecycle: Lifecycle) {
        self.systems = systems;
        self.grouping = grouping;
        self.lifecycle = lifecycle;
        self.derive();
    }

    /// Rebuilds what is not stored; call it after reading a state back.
    pub fn derive(&mut self) {
        let words: Vec<(String, Vec<String>)> =
            self.systems.iter().map(|s| (s.key.clone(), s.words.clone())).collect();
        self.derived = Derived {
            topology: Topology::new(self.systems.clone()),
            tagger: Some(Tagger::new(&words)),
            near: BTreeMap::new(),
        };
    }

    /// The dependency graph in force.
    #[must_use]
    pub fn topology(&self) -> &Topology {
        &self.derived.topology
    }

    /// Takes a finding: new, changed or over.
    pub fn finding(&mut self, now: Time, finding: &Finding) {
        let cleared = finding.state == FindingState::Cleared;
        if let Some(severity) = self.muted.get(&finding.key) {
            if cleared {
                self.muted.remove(&finding.key);
                return;
            }
            if finding.severity <= *severity {
                return;
            }
            self.muted.remove(&finding.key);
        }
        let mut incident = normalise::finding(finding);
        incident.since = incident.since.min(now);
        match self.incidents.get(&incident.id).copied() {
            Some(at) if cleared => self.end_member(now, at, &incident),
            Some(at) => self.update_member(now, at, &incident),
            None if cleared => {}
            None => {
                self.count_symptom(&incident.symptom);
                self.place(now, incident);
            }
        }
    }

    /// Takes a user's ticket as it stands now. Requests never count: a ticket that became one stays
    /// on its Problem's list and counts no more. A ticket that says something else now finds its
    /// place anew while it is still alone.
    pub fn ticket(&mut self, now: Time, ticket: &Ticket) {
        let Some(tagger) = &self.derived.tagger else { return };
        let mut incident = normalise::ticket(ticket, tagger);
        incident.since = incident.since.min(now);
        let known = self.incidents.get(&incident.id).copied();
        if ticket.class == TicketClass::Request {
            let why = Message::new("silence-request");
            self.aside.put(&incident.id, Silence { why, nearest: None });
            if let Some(at) = known {
                self.withdraw(now, at, &incident);
            }
            return;
        }
        match known {
            Some(at) if !self.is_alone(at.0) => return self.bring_back(now, at, &incident),
            Some((number, _)) => self.drop_group(number),
            None if self.handled.contains(&incident.id) => return,
            None => {
                self.likeness.learn(&incident.stems);
                if let Some((system, _)) = incident.systems.first() {
                    self.rates.count(system, ticket.created);
                }
            }
        }
        self.place(now, incident);
    }

    /// True for a group of one incident that is no Problem.
    fn is_alone(&self, number: u64) -> bool {
        let group = self.groups.get(&number);
        group.is_some_and(|group| !group.is_problem() && group.members.len() == 1)
    }

    /// Takes an alert of another monitoring system, or any incident made elsewhere.
    pub fn incident(&mut self, now: Time, incident: Incident) {
        if self.incidents.contains_key(&incident.id) {
            return;
        }
        self.count_symptom(&incident.symptom);
        if !incident.stems.is_empty() {
            self.likeness.learn(&incident.stems);
        }
        self.place(now, incident);
    }

    /// The next moment at which [`State::tick`] has something to do.
    #[must_use]
    pub fn next_timer(&self) -> Option<Time> {
        self.timers.first().map(|(at, _)| *at)
    }

    /// The group an incident is in.
    #[must_use]
    pub fn group_of(&self, incident: &str) -> Option<&Group> {
        self.incidents.get(incident).and_then(|(group, _)| self.groups.get(group))
    }

    /// A Problem by its id.
    #[must_use]
    pub fn problem(&self, id: &str) -> Option<&Group> {
        self.problems.get(id).and_then(|group| self.groups.get(group))
    }

    /// The same, to add to its history.
    pub(crate) fn problem_mut(&mut self, id: &str) -> Option<&mut Group> {
        self.problems.get(id).and_then(|group| self.groups.get_mut(group))
    }

    /// All Problems that are not closed, in order of id.
    pub fn problems(&self) -> impl Iterator<Item = &Group> {
        self.problems.values().filter_map(|group| self.groups.get(group))
    }

    /// All groups, Problems or not, in order of age.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values()
    }

    /// Why an incident is in no Problem, as far as is remembered.
    #[must_use]
    pub fn silence(&self, incident: &str) -> Option<Silence> {
        if self.muted.contains_key(incident) {
            return Some(Silence { why: Message::new("silence-muted"), nearest: None });
        }
        self.aside.get(incident).cloned()
    }

    /// Keys of the findings that are on, for the detectors to take up after a restart.
    #[must_use]
    pub fn active_findings(&self) -> BTreeSet<String> {
        let on = self.groups.values().flat_map(Group::active_findings);
        on.map(|(key, _)| key.to_owned()).chain(self.muted.keys().cloned()).collect()
    }

    /// The ids of Problems touched since the last call.
    pub fn take_changed(&mut self) -> Vec<String> {
        let changed = std::mem::take(&mut self.changed);
        changed
            .into_iter()
            .filter_map(|group| self.groups.get(&group)?.problem_id().map(str::to_owned))
            .collect()
    }

    /// The Problems closed for good since the last call.
    pub fn take_finished(&mut self) -> Vec<Group> {
        std::mem::take(&mut self.finished)
    }

    fn count_symptom(&mut self, symptom: &str) {
        if symptom.is_empty() {
            return;
        }
        // Bounded: a source that invents names must not fill the memory.
        if self.symptoms.len() < 4096 || self.symptoms.contains_key(symptom) {
            *self.symptoms.entry(symptom.to_owned()).or_insert(0.0) += 1.0;
            self.symptoms_total += 1.0;
        }
    }

    /// Information of a symptom's name in nats: rare names say more about the cause.
    fn rarity(&self, symptom: &str) -> f64 {
        let total = self.symptoms_total;
        let count = self.symptoms.get(symptom).copied().unwrap_or(0.0);
        if symptom.is_empty() || total < 20.0 { 0.0 } else { ((total + 1.0) / (count + 1.0)).ln() }
    }
}
