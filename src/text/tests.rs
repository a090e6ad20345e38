//! The readers together, on tickets as they are written: each line of a table is one ticket.

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::model::Impact::{self, Down, Errors, Slow, Stale};

#[derive(serde::Deserialize)]
struct ShippedSystem {
    key: String,
    words: Vec<String>,
    depends_on: Vec<String>,
}

#[derive(serde::Deserialize)]
struct Shipped {
    systems: Vec<ShippedSystem>,
}

static SHIPPED: LazyLock<Shipped> =
    LazyLock::new(|| serde_saphyr::from_str(include_str!("../topology/shipped.yaml")).unwrap());
static TAGGER: LazyLock<Tagger> = LazyLock::new(|| {
    let systems: Vec<(String, Vec<String>)> =
        SHIPPED.systems.iter().map(|s| (s.key.clone(), s.words.clone())).collect();
    Tagger::new(&systems)
});

/// Subject and body parted by `|`, the surest system, whether it is a request, what is felt.
fn check(ticket: &str, system: &str, request: bool, felt: Option<Impact>) {
    let (title, body) = ticket.split_once('|').unwrap_or(("", ticket));
    let (title, body) = (mask(title).text, strip_boilerplate(&mask(body).text));
    let (title, body) = (Words::new(&title), Words::new(&body));
    let tags = TAGGER.tag_words(&title, &body);
    let signs = Signs::new(&title, &body);
    let surest = tags.first().map_or("", |(key, _)| key.as_str());
    assert_eq!(surest, system, "{ticket}: {tags:?}");
    assert_eq!(signs.request().is_some(), request, "{ticket}: {signs:?}");
    if !request {
        assert_eq!(signs.felt().map(|f| f.impact), felt, "{ticket}: {signs:?}");
    }
}

#[test]
fn failures_name_their_system_and_what_is_felt() {
    for (ticket, system, felt) in [
        ("Поиск|В CRM не открывается поиск, окно пустое", "crm-search", Some(Down)),
        ("црм|поиск ничего не находит по номеру договора", "crm-search", Some(Stale)),
        ("Ищет вечность|Ввожу ЛС 12345678, поиск крутится минуты три", "crm-search", Some(Slow)),
        (
            "Индекс|После ночи в поиске старые данные, индекс не обновляется",
            "crm-search",
            Some(Stale),
        ),
        (
            "Карточка|Карточка клиента не открывается, внутренняя ошибка 500",
            "crm-app",
            Some(Errors),
        ),
        ("CRM тупит|Каждая вкладка открывается очень долго", "crm-app", Some(Slow)),
        ("|црм еле дышит с самого утра, всё висит", "crm-app", Some(Slow)),
        ("Заявки|Заявка не сохраняется, жму кнопку и ошибка", "crm-app", Some(Errors)),
        ("БД|Пишет SQLSTATE 08006, нет соединения с базой", "crm-db", Some(Down)),
        ("База|Нет доступа к базе, ошибка", "crm-db", Some(Down)),
        ("ошибка бд|connection refused при обращении к базе данных", "crm-db", Some(Down)),
        ("deadlock|При смене статуса выдаёт deadlock", "crm-db", Some(Errors)),
        ("Скрипт|Плеер скриптов завис на приветствии", "script-manager", Some(Slow)),
        ("|Скрипт разговора не загружается ни у кого", "script-manager", Some(Down)),
        ("Баланс|Не видно баланс у половины абонентов", "asr", Some(Stale)),
        ("АСР|биллинг отвечает ошибкой 503", "asr", Some(Errors)),
        ("Платёж|Абонент оплатил вчера, платёж не пришёл", "asr", Some(Down)),
        ("Звонки|Входящие звонки не поступают с обеда", "cti", Some(Down)),
        ("|Софтфон молчит, пишет нет регистрации", "cti", Some(Down)),
        ("Звук|Голос собеседника прерывается, эхо", "cti", Some(Errors)),
        ("WFM|Слоты на завтра пустые", "wfm", Some(Stale)),
        ("Наряды|Бригаде с утра не приходят наряды", "wfm", Some(Down)),
        ("Порт|Порт на коммутаторе не назначается", "stp", Some(Down)),
        ("СТП|проверка технической возможности висит", "stp", Some(Slow)),
        ("цбр|в ЦБР пропали линии", "tsbr", Some(Stale)),
        ("Склад|Серийник приставки не находится на складе", "cpe", Some(Stale)),
        ("|списание приставки зависло, жду полчаса", "cpe", Some(Slow)),
        ("ЛК|Клиентов не пускает в личный кабинет", "elk", Some(Down)),
        ("ЕЛК|В кабинете пропали услуги", "elk", Some(Stale)),
        ("СМС|Клиенту не приходит смс с кодом", "sms-gateway", Some(Down)),
        ("МПЗ|Продажи из ЕИССД не передаются дальше", "eissd", Some(Down)),
        ("ЕССДЗ|Заявка на ремонт не создаётся", "essdz", Some(Errors)),
        ("Шина|Вызовы через ЕИП падают с кодом 504", "eip", Some(Errors)),
        ("Обмен|Сообщения копятся в очереди обмена", "eip", Some(Slow)),
        ("Сеть|Весь офис без сети, ничего не открывается", "kspd", Some(Down)),
        ("впн|VPN отваливается раз в час, ошибка 809", "kspd", Some(Errors)),
        ("HelpMe|Хелпми недоступен", "helpme", Some(Down)),
        ("Портал|Файл не прикрепляется к обращению на портале поддержки", "helpme", Some(Errors)),
        ("Вход|SSO не отвечает, не могу зайти в CRM", "sso", Some(Down)),
        ("Бэкап|Резервная копия не создаётся", "vm-backup", Some(Errors)),
        ("Search|Search in CRM is very slow", "crm-search", Some(Slow)),
        ("Billing|customer balance is missing", "asr", Some(Stale)),
        ("Посик|Посиковый сервис не отвечает", "crm-search", Some(Down)),
        ("gjbcr|gjbcr yt hf,jnftn", "crm-search", Some(Down)),
        ("CRM|oshibka pri poiske, poisk ne rabotaet", "crm-search", Some(Down)),
        ("СRM|Поиcк тормозит", "crm-search", Some(Slow)),
        ("|Принтер не печатает", "", Some(Down)),
        ("|Монитор мигает", "", None),
    ] {
        check(ticket, system, false, felt);
    }
}

