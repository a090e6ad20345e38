//! From a finding, a ticket or an alert to the signal that is grouped.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::{SmallVec, smallvec};

use super::State;
use super::scorer::Words as Vector;
use crate::model::{
    Detail, Finding, ForeignAlert, Life, Role, Severity, Signal, SignalKind, Text, Ticket, Time,
    Worst,
};
use crate::text::{self, Signs, Tagger, Words};

/// The most systems a ticket is put to.
const SYSTEMS_LIMIT: usize = 3;

/// The id of a ticket's signal.
#[must_use]
pub fn ticket_id(id: u64) -> String {
    format!("ticket:{id}")
}

/// The id of an alert's signal.
#[must_use]
pub fn alert_id(alert: &ForeignAlert) -> String {
    format!("alert:{}/{}", alert.source, alert.fingerprint)
}

/// The instance that an object belongs to: `crm-db-1 · slot a` is one of `crm-db-1`.
fn instance(object: &str) -> CompactString {
    object.split(" · ").next().unwrap_or_default().into()
}

/// A finding as a signal.
pub(super) fn finding(now: Time, finding: &Finding) -> Signal {
    let since = finding.since.min(now);
    let detail = Detail {
        object: finding.object.clone(),
        advice: finding.advice.clone(),
        runbook: finding.runbook.clone(),
        url: String::new(),
        evidence: finding.evidence.clone(),
        expr: finding.expr.clone(),
        labels: finding.labels.clone(),
    };
    Signal {
        id: finding.key.as_str().into(),
        kind: SignalKind::Finding,
        systems: smallvec![(finding.system.as_str().into(), 1.0)],
        object: instance(&finding.object),
        symptom: finding.rule.as_str().into(),
        mrf: finding.labels.get("mrf").cloned(),
        impact: Some(finding.impact),
        title: finding.title.clone(),
        severity: finding.severity,
        // Not seeing a source is no cause of anything.
        role: if finding.blind { Role::Symptom } else { finding.role },
        spreads: finding.spreads,
        blind: finding.blind,
        detail: Some(Arc::new(detail)),
        ..empty(since)
    }
}

/// An alert of another monitoring system as a signal.
pub(super) fn alert(now: Time, alert: &ForeignAlert) -> Signal {
    let since = alert.since.min(now);
    let detail = Detail {
        object: alert.object.clone(),
        labels: alert.labels.clone(),
        runbook: alert.runbook.clone(),
        url: alert.url.clone(),
        ..Detail::default()
    };
    let mut signal = Signal {
        id: alert_id(alert).into(),
        kind: SignalKind::Alert,
        systems: smallvec![(alert.system.as_str().into(), 1.0)],
        object: instance(&alert.object),
        symptom: alert.name.as_str().into(),
        mrf: alert.mrf.clone(),
        impact: alert.impact,
        title: alert.title.clone(),
        severity: alert.severity,
        role: alert.role,
        spreads: alert.spreads,
        channel: alert.source.clone(),
        expires_at: alert.expires_at,
        detail: Some(Arc::new(detail)),
        ..empty(since)
    };
    signal.systems.retain(|(system, _)| !system.is_empty());
    signal
}

/// A signal of nothing yet, to be filled in.
fn empty(since: Time) -> Signal {
    Signal {
        id: CompactString::default(),
        kind: SignalKind::Ticket,
        life: Life::Active,
        ended: None,
        held_by: None,
        excused: None,
        systems: SmallVec::new(),
        object: CompactString::default(),
        symptom: CompactString::default(),
        mrf: None,
        impact: None,
        stems: Vec::new(),
        text_norm: 0.0,
        title: Text::default(),
        severity: Severity::Warning,
        worst: None,
        role: Role::Symptom,
        spreads: true,
        blind: false,
        number: String::new(),
        reporter: CompactString::default(),
        channel: String::new(),
        step: String::new(),
        since,
        worsened_at: since,
        expires_at: None,
        detail: None,
    }
}

/// How far the first number lies from its limit, with the sign of its side.
fn beyond(detail: Option<&Detail>) -> f64 {
    let first = detail.and_then(|detail| detail.evidence.first());
    first.map_or(0.0, |number| number.value - number.limit.unwrap_or(0.0))
}

/// Takes the worst that a signal has said so far: what it says now, if nothing else is kept.
pub(super) fn take_worst(signal: &mut Signal) -> Worst {
    signal.worst.take().map_or_else(
        || Worst {
            severity: signal.severity,
            title: signal.title.clone(),
            detail: signal.detail.clone(),
        },
        |worst| *worst,
    )
}

/// Keeps the worst that a signal has said before, unless what it says now is worse.
pub(super) fn keep_worst(signal: &mut Signal, worst: Worst) {
    let (now, then) = (beyond(signal.detail.as_deref()), beyond(worst.detail.as_deref()));
    // What has healed lies far from its limit too, on the other side.
    let is_there = then * now >= 0.0;
    // Of equals the first: what is told anew of the same number may no longer know who held the lock.
    let is_worse = signal.severity > worst.severity
        || (is_there && signal.severity == worst.severity && now.abs() > then.abs());
    if !is_worse {
        signal.worst = Some(Box::new(worst));
    }
}

impl State {
    /// A ticket as a signal: systems, felt impact and stems are read from its masked text, the subject
    /// counting more than the body.
    pub(super) fn ticket_signal(&self, now: Time, ticket: &Ticket, tagger: &Tagger) -> Signal {
        let title = Words::new(&ticket.title);
        let text = text::strip_boilerplate(&ticket.text);
        let body = Words::new(&text);
        let mut systems = tagger.tag_words(&title, &body);
        systems.truncate(SYSTEMS_LIMIT);
        let mut stems = title.stems();
        stems.extend(body.stems());
        stems.sort();
        stems.dedup();
        let named =
            || text::mrf(&ticket.title).or_else(|| text::mrf(&ticket.text)).map(str::to_owned);
        let id = CompactString::from(ticket_id(ticket.id));
        let mut signal = Signal {
            kind: SignalKind::Ticket,
            systems: systems.into_iter().map(|(key, belief)| (key.into(), belief)).collect(),
            mrf: ticket.mrf.clone().or_else(named),
            impact: Signs::new(&title, &body).felt().map(|felt| felt.impact),
            stems,
            title: Text::same(ticket.title.as_str()),
            number: ticket.number.clone(),
            reporter: if ticket.user.is_empty() { id.clone() } else { ticket.user.as_str().into() },
            channel: ticket.channel.clone(),
            step: ticket.step.clone(),
            id,
            ..empty(ticket.created.min(now))
        };
        if ticket.is_closed() {
            signal.life = Life::Ended;
            signal.ended = Some(ticket.changed.min(now));
        }
        signal.text_norm = Vector::new(&signal, &self.likeness).norm();
        signal
    }
}
