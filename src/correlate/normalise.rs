//! From a finding or a ticket to the unit that is grouped.

use crate::model::{Detail, Finding, Incident, IncidentKind, Role, Severity, Text, Ticket};
use crate::text::{self, Signs, Tagger, Words};

/// The most systems a ticket is put to.
const SYSTEMS_LIMIT: usize = 3;

/// The incident id of a ticket.
pub(super) fn ticket_id(id: u64) -> String {
    format!("ticket:{id}")
}

/// A finding as an incident.
pub(super) fn finding(finding: &Finding) -> Incident {
    Incident {
        id: finding.key.clone(),
        kind: IncidentKind::Finding,
        systems: vec![(finding.system.clone(), 1.0)],
        symptom: finding.rule.clone(),
        mrf: finding.labels.get("mrf").cloned(),
        impact: Some(finding.impact),
        stems: Vec::new(),
        title: finding.title.clone(),
        severity: finding.severity,
        role: finding.role,
        spreads: finding.spreads,
        number: String::new(),
        user: String::new(),
        since: finding.since,
        ended: None,
        detail: Some(Box::new(Detail {
            object: finding.object.clone(),
            advice: finding.advice.clone(),
            runbook: finding.runbook.clone(),
            evidence: finding.evidence.clone(),
            expr: finding.expr.clone(),
            labels: finding.labels.clone(),
        })),
    }
}

/// A ticket as an incident: systems, felt impact and stems are read from its masked text, the
/// subject counting more than the body.
pub(super) fn ticket(ticket: &Ticket, tagger: &Tagger) -> Incident {
    let title = Words::new(&ticket.title);
    let text = text::strip_boilerplate(&ticket.text);
    let body = Words::new(&text);
    let mut systems = tagger.tag_words(&title, &body);
    systems.truncate(SYSTEMS_LIMIT);
    let mut stems = title.stems();
    stems.extend(body.stems());
    stems.sort();
    stems.dedup();
    let mrf = || text::mrf(&ticket.title).or_else(|| text::mrf(&ticket.text)).map(str::to_owned);
    Incident {
        id: ticket_id(ticket.id),
        kind: IncidentKind::Ticket,
        systems,
        symptom: String::new(),
        mrf: ticket.mrf.clone().or_else(mrf),
        impact: Signs::new(&title, &body).felt().map(|felt| felt.impact),
        stems,
        title: Text::new(&ticket.title, &ticket.title),
        severity: Severity::Warning,
        role: Role::Symptom,
        spreads: true,
        number: ticket.number.clone(),
        user: ticket.user.clone(),
        since: ticket.created,
        ended: None,
        detail: None,
    }
}