#[test]
fn requests_are_told_from_failures() {
    let asks = |ticket: &str| {
        let (title, body) = ticket.split_once('|').unwrap_or(("", ticket));
        is_request(title, body).map(|sign| sign.kind)
    };
    use RequestKind::{Access, Change, Information, Service};
    for (ticket, kind) in [
        ("Доступ|Прошу предоставить доступ к отчётам по продажам", Access),
        ("Новая роль|Нужна роль супервизора для стажёра", Access),
        ("|Прошу добавить в группу рассылки", Access),
        ("Пароль|Забыла пароль от почты, прошу сбросить пароль", Service),
        ("Сотрудник|Завести учётную запись, новый сотрудник с понедельника", Service),
        ("Увольнение|Заблокируйте учётную запись", Service),
        ("|Установите, пожалуйста, архиватор", Service),
        ("Клавиатура|Нужна новая клавиатура", Service),
        ("Переезд|Просьба перенести рабочее место в кабинет 12", Service),
        ("Доработка|Хотелось бы добавить фильтр по дате", Change),
        ("Вопрос|Подскажите, как оформить смену тарифа", Information),
        ("Консультация|Как правильно заполнить договор?", Information),
        ("|please reset my password", Service),
        ("|How do I export the list of orders?", Information),
        ("|need access to the sales report", Access),
        ("Mouse|new keyboard needed", Service),
    ] {
        assert_eq!(asks(ticket), Some(kind), "{ticket}");
    }
    for ticket in [
        "Доступ|Нет доступа к базе, ошибка",
        "|Пропал доступ в CRM у всей смены",
        "|Подскажите, почему не открывается карточка?",
        "Пароль|Пароль верный, но войти не могу, сброс пароля не помог",
        "Установка|После обновления ничего не работает",
        "|Прошу разобраться, не сохраняется заказ",
        "|Access denied error after login",
        "Помогите|Не печатает принтер",
        "|",
    ] {
        assert_eq!(asks(ticket), None, "{ticket}");
    }
}

#[test]
fn negated_signs_are_none() {
    for (text, expected) in [
        ("Больше не тормозит", None),
        ("Без ошибок, но долго", Some(Slow)),
        ("Ошибок нет, просто висит", Some(Slow)),
        ("Перестало тормозить", None),
        ("Клиент вернул долг", None),
        ("Всё не работает", Some(Down)),
        ("no errors, just very slow", Some(Slow)),
        ("Список не пустой", None),
    ] {
        assert_eq!(impact(text), expected, "{text}");
    }
}

