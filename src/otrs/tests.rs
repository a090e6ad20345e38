//! The protocol: shapes of errors, sessions, and what an outage looks like.

use std::time::Duration;

use serde_json::{Value, json};

use super::error::interpret;
use super::stub::{Reply, rejection, ticket, with_stub};
use super::{Articles, Client, Config, OtrsError};
use crate::config::Secret;

fn word(error: &OtrsError) -> &'static str {
    match error {
        OtrsError::Connect { .. } => "connect",
        OtrsError::Timeout { .. } => "timeout",
        OtrsError::Closed { .. } => "closed",
        OtrsError::Auth { .. } => "auth",
        OtrsError::Rejected { .. } => "rejected",
        OtrsError::Failed { .. } => "failed",
        OtrsError::Misrouted { .. } => "misrouted",
        OtrsError::Gateway { .. } => "gateway",
        OtrsError::Answer { .. } => "answer",
        OtrsError::TooLarge { .. } => "too large",
    }
}

#[test]
fn the_shapes_of_errors_are_told_apart() {
    let check = |status: u16, body: &str, expected: &str, is_unknown: bool, is_permanent: bool| {
        let error = interpret("TicketCreate", "engine", status, body.as_bytes()).unwrap_err();
        assert_eq!(word(&error), expected, "{status} {body}");
        assert_eq!(error.is_outcome_unknown(), is_unknown, "{error}");
        assert_eq!(error.is_permanent(), is_permanent, "{error}");
        assert!(!error.text().ru.is_empty() && *error.text().en == error.to_string());
    };
    let auth = r#"{"Error":{"ErrorCode":"TicketCreate.AuthFail","ErrorMessage":"no"}}"#;
    check(200, auth, "auth", false, false);
    let denied = r#"{"Error":{"ErrorCode":"TicketGet.AccessDenied","ErrorMessage":"no"}}"#;
    check(200, denied, "rejected", false, true);
    check(500, denied, "rejected", false, true);
    check(500, r#"{"faultcode":"Server","faultstring":"boom"}"#, "failed", true, false);
    check(500, "Error while decoding request content.", "misrouted", false, true);
    check(500, "HTTP::REST Error while determine Operation for '/x'.", "misrouted", false, true);
    check(413, "Payload Too Large", "misrouted", false, true);
    check(404, "<html>Not Found</html>", "misrouted", false, true);
    check(302, "", "misrouted", false, true);
    check(503, "<html>busy</html>", "gateway", true, false);
    check(500, "", "gateway", true, false);
    check(200, "", "closed", true, false);
    check(200, "<html>Log in</html>", "answer", true, false);
    check(200, "[]", "answer", true, false);
    assert_eq!(interpret("TicketSearch", "engine", 200, b"{}"), Ok(json!({})));
}

#[tokio::test]
async fn an_expired_session_is_renewed_once() {
    let answer = |asked: &super::stub::Asked| match asked.session.as_str() {
        "s1" => rejection("TicketSearch.AuthFail", "expired"),
        _ => Reply::Ok(json!({})),
    };
    with_stub(answer, async |config, asked| {
        let client = Client::new(config).unwrap();
        assert_eq!(client.search(json!({"Limit": 1})).await, Ok(Vec::new()));
        assert_eq!(client.search(json!({"Limit": 1})).await, Ok(Vec::new()));
        let lines: Vec<String> = asked.lock().unwrap().iter().map(|a| a.line.clone()).collect();
        let search = "POST /Ticket/Search";
        assert_eq!(lines, ["POST /Session", search, "POST /Session", search, search]);
        assert_eq!(client.latency().count, 5);
    })
    .await;
}

#[tokio::test]
async fn a_refused_fresh_session_is_an_error() {
    with_stub(
        |_| rejection("TicketSearch.AuthFail", "no"),
        async |config, asked| {
            let client = Client::new(config).unwrap();
            let error = client.search(json!({"Limit": 1})).await.unwrap_err();
            assert_eq!(word(&error), "auth");
            assert!(!error.is_retryable() && !error.is_outcome_unknown());
            assert_eq!(asked.lock().unwrap().len(), 4);
        },
    )
    .await;
}

#[tokio::test]
async fn silence_and_broken_connections_are_outages() {
    with_stub(
        |_| Reply::Hang,
        async |config, _| {
            let client = Client::new(config).unwrap();
            let error = client.create(json!({"Ticket": {}})).await.unwrap_err();
            assert_eq!((word(&error), error.is_outcome_unknown()), ("timeout", true));
        },
    )
    .await;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let config = Config::new(&url, "engine", Secret::new("pw".to_owned()));
    let client = Client::new(config).unwrap();
    let hang_up = async {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut some = [0; 16];
            tokio::io::AsyncReadExt::read(&mut stream, &mut some).await.unwrap();
        }
    };
    tokio::select! {
        () = hang_up => {}
        outcome = client.log_in() => assert_eq!(word(&outcome.unwrap_err()), "closed"),
    }
    drop(listener);
    let error = client.log_in().await.unwrap_err();
    assert_eq!((word(&error), error.is_outcome_unknown()), ("connect", false));
}

#[tokio::test]
async fn tickets_are_asked_for_as_the_routes_say() {
    let answer = |asked: &super::stub::Asked| match asked.line.as_str() {
        "GET /Ticket/7,8" | "POST /Find" => {
            Reply::Ok(json!({"Ticket": [ticket(7, "a", ""), ticket(8, "b", "")]}))
        }
        other => Reply::Status(404, other.to_owned()),
    };
    with_stub(answer, async |mut config, asked| {
        config.timeout = Duration::from_secs(5);
        let client = Client::new(config.clone()).unwrap();
        let found = client.get(&[7, 8], Articles::Last).await.unwrap();
        assert_eq!(found.iter().map(|t| t.id).collect::<Vec<_>>(), [7, 8]);
        let query = asked.lock().unwrap().last().unwrap().query.clone();
        for part in ["AllArticles=1", "ArticleLimit=1", "ArticleOrder=DESC", "DynamicFields=1"] {
            assert!(query.contains(part), "{query}");
        }
        assert_eq!(asked.lock().unwrap().last().unwrap().body, Value::Null);
        let missing = client.get(&[7], Articles::None).await.unwrap_err();
        assert_eq!(word(&missing), "misrouted");

        config.routes.get = super::Route::parse("POST /Find").unwrap();
        let client = Client::new(config).unwrap();
        assert_eq!(client.get(&[7, 8], Articles::None).await.unwrap().len(), 2);
        let body = asked.lock().unwrap().last().unwrap().body.clone();
        assert_eq!(body, json!({"DynamicFields": 1, "TicketID": "7,8"}));
        let error = client.get(&[9], Articles::None).await.unwrap_err();
        assert_eq!(word(&error), "answer");
    })
    .await;
}
