//! What an operator wants otherwise of rules that come with the program: other limits, or no rule at all. Laid over
//! the rule before it is decoded, so that what is wrong is told as for any rule, with its place in the site.

use std::collections::BTreeMap;

use super::method::SECTIONS;
use crate::config::{Diagnostics, Node, Place, Reader, Value};
use crate::model::Message;

/// The wishes of one site, by the rules' ids.
#[derive(Debug, Default)]
pub struct Adjustments {
    wishes: BTreeMap<String, Wish>,
}

#[derive(Debug)]
struct Wish {
    place: Place,
    is_off: bool,
    /// Keys of the rule's method that are other than shipped.
    keys: Vec<(String, Place, Node)>,
    is_met: bool,
}

/// What has become of a rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Adjusted {
    /// It is as it was written.
    #[default]
    No,
    /// It has other limits.
    Limits,
    /// It is switched off.
    Off,
}

impl Adjustments {
    /// Reads `rules: {pg-lock-wait: {raise: {warning: 5}}, host-process-files: {enabled: false}}`.
    pub fn read(node: &Node, errors: &mut Diagnostics) -> Self {
        // Notes a node that is no section.
        let _section = Reader::new(node, errors);
        let Value::Map(rules) = &node.value else { return Self::default() };
        let mut wishes = BTreeMap::new();
        for (id, place, wish) in rules {
            let mut reader = Reader::new(wish, errors);
            let is_off = reader.boolean("enabled") == Some(false);
            let keys = match &wish.value {
                Value::Map(keys) => {
                    keys.iter().filter(|(key, ..)| key != "enabled").cloned().collect()
                }
                _ => Vec::new(),
            };
            wishes.insert(id.clone(), Wish { place: place.clone(), is_off, keys, is_met: false });
        }
        Self { wishes }
    }

    /// The rule as it is wanted, and what has become of it.
    pub(super) fn over(&mut self, rule: &Node) -> (Option<Node>, Adjusted) {
        let Value::Map(entries) = &rule.value else { return (None, Adjusted::No) };
        let id = entries.iter().find_map(|(key, _, node)| match &node.value {
            Value::String(id) if key == "id" => Some(id.as_str()),
            _ => None,
        });
        let Some(wish) = id.and_then(|id| self.wishes.get_mut(id)) else {
            return (None, Adjusted::No);
        };
        wish.is_met = true;
        let adjusted = match (wish.is_off, wish.keys.is_empty()) {
            (true, _) => Adjusted::Off,
            (false, true) => return (None, Adjusted::No),
            (false, false) => Adjusted::Limits,
        };
        // What is wrong with it is wrong in the site.
        let mut other = Node { place: wish.place.clone(), ..rule.clone() };
        if let Value::Map(entries) = &mut other.value {
            let method = entries.iter_mut().find(|(key, ..)| SECTIONS.contains(&key.as_str()));
            if let Some((_, _, Node { place, value: Value::Map(keys) })) = method {
                place.clone_from(&wish.place);
                for wanted in &wish.keys {
                    keys.retain(|(key, ..)| *key != wanted.0);
                    keys.push(wanted.clone());
                }
            }
        }
        (Some(other), adjusted)
    }

    /// Notes the wishes that no rule answers to.
    pub(super) fn finish(&self, errors: &mut Diagnostics) {
        for (id, wish) in self.wishes.iter().filter(|(_, wish)| !wish.is_met) {
            errors.error(&wish.place, Message::new("check-adjusts-nothing").word("rule", id));
        }
    }
}
