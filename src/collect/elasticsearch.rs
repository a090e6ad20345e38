//! One Elasticsearch (7 to 9) or OpenSearch (2, 3) cluster, asked through several of its nodes.
//!
//! A poll has three steps, each bounded: greet every seed (`GET /`), ask one that answered for
//! health, members and statistics, then read the parts that change slowly. A node that accepts
//! connections and never answers costs one step, is named, and another seed is asked instead. All
//! steps together take at most four fifths of the source's time-out.
//!
//! The series bear the names of elasticsearch_exporter; what it does not have is called
//! `vakhta_es_…`. A feature that a distribution lacks is not an error. Nothing is ever written.

mod answer;
mod client;
mod cluster;
mod nodes;
mod parts;
mod probe;
mod settings;
mod snapshots;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use self::answer::{flag, text_at};
use self::client::{Seed, ask};
use self::cluster::{Health, Members};
use self::parts::{Kept, Part};
use self::settings::Settings;
use self::snapshots::Snapshots;
use super::{Collect, CollectError, Samples};
use crate::config::{Reader, Secret, system_error};
use crate::model::Message;

pub use self::probe::{ProbeReport, Product, probe};

/// How often the write blocks, the health report and the reason for unassigned shards are read.
const MINUTE: Duration = Duration::from_secs(60);

/// How often settings and snapshots are read.
const MINUTES: Duration = Duration::from_secs(300);

/// One cluster to watch.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Addresses of several of its nodes: with one only, nobody can be asked when it hangs.
    pub urls: Vec<String>,
    /// The user; no user means no authentication.
    pub username: Option<String>,
    /// The user's password.
    pub password: Option<Secret>,
    /// An API key in its encoded form, instead of user and password.
    pub api_key: Option<Secret>,
    /// Certificates in PEM that the nodes' certificates may be signed by, beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// How long a poll may take; one call gets a fifth of it.
    pub timeout: Duration,
    /// The time between two polls; slow parts are not read at each.
    pub interval: Duration,
    /// Repositories whose snapshots are not watched.
    pub ignore_repositories: Vec<String>,
}

impl Config {
    /// Reads the keys of this source: `urls`, `username`, `password_file` or `password_env`,
    /// `api_key_file` or `api_key_env`, `ca_file`, `timeout` (8s), `interval` (10s) and
    /// `ignore_repositories`. Errors are noted with their place; the caller finishes the section.
    #[must_use]
    pub fn read(reader: &mut Reader<'_, '_>) -> Self {
        let urls = reader.strings("urls");
        if let Some(node) = reader.required("urls") {
            let is_wrong = |url: &String| {
                reqwest::Url::parse(url).map_or(true, |parsed| {
                    let is_http = matches!(parsed.scheme(), "http" | "https");
                    !is_http || parsed.host().is_none() || parsed.password().is_some()
                })
            };
            if urls.is_empty() || urls.iter().any(is_wrong) {
                let expected = Message::new("check-expected-urls-plain");
                reader.wrong(node, expected, "urls: [http://es1:9200, http://es2:9200]");
            }
        }
        let username = reader.string("username");
        let password = reader.secret("password", "password_file", "password_env");
        if username.is_some() != password.is_some() {
            let place = reader.place().clone();
            reader.errors.error(&place, Message::new("check-user-and-password"));
        }
        Self {
            urls: urls.iter().map(|url| url.trim_end_matches('/').to_owned()).collect(),
            username,
            password,
            api_key: reader.secret("api_key", "api_key_file", "api_key_env"),
            ca_pem: read_ca(reader),
            timeout: reader.duration("timeout").unwrap_or(Duration::from_secs(8)),
            interval: reader.duration("interval").unwrap_or(Duration::from_secs(10)),
            ignore_repositories: reader.strings("ignore_repositories"),
        }
    }
}

fn read_ca(reader: &mut Reader<'_, '_>) -> Option<Vec<u8>> {
    let path = reader.string("ca_file")?;
    match std::fs::read(&path) {
        Ok(pem) => Some(pem),
        Err(error) => {
            let place = reader.node("ca_file").map_or(reader.place(), |node| &node.place).clone();
            let message = Message::new("check-certificate-unreadable").word("file", path);
            reader.errors.error(&place, message.with("error", system_error(&error)));
            None
        }
    }
}

/// Why a client could not be made from the configuration.
#[derive(Debug, thiserror::Error)]
#[error("cannot prepare a client for {url}: {cause}; check `urls` and `ca_file`")]
pub struct SetupError {
    url: String,
    cause: String,
}

