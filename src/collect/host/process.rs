//! Processes: how many, in which state, who uses most, and who keeps deleted files open.
//!
//! Groups bear the name of the program (`comm`), so that a new process id makes no new series. Only
//! the top of each list is given. Looking at every open file is dear, so it is done every so many
//! polls and within a time budget; between the scans the last result is repeated.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io;
use std::path::Path;

use procfs::prelude::*;
use procfs::process::Stat;

use super::fading::Fading;
use super::filesystem::Mount;
use super::gathered::{float, monotonic, read};
use super::{Config, Gathered};

/// How many groups of a list are given.
const TOP: usize = 10;

/// The most processes that are looked at in one pass.
const PROCESSES: usize = 32_768;

/// The most open files that are looked at in one scan.
const OPEN_FILES: u32 = 50_000;

/// How long one scan of open files may take, in seconds.
const SCAN_BUDGET: f64 = 0.05;

/// Blocks of `stat` are 512 bytes on every filesystem.
const BLOCK_BYTES: f64 = 512.0;

/// Filesystems over the network, where even `stat` of an open file may block.
const REMOTE: [&str; 5] = ["nfs", "nfs4", "cifs", "smb3", "ceph"];

/// One value for each program name.
type Groups = BTreeMap<String, f64>;

/// What is kept between passes.
#[derive(Debug, Default)]
pub(super) struct Processes {
    passes: u32,
    /// Start time and processor time of each process at the pass before, in clock ticks.
    before: HashMap<i32, (u64, u64)>,
    before_at: f64,
    /// The last round of looking at open files that was finished, and the one at work.
    scan: Option<Scan>,
    at_work: Option<Scan>,
    /// Programs and parents that a rule may have spoken of.
    near_limit: Fading<String>,
    parents: Fading<String>,
}

/// The result of looking at open files.
#[derive(Debug, Default)]
struct Scan {
    is_complete: bool,
    /// The last process looked at: the round goes on behind it.
    last: i32,
    counted: HashSet<(u64, u64)>,
    devices: HashMap<String, Option<u64>>,
    looked_at: u32,
    open: Groups,
    share_of_limit: Groups,
    deleted_by_mount: Groups,
    deleted_by_name: Groups,
}

/// What one pass over the processes adds up.
#[derive(Debug, Default)]
struct Pass {
    states: BTreeMap<char, u32>,
    threads: u64,
    resident: Groups,
    cores: Groups,
    zombies_by_parent: BTreeMap<i32, u32>,
    names: HashMap<i32, String>,
}

impl Processes {
    /// Reads `/proc/PID/stat` of every process, and now and then their open files. `hung` are
    /// mount points that must not be touched.
    pub(super) fn pass(
        &mut self,
        config: &Config,
        mounts: &[Mount],
        hung: &HashSet<String>,
        out: &mut Gathered,
    ) -> io::Result<()> {
        let pass = self.read_stats(config)?;
        let zombies = pass.report(out);
        for parent in self.parents.gone(zombies) {
            out.push("vakhta_host_zombies", [("parent", &parent)], 0.0);
        }
        let is_due = self.passes.is_multiple_of(config.scan_every.max(1));
        self.passes = self.passes.wrapping_add(1);
        if is_due || self.at_work.is_some() || self.scan.is_none() {
            let mut round = self.at_work.take().unwrap_or_default();
            round.go_on(config, mounts, hung, &pass.names);
            // Half a round would show what it has not looked at as zero.
            match round.is_complete {
                true => self.scan = Some(round),
                false => self.at_work = Some(round),
            }
        }
        let is_done = if self.at_work.is_none() { 1.0 } else { 0.0 };
        out.push("vakhta_host_open_files_scan_complete", [], is_done);
        if let Some(scan) = &self.scan {
            let named = scan.report(mounts, out);
            for name in self.near_limit.gone(named) {
                out.push("vakhta_host_process_open_files_ratio", [("name", &name)], 0.0);
            }
        }
        Ok(())
    }

