//! Sources of samples: one file (or folder) a kind. Each is polled on its own schedule, has its own
//! time-out and size cap, and its own health as series.

pub mod alertmanager;
pub mod elasticsearch;
pub mod exposition;
mod health;
pub mod host;
pub mod otrs;
pub mod poll;
pub mod postgres;
pub mod prometheus;
mod samples;
mod target;

use std::future::Future;

pub use health::{SourceHealth, Sources};
pub use samples::Samples;
pub use target::Target;

use crate::model::Text;

/// Why a poll brought nothing, or less than it should.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// No answer in time: it may accept connections and still be hung.
    #[error("{what} gave no answer in {seconds:.1} s; it may be hung")]
    Timeout {
        /// What was asked.
        what: String,
        /// How long was waited.
        seconds: f64,
    },
    /// It could not be reached.
    #[error("cannot connect to {what}: {cause}")]
    Connect {
        /// What was asked.
        what: String,
        /// The system's own words.
        cause: String,
    },
    /// It refused us.
    #[error("{what} refused access: {cause}; {}", remedy.en)]
    Access {
        /// What was asked.
        what: String,
        /// Its own words.
        cause: String,
        /// What the operator should do.
        remedy: Text,
    },
    /// It answered something that cannot be used.
    #[error("{what} answered unusably: {cause}")]
    Answer {
        /// What was asked.
        what: String,
        /// What is wrong with the answer.
        cause: String,
    },
}

impl CollectError {
    /// One word for labels and the API.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Timeout { .. } => "timeout",
            Self::Connect { .. } => "connect",
            Self::Access { .. } => "access",
            Self::Answer { .. } => "answer",
        }
    }
}

impl CollectError {
    /// The error for people, with what to do.
    #[must_use]
    pub fn text(&self) -> Text {
        let ru = match self {
            Self::Timeout { what, seconds } => format!(
                "{what}: нет ответа за {seconds:.1} с. Возможно, сервер завис: проверьте его нагрузку и диски."
            ),
            Self::Connect { what, cause } => {
                format!(
                    "{what}: нет соединения ({cause}). Проверьте, запущен ли сервер, адрес и сеть."
                )
            }
            Self::Access { what, cause, remedy } => {
                format!("{what}: доступ запрещён ({cause}). {}", remedy.ru)
            }
            Self::Answer { what, cause } => {
                format!("{what}: ответ не разобрать ({cause}). Проверьте, тот ли это адрес.")
            }
        };
        Text::new(ru, self.to_string())
    }
}

/// One source. The caller bounds each call with the source's time-out and adds `up`,
/// `scrape_duration_seconds` and `scrape_samples_scraped` by itself.
pub trait Collect: Send + 'static {
    /// Polls once. Samples pushed before an error are kept. A part that fails while the rest works
    /// is not an error: push `vakhta_collector_success{collector="part"} 0` for it.
    ///
    /// # Errors
    /// When the source as a whole could not be polled; then `up` becomes 0.
    fn collect(
        &mut self,
        samples: &mut Samples,
    ) -> impl Future<Output = Result<(), CollectError>> + Send;

    /// What people should know although the poll succeeded: rights that are lacking with the statement
    /// that grants them, parts that could not be read.
    fn notes(&self) -> Vec<Text> {
        Vec::new()
    }
}
