//! Never twice, whatever the ticket system does in the middle of it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::super::delivery::{Deliver, DeliverError, Delivered, DeliveryContext, TicketRef};
use super::OtrsChannel;
use crate::model::{Effect, EffectKind, Time};
use crate::otrs::stub::{Asked, Reply, rejection, ticket, with_stub};
use crate::otrs::{Client, Config};

const KEY: &str = "PRB-000001/otrs/open";
const TITLE: &str = "Нет входа [PRB-000001]";

fn effect(key: &str, kind: EffectKind) -> Effect {
    Effect {
        key: key.parse().unwrap(),
        expires_at: None,
        supersedes: Vec::new(),
        at: Time(1_795_000_000_000),
        kind,
    }
}

fn open() -> Effect {
    let text = str::to_owned;
    effect(
        KEY,
        EffectKind::OpenTicket {
            queue: text("Problems"),
            priority: text("4 high"),
            title: text(TITLE),
            body: text("Пользователи не могут войти."),
            system: text("sso"),
        },
    )
}

fn close() -> Effect {
    let (subject, body) = ("Восстановлено".to_owned(), "Причина устранена.".to_owned());
    effect("PRB-000001/otrs/n2", EffectKind::CloseTicket { subject, body })
}

fn channel(config: Config) -> OtrsChannel {
    OtrsChannel { client: Arc::new(Client::new(config).unwrap()) }
}

fn lines(asked: &std::sync::Mutex<Vec<Asked>>, start: &str) -> Vec<Asked> {
    asked.lock().unwrap().iter().filter(|a| a.line.starts_with(start)).cloned().collect()
}

/// The stub's tickets: what a search finds and what a get shows.
fn store(
    tickets: Vec<Value>,
    mut create: impl FnMut() -> Reply + Send,
) -> impl FnMut(&Asked) -> Reply {
    move |asked| match asked.line.as_str() {
        "POST /Ticket/Search" => {
            let ids: Vec<String> = tickets.iter().map(|t| t["TicketID"].to_string()).collect();
            Reply::Ok(if ids.is_empty() { json!({}) } else { json!({"TicketID": ids}) })
        }
        "POST /Ticket" => create(),
        line if line.starts_with("GET") => {
            let id: u64 = line.rsplit('/').next().unwrap().parse().unwrap();
            let found: Vec<&Value> = tickets.iter().filter(|t| t["TicketID"] == id).collect();
            Reply::Ok(json!({"Ticket": found}))
        }
        _ => Reply::Ok(json!({"TicketID": "1", "TicketNumber": "2"})),
    }
}

fn created() -> Reply {
    Reply::Ok(json!({"ArticleID": 2, "TicketID": "5", "TicketNumber": "202611225"}))
}

