//! What can go wrong between us and the ticket system, told apart by what may have happened there.
//!
//! The peer answers most errors with status 200, fails half-way with 500, speaks plain text when
//! the request did not reach an operation, and closes the connection when it is in trouble. The
//! one question that matters for writes is whether something may have been done.

use serde_json::Value;

use crate::model::Text;

/// Why a call brought no usable answer.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OtrsError {
    /// Never reached: nothing was sent.
    #[error("cannot connect to the ticket system for {what}: {cause}; check address and network")]
    Connect {
        /// The operation.
        what: &'static str,
        /// The system's own words.
        cause: String,
    },
    /// No answer in time after the request was sent.
    #[error(
        "the ticket system gave no answer to {what} in {seconds:.1} s; check its load and database"
    )]
    Timeout {
        /// The operation.
        what: &'static str,
        /// How long was waited, seconds.
        seconds: f64,
    },
    /// The connection was closed without a whole answer: its database is down, or a worker died.
    #[error(
        "the ticket system closed the connection during {what}: {cause}; check its database and web server log"
    )]
    Closed {
        /// The operation.
        what: &'static str,
        /// The system's own words.
        cause: String,
    },
    /// The login or the session was refused, even a fresh one.
    #[error("the ticket system refused the login {user}: {cause}; check user and password")]
    Auth {
        /// Our user there.
        user: String,
        /// Its own words.
        cause: String,
    },
    /// The operation refused the request; nothing was done.
    #[error("the ticket system rejected {what}: {code}: {message}")]
    Rejected {
        /// The operation.
        what: &'static str,
        /// `TicketCreate.InvalidParameter` and the like.
        code: String,
        /// Its own words.
        message: String,
    },
    /// The operation failed half-way; nothing was rolled back.
    #[error("the ticket system failed half-way in {what}: {message}; see its log")]
    Failed {
        /// The operation.
        what: &'static str,
        /// Its own words.
        message: String,
    },
    /// The request did not reach an operation: wrong route, method or size.
    #[error(
        "the web service did not take {what} (status {status}): {message}; check `url` and `routes`"
    )]
    Misrouted {
        /// The operation.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// Its own words.
        message: String,
    },
    /// A proxy or the web server answered instead of the ticket system.
    #[error("a server before the ticket system answered {what} with status {status}: {message}")]
    Gateway {
        /// The operation.
        what: &'static str,
        /// HTTP status.
        status: u16,
        /// The beginning of its answer.
        message: String,
    },
    /// An answer that cannot be used: not JSON, or not of the expected shape.
    #[error("the ticket system answered {what} unusably: {cause}")]
    Answer {
        /// The operation.
        what: &'static str,
        /// What is wrong.
        cause: String,
    },
    /// More than is taken at once.
    #[error("the answer to {what} is larger than {limit} bytes")]
    TooLarge {
        /// The operation.
        what: &'static str,
        /// The cap, bytes.
        limit: usize,
    },
}

