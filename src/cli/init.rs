//! `vakhta init DIR`: writes a commented site, ready to run with what was named.

use std::fs;
use std::path::{Path, PathBuf};

use super::backup::refused;
use super::terminal::Terminal;
use super::{Failure, print};
use crate::app::site::Site;
use crate::model::Message;
use crate::topology;

const MAIN: &str = include_str!("init/vakhta.yaml");
const POLICIES: &str = include_str!("init/policies.yaml");
const SOLUTIONS: &str = include_str!("init/solutions.yaml");

/// What the site watches and whom it tells.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Passwords never go into the site: it names files or environment variables.\n\n\
    Example:\n  vakhta init site --postgres postgres://vakhta@db1:5432/crm \\\n    \
    --otrs http://otrs/otrs/nph-genericinterface.pl/Webservice/GenericTicketConnectorREST \\\n    \
    --alertmanager http://127.0.0.1:9093"
)]
pub struct Arguments {
    /// The folder to write; made when it is not there, files in it are not overwritten.
    dir: PathBuf,
    /// A PostgreSQL server: postgres://user@host:port/database; may be given several times.
    #[arg(long)]
    postgres: Vec<String>,
    /// An Elasticsearch or OpenSearch node; several are nodes of one cluster.
    #[arg(long)]
    elasticsearch: Vec<String>,
    /// A Prometheus endpoint, with its path; may be given several times.
    #[arg(long)]
    prometheus: Vec<String>,
    /// The REST web service of OTRS or Znuny.
    #[arg(long)]
    otrs: Option<String>,
    /// An Alertmanager; several form one cluster.
    #[arg(long)]
    alertmanager: Vec<String>,
}

/// Refuses addresses that carry a password: it would end up in a file that is not secret.
fn without_passwords(arguments: &Arguments) -> Result<(), Failure> {
    let named = [
        ("--elasticsearch", arguments.elasticsearch.as_slice()),
        ("--prometheus", arguments.prometheus.as_slice()),
        ("--otrs", arguments.otrs.as_slice()),
        ("--alertmanager", arguments.alertmanager.as_slice()),
    ];
    for (option, urls) in named {
        let secret =
            |url: &&String| reqwest::Url::parse(url).is_ok_and(|url| url.password().is_some());
        if urls.iter().any(|url| secret(&url)) {
            return Err(Failure::usage(Message::new("cli-init-password").word("option", option)));
        }
    }
    Ok(())
}

/// Writes the site and checks it.
///
/// # Errors
/// When a file is there already or cannot be written, or an address is wrong (exit code 2).
pub fn run(arguments: &Arguments, terminal: Terminal) -> Result<(), Failure> {
    without_passwords(arguments)?;
    let dir = &arguments.dir;
    let is_new = !dir.exists();
    let files = [
        ("vakhta.yaml", main_file(arguments)?),
        ("topology.yaml", topology::SHIPPED.to_owned()),
        ("policies.yaml", POLICIES.to_owned()),
        ("solutions.yaml", SOLUTIONS.to_owned()),
    ];
    for (name, _) in &files {
        let path = dir.join(name);
        if path.exists() {
            let message = Message::new("cli-init-there").word("file", path.display().to_string());
            return Err(Failure::usage(message));
        }
    }
    fs::create_dir_all(dir).map_err(refused("cli-cannot-make", dir))?;
    for (name, text) in &files {
        let path = dir.join(name);
        fs::write(&path, text).map_err(refused("cli-cannot-write", &path))?;
    }
    secrets(arguments, dir)?;
    let file = dir.join("vakhta.yaml");
    if let Err(errors) = Site::load(&file) {
        // The next try must not find half a site. A folder that was there keeps what else is in it.
        if is_new {
            drop(fs::remove_dir_all(dir));
        } else {
            for (name, _) in &files {
                drop(fs::remove_file(dir.join(name)));
            }
        }
        return Err(super::check::failure(&errors, terminal.for_people()));
    }
    print(&next_steps(arguments, &file, terminal));
    Ok(())
}

