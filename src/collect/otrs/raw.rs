//! A ticket as it was read: nothing masked yet, so it must not leave the engine.

use std::collections::BTreeMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::watermark::Form;
use crate::model::Time;
use crate::otrs::{ArticleRecord, Config, OtrsError, ServerZone, TicketRecord};

/// Characters of a first article that are kept.
const BODY_LIMIT: usize = 32_768;

/// How a ticket came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketChannel {
    /// The self-service portal.
    Helpme,
    /// By phone, written by line 1.
    Phone,
    /// By e-mail.
    Email,
    /// The feedback form of the CRM.
    CrmForm,
    /// Registered by this engine.
    Monitoring,
}

impl TicketChannel {
    /// The word used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Helpme => "helpme",
            Self::Phone => "phone",
            Self::Email => "email",
            Self::CrmForm => "crm_form",
            Self::Monitoring => "monitoring",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Helpme, Self::Phone, Self::Email, Self::CrmForm, Self::Monitoring]
            .into_iter()
            .find(|channel| channel.as_str() == word.trim().to_lowercase())
    }
}

/// The text a ticket was opened with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FirstArticle {
    /// Its subject.
    pub subject: String,
    /// Its plain text, at most 32,768 characters.
    pub body: String,
}

/// One new or changed ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct RawTicket {
    /// The ticket system's own id.
    pub id: u64,
    /// The number people use.
    pub number: String,
    /// The title.
    pub title: String,
    /// The text it was opened with. `None` when there is none to read: the ticket was merged (its
    /// articles moved away), is too large, or never was completed. Keep what you have then.
    pub first: Option<FirstArticle>,
    /// The queue's full name.
    pub queue: String,
    /// The state's name.
    pub state: String,
    /// `new`, `open`, `closed`, `pending reminder`, `pending auto`, `merged`, `removed`.
    pub state_type: String,
    /// The priority's name.
    pub priority: String,
    /// The type's name; empty where types are off.
    pub kind: String,
    /// The service's name; empty when unset.
    pub service: String,
    /// The customer's login.
    pub customer_user: String,
    /// When it was created, by the server's clock.
    pub created: Time,
    /// When it last changed, by the server's clock.
    pub changed: Time,
    /// Dynamic fields that have a value.
    pub fields: BTreeMap<String, String>,
    /// The Problem it belongs to; empty when none.
    pub problem: String,
    /// The macro-regional branch; empty when none.
    pub mrf: String,
    /// The newest article's id; 0 when there is none.
    pub last_article: u64,
    /// The number of the ticket that people merged it into; empty when not merged or not told.
    pub merged_into: String,
    /// Opened by this engine: never a user's ticket.
    pub ours: bool,
    /// How it came in, as far as can be told.
    pub channel: Option<TicketChannel>,
    /// Has a customer and an article. A ticket that still has not after a minute comes as it is.
    pub is_complete: bool,
}

/// Personal data is not masked yet, so it does not print.
impl fmt::Debug for RawTicket {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RawTicket")
            .field("number", &self.number)
            .field("queue", &self.queue)
            .field("state_type", &self.state_type)
            .field("changed", &self.changed)
            .finish_non_exhaustive()
    }
}

/// A ticket with its newest article, before its first one is known.
pub(super) struct Reading {
    pub(super) ticket: RawTicket,
    pub(super) age_seconds: u64,
    pub(super) needs_first: bool,
}

