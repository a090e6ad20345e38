//! Builds everything from the configuration and runs it: [`App::start`], [`App::reload`], [`App::stop`].

mod charts;
mod deliver;
mod discover;
pub mod doctor;
pub mod listener;
mod lock;
pub mod site;
mod sources;
mod states;
mod supervise;
#[cfg(test)]
mod tests;
mod tickets;
mod watch;

use std::net::SocketAddr;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::api::{ApiState, Peer};
use crate::clock::Clock;
use crate::collect::Sources;
use crate::collect::poll::Polled;
use crate::detect::{Rules, Watch};
use crate::engine::{Engine, EngineHandle};
use crate::escalate::alertmanager::AlertmanagerChannel;
use crate::escalate::otrs::OtrsChannel;
use crate::fold::Event;
use crate::i18n::{Catalogue, Told};
use crate::model::{Channel, Language, Message};
use crate::otrs::Client;
use crate::people::Doors;
use crate::recorder::{Kept, Recorder};
use crate::series;
use crate::store::{Access, AccessKind, Recording, Role, Store};
use crate::telemetry::Metrics;
use crate::web;
use deliver::Courier;
use listener::{Door, Shown};
pub use lock::DataLock;
use site::Site;
use supervise::{Fallen, Supervisor};
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

/// The store's file in a data folder; nothing is made.
#[must_use]
pub fn store_path(data: &Path) -> PathBuf {
    data.join("vakhta.sqlite")
}

/// The store's file in a data folder, both made when they are not there.
///
/// # Errors
/// When the folder cannot be made.
pub fn store_file(data: &Path) -> Result<PathBuf> {
    make_private(data)?;
    private_file(store_path(data))
}

/// Makes a database's file, for its owner alone, before SQLite does it: its other files take over the rights of this one.
fn private_file(file: PathBuf) -> Result<PathBuf> {
    let mut make = std::fs::OpenOptions::new();
    let made = make.append(true).create(true).mode(0o600).open(&file);
    made.map_err(|error| Told::of("cli-cannot-write", &file, &error))?;
    let mode = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&file, mode)
        .map_err(|error| Told::of("cli-cannot-restrict", &file, &error))?;
    Ok(file)
}

/// Makes the data folder, for its owner alone: tickets and who may come in are nobody else's.
fn make_private(data: &Path) -> Result<()> {
    if !data.exists() {
        let mut folder = std::fs::DirBuilder::new();
        let made = folder.recursive(true).mode(0o700).create(data);
        made.map_err(|error| Told::of("cli-cannot-make-data", data, &error))?;
    }
    Ok(())
}

/// Options from the command line.
#[derive(Clone, Debug)]
pub struct Options {
    /// The site's main file, to be read again when asked.
    pub config: Option<PathBuf>,
    /// The folder for the store.
    pub data: PathBuf,
    /// The address to listen on instead of the site's.
    pub listen: Option<String>,
    /// Leave out events of the log that cannot be read.
    pub skip_unreadable: bool,
    /// Prints the greeting with the one-time link.
    pub greet: fn(&str),
    /// The language of the greeting.
    pub language: Language,
}

/// What the tasks share.
#[derive(Clone, Debug)]
struct Parts {
    rules: Rules,
    refused: Arc<AtomicUsize>,
    doors: Doors,
    store: Store,
    clock: Arc<Clock>,
    metrics: Metrics,
    engine: EngineHandle,
    sources: Sources,
    supervisor: Supervisor,
    /// Where batches go.
    polled: mpsc::Sender<Polled>,
}

/// The running program.
#[derive(Debug)]
pub struct App {
    parts: Parts,
    site: Site,
    address: SocketAddr,
    engine_stop: CancellationToken,
    engine_task: TaskTracker,
    packs: mpsc::Sender<watch::Change>,
    language: Language,
    /// The certificate that pages are served with.
    shown: Option<Arc<Shown>>,
    fallen: Fallen,
    _lock: DataLock,
}

