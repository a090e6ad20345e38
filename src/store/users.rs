//! People who sign in with a name and a password, and the journal of who came in.

use std::sync::LazyLock;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use rand::Rng;
use sqlx::Row;
use tokio::sync::Semaphore;

use super::access::{Access, Role};
use super::{Store, StoreError, while_doing};
use crate::model::Time;

/// The shortest password.
pub const SHORTEST_PASSWORD: usize = 10;
/// A password that nobody has: checking it takes as long as a real one, so that names cannot be guessed by time.
static NOBODY: LazyLock<String> = LazyLock::new(|| hashed("nobody has this").unwrap_or_default());

/// Somebody with a password.
#[derive(Clone, Debug)]
pub struct User {
    /// Who, and what they may do.
    pub access: Access,
    /// They may not come in any more.
    pub is_disabled: bool,
    /// They need a second factor.
    pub has_totp: bool,
    /// When they were added.
    pub created_at: Time,
}

/// What became of an attempt to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignIn {
    /// They are who they say.
    Known(Access),
    /// The password is right; the code of the second factor is missing or wrong.
    NeedsCode,
    /// Unknown, disabled, or a wrong password: nobody is told which.
    Refused,
}

/// One line of the journal.
#[derive(Clone, Debug)]
pub struct AuditLine {
    /// When.
    pub at: Time,
    /// Who.
    pub who: String,
    /// What, a word: `signed_in`, `refused`, `signed_out`, `revoked`, `user_added`, ….
    pub what: String,
    /// About whom or what.
    pub about: String,
}

/// Hashes a password with argon2id (RFC 9106) and a random salt. Takes some tens of milliseconds on purpose.
fn hashed(password: &str) -> Result<String, argon2::password_hash::Error> {
    let mut salt = [0_u8; 16];
    rand::rng().fill_bytes(&mut salt);
    Ok(Argon2::default().hash_password_with_salt(password.as_bytes(), &salt)?.to_string())
}

fn is_right(password: &str, stored: &str) -> bool {
    let Ok(stored) = PasswordHash::new(stored) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &stored).is_ok()
}

/// Passwords hashed at the same time: each takes 19 MiB and a core, on purpose.
static HASHING: Semaphore = Semaphore::const_new(2);

/// Off the threads that serve pages, a few at a time.
async fn off_loop<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let _turn = HASHING.acquire().await.ok()?;
    tokio::task::spawn_blocking(work).await.ok()
}

/// The step of a code of the second factor (RFC 6238), if it is one of about now.
fn step_of(secret: &str, code: &str, now: Time) -> Option<u64> {
    let seconds = u64::try_from(now.0 / 1000).ok()?;
    totp(secret)?.check(code.trim(), seconds)
}

fn totp(secret: &str) -> Option<totp_rs::Totp> {
    let secret = totp_rs::Secret::try_from_base32(secret).ok()?;
    totp_rs::Builder::new().with_secret(secret).build().ok()
}

