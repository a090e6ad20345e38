//! Who may come in. Tokens are random; only their SHA-256 is kept, so a stolen file opens nothing.

use rand::Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use sqlx::Row;

use super::{Store, StoreError, while_doing};
use crate::model::Time;

/// What somebody may do; each role may do what the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Look.
    Viewer,
    /// Support line 1: look.
    Line1,
    /// The duty shift: acknowledge and resolve.
    Duty,
    /// Problem managers: confirm, merge, split, reject.
    ProblemManager,
    /// Everything.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 5] =
        [Self::Viewer, Self::Line1, Self::Duty, Self::ProblemManager, Self::Admin];

    /// The word used on the command line and in the store.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Line1 => "line1",
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
}

impl AccessKind {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Session => "session",
            Self::SignIn => "sign_in",
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
            "INSERT INTO access (hash, kind, name, role, created_at, expires_at) \
             VALUES (?, ?, ?, ?, ?, ?)",
        )
        .bind(hash(&token))
        .bind(kind.as_str())
        .bind(&access.name)
        .bind(access.role.as_str())
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
        let row = sqlx::query(
            "SELECT name, role FROM access WHERE hash = ? AND kind = ? \
             AND (expires_at IS NULL OR expires_at > ?)",
        )
        .bind(hash(token))
        .bind(kind.as_str())
        .bind(now.0)
        .fetch_optional(&self.readers)
        .await
        .map_err(while_doing("look up a token"))?;
        Ok(row.and_then(|row| {
            Some(Access { name: row.get(0), role: Role::parse(row.get::<&str, _>(1))? })
        }))
    }

    /// Uses up a one-time sign-in link: the second use finds nothing.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn use_sign_in(&self, token: &str, now: Time) -> Result<Option<Access>, StoreError> {
        let row = sqlx::query(
            "DELETE FROM access WHERE hash = ? AND kind = 'sign_in' \
             AND (expires_at IS NULL OR expires_at > ?) RETURNING name, role",
        )
        .bind(hash(token))
        .bind(now.0)
        .fetch_optional(&self.writer)
        .await
        .map_err(while_doing("use a sign-in link"))?;
        Ok(row.and_then(|row| {
            Some(Access { name: row.get(0), role: Role::parse(row.get::<&str, _>(1))? })
        }))
    }
}
