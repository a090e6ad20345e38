//! The incremental reader of tickets.
//!
//! The ticket system has no cursor: only «changed at or after this second», sorted. The reader
//! keeps a watermark, the largest change it has seen (never our clock), asks again from a little
//! before it, and drops what it has already handed over in the same form. A ticket is handed over
//! when it is new or changed and complete; one that is still being built comes when it is whole.
//! Nothing is lost by a change that happens while pages are being read: the watermark never moves
//! past the newest change that was there before the reading began.

mod raw;
#[cfg(test)]
mod tests;
mod watermark;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::CollectError;
use crate::model::{Text, Time};
use crate::otrs::{Articles, Client, GET_LIMIT, OtrsError, TicketRecord};

pub use raw::{FirstArticle, RawTicket, TicketChannel};
pub use watermark::Watermark;

use raw::Reading;
use watermark::Form;

/// How far before the watermark each search begins, milliseconds: covers changes that become
/// visible late and clocks of several servers that differ a little.
const OVERLAP: i64 = 5_000;

/// How the reader paces itself.
#[derive(Clone, Copy, Debug)]
struct Pace {
    /// Tickets a page; raised when a page holds a single second.
    page: usize,
    /// A first page of more tickets than this takes long to read: the horizon is asked for.
    few: usize,
    /// A page that took longer than this is not covered by the overlap alone.
    slow_page: Duration,
    /// The watermark is settled when the overlap was read once more this long after it was
    /// reached: longer than the overlap, so that its seconds are past. Later searches begin after
    /// it, so that a quiet system is not asked for the same tickets again and again.
    settle: Duration,
}

const PACE: Pace = Pace {
    page: 500,
    few: 100,
    slow_page: Duration::from_millis(2_500),
    settle: Duration::from_secs(6),
};

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
    pace: Pace,
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
            pace: PACE,
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
        *self = Self { pace: self.pace, ..Self::new(Arc::clone(&self.client), watermark) };
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
            pace: self.pace,
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
        } else if started.duration_since(self.reached_at) >= self.pace.settle {
            self.is_settled = true;
        }
        self.watermark = Some(mark);
        self.counts = counts;
        Ok(tickets)
    }

    /// The newest change there minus the look-back; `None` while there is no ticket.
    async fn first_mark(&self) -> Result<Option<Watermark>, OtrsError> {
        let look_back = self.client.config().look_back;
        let newest = newest_change(&self.client).await?;
        Ok(newest.map(|newest| Watermark::at(earlier(newest, look_back))))
    }
}

/// The newest change there; `None` while there is no ticket.
async fn newest_change(client: &Client) -> Result<Option<Time>, OtrsError> {
    let query = json!({"SortBy": ["Changed"], "OrderBy": ["Down"], "Limit": 1});
    let newest = client.search(query).await?;
    let Some(ticket) = client.get(&newest, Articles::None).await?.pop() else { return Ok(None) };
    raw::time(&client.config().timezone, &ticket.changed).map(Some)
}

/// The moment so much earlier, on a whole second at or before it.
fn earlier(at: Time, by: Duration) -> Time {
    let seconds = i64::try_from(by.as_millis().div_ceil(1_000)).unwrap_or(i64::MAX / 1_000);
    at.plus_millis(-seconds.saturating_mul(1_000))
}

/// A full page of a single second: only a larger one leads on.
fn larger(limit: usize) -> Result<usize, OtrsError> {
    if limit >= PAGE_LIMIT {
        let cause = format!("more than {limit} tickets changed within one second");
        return Err(OtrsError::Answer { what: "TicketSearch", cause });
    }
    Ok(limit * 4)
}

/// How far one poll may move the watermark.
#[derive(Clone, Copy, Debug)]
struct Horizon {
    /// A change before this happened before the poll began, so on a full page it shows how far
    /// the page reaches: a ticket that moved meanwhile has this time or a later one.
    surely_before: Time,
    /// The watermark's last place once the last page was read; the overlap covers the rest.
    latest: Time,
}

