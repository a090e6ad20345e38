//! Answers as Prometheus shapes them. Numbers are texts there, since JSON has no NaN.

use std::fmt::Write;

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::i18n::Catalogue;
use crate::model::{Language, Time};
use crate::series::query::{Labels, Line, QueryError};

/// Why there is no answer, with Prometheus's word for it.
#[derive(Debug)]
pub(super) struct Failure {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Failure {
    pub(super) fn bad(message: impl Into<String>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, kind: "bad_data", message: message.into() }
    }

    pub(super) fn execution(message: impl Into<String>) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self { status, kind: "execution", message: message.into() }
    }

    pub(super) fn timeout() -> Self {
        let message = "the query took too long, or too many run; narrow it or try again".to_owned();
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: "timeout", message }
    }

    pub(super) fn internal() -> Self {
        let message = "the query failed; see the log".to_owned();
        Self { status: StatusCode::INTERNAL_SERVER_ERROR, kind: "internal", message }
    }
}

impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Self {
        // Prometheus speaks English, and so do the programs that ask like it.
        let words = Catalogue::shared().words(&error.message, Language::En);
        match error.column {
            Some(column) => Self::bad(format!("{words} (column {column})")),
            None => Self::bad(words),
        }
    }
}

pub(super) fn success(data: &str) -> Response {
    let body = format!("{{\"status\":\"success\",\"data\":{data}}}");
    ([(header::CONTENT_TYPE, "application/json")], body).into_response()
}

pub(super) fn failure(error: &Failure) -> Response {
    let body =
        serde_json::json!({"status": "error", "errorType": error.kind, "error": error.message});
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (error.status, kind, body.to_string()).into_response()
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() }
    } else if value != 0.0 && !(1e-6..1e21).contains(&value.abs()) {
        format!("{value:e}")
    } else {
        format!("{value}")
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A point: `[1700000000.123,"5"]`.
fn point(out: &mut String, at: Time, value: f64) {
    // Writing to a String cannot fail.
    let _infallible = write!(
        out,
        "[{}.{:03},\"{}\"]",
        at.0.div_euclid(1000),
        at.0.rem_euclid(1000),
        number(value)
    );
}

pub(super) fn labels<'a>(labels: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<String> =
        labels.map(|(name, value)| format!("{}:{}", quoted(name), quoted(value))).collect();
    format!("{{{}}}", pairs.join(","))
}

pub(super) fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    format!("[{}]", names.map(|name| quoted(name)).collect::<Vec<_>>().join(","))
}

fn result(kind: &str, result: &str) -> String {
    format!("{{\"resultType\":\"{kind}\",\"result\":{result}}}")
}

pub(super) fn scalar(at: Time, value: f64) -> String {
    let mut out = String::new();
    point(&mut out, at, value);
    result("scalar", &out)
}

pub(super) fn text(at: Time, text: &str) -> String {
    let moment = format!("{}.{:03}", at.0.div_euclid(1000), at.0.rem_euclid(1000));
    result("string", &format!("[{moment},{}]", quoted(text)))
}

pub(super) fn vector(at: Time, values: &[(Labels, f64)]) -> String {
    let mut out = String::from("[");
    for (n, (metric, value)) in values.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let _infallible = write!(out, "{comma}{{\"metric\":{},\"value\":", labels(metric.iter()));
        point(&mut out, at, *value);
        out.push('}');
    }
    out.push(']');
    result("vector", &out)
}

pub(super) fn matrix(lines: &[Line]) -> String {
    let mut out = String::from("[");
    for (n, (metric, values)) in lines.iter().enumerate() {
        let comma = if n == 0 { "" } else { "," };
        let _infallible = write!(out, "{comma}{{\"metric\":{},\"values\":[", labels(metric.iter()));
        for (n, (at, value)) in values.iter().enumerate() {
            if n > 0 {
                out.push(',');
            }
            point(&mut out, *at, *value);
        }
        out.push_str("]}");
    }
    out.push(']');
    result("matrix", &out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_clients_read_them() {
        let written: Vec<String> =
            [0.0, 1.0, -2.5, 1e-9, 1e30, f64::NAN, f64::INFINITY, f64::NEG_INFINITY]
                .map(number)
                .into();
        assert_eq!(written, ["0", "1", "-2.5", "1e-9", "1e30", "NaN", "+Inf", "-Inf"]);
        let mut out = String::new();
        point(&mut out, Time(-1500), 1.0);
        assert_eq!(out, "[-2.500,\"1\"]");
    }

    #[test]
    fn labels_are_quoted() {
        let pairs = [("a", "x\"y\\\n"), ("b", "")];
        let text = labels(pairs.into_iter());
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["a"], "x\"y\\\n");
    }
}
