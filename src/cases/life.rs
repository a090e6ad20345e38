//! The state machine of a case: opened, worse and milder, resolved, back, closed.

use std::collections::BTreeSet;
use std::sync::Arc;

use smallvec::SmallVec;

use super::State;
use super::decided::Resolution;
use super::severity::severity;
use crate::correlate::{self, Cluster, News};
use crate::model::{
    CaseId, CaseKind, CaseState, LinkKind, Message, Severity, Signal, Time, TimelineKind,
};

/// So many users who write after a case was resolved say that it is not over.
const LATE_USERS: usize = 3;
/// Tickets looked at to count them.
const LATE_LOOKED_AT: usize = 64;

/// When silence will have lasted long enough.
enum Quiet {
    Never,
    At(Time),
    /// It would, if only the ticket system had been read so far.
    Unread,
}

impl State {
    /// Compares the cases with what has happened to the clusters, and lets time pass.
    pub fn review(&mut self, now: Time, correlate: &mut correlate::State, news: &News) {
        for (from, to) in &news.merged {
            self.follow_merge(now, correlate, *from, *to);
        }
        self.tell_history(now, correlate, news);
        for cluster in &news.surges {
            self.open_mass_incident(now, correlate, *cluster);
        }
        while let Some((at, id)) = self.timers.first().copied().filter(|(at, _)| *at <= now) {
            self.timers.remove(&(at, id));
            self.change(id, |case| case.due = None);
        }
        let mut due: SmallVec<[CaseId; 8]> = self.touched.iter().copied().collect();
        for cluster in &news.touched {
            self.open_problem(now, correlate, *cluster);
            due.extend(self.by_cluster.get(*cluster).into_iter().flatten().copied());
        }
        due.sort_unstable();
        due.dedup();
        for id in due {
            self.live(now, correlate, id);
        }
        for (from, to, count) in &news.parted {
            self.tell_parted(now, (*from, *to), *count);
        }
        self.finish_act();
    }

    /// One case: does what is due, and says how its cluster is to be treated.
    pub(super) fn live(&mut self, now: Time, correlate: &mut correlate::State, id: CaseId) {
        let Some(case) = self.cases.get(id) else { return };
        let Some(number) = case.decided.cluster else { return self.schedule(now, id, None) };
        let Some(cluster) = correlate.cluster(number) else { return };
        self.touched.insert(id);
        self.follow_cluster(now, id, cluster);
        let quiet = self.quiet(id, cluster);
        let is_kept = !cluster.totals().keeping.is_empty();
        self.count_returns(now, id, is_kept);
        let Some(case) = self.cases.get(id) else { return };
        match case.decided.state {
            CaseState::Open | CaseState::Acknowledged => match quiet {
                Quiet::At(at) if at <= now => {
                    self.resolve_by_itself(now, id, cluster.totals().held)
                }
                Quiet::Unread => {
                    self.awaiting_tickets.insert(id);
                }
                _ => {}
            },
            CaseState::Resolved if is_kept && id.kind != CaseKind::MassIncident => {
                self.come_back(now, correlate, id);
            }
            CaseState::Resolved if self.users_disagree(correlate, id, cluster) => {
                self.come_back(now, correlate, id);
            }
            CaseState::Resolved => {
                let at = case.resolved_at().unwrap_or(now);
                if now.0 - at.0 >= self.lifecycle.close_after_ms {
                    self.close(now, correlate, id);
                }
            }
            CaseState::Closed | CaseState::Merged => {}
        }
        let cluster = correlate.cluster(number);
        self.schedule(now, id, cluster);
        self.refresh_standing(correlate, number);
    }

    /// What ended and is back within the time that would have been silence comes and goes.
    fn count_returns(&mut self, now: Time, id: CaseId, is_kept: bool) {
        let Some(case) = self.cases.get(id) else { return };
        if case.is_kept == is_kept {
            return;
        }
        let is_return = is_kept && case.decided.state.is_live() && case.created_at != now;
        let was_unstable = case.is_unstable();
        self.change(id, |case| {
            case.is_kept = is_kept;
            if is_return {
                case.note_flap(now);
            }
        });
        if !was_unstable && self.cases.get(id).is_some_and(|case| case.is_unstable()) {
            self.note(now, id, TimelineKind::State, Message::new("line-unstable"));
        }
    }

