//! A site: everything the operator has written, read and checked as a whole. Every error of every
//! file is reported at once.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::listener::Tls;
use crate::cases::Lifecycle;
use crate::collect::{Target, elasticsearch, host, postgres, prometheus};
use crate::config::{
    Diagnostic, Diagnostics, Node, Place, Reader, Value, parse, read, read_text, system_error,
};
use crate::correlate::Grouping;
use crate::detect::{Adjustments, Packs};
use crate::escalate::{self, Escalation, alertmanager};
use crate::fold::Settings;
use crate::i18n::Zones;
use crate::knowledge;
use crate::model::{Language, Message};
use crate::otrs;
use crate::people;
use crate::recorder;
use crate::runbooks;
use crate::series;
use crate::store::Retention;
use crate::topology::{self, Topology};

/// One source as configured.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// The host we run on, or a mounted view of one.
    Host(Target, host::Config),
    /// A PostgreSQL server.
    Postgres(Target, postgres::Config),
    /// An Elasticsearch or OpenSearch cluster.
    Elasticsearch(Target, elasticsearch::Config),
    /// A Prometheus endpoint.
    Prometheus(Target, prometheus::Config),
}

impl Source {
    /// What all sources have in common.
    #[must_use]
    pub fn target(&self) -> &Target {
        match self {
            Self::Host(target, _)
            | Self::Postgres(target, _)
            | Self::Elasticsearch(target, _)
            | Self::Prometheus(target, _) => target,
        }
    }
}

/// Everything the operator has written.
#[derive(Clone, Debug)]
pub struct Site {
    /// The address to listen on.
    pub listen: String,
    /// Whether the operator says how people reach the page; else it is where we listen.
    pub has_page_url: bool,
    /// What the core is told to be.
    pub settings: Settings,
    /// The rules.
    pub packs: Arc<Packs>,
    /// What is watched.
    pub sources: Vec<Source>,
    /// The ticket system.
    pub otrs: Option<otrs::Config>,
    /// Alertmanager.
    pub alertmanager: Option<alertmanager::Config>,
    /// Who comes in from the operator's own systems.
    pub access: people::Settings,
    /// The certificate and key that pages are served with; absent: without encryption.
    pub tls: Option<Tls>,
    /// The clocks that people live by.
    pub zones: Zones,
    /// How much is held.
    pub limits: Limits,
    /// How long things are kept.
    pub retention: Retention,
    /// What is said and has no effect, for people to know.
    pub notes: Vec<Message>,
    /// True when there is no configuration file: then what runs on loopback is looked for.
    pub is_default: bool,
}

/// The section `limits` of a site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// What is held in memory.
    pub series: series::Limits,
    /// The largest body of a request, bytes.
    pub body: usize,
    /// Bytes of recorded samples on disk.
    pub recorded: u64,
}

impl Default for Limits {
    fn default() -> Self {
        let recorded = recorder::Kept::default().bytes;
        Self { series: series::Limits::default(), body: 64 * 1024, recorded }
    }
}

impl Limits {
    /// Reads `limits: {samples, series, memory, body, recorded}`.
    fn read(node: &Node, errors: &mut Diagnostics) -> Self {
        let mut limits = Self::default();
        let mut reader = Reader::new(node, errors);
        limits.series.retention = reader.duration("samples").unwrap_or(limits.series.retention);
        limits.series.series = reader.count("series", 1e3..=1e8).unwrap_or(limits.series.series);
        limits.series.bytes = reader.bytes("memory").unwrap_or(limits.series.bytes);
        if let Some(body) = reader.bytes("body") {
            limits.body = usize::try_from(body).unwrap_or(limits.body);
        }
        limits.recorded = reader.bytes("recorded").unwrap_or(limits.recorded);
        reader.finish();
        limits
    }
}

/// The address used when none is given.
pub const LISTEN: &str = "127.0.0.1:8480";

