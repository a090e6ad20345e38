//! Is there a PostgreSQL at an address, and what is missing to watch it?

use std::time::Duration;

use super::{Collect, CollectError, Config, Postgres, RIGHTS, Samples};

/// What was found at an address.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeReport {
    /// Something answered as PostgreSQL does.
    pub is_found: bool,
    /// The SQL to run there before it can be watched; absent when nothing is missing.
    pub missing: Option<String>,
}

/// Tries to come in as `vakhta` without a password.
pub async fn probe(url: &str) -> ProbeReport {
    let config = Config { url: url.to_owned(), password: None, timeout: Duration::from_secs(2) };
    let mut samples = Samples::new(Vec::new());
    match Postgres::new(config).collect(&mut samples).await {
        Ok(()) => ProbeReport { is_found: true, missing: None },
        // It spoke: it wants a password, the role is missing, or the database is.
        Err(CollectError::Access { .. } | CollectError::Answer { .. }) => {
            ProbeReport { is_found: true, missing: Some(RIGHTS.to_owned()) }
        }
        Err(CollectError::Connect { .. } | CollectError::Timeout { .. }) => ProbeReport::default(),
    }
}
