//! Which cases a list shows: the same words in the addresses of the pages and of the interface.

use axum::http::StatusCode;
use serde::Deserialize;

use super::ApiError;
use crate::model::{CaseSummary, Severity, Time};

/// What a list is narrowed to; everything absent lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct Filter {
    /// Touches this system.
    pub(crate) system: Option<String>,
    /// Has tickets of this branch.
    pub(crate) mrf: Option<String>,
    /// This severity or worse.
    pub(crate) severity: Option<String>,
    /// `me`, `nobody`, or a name.
    pub(crate) owner: Option<String>,
    /// Opened within so many hours.
    pub(crate) hours: Option<u32>,
}

/// A filter whose words have been read.
#[derive(Debug)]
pub(crate) struct Narrow<'a> {
    filter: &'a Filter,
    severity: Option<Severity>,
    since: Option<Time>,
    me: &'a str,
}

impl Filter {
    /// Reads the words; `me` is who asks.
    ///
    /// # Errors
    /// 400 for a severity that there is not.
    pub(crate) fn read<'a>(&'a self, me: &'a str, now: Time) -> Result<Narrow<'a>, ApiError> {
        let severity = match self.severity.as_deref().filter(|word| !word.is_empty()) {
            None => None,
            Some(word) => Some(severity(word)?),
        };
        let since = self.hours.map(|hours| now.plus_millis(-i64::from(hours) * 3_600_000));
        Ok(Narrow { filter: self, severity, since, me })
    }
}

fn severity(word: &str) -> Result<Severity, ApiError> {
    let found = Severity::ALL.into_iter().find(|severity| severity.as_str() == word);
    found.ok_or_else(|| {
        let known = Severity::ALL.map(Severity::as_str).join(", ");
        let word: String = word.chars().take(40).collect();
        ApiError::new(StatusCode::BAD_REQUEST, format!("no severity «{word}»; there are {known}"))
    })
}

impl Narrow<'_> {
    /// Whether a case is let through.
    pub(crate) fn lets(&self, case: &CaseSummary) -> bool {
        let Filter { system, mrf, owner, .. } = self.filter;
        let has = |wanted: &Option<String>, all: &[String]| match wanted.as_deref() {
            None | Some("") => true,
            Some(wanted) => all.iter().any(|one| one == wanted),
        };
        let holder = case.owner.as_ref().map(|(_, name)| name.as_str());
        let is_held = match owner.as_deref() {
            None | Some("") => true,
            Some("me") => holder == Some(self.me),
            Some("nobody") => holder.is_none(),
            Some(name) => holder == Some(name),
        };
        is_held
            && has(system, &case.systems)
            && has(mrf, &case.mrfs)
            && self.severity.is_none_or(|least| worst(case) >= least)
            && self.since.is_none_or(|since| case.opened_at >= since)
    }
}

/// How bad a case is; of one that is over, how bad it was.
fn worst(case: &CaseSummary) -> Severity {
    if case.state.is_live() { case.severity } else { case.severity.max(case.peak) }
}
