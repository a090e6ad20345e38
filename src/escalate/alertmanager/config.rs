//! Where Alertmanager is.

use std::time::Duration;

use crate::model::Message;

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
                reader.errors.error(&node.place, Message::new("check-alertmanager-password"));
            }
            if urls.is_empty() || urls.iter().any(is_wrong) {
                let expected = Message::new("check-expected-urls");
                reader.wrong(node, expected, "[http://127.0.0.1:9093]");
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
