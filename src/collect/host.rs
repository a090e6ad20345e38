//! The Linux host the engine runs on (or whose `/proc`, `/sys` and `/` are mounted here).
//!
//! Series bear the names and labels of node_exporter 1.5, so that its users' queries work; what it
//! does not have is called `vakhta_host_…`. The files are read on a blocking thread, one pass at a
//! time: a pass that hangs is waited for, never doubled. Needs no rights; as root it also sees the
//! open files of other users' processes.

mod disk;
mod fading;
mod filesystem;
mod gathered;
mod kernel;
mod network;
mod process;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;

use self::filesystem::{Filesystems, Mount};
use self::gathered::{Gathered, monotonic};
use self::process::Processes;
use super::{Collect, CollectError, Samples};
use crate::config::Reader;
use crate::model::Text;

/// Where the host's files are, and how they are read.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// The host's `/proc`.
    pub proc: PathBuf,
    /// The host's `/sys`.
    pub sys: PathBuf,
    /// The host's root directory: mount points and `/etc/fstab` are looked up below it.
    pub root: PathBuf,
    /// Mount points that are left out, with everything below them.
    pub exclude_mountpoints: Vec<String>,
    /// How long a filesystem may take to say how full it is; all are asked at once.
    pub mount_timeout: Duration,
    /// How long a whole poll may take.
    pub timeout: Duration,
    /// Open files are looked at every so many polls.
    pub scan_every: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            proc: PathBuf::from("/proc"),
            sys: PathBuf::from("/sys"),
            root: PathBuf::from("/"),
            exclude_mountpoints: Vec::new(),
            mount_timeout: Duration::from_secs(1),
            timeout: Duration::from_secs(5),
            scan_every: 3,
        }
    }
}

/// Series of what is looked at every so many polls, and how long a reading of theirs is repeated at the usual interval
/// of ten seconds, milliseconds.
#[cfg(test)]
pub(crate) fn lasting() -> Vec<(&'static str, i64)> {
    let every = 10_000 * i64::from(Config::default().scan_every);
    let names = [
        "vakhta_host_deleted_open_bytes",
        "vakhta_host_process_deleted_bytes",
        "vakhta_host_process_open_files",
        "vakhta_host_process_open_files_ratio",
    ];
    names.map(|name| (name, every)).to_vec()
}

impl Config {
    /// Reads the keys of this source: `proc`, `sys`, `root`, `exclude_mountpoints`,
    /// `mount_timeout` (1s), `timeout` (5s). Errors are noted with their place; the caller finishes
    /// the section.
    #[must_use]
    pub fn read(reader: &mut Reader<'_, '_>) -> Self {
        let usual = Self::default();
        let mut path = |key, usual| reader.string(key).map_or(usual, PathBuf::from);
        Self {
            proc: path("proc", usual.proc),
            sys: path("sys", usual.sys),
            root: path("root", usual.root),
            exclude_mountpoints: reader.strings("exclude_mountpoints"),
            mount_timeout: reader.duration("mount_timeout").unwrap_or(usual.mount_timeout),
            timeout: reader.duration("timeout").unwrap_or(usual.timeout),
            scan_every: usual.scan_every,
        }
    }

    fn net(&self, file: &str) -> PathBuf {
        self.proc.join("net").join(file)
    }
}

