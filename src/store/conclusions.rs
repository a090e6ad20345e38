//! What people conclude of a case after it is over: the cause in words, what is done about it, by whom, until when. Each
//! change is a row of its own, so that it can be taken back; it goes when the case goes from the archive.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sqlx::{Row, SqliteConnection};

use super::{Store, StoreError, while_doing};
use crate::model::{CaseId, Time};

/// Changes kept of one case.
const KEPT: u32 = 50;
/// The most conclusions read at once.
const MOST: u32 = 20_000;

/// What was said of a case that is in the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// Nothing, or it was taken back.
    Open,
    /// It was what the engine said it was.
    Confirmed,
    /// It was nothing: a false alarm.
    Rejected,
}

impl Judgement {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Open, Self::Confirmed, Self::Rejected];

    /// The word used in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    const fn stored(self) -> &'static str {
        match self {
            Self::Open => "",
            Self::Confirmed => "confirmed",
            Self::Rejected => "rejected",
        }
    }

    fn read(stored: &str) -> Self {
        Self::parse(stored).unwrap_or(Self::Open)
    }
}

/// What is concluded of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conclusion {
    /// What it was; none: nothing is said of that here.
    pub judgement: Option<Judgement>,
    /// The cause, in words.
    pub cause: String,
    /// What is done so that it does not come again.
    pub measure: String,
    /// Who does it.
    pub owner: String,
    /// By when.
    pub due: Option<Date>,
    /// It has been done.
    pub is_done: bool,
}

impl Conclusion {
    /// Its measure should have been done by now.
    #[must_use]
    pub fn is_overdue(&self, today: Date) -> bool {
        self.is_open() && self.due.is_some_and(|due| due < today)
    }

    /// There is something left to do.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.measure.is_empty() && !self.is_done
    }
}

/// One change of what is concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Concluded {
    /// Its number.
    pub number: u64,
    /// The case.
    pub case: CaseId,
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What.
    pub conclusion: Conclusion,
    /// It was taken back.
    pub is_undone: bool,
}

fn concluded(row: &sqlx::sqlite::SqliteRow) -> Option<Concluded> {
    let verdict: Option<String> = row.get(4);
    let due: String = row.get(8);
    Some(Concluded {
        number: super::unsigned(row.get(0)),
        case: row.get::<String, _>(1).parse().ok()?,
        at: Time(row.get(2)),
        who: row.get(3),
        conclusion: Conclusion {
            judgement: verdict.as_deref().map(Judgement::read),
            cause: row.get(5),
            measure: row.get(6),
            owner: row.get(7),
            due: due.parse().ok(),
            is_done: row.get(9),
        },
        is_undone: row.get(10),
    })
}

impl Store {
    /// Writes down what is concluded of a case; none when somebody else has changed it since `seen`, the number of the
    /// newest change that was seen (0: none).
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn conclude(
        &self,
        (case, seen): (CaseId, u64),
        (now, who): (Time, &str),
        conclusion: &Conclusion,
    ) -> Result<Option<u64>, StoreError> {
        let doing = || while_doing("write down a conclusion");
        let case = case.to_string();
        let mut tx = self.writer.begin().await.map_err(doing())?;
        let due = conclusion.due.map(|due| due.to_string()).unwrap_or_default();
        let row = sqlx::query(
            "INSERT INTO conclusions (case_id, at, who, verdict, cause, measure, owner, due, done) \
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9 WHERE ?10 = \
             (SELECT coalesce(max(number), 0) FROM conclusions WHERE case_id = ?1 AND undone = 0) RETURNING number",
        )
        .bind(&case)
        .bind(now.0)
        .bind(who)
        .bind(conclusion.judgement.map(Judgement::stored))
        .bind(&conclusion.cause)
        .bind(&conclusion.measure)
        .bind(&conclusion.owner)
        .bind(due)
        .bind(conclusion.is_done)
        .bind(super::signed(seen))
        .fetch_optional(&mut *tx)
        .await
        .map_err(doing())?;
        let Some(row) = row else { return Ok(None) };
        sqlx::query(
            "DELETE FROM conclusions WHERE case_id = ?1 AND number NOT IN \
             (SELECT number FROM conclusions WHERE case_id = ?1 ORDER BY number DESC LIMIT ?2)",
        )
        .bind(&case)
        .bind(KEPT)
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
        judge(&mut tx, &case).await?;
        tx.commit().await.map_err(doing())?;
        Ok(Some(super::unsigned(row.get(0))))
    }

