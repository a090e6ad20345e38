//! The commands in the reader's language. In English their help is what the code says of itself; in Russian every
//! text is put in from `i18n/help.ru.ftl`: a message a command, its arguments and its examples as attributes.

use clap::builder::PossibleValue;
use clap::{Arg, Command, CommandFactory};

use super::Arguments;
use crate::i18n::Catalogue;
use crate::model::Language;

/// The headings and placeholders that clap writes itself, and ours.
const WORDS: [(&str, &str); 4] = [
    ("Usage: ", ""),
    ("[OPTIONS]", "[ПАРАМЕТРЫ]"),
    ("[COMMAND]", "[КОМАНДА]"),
    ("<COMMAND>", "<КОМАНДА>"),
];

/// Arguments that every command has.
const EVERYWHERE: [&str; 4] = ["help", "version", "format", "language"];

/// The headings of a manual page.
const HEADINGS: [(&str, &str); 7] = [
    ("NAME", "ИМЯ"),
    ("SYNOPSIS", "ОБЗОР"),
    ("DESCRIPTION", "ОПИСАНИЕ"),
    ("OPTIONS", "ПАРАМЕТРЫ"),
    ("Команды", "КОМАНДЫ"),
    ("EXTRA", "ДОПОЛНИТЕЛЬНО"),
    ("VERSION", "ВЕРСИЯ"),
];

/// The command line, its help in one language.
#[must_use]
pub(super) fn command(language: Language) -> Command {
    let mut command = Arguments::command();
    if language == Language::En {
        return command;
    }
    // What clap adds itself, as `--help` and `help`, is there only now.
    command.build();
    russian(command, "")
}

/// The manual page.
///
/// # Errors
/// None that can happen: it is written into memory.
pub(super) fn manual(language: Language) -> std::io::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command(language)).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    if language == Language::Ru {
        for (english, russian) in HEADINGS {
            page = page.replace(&format!(".SH {english}\n"), &format!(".SH {russian}\n"));
        }
        for (english, russian) in WORDS.into_iter().skip(1) {
            page = page.replace(english, russian);
        }
    }
    Ok(page)
}

/// A text of a command: what it does, or an attribute.
fn text(path: &str, attribute: Option<&str>) -> Option<String> {
    let name = if path.is_empty() { "vakhta" } else { path };
    Catalogue::shared().part(&format!("help-{name}"), attribute, Language::Ru)
}

/// Where the texts of a command below another are. `help` holds a copy of every command.
fn below(path: &str, name: &str) -> String {
    match path {
        "" | "help" => name.to_owned(),
        _ if name == "help" => name.to_owned(),
        _ => format!("{path}-{name}"),
    }
}

/// Puts the Russian texts into a command and those below it.
fn russian(mut command: Command, path: &str) -> Command {
    let mut usage = command.render_usage().to_string();
    for (english, russian) in WORDS {
        usage = usage.replace(english, russian);
    }
    if let Some(about) = text(path, None) {
        command = command.about(about.clone()).long_about(about);
    }
    if let Some(after) = text(path, Some("after")) {
        command = command.after_help(after);
    }
    command
        .override_usage(usage)
        .help_template(
            "{before-help}{about-with-newline}\nИспользование: {usage}\n\n{all-args}{after-help}",
        )
        .subcommand_help_heading("Команды")
        .subcommand_value_name("КОМАНДА")
        .mut_args(|argument| russian_argument(argument, path))
        .mut_subcommands(|inner| {
            let path = below(path, inner.get_name());
            russian(inner, &path)
        })
}

