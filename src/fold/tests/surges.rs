//! Mass incidents: from tickets alone.

use super::world::*;
use crate::fold::Event;
use crate::model::{CalendarEntry, Impact, Role, Severity, Time};

/// What people write when billing fails: no two say the same.
const BILLING: [&str; 10] = [
    "Нет баланса в АСР | в карточке абонента баланс пустой",
    "АСР: не открывается карточка счёта | крутится и закрывается",
    "АСР данные старые | начисления за прошлый месяц",
    "Биллинг не показывает платежи | абонент оплатил вчера",
    "Ошибка АСР при проведении платежа | пишет «внутренняя ошибка»",
    "Биллинг очень медленный | счёт открывается три минуты",
    "Не работает АСР | не заходит совсем",
    "В АСР не видно начислений | пустая таблица",
    "АСР не отвечает | белый экран",
    "Неверный баланс в биллинге | у абонента минус вместо плюса",
];

/// Must show 4, tried 4: twenty-five tickets in mixed words within nine minutes are one mass incident.
#[test]
fn mixed_words_about_one_system_are_one_mass_incident() {
    let mut core = Core::new();
    let others = [
        "Принтер не печатает | зажевало бумагу",
        "Мышь не работает | не реагирует",
        "Сломался стул | отвалилось колесо",
        "Не приходит СМС с кодом | ждём десять минут",
    ];
    for n in 0..25_u32 {
        let at = i64::from(n) * 9 * MINUTE / 25;
        let text = BILLING[usize::try_from(n).unwrap() % BILLING.len()];
        core.written(at, u64::from(n), text);
        if n % 6 == 0 {
            let other = others[usize::try_from(n / 6).unwrap() % others.len()];
            core.written(at, 100 + u64::from(n), other);
        }
    }
    core.written(9 * MINUTE + SECOND, 200, "Ничего не работает | вообще ничего");
    let why = core.state.correlate().why_unassigned("ticket:200").cloned();
    let nearest = why.and_then(|why| why.nearest).map(|near| near.case.to_string());
    assert_eq!(nearest.as_deref(), Some("MI-000001"), "who names no system is offered the nearest");
    core.pass(10 * MINUTE);
    assert_eq!(core.live(), ["MI-000001"]);
    let case = core.case("MI-000001");
    assert_eq!(case.tickets, 25, "all of them, and nothing else");
    assert_eq!(case.systems.first().map(String::as_str), Some("asr"));
    assert_eq!(opened(&core.effects), 1);
    assert!(alerts(&core.effects).iter().all(|(fires, _)| *fires));
}

#[test]
fn alike_tickets_are_a_mass_incident_and_few_are_none() {
    let mut core = Core::new();
    for n in 0..12_u32 {
        let text = "Не открывается WFM | не могу зайти в WFM, сервис недоступен";
        core.written(i64::from(n) * MINUTE, u64::from(n), text);
        let expected = usize::from(n >= 5);
        if !(3..=8).contains(&n) {
            assert_eq!(core.live().len(), expected, "after {n} tickets");
        }
    }
    assert_eq!(core.case("MI-000001").cause.unwrap().0, "wfm");
}

/// Must show 4: things that have nothing to do with each other are no mass incident, however often they come.
#[test]
fn tickets_about_nothing_in_common_are_no_mass_incident() {
    let texts = [
        "Принтер не печатает | Зажевало бумагу на втором этаже",
        "Мышь не работает | Перестала реагировать на нажатия",
        "Роутер не списывается со склада | Серийный номер не находит",
        "Монитор мигает | Второй день подряд",
        "Гарнитура хрипит | Клиент меня не слышит",
        "Сломался стул на рабочем месте | Отвалилось колесо",
        "Приставка не проходит по складу CPE | Пишет, что оборудование не числится",
        "Клавиатура залипает | Не нажимается пробел",
    ];
    let mut core = Core::new();
    for n in 0..32_u64 {
        let text = texts[usize::try_from(n).unwrap() % texts.len()];
        core.written(i64::try_from(n).unwrap() * 12 * SECOND, n, text);
    }
    assert_eq!(core.live(), Vec::<String>::new());
}

