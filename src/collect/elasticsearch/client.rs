//! The seeds: the nodes of one cluster that are asked, each by a client of its own, so that a node
//! that hangs is known by name and another one is asked instead.
//!
//! Only GET requests, only to the configured addresses, never through a proxy; each with its own
//! time-out, and an answer is read no further than it may be long.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, Url};
use serde_json::Value;

use super::answer::text_at;
use super::{Config, SetupError};
use crate::collect::CollectError;
use crate::config::Secret;
use crate::http::{self, ReadError};
use crate::model::Text;

/// The largest answer that is parsed, in bytes: the statistics of about a thousand nodes.
const ANSWER_LIMIT: u64 = 32 * 1024 * 1024;

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
    /// The same, ending in a slash.
    base: Url,
    client: Client,
    /// Name and password, where there is no key.
    login: Option<(String, Secret)>,
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
        let mut base = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let mut headers =
            HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        if let Some(key) = &config.api_key {
            let mut value = HeaderValue::try_from(format!("ApiKey {}", key.reveal()))
                .map_err(|_| wrong("the key cannot be sent".to_owned()))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let mut builder = http::direct(limit, limit).default_headers(headers);
        if let Some(pem) = &config.ca_pem {
            let bundle = Certificate::from_pem_bundle(pem);
            let bundle = bundle.map_err(|error| wrong(http::cause(&error)))?;
            if bundle.is_empty() {
                return Err(wrong("there is no certificate in `ca_file`".to_owned()));
            }
            for ca in bundle {
                builder = builder.add_root_certificate(ca);
            }
        }
        let client = builder.build().map_err(|error| wrong(http::cause(&error)))?;
        let login = config.username.clone().zip(config.password.clone());
        let login = login.filter(|_| config.api_key.is_none());
        Ok(Self { url: url.to_owned(), base, client, login, name: SeedName::Unknown })
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
        let url = self.base.join(path.trim_start_matches('/')).map_err(|error| {
            CollectError::Answer { what: what.clone(), cause: error.to_string() }
        })?;
        let mut request = self.client.get(url).timeout(limit);
        if let Some((user, password)) = &self.login {
            request = request.basic_auth(user, Some(password.reveal()));
        }
        let sent = request.send().await;
        let response = sent.map_err(|error| failure(&error, &what, limit))?;
        let status = response.status().as_u16();
        let bytes = match http::read_capped(response, ANSWER_LIMIT).await {
            Ok(bytes) => bytes,
            Err(ReadError::Broken(error)) => return Err(failure(&error, &what, limit)),
            Err(error @ ReadError::TooBig { .. }) => {
                return Err(CollectError::Answer { what, cause: error.to_string() });
            }
        };
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
fn failure(error: &reqwest::Error, what: &str, limit: Duration) -> CollectError {
    let what = what.to_owned();
    // Also before there is a connection: a node that is there and says nothing hangs.
    if error.is_timeout() {
        return CollectError::Timeout { what, seconds: limit.as_secs_f64() };
    }
    let cause = http::cause(error);
    if error.is_connect() || error.is_request() {
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
