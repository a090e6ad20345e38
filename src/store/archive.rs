//! Cases that are done: a line for lists, and all of it compressed.

use std::collections::BTreeSet;

use sqlx::{Row, SqliteConnection};

use super::squeeze::{squeeze, unsqueeze};
use super::{Store, StoreError, decode, encode, while_doing};
use crate::model::{CaseDetail, CaseId, CaseSummary, SignalKind, Time};
use crate::text::stems;

/// Words of one case in the index; its numbers of tickets come on top.
const WORDS: usize = 2_000;

/// Rules counted of one case, and rules told of in all.
const RULES: usize = 100;

/// What people said of the cases in which a rule's findings were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FalseAlarms {
    /// `pack/rule`.
    pub rule: String,
    /// Cases in all.
    pub cases: u32,
    /// Those that were confirmed.
    pub confirmed: u32,
    /// Those that were nothing.
    pub rejected: u32,
}

pub(super) async fn insert(tx: &mut SqliteConnection, case: &CaseDetail) -> Result<(), StoreError> {
    let summary = &case.summary;
    let body = squeeze("a case", encode("a case", case)?.as_bytes())?;
    let position: i64 = sqlx::query_scalar(
        "INSERT INTO archive (id, kind, opened_at, closed_at, summary, body) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET opened_at = excluded.opened_at, closed_at = excluded.closed_at, \
         summary = excluded.summary, body = excluded.body RETURNING position",
    )
    .bind(summary.id.to_string())
    .bind(summary.id.kind.as_str())
    .bind(summary.opened_at.0)
    .bind(summary.closed_at.unwrap_or(summary.opened_at).0)
    .bind(encode("a case", summary)?)
    .bind(body)
    .fetch_one(&mut *tx)
    .await
    .map_err(while_doing("archive a case"))?;
    sqlx::query("INSERT OR REPLACE INTO archive_words (rowid, words) VALUES (?, ?)")
        .bind(position)
        .bind(words(case))
        .execute(&mut *tx)
        .await
        .map_err(while_doing("index a case"))?;
    for rule in rules(case) {
        sqlx::query("INSERT OR IGNORE INTO archive_rules (position, rule) VALUES (?, ?)")
            .bind(position)
            .bind(rule)
            .execute(&mut *tx)
            .await
            .map_err(while_doing("index a case by its rules"))?;
    }
    super::conclusions::judge(tx, &summary.id.to_string()).await
}

/// The rules whose findings are in a case: `pack/rule`.
fn rules(case: &CaseDetail) -> BTreeSet<&str> {
    let findings = case.members.iter().filter(|member| member.kind == SignalKind::Finding);
    let keys = findings.filter_map(|member| member.signal.split_once('{'));
    let mut rules = BTreeSet::new();
    for (rule, _) in keys {
        if rules.len() < RULES {
            rules.insert(rule);
        }
    }
    rules
}

/// What a case can be found by: the stems of its tickets and titles, numbers of tickets, systems, branches.
fn words(case: &CaseDetail) -> String {
    let mut words: BTreeSet<String> = case.words.iter().cloned().collect();
    for member in &case.members {
        if !member.number.is_empty() {
            words.insert(member.number.clone());
        }
        // The rule behind a finding: what was like it before is looked for by it.
        words.extend(member.signal.split_once('{').map(|(rule, _)| rule.to_owned()));
        // The words of tickets are there already; a large case has many alike.
        if words.len() < WORDS {
            words.extend(stems(&member.title.ru));
            words.extend(stems(&member.title.en));
        }
    }
    words.extend(case.summary.systems.iter().cloned());
    words.extend(case.summary.told.iter().map(|told| told.reference.clone()));
    words.retain(|word| !word.is_empty());
    words.into_iter().collect::<Vec<_>>().join(" ")
}

