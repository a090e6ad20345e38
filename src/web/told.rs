//! Who was told of a case, in words: the same on the list and on the case's own page.

use super::page::Speech;
use crate::escalate::Escalation;
use crate::model::{CaseState, CaseSummary, Channel, Delivery, DeliveryState, Message};

/// One channel's line.
pub(super) struct Told {
    /// «тикет № … открыт 40 с назад».
    pub(super) text: String,
    /// The same for a narrow column, in which a ticket's number has to fit: «№ …, 40 с назад».
    pub(super) short: String,
    /// The state's word, for the style.
    pub(super) state: &'static str,
    /// The channel's word, for the style.
    pub(super) channel: &'static str,
    /// The ticket in its own system, where its address is known; else empty.
    pub(super) link: String,
    /// Why the latest attempt did not succeed; empty when it did.
    pub(super) error: String,
}

/// All channels of a case, in order of telling.
pub(super) fn told(case: &CaseSummary, escalation: &Escalation, s: &Speech<'_>) -> Vec<Told> {
    case.told.iter().map(|delivery| line(case, escalation, delivery, s)).collect()
}

fn line(case: &CaseSummary, escalation: &Escalation, delivery: &Delivery, s: &Speech<'_>) -> Told {
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
    let say = |key: &'static str| {
        let message = Message::new(key)
            .word("ref", &delivery.reference)
            .word("who", who.as_deref().unwrap_or_default())
            .word("ago", s.ago(delivery.at));
        s.say(&message)
    };
    let short = match key {
        "told-ticket-open" => "short-ticket-open",
        "told-ticket-closed" => "short-ticket-closed",
        "told-line-alerted" => "short-line-alerted",
        "told-alert-firing" => "short-alert-firing",
        other => other,
    };
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
    let link =
        (delivery.channel == Channel::Otrs).then(|| escalation.number_link(&delivery.reference));
    let link = link.flatten().unwrap_or_default();
    let (text, short) = (say(key), say(short));
    Told { text, short, state, channel: delivery.channel.as_str(), link, error }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::world::{Core, lock_chain};
    use crate::i18n::Catalogue;
    use crate::model::{Language, Time};
    use crate::topology::Topology;

    fn shown(case: &CaseSummary, escalation: &Escalation) -> Vec<Told> {
        let (catalogue, topology) = (Catalogue::default(), Topology::default());
        let (language, now) = (Language::Ru, Time(600_000));
        let s = Speech { catalogue: &catalogue, topology: &topology, language, now, base: "" };
        told(case, escalation, &s)
    }

    fn summary() -> CaseSummary {
        let mut core = Core::new();
        core.raise(0, lock_chain());
        core.case("PRB-000001")
    }

    fn delivery(channel: Channel, reference: &str) -> Delivery {
        let state = DeliveryState::Delivered;
        Delivery { channel, reference: reference.into(), state, at: Time(0), error: None }
    }

    #[test]
    fn it_is_good_only_once_a_person_has_it() {
        let mut case = summary();
        case.told = vec![delivery(Channel::Alertmanager, "x")];
        assert_eq!(shown(&case, &Escalation::default())[0].state, "delivered");
        case.state = CaseState::Acknowledged;
        assert_eq!(shown(&case, &Escalation::default())[0].state, "taken");
    }

    #[test]
    fn our_own_ticket_is_linked_where_its_number_is_enough() {
        let mut case = summary();
        case.told = vec![delivery(Channel::Otrs, "2026112910000042")];
        let link = |url: &str| {
            let ticket_url = Some(url.to_owned());
            let escalation = Escalation { ticket_url, ..Escalation::default() };
            shown(&case, &escalation)[0].link.clone()
        };
        assert_eq!(link("https://otrs/?n={number}"), "https://otrs/?n=2026112910000042");
        assert_eq!(link("https://otrs/?id={id}"), "");
    }
}
