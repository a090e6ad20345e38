//! Time left until something is exhausted: disks, inodes, memory, descriptors, sequences, slots.
//!
//! Two robust lines, one through a long and one through a short past, must both reach the limit
//! in time (failure-mode guard «two conditions for forecasts»), and a trend is trusted only for
//! twelve times as long as it has been seen. What fills so fast that a long past cannot know of it
//! has a way of its own: a steep recent run that used up a seventh of the room it had, and is
//! trusted for four times its length.
//!
//! A cleanup ends the trend: both pasts begin anew. A cleanup that comes before anybody was warned
//! is routine (logs rotated), as are two in a row, and the next rise is only spoken of beyond the
//! last peak. What this does not see is a slow leak under a sawtooth: its peaks creep up with it,
//! and a threshold has to catch it.
//!
//! Amortised O(1) a point (lines are refitted when the short past gets a new averaged point);
//! at most 92 points, 3.2 KB of state.

mod fit;
mod track;

use serde::{Deserialize, Serialize};

use self::fit::Fit;
use self::track::{Point, Track};
use crate::alarm::{Alarm, Holds, Place};
use crate::error::{finite, not_negative, positive};
use crate::pace::{Pace, Tick};
use crate::{ConfigError, Direction, Evidence, Ladder, Status, Verdict};

const LONG_POINTS: usize = 48;
const SHORT_POINTS: usize = 32;
const RAW_POINTS: usize = 12;
/// A trend is believed for so many times the time it was seen.
const TRUST: f64 = 12.0;
/// The same for a steep run.
const STEEP_TRUST: f64 = 4.0;
/// A steep run has used up at least this share of the room it began with.
const STEEP_SHARE: f64 = 0.14;
/// Standard errors that the slope of the long line must be away from none.
const CERTAIN: f64 = 6.0;
/// The same for the short line and for steep runs, which have another guard each.
const LIKELY: f64 = 3.0;
/// A cleared forecast has so many times the time left that raised it.
const CLEAR_FACTOR: f64 = 1.5;

/// So many cleanups are remembered.
const TURNS: usize = 4;
/// A rise is news that goes past a routine one by this share of its height.
const MARGIN: f64 = 0.1;

/// Which way the value moves towards the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trend {
    /// It grows until it reaches the limit.
    Up,
    /// It shrinks until it reaches the limit.
    Down,
}

/// What is exhausted when, and how early to say so.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The value at exhaustion.
    pub limit: f64,
    /// Which way the value moves towards it.
    pub direction: Trend,
    /// Seconds left from which on it is how bad; worse is less.
    pub time_left: Ladder,
    /// The long past, in milliseconds.
    pub long_ms: i64,
    /// The short past, in milliseconds.
    pub short_ms: i64,
    /// No verdict before so much is known, in milliseconds.
    pub min_history_ms: i64,
    /// No alarm while the value has not passed this on its way to the limit.
    pub only_past: Option<f64>,
}

impl Config {
    /// Says what is wrong with the parameters.
    ///
    /// # Errors
    /// When the ladder, a window or a number makes no sense.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.time_left.check(Direction::Below)?;
        finite("limit", self.limit)?;
        finite("only_past", self.only_past.unwrap_or(0.0))?;
        positive("short", self.short_ms)?;
        not_negative("min_history", self.min_history_ms)?;
        if self.short_ms < self.long_ms { Ok(()) } else { Err(ConfigError::ShortNotShorter) }
    }

    /// The value turned so that it grows towards the limit.
    fn upward(&self, value: f64) -> f64 {
        match self.direction {
            Trend::Up => value,
            Trend::Down => -value,
        }
    }
}

/// A slope that may be believed, and for how long ahead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Slope {
    per_s: f64,
    trusted_s: f64,
}

impl Slope {
    fn left_s(self, room: f64) -> Option<f64> {
        let left_s = (room / self.per_s).max(0.0);
        (self.per_s > 0.0 && left_s <= self.trusted_s).then_some(left_s)
    }
}

/// The rise since the last cleanup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Rise {
    low: f64,
    peak: f64,
    peak_ms: i64,
}

/// A cleanup.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Turn {
    at_ms: i64,
    /// A rise is news beyond this: somewhat past where the rise before it ended.
    news: f64,
    was_warned: bool,
}

