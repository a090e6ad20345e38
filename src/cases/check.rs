//! Whether an act fits: the case is there, is as the person saw it, and what they name is in it.

use super::{Refused, State};
use crate::correlate;
use crate::model::{Act, CaseId, CaseState, Time, Verb};

impl State {
    pub(super) fn check(
        &self,
        now: Time,
        correlate: &correlate::State,
        act: &Act,
    ) -> Result<(), Refused> {
        let case = self.case(act.case).ok_or(Refused::Unknown(act.case))?;
        if let Some(expects) = act.expects.filter(|expects| *expects != case.version) {
            let changed = case.changes.iter().filter(|(version, _)| *version > expects);
            return Err(Refused::Stale {
                case: case.id,
                expects,
                version: case.version,
                changed: changed.map(|(_, message)| message.clone()).collect(),
            });
        }
        let state = case.decided.state;
        let not_now = || Err(Refused::NotNow { case: case.id, state, verb: act.verb.as_str() });
        let is_open = state.is_live() || state == CaseState::Resolved;
        match &act.verb {
            Verb::Undo { .. } | Verb::Comment => return Ok(()),
            Verb::Reopen if state != CaseState::Resolved => return not_now(),
            Verb::Reopen => {}
            Verb::Take | Verb::HandOver { .. } | Verb::Resolve | Verb::Snooze { .. }
                if !state.is_live() =>
            {
                return not_now();
            }
            _ if !is_open => return not_now(),
            _ => {}
        }
        match &act.verb {
            Verb::HandOver { to } if to.trim().is_empty() => Err(Refused::NoText("hand_over")),
            Verb::Snooze { until } | Verb::Mute { until, .. } if *until <= now => {
                Err(Refused::Past)
            }
            Verb::SetCause { system: Some(system) }
                if correlate.topology().get(system).is_none() =>
            {
                Err(Refused::NoSystem(system.clone()))
            }
            Verb::Merge { into } => self.check_merge(act.case, *into, act.verb.as_str()),
            Verb::Split { signals } => self.check_split(correlate, act.case, signals),
            Verb::Move { signals, .. } | Verb::TakeIn { signals } if signals.is_empty() => {
                Err(Refused::NoSignals(act.verb.as_str()))
            }
            Verb::TakeIn { signals } => free(correlate, act.case, signals).map(|_| ()),
            Verb::Move { signals, to } => {
                self.keys(correlate, act.case, signals)?;
                let to = to.map(|to| self.case(to).ok_or(Refused::Unknown(to))).transpose()?;
                match to {
                    Some(to) if to.decided.cluster.is_none() => Err(Refused::Unknown(to.id)),
                    Some(to) if to.id == act.case => Err(Refused::SameCase(to.id)),
                    _ => Ok(()),
                }
            }
            Verb::Mute { signals, .. } => self.keys(correlate, act.case, signals).map(|_| ()),
            _ => Ok(()),
        }
    }

    fn check_merge(&self, case: CaseId, into: CaseId, verb: &'static str) -> Result<(), Refused> {
        if case == into {
            return Err(Refused::SameCase(case));
        }
        let other = self.case(into).ok_or(Refused::Unknown(into))?;
        let state = other.decided.state;
        if !state.is_live() && state != CaseState::Resolved {
            return Err(Refused::NotNow { case: into, state, verb });
        }
        Ok(())
    }

    fn check_split(
        &self,
        correlate: &correlate::State,
        case: CaseId,
        signals: &[String],
    ) -> Result<(), Refused> {
        let keys = self.keys(correlate, case, signals)?;
        let cluster = self.case(case).and_then(|case| case.decided.cluster);
        let all = cluster.and_then(|id| correlate.cluster(id)).map_or(0, |c| c.members().len());
        if keys.is_empty() || keys.len() >= all {
            return Err(Refused::NothingToSplit);
        }
        Ok(())
    }

    /// The keys of some signals of a case, each once.
    pub(super) fn keys(
        &self,
        correlate: &correlate::State,
        case: CaseId,
        signals: &[String],
    ) -> Result<Vec<u64>, Refused> {
        let cluster = self.case(case).and_then(|case| case.decided.cluster);
        let members = cluster.and_then(|id| correlate.cluster(id)).map(|c| c.members());
        let mut keys = Vec::new();
        for signal in signals {
            let key = correlate.key_of(signal);
            let key = key.filter(|key| members.is_some_and(|members| members.contains_key(key)));
            keys.push(key.ok_or_else(|| Refused::NoSignal { case, signal: signal.clone() })?);
        }
        keys.sort_unstable();
        keys.dedup();
        Ok(keys)
    }
}

/// The keys of some signals that are in no case, each once.
pub(super) fn free(
    correlate: &correlate::State,
    case: CaseId,
    signals: &[String],
) -> Result<Vec<u64>, Refused> {
    let mut keys = Vec::new();
    for signal in signals {
        let known = correlate.key_of(signal);
        let key = known.ok_or_else(|| Refused::NoSignal { case, signal: signal.clone() })?;
        if let Some(case) = correlate.cluster_of(key).and_then(|cluster| cluster.standing().case) {
            return Err(Refused::Elsewhere { signal: signal.clone(), case });
        }
        keys.push(key);
    }
    keys.sort_unstable();
    keys.dedup();
    Ok(keys)
}
