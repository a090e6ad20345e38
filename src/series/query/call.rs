//! The functions: which there are, and what their arguments must be.

use promql_parser::parser::{Call as ParsedCall, Expr as Parsed};
use regex::Regex;

use super::QueryError;
use super::plan::{Node, Selector, plan, range_selector};
use crate::model::Message;

/// A function call with its arguments.
#[derive(Clone, Debug)]
pub(super) enum Call {
    /// A function of the samples in a range.
    OverRange {
        function: RangeFunction,
        selector: Selector,
        /// Length of the range in milliseconds.
        range: i64,
        /// The quantile of `quantile_over_time`, the seconds of `predict_linear`.
        parameter: Option<Node>,
    },
    /// A function of each value on its own.
    Each { function: EachFunction, inner: Node },
    /// Keeps each value inside limits.
    Clamp { inner: Node, low: Option<Node>, high: Option<Node> },
    /// Rounds to a multiple.
    Round { inner: Node, to: Option<Node> },
    /// The evaluation time, in seconds.
    Time,
    /// The value of a vector of one, else NaN.
    Scalar(Node),
    /// A vector of one without labels.
    Vector(Node),
    /// The time of each sample, in seconds; of computed values, the evaluation time.
    Timestamp(Node),
    /// 1 when there is nothing.
    Absent(Node),
    /// 1 when there was nothing in the range.
    AbsentOverTime { selector: Selector, range: i64 },
    /// Sets a label from the match of another one.
    LabelReplace { inner: Node, target: String, template: String, source: String, regex: Regex },
    /// A quantile of classic histogram buckets.
    HistogramQuantile { quantile: Node, inner: Node },
}

/// The functions over a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RangeFunction {
    Rate,
    Increase,
    Delta,
    InstantRate,
    InstantDelta,
    Derivative,
    PredictLinear,
    Changes,
    Resets,
    Average,
    Minimum,
    Maximum,
    Sum,
    Count,
    Last,
    Quantile,
    Deviation,
    Variance,
    Present,
}

/// The functions of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EachFunction {
    Absolute,
    Ceiling,
    Floor,
    Exponential,
    Logarithm,
    Logarithm2,
    Logarithm10,
    Root,
    Sign,
}

fn range_function(name: &str) -> Option<RangeFunction> {
    Some(match name {
        "rate" => RangeFunction::Rate,
        "increase" => RangeFunction::Increase,
        "delta" => RangeFunction::Delta,
        "irate" => RangeFunction::InstantRate,
        "idelta" => RangeFunction::InstantDelta,
        "deriv" => RangeFunction::Derivative,
        "predict_linear" => RangeFunction::PredictLinear,
        "changes" => RangeFunction::Changes,
        "resets" => RangeFunction::Resets,
        "avg_over_time" => RangeFunction::Average,
        "min_over_time" => RangeFunction::Minimum,
        "max_over_time" => RangeFunction::Maximum,
        "sum_over_time" => RangeFunction::Sum,
        "count_over_time" => RangeFunction::Count,
        "last_over_time" => RangeFunction::Last,
        "quantile_over_time" => RangeFunction::Quantile,
        "stddev_over_time" => RangeFunction::Deviation,
        "stdvar_over_time" => RangeFunction::Variance,
        "present_over_time" => RangeFunction::Present,
        _ => return None,
    })
}

fn each_function(name: &str) -> Option<EachFunction> {
    Some(match name {
        "abs" => EachFunction::Absolute,
        "ceil" => EachFunction::Ceiling,
        "floor" => EachFunction::Floor,
        "exp" => EachFunction::Exponential,
        "ln" => EachFunction::Logarithm,
        "log2" => EachFunction::Logarithm2,
        "log10" => EachFunction::Logarithm10,
        "sqrt" => EachFunction::Root,
        "sgn" => EachFunction::Sign,
        _ => return None,
    })
}

/// The arguments of a call, with the words for what is wrong with them.
struct Arguments<'a> {
    function: &'a str,
    arguments: Vec<&'a Parsed>,
    depth: usize,
}

