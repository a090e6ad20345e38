//! Our rules and what of them is on, in the shapes that Grafana and `promtool` know.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Value, json};

use super::answered;
use crate::api::{ApiState, Visitor};
use crate::detect::Rule;
use crate::model::{Signal, SignalKind};

/// The most alerts of one answer.
const ALERTS: usize = 10_000;

/// What is on, as alerts, by rule.
fn active(state: &ApiState) -> BTreeMap<String, Vec<Value>> {
    state.engine.read(|core| {
        let signals = core.correlate().signals().map(|(_, signal)| signal);
        let on = signals.filter(|signal| signal.kind == SignalKind::Finding && signal.is_active());
        let mut alerts: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for signal in on.take(ALERTS) {
            alerts.entry(signal.symptom.to_string()).or_default().push(alert(signal));
        }
        alerts
    })
}

fn alert(signal: &Signal) -> Value {
    let detail = signal.detail.as_deref();
    let mut labels: BTreeMap<&str, &str> = BTreeMap::new();
    labels.extend(detail.iter().flat_map(|d| &d.labels).map(|(k, v)| (k.as_str(), v.as_str())));
    labels.insert("alertname", &signal.symptom);
    labels.insert("severity", signal.severity.as_str());
    labels.insert("system", signal.system());
    let value =
        detail.and_then(|detail| detail.evidence.first()).map_or(f64::NAN, |first| first.value);
    json!({
        "labels": labels,
        "annotations": {"summary": signal.title.ru, "summary_en": signal.title.en},
        "state": "firing",
        "activeAt": signal.since.to_string(),
        "value": value.to_string(),
    })
}

pub(super) async fn rules(visitor: Visitor, State(state): State<ApiState>) -> Response {
    answered(visitor, async {
        let active = active(&state);
        let packs = state.rules.read();
        let mut groups: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for rule in packs.rules() {
            groups.entry(&rule.pack).or_default().push(shape(rule, active.get(&rule.id)));
        }
        let groups: Vec<Value> = groups
            .into_iter()
            .map(|(name, rules)| json!({"name": name, "file": name, "interval": 10, "limit": 0, "rules": rules}))
            .collect();
        Ok(json!({ "groups": groups }).to_string())
    })
    .await
}

fn shape(rule: &Rule, alerts: Option<&Vec<Value>>) -> Value {
    json!({
        "type": "alerting",
        "name": rule.id,
        "query": rule.expr_text,
        "duration": 0,
        "labels": {},
        "annotations": {"summary": rule.title.ru, "summary_en": rule.title.en, "runbook": rule.runbook},
        "state": if alerts.is_some() { "firing" } else { "inactive" },
        "health": "ok",
        "alerts": alerts.cloned().unwrap_or_default(),
    })
}

pub(super) async fn alerts(visitor: Visitor, State(state): State<ApiState>) -> Response {
    answered(visitor, async {
        let alerts: Vec<Value> = active(&state).into_values().flatten().collect();
        Ok(json!({ "alerts": alerts }).to_string())
    })
    .await
}
