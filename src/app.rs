//! Builds everything from the configuration and runs it: start, reload, graceful stop.

pub mod core;
pub mod deliver;
mod discover;
pub mod restore;
pub mod site;
mod tickets;
mod watch;

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicI64;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use self::core::{Core, CoreHandle};
use crate::api::{ApiState, Sources};
use crate::clock::Clock;
use crate::collect::poll::{Polled, poll};
use crate::collect::{Target, alertmanager, elasticsearch, host, postgres, prometheus};
use crate::detect::{Packs, Watch};
use crate::escalate::alertmanager::AlertmanagerChannel;
use crate::escalate::otrs::OtrsChannel;
use crate::fold::Event;
use crate::i18n::Catalogue;
use crate::model::Channel;
use crate::otrs::Client;
use crate::series;
use crate::store::{Access, AccessKind, Role, Store};
use crate::telemetry::Metrics;
use crate::web;
use deliver::Courier;
use site::{Site, Source};
use tickets::TicketIntake;
use watch::{SharedSeries, Watcher};

/// The data folder when none is given.
pub const DATA: &str = "vakhta-data";
/// Batches that may wait for the detectors.
const BATCHES: usize = 64;
/// How long a stop may take before tasks are abandoned; the store is safe at any moment.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where the store keeps the address of the page, for `vakhta token link`.
pub const PAGE: &str = "page";

/// The store's file in a data folder, which is made when it is not there.
///
/// # Errors
/// When the folder cannot be made.
pub fn store_file(data: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    Ok(data.join("vakhta.sqlite"))
}

/// What the one who starts the watch decides.
#[derive(Clone, Debug)]
pub struct Options {
    /// The site's main file, to be read again when asked.
    pub config: Option<PathBuf>,
    /// The folder for the store.
    pub data: PathBuf,
    /// The address to listen on instead of the site's.
    pub listen: Option<String>,
    /// Prints the greeting with the one-time link.
    pub greet: fn(&str),
}

/// Everything that the tasks share.
struct Parts {
    store: Store,
    clock: Arc<Clock>,
    metrics: Metrics,
    core: CoreHandle,
    sources: Sources,
    tasks: TaskTracker,
    /// Ends what takes things in; the core is stopped after it.
    stop: CancellationToken,
}

/// Keeps a second watch off the data folder: two of them would tell everything twice. The lock goes
/// with the process, however it ends.
fn lock(data: &Path) -> Result<File> {
    std::fs::create_dir_all(data)
        .with_context(|| format!("cannot make the data folder {}", data.display()))?;
    let path = data.join("vakhta.lock");
    let file = File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "another Vakhta works on the data folder {}; stop it, or give this one --data of its own",
            data.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    }
}

/// Runs the watch until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start: data folder, store, address.
pub async fn run(site: Site, options: &Options) -> Result<()> {
    let data = &options.data;
    let listen = options.listen.clone().unwrap_or_else(|| site.listen.clone());
    // Before the store: two engines on one address are usually two engines on one store.
    let listener = TcpListener::bind(&listen)
        .await
        .with_context(|| format!("cannot listen on {listen}; is another Vakhta running?"))?;
    let address = listener.local_addr().context("the address just opened is gone")?;
    let _lock = lock(data)?;
    let store = Store::open(&store_file(data)?).await?;
    let clock = Arc::new(Clock::default());
    let metrics = Metrics::new()?;
    let catalogue = Arc::new(Catalogue::default());
    let core =
        Core::restore(store.clone(), Arc::clone(&clock), Arc::clone(&catalogue), metrics.clone())
            .await?;
    let parts = Parts {
        store,
        clock,
        metrics,
        core: core.handle(),
        sources: Arc::new(RwLock::default()),
        tasks: TaskTracker::new(),
        stop: CancellationToken::new(),
    };
    let core_stop = CancellationToken::new();
    let core_task = TaskTracker::new();
    core_task.spawn(core.run(core_stop.clone()));
    let site = site.listening_on(address);
    configure(&parts.core, &site).await?;
    let series: SharedSeries = Arc::new(RwLock::new(series::Store::new(series::Limits::default())));
    let client = site.otrs.clone().map(Client::new).transpose()?.map(Arc::new);
    let packs = start_watching(&parts, &site, &series, client.clone()).await?;
    start_telling(&parts, &site, client).await?;
    let state = ApiState {
        core: parts.core.clone(),
        store: parts.store.clone(),
        clock: Arc::clone(&parts.clock),
        catalogue,
        metrics: parts.metrics.clone(),
        sources: Arc::clone(&parts.sources),
        charts: watch::charts(&series),
        stop: parts.stop.clone(),
    };
    let stop = parts.stop.clone();
    parts.tasks.spawn(async move {
        let router = web::router(state);
        let served = axum::serve(listener, router)
            .with_graceful_shutdown(async move { stop.cancelled().await })
            .await;
        if let Err(error) = served {
            tracing::error!(%error, "the page is gone");
        }
    });
    let greeting = greeting(&parts, &site, address).await?;
    (options.greet)(&greeting);
    until_stopped(&parts, &site, options.config.as_deref(), address, &packs).await?;
    stop_all(&parts, &core_task, &core_stop).await;
    Ok(())
}

