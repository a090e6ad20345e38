//! What the masking rules see: the tokens, their folded words, and what was announced just before
//! («тел.», «л/с», «логин»). Knows no rule itself.

use super::EntityKind;
use crate::text::tokens::{Token, TokenKind, fold, tokens};

/// How far an announcement reaches, in words.
const REACH: usize = 4;

/// What a rule decided at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The tokens up to `end` are one value of this kind.
    Mask { end: usize, kind: EntityKind },
    /// The tokens up to `end` stay as they are: a date, a time, an error code.
    Keep { end: usize, code: bool },
}

/// What a word announces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Context {
    Login,
    Account,
    Order,
    Phone,
    Passport,
    Serial,
    Code,
    Person,
    Regards,
}

pub(super) struct View<'a> {
    tokens: Vec<Token<'a>>,
    folded: Vec<String>,
    /// What was announced, newest last, with the count of words since.
    announced: Vec<(Context, usize)>,
}

impl<'a> View<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let tokens = tokens(text);
        let fold_word = |t: &Token<'_>| match t.kind {
            TokenKind::Word => fold(t.text),
            _ => String::new(),
        };
        let folded = tokens.iter().map(fold_word).collect();
        Self { tokens, folded, announced: Vec::new() }
    }

    pub(super) fn token(&self, at: usize) -> Option<Token<'a>> {
        self.tokens.get(at).copied()
    }

    pub(super) fn kind(&self, at: usize) -> Option<TokenKind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// The token's own text; empty past the end.
    pub(super) fn raw(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |t| t.text)
    }

    /// The folded word at a place; empty if it is no word.
    pub(super) fn word(&self, at: usize) -> &str {
        self.folded.get(at).map_or("", String::as_str)
    }

    pub(super) fn is(&self, at: usize, other: &str) -> bool {
        self.kind(at) == Some(TokenKind::Other) && self.raw(at) == other
    }

    pub(super) fn is_capital(&self, at: usize) -> bool {
        self.kind(at) == Some(TokenKind::Word)
            && self.raw(at).chars().next().is_some_and(char::is_uppercase)
    }

    /// The place of the next token that is not a blank.
    pub(super) fn after_blank(&self, at: usize) -> usize {
        if self.kind(at) == Some(TokenKind::Space) { at + 1 } else { at }
    }

    pub(super) fn touches_previous(&self, at: usize) -> bool {
        let before = at.checked_sub(1).and_then(|b| self.kind(b));
        matches!(before, Some(TokenKind::Word | TokenKind::Number))
    }

    pub(super) fn verbatim(&self, from: usize, to: usize) -> String {
        self.tokens.get(from..to).unwrap_or_default().iter().map(|t| t.text).collect()
    }

    /// A value in a form that does not depend on how it was typed: folded, no punctuation.
    pub(super) fn joined(&self, from: usize, to: usize) -> String {
        let mut value = String::new();
        for at in from..to {
            match self.kind(at) {
                Some(TokenKind::Word) => value.push_str(self.word(at)),
                Some(TokenKind::Number) => value.push_str(self.raw(at)),
                Some(TokenKind::Other) if matches!(self.raw(at), "@" | "-" | "." | ":" | "\\") => {
                    value.push_str(self.raw(at));
                }
                _ => {}
            }
        }
        value.trim_matches(['.', '-', ':']).to_owned()
    }

    /// Notes a token that stays, and what it announces.
    pub(super) fn pass_token(&mut self, at: usize) {
        match self.kind(at) {
            Some(TokenKind::Word) => {
                for (_, since) in &mut self.announced {
                    *since += 1;
                }
                self.announced.retain(|(_, since)| *since <= REACH);
                if let Some(context) = announces(self, at) {
                    self.announced.retain(|(known, _)| *known != context);
                    self.announced.push((context, 0));
                }
            }
            Some(TokenKind::Line) => {
                self.announced.retain(|(context, _)| *context == Context::Regards);
            }
            Some(TokenKind::Mark) => self.announced.clear(),
            _ => {}
        }
    }

    /// Forgets what was announced: it was about what has just been masked.
    pub(super) fn forget(&mut self) {
        self.announced.clear();
    }

    /// The number kind announced last within reach.
    pub(super) fn number_context(&self) -> Option<Context> {
        let about_numbers =
            |c: &Context| !matches!(c, Context::Login | Context::Person | Context::Regards);
        self.announced.iter().rev().map(|(context, _)| *context).find(about_numbers)
    }

    /// Whether this was announced, with at most so many words in between.
    pub(super) fn announced(&self, context: Context, words: usize) -> bool {
        self.announced.iter().any(|(known, since)| *known == context && *since <= words)
    }
}

fn announces(view: &View<'_>, at: usize) -> Option<Context> {
    let word = view.word(at);
    let starts = |stems: &[&str]| stems.iter().any(|s| word.starts_with(s));
    let after_slash = |first: &str| at >= 2 && view.is(at - 1, "/") && view.word(at - 2) == first;
    if word == "с" && after_slash("л") {
        return Some(Context::Account);
    }
    match word {
        "лс" | "ls" | "счет" | "счета" | "счету" | "account" | "acc" => {
            Some(Context::Account)
        }
        "уз" | "user" | "логи" | "лгин" | "лоин" | "логн" => Some(Context::Login),
        "тел" | "моб" | "сот" | "доб" | "вн" | "tel" | "phone" | "mobile" | "ext" => {
            Some(Context::Phone)
        }
        "sn" | "mac" | "imei" | "iccid" | "инн" | "снилс" => Some(Context::Serial),
        "код" | "кода" | "code" | "errno" | "ora" | "http" | "https" | "sqlstate" => {
            Some(Context::Code)
        }
        "уважением" | "увожением" | "уважнием" | "уважение" | "regards" | "sincerely" => {
            Some(Context::Regards)
        }
        "order" | "ticket" | "request" | "инц" => Some(Context::Order),
        "фио" | "гр" | "зовут" | "customer" | "client" | "имя" => {
            Some(Context::Person)
        }
        _ if starts(&["логин", "login", "учетк", "учетн", "username", "логон"]) => {
            Some(Context::Login)
        }
        _ if starts(&["лицев"]) => Some(Context::Account),
        _ if starts(&["заявк", "заказ", "наряд", "обращени", "тикет", "инцидент"]) => {
            Some(Context::Order)
        }
        _ if starts(&["телеф", "мобильн", "контактн", "внутренн", "добавочн"]) => {
            Some(Context::Phone)
        }
        _ if starts(&["паспорт", "passport"]) => Some(Context::Passport),
        _ if starts(&["серийн", "serial"]) => Some(Context::Serial),
        _ if starts(&["ошибк", "error"]) => Some(Context::Code),
        _ if starts(&[
            "клиент",
            "абонент",
            "оператор",
            "сотрудник",
            "фамили",
            "менеджер",
            "монтажник",
            "агент",
            "коллег",
            "специалист",
            "руководител",
            "пользовател",
            "заявител",
        ]) =>
        {
            Some(Context::Person)
        }
        _ => None,
    }
}
