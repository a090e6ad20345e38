//! What a client of the HTTP interface asks beside values: of what kind an expression is, raw samples, which series
//! there are.

use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr as Parsed, parse};

use super::plan::{range_selector, selector};
use super::{LENGTH_LIMIT, Labels, Line, QueryError};
use crate::model::{Message, SeriesRef, Time};
use crate::series::Store;

/// The most samples that raw series may have together.
const SAMPLES: usize = 2_000_000;

/// What an expression gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Scalar,
    /// A value of each series.
    Vector,
    /// Samples of each series: `metric[5m]`.
    Matrix,
    /// A text.
    Text,
}

fn read(text: &str) -> Result<Parsed, QueryError> {
    if text.len() > LENGTH_LIMIT {
        return Err(QueryError::too_long());
    }
    parse(text).map_err(|message| QueryError::of_parser(message).located(text))
}

/// Of what kind an expression is.
///
/// # Errors
/// When it is not PromQL.
pub fn kind(text: &str) -> Result<Kind, QueryError> {
    Ok(match read(text)?.value_type() {
        ValueType::Scalar => Kind::Scalar,
        ValueType::Vector => Kind::Vector,
        ValueType::Matrix => Kind::Matrix,
        ValueType::String => Kind::Text,
    })
}

/// The samples of `metric[5m]` at a moment, as they were taken.
///
/// # Errors
/// When it is not a range of a plain metric, or there are too many samples.
pub fn raw(store: &Store, text: &str, at: Time) -> Result<Vec<Line>, QueryError> {
    let mut parsed = read(text)?;
    while let Parsed::Paren(paren) = parsed {
        parsed = *paren.expr;
    }
    let Parsed::MatrixSelector(matrix) = &parsed else {
        return Err(QueryError::new(Message::new("query-subqueries")));
    };
    let (selector, range) = range_selector(matrix)?;
    let end = at.0.saturating_sub(selector.offset);
    let mut left = SAMPLES;
    let mut lines: Vec<Line> = Vec::new();
    let mut window = Vec::new();
    for slot in store.select(&selector.matchers, None) {
        window.clear();
        slot.window(end.saturating_sub(range), end, &mut window);
        if window.is_empty() {
            continue;
        }
        let too_many = || {
            QueryError::new(Message::new("query-range-samples").word("limit", SAMPLES.to_string()))
        };
        left = left.checked_sub(window.len()).ok_or_else(too_many)?;
        let points = window.iter().map(|(at, value)| (Time(*at), *value)).collect();
        lines.push((Labels::of(slot.series()), points));
    }
    lines.sort_by(|(left, _), (right, _)| left.cmp(right));
    Ok(lines)
}

/// The series that a selector finds with a sample between two moments, at most `limit`.
///
/// # Errors
/// When it is not a selector.
pub fn series(
    store: &Store,
    text: &str,
    from: Time,
    to: Time,
    limit: usize,
) -> Result<Vec<SeriesRef>, QueryError> {
    let Parsed::VectorSelector(vector) = read(text)? else {
        return Err(QueryError::new(Message::new("query-no-selector").word("text", text)));
    };
    let selector = selector(&vector)?;
    let slots = store.select(&selector.matchers, None).into_iter();
    // One that ended in between was there.
    let mut window = Vec::new();
    let seen = slots.filter(|slot| {
        window.clear();
        slot.window(from.0.saturating_sub(1), to.0, &mut window);
        !window.is_empty()
    });
    Ok(seen.take(limit).map(|slot| slot.series().clone()).collect())
}
