//! Reading from and delivering to a real ticket system.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use vakhta::collect::otrs::{RawTicket, TicketChannel, TicketReader};
use vakhta::config::Secret;
use vakhta::escalate::delivery::{Deliver, DeliverError, Delivered, DeliveryContext};
use vakhta::escalate::otrs::OtrsChannel;
use vakhta::model::{Effect, EffectKind, Time, WhenOver};
use vakhta::otrs::{
    AdviceLevel, Articles, Client, Config, OtrsError, Route, ServerZone, TicketRecord,
};

use crate::ground::THIRD;

const MARK: &str = "[vakhta-it]";

#[tokio::test(flavor = "multi_thread")]
async fn the_ticket_system_client() {
    let ground = THIRD.enter().await;
    if ground.znuny().is_none() {
        return;
    }
    canary_tells_right_from_wrong().await;
    refusals_are_told_apart().await;
    reader_follows_changes().await;
    reader_misses_nothing_under_load().await;
    a_problem_lives_once().await;
    users_tickets_join_once().await;
    what_is_over_is_answered_and_closed_once().await;
    a_half_built_ticket_is_completed().await;
    a_lost_answer_opens_no_second_ticket().await;
    twins_are_closed().await;
}

/// One of the assignments of the ticket system.
fn value(name: &str) -> String {
    THIRD.znuny_value(name)
}

fn config() -> Config {
    let password = Secret::new(value("ZNUNY_AGENT_PW"));
    let mut config = Config::new(value("ZNUNY_REST_URL"), value("ZNUNY_AGENT"), password);
    let some = |name: &str| Some(name.to_owned());
    config.queues = vec!["Problems".to_owned(), "2ЛТП::Системы".to_owned()];
    config.priorities = vec!["4 high".to_owned()];
    config.fields.problem_id = some("ProblemId");
    config.fields.idempotency_key = some("IdempotencyKey");
    config.fields.affected_system = some("AffectedSystem");
    config.fields.mrf = some("MRF");
    config.fields.detected_at = some("DetectedAt");
    config.fields.mass_incident = some("MassIncident");
    config
}

fn client() -> Arc<Client> {
    Arc::new(Client::new(config()).unwrap())
}

fn customer() -> String {
    let customers = value("ZNUNY_CUSTOMERS");
    customers.split(',').next().unwrap().to_owned()
}

fn user_ticket(title: &str) -> Value {
    json!({
        "Ticket": {"Title": format!("{MARK} {title}"), "Queue": "1ЛТП", "State": "new",
            "Priority": "3 normal", "CustomerUser": customer(), "Type": "Incident",
            "Service": "CRM"},
        "Article": {"Subject": title, "Body": "Не открывается карточка «клиента» €🙂",
            "ContentType": "text/plain; charset=utf8", "CommunicationChannel": "Phone",
            "SenderType": "customer", "IsVisibleForCustomer": 1},
        "DynamicField": [{"Name": "MRF", "Value": "Центр"}],
    })
}

fn note(subject: &str) -> Value {
    json!({"Article": {"Subject": subject, "Body": "ещё", "ContentType": "text/plain; charset=utf8"}})
}

/// A Problem nobody has used on this ticket system.
fn problem() -> String {
    format!("PRB-{:06}", rand::random::<u32>())
}

fn effect(problem: &str, name: &str, kind: EffectKind) -> Effect {
    Effect {
        key: format!("{problem}/otrs/{name}").parse().unwrap(),
        expires_at: None,
        supersedes: Vec::new(),
        at: Time(1_795_000_000_000),
        kind,
    }
}

fn open(problem: &str, title: &str) -> Effect {
    effect(
        problem,
        "open",
        EffectKind::OpenTicket {
            queue: "Problems".to_owned(),
            priority: "4 high".to_owned(),
            title: format!("{MARK} {title} [{problem}]"),
            body: "Причина: sso.\nПострадали: 12 пользователей.".to_owned(),
            system: "sso".to_owned(),
        },
    )
}

fn texts(subject: &str) -> (String, String) {
    (subject.to_owned(), "Подробности «в тексте».".to_owned())
}

async fn whole(client: &Client, id: u64) -> TicketRecord {
    client.get(&[id], Articles::Newest(100)).await.unwrap().remove(0)
}

async fn with_title(client: &Client, part: &str) -> Vec<u64> {
    client.search(json!({"Title": format!("%{part}%")})).await.unwrap()
}