/// The collector of one cluster.
#[derive(Debug)]
pub struct Elasticsearch {
    seeds: Vec<Seed>,
    call_limit: Duration,
    members: Members,
    settings: Settings,
    snapshots: Snapshots,
    /// False once a node said that it does not know the metric (before 7.10).
    has_indexing_pressure: bool,
    settings_part: Part,
    blocks_part: Part,
    snapshots_part: Part,
    report_part: Part,
    reason_part: Part,
}

impl Elasticsearch {
    /// Prepares the clients; nothing is sent yet.
    ///
    /// # Errors
    /// When an address or the certificate file cannot be used.
    pub fn new(config: &Config) -> Result<Self, SetupError> {
        let call_limit = config.timeout / 5;
        let seeds: Result<Vec<Seed>, SetupError> =
            config.urls.iter().map(|url| Seed::new(url, config, config.timeout)).collect();
        let part = |name, period| Part::new(name, period, config.interval);
        Ok(Self {
            seeds: seeds?,
            call_limit,
            members: Members::default(),
            settings: Settings::default(),
            snapshots: Snapshots::new(config.ignore_repositories.clone()),
            has_indexing_pressure: true,
            settings_part: part("settings", MINUTES),
            blocks_part: part("write_blocks", MINUTE),
            snapshots_part: part("snapshots", MINUTES),
            report_part: part("health_report", MINUTE),
            reason_part: part("allocation_explain", MINUTE),
        })
    }

    /// Greets every seed at once; the indices of those that answered, and the telling error when
    /// none did.
    async fn greet(&mut self, samples: &mut Samples) -> Result<Greeted, CollectError> {
        let limit = self.call_limit;
        let asked = join_all(self.seeds.iter().map(|seed| seed.get("/", limit))).await;
        let mut greeted = Greeted::default();
        let mut seen = Seen::default();
        let mut worst: Option<CollectError> = None;
        let mut answered = Vec::with_capacity(self.seeds.len());
        for (index, (seed, answer)) in self.seeds.iter_mut().zip(asked).enumerate() {
            let answers = match answer {
                // Any answer in time shows that the node is not hung, a refusal to say its name too.
                Ok(answer) => {
                    greeted.alive.push(index);
                    if let Ok(root) = answer.required() {
                        seen.note(seed, &root);
                    }
                    true
                }
                Err(error) => {
                    let hangs = matches!(error, CollectError::Timeout { .. });
                    let is_reached = !hangs && !matches!(error, CollectError::Connect { .. });
                    if hangs {
                        greeted.hung.insert(seed.label().to_owned());
                    }
                    if worst.as_ref().is_none_or(|known| telling(&error) > telling(known)) {
                        worst = Some(error);
                    }
                    is_reached
                }
            };
            answered.push(answers);
        }
        // First, for it tells the label that all series of the cluster bear.
        seen.push(samples);
        for (seed, answers) in self.seeds.iter().zip(answered) {
            let labels = [("name", seed.label()), ("url", seed.url.as_str())];
            samples.push("vakhta_es_node_answers", &labels, flag(answers));
        }
        greeted.is_known = !seen.versions.is_empty();
        match worst {
            Some(error) if greeted.alive.is_empty() => Err(error),
            _ => Ok(greeted),
        }
    }

    /// Health, members and statistics. An error only when neither health nor statistics came and the
    /// address does not speak like a cluster, or refuses us.
    async fn ask_core(
        &mut self,
        greeted: &mut Greeted,
        samples: &mut Samples,
    ) -> Result<Health, CollectError> {
        let limit = self.call_limit;
        let seeds = greeted.seeds(&self.seeds);
        let patience = format!("{}ms", (limit * 3 / 4).as_millis());
        let health_path = format!("/_cluster/health?timeout={patience}&master_timeout={patience}");
        let state_path = format!("{}&master_timeout={patience}", cluster::STATE);
        let (health, state, stats) = tokio::join!(
            ask(&seeds, &health_path, limit),
            ask(&seeds, &state_path, limit),
            ask_stats(&seeds, &mut self.has_indexing_pressure, limit),
        );
        if let Ok(state) = &state {
            self.members.update(state, &greeted.hung);
        }
        samples.push("vakhta_collector_success", &[("collector", "members")], flag(state.is_ok()));
        samples.push("vakhta_collector_success", &[("collector", "nodes")], flag(stats.is_ok()));
        let stats = stats.map(|stats| nodes::push(&stats, &self.settings, samples));
        if let Ok(answered) = &stats {
            for id in &answered.failed {
                greeted.hung.insert(self.members.name(id).unwrap_or(id).to_owned());
            }
        }
        match (health, stats) {
            // What says it is Elasticsearch and cannot answer for the cluster has lost its master;
            // what does not say so is something else.
            (Err(error), Err(_))
                if !greeted.is_known || matches!(error, CollectError::Access { .. }) =>
            {
                Err(error)
            }
            (health, _) => {
                samples.push("elasticsearch_cluster_health_up", &[], flag(health.is_ok()));
                Ok(health.map(|health| cluster::push_health(&health, samples)).unwrap_or_default())
            }
        }
    }