/// The secret files that the site names, readable by their owner only: with the password that was given, else with a
/// fresh one to be set on the other side.
fn secrets(arguments: &Arguments, dir: &Path) -> Result<(), Failure> {
    let mut wanted: Vec<(&str, String)> = Vec::new();
    if !arguments.postgres.is_empty() {
        let given = arguments
            .postgres
            .iter()
            .find_map(|url| reqwest::Url::parse(url).ok()?.password().map(str::to_owned));
        wanted.push(("postgres.password", given.unwrap_or_else(fresh_password)));
    }
    if arguments.otrs.is_some() {
        wanted.push(("otrs.password", fresh_password()));
    }
    for (name, password) in wanted {
        let path = dir.join(name);
        if !path.exists() {
            use std::io::Write;
            use std::os::unix::fs::OpenOptionsExt;
            let mut options = fs::OpenOptions::new();
            options.write(true).create_new(true).mode(0o600);
            let file = options.open(&path);
            file.and_then(|mut file| writeln!(file, "{password}"))
                .map_err(refused("cli-cannot-write", &path))?;
        }
    }
    Ok(())
}

/// A password of 120 random bits.
pub(super) fn fresh_password() -> String {
    use rand::Rng;
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyz23456789";
    let mut bytes = [0_u8; 24];
    rand::rng().fill_bytes(&mut bytes);
    let letters = bytes.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
    letters.map(|letter| char::from(*letter)).collect()
}

fn next_steps(arguments: &Arguments, file: &Path, terminal: Terminal) -> String {
    let (file, dir) = (file.display().to_string(), arguments.dir.display().to_string());
    let say = |key| terminal.say(&Message::new(key).word("file", &file).word("dir", &dir));
    let mut text = format!("{}\n\n{}\n", say("cli-init-written"), say("cli-init-next"));
    let mut step = |key| text.push_str(&format!("  {}\n", say(key)));
    if !arguments.postgres.is_empty() {
        step("cli-init-step-role");
        step("cli-init-step-password");
    }
    if arguments.otrs.is_some() {
        step("cli-init-step-otrs");
    }
    if arguments.otrs.is_some() || !arguments.alertmanager.is_empty() {
        step("cli-init-step-page");
    }
    text.push_str(&format!("  vakhta check {file}\n  vakhta run --config {file}\n"));
    text
}

fn main_file(arguments: &Arguments) -> Result<String, Failure> {
    let mut collect = String::new();
    for (n, url) in arguments.postgres.iter().enumerate() {
        let parsed = reqwest::Url::parse(url).ok().filter(|u| u.scheme().starts_with("postgres"));
        let Some(mut parsed) = parsed else {
            return Err(Failure::usage(Message::new("cli-init-postgres").word("url", url)));
        };
        // A password typed here does not get into the file.
        let _no_host_no_password = parsed.set_password(None);
        if n == 0 {
            collect.push_str("  postgres:\n");
        }
        collect.push_str(&format!(
            "    - name: crm-db-{}\n      url: {parsed}\n      password_file: {}\n",
            n + 1,
            quoted("postgres.password")
        ));
    }
    if !arguments.elasticsearch.is_empty() {
        let urls: Vec<String> = arguments.elasticsearch.iter().map(|url| quoted(url)).collect();
        collect.push_str(&format!(
            "  elasticsearch:\n    - name: crm-search\n      urls: [{}]\n",
            urls.join(", ")
        ));
    }
    for (n, url) in arguments.prometheus.iter().enumerate() {
        if n == 0 {
            collect.push_str("  prometheus:\n");
        }
        collect.push_str(&format!(
            "    - name: endpoint-{}\n      url: {}\n      system: crm-app   # the system it speaks of\n",
            n + 1,
            quoted(url)
        ));
    }
    let otrs = arguments.otrs.as_ref().map_or_else(String::new, |url| {
        format!(
            "otrs:\n  url: {}\n  user: vakhta\n  password_file: {}\n  customer_user: vakhta\n  \
             # Имена динамических полей в ОТРС; чего там нет, уберите.   Names of dynamic fields there.\n  \
             dynamic_fields: {{problem_id: ProblemId, idempotency_key: IdempotencyKey, affected_system: AffectedSystem, mrf: MRF}}\n\n",
            quoted(url),
            quoted("otrs.password")
        )
    });
    let alertmanager = if arguments.alertmanager.is_empty() {
        String::new()
    } else {
        let urls: Vec<String> = arguments.alertmanager.iter().map(|url| quoted(url)).collect();
        format!("alertmanager:\n  urls: [{}]\n\n", urls.join(", "))
    };
    Ok(MAIN
        .replace("  # @collect\n", &collect)
        .replace("# @otrs\n", &otrs)
        .replace("# @alertmanager\n", &alertmanager)
        .replace("@host", &crate::app::site::host_name()))
}

/// A YAML text in double quotes: JSON strings are that.
fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
