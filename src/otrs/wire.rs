//! What the ticket system sends, read leniently: an id is a number here and a string there, a
//! field never set is null or absent, and a text of digits may come as a number.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// One ticket as TicketGet sends it; times in the server's own form.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct TicketRecord {
    /// The id.
    #[serde(rename = "TicketID", deserialize_with = "id")]
    pub id: u64,
    /// The number people use.
    #[serde(rename = "TicketNumber", deserialize_with = "text")]
    pub number: String,
    /// The title.
    #[serde(deserialize_with = "text")]
    pub title: String,
    /// The queue's full name.
    #[serde(deserialize_with = "text")]
    pub queue: String,
    /// The state's name.
    #[serde(deserialize_with = "text")]
    pub state: String,
    /// `new`, `open`, `closed`, `pending reminder`, `pending auto`, `merged`, `removed`.
    #[serde(deserialize_with = "text")]
    pub state_type: String,
    /// The priority's name.
    #[serde(deserialize_with = "text")]
    pub priority: String,
    /// The type's name; empty where types are off.
    #[serde(rename = "Type", deserialize_with = "text")]
    pub kind: String,
    /// The service's name; empty when unset.
    #[serde(deserialize_with = "text")]
    pub service: String,
    /// `lock` while an agent has it, else `unlock`.
    #[serde(deserialize_with = "text")]
    pub lock: String,
    /// The customer's login; empty while the ticket is being built.
    #[serde(rename = "CustomerUserID", deserialize_with = "text")]
    pub customer_user: String,
    /// When it was created.
    #[serde(deserialize_with = "text")]
    pub created: String,
    /// When it last changed; a link does not count.
    #[serde(deserialize_with = "text")]
    pub changed: String,
    /// Seconds since it was created, by the server's own clock.
    #[serde(rename = "Age", deserialize_with = "id")]
    pub age_seconds: u64,
    /// Dynamic fields that have a value.
    #[serde(rename = "DynamicField", deserialize_with = "fields")]
    pub fields: BTreeMap<String, String>,
    /// The articles that were asked for.
    #[serde(rename = "Article", deserialize_with = "articles")]
    pub articles: Vec<ArticleRecord>,
}

impl TicketRecord {
    /// The value of a dynamic field; "" when the field is not configured or has no value.
    #[must_use]
    pub fn field(&self, name: Option<&str>) -> &str {
        name.and_then(|name| self.fields.get(name)).map_or("", String::as_str)
    }

    /// Whether people or time have ended it; a merged ticket counts as ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        matches!(self.state_type.as_str(), "closed" | "merged" | "removed")
    }

    /// Whether an agent has taken it.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.lock == "lock"
    }

    /// Whether people have merged it into another.
    #[must_use]
    pub fn is_merged(&self) -> bool {
        self.state_type == "merged"
    }
}

/// One article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ArticleRecord {
    /// The id, rising over all tickets.
    #[serde(rename = "ArticleID", deserialize_with = "id")]
    pub id: u64,
    /// Its place in the ticket, from 1.
    #[serde(rename = "ArticleNumber", deserialize_with = "id")]
    pub number: u64,
    /// The subject.
    #[serde(deserialize_with = "text")]
    pub subject: String,
    /// Plain text; the peer turns HTML into it.
    #[serde(deserialize_with = "text")]
    pub body: String,
    /// `customer`, `agent`, `system`.
    #[serde(deserialize_with = "text")]
    pub sender_type: String,
    /// `Email`, `Phone`, `Internal`, `Chat`.
    #[serde(deserialize_with = "text")]
    pub communication_channel: String,
    /// When it was written, in the server's own form.
    #[serde(deserialize_with = "text")]
    pub create_time: String,
    /// The same moment in seconds since the epoch; 0 when not sent.
    #[serde(deserialize_with = "id")]
    pub incoming_time: u64,
}

/// What TicketCreate and TicketUpdate answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct WrittenTicket {
    /// The ticket's id.
    #[serde(rename = "TicketID", deserialize_with = "id")]
    pub id: u64,
    /// The ticket's number.
    #[serde(rename = "TicketNumber", deserialize_with = "text")]
    pub number: String,
}

/// An id in any of its forms; 0 when there is none.
pub(super) fn id_of(value: &Value) -> u64 {
    match value {
        Value::Number(number) => number.as_u64().unwrap_or_default(),
        Value::String(text) => text.parse().unwrap_or_default(),
        _ => 0,
    }
}

fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Object(_) => String::new(),
    }
}

fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Value::deserialize(deserializer).map(|value| id_of(&value))
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Value::deserialize(deserializer).map(|value| text_of(&value))
}

fn fields<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, String>, D::Error> {
    let mut found = BTreeMap::new();
    for field in one_or_many(Value::deserialize(deserializer)?) {
        let name = field.get("Name").map(text_of).unwrap_or_default();
        let value = field.get("Value").map(text_of).unwrap_or_default();
        if !name.is_empty() && !value.is_empty() {
            found.insert(name, value);
        }
    }
    Ok(found)
}

/// A creation that died in its article leaves an empty shell of one, without an id, for good.
fn articles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ArticleRecord>, D::Error> {
    let mut found = Vec::new();
    for article in one_or_many(Value::deserialize(deserializer)?) {
        let article: ArticleRecord =
            serde_json::from_value(article).map_err(serde::de::Error::custom)?;
        if article.id != 0 {
            found.push(article);
        }
    }
    Ok(found)
}

/// The peer's serialiser writes a list of one as its only item in some versions.
pub(super) fn one_or_many(value: Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items,
        Value::Null => Vec::new(),
        single => vec![single],
    }
}