impl Horizon {
    /// From the newest change, known `passed` after the poll began: it may be younger by that.
    fn new(newest: Time, passed: Duration, pace: Pace) -> Self {
        let surely_before = earlier(newest, passed);
        let latest = if passed < pace.slow_page { newest } else { surely_before };
        Self { surely_before, latest }
    }
}

/// One poll at work: a copy of the watermark that is only kept when all went well.
struct Work<'c> {
    client: &'c Client,
    pace: Pace,
    mark: Watermark,
    read: BTreeMap<u64, Form>,
    denied: BTreeSet<u64>,
    tickets: Vec<RawTicket>,
    counts: PollCounts,
}

impl Work<'_> {
    /// Page after page from `start` until one is not full.
    ///
    /// While pages are being read, tickets go on changing, those that were read already among
    /// them. Whatever changes after the first search has the time of the horizon or a later one,
    /// so the watermark never passes the horizon: the next poll brings those changes.
    async fn pages(&mut self, start: Time) -> Result<(), OtrsError> {
        let mut from = start;
        let mut limit = self.pace.page;
        let asked = Instant::now();
        let mut ids = self.search(from, limit).await?;
        let is_long = ids.len() > self.pace.few || ids.len() >= limit;
        let horizon = if is_long { Some(self.horizon().await?) } else { None };
        loop {
            self.take(&ids).await?;
            let horizon = horizon.unwrap_or_else(|| self.newest_read(asked));
            let is_full = ids.len() >= limit;
            let reached = ids
                .iter()
                .filter_map(|id| self.read.get(id))
                .map(|form| form.changed)
                .filter(|changed| match is_full {
                    true => *changed < horizon.surely_before,
                    false => *changed <= horizon.latest,
                })
                .max();
            if let Some(reached) = reached {
                self.mark.changed = self.mark.changed.max(reached);
            }
            if !is_full {
                return Ok(());
            }
            match reached.filter(|reached| *reached > from) {
                Some(reached) => {
                    from = reached;
                    limit = self.pace.page;
                }
                None => limit = larger(limit)?,
            }
            if self.tickets.len() >= POLL_LIMIT {
                self.counts.more = true;
                return Ok(());
            }
            ids = self.search(from, limit).await?;
        }
    }

    /// The newest change there, asked for before anything is read.
    async fn horizon(&self) -> Result<Horizon, OtrsError> {
        let asked = Instant::now();
        let newest = newest_change(self.client).await?.unwrap_or(self.mark.changed);
        Ok(Horizon::new(newest, asked.elapsed(), self.pace))
    }

    /// The same for a short page, without asking: the newest change that was read since `asked`.
    fn newest_read(&self, asked: Instant) -> Horizon {
        let newest = self.read.values().map(|form| form.changed).max();
        Horizon::new(newest.unwrap_or(self.mark.changed), asked.elapsed(), self.pace)
    }

    /// Reads the tickets that were unfinished last time and did not come by themselves.
    async fn unfinished(&mut self) -> Result<(), OtrsError> {
        let ids: Vec<u64> = self.mark.unfinished.iter().copied().collect();
        self.take(&ids).await?;
        let read = &self.read;
        self.mark.unfinished.retain(|id| read.contains_key(id));
        Ok(())
    }

    async fn search(&self, from: Time, limit: usize) -> Result<Vec<u64>, OtrsError> {
        let zone = &self.client.config().timezone;
        let mut query = Map::new();
        query.insert("TicketLastChangeTimeNewerDate".into(), json!(zone.write(from)));
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
            let form = reading.form();
            let id = reading.ticket.id;
            self.read.insert(id, form);
            if !reading.ticket.is_complete && reading.age_seconds < BUILD_SECONDS {
                self.mark.unfinished.insert(id);
                continue;
            }
            let was_unfinished = self.mark.unfinished.remove(&id);
            if was_unfinished || !self.mark.has_seen(id, form) {
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
                let remedy = Text::new(
                    "Проверьте пользователя и пароль.",
                    "check user and password of the ticket system",
                );
                Self::Access { what, cause, remedy }
            }
            other => Self::Answer { what, cause: other.to_string() },
        }
    }
}
