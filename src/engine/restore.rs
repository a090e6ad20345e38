//! The state at a start: the newest snapshot that can be read, then the events after it; and the outbox
//! compared with it.

use std::collections::{BTreeMap, BTreeSet};

use crate::fold::{Event, State, state_from};
use crate::i18n::Catalogue;
use crate::model::{CaseDetail, DeliveryState, Effect, EffectKey, Text, Time};
use crate::store::{Append, OutboxOutcome, Store, StoreError};

/// Events read at once.
const AT_ONCE: u32 = 1_000;

/// What was read back.
#[derive(Debug, Default)]
pub struct Restored {
    /// The number of the last event.
    pub seq: u64,
    /// The state after it.
    pub state: State,
    /// Its moment.
    pub at: Time,
    /// The snapshot it began with; none: the whole log was folded.
    pub from: Option<u64>,
    /// Effects decided by the events that were folded again.
    effects: Vec<Effect>,
    /// Cases that they closed.
    archived: Vec<CaseDetail>,
}

/// Reads the newest snapshot that can be read and folds the events after it. One that cannot be read costs time,
/// not data: an older one, or the whole log, is folded then.
///
/// # Errors
/// When the store cannot be read, or an event cannot be (and is not to be left out).
pub async fn restore(
    store: &Store,
    catalogue: &Catalogue,
    skip_unreadable: bool,
) -> Result<Restored, StoreError> {
    let mut restored = newest(store).await?;
    if restored.from.is_none()
        && let Some((first, _)) = store.log_range().await?.filter(|(first, _)| *first > 1)
    {
        return Err(StoreError::NoBeginning { first });
    }
    loop {
        let records = store.events(restored.seq, AT_ONCE).await?;
        if records.is_empty() {
            return Ok(restored);
        }
        for record in records {
            restored.seq = record.seq;
            restored.at = restored.at.max(record.at);
            let event = match record.event {
                Ok(event) => event,
                Err(error) if skip_unreadable => {
                    tracing::error!(seq = record.seq, %error, "left out, as asked");
                    continue;
                }
                Err(source) => return Err(StoreError::Record { seq: record.seq, source }),
            };
            restored.fold(record.at, &event, catalogue);
        }
    }
}

async fn newest(store: &Store) -> Result<Restored, StoreError> {
    for seq in store.snapshots().await? {
        let Some(saved) = store.snapshot(seq).await? else { continue };
        match state_from(saved.format, &saved.body) {
            Ok(state) => {
                let (seq, at, from) = (saved.seq, saved.at, Some(saved.seq));
                return Ok(Restored { seq, state, at, from, ..Restored::default() });
            }
            Err(error) => {
                tracing::warn!(seq, %error, "a snapshot cannot be read; an older one serves");
            }
        }
    }
    Ok(Restored::default())
}

impl Restored {
    fn fold(&mut self, at: Time, event: &Event, catalogue: &Catalogue) {
        let outcome = self.state.step(at, event, catalogue);
        self.effects.extend(outcome.effects);
        self.archived.extend(outcome.archived);
        // What is settled already need not be remembered.
        if self.effects.len() > 10_000 {
            let waiting: BTreeSet<EffectKey> = self.state.escalate().pending().collect();
            self.effects.retain(|effect| waiting.contains(&effect.key));
        }
    }
}

/// Makes outbox and archive agree with the state, whoever decided what: what a case waits for and the outbox
/// does not have is put there; what the outbox has done is given back as events; what nobody waits for any
/// more is taken back; what was closed is archived.
///
/// # Errors
/// When the store cannot be read or written.
pub(super) async fn reconcile(
    store: &Store,
    epoch: u64,
    restored: &Restored,
) -> Result<Vec<Event>, StoreError> {
    let wanted: BTreeSet<EffectKey> = restored.state.escalate().pending().collect();
    let decided: BTreeMap<EffectKey, &Effect> =
        restored.effects.iter().map(|effect| (effect.key, effect)).collect();
    let waiting = store.outbox_waiting().await?;
    let known: BTreeSet<EffectKey> = waiting.iter().filter_map(|key| key.parse().ok()).collect();
    let mut append = Append::default();
    let mut corrections = Vec::new();
    for key in wanted.difference(&known) {
        let delivered =
            |state, reference, error| Event::Delivered { key: *key, state, reference, error };
        match (store.outbox_outcome(key).await?, decided.get(key)) {
            (None, Some(effect)) => append.effects.push((*effect).clone()),
            (None, None) => {
                let error = Text::new(
                    "Действие не сохранилось: другая версия программы решила иначе.",
                    "the effect was not kept: another version of the program decided otherwise",
                );
                corrections.push(delivered(DeliveryState::Rejected, String::new(), Some(error)));
            }
            (Some(OutboxOutcome { state: DeliveryState::Rejected, .. }), _) => {
                let error = Text::new("Было отклонено раньше.", "it was refused before");
                corrections.push(delivered(DeliveryState::Rejected, String::new(), Some(error)));
            }
            (Some(outcome), _) => {
                corrections.push(delivered(outcome.state, outcome.reference, None));
            }
        }
    }
    let mut taken_back = 0;
    for key in &waiting {
        let is_wanted = key.parse().is_ok_and(|key: EffectKey| wanted.contains(&key));
        if !is_wanted {
            tracing::warn!(key, "nobody waits for this effect any more; taken back");
            store.outbox_take_back(key).await?;
            taken_back += 1;
        }
    }
    for case in &restored.archived {
        if store.archived_case(case.summary.id).await?.is_none() {
            append.archived.push(case.clone());
        }
    }
    let (added, done) = (append.effects.len(), corrections.len());
    if added + done + taken_back + append.archived.len() > 0 {
        tracing::warn!(added, done, taken_back, "the outbox was compared with the log");
    }
    store.append(epoch, &append).await?;
    Ok(corrections)
}
