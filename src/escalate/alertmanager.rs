//! Alerts by the API version 2 of Alertmanager.
//!
//! An alert is its labels: sending it again is harmless, and it must be sent again, because
//! Alertmanager resolves what it has not heard of for a while. Every Alertmanager of a cluster gets
//! every alert, as its documentation asks; one that takes it is enough for it to count.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;

use super::delivery::{Deliver, DeliverError, Delivered, DeliveryContext};
use crate::model::{Effect, EffectKind, Text, Time};

/// Where Alertmanager is and how often it hears of a lasting alert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Base addresses of all Alertmanagers of the cluster.
    pub urls: Vec<String>,
    /// A lasting alert is sent again this often.
    pub resend_interval: Duration,
    /// Patience with one request.
    pub timeout: Duration,
}

/// An alert outlives a restart of ours: it ends by itself no sooner than this after it was last sent.
const SHORTEST_LIFE_MS: i64 = 180_000;

/// The channel.
#[derive(Debug)]
pub struct AlertmanagerChannel {
    config: Config,
    client: reqwest::Client,
}

#[derive(Serialize)]
struct PostableAlert<'a> {
    labels: &'a BTreeMap<String, String>,
    annotations: &'a BTreeMap<String, String>,
    #[serde(rename = "startsAt")]
    starts_at: String,
    #[serde(rename = "endsAt")]
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: &'a str,
}

impl AlertmanagerChannel {
    /// Makes the channel with a client that has its time-outs set.
    #[must_use]
    pub fn new(config: Config, client: reqwest::Client) -> Self {
        Self { config, client }
    }

    /// The settings in force.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Sends alerts. What lasts gets an end a few intervals ahead: should we die, Alertmanager
    /// lets go of it by itself.
    ///
    /// # Errors
    /// When no Alertmanager took them.
    pub async fn send(&self, effects: &[&Effect], now: Time) -> Result<(), DeliverError> {
        let interval = i64::try_from(self.config.resend_interval.as_millis()).unwrap_or(60_000);
        let ahead = (interval * 4).max(SHORTEST_LIFE_MS);
        let alerts: Vec<PostableAlert<'_>> = effects
            .iter()
            .filter_map(|effect| {
                let EffectKind::Alert { labels, annotations, starts_at, ends_at } = &effect.kind
                else {
                    return None;
                };
                Some(PostableAlert {
                    labels,
                    annotations,
                    starts_at: starts_at.to_string(),
                    ends_at: ends_at.unwrap_or_else(|| now.plus_millis(ahead)).to_string(),
                    generator_url: annotations.get("url").map_or("", String::as_str),
                })
            })
            .collect();
        let mut taken = false;
        let mut last = DeliverError::Retry(Text::new(
            "Alertmanager не задан",
            "no Alertmanager is configured",
        ));
        for url in &self.config.urls {
            match self.post(url, &alerts).await {
                Ok(()) => taken = true,
                Err(error) => last = error,
            }
        }
        if taken { Ok(()) } else { Err(last) }
    }

    async fn post(&self, url: &str, alerts: &[PostableAlert<'_>]) -> Result<(), DeliverError> {
        let address = format!("{url}/api/v2/alerts");
        let request = self.client.post(&address).timeout(self.config.timeout).json(alerts);
        let answer = request.send().await.map_err(|error| {
            let cause = crate::http::cause(&error);
            DeliverError::Retry(Text::new(
                format!("Alertmanager {address} недоступен: {cause}"),
                format!("cannot reach {address}: {cause}"),
            ))
        })?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        let said = crate::http::read_capped(answer, 4096).await.unwrap_or_default();
        let said = String::from_utf8_lossy(&said).into_owned();
        let text = Text::new(
            format!("Alertmanager {address} ответил {status}: {said}"),
            format!("{address} answered {status}: {said}"),
        );
        Err(match status.as_u16() {
            400 | 422 => DeliverError::Rejected(text),
            401 | 403 => DeliverError::Auth(text),
            _ => DeliverError::Retry(text),
        })
    }
}

impl Deliver for AlertmanagerChannel {
    async fn deliver(
        &self,
        effect: &Effect,
        context: &DeliveryContext,
        _in_doubt: bool,
    ) -> Result<Delivered, DeliverError> {
        // Not the moment it was decided: after a long outage that would be over already.
        self.send(&[effect], context.now).await?;
        let EffectKind::Alert { labels, .. } = &effect.kind else {
            return Err(DeliverError::Rejected(Text::new("это не оповещение", "not an alert")));
        };
        let reference = labels.get("problem").cloned().unwrap_or_default();
        Ok(Delivered { reference, ticket: None })
    }
}

impl Config {
    /// Reads the section `alertmanager`: `urls`, `resend_interval` (1m), `timeout` (10s).
    pub fn read(reader: &mut crate::config::Reader<'_, '_>) -> Self {
        let urls = reader.strings("urls");
        if let Some(node) = reader.required("urls") {
            let parsed = |url: &String| reqwest::Url::parse(url).ok();
            let is_wrong = |url: &String| {
                parsed(url).is_none_or(|url| !matches!(url.scheme(), "http" | "https"))
            };
            let has_secret = |url: &String| parsed(url).is_some_and(|url| url.password().is_some());
            if urls.iter().any(has_secret) {
                let help = "let a proxy on this machine add it, or protect Alertmanager by network";
                let what = "a password does not belong into an address";
                reader.errors.error(&node.place, what, help);
            }
            if urls.is_empty() || urls.iter().any(is_wrong) {
                reader.wrong(node, "http:// or https:// addresses", "[http://127.0.0.1:9093]");
            }
        }
        let seconds = Duration::from_secs;
        Self {
            urls: urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            resend_interval: reader.duration("resend_interval").unwrap_or(seconds(60)),
            timeout: reader.duration("timeout").unwrap_or(seconds(10)),
        }
    }
}
