//! Taking an act back: what was decided before it holds again, signals go back to where they were, what it
//! demanded of the grouping is forgotten.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::acts::{ActRecord, Changed, said};
use super::{Refused, State};
use crate::correlate;
use crate::model::{Act, CaseId, Message, Time, TimelineEntry, TimelineKind};

impl State {
    /// Whether an act can be taken back as things stand.
    #[must_use]
    pub fn is_undoable(&self, number: u64) -> bool {
        self.undoable(number).is_ok()
    }

    fn undoable(&self, number: u64) -> Result<Arc<ActRecord>, Refused> {
        let record = self.acts.get(&number).filter(|record| !record.undone);
        let record = record.cloned().ok_or(Refused::NoAct(number))?;
        for Changed { case: id, .. } in &record.changed {
            let case = self.case(*id).ok_or(Refused::Unknown(*id))?;
            match case.decided.last_act {
                Some(newer) if newer != number => {
                    return Err(Refused::NotLast { act: number, newer });
                }
                _ => {}
            }
            if case.closed_at.is_some() {
                return Err(Refused::Unknown(*id));
            }
        }
        Ok(record)
    }

    pub(super) fn undo(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        act: &Act,
        number: u64,
        is_told: &dyn Fn(CaseId) -> bool,
    ) -> Result<(), Refused> {
        let record = self.undoable(number)?;
        self.restore(now, correlate, &record, is_told);
        for Changed { case: id, .. } in &record.changed {
            let message = said("line-undone", &act.by, &act.reason)
                .with("what", crate::model::Arg::Key(format!("act-{}", record.act.verb.as_str())));
            self.add_line(
                *id,
                TimelineEntry {
                    at: now,
                    kind: TimelineKind::Review,
                    message: message.clone(),
                    act: None,
                },
            );
            self.change(*id, |case| case.bump(message));
        }
        if let Some(record) = self.acts.get_mut(&number) {
            Arc::make_mut(record).undone = true;
        }
        Ok(())
    }

    fn restore(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        record: &ActRecord,
        is_told: &dyn Fn(CaseId) -> bool,
    ) {
        let mut clusters = Vec::new();
        for changed in &record.changed {
            let Some(case) = self.case(changed.case) else { continue };
            let mut decided = case.decided.clone();
            decided.take_back(&changed.before, &changed.after);
            let there = case.decided.cluster;
            clusters.extend(there);
            clusters.extend(decided.cluster);
            if let Some(cluster) = there {
                self.leave_cluster(changed.case, cluster);
            }
            if let Some(cluster) = decided.cluster {
                correlate.ensure_cluster(cluster);
                self.enter_cluster(changed.case, cluster);
            }
            self.change(changed.case, |case| {
                case.decided = decided;
                if case.decided.cluster.is_some() {
                    case.frozen = None;
                    case.suspects = Arc::default();
                }
            });
        }
        correlate.move_back(now, &record.moved, record.id);
        if let Some(forgotten) = &record.forgotten {
            correlate.demand_again(forgotten);
        }
        correlate.unmute(now, record.id);
        for (key, before) in &record.excused {
            correlate.excuse(*key, *before);
        }
        for opened in self.opened_by(correlate, record) {
            self.take_in(now, correlate, opened, record.act.case, is_told);
        }
        clusters.extend(record.moved.iter().flat_map(|one| [one.from, one.to]));
        clusters.sort_unstable();
        clusters.dedup();
        for changed in &record.changed {
            self.go_on(correlate, changed);
        }
        for cluster in clusters {
            self.refresh_standing(correlate, cluster);
            if self.of_cluster(cluster).next().is_none() {
                correlate.drop_if_empty(cluster);
            }
        }
    }

    /// A case goes on as it went before an act.
    fn go_on(&mut self, correlate: &correlate::State, changed: &Changed) {
        let cluster = self.case(changed.case).and_then(|case| case.decided.cluster);
        let Some(cluster) = cluster.and_then(|id| correlate.cluster(id)) else { return };
        self.change(changed.case, |case| {
            // Signals that a person has put back have not come back.
            case.is_kept = !cluster.totals().keeping.is_empty();
            case.take_back_course(&changed.went.0, &changed.went.1);
        });
    }

    /// Cases that there are only because of an act: those that it opened, and those whose cluster is empty once its
    /// signals have gone back.
    fn opened_by(&self, correlate: &correlate::State, record: &ActRecord) -> BTreeSet<CaseId> {
        let mut opened: BTreeSet<CaseId> = record.opened.iter().copied().collect();
        for one in &record.moved {
            let is_empty = correlate.cluster(one.to).is_some_and(|c| c.members().is_empty());
            let here = self.of_cluster(one.to).map(|case| case.id).filter(|_| is_empty);
            opened.extend(here.filter(|id| !record.changed.iter().any(|known| known.case == *id)));
        }
        opened
    }

    /// A case that an undone act had opened: nobody has heard of it, and it is gone; or somebody has, and it is
    /// merged into the one it came from.
    fn take_in(
        &mut self,
        now: Time,
        correlate: &mut correlate::State,
        opened: CaseId,
        origin: CaseId,
        is_told: &dyn Fn(CaseId) -> bool,
    ) {
        let Some(cluster) = self.case(opened).map(|case| case.decided.cluster) else { return };
        if is_told(opened) {
            // Signals that joined meanwhile come along.
            let members = cluster.and_then(|id| correlate.cluster(id)).map(|c| c.members());
            let keys: Vec<u64> = members.into_iter().flatten().map(|(key, _)| *key).collect();
            self.absorb(now, correlate, opened, origin);
            let to = self.case(origin).and_then(|case| case.decided.cluster);
            correlate.move_signals(now, &keys, to, 0);
            correlate.forget_act(0);
            return;
        }
        let line = Message::new("line-undone-case").word("case", origin.to_string());
        self.note(now, opened, TimelineKind::State, line);
        self.forget(opened);
        self.touched.insert(opened);
    }
}
