//! One line: where its series ends, its value and its time stamp. Labels are not looked into.

use crate::model::Time;

use super::{Dialect, RawSample};

/// Why a line cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// Longer than the limit.
    #[error("the line is longer than 64 KiB")]
    TooLong,
    /// The page ends here, without `# EOF`.
    #[error("the page ends here, without `# EOF`")]
    Cut,
    /// No metric name where it should be.
    #[error("no metric name at the beginning")]
    Name,
    /// `{` without `}`, or a quote without its end.
    #[error("the labels have no end")]
    Unclosed,
    /// The labels are not `name="value"` pairs.
    #[error("the labels are not name=\"value\" pairs")]
    Labels,
    /// A label is there twice.
    #[error("a label is there twice")]
    Duplicate,
    /// More labels than a series may have.
    #[error("too many labels")]
    TooMany,
    /// Not UTF-8, or a NUL byte.
    #[error("not UTF-8 text")]
    Text,
    /// No value.
    #[error("no value")]
    NoValue,
    /// The value is not a number.
    #[error("the value is not a number")]
    Value,
    /// The time stamp is not a number.
    #[error("the time stamp is not a number")]
    TimeStamp,
    /// Something stands after the time stamp.
    #[error("unexpected text after the value")]
    Rest,
}

/// What a line is.
#[derive(Debug, PartialEq)]
pub(super) enum Parsed<'a> {
    /// Empty, or a comment.
    Nothing,
    /// `# EOF`.
    End,
    /// A native histogram, which is not supported.
    NativeHistogram,
    /// A sample.
    Sample(RawSample<'a>),
}

/// Reads a line without its line feed.
pub(super) fn parse(line: &[u8], dialect: Dialect) -> Result<Parsed<'_>, Reason> {
    let line = line.trim_ascii();
    match line.first() {
        None => return Ok(Parsed::Nothing),
        Some(b'#') => {
            return Ok(if line == b"# EOF" { Parsed::End } else { Parsed::Nothing });
        }
        Some(_) => {}
    }
    let end = series_end(line)?;
    let (series, rest) = line.split_at_checked(end).ok_or(Reason::NoValue)?;
    if series.is_empty() {
        return Err(Reason::Name);
    }
    let rest = rest.trim_ascii_start();
    if rest.first() == Some(&b'{') {
        return Ok(Parsed::NativeHistogram);
    }
    let (value, rest) = word(rest);
    let value = number(value)?;
    let (stamp, rest) = word(rest);
    let has_exemplar = |text: &[u8]| text.first() == Some(&b'#');
    if stamp.is_empty() || has_exemplar(stamp) {
        return Ok(Parsed::Sample(RawSample { series, value, at: None }));
    }
    if !rest.is_empty() && !has_exemplar(rest) {
        return Err(Reason::Rest);
    }
    let at = Some(time(stamp, dialect)?);
    Ok(Parsed::Sample(RawSample { series, value, at }))
}

/// Where name and labels end: after the brace that closes the labels, or at the first blank after
/// the name. The line starts with something else than a blank.
fn series_end(line: &[u8]) -> Result<usize, Reason> {
    let is_end = |byte: &u8| matches!(byte, b'{' | b' ' | b'\t');
    let name = line.iter().position(is_end).ok_or(Reason::NoValue)?;
    let after = line.get(name..).unwrap_or_default();
    let blanks = after.len() - after.trim_ascii_start().len();
    // `name {a="b"} 1` has its labels after a blank; `name {…}` alone is a native histogram.
    let labels = after.get(blanks..).unwrap_or_default();
    if labels.first() != Some(&b'{') || (blanks > 0 && !has_value_after_braces(labels)) {
        return Ok(name);
    }
    closing_brace(labels).map(|length| name + blanks + length)
}

fn has_value_after_braces(labels: &[u8]) -> bool {
    let end = closing_brace(labels).ok();
    let rest = end.and_then(|end| labels.get(end..)).unwrap_or_default();
    rest.iter().any(|byte| !byte.is_ascii_whitespace())
}

/// The number of bytes up to and with the `}` that is not inside quotes.
fn closing_brace(labels: &[u8]) -> Result<usize, Reason> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    for (place, byte) in labels.iter().enumerate() {
        if is_quoted {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => is_quoted = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => is_quoted = true,
            b'}' => return Ok(place + 1),
            _ => {}
        }
    }
    Err(Reason::Unclosed)
}

/// Splits off the first word; the rest starts with the next one.
fn word(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at_checked(end).unwrap_or((text, &[]));
    (word, rest.trim_ascii_start())
}

/// Reads a value; whole numbers of up to 15 digits, the most frequent kind, without detour.
fn number(word: &[u8]) -> Result<f64, Reason> {
    if word.is_empty() {
        return Err(Reason::NoValue);
    }
    if word.len() <= 15 && word.iter().all(u8::is_ascii_digit) {
        let whole = word.iter().fold(0_u64, |sum, digit| sum * 10 + u64::from(digit - b'0'));
        return Ok(exact(whole));
    }
    let text = std::str::from_utf8(word).map_err(|_| Reason::Value)?;
    text.parse().map_err(|_| Reason::Value)
}

#[expect(clippy::as_conversions, reason = "15 digits are below 2^53, so the number is exact")]
fn exact(whole: u64) -> f64 {
    whole as f64
}

fn time(word: &[u8], dialect: Dialect) -> Result<Time, Reason> {
    let text = std::str::from_utf8(word).map_err(|_| Reason::TimeStamp)?;
    match dialect {
        Dialect::Text => text.parse().map(Time).map_err(|_| Reason::TimeStamp),
        Dialect::OpenMetrics => match text.parse::<f64>() {
            Ok(seconds) if seconds.is_finite() => Ok(Time::from_seconds(seconds)),
            _ => Err(Reason::TimeStamp),
        },
    }
}