    /// Takes the newest change of a case back; false when `number` is not that.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn take_conclusion_back(
        &self,
        case: CaseId,
        number: u64,
    ) -> Result<bool, StoreError> {
        let doing = || while_doing("take a conclusion back");
        let case = case.to_string();
        let mut tx = self.writer.begin().await.map_err(doing())?;
        let done = sqlx::query(
            "UPDATE conclusions SET undone = 1 WHERE case_id = ?1 AND number = ?2 AND number = \
             (SELECT max(number) FROM conclusions WHERE case_id = ?1 AND undone = 0)",
        )
        .bind(&case)
        .bind(super::signed(number))
        .execute(&mut *tx)
        .await
        .map_err(doing())?;
        judge(&mut tx, &case).await?;
        tx.commit().await.map_err(doing())?;
        Ok(done.rows_affected() > 0)
    }

    /// All changes of what is concluded of a case, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn concluded(&self, case: CaseId) -> Result<Vec<Concluded>, StoreError> {
        let statement = "SELECT number, case_id, at, who, verdict, cause, measure, owner, due, done, undone \
                         FROM conclusions WHERE case_id = ? ORDER BY number DESC";
        let rows = sqlx::query(statement)
            .bind(case.to_string())
            .fetch_all(&self.readers)
            .await
            .map_err(while_doing("read conclusions"))?;
        Ok(rows.iter().filter_map(concluded).collect())
    }

    /// What holds of each case that something was concluded of; or of those alone whose measure is not done.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn conclusions(
        &self,
        only_open: bool,
    ) -> Result<BTreeMap<CaseId, Concluded>, StoreError> {
        let rows = sqlx::query(
            "SELECT number, case_id, at, who, verdict, cause, measure, owner, due, done, undone FROM conclusions \
             WHERE number IN (SELECT max(number) FROM conclusions WHERE undone = 0 GROUP BY case_id) \
             AND (NOT ?1 OR (measure <> '' AND done = 0)) ORDER BY number DESC LIMIT ?2",
        )
        .bind(only_open)
        .bind(MOST)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read conclusions"))?;
        let all = rows.iter().filter_map(concluded);
        Ok(all.map(|one| (one.case, one)).collect())
    }
}

