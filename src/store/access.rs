//! Who may come in. Tokens are random; only their SHA-256 is kept, so a stolen file opens nothing.

use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{Store, StoreError, while_doing};
use crate::model::Time;

/// The use of a token is noted at most so often, milliseconds.
const USED_STEP: i64 = 60_000;

/// What somebody may do; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Support line 1: look, comment, say where a ticket belongs.
    Line1,
    /// Support lines 2 and 3: run the cases of their own team.
    Line2,
    /// The duty shift: run all cases.
    Duty,
    /// Problem managers: confirm, merge, split, reject.
    ProblemManager,
    /// Everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 6] =
        [Self::Viewer, Self::Line1, Self::Line2, Self::Duty, Self::ProblemManager, Self::Admin];

    /// The word used on the command line and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Line1 => "line1",
            Self::Line2 => "line2",
            Self::Duty => "duty",
            Self::ProblemManager => "problem-manager",
            Self::Admin => "admin",
        }
    }

    /// Reads the word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }
}

/// How somebody comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// A program's bearer token.
    Bearer,
    /// A person's session.
    Session,
    /// A link that signs in once.
    SignIn,
    /// A screen on the wall: shows, for as long as it is wanted, from one address.
    Wall,
}

impl AccessKind {
    /// The word used in the store and in lists.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Session => "session",
            Self::SignIn => "sign_in",
            Self::Wall => "wall",
        }
    }
}

/// Somebody who has come in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// The name shown in histories.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The first part of the queues that a member of line 2 or 3 looks after; empty for others.
    pub team: String,
}

impl Access {
    /// Somebody with a role and no team.
    #[must_use]
    pub fn new(name: impl Into<String>, role: Role) -> Self {
        Self { name: name.into(), role, team: String::new() }
    }
}

/// A token or session, without what opens it.
#[derive(Clone, Debug)]
pub struct Pass {
    /// The hash of the token: its name in lists.
    pub hash: String,
    /// How it comes in.
    pub kind: String,
    /// Whose it is.
    pub access: Access,
    /// When it was made.
    pub created_at: Time,
    /// When it ends, if it does.
    pub expires_at: Option<Time>,
    /// When it was used last, to about a minute.
    pub used_at: Option<Time>,
    /// The address it is bound to; empty for none.
    pub address: String,
}

fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn random_token() -> String {
    let mut bytes = [0_u8; 32];
    rand::rng().fill_bytes(&mut bytes);
    hex(&bytes)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Store {
    /// Makes a token of 256 random bits and returns it: it is not kept and cannot be shown again.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn add_access(
        &self,
        kind: AccessKind,
        access: &Access,
        now: Time,
        expires_at: Option<Time>,
    ) -> Result<String, StoreError> {
        let token = random_token();
        sqlx::query(
            "INSERT INTO access (hash, kind, name, role, team, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )
        .bind(hash(&token))
        .bind(kind.as_str())
        .bind(&access.name)
        .bind(access.role.as_str())
        .bind(&access.team)
        .bind(now.0)
        .bind(expires_at.map(|at| at.0))
        .execute(&self.writer)
        .await
        .map_err(while_doing("add a token"))?;
        Ok(token)
    }

    /// Who a token belongs to, if it is good at `now`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn access(
        &self,
        kind: AccessKind,
        token: &str,
        now: Time,
    ) -> Result<Option<Access>, StoreError> {
        Ok(self.access_from(kind, token, now).await?.map(|(access, _)| access))
    }

    /// The same, with the address that the token is bound to (empty: any).
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn access_from(
        &self,
        kind: AccessKind,
        token: &str,
        now: Time,
    ) -> Result<Option<(Access, String)>, StoreError> {
        let hash = hash(token);
        let row = sqlx::query(
            "SELECT name, role, team, address, used_at FROM access WHERE hash = ? AND kind = ? \
             AND (expires_at IS NULL OR expires_at > ?)",
        )
        .bind(&hash)
        .bind(kind.as_str())
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await
        .map_err(while_doing("look up a token"))?;
        let Some(row) = row else { return Ok(None) };
        if now.0 - row.get::<i64, _>(4) > USED_STEP {
            sqlx::query("UPDATE access SET used_at = ? WHERE hash = ?")
                .bind(now.0)
                .bind(&hash)
                .execute(&self.writer)
                .await
                .map_err(while_doing("note the use of a token"))?;
        }
        Ok(read(&row).map(|access| (access, row.get(3))))
    }

    /// Binds a token to the address from which alone it opens anything.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn bind_access(&self, token: &str, address: &str) -> Result<(), StoreError> {
        sqlx::query("UPDATE access SET address = ? WHERE hash = ?")
            .bind(address)
            .bind(hash(token))
            .execute(&self.writer)
            .await
            .map_err(while_doing("bind a token"))?;
        Ok(())
    }

    /// All tokens and sessions that are good at `now`, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn passes(&self, now: Time) -> Result<Vec<Pass>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, role, team, address, used_at, hash, kind, created_at, expires_at FROM access \
             WHERE expires_at IS NULL OR expires_at > ? ORDER BY created_at DESC, hash LIMIT 1000",
        )
        .bind(now.0)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("list tokens"))?;
        let pass = |row: &SqliteRow| {
            Some(Pass {
                access: read(row)?,
                address: row.get(3),
                used_at: Some(Time(row.get(4))).filter(|at| at.0 > 0),
                hash: row.get(5),
                kind: row.get(6),
                created_at: Time(row.get(7)),
                expires_at: row.get::<Option<i64>, _>(8).map(Time),
            })
        };
        Ok(rows.iter().filter_map(pass).collect())
    }

    /// The hash of a program's token of this name that is good at `now`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn token_named(&self, name: &str, now: Time) -> Result<Option<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT hash FROM access WHERE kind = 'bearer' AND name = ? \
             AND (expires_at IS NULL OR expires_at > ?) LIMIT 1",
        )
        .bind(name)
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await
        .map_err(while_doing("look up a token by its name"))
    }

    /// Ends a token or session: by its hash as in [`Self::passes`] (or the beginning of it, at least eight letters).
    /// Says how many there were.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn revoke(&self, hash: &str) -> Result<u64, StoreError> {
        if hash.len() < 8 || !hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(0);
        }
        let done = sqlx::query("DELETE FROM access WHERE hash LIKE ? || '%'")
            .bind(hash.to_lowercase())
            .execute(&self.writer)
            .await
            .map_err(while_doing("revoke a token"))?;
        Ok(done.rows_affected())
    }

    /// Ends the session that a token opens.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn end_session(&self, token: &str) -> Result<(), StoreError> {
        self.revoke(&hash(token)).await.map(|_| ())
    }

    /// Uses up a one-time sign-in link: the second use finds nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn use_sign_in(&self, token: &str, now: Time) -> Result<Option<Access>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM access WHERE hash = ? AND kind = 'sign_in' \
             AND (expires_at IS NULL OR expires_at > ?) RETURNING name, role, team",
        )
        .bind(hash(token))
        .bind(now.0)
        .fetch_optional(&self.writer)
        .await
        .map_err(while_doing("use a sign-in link"))?;
        Ok(row.as_ref().and_then(read))
    }
}

fn read(row: &SqliteRow) -> Option<Access> {
    Some(Access { name: row.get(0), role: Role::parse(row.get::<&str, _>(1))?, team: row.get(2) })
}