impl Store {
    /// Archived cases, newest first, that opened before `before` (or all), at most `limit`. Their bodies are
    /// not touched.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn archived(
        &self,
        before: Option<(Time, &str)>,
        limit: u32,
    ) -> Result<Vec<CaseSummary>, StoreError> {
        let (at, id) = before.unwrap_or((Time(i64::MAX), "~"));
        let rows = sqlx::query(
            "SELECT summary FROM archive WHERE (opened_at, id) < (?, ?) \
             ORDER BY opened_at DESC, id DESC LIMIT ?",
        )
        .bind(at.0)
        .bind(id)
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the archive"))?;
        rows.iter().map(|row| decode("a case", row.get(0))).collect()
    }

    /// Archived cases that nobody has said anything of although the engine was not sure of them, newest first, at most
    /// `limit`. They are found by an index of their own: whatever else the archive holds is not touched.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn archived_doubtful(&self, limit: u32) -> Result<Vec<CaseSummary>, StoreError> {
        // Word for word as in the index.
        let rows = sqlx::query(
            "SELECT summary FROM archive INDEXED BY archive_doubtful WHERE verdict = '' \
             AND (json_extract(summary, '$.cause[1]') < 0.6 OR json_extract(summary, '$.system_count') >= 5 \
             OR json_extract(summary, '$.reopened') > 0 OR instr(summary, '\"kind\":\"absorbed\"') > 0) \
             ORDER BY opened_at DESC, id DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the archive"))?;
        rows.iter().map(|row| decode("a case", row.get(0))).collect()
    }

    /// The rules that were in archived cases since a moment, with what people said of these: of one rule (`pack/rule`), or
    /// of all that raised a false alarm, the most first.
    ///
    /// # Errors
    /// When they cannot be counted.
    pub async fn false_alarms(
        &self,
        since: Time,
        rule: Option<&str>,
    ) -> Result<Vec<FalseAlarms>, StoreError> {
        let rows = sqlx::query(
            "SELECT r.rule, count(*), sum(a.verdict = 'confirmed'), sum(a.verdict = 'rejected') AS wrong \
             FROM archive a JOIN archive_rules r ON r.position = a.position \
             WHERE a.opened_at >= ?1 AND (?2 IS NULL OR r.rule = ?2) GROUP BY r.rule \
             HAVING wrong > 0 OR ?2 IS NOT NULL ORDER BY wrong DESC, r.rule LIMIT ?3",
        )
        .bind(since.0)
        .bind(rule)
        .bind(i64::try_from(RULES).unwrap_or(i64::MAX))
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("count false alarms"))?;
        let counted = rows.iter().map(|row| FalseAlarms {
            rule: row.get(0),
            cases: row.get(1),
            confirmed: row.get(2),
            rejected: row.get(3),
        });
        Ok(counted.collect())
    }

    /// Archived cases in which all these words stand (stems, numbers), newest first, at most `limit`.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn archived_with(
        &self,
        words: &[String],
        limit: u32,
    ) -> Result<Vec<CaseSummary>, StoreError> {
        // Each word is a string of FTS5: nothing in it is an operator.
        let quoted = words.iter().map(|word| format!("\"{}\"", word.replace('"', "\"\"")));
        let rows = sqlx::query(
            "SELECT summary FROM archive WHERE position IN \
             (SELECT rowid FROM archive_words WHERE archive_words MATCH ? ORDER BY rowid DESC LIMIT ?) \
             ORDER BY opened_at DESC, id DESC",
        )
        .bind(quoted.collect::<Vec<_>>().join(" "))
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("search the archive"))?;
        rows.iter().map(|row| decode("a case", row.get(0))).collect()
    }

    /// One archived case.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn archived_case(&self, id: CaseId) -> Result<Option<CaseDetail>, StoreError> {
        let row = sqlx::query("SELECT body FROM archive WHERE id = ?")
            .bind(id.to_string())
            .fetch_optional(&self.readers)
            .await
            .map_err(while_doing("read the archive"))?;
        let Some(row) = row else { return Ok(None) };
        let body = unsqueeze("a case", row.get(0))?;
        let case = serde_json::from_slice(&body);
        case.map(Some).map_err(|source| StoreError::Body { what: "a case", source })
    }
}