/// Repeats `attempt` until it gives something, for as long as a loaded ticket system may need.
async fn until<T, F: Future<Output = Option<T>>>(mut attempt: impl FnMut() -> F) -> T {
    for _ in 0..120 {
        if let Some(found) = attempt().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    panic!("nothing within a minute");
}

/// The canary finds nothing wrong in a right configuration, and each wrong name in a wrong one.
async fn canary_tells_right_from_wrong() {
    let right = client();
    right.create(user_ticket("канарейка")).await.unwrap();
    assert_eq!(right.canary().await.unwrap(), []);

    let mut config = config();
    config.fields.problem_id = Some("ProblemID".to_owned());
    config.fields.channel = Some("Channel".to_owned());
    config.queues.push("Системы".to_owned());
    config.priorities.push("4 High!".to_owned());
    config.state_closed = "закрыто".to_owned();
    config.ticket_type = "Trouble".to_owned();
    config.timezone = ServerZone::named("Europe/Moscow").unwrap();
    let advice = Client::new(config).unwrap().canary().await.unwrap();
    assert!(advice.iter().all(|advice| advice.level == AdviceLevel::Error));
    let english: Vec<&str> = advice.iter().map(|advice| &*advice.text.en).collect();
    for word in ["-180 min", "ProblemID", "`Channel`", "Системы", "4 High!", "закрыто", "Trouble"]
    {
        assert!(english.iter().any(|text| text.contains(word)), "{word}: {english:#?}");
    }
    assert_eq!(english.len(), 7, "{english:#?}");
}

/// Refusals come as what they are.
async fn refusals_are_told_apart() {
    let mut wrong = config();
    wrong.password = Secret::new("wrong".to_owned());
    let error = Client::new(wrong).unwrap().log_in().await.unwrap_err();
    assert!(matches!(error, OtrsError::Auth { .. }), "{error}");

    let mut wrong = config();
    wrong.routes.search = Route::parse("POST /Nope").unwrap();
    let error = Client::new(wrong).unwrap().search(json!({"Limit": 1})).await.unwrap_err();
    assert!(matches!(error, OtrsError::Misrouted { .. }), "{error}");

    let client = client();
    let mut unknown = user_ticket("нет очереди");
    unknown["Ticket"]["Queue"] = json!("Нет такой");
    let error = client.create(unknown).await.unwrap_err();
    assert!(matches!(error, OtrsError::Rejected { .. }) && error.is_permanent(), "{error}");
    let mut forbidden = user_ticket("нельзя");
    forbidden["Ticket"]["Queue"] = json!("Restricted");
    assert!(client.create(forbidden).await.unwrap_err().is_access_denied());
    let error = client.get(&[999_999_999], Articles::None).await.unwrap_err();
    assert!(error.is_access_denied(), "{error}");
    assert!(with_title(&client, "такой темы нет нигде").await.is_empty());
}

/// New tickets come once, changed ones again, our own are known as ours.
async fn reader_follows_changes() {
    let client = client();
    let problem = problem();
    client.create(user_ticket(&format!("до начала {problem}"))).await.unwrap();
    let mut reader = TicketReader::new(Arc::clone(&client), None);
    let mine = |tickets: Vec<RawTicket>| {
        let own = tickets.into_iter().filter(|ticket| ticket.title.contains(&problem));
        own.collect::<Vec<_>>()
    };
    let first = mine(reader.poll().await.unwrap());
    assert_eq!(first.len(), 1, "the look-back brings what was there before");
    let ticket = &first[0];
    assert!(ticket.is_complete && !ticket.ours);
    assert_eq!(ticket.first.as_ref().unwrap().body, "Не открывается карточка «клиента» €🙂");
    assert_eq!((ticket.kind.as_str(), ticket.service.as_str()), ("Incident", "CRM"));
    assert_eq!(
        (ticket.customer_user.as_str(), ticket.mrf.as_str()),
        (customer().as_str(), "Центр")
    );
    assert_eq!(ticket.channel, Some(TicketChannel::Phone));
    assert_eq!(mine(reader.poll().await.unwrap()), []);

    // In the same second: a note, a change of state, and again after a restart.
    client.update(ticket.id, note("ещё раз")).await.unwrap();
    let grown = mine(reader.poll().await.unwrap());
    assert_eq!(grown.len(), 1);
    assert!(grown[0].last_article > ticket.last_article);
    assert_eq!(grown[0].first, ticket.first, "the first article stays the first");
    let saved = serde_json::to_string(&reader.watermark()).unwrap();
    client.update(ticket.id, json!({"Ticket": {"State": "open"}})).await.unwrap();
    let mut reader = TicketReader::new(Arc::clone(&client), serde_json::from_str(&saved).unwrap());
    let opened = mine(reader.poll().await.unwrap());
    assert_eq!(opened.iter().map(|t| t.state_type.as_str()).collect::<Vec<_>>(), ["open"]);

    let channel = OtrsChannel { client: Arc::clone(&client) };
    channel.deliver(&open(&problem, "Свой"), &DeliveryContext::default(), false).await.unwrap();
    let ours = mine(reader.poll().await.unwrap());
    assert_eq!(ours.len(), 1);
    assert!(ours[0].ours && ours[0].channel == Some(TicketChannel::Monitoring));
    assert_eq!(ours[0].problem, problem);
    assert_eq!(mine(reader.poll().await.unwrap()), []);
}

/// Tickets created by several clients at once while the reader polls: each comes exactly once in
/// its final form.
async fn reader_misses_nothing_under_load() {
    let client = client();
    let problem = problem();
    client.create(user_ticket("начало")).await.unwrap();
    let mut reader = TicketReader::new(Arc::clone(&client), None);
    reader.poll().await.unwrap();
    let makers = async {
        let maker = |part: usize| {
            let problem = problem.clone();
            async move {
                let client = self::client();
                for number in 0..6 {
                    let title = format!("поток {problem} {part}/{number}");
                    let made = client.create(user_ticket(&title)).await.unwrap();
                    if number % 2 == 0 {
                        client.update(made.id, note("следом")).await.unwrap();
                    }
                }
            }
        };
        tokio::join!(maker(0), maker(1), maker(2));
    };
    let mut seen: Vec<(u64, u64, Time)> = Vec::new();
    let mut take = |tickets: Vec<RawTicket>| {
        for ticket in tickets.iter().filter(|ticket| ticket.title.contains(&problem)) {
            assert!(ticket.is_complete && ticket.first.is_some());
            seen.push((ticket.id, ticket.last_article, ticket.changed));
        }
    };
    let mut makers = std::pin::pin!(makers);
    loop {
        tokio::select! {
            () = &mut makers => break,
            tickets = reader.poll() => take(tickets.unwrap()),
        }
    }
    // A poll may have been dropped above; the reader has not moved then.
    take(reader.poll().await.unwrap());
    take(reader.poll().await.unwrap());
    let mut last = std::collections::BTreeMap::new();
    for (id, article, _) in &seen {
        last.insert(*id, *article);
    }
    let ids = with_title(&client, &problem).await;
    assert_eq!(ids.len(), 18);
    for id in ids {
        let article = whole(&client, id).await.articles.iter().map(|a| a.id).max();
        assert_eq!(last.get(&id).copied(), article, "ticket {id}");
    }
}

/// A Problem's ticket from opening to reopening, everything delivered twice.
async fn a_problem_lives_once() {
    let client = client();
    let channel = OtrsChannel { client: Arc::clone(&client) };
    let problem = problem();
    let opening = open(&problem, &"Нет входа в CRM ".repeat(40));
    let none = DeliveryContext::default();
    let opened = channel.deliver(&opening, &none, false).await.unwrap();
    assert_eq!(channel.deliver(&opening, &none, true).await.unwrap(), opened);
    assert_eq!(channel.deliver(&opening, &none, false).await.unwrap(), opened);
    let Delivered { ticket: Some(ticket), .. } = opened.clone() else { panic!("no ticket") };
    let made = whole(&client, ticket.id).await;
    assert!(made.title.ends_with(&format!("… [{problem}]")), "{}", made.title);
    assert_eq!(made.title.chars().count(), 255);
    assert_eq!((made.kind.as_str(), made.queue.as_str()), ("Problem", "Problems"));
    assert_eq!(made.fields.get("DetectedAt").unwrap(), "2026-11-18 11:06:40");
    assert_eq!(made.fields.get("AffectedSystem").unwrap(), "sso");
    assert_eq!(made.articles.len(), 1);

    let context = DeliveryContext { ticket: Some(ticket.clone()), ..DeliveryContext::default() };
    let (subject, body) = texts(&"Новые факты ".repeat(500));
    let facts =
        effect(&problem, "n1", EffectKind::AddNote { subject, body, queue: None, priority: None });
    let (subject, body) = texts("Восстановлено");
    let closing = effect(&problem, "n2", EffectKind::CloseTicket { subject, body });
    let (subject, body) = texts("Снова");
    let reopening = effect(&problem, "n3", EffectKind::ReopenTicket { subject, body });
    let steps = [(facts, "new", 2), (closing, "closed", 3), (reopening.clone(), "open", 4)];
    for (step, state_type, articles) in &steps {
        for retry in [false, true, true] {
            assert_eq!(channel.deliver(step, &context, retry).await.unwrap(), opened);
        }
        let made = whole(&client, ticket.id).await;
        assert_eq!((made.state_type.as_str(), made.articles.len()), (*state_type, *articles));
        let newest = made.articles.iter().max_by_key(|article| article.id).unwrap();
        let mark = format!("[{}]", step.key.to_string().replace("/otrs/", "/"));
        assert!(newest.subject.ends_with(&mark), "{}", newest.subject);
        assert_eq!(newest.communication_channel, "Internal");
    }
    // People close it; a late repetition of our reopening leaves it closed.
    let people = json!({"Ticket": {"State": "closed unsuccessful"}});
    client.update(ticket.id, people).await.unwrap();
    channel.deliver(&reopening, &context, true).await.unwrap();
    assert_eq!(whole(&client, ticket.id).await.state_type, "closed");
    // Merged by people: a note only.
    client.update(ticket.id, json!({"Ticket": {"State": "merged"}})).await.unwrap();
    let (subject, body) = texts("Ещё раз");
    let again = effect(&problem, "n4", EffectKind::ReopenTicket { subject, body });
    channel.deliver(&again, &context, false).await.unwrap();
    let made = whole(&client, ticket.id).await;
    assert_eq!((made.state_type.as_str(), made.articles.len()), ("merged", 5));
}

/// A user's ticket joins once; one that is gone is refused for good.
async fn users_tickets_join_once() {
    let client = client();
    let channel = OtrsChannel { client: Arc::clone(&client) };
    let problem = problem();
    let user = client.create(user_ticket("обращение")).await.unwrap();
    let join = |ticket_id: u64| {
        let (subject, body) = texts("Обращение относится к Проблеме");
        effect(
            &problem,
            &format!("join/{ticket_id}/1"),
            EffectKind::JoinTicket { ticket_id, subject, body },
        )
    };
    for retry in [false, true, false] {
        let got =
            channel.deliver(&join(user.id), &DeliveryContext::default(), retry).await.unwrap();
        assert_eq!((got.reference, got.ticket), (user.number.clone(), None));
    }
    let joined = whole(&client, user.id).await;
    assert_eq!(joined.fields.get("ProblemId"), Some(&problem));
    assert_eq!((joined.articles.len(), joined.state_type.as_str()), (2, "new"));
    // The field was lost half-way: only the field is written.
    let clear = json!({"DynamicField": [{"Name": "ProblemId", "Value": ""}]});
    client.update(user.id, clear).await.unwrap();
    channel.deliver(&join(user.id), &DeliveryContext::default(), true).await.unwrap();
    let joined = whole(&client, user.id).await;
    assert_eq!((joined.fields.get("ProblemId"), joined.articles.len()), (Some(&problem), 2));

    let outcome = channel.deliver(&join(999_999_999), &DeliveryContext::default(), false).await;
    assert!(matches!(outcome, Err(DeliverError::Rejected(_))), "{outcome:?}");
}

/// Joined tickets are answered and closed when it is over, as the policy says; those that somebody is at work on, and
/// those whose user wrote again, are answered and stay open.
async fn what_is_over_is_answered_and_closed_once() {
    let client = client();
    let channel = OtrsChannel { client: Arc::clone(&client) };
    let none = DeliveryContext::default();
    let problem = problem();
    let mut ids = Vec::new();
    for title in ["закроется", "в работе", "пишет снова", "только ответ"]
    {
        let user = client.create(user_ticket(title)).await.unwrap();
        let (subject, body) = texts("Обращение относится к Проблеме");
        let kind = EffectKind::JoinTicket { ticket_id: user.id, subject, body };
        let join = effect(&problem, &format!("join/{}/1", user.id), kind);
        channel.deliver(&join, &none, false).await.unwrap();
        ids.push(user.id);
    }
    client.update(ids[1], json!({"Ticket": {"Lock": "lock"}})).await.unwrap();
    let mut again = note("не прошло");
    again["Article"]["SenderType"] = json!("customer");
    client.update(ids[2], again).await.unwrap();
    let told = |ticket_id: u64, when_over: WhenOver| {
        let (subject, body) = texts("Неполадка устранена");
        let kind = EffectKind::TellTicket { ticket_id, subject, body, when_over };
        effect(&problem, &format!("tell/{ticket_id}/2"), kind)
    };
    let wanted = [WhenOver::Close, WhenOver::Close, WhenOver::Close, WhenOver::Answer];
    for retry in [false, true] {
        for (id, when_over) in ids.iter().zip(wanted) {
            channel.deliver(&told(*id, when_over), &none, retry).await.unwrap();
        }
    }
    let mut states = Vec::new();
    for id in &ids {
        let found = whole(&client, *id).await;
        let answers = found.articles.iter().filter(|a| a.subject.starts_with("Неполадка")).count();
        assert_eq!(answers, 1, "{found:?}");
        states.push(found.state_type);
    }
    assert_eq!(states, ["closed", "new", "new", "new"]);
    // Who opens it again is not overruled by a repetition.
    client.update(ids[0], json!({"Ticket": {"State": "open"}})).await.unwrap();
    channel.deliver(&told(ids[0], WhenOver::Close), &none, true).await.unwrap();
    assert_eq!(whole(&client, ids[0]).await.state_type, "open");
}

/// A creation that died half-way there is found and completed; nothing is opened twice.
async fn a_half_built_ticket_is_completed() {
    let client = client();
    let problem = problem();
    let opening = open(&problem, "Наполовину");
    let died = json!({
        "Ticket": {"Title": format!("{MARK} Наполовину [{problem}]"), "Queue": "Problems",
            "State": "new", "Priority": "4 high", "CustomerUser": "vakhta", "Type": "Problem"},
        "Article": {"Subject": "я".repeat(4_000), "Body": "b",
            "ContentType": "text/plain; charset=utf8"},
    });
    let error = client.create(died).await.unwrap_err();
    assert!(matches!(error, OtrsError::Failed { .. }) && error.is_outcome_unknown(), "{error}");
    let channel = OtrsChannel { client: Arc::clone(&client) };
    let none = DeliveryContext::default();
    let outcome = channel.deliver(&opening, &none, true).await;
    assert!(matches!(outcome, Err(DeliverError::Unknown(_))), "{outcome:?}");
    let done = until(async || match channel.deliver(&opening, &none, true).await {
        Ok(done) => Some(done),
        Err(DeliverError::Unknown(_)) => None,
        Err(other) => panic!("{other}"),
    })
    .await;
    assert_eq!(channel.deliver(&opening, &none, true).await.unwrap(), done);
    let made = whole(&client, done.ticket.unwrap().id).await;
    assert_eq!(made.articles.len(), 1);
    assert_eq!(made.fields.get("IdempotencyKey"), Some(&opening.key.to_string()));
    assert_eq!(with_title(&client, &problem).await, [made.id]);
}

/// Answers that come too late: the ticket is there although we gave up waiting, and stays one.
async fn a_lost_answer_opens_no_second_ticket() {
    let patient = client();
    let none = DeliveryContext::default();
    for round in 0..3 {
        let problem = problem();
        let opening = open(&problem, &format!("Потерянный ответ {round}"));
        let mut hasty = config();
        hasty.timeout = Duration::from_millis(150 + 40 * round);
        let hasty = OtrsChannel { client: Arc::new(Client::new(hasty).unwrap()) };
        let outcome = hasty.deliver(&opening, &none, false).await;
        let channel = OtrsChannel { client: Arc::clone(&patient) };
        if matches!(outcome, Err(DeliverError::Unknown(_))) {
            tokio::time::sleep(Duration::from_secs(2)).await;
        }
        let done = until(async || channel.deliver(&opening, &none, true).await.ok()).await;
        let ticket = done.ticket.unwrap();
        assert_eq!(with_title(&patient, &problem).await, [ticket.id], "{outcome:?}");
        let made = whole(&patient, ticket.id).await;
        assert_eq!(made.articles.len(), 1, "{outcome:?}");
        assert_eq!(made.fields.get("IdempotencyKey"), Some(&opening.key.to_string()));
    }
}

/// Two tickets with one key: the oldest stays, the other is closed with a note.
async fn twins_are_closed() {
    let client = client();
    let channel = OtrsChannel { client: Arc::clone(&client) };
    let problem = problem();
    let opening = open(&problem, "Двойник");
    let none = DeliveryContext::default();
    let first = channel.deliver(&opening, &none, false).await.unwrap().ticket.unwrap();
    let twin = json!({
        "Ticket": {"Title": format!("{MARK} Двойник [{problem}]"), "Queue": "Problems",
            "State": "new", "Priority": "4 high", "CustomerUser": "vakhta", "Type": "Problem"},
        "Article": {"Subject": "s", "Body": "b", "ContentType": "text/plain; charset=utf8"},
        "DynamicField": [{"Name": "IdempotencyKey", "Value": opening.key}],
    });
    let second = client.create(twin).await.unwrap();
    let again = channel.deliver(&opening, &none, true).await.unwrap().ticket.unwrap();
    assert_eq!(again, first);
    let closed = whole(&client, second.id).await;
    assert_eq!((closed.state_type.as_str(), closed.articles.len()), ("closed", 2));
    assert_eq!(whole(&client, first.id).await.state_type, "new");
}
