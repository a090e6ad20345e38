//! CPU, memory, pressure, files and disks.

use std::io;
use std::path::Path;

use super::read::{number, single, text};
use crate::collect::Samples;

/// The kernel counts CPU time in these; fixed for user space on every Linux.
const TICKS_A_SECOND: f64 = 100.0;
const SECTOR_BYTES: f64 = 512.0;

/// `/proc/stat`: CPU time by mode, context switches, forks, boot time.
pub(super) fn stat(proc: &Path, to: &mut Samples) -> io::Result<()> {
    const MODES: [&str; 8] =
        ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];
    for line in text(proc, "stat")?.lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next() else { continue };
        if let Some(cpu) = name.strip_prefix("cpu").filter(|cpu| !cpu.is_empty()) {
            for (mode, ticks) in MODES.iter().zip(words) {
                if let Some(ticks) = number(Some(ticks)) {
                    let labels = [("cpu", cpu), ("mode", mode)];
                    to.push("node_cpu_seconds_total", &labels, ticks / TICKS_A_SECOND);
                }
            }
            continue;
        }
        let metric = match name {
            "ctxt" => "node_context_switches_total",
            "processes" => "node_forks_total",
            "btime" => "node_boot_time_seconds",
            "procs_running" => "node_procs_running",
            "procs_blocked" => "node_procs_blocked",
            _ => continue,
        };
        if let Some(value) = number(words.next()) {
            to.push(metric, &[], value);
        }
    }
    Ok(())
}

/// `/proc/loadavg`.
pub(super) fn load(proc: &Path, to: &mut Samples) -> io::Result<()> {
    let text = text(proc, "loadavg")?;
    let mut words = text.split_whitespace();
    for name in ["node_load1", "node_load5", "node_load15"] {
        if let Some(value) = number(words.next()) {
            to.push(name, &[], value);
        }
    }
    Ok(())
}

/// `/proc/meminfo`, every field, as `node_memory_NAME_bytes`.
pub(super) fn memory(proc: &Path, to: &mut Samples) -> io::Result<()> {
    for line in text(proc, "meminfo")?.lines() {
        let Some((name, rest)) = line.split_once(':') else { continue };
        let mut words = rest.split_whitespace();
        let Some(value) = number(words.next()) else { continue };
        let name = name.replace('(', "_").replace(')', "");
        match words.next() {
            Some("kB") => to.push(&format!("node_memory_{name}_bytes"), &[], value * 1024.0),
            _ => to.push(&format!("node_memory_{name}"), &[], value),
        }
    }
    Ok(())
}

/// `/proc/vmstat`: the fields node_exporter keeps.
pub(super) fn vmstat(proc: &Path, to: &mut Samples) -> io::Result<()> {
    for line in text(proc, "vmstat")?.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(value)) = (words.next(), number(words.next())) else { continue };
        let kept = matches!(
            name,
            "oom_kill" | "pgfault" | "pgmajfault" | "pgpgin" | "pgpgout" | "pswpin" | "pswpout"
        );
        if kept {
            to.push(&format!("node_vmstat_{name}"), &[], value);
        }
    }
    Ok(())
}

/// `/proc/pressure`: stall time in seconds.
pub(super) fn pressure(proc: &Path, to: &mut Samples) -> io::Result<()> {
    for (file, some, full) in [
        ("pressure/cpu", "node_pressure_cpu_waiting_seconds_total", ""),
        (
            "pressure/memory",
            "node_pressure_memory_waiting_seconds_total",
            "node_pressure_memory_stalled_seconds_total",
        ),
        (
            "pressure/io",
            "node_pressure_io_waiting_seconds_total",
            "node_pressure_io_stalled_seconds_total",
        ),
    ] {
        for line in text(proc, file)?.lines() {
            let total = line.rsplit_once("total=").and_then(|(_, total)| number(Some(total)));
            let name = if line.starts_with("some") { some } else { full };
            if let (Some(micros), false) = (total, name.is_empty()) {
                to.push(name, &[], micros / 1e6);
            }
        }
    }
    Ok(())
}

/// Open files against the kernel's limit, and the limit on processes.
pub(super) fn files(proc: &Path, to: &mut Samples) -> io::Result<()> {
    let text = text(proc, "sys/fs/file-nr")?;
    let mut words = text.split_whitespace();
    if let Some(allocated) = number(words.next()) {
        to.push("node_filefd_allocated", &[], allocated);
    }
    if let Some(maximum) = number(words.nth(1)) {
        to.push("node_filefd_maximum", &[], maximum);
    }
    if let Some(limit) = single(proc, "sys/kernel/pid_max") {
        to.push("node_processes_max_processes", &[], limit);
    }
    Ok(())
}

/// `/proc/diskstats`, whole devices that have done anything.
pub(super) fn disks(proc: &Path, to: &mut Samples) -> io::Result<()> {
    for line in text(proc, "diskstats")?.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let Some(device) = words.get(2) else { continue };
        let ignored = ["ram", "loop", "fd", "zram", "dm-"].iter().any(|p| device.starts_with(p));
        let is_partition =
            device.starts_with("sd") && device.ends_with(|c: char| c.is_ascii_digit());
        if ignored || is_partition {
            continue;
        }
        let field = |n: usize| number(words.get(n).copied());
        let labels = [("device", *device)];
        for (name, value, scale) in [
            ("node_disk_reads_completed_total", field(3), 1.0),
            ("node_disk_read_bytes_total", field(5), SECTOR_BYTES),
            ("node_disk_read_time_seconds_total", field(6), 1e-3),
            ("node_disk_writes_completed_total", field(7), 1.0),
            ("node_disk_written_bytes_total", field(9), SECTOR_BYTES),
            ("node_disk_write_time_seconds_total", field(10), 1e-3),
            ("node_disk_io_now", field(11), 1.0),
            ("node_disk_io_time_seconds_total", field(12), 1e-3),
            ("node_disk_io_time_weighted_seconds_total", field(13), 1e-3),
        ] {
            if let Some(value) = value {
                to.push(name, &labels, value * scale);
            }
        }
    }
    Ok(())
}
