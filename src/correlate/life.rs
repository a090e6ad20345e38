//! The life of a group: findings end and come back, time passes, people decide.

use super::State;
use super::group::Group;
use crate::model::{Incident, IncidentKind, Message, ProblemState, Severity, Time, TimelineKind};

/// Why a person's wish could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReviewError {
    /// There is no such Problem, or it is closed.
    #[error("no Problem {0} is open; it may be closed or merged")]
    Unknown(String),
}

impl State {
    /// A finding that is a member is over.
    pub(super) fn end_member(&mut self, now: Time, (number, place): (u64, usize), i: &Incident) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        if group.end(now, place) {
            group.note(now, TimelineKind::Member, about("line-finding-over", i));
            self.schedule(now, number);
            self.changed.insert(number);
        }
    }

    /// A finding that is a member has changed, or is back.
    pub(super) fn update_member(&mut self, now: Time, (number, place): (u64, usize), i: &Incident) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        let before = group.severity;
        let came_back = group.update(now, place, i);
        // A person's «it is over» holds against a finding that simply goes on, not against one that
        // was over and has begun anew.
        if came_back && group.state == ProblemState::Resolved {
            group.state = ProblemState::Open;
            group.resolved_at = None;
            group.resolved_by = None;
            group.resolved_why.clear();
            group.acknowledged = None;
            group.reopened += 1;
            group.severity = i.severity;
            group.note(now, TimelineKind::State, about("line-reopened", i));
        } else if came_back {
            group.note(now, TimelineKind::Member, about("line-finding", i));
        }
        if group.severity > before {
            let line = Message::new("line-severity").severity("severity", group.severity);
            group.note(now, TimelineKind::State, line);
        }
        let raised = group.severity >= Severity::Warning && !group.is_problem();
        if raised {
            self.promote_if_due(now, number, i);
        }
        self.schedule(now, number);
        self.changed.insert(number);
    }

    /// A ticket that is a member turned out to be a request.
    pub(super) fn withdraw(&mut self, now: Time, (number, place): (u64, usize), i: &Incident) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        if group.withdraw(now, place) {
            group.note(now, TimelineKind::Member, about("line-withdrawn", i));
            self.schedule(now, number);
            self.changed.insert(number);
        }
    }

    /// A ticket that was withdrawn is a failure after all.
    pub(super) fn bring_back(&mut self, now: Time, (number, place): (u64, usize), i: &Incident) {
        let Some(group) = self.groups.get_mut(&number) else { return };
        if group.bring_back(place) {
            group.note(now, TimelineKind::Member, about("line-brought-back", i));
            self.changed.insert(number);
        }
    }

    /// A person takes the Problem.
    ///
    /// # Errors
    /// When there is no such Problem.
    pub fn acknowledge(
        &mut self,
        now: Time,
        problem: &str,
        by: &str,
        reason: &str,
    ) -> Result<(), ReviewError> {
        let number = self.open_problem(problem)?;
        if let Some(group) = self.groups.get_mut(&number)
            && group.state == ProblemState::Open
        {
            group.state = ProblemState::Acknowledged;
            group.acknowledged = Some((now, by.to_owned()));
            let line = with_reason("line-acknowledged", "line-acknowledged-why", by, reason);
            group.note(now, TimelineKind::Review, line);
            self.changed.insert(number);
        }
        Ok(())
    }

    /// A person says that the Problem is over, whatever the detectors still say.
    ///
    /// # Errors
    /// When there is no such Problem.
    pub fn resolve(
        &mut self,
        now: Time,
        problem: &str,
        by: &str,
        reason: &str,
    ) -> Result<(), ReviewError> {
        let number = self.open_problem(problem)?;
        if let Some(group) = self.groups.get_mut(&number)
            && group.is_live()
        {
            group.state = ProblemState::Resolved;
            group.resolved_at = Some(now);
            group.resolved_by = Some(by.to_owned());
            group.resolved_why = reason.to_owned();
            let line = with_reason("line-resolved-by", "line-resolved-why", by, reason);
            group.note(now, TimelineKind::Review, line);
            self.schedule(now, number);
            self.changed.insert(number);
        }
        Ok(())
    }

    fn open_problem(&self, problem: &str) -> Result<u64, ReviewError> {
        let unknown = || ReviewError::Unknown(problem.to_owned());
        self.problems.get(problem).copied().ok_or_else(unknown)
    }

    /// Lets time pass: does everything that is due at `now`.
    pub fn tick(&mut self, now: Time) {
        while let Some((at, number)) = self.timers.first().copied() {
            if at > now {
                break;
            }
            self.timers.remove(&(at, number));
            let Some(group) = self.groups.get_mut(&number) else { continue };
            group.due = None;
            if self.act(now, number) {
                self.schedule(now, number);
            }
        }
    }

    /// Does what is due for one group; false when the group is gone.
    fn act(&mut self, now: Time, number: u64) -> bool {
        let lifecycle = self.lifecycle;
        let Some(group) = self.groups.get_mut(&number) else { return false };
        if group.rank_due.is_some_and(|at| at <= now) {
            self.rank(now, number);
            self.changed.insert(number);
            return true;
        }
        if !group.is_problem() {
            let idle = now.0 - group.last_activity.0 >= lifecycle.forget_after_ms;
            if idle && !group.has_active_finding() {
                self.drop_group(number);
                return false;
            }
            return true;
        }
        if group.is_live() && group.is_quiet_at(now, &lifecycle) {
            group.state = ProblemState::Resolved;
            group.resolved_at = Some(now);
            group.note(now, TimelineKind::State, Message::new("line-resolved"));
            self.changed.insert(number);
        } else if group.state == ProblemState::Resolved
            && group.resolved_at.is_some_and(|at| now.0 - at.0 >= lifecycle.close_after_ms)
        {
            group.state = ProblemState::Closed;
            group.closed_at = Some(now);
            group.note(now, TimelineKind::State, Message::new("line-closed"));
            self.drop_group(number);
            return false;
        }
        true
    }

    pub(super) fn drop_group(&mut self, number: u64) {
        let Some(group) = self.groups.remove(&number) else { return };
        self.index.forget(number, group.sites.keys());
        if let Some(due) = group.due {
            self.timers.remove(&(due, number));
        }
        for member in &group.members {
            self.incidents.remove(&member.incident);
            if member.kind == IncidentKind::Ticket {
                self.handled.put(member.incident.clone());
            }
        }
        // What is still on was put aside by a person, or is a note that held nothing: it must not
        // open a new Problem by going on, only by getting worse.
        let on = group.active_findings().map(|(key, severity)| (key.to_owned(), severity));
        self.muted.extend(on);
        if let Some(problem) = &group.problem {
            self.problems.remove(problem);
            self.finished.push(group);
        }
    }

    /// Sets the group's next moment, if it has one.
    pub(super) fn schedule(&mut self, now: Time, number: u64) {
        let lifecycle = self.lifecycle;
        let Some(group) = self.groups.get_mut(&number) else { return };
        let due = group.next_due(now, &lifecycle);
        if group.due == due {
            return;
        }
        if let Some(before) = group.due {
            self.timers.remove(&(before, number));
        }
        group.due = due;
        if let Some(at) = due {
            self.timers.insert((at, number));
        }
    }
}

