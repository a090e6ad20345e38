//! The engine watched by others: a real Prometheus scrapes it, every query of the dashboard and every
//! alert rule is run there, and the dashboard is read back through Grafana's own SDK.

use std::process::Command;

use serde_json::Value;

use crate::ground::SECOND;
use crate::harness::{self, Site, until};

#[tokio::test(flavor = "multi_thread")]
async fn every_query_of_the_dashboard_answers_in_a_real_prometheus() {
    let ground = SECOND.enter().await;
    let (Some(am), Some(pg), true) =
        (ground.alertmanager(), ground.postgres(), harness::has_grafana_sdk())
    else {
        return;
    };
    let made = Command::new(harness::root().join("dashboards/build")).arg("--check").status();
    assert!(made.unwrap().success(), "dashboards are not what dashboards/build makes");
    let read = |language: &str, board: &str| -> Vec<String> {
        let file = harness::root().join(format!("dashboards/{language}/{board}.json"));
        let read = Command::new(format!("{}/venv/bin/python", harness::cache()))
            .arg(harness::root().join("tests/dashboard.py"))
            .arg(file)
            .output()
            .unwrap();
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    // Boards of the engine's own metrics are for whoever scrapes it; those of what it collects, for its own endpoint.
    let (own, collected) =
        (["duty-wall", "problems", "tickets", "engine"], ["hosts", "postgres", "elasticsearch"]);
    let mut queries: Vec<String> = Vec::new();
    let mut collected_queries: Vec<String> = Vec::new();
    for board in own.into_iter().chain(collected) {
        let russian = read("ru", board);
        assert_eq!(russian, read("en", board), "{board}: both languages ask the same");
        if own.contains(&board) {
            queries.extend(russian)
        } else {
            collected_queries.extend(russian)
        }
    }
    assert!(queries.len() > 20 && collected_queries.len() > 20);

    let site = Site::new()
        .postgres(&pg)
        .collect("  host:\n    - {name: here, interval: 1s}\n")
        .alertmanager(&am);
    let engine = site.start();
    engine.warm(4).await;
    let address = engine.address.trim_start_matches("http://").to_owned();
    let started = harness::script("tests/services/prometheus-up", &[&address], &[]);
    let prometheus = harness::assignments(&started)["PROMETHEUS_URL"].clone();
    let http = reqwest::Client::builder().build().unwrap();
    let ask = async |query: &str| -> Value {
        let address = format!("{prometheus}/api/v1/query");
        let request = http.get(address).query(&[("query", query)]);
        request.send().await.unwrap().json().await.unwrap()
    };
    until("the engine is scraped", 20, async || {
        let up = ask("up{job=\"vakhta\"}").await;
        (up["data"]["result"][0]["value"][1] == "1").then_some(())
    })
    .await;
    let ask_engine = async |query: &str| -> Value {
        let address = format!("{}/prometheus/api/v1/query", engine.address);
        let request = http.get(address).query(&[("query", query)]).bearer_auth(&engine.token);
        request.send().await.unwrap().json().await.unwrap()
    };
    // What counts things that have not happened yet has no series to show.
    let may_be_empty = [
        "vakhta_tickets_total",
        "vakhta_deliveries_total",
        "vakhta_case_",
        "vakhta_problem_info",
        "kind=\"otrs\"",
        "vakhta_pg_replay_lag_seconds",
        "elasticsearch_",
        "vakhta_es_",
    ];
    let may_be = |query: &str| may_be_empty.iter().any(|name| query.contains(name));
    let has_data = |answer: &Value| !answer["data"]["result"].as_array().unwrap().is_empty();
    for query in &queries {
        for is_engine in [false, true] {
            until(&format!("an answer to {query} ({is_engine})"), 30, async || {
                let answer = if is_engine { ask_engine(query).await } else { ask(query).await };
                assert_eq!(answer["status"], "success", "{query}: {answer}");
                (has_data(&answer) || may_be(query)).then_some(())
            })
            .await;
        }
    }
    for query in &collected_queries {
        until(&format!("an answer of the engine to {query}"), 60, async || {
            let answer = ask_engine(query).await;
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            (has_data(&answer) || may_be(query)).then_some(())
        })
        .await;
    }
    speaks_prometheus(&engine);
    let rules = std::fs::read_to_string(harness::root().join("alerts/vakhta.rules.yml")).unwrap();
    for expr in rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")) {
        assert_eq!(ask(expr).await["status"], "success", "{expr}");
    }
    harness::script("tests/services/prometheus-down", &[], &[]);
}

