//! Recorded answers of five product lines against the samples they become, and the behaviour of a
//! poll when nodes hang, are gone, or refuse, against small servers on loopback.

use std::collections::BTreeMap;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;

/// Reads a recorded answer; their origin is in the folder's README.
fn recorded(name: &str) -> Value {
    let path = format!("{}/tests/data/elasticsearch/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
}

/// The current poll as `series → value`; a series that comes twice fails the test.
fn taken(samples: &mut Samples) -> BTreeMap<String, f64> {
    let mut found = BTreeMap::new();
    for sample in samples.take() {
        let series = sample.series.to_string();
        assert!(found.insert(series.clone(), sample.value).is_none(), "{series} came twice");
    }
    found
}

fn kept(parts: &[Kept]) -> BTreeMap<String, f64> {
    let mut samples = Samples::new(Vec::new());
    parts.iter().for_each(|part| part.push(&mut samples));
    taken(&mut samples)
}

#[track_caller]
fn check(found: &BTreeMap<String, f64>, expected: &[(&str, Option<f64>)]) {
    for (series, value) in expected {
        assert_eq!(found.get(*series).copied(), *value, "{series} in {found:#?}");
    }
}

#[test]
fn health_becomes_colours_and_counts() {
    let mut samples = Samples::new(Vec::new());
    let health = cluster::push_health(&recorded("es9-health-red"), &mut samples);
    cluster::push_shard_limit(health, Some(1000.0), &mut samples);
    let expected = [
        ("elasticsearch_cluster_health_status{color=\"red\"}", Some(1.0)),
        ("elasticsearch_cluster_health_status{color=\"green\"}", Some(0.0)),
        ("elasticsearch_cluster_health_unassigned_shards{}", Some(1.0)),
        ("elasticsearch_cluster_health_number_of_nodes{}", Some(3.0)),
        ("elasticsearch_cluster_health_active_shards_percent_as_number{}", Some(80.0)),
        ("vakhta_es_shards_limit{}", Some(3000.0)),
        ("vakhta_es_shards_used_ratio{}", Some(5.0 / 3000.0)),
    ];
    check(&taken(&mut samples), &expected);
    cluster::push_health(&recorded("os3-health-yellow"), &mut samples);
    let yellow = ("elasticsearch_cluster_health_status{color=\"yellow\"}", Some(1.0));
    check(&taken(&mut samples), &[yellow]);
}

#[test]
fn node_statistics_bear_the_exporters_names() {
    let mut samples = Samples::new(Vec::new());
    let settings = Settings::default();
    let answered = nodes::push(&recorded("es9-stats"), &settings, &mut samples);
    assert_eq!((answered.ids.len(), answered.failed.len()), (3, 0));
    let found = taken(&mut samples);
    let disk = "mount=\"/ (/dev/vda)\",name=\"n3\",path=\"/var/lib/search/n3\"";
    let low = format!("vakhta_es_disk_headroom_bytes{{{disk},stage=\"low\"}}");
    let available = format!("elasticsearch_filesystem_data_available_bytes{{{disk}}}");
    assert!((found[&available] - found[&low] - 2_147_483_648.0).abs() < 1.0);
    let expected = [
        ("vakhta_es_nodes_failed{}", Some(0.0)),
        ("elasticsearch_jvm_memory_max_bytes{area=\"heap\",name=\"n3\"}", Some(402_653_184.0)),
        // A pool without a limit of its own says 0: no series.
        ("elasticsearch_jvm_memory_pool_max_bytes{name=\"n3\",pool=\"young\"}", None),
        ("elasticsearch_jvm_memory_pool_max_bytes{name=\"n3\",pool=\"old\"}", Some(402_653_184.0)),
        ("elasticsearch_thread_pool_rejected_count{name=\"n3\",type=\"search\"}", Some(0.0)),
        ("elasticsearch_breakers_tripped{breaker=\"parent\",name=\"n3\"}", Some(0.0)),
        ("elasticsearch_process_max_files_descriptors{name=\"n1\"}", Some(20_000.0)),
        ("elasticsearch_indices_indexing_is_throttled{name=\"n3\"}", Some(0.0)),
        (
            "elasticsearch_indexing_pressure_limit_in_bytes{indexing_pressure=\"memory\",name=\"n3\"}",
            Some(40_265_318.0),
        ),
    ];
    check(&found, &expected);
}

#[test]
fn disks_of_the_older_lines_are_judged_by_the_settings() {
    let settings = Settings::read(&recorded("os3-settings"));
    for name in ["os3-stats", "es7-stats"] {
        let mut samples = Samples::new(Vec::new());
        nodes::push(&recorded(name), &settings, &mut samples);
        let found = taken(&mut samples);
        let headroom = found.keys().filter(|key| key.starts_with("vakhta_es_disk_headroom_bytes"));
        assert_eq!(headroom.count(), 3, "{name}");
        assert!(found.keys().any(|key| key.starts_with("elasticsearch_jvm_gc")), "{name}");
    }
    let mut off = settings;
    off.disk_threshold_off = true;
    let mut samples = Samples::new(Vec::new());
    nodes::push(&recorded("os3-stats"), &off, &mut samples);
    assert!(!taken(&mut samples).keys().any(|key| key.starts_with("vakhta_es_disk")));
}

#[test]
fn numbers_that_are_not_known_are_left_out() {
    let answer = serde_json::json!({"nodes": {
        "a": {"name": "n", "process": {"cpu": {"percent": -1}, "open_file_descriptors": 7}},
        "b": {"name": "n", "process": {"open_file_descriptors": 8}},
    }});
    let mut samples = Samples::new(Vec::new());
    nodes::push(&answer, &Settings::default(), &mut samples);
    let expected = [
        ("elasticsearch_process_cpu_percent{name=\"n\"}", None),
        ("elasticsearch_process_open_files_count{name=\"n\"}", Some(7.0)),
        ("elasticsearch_process_open_files_count{name=\"n (b)\"}", Some(8.0)),
    ];
    check(&taken(&mut samples), &expected);
}

#[test]
fn watermarks_are_read_in_every_form() {
    use settings::Mark::{self, FreeBytes, UsedRatio};
    let cases = [
        ("85%", Some(UsedRatio(0.85))),
        ("0.9", Some(UsedRatio(0.9))),
        ("500mb", Some(FreeBytes(524_288_000.0))),
        ("1.5GB", Some(FreeBytes(1_610_612_736.0))),
        ("-1", None),
        ("120%", None),
        ("5 apples", None),
        ("", None),
    ];
    for (text, expected) in cases {
        assert_eq!(Mark::parse(text), expected, "{text}");
    }
    let settings = Settings::read(&recorded("es9-settings-flood"));
    let expected = [
        (
            "elasticsearch_clustersettings_allocation_watermark_flood_stage_bytes{}",
            Some(966_367_641_600.0),
        ),
        ("elasticsearch_clustersettings_stats_max_shards_per_node{}", Some(1000.0)),
    ];
    check(&kept(&settings.samples()), &expected);
    let capacity = kept(&settings::queue_capacities(&recorded("es9-pools")));
    let expected = [
        ("vakhta_es_thread_pool_queue_capacity{name=\"n1\",type=\"write\"}", Some(10_000.0)),
        ("vakhta_es_thread_pool_queue_capacity{name=\"n1\",type=\"generic\"}", None),
    ];
    check(&capacity, &expected);
    let blocks = kept(&settings::read_only_indices(&recorded("es9-blocks-flood")));
    check(&blocks, &[("elasticsearch_indices_settings_stats_read_only_indices{}", Some(2.0))]);
}

#[test]
fn a_reason_names_what_an_operator_can_change() {
    let reason = |can: &str, decider: &str, why: &str| {
        format!(
            "vakhta_es_unassigned_reason{{can_allocate=\"{can}\",decider=\"{decider}\",\
             reason=\"{why}\"}}"
        )
    };
    let mixed = serde_json::json!({
        "can_allocate": "no", "unassigned_info": {"reason": "NODE_LEFT"},
        "node_allocation_decisions": [
            {"deciders": [{"decider": "same_shard", "decision": "NO"}]},
            {"deciders": [{"decider": "same_shard", "decision": "NO"}]},
            {"deciders": [{"decider": "disk_threshold", "decision": "NO"},
                          {"decider": "enable", "decision": "YES"}]},
        ]
    });
    let hostile = serde_json::json!({"can_allocate": "a b", "unassigned_info": {"reason": 1}});
    let cases = [
        (recorded("es9-explain-red"), reason("no", "filter", "INDEX_CREATED")),
        (recorded("es9-explain-yellow"), reason("yes", "same_shard", "INDEX_CREATED")),
        (recorded("os3-explain-yellow"), reason("no", "same_shard", "INDEX_CREATED")),
        (mixed, reason("no", "disk_threshold", "NODE_LEFT")),
        (hostile, reason("unknown", "none", "unknown")),
    ];
    for (answer, expected) in cases {
        check(&kept(&cluster::unassigned_reason(&answer)), &[(&expected, Some(1.0))]);
    }
}

#[test]
fn a_moved_master_is_counted_and_an_unreadable_state_changes_nothing() {
    let state = |master: &str| {
        serde_json::json!({"master_node": master,
            "nodes": {"a": {"name": "n1"}, "b": {"name": "n2"}}})
    };
    let mut members = Members::default();
    let none = BTreeSet::new();
    for answer in [state("a"), state("a"), state("b"), Value::Null, state("b"), state("a")] {
        members.update(&answer, &none);
    }
    let mut samples = Samples::new(Vec::new());
    members.push(&mut samples);
    let expected = [
        ("vakhta_es_master_changes_total{}", Some(2.0)),
        ("vakhta_es_master{master_node=\"n1\"}", Some(1.0)),
        ("vakhta_es_node_present{name=\"n2\"}", Some(1.0)),
    ];
    check(&taken(&mut samples), &expected);
    for name in ["es7-state", "es9-state", "os3-state"] {
        let mut members = Members::default();
        members.update(&recorded(name), &none);
        members.push(&mut samples);
        let found = taken(&mut samples);
        assert!(found.keys().any(|key| key.starts_with("vakhta_es_master{")), "{name}");
    }
}

#[test]
fn a_node_dropped_for_hanging_is_not_gone() {
    let all = serde_json::json!({"nodes": {"a": {"name": "n1"}, "b": {"name": "n2"}}});
    let without = serde_json::json!({"nodes": {"a": {"name": "n1"}}});
    let none = BTreeSet::new();
    let hung = BTreeSet::from(["n2".to_owned(), "never-a-member:9200".to_owned()]);
    let steps = [
        (&all, &none, true),
        (&without, &hung, true),
        (&without, &hung, true),
        (&without, &none, false),
    ];
    let mut members = Members::default();
    let mut samples = Samples::new(Vec::new());
    for (answer, hung, is_present) in steps {
        members.update(answer, hung);
        members.push(&mut samples);
        let found = taken(&mut samples);
        let present = is_present.then_some(1.0);
        check(&found, &[("vakhta_es_node_present{name=\"n2\"}", present)]);
        assert!(!found.keys().any(|key| key.contains("never")));
    }
}

#[test]
fn snapshots_keep_their_last_success_while_a_repository_cannot_be_read() {
    let mut snapshots = Snapshots::new(Vec::new());
    let mut parts = Vec::new();
    let listed = Ok(Some(recorded("es9-snapshots-partial")));
    assert!(snapshots.note("fm", listed, &mut parts).is_none());
    let success = "vakhta_es_snapshot_last_success_timestamp_seconds{repository=\"fm\"}";
    let expected = [
        ("vakhta_es_snapshot_last_failed{repository=\"fm\"}", Some(1.0)),
        ("elasticsearch_snapshot_stats_snapshot_failed_shards{repository=\"fm\"}", Some(1.0)),
        ("elasticsearch_snapshot_stats_number_of_snapshots{repository=\"fm\"}", Some(2.0)),
        ("vakhta_es_repository_readable{repository=\"fm\"}", Some(1.0)),
        (success, Some(1_795_519_367.861)),
    ];
    check(&kept(&parts), &expected);
    let corrupt = CollectError::Answer { what: "list".to_owned(), cause: "status 500".to_owned() };
    let slow = CollectError::Timeout { what: "list".to_owned(), seconds: 1.6 };
    for (error, readable) in [(corrupt, Some(0.0)), (slow, None)] {
        let mut parts = Vec::new();
        assert!(snapshots.note("fm", Err(error), &mut parts).is_some());
        let readable = ("vakhta_es_repository_readable{repository=\"fm\"}", readable);
        check(&kept(&parts), &[readable, (success, Some(1_795_519_367.861))]);
    }
    for name in ["es7-snapshots", "os3-snapshots"] {
        let mut parts = Vec::new();
        snapshots.note("bk", Ok(Some(recorded(name))), &mut parts);
        check(&kept(&parts), &[("vakhta_es_snapshot_last_failed{repository=\"bk\"}", Some(0.0))]);
    }
}

#[test]
fn the_health_report_becomes_one_series_a_colour() {
    let found = kept(&cluster::health_report(&recorded("es9-report")));
    let series = |color: &str| {
        format!("elasticsearch_health_report_shards_capacity_status{{color=\"{color}\"}}")
    };
    check(&found, &[(&series("green"), Some(1.0)), (&series("red"), Some(0.0))]);
}

/// Answers like a node of the recorded cluster; `status` is that of every answer.
async fn serve(listener: &TcpListener, status: u16) {
    loop {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0_u8; 4096];
        let size = stream.read(&mut request).await.unwrap_or_default();
        let head = String::from_utf8_lossy(&request[..size]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or("/");
        let answers = [
            ("/_cluster/health", "es9-health-green"),
            ("/_cluster/state", "es9-state"),
            ("/_nodes/stats", "es9-stats"),
            ("/_cluster/settings", "es9-settings"),
            ("/_nodes/thread_pool", "es9-pools"),
            ("/_health_report", "es9-report"),
        ];
        let found = answers.iter().find(|(start, _)| path.starts_with(start));
        let body = match (found, path) {
            (Some((_, name)), _) => recorded(name).to_string(),
            (None, "/") => recorded("es9-root").to_string(),
            _ => "{}".to_owned(),
        };
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
             connection: close\r\n\r\n{body}",
            body.len()
        );
        // Whoever asked may have given up meanwhile.
        drop(stream.write_all(answer.as_bytes()).await);
    }
}

