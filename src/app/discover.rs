//! What else runs on this machine: PostgreSQL and Elasticsearch or OpenSearch on loopback, offered
//! with what is missing to watch them. Nothing is watched without being named by the operator.

use futures_util::future::join_all;

use crate::collect::postgres::Found;
use crate::collect::{SourceHealth, elasticsearch, postgres};
use crate::model::{Language, Text};

const POSTGRES_PORTS: [u16; 3] = [5432, 5433, 5434];
const SEARCH_PORTS: [u16; 3] = [9200, 9201, 9202];

/// Something found.
pub(super) struct Offer {
    /// How the page shows it.
    pub(super) health: SourceHealth,
    /// The command that makes a site with it.
    command: String,
}

impl Offer {
    /// For the terminal.
    pub(super) fn shown(&self, language: Language) -> String {
        let Some(text) = &self.health.message else { return String::new() };
        format!("  {}\n    {}\n\n", text.get(language), self.command)
    }
}

/// Looks at the usual ports.
pub(super) async fn on_loopback() -> Vec<Offer> {
    let databases = join_all(POSTGRES_PORTS.map(database)).await;
    let clusters = join_all(SEARCH_PORTS.map(cluster)).await;
    databases.into_iter().chain(clusters).flatten().collect()
}

fn offer(kind: &str, address: String, system: &str, message: Text, command: String) -> Offer {
    Offer {
        health: SourceHealth {
            kind: kind.to_owned(),
            instance: address,
            system: system.to_owned(),
            up: false,
            offered: true,
            polled_at: None,
            seconds: 0.0,
            samples: 0,
            message: Some(message),
        },
        command,
    }
}

async fn database(port: u16) -> Option<Offer> {
    let address = format!("127.0.0.1:{port}");
    let report = postgres::probe(&format!("postgres://vakhta@{address}/postgres"), None).await;
    let version = match report.found {
        Found::Nothing { .. } | Found::Silent => return None,
        Found::Refused { .. } => String::new(),
        Found::Server { version } => format!(" {version}"),
    };
    let needed = report.missing.iter().filter(|right| right.is_needed);
    let sql: Vec<&str> = needed.map(|right| right.sql.as_str()).collect();
    let message = if sql.is_empty() {
        Text::new(
            format!("Найден PostgreSQL{version} на {address}, можно подключать."),
            format!("PostgreSQL{version} found on {address}, ready to be watched."),
        )
    } else {
        let sql = sql.join(" ");
        Text::new(
            format!(
                "Найден PostgreSQL{version} на {address}. Чтобы следить за ним, выполните в нём: {sql}"
            ),
            format!("PostgreSQL{version} found on {address}. To watch it, run there: {sql}"),
        )
    };
    let command = format!("vakhta init site --postgres postgres://vakhta@{address}/postgres");
    Some(offer("postgres", address, "crm-db", message, command))
}

async fn cluster(port: u16) -> Option<Offer> {
    let address = format!("127.0.0.1:{port}");
    let report = elasticsearch::probe(&format!("http://{address}")).await;
    let product = report.product?.name();
    let version = report.version.as_deref().unwrap_or("").to_owned();
    let missing = report.missing.clone();
    let message = match missing {
        Some(missing) => Text::new(
            format!(
                "Найден {product} {version} на {address}. Чтобы следить за ним: {}",
                missing.ru
            ),
            format!("{product} {version} found on {address}. To watch it: {}", missing.en),
        ),
        None => Text::new(
            format!("Найден {product} {version} на {address}, можно подключать."),
            format!("{product} {version} found on {address}, ready to be watched."),
        ),
    };
    let command = format!("vakhta init site --elasticsearch http://{address}");
    Some(offer("elasticsearch", address, "crm-search", message, command))
}
