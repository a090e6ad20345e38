//! Policies as data: which case opens what, in whose queue, from which severity on.

use serde::{Deserialize, Serialize};

use crate::model::{Language, Severity, WhenOver};

/// Who is told of which cases, and how.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Escalation {
    /// The first policy that matches a case applies.
    pub policies: Vec<Policy>,
    /// The address of our page as people reach it, for links; without a trailing slash.
    pub page_url: String,
    /// The address of one ticket in the ticket system's own pages, with `{id}` or `{number}` in it.
    #[serde(default)]
    pub ticket_url: Option<String>,
    /// The language of tickets and alerts.
    pub language: Language,
    /// At most one note on changes of a case in this time, milliseconds.
    pub note_interval_ms: i64,
}

impl Escalation {
    /// The path under which people reach the page, without a trailing slash: `/vakhta` of `https://ops.example/vakhta`,
    /// empty when it is the host's own root.
    #[must_use]
    pub fn base(&self) -> &str {
        let rest = self.page_url.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').and_then(|at| rest.get(at..)).unwrap_or_default().trim_end_matches('/')
    }
}

impl Default for Escalation {
    fn default() -> Self {
        Self {
            policies: Vec::new(),
            page_url: String::new(),
            ticket_url: None,
            language: Language::Ru,
            note_interval_ms: 5 * 60_000,
        }
    }
}

/// One policy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Its name, for `explain`.
    pub name: String,
    /// Cases milder than this do not match.
    pub from_severity: Severity,
    /// First causes that match; empty: all.
    pub systems: Vec<String>,
    /// How long a case must have lasted before anybody is told, milliseconds: what is over
    /// sooner told nobody.
    pub wait_ms: i64,
    /// Open a ticket.
    pub ticket: Option<TicketPolicy>,
    /// Raise an alert.
    pub alert: Option<AlertPolicy>,
}

/// How a case's ticket is opened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TicketPolicy {
    /// The queue; absent: the queue of the first cause's system.
    pub queue: Option<String>,
    /// The queue when the system has none.
    pub fallback_queue: String,
    /// Join the users' tickets to it.
    pub join_tickets: bool,
    /// What the joined ones get when it is over.
    #[serde(default)]
    pub when_over: WhenOver,
}

/// How an alert is raised.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertPolicy {
    /// Labels added to every alert, for routing.
    pub labels: std::collections::BTreeMap<String, String>,
}

impl Escalation {
    /// Where people read a ticket, if it is known.
    #[must_use]
    pub fn ticket_link(&self, id: &str, number: &str) -> Option<String> {
        let pattern = self.ticket_url.as_ref()?;
        let is_plain = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit());
        let link = pattern.replace("{id}", id).replace("{number}", number);
        (is_plain(id) && is_plain(number)).then_some(link)
    }

    /// Where people read a ticket of which only the number is known; none when addresses need more.
    #[must_use]
    pub fn number_link(&self, number: &str) -> Option<String> {
        let pattern = self.ticket_url.as_deref().filter(|pattern| !pattern.contains("{id}"))?;
        let is_plain = !number.is_empty() && number.chars().all(|c| c.is_ascii_digit());
        is_plain.then(|| pattern.replace("{number}", number))
    }

    /// The policy for a case as it stands.
    #[must_use]
    pub fn matching(&self, system: &str, severity: Severity) -> Option<&Policy> {
        self.policies.iter().find(|policy| {
            let system_fits =
                policy.systems.is_empty() || policy.systems.iter().any(|key| key == system);
            system_fits && severity >= policy.from_severity
        })
    }
}
