//! The life of signals: raised, updated, ended, withdrawn, expired, held back and let go.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::holds::Concerned;
use super::key::SystemKey;
use super::normalise::{self, alert_id, keep_worst, take_worst, ticket_id};
use super::{Derived, State, Unassigned};
use crate::model::{
    CalendarEntry, Finding, FindingState, ForeignAlert, Life, Message, Release, Severity, Signal,
    Ticket, TicketClass, Time, Work,
};

impl State {
    /// Takes a finding: new, changed or over.
    pub fn finding(&mut self, now: Time, finding: &Finding) {
        let is_over = finding.state == FindingState::Cleared;
        match self.signals.key(&finding.key) {
            Some(key) if is_over => self.end(now, key, Life::Ended, finding.at.min(now)),
            Some(key) => self.refresh(now, key, normalise::finding(now, finding)),
            None if is_over => {}
            None => self.raise(now, normalise::finding(now, finding)),
        }
    }

    /// Takes an alert of another monitoring system as it stands now.
    pub fn alert(&mut self, now: Time, alert: &ForeignAlert) {
        let ended = alert.ended.filter(|ended| *ended <= now);
        match (self.signals.key(&alert_id(alert)), ended) {
            (Some(key), Some(ended)) => self.end(now, key, Life::Ended, ended),
            (Some(key), None) => self.refresh(now, key, normalise::alert(now, alert)),
            (None, Some(_)) => {}
            (None, None) => self.raise(now, normalise::alert(now, alert)),
        }
    }

    /// Takes a user's ticket as it stands now. Requests never count. A ticket that says something else now
    /// finds its place again while it is still alone.
    pub fn ticket(&mut self, now: Time, ticket: &Ticket) {
        let id = ticket_id(ticket.id);
        let known = self.signals.key(&id);
        if ticket.class == TicketClass::Request || ticket.is_void() {
            let is_request = ticket.class == TicketClass::Request;
            let why = if is_request { "unassigned-request" } else { "unassigned-void" };
            self.reasons.put(&id, Unassigned { why: Message::new(why), nearest: None });
            if let Some(key) = known {
                self.end(now, key, Life::Withdrawn, now);
            }
            return;
        }
        let Some(key) = known else {
            if !ticket.joined_to.is_empty() || self.done.contains(&id) {
                return;
            }
            let tagger = Arc::clone(&self.derived.tagger);
            let signal = self.ticket_signal(now, ticket, &tagger);
            Arc::make_mut(&mut self.likeness).learn(&signal.stems);
            let surge = self.grouping.surge;
            let system = signal.system().to_owned();
            let since = signal.since;
            let key = self.add(now, signal);
            Arc::make_mut(&mut self.rates).count(&system, key, since, &surge);
            if system.is_empty() {
                self.recent_vague.push_back(key);
                let surplus = self.recent_vague.len().saturating_sub(super::RECENT_VAGUE);
                self.recent_vague.drain(..surplus);
            }
            self.assign(now, key);
            self.note_surge(now, key, &system);
            return;
        };
        self.ticket_again(now, key, ticket);
    }

    fn ticket_again(&mut self, now: Time, key: u64, ticket: &Ticket) {
        let Some(signal) = self.signals.get(key) else { return };
        let tagger = Arc::clone(&self.derived.tagger);
        match (signal.life, ticket.is_closed()) {
            (Life::Active, true) => self.end(now, key, Life::Ended, ticket.changed.min(now)),
            (Life::Ended | Life::Withdrawn, false) => self.reinstate(now, key),
            _ => {}
        }
        let is_alone = self.cluster_of(key).is_some_and(|cluster| {
            cluster.standing().case.is_none() && cluster.members().len() == 1
        });
        if !is_alone {
            return;
        }
        let fresh = self.ticket_signal(now, ticket, &tagger);
        let is_same = self.signals.get(key).is_some_and(|known| {
            known.stems == fresh.stems && known.systems == fresh.systems && known.mrf == fresh.mrf
        });
        if !is_same {
            let Derived { places, index, .. } = &mut self.derived;
            let before = self.signals.get(key).map_or("", Signal::system);
            places.forget(key, index.number(before));
            places.put(key, index.number(fresh.system()));
            self.alter(key, |known| {
                known.systems = fresh.systems;
                known.stems = fresh.stems;
                known.text_norm = fresh.text_norm;
                known.impact = fresh.impact;
                known.mrf = fresh.mrf;
                known.title = fresh.title;
                known.reporter = fresh.reporter;
            });
            self.detach(key);
            self.assign(now, key);
        }
    }

    /// Takes a planned work, new or changed: what it covers is held back while it is on.
    pub fn work(&mut self, now: Time, work: Work) {
        let concerned = self.holds.put_work(work);
        self.review_holds(now, &concerned);
    }

    /// Takes a release: a suspect for what begins right after it.
    pub fn release(&mut self, release: Release) {
        self.holds.put_release(release);
    }

    /// Takes a day that is not like others.
    pub fn calendar(&mut self, entry: CalendarEntry) {
        self.holds.put_calendar(entry);
    }

