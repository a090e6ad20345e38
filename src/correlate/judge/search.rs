//! Which faults explain a scene best: signals are put to them one by one, the faults' roots and onsets follow, two
//! faults become one and one becomes two, as long as the whole is explained better.

mod missed;

use std::collections::{BTreeMap, BTreeSet};

use super::scene::{Fault, ROOTS, Scene};
use super::spread::{self, FAR};

/// Rounds of putting each signal where it fits best.
const SETTLES: usize = 4;
/// Rounds of looking for faults that were missed.
const ROUNDS: usize = 3;
/// Roots looked at for a group, and for one that is only to be compared.
const MANY_ROOTS: usize = 8;
const FEW_ROOTS: usize = 4;
/// What a fault may explain lies so many seconds before and after its onset.
const BEFORE_S: f64 = 40.0;
const AFTER_S: f64 = 500.0;
/// Onsets farther apart than this are two faults, …
const UNITES_S: f64 = 400.0;
/// … and so are two that lose more than this by their own roots: no other root would explain both, nats.
const HOPELESS: f64 = 20.0;
/// A signal leaves a fault for none only if that is better by more than this.
const CLINGS: f64 = 3.0;
/// Better by less is not better.
const LEAST: f64 = 1e-6;
/// Onsets to try, seconds before what was first heard of the root, and of anything.
const BEFORE_ROOT: [f64; 4] = [5.0, 12.0, 20.0, 27.0];
const BEFORE_ALL: [f64; 6] = [5.0, 15.0, 25.0, 40.0, 60.0, 90.0];

/// Signals explained by one fault.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) fault: Fault,
    /// Log-odds.
    odds: f64,
    /// In order of time.
    pub(super) members: Vec<usize>,
}

impl Group {
    /// What it is worth that this fault is supposed. Signals that no fault explains stay together as they were first put:
    /// there was a reason for that, and nothing is won by taking them apart.
    fn worth(&self) -> f64 {
        self.odds.max(0.0)
    }
}

/// A partition that is made better.
#[derive(Debug)]
pub(super) struct Search<'s> {
    scene: &'s Scene,
    groups: BTreeMap<usize, Group>,
    next: usize,
    /// Signal → group; none stands alone.
    own: Vec<Option<usize>>,
}

fn without(members: &[usize], item: usize) -> Vec<usize> {
    members.iter().copied().filter(|member| *member != item).collect()
}

fn with(members: &[usize], item: usize) -> Vec<usize> {
    let mut members = members.to_vec();
    let at = members.binary_search(&item).unwrap_or_else(|at| at);
    members.insert(at, item);
    members
}

fn joined(one: &[usize], other: &[usize]) -> Vec<usize> {
    let mut all = [one, other].concat();
    all.sort_unstable();
    all
}

impl<'s> Search<'s> {
    /// Begins with signals as they are grouped now.
    pub(super) fn new(scene: &'s Scene) -> Self {
        let mut homes: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
        for (at, item) in scene.items.iter().enumerate() {
            homes.entry(item.home).or_default().push(at);
        }
        let own = vec![None; scene.items.len()];
        let mut search = Self { scene, groups: BTreeMap::new(), next: 0, own };
        for members in homes.into_values().filter(|members| members.len() > 1) {
            if let Some(group) = search.explained(members, None, MANY_ROOTS) {
                search.put(search.next, group);
                search.next += 1;
            }
        }
        search
    }

    /// The log-odds of all faults.
    pub(super) fn odds(&self) -> f64 {
        self.groups.values().map(Group::worth).sum()
    }

    /// The groups; what is in none stands alone.
    pub(super) fn groups(self) -> impl Iterator<Item = Group> {
        self.groups.into_values()
    }

    /// Makes it better until nothing more is found.
    pub(super) fn run(&mut self) {
        self.settle();
        for _ in 0..ROUNDS {
            let before = self.odds();
            if !self.find_missed() {
                return;
            }
            self.settle();
            if self.odds() <= before {
                return;
            }
        }
    }

    fn take(&mut self, id: usize) -> Option<Group> {
        let group = self.groups.remove(&id)?;
        for member in &group.members {
            if let Some(own) = self.own.get_mut(*member) {
                *own = None;
            }
        }
        Some(group)
    }

    /// The fault that explains some signals best.
    fn explained(
        &self,
        members: Vec<usize>,
        known: Option<Fault>,
        most_roots: usize,
    ) -> Option<Group> {
        let scene = self.scene;
        let items: Vec<_> = members.iter().filter_map(|at| scene.items.get(*at)).collect();
        let first = items.first()?.at;
        let heard: BTreeSet<usize> = items.iter().map(|item| item.system).collect();
        let roots: BTreeSet<usize> =
            heard.iter().flat_map(|at| scene.roots_of(*at, ROOTS)).collect();
        let nearness = |root: usize| -> f64 {
            let near = |place: &usize| match scene.hops(root, *place) {
                FAR => 1.0 / 7.0,
                hops => 1.0 / f64::from(1 + hops),
            };
            heard.iter().map(near).sum()
        };
        let mut roots: Vec<(f64, usize)> =
            roots.into_iter().map(|root| (nearness(root), root)).collect();
        roots.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        roots.truncate(most_roots);
        let known_root = known.map(|known| known.root);
        if let Some(root) = known_root.filter(|root| !roots.iter().any(|(_, one)| one == root)) {
            roots.push((0.0, root));
        }
        let mut best: Option<(f64, Fault)> = None;
        for (_, root) in roots {
            let own = items.iter().find(|item| item.system == root).map(|item| item.at);
            let own = own.into_iter().flat_map(|at| BEFORE_ROOT.map(|before| at - before));
            let any = BEFORE_ALL.map(|before| first - before);
            let lag = known.map_or(0.0, |known| known.lag);
            let onsets = own.clone().chain(any).map(|onset| Fault { root, onset, lag: 0.0 });
            let known = known.map(|known| Fault { root, onset: known.onset, lag });
            // How late it is felt can only be told from when the root itself was heard.
            let late = own
                .skip(1)
                .take(1)
                .flat_map(|onset| spread::LAGS.map(|lag| Fault { root, onset, lag }));
            for fault in onsets.chain(known).chain(late) {
                let odds = scene.odds(fault, &members);
                if best.is_none_or(|(most, _)| odds > most) {
                    best = Some((odds, fault));
                }
            }
        }
        best.map(|(odds, fault)| Group { fault, odds, members })
    }

