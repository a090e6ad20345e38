//! What every channel promises: do an effect once, and say honestly what became of it.

use std::future::Future;

use serde::{Deserialize, Serialize};

use crate::model::Effect;

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
    /// It was not done; try again.
    #[error("{0}")]
    Retry(String),
    /// It may have been done; look before trying again.
    #[error("{0}; it may have been done all the same")]
    Unknown(String),
    /// The other side refuses it for good.
    #[error("refused: {0}")]
    Rejected(String),
    /// We are not let in.
    #[error("not let in: {0}; check user and password")]
    Auth(String),
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
