//! Numbers that a rule wants told along with its findings: what the one who acts has to know, such as
//! the session to end.

use std::collections::BTreeMap;

use super::objects::identifying;
use super::pack::Rule;
use crate::model::{Evidence, Finding, Text, Time};
use crate::series::Store;
use crate::series::query::Labels;

/// The numbers of one object, by name; absent where there is none.
pub(super) type Numbers = BTreeMap<String, f64>;

/// What the rule's expressions give at a moment.
pub(super) struct Now<'r> {
    values: Vec<(&'r str, Vec<(Labels, f64)>)>,
}

/// Evaluates the rule's expressions.
pub(super) fn now<'r>(
    store: &Store,
    rule: &'r Rule,
    at: Time,
    restrict: Option<(&str, &str)>,
) -> Now<'r> {
    let values = rule
        .also
        .iter()
        .map(|(name, expr)| (name.as_str(), expr.instant(store, at, restrict).unwrap_or_default()));
    Now { values: values.collect() }
}

impl Now<'_> {
    /// Those of one object: of the first result whose labels are all its own.
    pub(super) fn of(&self, labels: &BTreeMap<String, String>) -> Numbers {
        let is_its = |found: &Labels| {
            identifying(found).all(|(name, value)| labels.get(name).is_some_and(|own| own == value))
        };
        let mut numbers = Numbers::new();
        for (name, values) in &self.values {
            let value = values.iter().find(|(found, _)| is_its(found));
            // What is no number (a division by zero) tells nothing.
            if let Some((_, value)) = value.filter(|(_, value)| value.is_finite()) {
                numbers.insert((*name).to_owned(), *value);
            }
        }
        numbers
    }
}

/// Adds an object's numbers to its finding and fills them into its texts; where there is none its name
/// stays.
pub(super) fn add(rule: &Rule, finding: &mut Finding, numbers: &Numbers) {
    for (name, _) in &rule.also {
        let number = numbers.get(name);
        let word = number.map_or_else(|| name.clone(), |value| format!("{value:.0}"));
        let mark = format!("{{{name}}}");
        for text in [&mut finding.title, &mut finding.advice] {
            *text = Text::new(text.ru.replace(&mark, &word), text.en.replace(&mark, &word));
        }
        if let Some(value) = number {
            let (name, unit) = (name.clone(), "id".to_owned());
            finding.evidence.push(Evidence { name, value: *value, limit: None, unit });
        }
    }
}
