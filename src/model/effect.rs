//! Something to be done outside, and what became of it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Text, Time};

/// Where an effect goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// The ticket system.
    Otrs,
    /// Alertmanager, API version 2.
    Alertmanager,
}

impl Channel {
    /// The word used in the API, in labels and in the store.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Otrs => "otrs",
            Self::Alertmanager => "alertmanager",
        }
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// Open the Problem's ticket.
    OpenTicket {
        /// Full queue name.
        queue: String,
        /// Priority name, as `4 high`.
        priority: String,
        /// The subject, ending in ` [PRB-000001]`, at most 255 characters.
        title: String,
        /// Plain text.
        body: String,
        /// The system of the first cause, for the dynamic field `AffectedSystem`.
        system: String,
    },
    /// Add a note to the Problem's ticket.
    AddNote {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Add a last note to the Problem's ticket and close it.
    CloseTicket {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Open a closed Problem ticket again, with a note.
    ReopenTicket {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Join a user's ticket to the Problem: its dynamic field `ProblemId` and a note.
    JoinTicket {
        /// The user's ticket.
        ticket_id: u64,
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// A user's ticket that was joined is none of the Problem's after all: the field is emptied, a note
    /// says so.
    LeaveTicket {
        /// The user's ticket.
        ticket_id: u64,
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Raise, keep up, or (with `ends_at`) resolve an alert.
    Alert {
        /// Identity and routing.
        labels: BTreeMap<String, String>,
        /// Texts for people.
        annotations: BTreeMap<String, String>,
        /// When it began.
        starts_at: Time,
        /// When it ended; absent while it lasts.
        ends_at: Option<Time>,
    },
}

/// Something to be done outside, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Makes it once: two effects with one key are one effect. `PRB-000001/otrs/open`.
    pub key: String,
    /// The Problem it belongs to.
    pub problem: String,
    /// Where it goes.
    pub channel: Channel,
    /// When it was decided.
    pub at: Time,
    /// What is to be done.
    pub kind: EffectKind,
}

impl Effect {
    /// What this effect must keep its order with: its Problem's own ticket or alert, or the one
    /// user's ticket that it is about.
    #[must_use]
    pub fn lane(&self) -> String {
        match &self.kind {
            EffectKind::JoinTicket { ticket_id, .. }
            | EffectKind::LeaveTicket { ticket_id, .. } => {
                format!("ticket/{ticket_id}")
            }
            _ => self.problem.clone(),
        }
    }
}

/// What became of an effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Decided, not delivered yet.
    Pending,
    /// The other side has it.
    Delivered,
    /// The other side has it and it is over there (ticket closed, alert resolved).
    Resolved,
    /// The other side refused it for good.
    Rejected,
}

/// Who was told of a Problem: one line a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// The channel.
    pub channel: Channel,
    /// The reference there: a ticket number, an alert's name. Empty until delivered.
    #[serde(rename = "ref")]
    pub reference: String,
    /// What became of it.
    pub state: DeliveryState,
    /// When that happened: the ticket was opened or closed, the alert raised or over. Notes and
    /// refreshed texts do not move it.
    pub at: Time,
    /// Why the latest attempt did not succeed, until one does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Text>,
}
