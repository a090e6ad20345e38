//! Mass incidents: are so many tickets more than this system gets at this hour of the week?
//!
//! The number of users in a window is held against a negative binomial: the Poisson rate of a system is
//! itself uncertain (gamma), so that little history makes for caution and not for false alarms (Gelman et
//! al., Bayesian Data Analysis, 3rd ed., 2.6). A day of the week and its hour have their usual share of all
//! tickets, learned over all systems.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use statrs::distribution::{DiscreteCDF, NegativeBinomial};

use super::settings::Surge;
use crate::model::Time;

/// Half-life of what is known of a system's rate.
const HALF_LIFE_HOURS: f64 = 7.0 * 24.0;
/// Tickets an hour assumed for the words of one fault before anything is known.
const PRIOR_ALIKE: f64 = 1.5;
/// Tickets an hour assumed for a system as a whole before anything is known.
const PRIOR_SYSTEM: f64 = 6.0;
/// However long the history, days differ: the rate is never known better than from so many tickets.
const MOST_CERTAIN: f64 = 20.0;
/// The most systems remembered.
const MOST_SYSTEMS: usize = 20_000;
/// The most recent tickets kept for one system.
const MOST_RECENT: usize = 1_024;
/// Hours of a week.
const WEEK: usize = 168;
/// Tickets that an hour of the week must have had in all before its share is believed as much as the
/// average.
const PROFILE_PRIOR: f64 = 20.0;
/// Windows that end now, as shares of the longest.
const WINDOWS: [f64; 3] = [0.1, 1.0 / 3.0, 1.0];

/// What is counted: alike tickets, or all of a system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    /// Tickets of one cluster.
    Alike,
    /// All tickets of a system that nothing explains yet.
    System,
}

/// Tickets at one system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Rate {
    /// The latest, not yet part of what is usual, in order of writing.
    recent: VecDeque<(Time, u64)>,
    /// Earlier ones, faded.
    weight: f64,
    updated: Time,
}

/// Usual ticket rates by system.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rates {
    by_system: BTreeMap<String, Rate>,
    /// When the first ticket was written: nothing is known of the time before.
    began: Option<Time>,
    /// Tickets by hour of the week, over all systems.
    profile: Vec<f64>,
}

impl Rates {
    /// Counts one ticket at a system.
    pub(super) fn count(&mut self, system: &str, signal: u64, at: Time, surge: &Surge) {
        self.began = Some(self.began.map_or(at, |began| began.min(at)));
        if self.profile.len() != WEEK {
            self.profile = vec![0.0; WEEK];
        }
        if let Some(hour) = self.profile.get_mut(hour_of_week(at)) {
            *hour += 1.0;
        }
        if !self.by_system.contains_key(system) && self.by_system.len() >= MOST_SYSTEMS {
            return;
        }
        let rate = self.by_system.entry(system.to_owned()).or_default();
        let place = rate.recent.partition_point(|(known, _)| *known <= at);
        rate.recent.insert(place, (at, signal));
        let newest = rate.recent.back().map_or(at, |(newest, _)| *newest);
        let horizon = newest.plus_millis(-surge.window_ms);
        while rate.recent.front().is_some_and(|(written, _)| *written < horizon)
            || rate.recent.len() > MOST_RECENT
        {
            let Some((written, _)) = rate.recent.pop_front() else { break };
            rate.fade(written);
            rate.weight += 1.0;
        }
    }

    /// The tickets written at a system within the longest window before `now`.
    pub(super) fn recent(&self, system: &str, now: Time, surge: &Surge) -> Vec<(Time, u64)> {
        let from = now.plus_millis(-surge.window_ms);
        let recent = self.by_system.get(system).map(|rate| rate.recent.iter());
        recent.into_iter().flatten().filter(|(at, _)| *at >= from).copied().collect()
    }

