//! Sending alerts. Every Alertmanager of a cluster gets every alert, as its documentation asks; one that takes
//! it is enough for it to count.

use std::collections::BTreeMap;

use serde::Serialize;

use super::config::Config;
use super::row::Raised;
use crate::escalate::delivery::{Deliver, DeliverError, Delivered, DeliveryContext};
use crate::model::{Effect, EffectKind, Text, Time};

/// An alert outlives a restart of ours: it ends by itself no sooner than this after it was last sent.
const SHORTEST_LIFE_MS: i64 = 180_000;
/// The most of an answer that is read; a list of silences is the longest.
const ANSWER_LIMIT: u64 = 4 << 20;

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
    pub async fn send(&self, alerts: &[&Raised], now: Time) -> Result<(), DeliverError> {
        let interval = i64::try_from(self.config.resend_interval.as_millis()).unwrap_or(60_000);
        let ahead = (interval * 4).max(SHORTEST_LIFE_MS);
        let alerts: Vec<PostableAlert<'_>> = alerts
            .iter()
            .map(|alert| PostableAlert {
                labels: &alert.labels,
                annotations: &alert.annotations,
                starts_at: alert.starts_at.to_string(),
                ends_at: alert.ends_at.unwrap_or_else(|| now.plus_millis(ahead)).to_string(),
                generator_url: alert.annotations.get("url").map_or("", String::as_str),
            })
            .collect();
        let mut taken = false;
        let mut last = DeliverError::Retry(Text::new(
            "Alertmanager не задан",
            "no Alertmanager is configured",
        ));
        for url in &self.config.urls {
            match self.post(&format!("{url}/api/v2/alerts"), &alerts).await {
                Ok(_) => taken = true,
                Err(error) => last = error,
            }
        }
        if taken { Ok(()) } else { Err(last) }
    }

    /// Sends a request and reads a short answer.
    pub(super) async fn post(
        &self,
        address: &str,
        body: &impl Serialize,
    ) -> Result<Vec<u8>, DeliverError> {
        self.ask(address, self.client.post(address).json(body)).await
    }

    /// The client.
    pub(super) fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Makes a request and reads a short answer.
    pub(super) async fn ask(
        &self,
        address: &str,
        request: reqwest::RequestBuilder,
    ) -> Result<Vec<u8>, DeliverError> {
        let request = request.timeout(self.config.timeout);
        let answer = request.send().await.map_err(|error| {
            let cause = crate::http::cause(&error);
            DeliverError::Retry(Text::new(
                format!("Alertmanager {address} недоступен: {cause}"),
                format!("cannot reach {address}: {cause}"),
            ))
        })?;
        let status = answer.status();
        let said = crate::http::read_capped(answer, ANSWER_LIMIT).await.unwrap_or_default();
        if status.is_success() {
            return Ok(said);
        }
        let said: String = String::from_utf8_lossy(&said).chars().take(500).collect();
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
        let reference = effect.case().to_string();
        match &effect.kind {
            EffectKind::Alert { labels, annotations, starts_at, ends_at } => {
                let alert = Raised {
                    labels: labels.clone(),
                    annotations: annotations.clone(),
                    starts_at: *starts_at,
                    ends_at: *ends_at,
                };
                // Not the moment it was decided: after a long outage that would be over already.
                self.send(&[&alert], context.now).await?;
            }
            EffectKind::Silence { until, by, comment } => {
                let order = super::silence::Order { case: &reference, until: *until, by, comment };
                self.silence(&order, context.now).await?;
            }
            _ => {
                return Err(DeliverError::Rejected(Text::new(
                    "это не оповещение",
                    "this is no alert",
                )));
            }
        }
        Ok(Delivered { reference, ticket: None })
    }
}
