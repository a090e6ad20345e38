//! Rules for names in Latin letters: mail addresses, links, logins, hosts, serial numbers, error
//! codes. A login is known by its form (`i.petrov12`) or by what announced it («логин», «УЗ»).

use super::EntityKind;
use super::view::{Context, Step, View};
use crate::text::tokens::{TokenKind, is_cyrillic, is_digit};

/// Most tokens that one mail address, host or login is made of: bounds the reading ahead.
const LONGEST_NAME: usize = 48;
/// Domains that a dotted name may end in to be a host.
const DOMAINS: [&str; 13] =
    ["ru", "su", "рф", "com", "org", "net", "info", "io", "local", "lan", "int", "corp", "intra"];
/// Prefixes of error codes: what follows the dash is no workplace.
const CODE_PREFIXES: [&str; 14] = [
    "ora", "err", "error", "e", "http", "tns", "sip", "cve", "sqlstate", "ssl", "pg", "code",
    "dpy", "er",
];
/// Words with digits that are no logins.
const TECHNICAL: [&str; 24] = [
    "http", "https", "error", "code", "win", "windows", "office", "chrome", "firefox", "edge",
    "version", "sql", "sqlstate", "utf", "oracle", "java", "postgres", "redis", "release",
    "mozilla", "opera", "build", "outlook", "excel",
];
/// English words that may follow `login` without being one.
const NO_LOGIN: [&str; 20] = [
    "page", "form", "failed", "fails", "error", "is", "not", "to", "in", "the", "and", "or",
    "screen", "crm", "button", "does", "doesn", "password", "name", "vpn",
];

pub(super) fn step(view: &View<'_>, at: usize) -> Option<Step> {
    if let Some(step) = at_sign(view, at) {
        return Some(step);
    }
    let kind = view.kind(at)?;
    if let Some(end) = hexadecimal(view, at) {
        return Some(Step::Mask { end, kind: EntityKind::Ip });
    }
    if kind != TokenKind::Word {
        return None;
    }
    if let Some(end) = link(view, at) {
        return Some(Step::Mask { end, kind: EntityKind::Link });
    }
    let word = view.word(at);
    if let Some(digits) = word.strip_prefix("0x")
        && digits.len() >= 4
        && digits.chars().all(|c| c.is_ascii_hexdigit())
    {
        return Some(Step::Mask { end: at + 1, kind: EntityKind::Code });
    }
    if longest_run(word) >= 7 {
        return Some(Step::Mask { end: at + 1, kind: EntityKind::Number });
    }
    name(view, at)
}

/// Mail addresses and `@ivanov`.
fn at_sign(view: &View<'_>, at: usize) -> Option<Step> {
    if view.is(at, "@") && view.kind(at + 1) == Some(TokenKind::Word) && !view.touches_previous(at)
    {
        return Some(Step::Mask { end: at + 2, kind: EntityKind::Login });
    }
    let part = |i: usize| matches!(view.kind(i), Some(TokenKind::Word | TokenKind::Number));
    if !part(at) {
        return None;
    }
    let mut end = at + 1;
    let joint = |i: usize| [".", "-", "+"].iter().any(|s| view.is(i, s));
    while end < at + LONGEST_NAME && (part(end) || joint(end) && part(end + 1)) {
        end += 1;
    }
    if !view.is(end, "@") || !part(end + 1) {
        return None;
    }
    end += 2;
    while [".", "-"].iter().any(|s| view.is(end, s)) && part(end + 1) {
        end += 2;
    }
    Some(Step::Mask { end, kind: EntityKind::Email })
}

fn link(view: &View<'_>, at: usize) -> Option<usize> {
    let scheme = matches!(view.word(at), "http" | "https" | "ftp")
        && view.is(at + 1, ":")
        && view.is(at + 2, "/");
    let www = view.word(at) == "www" && view.is(at + 1, ".");
    if !scheme && !www {
        return None;
    }
    let mut end = at;
    while !matches!(view.kind(end), None | Some(TokenKind::Space | TokenKind::Line)) {
        end += 1;
    }
    while end > at + 1 && [".", ",", ")", "»", ";", "!"].iter().any(|s| view.is(end - 1, s)) {
        end -= 1;
    }
    Some(end)
}

/// MAC and IPv6 addresses: hexadecimal groups with colons or dashes.
fn hexadecimal(view: &View<'_>, at: usize) -> Option<usize> {
    let hex = |i: usize| {
        matches!(view.kind(i), Some(TokenKind::Word | TokenKind::Number))
            && view.raw(i).len() <= 4
            && view.raw(i).chars().all(|c| c.is_ascii_hexdigit())
    };
    if !hex(at) || view.touches_previous(at) {
        return None;
    }
    let separator = if view.is(at + 1, "-") { "-" } else { ":" };
    let (mut end, mut groups, mut pairs) = (at + 1, 1, view.raw(at).len() == 2);
    while groups < 9 && view.is(end, separator) {
        let skip = if view.is(end + 1, ":") { 2 } else { 1 };
        if !hex(end + skip) {
            break;
        }
        pairs &= view.raw(end + skip).len() == 2;
        end += skip + 1;
        groups += 1;
    }
    let mac = groups == 6 && pairs;
    (mac || separator == ":" && (5..=8).contains(&groups)).then_some(end)
}

