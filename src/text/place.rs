//! Places: the eight macro-regional branches (МРФ) and the cities that tell which one is meant.
//! A named branch beats a city; a word that is also something else needs a capital letter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use super::phrases::one_slip;
use super::stem::stem;
use super::tokens::{Token, TokenKind, fold, tokens};

/// The branches, as people write them.
pub const BRANCHES: [&str; 8] =
    ["Москва", "Северо-Запад", "Центр", "Юг", "Волга", "Урал", "Сибирь", "Дальний Восток"];

/// Cities by branch, in the order of [`BRANCHES`].
const CITIES: [&str; 8] = [
    "Москва Зеленоград Подольск Химки Мытищи Балашиха Люберцы Королёв",
    "Санкт-Петербург Петербург Питер Псков Мурманск Архангельск Вологда Череповец Калининград \
     Петрозаводск Сыктывкар Новгород Выборг",
    "Тверь Рязань Орёл Тула Калуга Воронеж Белгород Курск Липецк Тамбов Смоленск Брянск Иваново \
     Кострома Ярославль Владимир Обнинск Рыбинск",
    "Краснодар Ростов Волгоград Астрахань Ставрополь Сочи Новороссийск Махачкала Владикавказ \
     Нальчик Таганрог Армавир Майкоп Элиста Пятигорск Севастополь Симферополь",
    "Казань Самара Саратов Пенза Ульяновск Ижевск Чебоксары Саранск Оренбург Тольятти Киров \
     Йошкар-Ола Дзержинск Сызрань Энгельс",
    "Екатеринбург Челябинск Пермь Тюмень Уфа Курган Сургут Магнитогорск Нижневартовск Ханты \
     Тобольск Стерлитамак",
    "Новосибирск Омск Томск Красноярск Иркутск Кемерово Барнаул Новокузнецк Абакан Братск Бийск \
     Норильск Кызыл Ангарск",
    "Хабаровск Владивосток Чита Якутск Благовещенск Магадан Находка Уссурийск Комсомольск \
     Биробиджан Сахалинск Камчатский Улан-Удэ",
];

/// City names that are also a person's name or a common word.
const AMBIGUOUS: [&str; 6] = ["владимир", "орел", "киров", "иваново", "находка", "королев"];

/// By stem: the branch and the city's own name.
static BY_STEM: LazyLock<BTreeMap<String, (&'static str, &'static str)>> = LazyLock::new(|| {
    let mut by_stem = BTreeMap::new();
    for (branch, cities) in BRANCHES.iter().zip(CITIES) {
        for city in cities.split_whitespace() {
            let key: String = fold(city).split('-').map(stem).collect::<Vec<_>>().join("-");
            by_stem.insert(key, (*branch, city));
        }
    }
    by_stem
});

/// How city names begin: spares stemming the words that cannot be one.
static STARTS: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    let cities = CITIES.iter().flat_map(|cities| cities.split_whitespace());
    cities.map(|city| start(&fold(city)).to_owned()).collect()
});

/// The first three letters of a word, or all of a shorter one.
fn start(word: &str) -> &str {
    let end = word.char_indices().nth(3).map_or(word.len(), |(at, _)| at);
    word.get(..end).unwrap_or_default()
}

/// Both places a text names: its branch and its city.
pub(crate) fn places(text: &str) -> (Option<&'static str>, Option<&'static str>) {
    let all = tokens(text);
    let words: Vec<Token<'_>> = all.iter().copied().filter(|t| t.kind == TokenKind::Word).collect();
    let city = find_city(&all);
    let branch = after_mrf(&words).or_else(|| by_name(&words)).or(city.map(|(branch, _)| branch));
    (branch, city.map(|(_, city)| city))
}

/// The macro-regional branch a text names, by its own name, its short name or a city.
#[must_use]
pub fn mrf(text: &str) -> Option<&'static str> {
    places(text).0
}

/// The city a text names.
#[must_use]
pub fn city(text: &str) -> Option<&'static str> {
    places(text).1
}

/// Whether a folded word is a city or a branch.
pub(crate) fn is_place(word: &str) -> bool {
    branch_word(word, "").is_some()
        || STARTS.contains(start(word)) && BY_STEM.contains_key(&stem(word))
}

fn after_mrf(words: &[Token<'_>]) -> Option<&'static str> {
    words.iter().enumerate().find_map(|(at, token)| {
        let named = matches!(fold(token.text).as_str(), "мрф" | "мф" | "мфр" | "mrf" | "филиал");
        let first = words.get(at + 1).filter(|_| named).map(|t| fold(t.text))?;
        let second = words.get(at + 2).map(|t| fold(t.text)).unwrap_or_default();
        match first.as_str() {
            "юг" | "юга" | "юге" => Some("Юг"),
            "сз" => Some("Северо-Запад"),
            "дв" => Some("Дальний Восток"),
            word if word.starts_with("цент") => Some("Центр"),
            word if word.starts_with("моск") => Some("Москва"),
            word => branch_word(word, &second).or_else(|| misspelt_branch(word)),
        }
    })
}

/// A branch's first word with one letter wrong: believed after «МРФ» only.
fn misspelt_branch(word: &str) -> Option<&'static str> {
    let first_words = ["москва", "северо", "центр", "", "волга", "урал", "сибирь", "дальний"];
    let letters: Vec<char> = word.chars().collect();
    let near = |known: &str| {
        let known: Vec<char> = known.chars().collect();
        known.len() >= 4 && letters.len() >= 4 && one_slip(&known, &letters)
    };
    let at = first_words.iter().position(|known| near(known))?;
    BRANCHES.get(at).copied()
}

/// Branch names that need no «МРФ» before them.
fn branch_word(word: &str, next: &str) -> Option<&'static str> {
    let starts = |word: &str, start: &str| word.starts_with(start);
    match word {
        "волга" | "волге" | "волги" | "поволжье" => Some("Волга"),
        "урал" | "урале" | "урала" | "уралу" => Some("Урал"),
        "сибирь" | "сибири" => Some("Сибирь"),
        "северозапад" | "северо-запад" => Some("Северо-Запад"),
        _ if starts(word, "северо") && starts(next, "запад") => Some("Северо-Запад"),
        _ if starts(word, "дальн") && starts(next, "восток") => Some("Дальний Восток"),
        _ => None,
    }
}

fn by_name(words: &[Token<'_>]) -> Option<&'static str> {
    words.iter().enumerate().find_map(|(at, token)| {
        match token.text {
            "СЗ" => return Some("Северо-Запад"),
            "ДВ" => return Some("Дальний Восток"),
            _ => {}
        }
        let next = words.get(at + 1).map(|t| fold(t.text)).unwrap_or_default();
        branch_word(&fold(token.text), &next)
    })
}

fn find_city(all: &[Token<'_>]) -> Option<(&'static str, &'static str)> {
    all.iter().enumerate().filter(|(_, t)| t.kind == TokenKind::Word).find_map(|(at, token)| {
        let word = fold(token.text);
        let capital = token.text.starts_with(char::is_uppercase);
        if !STARTS.contains(start(&word)) || AMBIGUOUS.contains(&word.as_str()) && !capital {
            return None;
        }
        let hyphen = all.get(at + 1).is_some_and(|t| t.text == "-");
        let pair = all.get(at + 2).filter(|_| hyphen).map(|t| fold(t.text));
        let pair =
            pair.and_then(|second| BY_STEM.get(&format!("{}-{}", stem(&word), stem(&second))));
        pair.or_else(|| BY_STEM.get(&stem(&word))).copied()
    })
}