fn collector(urls: Vec<String>) -> Elasticsearch {
    Elasticsearch::new(&config(urls)).unwrap()
}

fn config(urls: Vec<String>) -> Config {
    Config {
        urls,
        username: None,
        password: None,
        api_key: None,
        ca_pem: None,
        timeout: Duration::from_secs(2),
        interval: Duration::from_secs(10),
        ignore_repositories: Vec::new(),
    }
}

/// A listener and its address. One that is never accepted from is what a stopped process looks
/// like: the kernel completes the connection, and no answer comes.
async fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

#[tokio::test]
async fn a_hung_seed_is_named_and_another_is_asked() {
    let (_hung, hung_url) = listener().await;
    let (alive, alive_url) = listener().await;
    let mut source = collector(vec![hung_url.clone(), alive_url.clone()]);
    let mut samples = Samples::new(Vec::new());
    tokio::select! {
        () = serve(&alive, 200) => unreachable!(),
        result = source.collect(&mut samples) => result.unwrap(),
    }
    let hung_name = hung_url.trim_start_matches("http://");
    let answers = format!(
        "vakhta_es_node_answers{{cluster=\"hes\",name=\"{hung_name}\",url=\"{hung_url}\"}}"
    );
    let alive_answers =
        format!("vakhta_es_node_answers{{cluster=\"hes\",name=\"n1\",url=\"{alive_url}\"}}");
    let hung = format!("vakhta_es_node_hung{{cluster=\"hes\",name=\"{hung_name}\"}}");
    let expected = [
        (answers.as_str(), Some(0.0)),
        (alive_answers.as_str(), Some(1.0)),
        (hung.as_str(), Some(1.0)),
        ("vakhta_es_node_hung{cluster=\"hes\",name=\"n2\"}", Some(0.0)),
        ("vakhta_es_node_present{cluster=\"hes\",name=\"n3\"}", Some(1.0)),
        ("elasticsearch_cluster_health_up{cluster=\"hes\"}", Some(1.0)),
        ("vakhta_es_distinct_clusters{cluster=\"hes\"}", Some(1.0)),
        ("vakhta_collector_success{cluster=\"hes\",collector=\"snapshots\"}", Some(1.0)),
        (
            "elasticsearch_clusterinfo_version_info{cluster=\"hes\",product=\"elasticsearch\",version=\"9.2.0\"}",
            Some(1.0),
        ),
    ];
    check(&taken(&mut samples), &expected);
}

