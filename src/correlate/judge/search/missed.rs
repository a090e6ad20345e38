//! Faults that were missed: a second one that hides in what is put to the first.

use std::collections::{BTreeMap, BTreeSet};

use super::{AFTER_S, FEW_ROOTS, Group, Search};
use crate::correlate::judge::scene::Fault;

/// The most suppositions tried in one round, the most promising first.
const TRIED: usize = 16;
/// A supposition that could not be worth more than this, nats, is not tried.
const PROMISING: f64 = 4.5;
/// Another fault must explain at least so much more, nats.
const LEAST_FAULT: f64 = 0.5;

/// So long after the onset a root is mostly heard, and a caller of it, seconds.
const ROOT_S: f64 = 12.0;
const CALLER_S: f64 = 40.0;
/// Suppositions of one root whose onsets are nearer to each other than this are one.
const ALIKE_S: f64 = 20.0;
/// What is heard so much before the onset may still be explained.
const EARLY_S: f64 = 5.0;

impl Search<'_> {
    /// What a signal says for the fault it is put to, alone.
    fn present(&self, item: usize) -> f64 {
        let group = self.own.get(item).copied().flatten().and_then(|id| self.groups.get(&id));
        let odds = group.zip(self.scene.items.get(item));
        odds.map_or(0.0, |(group, item)| self.scene.alone(group.fault, item).max(0.0))
    }

    /// Looks for faults that explain some of it better than what is supposed.
    pub(super) fn find_missed(&mut self) -> bool {
        let scene = self.scene;
        let present: Vec<f64> = (0..scene.items.len()).map(|item| self.present(item)).collect();
        let mut suppositions: Vec<(f64, Fault)> = Vec::new();
        for item in &scene.items {
            for root in scene.roots_of(item.system, 1) {
                let before = if root == item.system { ROOT_S } else { CALLER_S };
                let fault = Fault { root, onset: item.at - before, lag: 0.0 };
                let promises: f64 = self.better(fault, &present).iter().map(|(_, more)| more).sum();
                if promises > PROMISING {
                    suppositions.push((promises, fault));
                }
            }
        }
        suppositions.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut tried: Vec<Fault> = Vec::new();
        let mut is_changed = false;
        for (_, fault) in suppositions {
            let is_like =
                |one: &Fault| one.root == fault.root && (one.onset - fault.onset).abs() < ALIKE_S;
            if tried.len() >= TRIED || tried.iter().any(is_like) {
                continue;
            }
            tried.push(fault);
            is_changed |= self.suppose(fault);
        }
        is_changed
    }

    /// What a fault would explain better than what is supposed, each with how much.
    fn better(&self, fault: Fault, present: &[f64]) -> Vec<(usize, f64)> {
        let scene = self.scene;
        let from = scene.items.partition_point(|item| item.at < fault.onset - EARLY_S);
        let items = scene.items.iter().zip(present).enumerate().skip(from);
        let items = items.take_while(move |(_, (item, _))| item.at < fault.onset + AFTER_S);
        let more = move |(at, (item, present))| (at, scene.alone(fault, item) - present);
        items.map(more).filter(|(_, more)| *more > 0.0).collect()
    }

    /// Tries another fault: what it takes from others is weighed between them until it stands.
    fn suppose(&mut self, fault: Fault) -> bool {
        let present: Vec<f64> = (0..self.scene.items.len()).map(|at| self.present(at)).collect();
        let members: Vec<usize> = self.better(fault, &present).iter().map(|(at, _)| *at).collect();
        if members.len() < 2 {
            return false;
        }
        let touched: BTreeSet<usize> =
            members.iter().filter_map(|at| self.own.get(*at).copied().flatten()).collect();
        let taken: Vec<(usize, Group)> =
            touched.iter().filter_map(|id| Some((*id, self.groups.get(id)?.clone()))).collect();
        let before: f64 = taken.iter().map(|(_, group)| group.worth()).sum();
        let mut trial = Self {
            scene: self.scene,
            groups: BTreeMap::new(),
            next: self.next + 1,
            own: vec![None; self.own.len()],
        };
        for (id, group) in &taken {
            let rest: Vec<usize> =
                group.members.iter().copied().filter(|at| !members.contains(at)).collect();
            if rest.len() > 1 {
                let odds = self.scene.odds(group.fault, &rest);
                trial.put(*id, Group { fault: group.fault, odds, members: rest });
            }
        }
        let pool: BTreeSet<usize> =
            taken.iter().flat_map(|(_, group)| &group.members).chain(&members).copied().collect();
        let odds = self.scene.odds(fault, &members);
        trial.put(self.next, Group { fault, odds, members });
        for _ in 0..2 {
            for id in trial.groups.keys().copied().collect::<Vec<usize>>() {
                trial.follow(id, FEW_ROOTS);
            }
            let mut is_changed = false;
            for item in &pool {
                is_changed |= trial.replace(*item);
            }
            if !is_changed {
                break;
            }
        }
        if trial.odds() <= before + LEAST_FAULT {
            return false;
        }
        for (id, _) in taken {
            self.take(id);
        }
        self.next = trial.next;
        for (id, group) in trial.groups {
            self.put(id, group);
        }
        true
    }
}
