//! The plain types that travel the way of the data: sample → finding → incident → problem →
//! effect. Nothing here acts, and nothing here knows another room.

mod effect;
mod finding;
mod incident;
mod message;
mod problem;
mod sample;
mod text;
mod time;

pub use detectors::Severity;
pub use effect::{Channel, Delivery, DeliveryState, Effect, EffectKind};
pub use finding::{Detail, Evidence, Finding, FindingState, Impact, Role};
pub use incident::{Incident, IncidentKind, Ticket, TicketClass};
pub use message::{Arg, Message, Reason};
pub use problem::{Cause, Member, Problem, ProblemState, TimelineEntry, TimelineKind};
pub use sample::{Batch, Sample, Series, SeriesRef};
pub use text::{Language, Text};
pub use time::Time;
