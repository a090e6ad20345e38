//! Evaluates a plan at one moment.

use std::collections::HashMap;

use crate::model::{Message, Time, number};
use crate::series::Store;
use crate::series::index::Test;

use super::QueryError;
use super::call::{Call, EachFunction, RangeFunction};
use super::labels::{Labels, NAME, Rule};
use super::matching::{binary, groups, set};
use super::plan::{Aggregation, Aggregator, Node, Selector};
use super::statistics::{Bucket, greater, histogram_quantile, quantile, smaller, sum, variance};
use super::window::Window;

/// The most samples one query may read, as in Prometheus.
const SAMPLES_LIMIT: usize = 50_000_000;

/// One value with its labels.
#[derive(Clone, Debug)]
pub(super) struct Element {
    pub(super) labels: Labels,
    pub(super) value: f64,
}

/// What a node gives.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Scalar(f64),
    Vector(Vec<Element>),
}

impl Value {
    fn scalar(self) -> f64 {
        match self {
            Self::Scalar(value) => value,
            Self::Vector(_) => f64::NAN,
        }
    }

    fn vector(self) -> Vec<Element> {
        match self {
            Self::Scalar(value) => vec![Element { labels: Labels::from_pairs([]), value }],
            Self::Vector(elements) => elements,
        }
    }
}

/// What stays the same through a query, and what it may still read.
#[derive(Debug)]
pub(super) struct Evaluation<'a> {
    store: &'a Store,
    restrict: Option<(&'a str, &'a str)>,
    lookback: i64,
    left: usize,
    window: Vec<(i64, f64)>,
}

impl<'a> Evaluation<'a> {
    /// Starts a query.
    pub(super) fn new(
        store: &'a Store,
        restrict: Option<(&'a str, &'a str)>,
        lookback: i64,
    ) -> Self {
        Self { store, restrict, lookback, left: SAMPLES_LIMIT, window: Vec::new() }
    }

    /// The values at one moment, in order of labels.
    pub(super) fn run(&mut self, node: &Node, at: i64) -> Result<Vec<(Labels, f64)>, QueryError> {
        let elements = self.eval(node, at)?.vector();
        let mut values: Vec<(Labels, f64)> =
            elements.into_iter().map(|element| (element.labels, element.value)).collect();
        values.sort_by(|(left, _), (right, _)| left.cmp(right));
        let mut pairs = values.iter().zip(values.iter().skip(1));
        if let Some(((labels, _), _)) = pairs.find(|((left, _), (right, _))| left == right) {
            let message = Message::new("query-same-labels").word("labels", labels.to_string());
            return Err(QueryError::new(message));
        }
        Ok(values)
    }

    fn eval(&mut self, node: &Node, at: i64) -> Result<Value, QueryError> {
        match node {
            Node::Number(value) => Ok(Value::Scalar(*value)),
            Node::Select(selector) => {
                let elements = self.select(selector, at)?;
                Ok(Value::Vector(elements.into_iter().map(|(element, _)| element).collect()))
            }
            Node::Negate(inner) => Ok(match self.eval(inner, at)? {
                Value::Scalar(value) => Value::Scalar(-value),
                Value::Vector(elements) => Value::Vector(each(elements, |value| -value)),
            }),
            Node::Binary(plan) => {
                let left = self.eval(&plan.left, at)?;
                let right = self.eval(&plan.right, at)?;
                binary(plan, left, right)
            }
            Node::Set(plan) => {
                let left = self.vector(&plan.left, at)?;
                let right = self.vector(&plan.right, at)?;
                Ok(Value::Vector(set(plan.operator, &plan.rule, left, right)))
            }
            Node::Aggregate(plan) => self.aggregate(plan, at),
            Node::Call(call) => self.call(call, at),
        }
    }

    fn vector(&mut self, node: &Node, at: i64) -> Result<Vec<Element>, QueryError> {
        Ok(self.eval(node, at)?.vector())
    }

    fn scalar(&mut self, node: &Node, at: i64) -> Result<f64, QueryError> {
        Ok(self.eval(node, at)?.scalar())
    }

    /// Counts samples against the limit.
    fn charge(&mut self, count: usize) -> Result<(), QueryError> {
        self.left = self.left.checked_sub(count).ok_or_else(|| {
            let message = Message::new("query-samples").word("limit", SAMPLES_LIMIT.to_string());
            QueryError::new(message)
        })?;
        Ok(())
    }

