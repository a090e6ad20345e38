//! What reaches the core.

use serde::{Deserialize, Serialize};

use crate::cases::Lifecycle;
use crate::correlate::Grouping;
use crate::escalate::Escalation;
use crate::knowledge::Solution;
use crate::model::{
    Act, CalendarEntry, DeliveryState, EffectKey, Finding, ForeignAlert, Release, Text, Ticket,
    Time, Work,
};
use crate::topology::System;

/// Settings in force; logged, so that a replay uses the same.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The dependency graph.
    pub systems: Vec<System>,
    /// How evidence is weighed.
    pub grouping: Grouping,
    /// The times of a case's life.
    pub lifecycle: Lifecycle,
    /// Standard solutions.
    #[serde(default)]
    pub solutions: Vec<Solution>,
    /// Who is told.
    pub escalation: Escalation,
    /// A ticket system is read: as long as it is not, users may be complaining unheard.
    #[serde(default)]
    pub has_tickets: bool,
}

/// One thing that reached the core.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// New topology, policies, weights.
    Configured(Box<Settings>),
    /// A finding was raised, updated or cleared.
    Finding(Box<Finding>),
    /// A ticket was created or changed.
    Ticket(Box<Ticket>),
    /// An alert of another monitoring system, as it stands now.
    Alert(Box<ForeignAlert>),
    /// Works were announced, changed or called off.
    Work(Box<Work>),
    /// A version was put into operation.
    Release(Box<Release>),
    /// A time that is not like others.
    Calendar(Box<CalendarEntry>),
    /// Every ticket written before this moment has been read.
    TicketsRead {
        /// The moment.
        up_to: Time,
    },
    /// A person decided.
    Act(Box<Act>),
    /// The other side has taken or refused an effect, or an attempt failed in a new way (then the
    /// state is still `Pending`).
    Delivered {
        /// The effect.
        key: EffectKey,
        /// What became of it.
        state: DeliveryState,
        /// The reference there.
        reference: String,
        /// Why not, when it is not delivered (yet).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        error: Option<Text>,
    },
    /// Nothing happened, but a moment came at which something is due.
    Tick,
}

impl Event {
    /// One word for metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Configured(_) => "configured",
            Self::Finding(_) => "finding",
            Self::Ticket(_) => "ticket",
            Self::Alert(_) => "alert",
            Self::Work(_) => "work",
            Self::Release(_) => "release",
            Self::Calendar(_) => "calendar",
            Self::TicketsRead { .. } => "tickets_read",
            Self::Act(_) => "act",
            Self::Delivered { .. } => "delivered",
            Self::Tick => "tick",
        }
    }

    /// Takes out numbers that are not finite: JSON cannot hold them, so they must not reach the log. Returns
    /// how many there were.
    pub fn drop_non_finite(&mut self) -> usize {
        let Self::Finding(finding) = self else { return 0 };
        let before = finding.evidence.len();
        finding.evidence.retain(|number| number.value.is_finite());
        for number in &mut finding.evidence {
            number.limit = number.limit.filter(|limit| limit.is_finite());
        }
        let mut dropped = before - finding.evidence.len();
        if !finding.score.is_finite() {
            finding.score = 0.0;
            dropped += 1;
        }
        dropped
    }
}
