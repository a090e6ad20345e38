//! Snapshots of each repository: when the last one succeeded, whether the last one failed, and
//! whether the repository can be read at all.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;

use super::answer::{flag, items_at, number_at, text_at};
use super::client::{Seed, segment};
use super::parts::Kept;
use crate::collect::CollectError;

/// The most repositories that are read.
const REPOSITORY_LIMIT: usize = 20;

/// What is kept of the lists.
const FILTER: &str = "filter_path=total,snapshots.state,snapshots.start_time_in_millis,\
snapshots.end_time_in_millis,snapshots.shards.failed";

/// Repositories and what was last known of them.
#[derive(Debug, Default)]
pub(super) struct Snapshots {
    ignored: Vec<String>,
    /// Unix time in seconds of the last success, by repository: it goes on ageing while the
    /// repository cannot be read.
    last_success: BTreeMap<String, f64>,
}

/// What one repository answered.
type Listed = Result<Option<Value>, CollectError>;

impl Snapshots {
    /// Reads no repository of these names.
    pub(super) fn new(ignored: Vec<String>) -> Self {
        Self { ignored, last_success: BTreeMap::new() }
    }

    /// Reads all repositories at once.
    ///
    /// # Errors
    /// When the repositories themselves cannot be listed.
    pub(super) async fn read(
        &mut self,
        seed: &Seed,
        limit: Duration,
    ) -> Result<(Vec<Kept>, Option<CollectError>), CollectError> {
        let path = "/_snapshot?filter_path=*.type,*.settings.readonly";
        let Some(answer) = seed.get(path, limit).await?.optional()? else {
            return Ok((Vec::new(), None));
        };
        let names = self.written_repositories(&answer);
        let lists = join_all(names.iter().map(|name| list(seed, name, limit))).await;
        let mut kept = Vec::new();
        let mut trouble = None;
        for (name, listed) in names.iter().zip(lists) {
            trouble = self.note(name, listed, &mut kept).or(trouble);
        }
        self.last_success.retain(|name, _| names.contains(name));
        Ok((kept, trouble))
    }

    /// The repositories that snapshots are written to: not read-only ones, not ignored ones.
    fn written_repositories(&self, answer: &Value) -> Vec<String> {
        let repositories = answer.as_object().into_iter().flatten();
        repositories
            .filter(|(name, repository)| {
                text_at(repository, "settings/readonly") != Some("true")
                    && text_at(repository, "type") != Some("url")
                    && !self.ignored.contains(name)
            })
            .map(|(name, _)| name.clone())
            .take(REPOSITORY_LIMIT)
            .collect()
    }

    /// Notes what one repository answered; what went wrong with it is returned.
    pub(super) fn note(
        &mut self,
        name: &str,
        listed: Listed,
        kept: &mut Vec<Kept>,
    ) -> Option<CollectError> {
        let labels = || vec![("repository", name.to_owned())];
        // A slow list says nothing about the repository; an error of the cluster's own does.
        let is_readable = match &listed {
            Ok(_) => Some(true),
            Err(CollectError::Answer { .. }) => Some(false),
            Err(_) => None,
        };
        if let Some(is_readable) = is_readable {
            let series = "vakhta_es_repository_readable";
            kept.push(Kept::new(series, labels(), flag(is_readable)));
        }
        let error = match listed {
            Ok(Some(answer)) => {
                self.note_list(name, &answer, kept);
                None
            }
            Ok(None) => None,
            Err(error) => Some(error),
        };
        if let Some(time) = self.last_success.get(name) {
            let series = "vakhta_es_snapshot_last_success_timestamp_seconds";
            kept.push(Kept::new(series, labels(), *time));
        }
        error
    }

    fn note_list(&mut self, name: &str, answer: &Value, kept: &mut Vec<Kept>) {
        let mut push = |series, value| {
            kept.push(Kept::new(series, vec![("repository", name.to_owned())], value));
        };
        let listed = items_at(answer, "snapshots").fold(0.0, |count, _| count + 1.0);
        let total = number_at(answer, "total").unwrap_or(listed);
        push("elasticsearch_snapshot_stats_number_of_snapshots", total);
        let mut finished: Vec<Finished<'_>> =
            items_at(answer, "snapshots").filter_map(Finished::read).collect();
        finished.sort_by(|one, other| one.start.total_cmp(&other.start));
        let Some(latest) = finished.last() else { return };
        push("elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds", latest.start);
        push("elasticsearch_snapshot_stats_snapshot_failed_shards", latest.failed_shards);
        push("vakhta_es_snapshot_last_failed", flag(latest.state != "SUCCESS"));
        let succeeded = finished.iter().rev().find(|snapshot| snapshot.state == "SUCCESS");
        // When none of those listed succeeded, the last success is older than all of them.
        let oldest = finished.first().map(|snapshot| snapshot.start);
        if let Some(time) = succeeded.map(|snapshot| snapshot.end).or(oldest) {
            self.last_success.insert(name.to_owned(), time);
        }
    }
}

/// A snapshot that is no longer in progress; times in Unix seconds.
struct Finished<'a> {
    state: &'a str,
    start: f64,
    end: f64,
    failed_shards: f64,
}

impl<'a> Finished<'a> {
    fn read(snapshot: &'a Value) -> Option<Self> {
        let state = text_at(snapshot, "state").filter(|state| *state != "IN_PROGRESS")?;
        let start = number_at(snapshot, "start_time_in_millis")? / 1000.0;
        let end = number_at(snapshot, "end_time_in_millis").filter(|end| *end > 0.0);
        let failed_shards = number_at(snapshot, "shards/failed").unwrap_or_default();
        Some(Self { state, start, end: end.map_or(start, |end| end / 1000.0), failed_shards })
    }
}

/// The newest snapshots of a repository. Elasticsearch from 7.14 on sorts and cuts the list itself;
/// the others answer 400 to that, and give all.
async fn list(seed: &Seed, name: &str, limit: Duration) -> Listed {
    let all = format!("/_snapshot/{}/_all?ignore_unavailable=true&{FILTER}", segment(name));
    let newest = format!("{all}&sort=start_time&order=desc&size=100");
    match seed.get(&newest, limit / 2).await?.optional()? {
        Some(answer) => Ok(Some(answer)),
        None => seed.get(&all, limit / 2).await?.required().map(Some),
    }
}