    /// Says of every known node whether it hangs.
    fn push_hung(&self, hung: &BTreeSet<String>, samples: &mut Samples) {
        let seeds = self.seeds.iter().map(Seed::label);
        let known: BTreeSet<&str> =
            self.members.iter().map(|(_, name)| name).chain(seeds).collect();
        for name in known {
            samples.push("vakhta_es_node_hung", &[("name", name)], flag(hung.contains(name)));
        }
    }

    /// Reads the slow parts that are due, all at once, from one seed.
    async fn ask_parts(&mut self, seed_index: usize, health: Health) {
        let Some(seed) = self.seeds.get(seed_index) else { return };
        if health.unassigned <= 0.0 {
            self.reason_part.reset();
        }
        let limit = self.call_limit;
        let asks_reason = health.unassigned > 0.0 && self.reason_part.is_due();
        let (settings, blocks, report, reason, snapshots) = tokio::join!(
            when(self.settings_part.is_due(), read_settings(seed, limit)),
            when(self.blocks_part.is_due(), read_blocks(seed, limit)),
            when(self.report_part.is_due(), read_report(seed, limit)),
            when(asks_reason, read_reason(seed, limit)),
            when(self.snapshots_part.is_due(), self.snapshots.read(seed, limit)),
        );
        if let Some(result) = settings {
            let kept = result.map(|(settings, kept)| {
                self.settings = settings;
                kept
            });
            self.settings_part.settle(kept);
        }
        let rest = [
            (&mut self.blocks_part, blocks),
            (&mut self.report_part, report),
            (&mut self.reason_part, reason),
        ];
        for (part, result) in rest {
            if let Some(result) = result {
                part.settle(result);
            }
        }
        match snapshots {
            Some(Ok((kept, trouble))) => self.snapshots_part.settle_in_part(kept, trouble),
            Some(Err(error)) => self.snapshots_part.settle(Err(error)),
            None => {}
        }
    }
}

impl Collect for Elasticsearch {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let greeted = self.greet(samples).await;
        let mut greeted = match greeted {
            Ok(greeted) => greeted,
            Err(error) => {
                self.members.push(samples);
                return Err(error);
            }
        };
        let health = self.ask_core(&mut greeted, samples).await;
        self.members.push(samples);
        let health = health?;
        self.push_hung(&greeted.hung, samples);
        if let Some(first) = greeted.alive.first() {
            self.ask_parts(*first, health).await;
        }
        let per_node = self.settings.max_shards_per_node;
        cluster::push_shard_limit(health, per_node, samples);
        let parts = [
            &self.settings_part,
            &self.blocks_part,
            &self.snapshots_part,
            &self.report_part,
            &self.reason_part,
        ];
        for part in parts {
            part.push(samples);
        }
        Ok(())
    }
}

/// What came of greeting the seeds.
#[derive(Debug, Default)]
struct Greeted {
    /// Positions of the seeds that answered, in the order of the configuration.
    alive: Vec<usize>,
    /// True when at least one of them said which product and version it is.
    is_known: bool,
    /// Names of the nodes that accepted a connection and gave no answer.
    hung: BTreeSet<String>,
}

impl Greeted {
    fn seeds<'s>(&self, seeds: &'s [Seed]) -> Vec<&'s Seed> {
        self.alive.iter().filter_map(|index| seeds.get(*index)).collect()
    }
}

/// What the answers to `GET /` said.
#[derive(Debug, Default)]
struct Seen {
    /// The cluster's own name, which elasticsearch_exporter gives every series as a label.
    name: Option<String>,
    clusters: BTreeSet<String>,
    versions: BTreeSet<(String, String)>,
}

impl Seen {
    fn note(&mut self, seed: &mut Seed, root: &Value) {
        if let Some(name) = text_at(root, "name") {
            seed.learn_name(name);
        }
        if let Some(name) = text_at(root, "cluster_name") {
            self.name = Some(name.to_owned());
        }
        // A node that has not joined yet says `_na_`.
        if let Some(uuid) = text_at(root, "cluster_uuid").filter(|uuid| *uuid != "_na_") {
            self.clusters.insert(uuid.to_owned());
        }
        if let Some(version) = text_at(root, "version/number") {
            let product = text_at(root, "version/distribution").unwrap_or("elasticsearch");
            self.versions.insert((product.to_owned(), version.to_owned()));
        }
    }

