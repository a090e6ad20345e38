//! A user's ticket as it enters the core.

use serde::{Deserialize, Serialize};

use super::Time;

/// What a ticket is, by its type and words. Only incidents count towards a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketClass {
    /// Something does not work as its documentation says.
    Incident,
    /// A service, change, enhancement or information request: never counted.
    Request,
}

/// A ticket of the ticket system: personal data already masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ticket {
    /// The ticket system's own id, unique there.
    pub id: u64,
    /// The number people use.
    pub number: String,
    /// The subject, masked.
    pub title: String,
    /// The first article's text, masked; empty while the ticket is still being built.
    pub text: String,
    /// Incident or request.
    pub class: TicketClass,
    /// The queue's full name.
    pub queue: String,
    /// The state type of the ticket system: `new`, `open`, `closed`, `merged`, ….
    pub state_type: String,
    /// A keyed hash of the customer: counts users without knowing them. Empty when not known.
    pub user: String,
    /// The macro-regional branch, if the ticket names one.
    pub mrf: Option<String>,
    /// How it came in: `helpme`, `phone`, `email`, `crm_form`; empty when not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// The service it was registered for; empty when unset.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub service: String,
    /// The operation in which it happened, when the ticket says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// The case that the ticket system has joined it to; empty when none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub joined_to: String,
    /// When it was created, by the ticket system's clock.
    pub created: Time,
    /// When it last changed, by the ticket system's clock.
    pub changed: Time,
}

impl Ticket {
    /// Nobody works on it any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state_type == "closed"
    }

    /// Joined by people to another ticket, or removed: it says nothing of its own.
    #[must_use]
    pub fn is_void(&self) -> bool {
        matches!(self.state_type.as_str(), "merged" | "removed")
    }
}