/// One part of a pass: its name, whether a host may lack it, and how it is read.
type Part = (&'static str, bool, fn(&Config, &mut Gathered) -> io::Result<()>);

/// Parts that keep nothing between passes. A host may lack some: then they are left out silently.
const PARTS: [Part; 15] = [
    ("stat", false, kernel::stat),
    ("loadavg", false, kernel::loadavg),
    ("meminfo", false, kernel::meminfo),
    ("vmstat", false, kernel::vmstat),
    ("pressure", true, kernel::pressure),
    ("filefd", false, kernel::filefd),
    ("uname", false, kernel::uname),
    ("time", false, kernel::time),
    ("diskstats", false, disk::diskstats),
    ("ext4", true, disk::ext4),
    ("netdev", false, network::netdev),
    ("netclass", true, network::netclass),
    ("netstat", false, network::netstat),
    ("sockstat", false, network::sockstat),
    ("conntrack", true, network::conntrack),
];

/// What a pass on the blocking thread gives back.
#[derive(Debug)]
struct Passed {
    processes: Processes,
    gathered: Gathered,
    mounts: io::Result<Vec<Mount>>,
    first_failure: Option<io::Error>,
    failures: usize,
}

/// The collector of one host.
#[derive(Debug)]
pub struct Host {
    config: Arc<Config>,
    filesystems: Filesystems,
    processes: Option<Processes>,
    running: Option<JoinHandle<Passed>>,
}

impl Host {
    /// Makes the collector; nothing is read yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config: Arc::new(config),
            filesystems: Filesystems::default(),
            processes: Some(Processes::default()),
            running: None,
        }
    }

    /// Waits for the pass that is under way, or starts one. When the caller gives up waiting, the
    /// pass stays ours and its result is taken next time.
    async fn pass(&mut self) -> Result<Passed, CollectError> {
        let config = Arc::clone(&self.config);
        let hung = self.filesystems.hung();
        let processes = &mut self.processes;
        let running = self.running.get_or_insert_with(|| {
            let processes = processes.take().unwrap_or_default();
            tokio::task::spawn_blocking(move || pass(&config, processes, &hung))
        });
        let what = || format!("the host's {}", self.config.proc.display());
        let seconds = self.config.timeout.as_secs_f64();
        match tokio::time::timeout(self.config.timeout, running).await {
            Err(_) => Err(CollectError::Timeout { what: what(), seconds }),
            Ok(Ok(passed)) => {
                self.running = None;
                Ok(passed)
            }
            Ok(Err(error)) => {
                self.running = None;
                let cause = format!("reading it ended early: {error}");
                Err(CollectError::Answer { what: what(), cause })
            }
        }
    }
}

impl Collect for Host {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let passed = self.pass().await?;
        let mut gathered = passed.gathered;
        self.processes = Some(passed.processes);
        match &passed.mounts {
            Ok(mounts) => self.filesystems.ask(&self.config, mounts, &mut gathered).await,
            Err(_) => gathered.part("filesystem", false, 0.0),
        }
        gathered.into_samples(samples);
        let needed = PARTS.iter().filter(|(_, is_optional, _)| !is_optional).count();
        match passed.first_failure {
            Some(error) if passed.failures >= needed => {
                let what = format!("the host's {}", self.config.proc.display());
                Err(CollectError::Access {
                    what,
                    cause: error.to_string(),
                    remedy: Text::new(
                        "Подключите /proc и /sys хоста и укажите их в proc и sys.",
                        "mount the host's /proc and /sys and set `proc` and `sys`",
                    ),
                })
            }
            _ => Ok(()),
        }
    }
}

/// One pass over the files of the kernel; runs on a blocking thread.
fn pass(config: &Config, mut processes: Processes, hung: &HashSet<String>) -> Passed {
    let mut gathered = Gathered::default();
    let mut first_failure = None;
    let mut failures = 0;
    for (name, is_optional, part) in PARTS {
        let started = monotonic();
        let outcome = part(config, &mut gathered);
        let seconds = monotonic() - started;
        match outcome {
            Ok(()) => gathered.part(name, true, seconds),
            Err(error) if is_optional && is_absent(&error) => {}
            Err(error) => {
                gathered.part(name, false, seconds);
                failures += usize::from(!is_optional);
                first_failure.get_or_insert(error);
            }
        }
    }
    let mounts = filesystem::mounts(config);
    let known: &[Mount] = mounts.as_deref().unwrap_or_default();
    let started = monotonic();
    let outcome = processes.pass(config, known, hung, &mut gathered);
    gathered.part("processes", outcome.is_ok(), monotonic() - started);
    Passed { processes, gathered, mounts, first_failure, failures }
}

/// A kernel without the feature: the file is not there, or says that it is switched off.
fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::Unsupported)
}
