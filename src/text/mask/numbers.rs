//! Rules for digits: phones in all usual forms, personal accounts, orders, passports, network
//! addresses, and what must stay: dates, times, error codes.

use super::EntityKind;
use super::view::{Context, Step, View};
use crate::text::tokens::TokenKind;

/// The shortest run of digits that never survives.
const LONG_RUN: usize = 7;
/// Most groups of digits read as one number.
const MOST_GROUPS: usize = 8;

struct Group<'a> {
    digits: &'a str,
    end: usize,
    /// Written right after the group before, or with dashes or brackets only.
    dashed: bool,
}

pub(super) fn step(view: &View<'_>, at: usize) -> Option<Step> {
    let plus = view.is(at, "+") || view.is(at, "(");
    let start = if plus { at + 1 } else { at };
    if view.kind(start) != Some(TokenKind::Number) {
        return None;
    }
    if !plus && let Some(end) = date_or_time(view, at) {
        return Some(Step::Keep { end, code: false });
    }
    if !plus && let Some(end) = network(view, at) {
        return Some(Step::Mask { end, kind: EntityKind::Ip });
    }
    let groups = groups(view, start);
    let first = groups.first()?;
    if let Some(step) = by_shape(&groups, view.is(at, "+"), view.number_context()) {
        return Some(step);
    }
    if plus {
        return None;
    }
    by_context(view, at, &groups, first)
}

/// What the form alone tells, and what was announced just before.
fn by_shape(groups: &[Group<'_>], plus: bool, context: Option<Context>) -> Option<Step> {
    let lengths: Vec<usize> = groups.iter().map(|g| g.digits.chars().count()).collect();
    let mask = |count: usize, kind| {
        let end = groups.get(count.checked_sub(1)?)?.end;
        Some(Step::Mask { end, kind })
    };
    if let [4, 6, ..] = lengths.as_slice() {
        return mask(2, EntityKind::Passport);
    }
    if let [2, 2, 6, ..] = lengths.as_slice() {
        return mask(3, EntityKind::Passport);
    }
    if let [4, 4, 4, 4, ..] = lengths.as_slice() {
        return mask(4, EntityKind::Number);
    }
    if let [3, 3, 3, 2, ..] = lengths.as_slice()
        && context != Some(Context::Phone)
    {
        return mask(4, EntityKind::Number);
    }
    let taken = matches!(context, Some(Context::Account | Context::Order | Context::Serial));
    if taken && !plus && lengths.first().is_some_and(|n| *n >= LONG_RUN) {
        return None;
    }
    mask(phone_groups(groups, &lengths, plus)?, EntityKind::Phone)
}

/// How many of the groups make a phone number.
fn phone_groups(groups: &[Group<'_>], lengths: &[usize], plus: bool) -> Option<usize> {
    let digits: String = groups.iter().map(|g| g.digits).collect();
    let mut digits = digits.chars();
    let (first, second) = (digits.next()?, digits.next()?);
    let mut total = 0;
    let mut best = None;
    for (at, length) in lengths.iter().enumerate() {
        total += length;
        let count = at + 1;
        let national = total == 11 && matches!(first, '7' | '8') && matches!(second, '3'..='9');
        let without_prefix = total == 10
            && matches!(first, '3' | '4' | '8' | '9')
            && (lengths.first() == Some(&3) && count <= 4 || count == 1 && first == '9');
        if national || without_prefix || plus && (10..=15).contains(&total) {
            best = Some(count);
            if national {
                return best;
            }
        }
    }
    let dashed = |from: usize| groups.iter().skip(from).take(2).all(|g| g.dashed);
    if best.is_none() && matches!(lengths, [3, 2, 2, ..]) && dashed(1) {
        return Some(3);
    }
    best
}

fn by_context(view: &View<'_>, at: usize, groups: &[Group<'_>], first: &Group<'_>) -> Option<Step> {
    let context = view.number_context();
    let numbered = at >= 1 && ["№", "#"].contains(&view.raw(at - 1))
        || at >= 2 && ["№", "#"].contains(&view.raw(at - 2));
    let (kind, shortest) = match context {
        Some(Context::Account) => (EntityKind::Account, 5),
        Some(Context::Order) => (EntityKind::Order, if numbered { 3 } else { 5 }),
        Some(Context::Phone) => (EntityKind::Phone, 4),
        Some(Context::Passport) => (EntityKind::Passport, 4),
        Some(Context::Serial) => (EntityKind::Number, 5),
        Some(Context::Code) => (EntityKind::Number, LONG_RUN),
        _ => (EntityKind::Number, if numbered { 4 } else { LONG_RUN }),
    };
    // «5-952112262», «12345-67»: a number with dashes is one number, if it is long enough.
    let dashed = 1 + groups.iter().skip(1).take_while(|g| g.dashed).count();
    let total: usize = groups.iter().take(dashed).map(|g| g.digits.chars().count()).sum();
    let longest = groups.iter().take(dashed).map(|g| g.digits.chars().count()).max()?;
    if longest >= shortest || dashed > 1 && total >= shortest.max(LONG_RUN) {
        let end = groups.get(dashed - 1).map_or(first.end, |g| g.end);
        return Some(Step::Mask { end, kind });
    }
    // An account typed in groups: «746 686 902 455».
    let spoken = matches!(context, Some(Context::Account | Context::Phone | Context::Passport));
    let all: usize = groups.iter().map(|g| g.digits.chars().count()).sum();
    if spoken && groups.len() > 1 && all >= LONG_RUN - 1 {
        return Some(Step::Mask { end: groups.last()?.end, kind });
    }
    let code = context == Some(Context::Code) && first.digits.len() >= 3;
    code.then_some(Step::Keep { end: first.end, code: true })
}

fn groups<'a>(view: &View<'a>, at: usize) -> Vec<Group<'a>> {
    let mut found = vec![Group { digits: view.raw(at), end: at + 1, dashed: true }];
    let mut next = at + 1;
    while found.len() < MOST_GROUPS {
        let mut place = next;
        let mut dashed = true;
        while place < next + 3 {
            let blank = view.kind(place) == Some(TokenKind::Space) && view.raw(place).len() <= 2;
            let joint = view.kind(place) == Some(TokenKind::Other)
                && matches!(view.raw(place), "-" | "–" | "(" | ")" | "." | "‑" | "−");
            if !blank && !joint {
                break;
            }
            dashed &= joint;
            place += 1;
        }
        if place == next || view.kind(place) != Some(TokenKind::Number) {
            break;
        }
        found.push(Group { digits: view.raw(place), end: place + 1, dashed });
        next = place + 1;
    }
    found
}