/// Records samples for trials. Without it the watch goes on: trials look at what is in memory then.
async fn recorder(
    data: &Path,
    site: &Site,
    series: &SharedSeries,
    rules: &Rules,
) -> Option<Arc<Recorder>> {
    let kept = Kept { lasts_ms: site.retention.samples_ms, bytes: site.limits.recorded };
    let file = data.join("samples.sqlite");
    let opened = match private_file(file.clone()) {
        Ok(file) => Recording::open(&file).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    match opened {
        Ok(recording) => {
            let (series, rules) = (Arc::clone(series), rules.clone());
            Some(Arc::new(Recorder::new(recording, series, rules, kept)))
        }
        Err(error) => {
            let file = file.display();
            tracing::error!(%file, "samples are not recorded: {error:#}; move the file away and start again");
            None
        }
    }
}

/// Runs the watch until SIGTERM or SIGINT.
///
/// # Errors
/// When it cannot start (data folder, store, address), or a part of it has fallen.
pub async fn run(site: Site, options: &Options) -> Result<()> {
    let mut app = App::start(site, options).await?;
    (options.greet)(&app.greeting().await?);
    app.tell_systemd();
    let ended = app.until_stopped(options.config.as_deref()).await;
    app.stop().await;
    ended
}

impl App {
    /// Starts everything.
    ///
    /// # Errors
    /// When it cannot start: data folder, store, address.
    pub async fn start(site: Site, options: &Options) -> Result<Self> {
        let data = &options.data;
        let listen = options.listen.clone().unwrap_or_else(|| site.listen.clone());
        // Before the store: two engines on one address are usually two engines on one store.
        let listener = TcpListener::bind(&listen)
            .await
            .map_err(|error| Told::of("cli-cannot-listen", Path::new(&listen), &error))?;
        let address = listener.local_addr().context("the address just opened is gone")?;
        let lock = lock::DataLock::take(data)?;
        let store = Store::open(&store_file(data)?).await?;
        let clock = Arc::new(Clock::default());
        let metrics = Metrics::new()?;
        let catalogue = Arc::new(Catalogue::on(site.zones.clone()));
        let engine = Engine::restore(
            store.clone(),
            Arc::clone(&clock),
            Arc::clone(&catalogue),
            metrics.clone(),
            (site.retention, options.skip_unreadable),
        )
        .await?;
        let (supervisor, fallen) = Supervisor::new();
        let (polled, polled_from) = mpsc::channel::<Polled>(BATCHES);
        let parts = Parts {
            store,
            clock,
            metrics,
            engine: engine.handle(),
            sources: Sources::default(),
            supervisor,
            polled,
            rules: Rules::default(),
            doors: Doors::default(),
            refused: Arc::default(),
        };
        parts.rules.set(Arc::clone(&site.packs));
        parts.doors.set(site.access.clone())?;
        let (engine_stop, engine_task) = (CancellationToken::new(), TaskTracker::new());
        // The engine outlives the other tasks; its end ends the process.
        let running = engine_task.spawn(engine.run(engine_stop.clone()));
        parts.supervisor.watch("engine", running, engine_stop.clone());
        let site = site.listening_on(address);
        configure(&parts.engine, &site).await?;
        let series: SharedSeries = Arc::new(RwLock::new(series::Store::new(site.limits.series)));
        let recorder = recorder(data, &site, &series, &parts.rules).await;
        if let Some(recorder) = &recorder {
            let (clock, stop) = (Arc::clone(&parts.clock), parts.supervisor.stop());
            parts.supervisor.spawn("recorder", Arc::clone(recorder).run(clock, stop));
        }
        let packs = start_watching(&parts, &catalogue, &site, &series, polled_from).await;
        let (door, shown) = open_door(listener, &site, &parts.supervisor)?;
        let app = Self {
            parts,
            site,
            address,
            engine_stop,
            engine_task,
            packs,
            language: options.language,
            shown,
            fallen,
            _lock: lock,
        };
        app.start_outside().await?;
        let charts = charts::ChartKeeper {
            engine: app.parts.engine.clone(),
            store: app.parts.store.clone(),
            charts: watch::charts(&series),
            clock: Arc::clone(&app.parts.clock),
        };
        app.parts.supervisor.spawn("charts", charts.run(app.parts.supervisor.stop()));
        let parts = &app.parts;
        let states = states::StateKeeper::new(
            parts.engine.clone(),
            parts.store.clone(),
            parts.sources.clone(),
            Arc::clone(&parts.clock),
        );
        parts.supervisor.spawn("states", states.run(parts.supervisor.stop()));
        app.serve(door, catalogue, &series, recorder);
        Ok(app)
    }

    /// The address that is listened on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The way to the engine.
    #[must_use]
    pub fn engine(&self) -> &EngineHandle {
        &self.parts.engine
    }

    fn serve(
        &self,
        door: Door,
        catalogue: Arc<Catalogue>,
        series: &SharedSeries,
        recorder: Option<Arc<Recorder>>,
    ) {
        let stop = self.parts.supervisor.stop();
        let state = ApiState {
            engine: self.parts.engine.clone(),
            store: self.parts.store.clone(),
            clock: Arc::clone(&self.parts.clock),
            catalogue,
            metrics: self.parts.metrics.clone(),
            sources: self.parts.sources.clone(),
            charts: watch::charts(series),
            attention: crate::api::Attention::default(),
            throttle: crate::api::Throttle::default(),
            series: Arc::clone(series),
            recorder,
            rules: self.parts.rules.clone(),
            doors: self.parts.doors.clone(),
            body_limit: self.site.limits.body,
            refused: Arc::clone(&self.parts.refused),
            stop: stop.clone(),
        };
        self.parts.supervisor.spawn("pages", async move {
            let router = web::router(state);
            // Who guesses passwords, and which screen shows the wall, goes by the address.
            let router = router.into_make_service_with_connect_info::<Peer>();
            let served = axum::serve(door, router)
                .with_graceful_shutdown(async move { stop.cancelled().await })
                .await;
            if let Err(error) = served {
                tracing::error!(%error, "the page is gone");
            }
        });
    }

    /// Starts, changes and stops sources and channels, so that they are those of the site.
    async fn start_outside(&self) -> Result<()> {
        let client = self.site.otrs.clone().map(Client::new).transpose()?.map(Arc::new);
        sources::keep(&self.parts, &self.site)?;
        let targets = sources::targets(&self.site);
        // Detectors being gone means that the engine is stopping.
        drop(self.packs.send(watch::Change::Targets(targets)).await);
        self.keep_tickets(client.as_ref());
        self.keep_channels(client)?;
        Ok(())
    }

    fn keep_tickets(&self, client: Option<&Arc<Client>>) {
        let parts = &self.parts;
        let Some(client) = client.cloned() else {
            parts.supervisor.retain(|name| name != "tickets");
            return parts.sources.forget("otrs", "otrs");
        };
        parts.supervisor.keep("tickets", self.site.otrs.clone(), |stop| {
            let intake = TicketIntake {
                client,
                engine: parts.engine.clone(),
                store: parts.store.clone(),
                clock: Arc::clone(&parts.clock),
                sources: parts.sources.clone(),
                metrics: parts.metrics.clone(),
                polled: parts.polled.clone(),
            };
            intake.run(stop)
        });
    }

    /// Starts the channels; `client` is the one the reader of tickets uses, so that both together keep to
    /// its bounds.
    fn keep_channels(&self, client: Option<Arc<Client>>) -> Result<()> {
        let parts = &self.parts;
        let giving_up = |channel: Channel| {
            let (store, engine) = (parts.store.clone(), parts.engine.clone());
            parts.supervisor.keep(&channel_task(channel), (), |stop| {
                deliver::give_up(store, engine, channel, stop)
            });
        };
        match client {
            None => giving_up(Channel::Otrs),
            Some(client) => {
                let settings = self.site.otrs.clone();
                parts.supervisor.keep(&channel_task(Channel::Otrs), settings, |stop| {
                    Courier::new(parts, Channel::Otrs, Arc::new(OtrsChannel { client })).run(stop)
                });
            }
        }
        let Some(config) = &self.site.alertmanager else {
            giving_up(Channel::Alertmanager);
            parts.supervisor.retain(|name| name != "resend");
            return Ok(());
        };
        let client = crate::http::client(config.timeout, Duration::from_secs(5))?;
        let channel = Arc::new(AlertmanagerChannel::new(config.clone(), client));
        let settings = config.clone();
        let via = Arc::clone(&channel);
        parts.supervisor.keep(&channel_task(Channel::Alertmanager), settings.clone(), |stop| {
            Courier::new(parts, Channel::Alertmanager, via).run(stop)
        });
        let (engine, clock) = (parts.engine.clone(), Arc::clone(&parts.clock));
        parts
            .supervisor
            .keep("resend", settings, |stop| deliver::resend_alerts(channel, engine, clock, stop));
        Ok(())
    }

    /// The address with a one-time sign-in link, and what was found on this machine.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn greeting(&self) -> Result<String> {
        let parts = &self.parts;
        let now = parts.clock.now();
        let page_url = &self.site.settings.escalation.page_url;
        parts.store.set_note(PAGE, page_url.as_bytes()).await?;
        let page = site::reached_at(self.address, self.shown.is_some());
        let mut text = if parts.store.has_admin(now).await? {
            let on = Message::new("cli-greeting").word("page", &page);
            format!("{}\n\n", self.say(&on))
        } else {
            // Nobody could come in otherwise; later starts print no way in.
            let access = Access::new("admin", Role::Admin);
            let expires = Some(now.plus_millis(3_600_000));
            let token = parts.store.add_access(AccessKind::SignIn, &access, now, expires).await?;
            let on = self.say(&Message::new("cli-greeting-link"));
            format!("{on}\n\n  {page}/sign-in?token={token}\n\n")
        };
        tracing::info!(address = %self.address, page, "listening");
        if self.site.is_default {
            for offer in discover::on_loopback().await {
                text.push_str(&offer.shown(self.language));
                parts.sources.put(offer.health);
            }
        }
        Ok(text)
    }

    fn say(&self, message: &Message) -> String {
        Catalogue::shared().words(message, self.language)
    }

    /// Tells systemd that the watch has started, and from then on that its core answers: one that hangs is started
    /// again. Elsewhere nobody listens.
    fn tell_systemd(&self) {
        drop(sd_notify::notify(&[sd_notify::NotifyState::Ready]));
        let Some(patience) = sd_notify::watchdog_enabled() else { return };
        let (engine, stop) = (self.parts.engine.clone(), self.parts.supervisor.stop());
        self.parts.supervisor.spawn("watchdog", async move {
            let mut every = tokio::time::interval(patience / 3);
            loop {
                tokio::select! {
                    () = stop.cancelled() => return,
                    _ = every.tick() => {}
                }
                if engine.is_alive(patience / 3).await {
                    drop(sd_notify::notify(&[sd_notify::NotifyState::Watchdog]));
                }
            }
        });
    }

    /// Waits for SIGTERM or SIGINT; SIGHUP reads the configuration again.
    async fn until_stopped(&mut self, config: Option<&Path>) -> Result<()> {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut hang_up = signal(SignalKind::hangup())?;
        loop {
            tokio::select! {
                _ = terminate.recv() => break,
                _ = interrupt.recv() => break,
                Some(how) = self.fallen.recv() => {
                    return Err(Told(Message::new("cli-fallen").word("how", how)).into());
                }
                _ = hang_up.recv() => tokio::select! {
                    () = self.reload(config) => {}
                    _ = terminate.recv() => break,
                    _ = interrupt.recv() => break,
                },
            }
        }
        tracing::info!("stopping");
        Ok(())
    }

    /// Reads the configuration again and takes over everything but the address, the zones and how long things are kept;
    /// one that is wrong changes nothing.
    pub async fn reload(&mut self, config: Option<&Path>) {
        let Some(file) = config else { return tracing::info!("no configuration to read again") };
        let fresh = match Site::load(file) {
            Ok(fresh) => fresh,
            Err(errors) => {
                for error in &errors {
                    tracing::error!("{}", Catalogue::shared().diagnostic(error, Language::En));
                }
                // The pages say it too: an old configuration must not look like the new one.
                self.parts.refused.store(errors.len(), Ordering::Relaxed);
                return tracing::error!(errors = errors.len(), "the old configuration goes on");
            }
        };
        if fresh.needs_restart(&self.site) {
            tracing::warn!(
                "the address, encryption, the time zone, limits or the retention has changed: restart for that"
            );
        }
        let fresh = fresh.listening_on(self.address);
        if let Err(error) = configure(&self.parts.engine, &fresh).await {
            return tracing::error!(%error, "the old configuration goes on");
        }
        self.parts.rules.set(Arc::clone(&fresh.packs));
        if let Err(error) = self.parts.doors.set(fresh.access.clone()) {
            tracing::error!(%error, "who comes in is decided as before");
        }
        let packs = watch::Change::Packs(Arc::clone(&fresh.packs));
        self.site = fresh;
        drop(self.packs.send(packs).await);
        if let Err(error) = self.start_outside().await {
            tracing::error!(%error, "not everything could be started");
        }
        self.parts.refused.store(0, Ordering::Relaxed);
        if let (Some(shown), Some(tls)) = (&self.shown, &self.site.tls) {
            shown.reload(tls);
        }
        tracing::info!("configuration read again");
    }

    /// First what takes things in, then the engine, then the store.
    pub async fn stop(self) {
        if tokio::time::timeout(PATIENCE, self.parts.supervisor.end()).await.is_err() {
            tracing::warn!("some tasks did not end in time");
        }
        self.engine_stop.cancel();
        self.engine_task.close();
        if tokio::time::timeout(PATIENCE, self.engine_task.wait()).await.is_err() {
            tracing::warn!("the engine did not end in time; the log is safe");
        }
        self.parts.store.close().await;
    }
}

