//! `vakhta check`: every error of a site at once.

use std::path::PathBuf;

use super::{Failure, Format, print};
use crate::app::site::Site;
use crate::config::Diagnostic;
use crate::detect::TestFailure;

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
pub fn run(arguments: &Arguments, format: Format) -> Result<(), Failure> {
    let site = match &arguments.file {
        Some(file) => Site::load(file),
        None => Site::unconfigured(),
    };
    let site = site.map_err(|errors| failure(&errors, format))?;
    let failed = site.packs.run_tests();
    if !failed.is_empty() {
        return Err(failed_tests(&failed, format));
    }
    // What is shipped alone watches nothing in particular.
    let doubts = if arguments.file.is_some() { site.doubts() } else { Vec::new() };
    if !doubts.is_empty() {
        return Err(doubtful(&doubts, format));
    }
    let rules = site.packs.rules().count();
    let (sources, systems) = (site.sources.len(), site.settings.systems.len());
    print(&match format {
        Format::Text => format!(
            "{}ok: {rules} rules and their tests, {systems} systems, {sources} source(s), {} policies\n",
            site.notes.iter().map(|note| format!("note: {note}\n")).collect::<String>(),
            site.settings.escalation.policies.len()
        ),
        Format::Json => format!(
            "{}\n",
            serde_json::json!({
                "errors": [], "notes": site.notes, "rules": rules, "systems": systems, "sources": sources,
                "policies": site.settings.escalation.policies.len()
            })
        ),
    });
    Ok(())
}

/// What can be read and makes no sense.
fn doubtful(doubts: &[String], format: Format) -> Failure {
    if format == Format::Json {
        let errors: Vec<_> =
            doubts.iter().map(|doubt| serde_json::json!({ "message": doubt })).collect();
        print(&format!("{}\n", serde_json::json!({ "errors": errors })));
        return Failure::usage("");
    }
    Failure::usage(doubts.iter().map(|doubt| format!("error: {doubt}\n")).collect::<String>())
}

/// The tests of rules that do not hold.
fn failed_tests(failed: &[TestFailure], format: Format) -> Failure {
    if format == Format::Json {
        let errors: Vec<_> = failed
            .iter()
            .map(|test| {
                serde_json::json!({"rule": test.rule, "test": test.test, "message": test.message})
            })
            .collect();
        print(&format!("{}\n", serde_json::json!({ "errors": errors })));
        return Failure::usage("");
    }
    let line = |test: &TestFailure| {
        format!("error: rule {}: test «{}»: {}\n", test.rule, test.test, test.message)
    };
    Failure::usage(failed.iter().map(line).collect::<String>())
}

/// Everything that is wrong, as text with carets or as JSON.
pub(super) fn failure(errors: &[Diagnostic], format: Format) -> Failure {
    match format {
        Format::Text => {
            let mut text: String = errors.iter().map(|error| format!("{error}\n")).collect();
            text.push_str(&match errors.len() {
                1 => "1 error\n".to_owned(),
                count => format!("{count} errors\n"),
            });
            Failure::usage(text)
        }
        Format::Json => {
            print(&format!("{}\n", serde_json::json!({ "errors": errors })));
            Failure::usage("")
        }
    }
}
