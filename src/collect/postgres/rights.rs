//! What the role may see, and the SQL that gives it what it lacks.

use sqlx::{PgConnection, Row};

use super::session::Target;
use crate::collect::CollectError;
use crate::model::Text;

/// A right or feature that the server has not given us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingRight {
    /// What stays unseen without it.
    pub what: Text,
    /// The statement to run as a superuser.
    pub sql: String,
    /// False when it only adds detail.
    pub is_needed: bool,
}

/// What a session may see of its server.
#[derive(Clone, Debug)]
pub(super) struct Rights {
    pub(super) role: String,
    pub(super) has_monitor: bool,
    pub(super) has_statements: bool,
    /// Sequences of the connected database whose state the role may not read.
    pub(super) hidden_sequences: i64,
    pub(super) version_number: i32,
    pub(super) version: String,
}

impl Rights {
    /// Asks the server.
    pub(super) async fn ask(
        connection: &mut PgConnection,
        target: &Target,
    ) -> Result<Self, CollectError> {
        let failure = |error: sqlx::Error| target.failure(&error);
        let row = sqlx::query(include_str!("sql/rights.sql"))
            .fetch_one(connection)
            .await
            .map_err(failure)?;
        Ok(Self {
            role: row.try_get("role").map_err(failure)?,
            has_monitor: row.try_get("has_monitor").map_err(failure)?,
            has_statements: row.try_get("has_statements").map_err(failure)?,
            hidden_sequences: row.try_get("hidden_sequences").map_err(failure)?,
            version_number: row.try_get("version_number").map_err(failure)?,
            version: row.try_get("version").map_err(failure)?,
        })
    }

    /// What is lacking, the needed first.
    pub(super) fn missing(&self) -> Vec<MissingRight> {
        let mut missing = Vec::new();
        if !self.has_monitor {
            missing.push(MissingRight {
                what: Text::new(
                    "нет прав pg_monitor: не видны чужие сеансы, блокировки и репликация",
                    "no pg_monitor: other users' sessions, locks and replication stay unseen",
                ),
                sql: format!("GRANT pg_monitor TO {};", quoted(&self.role)),
                is_needed: true,
            });
        }
        if !self.has_statements {
            missing.push(MissingRight {
                what: Text::new(
                    "нет pg_stat_statements: не видно, какие запросы нагружают базу",
                    "no pg_stat_statements: which queries load the server stays unseen",
                ),
                sql: "CREATE EXTENSION pg_stat_statements;".to_owned(),
                is_needed: false,
            });
        }
        if self.hidden_sequences > 0 {
            missing.push(MissingRight {
                what: Text::new(
                    "не видно, насколько заполнены последовательности этой базы",
                    "how far the sequences of this database are used up stays unseen",
                ),
                // A schema's name is the operator's to choose: public is the usual one.
                sql: format!(
                    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {};",
                    quoted(&self.role)
                ),
                is_needed: false,
            });
        }
        missing
    }
}

/// The statements for a server that does not know the role yet.
pub(super) fn new_role(role: &str) -> MissingRight {
    let name = quoted(role);
    MissingRight {
        what: Text::new(
            format!("роль {role} не может войти: её нет, неверен пароль или запрещает pg_hba.conf"),
            format!(
                "the role {role} cannot log in: absent, wrong password, or kept out by pg_hba.conf"
            ),
        ),
        sql: format!(
            "CREATE ROLE {name} LOGIN CONNECTION LIMIT 2 PASSWORD '…'; GRANT pg_monitor TO {name};"
        ),
        is_needed: true,
    }
}

/// A role's name as an identifier of SQL.
fn quoted(name: &str) -> String {
    let is_plain = name.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '_')
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(role: &str, has_monitor: bool, hidden_sequences: i64) -> Vec<(String, bool)> {
        let rights = Rights {
            role: role.to_owned(),
            has_monitor,
            has_statements: true,
            hidden_sequences,
            version_number: 150_018,
            version: "15.18".to_owned(),
        };
        rights.missing().into_iter().map(|right| (right.sql, right.is_needed)).collect()
    }

    #[test]
    fn what_is_missing_is_named_with_its_sql() {
        assert!(check("vakhta", true, 0).is_empty());
        assert_eq!(check("vakhta", false, 0), [("GRANT pg_monitor TO vakhta;".to_owned(), true)]);
        let quoted =
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO \"Мой \"\"role\";".to_owned();
        assert_eq!(check("Мой \"role", true, 3), [(quoted, false)]);
        let created =
            "CREATE ROLE vakhta LOGIN CONNECTION LIMIT 2 PASSWORD '…'; GRANT pg_monitor TO vakhta;";
        assert_eq!(new_role("vakhta").sql, created);
    }
}
