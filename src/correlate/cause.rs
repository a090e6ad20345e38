//! Root cause: which system explains most of what is seen?
//!
//! For each suspect the systems of the cluster vote: those that depend on the suspect speak for it, fading
//! with distance, those that its fault cannot reach speak against it. Its own findings, the rarity of what
//! they say, being first to break and a release just before speak for it; a suspect that shows nothing of
//! its own speaks against itself. What is over counts as well: the cause often ends before what it caused; but
//! not what was over before the case came back. The sums become shares of belief by softmax.

mod clues;
mod votes;

use std::cmp::Ordering;
use std::sync::Arc;

use compact_str::CompactString;
use foldhash::fast::RandomState;
use indexmap::IndexMap;
use smallvec::SmallVec;

use super::State;
use super::cluster::Cluster;
use super::holds::ReleasesBefore;
use super::index::{Index, Known};
use super::summary::SystemSummary;
use crate::model::Time;
pub use clues::Suspected;
use clues::{Clue, Says};
pub(super) use votes::Board;
use votes::{Suspect, Voter};

/// The most suspects named.
const SUSPECTS: usize = 5;
/// The most clues kept of one of them.
const CLUES: usize = 8;
/// Room for what a suspect shows itself.
const OWN_CLUES: usize = 5;
/// Members up to which a cluster is ranked at each of them.
const YOUNG: usize = 8;
/// A larger cluster waits so long for its causes to be ranked again, for each [`SETTLE_SYSTEMS`] systems.
const SETTLE_MS: i64 = 5_000;
const SETTLE_SYSTEMS: i64 = 16;
/// But no longer than this, unless it is on hundreds of systems: then for each of them …
const SETTLE_LONG_MS: i64 = 30_000;
const SETTLE_SYSTEM_MS: i64 = 60;
/// … and never longer than this.
const SETTLE_MOST_MS: i64 = 60_000;
/// Sharpness of the shares.
const SHARPNESS: f64 = 1.0;
/// What speaks against a suspect that shows nothing of its own.
const SHOWS_NOTHING: f64 = -2.0;
/// A release just before says much, but most releases break nothing.
const RELEASED: f64 = 2.0;
/// What its own findings say for a suspect, when one is a cause by its nature.
const OWN_CAUSE: f64 = 3.0;
/// How much more for each e-fold of them.
const PER_FINDINGS: f64 = 0.3;
/// What a rare symptom is worth, a nat, and up to how many.
const PER_RARITY: f64 = 0.5;
const MOST_RARE: f64 = 5.0;
/// What being first to break is worth.
const FIRST: f64 = 1.0;
/// A suspect this far behind the first, in nats, has no share worth counting.
const HOPELESS: f64 = 12.0;
/// The least that a suspect's own evidence can come to.
const LEAST_OWN: f64 = -2.0;

impl State {
    /// Ranks the causes of a cluster again.
    pub(super) fn rank(&mut self, id: u64) {
        let Some(shared) = self.clusters.get(id).map(Arc::clone) else { return };
        let cluster = shared.as_ref();
        let voters = votes::voters(cluster, &mut self.derived.index, &self.derived.topology);
        let index = &self.derived.index;
        let suspects = self.derived.board.suspects(&voters, cluster, index);
        let rarity = |symptom: &str| rarity(&self.symptoms, self.symptoms_total, symptom);
        let first = cluster.present().first().unwrap_or_default();
        let releases = self.holds.releases_before(first);
        let known = index.cluster(id);
        let board = &self.derived.board;
        let (rarity, voting) = (&rarity, &*voters);
        let ranking =
            Ranking { cluster, index, known, board, voters: voting, rarity, releases, first };
        let (suspected, used) = ranking.suspected(suspects);
        self.derived.board.give_back(used, &voters);
        drop(voters);
        drop(shared);
        if let Some(cluster) = self.clusters.get_mut(id).map(Arc::make_mut) {
            if let Some(due) = cluster.rank_due {
                self.rank_timers.remove(&(due, id));
            }
            cluster.set_suspects(suspected);
        }
    }

