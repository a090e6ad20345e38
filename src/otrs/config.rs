//! The settings of the ticket system: address, login, names that exist there.

use std::time::Duration;

use crate::config::{Diagnostics, Node, Reader, Secret};
use crate::model::Message;

use super::zone::ServerZone;

/// Method and path of one operation of the web service; they are configuration there as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// `GET`, `POST`, `PATCH`, `PUT`, `DELETE`.
    pub method: reqwest::Method,
    /// Path below the web service; `:TicketID` stands for the id.
    pub path: String,
}

impl Route {
    /// Reads `POST /Ticket/Search`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (method, path) = text.split_once(' ')?;
        let method = reqwest::Method::from_bytes(method.as_bytes()).ok()?;
        let is_known = ["GET", "POST", "PATCH", "PUT", "DELETE"].contains(&method.as_str());
        let path = path.trim();
        (is_known && path.starts_with('/')).then(|| Self { method, path: path.to_owned() })
    }
}

/// The routes of the operations; the defaults are those of the packaged
/// `GenericTicketConnectorREST`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Routes {
    /// SessionCreate.
    pub session: Route,
    /// TicketSearch.
    pub search: Route,
    /// TicketGet.
    pub get: Route,
    /// TicketCreate.
    pub create: Route,
    /// TicketUpdate.
    pub update: Route,
}

impl Default for Routes {
    fn default() -> Self {
        let route = |method, path: &str| Route { method, path: path.to_owned() };
        Self {
            session: route(reqwest::Method::POST, "/Session"),
            search: route(reqwest::Method::POST, "/Ticket/Search"),
            get: route(reqwest::Method::GET, "/Ticket/:TicketID"),
            create: route(reqwest::Method::POST, "/Ticket"),
            update: route(reqwest::Method::PATCH, "/Ticket/:TicketID"),
        }
    }
}

/// The names of the dynamic fields of tickets there; an absent one is neither written nor read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DynamicFields {
    /// Text: the Problem a ticket belongs to.
    pub problem_id: Option<String>,
    /// Text: the key of the effect that opened the ticket.
    pub idempotency_key: Option<String>,
    /// Text: the system of the first cause.
    pub affected_system: Option<String>,
    /// The macro-regional branch of a user's ticket; only read.
    pub mrf: Option<String>,
    /// Date and time: when the engine decided to open the ticket.
    pub detected_at: Option<String>,
    /// Checkbox: the ticket is part of a mass incident; only read.
    pub mass_incident: Option<String>,
    /// Text: how a user's ticket came in (`helpme`, `phone`, `email`, `crm_form`); only read.
    pub channel: Option<String>,
}

impl DynamicFields {
    /// All configured names, each with the key that names it in our configuration.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("problem_id", &self.problem_id),
            ("idempotency_key", &self.idempotency_key),
            ("affected_system", &self.affected_system),
            ("mrf", &self.mrf),
            ("detected_at", &self.detected_at),
            ("mass_incident", &self.mass_incident),
            ("channel", &self.channel),
        ]
        .into_iter()
        .filter_map(|(key, name)| name.as_deref().map(|name| (key, name)))
    }
}

/// The settings of one ticket system.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Base address of the web service, without a trailing slash.
    pub url: String,
    /// Method and path of each operation.
    pub routes: Routes,
    /// Our agent there.
    pub user: String,
    /// Its password.
    pub password: Secret,
    /// The ticket system's own time zone (`OTRSTimeZone`), in which it writes times without offset.
    pub timezone: ServerZone,
    /// The longest wait for one answer.
    pub timeout: Duration,
    /// The customer of tickets that we open; the peer requires one and accepts an unknown one.
    pub customer_user: String,
    /// The type of tickets that we open; empty where ticket types are off.
    pub ticket_type: String,
    /// The state of a ticket that we open.
    pub state_new: String,
    /// The state that reopens a ticket.
    pub state_open: String,
    /// The state that closes a ticket.
    pub state_closed: String,
    /// Queues that we open tickets in, checked at the start; escalation names them per effect.
    pub queues: Vec<String>,
    /// Priorities that we use, checked at the start.
    pub priorities: Vec<String>,
    /// Names of the dynamic fields there.
    pub fields: DynamicFields,
    /// How far back the first start reads, from the newest change there.
    pub look_back: Duration,
    /// How often tickets are read.
    pub interval: Duration,
    /// Types of tickets that are requests: they never count.
    pub request_types: Vec<String>,
    /// The address of one ticket in its pages, with `{id}` or `{number}` in it.
    pub ticket_url: Option<String>,
}

