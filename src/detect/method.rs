//! The method section of a rule.

use std::collections::BTreeMap;

use detectors::{
    ConfigError, Direction, Ladder, Method, Severity, counter, forecast, freshness, no_data,
    outlier, set_change, threshold,
};

use super::decode::millis;
use super::pack::Judge;
use crate::config::{Node, Reader, Value, duration};
use crate::model::Message;

/// The names of method sections.
pub(super) const SECTIONS: [&str; 7] =
    ["threshold", "forecast", "outlier", "counter_increase", "freshness", "no_data", "set_change"];

/// Reads the one method section of a rule and checks its parameters.
pub(super) fn judge(reader: &mut Reader<'_, '_>) -> Option<Judge> {
    let found: Vec<(&'static str, &Node)> =
        SECTIONS.iter().filter_map(|name| reader.node(name).map(|node| (*name, node))).collect();
    let [(name, node)] = found.as_slice() else {
        let place = reader.place().clone();
        let message = match found.len() {
            0 => Message::new("check-no-method"),
            count => Message::new("check-many-methods").word("count", count.to_string()),
        };
        reader.errors.error(&place, message.word("known", SECTIONS.join(", ")));
        return None;
    };
    let mut inner = Reader::new(node, reader.errors);
    let judge = match *name {
        "threshold" => threshold(&mut inner).map(|c| Judge::Each(Method::Threshold(c))),
        "forecast" => forecast(&mut inner).map(|c| Judge::Each(Method::Forecast(c))),
        "outlier" => outlier(&mut inner).map(|c| Judge::Each(Method::Outlier(c))),
        "counter_increase" => counter(&mut inner).map(|c| Judge::Each(Method::CounterIncrease(c))),
        "freshness" => freshness(&mut inner).map(|c| Judge::Each(Method::Freshness(c))),
        "no_data" => no_data(&mut inner).map(|c| Judge::Each(Method::NoData(c))),
        _ => Some(Judge::Set(set_change(&mut inner))),
    };
    inner.finish();
    let judge = judge?;
    let checked = match &judge {
        Judge::Each(method) => method.check(),
        Judge::Set(config) => config.check(),
    };
    if let Err(error) = checked {
        reader.errors.error(&node.place, unfit(&error));
        return None;
    }
    Some(judge)
}

/// What to say of a method whose parameters do not go together.
fn unfit(error: &ConfigError) -> Message {
    match *error {
        ConfigError::EmptyLadder => Message::new("check-ladder-empty"),
        ConfigError::LadderOrder { milder, worse } => {
            Message::new("check-ladder-order").word("milder", milder).word("worse", worse)
        }
        ConfigError::NotFinite { field } => Message::new("check-not-finite").word("field", field),
        ConfigError::Negative { field } => Message::new("check-negative").word("field", field),
        ConfigError::NotPositive { field } => {
            Message::new("check-not-positive").word("field", field)
        }
        ConfigError::Range { field, low, high } => Message::new("check-parameter-range")
            .word("field", field)
            .word("low", low.to_string())
            .word("high", high.to_string()),
        ConfigError::ClearBeyondRaise => Message::new("check-clear-beyond"),
        ConfigError::ShortNotShorter => Message::new("check-short-window"),
    }
}

fn span(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<i64> {
    reader.duration(key).map(millis)
}

const ANY: std::ops::RangeInclusive<f64> = -1e300..=1e300;

/// A ladder `{warning: 3, critical: 10}`; values are numbers, or durations as seconds.
fn levels(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    direction: Direction,
    are_spans: bool,
) -> Option<Ladder> {
    let node = reader.required(key)?;
    let Value::Map(entries) = &node.value else {
        let expected = Message::new("check-expected-levels");
        reader.wrong(node, expected, "{warning: 3, critical: 10}");
        return None;
    };
    let mut levels = BTreeMap::new();
    for (word, place, value) in entries {
        let Some(severity) = Severity::parse(word) else {
            reader.errors.error(place, Message::new("check-no-severity").word("word", word));
            continue;
        };
        let level = match &value.value {
            Value::Number(number) if !are_spans => Some(*number),
            Value::String(text) if are_spans => duration(text).map(|span| span.as_secs_f64()),
            _ => None,
        };
        match level {
            Some(level) => drop(levels.insert(severity, level)),
            None if are_spans => {
                reader.wrong(value, Message::new("check-expected-duration"), "4h");
            }
            None => reader.wrong(value, Message::new("check-expected-number"), "10"),
        }
    }
    match Ladder::new(levels, direction) {
        Ok(ladder) => Some(ladder),
        Err(error) => {
            reader.errors.error(&node.place, unfit(&error));
            None
        }
    }
}

fn threshold(reader: &mut Reader<'_, '_>) -> Option<threshold::Config> {
    let direction = reader
        .word("direction", &["above", "below"], |word| match word {
            "above" => Some(Direction::Above),
            "below" => Some(Direction::Below),
            _ => None,
        })
        .unwrap_or(Direction::Above);
    let raise = levels(reader, "raise", direction, false);
    let clear = reader.number("clear", ANY);
    let hold_ms = span(reader, "hold").unwrap_or(0);
    let clear_hold_ms = span(reader, "clear_hold");
    Some(threshold::Config { direction, raise: raise?, clear, hold_ms, clear_hold_ms })
}

fn forecast(reader: &mut Reader<'_, '_>) -> Option<forecast::Config> {
    reader.required("limit");
    let limit = reader.number("limit", ANY);
    let direction = reader
        .word("direction", &["down", "up"], |word| match word {
            "down" => Some(forecast::Trend::Down),
            "up" => Some(forecast::Trend::Up),
            _ => None,
        })
        .unwrap_or(forecast::Trend::Down);
    let time_left = levels(reader, "time_left", Direction::Below, true);
    let long_ms = span(reader, "long").unwrap_or(6 * 3_600_000);
    let short_ms = span(reader, "short").unwrap_or(3_600_000);
    let min_history_ms = span(reader, "min_history").unwrap_or(600_000);
    let only_past = reader.number("only_past", ANY);
    Some(forecast::Config {
        limit: limit?,
        direction,
        time_left: time_left?,
        long_ms,
        short_ms,
        min_history_ms,
        only_past,
    })
}

fn outlier(reader: &mut Reader<'_, '_>) -> Option<outlier::Config> {
    let usual = outlier::Config::default();
    let direction = reader
        .word("direction", &["above", "below", "both"], |word| match word {
            "above" => Some(outlier::Side::Above),
            "below" => Some(outlier::Side::Below),
            "both" => Some(outlier::Side::Both),
            _ => None,
        })
        .unwrap_or(usual.direction);
    let min_history_ms = span(reader, "min_history").unwrap_or(usual.min_history_ms);
    let min_change = reader.number("min_change", 0.0..=1e300).unwrap_or(usual.min_change);
    let raise = match reader.node("raise") {
        Some(_) => levels(reader, "raise", Direction::Above, false)?,
        None => usual.raise,
    };
    let hold_ms = span(reader, "hold").unwrap_or(usual.hold_ms);
    Some(outlier::Config { direction, min_history_ms, min_change, raise, hold_ms })
}

fn counter(reader: &mut Reader<'_, '_>) -> Option<counter::Config> {
    let over_ms = span(reader, "over").unwrap_or(300_000);
    let raise = levels(reader, "raise", Direction::Above, false);
    let quiet_ms = span(reader, "quiet").unwrap_or(600_000);
    Some(counter::Config { over_ms, raise: raise?, quiet_ms })
}

fn freshness(reader: &mut Reader<'_, '_>) -> Option<freshness::Config> {
    let max_age = levels(reader, "max_age", Direction::Above, true)?;
    Some(freshness::Config { max_age })
}

fn severity(reader: &mut Reader<'_, '_>) -> Option<Severity> {
    let words = Severity::ALL.map(Severity::as_str);
    reader.required("severity");
    reader.word("severity", &words, Severity::parse)
}

fn no_data(reader: &mut Reader<'_, '_>) -> Option<no_data::Config> {
    reader.required("after");
    let after_ms = span(reader, "after");
    let severity = severity(reader);
    Some(no_data::Config { after_ms: after_ms?, severity: severity? })
}

fn set_change(reader: &mut Reader<'_, '_>) -> set_change::Config {
    let learn_ms = span(reader, "learn").unwrap_or(300_000);
    let missing = reader.node("missing").and_then(|node| {
        let mut inner = Reader::new(node, reader.errors);
        let severity = severity(&mut inner);
        let after = span(&mut inner, "after").unwrap_or(0);
        inner.finish();
        Some((severity?, after))
    });
    let added = reader.node("added").and_then(|node| {
        let mut inner = Reader::new(node, reader.errors);
        let severity = severity(&mut inner);
        inner.finish();
        severity
    });
    let forget_ms = span(reader, "forget").unwrap_or(7 * 86_400_000);
    set_change::Config { learn_ms, missing, added, forget_ms }
}
