//! `vakhta user`: people who sign in with a name and a password.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use super::check::number;
use super::terminal::Terminal;
use super::token::{DataArguments, Who, failed, open, operator};
use super::{Failure, Format, complain, print};
use crate::clock::Clock;
use crate::model::Message;
use crate::store::SHORTEST_PASSWORD;

/// What to do about users.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add somebody, or give them another password. The password is the first line of standard input; at a
    /// terminal one is made and printed once.
    #[command(after_help = "Examples:\n  \
        vakhta user add ivanova --role duty\n  \
        vakhta user add petrov --role line2 --team 2ЛТП < password.txt")]
    Add(Who),
    /// List users.
    List(DataArguments),
    /// Let somebody in no more; their sessions end.
    Disable(Name),
    /// Let somebody in again.
    Enable(Name),
    /// Give somebody another role; their sessions end.
    Role(Who),
    /// Make a second factor for somebody: prints the address that an authenticator reads, once.
    Totp(Name),
}

/// Who.
#[derive(Debug, clap::Args)]
pub struct Name {
    /// The name they sign in with.
    name: String,
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    data: PathBuf,
}

/// Carries the command out.
///
/// # Errors
/// When the store cannot be opened or written, the password is too short, or there is no such name.
pub async fn run(command: &Command, terminal: Terminal) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add(arguments, terminal).await,
        Command::List(arguments) => list(arguments, terminal).await,
        Command::Disable(name) => disable(name, true, terminal).await,
        Command::Enable(name) => disable(name, false, terminal).await,
        Command::Role(arguments) => change_role(arguments, terminal).await,
        Command::Totp(name) => totp(name, terminal).await,
    }
}

async fn add(arguments: &Who, terminal: Terminal) -> Result<(), Failure> {
    let access = arguments.access()?;
    let (password, is_made) = password()?;
    if password.chars().count() < SHORTEST_PASSWORD {
        let message = Message::new("cli-password-short").with("least", number(SHORTEST_PASSWORD));
        return Err(Failure::usage(message));
    }
    let store = open(&arguments.data, terminal).await?;
    let now = Clock::default().now();
    store.put_user(&access, &password, now).await.map_err(failed)?;
    store.audit(now, &operator(), "user_added", &access.name).await.map_err(failed)?;
    store.close().await;
    if is_made {
        print(&match terminal.format {
            Format::Text => format!("{password}\n"),
            Format::Json => {
                format!("{}\n", serde_json::json!({"name": access.name, "password": password}))
            }
        });
    }
    Ok(())
}

/// The first line of standard input; at a terminal a fresh one, since what is typed there would be seen.
fn password() -> Result<(String, bool), Failure> {
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        return Ok((super::init::fresh_password(), true));
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    read.map_err(|error| Failure::from(anyhow::Error::from(error)))?;
    Ok((line.trim_end_matches(['\r', '\n']).to_owned(), false))
}

async fn list(arguments: &DataArguments, terminal: Terminal) -> Result<(), Failure> {
    let store = open(&arguments.data, terminal).await?;
    let users = store.users().await.map_err(failed)?;
    store.close().await;
    for user in users {
        let (name, role) = (&user.access.name, user.access.role.as_str());
        let state = if user.is_disabled { "cli-user-disabled" } else { "cli-user-active" };
        let state = terminal.label(state);
        let factor = if user.has_totp { "totp" } else { "" };
        print(&match terminal.format {
            Format::Text => {
                format!("{name:<24} {role:<16} {:<8} {state} {factor}\n", user.access.team)
            }
            Format::Json => {
                let line = serde_json::json!({
                    "name": name, "role": role, "team": user.access.team,
                    "disabled": user.is_disabled, "totp": user.has_totp,
                });
                format!("{line}\n")
            }
        });
    }
    Ok(())
}

async fn disable(name: &Name, is_disabled: bool, terminal: Terminal) -> Result<(), Failure> {
    let store = open(&name.data, terminal).await?;
    let is_known = store.disable_user(&name.name, is_disabled).await.map_err(failed)?;
    if is_known {
        let what = if is_disabled { "user_disabled" } else { "user_enabled" };
        let now = Clock::default().now();
        store.audit(now, &operator(), what, &name.name).await.map_err(failed)?;
    }
    store.close().await;
    known(is_known, &name.name)
}

async fn change_role(arguments: &Who, terminal: Terminal) -> Result<(), Failure> {
    let access = arguments.access()?;
    let store = open(&arguments.data, terminal).await?;
    let is_known = store.change_role(&access).await.map_err(failed)?;
    if is_known {
        let about = format!("{}: {}", access.name, access.role.as_str());
        let now = Clock::default().now();
        store.audit(now, &operator(), "role_changed", &about).await.map_err(failed)?;
    }
    store.close().await;
    known(is_known, &access.name)
}

async fn totp(name: &Name, terminal: Terminal) -> Result<(), Failure> {
    let store = open(&name.data, terminal).await?;
    let address = store.set_totp(&name.name).await.map_err(failed)?;
    if address.is_some() {
        let now = Clock::default().now();
        store.audit(now, &operator(), "totp_set", &name.name).await.map_err(failed)?;
    }
    store.close().await;
    match address {
        Some(address) => print(&format!("{address}\n")),
        None => return known(false, &name.name),
    }
    complain(&format!("vakhta: {}\n", terminal.label("cli-totp-now")));
    Ok(())
}

fn known(is_known: bool, name: &str) -> Result<(), Failure> {
    if is_known {
        return Ok(());
    }
    Err(Failure::run(Message::new("cli-no-user").word("name", name)))
}
