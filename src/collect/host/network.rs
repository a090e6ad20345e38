//! Interfaces, protocol counters, sockets and connection tracking.

use std::io;
use std::path::Path;

use super::gathered::{float, read, read_number, unreadable};
use super::{Config, Gathered};

/// The columns of `/proc/net/dev`, by node_exporter's names.
const COLUMNS: [&str; 16] = [
    "node_network_receive_bytes_total",
    "node_network_receive_packets_total",
    "node_network_receive_errs_total",
    "node_network_receive_drop_total",
    "node_network_receive_fifo_total",
    "node_network_receive_frame_total",
    "node_network_receive_compressed_total",
    "node_network_receive_multicast_total",
    "node_network_transmit_bytes_total",
    "node_network_transmit_packets_total",
    "node_network_transmit_errs_total",
    "node_network_transmit_drop_total",
    "node_network_transmit_fifo_total",
    "node_network_transmit_colls_total",
    "node_network_transmit_carrier_total",
    "node_network_transmit_compressed_total",
];

/// The most interfaces that are reported: a container host makes one a container.
const INTERFACES: usize = 128;

/// The protocol counters that node_exporter keeps by default, but for IPv6 and UDP-Lite.
const PROTOCOLS: [(&str, &[&str]); 8] = [
    ("Ip", &["Forwarding"]),
    ("IpExt", &["InOctets", "OutOctets"]),
    ("Icmp", &["InMsgs", "OutMsgs", "InErrors"]),
    ("Tcp", &["ActiveOpens", "PassiveOpens", "InSegs", "OutSegs", "RetransSegs", "OutRsts"]),
    ("Tcp", &["CurrEstab", "InErrs"]),
    (
        "Udp",
        &["InDatagrams", "OutDatagrams", "NoPorts", "InErrors", "RcvbufErrors", "SndbufErrors"],
    ),
    ("TcpExt", &["ListenOverflows", "ListenDrops", "TCPTimeouts", "TCPSynRetrans"]),
    (
        "TcpExt",
        &["SyncookiesSent", "SyncookiesRecv", "SyncookiesFailed", "TCPRcvQDrop", "TCPOFOQueue"],
    ),
];

/// `/proc/net/dev`: bytes, packets, errors and drops of each interface.
pub(super) fn netdev(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let text = read(&config.net("dev"))?;
    for line in text.lines().skip(2).take(INTERFACES) {
        let Some((device, rest)) = line.split_once(':') else { continue };
        let labels = [("device", device.trim())];
        for (name, word) in COLUMNS.into_iter().zip(rest.split_ascii_whitespace()) {
            if let Ok(value) = word.parse::<f64>() {
                out.push(name, labels, value);
            }
        }
    }
    Ok(())
}

/// `/sys/class/net`: link state and how often it changed. An interface that is switched off has
/// no carrier to read and gives none.
pub(super) fn netclass(config: &Config, out: &mut Gathered) -> io::Result<()> {
    for entry in std::fs::read_dir(config.sys.join("class/net"))?.flatten().take(INTERFACES) {
        let device = entry.file_name();
        let labels = [("device", &*device.to_string_lossy())];
        let path = entry.path();
        if let Ok(state) = read(&path.join("operstate")) {
            let is_up = if state.trim() == "up" { 1.0 } else { 0.0 };
            out.push("node_network_up", labels, is_up);
        }
        let mut number = |file: &str, name: &'static str, factor: f64| {
            if let Ok(value) = read_number(&path.join(file)) {
                out.push(name, labels, value * factor);
            }
        };
        number("carrier", "node_network_carrier", 1.0);
        number("carrier_changes", "node_network_carrier_changes_total", 1.0);
        number("carrier_down_count", "node_network_carrier_down_changes_total", 1.0);
        number("mtu", "node_network_mtu_bytes", 1.0);
        number("speed", "node_network_speed_bytes", 125_000.0);
    }
    Ok(())
}

/// `/proc/net/snmp` and `/proc/net/netstat`: TCP and UDP counters.
pub(super) fn netstat(config: &Config, out: &mut Gathered) -> io::Result<()> {
    for file in ["snmp", "netstat"] {
        let path = config.net(file);
        let text = read(&path)?;
        pairs(&text, &path, out)?;
    }
    Ok(())
}

/// Each protocol has a line of names and a line of numbers, both starting with `Protocol:`.
fn pairs(text: &str, path: &Path, out: &mut Gathered) -> io::Result<()> {
    let mut lines = text.lines();
    while let (Some(names), Some(numbers)) = (lines.next(), lines.next()) {
        let (Some((protocol, names)), Some((same, numbers))) =
            (names.split_once(':'), numbers.split_once(':'))
        else {
            return Err(unreadable(path));
        };
        if protocol != same {
            return Err(unreadable(path));
        }
        let columns = names.split_ascii_whitespace().zip(numbers.split_ascii_whitespace());
        for (name, number) in columns {
            let is_wanted =
                PROTOCOLS.iter().any(|(kept, fields)| *kept == protocol && fields.contains(&name));
            if is_wanted && let Ok(value) = number.parse::<f64>() {
                out.push(format!("node_netstat_{protocol}_{name}"), [], value);
            }
        }
    }
    Ok(())
}

/// `/proc/net/sockstat`: sockets by kind; memory is counted in pages and given in bytes too.
pub(super) fn sockstat(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let text = read(&config.net("sockstat"))?;
    let page_bytes = float(procfs::page_size());
    for line in text.lines() {
        let Some((kind, rest)) = line.split_once(':') else { continue };
        let mut words = rest.split_ascii_whitespace();
        while let (Some(field), Some(value)) = (words.next(), words.next()) {
            let Ok(value) = value.parse::<f64>() else { continue };
            out.push(format!("node_sockstat_{kind}_{field}"), [], value);
            if field == "mem" {
                out.push(format!("node_sockstat_{kind}_mem_bytes"), [], value * page_bytes);
            }
        }
    }
    let range = read(&config.proc.join("sys/net/ipv4/ip_local_port_range"))?;
    let mut ends = range.split_ascii_whitespace().map(str::parse::<f64>);
    if let (Some(Ok(first)), Some(Ok(last))) = (ends.next(), ends.next()) {
        out.push("vakhta_host_local_ports", [], last - first + 1.0);
    }
    Ok(())
}

/// Connection tracking, where the module is loaded: entries, limit, and packets it dropped.
pub(super) fn conntrack(config: &Config, out: &mut Gathered) -> io::Result<()> {
    let netfilter = config.proc.join("sys/net/netfilter");
    let entries = read_number(&netfilter.join("nf_conntrack_count"))?;
    out.push("node_nf_conntrack_entries", [], entries);
    let limit = read_number(&netfilter.join("nf_conntrack_max"))?;
    out.push("node_nf_conntrack_entries_limit", [], limit);
    let Ok(text) = read(&config.net("stat/nf_conntrack")) else { return Ok(()) };
    let mut lines = text.lines();
    let Some(header) = lines.next() else { return Ok(()) };
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split_ascii_whitespace().collect()).collect();
    for (column, name) in header.split_ascii_whitespace().enumerate() {
        if !matches!(name, "drop" | "early_drop" | "insert_failed") {
            continue;
        }
        let of_cpu = |row: &Vec<&str>| {
            row.get(column).and_then(|word| u64::from_str_radix(word, 16).ok()).unwrap_or_default()
        };
        let total: u64 = rows.iter().map(of_cpu).sum();
        out.push(format!("node_nf_conntrack_stat_{name}"), [], float(total));
    }
    Ok(())
}
