//! Delivery of effects to the ticket system: at least once from the outbox, once in effect there.
//!
//! The peer has no key of its own against repetition and does not roll back a failure, so each
//! effect leaves a sign that can be looked for: a case's ticket carries the effect's key in a
//! dynamic field and the case's mark in its title (there from the first moment of a creation),
//! a note ends its subject in a mark made from the key. A creation is always preceded by the
//! search; a note is preceded by it when the effect was tried before. The caller has one writer
//! per ticket, notes an attempt before it makes it, and tries again no sooner than the peer can show
//! what it was sent.

mod note;
mod open;
mod row;
#[cfg(test)]
mod tests;
mod wording;

use std::sync::Arc;

pub use row::TicketRow;

use super::delivery::{Deliver, DeliverError, Delivered, DeliveryContext};
use crate::model::{Channel, Effect, EffectKind, Text};
use crate::otrs::{Client, OtrsError};

impl From<OtrsError> for DeliverError {
    /// For a write. A wrong route or an unusable answer is not the effect's fault, so such an
    /// effect waits until the configuration is mended.
    fn from(error: OtrsError) -> Self {
        let text = error.text();
        match error {
            OtrsError::Auth { .. } => Self::Auth(text),
            OtrsError::Rejected { .. } => Self::Rejected(text),
            _ if error.is_outcome_unknown() => Self::Unknown(text),
            _ => Self::Retry(text),
        }
    }
}

/// The error of a read before any write: whatever it was, nothing was done.
fn of_read(error: OtrsError) -> DeliverError {
    match DeliverError::from(error) {
        DeliverError::Unknown(text) => DeliverError::Retry(text),
        other => other,
    }
}

/// Delivers effects to one ticket system.
#[derive(Clone, Debug)]
pub struct OtrsChannel {
    /// The client, shared with the reader.
    pub client: Arc<Client>,
}

impl Deliver for OtrsChannel {
    async fn deliver(
        &self,
        effect: &Effect,
        context: &DeliveryContext,
        retry: bool,
    ) -> Result<Delivered, DeliverError> {
        if effect.channel() != Channel::Otrs {
            return Err(foreign(effect));
        }
        match &effect.kind {
            EffectKind::OpenTicket { queue, priority, title, body, system } => {
                let order = open::Order { queue, priority, title, body, system };
                self.open(effect, &order, context.now).await
            }
            EffectKind::AddNote { subject, body, queue, priority } => {
                let change =
                    note::Change::Move { queue: queue.as_deref(), priority: priority.as_deref() };
                let note = note::Note { subject, body, change };
                self.note(effect, context, &note, retry).await
            }
            EffectKind::CloseTicket { subject, body } => {
                let note = note::Note { subject, body, change: note::Change::Close };
                self.note(effect, context, &note, retry).await
            }
            EffectKind::ReopenTicket { subject, body } => {
                let note = note::Note { subject, body, change: note::Change::Reopen };
                self.note(effect, context, &note, retry).await
            }
            EffectKind::JoinTicket { ticket_id, subject, body } => {
                let letter = (subject.as_str(), body.as_str());
                self.users_ticket(effect, *ticket_id, note::Field::Join, letter).await
            }
            EffectKind::LeaveTicket { ticket_id, subject, body } => {
                let letter = (subject.as_str(), body.as_str());
                self.users_ticket(effect, *ticket_id, note::Field::Leave, letter).await
            }
            EffectKind::TellTicket { ticket_id, subject, body, when_over } => {
                let letter = (subject.as_str(), body.as_str());
                let wanted = note::Field::Over(*when_over);
                self.users_ticket(effect, *ticket_id, wanted, letter).await
            }
            EffectKind::Alert { .. } | EffectKind::Silence { .. } => Err(foreign(effect)),
        }
    }
}

fn foreign(effect: &Effect) -> DeliverError {
    DeliverError::Rejected(Text::new(
        format!("Действие {} предназначено не для ОТРС.", effect.key),
        format!("the effect {} is not meant for the ticket system", effect.key),
    ))
}
