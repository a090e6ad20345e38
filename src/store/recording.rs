//! Recorded samples: those that rules with limits read, hour by hour, in a file of their own, for who asks what another
//! limit would have done in the last days. In no backup: what is lost with the file is a look back.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use sqlx::sqlite::{SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Row, SqliteConnection};

use super::{StoreError, encode, options, unsigned, while_doing};
use crate::model::{Series, SeriesRef, Time};
use crate::series::packed::{pack, unpack};

const HOUR_MS: i64 = 3_600_000;

/// Where in the file what is: `until` is when a series was last recorded, `hour` counts from 1970.
const TABLES: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS series (id INTEGER PRIMARY KEY, metric TEXT NOT NULL, labels TEXT NOT NULL UNIQUE, \
     until INTEGER NOT NULL)",
    "CREATE INDEX IF NOT EXISTS series_metric ON series (metric)",
    "CREATE TABLE IF NOT EXISTS samples (series INTEGER NOT NULL, hour INTEGER NOT NULL, packed BLOB NOT NULL, \
     PRIMARY KEY (series, hour)) WITHOUT ROWID",
];

/// A series with samples in order of time, milliseconds since 1970.
pub type Recorded = (SeriesRef, Vec<(i64, f64)>);

/// The file of recorded samples. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Recording {
    pool: SqlitePool,
}

impl Recording {
    /// Opens the file, making it when it is not there.
    ///
    /// # Errors
    /// When it cannot be opened, or is something else.
    pub async fn open(file: &Path) -> Result<Self, StoreError> {
        // What a power cut takes here is minutes of a look back: no waiting for the disk.
        let options = options(file)?.create_if_missing(true).synchronous(SqliteSynchronous::Normal);
        let pool = SqlitePoolOptions::new().max_connections(2).connect_with(options).await;
        let pool = pool.map_err(while_doing("open the recorded samples"))?;
        for table in TABLES {
            let made = sqlx::query(table).execute(&pool).await;
            made.map_err(while_doing("set up the recorded samples"))?;
        }
        Ok(Self { pool })
    }

    /// Until when each series of a metric is recorded, by its labels as they are kept.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn until(&self, metric: &str) -> Result<HashMap<String, Time>, StoreError> {
        let rows = sqlx::query("SELECT labels, until FROM series WHERE metric = ?")
            .bind(metric)
            .fetch_all(&self.pool)
            .await
            .map_err(while_doing("read what is recorded"))?;
        Ok(rows.iter().map(|row| (row.get(0), Time(row.get(1)))).collect())
    }

    /// Adds samples: all of them or none.
    ///
    /// # Errors
    /// When they cannot be written.
    pub async fn add(&self, metric: &str, found: &[Recorded]) -> Result<(), StoreError> {
        const DOING: &str = "record samples";
        let mut writing = self.pool.begin().await.map_err(while_doing(DOING))?;
        for (series, samples) in found {
            let Some((newest, _)) = samples.last() else { continue };
            let id: i64 = sqlx::query_scalar(
                "INSERT INTO series (metric, labels, until) VALUES (?, ?, ?) \
                 ON CONFLICT (labels) DO UPDATE SET until = excluded.until RETURNING id",
            )
            .bind(metric)
            .bind(key(series)?)
            .bind(newest)
            .fetch_one(&mut *writing)
            .await
            .map_err(while_doing(DOING))?;
            for hour in samples.chunk_by(|one, next| hour_of(one.0) == hour_of(next.0)) {
                add_hour(&mut writing, id, hour).await.map_err(while_doing(DOING))?;
            }
        }
        writing.commit().await.map_err(while_doing(DOING))
    }

    /// Hands over what is recorded of some metrics, series by series, of each the older first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn read(
        &self,
        metrics: &[&str],
        mut take: impl FnMut(&SeriesRef, &[(i64, f64)]),
    ) -> Result<(), StoreError> {
        const DOING: &str = "read recorded samples";
        for metric in metrics {
            let series = sqlx::query("SELECT id, labels FROM series WHERE metric = ? ORDER BY id")
                .bind(metric)
                .fetch_all(&self.pool)
                .await
                .map_err(while_doing(DOING))?;
            for row in series {
                let (id, labels): (i64, String) = (row.get(0), row.get(1));
                let Some(series) = series_of(&labels) else { continue };
                let hours = sqlx::query_scalar::<_, Vec<u8>>(
                    "SELECT packed FROM samples WHERE series = ? ORDER BY hour",
                )
                .bind(id)
                .fetch_all(&self.pool)
                .await
                .map_err(while_doing(DOING))?;
                for hour in hours {
                    // An hour that is damaged is a gap.
                    take(&series, &unpack(&hour).unwrap_or_default());
                }
            }
        }
        Ok(())
    }

    /// Takes away what is older than a moment, and then the oldest hours beyond so many bytes.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn trim(&self, oldest: Time, most_bytes: u64) -> Result<(), StoreError> {
        const DOING: &str = "trim recorded samples";
        let mut oldest = hour_of(oldest.0);
        loop {
            let gone = sqlx::query("DELETE FROM samples WHERE hour < ?").bind(oldest);
            gone.execute(&self.pool).await.map_err(while_doing(DOING))?;
            if self.bytes().await? <= most_bytes {
                break;
            }
            let first: Option<i64> = sqlx::query_scalar("SELECT min(hour) FROM samples")
                .fetch_one(&self.pool)
                .await
                .map_err(while_doing(DOING))?;
            let Some(first) = first else { break };
            oldest = first + 1;
        }
        sqlx::query("DELETE FROM series WHERE until < ?")
            .bind(oldest.saturating_mul(HOUR_MS))
            .execute(&self.pool)
            .await
            .map_err(while_doing(DOING))?;
        Ok(())
    }

    /// Bytes in use.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        let row = sqlx::query(
            "SELECT (c.page_count - f.freelist_count) * s.page_size \
             FROM pragma_page_count() c, pragma_freelist_count() f, pragma_page_size() s",
        )
        .fetch_one(&self.pool)
        .await
        .map_err(while_doing("measure the recorded samples"))?;
        Ok(unsigned(row.get(0)))
    }

    /// Closes the file.
    pub async fn close(&self) {
        self.pool.close().await;
    }
}