    /// A person does not want to hear of some signals for a while.
    pub fn mute(&mut self, now: Time, signals: &[u64], until: Time, act: u64) {
        let mut concerned = Concerned::default();
        for id in signals.iter().filter_map(|key| Some(self.signals.get(*key)?.id.clone())) {
            self.holds.mute(&id, until, act, &mut concerned);
        }
        self.review_holds(now, &concerned);
    }

    /// Takes a mute back.
    pub fn unmute(&mut self, now: Time, act: u64) {
        let concerned = self.holds.unmute(act);
        self.review_holds(now, &concerned);
    }

    /// A person has said that what lasts is over; or takes it back. Returns what was said before.
    pub fn excuse(&mut self, key: u64, severity: Option<Severity>) -> Option<Severity> {
        let before = self.signals.get(key)?.excused;
        if before != severity {
            self.alter_state(key, |signal| signal.excused = severity);
        }
        before
    }

    fn raise(&mut self, now: Time, signal: Signal) {
        self.count_symptom(&signal.symptom);
        let key = self.add(now, signal);
        self.assign(now, key);
    }

    /// Adds a signal to the slab and sets its timers; it has no place yet.
    fn add(&mut self, now: Time, mut signal: Signal) -> u64 {
        signal.held_by = self.holds.held(&signal, now);
        let expires_at = signal.expires_at;
        let system = self.derived.index.number(signal.system());
        let key = self.signals.add(signal);
        self.derived.places.put(key, system);
        if let Some(at) = expires_at {
            self.expiry.insert((at, key));
        }
        key
    }

    /// Takes over what changed about a signal that is known; it may be back.
    fn refresh(&mut self, now: Time, key: u64, mut fresh: Signal) {
        let Some(known) = self.signals.get(key) else { return };
        let is_back = !known.is_active();
        fresh.since = if is_back { now } else { known.since };
        let is_worse = fresh.severity > known.severity;
        if let Some(at) = fresh.expires_at {
            self.expiry.insert((at, key));
        }
        let is_same = !is_back
            && fresh.severity == known.severity
            && fresh.title == known.title
            && fresh.detail == known.detail;
        if is_same {
            if let Some(known) = self.signals.get_mut(key) {
                known.expires_at = fresh.expires_at;
            }
            return;
        }
        let held_by = self.holds.held(&fresh, now);
        self.alter(key, |signal| {
            let worst = take_worst(signal);
            if is_back {
                signal.life = Life::Active;
                signal.ended = None;
                signal.excused = None;
                signal.since = fresh.since;
                signal.worsened_at = now;
            } else if is_worse {
                signal.worsened_at = now;
            }
            signal.held_by = held_by;
            signal.severity = fresh.severity;
            signal.title = fresh.title;
            signal.detail = fresh.detail;
            signal.expires_at = fresh.expires_at;
            // A new episode: its worst is told of it alone.
            if !is_back {
                keep_worst(signal, worst);
            }
        });
        let home = self.home.get(key).copied();
        if let Some(home) = home.filter(|_| is_back || is_worse) {
            self.news.worsened.push((home, key));
            if is_back {
                self.rank_soon(now, home);
            }
        }
    }

    /// A ticket that was over is not.
    fn reinstate(&mut self, now: Time, key: u64) {
        let held_by = self.signals.get(key).and_then(|signal| self.holds.held(signal, now));
        self.alter(key, |signal| {
            signal.life = Life::Active;
            signal.ended = None;
            signal.held_by = held_by;
        });
        if let Some(home) = self.home.get(key).copied() {
            self.news.worsened.push((home, key));
            self.rank_soon(now, home);
        }
    }

    fn end(&mut self, now: Time, key: u64, life: Life, at: Time) {
        let Some(signal) = self.signals.get(key) else { return };
        let is_change = match life {
            Life::Withdrawn => signal.life != Life::Withdrawn,
            _ => signal.is_active(),
        };
        if !is_change {
            return;
        }
        let at = at.max(signal.since);
        let over = |signal: &mut Signal| {
            signal.life = life;
            signal.ended = Some(at);
            signal.excused = None;
            signal.held_by = None;
        };
        // What was withdrawn has never been there.
        match life {
            Life::Withdrawn => self.alter(key, over),
            _ => self.alter_state(key, over),
        }
        self.let_go_later(now, key);
        if let Some(home) = self.home.get(key).copied() {
            self.news.ended.push((home, key));
            // What is over counts as well, unless it was a mistake.
            if life == Life::Withdrawn {
                self.rank_soon(now, home);
            }
        }
    }

    /// Changes a signal where it is, but only whether it lasts, when it ended, what holds it back or excuses it; it must
    /// not be withdrawn by that. Most of what is counted of it stays as it is.
    fn alter_state(&mut self, key: u64, change: impl FnOnce(&mut Signal)) {
        let home = self.home.get(key).copied();
        let cluster = home.and_then(|id| self.clusters.get_mut(id)).map(Arc::make_mut);
        let Some(signal) = self.signals.get_mut(key) else { return };
        let Some(cluster) = cluster else { return change(signal) };
        if signal.life == Life::Withdrawn {
            return self.alter(key, change);
        }
        cluster.alter_state(key, signal, change);
        let system = cluster.members().get(&key).map(|membership| &membership.system);
        self.derived.index.note_at(system.map_or("", SystemKey::as_str), cluster);
        let id = cluster.id();
        let ticket = signal.ticket_id();
        self.news.touched.insert(id);
        self.news.tickets.extend(ticket.map(|ticket| (id, ticket)));
    }

