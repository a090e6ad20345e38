//! What people decide: each act is checked against what the person saw, carried out, written down with what
//! was before it, and can be undone.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::case::Course;
use super::check::free;
use super::decided::{Decided, Resolution};
use super::{MOST_ACTS, Refused, State};
use crate::correlate::{self, Constraints, Moved};
use crate::model::{
    Act, CaseId, CaseKind, CaseState, Link, LinkKind, Message, Severity, Time, TimelineEntry,
    TimelineKind, Verb, number,
};

/// An act that was carried out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ActRecord {
    /// Its number.
    pub id: u64,
    /// When.
    pub at: Time,
    /// What was decided.
    pub act: Act,
    /// The cases that it changed.
    pub(super) changed: Vec<Changed>,
    /// Where signals were before it.
    pub(super) moved: Vec<Moved>,
    /// What earlier verdicts had demanded of a cluster that went up in another.
    pub(super) forgotten: Option<Constraints>,
    /// What was excused before it.
    pub(super) excused: Vec<(u64, Option<Severity>)>,
    /// Cases that it opened.
    pub(super) opened: Vec<CaseId>,
    /// It was taken back.
    pub undone: bool,
}

/// A case that an act changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Changed {
    pub(super) case: CaseId,
    pub(super) before: Decided,
    pub(super) after: Decided,
    /// How it had gone before, and with what followed at once.
    pub(super) went: (Course, Course),
}

impl State {
    /// Carries out a person's act; returns its number.
    ///
    /// # Errors
    /// When the case is not there, has changed since, or the act does not fit; nothing is changed then.
    pub fn act(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        act: &Act,
        is_told: &dyn Fn(CaseId) -> bool,
    ) -> Result<u64, Refused> {
        self.check(now, correlate, act)?;
        if let Verb::Undo { act: number } = &act.verb {
            self.undo(now, correlate, act, *number, is_told)?;
            return Ok(*number);
        }
        self.next_act += 1;
        let id = self.next_act;
        let record = ActRecord {
            id,
            at: now,
            act: act.clone(),
            changed: Vec::new(),
            moved: Vec::new(),
            forgotten: None,
            excused: Vec::new(),
            opened: Vec::new(),
            undone: false,
        };
        let mut doing = Doing { now, id, record, state: self, correlate };
        doing.carry_out(act);
        let record = doing.record;
        for changed in &record.changed {
            self.change(changed.case, |case| case.decided.last_act = Some(id));
        }
        self.fresh_act = Some(id);
        self.acts.insert(id, Arc::new(record));
        if self.acts.len() > MOST_ACTS {
            self.acts.pop_first();
        }
        Ok(id)
    }

    /// What followed from an act at once belongs to it.
    pub(super) fn finish_act(&mut self) {
        let Some(id) = self.fresh_act.take() else { return };
        let Some(record) = self.acts.get_mut(&id).map(Arc::make_mut) else { return };
        for changed in &mut record.changed {
            if let Some(case) = self.cases.get(changed.case) {
                changed.after.clone_from(&case.decided);
                changed.went.1 = case.course();
            }
        }
    }
}

/// One act being carried out; it was checked before.
struct Doing<'a> {
    now: Time,
    id: u64,
    record: ActRecord,
    state: &'a mut State,
    correlate: &'a mut correlate::State,
}

