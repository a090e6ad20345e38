//! Is an Alertmanager ready to take alerts? Asked as a source like any other, so that its silence
//! is a finding before an alert is lost.

use std::time::Duration;

use reqwest::Client;

use super::{Collect, CollectError, Samples};
use crate::http::{self, Failure};

/// The collector of one Alertmanager.
#[derive(Debug)]
pub struct Alertmanager {
    url: String,
    client: Client,
    timeout: Duration,
}

impl Alertmanager {
    /// Makes the collector; nothing is asked yet.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn new(url: &str, timeout: Duration) -> Result<Self, CollectError> {
        let client = http::client(timeout, timeout / 2).map_err(|error| CollectError::Answer {
            what: url.to_owned(),
            cause: error.to_string(),
        })?;
        Ok(Self { url: format!("{url}/-/ready"), client, timeout })
    }
}

impl Collect for Alertmanager {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let what = self.url.clone();
        let answer = match self.client.get(&self.url).send().await {
            Ok(answer) => answer,
            Err(error) => {
                let cause = http::cause(&error);
                return Err(match http::failure(&error) {
                    Failure::Connect => CollectError::Connect { what, cause },
                    Failure::Timeout => {
                        CollectError::Timeout { what, seconds: self.timeout.as_secs_f64() }
                    }
                    Failure::Answer => CollectError::Answer { what, cause },
                });
            }
        };
        let status = answer.status();
        if !status.is_success() {
            return Err(CollectError::Answer { what, cause: format!("it answered {status}") });
        }
        samples.push("vakhta_alertmanager_ready", &[], 1.0);
        Ok(())
    }
}
