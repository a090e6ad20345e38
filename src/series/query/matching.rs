//! Two vectors become one: arithmetic, comparisons and set operators, with the matching rules of
//! PromQL.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use super::QueryError;
use super::eval::{Element, Value};
use super::labels::{Key, Labels, NAME, Rule};
use super::plan::{Binary, Many, Operator, SetOperator};
use crate::model::Message;

/// What an operator gives for two numbers: a value, or for a comparison whether it holds.
fn apply(operator: Operator, left: f64, right: f64) -> (f64, bool) {
    #[expect(clippy::float_cmp, reason = "PromQL compares exactly")]
    let holds = match operator {
        Operator::Equal => left == right,
        Operator::NotEqual => left != right,
        Operator::Less => left < right,
        Operator::LessOrEqual => left <= right,
        Operator::Greater => left > right,
        Operator::GreaterOrEqual => left >= right,
        _ => true,
    };
    let value = match operator {
        Operator::Add => left + right,
        Operator::Subtract => left - right,
        Operator::Multiply => left * right,
        Operator::Divide => left / right,
        Operator::Modulo => left % right,
        Operator::Power => left.powf(right),
        Operator::Atan2 => left.atan2(right),
        _ => left,
    };
    (value, holds)
}

fn truth(holds: bool) -> f64 {
    if holds { 1.0 } else { 0.0 }
}

/// Applies an operator to two values of any kind.
pub(super) fn binary(plan: &Binary, left: Value, right: Value) -> Result<Value, QueryError> {
    match (left, right) {
        (Value::Scalar(left), Value::Scalar(right)) => {
            let (value, holds) = apply(plan.operator, left, right);
            let is_comparison = plan.operator.is_comparison();
            Ok(Value::Scalar(if is_comparison { truth(holds) } else { value }))
        }
        (Value::Vector(left), Value::Scalar(right)) => {
            Ok(Value::Vector(with_scalar(plan, left, |value| apply(plan.operator, value, right))))
        }
        (Value::Scalar(left), Value::Vector(right)) => {
            Ok(Value::Vector(with_scalar(plan, right, |value| {
                let (result, holds) = apply(plan.operator, left, value);
                (if plan.operator.is_comparison() { value } else { result }, holds)
            })))
        }
        (Value::Vector(left), Value::Vector(right)) => vectors(plan, left, right),
    }
}

fn with_scalar(
    plan: &Binary,
    mut elements: Vec<Element>,
    apply: impl Fn(f64) -> (f64, bool),
) -> Vec<Element> {
    if plan.operator.is_comparison() && !plan.gives_bool {
        elements.retain(|element| apply(element.value).1);
        return elements;
    }
    for element in &mut elements {
        let (value, holds) = apply(element.value);
        element.value = if plan.gives_bool { truth(holds) } else { value };
        element.labels.hide_name();
    }
    elements
}

/// Matches two vectors: each element of the «many» side with the one of the other side that has the
/// same key.
fn vectors(plan: &Binary, left: Vec<Element>, right: Vec<Element>) -> Result<Value, QueryError> {
    let swaps = plan.many == Many::Right;
    let (many, one) = if swaps { (right, left) } else { (left, right) };
    let mut partners: HashMap<Key<'_>, &Element> = HashMap::with_capacity(one.len());
    for element in &one {
        let key = Key::new(&element.labels, &plan.rule);
        if let Some(other) = partners.insert(key, element) {
            let message = Message::new("query-match-one").word("one", other.labels.to_string());
            return Err(QueryError::new(message.word("other", element.labels.to_string())));
        }
    }
    let mut used: HashSet<Key<'_>> = HashSet::new();
    let mut results: HashSet<Labels> = HashSet::new();
    let mut elements = Vec::new();
    for element in &many {
        let key = Key::new(&element.labels, &plan.rule);
        let Some(partner) = partners.get(&key) else { continue };
        let (value, holds) = if swaps {
            apply(plan.operator, partner.value, element.value)
        } else {
            apply(plan.operator, element.value, partner.value)
        };
        let is_filter = plan.operator.is_comparison() && !plan.gives_bool;
        if is_filter && !holds {
            continue;
        }
        let labels = result_labels(plan, element, partner);
        let is_new = match plan.many {
            Many::Neither => used.insert(key),
            Many::Left | Many::Right => results.insert(labels.clone()),
        };
        if !is_new {
            let message = Message::new("query-match-several").word("labels", labels.to_string());
            return Err(QueryError::new(message));
        }
        let value = if plan.gives_bool { truth(holds) } else { value };
        elements.push(Element { labels, value });
    }
    Ok(Value::Vector(elements))
}

/// The labels of a match: those of the «many» side, less what does not count one to one, plus what
/// is taken over from the other side.
fn result_labels(plan: &Binary, element: &Element, partner: &Element) -> Labels {
    let drops_name = !plan.operator.is_comparison() || plan.gives_bool;
    if plan.many == Many::Neither {
        return match &plan.rule {
            Rule::Only(_) => {
                let only = Key::new(&element.labels, &plan.rule).to_labels();
                if drops_name { only.without_name() } else { only }
            }
            Rule::Except(names) if names.is_empty() => {
                let labels = element.labels.clone();
                if drops_name { labels.without_name() } else { labels }
            }
            Rule::Except(names) => Labels::from_pairs(element.labels.iter().filter(|(name, _)| {
                !(drops_name && *name == NAME) && names.iter().all(|other| other != name)
            })),
        };
    }
    let mut labels = element.labels.clone();
    if drops_name {
        labels.hide_name();
    }
    for name in &plan.include {
        labels = labels.with(name, partner.labels.get(name).unwrap_or_default());
    }
    labels
}

/// Applies `and`, `or` or `unless`.
pub(super) fn set(
    operator: SetOperator,
    rule: &Rule,
    left: Vec<Element>,
    right: Vec<Element>,
) -> Vec<Element> {
    let keys = |elements: &[Element]| -> Vec<Labels> {
        elements.iter().map(|element| element.labels.clone()).collect()
    };
    match operator {
        SetOperator::And | SetOperator::Unless => {
            let right = keys(&right);
            let right: HashSet<Key<'_>> =
                right.iter().map(|labels| Key::new(labels, rule)).collect();
            let wanted = operator == SetOperator::And;
            let mut left = left;
            left.retain(|element| right.contains(&Key::new(&element.labels, rule)) == wanted);
            left
        }
        SetOperator::Or => {
            let known = keys(&left);
            let known: HashSet<Key<'_>> =
                known.iter().map(|labels| Key::new(labels, rule)).collect();
            let others =
                right.into_iter().filter(|it| !known.contains(&Key::new(&it.labels, rule)));
            left.into_iter().chain(others).collect()
        }
    }
}

/// Puts elements with the same key together, groups in the order of their first element.
pub(super) fn groups(elements: &[Element], rule: &Rule) -> Vec<(Labels, Vec<f64>)> {
    let mut places: HashMap<Key<'_>, usize> = HashMap::new();
    let mut groups: Vec<(Labels, Vec<f64>)> = Vec::new();
    for element in elements {
        let key = Key::new(&element.labels, rule);
        let place = match places.entry(key) {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(entry) => {
                groups.push((key.to_labels(), Vec::new()));
                *entry.insert(groups.len() - 1)
            }
        };
        if let Some((_, values)) = groups.get_mut(place) {
            values.push(element.value);
        }
    }
    groups
}
