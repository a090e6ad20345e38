//! The incremental reader of tickets.
//!
//! The ticket system has no cursor: only «changed at or after this second», sorted. The reader
//! keeps a watermark, the largest change it has seen (never our clock), asks again from a little
//! before it, and drops what it has already handed over in the same form. A ticket is handed over
//! when it is new or changed and complete; one that is still being built comes when it is whole.
//! Nothing is lost by a change that happens while a long page is being read: before the watermark
//! moves past such a page, the span behind it is asked for once more.

mod raw;
mod watermark;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::CollectError;
use crate::model::Time;
use crate::otrs::{Articles, Client, GET_LIMIT, OtrsError, TicketRecord};

pub use raw::{FirstArticle, RawTicket, TicketChannel};
pub use watermark::Watermark;

use raw::Reading;

/// How far before the watermark each search begins, milliseconds: covers changes that become
/// visible late and clocks of several servers that differ a little.
const OVERLAP: i64 = 5_000;

/// A page that took longer than this may have been overtaken by changes behind the watermark.
const SLOW_PAGE: Duration = Duration::from_millis(2_500);

/// The watermark is settled when the overlap was read once more this long after it was reached.
const SETTLE: Duration = Duration::from_secs(6);

/// Tickets a page; raised when a page holds a single second.
const PAGE: usize = 500;

/// The largest page: a bulk change of more tickets than this in one second cannot be read.
const PAGE_LIMIT: usize = 128_000;

/// A poll ends after the page that brings it here, and says that there is more.
const POLL_LIMIT: usize = 2_000;

/// How long a ticket may take to be built, seconds by the server's clock; afterwards it is handed
/// over as it is.
const BUILD_SECONDS: u64 = 60;

/// What one poll did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollCounts {
    /// Tickets that were read, the overlap's among them.
    pub read: usize,
    /// Tickets handed over.
    pub delivered: usize,
    /// Tickets still being built, to come later.
    pub unfinished: usize,
    /// Tickets found and then refused: moved out of our sight meanwhile.
    pub denied: usize,
    /// Whether there is more to read at once.
    pub more: bool,
}

/// Reads new and changed tickets, poll by poll.
#[derive(Debug)]
pub struct TicketReader {
    client: Arc<Client>,
    watermark: Option<Watermark>,
    counts: PollCounts,
    reached_at: Instant,
    is_settled: bool,
}

impl TicketReader {
    /// Starts after a saved watermark, or without one at the newest change there minus the
    /// configured look-back.
    #[must_use]
    pub fn new(client: Arc<Client>, watermark: Option<Watermark>) -> Self {
        Self {
            client,
            watermark,
            counts: PollCounts::default(),
            reached_at: Instant::now(),
            is_settled: false,
        }
    }

    /// What to save once the tickets of the last poll are safely stored; with it a reader goes on
    /// exactly here. `None` until the first ticket was seen.
    #[must_use]
    pub fn watermark(&self) -> Option<&Watermark> {
        self.watermark.as_ref()
    }

    /// Goes back to a saved watermark: the tickets after it come again.
    pub fn restore(&mut self, watermark: Option<Watermark>) {
        *self = Self::new(Arc::clone(&self.client), watermark);
    }

    /// What the last successful poll did.
    #[must_use]
    pub fn counts(&self) -> PollCounts {
        self.counts
    }

    /// Reads what is new or changed, oldest change first. After an error nothing has moved: the
    /// next poll brings the same again.
    ///
    /// # Errors
    /// When the ticket system is away, refuses us, or answers unusably.
    pub async fn poll(&mut self) -> Result<Vec<RawTicket>, OtrsError> {
        let mark = match &self.watermark {
            Some(mark) => mark.clone(),
            None => match self.first_mark().await? {
                Some(mark) => mark,
                None => {
                    self.counts = PollCounts::default();
                    return Ok(Vec::new());
                }
            },
        };
        let started = Instant::now();
        let before = mark.changed;
        let zone = &self.client.config().timezone;
        let start = match self.is_settled {
            true => zone.safe_start(before.plus_millis(1_000)),
            false => zone.safe_start(before.plus_millis(-OVERLAP)),
        };
        let mut work = Work {
            client: &self.client,
            mark,
            read: BTreeMap::new(),
            denied: BTreeSet::new(),
            tickets: Vec::new(),
            counts: PollCounts::default(),
        };
        work.pages(start).await?;
        work.unfinished().await?;
        let Work { mut mark, read, denied, mut tickets, mut counts, .. } = work;

        mark.keep(read, zone.safe_start(mark.changed.plus_millis(-OVERLAP)));
        counts.delivered = tickets.len();
        counts.denied = denied.len();
        counts.unfinished = mark.unfinished.len();
        tickets.sort_by_key(|ticket| (ticket.changed, ticket.id));
        if mark.changed > before || self.watermark.is_none() {
            self.reached_at = Instant::now();
            self.is_settled = false;
        } else if started.duration_since(self.reached_at) >= SETTLE {
            self.is_settled = true;
        }
        self.watermark = Some(mark);
        self.counts = counts;
        Ok(tickets)
    }

