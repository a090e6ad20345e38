//! `vakhta token`: bearer tokens for programs, sign-in links for people.

use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::terminal::Terminal;
use super::{Failure, Format, print};
use crate::app::{PAGE, store_file, store_path};
use crate::clock::Clock;
use crate::model::{Arg, Message, Time};
use crate::store::{Access, AccessKind, Role, Store, StoreError};

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
    /// Make a link for a screen on the wall: it shows the wall from one address for as long as it is wanted.
    #[command(after_help = "Example:\n  vakhta token wall shift-room --address 10.1.2.3")]
    Wall(WallArguments),
    /// List tokens and sessions that are good now, without what opens them.
    List(DataArguments),
    /// End a token or session.
    #[command(after_help = "Example:\n  vakhta token revoke 1f0c9a3e")]
    Revoke(RevokeArguments),
}

/// Which screen, and from where.
#[derive(Debug, clap::Args)]
pub struct WallArguments {
    /// The name shown in lists.
    name: String,
    /// The address of the screen, as the watch sees it; other addresses are refused.
    #[arg(long)]
    address: std::net::IpAddr,
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    data: PathBuf,
    /// The address of the page, for the link [default: where the watch said last that it is].
    #[arg(long)]
    page: Option<String>,
}

/// Where the watch keeps its data.
#[derive(Debug, clap::Args)]
pub struct DataArguments {
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    pub(super) data: PathBuf,
}

/// Which token.
#[derive(Debug, clap::Args)]
pub struct RevokeArguments {
    /// The beginning of its hash in `vakhta token list`, at least eight letters.
    hash: String,
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    data: PathBuf,
}

/// Who, what they may do, and where the link leads.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    who: Who,
    /// The address of the page, for the link [default: where the watch said last that it is].
    #[arg(long)]
    page: Option<String>,
}

/// Who, and what they may do.
#[derive(Debug, clap::Args)]
pub struct Who {
    /// The name shown in histories; users sign in with it.
    name: String,
    /// viewer, line1, line2, duty, problem-manager or admin.
    #[arg(long, value_parser = roles(), hide_possible_values = true)]
    role: Role,
    /// The first part of the queues that line 2 or 3 looks after: 2ЛТП.
    #[arg(long)]
    team: Option<String>,
    /// The data folder of the watch.
    #[arg(long, default_value = "vakhta-data")]
    pub(super) data: PathBuf,
}

impl Who {
    /// Reads it.
    ///
    /// # Errors
    /// Exit code 2 for a member of line 2 or 3 without a team: there is no case that they may touch.
    pub(super) fn access(&self) -> Result<Access, Failure> {
        let team = self.team.clone().unwrap_or_default();
        if self.role == Role::Line2 && team.is_empty() {
            return Err(Failure::usage(Message::new("cli-line2-team")));
        }
        Ok(Access { name: self.name.clone(), role: self.role, team })
    }
}

fn roles() -> impl TypedValueParser<Value = Role> {
    let words = PossibleValuesParser::new(Role::ALL.map(Role::as_str));
    words.try_map(|word| {
        Role::parse(&word).ok_or("viewer, line1, line2, duty, problem-manager, admin")
    })
}

/// Makes, lists or ends tokens and links.
///
/// # Errors
/// When the store cannot be opened or written.
pub async fn run(command: &Command, terminal: Terminal) -> Result<(), Failure> {
    match command {
        Command::Add(arguments) => make(arguments, AccessKind::Bearer, terminal).await,
        Command::Link(arguments) => make(arguments, AccessKind::SignIn, terminal).await,
        Command::Wall(arguments) => wall(arguments, terminal).await,
        Command::List(arguments) => list(&arguments.data, terminal).await,
        Command::Revoke(arguments) => revoke(arguments, terminal).await,
    }
}

/// Opens the store of a watch; says so when it is new, for that is seldom what was meant.
pub(super) async fn open(data: &Path, terminal: Terminal) -> Result<Store, Failure> {
    let is_new = !store_path(data).exists();
    let file = store_file(data).map_err(Failure::from)?;
    if is_new {
        let note = Message::new("cli-new-store").word("file", file.display().to_string());
        super::complain(&format!("vakhta: {}\n", terminal.say(&note)));
    }
    Store::open(&file).await.map_err(failed)
}

pub(super) fn failed(error: StoreError) -> Failure {
    Failure::from(anyhow::Error::from(error))
}

/// Who works on this machine, for the journal.
pub(super) fn operator() -> String {
    std::env::var("SUDO_USER")
        .or_else(|_| std::env::var("USER"))
        .unwrap_or_else(|_| "cli".to_owned())
}

