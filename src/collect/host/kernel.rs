//! CPU, load, memory, pressure and the kernel's own limits.

use std::io;

use procfs::prelude::*;
use procfs::{CpuPressure, IoPressure, LoadAverage, MemoryPressure};

use super::gathered::{float, read, read_number, unreadable, wall};
use super::{Config, Gathered};

/// The columns of a `cpu` line in `/proc/stat`.
const MODES: [&str; 8] = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"];

/// The lines of `/proc/vmstat` that rules and dashboards use.
const VMSTAT: [&str; 10] = [
    "oom_kill",
    "pgpgin",
    "pgpgout",
    "pswpin",
    "pswpout",
    "pgfault",
    "pgmajfault",
    "workingset_refault_anon",
    "workingset_refault_file",
    "allocstall_normal",
];

/// `/proc/stat`: processor time, runnable and blocked tasks, boot time.
pub(super) fn stat(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let path = config.proc.join("stat");
    let text = read(&path)?;
    let ticks = float(procfs::ticks_per_second());
    let mut has_cpu = false;
    for line in text.lines() {
        let mut words = line.split_ascii_whitespace();
        let Some(key) = words.next() else { continue };
        let mut number = || words.next().and_then(|word| word.parse::<f64>().ok());
        match key {
            "btime" => push_if(out, "node_boot_time_seconds", number()),
            "processes" => push_if(out, "node_forks_total", number()),
            "procs_running" => push_if(out, "node_procs_running", number()),
            "procs_blocked" => push_if(out, "node_procs_blocked", number()),
            "ctxt" => push_if(out, "node_context_switches_total", number()),
            "intr" => push_if(out, "node_intr_total", number()),
            _ => {
                let Some(cpu) = key.strip_prefix("cpu").filter(|cpu| !cpu.is_empty()) else {
                    continue;
                };
                has_cpu = true;
                for mode in MODES {
                    let Some(value) = number() else { break };
                    let labels = [("cpu", cpu), ("mode", mode)];
                    out.push("node_cpu_seconds_total", labels, value / ticks);
                }
            }
        }
    }
    if has_cpu { Ok(()) } else { Err(unreadable(&path)) }
}

fn push_if(out: &mut Gathered, name: &'static str, value: Option<f64>) {
    if let Some(value) = value {
        out.push(name, [], value);
    }
}

/// `/proc/loadavg`.
pub(super) fn loadavg(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let path = config.proc.join("loadavg");
    let load = LoadAverage::from_read(read(&path)?.as_bytes()).map_err(|_| unreadable(&path))?;
    out.push("node_load1", [], load.one.into());
    out.push("node_load5", [], load.five.into());
    out.push("node_load15", [], load.fifteen.into());
    Ok(())
}

/// `/proc/meminfo`, every line.
pub(super) fn meminfo(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let path = config.proc.join("meminfo");
    let text = read(&path)?;
    let mut lines = 0_usize;
    for line in text.lines() {
        let Some((key, rest)) = line.split_once(':') else { continue };
        let mut words = rest.split_ascii_whitespace();
        let Some(value) = words.next().and_then(|word| word.parse::<f64>().ok()) else { continue };
        let key = key.replace('(', "_").replace(')', "");
        lines += 1;
        if words.next() == Some("kB") {
            out.push(format!("node_memory_{key}_bytes"), [], value * 1024.0);
        } else {
            out.push(format!("node_memory_{key}"), [], value);
        }
    }
    if lines > 0 { Ok(()) } else { Err(unreadable(&path)) }
}

/// `/proc/vmstat`: paging, swapping, kernel kills for lack of memory.
pub(super) fn vmstat(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let text = read(&config.proc.join("vmstat"))?;
    for line in text.lines() {
        let Some((key, value)) = line.split_once(' ') else { continue };
        if VMSTAT.contains(&key)
            && let Ok(value) = value.trim().parse::<f64>()
        {
            out.push(format!("node_vmstat_{key}"), [], value);
        }
    }
    Ok(())
}

/// `/proc/pressure`: the share of time that tasks waited; absent before kernel 4.20.
pub(super) fn pressure(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let directory = config.proc.join("pressure");
    let micros = |total: u64| float(total) / 1e6;
    let path = directory.join("cpu");
    let text = read(&path)?;
    let cpu = CpuPressure::from_read(text.as_bytes()).map_err(|_| unreadable(&path))?;
    out.push("node_pressure_cpu_waiting_seconds_total", [], micros(cpu.some.total));
    let path = directory.join("memory");
    let text = read(&path)?;
    let memory = MemoryPressure::from_read(text.as_bytes()).map_err(|_| unreadable(&path))?;
    out.push("node_pressure_memory_waiting_seconds_total", [], micros(memory.some.total));
    out.push("node_pressure_memory_stalled_seconds_total", [], micros(memory.full.total));
    let path = directory.join("io");
    let text = read(&path)?;
    let io = IoPressure::from_read(text.as_bytes()).map_err(|_| unreadable(&path))?;
    out.push("node_pressure_io_waiting_seconds_total", [], micros(io.some.total));
    out.push("node_pressure_io_stalled_seconds_total", [], micros(io.full.total));
    Ok(())
}

/// `/proc/sys/fs/file-nr`: open files of the whole host and their limit.
pub(super) fn filefd(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let path = config.proc.join("sys/fs/file-nr");
    let text = read(&path)?;
    let mut numbers = text.split_ascii_whitespace().map(str::parse::<f64>);
    let (Some(Ok(allocated)), Some(_), Some(Ok(maximum))) =
        (numbers.next(), numbers.next(), numbers.next())
    else {
        return Err(unreadable(&path));
    };
    out.push("node_filefd_allocated", [], allocated);
    out.push("node_filefd_maximum", [], maximum);
    Ok(())
}

/// `/proc/sys/kernel`: name and kernel of the host.
pub(super) fn uname(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let kernel = config.proc.join("sys/kernel");
    let line = |name: &str| read(&kernel.join(name)).map(|text| text.trim().to_owned());
    let machine = rustix::system::uname().machine().to_string_lossy().into_owned();
    out.push(
        "node_uname_info",
        [
            ("sysname", &line("ostype")?),
            ("release", &line("osrelease")?),
            ("version", &line("version")?),
            ("machine", &machine),
            ("nodename", &line("hostname")?),
            ("domainname", &line("domainname")?),
        ],
        1.0,
    );
    Ok(())
}

/// The host's own clock, and how many processes and threads the kernel allows.
pub(super) fn time(config: &Config, out: &mut Gathered) -> io::Result<()> {
    out.push("node_time_seconds", [], wall());
    let kernel = config.proc.join("sys/kernel");
    out.push("node_processes_max_processes", [], read_number(&kernel.join("pid_max"))?);
    out.push("node_processes_max_threads", [], read_number(&kernel.join("threads-max"))?);
    Ok(())
}
