//! Users' tickets into the core: read incrementally, masked, told apart from requests.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use rand::RngExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::core::CoreHandle;
use crate::api::{SourceHealth, Sources};
use crate::clock::{Clock, Stopwatch};
use crate::collect::otrs::{RawTicket, TicketReader, Watermark};
use crate::collect::poll::Polled;
use crate::collect::{CollectError, Samples, Target};
use crate::fold::Event;
use crate::model::{Batch, Channel, Text, Ticket, TicketClass};
use crate::otrs::{AdviceLevel, Client, Config, OtrsError};
use crate::store::Store;
use crate::telemetry::Metrics;
use crate::text;

/// Where the watermark is kept in the store.
const WATERMARK: &str = "otrs watermark";
/// Where the key that users are hashed with is kept.
const MASKING_KEY: &str = "masking key";
/// The longest text of a ticket that enters the core, characters.
const TEXT_LIMIT: usize = 4000;
/// The longest pause between attempts to read while the ticket system is in trouble.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The task that reads tickets.
#[derive(Debug)]
pub(super) struct TicketIntake {
    /// The ticket system.
    pub client: Arc<Client>,
    /// Where tickets go.
    pub core: CoreHandle,
    /// Where the watermark is kept.
    pub store: Store,
    /// The clock.
    pub clock: Arc<Clock>,
    /// What the pages say of the sources.
    pub sources: Sources,
    /// Counters.
    pub metrics: Metrics,
    /// Where the health of the ticket system goes as series.
    pub polled: mpsc::Sender<Polled>,
}

impl TicketIntake {
    /// Reads until told to stop. The watermark moves only when the tickets are committed; what is
    /// read twice is the same ticket and changes nothing.
    pub(super) async fn run(self, stop: CancellationToken) {
        let watermark = self.watermark().await;
        let key = self.masking_key().await;
        let mut reader = TicketReader::new(Arc::clone(&self.client), watermark);
        let mut target = Target::new("otrs", "otrs", "otrs");
        target.interval = self.client.config().interval;
        let mut samples = Samples::new(target.base_labels());
        let mut warnings = tokio::select! {
            () = stop.cancelled() => return,
            warnings = self.canary() => warnings,
        };
        let mut failures: u32 = 0;
        loop {
            let watch = Stopwatch::start();
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = reader.poll() => outcome,
            };
            let seconds = watch.seconds();
            let (count, error) = match outcome {
                Ok(tickets) => {
                    let count = tickets.len();
                    if self.take(tickets, &key).await
                        && let Some(watermark) = reader.watermark()
                    {
                        self.keep(watermark).await;
                    }
                    if warnings.is_none() {
                        warnings = tokio::select! {
                            () = stop.cancelled() => return,
                            warnings = self.canary() => warnings,
                        };
                    }
                    failures = 0;
                    (count, None)
                }
                Err(error) => {
                    failures = failures.saturating_add(1);
                    (0, Some(error))
                }
            };
            self.report(&mut samples, &target, (seconds, count), error, warnings.as_deref()).await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(pause(target.interval, failures)) => {}
            }
        }
    }

    /// Hands the tickets over; true when all of them are committed.
    async fn take(&self, raw: Vec<RawTicket>, key: &[u8; 32]) -> bool {
        let mut events = Vec::new();
        for raw in raw.into_iter().filter(|ticket| !ticket.ours && !is_over(ticket)) {
            let is_joined = !raw.problem.is_empty();
            let ticket = normalise(raw, key, self.client.config());
            // What belongs to a Problem already tells nothing new, unless it is no failure after all.
            if is_joined && ticket.class == TicketClass::Incident {
                continue;
            }
            let class = match ticket.class {
                TicketClass::Incident => "incident",
                TicketClass::Request => "request",
            };
            self.metrics.tickets.with_label_values(&[class]).inc();
            events.push(self.core.submit(Event::Ticket(Box::new(ticket))));
        }
        let outcomes = futures_util::future::join_all(events).await;
        outcomes.iter().all(Result::is_ok)
    }

    async fn watermark(&self) -> Option<Watermark> {
        match self.store.note(WATERMARK).await {
            Ok(saved) => saved.and_then(|saved| serde_json::from_slice(&saved).ok()),
            Err(error) => {
                tracing::warn!(%error, "reading tickets anew");
                None
            }
        }
    }

    async fn keep(&self, watermark: &Watermark) {
        let Ok(body) = serde_json::to_vec(watermark) else { return };
        if let Err(error) = self.store.set_note(WATERMARK, &body).await {
            tracing::warn!(%error, "watermark not saved; tickets will be read again");
        }
    }

    /// The key that users are hashed with: made once, kept in the store, so that a user counts as
    /// one person for ever and nobody without the store can tell who.
    async fn masking_key(&self) -> [u8; 32] {
        let mut key = [0_u8; 32];
        rand::Rng::fill_bytes(&mut rand::rng(), &mut key);
        match self.store.note(MASKING_KEY).await {
            Ok(Some(saved)) => {
                if let Ok(known) = saved.try_into() {
                    return known;
                }
            }
            Ok(None) => {}
            Err(error) => {
                // The kept one must not be lost to a store that does not answer just now.
                tracing::warn!(%error, "masking key unreadable; users count anew until a restart");
                return key;
            }
        }
        if let Err(error) = self.store.set_note(MASKING_KEY, &key).await {
            tracing::warn!(%error, "masking key not saved; users count anew after a restart");
        }
        key
    }

    /// Asks the ticket system the questions whose answers are known; what is wrong comes back.
    async fn canary(&self) -> Option<Vec<Text>> {
        match self.client.canary().await {
            Ok(advice) => {
                for one in &advice {
                    match one.level {
                        AdviceLevel::Warning => tracing::warn!("{}", one.text.en),
                        AdviceLevel::Error => tracing::error!("{}", one.text.en),
                    }
                }
                Some(advice.into_iter().map(|one| one.text).collect())
            }
            Err(error) => {
                tracing::warn!(%error, "the ticket system could not be checked");
                None
            }
        }
    }

    async fn report(
        &self,
        samples: &mut Samples,
        target: &Target,
        (seconds, count): (f64, usize),
        error: Option<OtrsError>,
        warnings: Option<&[Text]>,
    ) {
        let said = error.as_ref().map(OtrsError::text);
        let error = error.map(CollectError::from);
        let p95 = self.client.latency().p95;
        samples.push("vakhta_otrs_request_seconds", &[("quantile", "0.95")], p95);
        let pending = self.metrics.outbox_pending.with_label_values(&[Channel::Otrs.word()]).get();
        samples.push("vakhta_outbox_pending_seconds", &[("channel", "otrs")], pending);
        crate::collect::poll::health(samples, target, seconds, error.as_ref());
        let at = self.clock.now();
        let message = said.or_else(|| Text::joined(warnings.unwrap_or_default()));
        let health = SourceHealth {
            kind: target.kind.to_owned(),
            instance: target.instance.clone(),
            system: target.system.clone(),
            up: error.is_none(),
            offered: false,
            polled_at: Some(at),
            seconds,
            samples: count,
            message,
        };
        let name = format!("{}/{}", target.kind, target.instance);
        self.sources.write().unwrap_or_else(PoisonError::into_inner).insert(name, health);
        let batch = Batch {
            kind: target.kind,
            instance: target.instance.as_str().into(),
            at,
            samples: samples.take(),
        };
        // The detectors being gone means that the engine is stopping.
        drop(self.polled.send(Polled { batch, seconds, error, notes: Vec::new() }).await);
    }
}

