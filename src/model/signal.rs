//! The unit that is grouped: one piece of evidence with a life.

use std::sync::Arc;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::{Detail, Impact, Role, Severity, Text, Time};

/// Where a signal came from. The kind only words it: all signals live the same life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SignalKind {
    /// A user's ticket.
    Ticket,
    /// A finding of our own detectors.
    Finding,
    /// An alert of another monitoring system.
    Alert,
}

impl SignalKind {
    /// The word used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ticket => "ticket",
            Self::Finding => "finding",
            Self::Alert => "alert",
        }
    }
}

/// Where a signal is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Life {
    /// It lasts: the finding is on, the ticket is not closed.
    #[default]
    Active,
    /// Over: the finding cleared, the ticket was closed.
    Ended,
    /// It was no failure at all: a request, a ticket merged by people. Counts for nothing.
    Withdrawn,
    /// Nobody has repeated it in the time its source promised.
    Expired,
}

/// The worst that a signal has said, kept when it says less: who held the lock, and how many waited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Worst {
    /// How bad.
    pub severity: Severity,
    /// The line for people as it read then.
    pub title: Text,
    /// The numbers and labels as they were then.
    pub detail: Option<Arc<Detail>>,
}

/// One piece of evidence, normalised and kept whole while anything refers to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// `ticket:ID`, `alert:SOURCE/NAME`, or the finding's key.
    pub id: CompactString,
    /// Where it came from.
    pub kind: SignalKind,
    /// Where in its life.
    pub life: Life,
    /// When it ended, was withdrawn or expired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Time>,
    /// The planned work or mute that holds it back just now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<String>,
    /// A person has said that it is over although it is active: up to this severity it keeps no case
    /// open. Gone as soon as the signal ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub excused: Option<Severity>,
    /// The systems it speaks of, surest first, each with a share of belief 0…1. May be empty.
    pub systems: SmallVec<[(CompactString, f64); 1]>,
    /// The thing inside the system: an instance, a disk. Empty for tickets.
    #[serde(default, skip_serializing_if = "CompactString::is_empty")]
    pub object: CompactString,
    /// What kind of trouble it is: the rule of a finding, the name of an alert; empty for tickets.
    #[serde(default, skip_serializing_if = "CompactString::is_empty")]
    pub symptom: CompactString,
    /// The macro-regional branch, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mrf: Option<String>,
    /// What users feel, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impact: Option<Impact>,
    /// Stems of the masked text, sorted, each once; empty for findings.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stems: Vec<String>,
    /// The length of the text's vector of weighted stems, as the weights were when it came.
    #[serde(default)]
    pub text_norm: f64,
    /// One line for people.
    pub title: Text,
    /// How bad it is now.
    pub severity: Severity,
    /// What it said at its worst, unless that is what it says now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst: Option<Box<Worst>>,
    /// Cause or symptom; tickets are symptoms.
    pub role: Role,
    /// Whether systems that depend on this one suffer from it.
    pub spreads: bool,
    /// It says that a source cannot be seen, not that the source is ill.
    #[serde(default)]
    pub blind: bool,
    /// A ticket's number, as people use it; empty for others.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub number: String,
    /// Who reported it, as a keyed hash; the ticket's own id when nobody is known.
    #[serde(default, skip_serializing_if = "CompactString::is_empty")]
    pub reporter: CompactString,
    /// How a ticket came in; which system sent an alert.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    /// The operation in which it happened, when the ticket says so.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    /// When it began; when it returned, if it was over in between.
    pub since: Time,
    /// When it became as bad as it is.
    pub worsened_at: Time,
    /// It expires at this moment unless it is repeated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// What a finding says beside its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Arc<Detail>>,
}

impl Signal {
    /// The system it most likely speaks of; empty when it names none.
    #[must_use]
    pub fn system(&self) -> &str {
        self.systems.first().map_or("", |(key, _)| key.as_str())
    }

    /// A user's ticket.
    #[must_use]
    pub fn is_ticket(&self) -> bool {
        self.kind == SignalKind::Ticket
    }

    /// The ticket system's id, of a ticket.
    #[must_use]
    pub fn ticket_id(&self) -> Option<u64> {
        self.id.strip_prefix("ticket:")?.parse().ok()
    }

    /// It lasts.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.life == Life::Active
    }

    /// It lasts and nothing holds it back.
    #[must_use]
    pub fn counts_now(&self) -> bool {
        self.is_active() && self.held_by.is_none()
    }

    /// It lasted after a moment, or a ticket was written after it.
    #[must_use]
    pub fn is_heard_after(&self, moment: Time) -> bool {
        let last = if self.is_ticket() { Some(self.since) } else { self.ended };
        last.is_none_or(|last| last > moment)
    }

    /// It keeps a case open: a finding or alert that lasts, is more than a note for the record, and is
    /// neither held back nor excused.
    #[must_use]
    pub fn keeps_open(&self) -> bool {
        let least = self.excused.unwrap_or(Severity::Info).max(Severity::Info);
        !self.is_ticket() && self.counts_now() && self.severity > least
    }

    /// What it says, or said at its worst when it is over.
    #[must_use]
    pub fn telling_title(&self) -> &Text {
        match &self.worst {
            Some(worst) if !self.is_active() => &worst.title,
            _ => &self.title,
        }
    }

    /// The detail that belongs to [`Self::telling_title`].
    #[must_use]
    pub fn telling_detail(&self) -> Option<&Arc<Detail>> {
        match &self.worst {
            Some(worst) if !self.is_active() => worst.detail.as_ref(),
            _ => self.detail.as_ref(),
        }
    }
}
