//! Who asks: a program with a bearer token, or a person with a session cookie.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use axum::http::{HeaderMap, Method, StatusCode, header, request::Parts};

use base64::Engine as _;

use super::{ApiError, ApiState};
use crate::model::{Arg, Message};
use crate::store::{Access, AccessKind, Role};

/// The name of the session cookie.
const COOKIE: &str = "vakhta_session";
/// The cookie of a screen on the wall, and what it opens (`WALL_PATHS`).
const WALL_COOKIE: &str = "vakhta_wall";
/// The cookie of a browser that is at a provider of identity.
pub(crate) const BEGUN: &str = "vakhta_begun";
const WALL_PATHS: [&str; 2] = ["/wall", "/pulse"];

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
        let detail =
            format!("this needs the role {}; yours is {}", role.as_str(), self.0.role.as_str());
        let key = |role: Role| Arg::Key(format!("role-{}", role.as_str()));
        let said =
            Message::new("refused-role").with("needed", key(role)).with("own", key(self.0.role));
        Err(ApiError::new(StatusCode::FORBIDDEN, detail).saying(said))
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
        // Tools that ask for series know no other way; a browser never gets to send it, for nothing asks it to.
        let basic = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Basic "));
        if let Some(token) = basic.filter(|_| parts.uri.path().starts_with("/prometheus/")) {
            let token = basic_password(token).ok_or_else(ApiError::unauthorized)?;
            let access = state.store.access(AccessKind::Bearer, &token, now).await?;
            let visitor = access.map(|access| Self(access, AccessKind::Bearer));
            return visitor.ok_or_else(ApiError::unauthorized);
        }
        let cookies = text(header::COOKIE).unwrap_or_default();
        let token = cookie(cookies, COOKIE);
        let Some(token) = token else { return wall(parts, state, cookies).await };
        if parts.method != Method::GET && parts.method != Method::HEAD {
            same_origin(parts)?;
        }
        let access = state.store.access(AccessKind::Session, token, now).await?;
        access.map(|access| Self(access, AccessKind::Session)).ok_or_else(ApiError::unauthorized)
    }
}

/// The password of `Authorization: Basic` (RFC 7617): a program's token; the name before it is not looked at.
fn basic_password(encoded: &str) -> Option<String> {
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    text.split_once(':').map(|(_, password)| password.to_owned())
}

/// What a cookie says, if it is there.
pub(crate) fn cookie<'a>(cookies: &'a str, wanted: &str) -> Option<&'a str> {
    let pairs = cookies.split(';').filter_map(|cookie| cookie.trim().split_once('='));
    pairs.into_iter().find(|(name, _)| *name == wanted).map(|(_, value)| value)
}

/// The address at the other end of a connection, as the listener gives it.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub SocketAddr);

/// The visitor's address, which a proxy of ours may have named; none in tests that have no connection.
pub(crate) fn address(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip().to_canonical())
}

/// A screen on the wall sees the wall and its beat, from its own address, and nothing else.
async fn wall(parts: &Parts, state: &ApiState, cookies: &str) -> Result<Visitor, ApiError> {
    let token = cookie(cookies, WALL_COOKIE).filter(|_| WALL_PATHS.contains(&parts.uri.path()));
    let token = token.ok_or_else(ApiError::unauthorized)?;
    let found = state.store.access_from(AccessKind::Wall, token, state.clock.now()).await?;
    let (access, bound) = found.ok_or_else(ApiError::unauthorized)?;
    if !is_from(address(parts), &bound) {
        return Err(ApiError::unauthorized());
    }
    Ok(Visitor(access, AccessKind::Wall))
}

/// Whether a visitor comes from the address that a token is bound to.
pub(crate) fn is_from(address: Option<IpAddr>, bound: &str) -> bool {
    bound.is_empty() || address.is_some_and(|address| address.to_string() == bound)
}

/// A cookie is sent along by whatever page makes the browser ask; only our own may change things.
pub(crate) fn same_origin(parts: &Parts) -> Result<(), ApiError> {
    let text = |name| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    // HTTP/2 names the host in the address.
    let host = text(header::HOST).or_else(|| parts.uri.authority().map(|host| host.as_str()));
    let allowed = match (site, text(header::ORIGIN), host) {
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

/// The `Set-Cookie` value of a new session; `secure` when people come by https.
#[must_use]
pub fn session_cookie(token: &str, seconds: i64, secure: bool) -> String {
    set_cookie(COOKIE, token, seconds, secure)
}

/// The same for a screen on the wall.
#[must_use]
pub(crate) fn wall_cookie(token: &str, seconds: i64, secure: bool) -> String {
    set_cookie(WALL_COOKIE, token, seconds, secure)
}

pub(crate) fn set_cookie(name: &str, token: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
}

/// The token of the session that a request came with.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<&str> {
    cookie(headers.get(header::COOKIE)?.to_str().ok()?, COOKIE)
}
