//! A group: incidents with one cause. It becomes a Problem when it deserves people's attention.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{
    Cause, Impact, Incident, IncidentKind, Member, Message, ProblemState, Reason, Role, Severity,
    Time, TimelineEntry, TimelineKind,
};

/// The most tickets whose words are kept to compare new ones with.
const EXAMPLES: usize = 4;
/// The longest timeline kept; beyond it the second-oldest lines go, the first line stays.
const TIMELINE_LIMIT: usize = 200;

/// What a group knows of one system it touches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Site {
    /// When the first incident here began.
    pub first: Time,
    /// When the latest incident here began or ended.
    pub last: Time,
    /// Findings here that are not over.
    pub active: u32,
    /// Findings and alerts here, over or not.
    pub findings: u32,
    /// Tickets here.
    pub tickets: u32,
    /// Something here is a cause by its nature.
    pub has_cause: bool,
    /// Something here is felt by callers.
    pub spreads: bool,
    /// What is broken here, by findings and alerts.
    pub impacts: BTreeSet<Impact>,
    /// What tickets say is felt here, and how many say so.
    pub felt: BTreeMap<Impact, u32>,
    /// The worst severity here.
    pub severity: Severity,
    /// Information of the rarest symptom here, nats.
    pub rarity: f64,
    /// The member that speaks for this system: cause before symptom, worse before milder.
    pub lead: usize,
}

impl Site {
    /// True when no finding or alert speaks of this system.
    #[must_use]
    pub fn only_tickets(&self) -> bool {
        self.findings == 0
    }

    /// What most tickets here say is felt.
    #[must_use]
    pub fn mostly_felt(&self) -> Option<Impact> {
        self.felt.iter().max_by_key(|(impact, count)| (**count, **impact)).map(|(felt, _)| *felt)
    }
}

/// Incidents with one cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub(super) id: u64,
    pub(super) problem: Option<String>,
    pub(super) state: ProblemState,
    pub(super) members: Vec<Member>,
    pub(super) roles: Vec<Role>,
    pub(super) sites: BTreeMap<String, Site>,
    pub(super) examples: Vec<Vec<String>>,
    pub(super) mrfs: BTreeMap<String, u32>,
    /// Users, by keyed hash, and how many tickets each has here.
    pub(super) users: BTreeMap<String, u32>,
    pub(super) tickets: u32,
    pub(super) findings: u32,
    pub(super) active: u32,
    /// Active findings that are more than a note: while there is one the Problem is not over.
    pub(super) holding: u32,
    /// Another system's alert that is more than a note is here, over or not.
    pub(super) has_alert: bool,
    /// The worst severity it has had since it opened, or came back.
    pub(super) severity: Severity,
    pub(super) opened_at: Time,
    pub(super) promoted_at: Option<Time>,
    pub(super) last_activity: Time,
    /// When the latest member began.
    pub(super) last_begun: Time,
    pub(super) last_ended: Option<Time>,
    pub(super) acknowledged: Option<(Time, String)>,
    pub(super) resolved_at: Option<Time>,
    pub(super) resolved_by: Option<String>,
    /// What that person wrote about it.
    pub(super) resolved_why: String,
    pub(super) closed_at: Option<Time>,
    pub(super) reopened: u32,
    pub(super) merged_into: Option<String>,
    pub(super) causes: Vec<Cause>,
    pub(super) timeline: Vec<TimelineEntry>,
    /// The Problems that were merged into this one.
    pub(super) absorbed: Vec<String>,
    /// Places of the tickets that were withdrawn, in the order it happened.
    pub(super) withdrawn: Vec<usize>,
    pub(super) due: Option<Time>,
    /// How many members there were when the causes were ranked.
    pub(super) ranked: usize,
    /// When they have to be ranked anew.
    pub(super) rank_due: Option<Time>,
}

impl Group {
    /// Starts an empty group.
    pub(super) fn new(id: u64, now: Time) -> Self {
        Self {
            id,
            problem: None,
            state: ProblemState::Open,
            members: Vec::new(),
            roles: Vec::new(),
            sites: BTreeMap::new(),
            examples: Vec::new(),
            mrfs: BTreeMap::new(),
            users: BTreeMap::new(),
            tickets: 0,
            findings: 0,
            active: 0,
            holding: 0,
            has_alert: false,
            severity: Severity::Info,
            opened_at: now,
            promoted_at: None,
            last_activity: now,
            last_begun: now,
            last_ended: None,
            acknowledged: None,
            resolved_at: None,
            resolved_by: None,
            resolved_why: String::new(),
            closed_at: None,
            reopened: 0,
            merged_into: None,
            causes: Vec::new(),
            timeline: Vec::new(),
            absorbed: Vec::new(),
            withdrawn: Vec::new(),
            due: None,
            ranked: 0,
            rank_due: None,
        }
    }

