//! A text for people, in both languages.

use std::sync::Arc;

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

/// The same text in Russian and English. A title is told in many places of one case, so copies share it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Russian.
    pub ru: Arc<str>,
    /// English.
    pub en: Arc<str>,
}

impl Text {
    /// Makes a text from its two languages.
    pub fn new(ru: impl Into<Arc<str>>, en: impl Into<Arc<str>>) -> Self {
        Self { ru: ru.into(), en: en.into() }
    }

    /// A text that reads the same in both languages: a ticket's title, a name.
    pub fn same(text: impl Into<Arc<str>>) -> Self {
        let text = text.into();
        Self { ru: Arc::clone(&text), en: text }
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
