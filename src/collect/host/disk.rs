//! Block devices: `/proc/diskstats`, and the errors ext4 has noted.

use std::io;

use procfs::DiskStats;
use procfs::prelude::*;

use super::gathered::{float, read, read_number, unreadable};
use super::{Config, Gathered};

/// The kernel counts sectors of 512 bytes whatever the device's own size is.
const SECTOR_BYTES: f64 = 512.0;

/// `/proc/diskstats`, without partitions, loops and RAM disks, as node_exporter does.
pub(super) fn diskstats(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let path = config.proc.join("diskstats");
    let text = read(&path)?;
    let disks = DiskStats::from_read(text.as_bytes()).map_err(|_| unreadable(&path))?;
    for disk in disks.0.iter().filter(|disk| !is_part(&disk.name)) {
        let labels = [("device", disk.name.as_str())];
        let bytes = |sectors: u64| float(sectors) * SECTOR_BYTES;
        let seconds = |milliseconds: u64| float(milliseconds) / 1e3;
        out.push("node_disk_reads_completed_total", labels, float(disk.reads));
        out.push("node_disk_reads_merged_total", labels, float(disk.merged));
        out.push("node_disk_read_bytes_total", labels, bytes(disk.sectors_read));
        out.push("node_disk_read_time_seconds_total", labels, seconds(disk.time_reading));
        out.push("node_disk_writes_completed_total", labels, float(disk.writes));
        out.push("node_disk_writes_merged_total", labels, float(disk.writes_merged));
        out.push("node_disk_written_bytes_total", labels, bytes(disk.sectors_written));
        out.push("node_disk_write_time_seconds_total", labels, seconds(disk.time_writing));
        out.push("node_disk_io_now", labels, float(disk.in_progress));
        out.push("node_disk_io_time_seconds_total", labels, seconds(disk.time_in_progress));
        let weighted = seconds(disk.weighted_time_in_progress);
        out.push("node_disk_io_time_weighted_seconds_total", labels, weighted);
        if let (Some(count), Some(time)) = (disk.discards, disk.time_discarding) {
            out.push("node_disk_discards_completed_total", labels, float(count));
            out.push("node_disk_discard_time_seconds_total", labels, seconds(time));
        }
        if let (Some(count), Some(time)) = (disk.flushes, disk.time_flushing) {
            out.push("node_disk_flush_requests_total", labels, float(count));
            out.push("node_disk_flush_requests_time_seconds_total", labels, seconds(time));
        }
    }
    Ok(())
}

/// node_exporter's default: `^(ram|loop|fd|(h|s|v|xv)d[a-z]|nvme\d+n\d+p)\d+$`.
pub(super) fn is_part(name: &str) -> bool {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit());
    if stem.len() == name.len() {
        return false;
    }
    if matches!(stem, "ram" | "loop" | "fd") {
        return true;
    }
    if let Some(rest) = stem.strip_prefix("nvme") {
        return rest.ends_with('p');
    }
    ["hd", "sd", "vd", "xvd"].iter().any(|kind| {
        stem.strip_prefix(kind).is_some_and(|letter| {
            letter.len() == 1 && letter.bytes().all(|byte| byte.is_ascii_lowercase())
        })
    })
}

/// `/sys/fs/ext4/DEVICE`: errors and warnings since the filesystem was made or last checked.
pub(super) fn ext4(config: &Config, out: &mut Gathered) -> io::Result<()> {
    for entry in std::fs::read_dir(config.sys.join("fs/ext4"))?.flatten() {
        let Ok(errors) = read_number(&entry.path().join("errors_count")) else { continue };
        let device = entry.file_name();
        let labels = [("device", &*device.to_string_lossy())];
        out.push("vakhta_host_ext4_errors_total", labels, errors);
        if let Ok(warnings) = read_number(&entry.path().join("warning_count")) {
            out.push("vakhta_host_ext4_warnings_total", labels, warnings);
        }
    }
    Ok(())
}
