//! What every channel promises: do an effect once, and say honestly what became of it.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::model::{Effect, Text, Time};

/// A Problem's ticket in the ticket system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketRef {
    /// The ticket system's own id.
    pub id: u64,
    /// The number people use.
    pub number: String,
}

/// What a delivery needs to know of earlier ones.
#[derive(Clone, Debug, Default)]
pub struct DeliveryContext {
    /// The Problem's ticket, once it has been opened.
    pub ticket: Option<TicketRef>,
    /// The moment of the attempt.
    pub now: Time,
}

/// What a delivery brought.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// The reference people use there.
    pub reference: String,
    /// The ticket, when one was opened.
    pub ticket: Option<TicketRef>,
}

/// Why a delivery did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliverError {
    /// Not done for sure: try again later.
    #[error("not delivered: {}", .0.en)]
    Retry(Text),
    /// May be done, in whole or in part: look before trying again, two seconds later or more.
    #[error("not known whether delivered: {}", .0.en)]
    Unknown(Text),
    /// Refused for good.
    #[error("refused: {}", .0.en)]
    Rejected(Text),
    /// Our login is refused: somebody must be told. Nothing was done.
    #[error("login refused: {}", .0.en)]
    Auth(Text),
}

impl DeliverError {
    /// The reason for people, with what to do.
    #[must_use]
    pub const fn text(&self) -> &Text {
        match self {
            Self::Retry(text) | Self::Unknown(text) | Self::Rejected(text) | Self::Auth(text) => {
                text
            }
        }
    }
}

/// A channel.
pub trait Deliver: Send + Sync {
    /// Does an effect. `in_doubt`: an earlier attempt may have done it, so look first.
    fn deliver(
        &self,
        effect: &Effect,
        context: &DeliveryContext,
        in_doubt: bool,
    ) -> impl Future<Output = Result<Delivered, DeliverError>> + Send;
}
