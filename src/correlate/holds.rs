//! What holds signals back for a while: planned works, and people's mutes. A signal that is held back
//! lasts and is shown, but opens nothing and makes nothing worse; when the window ends it counts again.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::{CalendarEntry, Release, Signal, Time, Work};

/// Entries of each kind kept; beyond it those that ended first go.
const MOST: usize = 1_000;
/// A signal that began this long before a work belongs to it still: clocks differ, and people begin early.
const EARLY_MS: i64 = 60_000;
/// A release is a suspect for what begins at most this long after it.
const SUSPECT_MS: i64 = 30 * 60_000;

/// Works, mutes, releases and the calendar.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Holds {
    works: BTreeMap<String, Work>,
    /// Until when, by act, by signal: one act's mute does not end another's.
    mutes: BTreeMap<String, BTreeMap<u64, Time>>,
    releases: BTreeMap<String, Release>,
    calendar: BTreeMap<String, CalendarEntry>,
    /// Moments at which something begins or ends.
    timers: BTreeSet<Time>,
}

impl Holds {
    /// What holds a signal back at a moment: `work:ID` or `mute:ACT`.
    #[must_use]
    pub fn held(&self, signal: &Signal, now: Time) -> Option<String> {
        let mutes = self.mutes.get(signal.id.as_str());
        if let Some((act, _)) = mutes.and_then(|mutes| mutes.iter().find(|(_, end)| now < **end)) {
            return Some(format!("mute:{act}"));
        }
        let work = self.works.values().find(|work| work.is_on(now) && covers(work, signal))?;
        Some(format!("work:{}", work.id))
    }

    /// A work by its id.
    #[must_use]
    pub fn work(&self, id: &str) -> Option<&Work> {
        self.works.get(id)
    }

    /// Works, in order of id.
    pub fn works(&self) -> impl Iterator<Item = &Work> {
        self.works.values()
    }

    /// Releases, in order of id.
    pub fn releases(&self) -> impl Iterator<Item = &Release> {
        self.releases.values()
    }

    /// The releases that went into operation shortly before a moment.
    #[must_use]
    pub(super) fn releases_before(&self, at: Time) -> ReleasesBefore<'_> {
        let is_suspect = |release: &&Release| {
            let later = at.0.saturating_sub(release.at.0);
            (0..=SUSPECT_MS).contains(&later)
        };
        ReleasesBefore(self.releases.values().filter(is_suspect).collect())
    }

    /// So many times as many tickets as usual are expected at a moment.
    #[must_use]
    pub fn expected(&self, at: Time) -> f64 {
        let is_on = |entry: &&CalendarEntry| entry.from <= at && at < entry.until;
        self.calendar.values().filter(is_on).map(|entry| entry.factor).fold(1.0, f64::max)
    }

    /// The next moment at which something begins or ends.
    pub(super) fn next_timer(&self) -> Option<Time> {
        self.timers.first().copied()
    }

    /// Takes the moments that have come; returns whom they concern.
    pub(super) fn take_due(&mut self, now: Time) -> Concerned {
        let mut concerned = Concerned::default();
        if self.timers.first().is_none_or(|at| *at > now) {
            return concerned;
        }
        let later = self.timers.split_off(&now.plus_millis(1));
        let due = std::mem::replace(&mut self.timers, later);
        for work in self.works.values() {
            if due.contains(&work.from) || due.contains(&work.until) {
                concerned.by(work);
            }
        }
        self.mutes.retain(|signal, mutes| {
            let before = mutes.len();
            mutes.retain(|_, until| *until > now);
            if mutes.len() < before {
                concerned.signals.insert(signal.clone());
            }
            !mutes.is_empty()
        });
        concerned
    }

    /// Takes a work, new or changed; returns whom it concerns, and whom it did.
    pub(super) fn put_work(&mut self, work: Work) -> Concerned {
        let mut concerned = Concerned::default();
        self.timers.extend([work.from, work.until]);
        concerned.by(&work);
        let replaced = self.works.insert(work.id.clone(), work);
        let dropped = drop_oldest(&mut self.works, |work| work.until);
        for work in replaced.iter().chain(dropped.iter().map(|(_, work)| work)) {
            concerned.by(work);
        }
        concerned
    }

    pub(super) fn put_release(&mut self, release: Release) {
        self.releases.insert(release.id.clone(), release);
        drop_oldest(&mut self.releases, |release| release.at);
    }

    pub(super) fn put_calendar(&mut self, entry: CalendarEntry) {
        self.calendar.insert(entry.id.clone(), entry);
        drop_oldest(&mut self.calendar, |entry| entry.until);
    }

    /// Mutes a signal for an act; those concerned are added to `concerned`.
    pub(super) fn mute(&mut self, signal: &str, until: Time, act: u64, concerned: &mut Concerned) {
        self.timers.insert(until);
        self.mutes.entry(signal.to_owned()).or_default().insert(act, until);
        concerned.signals.insert(signal.to_owned());
        let last = |mutes: &BTreeMap<u64, Time>| mutes.values().copied().max().unwrap_or_default();
        let dropped = drop_oldest(&mut self.mutes, last);
        concerned.signals.extend(dropped.into_iter().map(|(signal, _)| signal));
    }

    /// Takes an act's mutes back; returns whom it concerns.
    pub(super) fn unmute(&mut self, act: u64) -> Concerned {
        let mut concerned = Concerned::default();
        self.mutes.retain(|signal, mutes| {
            if mutes.remove(&act).is_some() {
                concerned.signals.insert(signal.clone());
            }
            !mutes.is_empty()
        });
        concerned
    }
}

/// Who may be held back otherwise than before: only they are looked at again, not all that is active.
#[derive(Debug, Default)]
pub(super) struct Concerned {
    /// Systems of works.
    pub(super) systems: BTreeSet<String>,
    /// Signals that are muted or no longer are, by id.
    pub(super) signals: BTreeSet<String>,
}

impl Concerned {
    fn by(&mut self, work: &Work) {
        self.systems.extend(work.systems.iter().cloned());
    }
}

/// Releases that what begins now may come from.
pub(super) struct ReleasesBefore<'a>(Vec<&'a Release>);

impl<'a> ReleasesBefore<'a> {
    /// There is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The latest of a system.
    pub(super) fn of(&self, system: &str) -> Option<&'a Release> {
        let here = self.0.iter().copied().filter(|release| release.system == system);
        here.max_by_key(|release| release.at)
    }
}

fn covers(work: &Work, signal: &Signal) -> bool {
    let is_there = work.systems.iter().any(|system| system == signal.system());
    let is_of_it =
        work.objects.is_empty() || work.objects.iter().any(|object| *object == signal.object);
    is_there && is_of_it && signal.since.0 >= work.from.0 - EARLY_MS
}

/// Drops the entries beyond [`MOST`], the oldest first; returns them.
fn drop_oldest<T>(
    entries: &mut BTreeMap<String, T>,
    when: impl Fn(&T) -> Time,
) -> Vec<(String, T)> {
    let mut dropped = Vec::new();
    while entries.len() > MOST {
        let oldest = entries.iter().min_by_key(|(_, entry)| when(entry)).map(|(id, _)| id.clone());
        dropped.extend(oldest.and_then(|id| entries.remove_entry(&id)));
    }
    dropped
}
