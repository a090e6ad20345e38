//! The seeds: the nodes of one cluster that are asked, each by a client of its own, so that a node
//! that hangs is known by name and another one is asked instead.
//!
//! Only GET requests, only to the configured addresses, never through a proxy; each with its own
//! time-out. The crate reads an answer as a whole, so its size is bounded where it is made (metrics
//! and `filter_path` in the request), by the announced length, and once more before it is parsed.

use std::error::Error as _;
use std::time::Duration;

use elasticsearch::auth::Credentials;
use elasticsearch::cert::{Certificate, CertificateValidation};
use elasticsearch::http::Method;
use elasticsearch::http::headers::HeaderMap;
use elasticsearch::http::transport::{SingleNodeConnectionPool, Transport, TransportBuilder};
use serde_json::Value;

use super::answer::text_at;
use super::{Config, SetupError};
use crate::collect::CollectError;
use crate::model::Text;

/// The largest answer that is parsed, in bytes: the statistics of about a thousand nodes.
const ANSWER_LIMIT: usize = 32 * 1024 * 1024;

/// An answer of at least this size, in bytes, is parsed outside the asynchronous threads.
const PARSE_ASIDE: usize = 256 * 1024;

/// What to do about a refusal.
fn remedy() -> Text {
    Text::new(
        "Дайте пользователю роль с правами кластера monitor и monitor_snapshot и правом monitor на все \
         индексы: docs/collect/elasticsearch.md.",
        "give the user a role with the cluster privileges monitor and monitor_snapshot and the index \
         privilege monitor on all indices, see docs/collect/elasticsearch.md",
    )
}

/// An answer in time, whatever it says.
#[derive(Debug)]
pub(super) struct Answer {
    status: u16,
    body: Value,
    what: String,
}

impl Answer {
    /// True when the question was understood and answered.
    pub(super) const fn is_success(&self) -> bool {
        matches!(self.status, 200..300)
    }

    /// True when this distribution does not know the question. The five lines of the two products
    /// say so with 400, 404 or 405.
    pub(super) const fn is_unknown(&self) -> bool {
        matches!(self.status, 400 | 404 | 405)
    }

    /// The body of a success.
    pub(super) fn required(self) -> Result<Value, CollectError> {
        if self.is_success() {
            return Ok(self.body);
        }
        let reason = text_at(&self.body, "error/reason").or_else(|| text_at(&self.body, "error"));
        let cause = format!("status {}: {}", self.status, reason.unwrap_or("no reason given"));
        Err(CollectError::Answer { what: self.what, cause })
    }

    /// The body of a success; `None` when this distribution does not know the question.
    pub(super) fn optional(self) -> Result<Option<Value>, CollectError> {
        if self.is_unknown() { Ok(None) } else { self.required().map(Some) }
    }
}

/// One node that is asked directly.
#[derive(Debug)]
pub(super) struct Seed {
    /// Its address as configured.
    pub(super) url: String,
    transport: Transport,
    name: SeedName,
}

/// What a seed is called in labels.
#[derive(Debug, PartialEq, Eq)]
enum SeedName {
    /// It has not answered yet.
    Unknown,
    /// The node's own name.
    Node(String),
    /// Several nodes answer under this address (a load balancer): no node can be named.
    Several,
}

impl Seed {
    /// Makes the client; nothing is sent yet.
    pub(super) fn new(url: &str, config: &Config, limit: Duration) -> Result<Self, SetupError> {
        let wrong = |cause: String| SetupError { url: url.to_owned(), cause };
        let parsed = reqwest::Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let mut builder = TransportBuilder::new(SingleNodeConnectionPool::new(parsed))
            .disable_proxy()
            .enable_meta_header(false)
            .timeout(limit);
        if let Some(key) = &config.api_key {
            builder = builder.auth(Credentials::EncodedApiKey(key.reveal().to_owned()));
        } else if let (Some(user), Some(password)) = (&config.username, &config.password) {
            let password = password.reveal().to_owned();
            builder = builder.auth(Credentials::Basic(user.clone(), password));
        }
        if let Some(pem) = &config.ca_pem {
            let ca = Certificate::from_pem(pem).map_err(|error| wrong(error.to_string()))?;
            builder = builder.cert_validation(CertificateValidation::Full(ca));
        }
        let transport = builder.build().map_err(|error| wrong(error.to_string()))?;
        Ok(Self { url: url.to_owned(), transport, name: SeedName::Unknown })
    }

