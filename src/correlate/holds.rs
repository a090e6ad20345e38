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
        let mutes = self.mutes.get(&signal.id);
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

    /// Takes the moments that have come; true when there was one.
    pub(super) fn take_due(&mut self, now: Time) -> bool {
        let mut was_due = false;
        while self.timers.first().is_some_and(|at| *at <= now) {
            self.timers.pop_first();
            was_due = true;
        }
        if was_due {
            self.mutes.retain(|_, mutes| {
                mutes.retain(|_, until| *until > now);
                !mutes.is_empty()
            });
        }
        was_due
    }

    pub(super) fn put_work(&mut self, work: Work) {
        self.timers.extend([work.from, work.until]);
        self.works.insert(work.id.clone(), work);
        drop_oldest(&mut self.works, |work| work.until);
    }

    pub(super) fn put_release(&mut self, release: Release) {
        self.releases.insert(release.id.clone(), release);
        drop_oldest(&mut self.releases, |release| release.at);
    }

    pub(super) fn put_calendar(&mut self, entry: CalendarEntry) {
        self.calendar.insert(entry.id.clone(), entry);
        drop_oldest(&mut self.calendar, |entry| entry.until);
    }

    pub(super) fn mute(&mut self, signal: &str, until: Time, act: u64) {
        self.timers.insert(until);
        self.mutes.entry(signal.to_owned()).or_default().insert(act, until);
        drop_oldest(&mut self.mutes, |mutes| mutes.values().copied().max().unwrap_or_default());
    }

    /// Takes an act's mutes back; returns the ids of the signals.
    pub(super) fn unmute(&mut self, act: u64) -> Vec<String> {
        let mut signals = Vec::new();
        self.mutes.retain(|signal, mutes| {
            if mutes.remove(&act).is_some() {
                signals.push(signal.clone());
            }
            !mutes.is_empty()
        });
        signals
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
    let is_of_it = work.objects.is_empty() || work.objects.contains(&signal.object);
    is_there && is_of_it && signal.since.0 >= work.from.0 - EARLY_MS
}

fn drop_oldest<T>(entries: &mut BTreeMap<String, T>, when: impl Fn(&T) -> Time) {
    while entries.len() > MOST {
        let oldest = entries.iter().min_by_key(|(_, entry)| when(entry)).map(|(id, _)| id.clone());
        let Some(oldest) = oldest else { return };
        entries.remove(&oldest);
    }
}