impl Config {
    /// The defaults for one address and login; no dynamic field is used.
    #[must_use]
    pub fn new(url: impl Into<String>, user: impl Into<String>, password: Secret) -> Self {
        let url = url.into();
        // The web service and the pages lie side by side in every installation.
        let ticket_url = url
            .split_once("/nph-genericinterface.pl")
            .map(|(base, _)| format!("{base}/index.pl?Action=AgentTicketZoom;TicketID={{id}}"));
        Self {
            ticket_url,
            url,
            routes: Routes::default(),
            user: user.into(),
            password,
            timezone: ServerZone::utc(),
            timeout: Duration::from_secs(20),
            customer_user: "vakhta".to_owned(),
            ticket_type: "Problem".to_owned(),
            state_new: "new".to_owned(),
            state_open: "open".to_owned(),
            state_closed: "closed successful".to_owned(),
            queues: Vec::new(),
            priorities: Vec::new(),
            fields: DynamicFields::default(),
            look_back: Duration::from_secs(2 * 3600),
            interval: Duration::from_secs(15),
            request_types: ["ServiceRequest", "RfC"].map(str::to_owned).to_vec(),
        }
    }

    /// Whether a ticket of this type may be one of ours; where types are off, any may.
    #[must_use]
    pub fn is_our_type(&self, kind: &str) -> bool {
        self.ticket_type.is_empty() || kind == self.ticket_type
    }

    /// Reads the keys of the section; the caller finishes it. `None` when something it cannot do
    /// without is missing.
    pub fn read(reader: &mut Reader<'_, '_>) -> Option<Self> {
        reader.required("url");
        let url = reader.url("url");
        let user = reader.required_string("user");
        let password = reader.secret("password", "password_file", "password_env");
        if password.is_none() && reader.errors.is_empty() {
            let place = reader.place().clone();
            reader.errors.error(&place, Message::new("check-password-missing"));
        }
        let known = url.zip(user).zip(password);
        let mut config = match known {
            Some(((url, user), password)) => Self::new(url, user, password),
            None => Self::new("", "", Secret::new(String::new())),
        };
        let is_complete = !config.url.is_empty();
        config.read_names(reader);
        config.read_limits(reader);
        if let Some(node) = reader.node("routes") {
            read_routes(&mut config.routes, node, reader.errors);
        }
        if let Some(node) = reader.node("dynamic_fields") {
            config.fields = read_fields(node, reader.errors);
        }
        is_complete.then_some(config)
    }

