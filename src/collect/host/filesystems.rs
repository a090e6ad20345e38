//! Mounted filesystems: room, inodes, read-only state.
//!
//! `statvfs` on a dead network mount does not return. Each call runs on a thread of its own with a
//! time-out; a mount whose call is still out is not asked again and counts as failing.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::fs::StatVfsMountFlags;

use super::read::{single, text};
use crate::collect::Samples;

/// The most mounts looked at.
const MOUNTS: usize = 500;

/// As node_exporter leaves them out: they hold no data.
const PSEUDO: [&str; 27] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
    "ramfs",
    "efivarfs",
    "fuse.lxcfs",
];
const PSEUDO_ROOTS: [&str; 6] =
    ["/dev", "/proc", "/sys", "/run/credentials", "/var/lib/docker", "/var/lib/containers"];

/// Reads filesystems and remembers which of them hang.
#[derive(Debug)]
pub(super) struct Filesystems {
    root: PathBuf,
    patience: Duration,
    hanging: Arc<Mutex<BTreeSet<String>>>,
}

struct Mount {
    device: String,
    point: String,
    kind: String,
    is_readonly: bool,
}

struct Room {
    size: f64,
    free: f64,
    avail: f64,
    files: f64,
    files_free: f64,
    is_readonly: bool,
}

impl Filesystems {
    pub(super) fn new(root: PathBuf, patience: Duration) -> Self {
        Self { root, patience, hanging: Arc::default() }
    }

    pub(super) async fn read(&self, proc: &Path, to: &mut Samples) -> io::Result<()> {
        let mounts = mounts(&text(proc, "1/mounts").or_else(|_| text(proc, "self/mounts"))?);
        for mount in mounts {
            let room = self.room(&mount.point).await;
            let labels = [
                ("device", mount.device.as_str()),
                ("mountpoint", mount.point.as_str()),
                ("fstype", mount.kind.as_str()),
            ];
            let failed = if room.is_none() { 1.0 } else { 0.0 };
            to.push("node_filesystem_device_error", &labels, failed);
            let readonly = mount.is_readonly || room.as_ref().is_some_and(|r| r.is_readonly);
            to.push("node_filesystem_readonly", &labels, if readonly { 1.0 } else { 0.0 });
            let Some(room) = room else { continue };
            to.push("node_filesystem_size_bytes", &labels, room.size);
            to.push("node_filesystem_free_bytes", &labels, room.free);
            to.push("node_filesystem_avail_bytes", &labels, room.avail);
            to.push("node_filesystem_files", &labels, room.files);
            to.push("node_filesystem_files_free", &labels, room.files_free);
        }
        Ok(())
    }

    async fn room(&self, point: &str) -> Option<Room> {
        let hanging = Arc::clone(&self.hanging);
        let is_new = |set: &mut BTreeSet<String>| set.insert(point.to_owned());
        if !is_new(&mut hanging.lock().unwrap_or_else(PoisonError::into_inner)) {
            return None;
        }
        let (path, name) = (self.root.join(point.trim_start_matches('/')), point.to_owned());
        let call = tokio::task::spawn_blocking(move || {
            let room = statvfs(&path);
            hanging.lock().unwrap_or_else(PoisonError::into_inner).remove(&name);
            room
        });
        tokio::time::timeout(self.patience, call).await.ok()?.ok()?
    }
}

#[expect(clippy::as_conversions, reason = "sizes are far below 2^53")]
fn statvfs(path: &Path) -> Option<Room> {
    let stat = rustix::fs::statvfs(path).ok()?;
    let block = stat.f_frsize as f64;
    Some(Room {
        size: stat.f_blocks as f64 * block,
        free: stat.f_bfree as f64 * block,
        avail: stat.f_bavail as f64 * block,
        files: stat.f_files as f64,
        files_free: stat.f_ffree as f64,
        is_readonly: stat.f_flag.contains(StatVfsMountFlags::RDONLY),
    })
}

/// Mounts that hold data, each mount point once (the last mount is the one that is seen).
fn mounts(text: &str) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let (Some(device), Some(point), Some(kind), Some(options)) =
            (words.next(), words.next(), words.next(), words.next())
        else {
            continue;
        };
        let point = unescape(point);
        let is_pseudo = PSEUDO.contains(&kind)
            || PSEUDO_ROOTS
                .iter()
                .any(|root| point == *root || point.starts_with(&format!("{root}/")));
        if is_pseudo || mounts.len() >= MOUNTS {
            continue;
        }
        // After an error ext4 of newer kernels says `emergency_ro` and goes on claiming `rw`.
        let is_readonly = options.split(',').any(|option| matches!(option, "ro" | "emergency_ro"));
        mounts.retain(|known| known.point != point);
        mounts.push(Mount { device: unescape(device), point, kind: kind.to_owned(), is_readonly });
    }
    mounts
}

/// The kernel writes blanks and backslashes as octal numbers.
fn unescape(text: &str) -> String {
    text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
}

/// `/sys/fs/ext4/*/errors_count`.
pub(super) fn ext4_errors(sys: &Path, to: &mut Samples) -> io::Result<()> {
    let Ok(entries) = fs::read_dir(sys.join("fs/ext4")) else { return Ok(()) };
    for entry in entries.flatten() {
        let device = entry.file_name().to_string_lossy().into_owned();
        if let Some(errors) = single(&entry.path(), "errors_count") {
            to.push("vakhta_host_ext4_errors", &[("device", &device)], errors);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_are_read_as_people_mean_them() {
        let text = "/dev/vda / ext4 rw,relatime 0 0\nproc /proc proc rw 0 0\n\
                    tmpfs /mnt/with\\040blank tmpfs rw,size=64M 0 0\n\
                    /dev/sdb /data ext4 rw,emergency_ro 0 0\n/dev/sdc /data xfs rw 0 0\n\
                    tmpfs /dev/shm tmpfs rw 0 0\nbroken line\n";
        let found = mounts(text);
        let points: Vec<_> = found.iter().map(|m| (m.point.as_str(), m.is_readonly)).collect();
        assert_eq!(points, [("/", false), ("/mnt/with blank", false), ("/data", false)]);
        let readonly = mounts("/dev/sdb /data ext4 rw,emergency_ro 0 0\n");
        assert!(readonly[0].is_readonly);
    }
}
