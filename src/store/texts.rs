//! What tickets say, for the pages: masked before it comes here, bounded, kept apart from the log. A ticket whose
//! text is not here is shown without it.

use std::collections::BTreeMap;

use sqlx::Row;

use super::{Store, StoreError, encode, signed, unsigned, while_doing};
use crate::model::{Ticket, Time};
use crate::text;

/// Characters of one text that are kept.
const LONGEST: usize = 2_000;
/// Texts of one transaction: the log waits no longer than that takes.
const AT_ONCE: usize = 200;

/// What a ticket says, masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TicketText {
    /// The ticket system's own id.
    pub ticket: u64,
    /// The number people use.
    pub number: String,
    /// The subject.
    pub title: String,
    /// The first article's text, at most 2,000 characters.
    pub body: String,
    /// The ticket's last change.
    pub at: Time,
}

impl TicketText {
    /// What is kept of a ticket, which is masked already; nothing of one without a text.
    #[must_use]
    pub fn of(ticket: &Ticket) -> Option<Self> {
        let body = text::cut(ticket.text.trim(), LONGEST);
        (!body.is_empty()).then(|| Self {
            ticket: ticket.id,
            number: ticket.number.clone(),
            title: ticket.title.clone(),
            body,
            at: ticket.changed,
        })
    }
}

impl Store {
    /// Keeps what tickets say; the same ticket again replaces what is there.
    ///
    /// # Errors
    /// When it cannot be written; what was written before stays.
    pub async fn keep_texts(&self, texts: &[TicketText]) -> Result<(), StoreError> {
        for some in texts.chunks(AT_ONCE) {
            let mut tx = self.writer.begin().await.map_err(while_doing("keep texts"))?;
            for text in some {
                sqlx::query(
                    "INSERT OR REPLACE INTO ticket_texts (ticket, number, title, body, at) \
                     VALUES (?, ?, ?, ?, ?)",
                )
                .bind(signed(text.ticket))
                .bind(&text.number)
                .bind(&text.title)
                .bind(&text.body)
                .bind(text.at.0)
                .execute(&mut *tx)
                .await
                .map_err(while_doing("keep texts"))?;
            }
            tx.commit().await.map_err(while_doing("keep texts"))?;
        }
        Ok(())
    }

    /// What these tickets say, by their ids; those that are not kept are missing. One query.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn texts(&self, tickets: &[u64]) -> Result<BTreeMap<u64, TicketText>, StoreError> {
        if tickets.is_empty() {
            return Ok(BTreeMap::new());
        }
        let rows = sqlx::query(
            "SELECT ticket, number, title, body, at FROM ticket_texts \
             WHERE ticket IN (SELECT value FROM json_each(?))",
        )
        .bind(encode("ids of tickets", &tickets)?)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read texts"))?;
        let text = |row: &sqlx::sqlite::SqliteRow| {
            let ticket = unsigned(row.get(0));
            let (number, title, body) = (row.get(1), row.get(2), row.get(3));
            (ticket, TicketText { ticket, number, title, body, at: Time(row.get(4)) })
        };
        Ok(rows.iter().map(text).collect())
    }
}