/// The address of the page: as named, else where the watch said last that it is.
async fn page(store: &Store, named: Option<&String>) -> Result<String, Failure> {
    let known = store.note(PAGE).await.map_err(failed)?;
    let known = known.and_then(|page| String::from_utf8(page).ok());
    let page = named.cloned().or(known).unwrap_or_else(|| DEFAULT_PAGE.to_owned());
    Ok(page.trim_end_matches('/').to_owned())
}

async fn make(arguments: &Arguments, kind: AccessKind, terminal: Terminal) -> Result<(), Failure> {
    let access = arguments.who.access()?;
    let store = open(&arguments.who.data, terminal).await?;
    let now = Clock::default().now();
    // Two tokens of one name could not be told apart in the journal, nor revoked one by one with any certainty.
    if kind == AccessKind::Bearer {
        let known = store.token_named(&access.name, now).await.map_err(failed)?;
        if let Some(hash) = known {
            let hash: String = hash.chars().take(12).collect();
            let taken = Message::new("cli-token-named").word("name", &access.name);
            return Err(Failure::usage(taken.word("hash", hash)));
        }
    }
    let expires = (kind == AccessKind::SignIn).then(|| now.plus_millis(3_600_000));
    let token = store.add_access(kind, &access, now, expires).await.map_err(failed)?;
    store.audit(now, &operator(), "token_added", &access.name).await.map_err(failed)?;
    let page = page(&store, arguments.page.as_ref()).await?;
    store.close().await;
    let shown = match kind {
        AccessKind::SignIn => format!("{page}/sign-in?token={token}"),
        _ => token,
    };
    say(&access.name, &shown, terminal.format);
    Ok(())
}

async fn wall(arguments: &WallArguments, terminal: Terminal) -> Result<(), Failure> {
    let store = open(&arguments.data, terminal).await?;
    let access = Access::new(&arguments.name, Role::Viewer);
    let now = Clock::default().now();
    let token = store.add_access(AccessKind::Wall, &access, now, None).await.map_err(failed)?;
    let address = arguments.address.to_canonical().to_string();
    store.bind_access(&token, &address).await.map_err(failed)?;
    store.audit(now, &operator(), "token_added", &access.name).await.map_err(failed)?;
    let page = page(&store, arguments.page.as_ref()).await?;
    store.close().await;
    say(&access.name, &format!("{page}/wall?token={token}"), terminal.format);
    Ok(())
}

fn say(name: &str, shown: &str, format: Format) {
    print(&match format {
        Format::Text => format!("{shown}\n"),
        Format::Json => format!("{}\n", serde_json::json!({"name": name, "token": shown})),
    });
}

async fn list(data: &Path, terminal: Terminal) -> Result<(), Failure> {
    let store = open(data, terminal).await?;
    let passes = store.passes(Clock::default().now()).await.map_err(failed)?;
    store.close().await;
    for pass in passes {
        let line = match terminal.format {
            Format::Text => format!(
                "{}  {:<8} {:<16} {:<16} {:<36} {}\n",
                pass.hash.get(..12).unwrap_or_default(),
                pass.kind,
                pass.access.role.as_str(),
                pass.access.name,
                when(pass.used_at, "cli-used", "cli-used-never", terminal),
                when(pass.expires_at, "cli-ends", "cli-ends-never", terminal),
            ),
            Format::Json => {
                let moment = |at: Option<Time>| at.map(|at| at.to_string());
                let line = serde_json::json!({
                    "hash": pass.hash, "kind": pass.kind, "role": pass.access.role.as_str(),
                    "name": pass.access.name, "used": moment(pass.used_at),
                    "ends": moment(pass.expires_at), "address": pass.address,
                });
                format!("{line}\n")
            }
        };
        print(&line);
    }
    Ok(())
}

/// A moment as the pages show it, or what it means that there is none.
fn when(at: Option<Time>, key: &'static str, never: &'static str, terminal: Terminal) -> String {
    match at {
        Some(at) => terminal.say(&Message::new(key).with("moment", Arg::Moment(at))),
        None => terminal.label(never),
    }
}

async fn revoke(arguments: &RevokeArguments, terminal: Terminal) -> Result<(), Failure> {
    let store = open(&arguments.data, terminal).await?;
    let ended = store.revoke(&arguments.hash).await.map_err(failed)?;
    if ended > 0 {
        let now = Clock::default().now();
        store.audit(now, &operator(), "revoked", &arguments.hash).await.map_err(failed)?;
    }
    store.close().await;
    if ended == 0 {
        return Err(Failure::run(Message::new("cli-no-token").word("hash", &arguments.hash)));
    }
    print(&format!("{ended}\n"));
    Ok(())
}
