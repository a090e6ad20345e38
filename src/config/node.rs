//! A YAML document as a tree whose every node knows its place.

use std::fmt;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::{Diagnostics, Place, syntax};
use crate::model::{Arg, Message};

/// The largest file that is read; a configuration has no business to be larger.
const FILE_LIMIT: usize = 4 * 1024 * 1024;

/// One value of a document and its place.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it stands.
    pub place: Place,
    /// What it is.
    pub value: Value,
}

/// What a node holds.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing, or `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that was not quoted.
    Number(f64),
    /// A text.
    String(String),
    /// A list.
    List(Vec<Node>),
    /// Keys with their places, in the order of the file.
    Map(Vec<(String, Place, Node)>),
}

impl Node {
    /// What the value is, as an argument of an error's message.
    #[must_use]
    pub fn shown(&self) -> Arg {
        let kind = match &self.value {
            Value::String(text) => return Arg::Word(format!("«{text}»")),
            Value::Number(number) => return Arg::Word(number.to_string()),
            Value::Null => "found-nothing",
            Value::Bool(_) => "found-boolean",
            Value::List(_) => "found-list",
            Value::Map(_) => "found-section",
        };
        Arg::Key(kind.to_owned())
    }
}

/// Reads one YAML document. A syntax error is noted with its place, and `None` is returned.
pub fn parse(name: &str, text: &str, errors: &mut Diagnostics) -> Option<Node> {
    let file = Arc::new((name.to_owned(), text.to_owned()));
    let whole = Place { file: Arc::clone(&file), line: 0, column: 0 };
    if text.len() > FILE_LIMIT {
        errors.error(&whole, Message::new("check-file-large"));
        return None;
    }
    match serde_saphyr::from_str::<Raw>(text) {
        Ok(raw) => Some(raw.placed(&file)),
        Err(error) => {
            let line = error.location().map_or(0, |at| usize::try_from(at.line()).unwrap_or(0));
            let before: String = text.split_inclusive('\n').take(line).collect();
            let message = syntax::message(&error, &before);
            // The parser stops where the value before the tab began.
            let tabbed = text.lines().skip(line.saturating_sub(1)).position(syntax::is_tabbed);
            let place = match (error.location(), tabbed) {
                (_, Some(further)) if message.key == "check-yaml-tab" => {
                    Place { file, line: line.max(1) + further, column: 1 }
                }
                (Some(at), _) => {
                    let column = usize::try_from(at.column()).unwrap_or_default();
                    Place { file, line, column }
                }
                (None, _) => whole,
            };
            errors.error(&place, message);
            None
        }
    }
}

/// A value as it comes from the parser, before the file's name is known to it.
struct Raw(Spanned<RawValue>);

enum RawValue {
    Null,
    Bool(bool),
    Number(f64),
    String(String),
    List(Vec<Raw>),
    Map(Vec<(Spanned<String>, Raw)>),
}

impl Raw {
    fn placed(self, file: &Arc<(String, String)>) -> Node {
        let place = |at: serde_saphyr::Location| Place {
            file: Arc::clone(file),
            line: usize::try_from(at.line()).unwrap_or_default(),
            column: usize::try_from(at.column()).unwrap_or_default(),
        };
        let at = place(self.0.referenced);
        let value = match self.0.value {
            RawValue::Null => Value::Null,
            RawValue::Bool(value) => Value::Bool(value),
            RawValue::Number(value) => Value::Number(value),
            RawValue::String(value) => Value::String(value),
            RawValue::List(items) => {
                Value::List(items.into_iter().map(|item| item.placed(file)).collect())
            }
            RawValue::Map(entries) => Value::Map(
                entries
                    .into_iter()
                    .map(|(key, value)| {
                        let key_place = place(key.referenced);
                        (key.value, key_place, value.placed(file))
                    })
                    .collect(),
            ),
        };
        Node { place: at, value }
    }
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::<RawValue>::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawValue;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any YAML value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<RawValue, E> {
        Ok(RawValue::Bool(value))
    }

    #[expect(clippy::as_conversions, reason = "settings are far below 2^53")]
    fn visit_i64<E>(self, value: i64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value as f64))
    }

    #[expect(clippy::as_conversions, reason = "settings are far below 2^53")]
    fn visit_u64<E>(self, value: u64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<RawValue, E> {
        Ok(RawValue::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<RawValue, E> {
        Ok(RawValue::String(value.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_none<E>(self) -> Result<RawValue, E> {
        Ok(RawValue::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawValue, D::Error> {
        deserializer.deserialize_any(Self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(RawValue::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawValue, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
        }
        Ok(RawValue::Map(entries))
    }
}
