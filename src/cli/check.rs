//! `vakhta check`: every error of a site at once.

use std::path::PathBuf;

use super::terminal::Terminal;
use super::{Failure, Format, print};
use crate::app::site::Site;
use crate::config::Diagnostic;
use crate::detect::TestFailure;
use crate::i18n::Catalogue;
use crate::model::{Arg, Message};

/// What to check.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vakhta check                          what is shipped, with the tests of all rules\n  \
    vakhta check site/vakhta.yaml         a site: configuration, packs, topology, policies\n  \
    vakhta check site/vakhta.yaml --format json\n\n\
    Exit codes: 0 nothing is wrong; 2 something is.")]
pub struct Arguments {
    /// The site's main file; without it, what is shipped is checked.
    file: Option<PathBuf>,
}

/// Checks a site and the tests of its packs.
///
/// # Errors
/// Exit code 2 with every error found.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let site = match &arguments.file {
        Some(file) => Site::load(file),
        None => Site::unconfigured(),
    };
    let site = site.map_err(|errors| failure(&errors, terminal))?;
    let failed = site.packs.run_tests();
    if !failed.is_empty() {
        return Err(failed_tests(&failed, terminal));
    }
    // What is shipped alone watches nothing in particular.
    let doubts = if arguments.file.is_some() { site.doubts() } else { Vec::new() };
    if !doubts.is_empty() {
        return Err(doubtful(&doubts, terminal));
    }
    let rules = site.packs.rules().count();
    let (sources, systems) = (site.sources.len(), site.settings.systems.len());
    let policies = site.settings.escalation.policies.len();
    print(&match terminal.format {
        Format::Text => {
            let notes = site
                .notes
                .iter()
                .map(|note| format!("{} {}\n", terminal.label("cli-note"), terminal.say(note)));
            let counts = [
                ("rules", rules),
                ("systems", systems),
                ("sources", sources),
                ("policies", policies),
            ];
            let ok =
                counts.into_iter().fold(Message::new("cli-check-ok"), |message, (name, count)| {
                    message.with(name, number(count))
                });
            format!("{}{}\n", notes.collect::<String>(), terminal.say(&ok))
        }
        Format::Json => {
            let notes: Vec<String> = site.notes.iter().map(|note| said(note, terminal)).collect();
            let line = serde_json::json!({
                "errors": [], "notes": notes, "rules": rules, "systems": systems, "sources": sources,
                "policies": policies
            });
            format!("{line}\n")
        }
    });
    Ok(())
}

/// A count, as an argument that chooses the plural.
pub(super) fn number(count: usize) -> Arg {
    Arg::Number(crate::model::number(count))
}

/// A message for programs.
fn said(message: &Message, terminal: Terminal) -> String {
    Catalogue::shared().words(message, terminal.machine)
}

/// What can be read and makes no sense.
fn doubtful(doubts: &[Message], terminal: Terminal) -> Failure {
    if terminal.format == Format::Json {
        let errors: Vec<_> = doubts
            .iter()
            .map(|doubt| serde_json::json!({ "message": said(doubt, terminal) }))
            .collect();
        return listed(errors);
    }
    let line = |doubt| format!("{} {}\n", terminal.label("cli-error"), terminal.say(doubt));
    Failure::whole(doubts.iter().map(line).collect::<String>(), 2)
}

/// The tests of rules that do not hold.
fn failed_tests(failed: &[TestFailure], terminal: Terminal) -> Failure {
    if terminal.format == Format::Json {
        let error = |test: &TestFailure| {
            serde_json::json!({
                "rule": test.rule, "test": test.test, "message": said(&test.message, terminal),
                "file": test.place.file.0, "line": test.place.line, "column": test.place.column,
            })
        };
        return listed(failed.iter().map(error).collect());
    }
    let one = |test: &TestFailure| {
        let message = Message::new("cli-test-failed").word("rule", &test.rule);
        let message = message.word("test", &test.test).message("why", test.message.clone());
        Catalogue::shared().placed(&message, &test.place, terminal.language)
    };
    whole(failed.iter().map(one), terminal)
}

/// Everything that is wrong, as text with carets or as JSON.
pub(super) fn failure(errors: &[Diagnostic], terminal: Terminal) -> Failure {
    let catalogue = Catalogue::shared();
    if terminal.format == Format::Json {
        let error = |error: &Diagnostic| {
            serde_json::json!({
                "file": error.place.file.0, "line": error.place.line, "column": error.place.column,
                "message": said(&error.message, terminal),
                "help": catalogue.help(&error.message, terminal.machine),
            })
        };
        return listed(errors.iter().map(error).collect());
    }
    whole(errors.iter().map(|error| catalogue.diagnostic(error, terminal.language)), terminal)
}

/// Errors one after the other, and how many they are.
fn whole(errors: impl ExactSizeIterator<Item = String>, terminal: Terminal) -> Failure {
    let count = Message::new("cli-errors").with("count", number(errors.len()));
    let mut text: String = errors.map(|error| format!("{error}\n")).collect();
    text.push_str(&format!("{}\n", terminal.say(&count)));
    Failure::whole(text, 2)
}

/// Errors for programs, on standard output.
fn listed(errors: Vec<serde_json::Value>) -> Failure {
    print(&format!("{}\n", serde_json::json!({ "errors": errors })));
    Failure::whole("", 2)
}