/// A5: a help desk as it is every day is no mass incident, neither in the first hours nor later.
#[test]
fn a_usual_day_is_no_mass_incident() {
    let mut core = Core::new();
    let texts = [
        "CRM ошибка при сохранении | не сохраняется заявка",
        "Тормозит CRM | долго открывается",
        "CRM: не вижу клиента | поиск не находит",
        "Ошибка в CRM | вылетает при переводе",
    ];
    // Thirty-one an hour, two hours of them read at once at the start.
    let step = HOUR / 31;
    for n in 0..62_i64 {
        let text = texts[usize::try_from(n).unwrap() % texts.len()];
        let written = ticket(u64::try_from(n).unwrap(), text, n * step);
        core.ticket(2 * HOUR + n * 10, written);
    }
    for n in 62..31 * 8_i64 {
        let text = texts[usize::try_from(n).unwrap() % texts.len()];
        core.written((2 * HOUR + 1000).max(n * step), u64::try_from(n).unwrap(), text);
    }
    assert_eq!(core.live(), Vec::<String>::new());
}

/// A5d: a backlog read after an outage declares nothing that was over long ago; one user is one user.
#[test]
fn a_backlog_read_at_once_is_no_mass() {
    let text = "Не открывается WFM | не могу зайти в WFM, сервис недоступен";
    let mut core = Core::new();
    for n in 0..30_u32 {
        let written = ticket(u64::from(n), text, i64::from(n) * 10 * SECOND);
        core.ticket(12 * HOUR + i64::from(n) * SECOND, written);
    }
    assert!(core.live().is_empty());
    let mut core = Core::new();
    for n in 0..20_u32 {
        let mut written = ticket(u64::from(n), text, i64::from(n) * SECOND);
        written.user = "u1".into();
        core.ticket(i64::from(n) * SECOND, written);
    }
    assert!(core.live().is_empty(), "one user's twenty tickets are one user");
}

/// A5c: an Info finding does not make the test at the wrong system.
#[test]
fn a_note_next_door_declares_nothing() {
    let mut core = Core::new();
    for n in 0..8_u32 {
        core.written(i64::from(n) * 15 * MINUTE, u64::from(n), "CRM ошибка | не сохраняется");
    }
    let restarted = finding("crm-db", "pg-restarted", Role::Cause, Impact::Errors);
    core.raise(2 * HOUR, with_severity(restarted, Severity::Info));
    core.pass(2 * HOUR + MINUTE);
    assert!(core.live().is_empty());
}

/// A hundred «ничего не работает» meet, though they name no system.
#[test]
fn alike_tickets_that_name_nothing_meet() {
    let mut core = Core::new();
    for n in 0..20_u32 {
        core.written(
            i64::from(n) * 10 * SECOND,
            u64::from(n),
            "Ничего не работает | вообще ничего",
        );
    }
    assert_eq!(core.live(), ["MI-000001"]);
    assert!(core.case("MI-000001").tickets >= 18);
}

#[test]
fn the_calendar_expects_more() {
    let mut core = Core::new();
    let entry = CalendarEntry {
        id: "month-end".into(),
        title: "закрытие месяца".into(),
        from: Time(START),
        until: Time(START + DAY),
        factor: 20.0,
    };
    core.event(0, Event::Calendar(Box::new(entry)));
    for n in 0..15_u32 {
        core.written(
            i64::from(n) * 20 * SECOND,
            u64::from(n),
            BILLING[usize::try_from(n % 10).unwrap()],
        );
    }
    assert!(core.live().is_empty(), "the last day of the month is like that");
}

/// A mass incident beside a Problem: one fault, one line, one ticket; each with a life of its own.
#[test]
fn a_mass_incident_lives_beside_its_problem() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    for n in 0..20_u32 {
        let text = SLOW[usize::try_from(n).unwrap() % SLOW.len()];
        core.written(MINUTE + i64::from(n) * 5 * SECOND, u64::from(n), text);
    }
    core.pass(5 * MINUTE);
    assert_eq!(core.live(), ["MI-000001", "PRB-000001"]);
    assert_eq!(opened(&core.effects), 1, "the Problem speaks for both");
    assert_eq!(joins(&core.effects).len(), 20);
    assert!(!core.case("MI-000001").links.is_empty());
}
