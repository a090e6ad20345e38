//! Masking, sentence by sentence, and its laws.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(mask(text).text, expected);
}

#[test]
fn masks_personal_data_of_every_kind() {
    check("Мой логин: s.kravtsova14, не пускает", "Мой логин: ‹логин›, не пускает");
    check("учетка DOM\\petrov заблокирована", "учетка ‹логин› заблокирована");
    check("мой логин o.lapina16с пасибо", "мой логин ‹логин› пасибо");
    check("с уважением, мирненк К.В.", "с уважением, ‹ФИО›");
    check("Логинa .belova7 забыт", "Логинa .‹логин› забыт");
    check("Клиент Сомов Пётр Ильич недоволен", "Клиент ‹ФИО› недоволен");
    check("абонентка Ольга Викторовна Сомова ждёт", "абонентка ‹ФИО› ждёт");
    check("обратилась Зимина К.В. по счёту", "обратилась ‹ФИО› по счёту");
    check("обратилась зимина к.в. по счёту", "обратилась ‹ФИО› по счёту");
    check("списков, адресов и т.д. нет", "списков, адресов и т.д. нет");
    check("К.В. Зимина просит", "‹ФИО› просит");
    check("Не грузится\nС уважением,\nМарк Лапин", "Не грузится\nС уважением,\n‹ФИО›");
    check("Best regards, Jane Doe", "Best regards, ‹ФИО›");
    check("тел. +7 (921) 111-22-33", "тел. ‹телефон›");
    check("звонить 8 921 111 22 33 после 18:00", "звонить ‹телефон› после 18:00");
    check("8-921-111-22-33 или 89211112233", "‹телефон› или ‹телефон›");
    check("моб 9211112233, вн. 4455", "моб ‹телефон›, вн. ‹телефон›");
    check("лс 300400500600 пусто", "лс ‹ЛС› пусто");
    check("По л/с клиента 300 400 500 600 пусто", "По л/с клиента ‹ЛС› пусто");
    check("лицевой счёт №55443322", "лицевой счёт №‹ЛС›");
    check("Заявка № 7-100200300 зависла", "Заявка № ‹заказ› зависла");
    check("пишите на zimina.k@mail.example.ru!", "пишите на ‹email›!");
    check("паспорт 4509 123123 выдан", "паспорт ‹паспорт› выдан");
    check("ПК PSK-WS1007, адрес 10.20.30.40", "ПК ‹хост›, адрес ‹ip›");
    check("см. https://crm.example.ru/card?id=7.", "см. ‹ссылка›.");
    check("mac aa:bb:cc:00:11:22", "mac ‹ip›");
    check("ул. Новая, д. 5, кв. 17 не находится", "‹адрес› не находится");
    check("серийный AB1234567X", "серийный ‹номер›");
    check("оператору Лапину нужен пароль", "оператору ‹ФИО› нужен пароль");
}

#[test]
fn keeps_codes_dates_and_plain_words() {
    for text in [
        "ошибка 500 при входе",
        "SQLSTATE 57014 при выгрузке",
        "ORA-12170 при запросе",
        "началось в 14:35, 07.09.2026",
        "с 2026-09-07 по 2-3 минуты",
        "из 50 звонков 7 потеряли",
        "Логин не проходит",
        "login page does not open",
        "в CRM не открывается поиск",
        "версия 1.2.3 и windows10",
        "офис в Ростове без связи",
        "МРФ Северо-Запад, Псков",
        "не основная причина",
    ] {
        check(text, text);
    }
}

