//! The command line as its users meet it: no server needed.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

#[path = "cli/language.rs"]
mod language;

use std::path::Path;
use std::process::{Command, Output};

fn vakhta(arguments: &[&str], folder: &Path) -> Output {
    vakhta_in(&[], arguments, folder)
}

/// In an environment that says of languages what is given, and nothing else.
fn vakhta_in(environment: &[(&str, &str)], arguments: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vakhta"));
    for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
        command.env_remove(name);
    }
    command.envs(environment.iter().copied()).args(arguments).current_dir(folder).output().unwrap()
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
    let password = std::fs::read_to_string(folder.path().join("site/postgres.password")).unwrap();
    assert_eq!(password.trim(), "secret", "what was given is kept where it belongs");
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
    // Two of one name could not be told apart: the second is refused, with the way on.
    let again = vakhta(&["token", "add", "grafana", "--role", "duty"], folder.path());
    assert_eq!(again.status.code(), Some(2));
    let said = text(&again.stderr);
    assert!(said.contains("grafana") && said.contains("vakhta token revoke"), "{said}");
}

#[test]
fn a_site_open_to_the_network_is_noted_and_a_port_that_is_none_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("vakhta.yaml");
    let check = |site: &str| {
        std::fs::write(&file, site).unwrap();
        let output = vakhta(&["check", "vakhta.yaml"], folder.path());
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let host = "collect:\n  host:\n    - {name: a}\n";
    let (code, said) = check(&format!("listen: 0.0.0.0:8480\n{host}"));
    assert!(code == Some(0) && said.contains("without encryption"), "{said}");
    for quiet in ["listen: 127.0.0.1:8480", "listen: 0.0.0.0:8480\npage_url: https://ops.example"] {
        let (code, said) = check(&format!("{quiet}\n{host}"));
        assert!(code == Some(0) && !said.contains("encryption"), "{said}");
    }
    let (code, said) = check(&format!("page_url: http://ops.example:99999\n{host}"));
    assert!(code == Some(2) && said.contains("not one of 1 to 65535"), "{said}");
}

#[test]
fn explain_of_something_unknown_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = vakhta(&["explain", "PRB-000042"], folder.path());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("PRB-000042"));
    // Asking makes nothing.
    vakhta(&["explain", "PRB-000042", "--data", "elsewhere"], folder.path());
    assert!(!folder.path().join("elsewhere").exists());
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

#[test]
fn init_that_fails_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let output = vakhta(&["init", "site", "--otrs", "foo"], folder.path());
        assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
        assert!(!folder.path().join("site").exists());
    }
}

