//! A scripted ticket system for tests of what a real one cannot be made to do at will.

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Config;
use crate::config::Secret;

/// One request as the stub saw it.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `POST /Ticket/Search`.
    pub(crate) line: String,
    /// The query string.
    pub(crate) query: String,
    /// The body; null when there is none.
    pub(crate) body: Value,
    /// The session header.
    pub(crate) session: String,
}

/// What the stub does.
pub(crate) enum Reply {
    /// Answers with status 200.
    Ok(Value),
    /// Answers with a status and a body.
    Status(u16, String),
    /// Says nothing for half a minute.
    Hang,
}

/// Runs a test against a stub; gives it the settings that lead there and all that was asked.
pub(crate) async fn with_stub<F, Fut>(answer: impl FnMut(&Asked) -> Reply + Send + 'static, test: F)
where
    F: FnOnce(Config, Arc<Mutex<Vec<Asked>>>) -> Fut,
    Fut: Future<Output = ()>,
{
    let asked = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&asked);
    let answer = Arc::new(Mutex::new(answer));
    let handle = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
        let session = headers.get("X-OTRS-Header-SessionID");
        let seen = Asked {
            line: format!("{method} {}", uri.path()),
            query: uri.query().unwrap_or_default().to_owned(),
            body: serde_json::from_slice(&body).unwrap_or_default(),
            session: session.map_or("", |value| value.to_str().unwrap()).to_owned(),
        };
        log.lock().unwrap().push(seen.clone());
        let reply = match seen.line.as_str() {
            "POST /Session" => None,
            _ => Some((answer.lock().unwrap())(&seen)),
        };
        let logins = log.lock().unwrap().iter().filter(|a| a.line == "POST /Session").count();
        async move {
            match reply {
                None => respond(200, json!({"SessionID": format!("s{logins}")}).to_string()),
                Some(Reply::Ok(value)) => respond(200, value.to_string()),
                Some(Reply::Status(status, body)) => respond(status, body),
                Some(Reply::Hang) => {
                    tokio::time::sleep(Duration::from_secs(30)).await;
                    respond(200, "{}".to_owned())
                }
            }
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let mut config = Config::new(url, "engine", Secret::new("pw".to_owned()));
    config.timeout = Duration::from_millis(400);
    config.fields.problem_id = Some("ProblemId".to_owned());
    config.fields.idempotency_key = Some("IdempotencyKey".to_owned());
    config.fields.affected_system = Some("AffectedSystem".to_owned());
    let app = axum::Router::new().fallback(handle);
    tokio::select! {
        served = axum::serve(listener, app) => served.unwrap(),
        () = test(config, asked) => {}
    }
}

fn respond(status: u16, body: String) -> Response {
    (axum::http::StatusCode::from_u16(status).unwrap(), body).into_response()
}

/// The rejection of an operation, status 200.
pub(crate) fn rejection(code: &str, message: &str) -> Reply {
    Reply::Ok(json!({"Error": {"ErrorCode": code, "ErrorMessage": message}}))
}

/// A ticket as TicketGet shows it, with one article.
pub(crate) fn ticket(id: u64, title: &str, key: &str) -> Value {
    json!({
        "TicketID": id, "TicketNumber": format!("20261122100000{id}"), "Title": title,
        "Queue": "Problems", "State": "new", "StateType": "new", "Type": "Problem",
        "Priority": "4 high", "CustomerUserID": "vakhta", "Age": 100,
        "Created": "2026-11-22 22:45:00", "Changed": "2026-11-22 22:45:00",
        "DynamicField": [{"Name": "IdempotencyKey", "Value": key}],
        "Article": [{"ArticleID": id * 10, "ArticleNumber": 1, "Subject": "s", "Body": "b"}],
    })
}
