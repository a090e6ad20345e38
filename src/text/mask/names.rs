//! Rules for people's names and addresses in Russian, and for signatures in both languages. A name
//! is known by what stands beside it: initials, a patronymic, a given name, «с уважением», «клиент».

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::EntityKind;
use super::view::{Context, Step, View};
use crate::text::place;
use crate::text::tokens::{TokenKind, fold, is_cyrillic};

/// Given names; their inflected forms are met by [`name_stem`].
const GIVEN: &str = "\
александр алексей анатолий андрей антон аркадий арсений артем артур борис вадим валентин валерий \
василий виктор виталий владимир владислав вячеслав геннадий георгий герман глеб григорий даниил \
данила денис дмитрий евгений егор иван игорь илья кирилл константин лев леонид максим марат \
матвей михаил никита николай олег павел петр ринат роман руслан савелий семен сергей станислав \
степан тимофей тимур федор филипп эдуард юрий яков ярослав айрат ильдар рустам азат эльдар \
александра алена алина алла анастасия ангелина анжела анна антонина валентина валерия варвара \
василиса вера вероника виктория галина дарья диана евгения екатерина елена елизавета жанна \
зинаида зоя инна ирина карина кристина ксения лариса лидия любовь людмила маргарита марина мария \
надежда наталья наталия нина оксана олеся ольга полина раиса светлана софья софия тамара татьяна \
ульяна эльвира юлия яна айгуль гульнара дина лилия саша маша наташа лена оля катя настя \
john james mary michael david anna peter paul robert thomas daniel mark alex kate helen george";

/// Given names that are also common words: only with a capital letter.
const AMBIGUOUS: [&str; 8] = ["вера", "любовь", "надежда", "роман", "лев", "дина", "mark", "софия"];

/// How surnames end, nominative and inflected.
const SURNAME_ENDS: [&str; 46] = [
    "ов",
    "ова",
    "ову",
    "овой",
    "овым",
    "овых",
    "ев",
    "ева",
    "еву",
    "евой",
    "евым",
    "евых",
    "ин",
    "ина",
    "ину",
    "иной",
    "иным",
    "ын",
    "ына",
    "ыной",
    "ский",
    "ская",
    "ского",
    "скому",
    "ской",
    "скую",
    "ским",
    "цкий",
    "цкая",
    "цкого",
    "цкому",
    "цкой",
    "енко",
    "ук",
    "юк",
    "чук",
    "ян",
    "янц",
    "дзе",
    "швили",
    "ых",
    "их",
    "улин",
    "иев",
    "аев",
    "ко",
];

/// Lower-case letter pairs that are abbreviations, not initials.
const ABBREVIATIONS: [&str; 12] =
    ["тд", "тп", "те", "тк", "ио", "нэ", "уе", "рм", "лс", "пп", "тч", "рф"];

/// Words of a signature that are no names.
const NO_NAME: [&str; 22] = [
    "оператор",
    "специалист",
    "отдел",
    "группа",
    "мрф",
    "тел",
    "телефон",
    "моб",
    "старший",
    "ведущий",
    "инженер",
    "менеджер",
    "руководитель",
    "срочно",
    "команда",
    "логин",
    "crm",
    "ооо",
    "пао",
    "филиал",
    "колл",
    "центр",
];

static GIVEN_STEMS: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| GIVEN.split_whitespace().map(name_stem).collect());

pub(super) fn step(view: &View<'_>, at: usize) -> Option<Step> {
    if view.kind(at) != Some(TokenKind::Word) || view.touches_previous(at) {
        return None;
    }
    if let Some(end) = address(view, at) {
        return Some(Step::Mask { end, kind: EntityKind::Address });
    }
    let end = signature(view, at)
        .or_else(|| with_patronymic(view, at))
        .or_else(|| surname_then_initials(view, at))
        .or_else(|| initials_then_surname(view, at))
        .or_else(|| given_and_surname(view, at))
        .or_else(|| announced(view, at))?;
    Some(Step::Mask { end, kind: EntityKind::Person })
}

/// The word after the word at a place, if only one blank lies between.
fn next_word(view: &View<'_>, at: usize) -> Option<usize> {
    let next = at + 2;
    (view.kind(at + 1) == Some(TokenKind::Space) && view.kind(next) == Some(TokenKind::Word))
        .then_some(next)
}