    /// Severity and first cause follow the cluster.
    fn follow_cluster(&mut self, now: Time, id: CaseId, cluster: &Cluster) {
        let (computed, blind) = severity(cluster);
        let lower_after = self.lifecycle.lower_after_ms;
        let Some(case) = self.cases.get(id) else { return };
        if !case.decided.state.is_live() {
            return;
        }
        let before = case.severity;
        let mut line = None;
        let first = case.decided.cause.clone().unwrap_or_else(|| cluster.first_system().to_owned());
        let is_new_lead = case.lead.as_ref().is_none_or(|(lead, _)| *lead != first);
        self.change(id, |case| {
            case.blind = blind;
            case.forget_returns(now);
            let Some(computed) = computed else {
                case.milder_since = None;
                return;
            };
            if computed > case.severity {
                case.severity = computed;
                case.milder_since = None;
                line = Some("line-severity");
            } else if computed == case.severity {
                case.milder_since = None;
            } else {
                let since = *case.milder_since.get_or_insert(now);
                if now.0 - since.0 >= lower_after {
                    case.severity = computed;
                    case.milder_since = None;
                    line = Some("line-severity-lower");
                }
            }
            case.peak = case.peak.max(case.severity);
        });
        let Some(case) = self.cases.get(id) else { return };
        let is_young = case.version == 1 && case.created_at == now;
        if let Some(line) = line.filter(|_| !is_young && before != case.severity) {
            let message = Message::new(line).severity("severity", case.severity);
            self.note(now, id, TimelineKind::State, message);
        }
        if is_new_lead && !first.is_empty() {
            let message = Message::new("line-cause").system("system", &first);
            self.note(now, id, TimelineKind::Cause, message);
            self.change(id, |case| case.lead = Some((first, now)));
        }
    }

    /// The moment from which a case counts as over, if nothing more happens. Users count as well as
    /// monitoring, and a ticket system that is not read is no silence.
    fn quiet(&self, id: CaseId, cluster: &Cluster) -> Quiet {
        let Some(case) = self.cases.get(id) else { return Quiet::Never };
        let totals = cluster.totals();
        if case.decided.kept_open || !totals.keeping.is_empty() {
            return Quiet::Never;
        }
        // Notes for the record are no fault that could be over.
        let has_fault = !totals.worsened.is_empty();
        let ended = totals.ended.last().or_else(|| totals.began.last()).copied();
        let ended = ended.filter(|_| has_fault);
        let written = totals.last_written();
        let lasts = self.lifecycle.resolve_after_ms.saturating_mul(case.patience());
        let at = match ended {
            Some(ended) => written.map_or(ended, |written| written.max(ended)).plus_millis(lasts),
            None => {
                let last = written.unwrap_or(case.created_at);
                last.plus_millis(self.lifecycle.quiet_after_ms)
            }
        };
        let at = at.max(case.tellable_since());
        match self.tickets_read_to {
            Some(read) if totals.tickets > 0 && read < at => Quiet::Unread,
            _ => Quiet::At(at),
        }
    }

    fn resolve_by_itself(&mut self, now: Time, id: CaseId, held: u32) {
        // What is only held back has not recovered, and is not called so.
        let key = if held > 0 { "line-resolved-held" } else { "line-resolved" };
        let message = Message::new(key);
        self.note(now, id, TimelineKind::State, message.clone());
        self.change(id, |case| {
            case.decided.state = CaseState::Resolved;
            case.decided.resolution = Some(Resolution { at: now, by: None, why: String::new() });
            case.bump(message);
        });
    }

    /// More than a few users have written since a case was resolved.
    fn users_disagree(&self, correlate: &correlate::State, id: CaseId, cluster: &Cluster) -> bool {
        let case = self.cases.get(id).filter(|case| !case.decided.rejected);
        let Some(resolved_at) = case.and_then(|case| case.resolved_at()) else { return false };
        let written = cluster.totals().written.iter().rev();
        let later = written.take_while(|((at, _), _)| *at > resolved_at);
        let signals = later.filter_map(|((_, key), _)| correlate.signal(*key));
        let users: BTreeSet<&str> = signals
            .filter(|signal| signal.is_active())
            .map(|signal| signal.reporter.as_str())
            .take(LATE_LOOKED_AT)
            .collect();
        users.len() >= LATE_USERS
    }