impl Doing<'_> {
    fn carry_out(&mut self, act: &Act) {
        let case = act.case;
        self.remember(case);
        let who = act.by.as_str();
        match &act.verb {
            Verb::Take => self.own(case, who, "line-taken", who, &act.reason),
            Verb::HandOver { to } => self.own(case, to, "line-handed-over", who, &act.reason),
            Verb::Comment => {
                self.push(
                    case,
                    Message::new("line-comment").word("who", who).word("text", &act.reason),
                );
            }
            Verb::Resolve => self.resolve(case, who, &act.reason, false),
            Verb::Reject => self.resolve(case, who, &act.reason, true),
            Verb::Reopen => self.reopen(case, who, &act.reason),
            Verb::Confirm => {
                self.decide(case, |decided| decided.confirmed = true);
                self.line(case, "line-confirmed", who, &act.reason);
            }
            Verb::Merge { into } => self.merge(case, *into, who, &act.reason),
            Verb::Split { signals } => self.split(case, signals, who, &act.reason),
            Verb::Move { signals, to } => self.move_signals(case, signals, *to, act),
            Verb::TakeIn { signals } => self.take_in(case, signals, act),
            Verb::SetCause { system } => {
                self.decide(case, |decided| decided.cause.clone_from(system));
                let key = if system.is_some() { "line-cause-set" } else { "line-cause-free" };
                let message = said(key, who, &act.reason)
                    .system("system", system.as_deref().unwrap_or_default());
                self.push(case, message);
            }
            Verb::KnownError { reference } => {
                let known = Some(reference.trim().to_owned()).filter(|text| !text.is_empty());
                self.decide(case, |decided| decided.known_error = known);
                let message = said("line-known-error", who, &act.reason);
                self.push(case, message.word("reference", reference));
            }
            Verb::Snooze { until } => {
                self.decide(case, |decided| decided.snoozed_until = Some(*until));
                let message = said("line-snoozed", who, &act.reason);
                self.push(case, message.with("until", crate::model::Arg::Moment(*until)));
            }
            Verb::Mute { signals, until } => self.mute(case, signals, *until, act),
            Verb::Undo { .. } => {}
        }
    }

    /// Keeps a case as it was decided, for undo.
    fn remember(&mut self, id: CaseId) {
        if self.record.changed.iter().any(|known| known.case == id) {
            return;
        }
        if let Some(case) = self.state.case(id) {
            self.record.changed.push(Changed {
                case: id,
                before: case.decided.clone(),
                after: case.decided.clone(),
                went: (case.course(), case.course()),
            });
        }
    }

    fn decide(&mut self, id: CaseId, change: impl FnOnce(&mut Decided)) {
        self.state.change(id, |case| change(&mut case.decided));
    }

    fn line(&mut self, id: CaseId, key: &'static str, who: &str, reason: &str) {
        self.push(id, said(key, who, reason));
    }

    /// Writes a line of the history and counts the version.
    fn push(&mut self, id: CaseId, message: Message) {
        let line = TimelineEntry {
            at: self.now,
            kind: TimelineKind::Review,
            message: message.clone(),
            act: Some(self.id),
        };
        self.state.add_line(id, line);
        self.state.change(id, |case| case.bump(message));
    }

    fn own(&mut self, id: CaseId, owner: &str, key: &'static str, who: &str, reason: &str) {
        let now = self.now;
        self.decide(id, |decided| {
            decided.state = CaseState::Acknowledged;
            decided.owner = Some((now, owner.to_owned()));
        });
        self.push(id, said(key, who, reason).word("to", owner));
    }

    fn resolve(&mut self, id: CaseId, who: &str, why: &str, rejected: bool) {
        self.excuse(id);
        let resolution =
            Resolution { at: self.now, by: Some(who.to_owned()), why: why.trim().to_owned() };
        self.decide(id, |decided| {
            decided.state = CaseState::Resolved;
            decided.resolution = Some(resolution);
            decided.rejected = rejected;
            decided.kept_open = false;
        });
        let key = if rejected { "line-rejected" } else { "line-resolved-by" };
        self.line(id, key, who, why);
    }

    /// What still lasts keeps the case open no more, until it is worse or has been over once.
    fn excuse(&mut self, id: CaseId) {
        let cluster = self.state.case(id).and_then(|case| case.decided.cluster);
        let members = cluster.and_then(|id| self.correlate.cluster(id)).map(|c| c.members());
        let keys: Vec<u64> = members.into_iter().flatten().map(|(key, _)| *key).collect();
        for key in keys {
            let lasting = self.correlate.signal(key).filter(|s| s.is_active() && !s.is_ticket());
            if let Some(severity) = lasting.map(|signal| signal.severity) {
                let before = self.correlate.excuse(key, Some(severity));
                self.record.excused.push((key, before));
            }
        }
    }

    fn reopen(&mut self, id: CaseId, who: &str, reason: &str) {
        let cluster = self.state.case(id).and_then(|case| case.decided.cluster);
        let members = cluster.and_then(|id| self.correlate.cluster(id)).map(|c| c.members());
        let keys: Vec<u64> = members.into_iter().flatten().map(|(key, _)| *key).collect();
        for key in keys {
            if self.correlate.signal(key).is_some_and(|signal| signal.excused.is_some()) {
                let before = self.correlate.excuse(key, None);
                self.record.excused.push((key, before));
            }
        }
        self.decide(id, |decided| {
            decided.state = CaseState::Open;
            decided.resolution = None;
            decided.owner = None;
            decided.rejected = false;
            decided.kept_open = true;
        });
        self.line(id, "line-reopened-by", who, reason);
    }

    fn merge(&mut self, goes: CaseId, stays: CaseId, who: &str, reason: &str) {
        self.remember(stays);
        let from = self.state.case(goes).and_then(|case| case.decided.cluster);
        let to = self.state.case(stays).and_then(|case| case.decided.cluster);
        let line = said("line-merged-by", who, reason).word("case", goes.to_string());
        self.push(stays, line);
        self.state.absorb(self.now, self.correlate, goes, stays);
        if let (Some(from), Some(to)) = (from, to) {
            let members = self.correlate.cluster(from).map(|cluster| cluster.members());
            let keys: Vec<u64> = members.into_iter().flatten().map(|(key, _)| *key).collect();
            // Other cases of that cluster, such as its mass incident, go along.
            let beside: Vec<CaseId> = self.state.of_cluster(from).map(|case| case.id).collect();
            for other in beside {
                self.remember(other);
                self.state.relocate(other, to);
            }
            self.state.refresh_standing(self.correlate, from);
            self.record.forgotten = Some(self.correlate.demands_on([from]));
            let (moved, _) = self.correlate.move_signals(self.now, &keys, Some(to), self.id);
            self.record.moved.extend(moved);
            self.correlate.drop_if_empty(from);
        }
        self.decide(stays, |decided| decided.pinned = true);
        if let Some(to) = to {
            self.state.refresh_standing(self.correlate, to);
        }
    }

    fn split(&mut self, id: CaseId, signals: &[String], who: &str, reason: &str) {
        let keys = self.state.keys(self.correlate, id, signals).unwrap_or_default();
        let (moved, to) = self.correlate.move_signals(self.now, &keys, None, self.id);
        self.correlate.keep_apart(&moved, self.id);
        self.record.moved.extend(moved);
        let cluster = self.correlate.cluster(to);
        let has_findings = cluster.is_some_and(|cluster| cluster.totals().findings > 0);
        let kind = if has_findings { CaseKind::Problem } else { CaseKind::MassIncident };
        let onset = cluster.and_then(|cluster| cluster.totals().onset()).unwrap_or(self.now);
        let line = said("line-split-from", who, reason).word("case", id.to_string());
        let fresh = self.state.open(self.now, self.correlate, (kind, to), onset, line);
        self.record.opened.push(fresh);
        self.decide(fresh, |decided| {
            decided.pinned = true;
            decided.links.insert(Link { kind: LinkKind::SplitFrom, case: id });
        });
        self.decide(id, |decided| {
            decided.pinned = true;
            decided.links.insert(Link { kind: LinkKind::SplitOff, case: fresh });
        });
        self.state.refresh_standing(self.correlate, to);
        let line = said("line-split", who, reason).word("case", fresh.to_string());
        self.push(id, line.number("count", number(keys.len())));
    }

    fn move_signals(&mut self, id: CaseId, signals: &[String], to: Option<CaseId>, act: &Act) {
        let keys = self.state.keys(self.correlate, id, signals).unwrap_or_default();
        let target = to.and_then(|to| self.state.case(to)).and_then(|case| case.decided.cluster);
        if let Some(to) = to {
            self.remember(to);
        }
        let (moved, cluster) = self.correlate.move_signals(self.now, &keys, target, self.id);
        if to.is_none() {
            self.correlate.keep_apart(&moved, self.id);
        }
        self.record.moved.extend(moved);
        let key = if to.is_some() { "line-moved-to" } else { "line-moved-out" };
        let number = number(keys.len());
        let case = to.map(|to| to.to_string()).unwrap_or_default();
        let line = said(key, &act.by, &act.reason).word("case", case).number("count", number);
        self.push(id, line);
        self.decide(id, |decided| decided.pinned = true);
        if let Some(to) = to {
            let line = said("line-moved-here", &act.by, &act.reason);
            self.push(to, line.word("case", id.to_string()).number("count", number));
            self.decide(to, |decided| decided.pinned = true);
        }
        self.state.refresh_standing(self.correlate, cluster);
    }

    /// A person sees that signals which are in no case are about this one.
    fn take_in(&mut self, id: CaseId, signals: &[String], act: &Act) {
        let keys = free(self.correlate, id, signals).unwrap_or_default();
        let target = self.state.case(id).and_then(|case| case.decided.cluster);
        let homes: Vec<u64> =
            keys.iter().filter_map(|key| Some(self.correlate.cluster_of(*key)?.id())).collect();
        self.record.forgotten = Some(self.correlate.demands_on(homes));
        let (moved, cluster) = self.correlate.move_signals(self.now, &keys, target, self.id);
        self.record.moved.extend(moved);
        let line = said("line-taken-in", &act.by, &act.reason);
        self.push(id, line.number("count", number(keys.len())));
        self.decide(id, |decided| decided.pinned = true);
        self.state.refresh_standing(self.correlate, cluster);
    }

    fn mute(&mut self, id: CaseId, signals: &[String], until: Time, act: &Act) {
        let keys = match signals {
            [] => {
                let cluster = self.state.case(id).and_then(|case| case.decided.cluster);
                let members = cluster.and_then(|id| self.correlate.cluster(id));
                members.map(|c| c.members().keys().copied().collect()).unwrap_or_default()
            }
            some => self.state.keys(self.correlate, id, some).unwrap_or_default(),
        };
        self.correlate.mute(self.now, &keys, until, self.id);
        let line = said("line-muted", &act.by, &act.reason).number("count", number(keys.len()));
        self.push(id, line.with("until", crate::model::Arg::Moment(until)));
    }
}

/// What a person did, with their reason if they gave one.
pub(super) fn said(key: &'static str, who: &str, reason: &str) -> Message {
    let reason = reason.trim();
    // Set apart from what the line itself says.
    let sentence = if reason.is_empty() { String::new() } else { format!(" — {reason}") };
    Message::new(key).word("who", who).word("reason", sentence)
}
