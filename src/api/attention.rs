//! What waits for somebody: counted once for each change, however many pages ask.

use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::EngineHandle;
use crate::model::{CaseState, CaseSummary, Severity, Time};

/// Critical cases that are named.
const ALARMS: usize = 20;

/// What waits.
#[derive(Clone, Debug, Default)]
pub(crate) struct Waiting {
    generation: u64,
    /// Cases that nobody has taken; sources that cannot be seen are not among them.
    pub(crate) untaken: usize,
    /// Critical cases that nobody has taken, the latest first; bounded.
    pub(crate) alarms: Vec<Arc<CaseSummary>>,
    /// When the latest case opened.
    pub(crate) latest: Option<Time>,
}

/// Remembers what waits until something changes.
#[derive(Clone, Debug, Default)]
pub struct Attention(Arc<Mutex<Option<Waiting>>>);

impl Attention {
    /// What waits now.
    pub(crate) fn look(&self, engine: &EngineHandle) -> Waiting {
        let generation = engine.generation();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiting) = known.as_ref().filter(|waiting| waiting.generation == generation) {
            return waiting.clone();
        }
        let cases = engine.cases();
        let is_untaken = |case: &&Arc<CaseSummary>| {
            case.state == CaseState::Open && !case.blind && !super::cases::is_spoken_for(case)
        };
        let critical = cases.iter().filter(|case| case.severity == Severity::Critical);
        let mut alarms: Vec<_> = critical.filter(is_untaken).cloned().collect();
        alarms.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id)));
        alarms.truncate(ALARMS);
        let waiting = Waiting {
            generation,
            untaken: cases.iter().filter(is_untaken).count(),
            alarms,
            latest: cases.iter().map(|case| case.opened_at).max(),
        };
        *known = Some(waiting.clone());
        waiting
    }
}
