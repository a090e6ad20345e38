//! The client of the ticket system: OTRS 6 and its fork Znuny, by their REST web service.
//!
//! It knows the peer's ways (sessions, four shapes of errors, ids of two types, times without an
//! offset, field limits) and nothing of incidents or Problems. At most two requests are in flight,
//! reader and delivery together. It never writes the password or a session into a log or an
//! address. Public protocol: the Generic Interface of OTRS/Znuny, `Operation::Ticket::*`.

mod canary;
mod config;
mod error;
#[cfg(test)]
pub(crate) mod stub;
#[cfg(test)]
mod tests;
mod text;
mod transport;
mod wire;
mod zone;

use serde_json::{Map, Value, json};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;

pub use canary::{Advice, AdviceLevel};
pub use config::{Config, DynamicFields, Route, Routes};
pub use error::OtrsError;
pub use text::{FIELD_LIMIT, TITLE_LIMIT, cut, cut_keeping_end, marked_case, title_mark};
pub use transport::Latency;
pub use wire::{ArticleRecord, TicketRecord, WrittenTicket};
pub use zone::ServerZone;

/// The most ids in one TicketGet: the peer needs 3–7 ms a ticket, and the address must stay short.
pub const GET_LIMIT: usize = 50;

/// Requests in flight at once.
const PARALLEL: usize = 2;

/// The operations of the web service that are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Session,
    Search,
    Get,
    Create,
    Update,
}

impl Operation {
    const fn name(self) -> &'static str {
        match self {
            Self::Session => "SessionCreate",
            Self::Search => "TicketSearch",
            Self::Get => "TicketGet",
            Self::Create => "TicketCreate",
            Self::Update => "TicketUpdate",
        }
    }
}

/// Which articles TicketGet brings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Articles {
    /// None.
    None,
    /// The oldest one.
    First,
    /// The newest one.
    Last,
    /// The newest so many.
    Newest(u16),
}

/// One ticket system and our session there. Shared by reader and delivery.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    config: Config,
    session: Mutex<Option<String>>,
    slots: Semaphore,
    durations: transport::Durations,
}