impl Site {
    /// The site of a machine without any configuration: it watches itself.
    ///
    /// # Errors
    /// When what is shipped does not pass its own checks.
    pub fn unconfigured() -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Diagnostics::default();
        let topology = shipped_topology(&mut errors);
        let settings = Settings {
            systems: topology.systems().to_vec(),
            escalation: Escalation { page_url: page_url(LISTEN, false), ..Escalation::default() },
            ..Settings::default()
        };
        let packs = Arc::new(Packs::shipped(&mut errors));
        let host = Target::new("host", &host_name(), "crm-hosts");
        let site = Self {
            listen: LISTEN.to_owned(),
            has_page_url: false,
            settings,
            packs,
            sources: vec![Source::Host(host, host::Config::default())],
            otrs: None,
            alertmanager: None,
            retention: Retention::default(),
            access: people::Settings::default(),
            tls: None,
            zones: Zones::default(),
            limits: Limits::default(),
            notes: Vec::new(),
            is_default: true,
        };
        let found = errors.into_sorted();
        if found.is_empty() { Ok(site) } else { Err(found) }
    }

    /// True when something has changed that is taken over at a start only.
    #[must_use]
    pub fn needs_restart(&self, before: &Self) -> bool {
        let is_encrypted = self.tls.is_some() != before.tls.is_some();
        let kept = self.retention != before.retention
            || self.zones != before.zones
            || self.limits != before.limits;
        self.listen != before.listen || kept || is_encrypted
    }

    /// Drops policy sections for channels that this site does not have: their effects would never leave the
    /// outbox.
    #[must_use]
    fn for_channels(mut self) -> Self {
        let (has_tickets, has_alerts) = (self.otrs.is_some(), self.alertmanager.is_some());
        for policy in &mut self.settings.escalation.policies {
            if policy.ticket.is_some() && !has_tickets {
                self.notes.push(Message::new("cli-note-no-tickets").word("policy", &policy.name));
                policy.ticket = None;
            }
            if policy.alert.is_some() && !has_alerts {
                self.notes.push(Message::new("cli-note-no-alerts").word("policy", &policy.name));
                policy.alert = None;
            }
        }
        self
    }

    /// Says that passwords would go over the network in the clear, if they would.
    #[must_use]
    fn for_the_network(mut self) -> Self {
        let host = self.listen.rsplit_once(':').map_or("", |(host, _)| host);
        let is_here = crate::http::is_here(host);
        let is_encrypted =
            self.tls.is_some() || self.settings.escalation.page_url.starts_with("https://");
        if !is_here && !is_encrypted {
            self.notes.push(Message::new("cli-note-plain").word("listen", &self.listen));
        }
        self
    }

    /// Says which rules are not as they come: what is switched off watches nothing, and other limits are not tested.
    #[must_use]
    fn for_the_rules(mut self) -> Self {
        let adjusted = self.packs.rules().filter(|rule| rule.is_adjusted);
        let adjusted: Vec<&str> = adjusted.map(|rule| rule.id.as_str()).collect();
        let off: Vec<&str> = self.packs.switched_off().map(|rule| rule.id.as_str()).collect();
        for (key, ids) in [("cli-note-adjusted", adjusted), ("cli-note-off", off)] {
            if !ids.is_empty() {
                self.notes.push(Message::new(key).word("rules", ids.join(", ")));
            }
        }
        self
    }

    /// Takes over the address that we really listen on, unless the operator says how people reach
    /// the page.
    #[must_use]
    pub fn listening_on(mut self, address: SocketAddr) -> Self {
        if !self.has_page_url {
            self.settings.escalation.page_url = reached_at(address, self.tls.is_some());
        }
        self
    }

    /// Reads a site from its main file.
    ///
    /// # Errors
    /// Everything that is wrong, in order of file and place.
    pub fn load(file: &Path) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Diagnostics::default();
        let site = read(file, &mut errors).map(|node| {
            let folder = file.parent().unwrap_or(Path::new("."));
            Loader { folder, errors: &mut errors }.site(&node)
        });
        let found = errors.into_sorted();
        match site {
            Some(site) if found.is_empty() => Ok(site),
            _ => Err(found),
        }
    }
}

