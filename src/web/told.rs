//! Who was told of a Problem, in words: the same on the list and on the Problem's own page.

use super::page::Speech;
use crate::api::shapes::delivery_word;
use crate::model::{Channel, Delivery, DeliveryState, Message, Problem};

/// One channel's line.
pub(super) struct Told {
    /// «тикет № … открыт 40 с назад».
    pub(super) text: String,
    /// The state's word, for the style.
    pub(super) state: &'static str,
    /// Why the latest attempt did not succeed; empty when it did.
    pub(super) error: String,
}

/// All channels of a Problem, in order of telling.
pub(super) fn told(problem: &Problem, s: &Speech<'_>) -> Vec<Told> {
    problem.told.iter().map(|delivery| line(problem, delivery, s)).collect()
}

fn line(problem: &Problem, delivery: &Delivery, s: &Speech<'_>) -> Told {
    let who = s.topology.support_line(problem.systems.first().map_or("", String::as_str));
    let key = match (delivery.channel, delivery.state, who.is_some()) {
        (Channel::Otrs, DeliveryState::Delivered, _) => "told-ticket-open",
        (Channel::Otrs, DeliveryState::Resolved, _) => "told-ticket-closed",
        (Channel::Otrs, DeliveryState::Pending, _) => "told-ticket-pending",
        (Channel::Otrs, DeliveryState::Rejected, _) => "told-ticket-rejected",
        (Channel::Alertmanager, DeliveryState::Delivered, true) => "told-line-alerted",
        (Channel::Alertmanager, DeliveryState::Delivered, false) => "told-alert-firing",
        (Channel::Alertmanager, DeliveryState::Resolved, _) => "told-alert-done",
        (Channel::Alertmanager, DeliveryState::Pending, _) => "told-alert-pending",
        (Channel::Alertmanager, DeliveryState::Rejected, _) => "told-alert-rejected",
    };
    let message = Message::new(key)
        .word("ref", &delivery.reference)
        .word("who", who.unwrap_or_default())
        .word("ago", s.ago(delivery.at));
    let error = delivery.error.as_ref().map(|error| error.get(s.language).to_owned());
    let error = error.unwrap_or_default();
    let state = if error.is_empty() { delivery_word(delivery.state) } else { "failing" };
    Told { text: s.say(&message), state, error }
}