    fn push(&self, samples: &mut Samples) {
        if let Some(name) = &self.name {
            samples.set_base_label("cluster", name);
        }
        if !self.clusters.is_empty() {
            let count = self.clusters.iter().fold(0.0, |count, _| count + 1.0);
            samples.push("vakhta_es_distinct_clusters", &[], count);
        }
        for (product, version) in &self.versions {
            let labels = [("product", product.as_str()), ("version", version.as_str())];
            samples.push("elasticsearch_clusterinfo_version_info", &labels, 1.0);
        }
    }
}

/// Of several errors the one that came furthest says most.
const fn telling(error: &CollectError) -> u8 {
    match error {
        CollectError::Connect { .. } => 0,
        CollectError::Timeout { .. } => 1,
        CollectError::Answer { .. } => 2,
        CollectError::Access { .. } => 3,
    }
}

/// Series of parts that are not read at each poll, and how long a reading of theirs is repeated, milliseconds. Limits that
/// only the cluster's configuration changes are not among them.
#[cfg(test)]
pub(crate) fn lasting() -> Vec<(&'static str, i64)> {
    let named = [
        ("elasticsearch_indices_settings_stats_read_only_indices", MINUTE),
        ("vakhta_es_unassigned_reason", MINUTE),
        ("vakhta_es_repository_readable", MINUTES),
        ("vakhta_es_snapshot_last_failed", MINUTES),
        ("vakhta_es_snapshot_last_success_timestamp_seconds", MINUTES),
    ];
    named.map(|(name, every)| (name, i64::try_from(every.as_millis()).unwrap_or(i64::MAX))).to_vec()
}

/// Awaits the work only when it is due.
async fn when<T>(is_due: bool, work: impl Future<Output = T>) -> Option<T> {
    if is_due { Some(work.await) } else { None }
}

/// The statistics of all nodes. The asked node waits for the others at most half a call's time (a
/// hung node makes it wait for ever otherwise). The disks need the master from 8.14 on: when the
/// answer does not come with them, everything else is asked for without them.
async fn ask_stats(
    seeds: &[&Seed],
    has_indexing_pressure: &mut bool,
    limit: Duration,
) -> Result<Value, CollectError> {
    let path = |disks: &str, pressure: &str| {
        let (metrics, filter) = (nodes::METRICS, nodes::FILTER);
        let patience = (limit / 2).as_millis();
        let query = format!("timeout={patience}ms&filter_path={filter}");
        format!("/_nodes/stats/{metrics}{disks}{pressure}?{query}")
    };
    let Some(seed) = seeds.first() else { return ask(seeds, "/_nodes/stats", limit).await };
    let pressure = if *has_indexing_pressure { ",indexing_pressure" } else { "" };
    match seed.get(&path(",fs", pressure), limit).await {
        Ok(answer) if answer.is_unknown() => {
            *has_indexing_pressure = false;
            seed.get(&path(",fs", ""), limit).await?.required()
        }
        Ok(answer) if answer.is_success() => answer.required(),
        Ok(_) | Err(CollectError::Timeout { .. }) => {
            seed.get(&path("", pressure), limit).await?.required()
        }
        Err(error) => Err(error),
    }
}

async fn read_settings(
    seed: &Seed,
    limit: Duration,
) -> Result<(Settings, Vec<Kept>), CollectError> {
    let (cluster, pools) =
        tokio::join!(seed.get(settings::CLUSTER, limit), seed.get(settings::POOLS, limit));
    let settings = Settings::read(&cluster?.required()?);
    let mut kept = settings.samples();
    kept.extend(settings::queue_capacities(&pools?.required()?));
    Ok((settings, kept))
}

async fn read_blocks(seed: &Seed, limit: Duration) -> Result<Vec<Kept>, CollectError> {
    let answer = seed.get(settings::BLOCKS, limit).await?.required()?;
    Ok(settings::read_only_indices(&answer))
}

async fn read_report(seed: &Seed, limit: Duration) -> Result<Vec<Kept>, CollectError> {
    let answer = seed.get(cluster::REPORT, limit).await?.optional()?;
    Ok(answer.map(|answer| cluster::health_report(&answer)).unwrap_or_default())
}

async fn read_reason(seed: &Seed, limit: Duration) -> Result<Vec<Kept>, CollectError> {
    let answer = seed.get(cluster::EXPLAIN, limit).await?.optional()?;
    Ok(answer.map(|answer| cluster::unassigned_reason(&answer)).unwrap_or_default())
}