    fn read_stats(&mut self, config: &Config) -> io::Result<Pass> {
        let now = monotonic();
        let elapsed = now - self.before_at;
        let ticks = float(procfs::ticks_per_second());
        let page_bytes = float(procfs::page_size());
        let mut pass = Pass::default();
        let mut seen = HashMap::with_capacity(self.before.len());
        for entry in std::fs::read_dir(&config.proc)?.flatten().take(PROCESSES) {
            let name = entry.file_name();
            if !name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit) {
                continue;
            }
            let Ok(file) = File::open(entry.path().join("stat")) else { continue };
            let Ok(stat) = Stat::from_read(file) else { continue };
            let used = stat.utime.saturating_add(stat.stime);
            let name = clean(&stat.comm);
            if let Some((started, before)) = self.before.get(&stat.pid)
                && *started == stat.starttime
                && elapsed > 0.0
            {
                let cores = float(used.saturating_sub(*before)) / ticks / elapsed;
                *pass.cores.entry(name.clone()).or_default() += cores;
            }
            seen.insert(stat.pid, (stat.starttime, used));
            *pass.states.entry(stat.state).or_default() += 1;
            pass.threads += u64::try_from(stat.num_threads).unwrap_or_default();
            *pass.resident.entry(name.clone()).or_default() += float(stat.rss) * page_bytes;
            if stat.state == 'Z' {
                *pass.zombies_by_parent.entry(stat.ppid).or_default() += 1;
            }
            pass.names.insert(stat.pid, name);
        }
        self.before = seen;
        self.before_at = now;
        Ok(pass)
    }
}

impl Pass {
    /// Gives the parents of zombies that were named.
    fn report(&self, out: &mut Gathered) -> Vec<String> {
        for state in ['D', 'I', 'R', 'S', 'T', 'Z', 't'] {
            let count = self.states.get(&state).copied().unwrap_or_default();
            let mut letter = [0; 4];
            let labels = [("state", &*state.encode_utf8(&mut letter))];
            out.push("node_processes_state", labels, f64::from(count));
        }
        let pids: u32 = self.states.values().sum();
        out.push("node_processes_pids", [], f64::from(pids));
        out.push("node_processes_threads", [], float(self.threads));
        push_top("vakhta_host_process_resident_bytes", "name", &self.resident, out);
        push_top("vakhta_host_process_cpu_cores", "name", &self.cores, out);
        let mut zombies = Groups::new();
        for (parent, count) in &self.zombies_by_parent {
            let name = self.names.get(parent).map_or("?", String::as_str);
            *zombies.entry(name.to_owned()).or_default() += f64::from(*count);
        }
        push_top("vakhta_host_zombies", "parent", &zombies, out)
    }
}

impl Scan {
    /// Looks at processes in the order of their ids until the budget is used up or all are done.
    fn go_on(
        &mut self,
        config: &Config,
        mounts: &[Mount],
        hung: &HashSet<String>,
        names: &HashMap<i32, String>,
    ) {
        let deadline = monotonic() + SCAN_BUDGET;
        let most = self.looked_at.saturating_add(OPEN_FILES);
        let mut left: Vec<(&i32, &String)> =
            names.iter().filter(|(pid, _)| **pid > self.last).collect();
        left.sort_unstable();
        for (pid, name) in left {
            if self.looked_at >= most || monotonic() > deadline {
                return;
            }
            self.last = *pid;
            self.look_at(&config.proc.join(pid.to_string()), name, mounts, hung);
        }
        self.is_complete = true;
    }

