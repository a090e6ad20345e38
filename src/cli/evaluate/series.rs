//! `evaluate series FILE.csv…`: each file through the outlier detector as it runs in production.
//!
//! Reads `timestamp,value`; writes `timestamp,value,anomaly_score,alarm,level` under the same
//! relative name.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use detectors::outlier;

use crate::cli::Failure;
use crate::cli::backup::refused;
use crate::model::Message;

/// Scores the files; returns the number of points.
///
/// # Errors
/// When a file cannot be read, has a line that is not as described, or cannot be written.
pub(super) fn run(files: &[PathBuf], out: &Path) -> Result<usize, Failure> {
    let common = common_folder(files);
    let mut count = 0;
    for file in files {
        let text = fs::read_to_string(file).map_err(refused("cli-cannot-read", file))?;
        let scored = score(&text, &mut count)
            .map_err(|message| Failure::run(message.word("file", file.display().to_string())))?;
        let relative = file.strip_prefix(&common).unwrap_or(file);
        let target = out.join(relative);
        let folder = target.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(refused("cli-cannot-make", folder))?;
        fs::write(&target, scored).map_err(refused("cli-cannot-write", &target))?;
    }
    Ok(count)
}

/// The scored lines; else what is wrong with one of them.
fn score(text: &str, count: &mut usize) -> Result<String, Message> {
    let config = outlier::Config::default();
    let mut state = outlier::State::default();
    let mut out = String::from("timestamp,value,anomaly_score,alarm,level\n");
    for (number, line) in text.lines().enumerate() {
        let wrong = |key: &'static str, word: &str| {
            Message::new(key).word("line", (number + 1).to_string()).word("word", word)
        };
        let (at, value) = line.split_once(',').ok_or_else(|| wrong("cli-csv-line", line))?;
        if number == 0 && value.trim().parse::<f64>().is_err() {
            continue;
        }
        let at_ms = moment(at).ok_or_else(|| wrong("cli-csv-time", at))?;
        let parsed = value.trim().parse::<f64>().map_err(|_| wrong("cli-csv-number", value))?;
        let scored = state.score(&config, at_ms, parsed);
        let alarm = u8::from(scored.alarm);
        let _infallible =
            writeln!(out, "{at},{value},{:.9},{alarm},{:.6}", scored.score, scored.level);
        *count += 1;
    }
    Ok(out)
}

/// `2014-04-01 00:00:00`, with or without T, fractions and an offset; without an offset UTC.
fn moment(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(at) = text.parse::<jiff::Timestamp>() {
        return Some(at.as_millisecond());
    }
    let at: jiff::civil::DateTime = text.parse().ok()?;
    Some(at.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

/// The deepest folder that holds all files; the parent's parent for files of one folder, so that
/// the folder's name is kept.
fn common_folder(files: &[PathBuf]) -> PathBuf {
    let parent = |file: &PathBuf| file.parent().map(Path::to_owned).unwrap_or_default();
    let mut common = files.first().map(parent).unwrap_or_default();
    while !files.iter().all(|file| file.starts_with(&common)) {
        let Some(up) = common.parent().map(Path::to_owned) else { return PathBuf::new() };
        common = up;
    }
    common
}
