//! Who asks: a program with a bearer token, or a person with a session cookie.

use axum::extract::FromRequestParts;
use axum::http::{Method, StatusCode, header, request::Parts};

use super::{ApiError, ApiState};
use crate::store::{Access, AccessKind, Role};

/// The name of the session cookie.
const COOKIE: &str = "vakhta_session";

/// Somebody who has come in, and how.
#[derive(Clone, Debug)]
pub struct Visitor(pub Access, pub AccessKind);

impl Visitor {
    /// Refuses those whose role does not reach.
    ///
    /// # Errors
    /// 403 with the role that is needed.
    pub fn needs(&self, role: Role) -> Result<(), ApiError> {
        if self.0.role >= role {
            return Ok(());
        }
        Err(ApiError::new(
            StatusCode::FORBIDDEN,
            format!("this needs the role {}; yours is {}", role.as_str(), self.0.role.as_str()),
        ))
    }
}

impl FromRequestParts<ApiState> for Visitor {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let now = state.clock.now();
        let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
        if let Some(token) = text(header::AUTHORIZATION).and_then(|v| v.strip_prefix("Bearer ")) {
            let access = state.store.access(AccessKind::Bearer, token.trim(), now).await?;
            let visitor = access.map(|access| Self(access, AccessKind::Bearer));
            return visitor.ok_or_else(ApiError::unauthorized);
        }
        let cookies = text(header::COOKIE).unwrap_or_default();
        let token = cookies
            .split(';')
            .filter_map(|cookie| cookie.trim().split_once('='))
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| value);
        let Some(token) = token else { return Err(ApiError::unauthorized()) };
        if parts.method != Method::GET && parts.method != Method::HEAD {
            same_origin(parts)?;
        }
        let access = state.store.access(AccessKind::Session, token, now).await?;
        access.map(|access| Self(access, AccessKind::Session)).ok_or_else(ApiError::unauthorized)
    }
}

/// A cookie is sent along by whatever page makes the browser ask; only our own may change things.
fn same_origin(parts: &Parts) -> Result<(), ApiError> {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    let allowed = match (site, text(header::ORIGIN), text(header::HOST)) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin), Some(host)) => {
            origin.split_once("://").is_some_and(|(_, name)| name == host)
        }
        _ => false,
    };
    if allowed {
        return Ok(());
    }
    Err(ApiError::foreign())
}

/// The `Set-Cookie` value of a new session.
#[must_use]
pub fn session_cookie(token: &str, seconds: i64) -> String {
    format!("{COOKIE}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}")
}