#[tokio::test]
async fn hung_dead_and_refusing_clusters_are_told_apart() {
    let (hung, hung_url) = listener().await;
    let mut samples = Samples::new(Vec::new());
    let mut source = collector(vec![hung_url.clone()]);
    assert_eq!(source.collect(&mut samples).await.unwrap_err().as_str(), "timeout");
    drop(hung);
    assert_eq!(source.collect(&mut samples).await.unwrap_err().as_str(), "connect");
    for (status, word) in [(401, "access"), (404, "answer")] {
        let (refusing, url) = listener().await;
        let mut source = collector(vec![url]);
        let error = tokio::select! {
            () = serve(&refusing, status) => unreachable!(),
            result = source.collect(&mut samples) => result.unwrap_err(),
        };
        assert_eq!(error.as_str(), word, "{error}");
    }
}

#[tokio::test]
async fn a_probe_finds_what_listens_and_nothing_else() {
    let (node, url) = listener().await;
    let report = tokio::select! {
        () = serve(&node, 200) => unreachable!(),
        report = probe(&url) => report,
    };
    assert_eq!((report.product, report.is_ready()), (Some(Product::Elasticsearch), true));
    assert_eq!(report.version.as_deref(), Some("9.2.0"));
    drop(node);
    assert_eq!(probe(&url).await.product, None);
}

