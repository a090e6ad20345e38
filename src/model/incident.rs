//! The unit that is grouped: a user's ticket or a finding, normalised.

use serde::{Deserialize, Serialize};

use super::{Detail, Impact, Role, Severity, Text, Time};

/// What a ticket is, by its type and words. Only incidents count towards a Problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TicketClass {
    /// Something does not work as its documentation says.
    Incident,
    /// A service, change, enhancement or information request: never counted.
    Request,
}

/// A ticket of the ticket system as it enters the core: personal data already masked.
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
    /// When it was created, by the ticket system's clock.
    pub created: Time,
    /// When it last changed, by the ticket system's clock.
    pub changed: Time,
}

/// Where an incident came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum IncidentKind {
    /// A user's ticket.
    Ticket,
    /// A finding of our own detectors.
    Finding,
    /// An alert of another monitoring system.
    Alert,
}

/// The unit that is grouped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// `ticket:ID`, or the finding's key.
    pub id: String,
    /// Where it came from.
    pub kind: IncidentKind,
    /// The systems it speaks of, surest first, each with a share of belief 0…1. May be empty.
    pub systems: Vec<(String, f64)>,
    /// What kind of trouble it is: the rule of a finding, the name of a foreign alert; empty for tickets.
    pub symptom: String,
    /// The macro-regional branch, if known.
    pub mrf: Option<String>,
    /// What is felt, if known.
    pub impact: Option<Impact>,
    /// Stems of the masked text, sorted, each once; empty for findings.
    pub stems: Vec<String>,
    /// One line for people.
    pub title: Text,
    /// How bad.
    pub severity: Severity,
    /// Cause or symptom; tickets are symptoms.
    pub role: Role,
    /// Whether dependants suffer from it.
    pub spreads: bool,
    /// A ticket's number, as people use it; empty for others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// Hash of the reporting user; empty for findings.
    pub user: String,
    /// When it began.
    pub since: Time,
    /// When it ended, if it did; a ticket never ends by itself.
    pub ended: Option<Time>,
    /// What a finding says beside its title.
    pub detail: Option<Box<Detail>>,
}
