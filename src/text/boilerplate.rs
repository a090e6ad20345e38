//! Cuts what every mail carries and no failure does: greetings, closings, signatures, quoted
//! replies. Works on raw and on masked text alike; what is left keeps its order and wording.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::tokens::{TokenKind, fold, tokens};

/// Words that may open a mail.
const GREETING: &str = "\
добрый доброе доброго день дня утро утра вечер вечера времени суток здравствуйте здравствуй привет \
приветствую всем коллеги коллега уважаемая уважаемые уважаемый техподдержка поддержка служба \
hello hi hey dear team colleagues good morning afternoon evening all";
/// Greeting words that open a mail alone; the others need one of these.
const OPENERS: &str = "\
добрый доброе доброго здравствуйте здравствуй привет приветствую коллеги коллега уважаемая \
уважаемые уважаемый hello hi hey dear good";
/// Words of clauses that are dropped when they hold nothing else.
const EMPTY: &str = "\
просьба прошу просим помочь помогите помощь пожалуйста срочно очень спасибо благодарю заранее \
скриншот скриншоты скрин скрины во вложении вложение прилагаю прилагается прикладываю приложен \
приложил приложила см с уважением разобраться разберитесь клиент клиента клиенты ждет ждут на линии \
перезагрузка перезагружал перезагружала не помогла не помогает пк компьютера отправлено из моего \
iphone android outlook хорошего дня вечера и жду ответа \
please help thanks thank you in advance urgent asap best kind regards sincerely screenshot attached \
see attachment sent from my";
/// Line starts after which everything is quoted.
const QUOTES: [&str; 12] = [
    "-----original message",
    "-----исходное сообщение",
    "----- пересылаемое сообщение",
    "-------- исходное сообщение",
    "-------- original message",
    "---------- forwarded",
    "---------- пересылаемое",
    "________________________________",
    "от: ",
    "from: ",
    "begin forwarded message",
    "кому: ",
];

static GREETING_WORDS: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| GREETING.split_whitespace().collect());
static OPENER_WORDS: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| OPENERS.split_whitespace().collect());
static EMPTY_WORDS: LazyLock<BTreeSet<&'static str>> =
    LazyLock::new(|| EMPTY.split_whitespace().chain(GREETING.split_whitespace()).collect());

/// Leaves the matter of a mail: no greeting, no closing, no signature, no quoted reply.
#[must_use]
pub fn strip_boilerplate(text: &str) -> String {
    let mut kept: Vec<String> = Vec::new();
    for line in text.lines() {
        if starts_quote(line) || line.trim_end() == "--" {
            break;
        }
        if line.trim_start().starts_with(['>', '|']) {
            continue;
        }
        let clauses: String = clauses(line)
            .into_iter()
            .map(without_greeting)
            .filter(|clause| !says_nothing(clause))
            .collect();
        let clauses = clauses.trim();
        if !clauses.is_empty() {
            kept.push(clauses.to_owned());
        }
    }
    kept.join("\n")
}

fn starts_quote(line: &str) -> bool {
    let start: String = line.trim_start().chars().take(40).collect::<String>().to_lowercase();
    let reply = line.trim_end().to_lowercase();
    QUOTES.iter().any(|quote| start.starts_with(quote))
        || (reply.ends_with(" wrote:") || reply.ends_with(" пишет:") || reply.ends_with(" писал:"))
}

/// A line in its clauses, each with the punctuation and the blank that close it.
fn clauses(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut closed = false;
    let mut letters = 0;
    for (at, c) in line.char_indices() {
        if closed && c.is_whitespace() && letters > 1 {
            found.push(line.get(start..at).unwrap_or_default());
            start = at;
            closed = false;
        } else if c.is_alphanumeric() || c == '›' {
            // One letter before the dot is an initial, not the end of a clause.
            letters = if closed { 1 } else { letters + 1 };
            closed = false;
        } else if matches!(c, '.' | ',' | '!' | '?' | ';') {
            closed = true;
        } else if c.is_whitespace() {
            letters = 0;
        }
    }
    found.push(line.get(start..).unwrap_or_default());
    found
}

fn without_greeting(clause: &str) -> &str {
    let all = tokens(clause);
    let mut offset = 0;
    let mut end = 0;
    let mut opened = false;
    for token in &all {
        offset += token.text.len();
        if token.kind == TokenKind::Word {
            let word = fold(token.text);
            if !GREETING_WORDS.contains(word.as_str()) {
                break;
            }
            opened |= OPENER_WORDS.contains(word.as_str());
            end = offset;
        } else if token.kind != TokenKind::Space && token.text != "," && token.text != "!" {
            break;
        } else if end > 0 {
            end = offset;
        }
    }
    if opened { clause.get(end..).unwrap_or_default() } else { clause }
}

/// Whether a clause is made of empty words and marks only.
fn says_nothing(clause: &str) -> bool {
    tokens(clause).iter().all(|token| match token.kind {
        TokenKind::Word => EMPTY_WORDS.contains(fold(token.text).as_str()),
        TokenKind::Mark => token.text == "‹ФИО›",
        TokenKind::Number => false,
        _ => true,
    })
}
