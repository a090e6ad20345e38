//! `vakhta doctor`: looks at everything that the watch needs, with the remedy for each.

use std::path::PathBuf;
use std::time::Duration;

use super::terminal::Terminal;
use super::{Failure, Format, check, print};
use crate::app::DATA;
use crate::app::doctor::{Examined, Verdict, examine};
use crate::app::site::Site;
use crate::model::{Arg, Message};

/// How long `--alive` waits for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// What to look at.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    vakhta doctor                         this machine and the data folder\n  \
    vakhta doctor site/vakhta.yaml        every source, the ticket system, Alertmanager, clocks, disk, rights\n  \
    vakhta doctor --alive http://127.0.0.1:8480\n\n\
    Exit codes: 0 all works, perhaps less than it could; 1 something does not; 2 the configuration is wrong.")]
pub struct Arguments {
    /// The site's main file; without it, this machine alone.
    file: Option<PathBuf>,
    /// The data folder of the watch.
    #[arg(long, default_value = DATA)]
    data: PathBuf,
    /// Only ask a running watch whether it and its core answer.
    #[arg(long, value_name = "URL")]
    alive: Option<String>,
}

/// Looks and says.
///
/// # Errors
/// Exit code 2 when the configuration is wrong, 1 when something does not work.
pub async fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    if let Some(url) = &arguments.alive {
        return alive(url).await;
    }
    let site = match &arguments.file {
        Some(file) => Site::load(file),
        None => Site::unconfigured(),
    };
    let site = site.map_err(|errors| check::failure(&errors, terminal))?;
    let found = examine(&site, &arguments.data).await.map_err(Failure::from)?;
    for one in &found {
        print(&line(one, terminal));
    }
    let is_bad = found.iter().any(|one| one.verdict == Verdict::Bad);
    if is_bad { Err(Failure::whole("", 1)) } else { Ok(()) }
}

fn line(one: &Examined, terminal: Terminal) -> String {
    let word = match one.verdict {
        Verdict::Good => "ok",
        Verdict::Weak => "weak",
        Verdict::Bad => "bad",
    };
    match terminal.format {
        Format::Text => {
            let label = terminal.label(match one.verdict {
                Verdict::Good => "cli-doctor-ok",
                Verdict::Weak => "cli-doctor-weak",
                Verdict::Bad => "cli-doctor-bad",
            });
            format!("{label:<4}  {}: {}\n", one.what, one.text.get(terminal.language))
        }
        Format::Json => {
            let line = serde_json::json!({
                "what": one.what, "verdict": word, "ru": one.text.ru, "en": one.text.en,
            });
            format!("{line}\n")
        }
    }
}

async fn alive(url: &str) -> Result<(), Failure> {
    let client = crate::http::client(PATIENCE, PATIENCE)
        .map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    let asked = client.get(format!("{}/readyz", url.trim_end_matches('/'))).send().await;
    match asked {
        Ok(answer) if answer.status().is_success() => Ok(()),
        Ok(answer) => {
            let message = Message::new("cli-not-ready").word("url", url);
            Err(Failure::run(message.word("status", answer.status().to_string())))
        }
        Err(error) => {
            let why = match (error.is_timeout(), error.is_connect()) {
                (true, _) => Arg::Key("cli-timeout".to_owned()),
                (_, true) => Arg::Key("cli-refused".to_owned()),
                _ => Arg::Word(error.to_string()),
            };
            Err(Failure::run(Message::new("cli-no-answer").word("url", url).with("error", why)))
        }
    }
}
