//! The statistics of the nodes (`_nodes/stats`) as samples, named as elasticsearch_exporter names
//! them; the label `name` is the node's.

use std::collections::BTreeSet;

use serde_json::Value;

use super::answer::{at, entries_at, flag, items_at, number_at, text_at};
use super::settings::{Settings, Stage};
use crate::collect::Samples;

/// Which metrics are always asked for; `fs` and `indexing_pressure` are added where they work.
pub(super) const METRICS: &str = "jvm,breaker,thread_pool,process,indices";

/// What is kept of the answer: without it most would be tables of routes and actions.
pub(super) const FILTER: &str = "_nodes,nodes.*.name,nodes.*.jvm.uptime_in_millis,\
nodes.*.jvm.mem,nodes.*.jvm.gc,nodes.*.breakers,nodes.*.thread_pool,nodes.*.fs.data,\
nodes.*.process,nodes.*.indexing_pressure.memory,nodes.*.indices.docs,nodes.*.indices.store,\
nodes.*.indices.indexing,nodes.*.indices.search,nodes.*.indices.get,nodes.*.indices.merges,\
nodes.*.indices.refresh,nodes.*.indices.flush,nodes.*.indices.segments.count,\
nodes.*.indices.fielddata,nodes.*.indices.query_cache,nodes.*.indices.request_cache,\
nodes.*.indices.translog";

/// Milliseconds to seconds.
const MILLIS: f64 = 0.001;

/// One number of a node each: where it stands, its series, the factor to the series' unit.
const NUMBERS: &[(&str, &str, f64)] = &[
    ("jvm/uptime_in_millis", "elasticsearch_jvm_uptime_seconds", MILLIS),
    ("process/cpu/percent", "elasticsearch_process_cpu_percent", 1.0),
    ("process/open_file_descriptors", "elasticsearch_process_open_files_count", 1.0),
    ("process/max_file_descriptors", "elasticsearch_process_max_files_descriptors", 1.0),
    ("indices/docs/count", "elasticsearch_indices_docs", 1.0),
    ("indices/store/size_in_bytes", "elasticsearch_indices_store_size_bytes", 1.0),
    ("indices/indexing/index_total", "elasticsearch_indices_indexing_index_total", 1.0),
    (
        "indices/indexing/index_time_in_millis",
        "elasticsearch_indices_indexing_index_time_seconds_total",
        MILLIS,
    ),
    (
        "indices/indexing/throttle_time_in_millis",
        "elasticsearch_indices_indexing_throttle_time_seconds_total",
        MILLIS,
    ),
    ("indices/search/query_total", "elasticsearch_indices_search_query_total", 1.0),
    (
        "indices/search/query_time_in_millis",
        "elasticsearch_indices_search_query_time_seconds",
        MILLIS,
    ),
    ("indices/search/fetch_total", "elasticsearch_indices_search_fetch_total", 1.0),
    (
        "indices/search/fetch_time_in_millis",
        "elasticsearch_indices_search_fetch_time_seconds",
        MILLIS,
    ),
    ("indices/get/total", "elasticsearch_indices_get_total", 1.0),
    ("indices/get/time_in_millis", "elasticsearch_indices_get_time_seconds", MILLIS),
    ("indices/merges/current", "elasticsearch_indices_merges_current", 1.0),
    ("indices/merges/total", "elasticsearch_indices_merges_total", 1.0),
    ("indices/merges/total_docs", "elasticsearch_indices_merges_docs_total", 1.0),
    (
        "indices/merges/total_size_in_bytes",
        "elasticsearch_indices_merges_total_size_bytes_total",
        1.0,
    ),
    (
        "indices/merges/total_time_in_millis",
        "elasticsearch_indices_merges_total_time_seconds_total",
        MILLIS,
    ),
    (
        "indices/merges/total_throttled_time_in_millis",
        "elasticsearch_indices_merges_total_throttled_time_seconds_total",
        MILLIS,
    ),
    ("indices/refresh/total", "elasticsearch_indices_refresh_total", 1.0),
    (
        "indices/refresh/total_time_in_millis",
        "elasticsearch_indices_refresh_time_seconds_total",
        MILLIS,
    ),
    ("indices/flush/total", "elasticsearch_indices_flush_total", 1.0),
    ("indices/flush/total_time_in_millis", "elasticsearch_indices_flush_time_seconds", MILLIS),
    ("indices/segments/count", "elasticsearch_indices_segments_count", 1.0),
    ("indices/fielddata/evictions", "elasticsearch_indices_fielddata_evictions", 1.0),
    (
        "indices/fielddata/memory_size_in_bytes",
        "elasticsearch_indices_fielddata_memory_size_bytes",
        1.0,
    ),
    ("indices/query_cache/evictions", "elasticsearch_indices_query_cache_evictions", 1.0),
    (
        "indices/query_cache/memory_size_in_bytes",
        "elasticsearch_indices_query_cache_memory_size_bytes",
        1.0,
    ),
    ("indices/request_cache/evictions", "elasticsearch_indices_request_cache_evictions", 1.0),
    ("indices/translog/operations", "elasticsearch_indices_translog_operations", 1.0),
    ("indices/translog/size_in_bytes", "elasticsearch_indices_translog_size_in_bytes", 1.0),
];