/// What is remembered of one object. Values in here grow towards the limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct State {
    pace: Pace,
    alarm: Alarm,
    value: Option<f64>,
    known_ms: i64,
    long: Track,
    short: Track,
    raw: Track,
    long_slope: Option<Slope>,
    short_slope: Option<Slope>,
    steep_slope: Option<Slope>,
    rise: Option<Rise>,
    /// Usual change from point to point.
    noise: f64,
    /// The last cleanups that are still remembered.
    turns: Vec<Turn>,
    left_s: Option<f64>,
}

impl State {
    pub(crate) fn step(&mut self, config: &Config, at_ms: i64, value: f64) -> Verdict {
        if !value.is_finite() {
            return self.absent(config, at_ms);
        }
        let Tick::New(elapsed_ms) = self.pace.point(at_ms) else {
            return self.verdict(config);
        };
        self.known_ms = self.known_ms.saturating_add(elapsed_ms);
        // What is larger overflows in differences and slopes.
        let value = value.clamp(-1e100, 1e100);
        let now = config.upward(value);
        self.note_turn(config, at_ms, now);
        self.remember(config, at_ms, now);
        self.value = Some(value);
        self.left_s = self.time_left(config, now);
        let is_known = self.known_ms >= config.min_history_ms;
        let is_past = config.only_past.is_none_or(|level| now >= config.upward(level));
        let left_s = self.left_s.filter(|_| is_known && is_past);
        let holds = Holds { raise_ms: 0, clear_ms: config.short_ms / 12 };
        self.alarm.step(at_ms, elapsed_ms, holds, |severity| {
            let level_s = config.time_left.level(severity)?;
            Some(match left_s {
                Some(left_s) if left_s <= level_s => Place::Beyond,
                Some(left_s) if left_s <= level_s * CLEAR_FACTOR => Place::Between,
                _ => Place::Within,
            })
        });
        self.verdict(config)
    }

    pub(crate) fn absent(&mut self, config: &Config, at_ms: i64) -> Verdict {
        self.pace.absent(at_ms);
        let mut verdict = self.verdict(config);
        if verdict.status == Status::Normal && self.pace.is_quiet(at_ms) {
            verdict.status = Status::Warming;
            verdict.score = 0.0;
        }
        verdict
    }

    /// Follows the rise and notices a cleanup: half of the rise is gone, and the rise was no noise.
    fn note_turn(&mut self, config: &Config, at_ms: i64, now: f64) {
        let last = self.value.map_or(now, |value| config.upward(value));
        let Some(mut rise) = self.rise else {
            self.rise = Some(Rise { low: now, peak: now, peak_ms: at_ms });
            return;
        };
        let height = rise.peak - rise.low;
        let is_turn = rise.peak - now >= 0.5 * height && height > 8.0 * self.noise && height > 0.0;
        if is_turn {
            self.turn(config, at_ms, rise);
            rise = Rise { low: now, peak: now, peak_ms: at_ms };
        } else {
            // Steps of a cleanup are no noise; the rise itself is.
            self.noise += ((now - last).abs() - self.noise) / 16.0;
        }
        if now > rise.peak {
            rise.peak = now;
            rise.peak_ms = at_ms;
        }
        rise.low = rise.low.min(now);
        self.rise = Some(rise);
    }

    fn turn(&mut self, config: &Config, at_ms: i64, rise: Rise) {
        let was_warned = self.alarm.severity().is_some();
        let kept_ms = config.long_ms.saturating_mul(4);
        self.turns.retain(|turn| at_ms.saturating_sub(turn.at_ms) <= kept_ms);
        self.alarm = Alarm::default();
        self.steep_slope = None;
        self.raw.clear();
        // A peak next to the limit is no place where a routine would wait.
        let limit = config.upward(config.limit);
        if limit - rise.peak > 0.1 * (limit - rise.low) {
            let news = rise.peak + MARGIN * (rise.peak - rise.low);
            self.turns.push(Turn { at_ms, news, was_warned });
        }
        if self.turns.len() > TURNS {
            self.turns.remove(0);
        }
        self.long.clear();
        self.short.clear();
        self.long_slope = None;
        self.short_slope = None;
    }