/// «Иванов Иван Иванович», «Ивану Ивановичу Петрову», «Ивановна».
fn with_patronymic(view: &View<'_>, at: usize) -> Option<usize> {
    let named = |i: usize| view.is_capital(i) || is_given(view.word(i)) || is_surname(view.word(i));
    let tail = |end: usize| match next_word(view, end) {
        Some(next) if view.is_capital(next) && is_surname(view.word(next)) => next + 1,
        _ => end + 1,
    };
    if is_patronymic(view, at) && view.is_capital(at) {
        return Some(tail(at));
    }
    let second = next_word(view, at)?;
    if is_patronymic(view, second) && named(at) {
        return Some(tail(second));
    }
    let third = next_word(view, second)?;
    let full = is_patronymic(view, third) && named(at) && named(second);
    full.then_some(third + 1)
}

fn is_patronymic(view: &View<'_>, at: usize) -> bool {
    let word = view.word(at);
    let clean = ["ович", "евич", "овича", "евича", "овичу", "евичу", "овичем", "евичем"];
    let female = ["овна", "евна", "овны", "евны", "овне", "евне", "овну", "евну", "овной", "евной"];
    let rare = ["ильич", "кузьмич", "лукич", "фомич", "никитич", "ильинична", "никитична"];
    let long = word.chars().count() >= 6;
    let neighbour = at >= 2 && is_given(view.word(at - 2));
    (long && clean.iter().any(|end| word.ends_with(end)))
        || (long && (view.is_capital(at) || neighbour) && female.iter().any(|e| word.ends_with(e)))
        || rare.iter().any(|start| word.starts_with(start))
}

/// «Петрова А.С.», «Петрова А. С.», «Петрова А», also all in lower case.
fn surname_then_initials(view: &View<'_>, at: usize) -> Option<usize> {
    let word = view.word(at);
    if !word.chars().all(is_cyrillic) || word.chars().count() < 3 {
        return None;
    }
    let first = view.after_blank(at + 1);
    let (end, count, dotted) = initials(view, first)?;
    let capital = view.is_capital(at) && view.is_capital(first);
    let likely = is_surname(word);
    let announced = view.announced(Context::Person, 2) || view.announced(Context::Regards, 0);
    let named = match count {
        1 => (capital && likely && (dotted || announced)) || (likely && announced && dotted),
        _ => (capital && (dotted || likely)) || ((likely || announced) && dotted),
    };
    named.then_some(end)
}

/// «А.С. Петрова», «И. Петров».
fn initials_then_surname(view: &View<'_>, at: usize) -> Option<usize> {
    let (end, count, dotted) = initials(view, at)?;
    let surname = view.after_blank(end);
    let fits = view.kind(surname) == Some(TokenKind::Word)
        && dotted
        && (count == 2 || view.is_capital(surname) && view.is_capital(at))
        && is_surname(view.word(surname));
    fits.then_some(surname + 1)
}

/// One or two initials at a place: the end, how many, and whether dotted.
fn initials(view: &View<'_>, at: usize) -> Option<(usize, usize, bool)> {
    let initial = |i: usize| {
        view.kind(i) == Some(TokenKind::Word)
            && view.raw(i).chars().count() == 1
            && view.word(i).chars().all(is_cyrillic)
    };
    let word = view.word(at);
    // «ИП», «ИП.»: two capitals written as one word.
    let pair = view.raw(at).chars().count() == 2
        && view.raw(at).chars().all(|c| c.is_uppercase() && is_cyrillic(c));
    if pair && !ABBREVIATIONS.contains(&word) && at >= 2 && is_surname(view.word(at - 2)) {
        return Some((at + 1, 2, false));
    }
    if !initial(at) {
        return None;
    }
    let dotted = view.is(at + 1, ".");
    let after = if dotted { at + 2 } else { at + 1 };
    let second = view.after_blank(after);
    if initial(second) && (view.is(second + 1, ".") || !dotted && view.is_capital(second)) {
        let pair = [word, view.word(second)].concat();
        if ABBREVIATIONS.contains(&pair.as_str()) && !view.is_capital(at) {
            return None;
        }
        let end = if view.is(second + 1, ".") { second + 2 } else { second + 1 };
        return Some((end, 2, dotted));
    }
    (view.is_capital(at)).then_some((after, 1, dotted))
}

