//! Opening cases, and the lines of their history about what joins and ends.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::State;
use super::case::Case;
use super::life::loudest;
use crate::correlate::{self, Cluster, News};
use crate::model::{CaseId, CaseKind, Life, Link, LinkKind, Message, Time, TimelineKind};

/// Findings of one case that are each told in its history; of more, only how many.
const MANY: u32 = 64;

impl State {
    /// Opens a Problem when monitoring keeps something open that no case knows.
    pub(super) fn open_problem(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        number: u64,
    ) {
        let Some(cluster) = correlate.cluster(number) else { return };
        if cluster.totals().keeping.is_empty() {
            return;
        }
        if self.of_cluster(number).any(|case| case.id.kind != CaseKind::MassIncident) {
            return;
        }
        let onset = cluster.totals().began.first().copied().unwrap_or(now);
        let title = loudest(correlate, cluster).map(|signal| signal.title.clone());
        let line = Message::new("line-opened").text("what", &title.unwrap_or_default());
        self.open(now, correlate, (CaseKind::Problem, number), onset.min(now), line);
    }

    /// Opens a mass incident, beside a Problem or alone.
    pub(super) fn open_mass_incident(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        number: u64,
    ) {
        let Some(cluster) = correlate.cluster(number) else { return };
        if self.of_cluster(number).any(|case| case.id.kind == CaseKind::MassIncident) {
            return;
        }
        let totals = cluster.totals();
        let last = totals.last_written().unwrap_or(now);
        let from = last.plus_millis(-correlate.surge_window_ms());
        let lately = totals.written.iter().rev().map(|((at, _), _)| *at);
        let onset = lately.take_while(|at| *at >= from).last().unwrap_or(last);
        let line = Message::new("line-opened-mass").number("count", f64::from(totals.users.len()));
        self.open(now, correlate, (CaseKind::MassIncident, number), onset, line);
    }

    pub(super) fn open(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        (kind, cluster): (CaseKind, u64),
        onset: Time,
        line: Message,
    ) -> CaseId {
        let number = self.numbers.entry(kind).or_insert(0);
        *number += 1;
        let id = CaseId { kind, number: *number };
        self.cases.insert(id, Arc::new(Case::new(id, cluster, onset, now)));
        let beside: Vec<CaseId> = self.of_cluster(cluster).map(|case| case.id).collect();
        self.enter_cluster(id, cluster);
        self.touched.insert(id);
        self.note(now, id, TimelineKind::State, line);
        for other in beside {
            self.link(id, other);
        }
        self.live(now, correlate, id);
        id
    }

    /// Links what users feel with its cause.
    pub(super) fn link(&mut self, one: CaseId, other: CaseId) {
        let (problem, mass) = match (one.kind, other.kind) {
            (CaseKind::MassIncident, CaseKind::Problem) => (other, one),
            (CaseKind::Problem, CaseKind::MassIncident) => (one, other),
            _ => return,
        };
        self.change(problem, |case| {
            case.decided.links.insert(Link { kind: LinkKind::Explains, case: mass });
        });
        self.change(mass, |case| {
            case.decided.links.insert(Link { kind: LinkKind::ExplainedBy, case: problem });
        });
    }

    /// Lines about what joined, grew worse and ended. Of what there is much only the numbers are told: a storm must not
    /// push out of a case's history what was done about it.
    pub(super) fn tell_history(&mut self, now: Time, correlate: &correlate::State, news: &News) {
        self.tell_numbers(now, correlate, news);
        let lines = [
            (&news.joined, "line-finding", false),
            (&news.worsened, "line-finding", true),
            (&news.ended, "line-finding-over", false),
        ];
        for (entries, key, is_always_told) in lines {
            for (cluster, signal) in entries {
                let Some(signal) = correlate.signal(*signal) else { continue };
                let is_told = || {
                    let cluster = correlate.cluster(*cluster);
                    cluster.is_some_and(|cluster| cluster.totals().findings <= MANY)
                };
                let line = match (signal.is_ticket(), signal.life) {
                    (true, Life::Withdrawn) => "line-withdrawn",
                    (true, _) => continue,
                    (false, _) if is_always_told || is_told() => key,
                    (false, _) => continue,
                };
                for id in self.ids_of(*cluster) {
                    let line = Message::new(line).text("what", signal.telling_title());
                    self.note(now, id, TimelineKind::Member, line);
                }
            }
        }
    }

    /// One line for the first ticket and one each time that their number doubles; so for findings once they are many.
    fn tell_numbers(&mut self, now: Time, correlate: &correlate::State, news: &News) {
        // By cluster: tickets and findings that count there now.
        let mut came: BTreeMap<u64, (u32, u32)> = BTreeMap::new();
        for (cluster, signal) in &news.joined {
            let signal = correlate.signal(*signal).filter(|signal| signal.life != Life::Withdrawn);
            let Some(signal) = signal else { continue };
            let (tickets, findings) = came.entry(*cluster).or_default();
            *(if signal.is_ticket() { tickets } else { findings }) += 1;
        }
        for (cluster, (tickets, findings)) in came {
            let Some(totals) = correlate.cluster(cluster).map(Cluster::totals) else { continue };
            let has_many = totals.findings > MANY;
            let numbers = [
                ("line-tickets", totals.tickets, tickets),
                ("line-findings", totals.findings, if has_many { findings } else { 0 }),
            ];
            for (key, count, _) in numbers.into_iter().filter(|(_, n, came)| has_doubled(*n, *came))
            {
                for id in self.ids_of(cluster) {
                    let line = Message::new(key).number("count", f64::from(count));
                    self.note(now, id, TimelineKind::Member, line);
                }
            }
        }
    }

    fn ids_of(&self, cluster: u64) -> SmallVec<[CaseId; 2]> {
        self.by_cluster.get(cluster).into_iter().flatten().copied().collect()
    }
}

/// Whether a number has reached or passed a power of two with the last that came.
fn has_doubled(number: u32, came: u32) -> bool {
    let size = |number: u32| u32::BITS - number.leading_zeros();
    size(number) > size(number.saturating_sub(came))
}
