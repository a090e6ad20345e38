//! Keeps the samples around a case with it: series live in memory for a while, a case is read in a month.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;

use crate::clock::Clock;
use crate::detect::ChartSource;
use crate::engine::EngineHandle;
use crate::model::{CaseId, CaseState, Member, SignalKind, Time};
use crate::store::{ChartPoints, Store};
use crate::web::chart_span;

/// Findings of one case whose samples are kept.
const FINDINGS: usize = 12;
/// Open cases whose charts are kept meanwhile, the worst first.
const CASES: usize = 200;
/// How often the charts of open cases are kept: what a crash takes is at most this much.
const EVERY: Duration = Duration::from_secs(300);

/// The task.
pub(super) struct ChartKeeper {
    pub(super) engine: EngineHandle,
    pub(super) store: Store,
    pub(super) charts: ChartSource,
    pub(super) clock: std::sync::Arc<Clock>,
}

impl ChartKeeper {
    /// Keeps what ends as it ends, and now and then what goes on, until told to stop.
    pub(super) async fn run(self, stop: CancellationToken) {
        let mut changes = self.engine.changes.subscribe();
        let mut every = tokio::time::interval(EVERY);
        every.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        // The state in which a case was kept last: once for each end, however often it changes after.
        let mut kept: BTreeMap<CaseId, CaseState> = BTreeMap::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                change = changes.recv() => match change {
                    Ok(id) => {
                        let state = self.engine.case(id).map(|case| case.state);
                        let Some(state) = state.filter(|state| !state.is_live()) else { continue };
                        if kept.insert(id, state) != Some(state) {
                            self.keep(id).await;
                        }
                    }
                    // Some ended unseen: all that are over are looked at.
                    Err(RecvError::Lagged(_)) => {
                        let mut over = self.engine.cases();
                        over.retain(|case| !case.state.is_live());
                        for case in over {
                            if kept.insert(case.id, case.state) != Some(case.state) {
                                self.keep(case.id).await;
                            }
                        }
                    }
                    Err(RecvError::Closed) => return,
                },
                _ = every.tick() => {
                    kept.retain(|id, _| self.engine.case(*id).is_some());
                    let mut cases = self.engine.cases();
                    cases.retain(|case| case.state.is_live());
                    cases.sort_by_key(|case| std::cmp::Reverse(case.severity));
                    for case in cases.iter().take(CASES) {
                        self.keep(case.id).await;
                    }
                }
            }
        }
    }

    async fn keep(&self, id: CaseId) {
        let Ok(Some(case)) = self.engine.detail(id).await else { return };
        let now = self.clock.now();
        let found = case.members.iter().filter(|m| m.kind == SignalKind::Finding);
        let charts = found
            .take(FINDINGS)
            .filter_map(|member| Some((member.signal.clone(), self.chart(member, now)?)));
        let charts: BTreeMap<String, ChartPoints> = charts.collect();
        if charts.is_empty() {
            return;
        }
        if let Err(error) = self.store.save_charts(id, &charts).await {
            tracing::warn!(%error, case = %id, "charts were not kept");
        }
    }

    fn chart(&self, member: &Member, now: Time) -> Option<ChartPoints> {
        let detail = member.detail.as_deref()?;
        let (from, until, step) = chart_span(member, now);
        let points = (self.charts)(detail, from, until, step);
        let points: Vec<_> = points.into_iter().filter(|(_, value)| value.is_finite()).collect();
        (!points.is_empty()).then_some(ChartPoints { from, until, step, points })
    }
}
