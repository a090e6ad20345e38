//! The state at a start: the snapshot, then the events after it.

use std::collections::BTreeMap;

use crate::fold::{Event, State};
use crate::i18n::Catalogue;
use crate::model::{DeliveryState, Effect, Text, Time};
use crate::store::{Append, Store, StoreError};

/// What was read back.
#[derive(Debug)]
pub struct Restored {
    /// The number of the last event.
    pub seq: u64,
    /// The state after it.
    pub state: State,
    /// Its moment.
    pub last_at: Time,
    /// When the whole log had to be folded anew: the effects that were decided on the way.
    pub refolded: Option<Vec<Effect>>,
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
                restored.refolded = Some(Vec::new());
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
            if let Some(effects) = &mut restored.refolded {
                effects.extend(outcome.effects);
            }
            restored.seq = number;
            restored.last_at = at;
        }
    }
}

/// After another version has folded the log: what it waits for and the outbox does not have is put
/// there, and what the outbox has done already is given back as events, so that no Problem waits for
/// ever.
///
/// # Errors
/// When the store cannot be read or written.
pub async fn reconcile(
    store: &Store,
    state: &State,
    effects: Vec<Effect>,
) -> Result<Vec<Event>, StoreError> {
    let decided: BTreeMap<&str, &Effect> =
        effects.iter().map(|effect| (effect.key.as_str(), effect)).collect();
    let mut missing = Append::default();
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
        match store.outbox_outcome(&effect.key).await? {
            None => missing.effects.push((*effect).clone()),
            Some((DeliveryState::Pending, _)) => {}
            Some((DeliveryState::Rejected, _)) => {
                let error = Text::new("Было отклонено раньше.", "it was refused before");
                known.push(delivered(DeliveryState::Rejected, String::new(), Some(error)));
            }
            Some((state, reference)) => known.push(delivered(state, reference, None)),
        }
    }
    let (added, done) = (missing.effects.len(), known.len());
    store.append(&missing).await?;
    tracing::warn!(added, done, "the outbox was compared with the log");
    Ok(known)
}