/// Numbers of the members of a map, for example of each breaker: the map, the label that holds the
/// member's name, and its numbers as in [`NUMBERS`].
type Family = (&'static str, &'static str, &'static [(&'static str, &'static str, f64)]);

const FAMILIES: &[Family] = &[
    (
        "jvm/mem/pools",
        "pool",
        &[
            ("used_in_bytes", "elasticsearch_jvm_memory_pool_used_bytes", 1.0),
            ("max_in_bytes", "elasticsearch_jvm_memory_pool_max_bytes", 1.0),
        ],
    ),
    (
        "jvm/gc/collectors",
        "gc",
        &[
            ("collection_count", "elasticsearch_jvm_gc_collection_seconds_count", 1.0),
            ("collection_time_in_millis", "elasticsearch_jvm_gc_collection_seconds_sum", MILLIS),
        ],
    ),
    (
        "breakers",
        "breaker",
        &[
            ("tripped", "elasticsearch_breakers_tripped", 1.0),
            ("estimated_size_in_bytes", "elasticsearch_breakers_estimated_size_bytes", 1.0),
            ("limit_size_in_bytes", "elasticsearch_breakers_limit_size_bytes", 1.0),
        ],
    ),
    (
        "thread_pool",
        "type",
        &[
            ("active", "elasticsearch_thread_pool_active_count", 1.0),
            ("queue", "elasticsearch_thread_pool_queue_count", 1.0),
            ("rejected", "elasticsearch_thread_pool_rejected_count", 1.0),
        ],
    ),
];

/// Numbers that carry one fixed label beside the node's name.
const FIXED: &[(&str, &str, (&str, &str))] = &[
    ("jvm/mem/heap_used_in_bytes", "elasticsearch_jvm_memory_used_bytes", ("area", "heap")),
    ("jvm/mem/heap_max_in_bytes", "elasticsearch_jvm_memory_max_bytes", ("area", "heap")),
    ("jvm/mem/non_heap_used_in_bytes", "elasticsearch_jvm_memory_used_bytes", ("area", "non-heap")),
    (
        "indexing_pressure/memory/current/all_in_bytes",
        "elasticsearch_indexing_pressure_current_all_in_bytes",
        ("indexing_pressure", "memory"),
    ),
    (
        "indexing_pressure/memory/limit_in_bytes",
        "elasticsearch_indexing_pressure_limit_in_bytes",
        ("indexing_pressure", "memory"),
    ),
];

/// Which nodes gave statistics and which did not.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answered {
    /// Identifiers of the nodes that are in the answer.
    pub(super) ids: BTreeSet<String>,
    /// Identifiers of the nodes that the asked node waited for in vain.
    pub(super) failed: BTreeSet<String>,
}

