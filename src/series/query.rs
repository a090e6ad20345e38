//! PromQL over the store: what packs and charts ask.
//!
//! The text is parsed and checked when it is loaded; what is not supported is refused then. The
//! semantics are those of Prometheus 3: ranges and the look-back are open on the left, `rate` and
//! its kin extrapolate to the edges of the range, a series that ended is gone at once. Results are
//! in order of their labels. Not supported: subqueries, `@`, `fill`, native histograms, topk.

pub mod ask;
mod call;
mod eval;
mod labels;
mod matching;
mod plan;
mod statistics;
#[cfg(test)]
mod tests;
mod window;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use crate::model::{Message, Time};

use super::{LOOKBACK, Store, millis};
use call::Call;
use eval::Evaluation;
pub use labels::Labels;
use plan::{Node, Selector};

/// Longer texts are refused.
const LENGTH_LIMIT: usize = 8_192;

/// The most moments one range query may ask for, as in Prometheus.
const STEPS_LIMIT: i64 = 11_000;

/// A result with the values of several moments.
pub type Line = (Labels, Vec<(Time, f64)>);

/// Why an expression cannot be loaded, or gives no answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{}", message.key)]
pub struct QueryError {
    /// What is wrong and what to do: `query-…` of `i18n/check.*.ftl`.
    pub message: Message,
    /// Where in the expression, in characters from 1, as far as known.
    pub column: Option<usize>,
    /// The words that are wrong, until their column is looked up.
    near: Option<String>,
}

impl QueryError {
    fn new(message: Message) -> Self {
        Self { message, column: None, near: None }
    }

    fn at(message: Message, near: &str) -> Self {
        Self { message, column: None, near: Some(near.to_owned()) }
    }

    /// An error of the parser: what it quotes is where it happened.
    fn of_parser(words: String) -> Self {
        let near = words.split('\'').nth(1).filter(|word| !word.is_empty()).map(str::to_owned);
        Self { message: Message::new("query-not-promql").word("words", words), column: None, near }
    }

    fn too_long() -> Self {
        Self::new(Message::new("query-long").word("limit", LENGTH_LIMIT.to_string()))
    }

    fn located(mut self, text: &str) -> Self {
        let found = self.near.take().and_then(|near| text.find(&near));
        let before = found.and_then(|place| text.get(..place));
        self.column = before.map(|before| before.chars().count() + 1);
        self
    }
}

/// An expression, checked and ready.
#[derive(Clone, Debug)]
pub struct Expr {
    node: Node,
    lookback: i64,
}

impl Expr {
    /// Reads an expression.
    ///
    /// # Errors
    /// When it is not PromQL, or asks for something that is not supported.
    pub fn parse(text: &str) -> Result<Self, QueryError> {
        if text.len() > LENGTH_LIMIT {
            return Err(QueryError::too_long());
        }
        let parsed = promql_parser::parser::parse(text)
            .map_err(|message| QueryError::of_parser(message).located(text))?;
        let node = plan::plan(&parsed, 0).map_err(|error| error.located(text))?;
        Ok(Self { node, lookback: millis(LOOKBACK) })
    }

    /// Sets how long a value counts as current; otherwise it is [`LOOKBACK`].
    #[must_use]
    pub fn with_lookback(mut self, lookback: Duration) -> Self {
        self.lookback = millis(lookback);
        self
    }

    /// Its values at one moment, in order of labels; a plain number has no labels. `restrict` adds
    /// a label and its value to every selector.
    ///
    /// # Errors
    /// When series cannot be matched one to one, or the expression reads too many samples.
    pub fn instant(
        &self,
        store: &Store,
        at: Time,
        restrict: Option<(&str, &str)>,
    ) -> Result<Vec<(Labels, f64)>, QueryError> {
        Evaluation::new(store, restrict, self.lookback).run(&self.node, at.0)
    }

    /// Its values from one moment to another, both included, every `step`; for charts. Lines are in
    /// order of labels; moments without a value are left out.
    ///
    /// # Errors
    /// When [`Expr::instant`] fails at one of the moments, or there would be too many of them.
    pub fn range(
        &self,
        store: &Store,
        from: Time,
        to: Time,
        step: Duration,
    ) -> Result<Vec<Line>, QueryError> {
        let step = millis(step).max(1);
        if to.0.saturating_sub(from.0) / step >= STEPS_LIMIT {
            let message = Message::new("query-moments").word("limit", STEPS_LIMIT.to_string());
            return Err(QueryError::new(message));
        }
        let mut evaluation = Evaluation::new(store, None, self.lookback);
        let mut places: HashMap<Labels, usize> = HashMap::new();
        let mut lines: Vec<Line> = Vec::new();
        let mut at = from;
        while at <= to {
            for (labels, value) in evaluation.run(&self.node, at.0)? {
                let place = *places.entry(labels).or_insert_with_key(|labels| {
                    lines.push((labels.clone(), Vec::new()));
                    lines.len() - 1
                });
                if let Some((_, values)) = lines.get_mut(place) {
                    values.push((at, value));
                }
            }
            let next = at.plus_millis(step);
            if next <= at {
                break;
            }
            at = next;
        }
        lines.sort_by(|(left, _), (right, _)| left.cmp(right));
        Ok(lines)
    }

    /// The metric names it reads, in order, each once. A selector that asks for no exact name has
    /// none: see [`Expr::has_unnamed_selector`].
    #[must_use]
    pub fn selectors(&self) -> Vec<&str> {
        let mut names = BTreeSet::new();
        each_selector(&self.node, &mut |selector| names.extend(selector.name()));
        names.into_iter().collect()
    }

    /// Whether some selector asks for no exact metric name.
    #[must_use]
    pub fn has_unnamed_selector(&self) -> bool {
        let mut found = false;
        each_selector(&self.node, &mut |selector| found |= selector.name().is_none());
        found
    }
}

fn each_selector<'a>(node: &'a Node, visit: &mut impl FnMut(&'a Selector)) {
    match node {
        Node::Number(_) => {}
        Node::Select(selector) => visit(selector),
        Node::Negate(inner) => each_selector(inner, visit),
        Node::Binary(binary) => {
            each_selector(&binary.left, visit);
            each_selector(&binary.right, visit);
        }
        Node::Set(set) => {
            each_selector(&set.left, visit);
            each_selector(&set.right, visit);
        }
        Node::Aggregate(aggregation) => {
            each_selector(&aggregation.inner, visit);
            aggregation.parameter.iter().for_each(|node| each_selector(node, visit));
        }
        Node::Call(call) => match &**call {
            Call::OverRange { selector, parameter, .. } => {
                visit(selector);
                parameter.iter().for_each(|node| each_selector(node, visit));
            }
            Call::AbsentOverTime { selector, .. } => visit(selector),
            Call::Time => {}
            Call::Each { inner, .. }
            | Call::LabelReplace { inner, .. }
            | Call::Scalar(inner)
            | Call::Vector(inner)
            | Call::Timestamp(inner)
            | Call::Absent(inner) => each_selector(inner, visit),
            Call::Clamp { inner, low, high } => {
                each_selector(inner, visit);
                low.iter().chain(high).for_each(|node| each_selector(node, visit));
            }
            Call::Round { inner, to } => {
                each_selector(inner, visit);
                to.iter().for_each(|node| each_selector(node, visit));
            }
            Call::HistogramQuantile { quantile, inner } => {
                each_selector(quantile, visit);
                each_selector(inner, visit);
            }
        },
    }
}
