//! What was looked at and put into no Problem, so that every silence can be explained.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::model::{Message, Reason};

/// The most incidents remembered; beyond it the oldest are forgotten.
const MOST: usize = 2_000;

/// The most tickets remembered after their group is gone.
const MOST_HANDLED: usize = 20_000;

/// Tickets that were dealt with, the oldest forgotten first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Handled {
    ids: BTreeSet<String>,
    order: VecDeque<String>,
}

impl Handled {
    pub(super) fn put(&mut self, ticket: String) {
        if !self.ids.insert(ticket.clone()) {
            return;
        }
        self.order.push_back(ticket);
        if self.order.len() > MOST_HANDLED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
    }

    pub(super) fn contains(&self, ticket: &str) -> bool {
        self.ids.contains(ticket)
    }
}

/// Why something is in no Problem.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Silence {
    /// In words.
    pub why: Message,
    /// The Problem it came nearest to, if one was open around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
}

/// A Problem that an incident might have joined.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Nearest {
    /// The Problem's id.
    pub problem: String,
    /// Log-odds of «same cause», zero or less.
    pub log_odds: f64,
    /// The pieces that add up to it.
    pub why: Vec<Reason>,
}

/// The silences, oldest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Aside {
    entries: BTreeMap<String, Silence>,
    order: VecDeque<String>,
}

impl Aside {
    /// Remembers why an incident joined nothing.
    pub(super) fn put(&mut self, incident: &str, silence: Silence) {
        if self.entries.insert(incident.to_owned(), silence).is_some() {
            return;
        }
        self.order.push_back(incident.to_owned());
        if self.order.len() > MOST
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }

    /// Why an incident joined nothing, if it is remembered.
    pub(super) fn get(&self, incident: &str) -> Option<&Silence> {
        self.entries.get(incident)
    }
}
