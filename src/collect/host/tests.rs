//! Recorded files of a host in, series out; and the living host for what cannot be recorded.

use std::collections::{BTreeMap, HashSet};
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;

use super::disk::is_part;
use super::filesystem::Room;
use super::process::Processes;
use super::*;
use crate::model::Sample;

fn fixture() -> Config {
    let at = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/host");
    Config {
        proc: at.join("proc"),
        sys: at.join("sys"),
        root: at.join("root"),
        ..Config::default()
    }
}

/// Polls once: series in PromQL's notation and their values; a series given twice is an error.
async fn poll(host: &mut Host) -> BTreeMap<String, f64> {
    let mut samples = Samples::new(Vec::new());
    host.collect(&mut samples).await.unwrap();
    let mut found = BTreeMap::new();
    for sample in samples.take() {
        let series = sample.series.to_string();
        assert_eq!(found.insert(series.clone(), sample.value), None, "{series} came twice");
    }
    found
}

fn check(found: &BTreeMap<String, f64>, expected: &[(&str, f64)]) {
    for (series, value) in expected {
        let seen = found.get(*series).copied();
        assert!(seen.is_some_and(|seen| (seen - value).abs() < 1e-9), "{series}: {seen:?}");
    }
}

#[tokio::test]
async fn recorded_files_become_the_series_of_node_exporter() {
    let found = poll(&mut Host::new(fixture())).await;
    check(
        &found,
        &[
            (r#"node_cpu_seconds_total{cpu="0",mode="idle"}"#, 4668.83),
            ("node_boot_time_seconds{}", 1_795_514_513.0),
            ("node_memory_MemTotal_bytes{}", 24684092.0 * 1024.0),
            ("node_memory_HugePages_Total{}", 0.0),
            ("node_pressure_memory_stalled_seconds_total{}", 0.0),
            (r#"node_disk_read_bytes_total{device="nvme0n1"}"#, 2048.0 * 512.0),
            (r#"node_disk_read_time_seconds_total{device="nvme0n1"}"#, 0.5),
            (r#"node_network_carrier{device="eth0"}"#, 0.0),
            (r#"node_network_carrier_changes_total{device="eth0"}"#, 7.0),
            ("node_nf_conntrack_stat_drop{}", 32.0),
            (r#"node_processes_state{state="Z"}"#, 1.0),
            ("node_processes_threads{}", 4.0),
            (r#"vakhta_host_ext4_errors_total{device="vda"}"#, 3.0),
            (r#"vakhta_host_process_resident_bytes{name="crm) worker"}"#, 6110.0 * 4096.0),
            (r#"vakhta_host_zombies{parent="crm) worker"}"#, 1.0),
            (r#"node_scrape_collector_success{collector="filesystem"}"#, 1.0),
        ],
    );
    assert!(!found.keys().any(|series| series.contains(r#"device="vda1""#)), "a partition");
    let named = r#"node_uname_info{domainname="(none)",machine=""#;
    assert!(found.keys().any(|series| series.starts_with(named)));
    assert!(!found.values().any(|value| value.is_nan()));
}

#[tokio::test]
async fn a_read_only_filesystem_is_seen_however_it_came_about() {
    let found = poll(&mut Host::new(fixture())).await;
    let turned = |mount: &str| {
        found.get(&format!("vakhta_host_filesystem_turned_readonly{{{mount}}}")).copied()
    };
    let after_error = r#"device="/dev/vdb",fstype="ext4",mountpoint="/srv/crm data""#;
    let against_fstab = r#"device="/dev/vdc",fstype="xfs",mountpoint="/var/lib/postgresql""#;
    let on_purpose = r#"device="/dev/vdd",fstype="ext4",mountpoint="/mnt/archive""#;
    assert_eq!(turned(after_error), Some(1.0));
    assert_eq!(turned(against_fstab), Some(1.0));
    assert_eq!(turned(on_purpose), Some(0.0));
    assert_eq!(found.get(&format!("node_filesystem_readonly{{{after_error}}}")), Some(&1.0));
    let points: HashSet<&str> = found
        .keys()
        .filter(|series| series.starts_with("node_filesystem_size_bytes"))
        .filter_map(|series| series.split("mountpoint=\"").nth(1)?.split('"').next())
        .collect();
    let expected = ["/", "/srv/crm data", "/var/lib/postgresql", "/mnt/archive", "/run"];
    assert_eq!(points, HashSet::from(expected));
}

#[tokio::test]
async fn a_mount_that_cannot_be_asked_has_a_device_error() {
    let gone = tempfile::tempdir().unwrap();
    let config = Config { root: gone.path().join("absent"), ..fixture() };
    let found = poll(&mut Host::new(config)).await;
    let label = r#"{device="/dev/vda",fstype="ext4",mountpoint="/"}"#;
    // `absent/` + "" is the root itself, which does not exist here.
    assert_eq!(found.get(&format!("node_filesystem_device_error{label}")), Some(&1.0));
    assert_eq!(found.get(&format!("vakhta_host_filesystem_hung{label}")), Some(&0.0));
    assert_eq!(found.get(&format!("node_filesystem_size_bytes{label}")), None);
}

/// Held by the test while the «server» of a mount is gone.
static SERVER: Mutex<()> = Mutex::new(());

fn ask_server(path: &Path) -> io::Result<Room> {
    if path.ends_with("mnt/archive") {
        drop(SERVER.lock());
    }
    Ok(Room::default())
}

#[tokio::test]
#[expect(clippy::await_holding_lock, reason = "the lock is the hung server: another thread waits")]
async fn a_hung_mount_is_asked_once_and_the_others_go_on() {
    let config = Config { mount_timeout: Duration::from_millis(20), ..fixture() };
    let mounts = filesystem::mounts(&config).unwrap();
    let mut filesystems = Filesystems::asking(ask_server);
    let mut hung = Vec::new();
    let gone = SERVER.lock().unwrap();
    for _ in 0..2 {
        hung.push(hung_mounts(&mut filesystems, &config, &mounts).await);
        assert_eq!(filesystems.hung(), HashSet::from(["/mnt/archive".to_owned()]));
    }
    drop(gone);
    let patient = Config { mount_timeout: Duration::from_secs(30), ..config };
    while !filesystems.hung().is_empty() {
        tokio::task::yield_now().await;
    }
    hung.push(hung_mounts(&mut filesystems, &patient, &mounts).await);
    assert_eq!(hung, [vec!["/mnt/archive"], vec!["/mnt/archive"], vec![]]);
}

async fn hung_mounts(
    filesystems: &mut Filesystems,
    config: &Config,
    mounts: &[Mount],
) -> Vec<String> {
    let mut gathered = Gathered::default();
    filesystems.ask(config, mounts, &mut gathered).await;
    let mut samples = Samples::new(Vec::new());
    gathered.into_samples(&mut samples);
    let is_hung = |sample: &Sample| {
        sample.series.name() == "vakhta_host_filesystem_hung" && sample.value > 0.0
    };
    let point = |sample: Sample| sample.series.get("mountpoint").unwrap().to_owned();
    samples.take().into_iter().filter(is_hung).map(point).collect()
}

#[tokio::test]
async fn a_host_that_is_not_there_is_an_error_with_a_remedy() {
    let gone = tempfile::tempdir().unwrap();
    let config = Config { proc: gone.path().to_owned(), ..fixture() };
    let error = Host::new(config).collect(&mut Samples::new(Vec::new())).await.unwrap_err();
    assert_eq!(error.as_str(), "access");
    assert!(error.to_string().contains("`proc`"), "{error}");
}

#[tokio::test]
async fn the_living_host_can_be_polled() {
    let mut host = Host::new(Config::default());
    poll(&mut host).await;
    let found = poll(&mut host).await;
    for series in ["node_load1{}", "node_memory_MemAvailable_bytes{}", "node_processes_pids{}"] {
        assert!(found.get(series).is_some_and(|value| *value >= 0.0), "{series}");
    }
    let failed: Vec<&String> = found
        .iter()
        .filter(|(series, value)| series.starts_with("vakhta_collector_success") && **value < 1.0)
        .map(|(series, _)| series)
        .collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn a_deleted_open_file_is_put_to_its_mount() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&vec![1; 3 << 20]).unwrap();
    file.sync_all().unwrap();
    let config = Config::default();
    let mounts = filesystem::mounts(&config).unwrap();
    let mut gathered = Gathered::default();
    Processes::default().pass(&config, &mounts, &HashSet::new(), &mut gathered).unwrap();
    let mut samples = Samples::new(Vec::new());
    gathered.into_samples(&mut samples);
    let held: f64 = samples
        .take()
        .iter()
        .filter(|sample| sample.series.name() == "vakhta_host_deleted_open_bytes")
        .map(|sample| sample.value)
        .sum();
    assert!(held >= f64::from(3 << 20), "{held}");
}

#[test]
fn partitions_are_told_from_disks() {
    let parts = ["sda1", "vda15", "xvdb2", "nvme0n1p3", "loop7", "ram0"];
    let disks = ["sda", "vda", "nvme0n1", "dm-0", "md127", "mmcblk0", "sr0"];
    assert!(parts.into_iter().all(is_part));
    assert!(!disks.into_iter().any(is_part));
}
