//! The plain types that travel the way of the data: sample → finding → signal → case → effect.
//! Nothing here acts, and nothing here knows another room.

mod act;
mod by_case;
mod case;
mod context;
mod effect;
mod finding;
mod message;
mod number;
mod sample;
mod signal;
mod slab;
mod text;
mod ticket;
mod time;

pub use act::{Act, Verb};
pub use by_case::ByCase;
pub use case::{
    CaseDetail, CaseId, CaseIdError, CaseKind, CaseState, CaseSummary, Cause, Link, LinkKind,
    Member, TimelineEntry, TimelineKind,
};
pub use context::{CalendarEntry, ForeignAlert, Release, Work};
pub use detectors::Severity;
pub use effect::{
    Channel, Delivery, DeliveryState, Effect, EffectKey, EffectKeyError, EffectKind, Step, WhenOver,
};
pub use finding::{Detail, Evidence, Finding, FindingState, Impact, Role};
pub use message::{Arg, Message, Reason};
pub use number::number;
pub use sample::{Batch, Sample, Series, SeriesRef};
pub use signal::{Life, Signal, SignalKind, Worst};
pub use slab::Slab;
pub use text::{Language, Text};
pub use ticket::{Ticket, TicketClass};
pub use time::Time;