/// «Анна Петрова», «Петрова Анна».
fn given_and_surname(view: &View<'_>, at: usize) -> Option<usize> {
    let second = next_word(view, at)?;
    let given = |i: usize| {
        let word = view.word(i);
        is_given(word) && (view.is_capital(i) || !AMBIGUOUS.contains(&word))
    };
    let surname = |i: usize| is_surname(view.word(i)) && !place::is_place(view.word(i));
    let capitals = view.is_capital(at) && view.is_capital(second);
    let same_case = capitals || !view.is_capital(at) && !view.is_capital(second);
    let foreign = capitals && is_latin(view.word(at)) && is_latin(view.word(second));
    let pair = given(at) && (surname(second) && same_case || foreign)
        || surname(at) && given(second) && capitals;
    pair.then_some(second + 1)
}

/// A name after «клиент», «ФИО», «оператору», «фамилию на».
fn announced(view: &View<'_>, at: usize) -> Option<usize> {
    let word = view.word(at);
    let near = view.announced(Context::Person, 1);
    if !near || !view.is_capital(at) || place::is_place(word) || word.chars().count() < 3 {
        return None;
    }
    let given = is_given(word);
    if !given && !is_surname(word) {
        return None;
    }
    let next = next_word(view, at).filter(|n| view.is_capital(*n) && is_given(view.word(*n)));
    Some(next.unwrap_or(at) + 1)
}

/// Up to three words after «с уважением» or `regards`, whatever they look like.
fn signature(view: &View<'_>, at: usize) -> Option<usize> {
    if !view.announced(Context::Regards, 0) || !fits_signature(view, at) {
        return None;
    }
    let mut end = at + 1;
    let mut words = 1;
    while words < 3 {
        if view.raw(end - 1).chars().count() == 1 && view.is(end, ".") {
            end += 1;
        }
        let next = view.after_blank(end);
        if !fits_signature(view, next) {
            break;
        }
        end = next + 1;
        words += 1;
    }
    let initial = view.raw(end - 1).chars().count() == 1 && view.is(end, ".");
    Some(if initial { end + 1 } else { end })
}

fn fits_signature(view: &View<'_>, at: usize) -> bool {
    let word = view.word(at);
    let name = view.is_capital(at) || is_given(word) || is_surname(word);
    let initial = word.chars().count() == 1;
    view.kind(at) == Some(TokenKind::Word)
        && (name || initial)
        && !NO_NAME.contains(&word)
        && !place::is_place(word)
}

/// «ул. Лесная, д. 5, кв. 12»: a street with its house.
fn address(view: &View<'_>, at: usize) -> Option<usize> {
    let street = ["ул", "улица", "улице", "просп", "проспект", "пер", "переулок", "бульвар"];
    if !street.contains(&view.word(at)) {
        return None;
    }
    let house = ["д", "дом", "дома", "кв", "корп", "корпус", "к", "стр", "квартира"];
    let (mut end, mut last) = (at + 1, None);
    // Twelve tokens hold a street name of three words, and the house with its parts.
    while end < at + 18 {
        let known = house.contains(&view.word(end));
        match view.kind(end) {
            Some(TokenKind::Number) if view.raw(end).len() <= 4 => last = Some(end + 1),
            Some(TokenKind::Word) if known || view.is_capital(end) && last.is_none() => {}
            Some(TokenKind::Space) => {}
            Some(TokenKind::Other) if [".", ",", "/", "-"].contains(&view.raw(end)) => {}
            _ => break,
        }
        end += 1;
    }
    last
}

fn is_given(word: &str) -> bool {
    word.chars().count() >= 3 && GIVEN_STEMS.contains(&name_stem(word))
}

fn is_latin(word: &str) -> bool {
    word.len() >= 3 && word.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_surname(word: &str) -> bool {
    let long = word.chars().count() >= 4 && word.chars().all(is_cyrillic);
    long && SURNAME_ENDS.iter().any(|end| word.ends_with(end))
}

/// A given name without its case ending.
fn name_stem(word: &str) -> String {
    let word = fold(word);
    let ends = ["ой", "ей", "ом", "ем", "ою", "ею", "а", "я", "у", "ю", "е", "ы", "и", "й", "ь"];
    let cut = ends.iter().find_map(|end| word.strip_suffix(end));
    cut.filter(|stem| stem.chars().count() >= 2).unwrap_or(&word).to_owned()
}
