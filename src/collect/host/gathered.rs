//! What a pass over `/proc` and `/sys` found, before it becomes samples, and how files are read.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::time::{ClockId, clock_gettime};

use crate::collect::Samples;

/// The most bytes read from one file: `/proc/net/dev` of a busy container host is far below it.
const FILE_LIMIT: u64 = 4 << 20;

/// One value and its labels.
#[derive(Debug)]
struct Row {
    name: Cow<'static, str>,
    labels: Vec<(&'static str, String)>,
    value: f64,
}

/// The values of one pass.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    rows: Vec<Row>,
}

impl Gathered {
    /// Adds a value.
    pub(super) fn push<const N: usize>(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        labels: [(&'static str, &str); N],
        value: f64,
    ) {
        let labels = labels.into_iter().map(|(label, text)| (label, text.to_owned())).collect();
        self.rows.push(Row { name: name.into(), labels, value });
    }

    /// Notes how a part went, with node_exporter's own two series.
    pub(super) fn part(&mut self, part: &'static str, is_success: bool, seconds: f64) {
        let success = if is_success { 1.0 } else { 0.0 };
        self.push("node_scrape_collector_success", [("collector", part)], success);
        self.push("vakhta_collector_success", [("collector", part)], success);
        self.push("node_scrape_collector_duration_seconds", [("collector", part)], seconds);
    }

    /// Hands all values over.
    pub(super) fn into_samples(self, samples: &mut Samples) {
        let mut labels: Vec<(&str, &str)> = Vec::new();
        for row in &self.rows {
            labels.clear();
            labels.extend(row.labels.iter().map(|(label, text)| (*label, text.as_str())));
            samples.push(&row.name, &labels, row.value);
        }
    }
}

/// Reads a small text file of the kernel; bytes that are not UTF-8 are replaced.
pub(super) fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_LIMIT).read_to_end(&mut bytes)?;
    Ok(match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
    })
}

/// Reads a file that holds one number.
pub(super) fn read_number(path: &Path) -> io::Result<f64> {
    let text = read(path)?;
    text.trim().parse().map_err(|_| unreadable(path))
}

/// The error for a file whose form is not known.
pub(super) fn unreadable(path: &Path) -> io::Error {
    let message = format!("{} has an unknown form", path.display());
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// A count as a sample value.
#[expect(clippy::as_conversions, reason = "above 2^53 a sample may round")]
pub(super) fn float(count: u64) -> f64 {
    count as f64
}

/// Seconds of a clock that only goes forward; for durations.
pub(super) fn monotonic() -> f64 {
    seconds(ClockId::Monotonic)
}

/// The watched host's own clock: Unix seconds.
pub(super) fn wall() -> f64 {
    seconds(ClockId::Realtime)
}

#[expect(clippy::as_conversions, reason = "exact to a microsecond for centuries")]
fn seconds(clock: ClockId) -> f64 {
    let now = clock_gettime(clock);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}
