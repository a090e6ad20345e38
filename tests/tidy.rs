//! The repository keeps its own rules: file length, who may know whom, no metric undeclared.

#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test")]

use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn name(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

#[test]
fn no_file_is_longer_than_600_lines_and_each_begins_with_its_head() {
    for folder in ["src", "detectors/src", "benches", "detectors/benches", "tests"] {
        for path in files(folder, "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // The rooms where everything hangs together are read as a whole: they stay smaller.
            let is_core = ["src/correlate/", "src/cases/", "src/escalate/"]
                .iter()
                .any(|room| name(&path).starts_with(room));
            let most = if is_core { 400 } else { 600 };
            assert!(text.lines().count() <= most, "{} is too long", name(&path));
            assert!(
                text.starts_with("//!") || text.starts_with("#![doc"),
                "{} has no head",
                name(&path)
            );
        }
    }
}

/// The way of the data: a room may know the rooms before it, never those after it.
const ROOMS: [&[&str]; 14] = [
    &["model"],
    &["config", "clock", "http", "text"],
    &["topology", "otrs", "series"],
    &["collect", "i18n", "knowledge", "runbooks"],
    &["detect", "correlate"],
    &["cases"],
    &["escalate"],
    &["fold", "telemetry"],
    &["store"],
    &["engine", "people", "recorder"],
    &["api"],
    &["web"],
    &["app"],
    &["cli"],
];

#[test]
fn rooms_know_only_what_comes_before_them() {
    let level = |room: &str| ROOMS.iter().position(|rooms| rooms.contains(&room));
    let word = regex::Regex::new(r"crate::([a-z0-9_]+)").unwrap();
    for path in files("src", "rs") {
        let shown = name(&path);
        let room = shown.trim_start_matches("src/").split(['/', '.']).next().unwrap().to_owned();
        if room == "lib" || room == "main" {
            continue;
        }
        let own = level(&room).unwrap_or_else(|| panic!("{shown}: no place for the room {room}"));
        for found in word.captures_iter(&fs::read_to_string(&path).unwrap()) {
            let other = &found[1];
            if other == room {
                continue;
            }
            let theirs = level(other);
            assert!(theirs.is_some_and(|theirs| theirs <= own), "{shown} reaches into {other}");
        }
    }
}

#[test]
fn pure_rooms_see_no_runtime_no_network_no_clock() {
    let pure = [
        "model",
        "text",
        "topology",
        "series",
        "detect",
        "correlate",
        "cases",
        "fold",
        "knowledge",
    ];
    let banned = ["tokio", "sqlx", "reqwest", "crate::clock", "std::time::Instant", "SystemTime"];
    for room in pure {
        let mut paths = files(&format!("src/{room}"), "rs");
        paths.push(root().join(format!("src/{room}.rs")));
        for path in paths {
            let text = fs::read_to_string(&path).unwrap();
            for word in banned {
                assert!(!text.contains(word), "{} knows {word}", name(&path));
            }
        }
    }
    for path in [files("src/correlate", "rs"), files("src/cases", "rs")].concat() {
        assert!(!fs::read_to_string(&path).unwrap().contains("HashMap"), "{}", name(&path));
    }
}

#[test]
fn dashboards_and_alerts_use_only_metrics_that_are_declared() {
    let declared = fs::read_to_string(root().join("src/telemetry.rs")).unwrap();
    // What is collected is described beside each source.
    let described = files("docs/collect", "md").into_iter();
    let collected: String = described.map(|path| fs::read_to_string(path).unwrap()).collect();
    let word = regex::Regex::new(r"\bvakhta_[a-z_]+\b").unwrap();
    let mut used = 0;
    for path in [files("dashboards", "json"), files("alerts", "yml")].concat() {
        for found in word.find_iter(&fs::read_to_string(&path).unwrap()) {
            let endings = ["_bucket", "_sum", "_count"];
            let metric = found.as_str();
            let base =
                endings.iter().find_map(|ending| metric.strip_suffix(ending)).unwrap_or(metric);
            let is_ours = [metric, base].iter().any(|m| declared.contains(&format!("\"{m}\"")));
            assert!(is_ours || collected.contains(metric), "{}: {metric}", name(&path));
            used += 1;
        }
    }
    assert!(used > 10);
}

#[test]
fn every_runbook_that_a_rule_names_exists() {
    for path in files("detectors/packs", "yaml") {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter_map(|line| line.trim().strip_prefix("runbook:")) {
            let (file, anchor) = line.trim().split_once('#').unwrap();
            let page = fs::read_to_string(root().join(file)).unwrap_or_default();
            let is_there = page.contains(&format!("id=\"{anchor}\""))
                || page.lines().any(|l| l.starts_with('#') && l.contains(anchor));
            assert!(is_there, "{}: {file}#{anchor}", name(&path));
        }
    }
}

/// The texts of `check` and of the terminal: a key that the code names and the catalogue lacks would be shown as it
/// stands; one that nobody names is a text that nobody reads.
#[test]
fn every_text_of_the_terminal_is_named_and_every_name_has_its_text() {
    let mut texts: Vec<String> = Vec::new();
    for file in ["check", "cli"] {
        let text = fs::read_to_string(root().join(format!("src/i18n/{file}.ru.ftl"))).unwrap();
        let keys = text.lines().filter(|line| line.starts_with(char::is_alphabetic));
        texts.extend(keys.map(|line| line.split(" =").next().unwrap().to_owned()));
    }
    let literal = regex::Regex::new(r#""((?:check|query|found|os|cli)-[a-z0-9-]+)""#).unwrap();
    let mut named: Vec<String> = Vec::new();
    for path in files("src", "rs") {
        let text = fs::read_to_string(&path).unwrap();
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            named.extend(literal.captures_iter(line).map(|found| found[1].to_owned()));
        }
    }
    for list in [&mut texts, &mut named] {
        list.sort();
        list.dedup();
    }
    assert!(texts.len() > 150, "{}", texts.len());
    assert_eq!(texts, named);
}

#[test]
fn links_between_documents_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut pages = files("docs", "md");
    pages.extend(
        ["README.md", "ROADMAP.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|n| root().join(n)),
    );
    let mut seen = 0;
    for page in pages {
        let folder = page.parent().unwrap();
        for found in link.captures_iter(&fs::read_to_string(&page).unwrap()) {
            let target = found[1].split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            assert!(folder.join(target).exists(), "{}: {target} is not there", name(&page));
            seen += 1;
        }
    }
    assert!(seen > 20);
}

#[test]
fn the_page_about_packs_names_every_function() {
    let page = fs::read_to_string(root().join("docs/packs.md")).unwrap();
    let words: Vec<&str> = page.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let name = regex::Regex::new("\"([a-z_0-9]+)\" =>").unwrap();
    let calls = fs::read_to_string(root().join("src/series/query/call.rs")).unwrap();
    let mut names: Vec<String> =
        name.captures_iter(&calls).map(|found| found[1].to_owned()).collect();
    let plan = fs::read_to_string(root().join("src/series/query/plan.rs")).unwrap();
    let token = regex::Regex::new("T_([A-Z]+) => Aggregator::").unwrap();
    names.extend(token.captures_iter(&plan).map(|found| found[1].to_lowercase()));
    assert!(names.len() > 40, "{names:?}");
    // `avg_over_time` is named as «*_over_time (avg …»: each by its own first part.
    let is_named = |name: &String| {
        let short = name.strip_suffix("_over_time").unwrap_or(name);
        words.contains(&short) || words.contains(&name.as_str())
    };
    let missing: Vec<&String> = names.iter().filter(|name| !is_named(name)).collect();
    assert!(missing.is_empty(), "docs/packs.md does not name {missing:?}");
}

/// A panel that keeps its last value shows a dead engine as a quiet night.
#[test]
fn a_dead_engine_is_red_on_the_wall_and_not_green() {
    let wall = files("dashboards", "json").into_iter().filter(|path| name(path).contains("wall"));
    let mut boards = 0;
    for path in wall {
        boards += 1;
        let board: serde_json::Value =
            serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        let panels: Vec<&serde_json::Value> = board["panels"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|panel| panel["type"] == "stat")
            .collect();
        assert!(!panels.is_empty(), "{}", name(&path));
        for panel in panels {
            let mappings = panel["fieldConfig"]["defaults"]["mappings"].to_string();
            let null_is_said = mappings.contains("\"match\":\"null");
            for target in panel["targets"].as_array().unwrap() {
                let expr = target["expr"].as_str().unwrap();
                let is_alive = expr.contains("and on() (up{job=~");
                let is_now = target["instant"] == true && target["range"] != true;
                assert!(
                    is_now && (is_alive || null_is_said),
                    "{}: {}",
                    name(&path),
                    panel["title"]
                );
            }
        }
    }
    assert!(boards >= 2, "there is a wall in each language");
}
