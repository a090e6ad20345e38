//! Standard solutions beside a case and a ticket: which fit, and why.

use std::collections::BTreeMap;

use super::page::Speech;
use crate::fold::State as Core;
use crate::knowledge::{Fit, Question, Shelf, clear_fit, fitting, said_by};
use crate::model::{CaseDetail, Impact, Member, Message, Signal, SignalKind};
use crate::text::stems;

/// The newest tickets whose words are looked at: more of them say the same.
const TICKETS: usize = 300;
/// Findings whose titles are read beside the tickets.
const FINDINGS: usize = 6;
/// The belief in a system that is touched and no likely cause.
const TOUCHED: f64 = 0.2;

/// A solution as a page shows it.
pub(super) struct SolutionView {
    pub(super) key: String,
    pub(super) title: String,
    pub(super) text: String,
    pub(super) link: String,
    /// Why it fits.
    pub(super) why: String,
}

/// Those that fit a case: its likely causes, the words of its tickets, what its findings are called.
pub(super) fn of_case(
    core: &Core,
    case: &CaseDetail,
    found: &[&Member],
    s: &Speech<'_>,
) -> Vec<SolutionView> {
    let solutions = &core.settings().solutions;
    if solutions.is_empty() {
        return Vec::new();
    }
    let question = asked(core, case, found);
    let shelf = Shelf::about(solutions, &question);
    let fits = fitting(&shelf, &question, core.correlate().likeness());
    fits.iter().map(|fit| view(fit, s)).collect()
}

fn asked(core: &Core, case: &CaseDetail, found: &[&Member]) -> Question {
    let correlate = core.correlate();
    let tickets =
        || case.members.iter().rev().filter(|m| m.kind == SignalKind::Ticket).take(TICKETS);
    let signals = tickets().filter_map(|m| correlate.signal(correlate.key_of(&m.signal)?));
    let mut said = said_by(signals.map(|signal| signal.stems.as_slice()));
    // A closed case has let go of its tickets and kept their words.
    said.extend(case.words.iter().cloned());
    for member in found.iter().take(FINDINGS) {
        said.extend(
            [&member.title.ru, &member.title.en].into_iter().flat_map(|title| stems(title)),
        );
    }
    let mut systems: Vec<(String, f64)> =
        case.causes.iter().map(|cause| (cause.system.clone(), cause.probability)).collect();
    for system in &case.summary.systems {
        match systems.iter_mut().find(|(known, _)| known == system) {
            Some((_, belief)) => *belief = belief.max(TOUCHED),
            None => systems.push((system.clone(), TOUCHED)),
        }
    }
    let mut felt: BTreeMap<Impact, usize> = BTreeMap::new();
    for impact in tickets().filter_map(|ticket| ticket.impact) {
        *felt.entry(impact).or_default() += 1;
    }
    let felt = felt.into_iter().max_by_key(|(impact, count)| (*count, *impact));
    Question { systems, said, felt: felt.map(|(impact, _)| impact) }
}

/// Finds the one that fits a ticket clearly; made once a page.
pub(super) struct Finder<'a> {
    core: &'a Core,
    shelf: Shelf<'a>,
}

impl<'a> Finder<'a> {
    pub(super) fn new(core: &'a Core) -> Self {
        Self { core, shelf: Shelf::new(&core.settings().solutions) }
    }

    pub(super) fn of_ticket(&self, ticket: &Signal, s: &Speech<'_>) -> Option<SolutionView> {
        let named = ticket.systems.iter();
        let question = Question {
            systems: named.map(|(key, belief)| (key.to_string(), *belief)).collect(),
            said: ticket.stems.iter().cloned().collect(),
            felt: ticket.impact,
        };
        let likeness = self.core.correlate().likeness();
        clear_fit(&self.shelf, &question, likeness).map(|fit| view(&fit, s))
    }
}

fn view(fit: &Fit<'_>, s: &Speech<'_>) -> SolutionView {
    let solution = fit.solution;
    let mut why = Vec::new();
    if !fit.systems.is_empty() {
        let names: Vec<String> = fit.systems.iter().map(|key| s.system(key)).collect();
        why.push(s.say(&Message::new("solution-by-system").word("systems", names.join(", "))));
    }
    let words = fit.words.join(", ").to_lowercase();
    why.push(s.say(&Message::new("solution-by-words").word("words", words)));
    SolutionView {
        key: solution.key.clone(),
        title: s.text(&solution.title).to_owned(),
        text: s.text(&solution.text).to_owned(),
        link: solution.link.clone(),
        why: why.join("; "),
    }
}