impl Site {
    /// What can be read and makes no sense all the same: nothing is watched, nobody owns a system, a
    /// runbook is not there.
    #[must_use]
    pub fn doubts(&self) -> Vec<Message> {
        let mut doubts = Vec::new();
        if self.sources.is_empty() && self.otrs.is_none() {
            doubts.push(Message::new("cli-doubt-nothing"));
        }
        for system in &self.settings.systems {
            if system.owner.ru.is_empty() && system.owner.en.is_empty() {
                doubts.push(Message::new("cli-doubt-owner").word("key", &system.key));
            }
        }
        for rule in self.packs.rules() {
            if runbooks::is_ours(&rule.runbook) && runbooks::path(&rule.runbook).is_none() {
                let doubt = Message::new("cli-doubt-runbook").word("rule", &rule.id);
                doubts.push(doubt.word("runbook", &rule.runbook));
            }
        }
        doubts
    }
}

/// The page's address where we listen; on all interfaces it goes by the name of this machine.
pub(super) fn reached_at(address: SocketAddr, is_secure: bool) -> String {
    match address.ip().is_unspecified() {
        true => page_url(&format!("{}:{}", host_name(), address.port()), is_secure),
        false => page_url(&address.to_string(), is_secure),
    }
}

/// The address of the page for links when the operator names none.
fn page_url(listen: &str, is_secure: bool) -> String {
    format!("{}://{listen}", if is_secure { "https" } else { "http" })
}

/// The name of this machine.
pub(crate) fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}

fn shipped_topology(errors: &mut Diagnostics) -> Topology {
    let node = parse("topology.yaml (shipped)", topology::SHIPPED, errors);
    node.map(|node| Topology::decode(&node, errors)).unwrap_or_default()
}

/// Where to listen: a name or an address, and a port.
fn listen(reader: &mut Reader<'_, '_>) -> String {
    let Some(text) = reader.string("listen") else { return LISTEN.to_owned() };
    let port = text.rsplit_once(':').filter(|(host, _)| !host.is_empty());
    if port.is_none_or(|(_, port)| port.parse::<u16>().is_err())
        && let Some(node) = reader.node("listen")
    {
        let message = Message::new("check-listen").word("text", &text);
        reader.errors.error(&node.place, message);
    }
    text
}

struct Loader<'a> {
    folder: &'a Path,
    errors: &'a mut Diagnostics,
}

