//! What the name of another monitoring system's alert says of it: does it speak of what is broken, or of what is
//! felt? Rules of the field are called `HighRequestLatency` and `NodeFilesystemAlmostOutOfSpace`, not «cause».

use crate::model::Role;

/// Words of what is felt at a system, wherever its cause lies: asked beside [`EITHER`] only.
const FELT: [&str; 10] = [
    "latency",
    "slow",
    "slowness",
    "duration",
    "timeout",
    "timeouts",
    "error",
    "errors",
    "failing",
    "unavailable",
];
/// Words that may be of either: a queue is broken when it grows, but `RequestQueueLatency` is felt, and so are a slow
/// page load and errors of the user interface.
const EITHER: [&str; 4] = ["queue", "backlog", "load", "interface"];
/// Words of what is broken in a thing itself. They weigh more: slow disks are a cause.
const BROKEN: [&str; 44] = [
    "disk",
    "disks",
    "filesystem",
    "filesystems",
    "volume",
    "inode",
    "inodes",
    "space",
    "raid",
    "smart",
    "io",
    "memory",
    "oom",
    "swap",
    "cpu",
    "saturated",
    "saturation",
    "throttling",
    "lock",
    "locks",
    "deadlock",
    "deadlocks",
    "replication",
    "replica",
    "standby",
    "connections",
    "pool",
    "heap",
    "gc",
    "merge",
    "merges",
    "shards",
    "rejections",
    "rejected",
    "crash",
    "crashing",
    "crashloop",
    "crashlooping",
    "restarts",
    "net",
    "network",
    "packet",
    "packets",
    "certificate",
];

/// Whether an alert of this name speaks of a cause or of a symptom. A name that says nothing is a symptom: what
/// is no cause must not keep two clusters apart.
#[must_use]
pub fn role_of_alert(name: &str) -> Role {
    let words = words(name);
    let has = |known: &[&str]| words.iter().any(|word| known.contains(&word.as_str()));
    let is_broken = has(&BROKEN) || has(&EITHER) && !has(&FELT);
    if is_broken { Role::Cause } else { Role::Symptom }
}

/// The words of a name, however they are put together: `DiskFull`, `disk_full`, `disk-full`, `Disk full`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        let is_next = was_lower && letter.is_uppercase();
        if (is_next || !letter.is_alphanumeric()) && words.last().is_some_and(|w| !w.is_empty()) {
            words.push(String::new());
        }
        was_lower = letter.is_lowercase();
        if letter.is_alphanumeric()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_field_are_told_apart() {
        for cause in [
            "NodeFilesystemAlmostOutOfSpace",
            "HostOutOfMemory",
            "KubePodCrashLooping",
            "PostgresqlReplicationLag",
            "PostgresqlTooManyConnections",
            "PostgresqlDeadLocks",
            "disk_full",
            "slow_io",
            "net_loss",
            "queue_growth",
            "RabbitmqQueueGrowing",
            "ElasticsearchHeapUsageTooHigh",
            "Disk is full",
            "HostHighCpuLoad",
        ] {
            assert_eq!(role_of_alert(cause), Role::Cause, "{cause}");
        }
        for symptom in [
            "HighRequestLatency",
            "latency_high",
            "error_rate_high",
            "ApiErrorsHigh",
            "RequestQueueLatency",
            "PageLoadSlow",
            "UserInterfaceErrors",
            "InstanceDown",
            "Watchdog",
            "",
        ] {
            assert_eq!(role_of_alert(symptom), Role::Symptom, "{symptom}");
        }
    }
}