    fn look_at(&mut self, directory: &Path, name: &str, mounts: &[Mount], hung: &HashSet<String>) {
        // Processes of other users cannot be looked into without CAP_SYS_PTRACE.
        let Ok(files) = std::fs::read_dir(directory.join("fd")) else { return };
        let mut open = 0_u32;
        for file in files.flatten() {
            open += 1;
            let path = file.path();
            let Ok(target) = std::fs::read_link(&path) else { continue };
            let target = target.to_string_lossy();
            let Some(target) = target.strip_suffix(" (deleted)") else { continue };
            let Some(mount) = mount_of(target, mounts) else { continue };
            if REMOTE.contains(&mount.kind.as_str()) || hung.contains(&mount.point) {
                continue;
            }
            if let Some(bytes) = self.deleted_bytes(&path, mount) {
                *self.deleted_by_mount.entry(mount.point.clone()).or_default() += bytes;
                *self.deleted_by_name.entry(name.to_owned()).or_default() += bytes;
            }
        }
        self.looked_at = self.looked_at.saturating_add(open);
        *self.open.entry(name.to_owned()).or_default() += f64::from(open);
        if let Some(limit) = open_limit(directory) {
            let share = self.share_of_limit.entry(name.to_owned()).or_default();
            *share = share.max(f64::from(open) / limit);
        }
    }

    /// The room a deleted open file takes on a mount; a file that several processes hold is counted
    /// once. Memory files, shared memory and files of containers bear paths that only look as if they
    /// lay there: the device tells.
    fn deleted_bytes(&mut self, link: &Path, mount: &Mount) -> Option<f64> {
        use std::os::unix::fs::MetadataExt;
        let about = std::fs::metadata(link).ok()?;
        let device = *self
            .devices
            .entry(mount.point.clone())
            .or_insert_with(|| std::fs::metadata(&mount.point).ok().map(|about| about.dev()));
        let is_there = about.nlink() == 0 && device == Some(about.dev());
        let is_new = is_there && self.counted.insert((about.dev(), about.ino()));
        is_new.then(|| float(about.blocks()) * BLOCK_BYTES)
    }

    /// Gives the programs whose share of their limit was named.
    fn report(&self, mounts: &[Mount], out: &mut Gathered) -> Vec<String> {
        out.push("vakhta_host_open_files_scanned", [], f64::from(self.looked_at));
        push_top("vakhta_host_process_open_files", "name", &self.open, out);
        push_top("vakhta_host_process_deleted_bytes", "name", &self.deleted_by_name, out);
        for mount in mounts {
            let bytes = self.deleted_by_mount.get(&mount.point).copied().unwrap_or_default();
            let labels = [("mountpoint", mount.point.as_str())];
            out.push("vakhta_host_deleted_open_bytes", labels, bytes);
        }
        push_top("vakhta_host_process_open_files_ratio", "name", &self.share_of_limit, out)
    }
}

/// Gives the largest groups of a list, equal ones in order of name, and says which they were.
fn push_top(
    metric: &'static str,
    label: &'static str,
    groups: &Groups,
    out: &mut Gathered,
) -> Vec<String> {
    let mut order: Vec<(&String, f64)> =
        groups.iter().map(|(name, value)| (name, *value)).filter(|(_, v)| *v > 0.0).collect();
    order.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    order.truncate(TOP);
    for (name, value) in &order {
        out.push(metric, [(label, name.as_str())], *value);
    }
    order.into_iter().map(|(name, _)| name.clone()).collect()
}

/// A program may name itself anything; control characters would spoil labels.
fn clean(comm: &str) -> String {
    comm.chars().map(|letter| if letter.is_control() { '?' } else { letter }).collect()
}

/// The mount that a path lies on: the longest mount point that is its beginning.
fn mount_of<'m>(path: &str, mounts: &'m [Mount]) -> Option<&'m Mount> {
    let is_on = |mount: &&Mount| {
        path.strip_prefix(mount.point.trim_end_matches('/'))
            .is_some_and(|rest| rest.starts_with('/'))
    };
    mounts.iter().filter(is_on).max_by_key(|mount| mount.point.len())
}

/// The soft limit of open files of a process.
fn open_limit(directory: &Path) -> Option<f64> {
    let text = read(&directory.join("limits")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    let limit: f64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    (limit > 0.0).then_some(limit)
}
