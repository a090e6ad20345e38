//! What users see of a case, from its tickets: how many, where, how fast they come, in whose words.

use std::collections::BTreeMap;

use super::chart;
use super::members::Texts;
use super::page::Speech;
use crate::model::{CaseDetail, Life, Member, SignalKind};
use crate::text::Usual;

/// Quotes shown.
const QUOTES: usize = 3;
/// Tickets of different titles that may be quoted.
const QUOTABLE: usize = 12;
/// The steps of the bars, milliseconds, and how many at most.
const STEP: i64 = 300_000;
const BARS: i64 = 72;

/// What users see.
pub(super) struct Felt {
    pub(super) line: String,
    /// Typical tickets, each in a sentence or two of its own, and how many say so.
    pub(super) quotes: Vec<(String, usize)>,
    /// Branches from west to east with their tickets; empty when no ticket names one.
    pub(super) map: Vec<Place>,
    pub(super) bars: String,
}

/// A branch on the map.
pub(super) struct Place {
    pub(super) name: String,
    pub(super) count: usize,
    /// How many of the tickets are here: `m0` none … `m3` a third and more.
    pub(super) level: &'static str,
    /// What its clock shows, where that is not what ours does.
    pub(super) there: String,
}

fn map(tickets: &[&Member], s: &Speech<'_>) -> Vec<Place> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for mrf in tickets.iter().filter_map(|ticket| ticket.mrf.clone()) {
        *counts.entry(mrf).or_default() += 1;
    }
    if counts.is_empty() {
        return Vec::new();
    }
    let total: usize = counts.values().sum();
    let counts: Vec<(String, usize)> = counts.into_iter().collect();
    let zones = s.catalogue.zones();
    let place = |(name, count): (String, usize)| Place {
        level: match count {
            0 => "m0",
            few if few * 10 < total => "m1",
            some if some * 3 < total => "m2",
            _ => "m3",
        },
        there: zones.there(s.now, &name).unwrap_or_default(),
        name,
        count,
    };
    zones.map(&counts).into_iter().map(place).collect()
}

/// Tickets of one case that are told from each other by their titles, most said first, then the newest; the newest of
/// each stands for the others.
fn told(case: &CaseDetail) -> Vec<(&Member, usize)> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut said: Vec<(&Member, usize)> = Vec::new();
    for ticket in case.members.iter().rev().filter(is_told) {
        let place = *places.entry(ticket.title.ru.to_lowercase()).or_insert_with(|| {
            said.push((ticket, 0));
            said.len() - 1
        });
        if let Some((_, count)) = said.get_mut(place) {
            *count += 1;
        }
    }
    said.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    said
}

fn is_told(member: &&Member) -> bool {
    member.kind == SignalKind::Ticket && member.life != Life::Withdrawn
}

/// The tickets that may be quoted: their texts are needed.
pub(super) fn quotable(case: &CaseDetail) -> Vec<&Member> {
    told(case).into_iter().take(QUOTABLE).map(|(ticket, _)| ticket).collect()
}

/// Typical tickets in their own words: what is said most often, then what has most in common with the others. A ticket
/// whose text was not kept is quoted by its title.
fn quotes(case: &CaseDetail, texts: &Texts, s: &Speech<'_>) -> Vec<(String, usize)> {
    let usual = Usual::new(texts.kept.values().map(|text| text.body.as_str()));
    let body = |ticket: &Member| texts.kept.get(&ticket.ticket_id()?).map(|text| &text.body);
    let mut quotes: Vec<(String, usize, f64)> = Vec::new();
    for (ticket, count) in told(case).into_iter().take(QUOTABLE) {
        let quote = body(ticket).and_then(|body| usual.telling(body));
        let (quote, worth) =
            quote.unwrap_or_else(|| (ticket.title.get(s.language).to_owned(), 0.0));
        match quotes.iter_mut().find(|known| known.0.to_lowercase() == quote.to_lowercase()) {
            Some(known) => known.1 += count,
            None => quotes.push((quote, count, worth)),
        }
    }
    quotes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| b.2.total_cmp(&a.2)));
    quotes.into_iter().take(QUOTES).map(|(quote, count, _)| (quote, count)).collect()
}

pub(super) fn felt(case: &CaseDetail, texts: &Texts, s: &Speech<'_>) -> Felt {
    let tickets: Vec<&Member> = case.members.iter().filter(is_told).collect();
    let summary = &case.summary;
    let line = if summary.tickets == 0 {
        s.t("felt-nobody")
    } else {
        let (tickets, users) =
            (s.count("count-tickets", summary.tickets), s.count("count-users", summary.users));
        format!("{tickets}, {users}")
    };
    let (map, bars) = (map(&tickets, s), bars(&tickets, s));
    Felt { line, quotes: quotes(case, texts, s), map, bars }
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
