//! Which standard solutions fit what people wrote.

use super::*;
use crate::config::parse;
use crate::text::impact;

/// The examples that `init` writes, and what a site would have beside them.
const SOLUTIONS: &str = "
solutions:
  - key: KB-101
    systems: [sso]
    title: {ru: 'Не проходит вход в CRM у одного пользователя', en: 'One user cannot sign in to CRM'}
    text: {ru: 'Проверить, не заблокирована ли учётная запись; сбросить сессию; предложить войти в новом окне.', en: 'Check whether the account is locked; drop the session.'}
  - key: KB-204
    systems: [elk, sms-gateway]
    title: {ru: 'Не приходит код из СМС', en: 'The SMS code does not arrive'}
    text: {ru: 'Проверить номер абонента и повторить отправку через 5 минут.', en: 'Check the number and send again after 5 minutes.'}
    link: https://kb.example/KB-204
  - key: KB-310
    systems: [crm-search]
    title: {ru: 'Абонент не находится поиском', en: 'Search does not find a subscriber'}
    text: {ru: 'Искать по номеру договора; новые карточки видны через десять минут.', en: 'Search by the contract; new cards show after ten minutes.'}
  - key: KB-401
    systems: []
    title: {ru: 'Зависла гарнитура оператора', en: 'An operator headset hangs'}
    text: {ru: 'Переподключить гарнитуру, проверить звук в настройках.', en: 'Plug it in again, check the sound.'}
";

fn solutions() -> Vec<Solution> {
    let mut errors = Diagnostics::default();
    let topology = Topology::default();
    let node = parse("solutions.yaml", SOLUTIONS, &mut errors).unwrap();
    let mut ignored = Diagnostics::default();
    let found = decode(&node, &topology, &mut ignored);
    assert_eq!(found.len(), 4);
    found
}

fn question(systems: &[(&str, f64)], text: &str) -> Question {
    let systems = systems.iter().map(|(key, share)| ((*key).to_owned(), *share)).collect();
    Question { systems, said: stems(text).into_iter().collect(), felt: impact(text) }
}

/// The keys that fit, and those of the first one's words that were said.
fn check(systems: &[(&str, f64)], text: &str, keys: &[&str], words: &[&str]) {
    let solutions = solutions();
    let shelf = Shelf::new(&solutions);
    let fits = fitting(&shelf, &question(systems, text), &Likeness::new());
    let found: Vec<&str> = fits.iter().map(|fit| fit.solution.key.as_str()).collect();
    assert_eq!(found, keys, "{text}: {fits:?}");
    let about = Shelf::about(&solutions, &question(systems, text));
    assert_eq!(fitting(&about, &question(systems, text), &Likeness::new()), fits, "{text}");
    let mut said = fits.first().map(|fit| fit.words.clone()).unwrap_or_default();
    said.sort_unstable();
    assert_eq!(said, words, "{text}");
}

#[test]
fn what_is_said_in_other_forms_fits() {
    check(
        &[("elk", 0.8)],
        "СМС с кодом не приходит абоненту",
        &["KB-204"],
        &["СМС", "код", "приходит"],
    );
    check(
        &[("crm-search", 0.9)],
        "Поиск не находит абонентов",
        &["KB-310"],
        &["находится", "поиском"],
    );
    check(
        &[("sso", 0.7)],
        "Пользователь не проходит вход в CRM",
        &["KB-101"],
        &["CRM", "вход", "проходит"],
    );
}

#[test]
fn where_no_system_is_named_more_must_be_said() {
    check(&[], "Не приходит код из СМС", &["KB-204"], &["СМС", "код", "приходит"]);
    check(&[], "Проверить код договора", &[], &[]);
    check(
        &[("wfm", 0.9)],
        "Зависла гарнитура у оператора",
        &["KB-401"],
        &["Зависла", "гарнитура", "оператора"],
    );
}

#[test]
fn nothing_is_offered_where_nothing_fits() {
    // Another system, however alike the words are.
    check(&[("billing", 0.9)], "Не приходит код из СМС", &[], &[]);
    // The right system and one word of many.
    check(&[("sso", 0.9)], "CRM тормозит, карточки открываются по две минуты", &[], &[]);
    check(&[("crm-db", 1.0)], "Очередь на блокировки", &[], &[]);
    check(&[("elk", 0.9)], "", &[], &[]);
}

#[test]
fn the_likelier_system_comes_first_and_only_a_clear_one_stands_alone() {
    let mut solutions = solutions();
    let mut other = solutions[1].clone();
    (other.key, other.systems) = ("KB-205".into(), vec!["billing".into()]);
    solutions.push(other);
    let shelf = Shelf::new(&solutions);
    let likeness = Likeness::new();
    let text = "Не приходит код из СМС";
    let both = question(&[("billing", 0.6), ("elk", 0.3)], text);
    let fits = fitting(&shelf, &both, &likeness);
    let keys: Vec<&str> = fits.iter().map(|fit| fit.solution.key.as_str()).collect();
    assert_eq!(keys, ["KB-205", "KB-204"]);
    assert_eq!(fits[0].systems, ["billing"]);
    assert_eq!(clear_fit(&shelf, &both, &likeness), None, "two are nearly as good");
    let one = question(&[("billing", 0.9), ("elk", 0.1)], text);
    let clear = clear_fit(&shelf, &one, &likeness).map(|fit| fit.solution.key.clone());
    assert_eq!(clear.as_deref(), Some("KB-205"));
}

#[test]
fn at_most_three_are_offered() {
    let first = solutions().remove(1);
    let many: Vec<Solution> =
        (0..9).map(|n| Solution { key: format!("KB-{n}"), ..first.clone() }).collect();
    let shelf = Shelf::new(&many);
    let asked = question(&[("elk", 1.0)], "Не приходит код из СМС");
    assert_eq!(fitting(&shelf, &asked, &Likeness::new()).len(), 3);
}

#[test]
fn a_word_of_one_ticket_in_many_is_not_of_the_case() {
    let one = stems("не приходит код из СМС");
    let other = stems("код не пришёл, зависла гарнитура");
    let mut tickets: Vec<&[String]> = vec![&one; 9];
    tickets.push(&other);
    let said = said_by(tickets.into_iter());
    assert!(said.contains("код") && said.contains("смс"), "{said:?}");
    assert!(!said.iter().any(|stem| stem.starts_with("гарнитур")), "{said:?}");
}

#[test]
fn a_link_is_an_address() {
    let wrong = SOLUTIONS.replace("https://kb.example/KB-204", "KB-204");
    let mut errors = Diagnostics::default();
    let node = parse("solutions.yaml", &wrong, &mut errors).unwrap();
    decode(&node, &Topology::default(), &mut errors);
    let said: Vec<String> = errors.into_sorted().iter().map(ToString::to_string).collect();
    assert!(said.iter().any(|error| error.contains("check-expected-url")), "{said:?}");
    assert_eq!(solutions()[1].link, "https://kb.example/KB-204");
}
