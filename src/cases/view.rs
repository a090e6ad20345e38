//! A case as people see it: one line, or everything.

use std::collections::BTreeSet;

use super::State;
use super::case::Case;
use super::life::loudest;
use crate::correlate::{self, Cluster, Suspected};
use crate::model::{
    CaseDetail, CaseId, CaseKind, CaseSummary, Cause, Delivery, Impact, LinkKind, Member, Message,
    Reason, Signal, Time,
};

/// Systems named on a line beside the first cause.
const SYSTEMS: usize = 64;
/// The steps of a case's pace, and how long one is, milliseconds.
pub const PACE: usize = 12;
const PACE_STEP: i64 = 300_000;
/// Stems of tickets kept with a closed case, to find it by.
const WORDS: usize = 400;
/// Candidates offered with a case.
const CANDIDATES: usize = 50;

/// A case with what it is made of: what telling somebody needs.
#[derive(Clone, Copy, Debug)]
pub struct Facts<'a> {
    /// The case.
    pub case: &'a Case,
    /// Its cluster, while it has one.
    pub cluster: Option<&'a Cluster>,
    /// All signals, the graph.
    pub correlate: &'a correlate::State,
    /// A Problem that is not closed speaks for this mass incident.
    pub is_explained: bool,
    /// The case that this one was merged into.
    pub survivor: Option<&'a Case>,
}

/// How much a case is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Systems.
    pub systems: u32,
    /// Findings and alerts.
    pub findings: u32,
    /// Tickets.
    pub tickets: u32,
    /// Different users among the tickets.
    pub users: u32,
}