/// Tells the core what it is to be, if that has changed.
async fn configure(core: &CoreHandle, site: &Site) -> Result<()> {
    let same = core.read(|state| *state.settings() == site.settings);
    if !same {
        core.submit(Event::Configured(Box::new(site.settings.clone()))).await?;
    }
    Ok(())
}

/// Starts the sources and the detectors; returns the way to give them new packs.
async fn start_watching(
    parts: &Parts,
    site: &Site,
    series: &SharedSeries,
    client: Option<Arc<Client>>,
) -> Result<mpsc::Sender<Arc<Packs>>> {
    let (polled_to, polled_from) = mpsc::channel::<Polled>(BATCHES);
    for source in site.sources.clone() {
        start_source(parts, source, polled_to.clone())?;
    }
    let mut targets: Vec<Target> =
        site.sources.iter().map(|source| source.target().clone()).collect();
    for url in site.alertmanager.iter().flat_map(|config| &config.urls) {
        let target = Target::new("alertmanager", &short_address(url), "vakhta");
        let collector = alertmanager::Alertmanager::new(url, target.timeout)?;
        let (clock, stop) = (Arc::clone(&parts.clock), parts.stop.clone());
        parts.tasks.spawn(poll(collector, target.clone(), clock, polled_to.clone(), stop));
        targets.push(target);
    }
    let mut watcher = Watcher {
        series: Arc::clone(series),
        watch: Watch::new(Arc::clone(&site.packs)),
        core: parts.core.clone(),
        store: parts.store.clone(),
        sources: Arc::clone(&parts.sources),
        targets,
        metrics: parts.metrics.clone(),
        clock: Arc::clone(&parts.clock),
    };
    let own = ["otrs", "vakhta"].map(str::to_owned);
    let instances = watcher.targets.iter().map(|target| target.instance.clone());
    watcher.watch.expect(instances.chain(own).collect());
    watcher.restore().await;
    let (packs_to, packs_from) = mpsc::channel(1);
    if let Some(client) = client {
        let intake = TicketIntake {
            client,
            core: parts.core.clone(),
            store: parts.store.clone(),
            clock: Arc::clone(&parts.clock),
            sources: Arc::clone(&parts.sources),
            metrics: parts.metrics.clone(),
            polled: polled_to,
        };
        parts.tasks.spawn(intake.run(parts.stop.clone()));
    }
    parts.tasks.spawn(watcher.run(polled_from, packs_from, parts.stop.clone()));
    Ok(packs_to)
}

/// An address without its scheme, as the name of a source.
fn short_address(url: &str) -> String {
    url.split_once("://").map_or(url, |(_, rest)| rest).to_owned()
}

fn start_source(parts: &Parts, source: Source, to: mpsc::Sender<Polled>) -> Result<()> {
    let (clock, stop) = (Arc::clone(&parts.clock), parts.stop.clone());
    match source {
        Source::Host(target, config) => {
            parts.tasks.spawn(poll(host::Host::new(config), target, clock, to, stop))
        }
        Source::Postgres(target, config) => {
            let collector = postgres::Postgres::new(config)?;
            parts.tasks.spawn(poll(collector, target, clock, to, stop))
        }
        Source::Elasticsearch(target, config) => {
            let collector = elasticsearch::Elasticsearch::new(&config)?;
            parts.tasks.spawn(poll(collector, target, clock, to, stop))
        }
        Source::Prometheus(target, config) => {
            let collector = prometheus::Prometheus::new(config)?;
            parts.tasks.spawn(poll(collector, target, clock, to, stop))
        }
    };
    Ok(())
}

