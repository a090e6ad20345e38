//! What tickets and notes say.

use super::row::Noted;
use crate::escalate::wording::Wording;
use crate::model::{CaseId, Message, Severity, WhenOver};

/// Characters of a ticket's subject that the ticket system takes.
const TITLE_LIMIT: usize = 255;

/// A subject and a body.
pub(super) type Letter = (String, String);

/// The ticket system's priority for a severity, by the names every installation starts with.
pub(super) const fn priority(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "2 low",
        Severity::Warning => "3 normal",
        Severity::High => "4 high",
        Severity::Critical => "5 very high",
    }
}

impl Wording<'_> {
    /// The ticket's title, ending in the case's id: that is how it is found again.
    pub(super) fn ticket_title(&self) -> String {
        let suffix = format!(" [{}]", self.id());
        let room = TITLE_LIMIT - suffix.chars().count();
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
        lines.push(self.say(&Message::new("ticket-link").word("link", self.link())));
        lines.join("\n")
    }

    /// The advice, and where there is more of it.
    fn what_to_do(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.advice().is_empty() {
            lines.push(self.say(&Message::new("ticket-advice").word("advice", self.advice())));
        }
        if let Some(link) = self.runbook() {
            lines.push(self.say(&Message::new("ticket-runbook").word("link", link)));
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines
    }

    /// A letter about the case by two keys of the catalogue.
    fn letter(&self, subject: &'static str, body: &'static str) -> Letter {
        let message = |key| {
            Message::new(key)
                .word("case", self.id())
                .word("title", self.title())
                .word("link", self.link())
        };
        (self.say(&message(subject)), self.say(&message(body)))
    }

    pub(super) fn joined(&self) -> Letter {
        self.letter("note-joined-subject", "note-joined-body")
    }

    /// Why a ticket leaves decides what is to be done with it.
    pub(super) fn left(&self, is_request: bool) -> Letter {
        let body = match (is_request, self.facts.case.decided.rejected) {
            (true, _) => "note-left-body",
            (false, true) => "note-left-rejected-body",
            (false, false) => "note-left-moved-body",
        };
        self.letter("note-left-subject", body)
    }

    /// To a joined ticket, when it is over. What a user reads names no machines.
    pub(super) fn over_for_user(&self, when_over: WhenOver) -> Letter {
        match when_over {
            WhenOver::Note => self.letter("note-over-subject", "note-over-body"),
            WhenOver::Answer | WhenOver::Close => {
                self.letter("answer-over-subject", "answer-over-body")
            }
        }
    }

    /// What has changed since the last note, then the whole as it stands.
    pub(super) fn changed(&self, before: &Noted, now: &Noted) -> Letter {
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
            ("note-changed-findings", before.findings, now.findings),
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

    pub(super) fn resolved(&self) -> Letter {
        let (subject, body) = self.note("note-resolved-subject");
        let resolution = self.facts.case.decided.resolution.as_ref();
        let at = resolution.map_or(self.context.now, |resolution| resolution.at);
        let by = resolution.and_then(|resolution| resolution.by.as_deref());
        let mut how = match by {
            Some(who) => vec![Message::new("note-resolved-by").word("who", who)],
            None if self.facts.cluster.is_some_and(|cluster| cluster.totals().held > 0) => {
                vec![Message::new("note-resolved-held")]
            }
            None => vec![Message::new("note-resolved-alone")],
        };
        if let Some(why) = resolution.map(|r| r.why.as_str()).filter(|why| !why.is_empty()) {
            how.push(Message::new("note-resolved-why").word("reason", why));
        }
        let lasted = at.seconds_since(self.summary.opened_at);
        how.push(Message::new("note-lasted").span("span", lasted));
        let how: Vec<String> = how.iter().map(|line| self.say(line)).collect();
        (subject, format!("{}\n\n{body}", how.join("\n")))
    }

    pub(super) fn came_back(&self) -> Letter {
        self.note("note-reopened-subject")
    }

    pub(super) fn unstable(&self) -> Letter {
        let (subject, body) = self.note("note-unstable-subject");
        (subject, format!("{}\n\n{body}", self.say(&Message::new("note-unstable-body"))))
    }

    pub(super) fn merged(&self, into: CaseId) -> Letter {
        let subject = Message::new("note-merged-subject").word("case", into.to_string());
        let body = Message::new("note-merged-body").word("case", into.to_string());
        (self.say(&subject), self.say(&body))
    }

    pub(super) fn unmerged(&self) -> Letter {
        self.note("note-unmerged-subject")
    }

    pub(super) fn explained(&self, by: CaseId) -> Letter {
        let subject = Message::new("note-explained-subject").word("case", by.to_string());
        let body = Message::new("note-explained-body").word("case", by.to_string());
        (self.say(&subject), self.say(&body))
    }

    pub(super) fn closed(&self) -> Letter {
        let rejected = self.facts.case.decided.rejected;
        self.note(if rejected { "note-rejected-subject" } else { "note-closed-subject" })
    }

    fn note(&self, subject: &'static str) -> Letter {
        let mut lines = vec![self.title(), String::new()];
        lines.extend(self.facts());
        lines.push(self.say(&Message::new("ticket-link").word("link", self.link())));
        (self.say(&Message::new(subject)), lines.join("\n"))
    }
}
