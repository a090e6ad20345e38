//! What tickets, notes and alerts say. All of it comes from the message catalogue.

use std::collections::BTreeMap;

use super::told::Context;
use crate::correlate::Group;
use crate::model::{IncidentKind, Language, Member, Message, Time};

/// Findings listed in a ticket.
const LISTED: usize = 10;

pub(super) struct Wording<'a> {
    pub(super) context: Context<'a>,
    pub(super) group: &'a Group,
    pub(super) problem: &'a str,
}

impl Wording<'_> {
    fn say(&self, message: &Message) -> String {
        let language = self.context.escalation.language;
        self.context.catalogue.render(message, language, self.context.topology)
    }

    fn title(&self) -> String {
        self.say(&self.group.title())
    }

    /// The ticket's title, ending in the Problem's id: that is how it is found again.
    pub(super) fn ticket_title(&self) -> String {
        let suffix = format!(" [{}]", self.problem);
        let room = 255 - suffix.chars().count();
        let message = Message::new("ticket-title").word("title", self.title());
        let title: String = self.say(&message).chars().take(room).collect();
        title + &suffix
    }

    /// The ticket's text: what, since when, how many, why, what to do, where to look.
    pub(super) fn ticket_body(&self) -> String {
        let mut lines = vec![self.title(), String::new()];
        lines.extend(self.facts());
        lines.push(String::new());
        lines.extend(self.findings());
        lines.extend(self.what_to_do());
        let advice = self.say(&Message::new("ticket-link").word("link", self.link()));
        lines.push(advice);
        lines.join("\n")
    }

    fn facts(&self) -> Vec<String> {
        let (tickets, users, findings) = self.group.counts();
        let since = Message::new("ticket-since").word("time", local(self.group.opened_at()));
        let systems: Vec<String> = self
            .group
            .sites()
            .keys()
            .map(|key| {
                self.context.topology.short(key).get(self.context.escalation.language).into()
            })
            .collect();
        let mut facts = vec![
            self.say(&since),
            self.say(&Message::new("ticket-severity").word("severity", self.severity())),
            self.say(&Message::new("ticket-systems").word("systems", systems.join(", "))),
            self.say(
                &Message::new("ticket-counts")
                    .number("tickets", f64::from(tickets))
                    .number("users", f64::from(users))
                    .number("findings", f64::from(findings)),
            ),
        ];
        let mrfs: Vec<&str> = self.group.mrfs().collect();
        if !mrfs.is_empty() {
            facts.push(self.say(&Message::new("ticket-mrfs").word("mrfs", mrfs.join(", "))));
        }
        facts.extend(self.cause());
        facts
    }

    fn severity(&self) -> String {
        self.say(&Message {
            key: format!("severity-{}", self.group.severity().word()).into(),
            args: Vec::new(),
        })
    }

    fn cause(&self) -> Vec<String> {
        let Some(cause) = self.group.causes().first() else { return Vec::new() };
        let share = format!("{:.2}", cause.probability);
        let share = match self.context.escalation.language {
            Language::Ru => share.replace('.', ","),
            Language::En => share,
        };
        let message =
            Message::new("ticket-cause").system("system", &cause.system).word("probability", share);
        let mut lines = vec![self.say(&message)];
        for reason in cause.evidence.iter().take(4) {
            let sign = if reason.weight < 0.0 { "−" } else { "+" };
            lines.push(format!("  {sign} {}", self.say(&reason.message)));
        }
        lines
    }

    fn findings(&self) -> Vec<String> {
        let found: Vec<&Member> =
            self.group.members().iter().filter(|m| m.kind != IncidentKind::Ticket).collect();
        if found.is_empty() {
            return Vec::new();
        }
        let mut lines = vec![self.say(&Message::new("ticket-findings"))];
        for member in found.iter().take(LISTED) {
            let title = member.title.get(self.context.escalation.language);
            lines.push(format!("  {} {title}", local(member.since)));
        }
        if found.len() > LISTED {
            let more = u32::try_from(found.len() - LISTED).unwrap_or(u32::MAX);
            let message = Message::new("ticket-more").number("count", f64::from(more));
            lines.push(format!("  {}", self.say(&message)));
        }
        lines.push(String::new());
        lines
    }

    /// The advice of the finding that speaks for the first cause.
    fn what_to_do(&self) -> Option<String> {
        let lead = self.group.sites().get(self.group.first_system())?.lead;
        let detail = self.group.members().get(lead)?.detail.as_deref()?;
        let advice = detail.advice.get(self.context.escalation.language);
        let message = Message::new("ticket-advice").word("advice", advice);
        Some(format!("{}\n", self.say(&message))).filter(|_| !advice.is_empty())
    }

    fn link(&self) -> String {
        format!("{}/problems/{}", self.context.escalation.page_url, self.problem)
    }

    pub(super) fn joined(&self) -> (String, String) {
        let message = |key| {
            Message::new(key)
                .word("problem", self.problem)
                .word("title", self.title())
                .word("link", self.link())
        };
        (self.say(&message("note-joined-subject")), self.say(&message("note-joined-body")))
    }

    pub(super) fn changed(&self) -> (String, String) {
        self.note("note-changed-subject")
    }

    pub(super) fn resolved(&self) -> (String, String) {
        let (subject, body) = self.note("note-resolved-subject");
        let by = match self.group.resolved_by() {
            Some(who) => Message::new("note-resolved-by").word("who", who),
            None => Message::new("note-resolved-alone"),
        };
        let at = self.group.resolved_at().unwrap_or(self.context.now);
        let minutes = (at.seconds_since(self.group.opened_at()) / 60.0).ceil().max(1.0);
        let lasted = self.say(&Message::new("note-lasted").number("minutes", minutes));
        (subject, format!("{} {lasted}\n\n{body}", self.say(&by)))
    }

    pub(super) fn came_back(&self) -> (String, String) {
        self.note("note-reopened-subject")
    }

    pub(super) fn closed(&self) -> (String, String) {
        if let Some(other) = self.group.merged_into() {
            let subject = Message::new("note-merged-subject").word("problem", other);
            let body = Message::new("note-merged-body").word("problem", other);
            return (self.say(&subject), self.say(&body));
        }
        self.note("note-closed-subject")
    }

    fn note(&self, subject: &'static str) -> (String, String) {
        let mut lines = vec![self.title(), String::new()];
        lines.extend(self.facts());
        lines.push(self.say(&Message::new("ticket-link").word("link", self.link())));
        (self.say(&Message::new(subject)), lines.join("\n"))
    }

    pub(super) fn annotations(&self) -> BTreeMap<String, String> {
        let (tickets, users, findings) = self.group.counts();
        let counts = Message::new("ticket-counts")
            .number("tickets", f64::from(tickets))
            .number("users", f64::from(users))
            .number("findings", f64::from(findings));
        let mut description = vec![self.say(&counts)];
        description.extend(self.cause());
        BTreeMap::from([
            ("summary".to_owned(), self.title()),
            ("description".to_owned(), description.join("\n")),
            ("url".to_owned(), self.link()),
        ])
    }
}

/// A moment as people on duty read it: Moscow time, which the operator's shifts run on.
fn local(at: Time) -> String {
    let Ok(moment) = jiff::Timestamp::from_millisecond(at.0) else { return at.to_string() };
    let moscow = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
    moment.to_zoned(moscow).strftime("%d.%m %H:%M:%S МСК").to_string()
}