impl Loader<'_> {
    fn site(&mut self, node: &Node) -> Site {
        let folder = self.folder.to_owned();
        let mut reader = Reader::new(node, self.errors);
        let listen = listen(&mut reader);
        let own_page = reader.url("page_url");
        let has_page_url = own_page.is_some();
        let tls = reader.node("tls").and_then(|node| Tls::read(node, reader.errors));
        let page = own_page.unwrap_or_else(|| page_url(&listen, tls.is_some()));
        let language = reader
            .word("language", &["ru", "en"], |word| match word {
                "ru" => Some(Language::Ru),
                "en" => Some(Language::En),
                _ => None,
            })
            .unwrap_or_default();
        let zones = Zones::read(&mut reader);
        let note_interval = reader.duration("note_interval");
        let topology = match other_file(&mut reader, "topology", &folder) {
            // What only follows from an unread topology is not said.
            Some(file) => read(&file, reader.errors)
                .map_or_else(Topology::unread, |node| Topology::decode(&node, reader.errors)),
            None => shipped_topology(reader.errors),
        };
        let policies_at = reader.node("policies").map(|node| node.place.clone());
        let policies = other_file(&mut reader, "policies", &folder)
            .and_then(|file| read(&file, reader.errors))
            .map(|node| escalate::policies(&node, &topology, reader.errors))
            .unwrap_or_default();
        let solutions = other_file(&mut reader, "solutions", &folder)
            .and_then(|file| read(&file, reader.errors))
            .map(|node| knowledge::decode(&node, &topology, reader.errors))
            .unwrap_or_default();
        let packs = packs(&mut reader, &folder);
        let lifecycle = reader.node("lifecycle").map(|n| Lifecycle::decode(n, reader.errors));
        let grouping = reader.node("grouping").map(|n| Grouping::decode(n, reader.errors));
        let sources = match reader.node("collect") {
            Some(node) => sources(node, &topology, reader.errors),
            None => Vec::new(),
        };
        let otrs = reader.node("otrs").and_then(|node| {
            let mut inner = Reader::new(node, reader.errors);
            let site = otrs::Config::read(&mut inner);
            inner.finish();
            site
        });
        let alertmanager = reader.node("alertmanager").map(|node| {
            let mut inner = Reader::new(node, reader.errors);
            let config = alertmanager::Config::read(&mut inner);
            inner.finish();
            config
        });
        let access = reader.node("access").map(|n| people::Settings::read(n, reader.errors));
        let limits = reader.node("limits").map(|n| Limits::read(n, reader.errors));
        let retention = reader.node("retention").map(|n| retention(n, reader.errors));
        if (otrs.is_some() || alertmanager.is_some()) && policies_at.is_none() {
            reader.errors.error(&node.place, Message::new("check-no-policies"));
        }
        reader.finish();
        let mut escalation =
            Escalation { policies, page_url: page, language, ..Escalation::default() };
        if let Some(interval) = note_interval {
            let millis = i64::try_from(interval.as_millis());
            escalation.note_interval_ms = millis.unwrap_or(escalation.note_interval_ms);
        }
        escalation.ticket_url = otrs.as_ref().and_then(|otrs| otrs.ticket_url.clone());
        Site {
            listen,
            has_page_url,
            settings: Settings {
                systems: topology.systems().to_vec(),
                grouping: grouping.unwrap_or_default(),
                lifecycle: lifecycle.unwrap_or_default(),
                solutions,
                escalation,
                has_tickets: otrs.is_some(),
            },
            packs: Arc::new(packs),
            sources,
            otrs,
            alertmanager,
            retention: retention.unwrap_or_default(),
            access: access.unwrap_or_default(),
            tls,
            zones,
            limits: limits.unwrap_or_default(),
            notes: Vec::new(),
            is_default: false,
        }
        .for_channels()
        .for_the_network()
        .for_the_rules()
    }
}

/// Reads the section `retention`: `log` (90d), `archive` (1095d), `texts` (365d), `samples` (7d).
fn retention(node: &Node, errors: &mut Diagnostics) -> Retention {
    let mut kept = Retention::default();
    let mut reader = Reader::new(node, errors);
    let times = [
        ("log", &mut kept.log_ms),
        ("archive", &mut kept.archive_ms),
        ("texts", &mut kept.texts_ms),
        ("samples", &mut kept.samples_ms),
    ];
    for (key, value) in times {
        let given = reader.duration(key).and_then(|given| i64::try_from(given.as_millis()).ok());
        *value = given.unwrap_or(*value);
    }
    reader.finish();
    kept
}

fn other_file(reader: &mut Reader<'_, '_>, key: &'static str, folder: &Path) -> Option<PathBuf> {
    reader.string(key).map(|name| folder.join(name))
}

