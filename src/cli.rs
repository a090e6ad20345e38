//! The command line. Exit codes: 0 done, 1 something went wrong while running, 2 the command line or
//! the configuration is wrong.

pub mod backup;
pub mod check;
pub mod doctor;
pub mod evaluate;
pub mod explain;
mod help;
pub mod init;
mod refused;
pub mod run;
pub mod terminal;
pub mod token;
pub mod user;

use std::future::Future;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{FromArgMatches, Parser, Subcommand, ValueEnum};

use crate::model::{Language, Message};
use terminal::Terminal;

/// What the command line says.
#[derive(Debug, Parser)]
#[command(
    name = "vakhta",
    version,
    about = "Watches, notices trouble early, groups it into Problems, names the cause, tells people",
    after_help = "Without a command the watch starts, as `vakhta run`.\n\n\
        Examples:\n  \
        vakhta                                   watch this machine, page on 127.0.0.1:8480\n  \
        vakhta init site --postgres postgres://vakhta@db1:5432/crm\n  \
        vakhta check site/vakhta.yaml            every error at once, with its place\n  \
        vakhta run --config site/vakhta.yaml\n  \
        vakhta explain PRB-000001                why it is grouped so, in words\n\n\
        Exit codes: 0 done; 1 failed while running; 2 wrong command line or configuration."
)]
pub struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// How to print what a machine may read.
    #[arg(long, global = true, value_enum, default_value = "text")]
    format: Format,
    /// The language, ru or en; without it that of the environment (LC_ALL, LC_MESSAGES, LANG). Texts inside JSON are
    /// English unless it is given.
    #[arg(long, global = true, alias = "lang", value_parser = languages(), hide_possible_values = true)]
    language: Option<Language>,
}

fn languages() -> impl TypedValueParser<Value = Language> {
    PossibleValuesParser::new(["ru", "en"])
        .try_map(|word| terminal::language(&word).ok_or("ru, en"))
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For machines.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start the watch.
    Run(run::Arguments),
    /// Write a commented site, ready to run with what is named.
    Init(init::Arguments),
    /// Check configuration, packs, topology and policies: every error at once, with its place.
    Check(check::Arguments),
    /// Say in words why a Problem or an incident is grouped as it is.
    Explain(explain::Arguments),
    /// Let programs and people in.
    #[command(
        subcommand,
        after_help = "Examples:\n  \
        vakhta token add grafana --role viewer     a bearer token, printed once\n  \
        vakhta token link ivanova --role duty      a link that signs in once"
    )]
    Token(token::Command),
    /// People who sign in with a name and a password.
    #[command(subcommand)]
    User(user::Command),
    /// Copy everything that is kept, while the watch goes on.
    Backup(backup::BackupArguments),
    /// Bring a backup back; the watch must be stopped.
    Restore(backup::RestoreArguments),
    /// Look at everything that the watch needs, with the remedy for each.
    Doctor(doctor::Arguments),
    /// Print the completions of a shell.
    #[command(after_help = "Example:\n  vakhta completions bash > /etc/bash_completion.d/vakhta")]
    Completions {
        /// bash, zsh, fish, …
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    #[command(after_help = "Example:\n  vakhta man > /usr/share/man/man1/vakhta.1")]
    Man,
    /// Stream recorded data through the code that runs in production; write what it decides.
    #[command(
        subcommand,
        after_help = "Examples:\n  \
        vakhta evaluate series cpu.csv disk.csv --out scored\n  \
        vakhta evaluate storm storms/1 --out prediction.json"
    )]
    Evaluate(EvaluateCommand),
    /// Print the OpenAPI description of the REST interface.
    #[command(after_help = "Example:\n  vakhta openapi > openapi.json")]
    Openapi,
}

