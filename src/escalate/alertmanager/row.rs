//! What Alertmanager was told of a case, and what it must be told next.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::escalate::notify::Report;
use crate::escalate::policy::AlertPolicy;
use crate::escalate::telling::{Row, Telling};
use crate::model::{
    Channel, Delivery, DeliveryState, EffectKey, EffectKind, Message, Severity, Step, Time,
};

/// Steps of severity within this time are one step, milliseconds.
const ONE_STEP_MS: i64 = 2_000;
/// Labels that were replaced end this long after the new ones fire: by then Alertmanager has put the new
/// ones before them.
const GRACE_MS: i64 = 3_000;
/// A silence of a taken case lasts this long, and is renewed an hour before its end.
const SILENCE_MS: i64 = 24 * 3_600_000;
const RENEW_MS: i64 = 3_600_000;
/// Alerts that are over are kept to be said again, so many a case.
const MOST_OVER: usize = 4;

/// An alert as it was last told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Raised {
    /// Identity and routing.
    pub labels: BTreeMap<String, String>,
    /// Texts for people.
    pub annotations: BTreeMap<String, String>,
    /// When it began.
    pub starts_at: Time,
    /// When it ended; absent while it lasts.
    pub ends_at: Option<Time>,
}

/// What the last telling said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Noted {
    cause: String,
    systems: u32,
    findings: u32,
    tickets: u32,
}

/// The row of one case.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AlertRow {
    /// The alert in force.
    current: Option<Raised>,
    /// The effect that raised it.
    raise: Option<EffectKey>,
    /// Alerts that were replaced by a worse one and have not ended yet, each with when it was replaced.
    replaced: Vec<(Time, Raised)>,
    /// Alerts that have ended.
    over: Vec<Raised>,
    severity: Option<Severity>,
    /// Since when the case is worse than the alert says.
    worse_since: Option<Time>,
    system: Option<String>,
    noted: Option<Noted>,
    noted_at: Time,
    changes: u32,
    silenced_until: Option<Time>,
    silences: u32,
}

impl AlertRow {
    /// The alerts to be sent again and again: what lasts, and what is over, in case its end was overtaken by an
    /// earlier «still on».
    pub fn again(&self, is_pending: impl Fn(&EffectKey) -> bool) -> impl Iterator<Item = &Raised> {
        let is_told = self.raise.as_ref().is_some_and(|raise| !is_pending(raise));
        let current = self.current.iter().filter(move |_| is_told);
        current.chain(self.replaced.iter().map(|(_, raised)| raised)).chain(&self.over)
    }

    fn live(&mut self, telling: &mut Telling<'_>) {
        let policy = telling.policy.and_then(|policy| policy.alert.as_ref());
        if telling.facts.is_explained {
            // A Problem speaks for it.
            return self.end_all(telling);
        }
        if let Some(policy) = policy.filter(|_| telling.is_due) {
            self.follow(telling, policy);
        }
        self.end_replaced(telling, false);
        self.pause(telling);
        self.refresh(telling);
    }

    /// Keeps the labels true. Severity rises at once and never falls while the alert lasts; the cause is
    /// followed once it has held.
    fn follow(&mut self, telling: &mut Telling<'_>, policy: &AlertPolicy) {
        let now = telling.context.now;
        let case = telling.facts.case.severity;
        let known = self.severity.filter(|_| self.current.is_some());
        let severity = match known {
            None => case,
            Some(known) if case <= known => {
                self.worse_since = None;
                known
            }
            Some(known) => {
                let at = self.worse_since.get_or_insert(now).plus_millis(ONE_STEP_MS);
                if now < at {
                    telling.wake(at);
                    known
                } else {
                    case
                }
            }
        };
        let settled = telling.settled_cause();
        let first = telling.facts.first_system();
        let system = match (&self.system, settled) {
            (Some(known), None) if self.current.is_some() => known.clone(),
            (_, Some(settled)) => settled,
            _ => first.to_owned(),
        };
        let labels = labels(telling, policy, severity, &system);
        if self.current.as_ref().is_some_and(|current| current.labels == labels) {
            return;
        }
        self.severity = Some(severity);
        self.system = Some(system);
        self.worse_since = None;
        let mut supersedes = Vec::new();
        if let Some(before) = self.current.take() {
            // One that never went out need not go out any more.
            supersedes.extend(self.raise.take().filter(|raise| telling.pending.contains(raise)));
            self.replaced.push((now, before));
        }
        telling.expect(Channel::Alertmanager);
        let raise = self.tell(telling, labels, supersedes);
        self.raise = Some(raise);
    }

