//! Looks at everything that the watch needs, once, and says what is wrong with each and what to do: before the first
//! start, and when something does not work.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use anyhow::Result;

use super::site::Site;
use super::sources::{Visit, each};
use crate::clock::Clock;
use crate::collect::{Collect, CollectError, Samples, Target};
use crate::config::system_error;
use crate::i18n::Catalogue;
use crate::model::{Message, Text};
use crate::otrs::{AdviceLevel, Client};
use crate::topology::Topology;

/// Free room below which the log will soon not be written, bytes.
const ROOM: u64 = 1 << 30;
/// Clocks further apart than this make times of tickets and findings disagree, seconds.
const APART: f64 = 5.0;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// It works.
    Good,
    /// It works, but less than it could.
    Weak,
    /// It does not.
    Bad,
}

/// One thing that was looked at.
#[derive(Clone, Debug)]
pub struct Examined {
    /// What.
    pub what: String,
    /// How it is.
    pub verdict: Verdict,
    /// What was found, and what to do about it.
    pub text: Text,
}

impl Examined {
    fn new(what: impl Into<String>, verdict: Verdict, text: Text) -> Self {
        Self { what: what.into(), verdict, text }
    }
}

type Poll = Pin<Box<dyn Future<Output = Examined> + Send>>;

/// Polls each source once.
#[derive(Default)]
struct Once {
    polls: Vec<Poll>,
}

impl Visit for Once {
    fn visit<C, S>(&mut self, target: Target, _settings: S, mut collector: C)
    where
        C: Collect + 'static,
        S: PartialEq + Send + 'static,
    {
        self.polls.push(Box::pin(async move {
            let mut samples = Samples::new(target.base_labels()).at_most(target.max_series);
            let polled =
                tokio::time::timeout(target.timeout, collector.collect(&mut samples)).await;
            let error = match polled {
                Ok(Ok(())) => None,
                Ok(Err(error)) => Some(error),
                Err(_) => Some(CollectError::Timeout {
                    what: target.instance.clone(),
                    seconds: target.timeout.as_secs_f64(),
                }),
            };
            let what = format!("{} {}", target.kind, target.instance);
            match (error, Text::joined(&collector.notes())) {
                (Some(error), _) => Examined::new(what, Verdict::Bad, error.text()),
                (None, Some(notes)) => Examined::new(what, Verdict::Weak, notes),
                (None, None) => {
                    let count = samples.len();
                    let text = Text::new(
                        format!("отвечает, рядов: {count}"),
                        format!("answers, {count} series"),
                    );
                    Examined::new(what, Verdict::Good, text)
                }
            }
        }));
    }
}

/// Looks at a site and a data folder.
///
/// # Errors
/// When a source cannot even be prepared: its settings contradict each other.
pub async fn examine(site: &Site, data: &Path) -> Result<Vec<Examined>> {
    let mut found = vec![folder(data)];
    found.extend(room(data));
    let mut once = Once::default();
    each(site, &mut once)?;
    found.extend(futures_util::future::join_all(once.polls).await);
    if let Some(config) = site.otrs.clone() {
        found.extend(tickets(&Client::new(config)?).await);
    }
    for url in site.alertmanager.iter().flat_map(|config| &config.urls) {
        found.extend(clock(url).await);
    }
    Ok(found)
}

/// The data folder can be written, and nobody else reads it.
fn folder(data: &Path) -> Examined {
    let what = format!("{}", data.display());
    if !data.exists() {
        let text = Text::new(
            "папки данных ещё нет: её создаст первый запуск",
            "the data folder is not there yet: the first start makes it",
        );
        return Examined::new(what, Verdict::Good, text);
    }
    let probe = data.join(".vakhta-doctor");
    if let Err(error) = std::fs::write(&probe, b"x").and_then(|()| std::fs::remove_file(&probe)) {
        let message = Message::new("cli-doctor-folder").with("error", system_error(&error));
        let text = Catalogue::shared().both(&message, &Topology::default());
        return Examined::new(what, Verdict::Bad, text);
    }
    let mode = std::fs::metadata(data).map_or(0, |about| about.permissions().mode());
    if mode & 0o077 != 0 {
        let text = Text::new(
            format!("папку данных читают и другие: chmod 700 {}", data.display()),
            format!("others can read the data folder: chmod 700 {}", data.display()),
        );
        return Examined::new(what, Verdict::Weak, text);
    }
    Examined::new(
        what,
        Verdict::Good,
        Text::new("папка данных в порядке", "the data folder is in order"),
    )
}

fn room(data: &Path) -> Option<Examined> {
    let place = data.ancestors().find(|place| place.exists())?;
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    let about = rustix::fs::statvfs(place).ok()?;
    let free = about.f_bavail.saturating_mul(about.f_frsize);
    let (ru, en) = (
        crate::detect::shown_bytes(free, crate::model::Language::Ru),
        crate::detect::shown_bytes(free, crate::model::Language::En),
    );
    let what = format!("{}", place.display());
    Some(if free < ROOM {
        let text = Text::new(
            format!("на диске свободно {ru}: журнал скоро не запишется, освободите место"),
            format!("{en} free on the disk: the log will soon not be written, make room"),
        );
        Examined::new(what, Verdict::Bad, text)
    } else {
        let text = Text::new(format!("на диске свободно {ru}"), format!("{en} free on the disk"));
        Examined::new(what, Verdict::Good, text)
    })
}

/// Signs in to the ticket system and reads with a canary what can be told by reading.
async fn tickets(client: &Client) -> Vec<Examined> {
    match client.canary().await {
        Err(error) => vec![Examined::new("otrs", Verdict::Bad, error.text())],
        Ok(advice) if advice.is_empty() => {
            let text = Text::new(
                "вход и чтение обращений работают; право записи проверит первый тикет",
                "signing in and reading tickets work; the right to write shows with the first ticket",
            );
            vec![Examined::new("otrs", Verdict::Good, text)]
        }
        Ok(advice) => {
            let verdict = |level| match level {
                AdviceLevel::Warning => Verdict::Weak,
                AdviceLevel::Error => Verdict::Bad,
            };
            advice
                .into_iter()
                .map(|one| Examined::new("otrs", verdict(one.level), one.text))
                .collect()
        }
    }
}

/// Compares our clock with that of a server that says its own.
async fn clock(url: &str) -> Option<Examined> {
    let client = crate::http::client(Duration::from_secs(5), Duration::from_secs(3)).ok()?;
    let answer = client.get(url).send().await.ok()?;
    let date = answer.headers().get("date")?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_millisecond();
    let ours = Clock::default().now();
    let apart = ours.seconds_since(crate::model::Time(theirs)).abs();
    // A date has whole seconds.
    Some(if apart > APART {
        let text = Text::new(
            format!("часы расходятся с {url} на {apart:.0} с: настройте синхронизацию времени"),
            format!("the clock is {apart:.0} s apart from {url}: see to time synchronisation"),
        );
        Examined::new("clock", Verdict::Bad, text)
    } else {
        let text =
            Text::new(format!("часы сходятся с {url}"), format!("the clock agrees with {url}"));
        Examined::new("clock", Verdict::Good, text)
    })
}
