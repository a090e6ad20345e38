//! Words typed in the wrong keyboard layout («ghbdtn») or in Latin letters («oshibka»): read as
//! Russian when, and only when, that gives a word which tickets often use. English text and names
//! of systems therefore stay as they are.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::stem::stem;

/// Words common in tickets: what a slip has to become to be believed.
const COMMON: &str = "\
привет здравствуйте добрый день утро коллеги прошу просьба помогите пожалуйста спасибо срочно \
ошибка ошибки работает работают открывается открывает открыть грузится загружается загрузка зайти \
войти вход пароль логин доступ система сервис сервер база поиск ищет находит найти клиент клиента \
карточка абонент заявка заявки заказ наряд обращение баланс биллинг платеж оплата счет телефон \
звонок звонки телефония гарнитура кабинет личный скрипт сценарий портал сеть интернет тормозит \
медленно долго висит зависает зависла крутится страница отчет выгрузка статус обновляется данные \
пустой пустая показывает отображается видно пропал пропала пропали появляется сохраняется \
сохранить создать создается отправляется приходит адрес порт оборудование склад роутер приставка \
монтажник график смена договор тариф услуга услуги кнопка нажимаю выдает пишет вылетает сбой \
недоступен недоступна отвечает подключение соединение время минут минуты часа вчера сегодня \
ничего нужен нужна предоставить установить сбросить подскажите принтер компьютер программа очередь \
сообщение интеграция проблема вопрос невозможно могу можем может \
запись записи больше отдел отдела место мест услуг правка печать дверь почта";

static COMMON_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| COMMON.split_whitespace().map(stem).collect());

const LATIN_KEYS: &str = "qwertyuiop[]asdfghjkl;'zxcvbnm,.`";
const RUSSIAN_KEYS: &str = "йцукенгшщзхъфывапролджэячсмитьбюе";

/// Latin spellings of Russian sounds, longest first.
const SOUNDS: [(&str, &str); 40] = [
    ("shch", "щ"),
    ("sch", "щ"),
    ("yo", "е"),
    ("jo", "е"),
    ("zh", "ж"),
    ("kh", "х"),
    ("ts", "ц"),
    ("ch", "ч"),
    ("sh", "ш"),
    ("yu", "ю"),
    ("ju", "ю"),
    ("ya", "я"),
    ("ja", "я"),
    ("iy", "ий"),
    ("yj", "ый"),
    ("a", "а"),
    ("b", "б"),
    ("v", "в"),
    ("w", "в"),
    ("g", "г"),
    ("d", "д"),
    ("e", "е"),
    ("z", "з"),
    ("i", "и"),
    ("j", "й"),
    ("k", "к"),
    ("l", "л"),
    ("m", "м"),
    ("n", "н"),
    ("o", "о"),
    ("p", "п"),
    ("r", "р"),
    ("s", "с"),
    ("t", "т"),
    ("u", "у"),
    ("f", "ф"),
    ("h", "х"),
    ("c", "ц"),
    ("y", "ы"),
    ("q", "к"),
];

/// Whether a stem is a common word of tickets, and so no typo of another.
pub(crate) fn is_common(stem: &str) -> bool {
    COMMON_STEMS.contains(stem)
}

/// Puts slips right; borrows the text if there are none.
pub(crate) fn restore(text: &str) -> Cow<'_, str> {
    if !text.bytes().any(|b| b.is_ascii_alphabetic()) {
        return Cow::Borrowed(text);
    }
    let pieces: Vec<(&str, Option<String>)> =
        text.split_inclusive(char::is_whitespace).map(|piece| (piece, repair(piece))).collect();
    if pieces.iter().all(|(_, repaired)| repaired.is_none()) {
        return Cow::Borrowed(text);
    }
    let short = "yt"; // «не»: too short to be believed alone, but not beside a repaired word
    let beside = |at: usize| pieces.get(at + 1).is_some_and(|(_, repaired)| repaired.is_some());
    let mut restored = String::with_capacity(text.len() * 2);
    for (at, (piece, repaired)) in pieces.iter().enumerate() {
        let word = piece.trim_end();
        match repaired {
            Some(word) => restored.push_str(word),
            None if (word == short || word == "ne") && beside(at) => restored.push_str("не "),
            None => restored.push_str(piece),
        }
    }
    Cow::Owned(restored)
}

fn repair(piece: &str) -> Option<String> {
    // Marks that no Russian key gives in this layout may stand around the word.
    let around = |c: char| c.is_whitespace() || "!?:()\"«»".contains(c);
    let head_and_word = piece.trim_end_matches(around);
    let tail = piece.get(head_and_word.len()..).unwrap_or_default();
    let word = head_and_word.trim_start_matches(around);
    let head = head_and_word.get(..head_and_word.len() - word.len()).unwrap_or_default();
    let typed = |c: char| c.is_ascii_alphabetic() || ",.;'[]`".contains(c);
    if !(4..=24).contains(&word.len()) || !word.chars().all(typed) {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    let bare = lower.trim_end_matches([',', '.', ';']);
    let believed = |russian: &str| COMMON_STEMS.contains(&stem(russian));
    let candidates = [by_keys(&lower), by_keys(bare), by_sound(bare)];
    let repaired = candidates.into_iter().flatten().find(|candidate| believed(candidate))?;
    Some([head, repaired.as_str(), tail].concat())
}

fn by_keys(word: &str) -> Option<String> {
    let key = |c: char| LATIN_KEYS.chars().position(|k| k == c);
    word.chars().map(|c| key(c).and_then(|at| RUSSIAN_KEYS.chars().nth(at))).collect()
}

fn by_sound(word: &str) -> Option<String> {
    let mut rest = word;
    let mut russian = String::with_capacity(word.len() * 2);
    while !rest.is_empty() {
        let (latin, sound) = SOUNDS.iter().find(|(latin, _)| rest.starts_with(latin))?;
        russian.push_str(sound);
        rest = rest.strip_prefix(latin)?;
    }
    Some(russian)
}
