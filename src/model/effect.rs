//! Something to be done outside, and what became of it.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{CaseId, Text, Time};

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
    /// All channels.
    pub const ALL: [Self; 2] = [Self::Otrs, Self::Alertmanager];

    /// The word used in the API, in labels and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Otrs => "otrs",
            Self::Alertmanager => "alertmanager",
        }
    }
}

/// Which of a case's effects on its channel: makes the key one of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// Opens the case's ticket.
    Open,
    /// The n-th note on the case's ticket.
    Note(u32),
    /// Closes the case's ticket.
    Close,
    /// Joins a user's ticket, for the n-th time.
    Join(u64, u32),
    /// Takes a user's ticket out, for the n-th time.
    Leave(u64, u32),
    /// Tells a user's ticket what became of the case, for the n-th time.
    Tell(u64, u32),
    /// The n-th change of the case's alerts.
    Alert(u32),
    /// The n-th change of the case's silence.
    Silence(u32),
}

impl fmt::Display for Step {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open => formatter.write_str("open"),
            Self::Note(n) => write!(formatter, "n{n}"),
            Self::Close => formatter.write_str("close"),
            Self::Join(ticket, n) => write!(formatter, "join/{ticket}/{n}"),
            Self::Leave(ticket, n) => write!(formatter, "leave/{ticket}/{n}"),
            Self::Tell(ticket, n) => write!(formatter, "tell/{ticket}/{n}"),
            Self::Alert(n) => write!(formatter, "alert{n}"),
            Self::Silence(n) => write!(formatter, "silence{n}"),
        }
    }
}

impl FromStr for Step {
    type Err = EffectKeyError;

    fn from_str(text: &str) -> Result<Self, EffectKeyError> {
        let wrong = || EffectKeyError(text.to_owned());
        let number = |digits: &str| digits.parse::<u32>().map_err(|_| wrong());
        let ticket = |rest: &str| {
            let (ticket, n) = rest.split_once('/').ok_or_else(wrong)?;
            Ok::<_, EffectKeyError>((ticket.parse().map_err(|_| wrong())?, number(n)?))
        };
        if let Some(rest) = text.strip_prefix("join/") {
            return ticket(rest).map(|(ticket, n)| Self::Join(ticket, n));
        }
        if let Some(rest) = text.strip_prefix("leave/") {
            return ticket(rest).map(|(ticket, n)| Self::Leave(ticket, n));
        }
        if let Some(rest) = text.strip_prefix("tell/") {
            return ticket(rest).map(|(ticket, n)| Self::Tell(ticket, n));
        }
        if let Some(rest) = text.strip_prefix("alert") {
            return number(rest).map(Self::Alert);
        }
        if let Some(rest) = text.strip_prefix("silence") {
            return number(rest).map(Self::Silence);
        }
        match text {
            "open" => Ok(Self::Open),
            "close" => Ok(Self::Close),
            _ => number(text.strip_prefix('n').ok_or_else(wrong)?).map(Self::Note),
        }
    }
}

/// The identity of an effect: two effects with one key are one effect. `PRB-000001/otrs/open`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EffectKey {
    /// The case it belongs to.
    pub case: CaseId,
    /// Where it goes.
    pub channel: Channel,
    /// Which of the case's effects there.
    pub step: Step,
}

/// A text that is no effect's key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0} is no key of an effect; keys look like PRB-000001/otrs/open")]
pub struct EffectKeyError(String);

impl fmt::Display for EffectKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}/{}", self.case, self.channel.as_str(), self.step)
    }
}

impl FromStr for EffectKey {
    type Err = EffectKeyError;

    fn from_str(text: &str) -> Result<Self, EffectKeyError> {
        let wrong = || EffectKeyError(text.to_owned());
        let mut parts = text.splitn(3, '/');
        let (case, channel, step) = (parts.next(), parts.next(), parts.next());
        let channel = Channel::ALL.into_iter().find(|one| Some(one.as_str()) == channel);
        Ok(Self {
            case: case.and_then(|case| case.parse().ok()).ok_or_else(wrong)?,
            channel: channel.ok_or_else(wrong)?,
            step: step.ok_or_else(wrong)?.parse()?,
        })
    }
}

impl Serialize for EffectKey {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for EffectKey {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectKind {
    /// Open the case's ticket.
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
    /// Add a note to the case's ticket, and change what is given beside it.
    AddNote {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
        /// The queue to move the ticket to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        queue: Option<String>,
        /// The priority to give it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        priority: Option<String>,
    },
    /// Add a last note to the case's ticket and close it.
    CloseTicket {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Open a closed ticket of a case again, with a note.
    ReopenTicket {
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// Join a user's ticket to the case: its dynamic field `ProblemId` and a note.
    JoinTicket {
        /// The user's ticket.
        ticket_id: u64,
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// A user's ticket that was joined does not belong to the case: the field is emptied if it still
    /// names the case, a note says so.
    LeaveTicket {
        /// The user's ticket.
        ticket_id: u64,
        /// The note's subject.
        subject: String,
        /// Plain text.
        body: String,
    },
    /// A joined user's ticket hears that it is over.
    TellTicket {
        /// The user's ticket.
        ticket_id: u64,
        /// The message's subject.
        subject: String,
        /// Plain text.
        body: String,
        /// Who reads it, and what becomes of the ticket.
        #[serde(default)]
        when_over: WhenOver,
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
    /// Stop the paging of the case's alerts until a moment, or (in the past) let it go on.
    Silence {
        /// Until when.
        until: Time,
        /// Whose wish it is.
        by: String,
        /// Why, for Alertmanager's page.
        comment: String,
    },
}

/// What a joined user's ticket gets when the case is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhenOver {
    /// A note that support reads; the ticket is theirs to close.
    #[default]
    Note,
    /// An answer that the user reads.
    Answer,
    /// An answer that the user reads, and the ticket is closed unless somebody is at work on it.
    Close,
}

impl WhenOver {
    /// All of them, the most cautious first.
    pub const ALL: [Self; 3] = [Self::Note, Self::Answer, Self::Close];

    /// As configurations write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Answer => "answer",
            Self::Close => "close",
        }
    }

    /// Reads what [`Self::as_str`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == text)
    }
}

/// Something to be done outside, once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Makes it once.
    pub key: EffectKey,
    /// When it was decided.
    pub at: Time,
    /// Not worth doing any more at this moment, if it has not begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// Effects that need not be done any more once this is decided, if they have not begun.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub supersedes: Vec<EffectKey>,
    /// What is to be done.
    pub kind: EffectKind,
}

impl Effect {
    /// The case it belongs to.
    #[must_use]
    pub const fn case(&self) -> CaseId {
        self.key.case
    }

    /// Where it goes.
    #[must_use]
    pub const fn channel(&self) -> Channel {
        self.key.channel
    }

    /// What this effect must keep its order with: its case's own ticket or alerts, or the one user's
    /// ticket that it is about.
    #[must_use]
    pub fn lane(&self) -> String {
        match &self.kind {
            EffectKind::JoinTicket { ticket_id, .. }
            | EffectKind::LeaveTicket { ticket_id, .. }
            | EffectKind::TellTicket { ticket_id, .. } => format!("ticket/{ticket_id}"),
            _ => self.key.case.to_string(),
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
    /// It was over before the other side could be told.
    Expired,
}

impl DeliveryState {
    /// The word used in the API and in styles.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Resolved => "resolved",
            Self::Rejected => "rejected",
            Self::Expired => "expired",
        }
    }
}

/// Who was told of a case: one line a channel.
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
