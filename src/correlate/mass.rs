//! Mass incidents: is this many tickets more than this system usually gets?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings::Mass;
use crate::model::Time;

/// Half-life of the usual ticket rate of a system.
const HALF_LIFE_SECONDS: f64 = 24.0 * 3600.0;
/// Never assume a rate below this many tickets an hour: early on nothing is known.
const FLOOR_PER_HOUR: f64 = 0.5;
/// The most systems remembered.
const LIMIT: usize = 20_000;

/// Usual ticket rates by system: exponentially decayed counts, O(1) a ticket.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct TicketRates {
    by_system: BTreeMap<String, (f64, Time)>,
}

impl TicketRates {
    /// Counts one ticket.
    pub(super) fn count(&mut self, system: &str, at: Time) {
        if let Some((weight, last)) = self.by_system.get_mut(system) {
            let age = at.seconds_since(*last).max(0.0);
            *weight = *weight * 0.5_f64.powf(age / HALF_LIFE_SECONDS) + 1.0;
            *last = at.max(*last);
        } else if self.by_system.len() < LIMIT {
            self.by_system.insert(system.to_owned(), (1.0, at));
        }
    }

    /// Tickets an hour that are usual for a system, `own` tickets of the case in question left out.
    fn usual_per_hour(&self, system: &str, own: f64) -> f64 {
        let weight = self.by_system.get(system).map_or(0.0, |(weight, _)| *weight);
        let hours = HALF_LIFE_SECONDS / std::f64::consts::LN_2 / 3600.0;
        ((weight - own).max(0.0) / hours).max(FLOOR_PER_HOUR)
    }

    /// True when `users` different users reporting within the window at `system` cannot be chance.
    pub(super) fn is_mass(&self, system: &str, users: u32, mass: &Mass) -> bool {
        if users < mass.users {
            return false;
        }
        let hours = Time(mass.window_ms).seconds() / 3600.0;
        let expected = self.usual_per_hour(system, f64::from(users)) * hours;
        poisson_tail(users, expected) < mass.false_alarm
    }
}

/// P(X ≥ count) for X ~ Poisson(mean), summed from below; exact enough for the small counts here.
fn poisson_tail(count: u32, mean: f64) -> f64 {
    let mut term = (-mean).exp();
    let mut below = 0.0;
    for k in 0..count {
        below += term;
        term *= mean / f64::from(k + 1);
    }
    (1.0 - below).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn poisson_tail_matches_tables() {
        assert!((poisson_tail(0, 2.0) - 1.0).abs() < 1e-12);
        assert!((poisson_tail(3, 2.0) - 0.323_324).abs() < 1e-5);
        assert!((poisson_tail(10, 1.0) - 1.114e-7).abs() < 1e-9);
    }

    #[test]
    fn a_busy_system_needs_more() {
        let mut rates = TicketRates::default();
        for n in 0..2000 {
            rates.count("busy", Time(n * 60_000));
        }
        let mass = Mass::default();
        assert!(rates.is_mass("quiet", 6, &mass));
        assert!(!rates.is_mass("quiet", 4, &mass));
        assert!(!rates.is_mass("busy", 6, &mass));
        assert!(rates.is_mass("busy", 70, &mass));
    }
}