/// Numbers at a place joined by one separator: their texts and the place after the last.
fn joined_by<'a>(view: &View<'a>, at: usize, separator: &str) -> (Vec<&'a str>, usize) {
    let mut parts = vec![view.raw(at)];
    let mut end = at + 1;
    // A date has three parts, an address four; a fifth tells that it is neither.
    while parts.len() < 5
        && view.is(end, separator)
        && view.kind(end + 1) == Some(TokenKind::Number)
    {
        parts.push(view.raw(end + 1));
        end += 2;
    }
    (parts, end)
}

fn date_or_time(view: &View<'_>, at: usize) -> Option<usize> {
    if view.touches_previous(at) {
        return None;
    }
    let short = |parts: &[&str]| parts.iter().all(|p| p.len() <= 2);
    let (parts, end) = joined_by(view, at, ":");
    if (2..=3).contains(&parts.len()) && short(&parts) {
        return Some(end);
    }
    for separator in [".", "-", "/"] {
        let (parts, end) = joined_by(view, at, separator);
        let keeps = match parts.as_slice() {
            [day, month, year] if short(&[day, month]) => year.len() == 4 || year.len() == 2,
            [year, month, day] => year.len() == 4 && short(&[month, day]),
            _ => false,
        };
        // «12-34-56» is rather a phone number, unless nothing said so.
        let calls = separator == "-" && view.number_context() == Some(Context::Phone);
        let month = parts.get(1).and_then(|m| m.parse::<u8>().ok());
        if keeps && !calls && month.is_some_and(|m| (1..=12).contains(&m)) {
            return Some(end);
        }
    }
    None
}

fn network(view: &View<'_>, at: usize) -> Option<usize> {
    let (parts, end) = joined_by(view, at, ".");
    let bytes = parts.iter().all(|p| p.parse::<u8>().is_ok());
    (parts.len() == 4 && bytes).then_some(end)
}