/// Adds samples of one hour to those that are there; what is not newer is there already.
async fn add_hour(
    writing: &mut SqliteConnection,
    series: i64,
    samples: &[(i64, f64)],
) -> Result<(), sqlx::Error> {
    let Some((first, _)) = samples.first() else { return Ok(()) };
    let hour = hour_of(*first);
    let known: Option<Vec<u8>> =
        sqlx::query_scalar("SELECT packed FROM samples WHERE series = ? AND hour = ?")
            .bind(series)
            .bind(hour)
            .fetch_optional(&mut *writing)
            .await?;
    let mut all = known.and_then(|known| unpack(&known)).unwrap_or_default();
    let newest = all.last().map_or(i64::MIN, |(at, _)| *at);
    all.extend(samples.iter().filter(|(at, _)| *at > newest));
    sqlx::query("INSERT OR REPLACE INTO samples (series, hour, packed) VALUES (?, ?, ?)")
        .bind(series)
        .bind(hour)
        .bind(pack(&all))
        .execute(&mut *writing)
        .await?;
    Ok(())
}

const fn hour_of(at: i64) -> i64 {
    at.div_euclid(HOUR_MS)
}

/// The labels of a series as they are kept.
///
/// # Errors
/// Never for labels.
pub fn key(series: &SeriesRef) -> Result<String, StoreError> {
    let labels: BTreeMap<&str, &str> = series.labels().collect();
    encode("a series", &labels)
}

fn series_of(key: &str) -> Option<SeriesRef> {
    let labels: BTreeMap<String, String> = serde_json::from_str(key).ok()?;
    let pairs = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Some(Series::new("", pairs).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_790_000_000_000;

    fn series(instance: &str) -> SeriesRef {
        Series::new("load", [("instance", instance)]).into()
    }

    async fn read(recording: &Recording) -> BTreeMap<String, Vec<(i64, f64)>> {
        let mut found: BTreeMap<String, Vec<(i64, f64)>> = BTreeMap::new();
        let take = |series: &SeriesRef, samples: &[(i64, f64)]| {
            found.entry(series.to_string()).or_default().extend(samples);
        };
        recording.read(&["load", "nothing"], take).await.unwrap();
        found
    }

    /// Samples are added hour by hour, twice the same are there once, and another start finds them.
    #[tokio::test]
    async fn samples_outlive_a_restart_and_are_there_once() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("samples.sqlite");
        let recording = Recording::open(&file).await.unwrap();
        let (one, other) = (series("a"), series("б \"в\""));
        let samples = |from: i64, to: i64| -> Vec<(i64, f64)> {
            (from..to)
                .map(|n| (START + n * 600_000, if n % 7 == 3 { f64::INFINITY } else { 0.1 }))
                .collect()
        };
        recording
            .add("load", &[(one.clone(), samples(0, 9)), (other.clone(), samples(3, 5))])
            .await
            .unwrap();
        recording.add("load", &[(one.clone(), samples(5, 20))]).await.unwrap();
        recording.close().await;

        let recording = Recording::open(&file).await.unwrap();
        let until = recording.until("load").await.unwrap();
        assert_eq!(until[&key(&one).unwrap()], Time(START + 19 * 600_000));
        let found = read(&recording).await;
        assert_eq!(found[&one.to_string()], samples(0, 20));
        assert_eq!(found[&other.to_string()], samples(3, 5));
    }

    #[tokio::test]
    async fn what_is_old_goes_and_so_does_what_is_too_much() {
        let folder = tempfile::tempdir().unwrap();
        let recording = Recording::open(&folder.path().join("samples.sqlite")).await.unwrap();
        let noise = |n: i64| {
            f64::from_bits((n.unsigned_abs() | 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 2)
        };
        let hours = |from: i64, to: i64| -> Vec<(i64, f64)> {
            (from * 360..to * 360).map(|n| (START + n * 10_000, noise(n))).collect()
        };
        let (one, gone) = (series("a"), series("gone"));
        recording
            .add("load", &[(one.clone(), hours(0, 200)), (gone.clone(), hours(0, 2))])
            .await
            .unwrap();
        recording.trim(Time(START + 10 * HOUR_MS), u64::MAX).await.unwrap();
        let found = read(&recording).await;
        let first = found[&one.to_string()][0].0;
        assert!((START + 9 * HOUR_MS..=START + 10 * HOUR_MS).contains(&first), "{first}");
        assert!(!found.contains_key(&gone.to_string()), "a series without samples is forgotten");
        let before = recording.bytes().await.unwrap();
        recording.trim(Time(START), before / 2).await.unwrap();
        assert!(recording.bytes().await.unwrap() <= before / 2);
        let kept = read(&recording).await;
        assert_eq!(
            kept[&one.to_string()].last(),
            found[&one.to_string()].last(),
            "the newest stay"
        );
        assert!(kept[&one.to_string()].len() > 1_000);
    }
}