impl Store {
    /// Adds somebody, or gives a known name another role and password; their sessions end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn put_user(
        &self,
        access: &Access,
        password: &str,
        now: Time,
    ) -> Result<(), StoreError> {
        let password = password.to_owned();
        let hash = off_loop(move || hashed(&password)).await.and_then(Result::ok);
        let hash = hash.ok_or(StoreError::Password)?;
        sqlx::query(
            "INSERT INTO users (name, role, team, password, created_at) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT (name) DO UPDATE SET role = excluded.role, team = excluded.team, \
             password = excluded.password, disabled = 0",
        )
        .bind(&access.name)
        .bind(access.role.as_str())
        .bind(&access.team)
        .bind(hash)
        .bind(now.0)
        .execute(&self.writer)
        .await
        .map_err(while_doing("add a user"))?;
        self.end_sessions(&access.name).await
    }

    /// All who have a password, in order of name.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let rows = sqlx::query(
            "SELECT name, role, team, disabled, totp, created_at FROM users ORDER BY name LIMIT 10000",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("list users"))?;
        let user = |row: &sqlx::sqlite::SqliteRow| {
            let role = Role::parse(row.get::<&str, _>(1))?;
            Some(User {
                access: Access { name: row.get(0), role, team: row.get(2) },
                is_disabled: row.get::<i64, _>(3) != 0,
                has_totp: !row.get::<&str, _>(4).is_empty(),
                created_at: Time(row.get(5)),
            })
        };
        Ok(rows.iter().filter_map(user).collect())
    }

    /// Lets somebody in no more, or again; their sessions end. False when there is no such name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn disable_user(&self, name: &str, is_disabled: bool) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET disabled = ? WHERE name = ?")
            .bind(i64::from(is_disabled))
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(while_doing("disable a user"))?;
        self.end_sessions(name).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Gives somebody another role; their sessions end. False when there is no such name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn change_role(&self, access: &Access) -> Result<bool, StoreError> {
        let done = sqlx::query("UPDATE users SET role = ?, team = ? WHERE name = ?")
            .bind(access.role.as_str())
            .bind(&access.team)
            .bind(&access.name)
            .execute(&self.writer)
            .await
            .map_err(while_doing("change a role"))?;
        self.end_sessions(&access.name).await?;
        Ok(done.rows_affected() > 0)
    }

    /// Makes a second factor for somebody and returns the address that an authenticator reads, once. None when there
    /// is no such name.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn set_totp(&self, name: &str) -> Result<Option<String>, StoreError> {
        let mut bytes = [0_u8; 20];
        rand::rng().fill_bytes(&mut bytes);
        let built = totp_rs::Builder::new()
            .with_secret(totp_rs::Secret::from(bytes.to_vec()))
            .with_account_name(name)
            .with_issuer(Some("Vakhta"))
            .build();
        let totp = built.map_err(|_| StoreError::Password)?;
        let done = sqlx::query("UPDATE users SET totp = ?, totp_step = 0 WHERE name = ?")
            .bind(totp.secret().to_base32())
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(while_doing("set a second factor"))?;
        self.end_sessions(name).await?;
        Ok((done.rows_affected() > 0).then(|| totp.to_url().unwrap_or_default()))
    }

    /// Whether a name and a password (and a code, for those who have a second factor) belong together.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub async fn check_password(
        &self,
        name: &str,
        password: &str,
        code: &str,
        now: Time,
    ) -> Result<SignIn, StoreError> {
        let row = sqlx::query(
            "SELECT role, team, password, totp FROM users WHERE name = ? AND disabled = 0",
        )
        .bind(name)
        .fetch_optional(&self.readers)
        .await
        .map_err(while_doing("look up a user"))?;
        let stored = row.as_ref().map(|row| row.get::<String, _>(2));
        let password = password.to_owned();
        let check = move || is_right(&password, stored.as_deref().unwrap_or(&NOBODY));
        let is_right = off_loop(check).await.unwrap_or(false);
        let Some(row) = row.filter(|_| is_right) else { return Ok(SignIn::Refused) };
        let Some(role) = Role::parse(row.get::<&str, _>(0)) else { return Ok(SignIn::Refused) };
        let secret: String = row.get(3);
        if !secret.is_empty() && !self.use_code(name, &secret, code, now).await? {
            return Ok(SignIn::NeedsCode);
        }
        Ok(SignIn::Known(Access { name: name.to_owned(), role, team: row.get(1) }))
    }

    /// A code works once: its step must be later than the last one that was used.
    async fn use_code(
        &self,
        name: &str,
        secret: &str,
        code: &str,
        now: Time,
    ) -> Result<bool, StoreError> {
        let Some(step) = step_of(secret, code, now) else { return Ok(false) };
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let done = sqlx::query("UPDATE users SET totp_step = ? WHERE name = ? AND totp_step < ?")
            .bind(step)
            .bind(name)
            .bind(step)
            .execute(&self.writer)
            .await
            .map_err(while_doing("use a code"))?;
        Ok(done.rows_affected() > 0)
    }

    /// Whether anybody can administer: a user, or a token or session of one.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_admin(&self, now: Time) -> Result<bool, StoreError> {
        let count: i64 = sqlx::query_scalar(
            "SELECT (SELECT count(*) FROM users WHERE role = 'admin' AND disabled = 0) + \
             (SELECT count(*) FROM access WHERE role = 'admin' AND kind IN ('session', 'bearer') \
              AND (expires_at IS NULL OR expires_at > ?))",
        )
        .bind(now.0)
        .fetch_one(&self.readers)
        .await
        .map_err(while_doing("look for an administrator"))?;
        Ok(count > 0)
    }

    /// Whether a name is one of ours, disabled or not.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_user(&self, name: &str) -> Result<bool, StoreError> {
        let found: i64 =
            sqlx::query_scalar("SELECT count(*) FROM users WHERE lower(name) = lower(?)")
                .bind(name)
                .fetch_one(&self.readers)
                .await
                .map_err(while_doing("look up a user"))?;
        Ok(found > 0)
    }

    /// Names of those who may be handed a case: our own users, and who is signed in or has a token.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn people(&self) -> Result<Vec<String>, StoreError> {
        sqlx::query_scalar(
            "SELECT name FROM users WHERE disabled = 0 UNION \
             SELECT name FROM access WHERE kind IN ('session', 'bearer') ORDER BY name",
        )
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("list people"))
    }

    /// Whether somebody of this name has ever signed in, as far as the journal goes back.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn has_signed_in(&self, name: &str) -> Result<bool, StoreError> {
        sqlx::query_scalar(
            "SELECT EXISTS (SELECT 1 FROM audit WHERE who = ? AND what = 'signed_in')",
        )
        .bind(name)
        .fetch_one(&self.readers)
        .await
        .map_err(while_doing("look up who has signed in"))
    }

    async fn end_sessions(&self, name: &str) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM access WHERE name = ? AND kind IN ('session', 'sign_in')")
            .bind(name)
            .execute(&self.writer)
            .await
            .map_err(while_doing("end sessions"))?;
        Ok(())
    }

    /// Writes a line of the journal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn audit(
        &self,
        now: Time,
        who: &str,
        what: &str,
        about: &str,
    ) -> Result<(), StoreError> {
        // Somebody who guesses fills no disk: the same refusal within a minute is one line.
        sqlx::query(
            "INSERT INTO audit (at, who, what, about) SELECT ?1, ?2, ?3, ?4 WHERE ?3 <> 'refused' OR NOT EXISTS \
             (SELECT 1 FROM audit WHERE at > ?1 - 60000 AND what = 'refused' AND about = ?4)",
        )
            .bind(now.0)
            .bind(who)
            .bind(what)
            .bind(about)
            .execute(&self.writer)
            .await
            .map_err(while_doing("write the journal"))?;
        Ok(())
    }

    /// The latest lines of the journal, the newest first.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn audited(&self, limit: u32) -> Result<Vec<AuditLine>, StoreError> {
        let rows = sqlx::query(
            "SELECT at, who, what, about FROM audit ORDER BY at DESC, position DESC LIMIT ?",
        )
        .bind(limit)
        .fetch_all(&self.readers)
        .await
        .map_err(while_doing("read the journal"))?;
        let line = |row: &sqlx::sqlite::SqliteRow| AuditLine {
            at: Time(row.get(0)),
            who: row.get(1),
            what: row.get(2),
            about: row.get(3),
        };
        Ok(rows.iter().map(line).collect())
    }
}
