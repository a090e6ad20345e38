//! Processes by state, threads, and the largest ones.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use super::read::{number, text};
use crate::collect::Samples;

/// The most processes looked at in one poll.
const LIMIT: usize = 20_000;
/// Programs reported by name: the largest by memory.
const LARGEST: usize = 10;
/// Bytes of a memory page on every platform we are built for.
const PAGE: f64 = 4096.0;

/// `/proc/PID/stat` of all processes.
pub(super) fn count(proc: &Path, to: &mut Samples) -> io::Result<()> {
    let mut states: BTreeMap<char, f64> = ['R', 'S', 'D', 'Z', 'T'].map(|s| (s, 0.0)).into();
    let mut by_name: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    let (mut processes, mut threads) = (0.0, 0.0);
    let pids = fs::read_dir(proc)?
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()));
    for pid in pids.take(LIMIT) {
        // A process that has gone meanwhile is none.
        let Ok(stat) = text(proc, &format!("{pid}/stat")) else { continue };
        let Some((head, rest)) = stat.rsplit_once(')') else { continue };
        let name = head.split_once('(').map_or("", |(_, name)| name);
        let words: Vec<&str> = rest.split_whitespace().collect();
        let field = |n: usize| number(words.get(n).copied()).unwrap_or(0.0);
        if let Some(state) = words.first().and_then(|word| word.chars().next()) {
            *states.entry(state).or_insert(0.0) += 1.0;
        }
        processes += 1.0;
        threads += field(17);
        let program = by_name.entry(name.to_owned()).or_insert((0.0, 0.0));
        program.0 += field(21) * PAGE;
        program.1 += 1.0;
    }
    to.push("node_processes_pids", &[], processes);
    to.push("node_processes_threads", &[], threads);
    for (state, count) in states {
        to.push("node_processes_state", &[("state", &state.to_string())], count);
    }
    let mut largest: Vec<(String, (f64, f64))> = by_name.into_iter().collect();
    largest.sort_by(|a, b| b.1.0.total_cmp(&a.1.0).then_with(|| a.0.cmp(&b.0)));
    for (name, (memory, count)) in largest.into_iter().take(LARGEST) {
        let labels = [("program", name.as_str())];
        to.push("vakhta_host_program_memory_bytes", &labels, memory);
        to.push("vakhta_host_program_processes", &labels, count);
    }
    Ok(())
}