    /// Ranks the causes of those clusters that are to be ranked before anybody looks.
    pub(super) fn rank_waiting(&mut self) {
        for id in std::mem::take(&mut self.unranked) {
            // Of what is empty now the last word stands: it tells what a case that was merged away was about.
            if self.clusters.get(id).is_some_and(|cluster| !cluster.members().is_empty()) {
                self.rank(id);
            }
        }
    }

    /// Ranks within this step while a cluster is young or has grown by a quarter, else after [`settle_ms`]: a storm
    /// into one cluster must not rank it for each member, nor the union of two for each that moves.
    pub(super) fn rank_soon(&mut self, now: Time, id: u64) {
        let Some(cluster) = self.clusters.get_mut(id) else { return };
        let members = cluster.members().len();
        if members <= YOUNG || members > cluster.ranked() + cluster.ranked() / 4 {
            self.unranked.insert(id);
            return;
        }
        if cluster.rank_due.is_none() {
            let due = now.plus_millis(settle_ms(cluster));
            Arc::make_mut(cluster).rank_due = Some(due);
            self.rank_timers.insert((due, id));
        }
    }

    pub(super) fn count_symptom(&mut self, symptom: &str) {
        if symptom.is_empty() {
            return;
        }
        // Bounded: a source that invents names must not fill the memory.
        if self.symptoms.len() < 4096 || self.symptoms.contains_key(symptom) {
            *self.symptoms.entry(symptom.into()).or_insert(0.0) += 1.0;
            self.symptoms_total += 1.0;
        }
    }
}

/// How long a cluster waits for its causes to be ranked again. What a ranking costs follows its systems, and so
/// does the wait: a large storm costs no more a second than a small one.
fn settle_ms(cluster: &Cluster) -> i64 {
    let systems = i64::try_from(cluster.systems().len()).unwrap_or(i64::MAX);
    let usual = SETTLE_MS.saturating_mul(1 + systems / SETTLE_SYSTEMS).min(SETTLE_LONG_MS);
    systems.saturating_mul(SETTLE_SYSTEM_MS).clamp(usual, SETTLE_MOST_MS)
}

/// Information of a symptom's name in nats: rare names say more about the cause.
fn rarity(symptoms: &IndexMap<CompactString, f64, RandomState>, total: f64, symptom: &str) -> f64 {
    let count = symptoms.get(symptom).copied().unwrap_or(0.0);
    if symptom.is_empty() || total < 20.0 { 0.0 } else { ((total + 1.0) / (count + 1.0)).ln() }
}

/// The highest score first.
fn by_score(a: &Suspect, b: &Suspect) -> Ordering {
    b.score.total_cmp(&a.score)
}

/// One ranking under way.
struct Ranking<'a> {
    cluster: &'a Cluster,
    index: &'a Index,
    /// What the index knows of the cluster.
    known: Option<&'a Known>,
    board: &'a Board,
    voters: &'a [Voter<'a>],
    rarity: &'a dyn Fn(&str) -> f64,
    releases: ReleasesBefore<'a>,
    /// When the first signal began.
    first: Time,
}

/// Where the clues of one suspect after another are put in order.
#[derive(Default)]
struct Desk {
    votes: SmallVec<[(f64, bool, u32); votes::VOTERS]>,
    clues: SmallVec<[Clue; OWN_CLUES + CLUES]>,
}