#[test]
fn entities_never_carry_personal_values() {
    let text = "Зимина К.В., логин k.zimina3, лс 300400500600, ПК PSK-WS1007, ошибка 502, Псков";
    let without_key = mask(text);
    let personal = |e: &&Entity| e.kind.is_personal();
    assert_eq!(without_key.entities.iter().filter(personal).count(), 3);
    assert!(without_key.entities.iter().filter(personal).all(|e| e.value.is_empty()));
    let value = |kind| without_key.entities.iter().find(|e| e.kind == kind).unwrap().value.clone();
    assert_eq!(value(EntityKind::Host), "psk-ws1007");
    assert_eq!(value(EntityKind::Code), "502");
    assert_eq!(value(EntityKind::City), "Псков");
    assert_eq!(value(EntityKind::Mrf), "Северо-Запад");

    let keyed = mask_keyed(text, b"one key");
    let again = mask_keyed("ЛС №300400500600", b"one key");
    let other = mask_keyed("ЛС №300400500600", b"another key");
    let account = |m: &Masked| {
        m.entities.iter().find(|e| e.kind == EntityKind::Account).unwrap().value.clone()
    };
    assert_eq!(account(&keyed), account(&again));
    assert_ne!(account(&again), account(&other));
    assert_eq!(account(&keyed).len(), 16);
}

#[test]
fn hash_is_the_hmac_of_the_rfc() {
    // RFC 4231, test cases 2 and 6.
    let hex = |bytes: Vec<u8>| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    assert_eq!(
        hex(hmac(b"Jefe", &[b"what do ya want ", b"for nothing?"])),
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    );
    assert_eq!(
        hex(hmac(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"])),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
    );
    assert_ne!(keyed_hash(b"key", "ЛС", "1"), keyed_hash(b"key", "логин", "1"));
}

#[test]
fn hostile_texts_are_masked_in_time() {
    // Each repeats what a rule reads ahead over; without bounds this would take minutes.
    for piece in ["1.", "a:", "a.", "логин ", "8 ", "1-", "с уважением И", "ул. ", "a-", "‹"]
    {
        let text = piece.repeat(20_000);
        let once = mask(&text).text;
        assert!(once.len() <= 4 * LONGEST_TEXT, "{piece}");
        assert!(!long_run(&once), "{piece}");
    }
}

fn long_run(text: &str) -> bool {
    text.split(|c: char| !c.is_numeric()).any(|run| run.chars().count() >= 7)
}

/// Texts made of what masking looks at, in any order.
fn ticket_like() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(vec![
        "логин",
        "лс",
        "л/с",
        "тел.",
        "с уважением,",
        "Иванов",
        "И",
        ".",
        ",",
        " ",
        " ",
        " ",
        "-",
        "8",
        "921",
        "1112233",
        "4509",
        "a.petrov",
        "@",
        "mail.ru",
        "ab12",
        "‹",
        "›",
        "‹логин›",
        "\n",
        "+7",
        "(",
        ")",
        ":",
        "№",
        "заявка",
        "Ольга",
        "Петровна",
        "0x8007",
        "ошибка",
        "500",
        "ul",
        "ул.",
        "Новая",
        "д",
        "5",
        "WS",
        "\\",
        "_",
        "/",
        "٣٤٥٦٧٨٩",
        "клиент",
        "т",
        "д",
    ]);
    prop::collection::vec(pieces, 0..24).prop_map(|p| p.concat())
}

proptest! {
    #[test]
    fn masking_twice_changes_nothing(text in ticket_like()) {
        let once = mask(&text).text;
        prop_assert_eq!(&mask(&once).text, &once);
        prop_assert!(!long_run(&once));
    }

    #[test]
    fn any_text_is_masked_once_and_for_all(text in "\\PC{0,80}") {
        let once = mask(&text).text;
        prop_assert_eq!(&mask(&once).text, &once);
        prop_assert!(!long_run(&once));
    }

    #[test]
    fn phones_and_accounts_never_survive(
        area in 300_u32..999, number in 0_u32..9_999_999, account in 1_000_000_u64..u64::MAX,
    ) {
        let text = format!("клиент +7 ({area}) {number:07}, ещё 8{area}{number:07}, лс{account}");
        let masked = mask(&text).text;
        prop_assert!(!long_run(&masked), "{}", masked);
        let digits = format!("{number:07}");
        prop_assert!(!masked.contains(&digits));
    }
}