    /// The name for labels: the node's own, or the address without its scheme.
    pub(super) fn label(&self) -> &str {
        match &self.name {
            SeedName::Node(name) => name,
            SeedName::Unknown | SeedName::Several => {
                self.url.split_once("://").map_or(self.url.as_str(), |(_, host)| host)
            }
        }
    }

    /// Remembers which node answered here.
    pub(super) fn learn_name(&mut self, answered: &str) {
        self.name = match std::mem::replace(&mut self.name, SeedName::Several) {
            SeedName::Unknown => SeedName::Node(answered.to_owned()),
            SeedName::Node(known) if known == answered => SeedName::Node(known),
            SeedName::Node(_) | SeedName::Several => SeedName::Several,
        };
    }

    /// Asks one question and waits at most `limit` for the whole answer.
    pub(super) async fn get(&self, path: &str, limit: Duration) -> Result<Answer, CollectError> {
        let bare = path.split_once('?').map_or(path, |(bare, _)| bare);
        let what = format!("{}/{}", self.url, bare.trim_start_matches('/'));
        let none: Option<&()> = None;
        let sent = self
            .transport
            .send(Method::Get, path, HeaderMap::new(), none, None::<&str>, Some(limit))
            .await;
        let response = sent.map_err(|error| failure(&error, &what, limit))?;
        let status = response.status_code().as_u16();
        let announced = response.content_length().unwrap_or_default();
        let too_large = |size: u64| CollectError::Answer {
            what: what.clone(),
            cause: format!("{size} bytes, more than the limit of {ANSWER_LIMIT}"),
        };
        if usize::try_from(announced).unwrap_or(usize::MAX) > ANSWER_LIMIT {
            return Err(too_large(announced));
        }
        let bytes = response.bytes().await.map_err(|error| failure(&error, &what, limit))?;
        if bytes.len() > ANSWER_LIMIT {
            return Err(too_large(u64::try_from(bytes.len()).unwrap_or(u64::MAX)));
        }
        let parsed = if bytes.len() < PARSE_ASIDE {
            serde_json::from_slice::<Value>(&bytes)
        } else {
            let aside = tokio::task::spawn_blocking(move || serde_json::from_slice(&bytes));
            aside.await.unwrap_or_else(|error| Err(serde::de::Error::custom(error)))
        };
        match (status, parsed) {
            (401 | 403, body) => {
                let body = body.unwrap_or_default();
                let reason = text_at(&body, "error/reason").unwrap_or("no reason given");
                let cause = format!("status {status}: {reason}");
                Err(CollectError::Access { what, cause, remedy: remedy() })
            }
            (_, Ok(body)) => Ok(Answer { status, body, what }),
            // A refusal may be plain text; its status says enough.
            (300.., Err(_)) => Ok(Answer { status, body: Value::Null, what }),
            (_, Err(error)) => {
                Err(CollectError::Answer { what, cause: format!("not JSON: {error}") })
            }
        }
    }
}

/// Tells a node that hangs from one that cannot be reached and one that talks nonsense.
fn failure(error: &elasticsearch::Error, what: &str, limit: Duration) -> CollectError {
    let what = what.to_owned();
    if error.is_timeout() {
        return CollectError::Timeout { what, seconds: limit.as_secs_f64() };
    }
    let http = error.source().and_then(|source| source.downcast_ref::<reqwest::Error>());
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let cause = deepest.to_string();
    if http.is_some_and(|http| http.is_connect() || http.is_request()) {
        CollectError::Connect { what, cause }
    } else {
        CollectError::Answer { what, cause }
    }
}

/// Asks seed after seed, two at most, until one gives a usable answer; the first error is kept.
pub(super) async fn ask(
    seeds: &[&Seed],
    path: &str,
    limit: Duration,
) -> Result<Value, CollectError> {
    let mut first = None;
    for seed in seeds.iter().take(2) {
        match seed.get(path, limit).await.and_then(Answer::required) {
            Ok(body) => return Ok(body),
            Err(error) => first = first.or(Some(error)),
        }
    }
    Err(first.unwrap_or_else(|| CollectError::Connect {
        what: path.to_owned(),
        cause: "no seed is left to ask".to_owned(),
    }))
}

/// A name as one segment of a path: everything but letters, digits and `-._` is encoded.
pub(super) fn segment(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
