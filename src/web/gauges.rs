//! What the rules watch of one system, as charts with their limits: those that are beyond a limit or nearest to one
//! come first. Costs one evaluation of each rule of the system's sources, as after a poll, and a chart's for each shown.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use detectors::{Direction, Method};

use super::chart::{self, Chart};
use super::page::Speech;
use crate::api::ApiState;
use crate::collect::SourceHealth;
use crate::detect::{Judge, Rule, Scope, shown};
use crate::model::{Detail, Message, Time};
use crate::runbooks;
use crate::series::query::Labels;

/// Charts of one page.
const CHARTS: usize = 6;
/// Sources of one system that are looked at.
const SOURCES: usize = 32;
/// What a chart shows, and its points.
const SPAN: i64 = 3 * 3_600_000;
const POINTS: i64 = 160;

/// A thing that a rule watches.
pub(super) struct Gauge {
    pub(super) rule: String,
    /// How the thing is named: its instance, its disk.
    pub(super) object: String,
    detail: Detail,
    value: f64,
    limit: f64,
    unit: String,
    /// How near it is: 1 is at the limit.
    nearness: f64,
    points: Vec<(Time, f64)>,
}

/// The things of a system that are nearest to their limits, measured.
pub(super) fn measured(
    state: &ApiState,
    key: &str,
    sources: &[SourceHealth],
    now: Time,
) -> Vec<Gauge> {
    let rules = state.rules.read();
    let own = |source: &&SourceHealth| source.system == key && source.up && !source.offered;
    // Of each rule the one that is nearest: twenty disks of a host are one chart.
    let mut nearest: BTreeMap<&str, Gauge> = BTreeMap::new();
    for source in sources.iter().filter(own).take(SOURCES) {
        // Let go between two sources: samples that come meanwhile must not wait for all of them.
        let series = state.series.read().unwrap_or_else(PoisonError::into_inner);
        for rule in rules.rules().filter(|rule| rule.is_for(&source.kind)) {
            let Some(rung) = rung(rule) else { continue };
            let restrict = Some(("instance", source.instance.as_str()));
            // A rule that cannot be evaluated has no chart; the watch says why.
            let values = rule.expr.instant(&series, now, restrict).unwrap_or_default();
            let here = values.into_iter().filter(|(labels, _)| {
                let named = labels.get("system").or(rule.system.as_deref());
                named.is_none_or(|system| system == key)
            });
            let near = here.map(|(labels, value)| (rung.nearness(value), labels, value));
            let Some((nearness, labels, value)) = near.max_by(|a, b| a.0.total_cmp(&b.0)) else {
                continue;
            };
            let known = nearest.get(rule.id.as_str()).map_or(0.0, |gauge| gauge.nearness);
            // What is at nothing shows nothing.
            if nearness > known {
                nearest.insert(&rule.id, gauge(rule, &rung, &labels, value));
            }
        }
    }
    let mut gauges: Vec<Gauge> = nearest.into_values().collect();
    gauges.sort_by(|a, b| b.nearness.total_cmp(&a.nearness).then_with(|| a.rule.cmp(&b.rule)));
    gauges.truncate(CHARTS);
    for gauge in &mut gauges {
        gauge.points = (state.charts)(&gauge.detail, now.plus_millis(-SPAN), now, SPAN / POINTS);
    }
    gauges
}

/// The first limit of a rule, and which way is worse.
struct Rung {
    limit: f64,
    direction: Direction,
}

impl Rung {
    /// How near a value is: 0 far, 1 at the limit, more beyond it.
    fn nearness(&self, value: f64) -> f64 {
        if !value.is_finite() {
            return 0.0;
        }
        let (part, whole) = match self.direction {
            Direction::Above => (value, self.limit),
            Direction::Below => (self.limit, value),
        };
        if whole > 0.0 {
            return (part / whole).max(0.0);
        }
        if self.direction.reached(value, self.limit) { 1.0 } else { 0.0 }
    }
}

fn rung(rule: &Rule) -> Option<Rung> {
    let Judge::Each(Method::Threshold(config)) = &rule.judge else { return None };
    let (_, limit) = config.raise.mildest()?;
    (rule.scope == Scope::Source).then_some(Rung { limit, direction: config.direction })
}

fn gauge(rule: &Rule, rung: &Rung, labels: &Labels, value: f64) -> Gauge {
    let labels: BTreeMap<String, String> =
        labels.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let named = |name: &String| labels.get(name).cloned();
    let parts = std::iter::once("instance".to_owned()).chain(rule.object.iter().cloned());
    let mut object: Vec<String> = parts.filter_map(|name| named(&name)).collect();
    object.dedup();
    let expr = rule.expr_text.clone();
    let detail = Detail { expr, labels, runbook: rule.runbook.clone(), ..Detail::default() };
    Gauge {
        rule: rule.id.clone(),
        object: object.join(" · "),
        value,
        limit: rung.limit,
        unit: rule.unit.clone(),
        nearness: rung.nearness(value),
        points: Vec::new(),
        detail,
    }
}

impl Gauge {
    /// «сейчас 41 %, порог 80 %».
    pub(super) fn says(&self, s: &Speech<'_>) -> String {
        let word = |value| shown(value, &self.unit, s.language);
        let message = Message::new("gauge-says").word("value", word(self.value));
        s.say(&message.word("limit", word(self.limit)))
    }

    /// The address of the rule's runbook.
    pub(super) fn runbook(&self, s: &Speech<'_>) -> Option<String> {
        runbooks::link(&self.detail.runbook, s.base)
    }

    /// The chart.
    pub(super) fn drawn(&self, s: &Speech<'_>) -> String {
        let name = format!("{} {}", self.rule, self.object);
        let chart = Chart {
            points: &self.points,
            from: s.now.plus_millis(-SPAN),
            until: s.now,
            step: SPAN / POINTS,
            bad: None,
            limit: Some(self.limit),
            unit: &self.unit,
            events: &[],
            name: &name,
        };
        chart::draw(&chart, s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearness_knows_which_way_is_worse() {
        let check = |direction, limit: f64, value: f64, expected: f64| {
            let found = Rung { limit, direction }.nearness(value);
            assert!((found - expected).abs() < 1e-9, "{direction:?} {limit} {value}: {found}");
        };
        check(Direction::Above, 80.0, 40.0, 0.5);
        check(Direction::Above, 80.0, 120.0, 1.5);
        check(Direction::Above, 1.0, 0.0, 0.0);
        check(Direction::Below, 10.0, 40.0, 0.25);
        check(Direction::Below, 10.0, 5.0, 2.0);
        check(Direction::Below, 1.0, 0.0, 1.0);
        check(Direction::Above, 0.0, 0.0, 1.0);
        check(Direction::Above, 0.0, -3.0, 0.0);
        check(Direction::Above, 80.0, f64::NAN, 0.0);
    }
}