    /// The Problem's id, if the group is one.
    #[must_use]
    pub fn problem_id(&self) -> Option<&str> {
        self.problem.as_deref()
    }

    /// The group's own number, for `evaluate`.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.id
    }

    /// Where in its life.
    #[must_use]
    pub fn state(&self) -> ProblemState {
        self.state
    }

    /// The worst severity since it opened, or came back.
    #[must_use]
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// Members in order of joining; they are only ever added.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        &self.members
    }

    /// Suspected causes, most likely first.
    #[must_use]
    pub fn causes(&self) -> &[Cause] {
        &self.causes
    }

    /// What is known by system.
    #[must_use]
    pub fn sites(&self) -> &BTreeMap<String, Site> {
        &self.sites
    }

    /// When the group became a Problem.
    #[must_use]
    pub fn promoted_at(&self) -> Option<Time> {
        self.promoted_at
    }

    /// When the first member began.
    #[must_use]
    pub fn opened_at(&self) -> Time {
        self.opened_at
    }

    /// When it was resolved, if it is.
    #[must_use]
    pub fn resolved_at(&self) -> Option<Time> {
        self.resolved_at
    }

    /// When it was closed, if it is.
    #[must_use]
    pub fn closed_at(&self) -> Option<Time> {
        self.closed_at
    }

    /// The person who resolved it, if a person did.
    #[must_use]
    pub fn resolved_by(&self) -> Option<&str> {
        self.resolved_by.as_deref()
    }

    /// What the person who resolved it wrote; empty when nothing.
    #[must_use]
    pub fn resolved_why(&self) -> &str {
        &self.resolved_why
    }

    /// The Problem it was merged into.
    #[must_use]
    pub fn merged_into(&self) -> Option<&str> {
        self.merged_into.as_deref()
    }

    /// Who took it, and when.
    #[must_use]
    pub fn acknowledged(&self) -> Option<&(Time, String)> {
        self.acknowledged.as_ref()
    }

    /// How often it came back.
    #[must_use]
    pub fn reopened(&self) -> u32 {
        self.reopened
    }

    /// Problems that were merged into this one.
    #[must_use]
    pub fn absorbed(&self) -> &[String] {
        &self.absorbed
    }

    /// Tickets that turned out to be requests, in the order it happened.
    pub fn withdrawn(&self) -> impl Iterator<Item = &Member> {
        self.withdrawn.iter().filter_map(|place| self.members.get(*place))
    }

    /// Tickets, users, findings.
    #[must_use]
    pub fn counts(&self) -> (u32, u32, u32) {
        let users = u32::try_from(self.users.len()).unwrap_or(u32::MAX);
        (self.tickets, users, self.findings)
    }

    /// Branches named by tickets.
    pub fn mrfs(&self) -> impl Iterator<Item = &str> {
        self.mrfs.keys().map(String::as_str)
    }

    /// The first cause's system, or else the system with the most members.
    #[must_use]
    pub fn first_system(&self) -> &str {
        let cause = self.causes.first().map(|cause| cause.system.as_str());
        cause.or_else(|| self.sites.keys().next().map(String::as_str)).unwrap_or_default()
    }

    /// The title: the first cause's own finding, or what the tickets are about.
    #[must_use]
    pub fn title(&self) -> Message {
        let system = self.first_system();
        let site = self.sites.get(system).filter(|site| !site.only_tickets());
        let finding = site.or_else(|| {
            let found = self.sites.values().filter(|site| !site.only_tickets());
            found.max_by_key(|site| (site.has_cause, site.severity))
        });
        if let Some(member) = finding.and_then(|site| self.members.get(site.lead)) {
            return Message::new("title-finding")
                .system("system", &member.system)
                .text("what", &member.title);
        }
        let felt = self.sites.get(system).and_then(Site::mostly_felt);
        let key = match felt {
            Some(Impact::Slow) => "title-tickets-slow",
            Some(Impact::Errors) => "title-tickets-errors",
            Some(Impact::Down) => "title-tickets-down",
            Some(Impact::Stale) => "title-tickets-stale",
            Some(Impact::Unfelt) | None => "title-tickets",
        };
        Message::new(key).system("system", system)
    }

    /// The history, oldest first.
    #[must_use]
    pub fn timeline(&self) -> &[TimelineEntry] {
        &self.timeline
    }

    /// Adds a line to the history.
    pub(crate) fn note(&mut self, at: Time, kind: TimelineKind, message: Message) {
        if self.timeline.len() >= TIMELINE_LIMIT {
            self.timeline.remove(1);
        }
        self.timeline.push(TimelineEntry { at, kind, message });
    }

    pub(super) fn is_problem(&self) -> bool {
        self.problem.is_some()
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.state, ProblemState::Open | ProblemState::Acknowledged)
    }

    pub(super) fn has_active_finding(&self) -> bool {
        self.active > 0
    }

    /// Whether a finding is on that says more than "for the record".
    pub(super) fn is_held(&self) -> bool {
        self.holding > 0
    }

    /// Everything that was found has ended and no user has complained: if nobody was told yet,
    /// nobody need be.
    #[must_use]
    pub fn went_by_itself(&self) -> bool {
        self.last_ended.is_some() && !self.is_held() && self.tickets == 0
    }

    /// Ids of findings that are not over, with the severity last said.
    pub(super) fn active_findings(&self) -> impl Iterator<Item = (&str, Severity)> {
        self.members
            .iter()
            .filter(|member| member.kind == IncidentKind::Finding && member.ended.is_none())
            .map(|member| (member.incident.as_str(), member.severity))
    }

    /// Adds an incident; returns its place among the members and whether it brought a new system.
    pub(super) fn add(
        &mut self,
        now: Time,
        incident: &Incident,
        system: &str,
        rarity: f64,
        evidence: (f64, Vec<Reason>),
    ) -> (usize, bool) {
        let place = self.members.len();
        self.opened_at =
            if place == 0 { incident.since } else { self.opened_at.min(incident.since) };
        self.last_activity = now;
        self.last_begun = self.last_begun.max(incident.since);
        self.members.push(Member {
            incident: incident.id.clone(),
            kind: incident.kind,
            system: system.to_owned(),
            title: incident.title.clone(),
            severity: incident.severity,
            since: incident.since,
            ended: incident.ended,
            detail: incident.detail.clone(),
            number: incident.number.clone(),
            user: incident.user.clone(),
            mrf: incident.mrf.clone(),
            impact: incident.impact,
            joined_at: now,
            log_odds: evidence.0,
            why: evidence.1,
        });
        self.roles.push(incident.role);
        self.count(incident);
        let new_system = self.visit(place, incident, system, rarity);
        let is_ticket = incident.kind == IncidentKind::Ticket;
        self.raise_severity((!is_ticket).then_some(incident.severity));
        (place, new_system)
    }

    fn count(&mut self, incident: &Incident) {
        if incident.kind == IncidentKind::Ticket {
            self.tickets += 1;
            if !incident.user.is_empty() {
                *self.users.entry(incident.user.clone()).or_insert(0) += 1;
            }
            if self.examples.len() < EXAMPLES && !incident.stems.is_empty() {
                self.examples.push(incident.stems.clone());
            }
        } else {
            self.findings += 1;
            self.has_alert |= incident.kind == IncidentKind::Alert && holds(incident.severity);
            if incident.kind == IncidentKind::Finding && incident.ended.is_none() {
                self.active += 1;
                self.holding += u32::from(holds(incident.severity));
            }
        }
        if let Some(mrf) = &incident.mrf {
            *self.mrfs.entry(mrf.clone()).or_insert(0) += 1;
        }
    }

    /// Updates what is known of the incident's system; true when the system is new to the group.
    fn visit(&mut self, place: usize, incident: &Incident, system: &str, rarity: f64) -> bool {
        if system.is_empty() {
            return false;
        }
        let is_new = !self.sites.contains_key(system);
        let site = self.sites.entry(system.to_owned()).or_insert_with(|| Site {
            first: incident.since,
            last: incident.since,
            active: 0,
            findings: 0,
            tickets: 0,
            has_cause: false,
            spreads: false,
            impacts: BTreeSet::new(),
            felt: BTreeMap::new(),
            severity: Severity::Info,
            rarity: 0.0,
            lead: place,
        });
        site.first = site.first.min(incident.since);
        site.last = site.last.max(incident.since);
        let ticket = incident.kind == IncidentKind::Ticket;
        let is_cause = incident.role == Role::Cause;
        let is_stronger = (is_cause, incident.severity) > (site.has_cause, site.severity);
        let speaks_better = !ticket && (site.only_tickets() || is_stronger);
        if speaks_better {
            site.lead = place;
        }
        if ticket {
            site.tickets += 1;
            if let Some(felt) = incident.impact {
                *site.felt.entry(felt).or_insert(0) += 1;
            }
        } else {
            site.findings += 1;
            site.active += u32::from(incident.kind == IncidentKind::Finding);
            site.has_cause |= is_cause;
            site.severity = site.severity.max(incident.severity);
            site.rarity = site.rarity.max(rarity);
        }
        site.spreads |= incident.spreads;
        if !ticket {
            site.impacts.extend(incident.impact);
        }
        is_new
    }

    /// Marks a finding as over; false when it already was.
    pub(super) fn end(&mut self, now: Time, place: usize) -> bool {
        let Some(member) = self.members.get_mut(place).filter(|m| m.ended.is_none()) else {
            return false;
        };
        member.ended = Some(now);
        self.active = self.active.saturating_sub(1);
        self.holding = self.holding.saturating_sub(u32::from(holds(member.severity)));
        self.last_ended = Some(now);
        self.last_activity = now;
        let system = member.system.clone();
        if let Some(site) = self.sites.get_mut(&system) {
            site.active = site.active.saturating_sub(1);
            site.last = site.last.max(now);
        }
        true
    }

    /// Takes back a ticket that turned out to be no failure: it stays on the list, struck out, and
    /// counts no more. False when it already was.
    pub(super) fn withdraw(&mut self, now: Time, place: usize) -> bool {
        let is_ticket = |member: &&mut Member| member.kind == IncidentKind::Ticket;
        let member = self.members.get_mut(place).filter(is_ticket);
        let Some(member) = member.filter(|member| member.ended.is_none()) else { return false };
        member.ended = Some(now);
        self.tickets = self.tickets.saturating_sub(1);
        less(&mut self.users, &member.user);
        if let Some(mrf) = &member.mrf {
            less(&mut self.mrfs, mrf);
        }
        if let Some(site) = self.sites.get_mut(&member.system) {
            site.tickets = site.tickets.saturating_sub(1);
            if let Some(felt) = member.impact {
                less(&mut site.felt, &felt);
            }
        }
        self.withdrawn.push(place);
        true
    }

    /// A ticket that was withdrawn is a failure after all; false when it never was withdrawn.
    pub(super) fn bring_back(&mut self, place: usize) -> bool {
        let is_ticket = |member: &&mut Member| member.kind == IncidentKind::Ticket;
        let member = self.members.get_mut(place).filter(is_ticket);
        let Some(member) = member.filter(|member| member.ended.is_some()) else { return false };
        member.ended = None;
        self.tickets += 1;
        if !member.user.is_empty() {
            *self.users.entry(member.user.clone()).or_insert(0) += 1;
        }
        if let Some(mrf) = &member.mrf {
            *self.mrfs.entry(mrf.clone()).or_insert(0) += 1;
        }
        if let Some(site) = self.sites.get_mut(&member.system) {
            site.tickets += 1;
            if let Some(felt) = member.impact {
                *site.felt.entry(felt).or_insert(0) += 1;
            }
        }
        true
    }

    /// Takes over what changed about a finding that is already a member; true when it came back.
    pub(super) fn update(&mut self, now: Time, place: usize, incident: &Incident) -> bool {
        let Some(member) = self.members.get_mut(place) else { return false };
        let came_back = member.ended.take().is_some();
        let held = !came_back && holds(member.severity);
        member.severity = incident.severity;
        member.title.clone_from(&incident.title);
        member.detail.clone_from(&incident.detail);
        self.last_activity = now;
        let system = member.system.clone();
        if let Some(site) = self.sites.get_mut(&system) {
            site.severity = site.severity.max(incident.severity);
            site.last = site.last.max(now);
            site.active += u32::from(came_back);
        }
        self.active += u32::from(came_back);
        self.holding = self.holding.saturating_sub(u32::from(held));
        self.holding += u32::from(holds(incident.severity));
        self.raise_severity(Some(incident.severity));
        came_back
    }

    /// It stays as bad as it was until it is over: who was called should not wonder why. Tickets
    /// alone are as bad as the number of those who suffer.
    fn raise_severity(&mut self, finding: Option<Severity>) {
        match finding {
            Some(severity) => self.severity = self.severity.max(severity),
            None if self.findings == 0 => {
                let many = self.users.len() >= 20;
                let felt = if many { Severity::High } else { Severity::Warning };
                self.severity = self.severity.max(felt);
            }
            None => {}
        }
    }
}

/// Counts one less; what has none left is gone.
fn less<K: Ord>(counts: &mut BTreeMap<K, u32>, key: &K) {
    if let Some(count) = counts.get_mut(key) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(key);
        }
    }
}

/// A note for the record keeps no Problem open.
fn holds(severity: Severity) -> bool {
    severity > Severity::Info
}
