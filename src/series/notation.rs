//! The series notation of promtool's rule tests, in which packs write their own tests.
//!
//! `a` one value · `_` a missing one · `a+bxN` a, then N more, each b greater (`a-bxN`: less) ·
//! `axN` a, then N more of it · `_xN` N missing ones · `stale` the end of the series. Values are
//! separated by blanks.

use promql_parser::label::MatchOp;
use promql_parser::parser::Expr as Parsed;

use crate::model::Series;

/// The most values one text may expand to.
const EXPANSION_LIMIT: usize = 100_000;

/// Why a text is not in the notation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotationError {
    /// A word that is neither a value nor an expansion.
    #[error("`{0}` is not in the series notation: write `5`, `_`, `5x10`, `0+1x10` or `_x3`")]
    Word(String),
    /// The name and labels cannot be read.
    #[error("`{0}` is not a series: write `name{{label=\"value\"}}`")]
    Series(String),
    /// Too many values.
    #[error("the series has more than {EXPANSION_LIMIT} values")]
    TooLong,
}

/// Reads a series: one entry an interval, none where a sample is missing.
///
/// # Errors
/// When a word is not in the notation, or the series becomes too long.
pub fn parse(text: &str) -> Result<Vec<Option<f64>>, NotationError> {
    let mut values = Vec::new();
    for word in text.split_whitespace() {
        expand(word, &mut values)?;
    }
    Ok(values)
}

/// Reads the name and labels of a series: `name{label="value"}`.
///
/// # Errors
/// When the text is anything else.
pub fn parse_series(text: &str) -> Result<Series, NotationError> {
    let wrong = || NotationError::Series(text.to_owned());
    let Ok(Parsed::VectorSelector(vector)) = promql_parser::parser::parse(text) else {
        return Err(wrong());
    };
    let matchers = &vector.matchers.matchers;
    let is_plain = vector.offset.is_none()
        && vector.at.is_none()
        && vector.matchers.or_matchers.is_empty()
        && matchers.iter().all(|matcher| matcher.op == MatchOp::Equal);
    if !is_plain {
        return Err(wrong());
    }
    let pairs = matchers.iter().map(|matcher| (matcher.name.as_str(), matcher.value.as_str()));
    Ok(Series::new(vector.name.as_deref().unwrap_or_default(), pairs))
}

fn expand(word: &str, values: &mut Vec<Option<f64>>) -> Result<(), NotationError> {
    let wrong = || NotationError::Word(word.to_owned());
    let (base, times) = match word.rsplit_once('x') {
        Some((base, times)) => (base, Some(times.parse::<usize>().map_err(|_| wrong())?)),
        None => (word, None),
    };
    let more = times.unwrap_or_default();
    if values.len().saturating_add(more) >= EXPANSION_LIMIT {
        return Err(NotationError::TooLong);
    }
    if base == "_" {
        values.extend(std::iter::repeat_n(None, times.unwrap_or(1)));
        return Ok(());
    }
    if word == "stale" {
        values.push(Some(f64::from_bits(super::STALE_BITS)));
        return Ok(());
    }
    if let Some(value) = number(base) {
        values.extend(std::iter::repeat_n(Some(value), more + 1));
        return Ok(());
    }
    let (mut value, step) = base_and_step(base).filter(|_| times.is_some()).ok_or_else(wrong)?;
    values.push(Some(value));
    for _ in 0..more {
        value += step;
        values.push(Some(value));
    }
    Ok(())
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

/// Splits `5+1` and `5-1` at the sign that is neither the first nor part of an exponent.
fn base_and_step(text: &str) -> Option<(f64, f64)> {
    let signs = text.char_indices().skip(1).filter(|(_, letter)| matches!(letter, '+' | '-'));
    for (place, _) in signs {
        let (base, step) = text.split_at_checked(place)?;
        if let (Some(base), Some(step)) = (number(base), number(step)) {
            return Some((base, step));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_notation_of_promtool() {
        let check = |text: &str, expected: &[f64]| {
            let values: Vec<f64> =
                parse(text).unwrap().into_iter().map(|value| value.unwrap_or(-99.0)).collect();
            assert_eq!(values, expected, "{text}");
        };
        check("", &[]);
        check("0x2 5+1x3 _ 7", &[0.0, 0.0, 0.0, 5.0, 6.0, 7.0, 8.0, -99.0, 7.0]);
        check("-1+1x2", &[-1.0, 0.0, 1.0]);
        check("1-2x2 _x2", &[1.0, -1.0, -3.0, -99.0, -99.0]);
        check("1e-3+1e+1x1", &[0.001, 10.001]);
        check("0x0 -2x1 1e3", &[0.0, -2.0, -2.0, 1000.0]);
        check("Inf -Inf", &[f64::INFINITY, f64::NEG_INFINITY]);
        assert!(parse("NaN").unwrap()[0].unwrap().is_nan());
    }

    #[test]
    fn what_is_wrong_is_named() {
        for word in ["5+1", "x3", "5x", "5x-1", "a", "_+1x2", "5++1x2", "5x1.5"] {
            let error = parse(&format!("1 {word}")).unwrap_err();
            assert_eq!(error, NotationError::Word(word.into()), "{word}");
        }
        assert_eq!(parse("0x99999999999"), Err(NotationError::TooLong));
    }

    #[test]
    fn series_are_read() {
        let check = |text: &str, expected: &str| {
            assert_eq!(parse_series(text).unwrap().to_string(), expected);
        };
        check("m", "m{}");
        check("m{b=\"1\",a=\"ю\"}", "m{a=\"ю\",b=\"1\"}");
        check("{__name__=\"m\", a=\"\\\"\"}", "m{a=\"\\\"\"}");
        for wrong in ["m{a!=\"1\"}", "m offset 5m", "m[5m]", "1", "m{", ""] {
            assert!(parse_series(wrong).is_err(), "{wrong}");
        }
    }
}