    /// The current values with their times.
    fn select(&mut self, selector: &Selector, at: i64) -> Result<Vec<(Element, i64)>, QueryError> {
        let at = at.saturating_sub(selector.offset);
        let after = at.saturating_sub(self.lookback);
        let slots = self.store.select(&selector.matchers, self.restrict);
        self.charge(slots.len())?;
        let elements = slots.into_iter().filter_map(|slot| {
            let (time, value) = slot.value_at(at, after)?;
            Some((Element { labels: Labels::of(slot.series()), value }, time))
        });
        Ok(elements.collect())
    }

    fn over_range(
        &mut self,
        function: RangeFunction,
        selector: &Selector,
        range: i64,
        parameter: Option<f64>,
        at: i64,
    ) -> Result<Vec<Element>, QueryError> {
        let end = at.saturating_sub(selector.offset);
        let start = end.saturating_sub(range);
        let mut elements = Vec::new();
        let mut samples = std::mem::take(&mut self.window);
        let slots = self.store.select(&selector.matchers, self.restrict);
        self.charge(slots.len())?;
        for slot in slots {
            samples.clear();
            slot.window(start, end, &mut samples);
            self.charge(samples.len())?;
            let window = Window { samples: &samples, start, end, at };
            if let Some(value) = window.value(function, parameter) {
                let mut labels = Labels::of(slot.series());
                if function != RangeFunction::Last {
                    labels.hide_name();
                }
                elements.push(Element { labels, value });
            }
        }
        self.window = samples;
        Ok(elements)
    }

    fn aggregate(&mut self, plan: &Aggregation, at: i64) -> Result<Value, QueryError> {
        let parameter = match &plan.parameter {
            Some(node) => self.scalar(node, at)?,
            None => f64::NAN,
        };
        let elements = self.vector(&plan.inner, at)?;
        let groups = groups(&elements, &plan.rule).into_iter();
        let results = groups.map(|(labels, mut values)| {
            let each = || values.iter().copied();
            let value = match plan.aggregator {
                Aggregator::Sum => sum(each()),
                Aggregator::Average => sum(each()) / number(values.len()),
                Aggregator::Minimum => each().fold(f64::NAN, smaller),
                Aggregator::Maximum => each().fold(f64::NAN, greater),
                Aggregator::Count => number(values.len()),
                Aggregator::Group => 1.0,
                Aggregator::Deviation => variance(each()).sqrt(),
                Aggregator::Variance => variance(each()),
                Aggregator::Quantile => quantile(parameter, &mut values),
            };
            Element { labels, value }
        });
        Ok(Value::Vector(results.collect()))
    }

    fn call(&mut self, call: &Call, at: i64) -> Result<Value, QueryError> {
        let elements = match call {
            Call::Time => return Ok(Value::Scalar(Time(at).seconds())),
            Call::Scalar(inner) => {
                let elements = self.vector(inner, at)?;
                let only = if elements.len() == 1 { elements.first() } else { None };
                return Ok(Value::Scalar(only.map_or(f64::NAN, |element| element.value)));
            }
            Call::Vector(inner) => self.vector(inner, at)?,
            Call::OverRange { function, selector, range, parameter } => {
                let parameter = match parameter {
                    Some(node) => Some(self.scalar(node, at)?),
                    None => None,
                };
                self.over_range(*function, selector, *range, parameter, at)?
            }
            Call::Each { function, inner } => {
                let apply = each_function(*function);
                each(self.vector(inner, at)?, apply)
            }
            Call::Clamp { inner, low, high } => self.clamp(inner, low, high, at)?,
            Call::Round { inner, to } => {
                let to = match to {
                    Some(node) => self.scalar(node, at)?,
                    None => 1.0,
                };
                let inverse = 1.0 / to;
                each(self.vector(inner, at)?, |it| (it * inverse + 0.5).floor() / inverse)
            }
            Call::Timestamp(inner) => self.timestamps(inner, at)?,
            Call::Absent(inner) => self.absent(inner, at)?,
            Call::AbsentOverTime { selector, range } => {
                let found = self.over_range(RangeFunction::Present, selector, *range, None, at)?;
                if found.is_empty() { vec![self.nothing(Some(selector))] } else { Vec::new() }
            }
            Call::LabelReplace { inner, target, template, source, regex } => {
                let mut elements = self.vector(inner, at)?;
                for element in &mut elements {
                    let value = element.labels.get(source).unwrap_or_default();
                    if let Some(found) = regex.captures(value) {
                        let mut expanded = String::new();
                        found.expand(template, &mut expanded);
                        element.labels = element.labels.with(target, &expanded);
                    }
                }
                elements
            }
            Call::HistogramQuantile { quantile, inner } => {
                let quantile = self.scalar(quantile, at)?;
                histogram(quantile, &self.vector(inner, at)?)
            }
        };
        Ok(Value::Vector(elements))
    }