/// What others read Prometheus with reads the engine: promtool, and the client library of Python.
fn speaks_prometheus(engine: &harness::Engine) {
    let host = engine.address.trim_start_matches("http://");
    let server = format!("http://any:{}@{host}/prometheus", engine.token);
    let promtool = |arguments: &[&str]| {
        let done = Command::new("promtool").args(["query"]).args(arguments).output().unwrap();
        (done.status.success(), String::from_utf8(done.stdout).unwrap())
    };
    let (worked, up) = promtool(&["instant", &server, "up"]);
    assert!(worked && up.contains("job=\"postgres\""), "{up}");
    assert!(promtool(&["instant", &server, "1 + 1"]).1.contains("scalar: 2"));
    assert!(promtool(&["instant", &server, "up[30s]"]).0);
    assert!(!promtool(&["instant", &server, "rate("]).0);
    let (worked, load) = promtool(&["range", &server, "node_load1"]);
    assert!(worked && load.contains("job=\"host\""), "{load}");
    assert!(promtool(&["series", "--match=pg_up", &server]).1.contains("crm-db-1"));
    assert!(promtool(&["labels", &server, "job"]).1.contains("engine"));
    let client = "import sys, datetime\n\
        from prometheus_api_client import PrometheusConnect\n\
        c = PrometheusConnect(url=sys.argv[1], headers={'Authorization': 'Bearer ' + sys.argv[2]})\n\
        assert c.check_prometheus_connection()\n\
        assert 'node_load1' in c.all_metrics()\n\
        assert c.get_current_metric_value('node_load1')\n\
        now = datetime.datetime.now()\n\
        assert c.get_metric_range_data('node_load1', start_time=now - datetime.timedelta(minutes=5), end_time=now)\n\
        assert c.custom_query_range('node_load1', now - datetime.timedelta(minutes=5), now, '15')\n";
    if !harness::has("HAS_PROMETHEUS_CLIENT") {
        return;
    }
    let done = Command::new(format!("{}/venv/bin/python", harness::cache()))
        .args(["-c", client, &format!("{}/prometheus", engine.address), &engine.token])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_interface_describes_itself_and_refuses_strangers() {
    let site = Site::new().collect("  host:\n    - {name: here, interval: 1s}\n");
    let mut engine = site.start();
    engine.warm(1).await;
    let http = reqwest::Client::builder().build().unwrap();
    let status = async |path: &str| {
        http.get(format!("{}{path}", engine.address)).send().await.unwrap().status().as_u16()
    };
    for open in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"] {
        assert_eq!(status(open).await, 200, "{open}");
    }
    for closed in ["/api/v1/problems", "/api/v1/sources", "/problems", "/api/v1/events"] {
        assert_eq!(status(closed).await, 401, "{closed}");
    }
    assert_eq!(status("/nowhere").await, 404);
    let answer = http.get(format!("{}/api/v1/problems", engine.address)).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["status"], 401);
    // Every refusal is an error as RFC 9457 wants it, the framework's own too.
    let refused = async |request: reqwest::RequestBuilder, status: u16| {
        let answer = request.bearer_auth(&engine.token).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["status"], status);
    };
    let at = |path: &str| format!("{}{path}", engine.address);
    refused(http.get(at("/api/v1/problems?limit=abc")), 400).await;
    refused(http.get(at("/api/v1/problems?state=bad")), 400).await;
    refused(http.get(at("/api/v1/findings?after=bad")), 400).await;
    refused(http.delete(at("/api/v1/problems")), 405).await;
    refused(http.get(at("/api/v1/nowhere")), 404).await;
    refused(http.get(at("/api/v1/problems/PRB-999999")), 404).await;
    let acknowledge = at("/api/v1/problems/PRB-999999/acknowledge");
    refused(http.post(&acknowledge).body("{"), 400).await;
    refused(http.post(&acknowledge).body(vec![b'x'; 100_000]), 413).await;
    // A person gets a page instead.
    let page = http.get(at("/nowhere")).header("accept", "text/html").send().await.unwrap();
    assert_eq!(page.status(), 404);
    assert!(page.text().await.unwrap().contains("К списку проблем"));

    // A form of ours, behind plain http and another name, is taken; another site's is not.
    let link =
        engine.command(&["token", "link", "anna", "--role", "duty", "--page", &engine.address]);
    let no_redirect =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let signed_in = no_redirect.get(link.trim()).send().await.unwrap();
    let cookie = signed_in.headers()["set-cookie"].to_str().unwrap().to_owned();
    let post = async |origin: &str| {
        let request = no_redirect
            .post(at("/problems/act"))
            .header("cookie", cookie.split(';').next().unwrap())
            .header("host", "vakhta.corp:8480")
            .header("origin", origin)
            .form(&[("case", "PRB-999999"), ("verb", "take")]);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(post("http://vakhta.corp:8480").await, 404, "taken, and there is no such Problem");
    assert_eq!(post("http://evil.example").await, 403);
    let referrer = header_of(&http, &at("/healthz"), "referrer-policy").await;
    assert_eq!(referrer, "same-origin", "else a browser sends `Origin: null` with our forms");

    let description = engine.get("/api/v1/openapi.json").await;
    for path in ["/api/v1/problems/{id}/acknowledge", "/api/v1/topology", "/api/v1/findings"] {
        assert!(description["paths"][path].is_object(), "{path} is not described");
    }
    let topology = engine.get("/api/v1/topology").await;
    assert!(topology["items"].as_array().unwrap().len() > 20);

    // A reload with a wrong file is refused while the old one goes on; a right one is taken.
    let file = engine.folder.join("vakhta.yaml");
    let good = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, good.replace("policies:", "policiez:")).unwrap();
    engine.hang_up();
    until("the refusal is logged", 10, async || {
        engine.log().contains("the old configuration goes on").then_some(())
    })
    .await;
    std::fs::write(&file, &good).unwrap();
    engine.hang_up();
    until("the reload is logged", 10, async || {
        engine.log().contains("configuration read again").then_some(())
    })
    .await;
    engine.warm(1).await;
    engine.stop();
}

async fn header_of(http: &reqwest::Client, url: &str, name: &str) -> String {
    let answer = http.get(url).send().await.unwrap();
    answer.headers()[name].to_str().unwrap().to_owned()
}
