//! Opening the case's ticket: look, create, complete what was left half-built, and close what
//! came out twice.

use serde_json::{Map, Value, json};

use super::super::delivery::{DeliverError, Delivered, TicketRef};
use super::note::article;
use super::{OtrsChannel, of_read};
use crate::model::{CaseId, Effect, Text, Time};
use crate::otrs::{
    Articles, Config, FIELD_LIMIT, OtrsError, TITLE_LIMIT, TicketRecord, cut, cut_keeping_end,
    marked_case, title_mark,
};

/// A creation takes up to 7 s under load; a row younger than this may still be at work.
const BUILD_SECONDS: u64 = 15;

/// How much older than the decision to open it a ticket may look.
const AGE_SLACK_SECONDS: u64 = 300;

/// Tickets that are looked at for one key or mark.
const TWIN_LIMIT: usize = 20;

/// What is to be opened.
pub(super) struct Order<'e> {
    pub(super) queue: &'e str,
    pub(super) priority: &'e str,
    pub(super) title: &'e str,
    pub(super) body: &'e str,
    pub(super) system: &'e str,
}

/// How many dynamic fields a creation carries: fewer when the peer refuses one of them, for a
/// ticket without a field is worth more than no ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fields {
    All,
    Keys,
    None,
}

impl Fields {
    const fn fewer(self) -> Option<Self> {
        match self {
            Self::All => Some(Self::Keys),
            Self::Keys => Some(Self::None),
            Self::None => None,
        }
    }
}

impl OtrsChannel {
    pub(super) async fn open(
        &self,
        effect: &Effect,
        order: &Order<'_>,
        now: Time,
    ) -> Result<Delivered, DeliverError> {
        let mut twins = self.find(effect, now).await.map_err(of_read)?;
        if twins.is_empty() {
            return self.create(effect, order).await;
        }
        let oldest = twins.remove(0);
        let ticket = TicketRef { id: oldest.id, number: oldest.number.clone() };
        self.complete(effect, order, oldest).await?;
        for twin in twins {
            self.close_twin(effect.case(), &ticket, &twin).await;
        }
        Ok(Delivered { reference: ticket.number.clone(), ticket: Some(ticket) })
    }

    /// The tickets of this effect, oldest first: by key, and by the mark in the title, which is
    /// there before the key. Each is read and checked, because the peer answers a search by an
    /// unknown field with everything.
    async fn find(&self, effect: &Effect, now: Time) -> Result<Vec<TicketRecord>, OtrsError> {
        let config = self.client.config();
        let mut ids = self.marked(effect.case()).await?;
        if let Some(field) = &config.fields.idempotency_key {
            let condition = json!([{"Name": field, "Equals": effect.key.to_string()}]);
            let query = json!({"DynamicField": condition, "Limit": TWIN_LIMIT});
            ids.extend(self.client.search(query).await?);
        }
        let mut found = self.readable(ids).await?;
        found.retain(|ticket| is_of(ticket, effect, now, config));
        Ok(found)
    }

    async fn marked(&self, case: CaseId) -> Result<Vec<u64>, OtrsError> {
        let title = format!("%{}%", title_mark(case));
        self.client.search(json!({"Title": title, "Limit": TWIN_LIMIT})).await
    }

