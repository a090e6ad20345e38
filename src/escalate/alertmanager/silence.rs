//! Silences: a case that somebody has taken pages nobody else. The alert stays what it is, only its paging
//! stops.

use serde::Deserialize;
use serde_json::json;

use super::send::AlertmanagerChannel;
use crate::escalate::delivery::DeliverError;
use crate::model::{Text, Time};

/// What our silences begin with, so that they are found again.
const MARK: &str = "Vakhta";

/// A silence to be set, or (with its end in the past) to be lifted.
pub(super) struct Order<'e> {
    pub(super) case: &'e str,
    pub(super) until: Time,
    pub(super) by: &'e str,
    pub(super) comment: &'e str,
}

#[derive(Deserialize)]
struct Silence {
    id: String,
    status: Status,
    comment: String,
    #[serde(rename = "endsAt")]
    ends_at: String,
}

#[derive(Deserialize)]
struct Status {
    state: String,
}

impl AlertmanagerChannel {
    /// Makes the case's silence what it should be, on one member: a cluster tells the others. What is there is
    /// looked for first, so doing it again changes nothing.
    pub(super) async fn silence(&self, order: &Order<'_>, now: Time) -> Result<(), DeliverError> {
        let mut last = DeliverError::Retry(Text::new(
            "Alertmanager не задан",
            "no Alertmanager is configured",
        ));
        for url in &self.config().urls {
            match self.silence_at(url, order, now).await {
                Ok(()) => return Ok(()),
                Err(error) => last = error,
            }
        }
        Err(last)
    }

    async fn silence_at(
        &self,
        url: &str,
        order: &Order<'_>,
        now: Time,
    ) -> Result<(), DeliverError> {
        let ours = self.our_silences(url, order.case).await?;
        let is_as_wanted = |silence: &Silence| {
            Time::parse_rfc3339(&silence.ends_at)
                .is_some_and(|ends| (ends.0 - order.until.0).abs() < 1_000)
        };
        let is_lasting = order.until > now;
        let mut is_there = false;
        for silence in &ours {
            if is_lasting && !is_there && is_as_wanted(silence) {
                is_there = true;
                continue;
            }
            let address = format!("{url}/api/v2/silence/{}", silence.id);
            self.ask(&address, self.client().delete(&address)).await?;
        }
        if !is_lasting || is_there {
            return Ok(());
        }
        let body = json!({
            "matchers": [{"name": "problem", "value": order.case, "isRegex": false, "isEqual": true}],
            "startsAt": now.to_string(),
            "endsAt": order.until.to_string(),
            "createdBy": order.by,
            "comment": format!("{MARK} {}: {}", order.case, order.comment),
        });
        self.post(&format!("{url}/api/v2/silences"), &body).await?;
        Ok(())
    }

    async fn our_silences(&self, url: &str, case: &str) -> Result<Vec<Silence>, DeliverError> {
        let address = format!("{url}/api/v2/silences?filter=problem%3D%22{case}%22");
        let said = self.ask(&address, self.client().get(&address)).await?;
        let found: Vec<Silence> = serde_json::from_slice(&said).map_err(|error| {
            DeliverError::Retry(Text::new(
                format!("Alertmanager {address} ответил непонятно: {error}"),
                format!("{address} gave an answer that cannot be read: {error}"),
            ))
        })?;
        let mark = format!("{MARK} {case}:");
        let is_ours = |silence: &Silence| {
            silence.status.state != "expired" && silence.comment.starts_with(&mark)
        };
        Ok(found.into_iter().filter(is_ours).collect())
    }
}
