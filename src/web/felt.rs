//! What users see of a case, from its tickets: how many, where, how fast they come, in whose words.

use std::collections::BTreeMap;

use super::chart;
use super::page::Speech;
use crate::model::{CaseDetail, Life, Member, SignalKind};

/// Quotes shown.
const QUOTES: usize = 3;
/// The steps of the bars, milliseconds, and how many at most.
const STEP: i64 = 300_000;
const BARS: i64 = 72;

/// What users see.
pub(super) struct Felt {
    pub(super) line: String,
    /// Typical titles and how often they come.
    pub(super) quotes: Vec<(String, usize)>,
    /// Branches and their tickets, most first.
    pub(super) mrfs: Vec<(String, usize)>,
    pub(super) bars: String,
}

pub(super) fn felt(case: &CaseDetail, s: &Speech<'_>) -> Felt {
    let is_told = |m: &&Member| m.kind == SignalKind::Ticket && m.life != Life::Withdrawn;
    let tickets: Vec<&Member> = case.members.iter().filter(is_told).collect();
    let summary = &case.summary;
    let line = if summary.tickets == 0 {
        s.t("felt-nobody")
    } else {
        let (tickets, users) =
            (s.count("count-tickets", summary.tickets), s.count("count-users", summary.users));
        format!("{tickets}, {users}")
    };
    let mut said: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut mrfs: BTreeMap<String, usize> = BTreeMap::new();
    for ticket in &tickets {
        let title = ticket.title.get(s.language);
        said.entry(title.to_lowercase()).or_insert_with(|| (0, title.to_owned())).0 += 1;
        if let Some(mrf) = &ticket.mrf {
            *mrfs.entry(mrf.clone()).or_default() += 1;
        }
    }
    let mut quotes: Vec<(String, usize)> =
        said.into_values().map(|(n, title)| (title, n)).collect();
    quotes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    quotes.truncate(QUOTES);
    let mut mrfs: Vec<(String, usize)> = mrfs.into_iter().collect();
    mrfs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    Felt { line, quotes, mrfs, bars: bars(&tickets, s) }
}

/// Tickets in steps of five minutes, from the first to the last or to now.
fn bars(tickets: &[&Member], s: &Speech<'_>) -> String {
    let (Some(first), Some(last)) =
        (tickets.iter().map(|t| t.since).min(), tickets.iter().map(|t| t.since).max())
    else {
        return String::new();
    };
    let begin = first.0.div_euclid(STEP) * STEP;
    let end = last.0.max(s.now.0.min(last.0 + 6 * STEP));
    let count = ((end - begin) / STEP + 1).clamp(2, BARS);
    let mut counts = vec![0_u32; usize::try_from(count).unwrap_or(2)];
    for ticket in tickets {
        let slot = usize::try_from((ticket.since.0 - begin) / STEP).unwrap_or(0);
        if let Some(bar) = counts.get_mut(slot) {
            *bar += 1;
        }
    }
    chart::bars(&counts, crate::model::Time(begin), STEP, &s.t("bars-name"), s)
}
