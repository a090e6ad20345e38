//! Prometheus' text exposition and OpenMetrics, read line by line as the bytes arrive.
//!
//! What holds: a line that cannot be read is counted with its number and reason and loses no other
//! line; nothing is kept between chunks but one unfinished line of at most [`LINE_LIMIT`] bytes;
//! no input makes it panic. It does not judge what a series means: comments (`# TYPE`, `# HELP`,
//! `# UNIT`) are passed over. Native histograms are counted and skipped.
//!
//! Formats: <https://prometheus.io/docs/instrumenting/exposition_formats/> and OpenMetrics 1.0.

mod line;
mod series;
#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hasher};

use crate::model::Time;

use super::Samples;
use line::Parsed;
pub use line::Reason;
pub use series::{Name, SeriesText, parse_series};

/// Longer lines are counted as bad and passed over.
pub const LINE_LIMIT: usize = 64 << 10;

/// So many bad lines are reported with their place; the rest are only counted.
const REPORTED_LIMIT: usize = 5;

/// Which of the two formats a page is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Prometheus' text format 0.0.4: time stamps in milliseconds.
    Text,
    /// OpenMetrics 1.0: time stamps in seconds, `# EOF` at the end.
    OpenMetrics,
}

/// One sample as it stands on its line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawSample<'a> {
    /// Name and labels as they are written: equal texts are equal series.
    pub series: &'a [u8],
    /// The value.
    pub value: f64,
    /// The time stamp, if the line has one.
    pub at: Option<Time>,
}

/// A line that could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub reason: Reason,
}

/// What a page held.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Samples given out.
    pub samples: u64,
    /// Lines that could not be read.
    pub bad_lines: u64,
    /// The first few of them.
    pub first_bad: Vec<BadLine>,
    /// Native histograms skipped.
    pub native_histograms: u64,
    /// Whether `# EOF` was seen: OpenMetrics promises it, without it the page was cut.
    pub has_end: bool,
}

/// Reads a page in chunks of any size.
#[derive(Debug)]
pub struct Parser {
    dialect: Dialect,
    line: u64,
    carry: Vec<u8>,
    skips_line: bool,
    report: Report,
}

impl Parser {
    /// Starts a page.
    #[must_use]
    pub fn new(dialect: Dialect) -> Self {
        Self { dialect, line: 0, carry: Vec::new(), skips_line: false, report: Report::default() }
    }

    /// Takes the next bytes and gives out the samples of every line that ends in them. The sink says
    /// whether it could use the series.
    pub fn feed<S>(&mut self, chunk: &[u8], sink: &mut S)
    where
        S: FnMut(RawSample<'_>) -> Result<(), Reason>,
    {
        for piece in chunk.split_inclusive(|byte| *byte == b'\n') {
            let Some((b'\n', text)) = piece.split_last() else {
                self.keep(piece);
                return;
            };
            if self.skips_line {
                self.skips_line = false;
                continue;
            }
            if self.carry.is_empty() {
                self.line(text, sink);
                continue;
            }
            self.keep(text);
            if self.skips_line {
                self.skips_line = false;
                continue;
            }
            let mut whole = std::mem::take(&mut self.carry);
            self.line(&whole, sink);
            whole.clear();
            self.carry = whole;
        }
    }

    /// Ends a page that came whole. A last line without its line end is read in the text format; in
    /// OpenMetrics, where every page ends with `# EOF`, it is dropped, and a page without that end
    /// was cut: that counts as one bad line.
    pub fn finish<S>(mut self, sink: &mut S) -> Report
    where
        S: FnMut(RawSample<'_>) -> Result<(), Reason>,
    {
        let last = std::mem::take(&mut self.carry);
        let needs_end = self.dialect == Dialect::OpenMetrics;
        if !last.is_empty() && (!needs_end || last.trim_ascii_end() == b"# EOF") {
            self.line(&last, sink);
        }
        if needs_end && !self.report.has_end {
            self.line += 1;
            self.bad(Reason::Cut);
        }
        self.report
    }

    /// Ends a page that broke off: its unfinished line is dropped.
    #[must_use]
    pub fn abandon(self) -> Report {
        self.report
    }

    /// Keeps the beginning of a line until the rest of it comes.
    fn keep(&mut self, piece: &[u8]) {
        if self.skips_line {
            return;
        }
        if self.carry.len() + piece.len() > LINE_LIMIT {
            self.carry.clear();
            self.skips_line = true;
            self.line += 1;
            self.bad(Reason::TooLong);
            return;
        }
        self.carry.extend_from_slice(piece);
    }

    fn line<S>(&mut self, text: &[u8], sink: &mut S)
    where
        S: FnMut(RawSample<'_>) -> Result<(), Reason>,
    {
        self.line += 1;
        if text.len() > LINE_LIMIT {
            self.bad(Reason::TooLong);
            return;
        }
        match line::parse(text, self.dialect) {
            Ok(Parsed::Nothing) => {}
            Ok(Parsed::End) => self.report.has_end = true,
            Ok(Parsed::NativeHistogram) => self.report.native_histograms += 1,
            Ok(Parsed::Sample(sample)) => match sink(sample) {
                Ok(()) => self.report.samples += 1,
                Err(reason) => self.bad(reason),
            },
            Err(reason) => self.bad(reason),
        }
    }

    fn bad(&mut self, reason: Reason) {
        self.report.bad_lines += 1;
        if self.report.first_bad.len() < REPORTED_LIMIT {
            self.report.first_bad.push(BadLine { line: self.line, reason });
        }
    }
}

/// Reads a whole page.
pub fn parse<S>(page: &[u8], dialect: Dialect, sink: &mut S) -> Report
where
    S: FnMut(RawSample<'_>) -> Result<(), Reason>,
{
    let mut parser = Parser::new(dialect);
    parser.feed(page, sink);
    parser.finish(sink)
}

/// Reads a whole page into the samples of a poll.
pub fn samples(page: &[u8], dialect: Dialect, samples: &mut Samples) -> Report {
    parse(page, dialect, &mut into_samples(samples))
}

/// A sink that adds to the samples of a poll. Labels are read once a series: afterwards its text is
/// known by a hash. Time stamps are not used; a sample has the time of its poll.
pub fn into_samples(samples: &mut Samples) -> impl FnMut(RawSample<'_>) -> Result<(), Reason> {
    move |raw| {
        let mut hasher = DefaultHasher::new();
        hasher.write(raw.series);
        let key = hasher.finish();
        if samples.push_known(key, raw.value) {
            return Ok(());
        }
        let (name, labels) = parse_series(raw.series)?;
        let labels: Vec<(&str, &str)> =
            labels.iter().map(|(name, value)| (&**name, &**value)).collect();
        samples.remember_labels(key, &name, &labels);
        samples.push_known(key, raw.value);
        Ok(())
    }
}