    /// Whether tickets, each with its reporter, cannot be chance at the systems they are about. The windows
    /// end at the latest ticket, which must have been written just now: a backlog is no outbreak.
    pub(super) fn is_surge<'a>(
        &self,
        systems: impl Iterator<Item = &'a str> + Clone,
        tickets: &[(Time, &str)],
        (scope, factor, now): (Scope, f64, Time),
        surge: &Surge,
    ) -> bool {
        let Some(latest) = tickets.iter().map(|(at, _)| *at).max() else { return false };
        if now.seconds_since(latest) > Time(surge.window_ms).seconds() / 3.0 {
            return false;
        }
        WINDOWS.into_iter().any(|share| {
            let seconds = Time(surge.window_ms).seconds() * share;
            let users: BTreeSet<&str> = tickets
                .iter()
                .filter(|(at, _)| latest.seconds_since(*at) <= seconds)
                .map(|(_, reporter)| *reporter)
                .collect();
            let users = u32::try_from(users.len()).unwrap_or(u32::MAX);
            users >= surge.users
                && self.chance(systems.clone(), users, seconds / 3600.0 * factor, scope, latest)
                    < surge.false_alarm
        })
    }

    /// P(X ≥ users) in `hours`, at the rate of some systems together.
    fn chance<'a>(
        &self,
        systems: impl Iterator<Item = &'a str>,
        users: u32,
        hours: f64,
        scope: Scope,
        at: Time,
    ) -> f64 {
        let known_hours = self.known_hours(at);
        let prior = match scope {
            Scope::Alike => PRIOR_ALIKE,
            Scope::System => PRIOR_SYSTEM,
        };
        let seen: f64 = systems.map(|system| self.weight(system, at)).sum();
        // Gamma(shape, rate): one ticket in 1/prior hours is what is assumed, the rest was seen.
        let (mut shape, mut rate) = (1.0 + seen, 1.0 / prior + known_hours);
        if shape > MOST_CERTAIN {
            rate *= MOST_CERTAIN / shape;
            shape = MOST_CERTAIN;
        }
        let exposure = hours * self.share_of(at);
        let Ok(count) = NegativeBinomial::new(shape, rate / (rate + exposure)) else { return 1.0 };
        users.checked_sub(1).map_or(1.0, |below| count.sf(u64::from(below)))
    }

    fn weight(&self, system: &str, at: Time) -> f64 {
        self.by_system.get(system).map_or(0.0, |rate| {
            rate.weight * fading(at.seconds_since(rate.updated).max(0.0) / 3600.0)
        })
    }

    /// Hours of history, faded like the tickets.
    fn known_hours(&self, at: Time) -> f64 {
        let hours = self.began.map_or(0.0, |began| at.seconds_since(began).max(0.0) / 3600.0);
        (1.0 - fading(hours)) * HALF_LIFE_HOURS / std::f64::consts::LN_2
    }

    /// How many times as many tickets as on average this hour of the week gets; 1 while little is known.
    fn share_of(&self, at: Time) -> f64 {
        let all: f64 = self.profile.iter().sum();
        let mean = all / 168.0;
        let here = self.profile.get(hour_of_week(at)).copied().unwrap_or(0.0);
        // Never less than the average: a quiet night must not turn three tickets into an outbreak.
        ((here + PROFILE_PRIOR) / (mean + PROFILE_PRIOR)).max(1.0)
    }
}

impl Rate {
    fn fade(&mut self, at: Time) {
        let hours = at.seconds_since(self.updated).max(0.0) / 3600.0;
        self.weight *= fading(hours);
        self.updated = self.updated.max(at);
    }
}

fn fading(hours: f64) -> f64 {
    0.5_f64.powf(hours / HALF_LIFE_HOURS)
}

/// The hour of the week of a moment, UTC, 0…167.
fn hour_of_week(at: Time) -> usize {
    usize::try_from(at.0.div_euclid(3_600_000).rem_euclid(168)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60_000;
    const START: i64 = 1_790_000_000_000;

    fn burst(count: u32, within_ms: i64, at: i64) -> Vec<(Time, String)> {
        let step = within_ms / i64::from(count);
        (0..count).map(|n| (Time(at + i64::from(n) * step), format!("u{n}"))).collect()
    }

    fn is_surge(rates: &Rates, tickets: &[(Time, String)], scope: Scope) -> bool {
        let tickets: Vec<(Time, &str)> = tickets.iter().map(|(at, who)| (*at, &**who)).collect();
        let now = tickets.last().unwrap().0;
        rates.is_surge(["a"].into_iter(), &tickets, (scope, 1.0, now), &Surge::default())
    }

    #[test]
    fn without_history_few_alike_tickets_suffice_and_a_busy_desk_is_none() {
        let rates = Rates::default();
        assert!(is_surge(&rates, &burst(8, 5 * MINUTE, START), Scope::Alike));
        assert!(is_surge(&rates, &burst(25, 9 * MINUTE, START), Scope::System));
        assert!(!is_surge(&rates, &burst(4, MINUTE, START), Scope::Alike));
        // Thirty-one tickets an hour, half of them alike.
        assert!(!is_surge(&rates, &burst(8, 30 * MINUTE, START), Scope::Alike));
        assert!(!is_surge(&rates, &burst(16, 30 * MINUTE, START), Scope::System));
    }

    #[test]
    fn what_is_usual_is_learned_with_its_hour_of_the_week() {
        let mut rates = Rates::default();
        let surge = Surge::default();
        // Three weeks: ten tickets an hour at night, forty in the morning.
        let mut n = 0;
        for hour in 0..21 * 24_i64 {
            let count = if hour % 24 == 9 { 40 } else { 10 };
            for k in 0..count {
                let at = Time(START + hour * 60 * MINUTE + k * 60 * MINUTE / count);
                rates.count("a", n, at, &surge);
                n += 1;
            }
        }
        let night = START + 21 * 24 * 60 * MINUTE;
        let morning = night + 9 * 60 * MINUTE;
        assert!(is_surge(&rates, &burst(40, 30 * MINUTE, night), Scope::System));
        assert!(!is_surge(&rates, &burst(24, 30 * MINUTE, morning), Scope::System));
        assert!(is_surge(&rates, &burst(150, 30 * MINUTE, morning), Scope::System));
    }

    #[test]
    fn a_backlog_is_no_outbreak() {
        let rates = Rates::default();
        let old = burst(25, 9 * MINUTE, START);
        let tickets: Vec<(Time, &str)> = old.iter().map(|(at, who)| (*at, &**who)).collect();
        let now = Time(START + 120 * MINUTE);
        let judged = (Scope::System, 1.0, now);
        assert!(!rates.is_surge(["a"].into_iter(), &tickets, judged, &surge_settings()));
    }

    fn surge_settings() -> Surge {
        Surge::default()
    }
}
