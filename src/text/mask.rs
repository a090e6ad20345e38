//! Masking of personal data: logins, accounts, names, phones, mail addresses, passports and order
//! numbers become typed marks («‹логин›»), before a text is indexed, shown or sent anywhere.
//!
//! Invariants: masking what is masked changes nothing; no run of seven or more digits survives;
//! a personal value is never kept, only its keyed hash if a key was given. Error codes, dates and
//! times stay readable. In doubt the text is masked: a lost word costs less than a leaked name.

mod latin;
mod names;
mod numbers;
mod view;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use view::{Step, View};

/// Longest text that is masked, in bytes; the rest is dropped, so nothing unmasked gets through.
const LONGEST_TEXT: usize = 64 * 1024;
/// Passes until nothing changes. Two are usual: one that masks, one that finds nothing more.
const MOST_PASSES: usize = 32;

/// What was found in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EntityKind {
    /// A user's login.
    Login,
    /// A subscriber's personal account (ЛС).
    Account,
    /// A phone number.
    Phone,
    /// A person's name.
    Person,
    /// A mail address.
    Email,
    /// A passport's series and number.
    Passport,
    /// An order, request or ticket number.
    Order,
    /// A long number or serial number of another kind.
    Number,
    /// A postal address down to the house.
    Address,
    /// A network address: IPv4, IPv6 or MAC.
    Ip,
    /// A link.
    Link,
    /// A host or workplace; not personal.
    Host,
    /// An error code; not personal, and only masked if it is a long hexadecimal one.
    Code,
    /// A macro-regional branch; not personal, not masked.
    Mrf,
    /// A city; not personal, not masked.
    City,
}

/// Kinds that leave a mark in the text, with the word in the mark.
const MARKS: [(EntityKind, &str); 13] = [
    (EntityKind::Login, "логин"),
    (EntityKind::Account, "ЛС"),
    (EntityKind::Phone, "телефон"),
    (EntityKind::Person, "ФИО"),
    (EntityKind::Email, "email"),
    (EntityKind::Passport, "паспорт"),
    (EntityKind::Order, "заказ"),
    (EntityKind::Number, "номер"),
    (EntityKind::Address, "адрес"),
    (EntityKind::Ip, "ip"),
    (EntityKind::Link, "ссылка"),
    (EntityKind::Host, "хост"),
    (EntityKind::Code, "код"),
];

impl EntityKind {
    /// Whether values of this kind identify a person or a subscriber.
    #[must_use]
    pub const fn is_personal(self) -> bool {
        !matches!(self, Self::Host | Self::Code | Self::Mrf | Self::City)
    }

    fn mark(self) -> &'static str {
        MARKS.iter().find(|(kind, _)| *kind == self).map_or("номер", |(_, name)| name)
    }
}

/// Something found in a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entity {
    /// What it is.
    pub kind: EntityKind,
    /// Not personal: the value in lower case. Personal: its keyed hash of 16 hexadecimal digits,
    /// or empty when no key was given.
    pub value: String,
}

/// A text without personal data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Masked {
    /// The text with marks in place of personal data.
    pub text: String,
    /// What was found, sorted, each once.
    pub entities: Vec<Entity>,
}

/// Masks a text. Personal entities come without a value: hashes need a key, see [`mask_keyed`].
#[must_use]
pub fn mask(text: &str) -> Masked {
    mask_with(text, None)
}

/// Masks a text and keeps a keyed hash (HMAC-SHA-256, cut to 64 bits) of each personal value, so
/// that the same account can be recognised without being known.
#[must_use]
pub fn mask_keyed(text: &str, key: &[u8]) -> Masked {
    mask_with(text, Some(key))
}

