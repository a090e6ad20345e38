//! The state at a start: the snapshot, then the events after it.

use std::collections::BTreeMap;

use crate::fold::{Event, State};
use crate::i18n::Catalogue;
use crate::model::{DeliveryState, Effect, Problem, Text, Time};
use crate::store::{Append, Outcome, Store, StoreError};

/// What was read back.
#[derive(Debug)]
pub struct Restored {
    /// The number of the last event.
    pub seq: u64,
    /// The state after it.
    pub state: State,
    /// Its moment.
    pub last_at: Time,
    /// When the whole log had to be folded anew: what was decided on the way.
    pub refolded: Option<Refolded>,
}

/// What folding the whole log anew decided.
#[derive(Debug, Default)]
pub struct Refolded {
    effects: Vec<Effect>,
    archived: Vec<Problem>,
}

/// Reads the snapshot and folds the events after it. A snapshot that cannot be read (another
/// version wrote it) costs time, not data: the whole log is folded then.
///
/// # Errors
/// When the store cannot be read.
pub async fn restore(store: &Store, catalogue: &Catalogue) -> Result<Restored, StoreError> {
    let mut restored =
        Restored { seq: 0, state: State::default(), last_at: Time::default(), refolded: None };
    if let Some((at, body)) = store.snapshot().await? {
        match serde_json::from_slice::<State>(&body) {
            Ok(saved) => {
                restored.state = saved;
                restored.state.revive();
                restored.seq = at;
            }
            Err(error) => {
                tracing::warn!(%error, "the snapshot cannot be read; folding the whole log");
                restored.refolded = Some(Refolded::default());
            }
        }
    }
    loop {
        let events = store.events(restored.seq, 1000).await?;
        if events.is_empty() {
            return Ok(restored);
        }
        for (number, at, event) in events {
            let outcome = restored.state.step(at, &event, catalogue);
            // Effects were committed together with the event: they are in the outbox already, if
            // the same program decided them.
            if let Some(refolded) = &mut restored.refolded {
                refolded.effects.extend(outcome.effects);
                refolded.archived.extend(outcome.archived);
            }
            restored.seq = number;
            restored.last_at = at;
        }
    }
}

/// After another version has folded the log: what a live Problem waits for and the outbox does not have
/// is put there; what the outbox has done already is given back as events, so that no Problem waits for
/// ever; of Problems that are over nothing is told any more.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn reconcile(
    store: &Store,
    state: &State,
    refolded: Refolded,
) -> Result<Vec<Event>, StoreError> {
    let decided: BTreeMap<&str, &Effect> =
        refolded.effects.iter().map(|effect| (effect.key.as_str(), effect)).collect();
    let mut append = Append::default();
    let mut known = Vec::new();
    for effect in state.pending().filter_map(|key| decided.get(key)) {
        let delivered = |state, reference, error| Event::Delivered {
            key: effect.key.clone(),
            problem: effect.problem.clone(),
            channel: effect.channel,
            state,
            reference,
            error,
        };
        let passed_over = Text::new(
            "Другая версия программы решила иначе; больше не отправляется.",
            "another version of the program decided otherwise; not sent any more",
        );
        let is_live = state.correlate().problem(&effect.problem).is_some();
        match store.outbox_outcome(&effect.key).await? {
            None if is_live => append.effects.push((*effect).clone()),
            None => {
                known.push(delivered(DeliveryState::Rejected, String::new(), Some(passed_over)))
            }
            // The same key for another moment: the Problems are counted differently now.
            Some(outcome) if outcome.at != effect.at => {
                tracing::error!(key = effect.key, "the outbox has this key for another Problem");
                known.push(delivered(DeliveryState::Rejected, String::new(), Some(passed_over)));
            }
            Some(Outcome { state: DeliveryState::Pending, .. }) => {}
            Some(Outcome { state: DeliveryState::Rejected, .. }) => {
                let error = Text::new("Было отклонено раньше.", "it was refused before");
                known.push(delivered(DeliveryState::Rejected, String::new(), Some(error)));
            }
            Some(outcome) => known.push(delivered(outcome.state, outcome.reference, None)),
        }
    }
    for problem in refolded.archived {
        if store.archived_problem(&problem.id).await?.is_none() {
            append.archived.push(problem);
        }
    }
    let (added, done) = (append.effects.len(), known.len());
    store.append(&append).await?;
    tracing::warn!(added, done, "the outbox was compared with the log");
    Ok(known)
}
