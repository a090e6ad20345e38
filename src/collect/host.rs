//! The host: `/proc`, `/sys`, pressure stall information, filesystems, network, processes.
//!
//! Names and labels are node_exporter's, so its users' queries work unchanged. A part that cannot
//! be read says so (`node_scrape_collector_success`) and stops nothing else. A mount that hangs
//! costs its time-out once and is then left alone until the old call returns.

mod filesystems;
mod kernel;
mod network;
mod processes;
mod read;

use std::path::PathBuf;
use std::time::Duration;

use super::{Collect, CollectError, Samples};
use crate::clock::Stopwatch;
use crate::config::Reader;
use filesystems::Filesystems;

/// Processes are walked every so many polls: that costs a read for each of them.
const PROCESSES_EVERY: u32 = 3;

/// Where the host's files are; other roots serve containers and tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `/proc`.
    pub proc: PathBuf,
    /// `/sys`.
    pub sys: PathBuf,
    /// What mount points are below.
    pub root: PathBuf,
    /// Patience with one filesystem.
    pub mount_timeout: Duration,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            sys: "/sys".into(),
            root: "/".into(),
            mount_timeout: Duration::from_secs(2),
        }
    }
}

impl Config {
    /// Reads `proc`, `sys`, `root`, `mount_timeout`.
    pub fn read(reader: &mut Reader<'_, '_>) -> Self {
        let usual = Self::default();
        Self {
            proc: reader.string("proc").map_or(usual.proc, PathBuf::from),
            sys: reader.string("sys").map_or(usual.sys, PathBuf::from),
            root: reader.string("root").map_or(usual.root, PathBuf::from),
            mount_timeout: reader.duration("mount_timeout").unwrap_or(usual.mount_timeout),
        }
    }
}

/// The collector.
#[derive(Debug)]
pub struct Host {
    config: Config,
    filesystems: Filesystems,
    polls: u32,
}

impl Host {
    /// Makes the collector; nothing is read yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        let filesystems = Filesystems::new(config.root.clone(), config.mount_timeout);
        Self { config, filesystems, polls: 0 }
    }

    fn part(
        samples: &mut Samples,
        name: &'static str,
        read: impl FnOnce(&mut Samples) -> std::io::Result<()>,
    ) {
        let watch = Stopwatch::start();
        let outcome = read(samples);
        if let Err(error) = &outcome {
            tracing::debug!(part = name, %error, "not read");
        }
        let labels = [("collector", name)];
        let success = if outcome.is_ok() { 1.0 } else { 0.0 };
        samples.push("node_scrape_collector_success", &labels, success);
        samples.push("node_scrape_collector_duration_seconds", &labels, watch.seconds());
    }
}

impl Collect for Host {
    async fn collect(&mut self, samples: &mut Samples) -> Result<(), CollectError> {
        let Config { proc, sys, .. } = &self.config;
        Self::part(samples, "stat", |to| kernel::stat(proc, to));
        Self::part(samples, "loadavg", |to| kernel::load(proc, to));
        Self::part(samples, "meminfo", |to| kernel::memory(proc, to));
        Self::part(samples, "vmstat", |to| kernel::vmstat(proc, to));
        Self::part(samples, "pressure", |to| kernel::pressure(proc, to));
        Self::part(samples, "filefd", |to| kernel::files(proc, to));
        Self::part(samples, "diskstats", |to| kernel::disks(proc, to));
        Self::part(samples, "netdev", |to| network::devices(proc, sys, to));
        Self::part(samples, "netstat", |to| network::counters(proc, to));
        Self::part(samples, "sockstat", |to| network::sockets(proc, to));
        Self::part(samples, "conntrack", |to| network::conntrack(proc, to));
        Self::part(samples, "ext4", |to| filesystems::ext4_errors(sys, to));
        if self.polls.is_multiple_of(PROCESSES_EVERY) {
            Self::part(samples, "processes", |to| processes::count(proc, to));
        }
        self.polls = self.polls.wrapping_add(1);
        let mounts = self.filesystems.read(&self.config.proc, samples).await;
        let labels = [("collector", "filesystem")];
        let success = if mounts.is_ok() { 1.0 } else { 0.0 };
        samples.push("node_scrape_collector_success", &labels, success);
        mounts.map_err(|error| CollectError::Answer {
            what: self.config.proc.display().to_string(),
            cause: error.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn this_machine_can_be_read() {
        let mut host = Host::new(Config::default());
        let mut samples = Samples::new(vec![("instance".into(), "here".into())]);
        host.collect(&mut samples).await.unwrap();
        let taken = samples.take();
        let value = |name: &str| taken.iter().find(|s| s.series.name() == name).map(|s| s.value);
        assert!(value("node_memory_MemTotal_bytes").unwrap() > 1e6);
        assert!(value("node_boot_time_seconds").unwrap() > 1e9);
        assert!(value("node_load1").is_some());
        assert!(taken.iter().any(|s| s.series.get("mountpoint") == Some("/")));
        assert!(taken.iter().all(|sample| sample.value.is_finite()));
    }

    #[tokio::test]
    async fn a_missing_proc_is_an_error_and_no_panic() {
        let config = Config { proc: "/nowhere".into(), ..Config::default() };
        let mut samples = Samples::new(Vec::new());
        assert!(Host::new(config).collect(&mut samples).await.is_err());
        let taken = samples.take();
        let failed = taken.iter().filter(|sample| {
            sample.series.name() == "node_scrape_collector_success" && sample.value < 0.5
        });
        assert!(failed.count() > 5);
    }
}