    /// Puts each signal where it fits best, and lets faults follow.
    fn settle(&mut self) {
        for _ in 0..SETTLES {
            let mut is_changed = false;
            for item in 0..self.scene.items.len() {
                is_changed |= self.replace(item);
            }
            for id in self.groups.keys().copied().collect::<Vec<usize>>() {
                is_changed |= self.follow(id, MANY_ROOTS);
            }
            is_changed |= self.unite();
            if !is_changed {
                return;
            }
        }
    }

    /// Puts one signal where it fits best.
    fn replace(&mut self, item: usize) -> bool {
        let scene = self.scene;
        let Some(at) = scene.items.get(item).map(|item| item.at) else { return false };
        let home = self.own.get(item).copied().flatten();
        let stays = home.and_then(|id| self.groups.get(&id)).map(|group| {
            let rest = without(&group.members, item);
            let odds = if rest.len() < 2 { 0.0 } else { scene.odds(group.fault, &rest) };
            (group.worth() - odds.max(0.0), rest, odds)
        });
        let mut best = (stays.as_ref().map_or(0.0, |(gain, ..)| gain.max(-CLINGS)), None);
        let leaves = stays.as_ref().is_some_and(|(gain, ..)| *gain < -CLINGS);
        for (id, group) in &self.groups {
            let after = at - group.fault.onset;
            if Some(*id) == home || !(-BEFORE_S..AFTER_S).contains(&after) {
                continue;
            }
            let members = with(&group.members, item);
            let odds = scene.odds(group.fault, &members);
            let gain = odds.max(0.0) - group.worth();
            if gain > best.0 + LEAST {
                best = (gain, Some((*id, members, odds)));
            }
        }
        if best.1.is_none() && !leaves {
            return false;
        }
        if let Some((id, (_, rest, odds))) = home.zip(stays) {
            if rest.len() < 2 {
                self.take(id);
            } else if let Some(group) = self.groups.get_mut(&id) {
                (group.members, group.odds) = (rest, odds);
            }
        }
        let target = best.1.map(|(id, members, odds)| {
            if let Some(group) = self.groups.get_mut(&id) {
                (group.members, group.odds) = (members, odds);
            }
            id
        });
        if let Some(own) = self.own.get_mut(item) {
            *own = target;
        }
        true
    }

    /// Lets a fault follow its signals.
    fn follow(&mut self, id: usize, most_roots: usize) -> bool {
        let Some(group) = self.take(id) else { return false };
        let fault = group.fault;
        let Some(again) = self.explained(group.members, Some(fault), most_roots) else {
            return true;
        };
        let is_changed = again.fault != fault;
        self.put(id, again);
        is_changed
    }

    fn put(&mut self, id: usize, group: Group) {
        for member in &group.members {
            if let Some(own) = self.own.get_mut(*member) {
                *own = Some(id);
            }
        }
        self.groups.insert(id, group);
    }

    /// Makes one fault of two where one explains it better.
    fn unite(&mut self) -> bool {
        let mut order: Vec<(f64, usize)> =
            self.groups.iter().map(|(id, group)| (group.fault.onset, *id)).collect();
        order.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut is_changed = false;
        for (place, (onset, one)) in order.iter().enumerate() {
            let later = order.iter().skip(place + 1);
            for (_, other) in later.take_while(|(later, _)| later - onset <= UNITES_S) {
                is_changed |= self.unite_two(*one, *other);
            }
        }
        is_changed
    }

    fn unite_two(&mut self, one: usize, other: usize) -> bool {
        let (Some(a), Some(b)) = (self.groups.get(&one), self.groups.get(&other)) else {
            return false;
        };
        let members = joined(&a.members, &b.members);
        let apart = a.worth() + b.worth();
        let of = |fault: Fault| (self.scene.odds(fault, &members), fault);
        let (first, second) = (of(a.fault), of(b.fault));
        let (mut odds, mut fault) = if second.0 > first.0 { second } else { first };
        // Another root may explain both.
        if odds > apart - HOPELESS
            && let Some(group) = self.explained(members.clone(), Some(fault), FEW_ROOTS)
            && group.odds > odds
        {
            (odds, fault) = (group.odds, group.fault);
        }
        if odds <= apart {
            return false;
        }
        self.take(one);
        self.take(other);
        self.put(one, Group { fault, odds, members });
        true
    }
}