    /// What keeps a resolved case open is back, or has become worse than a person has excused. When all that
    /// lasted then is over, it is another episode, counted and judged by itself; of what comes and goes all
    /// episodes are one.
    fn come_back(&mut self, now: Time, correlate: &mut correlate::State, id: CaseId) {
        let Some(case) = self.cases.get(id) else { return };
        let (Some(number), Some(resolved_at)) = (case.decided.cluster, case.resolved_at()) else {
            return;
        };
        let was_unstable = case.is_unstable();
        let Some(cluster) = correlate.cluster(number) else { return };
        let is_another =
            !cluster.totals().keeping.is_empty() && !lasts_since(resolved_at, correlate, cluster);
        let title = loudest(correlate, cluster).map(|signal| signal.title.clone());
        let message = Message::new("line-reopened").text("what", &title.unwrap_or_default());
        self.change(id, |case| {
            case.decided.state = CaseState::Open;
            case.decided.resolution = None;
            case.decided.owner = None;
            case.decided.rejected = false;
            case.note_return(now);
            if is_another && !case.is_unstable() {
                case.episode = Some(resolved_at);
            }
            case.bump(message.clone());
        });
        self.refresh_standing(correlate, number);
        let computed = correlate.cluster(number).and_then(|cluster| severity(cluster).0);
        self.change(id, |case| {
            case.severity = computed.unwrap_or(case.severity);
            case.peak = case.severity;
            case.milder_since = None;
        });
        if !was_unstable {
            self.note(now, id, TimelineKind::State, message);
            if self.cases.get(id).is_some_and(|case| case.is_unstable()) {
                self.note(now, id, TimelineKind::State, Message::new("line-unstable"));
            }
        }
    }

    fn close(&mut self, now: Time, correlate: &mut correlate::State, id: CaseId) {
        let message = Message::new("line-closed");
        self.note(now, id, TimelineKind::State, message.clone());
        let frozen = self.remains(id, correlate).map(Arc::new);
        let number = self.cases.get(id).and_then(|case| case.decided.cluster);
        self.change(id, |case| {
            case.frozen = frozen;
            case.decided.state = CaseState::Closed;
            case.decided.cluster = None;
            case.closed_at = Some(now);
            case.bump(message);
        });
        if let Some(number) = number {
            self.leave_cluster(id, number);
            if self.of_cluster(number).next().is_none() {
                correlate.release_cluster(number);
                correlate.drop_if_empty(number);
            } else {
                self.refresh_standing(correlate, number);
            }
        }
        self.close_absorbed(now, id);
    }

    /// Cases that were merged into one are closed with it.
    fn close_absorbed(&mut self, now: Time, id: CaseId) {
        let Some(case) = self.cases.get(id) else { return };
        let absorbed: Vec<CaseId> = case.decided.linked(LinkKind::Absorbed).collect();
        for id in absorbed {
            let case = self.cases.get(id);
            if case.is_some_and(|case| case.decided.state == CaseState::Merged) {
                self.change(id, |case| {
                    case.decided.state = CaseState::Closed;
                    case.closed_at = Some(now);
                });
                self.close_absorbed(now, id);
            }
        }
    }

    /// Sets the case's next moment, if it has one.
    fn schedule(&mut self, now: Time, id: CaseId, cluster: Option<&Cluster>) {
        let due = cluster.and_then(|cluster| self.next_due(id, cluster));
        // Never in the past: a moment that has gone by is due at the next tick.
        let due = due.map(|at| at.max(now.plus_millis(1)));
        let Some(case) = self.cases.get_mut(id) else { return };
        if case.due == due {
            return;
        }
        if let Some(before) = case.due {
            self.timers.remove(&(before, id));
        }
        Arc::make_mut(case).due = due;
        if let Some(at) = due {
            self.timers.insert((at, id));
        }
    }

    fn next_due(&self, id: CaseId, cluster: &Cluster) -> Option<Time> {
        let case = self.cases.get(id)?;
        let milder = case.milder_since.map(|at| at.plus_millis(self.lifecycle.lower_after_ms));
        match case.decided.state {
            CaseState::Open | CaseState::Acknowledged => {
                let quiet = match self.quiet(id, cluster) {
                    Quiet::At(at) => Some(at),
                    Quiet::Never | Quiet::Unread => None,
                };
                [quiet, milder].into_iter().flatten().min()
            }
            CaseState::Resolved => {
                case.resolved_at().map(|at| at.plus_millis(self.lifecycle.close_after_ms))
            }
            CaseState::Closed | CaseState::Merged => None,
        }
    }
}

/// Something in a cluster that lasted at a moment still does.
fn lasts_since(moment: Time, correlate: &correlate::State, cluster: &Cluster) -> bool {
    let signals = cluster.members().keys().filter_map(|key| correlate.signal(*key));
    // A note for the record goes on through any episode.
    let mut lasting = signals.filter(|signal| {
        !signal.is_ticket() && signal.counts_now() && signal.severity > Severity::Info
    });
    lasting.any(|signal| signal.since <= moment)
}

/// The signal that speaks loudest in a cluster.
pub(super) fn loudest<'s>(
    correlate: &'s correlate::State,
    cluster: &Cluster,
) -> Option<&'s Signal> {
    cluster.totals().loudest().and_then(|key| correlate.signal(key))
}