    /// Changes a signal where it is: its cluster counts it out, and in again as it is then.
    pub(super) fn alter(&mut self, key: u64, change: impl FnOnce(&mut Signal)) {
        let home = self.home.get(key).copied();
        let cluster = home.and_then(|id| self.clusters.get_mut(id)).map(Arc::make_mut);
        let Some(signal) = self.signals.get_mut(key) else { return };
        let Some(cluster) = cluster else { return change(signal) };
        let system = cluster.members().get(&key).map(|membership| membership.system.clone());
        let system = system.unwrap_or_default();
        cluster.count(key, signal, false);
        change(signal);
        cluster.count(key, signal, true);
        self.derived.index.note_at(&system, cluster);
        let id = cluster.id();
        self.news.touched.insert(id);
        if let Some(ticket) = signal.ticket_id() {
            self.news.tickets.push((id, ticket));
        }
    }

    /// Looks again at what works and mutes that begin or end hold back.
    pub(super) fn review_holds(&mut self, now: Time, concerned: &Concerned) {
        let Derived { places, index, .. } = &self.derived;
        let there = concerned.systems.iter().flat_map(|system| places.at(index.known(system)));
        let muted = concerned.signals.iter().filter_map(|id| self.signals.key(id));
        let keys: BTreeSet<u64> = there.chain(muted).collect();
        for key in keys {
            let Some(signal) = self.signals.get(key).filter(|signal| signal.is_active()) else {
                continue;
            };
            let held = self.holds.held(signal, now);
            if signal.held_by == held {
                continue;
            }
            self.alter_state(key, |signal| signal.held_by = held);
        }
    }

    /// Sets the moment at which a signal in no case is forgotten.
    pub(super) fn let_go_later(&mut self, now: Time, key: u64) {
        let Some(signal) = self.signals.get(key) else { return };
        if signal.is_ticket() || !signal.is_active() {
            let last = signal.ended.unwrap_or(signal.since).max(signal.since);
            let at = last.plus_millis(self.grouping.forget_after_ms).max(now.plus_millis(1));
            self.expiry.insert((at, key));
        }
    }

    /// A signal's moment has come: it expires, or is forgotten, or neither any more.
    pub(super) fn expire(&mut self, now: Time, key: u64) {
        let Some(signal) = self.signals.get(key) else { return };
        let is_silent = signal.is_active() && signal.expires_at.is_some_and(|at| at <= now);
        if is_silent {
            return self.end(now, key, Life::Expired, now);
        }
        let cluster = self.cluster_of(key);
        let has_case = cluster.is_some_and(|c| c.standing().case.is_some());
        let is_crowded = cluster.is_some_and(|c| c.members().len() > self.grouping.most_members);
        let last = signal.ended.unwrap_or(signal.since).max(signal.since);
        let is_old = now.0 - last.0 >= self.grouping.forget_after_ms;
        let is_over = signal.is_ticket() || !signal.is_active();
        // A fault of weeks, whose findings come under ever new keys, must not fill the memory. Tickets stay: whoever
        // wrote them hears when it is over; and so does what a person has put there.
        let is_surplus =
            is_crowded && !signal.is_ticket() && self.constraints.pinned(key).is_none();
        if is_old && is_over && (!has_case || is_surplus) {
            self.discard(key);
        }
    }

    /// Forgets a signal.
    pub(super) fn discard(&mut self, key: u64) {
        self.detach(key);
        self.constraints.forget_signal(key);
        let Some(signal) = self.signals.remove(key) else { return };
        let system = self.derived.index.number(signal.system());
        self.derived.places.forget(key, system);
        if signal.is_ticket() {
            self.done.put(signal.id.clone());
        }
    }

    /// A case is closed for good: its cluster lets go of all that is over, and of its tickets. What lasts
    /// stays where it is.
    pub fn release_cluster(&mut self, id: u64) {
        let Some(cluster) = self.clusters.get(id) else { return };
        let over: Vec<u64> = cluster
            .members()
            .keys()
            .copied()
            .filter(|key| self.signals.get(*key).is_none_or(|s| s.is_ticket() || !s.is_active()))
            .collect();
        if over.len() == cluster.members().len() {
            // Nothing stays: the whole is gone at once, and nobody counts each of them out.
            self.drop_cluster(id);
            self.news.touched.insert(id);
            for key in &over {
                self.home.remove(*key);
                let ticket = self.signals.get(*key).and_then(Signal::ticket_id);
                self.news.tickets.extend(ticket.map(|ticket| (id, ticket)));
            }
        }
        for key in over {
            self.discard(key);
        }
        self.set_standing(id, super::Standing::default());
        self.constraints.forget_cluster(id);
    }
}
