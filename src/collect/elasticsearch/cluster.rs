//! The cluster as a whole: health, members, master, why shards are unassigned, and the health
//! report of 8.7 and later.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::answer::{entries_at, flag, items_at, number_at, text_at};
use super::parts::Kept;
use crate::collect::Samples;

/// Where the members and the master are.
pub(super) const STATE: &str = "/_cluster/state/master_node,nodes\
?filter_path=master_node,cluster_manager_node,nodes.*.name";

/// Where the reason for an unassigned shard is; 400 when none is unassigned.
pub(super) const EXPLAIN: &str = "/_cluster/allocation/explain\
?filter_path=can_allocate,unassigned_info.reason,node_allocation_decisions.deciders.decider,\
node_allocation_decisions.deciders.decision";

/// Where the health report is; its indicators differ between versions and licences.
pub(super) const REPORT: &str = "/_health_report?verbose=false&filter_path=indicators.*.status";

/// The numbers of the health answer and their series.
const HEALTH: &[(&str, &str)] = &[
    ("number_of_nodes", "elasticsearch_cluster_health_number_of_nodes"),
    ("number_of_data_nodes", "elasticsearch_cluster_health_number_of_data_nodes"),
    ("active_primary_shards", "elasticsearch_cluster_health_active_primary_shards"),
    ("active_shards", "elasticsearch_cluster_health_active_shards"),
    ("relocating_shards", "elasticsearch_cluster_health_relocating_shards"),
    ("initializing_shards", "elasticsearch_cluster_health_initializing_shards"),
    ("unassigned_shards", "elasticsearch_cluster_health_unassigned_shards"),
    ("delayed_unassigned_shards", "elasticsearch_cluster_health_delayed_unassigned_shards"),
    ("number_of_pending_tasks", "elasticsearch_cluster_health_number_of_pending_tasks"),
    ("number_of_in_flight_fetch", "elasticsearch_cluster_health_number_of_in_flight_fetch"),
    (
        "task_max_waiting_in_queue_millis",
        "elasticsearch_cluster_health_task_max_waiting_in_queue_millis",
    ),
    (
        "active_shards_percent_as_number",
        "elasticsearch_cluster_health_active_shards_percent_as_number",
    ),
];

/// The indicators of the health report that are known, and their series.
const INDICATORS: &[(&str, &str)] = &[
    ("master_is_stable", "elasticsearch_health_report_master_is_stable_status"),
    ("shards_availability", "elasticsearch_health_report_shards_availability_status"),
    ("disk", "elasticsearch_health_report_disk_status"),
    ("repository_integrity", "elasticsearch_health_report_repository_integrity_status"),
    ("shards_capacity", "elasticsearch_health_report_shards_capacity_status"),
    ("data_stream_lifecycle", "elasticsearch_health_report_data_stream_lifecycle_status"),
    ("ilm", "elasticsearch_health_report_ilm_status"),
    ("slm", "elasticsearch_health_report_slm_status"),
];

const COLORS: [&str; 3] = ["green", "yellow", "red"];

/// What later steps of the poll need of the health answer.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Health {
    /// Shards that have no node, delayed ones among them.
    pub(super) unassigned: f64,
    /// Shards that count towards the shard limit.
    shards: f64,
    data_nodes: f64,
}

/// Pushes the health answer.
pub(super) fn push_health(answer: &Value, samples: &mut Samples) -> Health {
    if let Some(status) = text_at(answer, "status") {
        for color in COLORS {
            let is_this = flag(status.eq_ignore_ascii_case(color));
            samples.push("elasticsearch_cluster_health_status", &[("color", color)], is_this);
        }
    }
    for (key, series) in HEALTH {
        if let Some(number) = number_at(answer, key) {
            samples.push(series, &[], number);
        }
    }
    let number = |key: &str| number_at(answer, key).unwrap_or_default();
    Health {
        unassigned: number("unassigned_shards"),
        shards: number("active_shards")
            + number("initializing_shards")
            + number("unassigned_shards"),
        data_nodes: number("number_of_data_nodes"),
    }
}

/// Pushes how much of the shard limit is used.
pub(super) fn push_shard_limit(health: Health, per_node: Option<f64>, samples: &mut Samples) {
    let limit = per_node.unwrap_or_default() * health.data_nodes;
    if limit > 0.0 {
        samples.push("vakhta_es_shards_limit", &[], limit);
        samples.push("vakhta_es_shards_used_ratio", &[], health.shards / limit);
    }
}

