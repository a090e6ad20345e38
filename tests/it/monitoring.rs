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
    let read = Command::new(format!("{}/venv/bin/python", harness::cache()))
        .arg(harness::root().join("tests/dashboard.py"))
        .arg(harness::root().join("dashboards/duty-wall.json"))
        .output()
        .unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    let queries: Vec<String> =
        String::from_utf8(read.stdout).unwrap().lines().map(str::to_owned).collect();
    assert!(queries.len() > 10);

    let site = Site::new().postgres(&pg).alertmanager(&am);
    let engine = site.start();
    engine.warm(3).await;
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
    // What counts things that have not happened yet has no series to show.
    let may_be_empty = ["vakhta_tickets_total", "vakhta_deliveries_total"];
    for query in &queries {
        let answer = until(&format!("an answer to {query}"), 20, async || {
            let answer = ask(query).await;
            assert_eq!(answer["status"], "success", "{query}: {answer}");
            let is_empty = answer["data"]["result"].as_array().unwrap().is_empty();
            let may_be = may_be_empty.iter().any(|name| query.contains(name));
            (!is_empty || may_be).then_some(answer)
        })
        .await;
        assert_eq!(answer["status"], "success");
    }
    let rules = std::fs::read_to_string(harness::root().join("alerts/vakhta.rules.yml")).unwrap();
    for expr in rules.lines().filter_map(|line| line.trim().strip_prefix("expr: ")) {
        assert_eq!(ask(expr).await["status"], "success", "{expr}");
    }
    harness::script("tests/services/prometheus-down", &[], &[]);
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