#[tokio::test]
async fn an_unknown_outcome_is_said_so() {
    let failure = || Reply::Status(500, r#"{"faultcode":"Server","faultstring":"x"}"#.to_owned());
    let replies: [fn() -> Reply; 4] = [
        failure,
        || Reply::Hang,
        || Reply::Status(200, String::new()),
        || Reply::Status(502, "<html>".to_owned()),
    ];
    for reply in replies {
        with_stub(store(Vec::new(), reply), async |config, asked| {
            let outcome =
                channel(config).deliver(&open(), &DeliveryContext::default(), false).await;
            assert!(matches!(outcome, Err(DeliverError::Unknown(_))), "{outcome:?}");
            assert_eq!(lines(&asked, "POST /Ticket/Search").len(), 2);
        })
        .await;
    }
}

#[tokio::test]
async fn what_is_there_is_not_opened_again() {
    // Found by the key; found by the mark alone, because the key was not written yet or cleared.
    for found in [ticket(5, "Переименована", KEY), ticket(5, TITLE, "")] {
        with_stub(store(vec![found], created), async |config, asked| {
            let channel = channel(config);
            let got = channel.deliver(&open(), &DeliveryContext::default(), true).await.unwrap();
            let ticket = TicketRef { id: 5, number: "202611221000005".to_owned() };
            assert_eq!(got, Delivered { reference: ticket.number.clone(), ticket: Some(ticket) });
            assert!(lines(&asked, "POST /Ticket").iter().all(|a| a.line.ends_with("Search")));
            assert!(lines(&asked, "PATCH").is_empty());
        })
        .await;
    }
}

#[tokio::test]
async fn a_stranger_is_not_taken_for_ours() {
    // The peer answers a search by an unknown field with everything.
    let mut typed = ticket(8, TITLE, "");
    typed["Type"] = json!("Incident");
    let strangers =
        vec![ticket(6, "Нет входа [PRB-000002]", ""), ticket(7, TITLE, "PRB-1/otrs/open"), typed];
    with_stub(store(strangers, created), async |config, asked| {
        let channel = channel(config);
        let got = channel.deliver(&open(), &DeliveryContext::default(), false).await.unwrap();
        assert_eq!(got.ticket.unwrap().id, 5);
        let created = asked.lock().unwrap().last().unwrap().body.clone();
        assert_eq!(created["Ticket"]["Title"], TITLE);
        assert_eq!(created["Article"]["IsVisibleForCustomer"], 0);
        let fields = json!([{"Name": "IdempotencyKey", "Value": KEY},
            {"Name": "ProblemId", "Value": "PRB-000001"}, {"Name": "AffectedSystem", "Value": "sso"}]);
        assert_eq!(created["DynamicField"], fields);
    })
    .await;
}

#[tokio::test]
async fn a_half_built_ticket_is_completed_once_it_is_old_enough() {
    // Without an article, or with the empty shell that a failure in the article leaves.
    let shell = json!([{"TimeUnit": null}]);
    for (age, article, is_completed) in [
        (3, json!(null), false),
        (3, shell.clone(), false),
        (40, json!(null), true),
        (40, shell, true),
    ] {
        let mut half = ticket(5, TITLE, "");
        half["Age"] = json!(age);
        half["CustomerUserID"] = json!("");
        half["Article"] = article;
        with_stub(store(vec![half], created), async |config, asked| {
            let outcome = channel(config).deliver(&open(), &DeliveryContext::default(), true).await;
            let changes = lines(&asked, "PATCH /Ticket/5");
            if !is_completed {
                assert!(matches!(outcome, Err(DeliverError::Unknown(_))), "{outcome:?}");
                assert!(changes.is_empty());
                return;
            }
            assert_eq!(outcome.unwrap().ticket.unwrap().id, 5);
            let change = &changes[0].body;
            assert_eq!(change["Ticket"]["CustomerUser"], "vakhta");
            assert_eq!(change["Article"]["Body"], "Пользователи не могут войти.");
            assert_eq!(change["DynamicField"][0], json!({"Name": "IdempotencyKey", "Value": KEY}));
        })
        .await;
    }
}

#[tokio::test]
async fn a_refused_field_does_not_keep_the_ticket_from_being_opened() {
    let mut left = 2;
    let create = move || {
        left -= 1;
        match left {
            1 => rejection("TicketCreate.InvalidParameter", "DynamicField->Value is invalid!"),
            _ => created(),
        }
    };
    with_stub(store(Vec::new(), create), async |config, asked| {
        channel(config).deliver(&open(), &DeliveryContext::default(), false).await.unwrap();
        let created = asked.lock().unwrap().last().unwrap().body.clone();
        assert_eq!(created["DynamicField"].as_array().unwrap().len(), 2);
    })
    .await;
    let refuse = || rejection("TicketCreate.AccessDenied", "Can not create tickets");
    with_stub(store(Vec::new(), refuse), async |config, _| {
        let outcome = channel(config).deliver(&open(), &DeliveryContext::default(), false).await;
        assert!(matches!(outcome, Err(DeliverError::Rejected(_))), "{outcome:?}");
    })
    .await;
}

#[tokio::test]
async fn of_twins_the_oldest_stays() {
    let mut closed = ticket(7, TITLE, KEY);
    closed["StateType"] = json!("closed");
    let twins = vec![ticket(6, TITLE, KEY), ticket(5, TITLE, KEY), closed];
    with_stub(store(twins.clone(), created), async |config, asked| {
        let got = channel(config).deliver(&open(), &DeliveryContext::default(), true).await;
        assert_eq!(got.unwrap().ticket.unwrap().id, 5);
        let changes = lines(&asked, "PATCH");
        assert_eq!(changes.len(), 1);
        assert_eq!(changes[0].line, "PATCH /Ticket/6");
        assert_eq!(changes[0].body["Ticket"]["State"], "closed successful");
    })
    .await;
    // A twin that appears later is closed with the next note.
    with_stub(store(twins, created), async |config, asked| {
        let ticket = Some(TicketRef { id: 5, number: "5".to_owned() });
        channel(config)
            .deliver(&close(), &DeliveryContext { ticket, ..DeliveryContext::default() }, false)
            .await
            .unwrap();
        let changed: Vec<String> = lines(&asked, "PATCH").into_iter().map(|a| a.line).collect();
        assert_eq!(changed, ["PATCH /Ticket/5", "PATCH /Ticket/6"]);
    })
    .await;
}

#[tokio::test]
async fn a_note_that_arrived_is_not_written_again() {
    for (subject, retry, expected) in [
        ("Восстановлено [PRB-000001/n2]", true, 0),
        ("Восстановлено [PRB-000001/n1]", true, 1),
        ("другое", false, 1),
    ] {
        let mut found = ticket(5, TITLE, KEY);
        found["Article"][0]["Subject"] = json!(subject);
        with_stub(store(vec![found], created), async |config, asked| {
            let ticket = Some(TicketRef { id: 5, number: "5".to_owned() });
            channel(config)
                .deliver(&close(), &DeliveryContext { ticket, ..DeliveryContext::default() }, retry)
                .await
                .unwrap();
            let changes = lines(&asked, "PATCH");
            assert_eq!(changes.len(), expected, "{subject}");
            if let Some(change) = changes.first() {
                assert_eq!(change.body["Ticket"]["State"], "closed successful");
                assert_eq!(change.body["Article"]["Subject"], "Восстановлено [PRB-000001/n2]");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn people_who_closed_or_merged_are_not_overruled() {
    for state_type in ["closed", "merged", "removed"] {
        let mut found = ticket(5, TITLE, KEY);
        found["StateType"] = json!(state_type);
        with_stub(store(vec![found], created), async |config, asked| {
            let ticket = Some(TicketRef { id: 5, number: "5".to_owned() });
            channel(config)
                .deliver(&close(), &DeliveryContext { ticket, ..DeliveryContext::default() }, false)
                .await
                .unwrap();
            let change = &lines(&asked, "PATCH")[0].body;
            assert_eq!(change["Ticket"], Value::Null, "{state_type}");
            assert!(change["Article"].is_object());
        })
        .await;
    }
}

#[tokio::test]
async fn what_cannot_be_delivered_says_why() {
    with_stub(
        |asked| match asked.line.as_str() {
            "GET /Ticket/9" => rejection("TicketGet.AccessDenied", "no"),
            _ => rejection("TicketUpdate.AuthFail", "no"),
        },
        async |config, _| {
            let channel = channel(config);
            let none = DeliveryContext::default();
            let outcome = channel.deliver(&close(), &none, false).await;
            assert!(matches!(outcome, Err(DeliverError::Retry(_))), "{outcome:?}");
            let (subject, body) = ("Связано".to_owned(), String::new());
            let join = EffectKind::JoinTicket { ticket_id: 9, subject, body };
            let outcome =
                channel.deliver(&effect("PRB-000001/otrs/join/9/1", join), &none, false).await;
            assert!(matches!(outcome, Err(DeliverError::Rejected(_))), "{outcome:?}");
            let (subject, body) = ("Ход".to_owned(), String::new());
            let note = effect(
                "PRB-000001/otrs/n1",
                EffectKind::AddNote { subject, body, queue: None, priority: None },
            );
            let ticket = Some(TicketRef { id: 5, number: "5".to_owned() });
            let outcome = channel
                .deliver(&note, &DeliveryContext { ticket, ..DeliveryContext::default() }, false)
                .await;
            assert!(matches!(outcome, Err(DeliverError::Auth(_))), "{outcome:?}");
        },
    )
    .await;
}
