//! Looking for a server at an address before it is configured: is one there, may we in, what is
//! missing.

use std::time::Duration;

use super::rights::{MissingRight, Rights, new_role};
use super::session::Target;
use super::{Config, Secret};
use crate::collect::CollectError;
use crate::model::Text;

/// What an address answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nobody listens, or something that is no PostgreSQL.
    Nothing {
        /// The system's words.
        cause: String,
    },
    /// It accepts connections and says nothing.
    Silent,
    /// A server that does not let us in.
    Refused {
        /// Its own words.
        cause: String,
        /// What the operator should do.
        remedy: Text,
    },
    /// A server that can be watched.
    Server {
        /// Its version, as `15.18 (Debian 15.18-0+deb12u1)`.
        version: String,
    },
}

/// What looking at one address brought.
#[derive(Clone, Debug)]
pub struct ProbeReport {
    /// The address that was looked at, in words.
    pub what: String,
    /// What it answered.
    pub found: Found,
    /// The SQL to run there, if anything is missing.
    pub missing: Vec<MissingRight>,
}

/// Looks at one address, for at most three seconds.
pub async fn probe(url: &str, password: Option<&Secret>) -> ProbeReport {
    let limit = Duration::from_secs(3);
    let config = Config { password: password.cloned(), timeout: limit, ..Config::at(url) };
    let target = match Target::new(&config) {
        Ok(target) => target,
        Err(error) => {
            let found = Found::Nothing { cause: error.to_string() };
            return ProbeReport { what: url.to_owned(), found, missing: Vec::new() };
        }
    };
    let what = target.what.clone();
    let asked = tokio::time::timeout(limit, async {
        let failed = |error| (error, Vec::new());
        target.greet().await.map_err(failed)?;
        let mut connection = target.log_in().await.map_err(|error| {
            let is_unknown = Target::is_unknown_role(&error);
            let missing = if is_unknown { vec![new_role(&target.role)] } else { Vec::new() };
            (target.failure(&error), missing)
        })?;
        Rights::ask(&mut connection, &target).await.map_err(failed)
    });
    let (found, missing) = match asked.await {
        Err(_) | Ok(Err((CollectError::Timeout { .. }, _))) => (Found::Silent, Vec::new()),
        Ok(Err((CollectError::Access { cause, remedy, .. }, missing))) => {
            (Found::Refused { cause, remedy }, missing)
        }
        Ok(Err((error, _))) => (Found::Nothing { cause: error.to_string() }, Vec::new()),
        Ok(Ok(rights)) => (Found::Server { version: rights.version.clone() }, rights.missing()),
    };
    ProbeReport { what, found, missing }
}
