//! What people see and act on: a case, as a line of the list and as a page.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Delivery, Detail, Impact, Life, Message, Reason, Severity, SignalKind, Text, Time};

/// What a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CaseKind {
    /// What users feel: many incidents of one kind at once.
    MassIncident,
    /// The cause behind signals, without a standard solution.
    Problem,
    /// Run by the duty shift as an emergency.
    Emergency,
}

impl CaseKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::MassIncident, Self::Problem, Self::Emergency];

    /// The letters its ids begin with.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::MassIncident => "MI",
            Self::Problem => "PRB",
            Self::Emergency => "EMG",
        }
    }

    /// The word used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MassIncident => "mass_incident",
            Self::Problem => "problem",
            Self::Emergency => "emergency",
        }
    }
}

/// `PRB-000001`: counted up within its kind, never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CaseId {
    /// What kind of case.
    pub kind: CaseKind,
    /// Its number.
    pub number: u64,
}

impl fmt::Display for CaseId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}-{:06}", self.kind.prefix(), self.number)
    }
}

/// A text that is no case's id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no id of a case; ids look like PRB-000001 or MI-000001")]
pub struct CaseIdError(String);

impl FromStr for CaseId {
    type Err = CaseIdError;

    fn from_str(text: &str) -> Result<Self, CaseIdError> {
        let wrong = || CaseIdError(text.chars().take(40).collect());
        let (prefix, digits) = text.split_once('-').ok_or_else(wrong)?;
        let kind = CaseKind::ALL.into_iter().find(|kind| kind.prefix() == prefix);
        let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let number = digits.parse().ok().filter(|_| is_plain);
        Ok(Self { kind: kind.ok_or_else(wrong)?, number: number.ok_or_else(wrong)? })
    }
}

impl Serialize for CaseId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for CaseId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// The life of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CaseState {
    /// Nobody has taken it.
    Open,
    /// Somebody has taken it.
    Acknowledged,
    /// Its signals are over, or a person said so; it comes back if they do.
    Resolved,
    /// Done for good.
    Closed,
    /// Another case goes on for it; it is closed with that one.
    Merged,
}

impl CaseState {
    /// All states.
    pub const ALL: [Self; 5] =
        [Self::Open, Self::Acknowledged, Self::Resolved, Self::Closed, Self::Merged];

    /// The word used in the API, in texts' keys and in styles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Merged => "merged",
        }
    }

    /// Open, taken or not.
    #[must_use]
    pub const fn is_live(self) -> bool {
        matches!(self, Self::Open | Self::Acknowledged)
    }
}

/// How two cases belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkKind {
    /// The other one is what users feel of this cause.
    Explains,
    /// The other one is the cause of this mass incident.
    ExplainedBy,
    /// The other one was merged into this.
    Absorbed,
    /// The other one was split off.
    SplitOff,
    /// This one was split off the other.
    SplitFrom,
}

/// A link to another case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Link {
    /// How.
    pub kind: LinkKind,
    /// The other case.
    pub case: CaseId,
}

/// One suspected cause.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cause {
    /// The system.
    pub system: String,
    /// Share of belief, 0…1; all causes of one case add up to at most 1.
    pub probability: f64,
    /// What speaks for and against it, strongest first.
    pub evidence: Vec<Reason>,
}

/// What a line of the timeline is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimelineKind {
    /// The case opened, changed state, or came back.
    State,
    /// A signal joined, left or ended.
    Member,
    /// The first cause changed.
    Cause,
    /// Somebody outside was told, or could not be.
    Told,
    /// A person acted.
    Review,
}

impl TimelineKind {
    /// The word used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Member => "member",
            Self::Cause => "cause",
            Self::Told => "told",
            Self::Review => "review",
        }
    }
}

/// One line of a case's history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimelineEntry {
    /// When.
    pub at: Time,
    /// What it is about.
    pub kind: TimelineKind,
    /// The line.
    pub message: Message,
    /// The number of the act, of a line about one: it can be undone by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<u64>,
}