/// Pushes everything the nodes said.
pub(super) fn push(answer: &Value, settings: &Settings, samples: &mut Samples) -> Answered {
    let mut answered = Answered::default();
    let mut names: BTreeSet<String> = BTreeSet::new();
    if let Some(failed) = number_at(answer, "_nodes/failed") {
        samples.push("vakhta_es_nodes_failed", &[], failed);
    }
    for failure in items_at(answer, "_nodes/failures") {
        if let Some(id) = text_at(failure, "node_id") {
            answered.failed.insert(id.to_owned());
        }
    }
    for (id, node) in entries_at(answer, "nodes") {
        answered.ids.insert(id.to_owned());
        let mut name = text_at(node, "name").unwrap_or(id).to_owned();
        // Two nodes may bear one name by mistake; a series must not have two values in one poll.
        if names.contains(&name) {
            name = format!("{name} ({id})");
        }
        push_node(&name, node, samples);
        push_disks(&name, node, settings, samples);
        names.insert(name);
    }
    answered
}

fn push_node(name: &str, node: &Value, samples: &mut Samples) {
    for (path, series, factor) in NUMBERS {
        if let Some(number) = number_at(node, path) {
            samples.push(series, &[("name", name)], number * factor);
        }
    }
    for (path, series, label) in FIXED {
        if let Some(number) = number_at(node, path) {
            samples.push(series, &[*label, ("name", name)], number);
        }
    }
    for (path, label, numbers) in FAMILIES {
        for (member, values) in entries_at(node, path) {
            for (key, series, factor) in *numbers {
                // A bound of 0 means «none»: a share of it would be meaningless.
                let is_bound = key.starts_with("max") || key.starts_with("limit");
                let number = number_at(values, key);
                if let Some(number) = number.filter(|number| !is_bound || *number > 0.0) {
                    samples.push(series, &[(label, member), ("name", name)], number * factor);
                }
            }
        }
    }
    if let Some(throttled) = at(node, "indices/indexing/is_throttled").and_then(Value::as_bool) {
        let series = "elasticsearch_indices_indexing_is_throttled";
        samples.push(series, &[("name", name)], flag(throttled));
    }
}

/// Pushes the data paths, and for each stage of the disk watermarks how far off it still is.
fn push_disks(name: &str, node: &Value, settings: &Settings, samples: &mut Samples) {
    for disk in items_at(node, "fs/data") {
        let mount = text_at(disk, "mount").unwrap_or_default();
        let path = text_at(disk, "path").unwrap_or_default();
        let labels = [("mount", mount), ("name", name), ("path", path)];
        let size = number_at(disk, "total_in_bytes");
        let available = number_at(disk, "available_in_bytes");
        let plain = [
            ("elasticsearch_filesystem_data_size_bytes", size),
            ("elasticsearch_filesystem_data_available_bytes", available),
            ("elasticsearch_filesystem_data_free_bytes", number_at(disk, "free_in_bytes")),
        ];
        for (series, number) in plain {
            if let Some(number) = number {
                samples.push(series, &labels, number);
            }
        }
        let (Some(size), Some(available)) = (size, available) else { continue };
        if settings.disk_threshold_off || size <= 0.0 {
            continue;
        }
        for stage in Stage::ALL {
            // From 8 on the node says it itself, headroom settings for large disks included.
            let said = number_at(disk, stage.node_field());
            let Some(needed) = said.or_else(|| settings.free_needed(stage, size)) else { continue };
            let [mount, name, path] = labels;
            let labels = [mount, name, path, ("stage", stage.as_str())];
            let left = available - needed;
            samples.push("vakhta_es_disk_headroom_bytes", &labels, left);
            samples.push("vakhta_es_disk_headroom_ratio", &labels, left / size);
        }
    }
}