impl Facts<'_> {
    /// How much it is about, since it last came back; of a case that is closed, how much it was in all.
    #[must_use]
    pub fn size(&self) -> Size {
        if let (None, Some(frozen)) = (self.cluster, &self.case.frozen) {
            let CaseSummary { system_count, findings, tickets, users, .. } = frozen.summary;
            return Size { systems: system_count, findings, tickets, users };
        }
        let Some(cluster) = self.cluster else { return Size::default() };
        let totals = cluster.present();
        let systems = u32::try_from(cluster.present_systems().len()).unwrap_or(u32::MAX);
        let (findings, tickets, users) = (totals.findings, totals.tickets, totals.users.len());
        Size { systems, findings, tickets, users }
    }

    /// The first cause: a person's word, else the most likely.
    #[must_use]
    pub fn first_system(&self) -> &str {
        if let Some(system) = &self.case.decided.cause {
            return system;
        }
        match (self.cluster, &self.case.lead) {
            (Some(cluster), _) => cluster.first_system(),
            (None, Some((lead, _))) => lead,
            (None, None) => "",
        }
    }

    /// Suspected causes, most likely first; one that a person has named stands alone at the top.
    #[must_use]
    pub fn causes(&self) -> Vec<Cause> {
        let ranked = self.cluster.map_or(&self.case.suspects[..], Cluster::suspects);
        let ranked = ranked.iter().map(Suspected::cause);
        let Some(system) = &self.case.decided.cause else { return ranked.collect() };
        let word = Reason::new(0.0, Message::new("cause-set-by-person"));
        let mut causes =
            vec![Cause { system: system.clone(), probability: 1.0, evidence: vec![word] }];
        let others = ranked.filter(|cause| cause.system != *system);
        causes.extend(others.map(|cause| Cause { probability: 0.0, ..cause }));
        causes
    }

    /// The signal that speaks for the first cause, else the loudest.
    #[must_use]
    pub fn lead(&self) -> Option<&Signal> {
        let cluster = self.cluster?;
        let here = cluster.present_systems().get(self.first_system());
        let own = here.and_then(|summary| cluster.speaking(summary).lead());
        let own = own.and_then(|key| self.correlate.signal(key));
        own.or_else(|| loudest(self.correlate, cluster)).or_else(|| {
            let mut leads =
                cluster.present_systems().values().filter_map(|summary| summary.all.lead());
            leads.find_map(|key| self.correlate.signal(key))
        })
    }

    /// The title: the first cause's own finding, or what users report. Of what is over, the worst.
    #[must_use]
    pub fn title(&self) -> Message {
        let system = self.first_system();
        if self.case.id.kind != CaseKind::MassIncident
            && let Some(lead) = self.lead()
        {
            let key = if lead.is_active() { "title-finding" } else { "title-finding-over" };
            let message = Message::new(key).system("system", lead.system());
            return message.text("what", lead.telling_title());
        }
        let felt = self.cluster.and_then(|cluster| {
            let here = cluster.present_systems().get(system)?;
            let tally = if here.active.tickets > 0 { &here.active } else { &here.all };
            tally.mostly_felt()
        });
        let key = match felt {
            Some(Impact::Slow) => "title-tickets-slow",
            Some(Impact::Errors) => "title-tickets-errors",
            Some(Impact::Down) => "title-tickets-down",
            Some(Impact::Stale) => "title-tickets-stale",
            Some(Impact::Unfelt) | None => "title-tickets",
        };
        let key = if system.is_empty() { "title-tickets-nowhere" } else { key };
        Message::new(key).system("system", system)
    }

    /// The system that most of its tickets name, and what they say is felt there.
    #[must_use]
    pub fn felt(&self) -> Option<(&str, Impact)> {
        let systems = self.cluster?.present_systems().iter();
        let named = systems.filter(|(key, summary)| !key.is_empty() && summary.all.tickets > 0);
        let (key, summary) = named.max_by_key(|(_, summary)| summary.all.tickets)?;
        Some((key.as_str(), summary.all.mostly_felt()?))
    }

    /// How many tickets were written in each five minutes of the last hour, the oldest first.
    #[must_use]
    pub fn pace(&self, now: Time) -> [u32; PACE] {
        let mut pace = [0; PACE];
        let from = now.plus_millis(-PACE_STEP * i64::try_from(PACE).unwrap_or(0));
        for summary in self.cluster.iter().flat_map(|cluster| cluster.systems().values()) {
            for (at, count) in summary.written.iter().rev().take_while(|(at, _)| **at > from) {
                let slot = usize::try_from((at.0 - from.0) / PACE_STEP).unwrap_or(0).min(PACE - 1);
                if let Some(tickets) = pace.get_mut(slot) {
                    *tickets += count;
                }
            }
        }
        pace
    }

    /// The case on one line, and nothing else of it.
    pub(super) fn line(&self) -> CaseDetail {
        self.line_naming(SYSTEMS)
    }

    /// What is left of a case that goes on as another one: a line that names its cause. All its systems are the
    /// other one's.
    pub(super) fn last_line(&self) -> CaseDetail {
        self.line_naming(0)
    }

    fn line_naming(&self, others: usize) -> CaseDetail {
        CaseDetail {
            summary: self.summary_naming(others, &[]),
            causes: Vec::new(),
            members: Vec::new(),
            timeline: Vec::new(),
            candidates: Vec::new(),
            words: Vec::new(),
        }
    }

    /// The case on one line.
    #[must_use]
    pub fn summary(&self, told: &[Delivery]) -> CaseSummary {
        self.summary_naming(SYSTEMS, told)
    }

    /// The same, with so many systems beside the first cause.
    fn summary_naming(&self, others_named: usize, told: &[Delivery]) -> CaseSummary {
        let case = self.case;
        if let (None, Some(frozen)) = (self.cluster, &case.frozen) {
            return CaseSummary {
                state: case.decided.state,
                version: case.version,
                closed_at: case.closed_at,
                merged_into: case.decided.merged_into,
                links: case.decided.links.iter().copied().collect(),
                told: told.to_vec(),
                ..frozen.summary.clone()
            };
        }
        let totals = self.cluster.map(Cluster::present);
        let first = self.first_system();
        let keys = self.cluster.map(|cluster| cluster.present_systems().keys());
        let others =
            keys.into_iter().flatten().filter(|key| key.as_str() != first && !key.is_empty());
        let mut systems: Vec<String> = Vec::new();
        if !first.is_empty() {
            systems.push(first.to_owned());
        }
        systems.extend(others.take(others_named).map(ToString::to_string));
        let size = self.size();
        let named = u32::try_from(systems.len()).unwrap_or(u32::MAX);
        let first_suspect = self.cluster.and_then(|cluster| cluster.suspects().first());
        let cause = match &case.decided.cause {
            Some(system) => Some((system.clone(), 1.0)),
            None => first_suspect.map(|first| (first.system.to_string(), first.probability)),
        };
        CaseSummary {
            id: case.id,
            version: case.version,
            title: self.title(),
            severity: case.severity,
            peak: case.peak,
            blind: case.blind,
            state: case.decided.state,
            opened_at: case.opened_at,
            owner: case.decided.owner.clone(),
            resolved_at: case.resolved_at(),
            closed_at: case.closed_at,
            reopened: case.reopened,
            unstable: case.is_unstable(),
            confirmed: case.decided.confirmed,
            rejected: case.decided.rejected,
            known_error: case.decided.known_error.clone(),
            merged_into: case.decided.merged_into,
            links: case.decided.links.iter().copied().collect(),
            system_count: size.systems.max(named),
            systems,
            mrfs: totals
                .map(|totals| totals.mrfs.iter().map(|(mrf, _)| mrf.to_string()).collect())
                .unwrap_or_default(),
            tickets: size.tickets,
            users: size.users,
            findings: size.findings,
            cause,
            told: told.to_vec(),
        }
    }
}