impl OtrsError {
    /// Whether the same request may succeed later without anybody changing anything.
    #[must_use]
    pub const fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Connect { .. }
                | Self::Timeout { .. }
                | Self::Closed { .. }
                | Self::Failed { .. }
                | Self::Gateway { .. }
                | Self::Answer { .. }
        )
    }

    /// Whether a write may have been done, in whole or in part.
    #[must_use]
    pub const fn is_outcome_unknown(&self) -> bool {
        matches!(
            self,
            Self::Timeout { .. }
                | Self::Closed { .. }
                | Self::Failed { .. }
                | Self::Gateway { .. }
                | Self::Answer { .. }
                | Self::TooLarge { .. }
        )
    }

    /// Whether somebody has to change something (request, rights or configuration) first.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self, Self::Rejected { .. } | Self::Misrouted { .. } | Self::TooLarge { .. })
    }

    /// Whether the ticket does not exist or is not ours to see; the peer does not tell which.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        matches!(self, Self::Rejected { code, .. } if code.ends_with(".AccessDenied"))
    }

    /// The error for people, with what to do.
    #[must_use]
    pub fn text(&self) -> Text {
        let ru = match self {
            Self::Connect { cause, .. } => {
                format!("Нет связи с ОТРС: {cause}. Проверьте адрес, сеть и веб-сервер ОТРС.")
            }
            Self::Timeout { what, seconds } => format!(
                "ОТРС не ответила на {what} за {seconds:.1} с. Проверьте её нагрузку и базу данных."
            ),
            Self::Closed { what, cause } => format!(
                "ОТРС оборвала соединение на {what}: {cause}. Проверьте её базу данных и журнал веб-сервера."
            ),
            Self::Auth { user, cause } => format!(
                "ОТРС не пускает пользователя {user}: {cause}. Проверьте имя, пароль и не отключён ли пользователь."
            ),
            Self::Rejected { what, code, message } => {
                format!("ОТРС отклонила {what}: {message} ({code}). Проверьте права и настройки.")
            }
            Self::Failed { what, message } => {
                format!("В ОТРС сбой на середине {what}: {message}. Смотрите журнал ОТРС.")
            }
            Self::Misrouted { what, status, message } => format!(
                "Веб-сервис ОТРС не принял {what} (код {status}): {message}. Проверьте url и routes в настройках."
            ),
            Self::Gateway { what, status, message } => format!(
                "На {what} ответил промежуточный сервер, а не ОТРС (код {status}): {message}. Проверьте веб-сервер и прокси."
            ),
            Self::Answer { what, cause } => {
                format!(
                    "Ответ ОТРС на {what} непригоден: {cause}. Проверьте, что url ведёт в ОТРС."
                )
            }
            Self::TooLarge { what, limit } => {
                format!(
                    "Ответ ОТРС на {what} больше {limit} байт. Найдите тикет с огромным текстом."
                )
            }
        };
        Text::new(ru, self.to_string())
    }
}

/// Reads a whole answer. The order of the checks is the peer's own: an `Error` object first
/// whatever the status, then a fault, then plain text, and what is left must be an object.
pub(super) fn interpret(
    what: &'static str,
    user: &str,
    status: u16,
    body: &[u8],
) -> Result<Value, OtrsError> {
    if body.is_empty() {
        return Err(match status {
            200 => OtrsError::Closed { what, cause: "an empty answer".to_owned() },
            _ => foreign(what, status, String::new()),
        });
    }
    let json = serde_json::from_slice::<Value>(body).ok();
    if let Some(error) = json.as_ref().and_then(|json| json.get("Error")) {
        let word = |key: &str| error.get(key).and_then(Value::as_str).unwrap_or("").to_owned();
        let (code, message) = (word("ErrorCode"), word("ErrorMessage"));
        if code.ends_with(".AuthFail") {
            return Err(OtrsError::Auth { user: user.to_owned(), cause: message });
        }
        return Err(OtrsError::Rejected { what, code, message });
    }
    if let Some(fault) = json.as_ref().and_then(|json| json.get("faultstring")) {
        let message = fault.as_str().unwrap_or("no reason given").to_owned();
        return Err(OtrsError::Failed { what, message });
    }
    if status != 200 {
        return Err(foreign(what, status, excerpt(body)));
    }
    match json {
        Some(json @ Value::Object(_)) => Ok(json),
        _ => Err(OtrsError::Answer { what, cause: format!("no JSON object: {}", excerpt(body)) }),
    }
}

/// Plain texts of the web service's transport: the request reached no operation, nothing was done.
const TRANSPORT_TEXTS: [&str; 5] = [
    "Error while decoding request content",
    "Unsupported request content structure",
    "HTTP::REST Error while determine Operation",
    "Could not read input data",
    "Payload Too Large",
];

fn foreign(what: &'static str, status: u16, message: String) -> OtrsError {
    let is_transport = TRANSPORT_TEXTS.iter().any(|text| message.contains(text));
    if is_transport || matches!(status, 300..=399 | 400..=407 | 409..=428 | 430..=499) {
        return OtrsError::Misrouted { what, status, message };
    }
    OtrsError::Gateway { what, status, message }
}

/// The beginning of an answer on one line, for messages.
fn excerpt(body: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(body).chars().take(160).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