    fn remember(&mut self, config: &Config, at_ms: i64, now: f64) {
        self.long.push(LONG_POINTS, config.long_ms, at_ms, now);
        self.raw.push(usize::MAX, config.short_ms, at_ms, now);
        while self.raw.points().len() > RAW_POINTS {
            self.raw.drop_oldest();
        }
        if self.short.push(SHORT_POINTS, config.short_ms, at_ms, now) {
            self.long_slope = slope(&all(&self.long), CERTAIN, TRUST);
            self.short_slope = slope(&all(&self.short), LIKELY, f64::INFINITY);
        }
        self.steep_slope = self.steep(config, now);
    }

    /// The steepest believable recent run, if it used up enough of its room.
    fn steep(&self, config: &Config, now: f64) -> Option<Slope> {
        let limit = config.upward(config.limit);
        let used = |start: &Point| {
            let room = limit - start.value();
            room > 0.0 && (now - start.value()) >= STEEP_SHARE * room
        };
        let moved = |track: &Track| {
            track.points().map(Point::value).fold(f64::INFINITY, f64::min).min(now) < now
                && track.points().any(used)
        };
        for track in [&self.raw, &self.short] {
            if !moved(track) {
                continue;
            }
            let points = all(track);
            for length in [32, 16, 12, 8, 6, 4] {
                let Some(run) =
                    points.len().checked_sub(length).and_then(|skip| points.get(skip..))
                else {
                    continue;
                };
                let is_rising = run.windows(2).all(|pair| match pair {
                    [early, late] => late.value() > early.value(),
                    _ => false,
                });
                if is_rising && run.first().is_some_and(|start| used(start)) {
                    let found = slope(run, LIKELY, STEEP_TRUST);
                    if found.is_some() {
                        return found;
                    }
                }
            }
        }
        None
    }

    fn time_left(&self, config: &Config, now: f64) -> Option<f64> {
        let room = config.upward(config.limit) - now;
        if room <= 0.0 && self.alarm.severity().is_some() {
            return Some(0.0);
        }
        // Where cleanups are routine, a rise is news only beyond where they usually come.
        // One cleanup after a warning may be somebody's answer to it: that is no routine yet.
        let is_known = self.turns.len() > 1 || self.turns.iter().any(|turn| !turn.was_warned);
        if is_known && self.turns.iter().any(|turn| now <= turn.news) {
            return None;
        }
        let both = match (self.long_slope, self.short_slope) {
            (Some(long), Some(short)) => match (long.left_s(room), short.left_s(room)) {
                (Some(long_s), Some(short_s)) => Some(long_s.max(short_s)),
                _ => None,
            },
            _ => None,
        };
        let steep = self.steep_slope.and_then(|steep| steep.left_s(room));
        match (both, steep) {
            (Some(both_s), Some(steep_s)) => Some(both_s.min(steep_s)),
            (both, steep) => both.or(steep),
        }
    }

    fn verdict(&self, config: &Config) -> Verdict {
        let known = self.value.filter(|_| self.known_ms >= config.min_history_ms);
        let severity = self.alarm.severity();
        let mildest = config.time_left.mildest().map(|(_, level)| level);
        let limit = severity.map_or(mildest, |severity| config.time_left.level(severity));
        let mut evidence = Vec::new();
        evidence.extend(self.value.map(|value| Evidence::new("value", value, Some(config.limit))));
        evidence.extend(self.left_s.map(|left_s| Evidence::new("time_left", left_s, limit)));
        let nearness = match (self.left_s, mildest) {
            (Some(left_s), Some(mildest)) => (mildest / (mildest + left_s)).clamp(0.0, 1.0),
            _ => 0.0,
        };
        let status = match (severity, known) {
            (None, None) => Status::Warming,
            _ => self.alarm.status(),
        };
        let score = match status {
            Status::Abnormal(_) => nearness.max(0.5),
            Status::Normal => nearness.min(0.5),
            Status::Warming => 0.0,
        };
        Verdict { status, score, since_ms: self.alarm.since_ms(), evidence }
    }

    pub(crate) fn heap_bytes(&self) -> usize {
        let tracks = [&self.long, &self.short, &self.raw].map(Track::heap_bytes);
        tracks.iter().sum::<usize>() + self.turns.capacity() * size_of::<Turn>()
    }
}

fn all(track: &Track) -> Vec<&Point> {
    track.points().collect()
}

fn slope(points: &[&Point], certain: f64, trust: f64) -> Option<Slope> {
    let fit = Fit::of(points, 4)?;
    (fit.certainty >= certain)
        .then_some(Slope { per_s: fit.slope, trusted_s: (fit.span_s * trust).min(1e12) })
}
