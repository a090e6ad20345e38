//! A text for people, in both languages.

use serde::{Deserialize, Serialize};

/// The languages that every text for people exists in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Russian, the users' language.
    #[default]
    Ru,
    /// English.
    En,
}

impl Language {
    /// The two-letter code of ISO 639-1.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ru => "ru",
            Self::En => "en",
        }
    }
}

/// The same text in Russian and English.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Russian.
    pub ru: String,
    /// English.
    pub en: String,
}

impl Text {
    /// Makes a text from its two languages.
    pub fn new(ru: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ru: ru.into(), en: en.into() }
    }

    /// Several texts as one; none of none.
    #[must_use]
    pub fn joined(texts: &[Self]) -> Option<Self> {
        let all = |language| texts.iter().map(|t| t.get(language)).collect::<Vec<_>>().join("; ");
        (!texts.is_empty()).then(|| Self::new(all(Language::Ru), all(Language::En)))
    }

    /// The text in one language.
    #[must_use]
    pub fn get(&self, language: Language) -> &str {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }
}
