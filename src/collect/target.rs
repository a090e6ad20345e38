//! What every source has in common: its name, its system, its schedule.

use std::time::Duration;

use super::samples::SERIES_LIMIT;
use crate::config::{Diagnostics, Node, Place, Reader, Value};
use crate::model::Message;

/// The common part of a source's configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// `host`, `postgres`, …: the `job` label.
    pub kind: &'static str,
    /// The configured name: the `instance` label.
    pub instance: String,
    /// The key of the system it belongs to: the `system` label.
    pub system: String,
    /// How often it is polled.
    pub interval: Duration,
    /// How long one poll may take.
    pub timeout: Duration,
    /// The most series that are taken.
    pub max_series: usize,
    /// Labels that the operator added.
    pub labels: Vec<(String, String)>,
}

impl Target {
    /// A target with the usual schedule: every 10 s, at most 8 s a poll.
    #[must_use]
    pub fn new(kind: &'static str, instance: &str, system: &str) -> Self {
        Self {
            kind,
            instance: instance.to_owned(),
            system: system.to_owned(),
            interval: Duration::from_secs(10),
            timeout: Duration::from_secs(8),
            max_series: SERIES_LIMIT,
            labels: Vec::new(),
        }
    }

    /// Reads `name`, `system`, `interval`, `timeout` and `labels` of a source. Also returns the
    /// place of `system`, for the check against the topology.
    pub fn read(
        reader: &mut Reader<'_, '_>,
        kind: &'static str,
        usual_system: Option<&str>,
    ) -> (Self, Option<Place>) {
        let name = reader.required_string("name").unwrap_or_default();
        let place = reader.node("system").map(|node| node.place.clone());
        let system = match usual_system {
            Some(usual) => reader.string("system").unwrap_or_else(|| usual.to_owned()),
            None => reader.required_string("system").unwrap_or_default(),
        };
        let mut target = Self::new(kind, &name, &system);
        let least = Duration::from_secs(1);
        if let Some(interval) = reader.duration("interval") {
            target.interval = at_least(reader, "interval", interval, least);
        }
        target.timeout = target.interval.mul_f64(0.8);
        if let Some(timeout) = reader.duration("timeout") {
            if timeout > target.interval
                && let Some(node) = reader.node("timeout")
            {
                reader.errors.error(&node.place, Message::new("check-timeout-long"));
            }
            target.timeout = timeout;
        }
        target.max_series = reader.count("max_series", 1.0..=1e8).unwrap_or(target.max_series);
        if let Some(node) = reader.node("labels") {
            target.labels = labels(node, reader.errors);
        }
        (target, place)
    }

    /// The labels that every series of this source gets.
    #[must_use]
    pub fn base_labels(&self) -> Vec<(String, String)> {
        let mut labels = self.labels.clone();
        labels.push(("job".into(), self.kind.into()));
        labels.push(("instance".into(), self.instance.clone()));
        labels.push(("system".into(), self.system.clone()));
        labels
    }
}

fn at_least(
    reader: &mut Reader<'_, '_>,
    key: &'static str,
    value: Duration,
    least: Duration,
) -> Duration {
    if value < least
        && let Some(node) = reader.node(key)
    {
        let message = Message::new("check-interval-short").word("key", key);
        reader.errors.error(&node.place, message.word("least", least.as_secs().to_string()));
    }
    value.max(least)
}

fn labels(node: &Node, errors: &mut Diagnostics) -> Vec<(String, String)> {
    let Value::Map(pairs) = &node.value else {
        errors.error(&node.place, Message::new("check-expected-labels"));
        return Vec::new();
    };
    let mut labels = Vec::new();
    for (name, place, value) in pairs {
        let is_name = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
            && !name.starts_with(|c: char| c.is_ascii_digit());
        let is_taken = matches!(name.as_str(), "job" | "instance" | "system" | "__name__");
        if !is_name || is_taken {
            errors.error(place, Message::new("check-label-name").word("name", name));
            continue;
        }
        match &value.value {
            Value::String(text) => labels.push((name.clone(), text.clone())),
            Value::Number(number) => labels.push((name.clone(), number.to_string())),
            _ => errors.error(&value.place, Message::new("check-label-value")),
        }
    }
    labels
}
