//! A lock chain in PostgreSQL, with the users' tickets about it: one Problem, one ticket, one alert,
//! and all of it over when the lock is gone. Then the log is replayed.

use serde_json::json;
use vakhta::fold::State;
use vakhta::i18n::Catalogue;
use vakhta::store::Store;

use crate::ground::FIRST;
use crate::harness::{Desk, Engine, Site, TWO_POLLS, firing, until};

pub(crate) const SLOW: [&str; 10] = [
    "Тормозит CRM | Каждая страница открывается по две минуты, работать невозможно",
    "црм еле работает | жду ответа на любое действие очень долго",
    "Поиск клиента висит | Ищу по номеру договора, крутится и ничего не показывает больше минуты",
    "Медленно грузится карточка клиента | Всё зависает, абонент ждёт на линии",
    "Долго сохраняется заявка в CRM | Ожидание больше минуты на каждом шаге",
    "Система очень медленная | Невозможно работать, всё тормозит",
    "CRM долго отвечает | При переходе между вкладками зависает на минуту",
    "Поиск в црм очень медленный | результаты появляются через две минуты",
    "тормозит поиск абонентов | ввожу фамилию и жду, крутится колесо",
    "Страницы CRM грузятся медленно | у всей смены, каждое действие по 2-3 минуты",
];
pub(crate) const OTHER: [&str; 10] = [
    "Принтер не печатает | Зажевало бумагу на втором этаже",
    "Не приходит СМС с кодом | Абонент ждёт код входа в личный кабинет",
    "Мышь не работает | Перестала реагировать на нажатия",
    "Роутер не списывается со склада | Серийный номер не находит",
    "Монитор мигает | Второй день подряд",
    "Гарнитура хрипит | Клиент меня не слышит",
    "Сломался стул на рабочем месте | Отвалилось колесо",
    "Не приходит код подтверждения в ЕЛК | СМС нет уже десять минут",
    "Приставка не проходит по складу CPE | Пишет, что оборудование не числится",
    "Клавиатура залипает | Не нажимается пробел",
];
pub(crate) const REQUESTS: [&str; 5] = [
    "Прошу предоставить доступ в CRM | Новому сотруднику отдела продаж",
    "Сбросить пароль | Забыла пароль от учётной записи",
    "Нужна роль супервизора | Прошу добавить роль в CRM",
    "Создать учётную запись | Для нового оператора",
    "Открыть доступ к отчётам | Согласовано с руководителем",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_chain_becomes_one_problem_one_ticket_one_alert() {
    let ground = FIRST.enter().await;
    let (Some(pg), Some(znuny), Some(am)) =
        (ground.postgres(), ground.znuny(), ground.alertmanager())
    else {
        return;
    };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let site = Site::new().postgres_every(&pg, "10s").otrs(&znuny).alertmanager(&am);
    let mut engine = site.start();
    engine.warm(4).await;
    assert_eq!(
        engine.problems("open,acknowledged,resolved").await,
        Vec::<serde_json::Value>::new()
    );

    let fault = ground.fault("pg-lock-wait");
    let problem = engine.problem_at("crm-db", TWO_POLLS).await;
    let id = problem["id"].as_str().unwrap().to_owned();
    assert!(
        problem["title"]["ru"].as_str().unwrap().contains("очередь на блокировки"),
        "{problem}"
    );

    // The tickets come while the fault lasts.
    let mut ours = Vec::new();
    for n in 0..30 {
        ours.push(desk.create(SLOW[n % SLOW.len()], &format!("agent{n}"), "Incident").await);
    }
    let mut unrelated = 0;
    for (n, text) in OTHER.iter().enumerate() {
        unrelated = desk.create(text, &format!("other{n}"), "Incident").await;
    }
    let mut request = 0;
    for (n, text) in REQUESTS.iter().enumerate() {
        // Two by their type, the others by their words alone.
        let kind = if n < 2 { "ServiceRequest" } else { "Incident" };
        request = desk.create(text, &format!("new{n}"), kind).await;
    }
    until("thirty tickets are in the Problem", 40, async || {
        let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
        (problem["tickets"] == 30).then_some(())
    })
    .await;
    until("they are joined in the ticket system", 60, async || {
        (desk.joined(since, &id).len() >= 30).then_some(())
    })
    .await;
    assert_eq!(desk.joined(since, &id), ours, "exactly the tickets about it are joined");
    let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
    assert_eq!((&problem["tickets"], &problem["users"]), (&json!(30), &json!(30)));
    assert_eq!(problem["cause"]["system"], "crm-db");
    assert!(problem["cause"]["probability"].as_f64().unwrap() > 0.5);
    assert!(!problem["evidence"].as_array().unwrap().is_empty());

    // One ticket, in the right queue; one alert that fires.
    let tickets = desk.problem_tickets(since, &id);
    assert_eq!(tickets.len(), 1, "{tickets:?}");
    assert!(tickets[0].contains("|2ЛТП::Системы|"), "{tickets:?}");
    let alert = until("one alert fires", 20, async || {
        let alerts = firing(&am, &id).await;
        (alerts.len() == 1).then(|| alerts[0].clone())
    })
    .await;
    assert_eq!(alert["labels"]["system"], "crm-db");
    assert_eq!(alert["labels"]["severity"], "critical", "thirty users suffer");
    explained(&engine, &id);

    fault.heal();
    engine.reaches(&id, "resolved", 60).await;
    until("the alert is over", 20, async || firing(&am, &id).await.is_empty().then_some(())).await;
    engine.reaches(&id, "closed", 30).await;
    until("everybody was told that it is over", 30, async || {
        let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
        let told = problem["told"].as_array().unwrap();
        told.iter().all(|line| line["state"] == "resolved").then_some(())
    })
    .await;
    let notes = desk.notes(since, &id);
    let with = |part: &str| notes.iter().filter(|note| note.contains(part)).count();
    assert_eq!(with("Проблема устранена"), 1, "{notes:?}");
    assert_eq!(with("Проблема закрыта"), 1, "{notes:?}");
    assert_eq!(desk.problem_tickets(since, &id).len(), 1);
    assert!(desk.problem_tickets(since, &id)[0].contains("|closed successful|"));
    assert_eq!(engine.problems("open,acknowledged,resolved").await.len(), 0);
    // By now every ticket has been read: none of the others has slipped in.
    let problem = engine.get(&format!("/api/v1/problems/{id}")).await;
    assert_eq!(problem["tickets"], 30);
    assert_eq!(desk.joined(since, &id), ours);
    // Whoever answers a caller reads that it is over, on each of the users' tickets, once.
    let over = || {
        desk.sql(&format!(
            "select a.ticket_id from article a join article_data_mime m on m.article_id = a.id \
             where a.ticket_id > {since} and m.a_subject like '%({id}) прошла%' order by 1"
        ))
    };
    let told: Vec<String> = ours.iter().map(u64::to_string).collect();
    until("users' tickets hear that it is over", 30, async || (over() == told).then_some(())).await;

    // Every silence can be explained.
    let why = engine.command(&["explain", &format!("ticket:{unrelated}")]);
    assert!(why.contains("Ни к одной проблеме не отнесено"), "{why}");
    let why = engine.command(&["explain", &format!("ticket:{request}")]);
    assert!(why.contains("Это запрос"), "{why}");

    engine.stop();
    replayed(&engine).await;
}

/// `explain` says it in words, while the engine runs.
fn explained(engine: &Engine, id: &str) {
    let text = engine.command(&["explain", id]);
    assert!(text.contains("Вероятные причины") && text.contains("БД CRM"), "{text}");
    assert!(text.contains("в сумме +"), "{text}");
    let english = engine.command(&["explain", id, "--language", "en"]);
    assert!(english.contains("Likely causes"), "{english}");
}

/// Folding the log from its first event gives the state that the running engine had, byte for byte; so does
/// folding on from each of the dated snapshots.
pub(crate) async fn replayed(engine: &Engine) {
    let store = Store::open(&engine.folder.join("data/vakhta.sqlite")).await.unwrap();
    let catalogue = Catalogue::default();
    let dated = store.snapshots().await.unwrap();
    let newest = store.snapshot(dated[0]).await.unwrap().unwrap();
    let mut beginnings = vec![(0, State::default())];
    for seq in &dated {
        let saved = store.snapshot(*seq).await.unwrap().unwrap();
        let mut state: State = serde_json::from_slice(&saved.body).unwrap();
        state.revive();
        beginnings.push((*seq, state));
    }
    for (from, mut state) in beginnings {
        let mut archived = Vec::new();
        let mut seq = from;
        loop {
            let records = store.events(seq, 500).await.unwrap();
            if records.is_empty() {
                break;
            }
            for record in records {
                let event = record.event.unwrap();
                archived.extend(state.step(record.at, &event, &catalogue).archived);
                seq = record.seq;
            }
        }
        assert_eq!(seq, newest.seq, "the snapshot at the stop holds the whole log");
        let replayed = serde_json::to_string(&state).unwrap();
        assert!(replayed.as_bytes() == newest.body, "replayed from {from} the state differs");
        for case in archived {
            let kept = store.archived_case(case.summary.id).await.unwrap().unwrap();
            assert_eq!(
                serde_json::to_string(&kept).unwrap(),
                serde_json::to_string(&case).unwrap()
            );
        }
    }
}
