//! The parameters of a query: in the address, or in a form.

use std::time::Duration;

use axum::Form;
use axum::extract::{FromRequest, Query, Request};
use axum::http::Method;
use axum::response::Response;

use super::answer::{Failure, failure};
use crate::model::Time;

/// Names and values, a name perhaps several times.
#[derive(Debug)]
pub(super) struct Parameters(Vec<(String, String)>);

impl<S: Send + Sync> FromRequest<S> for Parameters {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let unread = || failure(&Failure::bad("the parameters cannot be read"));
        let Query(mut pairs) =
            Query::<Vec<(String, String)>>::try_from_uri(request.uri()).map_err(|_| unread())?;
        if request.method() == Method::POST {
            let form = Form::<Vec<(String, String)>>::from_request(request, state).await;
            let Form(more) = form.map_err(|_| unread())?;
            pairs.extend(more);
        }
        Ok(Self(pairs))
    }
}

impl Parameters {
    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// All values of a name.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let found = self.0.iter().filter(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).collect()
    }

    pub(super) fn required(&self, name: &str) -> Result<String, Failure> {
        let missing = || Failure::bad(format!("`{name}` is missing"));
        self.get(name).map(str::to_owned).ok_or_else(missing)
    }

    /// Seconds since 1970, or RFC 3339.
    pub(super) fn time(&self, name: &str) -> Result<Option<Time>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() < 1e12);
        let time = seconds.map(Time::from_seconds).or_else(|| Time::parse_rfc3339(text));
        let wrong =
            || Failure::bad(format!("`{name}` is no moment: seconds since 1970, or RFC 3339"));
        time.map(Some).ok_or_else(wrong)
    }

    pub(super) fn required_time(&self, name: &str) -> Result<Time, Failure> {
        self.time(name)?.ok_or_else(|| Failure::bad(format!("`{name}` is missing")))
    }

    /// Seconds, or `15s`, `1h30m`.
    pub(super) fn duration(&self, name: &str) -> Result<Option<Duration>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let seconds = text.parse::<f64>().ok().and_then(|s| Duration::try_from_secs_f64(s).ok());
        let duration = seconds.or_else(|| promql_parser::util::parse_duration(text).ok());
        let wrong = || Failure::bad(format!("`{name}` is no duration: seconds, or 15s"));
        duration.map(Some).ok_or_else(wrong)
    }

    pub(super) fn count(&self, name: &str) -> Result<Option<usize>, Failure> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let count = text.parse().map_err(|_| Failure::bad(format!("`{name}` is no number")))?;
        // Zero means no limit, as in Prometheus.
        Ok(Some(count).filter(|count| *count > 0))
    }
}
