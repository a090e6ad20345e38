//! An error that reaches people: they read it in their language, logs and programs in English.

use std::fmt;
use std::path::Path;

use super::Catalogue;
use crate::config::system_error;
use crate::model::{Language, Message};

/// What went wrong, as a message.
#[derive(Debug)]
pub struct Told(pub Message);

impl Told {
    /// Something about a file that the system refused.
    #[must_use]
    pub fn of(key: &'static str, file: &Path, error: &std::io::Error) -> Self {
        let message = Message::new(key).word("file", file.display().to_string());
        Self(message.with("error", system_error(error)))
    }
}

impl fmt::Display for Told {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&Catalogue::shared().words(&self.0, Language::En))
    }
}

impl std::error::Error for Told {}
