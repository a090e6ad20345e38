//! Tickets alone: users write about billing in mixed words, monitoring says nothing. One mass incident, one
//! ticket of its own, theirs joined to it and nobody else's.

use crate::ground::THIRD;
use crate::harness::{Desk, Site, firing, until};

/// No two say the same.
const BILLING: [&str; 10] = [
    "Нет баланса в АСР | В карточке абонента баланс пустой",
    "АСР: не открывается карточка счёта | Крутится и закрывается",
    "АСР данные старые | Начисления за прошлый месяц",
    "Биллинг не показывает платежи | Абонент оплатил вчера",
    "Ошибка АСР при проведении платежа | Пишет «внутренняя ошибка»",
    "Биллинг очень медленный | Счёт открывается три минуты",
    "Не работает АСР | Не заходит совсем",
    "В АСР не видно начислений | Пустая таблица",
    "АСР не отвечает | Белый экран",
    "Неверный баланс в биллинге | У абонента минус вместо плюса",
];
const UNRELATED: [&str; 3] = [
    "Принтер не печатает | Зажевало бумагу на втором этаже",
    "Мышь не работает | Перестала реагировать на нажатия",
    "Сломался стул на рабочем месте | Отвалилось колесо",
];
/// It names no system.
const VAGUE: &str = "Ничего не работает | Вообще ничего";

#[tokio::test(flavor = "multi_thread")]
async fn tickets_alone_are_one_mass_incident() {
    let ground = THIRD.enter().await;
    let (Some(znuny), Some(am)) = (ground.znuny(), ground.alertmanager()) else { return };
    let desk = Desk::new(&znuny);
    let since = desk.newest();
    let site = Site::new().otrs(&znuny).alertmanager(&am);
    let engine = site.start();
    engine.warm(1).await;
    let mut about_it = Vec::new();
    let mut others = Vec::new();
    for n in 0..25 {
        let text = BILLING[n % BILLING.len()];
        about_it.push(desk.create(text, &format!("agent{n}"), "Incident").await);
        if let Some(text) = UNRELATED.get(n / 6).filter(|_| n % 6 == 0) {
            others.push(desk.create(text, &format!("other{n}"), "Incident").await);
        }
    }
    let vague = desk.create(VAGUE, "other99", "Incident").await;
    until("all of them are joined", 90, async || {
        (desk.joined(since, "MI-000001") == about_it).then_some(())
    })
    .await;
    let cases = engine.get("/api/v1/cases?state=open,acknowledged,resolved,closed").await;
    let cases = cases["items"].as_array().unwrap();
    assert_eq!(cases.len(), 1, "{cases:#?}");
    assert_eq!((&cases[0]["tickets"], &cases[0]["cause"]["system"]), (&25.into(), &"asr".into()));
    assert_eq!(desk.problem_tickets(since, "MI-000001").len(), 1);
    assert_eq!(firing(&am, "MI-000001").await.len(), 1);
    // The last one may still be on its way when the others have been joined.
    until("every ticket is read", 30, async || {
        let read = engine.get("/api/v1/incidents?limit=200").await.to_string();
        read.contains(&format!("ticket:{vague}")).then_some(())
    })
    .await;
    for other in others {
        let why = engine.command(&["explain", &format!("ticket:{other}")]);
        assert!(why.contains("Ни к одной проблеме не отнесено"), "{why}");
    }
    let why = engine.command(&["explain", &format!("ticket:{vague}")]);
    assert!(why.contains("MI-000001"), "it is offered the nearest: {why}");
}
