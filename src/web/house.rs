//! Where the pages live: behind a path of the operator's own site, behind proxies that speak for others.

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::api::{ApiState, Peer};

/// What stands before every address of ours: the path of `page_url`, usually nothing.
pub(super) fn base(state: &ApiState) -> String {
    state.engine.read(|core| core.settings().escalation.base().to_owned())
}

/// Takes the base path off what comes in (a proxy may have done so already) and puts it before what goes out; names
/// the visitor's own address when one of the operator's proxies vouches for it.
pub(super) async fn enter(
    State(state): State<ApiState>,
    mut request: Request,
    next: Next,
) -> Response {
    let base = base(&state);
    if let Some(inner) = without(request.uri(), &base) {
        *request.uri_mut() = inner;
    }
    let peer = request.extensions().get::<ConnectInfo<Peer>>().map(|info| info.0);
    if let Some(Peer(peer)) = peer {
        let visitor = state.doors.visitor(peer, request.headers());
        request.extensions_mut().insert(ConnectInfo(visitor));
    }
    let mut response = next.run(request).await;
    if !base.is_empty() {
        put_before(&base, response.headers_mut());
    }
    response
}

/// The address without the base path, if it has one.
fn without(uri: &Uri, base: &str) -> Option<Uri> {
    if base.is_empty() {
        return None;
    }
    let rest = uri.path_and_query()?.as_str().strip_prefix(base)?;
    let inner = match rest.chars().next() {
        None => "/".to_owned(),
        Some('/') => rest.to_owned(),
        Some('?') => format!("/{rest}"),
        // `/vakhta2` is not ours.
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(inner.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// Our own addresses in what goes out: where to go, and where a cookie is sent to.
fn put_before(base: &str, headers: &mut HeaderMap) {
    let location = headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
    let moved = location.filter(|to| to.starts_with('/')).map(|to| format!("{base}{to}"));
    if let Some(Ok(moved)) = moved.map(HeaderValue::try_from) {
        headers.insert(header::LOCATION, moved);
    }
    let cookies: Vec<HeaderValue> = headers.get_all(header::SET_COOKIE).iter().cloned().collect();
    headers.remove(header::SET_COOKIE);
    for cookie in cookies {
        let text = cookie.to_str().unwrap_or_default();
        let moved = text.replacen("; Path=/", &format!("; Path={base}/"), 1);
        headers.append(header::SET_COOKIE, HeaderValue::try_from(moved).unwrap_or(cookie));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_path_is_taken_off_and_nothing_else() {
        let inner = |uri: &str| {
            let uri: Uri = uri.parse().unwrap();
            without(&uri, "/vakhta").map(|uri| uri.to_string())
        };
        assert_eq!(inner("/vakhta/problems?q=a").as_deref(), Some("/problems?q=a"));
        assert_eq!(inner("/vakhta").as_deref(), Some("/"));
        assert_eq!(inner("/vakhta?x=1").as_deref(), Some("/?x=1"));
        assert_eq!(inner("/vakhta2/problems"), None);
        assert_eq!(inner("/problems"), None);
        assert_eq!(
            inner("https://ops.example/vakhta/wall").as_deref(),
            Some("https://ops.example/wall")
        );
    }

    #[test]
    fn addresses_and_cookies_that_go_out_bear_the_base_path() {
        let mut headers = HeaderMap::new();
        headers.insert(header::LOCATION, HeaderValue::from_static("/problems"));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("a=1; Path=/; HttpOnly"));
        headers.append(header::SET_COOKIE, HeaderValue::from_static("b=2; Path=/"));
        put_before("/vakhta", &mut headers);
        assert_eq!(headers[header::LOCATION], "/vakhta/problems");
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(cookies, ["a=1; Path=/vakhta/; HttpOnly", "b=2; Path=/vakhta/"]);
        let abroad = HeaderValue::from_static("https://login.example/auth");
        headers.insert(header::LOCATION, abroad);
        put_before("/vakhta", &mut headers);
        assert_eq!(headers[header::LOCATION], "https://login.example/auth");
    }
}