/// What the archive says of a case is what was concluded last, else what was said while it was open.
pub(super) async fn judge(tx: &mut SqliteConnection, case: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE archive SET verdict = coalesce( \
         (SELECT verdict FROM conclusions WHERE case_id = ?1 AND undone = 0 ORDER BY number DESC LIMIT 1), \
         CASE WHEN json_extract(summary, '$.rejected') THEN 'rejected' \
         WHEN json_extract(summary, '$.confirmed') THEN 'confirmed' ELSE '' END) WHERE id = ?1",
    )
    .bind(case)
    .execute(tx)
    .await
    .map_err(while_doing("judge an archived case"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::tests::world::{SECOND, START, lock_chain, settings};
    use crate::fold::{Event, State};
    use crate::i18n::Catalogue;
    use crate::model::{CaseDetail, CaseKind, Link, LinkKind};
    use crate::store::{Append, FalseAlarms};

    const NOW: Time = Time(START);

    fn case(number: u64, change: impl FnOnce(&mut CaseDetail)) -> CaseDetail {
        let (mut state, catalogue) = (State::default(), Catalogue::default());
        state.step(NOW, &Event::Configured(Box::new(settings())), &catalogue);
        state.step(Time(START + SECOND), &Event::Finding(Box::new(lock_chain())), &catalogue);
        let mut case = state.detail("PRB-000001".parse().unwrap()).unwrap();
        case.summary.id = CaseId { kind: CaseKind::Problem, number };
        case.summary.closed_at = Some(NOW);
        case.summary.cause = Some(("crm-db".into(), 0.9));
        change(&mut case);
        case
    }

    async fn archived(cases: Vec<CaseDetail>) -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("vakhta.sqlite")).await.unwrap();
        let append = Append { archived: cases, ..Append::default() };
        store.append(0, &append).await.unwrap();
        (folder, store)
    }

    fn id(number: u64) -> CaseId {
        CaseId { kind: CaseKind::Problem, number }
    }

    async fn doubtful(store: &Store) -> Vec<u64> {
        let found = store.archived_doubtful(100).await.unwrap();
        let mut numbers: Vec<u64> = found.iter().map(|case| case.id.number).collect();
        numbers.sort_unstable();
        numbers
    }

    /// What the page of doubts would find in each case by itself, and nothing that somebody has judged.
    #[tokio::test]
    async fn doubtful_cases_are_found_by_their_own_index() {
        let absorbed = Link { kind: LinkKind::Absorbed, case: id(9) };
        let cases = vec![
            case(1, |_| {}),
            case(2, |case| case.summary.cause = Some(("crm-db".into(), 0.599))),
            case(3, |case| case.summary.cause = Some(("crm-db".into(), 0.6))),
            case(4, |case| case.summary.system_count = 5),
            case(5, |case| case.summary.reopened = 1),
            case(6, |case| case.summary.links = vec![absorbed]),
            case(7, |case| (case.summary.reopened, case.summary.confirmed) = (3, true)),
            case(8, |case| case.summary.cause = None),
        ];
        let (_folder, store) = archived(cases).await;
        assert_eq!(doubtful(&store).await, [2, 4, 5, 6]);
        let rejected = Conclusion { judgement: Some(Judgement::Rejected), ..Conclusion::default() };
        let number = store.conclude((id(4), 0), (NOW, "Анна"), &rejected).await.unwrap().unwrap();
        assert_eq!(doubtful(&store).await, [2, 5, 6]);
        assert!(store.take_conclusion_back(id(4), number).await.unwrap());
        assert_eq!(doubtful(&store).await, [2, 4, 5, 6]);
        let open = Conclusion { judgement: Some(Judgement::Open), ..Conclusion::default() };
        store.conclude((id(7), 0), (NOW, "Анна"), &open).await.unwrap().unwrap();
        assert_eq!(doubtful(&store).await, [2, 4, 5, 6, 7]);
    }

    #[tokio::test]
    async fn a_conclusion_is_replaced_taken_back_and_goes_with_its_case() {
        let (_folder, store) = archived(vec![case(1, |_| {})]).await;
        let first = Conclusion {
            cause: "кончились соединения".into(),
            measure: "поднять предел".into(),
            owner: "Петров".into(),
            due: Some("2026-12-31".parse().unwrap()),
            ..Conclusion::default()
        };
        let one = store.conclude((id(1), 0), (NOW, "Анна"), &first).await.unwrap().unwrap();
        // Who has not seen it replaces nothing.
        assert_eq!(store.conclude((id(1), 0), (NOW, "Пётр"), &first).await.unwrap(), None);
        let done = Conclusion { is_done: true, ..first.clone() };
        let two = store.conclude((id(1), one), (NOW, "Пётр"), &done).await.unwrap().unwrap();
        let held = async || store.conclusions(false).await.unwrap().remove(&id(1));
        assert_eq!(held().await.unwrap().conclusion, done);
        assert!(store.conclusions(true).await.unwrap().is_empty(), "there is nothing left to do");
        assert!(!store.take_conclusion_back(id(1), one).await.unwrap(), "not the newest");
        assert!(store.take_conclusion_back(id(1), two).await.unwrap());
        let back = held().await.unwrap();
        assert_eq!((back.conclusion, back.who.as_str()), (first, "Анна"));
        assert_eq!(store.conclusions(true).await.unwrap().len(), 1);
        assert!(store.take_conclusion_back(id(1), one).await.unwrap());
        assert_eq!(held().await, None);
        let history = store.concluded(id(1)).await.unwrap();
        assert!(history.len() == 2 && history.iter().all(|one| one.is_undone));
        // The history of one case has an end.
        let mut seen = 0;
        for _ in 0..KEPT + 10 {
            let next = store.conclude((id(1), seen), (NOW, "Анна"), &done).await.unwrap();
            seen = next.unwrap();
        }
        assert_eq!(store.concluded(id(1)).await.unwrap().len(), 50);
        let late = Time(START + 4 * 365 * 86_400_000);
        store.trim(late, &crate::store::Retention::default()).await.unwrap();
        assert_eq!(store.concluded(id(1)).await.unwrap(), []);
        assert_eq!(store.false_alarms(Time(0), Some("postgres/pg-lock-wait")).await.unwrap(), []);
    }

    #[test]
    fn a_measure_is_overdue_the_day_after_it_was_due() {
        let day = |text: &str| text.parse::<Date>().unwrap();
        let due = Some(day("2026-12-31"));
        let one = Conclusion { measure: "заменить".into(), due, ..Conclusion::default() };
        assert!(!one.is_overdue(day("2026-12-31")) && one.is_overdue(day("2027-01-01")));
        let done = Conclusion { is_done: true, ..one.clone() };
        let nothing = Conclusion { measure: String::new(), ..one };
        assert!(!done.is_overdue(day("2027-01-01")) && !nothing.is_overdue(day("2027-01-01")));
    }

    #[tokio::test]
    async fn false_alarms_are_counted_by_rule() {
        let cases = vec![
            case(1, |case| case.summary.rejected = true),
            case(2, |case| case.summary.confirmed = true),
            case(3, |_| {}),
            case(4, |case| {
                case.summary.opened_at = Time(START - 100 * 86_400_000);
                case.summary.rejected = true;
            }),
        ];
        let rule = cases[0].members[0].signal.split('{').next().unwrap().to_owned();
        let (_folder, store) = archived(cases).await;
        let counted =
            async |rule: Option<&str>| store.false_alarms(Time(START - 1), rule).await.unwrap();
        let expected =
            |rejected| FalseAlarms { rule: rule.clone(), cases: 3, confirmed: 1, rejected };
        assert_eq!(counted(None).await, [expected(1)]);
        let rejected = Conclusion { judgement: Some(Judgement::Rejected), ..Conclusion::default() };
        store.conclude((id(3), 0), (NOW, "Анна"), &rejected).await.unwrap().unwrap();
        assert_eq!(counted(Some(&rule)).await, [expected(2)]);
        assert_eq!(counted(Some("postgres/other")).await, []);
    }
}