/// Starts the channels; `client` is the one the reader of tickets uses, so that both together keep to
/// its bounds.
async fn start_telling(parts: &Parts, site: &Site, client: Option<Arc<Client>>) -> Result<()> {
    let absent =
        [(Channel::Otrs, client.is_none()), (Channel::Alertmanager, site.alertmanager.is_none())];
    for (channel, _) in absent.into_iter().filter(|(_, is_absent)| *is_absent) {
        let (store, core, stop) = (parts.store.clone(), parts.core.clone(), parts.stop.clone());
        parts.tasks.spawn(deliver::keep_giving_up(store, core, channel, stop));
    }
    if let Some(client) = client {
        let courier = courier(parts, Channel::Otrs, Arc::new(OtrsChannel { client }));
        parts.tasks.spawn(courier.run(parts.stop.clone()));
    }
    if let Some(config) = &site.alertmanager {
        let client = crate::http::client(config.timeout, Duration::from_secs(5))?;
        let channel = Arc::new(AlertmanagerChannel::new(config.clone(), client));
        let courier = courier(parts, Channel::Alertmanager, Arc::clone(&channel));
        parts.tasks.spawn(courier.run(parts.stop.clone()));
        parts.tasks.spawn(deliver::keep_alerting(
            channel,
            parts.store.clone(),
            parts.core.clone(),
            Arc::clone(&parts.clock),
            parts.stop.clone(),
        ));
    }
    Ok(())
}

fn courier<C>(parts: &Parts, channel: Channel, via: Arc<C>) -> Courier<C> {
    Courier {
        channel,
        via,
        store: parts.store.clone(),
        core: parts.core.clone(),
        clock: Arc::clone(&parts.clock),
        metrics: parts.metrics.clone(),
        succeeded_at: AtomicI64::default(),
    }
}

/// The address with a one-time sign-in link, and what was found on this machine.
async fn greeting(parts: &Parts, site: &Site, address: SocketAddr) -> Result<String> {
    let access = Access { name: "admin".into(), role: Role::Admin };
    let now = parts.clock.now();
    let expires = Some(now.plus_millis(3_600_000));
    let token = parts.store.add_access(AccessKind::SignIn, &access, now, expires).await?;
    parts.store.set_note(PAGE, site.settings.escalation.page_url.as_bytes()).await?;
    let page = site::reached_at(address);
    let mut text = format!(
        "Вахта началась. Откройте страницу (ссылка одноразовая, действует час):\n\
         The watch is on. Open the page (the link works once, for an hour):\n\n  \
         {page}/sign-in?token={token}\n\n"
    );
    tracing::info!(%address, page, "listening");
    if site.is_default {
        let offers = discover::on_loopback().await;
        for offer in &offers {
            text.push_str(&offer.shown());
        }
        let mut sources = parts.sources.write().unwrap_or_else(PoisonError::into_inner);
        for offer in offers {
            let name = format!("{}/{}", offer.health.kind, offer.health.instance);
            sources.insert(name, offer.health);
        }
    }
    Ok(text)
}

/// Waits for SIGTERM or SIGINT; SIGHUP reads the configuration again.
async fn until_stopped(
    parts: &Parts,
    site: &Site,
    config: Option<&Path>,
    address: SocketAddr,
    packs: &mpsc::Sender<Arc<Packs>>,
) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hang_up.recv() => tokio::select! {
                () = reload(parts, site, config, address, packs) => {}
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
            },
        }
    }
    tracing::info!("stopping");
    Ok(())
}

/// Takes over what may change while running: topology, packs, policies, grouping, life cycle.
/// Sources and channels need a restart, which loses nothing; the log says so when they differ.
async fn reload(
    parts: &Parts,
    site: &Site,
    config: Option<&Path>,
    address: SocketAddr,
    packs: &mpsc::Sender<Arc<Packs>>,
) {
    let Some(file) = config else { return tracing::info!("no configuration to read again") };
    match Site::load(file) {
        Err(errors) => {
            for error in &errors {
                tracing::error!("{error}");
            }
            tracing::error!(errors = errors.len(), "the old configuration goes on");
        }
        Ok(fresh) => {
            if fresh.needs_restart(site) {
                tracing::warn!("sources, channels or the address have changed: restart for that");
            }
            let fresh = fresh.for_channels(Some(site)).listening_on(address);
            if let Err(error) = configure(&parts.core, &fresh).await {
                return tracing::error!(%error, "the old configuration goes on");
            }
            if packs.send(Arc::clone(&fresh.packs)).await.is_err() {
                tracing::error!("the detectors are gone");
            }
            tracing::info!("configuration read again");
        }
    }
}

/// First what takes things in, then the core, then the store.
async fn stop_all(parts: &Parts, core_task: &TaskTracker, core_stop: &CancellationToken) {
    parts.stop.cancel();
    parts.tasks.close();
    if tokio::time::timeout(PATIENCE, parts.tasks.wait()).await.is_err() {
        tracing::warn!("some tasks did not end in time");
    }
    core_stop.cancel();
    core_task.close();
    if tokio::time::timeout(PATIENCE, core_task.wait()).await.is_err() {
        tracing::warn!("the core did not end in time; the log is safe");
    }
    parts.store.close().await;
}
