//! What tickets, notes and alerts say. All of it comes from the message catalogue.

use std::collections::BTreeMap;

use super::told::{Context, Noted};
use crate::correlate::Group;
use crate::i18n::{moment, share};
use crate::model::{Detail, IncidentKind, Member, Message, Time};

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

    fn moment(&self, at: Time) -> String {
        moment(at, self.context.escalation.language)
    }

    fn facts(&self) -> Vec<String> {
        let (tickets, users, findings) = self.group.counts();
        let since = Message::new("ticket-since").word("time", self.moment(self.group.opened_at()));
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
            self.say(&Message::new("ticket-severity").severity("severity", self.group.severity())),
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

    fn cause(&self) -> Vec<String> {
        let Some(cause) = self.group.causes().first() else { return Vec::new() };
        let share = share(cause.probability, self.context.escalation.language);
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
            lines.push(format!("  {} {title}", self.moment(member.since)));
        }
        if found.len() > LISTED {
            let more = u32::try_from(found.len() - LISTED).unwrap_or(u32::MAX);
            let message = Message::new("ticket-more").number("count", f64::from(more));
            lines.push(format!("  {}", self.say(&message)));
        }
        lines.push(String::new());
        lines
    }

    /// What the finding says that speaks for the first cause.
    fn lead(&self) -> Option<&Detail> {
        let lead = self.group.sites().get(self.group.first_system())?.lead;
        self.group.members().get(lead)?.detail.as_deref()
    }

    /// Its advice, and where there is more of it.
    fn what_to_do(&self) -> Vec<String> {
        let Some(detail) = self.lead() else { return Vec::new() };
        let advice = detail.advice.get(self.context.escalation.language);
        let mut lines = Vec::new();
        if !advice.is_empty() {
            lines.push(self.say(&Message::new("ticket-advice").word("advice", advice)));
        }
        if let Some(link) = self.runbook() {
            lines.push(self.say(&Message::new("ticket-runbook").word("link", link)));
        }
        lines.push(String::new());
        lines
    }

    /// The address of the runbook, which our own page serves.
    fn runbook(&self) -> Option<String> {
        let path = self.lead()?.runbook_path()?;
        Some(format!("{}{path}", self.context.escalation.page_url))
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

    pub(super) fn left(&self) -> (String, String) {
        let message = |key| Message::new(key).word("problem", self.problem);
        (self.say(&message("note-left-subject")), self.say(&message("note-left-body")))
    }

    /// What has changed since the last note, then the whole as it stands.
    pub(super) fn changed(&self, before: &Noted, now: &Noted) -> (String, String) {
        let (subject, body) = self.note("note-changed-subject");
        let mut changes = Vec::new();
        if before.severity != now.severity {
            let message = Message::new("note-changed-severity");
            changes
                .push(message.severity("before", before.severity).severity("after", now.severity));
        }
        if before.cause != now.cause {
            let message = Message::new("note-changed-cause");
            changes.push(message.system("before", &before.cause).system("after", &now.cause));
        }
        let counts = [
            ("note-changed-systems", before.systems, now.systems),
            ("note-changed-tickets", before.tickets, now.tickets),
        ];
        for (key, before, now) in counts.into_iter().filter(|(_, before, now)| before != now) {
            let message = Message::new(key).number("before", f64::from(before));
            changes.push(message.number("after", f64::from(now)));
        }
        let changes: Vec<String> = changes.iter().map(|change| self.say(change)).collect();
        let line = Message::new("note-changed").word("what", changes.join("; "));
        (subject, format!("{}\n\n{body}", self.say(&line)))
    }

    pub(super) fn resolved(&self) -> (String, String) {
        let (subject, body) = self.note("note-resolved-subject");
        let at = self.group.resolved_at().unwrap_or(self.context.now);
        let mut how = match self.group.resolved_by() {
            Some(who) => vec![Message::new("note-resolved-by").word("who", who)],
            None => vec![Message::new("note-resolved-alone")],
        };
        if !self.group.resolved_why().is_empty() {
            how.push(Message::new("note-resolved-why").word("reason", self.group.resolved_why()));
        }
        let lasted = at.seconds_since(self.group.opened_at());
        how.push(Message::new("note-lasted").span("span", lasted));
        let how: Vec<String> = how.iter().map(|line| self.say(line)).collect();
        (subject, format!("{}\n\n{body}", how.join("\n")))
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
        let mut annotations = BTreeMap::from([
            ("summary".to_owned(), self.title()),
            ("description".to_owned(), description.join("\n")),
            ("url".to_owned(), self.link()),
        ]);
        if let Some(detail) = self.lead() {
            let advice = detail.advice.get(self.context.escalation.language);
            annotations.insert("action".to_owned(), advice.to_owned());
        }
        if let Some(link) = self.runbook() {
            annotations.insert("runbook_url".to_owned(), link);
        }
        annotations.retain(|_, text| !text.is_empty());
        annotations
    }
}
