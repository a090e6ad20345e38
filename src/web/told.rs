//! Who was told of a case, in words: the same on the list and on the case's own page.

use super::page::Speech;
use crate::model::{CaseState, CaseSummary, Channel, Delivery, DeliveryState, Message};

/// One channel's line.
pub(super) struct Told {
    /// «тикет № … открыт 40 с назад».
    pub(super) text: String,
    /// The state's word, for the style.
    pub(super) state: &'static str,
    /// The channel's word, for the style.
    pub(super) channel: &'static str,
    /// Why the latest attempt did not succeed; empty when it did.
    pub(super) error: String,
}

/// All channels of a case, in order of telling.
pub(super) fn told(case: &CaseSummary, s: &Speech<'_>) -> Vec<Told> {
    case.told.iter().map(|delivery| line(case, delivery, s)).collect()
}

fn line(case: &CaseSummary, delivery: &Delivery, s: &Speech<'_>) -> Told {
    let who = s.topology.support_line(case.systems.first().map_or("", String::as_str));
    let key = match (delivery.channel, delivery.state, who.is_some()) {
        (Channel::Otrs, DeliveryState::Delivered, _) => "told-ticket-open",
        (Channel::Otrs, DeliveryState::Resolved, _) => "told-ticket-closed",
        (Channel::Otrs, DeliveryState::Pending, _) => "told-ticket-pending",
        (Channel::Otrs, DeliveryState::Rejected, _) => "told-ticket-rejected",
        (Channel::Otrs, DeliveryState::Expired, _) => "told-ticket-expired",
        (Channel::Alertmanager, DeliveryState::Delivered, true) => "told-line-alerted",
        (Channel::Alertmanager, DeliveryState::Delivered, false) => "told-alert-firing",
        (Channel::Alertmanager, DeliveryState::Resolved, _) => "told-alert-done",
        (Channel::Alertmanager, DeliveryState::Pending, _) => "told-alert-pending",
        (Channel::Alertmanager, DeliveryState::Rejected, _) => "told-alert-rejected",
        (Channel::Alertmanager, DeliveryState::Expired, _) => "told-alert-expired",
    };
    let message = Message::new(key)
        .word("ref", &delivery.reference)
        .word("who", who.unwrap_or_default())
        .word("ago", s.ago(delivery.at));
    let error = delivery.error.as_ref().map(|error| error.get(s.language).to_owned());
    let error = error.unwrap_or_default();
    // That an alert was handed over does not mean that somebody has read it; that somebody took the case does.
    let is_taken =
        case.state == CaseState::Acknowledged && delivery.state == DeliveryState::Delivered;
    let state = match (error.is_empty(), is_taken) {
        (false, _) => "failing",
        (true, true) => "taken",
        (true, false) => delivery.state.as_str(),
    };
    Told { text: s.say(&message), state, channel: delivery.channel.as_str(), error }
}
