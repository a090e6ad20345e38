//! One object of a rule: its detector state, and the finding that is on, if one is.

use std::collections::BTreeMap;

use detectors::{State, Status, Verdict};
use serde::{Deserialize, Serialize};

use super::also::Numbers;
use super::pack::Rule;
use super::wording;
use crate::model::{Evidence, Finding, FindingState, Severity, Time};

/// A finding's text is told again at most this often while its severity stays the same.
const UPDATE_MS: i64 = 60_000;
/// An object that its answering source has not shown this often, and this long, is gone.
const GONE_POLLS: u32 = 3;
const GONE_MS: i64 = 30_000;

/// One object of a rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Object {
    pub(super) state: State,
    pub(super) labels: BTreeMap<String, String>,
    pub(super) active: Option<Finding>,
    /// The numbers told along when it was last told of.
    #[serde(default)]
    pub(super) also: Numbers,
    seen_at: Time,
    absences: u32,
}

impl Object {
    pub(super) fn new(state: State, labels: BTreeMap<String, String>, at: Time) -> Self {
        Self { state, labels, active: None, also: Numbers::new(), seen_at: at, absences: 0 }
    }

    /// Notes that the object gave a value.
    pub(super) fn seen(&mut self, at: Time) {
        self.seen_at = at;
        self.absences = 0;
    }

    /// When it last gave a value.
    pub(super) fn seen_at(&self) -> Time {
        self.seen_at
    }

    /// Notes that its source answered without it; true when it is gone for good.
    pub(super) fn is_gone(&mut self, at: Time) -> bool {
        self.absences = self.absences.saturating_add(1);
        self.absences >= GONE_POLLS && at.0 - self.seen_at.0 >= GONE_MS
    }

    /// Turns a verdict into a finding, if there is news.
    pub(super) fn judge(
        &mut self,
        rule: &Rule,
        key: &str,
        at: Time,
        v: &Verdict,
    ) -> Option<Finding> {
        match v.status {
            Status::Warming => None,
            Status::Normal => self.clear(at),
            Status::Abnormal(severity) => self.abnormal(rule, key, at, severity, v),
        }
    }

    /// Ends the finding that is on, if one is.
    pub(super) fn clear(&mut self, at: Time) -> Option<Finding> {
        let mut finding = self.active.take()?;
        finding.state = FindingState::Cleared;
        finding.at = at;
        Some(finding)
    }

    fn abnormal(
        &mut self,
        rule: &Rule,
        key: &str,
        at: Time,
        severity: Severity,
        verdict: &Verdict,
    ) -> Option<Finding> {
        let mut fresh = finding(rule, key, &self.labels, at, severity, verdict);
        if let Some(active) = &self.active {
            // While a finding is going away its numbers fall; that is not worth telling, and an alert
            // that changes its severity on the way out would be told twice.
            let is_milder = severity < active.severity;
            let is_news = severity > active.severity
                || (!is_milder && active.title != fresh.title && at.0 - active.at.0 >= UPDATE_MS);
            if !is_news {
                return None;
            }
            fresh.state = FindingState::Updated;
            fresh.since = active.since;
        }
        self.active = Some(fresh.clone());
        Some(fresh)
    }
}

/// The identity of a finding: pack, rule and the labels of its object.
pub(super) fn key(rule: &Rule, labels: &BTreeMap<String, String>) -> String {
    let shown: Vec<String> = labels.iter().map(|(name, v)| format!("{name}={v:?}")).collect();
    format!("{}/{}{{{}}}", rule.pack, rule.id, shown.join(","))
}

fn finding(
    rule: &Rule,
    key: &str,
    labels: &BTreeMap<String, String>,
    at: Time,
    severity: Severity,
    verdict: &Verdict,
) -> Finding {
    let named = rule.object.iter().filter_map(|label| labels.get(label).map(String::as_str));
    let words: Vec<&str> =
        labels.get("instance").map(String::as_str).into_iter().chain(named).collect();
    let system = labels.get("system").cloned().or_else(|| rule.system.clone());
    Finding {
        key: key.to_owned(),
        rule: rule.id.clone(),
        system: rule.system.clone().or(system).unwrap_or_default(),
        object: words.join(" · "),
        labels: labels.clone(),
        severity,
        state: FindingState::Raised,
        score: verdict.score,
        role: rule.role,
        spreads: rule.spreads,
        impact: rule.impact,
        blind: rule.blind,
        title: wording::title(&rule.title, labels, verdict, &rule.unit),
        advice: rule.advice.clone(),
        runbook: rule.runbook.clone(),
        evidence: verdict
            .evidence
            .iter()
            .map(|evidence| Evidence {
                name: evidence.name.to_owned(),
                value: evidence.value,
                limit: evidence.limit,
                unit: match evidence.name {
                    "time_left" | "age" => "seconds".to_owned(),
                    "score" => String::new(),
                    _ => rule.unit.clone(),
                },
            })
            .filter(|evidence| evidence.value.is_finite())
            .collect(),
        expr: rule.expr_text.clone(),
        since: verdict.since_ms.map_or(at, Time),
        at,
    }
}