    /// Reads tickets one by one, oldest first: a refused one would fail the whole list. The newest
    /// article is looked at, for the first one of a creation that died may be an empty shell.
    async fn readable(&self, mut ids: Vec<u64>) -> Result<Vec<TicketRecord>, OtrsError> {
        ids.sort_unstable();
        ids.dedup();
        let mut found = Vec::new();
        for id in ids {
            match self.client.get(&[id], Articles::Last).await {
                Ok(tickets) => found.extend(tickets),
                Err(error) if error.is_access_denied() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    async fn create(&self, effect: &Effect, order: &Order<'_>) -> Result<Delivered, DeliverError> {
        let config = self.client.config();
        let mut fields = Fields::All;
        loop {
            let request = request(config, effect, order, fields);
            let error = match self.client.create(request).await {
                Ok(written) => {
                    let ticket = TicketRef { id: written.id, number: written.number };
                    let reference = ticket.number.clone();
                    return Ok(Delivered { reference, ticket: Some(ticket) });
                }
                Err(error) => error,
            };
            // The peer checks everything before it creates: a rejection has done nothing.
            let is_of_field = matches!(
                &error,
                OtrsError::Rejected { message, .. } if message.contains("DynamicField")
            );
            let Some(fewer) = fields.fewer().filter(|_| is_of_field) else {
                return Err(error.into());
            };
            fields = fewer;
            tracing::error!(
                key = %effect.key, error = %error,
                "dynamic field refused, opening the ticket with fewer"
            );
        }
    }

    /// A creation that died leaves the row without article, fields or customer. What is missing is
    /// added, once the row is so old that nobody is still at work on it.
    async fn complete(
        &self,
        effect: &Effect,
        order: &Order<'_>,
        found: TicketRecord,
    ) -> Result<(), DeliverError> {
        let is_half_built = found.articles.is_empty() || found.customer_user.is_empty();
        if !is_half_built || found.is_merged() {
            return Ok(());
        }
        if found.age_seconds < BUILD_SECONDS {
            return Err(DeliverError::Unknown(Text::new(
                format!("Тикет {} ещё создаётся в ОТРС, проверим позже.", found.number),
                format!("ticket {} is still being built, looking again later", found.number),
            )));
        }
        let config = self.client.config();
        let mut change = Map::new();
        if found.articles.is_empty() {
            change.insert("Article".into(), first_article(order));
        }
        if found.customer_user.is_empty() {
            let customer = json!({"CustomerUser": config.customer_user});
            change.insert("Ticket".into(), customer);
        }
        let missing: Vec<Value> = field_values(config, effect, order, Fields::All)
            .into_iter()
            .filter(|(name, _)| found.field(Some(name)).is_empty())
            .map(|(name, value)| json!({"Name": name, "Value": value}))
            .collect();
        if !missing.is_empty() {
            change.insert("DynamicField".into(), Value::Array(missing));
        }
        self.client.update(found.id, Value::Object(change)).await?;
        Ok(())
    }

    /// Closes tickets of the case that were opened twice: a slow creation may appear after the
    /// next one was made, so this runs with every later note. What fails is tried next time.
    pub(super) async fn close_twins(&self, case: CaseId, keep: &TicketRef) {
        let outcome = async {
            let ids = self.marked(case).await?;
            if ids.iter().all(|id| *id == keep.id) {
                return Ok(Vec::new());
            }
            let mut found = self.readable(ids).await?;
            let config = self.client.config();
            let field = config.fields.idempotency_key.as_deref();
            let Some(kept) = found.iter().find(|ticket| ticket.id == keep.id) else {
                return Ok(Vec::new());
            };
            let key = kept.field(field).to_owned();
            let kept_age = kept.age_seconds;
            found.retain(|ticket| {
                let is_same = ticket.field(field) == key || ticket.field(field).is_empty();
                let is_newer = ticket.age_seconds <= kept_age.saturating_add(AGE_SLACK_SECONDS);
                ticket.id != keep.id && is_same && is_newer && is_marked(ticket, case, config)
            });
            Ok::<_, OtrsError>(found)
        };
        match outcome.await {
            Ok(twins) => {
                for twin in twins {
                    self.close_twin(case, keep, &twin).await;
                }
            }
            Err(error) => tracing::warn!(%case, error = %error, "duplicates not looked for"),
        }
    }

    async fn close_twin(&self, case: CaseId, keep: &TicketRef, twin: &TicketRecord) {
        if twin.is_over() {
            return;
        }
        let subject = format!("Дубль тикета {0}, закрыт {1}", keep.number, title_mark(case));
        let body = format!(
            "Тикет создан повторно из-за сбоя связи. Работа идёт в тикете {0}.\n\n\
             This ticket was opened twice because of a failure. Work goes on in ticket {0}.",
            keep.number
        );
        let state = &self.client.config().state_closed;
        let change = json!({"Ticket": {"State": state}, "Article": article(&subject, &body)});
        if let Err(error) = self.client.update(twin.id, change).await {
            tracing::warn!(ticket = twin.number, error = %error, "duplicate not closed");
        }
    }
}

fn is_marked(ticket: &TicketRecord, case: CaseId, config: &Config) -> bool {
    marked_case(&ticket.title) == Some(case) && config.is_our_type(&ticket.kind)
}

/// Ours by key; or by mark and type when it has no key (yet, or the field is not used). A ticket
/// older than the decision to open it is another's: a store that was lost, or a second site, counts
/// its cases from one again. Ages are the peer's own, so that neither clock nor zone matters.
fn is_of(ticket: &TicketRecord, effect: &Effect, now: Time, config: &Config) -> bool {
    let since_decided = u64::try_from((now.0 - effect.at.0).max(0) / 1_000).unwrap_or(0);
    if ticket.age_seconds > since_decided.saturating_add(AGE_SLACK_SECONDS) {
        return false;
    }
    let key = ticket.field(config.fields.idempotency_key.as_deref());
    match key.is_empty() {
        true => is_marked(ticket, effect.case(), config),
        false => key == effect.key.to_string(),
    }
}

fn request(config: &Config, effect: &Effect, order: &Order<'_>, fields: Fields) -> Value {
    let mut ticket = Map::new();
    let title = cut_keeping_end(&one_line(order.title), &title_mark(effect.case()), TITLE_LIMIT);
    ticket.insert("Title".into(), json!(title));
    ticket.insert("Queue".into(), json!(order.queue));
    ticket.insert("State".into(), json!(config.state_new));
    ticket.insert("Priority".into(), json!(order.priority));
    ticket.insert("CustomerUser".into(), json!(config.customer_user));
    if !config.ticket_type.is_empty() {
        ticket.insert("Type".into(), json!(config.ticket_type));
    }
    let values: Vec<Value> = field_values(config, effect, order, fields)
        .into_iter()
        .map(|(name, value)| json!({"Name": name, "Value": value}))
        .collect();
    let mut request = json!({"Ticket": ticket, "Article": first_article(order)});
    if let Value::Object(request) = &mut request
        && !values.is_empty()
    {
        request.insert("DynamicField".into(), Value::Array(values));
    }
    request
}

fn first_article(order: &Order<'_>) -> Value {
    let mut article = article(&cut(order.title, FIELD_LIMIT), order.body);
    if let Value::Object(article) = &mut article {
        article.insert("HistoryType".into(), json!("NewTicket"));
    }
    article
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Names and values of the dynamic fields to write, without those that are not configured.
fn field_values<'c>(
    config: &'c Config,
    effect: &Effect,
    order: &Order<'_>,
    fields: Fields,
) -> Vec<(&'c str, String)> {
    let names = &config.fields;
    let mut wanted = Vec::new();
    if fields != Fields::None {
        wanted.push((&names.idempotency_key, effect.key.to_string()));
        wanted.push((&names.problem_id, effect.case().to_string()));
    }
    if fields == Fields::All {
        wanted.push((&names.affected_system, order.system.to_owned()));
        wanted.push((&names.detected_at, config.timezone.write(effect.at)));
    }
    wanted
        .into_iter()
        .filter_map(|(name, value)| name.as_deref().map(|name| (name, cut(&value, FIELD_LIMIT))))
        .filter(|(_, value)| !value.is_empty())
        .collect()
}