/// Puts the Russian text into an argument. What clap would add in English is part of it.
fn russian_argument(argument: Arg, path: &str) -> Arg {
    let id = argument.get_id().as_str();
    let path = if EVERYWHERE.contains(&id) { "everywhere" } else { path };
    let Some(mut help) = text(path, Some(id)) else { return argument };
    let words = argument.get_possible_values();
    if !words.is_empty() && !argument.is_hide_possible_values_set() {
        let words: Vec<&str> = words.iter().map(PossibleValue::get_name).collect();
        help.push_str(&format!(" [возможно: {}]", words.join(", ")));
    }
    if let Some(usual) = argument.get_default_values().first() {
        help.push_str(&format!(" [по умолчанию: {}]", usual.to_string_lossy()));
    }
    let heading =
        if argument.is_positional() { "Аргументы" } else { "Параметры" };
    argument
        .help(help.clone())
        .long_help(help)
        .help_heading(heading)
        .hide_possible_values(true)
        .hide_default_value(true)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    const RUSSIAN: &str = include_str!("../i18n/help.ru.ftl");

    /// Every command with its path, `help` itself left out: what it holds are copies.
    fn each<'a>(command: &'a Command, path: &str, visit: &mut impl FnMut(&'a Command, &str)) {
        visit(command, path);
        for inner in command.get_subcommands().filter(|inner| inner.get_name() != "help") {
            each(inner, &below(path, inner.get_name()), visit);
        }
    }

    /// The command lines of the examples, without what is said of them.
    fn examples(text: &str) -> Vec<String> {
        let lines = text.lines().filter(|line| line.starts_with("  "));
        lines.map(|line| line.trim().split("   ").next().unwrap().trim().to_owned()).collect()
    }

    #[test]
    fn every_command_and_argument_has_a_russian_text_and_no_text_is_left_over() {
        let mut command = command(Language::En);
        command.build();
        let mut used = BTreeSet::from(["help-help".to_owned()]);
        each(&command, "", &mut |command, path| {
            let name = if path.is_empty() { "vakhta" } else { path };
            let mut parts = vec![String::new()];
            parts.extend(command.get_after_help().map(|_| ".after".to_owned()));
            for argument in command.get_arguments() {
                let id = argument.get_id().as_str();
                match EVERYWHERE.contains(&id) {
                    true => drop(used.insert(format!("help-everywhere.{id}"))),
                    false => parts.push(format!(".{id}")),
                }
            }
            for part in parts {
                let attribute = part.strip_prefix('.');
                assert!(text(path, attribute).is_some(), "{name}{part} has no Russian text");
                used.insert(format!("help-{name}{part}"));
            }
        });
        let mut key = "";
        let mut known = BTreeSet::new();
        for line in RUSSIAN.lines().filter(|line| line.contains(" =")) {
            let name = line.trim_start().split(" =").next().unwrap();
            if line.starts_with("help-") {
                key = name;
                // A message of nothing but attributes has no text itself.
                if !line.ends_with('=') {
                    known.insert(key.to_owned());
                }
            } else if name.starts_with('.') {
                known.insert(format!("{key}{name}"));
            }
        }
        assert_eq!(known, used);
    }

    #[test]
    fn examples_are_the_same_in_both_languages() {
        let mut count = 0;
        each(&command(Language::En), "", &mut |command, path| {
            let english = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            let russian = text(path, Some("after")).unwrap_or_default();
            assert_eq!(examples(&english), examples(&russian), "{path}");
            count += examples(&english).len();
        });
        assert!(count > 20, "{count}");
    }

    /// Also what clap writes itself.
    #[test]
    fn russian_help_holds_no_english_sentence() {
        let english = regex::Regex::new(r"\b[A-Za-z][a-z]+ [a-z]{2,}\b").unwrap();
        let code = regex::Regex::new("`[^`]*`").unwrap();
        let headings =
            ["Usage", "Options:", "Commands:", "Arguments:", "[OPTIONS]", "COMMAND", "default:"];
        let mut seen = 0;
        each(&command(Language::Ru), "", &mut |command, path| {
            let mut command = command.clone();
            let pages = [command.render_help(), command.render_long_help()];
            let page: String = pages.iter().map(ToString::to_string).collect();
            assert!(headings.iter().all(|heading| !page.contains(heading)), "{path}: {page}");
            // What is typed is the same in every language.
            let typed = ["vakhta", "systemctl", "--", "Использование:"];
            let is_text =
                |line: &&str| !typed.iter().any(|word| line.trim_start().starts_with(word));
            for line in page.lines().filter(is_text) {
                let line = code.replace_all(line, "");
                assert!(!english.is_match(&line), "{path}: {line}");
            }
            seen += 1;
        });
        assert!(seen > 15, "{seen}");
    }

    #[test]
    fn the_manual_has_russian_headings() {
        let page = manual(Language::Ru).unwrap();
        assert!(page.contains(".SH ПАРАМЕТРЫ") && page.contains("Запустить наблюдение"), "{page}");
        assert!(!page.contains(".SH OPTIONS") && !page.contains("Start the watch"), "{page}");
        assert!(manual(Language::En).unwrap().contains(".SH OPTIONS"));
    }
}