    /// Raises or refreshes the alert in force.
    fn tell(
        &mut self,
        telling: &mut Telling<'_>,
        labels: BTreeMap<String, String>,
        supersedes: Vec<EffectKey>,
    ) -> EffectKey {
        let annotations = telling.wording().annotations();
        let starts_at = telling.facts.case.opened_at.min(telling.context.now);
        self.noted = Some(noted(telling));
        self.noted_at = telling.context.now;
        let raised = Raised { labels, annotations, starts_at, ends_at: None };
        self.current = Some(raised.clone());
        self.alert(telling, raised, supersedes)
    }

    fn alert(
        &mut self,
        telling: &mut Telling<'_>,
        raised: Raised,
        supersedes: Vec<EffectKey>,
    ) -> EffectKey {
        self.changes += 1;
        let Raised { labels, annotations, starts_at, ends_at } = raised;
        let kind = EffectKind::Alert { labels, annotations, starts_at, ends_at };
        telling.effect_for(Channel::Alertmanager, Step::Alert(self.changes), kind, supersedes)
    }

    /// Ends what was replaced, once the new alert is there and Alertmanager has seen it.
    fn end_replaced(&mut self, telling: &mut Telling<'_>, at_once: bool) {
        let now = telling.context.now;
        let is_raised = self.raise.is_some_and(|raise| !telling.pending.contains(&raise));
        for (since, raised) in std::mem::take(&mut self.replaced) {
            let at = since.plus_millis(GRACE_MS);
            if at_once || (is_raised && now >= at) {
                self.end(telling, raised, Vec::new());
            } else {
                if is_raised {
                    telling.wake(at);
                }
                self.replaced.push((since, raised));
            }
        }
    }

    fn end(&mut self, telling: &mut Telling<'_>, raised: Raised, supersedes: Vec<EffectKey>) {
        let now = telling.context.now;
        let ended = Raised { ends_at: Some(now), ..raised };
        if self.over.len() >= MOST_OVER {
            self.over.remove(0);
        }
        // Labels that fire again are no longer over.
        self.over.retain(|over| over.labels != ended.labels);
        self.over.push(ended.clone());
        self.alert(telling, ended, supersedes);
    }

    fn end_all(&mut self, telling: &mut Telling<'_>) {
        // People who were paged are to read that it is over.
        self.lift_silence(telling);
        if let Some(current) = self.current.take() {
            // What is over sends no page: a raise that never went out does not go out.
            let raise = self.raise.take().filter(|raise| telling.pending.contains(raise));
            self.end(telling, current, raise.into_iter().collect());
        }
        self.end_replaced(telling, true);
        self.severity = None;
        self.worse_since = None;
    }

    /// Taking a case, or sending it to sleep, stops its paging.
    fn pause(&mut self, telling: &mut Telling<'_>) {
        let now = telling.context.now;
        let case = telling.facts.case;
        if self.current.is_none() {
            return;
        }
        if !case.is_paging_paused(now) {
            return self.lift_silence(telling);
        }
        let (until, by) = match &case.decided.owner {
            Some((_, owner)) => (now.plus_millis(SILENCE_MS), owner.clone()),
            None => (case.decided.snoozed_until.unwrap_or(now), String::new()),
        };
        if let Some(known) = self.silenced_until {
            let is_snooze = case.decided.owner.is_none();
            let renew = if is_snooze { known } else { known.plus_millis(-RENEW_MS) };
            if now < renew && (!is_snooze || known == until) {
                return telling.wake(renew);
            }
        }
        self.silenced_until = Some(until);
        telling.wake(if case.decided.owner.is_none() {
            until
        } else {
            until.plus_millis(-RENEW_MS)
        });
        let key = if by.is_empty() { "silence-snoozed" } else { "silence-taken" };
        let comment = telling.wording().say(&Message::new(key).word("who", &by));
        self.silence(telling, until, by, comment);
    }