fn channel_task(channel: Channel) -> String {
    format!("channel {}", channel.as_str())
}

/// The door at an address, encrypted when the site says so.
fn open_door(
    listener: TcpListener,
    site: &Site,
    supervisor: &Supervisor,
) -> Result<(Door, Option<Arc<Shown>>)> {
    let Some(tls) = &site.tls else { return Ok((Door::plain(listener), None)) };
    let (door, porter, shown) = Door::encrypted(listener, tls)?;
    supervisor.spawn("handshakes", porter.run(supervisor.stop()));
    supervisor.spawn("certificate", Arc::clone(&shown).follow(supervisor.stop()));
    Ok((door, Some(shown)))
}

/// Tells the engine what it is to be, if that has changed.
async fn configure(engine: &EngineHandle, site: &Site) -> Result<()> {
    let is_same = engine.read(|state| *state.settings() == site.settings);
    if !is_same {
        engine.submit(Event::Configured(Box::new(site.settings.clone()))).await?;
    }
    Ok(())
}

/// Starts the detectors; returns the way to give them new packs and targets.
async fn start_watching(
    parts: &Parts,
    catalogue: &Arc<Catalogue>,
    site: &Site,
    series: &SharedSeries,
    polled: mpsc::Receiver<Polled>,
) -> mpsc::Sender<watch::Change> {
    let mut watcher = Watcher {
        series: Arc::clone(series),
        watch: Watch::new(Arc::clone(&site.packs)),
        engine: parts.engine.clone(),
        store: parts.store.clone(),
        sources: parts.sources.clone(),
        targets: Vec::new(),
        metrics: parts.metrics.clone(),
        clock: Arc::clone(&parts.clock),
        catalogue: Arc::clone(catalogue),
    };
    watcher.expect(sources::targets(site));
    watcher.restore().await;
    let (change, changes) = mpsc::channel(4);
    let stop = parts.supervisor.stop();
    parts.supervisor.spawn("detectors", watcher.run(polled, changes, stop));
    change
}
