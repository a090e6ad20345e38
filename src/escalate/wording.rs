//! What every channel says: the case in lines of text. All of it comes from the message catalogue.

use super::telling::Context;
use crate::cases::Facts;
use crate::i18n::share;
use crate::model::{CaseSummary, Detail, Message, Signal, Time};

/// Findings listed in a text.
const LISTED: usize = 10;

/// Words a case.
#[derive(Clone, Copy)]
pub(super) struct Wording<'a> {
    pub(super) context: Context<'a>,
    pub(super) facts: Facts<'a>,
    pub(super) summary: &'a CaseSummary,
}

impl Wording<'_> {
    pub(super) fn say(&self, message: &Message) -> String {
        let language = self.context.escalation.language;
        self.context.catalogue.render(message, language, self.context.topology)
    }

    pub(super) fn id(&self) -> String {
        self.facts.case.id.to_string()
    }

    pub(super) fn title(&self) -> String {
        self.say(&self.summary.title)
    }

    fn moment(&self, at: Time) -> String {
        self.context.catalogue.zones().moment(at, self.context.escalation.language)
    }

    pub(super) fn counts(&self) -> String {
        let message = Message::new("ticket-counts")
            .number("tickets", f64::from(self.summary.tickets))
            .number("users", f64::from(self.summary.users))
            .number("findings", f64::from(self.summary.findings));
        self.say(&message)
    }

    /// Since when, how bad, where, how many, why.
    pub(super) fn facts(&self) -> Vec<String> {
        let summary = self.summary;
        let since = Message::new("ticket-since").word("time", self.moment(summary.opened_at));
        let language = self.context.escalation.language;
        let systems: Vec<String> = summary
            .systems
            .iter()
            .map(|key| self.context.topology.short(key).get(language).into())
            .collect();
        let mut facts = vec![
            self.say(&since),
            self.say(&Message::new("ticket-severity").severity("severity", summary.severity)),
        ];
        if !systems.is_empty() {
            let systems = systems.join(", ");
            facts.push(self.say(&Message::new("ticket-systems").word("systems", systems)));
        }
        facts.push(self.counts());
        if !summary.mrfs.is_empty() {
            let mrfs = summary.mrfs.join(", ");
            facts.push(self.say(&Message::new("ticket-mrfs").word("mrfs", mrfs)));
        }
        facts.extend(self.cause());
        facts
    }

    pub(super) fn cause(&self) -> Vec<String> {
        let causes = self.facts.causes();
        let Some(cause) = causes.first() else { return Vec::new() };
        let share = share(cause.probability, self.context.escalation.language);
        let message =
            Message::new("ticket-cause").system("system", &cause.system).word("probability", share);
        let mut lines = vec![self.say(&message)];
        for reason in cause.evidence.iter().take(4) {
            let sign = if reason.weight < 0.0 { "−" } else { "+" };
            lines.push(format!("  {sign} {}", self.say(&reason.worded())));
        }
        lines
    }

    /// What monitoring found, the latest first.
    pub(super) fn findings(&self) -> Vec<String> {
        let members = self.facts.cluster.into_iter().flat_map(|cluster| cluster.members().keys());
        let mut found: Vec<&Signal> = Vec::new();
        let mut all = 0_u32;
        for signal in members.rev().filter_map(|key| self.facts.correlate.signal(*key)) {
            if signal.is_ticket() {
                continue;
            }
            all += 1;
            if found.len() < LISTED {
                found.push(signal);
            }
            if all > self.summary.findings {
                break;
            }
        }
        if found.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![self.say(&Message::new("ticket-findings"))];
        for signal in &found {
            let title = signal.telling_title().get(self.context.escalation.language);
            lines.push(format!("  {} {title}", self.moment(signal.since)));
        }
        let listed = u32::try_from(found.len()).unwrap_or(u32::MAX);
        if all > listed {
            let message = Message::new("ticket-more").number("count", f64::from(all - listed));
            lines.push(format!("  {}", self.say(&message)));
        }
        lines.push(String::new());
        lines
    }

    /// What the finding says that speaks for the first cause.
    pub(super) fn lead(&self) -> Option<&Detail> {
        self.facts.lead().and_then(Signal::telling_detail).map(AsRef::as_ref)
    }

    pub(super) fn advice(&self) -> &str {
        let language = self.context.escalation.language;
        self.lead().map_or("", |detail| detail.advice.get(language))
    }

    /// The address of the runbook: on our own pages, or where it was said to be.
    pub(super) fn runbook(&self) -> Option<String> {
        crate::runbooks::link(&self.lead()?.runbook, &self.context.escalation.page_url)
    }

    pub(super) fn link(&self) -> String {
        format!("{}/problems/{}", self.context.escalation.page_url, self.facts.case.id)
    }
}