    fn lift_silence(&mut self, telling: &mut Telling<'_>) {
        if self.silenced_until.take().is_some() {
            let comment = telling.wording().say(&Message::new("silence-lifted"));
            self.silence(telling, telling.context.now, String::new(), comment);
        }
    }

    fn silence(&mut self, telling: &mut Telling<'_>, until: Time, by: String, comment: String) {
        self.silences += 1;
        let kind = EffectKind::Silence { until, by, comment };
        telling.effect(Channel::Alertmanager, Step::Silence(self.silences), kind);
    }

    /// Fresh numbers in the lasting alert, once in an interval: whoever is called now must not read those of an
    /// hour ago.
    fn refresh(&mut self, telling: &mut Telling<'_>) {
        let Some(current) = &self.current else { return };
        let fresh = noted(telling);
        if self.noted.as_ref() == Some(&fresh) {
            return;
        }
        let at = self.noted_at.plus_millis(telling.context.escalation.note_interval_ms);
        if telling.context.now < at {
            return telling.wake(at);
        }
        let labels = current.labels.clone();
        self.tell(telling, labels, Vec::new());
    }
}

impl Row for AlertRow {
    fn decide(&mut self, telling: &mut Telling<'_>) {
        if telling.facts.case.state().is_live() {
            self.live(telling);
        } else {
            self.end_all(telling);
        }
    }

    fn report(
        &mut self,
        at: Time,
        report: &Report<'_>,
        pending: &BTreeSet<EffectKey>,
        line: &mut Delivery,
    ) -> Option<Message> {
        if let Some(error) = report.error {
            let is_new = line.error.as_ref() != Some(error);
            line.error = Some(error.clone());
            if report.state == DeliveryState::Rejected && self.raise == Some(report.key) {
                line.state = DeliveryState::Rejected;
                line.at = at;
            }
            return is_new.then(|| Message::new("line-alert-failed").text("error", error));
        }
        line.error = None;
        line.reference = report.key.case.to_string();
        let is_alert = matches!(report.key.step, Step::Alert(_));
        let is_over = self.current.is_none()
            && self.replaced.is_empty()
            && !pending.iter().any(|key| matches!(key.step, Step::Alert(_)));
        let (state, message) = if is_alert && is_over {
            (DeliveryState::Resolved, Message::new("line-alert-over"))
        } else if self.raise == Some(report.key) {
            let queue = self.current.as_ref().and_then(|current| current.labels.get("queue"));
            let message = match queue {
                Some(queue) => Message::new("line-alert-queue").word("queue", queue),
                None => Message::new("line-alert"),
            };
            (DeliveryState::Delivered, message)
        } else {
            return None;
        };
        if line.state == state {
            return None;
        }
        line.state = state;
        line.at = at;
        Some(message)
    }
}

fn noted(telling: &Telling<'_>) -> Noted {
    let magnitude = |count: u32| u32::BITS - count.leading_zeros();
    let size = telling.facts.size();
    Noted {
        cause: telling.facts.first_system().to_owned(),
        systems: size.systems,
        findings: size.findings.min(16) + magnitude(size.findings),
        tickets: magnitude(size.tickets),
    }
}

fn labels(
    telling: &Telling<'_>,
    policy: &AlertPolicy,
    severity: Severity,
    system: &str,
) -> BTreeMap<String, String> {
    let queue = telling.context.topology.get(system).map(|system| system.queue.clone());
    let mut labels = policy.labels.clone();
    labels.insert("alertname".into(), "VakhtaProblem".into());
    labels.insert("problem".into(), telling.facts.case.id.to_string());
    labels.insert("severity".into(), severity.as_str().into());
    labels.insert("system".into(), system.to_owned());
    labels.insert("queue".into(), queue.unwrap_or_default());
    labels.retain(|_, value| !value.is_empty());
    labels
}