#[test]
fn boilerplate_goes_and_the_matter_stays() {
    for (text, expected) in [
        ("Добрый день! Висит поиск. Заранее спасибо!", "Висит поиск."),
        ("Коллеги, добрый день. црм лежит", "црм лежит"),
        ("Здравствуйте, не вижу баланс. Скриншот во вложении. Срочно!", "не вижу баланс."),
        ("Не грузится WFM.\n-- \nОтдел продаж", "Не грузится WFM."),
        ("Да, до сих пор\n> старое письмо\nОт: служба\nТема: поиск", "Да, до сих пор"),
        ("Лежит шина\nС уважением, ‹ФИО›.", "Лежит шина"),
        ("Hello team, search is down. Best regards, ‹ФИО›", "search is down."),
        ("Утренняя смена не может войти", "Утренняя смена не может войти"),
        ("День назад пропал тариф", "День назад пропал тариф"),
    ] {
        assert_eq!(strip_boilerplate(text), expected);
    }
}

#[test]
fn stems_are_the_same_for_every_way_to_write_a_word() {
    let check = |a: &str, b: &str| assert_eq!(stems(a), stems(b), "{a} / {b}");
    check("Карточка клиента НЕ открывается", "карточки клиентов не открываются");
    check("Ещё счёт пропал", "еще счет пропал");
    check("привет, ошибка", "ghbdtn, jib,rf");
    check("тормозит поиск", "tormozit poisk");
    check("СRM", "crm");
    check("очень ну просто завис", "завис");
    assert_eq!(stems("ошибка 500 в 14:35 у 17 человек"), ["500", "ошибк", "человек"]);
    assert_eq!(stems("‹логин› ‹ЛС›"), Vec::<String>::new());
}

#[test]
fn branches_are_found_by_name_and_by_city() {
    for (text, expected) in [
        ("МРФ Центр, не работает поиск", Some("Центр")),
        ("мрф волга", Some("Волга")),
        ("у всего СЗ висит црм", Some("Северо-Запад")),
        ("ДВ без связи", Some("Дальний Восток")),
        ("МРФ Дальний Восток", Some("Дальний Восток")),
        ("МРФ Сибрь", Some("Сибирь")),
        ("офис в Самаре", Some("Волга")),
        ("колл-центр в Улан-Удэ", Some("Дальний Восток")),
        ("Йошкар-Ола без звонков", Some("Волга")),
        ("МРФ Юг, Чита", Some("Юг")),
        ("колл-центр не отвечает", None),
        ("оператор Владимир", Some("Центр")),
        ("клиент владимир", None),
        ("орел и решка", None),
    ] {
        assert_eq!(mrf(text), expected, "{text}");
    }
    assert_eq!(city("из Екатеринбурга пишут"), Some("Екатеринбург"));
}

#[test]
fn shipped_words_are_sound() {
    let keys: Vec<&str> = SHIPPED.systems.iter().map(|s| s.key.as_str()).collect();
    for system in &SHIPPED.systems {
        for needed in &system.depends_on {
            assert!(keys.contains(&needed.as_str()), "{} needs unknown {needed}", system.key);
        }
        for word in &system.words {
            // A word that says nothing would tag every ticket.
            assert!(!stems(word.trim_end_matches(['?', '!'])).is_empty(), "{}: {word}", system.key);
        }
    }
}

#[test]
fn topology_words_of_one_system_tag_it() {
    for system in &SHIPPED.systems {
        for word in system.words.iter().filter(|w| w.ends_with('!')) {
            let tags = TAGGER.tag(word);
            assert_eq!(tags.first().map(|t| t.0.as_str()), Some(system.key.as_str()), "{word}");
        }
    }
}

proptest! {
    #[test]
    fn shares_never_exceed_one(picks in prop::collection::vec(any::<prop::sample::Index>(), 0..30)) {
        let all: Vec<&str> =
            SHIPPED.systems.iter().flat_map(|s| s.words.iter().map(String::as_str)).collect();
        let text: Vec<&str> = picks.iter().map(|pick| *pick.get(&all)).collect();
        let tags = TAGGER.tag(&text.join(" "));
        let sum: f64 = tags.iter().map(|(_, share)| share).sum();
        prop_assert!(sum <= 1.0);
        prop_assert!(tags.windows(2).all(|pair| pair[0].1 >= pair[1].1));
    }

    #[test]
    fn no_text_breaks_a_reader(text in "\\PC{0,120}") {
        let masked = mask(&text).text;
        let found = stems(&masked);
        prop_assert!(found.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(found.len() <= 200 && found.iter().all(|s| s.chars().count() <= 40));
        let (stripped, tags) = (strip_boilerplate(&masked), TAGGER.tag(&masked));
        prop_assert!(stripped.len() <= masked.len());
        prop_assert!(tags.iter().all(|(_, share)| (0.0..=1.0).contains(share)));
        if let Some(sign) = is_request("", &masked) {
            prop_assert!((0.5..=1.0).contains(&sign.confidence));
        }
        prop_assert_eq!(impact(&masked), impact(&masked));
    }
}
