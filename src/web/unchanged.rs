//! Pages that say what they said before are not sent again: an open page asks every few seconds.

use std::hash::{DefaultHasher, Hash, Hasher};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// The largest page that is looked at, bytes.
const LARGEST: usize = 32 * 1024 * 1024;

/// Gives each page an `ETag` over what it says (the clock in its frame left out), and answers 304 to who has it.
pub(super) async fn tag(request: Request, next: Next) -> Response {
    let is_read = request.method() == Method::GET;
    let known = request.headers().get(header::IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_page = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if !is_read || !is_page || response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(bytes) = to_bytes(body, LARGEST).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    // What the page says begins after the tag of its main part, which bears the version of what was shown.
    let mark = b"<main id=\"main\"";
    let start = bytes.windows(mark.len()).position(|part| part == mark).unwrap_or(0);
    let mut hasher = DefaultHasher::new();
    let said = bytes.get(start..).unwrap_or_default();
    let inner = said.iter().position(|byte| *byte == b'>').unwrap_or(0);
    said.get(inner..).hash(&mut hasher);
    let Ok(tag) = HeaderValue::from_str(&format!("\"{:016x}\"", hasher.finish())) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    if known.as_ref() == Some(&tag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response();
    }
    parts.headers.insert(header::ETAG, tag);
    Response::from_parts(parts, Body::from(bytes))
}
