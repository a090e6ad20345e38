//! What is wrong with a command line, in Russian: clap says it in English only. By its kind of error; the command's
//! usage and where to read on follow, as clap has it.

use clap::Command;
use clap::error::{ContextKind, ContextValue, Error, ErrorKind};

use super::terminal::Terminal;
use crate::model::{Language, Message};

/// What to print for an error of the command line, and whether it goes to standard error.
pub(super) fn shown(error: &Error, terminal: Terminal, command: &Command) -> (String, bool) {
    let is_asked = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let is_help = is_asked
        || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        || terminal.language == Language::En;
    if is_help {
        return (error.render().to_string(), error.use_stderr());
    }
    let mut text = format!("{} {}\n", terminal.label("cli-error"), terminal.say(&message(error)));
    if let Some(near) = suggested(error) {
        let near = terminal.say(&Message::new("cli-usage-near").word("near", near));
        text.push_str(&format!("\n  {} {near}\n", terminal.label("cli-help")));
    }
    if let Some(usage) = word(error, ContextKind::Usage) {
        // Clap gives it with its own heading.
        let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).trim_end();
        let usage = terminal.say(&Message::new("cli-usage").word("usage", usage));
        text.push_str(&format!("\n{usage}\n"));
    }
    let name = command.get_name();
    let more = terminal.say(&Message::new("cli-usage-more").word("command", name));
    text.push_str(&format!("\n{more}\n"));
    (text, true)
}

fn message(error: &Error) -> Message {
    let argument = || word(error, ContextKind::InvalidArg).unwrap_or_default();
    let value = || word(error, ContextKind::InvalidValue).unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if argument().starts_with('-') => {
            Message::new("cli-usage-unknown").word("argument", argument())
        }
        ErrorKind::UnknownArgument => Message::new("cli-usage-extra").word("argument", argument()),
        ErrorKind::InvalidSubcommand => {
            let command = word(error, ContextKind::InvalidSubcommand).unwrap_or_default();
            Message::new("cli-usage-command").word("command", command)
        }
        // An option that was given nothing.
        ErrorKind::InvalidValue if value().is_empty() => with_choice(
            error,
            Message::new("cli-usage-no-value").word("argument", argument()),
            "cli-usage-no-value-of",
        ),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => with_choice(
            error,
            Message::new("cli-usage-value").word("argument", argument()).word("value", value()),
            "cli-usage-value-of",
        ),
        ErrorKind::MissingRequiredArgument => {
            Message::new("cli-usage-missing").word("arguments", argument())
        }
        ErrorKind::MissingSubcommand => Message::new("cli-usage-no-command"),
        ErrorKind::ArgumentConflict => {
            let other = word(error, ContextKind::PriorArg).unwrap_or_default();
            if other == argument() || other.is_empty() {
                Message::new("cli-usage-twice").word("argument", argument())
            } else {
                Message::new("cli-usage-conflict").word("argument", argument()).word("other", other)
            }
        }
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            Message::new("cli-usage-count").word("argument", argument())
        }
        ErrorKind::InvalidUtf8 => Message::new("cli-usage-utf8"),
        _ => Message::new("cli-usage-other"),
    }
}

/// The message that also lists what is possible, when that is known.
fn with_choice(error: &Error, plain: Message, key: &'static str) -> Message {
    match word(error, ContextKind::ValidValue) {
        Some(known) => Message { key: key.into(), ..plain }.word("known", known),
        None => plain,
    }
}

/// What was probably meant.
fn suggested(error: &Error) -> Option<String> {
    let kinds =
        [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue];
    kinds.into_iter().find_map(|kind| word(error, kind))
}

/// What clap knows of one side of an error, as text; nothing when it knows nothing.
fn word(error: &Error, kind: ContextKind) -> Option<String> {
    let text = match error.get(kind)? {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        ContextValue::StyledStr(text) => text.to_string(),
        ContextValue::StyledStrs(texts) => {
            texts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        ContextValue::Number(number) => number.to_string(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}