/// What can be read and makes no sense is refused, each with its remedy.
#[test]
fn check_refuses_what_makes_no_sense() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let host = "collect:\n  host:\n    - {name: a}\n";
    std::fs::write(at("empty.password"), "\n").unwrap();
    let circle = "systems:\n\
        \x20 - {key: a, name: {ru: А, en: A}, owner: {ru: М, en: M}, depends_on: [b]}\n\
        \x20 - {key: b, name: {ru: Б, en: B}, owner: {ru: М, en: M}, depends_on: [c]}\n\
        \x20 - {key: c, name: {ru: В, en: C}, owner: {ru: М, en: M}, depends_on: [a]}\n";
    std::fs::write(at("circle.yaml"), circle).unwrap();
    let unowned = "systems:\n  - {key: crm-hosts, name: {ru: Серверы, en: Hosts}}\n";
    std::fs::write(at("unowned.yaml"), unowned).unwrap();
    let policies = "policies:\n  - name: all\n    from_severity: high\n    ticket: {}\n";
    std::fs::write(at("policies.yaml"), policies).unwrap();
    let postgres = "collect:\n  postgres:\n    - name: db\n      url: postgres://vakhta@db/crm\n      password_file: empty.password\n";
    let cases = [
        (format!("listen: 127.0.0.1:99999\n{host}"), "is no address to listen on"),
        (format!("listen: localhost\n{host}"), "is no address to listen on"),
        (
            "collect:\n  prometheus:\n    - {name: a, system: crm-bd, url: 'http://a/metrics'}\n"
                .to_owned(),
            "did you mean `crm-db`?",
        ),
        (String::new(), "nothing is watched"),
        (postgres.to_owned(), "empty.password is empty"),
        (format!("topology: circle.yaml\n{host}"), "a → b → c → a"),
        (format!("topology: unowned.yaml\n{host}"), "system crm-hosts has no `owner`"),
        (format!("{host}rules:\n  host-swapp: {{hold: 5m}}\n"), "there is no rule `host-swapp`"),
    ];
    for (site, expected) in cases {
        std::fs::write(at("vakhta.yaml"), &site).unwrap();
        let output = vakhta(&["check", "vakhta.yaml"], folder.path());
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{site}: {said}");
        assert!(said.contains(expected), "{site}: {said}");
    }
    // Rules of one's own: one whose result belongs to no system, one that names what it does not have.
    std::fs::create_dir(at("packs")).unwrap();
    let rule = |expr: &str, title: &str| {
        format!(
            "pack: own\nsource: prometheus\nrules:\n  - id: app-queue\n    expr: '{expr}'\n    role: symptom\n    \
             impact: slow\n    threshold: {{raise: {{warning: 1}}, clear: 0.5}}\n    title: {{ru: '{title}', en: '{title}'}}\n    \
             advice: {{ru: посмотреть, en: look}}\n    runbook: docs/runbooks/host.md#host-cpu-saturated\n    tests:\n      - \
             {{name: long, interval: 10s, series: {{'app_queue{{instance=\"a\",system=\"wfm\"}}': '0.1 6'}}, expect: \
             [{{at: 0s, findings: []}}, {{at: 10s, findings: [{{severity: warning}}]}}]}}\n"
        )
    };
    for (expr, title, expected) in
        [("sum(app_queue)", "{value}", "system"), ("app_queue", "{valeu}", "valeu")]
    {
        std::fs::write(at("packs/own.yaml"), rule(expr, title)).unwrap();
        std::fs::write(at("vakhta.yaml"), format!("packs: packs\n{host}")).unwrap();
        let output = vakhta(&["check", "vakhta.yaml"], folder.path());
        let said = text(&output.stderr);
        assert!(output.status.code() == Some(2) && said.contains(expected), "{expr}: {said}");
    }
    std::fs::write(at("packs/own.yaml"), rule("app_queue", "{value}")).unwrap();
    let output = vakhta(&["check", "vakhta.yaml"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    // What has no effect is said, and is no error.
    std::fs::write(at("vakhta.yaml"), format!("policies: policies.yaml\n{host}")).unwrap();
    let output = vakhta(&["check", "vakhta.yaml"], folder.path());
    let said = text(&output.stdout);
    assert!(output.status.success() && said.contains("note: policy all opens tickets"), "{said}");
    std::fs::write(
        at("vakhta.yaml"),
        format!("{host}rules:\n  host-process-files: {{enabled: false}}\n"),
    )
    .unwrap();
    let output = vakhta(&["check", "vakhta.yaml"], folder.path());
    let said = text(&output.stdout);
    assert!(
        output.status.success()
            && said.contains("switched off")
            && said.contains("host-process-files"),
        "{said}"
    );
    // A secret file is beside the site, wherever the program is started.
    std::fs::create_dir(at("site")).unwrap();
    std::fs::write(at("site/db.password"), "x\n").unwrap();
    std::fs::write(at("site/vakhta.yaml"), postgres.replace("empty", "db")).unwrap();
    let output = vakhta(&["check", "site/vakhta.yaml"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn a_backup_is_read_through_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let token = vakhta(&["token", "add", "grafana", "--role", "viewer"], folder.path());
    assert!(token.status.success(), "{}", text(&token.stderr));
    let list = |data: &str| text(&vakhta(&["token", "list", "--data", data], folder.path()).stdout);
    let before = list("vakhta-data");
    assert!(before.contains("grafana"), "{before}");
    let output = vakhta(&["backup", "copy.sqlite"], folder.path());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let again = vakhta(&["backup", "copy.sqlite"], folder.path());
    assert!(text(&again.stderr).contains("is there already"), "{}", text(&again.stderr));
    // The same name in another folder, and over what has changed since.
    let hash: String = before.chars().take(12).collect();
    assert!(vakhta(&["token", "revoke", &hash], folder.path()).status.success());
    assert!(!list("vakhta-data").contains("grafana"));
    for data in ["elsewhere", "vakhta-data"] {
        let output = vakhta(&["restore", "copy.sqlite", "--data", data], folder.path());
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(list(data), before);
    }
    let aside = std::fs::read_dir(folder.path().join("vakhta-data")).unwrap();
    let aside = aside
        .filter(|entry| entry.as_ref().unwrap().path().display().to_string().contains("before-"));
    assert!(aside.count() > 0, "what was there is kept");
    // What is damaged, or no store at all, is refused, and nothing is touched.
    let mut bytes = std::fs::read(folder.path().join("copy.sqlite")).unwrap();
    let half = bytes.len() / 2;
    bytes.truncate(half);
    std::fs::write(folder.path().join("half.sqlite"), &bytes).unwrap();
    std::fs::write(folder.path().join("text.sqlite"), "no store").unwrap();
    for bad in ["half.sqlite", "text.sqlite", "nowhere.sqlite"] {
        let output = vakhta(&["restore", bad], folder.path());
        assert_eq!(output.status.code(), Some(1), "{bad}");
        assert!(text(&output.stderr).contains("cannot be used"), "{}", text(&output.stderr));
    }
    assert_eq!(list("vakhta-data"), before);
}

#[test]
fn the_doctor_names_what_does_not_work() {
    let folder = tempfile::tempdir().unwrap();
    let site = "collect:\n  host:\n    - {name: here}\n  prometheus:\n    - {name: gone, system: wfm, url: 'http://127.0.0.1:1/metrics'}\n";
    std::fs::write(folder.path().join("vakhta.yaml"), site).unwrap();
    let output = vakhta(&["doctor", "vakhta.yaml"], folder.path());
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("bad   prometheus gone"), "{said}");
    assert!(said.contains("ok    host here"), "{said}");
    let output = vakhta(&["doctor", "--alive", "http://127.0.0.1:1"], folder.path());
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("is the watch running?"));
}

#[test]
fn people_are_added_and_let_in_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let add = |name: &str, password: &str, more: &[&str]| {
        use std::io::Write;
        use std::process::Stdio;
        let mut child = Command::new(env!("CARGO_BIN_EXE_vakhta"))
            .args(["user", "add", name])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let short = add("anna", "short\n", &["--role", "duty"]);
    assert_eq!(short.status.code(), Some(2), "{}", text(&short.stderr));
    let no_team = add("petr", "длинный пароль\n", &["--role", "line2"]);
    assert!(text(&no_team.stderr).contains("--team"), "{}", text(&no_team.stderr));
    for kind in ["add", "link"] {
        let no_team = vakhta(&["token", kind, "petr", "--role", "line2"], folder.path());
        assert_eq!(no_team.status.code(), Some(2), "{}", text(&no_team.stderr));
    }
    assert!(add("anna", "длинный пароль\n", &["--role", "duty"]).status.success());
    let list = || text(&vakhta(&["user", "list"], folder.path()).stdout);
    assert!(list().contains("anna") && list().contains("active"), "{}", list());
    assert!(vakhta(&["user", "disable", "anna"], folder.path()).status.success());
    assert!(list().contains("disabled"), "{}", list());
    let output = vakhta(&["user", "disable", "nobody"], folder.path());
    assert!(text(&output.stderr).contains("there is no user nobody"));
    for arguments in [["man"].as_slice(), &["completions", "bash"]] {
        let output = vakhta(arguments, folder.path());
        assert!(output.status.success() && text(&output.stdout).contains("vakhta"));
    }
}
