//! Scrapes one Prometheus endpoint.
//!
//! The page is read as it arrives: what came before a failure is kept, and neither a huge page nor
//! a compressed bomb takes memory.

#[cfg(test)]
mod tests;

use std::time::Duration;

use reqwest::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use reqwest::{Client, Response, StatusCode};

use crate::config::Secret;
use crate::http::{self, Failure, ReadError};
use crate::model::Text;

use super::exposition::{Dialect, Parser, Report, into_samples};
use super::{Collect, CollectError, Samples};

/// The page that may be read unless the configuration says otherwise: 32 MiB, decompressed.
pub const MAX_BYTES: u64 = 32 << 20;

/// OpenMetrics if the other side has it, else the text format, else whatever it has; names in UTF-8
/// where the other side can write them, as Prometheus 3 asks.
const ACCEPTED: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,\
    application/openmetrics-text;version=1.0.0;q=0.9,\
    text/plain;version=1.0.0;escaping=allow-utf-8;q=0.6,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1";

/// The longest wait for a connection; a host that is down is known sooner than a hung one.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

/// One endpoint.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The address of the page, as `http://host:9100/metrics`.
    pub url: String,
    /// The user for basic authentication.
    pub username: Option<String>,
    /// The password for basic authentication.
    pub password: Option<Secret>,
    /// A bearer token, used when there is no user.
    pub bearer: Option<Secret>,
    /// The most bytes of a page, decompressed.
    pub max_bytes: u64,
    /// How long one scrape may take.
    pub timeout: Duration,
}

/// The collector of one endpoint.
#[derive(Debug)]
pub struct Prometheus {
    config: Config,
    client: Client,
}

impl Prometheus {
    /// Makes the collector; nothing is asked yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(config: Config) -> Result<Self, CollectError> {
        let connect = CONNECT_LIMIT.min(config.timeout / 2);
        match http::client(config.timeout, connect) {
            Ok(client) => Ok(Self { config, client }),
            Err(error) => {
                Err(CollectError::Connect { what: config.url, cause: http::cause(&error) })
            }
        }
    }

    async fn ask(&self) -> Result<Response, CollectError> {
        let mut request = self.client.get(&self.config.url).header(ACCEPT, ACCEPTED).header(
            "X-Prometheus-Scrape-Timeout-Seconds",
            self.config.timeout.as_secs_f64().to_string(),
        );
        if let Some(username) = &self.config.username {
            let password = self.config.password.as_ref().map(Secret::reveal);
            request = request.basic_auth(username, password);
        } else if let Some(bearer) = &self.config.bearer {
            request = request.bearer_auth(bearer.reveal());
        }
        let response = request.send().await.map_err(|error| self.failed(&error))?;
        match response.status() {
            StatusCode::OK => Ok(response),
            status => Err(self.refused(status, &response)),
        }
    }

    fn refused(&self, status: StatusCode, response: &Response) -> CollectError {
        let what = self.config.url.clone();
        let is_access = matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::PROXY_AUTHENTICATION_REQUIRED
        );
        if is_access {
            let remedy = Text::new(
                "Проверьте имя и пароль или токен и их права на чтение.",
                "check its user and password or token, and what they may read",
            );
            return CollectError::Access { what, cause: format!("status {status}"), remedy };
        }
        let target = response.headers().get(LOCATION).and_then(|target| target.to_str().ok());
        let cause = match target {
            Some(target) if status.is_redirection() => {
                format!("status {status}: it points to {target}; configure the final address")
            }
            _ => format!("status {status}; check the path of the address"),
        };
        CollectError::Answer { what, cause }
    }

    fn failed(&self, error: &reqwest::Error) -> CollectError {
        let what = self.config.url.clone();
        match http::failure(error) {
            Failure::Connect => CollectError::Connect { what, cause: http::cause(error) },
            Failure::Timeout => {
                CollectError::Timeout { what, seconds: self.config.timeout.as_secs_f64() }
            }
            Failure::Answer => CollectError::Answer { what, cause: http::cause(error) },
        }
    }

    fn unusable(&self, cause: impl Into<String>) -> CollectError {
        CollectError::Answer { what: self.config.url.clone(), cause: cause.into() }
    }

    /// Reads the page into the samples; the report covers what arrived, whole or not.
    async fn read(
        &self,
        response: Response,
        dialect: Dialect,
        samples: &mut Samples,
    ) -> (Report, Result<(), CollectError>) {
        let mut parser = Parser::new(dialect);
        let mut sink = into_samples(samples);
        let limit = self.config.max_bytes;
        match http::read_each(response, limit, |chunk| parser.feed(chunk, &mut sink)).await {
            Ok(_) => (parser.finish(&mut sink), Ok(())),
            Err(ReadError::Broken(error)) => (parser.abandon(), Err(self.failed(&error))),
            Err(error @ ReadError::TooBig { .. }) => {
                (parser.abandon(), Err(self.unusable(error.to_string())))
            }
        }
    }
}

impl Collect for Prometheus {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let response = self.ask().await?;
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type.map_or("", |value| value.to_str().unwrap_or("unreadable"));
        let dialect = dialect(content_type).ok_or_else(|| {
            self.unusable(format!("its content type is {content_type}; check the path"))
        })?;
        let (report, outcome) = self.read(response, dialect, samples).await;
        samples.push("vakhta_scrape_bad_lines", &[], number(report.bad_lines));
        let histograms = number(report.native_histograms);
        samples.push("vakhta_scrape_skipped_native_histograms", &[], histograms);
        outcome?;
        match report.first_bad.first() {
            Some(bad) if report.samples == 0 => Err(self.unusable(format!(
                "none of its lines can be read; line {}: {}",
                bad.line, bad.reason
            ))),
            _ => Ok(()),
        }
    }
}

/// The format that a content type announces. Without any it is taken for the text format, which
/// small exporters often do not announce.
fn dialect(content_type: &str) -> Option<Dialect> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match kind.as_str() {
        "application/openmetrics-text" => Some(Dialect::OpenMetrics),
        "" | "text/plain" => Some(Dialect::Text),
        _ => None,
    }
}

fn number(count: u64) -> f64 {
    u32::try_from(count).unwrap_or(u32::MAX).into()
}

impl Config {
    /// Reads the keys of this source: `url`, `username` with `password_file` or `password_env`,
    /// `bearer_file` or `bearer_env`, `max_size` (32MiB).
    pub fn read(reader: &mut crate::config::Reader<'_, '_>, timeout: Duration) -> Self {
        let url = reader.url("url");
        if url.is_none() {
            reader.required("url");
        }
        Self {
            url: url.unwrap_or_default(),
            username: reader.string("username"),
            password: reader.secret("password", "password_file", "password_env"),
            bearer: reader.secret("bearer", "bearer_file", "bearer_env"),
            max_bytes: reader.bytes("max_size").unwrap_or(32 << 20),
            timeout,
        }
    }
}
