//! Parts of a source that are read only every so often: their last result is repeated with each
//! poll in between, so that a rule never meets a gap that says nothing.
//!
//! A result that could not be renewed three times in a row is dropped: «unknown» must not read as «as
//! before».

use std::time::Duration;

use tokio::time::Instant;
use tracing::{info, warn};

use super::answer::flag;
use crate::collect::{CollectError, Samples};

/// After so many failures in a row the last result no longer counts.
const PATIENCE: u32 = 3;

/// A sample that is repeated.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Kept {
    series: &'static str,
    labels: Vec<(&'static str, String)>,
    value: f64,
}

impl Kept {
    /// Makes one.
    pub(super) fn new(
        series: &'static str,
        labels: Vec<(&'static str, String)>,
        value: f64,
    ) -> Self {
        Self { series, labels, value }
    }

    /// Adds it to the current poll.
    pub(super) fn push(&self, samples: &mut Samples) {
        let labels: Vec<(&str, &str)> =
            self.labels.iter().map(|(label, text)| (*label, text.as_str())).collect();
        samples.push(self.series, &labels, self.value);
    }
}

/// One part: when it is due, and what it brought last.
#[derive(Debug)]
pub(super) struct Part {
    name: &'static str,
    /// How long a result counts; half an interval less than its period, for late polls do not add up.
    lasts: Duration,
    read_at: Option<Instant>,
    failures: u32,
    kept: Vec<Kept>,
}

impl Part {
    /// A part that is read about every `period`, beginning with the first poll.
    pub(super) fn new(name: &'static str, period: Duration, interval: Duration) -> Self {
        let lasts = period.saturating_sub(interval / 2);
        Self { name, lasts, read_at: None, failures: 0, kept: Vec::new() }
    }

    /// Whether it is to be read in this poll.
    pub(super) fn is_due(&self) -> bool {
        self.read_at.is_none_or(|read_at| read_at.elapsed() >= self.lasts)
    }

    /// Takes what a read brought.
    pub(super) fn settle(&mut self, result: Result<Vec<Kept>, CollectError>) {
        match result {
            Ok(kept) => self.settle_in_part(kept, None),
            Err(error) => {
                let last = std::mem::take(&mut self.kept);
                let kept = if self.failures + 1 >= PATIENCE { Vec::new() } else { last };
                self.settle_in_part(kept, Some(error));
            }
        }
    }

    /// Takes what a read brought although something of it failed.
    pub(super) fn settle_in_part(&mut self, kept: Vec<Kept>, error: Option<CollectError>) {
        self.read_at = Some(Instant::now());
        self.kept = kept;
        match error {
            None if self.failures > 0 => {
                info!(collector = self.name, "part of the poll works again");
                self.failures = 0;
            }
            None => {}
            Some(error) => {
                if self.failures == 0 {
                    warn!(collector = self.name, %error, "part of the poll failed");
                }
                self.failures = self.failures.saturating_add(1).min(PATIENCE);
            }
        }
    }

    /// Forgets the last result and makes the part due at once when it is asked for again.
    pub(super) fn reset(&mut self) {
        self.read_at = None;
        self.failures = 0;
        self.kept.clear();
    }

    /// Repeats the last result, and says whether the last read worked.
    pub(super) fn push(&self, samples: &mut Samples) {
        for kept in &self.kept {
            kept.push(samples);
        }
        let success = flag(self.failures == 0);
        samples.push("vakhta_collector_success", &[("collector", self.name)], success);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(part: &Part) -> Vec<String> {
        let mut samples = Samples::new(Vec::new());
        part.push(&mut samples);
        let taken = samples.take();
        taken.iter().map(|sample| format!("{} {}", sample.series, sample.value)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_result_is_repeated_until_it_failed_three_times() {
        let mut part = Part::new("p", Duration::from_secs(30), Duration::from_secs(10));
        let mut due = Vec::new();
        for _ in 0..7 {
            due.push(part.is_due());
            if part.is_due() {
                part.settle(Ok(vec![Kept::new("m", vec![("a", "1".to_owned())], 5.0)]));
            }
            tokio::time::advance(Duration::from_millis(10_400)).await;
        }
        assert_eq!(due, [true, false, false, true, false, false, true]);
        let works = "vakhta_collector_success{collector=\"p\"} 1";
        let fails = "vakhta_collector_success{collector=\"p\"} 0";
        assert_eq!(pushed(&part), ["m{a=\"1\"} 5", works]);
        let failure = || Err(CollectError::Timeout { what: "repository".to_owned(), seconds: 1.0 });
        part.settle(failure());
        part.settle(failure());
        assert_eq!(pushed(&part), ["m{a=\"1\"} 5", fails]);
        part.settle(failure());
        assert_eq!(pushed(&part), [fails]);
        part.reset();
        assert!(part.is_due());
        assert_eq!(pushed(&part), [works]);
    }
}