/// One signal inside a case, and why it is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The signal's id.
    pub signal: String,
    /// Ticket, finding or alert.
    pub kind: SignalKind,
    /// Where in its life.
    pub life: Life,
    /// The system it was put to; empty when it names none.
    pub system: String,
    /// One line for people; at its worst, when it is over.
    pub title: Text,
    /// How bad.
    pub severity: Severity,
    /// When it began.
    pub since: Time,
    /// When it ended, if it did.
    pub ended: Option<Time>,
    /// The planned work or mute that holds it back.
    pub held_by: Option<String>,
    /// What a finding says beside its title.
    pub detail: Option<Arc<Detail>>,
    /// A ticket's number, as people use it; empty for others.
    pub number: String,
    /// The branch it was counted under.
    pub mrf: Option<String>,
    /// What is felt, or broken.
    pub impact: Option<Impact>,
    /// When it joined this case.
    pub joined_at: Time,
    /// Log-odds of «same cause» at the moment of joining; 0 for the first member.
    pub log_odds: f64,
    /// The pieces that add up to it.
    pub why: Vec<Reason>,
}

impl Member {
    /// The ticket system's id, of a ticket.
    #[must_use]
    pub fn ticket_id(&self) -> Option<u64> {
        self.signal.strip_prefix("ticket:")?.parse().ok()
    }
}

/// A case on one line: what lists need, of a size that does not grow with its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseSummary {
    /// Its id.
    pub id: CaseId,
    /// Counts its changes by people and of state: what an act expects.
    pub version: u64,
    /// One line for people.
    pub title: Message,
    /// How bad it is now.
    pub severity: Severity,
    /// The worst it has been since it opened, or came back.
    pub peak: Severity,
    /// It only says that sources cannot be seen.
    pub blind: bool,
    /// Where in its life.
    pub state: CaseState,
    /// When the fault began.
    pub opened_at: Time,
    /// Who has it, and since when.
    pub owner: Option<(Time, String)>,
    /// When it was resolved.
    pub resolved_at: Option<Time>,
    /// When it was closed.
    pub closed_at: Option<Time>,
    /// How often it came back after being resolved.
    pub reopened: u32,
    /// It comes and goes: single returns are not told any more.
    pub unstable: bool,
    /// A problem manager has confirmed it.
    pub confirmed: bool,
    /// A person has said that it was nothing.
    pub rejected: bool,
    /// Its number in the knowledge base, of a known error.
    pub known_error: Option<String>,
    /// The case that goes on for it.
    pub merged_into: Option<CaseId>,
    /// Other cases it belongs with.
    pub links: Vec<Link>,
    /// The systems of its members, the first cause first; at most 64.
    pub systems: Vec<String>,
    /// How many systems there are.
    pub system_count: u32,
    /// The branches of its tickets, in order of name.
    pub mrfs: Vec<String>,
    /// Tickets in it since it last came back; of one that is closed, in all.
    pub tickets: u32,
    /// Different users among them.
    pub users: u32,
    /// Findings and alerts in it.
    pub findings: u32,
    /// The first cause and its share of belief.
    pub cause: Option<(String, f64)>,
    /// Who was told, in order of telling.
    pub told: Vec<Delivery>,
}

/// A case with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CaseDetail {
    /// The line of the list.
    pub summary: CaseSummary,
    /// In order of joining.
    pub members: Vec<Member>,
    /// Most likely first.
    pub causes: Vec<Cause>,
    /// Oldest first; bounded.
    pub timeline: Vec<TimelineEntry>,
    /// Tickets that name no system and might belong here: for people to decide.
    pub candidates: Vec<Member>,
    /// Of a case that is closed: the stems of what its tickets say, so that it can be found; bounded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<String>,
}

impl CaseDetail {
    /// Findings and alerts that are on now and that nothing holds back.
    #[must_use]
    pub fn on(&self) -> u32 {
        let is_on = |member: &&Member| {
            let is_finding = member.kind != SignalKind::Ticket;
            is_finding && member.life == Life::Active && member.held_by.is_none()
        };
        u32::try_from(self.members.iter().filter(is_on).count()).unwrap_or(u32::MAX)
    }

    /// Tickets, and findings and alerts, that are of an episode before it last came back.
    #[must_use]
    pub fn earlier(&self) -> (u32, u32) {
        let counted = self.members.iter().filter(|member| member.life != Life::Withdrawn);
        let (tickets, findings): (Vec<&Member>, Vec<&Member>) =
            counted.partition(|member| member.kind == SignalKind::Ticket);
        let beyond = |all: Vec<&Member>, now: u32| {
            u32::try_from(all.len()).unwrap_or(u32::MAX).saturating_sub(now)
        };
        (beyond(tickets, self.summary.tickets), beyond(findings, self.summary.findings))
    }
}