    /// The newest change there minus the look-back; `None` while there is no ticket.
    async fn first_mark(&self) -> Result<Option<Watermark>, OtrsError> {
        let newest = json!({"SortBy": ["Changed"], "OrderBy": ["Down"], "Limit": 1});
        let newest = self.client.search(newest).await?;
        let Some(ticket) = self.client.get(&newest, Articles::None).await?.pop() else {
            return Ok(None);
        };
        let config = self.client.config();
        let changed = raw::time(&config.timezone, &ticket.changed)?;
        let look_back = i64::try_from(config.look_back.as_millis()).unwrap_or(i64::MAX);
        Ok(Some(Watermark::at(changed.plus_millis(-look_back))))
    }
}

/// One poll at work: a copy of the watermark that is only kept when all went well.
struct Work<'c> {
    client: &'c Client,
    mark: Watermark,
    read: BTreeMap<u64, (Time, u64)>,
    denied: BTreeSet<u64>,
    tickets: Vec<RawTicket>,
    counts: PollCounts,
}

impl Work<'_> {
    /// Page after page from `start` until one is not full.
    async fn pages(&mut self, start: Time) -> Result<(), OtrsError> {
        let mut from = start;
        let mut limit = PAGE;
        loop {
            let asked = Instant::now();
            let ids = self.search(from, None, limit).await?;
            self.take(&ids).await?;
            let is_full = ids.len() >= limit;
            let reached = match is_full {
                true => ids.iter().rev().find_map(|id| self.read.get(id)).map(|(at, _)| *at),
                false => self.read.values().map(|(at, _)| *at).max(),
            };
            let Some(reached) = reached else { return Ok(()) };
            if is_full || asked.elapsed() >= SLOW_PAGE {
                self.look_behind(from, reached).await?;
            }
            self.mark.changed = self.mark.changed.max(reached);
            if !is_full {
                return Ok(());
            }
            if reached > from {
                from = reached;
                limit = PAGE;
            } else {
                limit = self.larger(limit)?;
            }
            if self.tickets.len() >= POLL_LIMIT {
                self.counts.more = true;
                return Ok(());
            }
        }
    }

    /// A full page of a single second: only a larger one leads on.
    fn larger(&self, limit: usize) -> Result<usize, OtrsError> {
        if limit >= PAGE_LIMIT {
            let cause = format!("more than {limit} tickets changed within one second");
            return Err(OtrsError::Answer { what: "TicketSearch", cause });
        }
        Ok(limit * 4)
    }

    /// Reads what changed before `reached` and was not on the page: a ticket that changes while
    /// the page is being read shows a later time than the page's end.
    async fn look_behind(&mut self, from: Time, reached: Time) -> Result<(), OtrsError> {
        let until = reached.plus_millis(-1_000);
        // After the first round everything before `reached` is past, so the second finds nothing.
        for _ in 0..4 {
            if until < from {
                return Ok(());
            }
            let ids = self.search(from, Some(until), PAGE_LIMIT).await?;
            if ids.iter().all(|id| self.is_known(*id)) {
                return Ok(());
            }
            self.take(&ids).await?;
        }
        let cause = "tickets before the watermark keep changing; check the server's clock";
        Err(OtrsError::Answer { what: "TicketSearch", cause: cause.to_owned() })
    }

    /// Reads the tickets that were unfinished last time and did not come by themselves.
    async fn unfinished(&mut self) -> Result<(), OtrsError> {
        let ids: Vec<u64> = self.mark.unfinished.iter().copied().collect();
        self.take(&ids).await?;
        let read = &self.read;
        self.mark.unfinished.retain(|id| read.contains_key(id));
        Ok(())
    }

    async fn search(
        &self,
        from: Time,
        until: Option<Time>,
        limit: usize,
    ) -> Result<Vec<u64>, OtrsError> {
        let zone = &self.client.config().timezone;
        let mut query = Map::new();
        query.insert("TicketLastChangeTimeNewerDate".into(), json!(zone.write(from)));
        if let Some(until) = until {
            query.insert("TicketLastChangeTimeOlderDate".into(), json!(zone.write(until)));
        }
        query.insert("SortBy".into(), json!(["Changed", "TicketNumber"]));
        query.insert("OrderBy".into(), json!(["Up", "Up"]));
        query.insert("Limit".into(), json!(limit));
        self.client.search(Value::Object(query)).await
    }

    fn is_known(&self, id: u64) -> bool {
        self.read.contains_key(&id) || self.denied.contains(&id)
    }

    /// Reads those of the tickets that this poll has not read, and keeps what is new in them.
    async fn take(&mut self, ids: &[u64]) -> Result<(), OtrsError> {
        let unread: Vec<u64> = ids.iter().copied().filter(|id| !self.is_known(*id)).collect();
        let newest = self.get(&unread, Articles::Last).await?;
        self.counts.read += newest.len();
        let mut readings = Vec::new();
        for record in newest {
            let reading = Reading::of(record, self.client.config())?;
            let known = (reading.ticket.changed, reading.ticket.last_article);
            let id = reading.ticket.id;
            self.read.insert(id, known);
            if !reading.ticket.is_complete && reading.age_seconds < BUILD_SECONDS {
                self.mark.unfinished.insert(id);
                continue;
            }
            let was_unfinished = self.mark.unfinished.remove(&id);
            if was_unfinished || !self.mark.has_seen(id, known) {
                readings.push(reading);
            }
        }
        let grown: BTreeSet<u64> =
            readings.iter().filter(|r| r.needs_first).map(|r| r.ticket.id).collect();
        let grown: Vec<u64> = grown.into_iter().collect();
        let mut first: BTreeMap<u64, TicketRecord> =
            self.get(&grown, Articles::First).await?.into_iter().map(|r| (r.id, r)).collect();
        for reading in readings {
            let record = first.remove(&reading.ticket.id);
            self.tickets.push(reading.with_first(record, self.client.config()));
        }
        Ok(())
    }

    /// Tickets in batches, in the order asked for; the client holds the number in flight.
    async fn get(
        &mut self,
        ids: &[u64],
        articles: Articles,
    ) -> Result<Vec<TicketRecord>, OtrsError> {
        let client = self.client;
        let batches: Vec<(Vec<TicketRecord>, Vec<u64>)> =
            stream::iter(ids.chunks(GET_LIMIT).map(<[u64]>::to_vec))
                .map(|batch| get_readable(client, batch, articles))
                .buffered(2)
                .try_collect()
                .await?;
        let mut all = Vec::with_capacity(ids.len());
        for (records, denied) in batches {
            all.extend(records);
            self.denied.extend(denied);
        }
        Ok(all)
    }
}

