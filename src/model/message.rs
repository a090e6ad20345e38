//! A line for people before it has a language: a key of the message catalogue and its arguments.
//! The core keeps these, so that deciding costs no formatting and both languages stay possible.

use std::borrow::Cow;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{Severity, Text, Time};

/// One argument of a message.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Arg {
    /// A word that is the same in both languages: an id, a name.
    Word(String),
    /// A number; the catalogue chooses the plural form by it.
    Number(f64),
    /// A text that exists in both languages.
    Text(Text),
    /// The name of a system, looked up in the topology when shown.
    System(CompactString),
    /// A key of the catalogue: a word that has a translation.
    Key(String),
    /// A length of time in seconds, shown in the units that fit.
    Span(f64),
    /// A moment, shown in the reader's zone.
    Moment(Time),
    /// Another message.
    Message(Box<Message>),
}

/// A key of the message catalogue and its arguments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// The key, as in `i18n/ru.ftl`.
    pub key: Cow<'static, str>,
    /// Named arguments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub args: Vec<(Cow<'static, str>, Arg)>,
}

impl Message {
    /// A message without arguments.
    #[must_use]
    pub const fn new(key: &'static str) -> Self {
        Self { key: Cow::Borrowed(key), args: Vec::new() }
    }

    /// Adds an argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: Arg) -> Self {
        // Most have one: room for four would be most of what thousands of kept reasons take.
        self.args.reserve_exact(1);
        self.args.push((Cow::Borrowed(name), value));
        self
    }

    /// Adds a word.
    #[must_use]
    pub fn word(self, name: &'static str, value: impl Into<String>) -> Self {
        self.with(name, Arg::Word(value.into()))
    }

    /// Adds a number.
    #[must_use]
    pub fn number(self, name: &'static str, value: f64) -> Self {
        self.with(name, Arg::Number(value))
    }

    /// Adds the name of a system.
    #[must_use]
    pub fn system(self, name: &'static str, key: &str) -> Self {
        self.with(name, Arg::System(key.into()))
    }

    /// Adds the name of a severity.
    #[must_use]
    pub fn severity(self, name: &'static str, value: Severity) -> Self {
        self.with(name, Arg::Key(format!("severity-{}", value.as_str())))
    }

    /// Adds a length of time, seconds.
    #[must_use]
    pub fn span(self, name: &'static str, seconds: f64) -> Self {
        self.with(name, Arg::Span(seconds))
    }

    /// Adds another message.
    #[must_use]
    pub fn message(self, name: &'static str, value: Message) -> Self {
        self.with(name, Arg::Message(Box::new(value)))
    }

    /// Adds a text of both languages.
    #[must_use]
    pub fn text(self, name: &'static str, value: &Text) -> Self {
        self.with(name, Arg::Text(value.clone()))
    }
}

/// One piece of evidence: what it says, and how much it weighs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    /// Log-odds it adds (for) or takes away (against).
    pub weight: f64,
    /// What it says.
    pub message: Message,
}

impl Reason {
    /// Makes a piece of evidence.
    #[must_use]
    pub const fn new(weight: f64, message: Message) -> Self {
        Self { weight, message }
    }

    /// What it says, for or against: some pieces are worded by which way they speak.
    #[must_use]
    pub fn worded(&self) -> Message {
        let against = match &*self.message.key {
            "why-time" => "why-time-against",
            "why-impact" => "why-impact-against",
            "why-text" => "why-text-against",
            "why-mrf" => "why-mrf-against",
            _ => return self.message.clone(),
        };
        let key = if self.weight < 0.0 { against.into() } else { self.message.key.clone() };
        Message { key, args: self.message.args.clone() }
    }
}