    fn read_names(&mut self, reader: &mut Reader<'_, '_>) {
        let names: [(&'static str, &mut String); 5] = [
            ("customer_user", &mut self.customer_user),
            ("ticket_type", &mut self.ticket_type),
            ("state_new", &mut self.state_new),
            ("state_open", &mut self.state_open),
            ("state_closed", &mut self.state_closed),
        ];
        for (key, name) in names {
            if let Some(value) = reader.string(key) {
                *name = value;
            }
        }
        if let Some(pattern) = reader.string("ticket_url") {
            self.ticket_url = Some(pattern);
        }
        self.queues = reader.strings("queues");
        self.priorities = reader.strings("priorities");
    }

    fn read_limits(&mut self, reader: &mut Reader<'_, '_>) {
        if let Some(node) = reader.node("timezone") {
            match &node.value {
                crate::config::Value::String(name) if ServerZone::named(name).is_some() => {
                    self.timezone = ServerZone::named(name).unwrap_or_default();
                }
                _ => {
                    let expected = Message::new("check-expected-zone");
                    reader.wrong(node, expected, "Europe/Moscow");
                }
            }
        }
        if let Some(timeout) = reader.duration("timeout") {
            self.timeout = timeout.clamp(Duration::from_secs(1), Duration::from_secs(300));
        }
        if let Some(look_back) = reader.duration("look_back") {
            self.look_back = look_back;
        }
        if let Some(interval) = reader.duration("interval") {
            self.interval = interval.max(Duration::from_secs(1));
        }
        if reader.node("request_types").is_some() {
            self.request_types = reader.strings("request_types");
        }
    }
}

fn read_routes(routes: &mut Routes, node: &Node, errors: &mut Diagnostics) {
    let mut reader = Reader::new(node, errors);
    let targets: [(&'static str, &mut Route); 5] = [
        ("session", &mut routes.session),
        ("search", &mut routes.search),
        ("get", &mut routes.get),
        ("create", &mut routes.create),
        ("update", &mut routes.update),
    ];
    for (key, route) in targets {
        if let Some(read) = reader.word(key, &["POST /Ticket/Search"], Route::parse) {
            *route = read;
        }
    }
    reader.finish();
}

fn read_fields(node: &Node, errors: &mut Diagnostics) -> DynamicFields {
    let mut reader = Reader::new(node, errors);
    let mut fields = DynamicFields::default();
    let targets: [(&'static str, &mut Option<String>); 7] = [
        ("problem_id", &mut fields.problem_id),
        ("idempotency_key", &mut fields.idempotency_key),
        ("affected_system", &mut fields.affected_system),
        ("mrf", &mut fields.mrf),
        ("detected_at", &mut fields.detected_at),
        ("mass_incident", &mut fields.mass_incident),
        ("channel", &mut fields.channel),
    ];
    for (key, field) in targets {
        if let Some(node) = reader.node(key) {
            match &node.value {
                crate::config::Value::String(name) if is_field_name(name) => {
                    *field = Some(name.clone());
                }
                _ => {
                    let expected = Message::new("check-expected-field");
                    reader.wrong(node, expected, "ProblemId");
                }
            }
        }
    }
    reader.finish();
    fields
}

/// The peer allows nothing else in a dynamic field's name.
fn is_field_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Option<Config>, Vec<Message>) {
        let mut errors = Diagnostics::default();
        let node = crate::config::parse("a.yaml", text, &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        let config = Config::read(&mut reader);
        reader.finish();
        (config, errors.into_sorted().iter().map(|error| error.message.clone()).collect())
    }

    #[test]
    fn a_section_is_read_with_all_its_errors() {
        let (config, errors) = read(
            "url: http://otrs/gi/\nuser: engine\npassword_env: PATH\ntimezone: Europe/Moscow\n\
             timeout: 15s\nroutes: {search: GET /Find}\ndynamic_fields: {problem_id: Pid}\n",
        );
        let config = config.unwrap();
        assert_eq!(errors, Vec::new());
        assert_eq!(config.url, "http://otrs/gi");
        assert_eq!(config.routes.search, Route::parse("GET /Find").unwrap());
        assert_eq!(config.routes.create, Routes::default().create);
        assert_eq!(config.fields.named().collect::<Vec<_>>(), [("problem_id", "Pid")]);
        assert_eq!(config.timeout, Duration::from_secs(15));

        let (config, errors) = read(
            "user: engine\ntimezone: Mars/North\nroutes: {search: FETCH /x}\n\
             dynamic_fields: {mrf: 'М Р Ф', mrv: x}\npassword: open\n",
        );
        assert!(config.is_none());
        assert_eq!(errors.len(), 6, "{errors:#?}");
    }
}