impl Ranking<'_> {
    /// Who is suspected, and the list that it was found in.
    ///
    /// Scores are summed by number first; what a suspect shows itself is asked of those that have a chance, and
    /// clues are kept of the few that are named: of thousands below a storm most have none.
    fn suspected(&self, suspects: Vec<Suspect>) -> (Vec<Suspected>, Vec<Suspect>) {
        let mut suspects = self.weighed(suspects);
        // By numbers alone first: names are compared only where it decides who is named.
        suspects.sort_unstable_by(by_score);
        let best = suspects.first().map_or(0.0, |suspect| suspect.score);
        let share = |suspect: &Suspect| (SHARPNESS * (suspect.score - best)).exp();
        let total: f64 = suspects.iter().map(share).sum();
        let last = suspects.get(SUSPECTS - 1).map_or(f64::MIN, |suspect| suspect.score);
        suspects.truncate(suspects.partition_point(|suspect| suspect.score >= last));
        let by_place = |a: &Suspect, b: &Suspect| {
            by_score(a, b).then_with(|| self.index.key(a.number).cmp(&self.index.key(b.number)))
        };
        // Below a young cluster many are equal.
        if suspects.len() > SUSPECTS {
            suspects.select_nth_unstable_by(SUSPECTS - 1, by_place);
            suspects.truncate(SUSPECTS);
        }
        suspects.sort_unstable_by(by_place);
        let mut desk = Desk::default();
        let suspected = |suspect: &Suspect| Suspected {
            system: self.index.name(suspect.number).into(),
            probability: share(suspect) / total,
            clues: self.clues(*suspect, &mut desk),
        };
        (suspects.iter().map(suspected).collect(), suspects)
    }

    /// The suspects that could be named, or have a share worth counting, with their own evidence.
    fn weighed(&self, mut suspects: Vec<Suspect>) -> Vec<Suspect> {
        let most_own = self.most_own();
        let named = SUSPECTS.min(suspects.len()).saturating_sub(1);
        if suspects.len() > SUSPECTS {
            suspects.select_nth_unstable_by(named, by_score);
        }
        let head = suspects.get(..=named).unwrap_or_default();
        let most = head.iter().map(|suspect| suspect.score).fold(f64::MIN, f64::max);
        let last = suspects.get(named).map_or(most, |suspect| suspect.score);
        // Whatever each may show: below this none is named, nor near the first.
        let least = last.min(most - HOPELESS) + LEAST_OWN - most_own;
        suspects.retain(|suspect| suspect.score >= least);
        suspects.sort_unstable_by(by_score);
        let (mut best, mut last) = (f64::MIN, f64::MAX);
        let mut weighed = 0;
        for suspect in &mut suspects {
            let enough = last.min(best - HOPELESS);
            if weighed >= SUSPECTS && suspect.score + most_own < enough {
                break;
            }
            self.own_evidence(*suspect, |weight, _| suspect.score += weight);
            if weighed < SUSPECTS || suspect.score + PER_RARITY * MOST_RARE >= enough {
                suspect.score += self.rareness(*suspect);
            }
            best = best.max(suspect.score);
            if weighed < SUSPECTS {
                last = last.min(suspect.score);
            }
            weighed += 1;
        }
        suspects.truncate(weighed);
        suspects.retain(|suspect| suspect.score >= last.min(best - HOPELESS));
        suspects
    }

    /// What the cluster knows of a suspect.
    fn summary(&self, suspect: Suspect) -> Option<&SystemSummary> {
        match suspect.voter.and_then(|place| self.voters.get(usize::from(place))) {
            Some(voter) => Some(voter.summary),
            None => self.summary_at(suspect.number),
        }
    }

    /// What the cluster knows of a system.
    fn summary_at(&self, system: u32) -> Option<&SystemSummary> {
        if let Some(place) = self.board.voter(system) {
            return self.voters.get(place).map(|voter| voter.summary);
        }
        if votes::all_vote(self.cluster, self.voters)
            || !self.known.is_some_and(|known| known.is_at(system))
        {
            return None;
        }
        self.cluster.present_systems().get(self.index.key(system)?).map(Arc::as_ref)
    }

    /// The nearest broken system that a suspect depends on.
    fn broken_below(&self, suspect: Suspect) -> Option<u32> {
        let needs = self.voters.get(usize::from(suspect.voter?))?.needs();
        let is_broken = |here: &SystemSummary| here.all.findings > 0 && here.all.spreading > 0;
        needs
            .iter()
            .map(|(needed, _)| *needed)
            .find(|one| self.summary_at(*one).is_some_and(is_broken))
    }

    /// The most that a suspect's own evidence can come to here.
    fn most_own(&self) -> f64 {
        let findings =
            self.voters.iter().map(|voter| voter.summary.all.findings).max().unwrap_or(0);
        let released = if self.releases.is_empty() { 0.0 } else { RELEASED };
        OWN_CAUSE
            + PER_FINDINGS * f64::from(findings.max(1)).ln()
            + PER_RARITY * MOST_RARE
            + FIRST
            + released
    }

    /// What speaks for and against a suspect, the weightiest first.
    fn clues(&self, suspect: Suspect, desk: &mut Desk) -> Vec<Clue> {
        let Desk { votes, clues } = desk;
        let others = self.voters.iter().filter(|voter| voter.number != suspect.number);
        votes.clear();
        votes.extend(others.map(|voter| {
            let hops = voter.hops_to(suspect.number);
            (voter.vote(hops), hops.is_some(), voter.number)
        }));
        votes.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        votes.truncate(CLUES);
        self.own_evidence(suspect, |weight, says| {
            clues.push(Clue { weight, says: says() });
        });
        let rareness = self.rareness(suspect);
        if rareness > 0.0 {
            clues.push(Clue { weight: rareness, says: Says::Rare });
        }
        clues.extend(votes.iter().map(|(weight, explains, number)| {
            let system = self.index.name(*number).into();
            let says =
                if *explains { Says::Explains(system) } else { Says::DoesNotExplain(system) };
            Clue { weight: *weight, says }
        }));
        clues.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
        clues.drain(..).take(CLUES).collect()
    }

    /// What it says for a suspect that its symptoms are rare.
    fn rareness(&self, suspect: Suspect) -> f64 {
        let Some(summary) = self.summary(suspect) else { return 0.0 };
        let symptoms = summary.all.symptoms.iter();
        let rarest = symptoms.map(|(symptom, _)| (self.rarity)(symptom)).fold(0.0, f64::max);
        PER_RARITY * rarest.min(MOST_RARE)
    }

    /// Gives each piece of a suspect's own evidence but [`Self::rareness`], which costs most, to `take`: a weight,
    /// and what it says if that is wanted.
    fn own_evidence(&self, suspect: Suspect, mut take: impl FnMut(f64, &dyn Fn() -> Says)) {
        // Mostly there is none, and names lie far.
        if !self.releases.is_empty()
            && let Some(release) = self.releases.of(self.index.name(suspect.number))
        {
            take(RELEASED, &|| Says::Release(release.version.as_str().into()));
        }
        let Some(summary) = self.summary(suspect) else {
            return take(SHOWS_NOTHING, &|| Says::ShowsNothing);
        };
        let tally = &summary.all;
        if tally.findings == 0 {
            let weight = 0.5 * f64::from(tally.tickets).ln_1p().min(3.0);
            return take(weight, &|| Says::OwnTickets(tally.tickets));
        }
        let nature = if tally.causes > 0 { OWN_CAUSE } else { 1.0 };
        let weight = nature + PER_FINDINGS * f64::from(tally.findings).ln();
        take(weight, &|| Says::OwnFindings(tally.findings));
        let own_first = summary.first().unwrap_or(self.first);
        let later = own_first.seconds_since(self.first);
        if later < 1.0 {
            take(FIRST, &|| Says::First);
        } else {
            take(-(later / 60.0).min(1.5), &|| Says::Later(later));
        }
        if tally.causes == 0
            && let Some(below) = self.broken_below(suspect)
        {
            take(-1.5, &|| Says::BrokenBelow(self.index.name(below).into()));
        }
    }
}
