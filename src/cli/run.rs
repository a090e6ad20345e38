//! `vakhta run`: the watch itself.

use std::path::PathBuf;
use std::time::Duration;

use super::terminal::Terminal;
use super::{Failure, Format, check, print};
use crate::app;
use crate::app::site::Site;
use crate::telemetry;

/// How long reads that cannot be called off may hold up the end.
const LAST_PATIENCE: Duration = Duration::from_secs(3);

/// Where the site is, where data goes, where to listen.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(after_help = "Examples:\n  \
    vakhta run                                        this machine only, no configuration\n  \
    vakhta run --config site/vakhta.yaml --data /var/lib/vakhta\n\n\
    Signals: SIGTERM and SIGINT stop and save; SIGHUP reads the configuration again and keeps the\n\
    old one when the new one is wrong.")]
pub struct Arguments {
    /// The site's main file; without it this machine is watched.
    #[arg(long)]
    pub config: Option<PathBuf>,
    /// The folder for the store [default: vakhta-data].
    #[arg(long)]
    pub data: Option<PathBuf>,
    /// The address to listen on, instead of the configured one.
    #[arg(long)]
    pub listen: Option<String>,
    /// Leave out events of the log that cannot be read; without it they stop the start.
    #[arg(long)]
    pub skip_unreadable: bool,
}

/// Runs the watch until it is told to stop.
///
/// # Errors
/// Exit code 2 when the configuration is wrong, 1 when something else fails.
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    let site = match &arguments.config {
        Some(file) => Site::load(file),
        None => Site::unconfigured(),
    };
    let site = site.map_err(|errors| check::failure(&errors, terminal))?;
    telemetry::start_logging(terminal.format == Format::Json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    let options = app::Options {
        config: arguments.config.clone(),
        data: arguments.data.clone().unwrap_or_else(|| PathBuf::from(app::DATA)),
        listen: arguments.listen.clone(),
        skip_unreadable: arguments.skip_unreadable,
        greet: print,
        language: terminal.language,
    };
    let outcome = runtime.block_on(app::run(site, &options)).map_err(Failure::from);
    // A read of a hung mount cannot be called off: the process must end all the same.
    runtime.shutdown_timeout(LAST_PATIENCE);
    outcome
}