impl State {
    /// A case with what it is made of.
    #[must_use]
    pub fn facts<'a>(&'a self, id: CaseId, correlate: &'a correlate::State) -> Option<Facts<'a>> {
        let case = self.case(id)?;
        let cluster = case.decided.cluster.and_then(|number| correlate.cluster(number));
        let is_open = |id| self.case(id).is_some_and(|it| !it.decided.state.is_over());
        let is_explained = case.decided.linked(LinkKind::ExplainedBy).any(is_open);
        let survivor = case.decided.merged_into.and_then(|id| self.case(id));
        Some(Facts { case, cluster, correlate, is_explained, survivor })
    }

    /// Everything about a case; who was told of it is added by those who know.
    #[must_use]
    pub fn detail(&self, id: CaseId, correlate: &correlate::State) -> Option<CaseDetail> {
        let timeline = self.history(id).to_vec();
        Some(CaseDetail { timeline, ..self.contents(id, correlate)? })
    }

    /// Everything about a case but its history.
    pub(super) fn contents(&self, id: CaseId, correlate: &correlate::State) -> Option<CaseDetail> {
        let mut detail = self.outline(id, correlate)?;
        let Some(cluster) = self.facts(id, correlate)?.cluster else { return Some(detail) };
        // In order before they are put into words, which are large: neither sorted nor grown.
        let mut members: Vec<_> = cluster.members().iter().collect();
        members.sort_by_key(|(_, membership)| membership.joined_at);
        detail.members.reserve_exact(members.len());
        let members = members.into_iter().filter_map(|(key, membership)| {
            let signal = correlate.signal(*key)?;
            Some(Member {
                joined_at: membership.joined_at,
                log_odds: membership.why.log_odds(),
                why: membership.why.reasons(),
                ..member(signal, &membership.system)
            })
        });
        detail.members.extend(members);
        let candidates = correlate.candidates(id).take(CANDIDATES);
        detail.candidates = candidates.map(|signal| member(signal, "")).collect();
        Some(detail)
    }

    /// What a case leaves behind when it is closed: everything but its history, which it goes on having, and the words
    /// to find it by.
    pub(super) fn remains(&self, id: CaseId, correlate: &correlate::State) -> Option<CaseDetail> {
        let mut detail = self.contents(id, correlate)?;
        let cluster = self.facts(id, correlate).and_then(|facts| facts.cluster);
        if let Some(totals) = cluster.map(Cluster::totals) {
            let summary = &mut detail.summary;
            (summary.findings, summary.tickets) = (totals.findings, totals.tickets);
            summary.users = totals.users.len();
        }
        let with_words = cluster.filter(|cluster| !cluster.totals().texts.is_empty());
        let keys = with_words.into_iter().flat_map(|cluster| cluster.members().keys());
        let stems = keys.filter_map(|key| correlate.signal(*key)).flat_map(|signal| &signal.stems);
        let mut words: BTreeSet<&String> = BTreeSet::new();
        for stem in stems {
            words.insert(stem);
            if words.len() >= WORDS {
                break;
            }
        }
        if !words.is_empty() {
            detail.words = words.into_iter().cloned().collect();
        }
        Some(detail)
    }

    /// A case without its history, nor what it is made of unless it has been frozen with it.
    fn outline(&self, id: CaseId, correlate: &correlate::State) -> Option<CaseDetail> {
        let facts = self.facts(id, correlate)?;
        let mut detail = match (facts.cluster, &facts.case.frozen) {
            (None, Some(frozen)) => {
                CaseDetail { summary: facts.summary(&[]), ..(**frozen).clone() }
            }
            _ => facts.line(),
        };
        if detail.causes.is_empty() {
            detail.causes = facts.causes();
        }
        Some(detail)
    }
}

/// A signal as people see it.
#[must_use]
pub fn member(signal: &Signal, system: &str) -> Member {
    Member {
        signal: signal.id.to_string(),
        kind: signal.kind,
        life: signal.life,
        system: system.to_owned(),
        title: signal.telling_title().clone(),
        severity: signal.severity,
        since: signal.since,
        ended: signal.ended,
        held_by: signal.held_by.clone(),
        detail: signal.telling_detail().cloned(),
        number: signal.number.clone(),
        mrf: signal.mrf.clone(),
        impact: signal.impact,
        joined_at: signal.since,
        log_odds: 0.0,
        why: Vec::new(),
    }
}