impl Reading {
    /// Understands a record that was read with its newest article.
    pub(super) fn of(record: TicketRecord, config: &Config) -> Result<Self, OtrsError> {
        let ours = is_ours(&record, config);
        let is_merged = record.is_merged();
        let created = time(&config.timezone, &record.created)?;
        let changed = time(&config.timezone, &record.changed)?;
        let newest = record.articles.first();
        let needs_first = !is_merged && newest.is_some_and(|article| article.number != 1);
        // Until the first one is read the newest stands for it, and for good where the first one is
        // an empty shell of a creation that died.
        let known = newest.filter(|_| !is_merged);
        let ticket = RawTicket {
            first: known.map(first_article),
            channel: channel(&record, known, ours, config),
            is_complete: newest.is_some() && !record.customer_user.is_empty(),
            last_article: newest.map_or(0, |article| article.id),
            problem: record.field(config.fields.problem_id.as_deref()).to_owned(),
            mrf: record.field(config.fields.mrf.as_deref()).to_owned(),
            merged_into: newest
                .filter(|_| is_merged)
                .map_or_else(String::new, |article| other_number(&article.body, &record.number)),
            id: record.id,
            number: record.number,
            title: record.title,
            queue: record.queue,
            state: record.state,
            state_type: record.state_type,
            priority: record.priority,
            kind: record.kind,
            service: record.service,
            customer_user: record.customer_user,
            created,
            changed,
            fields: record.fields,
            ours,
        };
        Ok(Self { ticket, age_seconds: record.age_seconds, needs_first })
    }

    /// What tells this form of the ticket from an earlier one.
    pub(super) fn form(&self) -> Form {
        let ticket = &self.ticket;
        let mut hasher = DefaultHasher::new();
        let words = [
            &ticket.title,
            &ticket.queue,
            &ticket.state,
            &ticket.priority,
            &ticket.kind,
            &ticket.service,
            &ticket.customer_user,
        ];
        words.hash(&mut hasher);
        ticket.fields.hash(&mut hasher);
        Form { changed: ticket.changed, last_article: ticket.last_article, hash: hasher.finish() }
    }

    /// Adds the first article of a second reading.
    pub(super) fn with_first(mut self, first: Option<TicketRecord>, config: &Config) -> RawTicket {
        if let Some(record) = first
            && let Some(article) = record.articles.first()
        {
            self.ticket.first = Some(first_article(article));
            self.ticket.channel = channel(&record, Some(article), self.ticket.ours, config);
        }
        self.ticket
    }
}

/// Reads a time of the server; one that cannot be read means that this is not a ticket system.
pub(super) fn time(zone: &ServerZone, text: &str) -> Result<Time, OtrsError> {
    zone.read(text).ok_or_else(|| OtrsError::Answer {
        what: "TicketGet",
        cause: format!("«{text}» is not a time of the form 2026-11-22 22:45:00"),
    })
}

fn first_article(article: &ArticleRecord) -> FirstArticle {
    FirstArticle {
        subject: article.subject.clone(),
        body: crate::otrs::cut(&article.body, BODY_LIMIT),
    }
}

/// A merged ticket keeps one article that names both numbers, in the words of its language.
fn other_number(notice: &str, own: &str) -> String {
    let digits = |letter: char| !letter.is_ascii_digit();
    let mut numbers = notice.split(digits).filter(|number| number.len() >= 6 && *number != own);
    numbers.next().unwrap_or_default().to_owned()
}

/// Ours has our key. One whose creation died before the key was written has our type and the
/// case's mark at the end of its title from the first moment.
fn is_ours(record: &TicketRecord, config: &Config) -> bool {
    !record.field(config.fields.idempotency_key.as_deref()).is_empty()
        || crate::otrs::marked_case(&record.title).is_some() && config.is_our_type(&record.kind)
}

/// What the first article tells: mail and phone are channels there too; what a customer wrote
/// inside came through the portal.
fn channel(
    record: &TicketRecord,
    first: Option<&ArticleRecord>,
    ours: bool,
    config: &Config,
) -> Option<TicketChannel> {
    if ours {
        return Some(TicketChannel::Monitoring);
    }
    let stated = record.field(config.fields.channel.as_deref());
    if let Some(channel) = TicketChannel::from_word(stated) {
        return Some(channel);
    }
    let first = first?;
    match (first.communication_channel.as_str(), first.sender_type.as_str()) {
        ("Phone", _) => Some(TicketChannel::Phone),
        ("Email", "customer") => Some(TicketChannel::Email),
        ("Internal", "customer") => Some(TicketChannel::Helpme),
        _ => None,
    }
}
