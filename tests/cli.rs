//! The command line as its users meet it: no server needed.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::path::Path;
use std::process::{Command, Output};

fn vakhta(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vakhta")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn what_is_shipped_passes_its_own_check() {
    let folder = tempfile::tempdir().unwrap();
    let output = vakhta(&["check"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("ok: "));
}

#[test]
fn init_writes_a_site_that_passes_check_and_never_overwrites() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "init",
        "site",
        "--postgres",
        "postgres://vakhta:secret@db1:5432/crm",
        "--elasticsearch",
        "http://es1:9200",
        "--prometheus",
        "http://app1:9100/metrics",
        "--otrs",
        "http://otrs/otrs/nph-genericinterface.pl/Webservice/GenericTicketConnectorREST",
        "--alertmanager",
        "http://am:9093",
    ];
    let output = vakhta(&arguments, folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let main = std::fs::read_to_string(folder.path().join("site/vakhta.yaml")).unwrap();
    assert!(!main.contains("secret"), "a password got into the site");
    assert!(!main.contains("# @"), "a mark was left: {main}");
    let output = vakhta(&["check", "site/vakhta.yaml"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let again = vakhta(&["init", "site"], folder.path());
    assert_eq!(again.status.code(), Some(2), "{}", text(&again.stderr));
}

#[test]
fn ten_different_errors_are_all_reported_with_their_places() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let main = "listen: 127.0.0.1:8480\n\
                page_url: ftp://vakhta\n\
                langauge: ru\n\
                policies: policies.yaml\n\
                collect:\n\
                \x20 postgres:\n\
                \x20   - name: db1\n\
                \x20     url: postgres://vakhta:secret@db1/crm\n\
                \x20     interval: 10\n\
                \x20     system: crm-dbb\n\
                \x20   - name: db1\n\
                \x20     url: postgres://db2/crm\n\
                \x20 prometheus:\n\
                \x20   - name: app\n\
                \x20     url: http://app/metrics\n\
                lifecycle:\n\
                \x20 close_after: soon\n\
                alertmanager: {urls: []}\n";
    std::fs::write(at("vakhta.yaml"), main).unwrap();
    std::fs::write(at("policies.yaml"), "policies:\n  - name: all\n    from_severity: bad\n")
        .unwrap();
    let output = vakhta(&["check", "vakhta.yaml"], folder.path());
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    let expected = [
        "policies.yaml:3:20",
        "vakhta.yaml:2:11",
        "vakhta.yaml:3:1",
        "vakhta.yaml:8:12",
        "vakhta.yaml:9:17",
        "vakhta.yaml:10:15",
        "vakhta.yaml:11:7",
        "vakhta.yaml:14:7",
        "vakhta.yaml:17:16",
        "vakhta.yaml:18:22",
    ];
    for place in expected {
        assert!(said.contains(&format!("--> {place}")), "{place} is missing in:\n{said}");
    }
    assert!(said.contains("10 errors"), "{said}");
    assert!(said.contains("did you mean `language`?"), "{said}");
    assert_eq!(said.matches("  help: ").count(), 10, "{said}");
    let json = vakhta(&["--format", "json", "check", "vakhta.yaml"], folder.path());
    let parsed: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(parsed["errors"].as_array().unwrap().len(), 10);
    let run = vakhta(&["run", "--config", "vakhta.yaml"], folder.path());
    assert_eq!(run.status.code(), Some(2), "a wrong configuration stops the start");
}

#[test]
fn a_wrong_command_line_is_exit_code_2_and_help_has_examples() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(vakhta(&["fly"], folder.path()).status.code(), Some(2));
    let help = text(&vakhta(&["--help"], folder.path()).stdout);
    assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{help}");
    let role = vakhta(&["token", "add", "x", "--role", "king"], folder.path());
    assert_eq!(role.status.code(), Some(2));
    assert!(text(&role.stderr).contains("problem-manager"));
}

#[test]
fn a_token_is_printed_once_and_works_without_a_running_watch() {
    let folder = tempfile::tempdir().unwrap();
    let output = vakhta(&["token", "add", "grafana", "--role", "viewer"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let token = text(&output.stdout);
    assert_eq!(token.trim().len(), 64, "{token}");
    let store = std::fs::read(folder.path().join("vakhta-data/vakhta.sqlite")).unwrap();
    let raw = token.trim().as_bytes();
    assert!(!store.windows(raw.len()).any(|part| part == raw), "the token itself was stored");
}

#[test]
fn explain_of_something_unknown_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = vakhta(&["explain", "PRB-000042"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("PRB-000042"));
}

#[test]
fn a_storm_goes_through_the_grouping() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let world = r#"{"entities": [{"id": "db", "kind": "pg", "label": null},
        {"id": "shop", "kind": "svc", "label": "checkout"}, {"id": "mail", "kind": "svc", "label": null}],
        "depends_on": [["shop", "db"]]}"#;
    std::fs::write(at("topology.json"), world).unwrap();
    let events = [
        r#"{"id": "E000001", "t": 10, "type": "alert", "entity": "db", "kind": "lock_wait"}"#,
        r#"{"id": "E000002", "t": 25, "type": "alert", "entity": "shop", "kind": "latency_high"}"#,
        r#"{"id": "E000003", "t": 30, "type": "alert", "entity": "mail", "kind": "disk_full"}"#,
        r#"{"id": "E000004", "t": 60, "type": "ticket", "text": "checkout is very slow today"}"#,
        r#"{"id": "E000005", "t": 70, "type": "ticket", "text": "please reset my password"}"#,
    ];
    std::fs::write(at("events.jsonl"), events.join("\n")).unwrap();
    let output = vakhta(&["evaluate", "storm", ".", "--out", "pred.json"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let pred: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(at("pred.json")).unwrap()).unwrap();
    let group = |id: &str| pred["assign"][id].as_str().map(str::to_owned);
    assert_eq!(group("E000001"), group("E000002"));
    assert_eq!(group("E000001"), group("E000004"));
    assert_ne!(group("E000001"), group("E000003"));
    assert_eq!(group("E000005"), None);
    let ranking = &pred["ranking"][group("E000001").unwrap()];
    assert_eq!(ranking[0], "db");
}

#[test]
fn series_are_scored_under_the_same_relative_name() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir_all(at("in/a")).unwrap();
    let mut lines = String::from("timestamp,value\n");
    for n in 0..600 {
        let value = if n == 550 { 900.0 } else { f64::from(n % 7) };
        lines.push_str(&format!(
            "2026-01-{:02} {:02}:{:02}:00,{value}\n",
            1 + n / 288,
            n / 12 % 24,
            n % 12 * 5
        ));
    }
    std::fs::write(at("in/a/x.csv"), &lines).unwrap();
    std::fs::write(at("in/y.csv"), &lines).unwrap();
    let arguments = ["evaluate", "series", "in/a/x.csv", "in/y.csv", "--out", "out"];
    let output = vakhta(&arguments, folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).starts_with("series: 1200 items"));
    let scored = std::fs::read_to_string(at("out/a/x.csv")).unwrap();
    assert!(scored.starts_with("timestamp,value,anomaly_score,alarm,level\n"));
    let score = |n: usize| -> f64 {
        scored.lines().nth(n + 1).unwrap().split(',').nth(2).unwrap().parse().unwrap()
    };
    let alarms: Vec<usize> = (0..600).filter(|n| score(*n) >= 0.995).collect();
    assert!(alarms.contains(&550) && alarms.len() <= 3, "{alarms:?}");
    assert!(at("out/y.csv").exists());
}
