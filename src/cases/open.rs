//! Opening cases, and the lines of their history about what joins and ends.

use std::sync::Arc;

use smallvec::SmallVec;

use super::State;
use super::case::Case;
use super::life::loudest;
use crate::correlate::{self, News};
use crate::model::{CaseId, CaseKind, Link, LinkKind, Message, Time, TimelineKind};

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

    pub(super) fn tell_history(&mut self, now: Time, correlate: &correlate::State, news: &News) {
        let ids = |state: &Self, cluster: u64| -> SmallVec<[CaseId; 2]> {
            state.by_cluster.get(&cluster).into_iter().flatten().copied().collect()
        };
        let lines = [
            (&news.joined, "line-finding"),
            (&news.worsened, "line-finding"),
            (&news.ended, "line-finding-over"),
        ];
        for (entries, key) in lines {
            for (cluster, signal) in entries {
                for id in ids(self, *cluster) {
                    let line = self.member_line(correlate, *cluster, *signal, key);
                    if let Some(line) = line {
                        self.note(now, id, TimelineKind::Member, line);
                    }
                }
            }
        }
    }

    fn member_line(
        &self,
        correlate: &correlate::State,
        cluster: u64,
        signal: u64,
        key: &'static str,
    ) -> Option<Message> {
        let signal = correlate.signal(signal)?;
        if !signal.is_ticket() {
            return Some(Message::new(key).text("what", signal.telling_title()));
        }
        if signal.life == crate::model::Life::Withdrawn {
            return Some(Message::new("line-withdrawn").text("what", &signal.title));
        }
        // One line for the first ticket and one each time their number doubles.
        let tickets = correlate.cluster(cluster)?.totals().tickets;
        let is_news = key == "line-finding" && tickets.is_power_of_two();
        is_news.then(|| Message::new("line-tickets").number("count", f64::from(tickets)))
    }
}
