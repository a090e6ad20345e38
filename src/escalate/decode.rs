//! Reading policies, every error with its place.

use std::collections::BTreeMap;

use super::policy::{AlertPolicy, Policy, TicketPolicy};
use crate::config::{Diagnostics, Node, Reader, Value};
use crate::model::{Message, Severity, WhenOver};
use crate::topology::{self, Topology};

/// Decodes `policies: […]` of a policy file.
pub fn policies(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Vec<Policy> {
    let mut reader = Reader::new(node, errors);
    let mut policies = Vec::new();
    match reader.required("policies").map(|list| (list, &list.value)) {
        Some((_, Value::List(items))) => {
            for item in items {
                policies.extend(policy(item, topology, reader.errors));
            }
        }
        Some((list, _)) => {
            let expected = Message::new("check-expected-policies");
            reader.wrong(list, expected, "policies: [{name: all}]");
        }
        None => {}
    }
    reader.finish();
    policies
}

fn policy(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Option<Policy> {
    let mut reader = Reader::new(node, errors);
    let name = reader.required_string("name");
    let words = Severity::ALL.map(Severity::as_str);
    let from_severity = reader.word("from_severity", &words, Severity::parse);
    let systems = reader.strings("systems");
    if let Some(list) = reader.node("systems") {
        topology::known_systems(list, topology, reader.errors);
    }
    let wait = reader.duration("wait");
    let ticket = reader.node("ticket").map(|node| ticket(node, reader.errors));
    let alert = reader.node("alert").map(|node| alert(node, reader.errors));
    reader.finish();
    Some(Policy {
        name: name?,
        from_severity: from_severity.unwrap_or(Severity::Warning),
        systems,
        wait_ms: wait.map_or(10_000, |wait| i64::try_from(wait.as_millis()).unwrap_or(10_000)),
        ticket,
        alert,
    })
}

fn ticket(node: &Node, errors: &mut Diagnostics) -> TicketPolicy {
    let mut reader = Reader::new(node, errors);
    let words = WhenOver::ALL.map(WhenOver::as_str);
    let policy = TicketPolicy {
        queue: reader.string("queue"),
        fallback_queue: reader.string("fallback_queue").unwrap_or_else(|| "Problems".into()),
        join_tickets: reader.boolean("join_tickets").unwrap_or(true),
        when_over: reader.word("when_over", &words, WhenOver::parse).unwrap_or_default(),
    };
    reader.finish();
    policy
}

fn alert(node: &Node, errors: &mut Diagnostics) -> AlertPolicy {
    let mut reader = Reader::new(node, errors);
    let mut labels = BTreeMap::new();
    if let Some(Node { value: Value::Map(pairs), .. }) = reader.node("labels") {
        for (name, place, value) in pairs {
            match &value.value {
                Value::String(text) => drop(labels.insert(name.clone(), text.clone())),
                _ => reader.errors.error(place, Message::new("check-label-value")),
            }
        }
    }
    reader.finish();
    AlertPolicy { labels }
}
