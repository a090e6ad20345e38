//! Settings that the numbers are judged against: disk watermarks, shard limit, queue capacities,
//! and the write blocks that a full disk leaves behind. Read every minute or few minutes.

use serde_json::Value;

use super::answer::{at, entries_at, number_at, text_at};
use super::parts::Kept;

/// Where the cluster-wide settings are; flat, because `low` and `low.max_headroom` are both keys.
pub(super) const CLUSTER: &str = "/_cluster/settings?include_defaults=true&flat_settings=true\
&filter_path=*.cluster*max_shards_per_node,*.cluster*allocation*disk*";

/// Where the capacities of the queues are.
pub(super) const POOLS: &str =
    "/_nodes/thread_pool?filter_path=nodes.*.name,nodes.*.thread_pool.*.queue_size";

/// Where the write blocks are.
pub(super) const BLOCKS: &str = "/_all/_settings/index.blocks.*?expand_wildcards=all\
&filter_path=*.settings.index.blocks.read_only_allow_delete";

/// A stage of filling at which the cluster acts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// No new shards come here.
    Low,
    /// Shards are moved away.
    High,
    /// Indices become read-only.
    Flood,
}

impl Stage {
    /// All stages, in the order in which they are reached.
    pub(super) const ALL: [Self; 3] = [Self::Low, Self::High, Self::Flood];

    /// The word of the setting and of the label.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::High => "high",
            Self::Flood => "flood_stage",
        }
    }

    /// The field of `fs.data[]` in which nodes from 8 on give the free bytes at this stage.
    pub(super) const fn node_field(self) -> &'static str {
        match self {
            Self::Low => "low_watermark_free_space_in_bytes",
            Self::High => "high_watermark_free_space_in_bytes",
            Self::Flood => "flood_stage_free_space_in_bytes",
        }
    }

    const fn ratio_series(self) -> &'static str {
        match self {
            Self::Low => "elasticsearch_clustersettings_allocation_watermark_low_ratio",
            Self::High => "elasticsearch_clustersettings_allocation_watermark_high_ratio",
            Self::Flood => "elasticsearch_clustersettings_allocation_watermark_flood_stage_ratio",
        }
    }

    const fn bytes_series(self) -> &'static str {
        match self {
            Self::Low => "elasticsearch_clustersettings_allocation_watermark_low_bytes",
            Self::High => "elasticsearch_clustersettings_allocation_watermark_high_bytes",
            Self::Flood => "elasticsearch_clustersettings_allocation_watermark_flood_stage_bytes",
        }
    }
}

/// A watermark as it is written: how much may be used, or how much must stay free.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Mark {
    /// The share of the disk that may be used, 0 to 1.
    UsedRatio(f64),
    /// The bytes that must stay free.
    FreeBytes(f64),
}

impl Mark {
    /// Reads `85%`, `0.85` or `500mb`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        if let Some(percent) = text.strip_suffix('%') {
            let percent: f64 = percent.trim().parse().ok()?;
            return (0.0..=100.0).contains(&percent).then_some(Self::UsedRatio(percent / 100.0));
        }
        if let Ok(ratio) = text.parse::<f64>() {
            return (0.0..=1.0).contains(&ratio).then_some(Self::UsedRatio(ratio));
        }
        let unit = text.find(|letter: char| letter.is_ascii_alphabetic())?;
        let (number, unit) = text.split_at_checked(unit)?;
        let factor = match unit {
            "b" => 1.0,
            "kb" => 1024.0,
            "mb" => 1_048_576.0,
            "gb" => 1_073_741_824.0,
            "tb" => 1_099_511_627_776.0,
            "pb" => 1_125_899_906_842_624.0,
            _ => return None,
        };
        let number: f64 = number.trim().parse().ok()?;
        (number >= 0.0 && number.is_finite()).then_some(Self::FreeBytes(number * factor))
    }
}

/// The cluster-wide settings that numbers are judged against.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Settings {
    marks: [Option<Mark>; 3],
    /// True when the cluster ignores how full its disks are.
    pub(super) disk_threshold_off: bool,
    /// How many shards each data node may hold.
    pub(super) max_shards_per_node: Option<f64>,
}

impl Settings {
    /// Reads the answer of [`CLUSTER`].
    pub(super) fn read(answer: &Value) -> Self {
        let disk = "cluster.routing.allocation.disk";
        let mark = |stage: Stage| {
            setting(answer, &format!("{disk}.watermark.{}", stage.as_str())).and_then(Mark::parse)
        };
        Self {
            marks: Stage::ALL.map(mark),
            disk_threshold_off: setting(answer, &format!("{disk}.threshold_enabled"))
                == Some("false"),
            max_shards_per_node: setting(answer, "cluster.max_shards_per_node")
                .and_then(|text| text.parse().ok())
                .filter(|limit| *limit > 0.0),
        }
    }

    /// The free bytes below which a disk of `size` bytes reaches the stage.
    pub(super) fn free_needed(&self, stage: Stage, size: f64) -> Option<f64> {
        let [low, high, flood] = self.marks;
        let mark = match stage {
            Stage::Low => low,
            Stage::High => high,
            Stage::Flood => flood,
        };
        mark.map(|mark| match mark {
            Mark::UsedRatio(ratio) => size * (1.0 - ratio),
            Mark::FreeBytes(bytes) => bytes,
        })
    }

    /// The settings as samples.
    pub(super) fn samples(&self) -> Vec<Kept> {
        let mut kept = Vec::new();
        for (stage, mark) in Stage::ALL.into_iter().zip(self.marks) {
            match mark {
                Some(Mark::UsedRatio(ratio)) => {
                    kept.push(Kept::new(stage.ratio_series(), Vec::new(), ratio));
                }
                Some(Mark::FreeBytes(bytes)) => {
                    kept.push(Kept::new(stage.bytes_series(), Vec::new(), bytes));
                }
                None => {}
            }
        }
        if let Some(limit) = self.max_shards_per_node {
            let series = "elasticsearch_clustersettings_stats_max_shards_per_node";
            kept.push(Kept::new(series, Vec::new(), limit));
        }
        kept
    }
}

/// The value of a flat setting: set for now, set for good, or the default.
fn setting<'v>(answer: &'v Value, key: &str) -> Option<&'v str> {
    let layers = ["transient", "persistent", "defaults"];
    layers.into_iter().find_map(|layer| at(answer, layer)?.get(key)?.as_str())
}

/// The capacity of each bounded queue; an unbounded one (-1) has none.
pub(super) fn queue_capacities(answer: &Value) -> Vec<Kept> {
    let mut kept = Vec::new();
    for (id, node) in entries_at(answer, "nodes") {
        let name = text_at(node, "name").unwrap_or(id);
        for (pool, queue) in entries_at(node, "thread_pool") {
            if let Some(capacity) = number_at(queue, "queue_size").filter(|size| *size > 0.0) {
                let labels = vec![("name", name.to_owned()), ("type", pool.to_owned())];
                kept.push(Kept::new("vakhta_es_thread_pool_queue_capacity", labels, capacity));
            }
        }
    }
    kept
}

/// How many indices refuse writing because a disk was full.
pub(super) fn read_only_indices(answer: &Value) -> Vec<Kept> {
    let indices = answer.as_object().into_iter().flatten();
    let blocked = indices
        .filter(|(_, index)| {
            text_at(index, "settings/index/blocks/read_only_allow_delete") == Some("true")
        })
        .fold(0.0, |count, _| count + 1.0);
    vec![Kept::new("elasticsearch_indices_settings_stats_read_only_indices", Vec::new(), blocked)]
}