/// The members of the cluster and its master, as last read. While they cannot be read the last
/// reading stands: that nobody can tell who is there does not mean that everybody left.
#[derive(Debug, Default)]
pub(super) struct Members {
    names: BTreeMap<String, String>,
    /// Names of former members that the cluster dropped because they hang: they are there still.
    hanging: BTreeSet<String>,
    master: Option<String>,
    master_changes: f64,
}

impl Members {
    /// Takes the answer of [`STATE`], and the names of the nodes that are known to hang.
    pub(super) fn update(&mut self, answer: &Value, hung: &BTreeSet<String>) {
        let named =
            |(id, node)| (str::to_owned(id), text_at(node, "name").unwrap_or(id).to_owned());
        let names: BTreeMap<String, String> = entries_at(answer, "nodes").map(named).collect();
        if names.is_empty() {
            return;
        }
        let former = std::mem::replace(&mut self.names, names);
        self.hanging.extend(former.into_values());
        self.hanging.retain(|name| hung.contains(name));
        let master =
            text_at(answer, "master_node").or_else(|| text_at(answer, "cluster_manager_node"));
        if let Some(master) = master {
            if self.master.as_deref().is_some_and(|known| known != master) {
                self.master_changes += 1.0;
            }
            self.master = Some(master.to_owned());
        }
    }

    /// The name of a node.
    pub(super) fn name(&self, id: &str) -> Option<&str> {
        self.names.get(id).map(String::as_str)
    }

    /// The nodes: identifier and name.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.names.iter().map(|(id, name)| (id.as_str(), name.as_str()))
    }

    /// Pushes who is there and who leads.
    pub(super) fn push(&self, samples: &mut Samples) {
        let names: BTreeSet<&String> = self.names.values().chain(&self.hanging).collect();
        for name in names {
            samples.push("vakhta_es_node_present", &[("name", name)], 1.0);
        }
        if let Some(master) = &self.master {
            let name = self.name(master).unwrap_or(master);
            samples.push("vakhta_es_master", &[("master_node", name)], 1.0);
            samples.push("vakhta_es_master_changes_total", &[], self.master_changes);
        }
    }
}

/// Why the shard that the cluster chose to explain has no node. Of the deciders that say no, one
/// that an operator can do something about is named rather than `same_shard`, which is said by
/// every node that holds another copy.
pub(super) fn unassigned_reason(answer: &Value) -> Vec<Kept> {
    let mut votes: BTreeMap<&str, u32> = BTreeMap::new();
    for node in items_at(answer, "node_allocation_decisions") {
        for decider in items_at(node, "deciders") {
            let is_no = text_at(decider, "decision") == Some("NO");
            if let Some(word) = text_at(decider, "decider").filter(|word| is_no && is_word(word)) {
                *votes.entry(word).or_default() += 1;
            }
        }
    }
    let decider = votes.into_iter().max_by_key(|(word, count)| (*word != "same_shard", *count));
    let word_at = |path| text_at(answer, path).filter(|word| is_word(word)).unwrap_or("unknown");
    let labels = vec![
        ("can_allocate", word_at("can_allocate").to_owned()),
        ("decider", decider.map_or("none", |(word, _)| word).to_owned()),
        ("reason", word_at("unassigned_info/reason").to_owned()),
    ];
    vec![Kept::new("vakhta_es_unassigned_reason", labels, 1.0)]
}

/// A short word of letters and underscores; anything else is not let into a label.
fn is_word(text: &str) -> bool {
    let is_letter = |letter: char| letter.is_ascii_alphabetic() || letter == '_';
    (1..=40).contains(&text.len()) && text.chars().all(is_letter)
}

/// The health report as one series per known indicator and colour.
pub(super) fn health_report(answer: &Value) -> Vec<Kept> {
    let mut kept = Vec::new();
    for (indicator, series) in INDICATORS {
        let Some(status) = text_at(answer, &format!("indicators/{indicator}/status")) else {
            continue;
        };
        for color in COLORS {
            let labels = vec![("color", color.to_owned())];
            kept.push(Kept::new(series, labels, flag(status == color)));
        }
    }
    kept
}