/// A line of the timeline about one member.
fn about(key: &'static str, incident: &Incident) -> Message {
    Message::new(key).text("what", &incident.title)
}

/// What a person decided, with their reason if they gave one.
fn with_reason(plain: &'static str, why: &'static str, by: &str, reason: &str) -> Message {
    match reason.trim() {
        "" => Message::new(plain).word("who", by),
        reason => Message::new(why).word("who", by).word("reason", reason),
    }
}

impl Group {
    fn is_quiet_at(&self, now: Time, lifecycle: &super::Lifecycle) -> bool {
        self.quiet_from(lifecycle).is_some_and(|at| now >= at)
    }

    /// The moment from which the Problem counts as over, if nothing more happens.
    fn quiet_from(&self, lifecycle: &super::Lifecycle) -> Option<Time> {
        if self.is_held() {
            return None;
        }
        if self.findings > 0 {
            // Alerts of others may have no end: then silence has to do.
            return Some(match self.last_ended {
                Some(last) => last.plus_millis(lifecycle.resolve_after_ms),
                None => self.last_activity.plus_millis(lifecycle.alerts_quiet_ms),
            });
        }
        Some(self.last_activity.plus_millis(lifecycle.quiet_after_ms))
    }

    fn next_due(&self, now: Time, lifecycle: &super::Lifecycle) -> Option<Time> {
        let at = if !self.is_problem() {
            let forget = self.last_activity.plus_millis(lifecycle.forget_after_ms);
            (!self.has_active_finding()).then_some(forget)
        } else if self.is_live() {
            self.quiet_from(lifecycle)
        } else {
            self.resolved_at.map(|at| at.plus_millis(lifecycle.close_after_ms))
        };
        let at = at.into_iter().chain(self.rank_due).min();
        // Never in the past: a moment that has gone by is due at the next tick.
        at.map(|at| at.max(now.plus_millis(1)))
    }
}