impl<'a> Arguments<'a> {
    fn raw(&self, place: usize) -> Result<&'a Parsed, QueryError> {
        let mut argument = *self.arguments.get(place).ok_or_else(|| self.wrong(place))?;
        while let Parsed::Paren(paren) = argument {
            argument = &paren.expr;
        }
        Ok(argument)
    }

    fn node(&self, place: usize) -> Result<Node, QueryError> {
        plan(self.raw(place)?, self.depth + 1)
    }

    fn optional(&self, place: usize) -> Result<Option<Node>, QueryError> {
        if place < self.arguments.len() { self.node(place).map(Some) } else { Ok(None) }
    }

    fn text(&self, place: usize) -> Result<&'a str, QueryError> {
        match self.raw(place)? {
            Parsed::StringLiteral(literal) => Ok(&literal.val),
            _ => Err(self.wrong(place)),
        }
    }

    fn range(&self, place: usize) -> Result<(Selector, i64), QueryError> {
        match self.raw(place)? {
            Parsed::MatrixSelector(matrix) => range_selector(matrix),
            Parsed::Subquery(_) => Err(QueryError::at(
                Message::new("query-over-subquery").word("function", self.function),
                self.function,
            )),
            _ => Err(self.wrong(place)),
        }
    }

    fn wrong(&self, place: usize) -> QueryError {
        let message = Message::new("query-argument").word("number", (place + 1).to_string());
        QueryError::at(message.word("function", self.function), self.function)
    }
}

/// Makes the plan of a function call.
pub(super) fn plan_call(parsed: &ParsedCall, depth: usize) -> Result<Call, QueryError> {
    let name = parsed.func.name;
    let given = parsed.args.args.iter().map(|argument| &**argument).collect();
    let arguments = Arguments { function: name, arguments: given, depth };
    if let Some(function) = range_function(name) {
        return plan_over_range(function, &arguments);
    }
    if let Some(function) = each_function(name) {
        return Ok(Call::Each { function, inner: arguments.node(0)? });
    }
    Ok(match name {
        "clamp" => Call::Clamp {
            inner: arguments.node(0)?,
            low: Some(arguments.node(1)?),
            high: Some(arguments.node(2)?),
        },
        "clamp_min" => {
            let (inner, low) = (arguments.node(0)?, Some(arguments.node(1)?));
            Call::Clamp { inner, low, high: None }
        }
        "clamp_max" => {
            let (inner, high) = (arguments.node(0)?, Some(arguments.node(1)?));
            Call::Clamp { inner, low: None, high }
        }
        "round" => Call::Round { inner: arguments.node(0)?, to: arguments.optional(1)? },
        "time" => Call::Time,
        "scalar" => Call::Scalar(arguments.node(0)?),
        "vector" => Call::Vector(arguments.node(0)?),
        "timestamp" => Call::Timestamp(arguments.node(0)?),
        "absent" => Call::Absent(arguments.node(0)?),
        "absent_over_time" => {
            let (selector, range) = arguments.range(0)?;
            Call::AbsentOverTime { selector, range }
        }
        "label_replace" => plan_label_replace(&arguments)?,
        "histogram_quantile" => {
            let (quantile, inner) = (arguments.node(0)?, arguments.node(1)?);
            Call::HistogramQuantile { quantile, inner }
        }
        _ => {
            let message = Message::new("query-function").word("function", name);
            return Err(QueryError::at(message, name));
        }
    })
}

fn plan_over_range(function: RangeFunction, arguments: &Arguments<'_>) -> Result<Call, QueryError> {
    let (range_place, parameter) = match function {
        RangeFunction::Quantile => (1, Some(arguments.node(0)?)),
        RangeFunction::PredictLinear => (0, Some(arguments.node(1)?)),
        _ => (0, None),
    };
    let (selector, range) = arguments.range(range_place)?;
    Ok(Call::OverRange { function, selector, range, parameter })
}

fn plan_label_replace(arguments: &Arguments<'_>) -> Result<Call, QueryError> {
    let pattern = arguments.text(4)?;
    let regex = Regex::new(&format!("^(?s:{pattern})$")).map_err(|_| {
        QueryError::at(
            Message::new("query-replace-pattern").word("pattern", pattern),
            &quoted(pattern),
        )
    })?;
    let target = arguments.text(1)?.to_owned();
    let is_name = target.chars().all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
        && !target.starts_with(|letter: char| letter.is_ascii_digit())
        && !target.is_empty();
    if !is_name {
        return Err(QueryError::at(
            Message::new("query-label-name").word("name", &target),
            &quoted(&target),
        ));
    }
    Ok(Call::LabelReplace {
        inner: arguments.node(0)?,
        target,
        template: arguments.text(2)?.to_owned(),
        source: arguments.text(3)?.to_owned(),
        regex,
    })
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
