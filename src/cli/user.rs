//! `vakhta user`: people who sign in with a name and a password.

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use super::token::{DataArguments, Who, failed, open, operator};
use super::{Failure, Format, complain, print};
use crate::clock::Clock;
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
pub async fn run(command: &Command, format: Format) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => add(arguments, format).await,
        Command::List(arguments) => list(arguments, format).await,
        Command::Disable(name) => disable(name, true).await,
        Command::Enable(name) => disable(name, false).await,
        Command::Role(arguments) => change_role(arguments).await,
        Command::Totp(name) => totp(name).await,
    }
}

async fn add(arguments: &Who, format: Format) -> Result<(), Failure> {
    let access = arguments.access()?;
    let (password, is_made) = password()?;
    if password.chars().count() < SHORTEST_PASSWORD {
        let message = format!("vakhta: the password needs at least {SHORTEST_PASSWORD} letters\n");
        return Err(Failure::usage(message));
    }
    let store = open(&arguments.data).await?;
    let now = Clock::default().now();
    store.put_user(&access, &password, now).await.map_err(failed)?;
    store.audit(now, &operator(), "user_added", &access.name).await.map_err(failed)?;
    store.close().await;
    if is_made {
        print(&match format {
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

async fn list(arguments: &DataArguments, format: Format) -> Result<(), Failure> {
    let store = open(&arguments.data).await?;
    let users = store.users().await.map_err(failed)?;
    store.close().await;
    for user in users {
        let (name, role) = (&user.access.name, user.access.role.as_str());
        let state = if user.is_disabled { "disabled" } else { "active" };
        let factor = if user.has_totp { "totp" } else { "" };
        print(&match format {
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

async fn disable(name: &Name, is_disabled: bool) -> Result<(), Failure> {
    let store = open(&name.data).await?;
    let is_known = store.disable_user(&name.name, is_disabled).await.map_err(failed)?;
    if is_known {
        let what = if is_disabled { "user_disabled" } else { "user_enabled" };
        let now = Clock::default().now();
        store.audit(now, &operator(), what, &name.name).await.map_err(failed)?;
    }
    store.close().await;
    known(is_known, &name.name)
}

async fn change_role(arguments: &Who) -> Result<(), Failure> {
    let access = arguments.access()?;
    let store = open(&arguments.data).await?;
    let is_known = store.change_role(&access).await.map_err(failed)?;
    if is_known {
        let about = format!("{}: {}", access.name, access.role.as_str());
        let now = Clock::default().now();
        store.audit(now, &operator(), "role_changed", &about).await.map_err(failed)?;
    }
    store.close().await;
    known(is_known, &access.name)
}

async fn totp(name: &Name) -> Result<(), Failure> {
    let store = open(&name.data).await?;
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
    complain("vakhta: give this address to an authenticator now; it is not shown again\n");
    Ok(())
}

fn known(is_known: bool, name: &str) -> Result<(), Failure> {
    if is_known {
        return Ok(());
    }
    let message = format!("vakhta: there is no user {name}; see vakhta user list\n");
    Err(Failure { message, code: 1 })
}
