//! Reading a topology file, every error with its place.

use std::collections::{BTreeMap, BTreeSet};

use super::{System, Topology};
use crate::config::{Diagnostics, Node, Place, Reader, Value, nearest};
use crate::model::{Message, Text};

impl Topology {
    /// Decodes `systems: […]`. What is wrong is noted; what can be read is kept.
    pub fn decode(node: &Node, errors: &mut Diagnostics) -> Self {
        let mut reader = Reader::new(node, errors);
        let mut systems: Vec<System> = Vec::new();
        let mut needs: Vec<(String, Place)> = Vec::new();
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut is_unread = true;
        match reader.required("systems").map(|list| (list, &list.value)) {
            Some((_, Value::List(items))) => {
                is_unread = false;
                for item in items {
                    let Some(system) = system(item, reader.errors, &mut needs) else { continue };
                    if let Some(line) = seen.insert(system.key.clone(), item.place.line) {
                        let message = Message::new("check-system-twice").word("key", system.key);
                        reader.errors.error(&item.place, message.word("line", line.to_string()));
                        continue;
                    }
                    systems.push(system);
                }
            }
            Some((list, _)) => {
                let expected = Message::new("check-expected-systems");
                reader.wrong(list, expected, "systems: [{key: crm-db}]");
            }
            None => {}
        }
        for (needed, place) in needs {
            if !seen.contains_key(&needed) {
                let message = Message::new("check-system-needed").word("key", needed);
                reader.errors.error(&place, message);
            }
        }
        if let Some(cycle) = cycle(&systems) {
            let place = reader
                .node("systems")
                .map_or_else(|| node.place.clone(), |list| list.place.clone());
            let message = Message::new("check-system-circle").word("circle", cycle.join(" → "));
            reader.errors.error(&place, message);
        }
        reader.finish();
        if is_unread { Self::unread() } else { Self::new(systems) }
    }
}

/// Systems that need each other in a circle, the first one again at the end.
fn cycle(systems: &[System]) -> Option<Vec<String>> {
    let needs: BTreeMap<&str, &Vec<String>> =
        systems.iter().map(|system| (system.key.as_str(), &system.depends_on)).collect();
    // What has been looked at to its end leads into no circle.
    let mut done: BTreeSet<&str> = BTreeSet::new();
    for system in systems {
        let mut path: Vec<(&str, usize)> = vec![(&system.key, 0)];
        while let Some((key, next)) = path.pop() {
            let needed = needs.get(key).and_then(|needed| needed.get(next));
            let Some(needed) = needed else {
                done.insert(key);
                continue;
            };
            path.push((key, next + 1));
            if let Some(start) = path.iter().position(|(on, _)| on == needed) {
                let circle = path.iter().skip(start).map(|(key, _)| (*key).to_owned());
                return Some(circle.chain([needed.clone()]).collect());
            }
            if !done.contains(needed.as_str()) && needs.contains_key(needed.as_str()) {
                path.push((needed, 0));
            }
        }
    }
    None
}

fn system(
    node: &Node,
    errors: &mut Diagnostics,
    needs: &mut Vec<(String, Place)>,
) -> Option<System> {
    let mut reader = Reader::new(node, errors);
    let key = reader.required_string("key");
    let name = text(&mut reader, "name");
    let short = text(&mut reader, "short");
    let owner = text(&mut reader, "owner");
    let contact = text(&mut reader, "contact");
    let queue = reader.string("queue");
    let words = reader.strings("words");
    let depends_on = reader.strings("depends_on");
    if let Some(list) = reader.node("depends_on") {
        let items: Vec<&Node> = match &list.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![list],
        };
        for item in items {
            if let Value::String(needed) = &item.value {
                needs.push((needed.clone(), item.place.clone()));
            }
        }
    }
    reader.finish();
    let key = key?;
    let name = name.unwrap_or_else(|| Text::same(key.as_str()));
    Some(System {
        short: short.unwrap_or_else(|| name.clone()),
        owner: owner.unwrap_or_default(),
        contact: contact.unwrap_or_default(),
        queue: queue.unwrap_or_default(),
        name,
        words,
        depends_on,
        key,
    })
}

/// Reads a text that must exist in both languages: `{ru: …, en: …}`.
pub(crate) fn text(reader: &mut Reader<'_, '_>, key: &'static str) -> Option<Text> {
    let node = reader.node(key)?;
    let mut inner = Reader::new(node, reader.errors);
    let ru = inner.required_string("ru");
    let en = inner.required_string("en");
    inner.finish();
    Some(Text::new(ru?, en?))
}

/// Notes every key of a list that is no system of the topology.
pub(crate) fn known_systems(list: &Node, topology: &Topology, errors: &mut Diagnostics) {
    let items: Vec<&Node> = match &list.value {
        Value::List(items) => items.iter().collect(),
        _ => vec![list],
    };
    for item in items {
        if let Value::String(key) = &item.value {
            known_system(key, &item.place, topology, errors);
        }
    }
}

/// Notes a key that is no system of the topology. Of a topology that could not be read nothing is known:
/// that it could not be read is said, what follows from it is not.
pub(crate) fn known_system(
    key: &str,
    place: &Place,
    topology: &Topology,
    errors: &mut Diagnostics,
) {
    if topology.is_unread() || topology.get(key).is_some() {
        return;
    }
    let known = topology.systems().iter().map(|system| system.key.as_str());
    let message = match nearest(key, known) {
        Some(near) => Message::new("check-system-unknown-near").word("near", near),
        None => Message::new("check-system-unknown"),
    };
    errors.error(place, message.word("key", key));
}