/// Reads a batch. One ticket that is refused or too large fails the whole there, so such a batch
/// is halved until the ticket is alone: a refused one is named, a huge one read without its text.
async fn get_readable(
    client: &Client,
    batch: Vec<u64>,
    articles: Articles,
) -> Result<(Vec<TicketRecord>, Vec<u64>), OtrsError> {
    let mut parts = vec![batch];
    let mut records = Vec::new();
    let mut denied = Vec::new();
    while let Some(part) = parts.pop() {
        let error = match client.get(&part, articles).await {
            Ok(found) => {
                records.extend(found);
                continue;
            }
            Err(error) => error,
        };
        let is_huge = matches!(error, OtrsError::TooLarge { .. });
        if !is_huge && !error.is_access_denied() {
            return Err(error);
        }
        if let [id] = part.as_slice() {
            match is_huge {
                true => records.extend(client.get(&[*id], Articles::None).await?),
                false => denied.push(*id),
            }
            continue;
        }
        let (left, right) = part.split_at(part.len() / 2);
        parts.push(right.to_vec());
        parts.push(left.to_vec());
    }
    Ok((records, denied))
}

impl From<OtrsError> for CollectError {
    fn from(error: OtrsError) -> Self {
        let what = "the ticket system".to_owned();
        match error {
            OtrsError::Timeout { seconds, .. } => Self::Timeout { what, seconds },
            OtrsError::Connect { cause, .. } | OtrsError::Closed { cause, .. } => {
                Self::Connect { what, cause }
            }
            OtrsError::Auth { cause, .. } => {
                let remedy = "check user and password of the ticket system".to_owned();
                Self::Access { what, cause, remedy }
            }
            other => Self::Answer { what, cause: other.to_string() },
        }
    }
}