#[derive(Debug, Subcommand)]
enum EvaluateCommand {
    /// `timestamp,value` files through the outlier detector.
    #[command(after_help = "Writes timestamp,value,anomaly_score,alarm,level under the same \
        relative names.\n\nExample:\n  vakhta evaluate series data/*.csv --out scored")]
    Series {
        /// CSV files.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The folder to write to; relative names are kept.
        #[arg(long)]
        out: PathBuf,
    },
    /// A storm of alerts and tickets through the grouping.
    #[command(
        after_help = "Writes {\"assign\": {event: group}, \"ranking\": {group: [system, …]}}.\n\n\
        Example:\n  vakhta evaluate storm storms/1 --out prediction.json"
    )]
    Storm {
        /// A folder with `topology.json` and `events.jsonl`.
        dir: PathBuf,
        /// The file to write.
        #[arg(long)]
        out: PathBuf,
    },
}

/// Why a command failed: what to print, and the exit code.
#[derive(Debug)]
pub struct Failure {
    /// Printed to standard error.
    pub said: Said,
    /// The exit code.
    pub code: u8,
}

/// What is said of a failure.
#[derive(Debug)]
pub enum Said {
    /// A text that is printed as it is.
    Whole(String),
    /// A message of the catalogue.
    Message(Message),
    /// An error.
    Error(anyhow::Error),
}

impl Failure {
    /// The command line or configuration is wrong.
    #[must_use]
    pub fn usage(message: Message) -> Self {
        Self { said: Said::Message(message), code: 2 }
    }

    /// Something went wrong while running.
    #[must_use]
    pub fn run(message: Message) -> Self {
        Self { said: Said::Message(message), code: 1 }
    }

    /// What is wrong was said already, or is this text.
    pub fn whole(text: impl Into<String>, code: u8) -> Self {
        Self { said: Said::Whole(text.into()), code }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self { said: Said::Error(error), code: 1 }
    }
}

/// Prints to standard output; a reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints to standard error.
pub(crate) fn complain(text: &str) {
    let mut err = std::io::stderr().lock();
    drop(err.write_all(text.as_bytes()));
}

/// Runs what the command line asks for.
pub fn main() -> ExitCode {
    let typed: Vec<std::ffi::OsString> = std::env::args_os().collect();
    let terminal = Terminal::of_arguments(&typed);
    let mut command = help::command(terminal.language);
    let parsed = command
        .try_get_matches_from_mut(typed)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let (text, is_error) = refused::shown(&error, terminal, &command);
            let show = if is_error { complain } else { print };
            show(&text);
            return ExitCode::from(u8::from(is_error) * 2);
        }
    };
    let terminal = Terminal::new(arguments.format, arguments.language);
    match dispatch(arguments.command, terminal) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            complain(&terminal.failure(&failure));
            ExitCode::from(failure.code)
        }
    }
}

fn dispatch(command: Option<Command>, terminal: Terminal) -> Result<(), Failure> {
    match command.unwrap_or_else(|| Command::Run(run::Arguments::default())) {
        Command::Run(arguments) => run::run(&arguments, terminal),
        Command::Init(arguments) => init::run(&arguments, terminal),
        Command::Check(arguments) => check::run(&arguments, terminal),
        Command::Explain(arguments) => block_on(explain::run(&arguments, terminal)),
        Command::Token(command) => block_on(token::run(&command, terminal)),
        Command::User(command) => block_on(user::run(&command, terminal)),
        Command::Backup(arguments) => block_on(backup::back_up(&arguments, terminal)),
        Command::Restore(arguments) => block_on(backup::restore(&arguments, terminal)),
        Command::Doctor(arguments) => block_on(doctor::run(&arguments, terminal)),
        Command::Completions { shell } => {
            let mut text = Vec::new();
            let mut command = help::command(terminal.language);
            clap_complete::generate(shell, &mut command, "vakhta", &mut text);
            print(&String::from_utf8_lossy(&text));
            Ok(())
        }
        Command::Man => {
            let page = help::manual(terminal.language);
            print(&page.map_err(|error| Failure::from(anyhow::Error::from(error)))?);
            Ok(())
        }
        Command::Openapi => {
            print(&crate::api::openapi_json());
            Ok(())
        }
        Command::Evaluate(command) => evaluate::run(&command.into(), terminal),
    }
}

impl From<EvaluateCommand> for evaluate::Task {
    fn from(command: EvaluateCommand) -> Self {
        match command {
            EvaluateCommand::Series { files, out } => Self::Series { files, out },
            EvaluateCommand::Storm { dir, out } => Self::Storm { dir, out },
        }
    }
}

fn block_on(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    runtime.block_on(work)
}
