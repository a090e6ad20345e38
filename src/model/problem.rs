//! The cause behind one or more findings and tickets, as people see it.

use serde::{Deserialize, Serialize};

use super::{Delivery, Detail, Impact, IncidentKind, Message, Reason, Severity, Text, Time};

/// The life of a Problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ProblemState {
    /// Nobody has taken it.
    Open,
    /// Somebody has taken it.
    Acknowledged,
    /// Its findings are over, or a person said so; it comes back if they do.
    Resolved,
    /// Done for good, or merged into another.
    Closed,
}

/// One incident inside a Problem, and why it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The incident's id.
    pub incident: String,
    /// Ticket, finding or alert.
    pub kind: IncidentKind,
    /// The system it was put to; empty when it names none.
    pub system: String,
    /// One line for people.
    pub title: Text,
    /// How bad.
    pub severity: Severity,
    /// When it began.
    pub since: Time,
    /// When it ended, if it did.
    pub ended: Option<Time>,
    /// What a finding says beside its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<Detail>>,
    /// A ticket's number, as people use it; empty for others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// The keyed hash of a ticket's user; empty when not known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// The branch it was counted under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrf: Option<String>,
    /// What is felt, or broken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// When it joined this Problem.
    pub joined_at: Time,
    /// Log-odds of «same cause» at the moment of joining; 0 for the first member.
    pub log_odds: f64,
    /// The pieces that add up to it.
    pub why: Vec<Reason>,
}

/// One suspected cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The system.
    pub system: String,
    /// Share of belief, 0…1; all causes of one Problem add up to at most 1.
    pub probability: f64,
    /// What speaks for and against it, strongest first.
    pub evidence: Vec<Reason>,
}

/// What a line of the timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// The Problem opened, changed state, or came back.
    State,
    /// A finding or ticket joined, or a finding ended.
    Member,
    /// The first cause changed.
    Cause,
    /// Somebody outside was told, or could not be.
    Told,
    /// A person acted.
    Review,
}

/// One line of a Problem's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Time,
    /// What it is about.
    pub kind: TimelineKind,
    /// The line.
    pub message: Message,
}

/// The cause behind one or more incidents, with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Problem {
    /// `PRB-000001`: counted up, never reused.
    pub id: String,
    /// One line for people.
    pub title: Message,
    /// The worst it has been since it opened, or came back.
    pub severity: Severity,
    /// Where in its life.
    pub state: ProblemState,
    /// When its first member began.
    pub opened_at: Time,
    /// When and by whom it was taken.
    pub acknowledged: Option<(Time, String)>,
    /// When it was resolved.
    pub resolved_at: Option<Time>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// How often it came back after being resolved.
    pub reopened: u32,
    /// The Problem it was merged into.
    pub merged_into: Option<String>,
    /// The systems of its members, the first cause first.
    pub systems: Vec<String>,
    /// The branches of its tickets, in order of name.
    pub mrfs: Vec<String>,
    /// Tickets in it.
    pub tickets: u32,
    /// Different users among them.
    pub users: u32,
    /// Findings in it.
    pub findings: u32,
    /// In order of joining.
    pub members: Vec<Member>,
    /// Most likely first.
    pub causes: Vec<Cause>,
    /// Who was told, in order of telling.
    pub told: Vec<Delivery>,
    /// Oldest first; bounded.
    pub timeline: Vec<TimelineEntry>,
}
