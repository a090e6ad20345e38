//! Users' tickets into the core: read incrementally, masked, told apart from requests.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Stopwatch};
use crate::collect::otrs::{RawTicket, TicketChannel, TicketReader, Watermark};
use crate::collect::poll::Polled;
use crate::collect::{CollectError, Samples, SourceHealth, Sources, Target};
use crate::engine::EngineHandle;
use crate::fold::Event;
use crate::model::{Batch, Channel, Text, Ticket, TicketClass, Time};
use crate::otrs::{AdviceLevel, Client, Config, OtrsError};
use crate::store::{Store, TicketText};
use crate::telemetry::Metrics;
use crate::text;

/// Where the watermark is kept in the store.
const WATERMARK: &str = "otrs watermark";
/// Where the key that users are hashed with is kept.
const MASKING_KEY: &str = "masking key";
/// The longest text of a ticket that enters the core, characters.
const TEXT_LIMIT: usize = 4000;
/// How often the engine hears up to when tickets have been read, if nothing else happens.
const READ_MS: i64 = 10_000;
/// The longest pause between attempts to read while the ticket system is in trouble.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The task that reads tickets.
#[derive(Debug)]
pub(super) struct TicketIntake {
    /// The ticket system.
    pub client: Arc<Client>,
    /// Where tickets go.
    pub engine: EngineHandle,
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
        let mut said_at = Time::default();
        loop {
            let began = self.clock.now();
            let timer = Stopwatch::start();
            let outcome = tokio::select! {
                () = stop.cancelled() => return,
                outcome = reader.poll() => outcome,
            };
            let seconds = timer.seconds();
            let (count, error) = match outcome {
                Ok(tickets) => {
                    let count = tickets.len();
                    if self.take(tickets, &key).await {
                        if let Some(watermark) = reader.watermark() {
                            self.keep(watermark).await;
                        }
                        if began.0 - said_at.0 >= READ_MS {
                            said_at = began;
                            self.say_read(began).await;
                        }
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

    /// Every ticket written before `at` is committed: what waits to be sure that users are silent may end.
    async fn say_read(&self, at: Time) {
        if let Err(error) = self.engine.submit(Event::TicketsRead { up_to: at }).await {
            tracing::info!(%error, "not told how far tickets were read");
        }
    }

    /// Hands the tickets over; true when all of them are committed. What they say is kept first: a crash after that
    /// brings them again, and the same text takes its place. A ticket whose text could not be kept counts all the same.
    pub(super) async fn take(&self, raw: Vec<RawTicket>, key: &[u8; 32]) -> bool {
        let mut events = Vec::new();
        let mut tickets: Vec<Ticket> = raw
            .into_iter()
            .filter(|ticket| !ticket.ours)
            .map(|raw| normalise(raw, key, self.client.config()))
            .collect();
        let texts: Vec<TicketText> = tickets.iter().filter_map(TicketText::of).collect();
        if let Err(error) = self.store.keep_texts(&texts).await {
            tracing::warn!(%error, "tickets are shown without their texts");
        }
        // In the order they were written: what is usual is learned from them.
        tickets.sort_by_key(|ticket| (ticket.created, ticket.id));
        for ticket in tickets {
            // What belongs to a case already tells nothing new while it is open and a failure.
            let is_news =
                ticket.class == TicketClass::Request || ticket.is_closed() || ticket.is_void();
            if !ticket.joined_to.is_empty() && !is_news {
                continue;
            }
            let class = match ticket.class {
                TicketClass::Incident => "incident",
                TicketClass::Request => "request",
            };
            self.metrics.tickets.with_label_values(&[class]).inc();
            events.push(self.engine.submit(Event::Ticket(Box::new(ticket))));
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
        let pending =
            self.metrics.outbox_pending.with_label_values(&[Channel::Otrs.as_str()]).get();
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
        self.sources.put(health);
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
    // What line 1 registers by phone under its own login is not one user's.
    let is_nobody = raw.customer_user.is_empty()
        || (raw.channel == Some(TicketChannel::Phone) && raw.customer_user == config.user);
    let user = if is_nobody { String::new() } else { text::hash_user(&raw.customer_user, key) };
    Ticket {
        id: raw.id,
        number: raw.number,
        title,
        text: body,
        class: if is_request { TicketClass::Request } else { TicketClass::Incident },
        queue: raw.queue,
        state_type: raw.state_type,
        user,
        channel: raw.channel.map_or("", TicketChannel::as_str).to_owned(),
        service: raw.service,
        step: String::new(),
        joined_to: raw.problem,
        mrf: Some(raw.mrf).filter(|mrf| !mrf.is_empty()),
        created: raw.created,
        changed: raw.changed,
    }
}
