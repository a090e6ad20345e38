//! Nearness in time: how long after the fault's onset or last worsening a signal began.
//!
//! It is worth [`Weights::together`] (to a ticket [`Weights::ticket_together`]) at the same moment and falls without end as time passes, so that a
//! fault that lasts for days attracts nothing new.

use super::cluster::Cluster;
use super::index::{Brief, Seen};
use super::weights::Weights;
use crate::model::{Signal, Time};

/// The farthest that distance in time can speak against.
const LEAST: f64 = -4.0;
/// How much of the time since the onset counts, for tickets that keep coming: after two hours of steady
/// complaints nearness is spent, after a day only other evidence joins.
const OLD_AGE: f64 = 0.125;
/// A ticket written before monitoring saw anything is worth this much less for each scale: users may be
/// faster than a detector that waits to be sure, but not by much.
const EARLY: f64 = 2.0;
/// How much more it counts that a ticket was written after everything monitoring saw had ended.
const LATE: f64 = 0.25;
/// A storm goes on being heard of as long as another one begins beside it. So monitoring that speaks for the first time
/// long after the onset counts less: nothing is lost for this long, seconds, …
const YOUNG_S: f64 = 240.0;
/// … then one for each of these …
const AGE_SCALE_S: f64 = 300.0;
/// … down to this.
const OLDEST: f64 = 2.0;
/// Of the distance to what was last heard, this much is measured at the system itself and the rest
/// anywhere in the cluster: a fault goes on as long as it is heard of anywhere.
const HERE: f64 = 0.25;

/// The value of the feature.
pub(super) fn nearness(weights: &Weights, signal: &Signal, at: Seen<'_>) -> f64 {
    let Seen { brief, cluster, .. } = at;
    let (gap, scale) = match (signal.is_ticket(), brief.only_tickets) {
        (true, true) => (among_tickets(signal, cluster), weights.ticket_scale_seconds),
        (true, false) => {
            let scale = weights.ticket_scale_seconds;
            (ticket_about_fault(signal, cluster), scale)
        }
        (false, true) => (fault_after_tickets(signal, cluster), weights.ticket_scale_seconds),
        (false, false) => among_findings(weights, signal, brief, at.summary.heard.last().copied()),
    };
    let age = if signal.is_ticket() { 0.0 } else { age(signal, brief.onset) };
    (most(weights, signal) - gap / scale - age).max(LEAST)
}

/// What distance in time takes away at least: where monitoring was last heard at that moment, or else wherever in the
/// cluster a signal is compared.
pub(super) fn least_lost(
    weights: &Weights,
    signal: &Signal,
    brief: &Brief,
    heard: Option<Time>,
) -> f64 {
    if signal.is_ticket() || brief.only_tickets {
        return 0.0;
    }
    let (gap, scale) = match (heard, brief.last) {
        (Some(heard), _) => among_findings(weights, signal, brief, Some(heard)),
        (None, Some(last)) => {
            let scale = among_findings_scale(weights, brief.lasts);
            (signal.since.seconds_since(last).max(0.0), scale)
        }
        (None, None) => (0.0, 1.0),
    };
    (gap / scale + age(signal, brief.onset)).min(most(weights, signal) - LEAST)
}

/// The same, whatever the cluster: by when monitoring was last heard where they are compared.
pub(super) fn least_lost_here(weights: &Weights, signal: &Signal, heard: Time) -> f64 {
    let quiet = signal.since.seconds_since(heard).max(0.0);
    let scale = weights.lasting_scale_seconds.max(weights.time_scale_seconds);
    (HERE * quiet / scale).min(most(weights, signal) - LEAST)
}

/// What it takes away that a fault known to monitoring has been going on for long.
fn age(signal: &Signal, onset: Option<Time>) -> f64 {
    let Some(onset) = onset else { return 0.0 };
    let lasted = signal.since.seconds_since(onset);
    ((lasted - YOUNG_S).max(0.0) / AGE_SCALE_S).min(OLDEST)
}

/// The most that nearness in time is worth to a signal.
pub(super) fn most(weights: &Weights, signal: &Signal) -> f64 {
    if signal.is_ticket() { weights.ticket_together } else { weights.together }
}

/// Seconds from one ticket to a run of tickets, and how long that run has lasted.
fn among_tickets(signal: &Signal, cluster: &Cluster) -> f64 {
    let written = &cluster.totals().written;
    let (Some((first, _)), Some((last, _))) = (written.first(), written.last()) else { return 0.0 };
    let distance = outside(signal.since, *first, *last);
    let age = last.max(&signal.since).seconds_since(*first.min(&signal.since));
    distance + OLD_AGE * age
}

/// Seconds from a ticket back to what made it likely: the onset, a worsening, the ticket before it.
fn ticket_about_fault(signal: &Signal, cluster: &Cluster) -> f64 {
    let totals = cluster.totals();
    let onset = totals.began.first().copied().unwrap_or(signal.since);
    let early = onset.seconds_since(signal.since);
    if early > 0.0 {
        return EARLY * early;
    }
    let next = Time(signal.since.0.saturating_add(1));
    let worsened = totals.worsened.last_before(&next).copied().unwrap_or(onset).max(onset);
    let before = totals.written.last_before(&(signal.since, 0)).map(|(at, _)| *at);
    let latest = before.map_or(worsened, |before| before.max(worsened));
    // Who writes after the end may write about it, but not for long.
    let late = match totals.ended.last() {
        Some(ended) if totals.active == 0 => LATE * signal.since.seconds_since(*ended).max(0.0),
        _ => 0.0,
    };
    let gap = signal.since.seconds_since(latest).max(0.0);
    gap + OLD_AGE * signal.since.seconds_since(worsened).max(0.0) + late
}

/// Seconds from a finding to the run of tickets that it may explain.
fn fault_after_tickets(signal: &Signal, cluster: &Cluster) -> f64 {
    let written = &cluster.totals().written;
    match (written.first(), written.last()) {
        (Some((first, _)), Some((last, _))) => outside(signal.since, *first, *last),
        _ => 0.0,
    }
}

/// Seconds between a finding and what was last heard, and the scale they are measured on.
fn among_findings(
    weights: &Weights,
    signal: &Signal,
    brief: &Brief,
    heard: Option<Time>,
) -> (f64, f64) {
    let distance = |at: Time| signal.since.seconds_since(at).abs();
    let began = brief.began;
    let anywhere = began.map_or(0.0, |(_, last)| distance(last));
    let here = heard.map_or(anywhere, distance);
    let onset = began.map_or(anywhere, |(first, _)| distance(first));
    let gap = HERE * here + (1.0 - HERE) * anywhere.min(here);
    (gap.min(onset), among_findings_scale(weights, brief.lasts))
}

/// The scale that seconds between findings are measured on.
fn among_findings_scale(weights: &Weights, lasts: bool) -> f64 {
    if lasts { weights.lasting_scale_seconds } else { weights.time_scale_seconds }
}

/// Seconds by which a moment lies outside of an interval.
fn outside(at: Time, from: Time, until: Time) -> f64 {
    from.seconds_since(at).max(at.seconds_since(until)).max(0.0)
}
