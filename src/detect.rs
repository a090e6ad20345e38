//! Packs over series: rules as data, detector state per object, findings out.
//!
//! Pure: time comes with each call, state can be saved and restored, the same polls give the same
//! findings. A gap never alarms and never reads as healthy: an object that gives no value keeps its
//! verdict until its source has answered several times without it.

mod adjust;
mod also;
mod check;
mod decode;
mod method;
mod object;
mod objects;
mod pack;
#[cfg(test)]
mod tests;
mod trial;
mod watch;
mod wording;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

pub use adjust::Adjustments;
pub use check::TestFailure;
pub use pack::{Judge, Packs, Rule, Rules, Scope};
pub use trial::{Episode, Limits, Trial, Tried};
pub use watch::Watch;
pub use wording::{shown, shown_bytes};

use crate::model::{Detail, Time};
use crate::series::Store;
use crate::series::query::{Expr, Labels};

/// The points behind a finding's small chart: what it watches, from, to, step in milliseconds.
pub type ChartSource = Arc<dyn Fn(&Detail, Time, Time, i64) -> Vec<(Time, f64)> + Send + Sync>;

/// The points of one object of a rule, for its chart: the expression over a span, every `step`
/// milliseconds, of the series with these labels.
#[must_use]
pub fn points(
    store: &Store,
    expr: &str,
    labels: &BTreeMap<String, String>,
    from: Time,
    to: Time,
    step: i64,
) -> Vec<(Time, f64)> {
    let Ok(expr) = Expr::parse(expr) else { return Vec::new() };
    let step = Duration::from_millis(u64::try_from(step.max(1000)).unwrap_or(1000));
    let lines = expr.range(store, from, to, step).unwrap_or_default();
    let is_it = |found: &Labels| {
        let mut shown = found.iter().filter(|(name, _)| *name != "__name__" && *name != "job");
        shown.all(|(name, value)| labels.get(name).is_some_and(|known| known == value))
    };
    lines.into_iter().find(|(found, _)| is_it(found)).map(|(_, line)| line).unwrap_or_default()
}
