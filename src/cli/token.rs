//! `vakhta token`: bearer tokens for programs, sign-in links for people.

use std::path::PathBuf;

use super::{Failure, Format, print};
use crate::app::{PAGE, store_file};
use crate::clock::Clock;
use crate::store::{Access, AccessKind, Role, Store};

/// Where the page is when nobody has said otherwise.
const DEFAULT_PAGE: &str = "http://127.0.0.1:8480";

/// What to do about tokens.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Make a bearer token for a program; it is printed once.
    #[command(after_help = "Example:\n  vakhta token add grafana --role viewer")]
    Add(Arguments),
    /// Make a link that signs a person in, once, within an hour.
    #[command(after_help = "Example:\n  vakhta token link ivanova --role duty")]
    Link(Arguments),
}

/// Who, and what they may do.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The name shown in histories.
    name: String,
    /// viewer, line1, duty, problem-manager or admin.
    #[arg(long, value_parser = role)]
    role: Role,
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    data: PathBuf,
    /// The address of the page, for the link [default: where the watch said last that it is].
    #[arg(long)]
    page: Option<String>,
}

fn role(word: &str) -> Result<Role, String> {
    Role::parse(word).ok_or_else(|| {
        let words: Vec<&str> = Role::ALL.into_iter().map(Role::as_str).collect();
        format!("there are {}", words.join(", "))
    })
}

/// Makes the token or link and prints it.
///
/// # Errors
/// When the store cannot be opened or written.
pub async fn run(command: &Command, format: Format) -> Result<(), Failure> {
    let (Command::Add(arguments) | Command::Link(arguments)) = command;
    let failed = |error| Failure::from(anyhow::Error::from(error));
    let file = store_file(&arguments.data).map_err(Failure::from)?;
    if !file.exists() {
        let note = "vakhta: {} is new; is --data the folder of the watch?\n";
        super::complain(&note.replace("{}", &file.display().to_string()));
    }
    let store = Store::open(&file).await.map_err(failed)?;
    let access = Access { name: arguments.name.clone(), role: arguments.role };
    let now = Clock::default().now();
    let (kind, expires) = match command {
        Command::Add(_) => (AccessKind::Bearer, None),
        Command::Link(_) => (AccessKind::SignIn, Some(now.plus_millis(3_600_000))),
    };
    let token = store.add_access(kind, &access, now, expires).await.map_err(failed)?;
    let known = store.note(PAGE).await.map_err(failed)?;
    let known = known.and_then(|page| String::from_utf8(page).ok());
    let page = arguments.page.clone().or(known).unwrap_or_else(|| DEFAULT_PAGE.to_owned());
    store.close().await;
    let shown = match command {
        Command::Add(_) => token,
        Command::Link(_) => {
            format!("{}/sign-in?token={token}", page.trim_end_matches('/'))
        }
    };
    print(&match format {
        Format::Text => format!("{shown}\n"),
        Format::Json => format!("{}\n", serde_json::json!({"name": access.name, "token": shown})),
    });
    Ok(())
}