fn mask_with(text: &str, key: Option<&[u8]>) -> Masked {
    let mut current = clean(text);
    let mut entities = Vec::new();
    for _ in 0..MOST_PASSES {
        let pass = pass(&current);
        let changed = !pass.masked.is_empty();
        for (kind, raw) in pass.masked {
            entities.push(Entity { kind, value: keep(kind, &raw, key) });
        }
        if !changed {
            let code = |value| Entity { kind: EntityKind::Code, value };
            entities.extend(pass.codes.into_iter().map(code));
            break;
        }
        current = pass.text;
    }
    entities.extend(kept_places(&current));
    entities.sort_unstable();
    entities.dedup();
    Masked { text: current, entities }
}

/// Drops invisible characters that could split a number, and cuts what is too long.
fn clean(text: &str) -> String {
    let invisible =
        |c: char| matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let mut size = 0;
    text.chars()
        .filter(|c| !invisible(*c))
        .take_while(|c| {
            size += c.len_utf8();
            size <= LONGEST_TEXT
        })
        .collect()
}

struct Pass {
    text: String,
    /// What was replaced by a mark.
    masked: Vec<(EntityKind, String)>,
    /// Error codes that stay in the text.
    codes: Vec<String>,
}

fn pass(text: &str) -> Pass {
    let mut view = View::new(text);
    let mut out =
        Pass { text: String::with_capacity(text.len()), masked: Vec::new(), codes: Vec::new() };
    let mut at = 0;
    while let Some(token) = view.token(at) {
        match step(&view, at) {
            Some(Step::Mask { end, kind }) if end > at => {
                out.masked.push((kind, view.joined(at, end)));
                out.text.push('‹');
                out.text.push_str(kind.mark());
                out.text.push('›');
                view.forget();
                at = end;
            }
            Some(Step::Keep { end, code }) if end > at => {
                out.text.push_str(&view.verbatim(at, end));
                if code {
                    out.codes.push(view.joined(at, end));
                }
                at = end;
            }
            _ => {
                out.text.push_str(token.text);
                view.pass_token(at);
                at += 1;
            }
        }
    }
    out
}

fn step(view: &View<'_>, at: usize) -> Option<Step> {
    numbers::step(view, at).or_else(|| latin::step(view, at)).or_else(|| names::step(view, at))
}

fn keep(kind: EntityKind, raw: &str, key: Option<&[u8]>) -> String {
    match key {
        _ if !kind.is_personal() => raw.to_owned(),
        Some(key) => keyed_hash(key, kind.mark(), raw),
        None => String::new(),
    }
}

/// A user as a keyed hash: the same user gives the same 16 hexadecimal digits, and without the key
/// nobody can tell who it is.
#[must_use]
pub fn hash_user(login: &str, key: &[u8]) -> String {
    keyed_hash(key, "user", &login.to_lowercase())
}

/// The first eight bytes of the HMAC of kind and value, in hexadecimal.
fn keyed_hash(key: &[u8], kind: &str, value: &str) -> String {
    let hash = hmac(key, &[kind.as_bytes(), &[0], value.as_bytes()]);
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// HMAC-SHA-256 after RFC 2104.
fn hmac(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mut block = [0_u8; 64];
    let shortened = Sha256::digest(key);
    let key: &[u8] = if key.len() > block.len() { shortened.as_slice() } else { key };
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let mut inner = Sha256::new().chain_update(block.map(|b| b ^ 0x36));
    for part in parts {
        inner.update(part);
    }
    let outer = Sha256::new().chain_update(block.map(|b| b ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

fn kept_places(text: &str) -> Vec<Entity> {
    let (branch, city) = super::place::places(text);
    let named = [(EntityKind::Mrf, branch), (EntityKind::City, city)];
    let entity = |(kind, name): (_, Option<&str>)| name.map(|n| (kind, n.to_owned()));
    named.into_iter().filter_map(entity).map(|(kind, value)| Entity { kind, value }).collect()
}

/// Whether a word stands in one of our marks.
pub(crate) fn is_mark_name(name: &str) -> bool {
    MARKS.iter().any(|(_, mark)| *mark == name)
}

#[cfg(test)]
mod tests;
