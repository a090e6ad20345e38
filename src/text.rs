//! Reads what people write, in Russian and English: masks personal data, cuts boilerplate, stems
//! words, tells requests from failures, what is felt, which system is meant, and how alike two
//! texts are. Pure: no clock, no I/O, the same text always reads the same.
//!
//! The usual way of a ticket: [`mask_keyed`] subject and body, [`strip_boilerplate`] the body, make
//! [`Words`] of both once, then ask [`Signs`], [`Tagger::tag_words`] and [`Words::stems`].

mod alert;
mod boilerplate;
mod likeness;
mod mask;
mod phrases;
mod place;
mod quote;
mod signs;
mod signs_words;
mod slips;
mod stem;
mod stopwords;
mod tagger;
mod tokens;

pub use alert::role_of_alert;
pub use boilerplate::strip_boilerplate;
pub use likeness::{HALF_LIFE, Likeness, MOST_TERMS, grams, overlap};
pub use mask::{Entity, EntityKind, Masked, hash_user, mask, mask_keyed};
pub use place::{BRANCHES, city, mrf};
pub use quote::{Usual, cut};
pub use signs::{Felt, RequestKind, RequestSign, Signs, impact, is_request};
pub use stem::{Words, stems};
pub use tagger::Tagger;

#[cfg(test)]
mod tests;