/// The shipped packs, and those of the operator's own folder.
fn packs(reader: &mut Reader<'_, '_>, folder: &Path) -> Packs {
    let wishes = reader.node("rules").map(|node| Adjustments::read(node, reader.errors));
    let wishes = wishes.unwrap_or_default();
    let node = reader.node("packs");
    let own = reader.string("packs").map(|name| folder.join(name));
    let Some((node, own)) = node.zip(own) else {
        return Packs::shipped_and(&[], wishes, reader.errors);
    };
    let mut files: Vec<(String, String)> = Vec::new();
    match fs::read_dir(&own) {
        Ok(entries) => {
            let mut paths: Vec<PathBuf> = entries
                .flatten()
                .map(|entry| entry.path())
                .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
                .collect();
            paths.sort();
            for path in paths {
                let text = read_text(&path, reader.errors);
                files.extend(text.map(|text| (path.display().to_string(), text)));
            }
        }
        Err(error) => {
            let message =
                Message::new("check-packs-folder").word("folder", own.display().to_string());
            reader.errors.error(&node.place, message.with("error", system_error(&error)));
        }
    }
    Packs::shipped_and(&files, wishes, reader.errors)
}

fn sources(node: &Node, topology: &Topology, errors: &mut Diagnostics) -> Vec<Source> {
    let mut reader = Reader::new(node, errors);
    let mut found: Vec<(Source, Place)> = Vec::new();
    let mut read = |reader: &mut Reader<'_, '_>,
                    key: &'static str,
                    usual: Option<&str>,
                    make: &dyn Fn(Target, &mut Reader<'_, '_>) -> Source| {
        let Some(list) = reader.node(key) else { return };
        let Value::List(items) = &list.value else {
            let expected = Message::new("check-expected-sources");
            return reader.wrong(list, expected, "[{name: crm-db-1}]");
        };
        for item in items {
            let mut inner = Reader::new(item, reader.errors);
            let (target, place) = Target::read(&mut inner, key, usual);
            if let Some(place) = place {
                topology::known_system(&target.system, &place, topology, inner.errors);
            }
            let source = make(target, &mut inner);
            inner.finish();
            found.push((source, item.place.clone()));
        }
    };
    read(&mut reader, "host", Some("crm-hosts"), &|target, reader| {
        Source::Host(target, host::Config::read(reader))
    });
    read(&mut reader, "postgres", Some("crm-db"), &|target, reader| {
        Source::Postgres(target, postgres::Config::read(reader))
    });
    read(&mut reader, "elasticsearch", Some("crm-search"), &|target, reader| {
        Source::Elasticsearch(target, elasticsearch::Config::read(reader))
    });
    read(&mut reader, "prometheus", None, &|target, reader| {
        let timeout = target.timeout;
        Source::Prometheus(target, prometheus::Config::read(reader, timeout))
    });
    reader.finish();
    unique(found, errors)
}

/// Two sources of one kind with one name would write into the same series.
fn unique(found: Vec<(Source, Place)>, errors: &mut Diagnostics) -> Vec<Source> {
    let mut sources: Vec<Source> = Vec::new();
    for (source, place) in found {
        let target = source.target();
        let is_taken = sources
            .iter()
            .map(Source::target)
            .any(|known| known.kind == target.kind && known.instance == target.instance);
        if is_taken {
            let message = Message::new("check-source-twice").word("kind", target.kind);
            errors.error(&place, message.word("name", &target.instance));
        }
        sources.push(source);
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_what_the_site_says() {
        let read = |text: &str| {
            let mut errors = Diagnostics::default();
            let node = parse("a.yaml", text, &mut errors).unwrap();
            let limits = Limits::read(&node, &mut errors);
            (limits, errors.into_sorted().len())
        };
        let text = "samples: 7d\nseries: 200000\nmemory: 8GiB\nbody: 1MiB\nrecorded: 9GiB\n";
        let (limits, errors) = read(text);
        assert_eq!((errors, limits.recorded), (0, 9 << 30));
        assert_eq!(
            (limits.series.series, limits.series.bytes, limits.body),
            (200_000, 8 << 30, 1 << 20)
        );
        assert_eq!(limits.series.retention.as_secs(), 7 * 86_400);
        assert_eq!(read("series: 5\nmemory: much\nbodies: 1MiB\n"), (Limits::default(), 3));
    }
}
