//! `vakhta check`: every error of a site at once.

use std::path::PathBuf;

use super::{Failure, Format, print};
use crate::app::site::Site;
use crate::config::Diagnostic;

/// What to check.
#[derive(Debug, clap::Args)]
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
        let lines: Vec<String> = failed
            .iter()
            .map(|test| format!("error: {}: test «{}»: {}\n", test.rule, test.test, test.message))
            .collect();
        return Err(Failure::usage(lines.concat()));
    }
    let rules = site.packs.rules().count();
    let (sources, systems) = (site.sources.len(), site.settings.systems.len());
    print(&match format {
        Format::Text => format!(
            "ok: {rules} rules and their tests, {systems} systems, {sources} sources, {} policies\n",
            site.settings.escalation.policies.len()
        ),
        Format::Json => format!(
            "{}\n",
            serde_json::json!({"errors": [], "rules": rules, "systems": systems, "sources": sources})
        ),
    });
    Ok(())
}

/// Everything that is wrong, as text with carets or as JSON.
pub(super) fn failure(errors: &[Diagnostic], format: Format) -> Failure {
    match format {
        Format::Text => {
            let mut text: String = errors.iter().map(|error| format!("{error}\n")).collect();
            text.push_str(&format!("{} errors; nothing was started\n", errors.len()));
            Failure::usage(text)
        }
        Format::Json => {
            print(&format!("{}\n", serde_json::json!({ "errors": errors })));
            Failure::usage("")
        }
    }
}