    fn clamp(
        &mut self,
        inner: &Node,
        low: &Option<Node>,
        high: &Option<Node>,
        at: i64,
    ) -> Result<Vec<Element>, QueryError> {
        let low = match low {
            Some(node) => self.scalar(node, at)?,
            None => f64::NEG_INFINITY,
        };
        let high = match high {
            Some(node) => self.scalar(node, at)?,
            None => f64::INFINITY,
        };
        let elements = self.vector(inner, at)?;
        if low > high {
            return Ok(Vec::new());
        }
        let inside = |value: f64| {
            if value.is_nan() || low.is_nan() || high.is_nan() {
                return f64::NAN;
            }
            value.min(high).max(low)
        };
        Ok(each(elements, inside))
    }

    fn timestamps(&mut self, inner: &Node, at: i64) -> Result<Vec<Element>, QueryError> {
        let Node::Select(selector) = inner else {
            return Ok(each(self.vector(inner, at)?, |_| Time(at).seconds()));
        };
        let dated = self.select(selector, at)?.into_iter().map(|(mut element, time)| {
            element.labels.hide_name();
            element.value = Time(time).seconds();
            element
        });
        Ok(dated.collect())
    }

    fn absent(&mut self, inner: &Node, at: i64) -> Result<Vec<Element>, QueryError> {
        if !self.vector(inner, at)?.is_empty() {
            return Ok(Vec::new());
        }
        let selector = match inner {
            Node::Select(selector) => Some(selector),
            _ => None,
        };
        Ok(vec![self.nothing(selector)])
    }

    /// The element that says «there is nothing»: with the labels that were asked for exactly.
    fn nothing(&self, selector: Option<&Selector>) -> Element {
        let matchers = selector.map_or(&[][..], |selector| &selector.matchers);
        let pairs = matchers.iter().filter_map(|matcher| {
            let named = matchers.iter().filter(|other| other.label == matcher.label).count();
            match &matcher.test {
                Test::Equal(value) if *matcher.label != *NAME && named == 1 => {
                    Some((&*matcher.label, &**value))
                }
                _ => None,
            }
        });
        Element { labels: Labels::from_pairs(pairs.chain(self.restrict)), value: 1.0 }
    }
}

/// Changes each value; the result is no longer the metric.
fn each(mut elements: Vec<Element>, apply: impl Fn(f64) -> f64) -> Vec<Element> {
    for element in &mut elements {
        element.value = apply(element.value);
        element.labels.hide_name();
    }
    elements
}

fn each_function(function: EachFunction) -> fn(f64) -> f64 {
    match function {
        EachFunction::Absolute => f64::abs,
        EachFunction::Ceiling => f64::ceil,
        EachFunction::Floor => f64::floor,
        EachFunction::Exponential => f64::exp,
        EachFunction::Logarithm => f64::ln,
        EachFunction::Logarithm2 => f64::log2,
        EachFunction::Logarithm10 => f64::log10,
        EachFunction::Root => f64::sqrt,
        EachFunction::Sign => {
            |value| if value == 0.0 || value.is_nan() { value } else { value.signum() }
        }
    }
}

/// One quantile for each set of classic buckets: series that differ in `le` alone.
fn histogram(quantile: f64, elements: &[Element]) -> Vec<Element> {
    let rule = Rule::Except(vec!["le".to_owned()]);
    let mut places: HashMap<Labels, usize> = HashMap::new();
    let mut histograms: Vec<(Labels, Vec<Bucket>)> = Vec::new();
    for element in elements {
        let limit = element.labels.get("le").and_then(|limit| limit.parse::<f64>().ok());
        let Some(limit) = limit else { continue };
        let labels = super::labels::Key::new(&element.labels, &rule).to_labels();
        let place = *places.entry(labels).or_insert_with_key(|labels| {
            histograms.push((labels.clone(), Vec::new()));
            histograms.len() - 1
        });
        if let Some((_, buckets)) = histograms.get_mut(place) {
            buckets.push((limit, element.value));
        }
    }
    let quantiles = histograms.into_iter().map(|(labels, mut buckets)| Element {
        labels,
        value: histogram_quantile(quantile, &mut buckets),
    });
    quantiles.collect()
}
