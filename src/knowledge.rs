//! Standard solutions: known, written ways out that line 1 follows.

use serde::{Deserialize, Serialize};

use crate::config::{Diagnostics, Node, Reader, Value};
use crate::model::{Message, Text};
use crate::topology::{self, Topology};

/// A known way out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Solution {
    /// Its number in the knowledge base.
    pub key: String,
    /// The systems it is about.
    pub systems: Vec<String>,
    /// What it is called.
    pub title: Text,
    /// What to do.
    pub text: Text,
}

/// Decodes `solutions: […]`, every error with its place.
pub fn decode(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Vec<Solution> {
    let mut reader = Reader::new(node, errors);
    let mut solutions: Vec<Solution> = Vec::new();
    match reader.required("solutions").map(|list| (list, &list.value)) {
        Some((_, Value::List(items))) => {
            for item in items {
                let Some(solution) = one(item, topology, reader.errors) else { continue };
                if solutions.iter().any(|known| known.key == solution.key) {
                    let message = Message::new("check-solution-twice").word("key", &solution.key);
                    reader.errors.error(&item.place, message);
                }
                solutions.push(solution);
            }
        }
        Some((list, _)) => {
            let expected = Message::new("check-expected-solutions");
            reader.wrong(list, expected, "solutions: [{key: KB-1}]");
        }
        None => {}
    }
    reader.finish();
    solutions
}

fn one(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Option<Solution> {
    let mut reader = Reader::new(node, errors);
    let key = reader.required_string("key");
    let systems = reader.strings("systems");
    if let Some(list) = reader.node("systems") {
        topology::known_systems(list, topology, reader.errors);
    }
    let title = topology::text(&mut reader, "title");
    let text = topology::text(&mut reader, "text");
    reader.finish();
    Some(Solution { key: key?, systems, title: title?, text: text? })
}