fn is_over(ticket: &RawTicket) -> bool {
    matches!(ticket.state_type.as_str(), "closed" | "merged" | "removed")
}

/// A ticket system in trouble is asked less often, up to every [`LONGEST_PAUSE`], and not by the
/// clock's stroke.
fn pause(interval: Duration, failures: u32) -> Duration {
    let longest = interval.max(LONGEST_PAUSE);
    let doubled = interval.saturating_mul(1_u32 << failures.min(6)).min(longest);
    if failures == 0 { interval } else { doubled.mul_f64(rand::rng().random_range(1.0..=1.25)) }
}

/// Masks a ticket and tells whether it counts. Its type decides where the operator has said so;
/// else its words do.
fn normalise(raw: RawTicket, key: &[u8; 32], config: &Config) -> Ticket {
    let body = raw.first.map(|first| first.body).unwrap_or_default();
    // Masked before it is cut, so that no half of a name or number stays.
    let body: String = body.chars().take(2 * TEXT_LIMIT).collect();
    let title = text::mask_keyed(&raw.title, key).text;
    let body: String = text::mask_keyed(&body, key).text.chars().take(TEXT_LIMIT).collect();
    let is_request =
        config.request_types.contains(&raw.kind) || text::is_request(&title, &body).is_some();
    let user = if raw.customer_user.is_empty() {
        String::new()
    } else {
        text::hash_user(&raw.customer_user, key)
    };
    Ticket {
        id: raw.id,
        number: raw.number,
        title,
        text: body,
        class: if is_request { TicketClass::Request } else { TicketClass::Incident },
        queue: raw.queue,
        state_type: raw.state_type,
        user,
        mrf: Some(raw.mrf).filter(|mrf| !mrf.is_empty()),
        created: raw.created,
        changed: raw.changed,
    }
}