impl Client {
    /// Makes the client; nothing is sent yet.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(config: Config) -> Result<Self, OtrsError> {
        Ok(Self {
            http: transport::client(config.timeout)?,
            config,
            session: Mutex::new(None),
            slots: Semaphore::new(PARALLEL),
            durations: transport::Durations::default(),
        })
    }

    /// The settings it was made from.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// How long requests took in the last five minutes.
    #[must_use]
    pub fn latency(&self) -> Latency {
        self.durations.latency()
    }

    /// Logs in if there is no session yet.
    ///
    /// # Errors
    /// When the peer is away or refuses the login.
    pub async fn log_in(&self) -> Result<(), OtrsError> {
        self.session(None).await.map(|_| ())
    }

    /// Ids of the tickets that match, in the order asked for; the peer ignores a misspelt
    /// parameter or dynamic field silently and then returns everything.
    ///
    /// # Errors
    /// As every call.
    pub async fn search(&self, query: Value) -> Result<Vec<u64>, OtrsError> {
        let answer = self.call(Operation::Search, None, query).await?;
        // Nothing found is `{}`.
        let found = answer.get("TicketID").cloned().unwrap_or(Value::Null);
        Ok(wire::one_or_many(found).iter().map(wire::id_of).filter(|id| *id != 0).collect())
    }

    /// Tickets by their ids, at most [`GET_LIMIT`]. One id that is gone or forbidden fails all.
    ///
    /// # Errors
    /// As every call; [`OtrsError::is_access_denied`] for a ticket that is gone or forbidden.
    pub async fn get(
        &self,
        ids: &[u64],
        articles: Articles,
    ) -> Result<Vec<TicketRecord>, OtrsError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let list = ids.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let mut data = json!({"DynamicFields": 1, "AllArticles": 1, "Attachments": 0});
        let wanted = match articles {
            Articles::None => {
                data = json!({"DynamicFields": 1});
                json!({})
            }
            Articles::First => json!({"ArticleLimit": 1, "ArticleOrder": "ASC"}),
            Articles::Last => json!({"ArticleLimit": 1, "ArticleOrder": "DESC"}),
            Articles::Newest(count) => json!({"ArticleLimit": count, "ArticleOrder": "DESC"}),
        };
        merge(&mut data, wanted);
        let mut answer = self.call(Operation::Get, Some(&list), data).await?;
        let tickets = answer.get_mut("Ticket").map(Value::take).unwrap_or(Value::Null);
        let tickets: Vec<TicketRecord> = wire::one_or_many(tickets)
            .into_iter()
            .map(|ticket| read(Operation::Get, ticket))
            .collect::<Result<_, _>>()?;
        if let Some(id) = ids.iter().find(|id| !tickets.iter().any(|ticket| ticket.id == **id)) {
            let cause = format!("ticket {id} was asked for and is missing");
            return Err(OtrsError::Answer { what: Operation::Get.name(), cause });
        }
        Ok(tickets)
    }

    /// Opens a ticket. It is not one transaction there: after an error whose outcome is unknown,
    /// search before trying again.
    ///
    /// # Errors
    /// As every call.
    pub async fn create(&self, ticket: Value) -> Result<WrittenTicket, OtrsError> {
        let answer = self.call(Operation::Create, None, ticket).await?;
        let written: WrittenTicket = read(Operation::Create, answer)?;
        if written.id == 0 {
            let cause = "no TicketID".to_owned();
            return Err(OtrsError::Answer { what: Operation::Create.name(), cause });
        }
        Ok(written)
    }

    /// Changes a ticket: its attributes, then a note, then its dynamic fields, in this order.
    ///
    /// # Errors
    /// As every call.
    pub async fn update(&self, id: u64, change: Value) -> Result<WrittenTicket, OtrsError> {
        let answer = self.call(Operation::Update, Some(&id.to_string()), change).await?;
        read(Operation::Update, answer)
    }

    /// Calls with the session at hand; when it is refused, logs in anew and tries once more.
    /// Authentication comes first there, so nothing was done by a refused call.
    async fn call(
        &self,
        operation: Operation,
        ids: Option<&str>,
        data: Value,
    ) -> Result<Value, OtrsError> {
        let session = self.session(None).await?;
        match self.send(operation, ids, &data, Some(&session)).await {
            Err(OtrsError::Auth { .. }) => {
                let session = self.session(Some(&session)).await?;
                self.send(operation, ids, &data, Some(&session)).await
            }
            other => other,
        }
    }

    /// The session at hand, or a new one when there is none or it is the `refused` one. Callers
    /// queue here, so that many refused calls log in once.
    async fn session(&self, refused: Option<&str>) -> Result<String, OtrsError> {
        let mut session = self.session.lock().await;
        if let Some(known) = session.as_deref().filter(|known| Some(*known) != refused) {
            return Ok(known.to_owned());
        }
        *session = None;
        let login =
            json!({"UserLogin": self.config.user, "Password": self.config.password.reveal()});
        let answer = self.send(Operation::Session, None, &login, None).await?;
        let Some(fresh) = answer.get("SessionID").and_then(Value::as_str) else {
            let cause = "no SessionID".to_owned();
            return Err(OtrsError::Answer { what: Operation::Session.name(), cause });
        };
        *session = Some(fresh.to_owned());
        Ok(fresh.to_owned())
    }

    async fn send(
        &self,
        operation: Operation,
        ids: Option<&str>,
        data: &Value,
        session: Option<&str>,
    ) -> Result<Value, OtrsError> {
        let request = self.request(operation, ids, data, session);
        let what = operation.name();
        let closed = |_| OtrsError::Connect { what, cause: "shutting down".to_owned() };
        let slot = self.slots.acquire().await.map_err(closed)?;
        let started = Instant::now();
        let outcome = transport::exchange(what, request, self.config.timeout).await;
        self.durations.note(started);
        drop(slot);
        let (status, body) = outcome?;
        error::interpret(what, &self.config.user, status, &body)
    }

    /// Everything but ids goes into the body, except for GET, which has none. Credentials never
    /// go into the address: it lands in access logs.
    fn request(
        &self,
        operation: Operation,
        ids: Option<&str>,
        data: &Value,
        session: Option<&str>,
    ) -> reqwest::RequestBuilder {
        let routes = &self.config.routes;
        let route = match operation {
            Operation::Session => &routes.session,
            Operation::Search => &routes.search,
            Operation::Get => &routes.get,
            Operation::Create => &routes.create,
            Operation::Update => &routes.update,
        };
        let mut data = data.clone();
        let mut path = route.path.clone();
        if let Some(ids) = ids {
            if path.contains(":TicketID") {
                path = path.replace(":TicketID", ids);
            } else {
                merge(&mut data, json!({"TicketID": ids}));
            }
        }
        let address = format!("{}{path}", self.config.url);
        let mut request = self.http.request(route.method.clone(), address);
        if let Some(session) = session {
            request = request.header("X-OTRS-Header-SessionID", session);
        }
        if route.method == reqwest::Method::GET {
            return request.query(&pairs(&data));
        }
        request.json(&data)
    }
}

/// Adds the members of one object to another.
fn merge(target: &mut Value, more: Value) {
    if let (Value::Object(target), Value::Object(more)) = (target, more) {
        target.extend(more);
    }
}

/// An object as a query string: plain values as they are, others as JSON.
fn pairs(data: &Value) -> Vec<(String, String)> {
    let empty = Map::new();
    data.as_object()
        .unwrap_or(&empty)
        .iter()
        .map(|(key, value)| match value {
            Value::String(text) => (key.clone(), text.clone()),
            other => (key.clone(), other.to_string()),
        })
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(
    operation: Operation,
    value: Value,
) -> Result<T, OtrsError> {
    serde_json::from_value(value)
        .map_err(|error| OtrsError::Answer { what: operation.name(), cause: error.to_string() })
}