/// Logins, hosts and error codes: Latin words joined by dots, dashes or a backslash.
fn name(view: &View<'_>, at: usize) -> Option<Step> {
    if view.touches_previous(at) {
        return None;
    }
    let latin = |i: usize| {
        matches!(view.kind(i), Some(TokenKind::Word | TokenKind::Number)) && is_latin(view.raw(i))
    };
    let announced = view.announced(Context::Login, 1);
    if !latin(at) {
        let typed = view.word(at).contains(|c: char| is_digit(c) || c == '_');
        return (announced && typed).then_some(Step::Mask { end: at + 1, kind: EntityKind::Login });
    }
    let mut parts = vec![view.word(at)];
    let mut joints = Vec::new();
    let mut end = at + 1;
    while end < at + LONGEST_NAME
        && latin(end + 1)
        && let Some(joint) = [".", "-", "\\"].into_iter().find(|s| view.is(end, s))
    {
        joints.push(joint);
        parts.push(if view.word(end + 1).is_empty() {
            view.raw(end + 1)
        } else {
            view.word(end + 1)
        });
        end += 2;
    }
    if let Some(step) = code(&parts, &joints, end) {
        return Some(step);
    }
    let kind = kind_of(&parts, &joints, announced)?;
    Some(Step::Mask { end, kind })
}

fn code(parts: &[&str], joints: &[&str], end: usize) -> Option<Step> {
    let (prefix, digits) = (parts.first()?, parts.get(1)?);
    let known = joints == ["-"] && CODE_PREFIXES.contains(prefix);
    (known && longest_run(digits) < 7).then_some(Step::Keep { end, code: true })
}

fn kind_of(parts: &[&str], joints: &[&str], announced: bool) -> Option<EntityKind> {
    let first = parts.first()?;
    let last = parts.last()?.trim_end_matches(is_cyrillic);
    let digits = |s: &str| s.chars().filter(char::is_ascii_digit).count();
    if joints.contains(&"\\") {
        return Some(EntityKind::Login);
    }
    if joints.is_empty() {
        return single(first, announced);
    }
    if joints.iter().all(|j| *j == ".") {
        if DOMAINS.contains(&last) && first.len() > 1 {
            return Some(EntityKind::Host);
        }
        let letters = last.trim_end_matches(|c: char| c.is_ascii_digit());
        let surname = letters.len() >= 3 && letters.chars().all(|c| c.is_ascii_alphabetic());
        let initial = first.len() <= 2 && first.chars().all(|c| c.is_ascii_alphabetic());
        let form = parts.len() == 2 && surname && (initial || digits(last) >= 1 || announced);
        return (form || announced && first.len() + last.len() >= 5).then_some(EntityKind::Login);
    }
    if joints.contains(&".") && DOMAINS.contains(&last) {
        return Some(EntityKind::Host);
    }
    let total: usize = parts.iter().map(|p| digits(p)).sum();
    let workplace = first.len() >= 2 && first.starts_with(|c: char| c.is_ascii_alphabetic());
    if workplace && total >= 2 && parts.iter().map(|p| p.len()).sum::<usize>() >= 5 {
        return Some(EntityKind::Host);
    }
    announced.then_some(EntityKind::Login)
}

fn single(word: &str, announced: bool) -> Option<EntityKind> {
    let letters = word.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = word.len() - letters.len();
    let plain = letters.chars().all(|c| c.is_ascii_alphabetic());
    if announced && letters.len() >= 3 && !NO_LOGIN.contains(&word) {
        return Some(EntityKind::Login);
    }
    if let Some((surname, initials)) = letters.split_once('_')
        && surname.len() >= 4
        && (1..=2).contains(&initials.len())
    {
        return Some(EntityKind::Login);
    }
    if plain && !TECHNICAL.contains(&letters) && (1..=4).contains(&digits) && letters.len() >= 4 {
        return (letters.len() >= 5 || digits >= 2).then_some(EntityKind::Login);
    }
    let mixed = word.len() >= 8 && word.chars().filter(char::is_ascii_digit).count() >= 4;
    (mixed && !TECHNICAL.contains(&letters)).then_some(EntityKind::Number)
}

/// Latin letters and digits, perhaps with a Russian letter run into the end: «o.lapin16с».
fn is_latin(word: &str) -> bool {
    let cut = word.trim_end_matches(is_cyrillic);
    cut.is_ascii() && (cut.len() == word.len() || cut.ends_with(|c: char| c.is_ascii_digit()))
}

fn longest_run(word: &str) -> usize {
    word.split(|c: char| !is_digit(c)).map(|run| run.chars().count()).max().unwrap_or(0)
}
