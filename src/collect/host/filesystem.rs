//! Mounted filesystems: which there are, and how full they are.
//!
//! A mount whose server is gone can block `statvfs` for ever. So each call runs on a thread of its
//! own with a time limit; while a call is outstanding that mount is not asked again.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{StatVfsMountFlags, statvfs};
use tokio::task::JoinHandle;

use super::fading::Fading;
use super::gathered::{float, monotonic, read};
use super::{Config, Gathered};

/// The most mounts that are asked; more are counted in `vakhta_host_mounts_skipped`.
const MOUNTS: usize = 256;

/// Filesystems that hold no data of their own (node_exporter's default list).
const PSEUDO: [&str; 29] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "ramfs",
    "rootfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "fuse.lxcfs",
    "fuse.gvfsd-fuse",
];

/// Mount points that are skipped with everything below them (node_exporter's default list).
const SKIPPED: [&str; 3] = ["/dev", "/proc", "/sys"];
/// Mount points below which containers mount their own; a volume mounted right there is a disk that
/// may fill.
const CONTAINERS: [&str; 2] = ["/var/lib/docker/", "/var/lib/containers/storage/"];

/// One mounted filesystem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    /// The block device, or what stands for it.
    pub(super) device: String,
    /// Where it is mounted.
    pub(super) point: String,
    /// Its type.
    pub(super) kind: String,
    /// The options say that it cannot be written: `ro`, or `emergency_ro` after an error.
    pub(super) is_readonly: bool,
    /// The kernel made it read-only after an error; `statvfs` does not show that.
    pub(super) is_emergency: bool,
}

