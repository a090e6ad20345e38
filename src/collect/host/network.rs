//! Interfaces, protocol counters, sockets, connection tracking.

use std::io;
use std::path::Path;

use super::read::{number, single, text};
use crate::collect::Samples;

/// The most interfaces reported: container hosts make them by the thousand.
const DEVICES: usize = 200;

/// `/proc/net/dev` and carrier changes.
pub(super) fn devices(proc: &Path, sys: &Path, to: &mut Samples) -> io::Result<()> {
    const RECEIVE: [&str; 4] = ["bytes", "packets", "errs", "drop"];
    for line in text(proc, "net/dev")?.lines().skip(2).take(DEVICES) {
        let Some((device, rest)) = line.split_once(':') else { continue };
        let device = device.trim();
        let words: Vec<&str> = rest.split_whitespace().collect();
        let labels = [("device", device)];
        for (n, what) in RECEIVE.iter().enumerate() {
            if let Some(value) = number(words.get(n).copied()) {
                to.push(&format!("node_network_receive_{what}_total"), &labels, value);
            }
            if let Some(value) = number(words.get(n + 8).copied()) {
                to.push(&format!("node_network_transmit_{what}_total"), &labels, value);
            }
        }
        let changes = format!("class/net/{device}/carrier_changes");
        if let Some(changes) = single(sys, &changes) {
            to.push("node_network_carrier_changes_total", &labels, changes);
        }
    }
    Ok(())
}

/// The counters of `/proc/net/netstat` and `/proc/net/snmp` that rules ask for.
pub(super) fn counters(proc: &Path, to: &mut Samples) -> io::Result<()> {
    const KEPT: [&str; 9] = [
        "TcpExt_ListenOverflows",
        "TcpExt_ListenDrops",
        "TcpExt_TCPTimeouts",
        "Tcp_RetransSegs",
        "Tcp_OutSegs",
        "Tcp_CurrEstab",
        "Udp_InDatagrams",
        "Udp_RcvbufErrors",
        "Udp_InErrors",
    ];
    for file in ["net/netstat", "net/snmp"] {
        let text = text(proc, file)?;
        let lines: Vec<&str> = text.lines().collect();
        for pair in lines.chunks(2) {
            let [names, values] = pair else { continue };
            let (Some((group, names)), Some((_, values))) =
                (names.split_once(':'), values.split_once(':'))
            else {
                continue;
            };
            for (name, value) in names.split_whitespace().zip(values.split_whitespace()) {
                let name = format!("{group}_{name}");
                if let (true, Some(value)) = (KEPT.contains(&name.as_str()), number(Some(value))) {
                    to.push(&format!("node_netstat_{name}"), &[], value);
                }
            }
        }
    }
    Ok(())
}

/// `/proc/net/sockstat`.
pub(super) fn sockets(proc: &Path, to: &mut Samples) -> io::Result<()> {
    for line in text(proc, "net/sockstat")?.lines() {
        let Some((protocol, rest)) = line.split_once(':') else { continue };
        let words: Vec<&str> = rest.split_whitespace().collect();
        for pair in words.chunks(2) {
            if let [name, value] = pair
                && let Some(value) = number(Some(value))
            {
                to.push(&format!("node_sockstat_{protocol}_{name}"), &[], value);
            }
        }
    }
    Ok(())
}

/// Connection tracking, where the kernel has it.
pub(super) fn conntrack(proc: &Path, to: &mut Samples) -> io::Result<()> {
    let folder = proc.join("sys/net/netfilter");
    if let Some(count) = single(&folder, "nf_conntrack_count") {
        to.push("node_nf_conntrack_entries", &[], count);
    }
    if let Some(limit) = single(&folder, "nf_conntrack_max") {
        to.push("node_nf_conntrack_entries_limit", &[], limit);
    }
    Ok(())
}