#[test]
fn a_configuration_is_read_with_its_errors() {
    let text = "urls: [http://es1:9200/, \"https://es2:9200\"]\ntimeout: 5s\nusername: vakhta\n";
    let mut errors = crate::config::Diagnostics::default();
    let node = crate::config::parse("a.yaml", text, &mut errors).unwrap();
    let config = Config::read(&mut Reader::new(&node, &mut errors));
    assert_eq!(config.urls, ["http://es1:9200", "https://es2:9200"]);
    assert_eq!(config.timeout, Duration::from_secs(5));
    let found = errors.into_sorted();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message.key, "check-user-and-password");
    for wrong in ["{}", "urls: []", "urls: [es1:9200]", "urls: [\"http://u:p@es1:9200\"]"] {
        let mut errors = crate::config::Diagnostics::default();
        let node = crate::config::parse("a.yaml", wrong, &mut errors).unwrap();
        let config = Config::read(&mut Reader::new(&node, &mut errors));
        assert!(config.username.is_none());
        assert!(!errors.is_empty(), "{wrong}");
    }
}

#[test]
fn a_file_without_a_certificate_is_refused() {
    for pem in [&b""[..], b"not a certificate"] {
        let config = Config {
            ca_pem: Some(pem.to_vec()),
            ..config(vec!["https://es.example:9200".to_owned()])
        };
        let error = Elasticsearch::new(&config).unwrap_err().to_string();
        assert!(error.contains("ca_file"), "{error}");
    }
}

/// The key goes before the name and password; both go as headers, never into the address.
#[tokio::test]
async fn credentials_are_sent() {
    let basic = "authorization: basic dmfrahrhotc/0ldrgnc+0lvrja==";
    for (api_key, sent, kept) in
        [(None, basic, "apikey"), (Some("a2V5"), "authorization: apikey a2v5", "basic")]
    {
        let (listener, url) = listener().await;
        let config = Config {
            username: Some("vakhta".to_owned()),
            password: Some(Secret::new("пароль".to_owned())),
            api_key: api_key.map(|key| Secret::new(key.to_owned())),
            ..config(vec![url])
        };
        let mut source = Elasticsearch::new(&config).unwrap();
        let asked = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut asked = vec![0; 4_096];
            let length = stream.read(&mut asked).await.unwrap();
            String::from_utf8_lossy(&asked[..length]).to_lowercase()
        };
        let mut samples = Samples::new(Vec::new());
        let (answer, asked) = tokio::join!(source.collect(&mut samples), asked);
        assert!(answer.is_err(), "it said nothing");
        assert!(asked.contains(sent) && !asked.contains(kept), "{asked}");
    }
}