/// Reads the mount table, without pseudo filesystems and those the configuration leaves out.
/// Of several mounts on one point the last one is what users see.
pub(super) fn mounts(config: &Config) -> io::Result<Vec<Mount>> {
    let text = match read(&config.proc.join("1/mounts")) {
        Ok(text) => text,
        Err(_) => read(&config.proc.join("self/mounts"))?,
    };
    let mut found: Vec<Mount> = Vec::new();
    for line in text.lines() {
        let mut words = line.split(' ');
        let (Some(device), Some(point), Some(kind), Some(options)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let point = unescape(point);
        if PSEUDO.contains(&kind) || is_skipped(&point, config) {
            continue;
        }
        let has = |wanted: &str| options.split(',').any(|option| option == wanted);
        let is_emergency = has("emergency_ro");
        found.retain(|mount| mount.point != point);
        found.push(Mount {
            device: unescape(device),
            kind: kind.to_owned(),
            is_readonly: is_emergency || has("ro"),
            is_emergency,
            point,
        });
    }
    Ok(found)
}

fn is_skipped(point: &str, config: &Config) -> bool {
    let is_below = |directory: &str| {
        point.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    SKIPPED.into_iter().any(is_below)
        || CONTAINERS.into_iter().any(|directory| point.starts_with(directory))
        || point.starts_with("/run/credentials/")
        || config.exclude_mountpoints.iter().any(|directory| is_below(directory))
}

/// The kernel writes space, tab, newline and backslash in paths as three octal digits.
fn unescape(text: &str) -> String {
    let mut plain = text.to_owned();
    for (escaped, letter) in [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")] {
        plain = plain.replace(escaped, letter);
    }
    plain
}

/// Mount points that `/etc/fstab` wants writable.
fn wanted_writable(config: &Config) -> HashSet<String> {
    let text = read(&config.root.join("etc/fstab")).unwrap_or_default();
    let mut points = HashSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let mut words = line.split_ascii_whitespace().skip(1);
        let (Some(point), Some(_), Some(options)) = (words.next(), words.next(), words.next())
        else {
            continue;
        };
        if !options.split(',').any(|option| option == "ro") {
            points.insert(unescape(point));
        }
    }
    points
}

/// What a filesystem says of itself; sizes in bytes.
#[derive(Debug, Default)]
pub(super) struct Room {
    size: f64,
    free: f64,
    avail: f64,
    files: f64,
    files_free: f64,
    is_readonly: bool,
}

impl Room {
    /// Blocks for as long as the filesystem does.
    fn ask(path: &Path) -> io::Result<Self> {
        let answer = statvfs(path)?;
        let bytes = |blocks: u64| float(blocks) * float(answer.f_frsize);
        Ok(Self {
            size: bytes(answer.f_blocks),
            free: bytes(answer.f_bfree),
            avail: bytes(answer.f_bavail),
            files: float(answer.f_files),
            files_free: float(answer.f_ffree),
            is_readonly: answer.f_flag.contains(StatVfsMountFlags::RDONLY),
        })
    }
}

/// Asks filesystems for their room and remembers what it was told before.
#[derive(Debug)]
pub(super) struct Filesystems {
    ask_one: fn(&Path) -> io::Result<Room>,
    outstanding: HashMap<String, JoinHandle<io::Result<Room>>>,
    seen_writable: HashSet<String>,
    known: Fading<String>,
}

impl Default for Filesystems {
    fn default() -> Self {
        Self::asking(Room::ask)
    }
}

impl Filesystems {
    /// Asks by the given call, which may block for ever.
    pub(super) fn asking(ask_one: fn(&Path) -> io::Result<Room>) -> Self {
        let known = Fading::default();
        Self { ask_one, outstanding: HashMap::new(), seen_writable: HashSet::new(), known }
    }

    /// Mount points that have not answered yet; nothing on them may be touched.
    pub(super) fn hung(&self) -> HashSet<String> {
        self.outstanding
            .iter()
            .filter(|(_, call)| !call.is_finished())
            .map(|(point, _)| point.clone())
            .collect()
    }

    /// Asks every mount, all at once, and waits no longer than the configured limit for all.
    pub(super) async fn ask(&mut self, config: &Config, mounts: &[Mount], out: &mut Gathered) {
        let started = monotonic();
        let wanted = wanted_writable(config);
        let ask_one = self.ask_one;
        self.outstanding
            .retain(|point, call| !call.is_finished() && mounts.iter().any(|m| m.point == *point));
        let mut asked: Vec<(&Mount, JoinHandle<io::Result<Room>>)> = Vec::new();
        for mount in mounts.iter().take(MOUNTS) {
            self.report_state(mount, &wanted, out);
            if self.outstanding.contains_key(&mount.point) {
                push_state(mount, State::Hung, out);
                continue;
            }
            let path = host_path(config, &mount.point);
            asked.push((mount, tokio::task::spawn_blocking(move || ask_one(&path))));
        }
        let mut left = config.mount_timeout;
        for (mount, mut call) in asked {
            let before = monotonic();
            let Ok(answer) = tokio::time::timeout(left, &mut call).await else {
                push_state(mount, State::Hung, out);
                self.outstanding.insert(mount.point.clone(), call);
                left = Duration::ZERO;
                continue;
            };
            let waited = Duration::try_from_secs_f64(monotonic() - before).unwrap_or_default();
            left = left.saturating_sub(waited);
            match answer {
                Ok(Ok(room)) => push_room(mount, &room, out),
                Ok(Err(error)) if is_ours(&error) => push_state(mount, State::Denied, out),
                _ => push_state(mount, State::Hung, out),
            }
        }
        let points = mounts.iter().map(|mount| mount.point.clone());
        for point in self.known.gone(points) {
            self.seen_writable.remove(&point);
            let labels = [("mountpoint", point.as_str())];
            out.push("vakhta_host_filesystem_gone", labels, 1.0);
            out.push("vakhta_host_deleted_open_bytes", labels, 0.0);
        }
        let skipped = mounts.len().saturating_sub(MOUNTS);
        out.push("vakhta_host_mounts_skipped", [], u32::try_from(skipped).map_or(0.0, f64::from));
        out.part("filesystem", true, monotonic() - started);
    }

    /// A filesystem that became read-only, or is against `/etc/fstab`, has met an error.
    fn report_state(&mut self, mount: &Mount, wanted: &HashSet<String>, out: &mut Gathered) {
        if !mount.is_readonly {
            self.seen_writable.insert(mount.point.clone());
        }
        let has_turned = mount.is_emergency
            || (mount.is_readonly
                && (self.seen_writable.contains(&mount.point) || wanted.contains(&mount.point)));
        let value = if has_turned { 1.0 } else { 0.0 };
        out.push("vakhta_host_filesystem_turned_readonly", mount.labels(), value);
    }
}

impl Mount {
    fn labels(&self) -> [(&'static str, &str); 3] {
        [("device", &self.device), ("fstype", &self.kind), ("mountpoint", &self.point)]
    }
}

/// The path of a mount point seen from here, when the host's root is mounted elsewhere.
fn host_path(config: &Config, point: &str) -> PathBuf {
    config.root.join(point.trim_start_matches('/'))
}

/// Whether a mount can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Answers,
    /// This user may not look at it: no fault of the mount.
    Denied,
    /// No answer in time, or an error of the device or its server.
    Hung,
}

fn is_ours(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::NotFound)
}

fn push_state(mount: &Mount, state: State, out: &mut Gathered) {
    let number = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    let labels = mount.labels();
    out.push("node_filesystem_device_error", labels, number(state != State::Answers));
    out.push("vakhta_host_filesystem_hung", labels, number(state == State::Hung));
}

fn push_room(mount: &Mount, room: &Room, out: &mut Gathered) {
    let labels = mount.labels();
    push_state(mount, State::Answers, out);
    out.push("node_filesystem_size_bytes", labels, room.size);
    out.push("node_filesystem_free_bytes", labels, room.free);
    out.push("node_filesystem_avail_bytes", labels, room.avail);
    out.push("node_filesystem_files", labels, room.files);
    out.push("node_filesystem_files_free", labels, room.files_free);
    let value = if mount.is_readonly || room.is_readonly { 1.0 } else { 0.0 };
    out.push("node_filesystem_readonly", labels, value);
}
