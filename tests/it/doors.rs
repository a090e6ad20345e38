//! The ways to the pages: encrypted, behind a proxy under a path of another site, by a provider of identity. On a real
//! nginx, a real Keycloak, and in Chromium.

use std::fs;
use std::net::IpAddr;
use std::time::Duration;

use reqwest::redirect::Policy;
use serde_json::json;

use crate::browser::Browser;
use crate::harness::{self, Engine, Site, until};

/// A certificate for this machine that vouches for itself, and its key, written beside the site.
fn certificate(site: &Site) -> reqwest::Certificate {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    fs::write(site.path("page.key"), made.signing_key.serialize_pem()).unwrap();
    fs::write(site.path("page.crt"), made.cert.pem()).unwrap();
    reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).unwrap()
}

fn client(trusted: reqwest::Certificate) -> reqwest::Client {
    let builder =
        reqwest::Client::builder().redirect(Policy::none()).tls_built_in_root_certs(false);
    // Another address than the proxy's: visitors and proxies must not be taken for each other.
    let builder = builder.add_root_certificate(trusted).local_address(IpAddr::from([127, 0, 0, 2]));
    builder.timeout(Duration::from_secs(10)).build().unwrap()
}

/// Whether a new connection is believed, and how it speaks.
async fn answers(trusted: &reqwest::Certificate, engine: &Engine) -> Option<reqwest::Version> {
    let asked = client(trusted.clone()).get(format!("{}/api/v1/sources", engine.address));
    let answer = asked.bearer_auth(&engine.token).send().await.ok()?;
    answer.status().is_success().then(|| answer.version())
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_encrypted_and_certificates_change_under_way() {
    let site = Site::new()
        .collect("  host:\n    - {name: here, interval: 1s}\n")
        .more("tls: {certificate: page.crt, key: page.key}\n");
    let first = certificate(&site);
    let mut engine = site.start();
    assert!(engine.address.starts_with("https://127.0.0.1:"), "{}", engine.address);
    assert_eq!(answers(&first, &engine).await, Some(reqwest::Version::HTTP_2));
    // Somebody who connects and says nothing keeps nobody waiting.
    let host = engine.address.trim_start_matches("https://").to_owned();
    let mute: Vec<_> = (0..20).map(|_| std::net::TcpStream::connect(&host).unwrap()).collect();
    assert!(answers(&first, &engine).await.is_some());
    drop(mute);
    // One who speaks without encryption gets no page.
    let http = client(first.clone());
    assert!(http.get(format!("http://{host}/")).send().await.is_err());
    // A cookie goes over encrypted lines only.
    engine.add_user("анна", "пароль анны", "duty");
    let form = [("name", "анна"), ("password", "пароль анны")];
    let asked = http.post(format!("{}/sign-in", engine.address)).form(&form);
    let answer = asked.header("origin", &engine.address).send().await.unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(answer.status() == 303 && cookie.contains("; Secure"), "{cookie}");
    // The operator renews it and says so; then it is renewed and nobody says anything.
    let second = certificate(&site);
    engine.hang_up();
    until("the second certificate is shown", 20, async || answers(&second, &engine).await).await;
    assert!(answers(&first, &engine).await.is_none(), "new connections see the new one");
    let third = certificate(&site);
    until("the third certificate is shown", 60, async || answers(&third, &engine).await).await;
    // One that is broken changes nothing.
    fs::write(site.path("page.crt"), "nonsense").unwrap();
    engine.hang_up();
    until("the broken one is refused", 20, async || {
        engine.log().contains("old configuration goes on").then_some(())
    })
    .await;
    assert!(answers(&third, &engine).await.is_some());
    engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_live_behind_nginx_under_a_path_of_another_site() {
    if !harness::has("HAS_NGINX") {
        return;
    }
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let outside = format!("https://127.0.0.1:{port}/vakhta");
    let site = Site::new()
        .collect("  host:\n    - {name: here, interval: 1s}\n")
        .more(&format!("page_url: {outside}\naccess: {{proxies: [127.0.0.1]}}\n"));
    let http = client(certificate(&site));
    let mut engine = site.start();
    engine.warm(1).await;
    let inside = engine.address.trim_start_matches("http://").to_owned();
    let file = |name: &str| site.path(name).display().to_string();
    let given = [&port.to_string(), &inside, &file("page.crt"), &file("page.key")];
    harness::script("tests/services/nginx-up", &given.map(String::as_str), &[]);
    engine.add_user("анна", "пароль анны", "admin");
    let alert =
        json!([{"labels": {"alertname": "DiskFull", "system": "crm-db", "severity": "critical"}}]);
    engine.post("/api/v1/alerts", &alert).await;
    // Where one is sent, and where the cookie goes: below the path.
    let form = [("name", "анна"), ("password", "пароль анны"), ("next", "/review")];
    let asked = http.post(format!("{outside}/sign-in")).form(&form);
    let answer = asked.header("sec-fetch-site", "same-origin").send().await.unwrap();
    assert_eq!(answer.headers()["location"], "/vakhta/review");
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(cookie.contains("; Path=/vakhta/;") && cookie.contains("; Secure"), "{cookie}");
    // A wrong password is counted for the visitor, not for the proxy; what a visitor claims counts nothing.
    let wrong = [("name", "анна"), ("password", "не тот")];
    let asked = http.post(format!("{outside}/sign-in")).form(&wrong);
    let asked = asked.header("sec-fetch-site", "same-origin").header("x-forwarded-for", "10.1.2.3");
    assert_eq!(asked.send().await.unwrap().status(), 401);
    let session = cookie.split(';').next().unwrap();
    let journal = http.get(format!("{outside}/access")).header("cookie", session).send().await;
    let journal = journal.unwrap().text().await.unwrap();
    assert!(journal.contains("127.0.0.2") && !journal.contains("10.1.2.3"), "{journal}");
    if harness::has_chromium() {
        // Every address on the pages leads below the path, live and after an act.
        let browser = Browser::start().await;
        browser.size(1366, 768).await;
        let link = engine.command(&["token", "link", "ольга", "--role", "problem-manager"]);
        let link = link.split_whitespace().find(|word| word.contains("/sign-in?token=")).unwrap();
        assert!(link.starts_with(&outside), "{link}");
        browser.open(link).await;
        until("the page is live", 20, async || {
            browser.text().await.contains("1 из 1").then_some(())
        })
        .await;
        for page in
            ["problems", "problems/PRB-000001", "tickets", "systems", "sources", "rules", "review"]
        {
            browser.open(&format!("{outside}/{page}")).await;
            let lost = browser
                .script(
                    "return [...document.querySelectorAll('[href],[src],[action]')].map(e => e.href?.baseVal ?? e.href ?? \
                     e.src ?? e.action).filter(a => a.startsWith(location.origin) && \
                     !a.startsWith(location.origin + '/vakhta/'))",
                )
                .await;
            assert_eq!(lost, json!([]), "{page}");
        }
        browser.open(&format!("{outside}/problems/PRB-000001")).await;
        browser.click("#acknowledge").await;
        until("it is taken", 20, async || {
            let case = engine.get("/api/v1/cases/PRB-000001").await;
            (case["state"] == "acknowledged").then_some(())
        })
        .await;
        browser.open(&format!("{outside}/language/en")).await;
        let here = browser.script("return location.pathname").await;
        assert!(here.as_str().unwrap().starts_with("/vakhta/"), "{here}");
    }
    harness::script("tests/services/nginx-down", &[], &[]);
    engine.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_of_identity_signs_people_in() {
    if !harness::has("HAS_KEYCLOAK") || !harness::has_chromium() {
        return;
    }
    let started = harness::script("tests/services/keycloak-up", &[], &[]);
    let issuer = harness::assignments(&started)["OIDC_ISSUER"].clone();
    let site = Site::new().collect("  host:\n    - {name: here, interval: 1s}\n").more(&format!(
        "access:\n  oidc:\n    title: Единый вход оператора\n    issuer: {issuer}\n    client: vakhta\n    \
         secret_file: oidc.secret\n    timeout: 4s\n    groups:\n      \
         - {{name: crm-duty, role: duty}}\n      - {{name: crm-line2, role: line2, team: 2ЛТП}}\n"
    ));
    let site = site.secret("oidc.secret", "s3cret\n");
    let mut engine = site.start();
    engine.warm(1).await;
    let alert =
        json!([{"labels": {"alertname": "DiskFull", "system": "crm-db", "severity": "high"}}]);
    engine.post("/api/v1/alerts", &alert).await;
    let sign_in = async |name: &str, page: &str| {
        let browser = Browser::start().await;
        browser.open(&format!("{}{page}", engine.address)).await;
        browser.shows("Единый вход оператора", 10).await;
        browser.click("#provider").await;
        until("Keycloak asks", 30, async || {
            let asks = browser.script("return !!document.getElementById('password')").await;
            (asks == true).then_some(())
        })
        .await;
        browser.fill("#username", name).await;
        browser.fill("#password", &format!("пароль-{name}")).await;
        browser.click("#kc-login").await;
        until("it comes back", 30, async || {
            let here = browser.script("return location.href").await;
            here.as_str().unwrap().starts_with(&engine.address).then_some(())
        })
        .await;
        browser
    };
    // Led to where she wanted to go, under her name, with what her group may do.
    let browser = sign_in("anna", "/problems/PRB-000001").await;
    let here = browser.script("return location.pathname").await;
    assert_eq!(here, "/problems/PRB-000001");
    browser.click("#acknowledge").await;
    let owner = until("she has taken it", 20, async || {
        let case = engine.get("/api/v1/cases/PRB-000001").await;
        case["owner"].as_str().map(str::to_owned)
    })
    .await;
    assert_eq!(owner, "anna");
    // Somebody in no group stays at the door, and reads why.
    let guest = sign_in("guest", "/problems").await;
    guest.shows("ни одна из ваших групп", 10).await;
    // A name that is ours too has a password of ours: nobody else speaks for it.
    engine.add_user("petr", "свой пароль", "admin");
    let ours = sign_in("petr", "/problems").await;
    ours.shows("свой пароль", 10).await;
    // The journal knows who came in, and who did not.
    let link = engine.command(&["token", "link", "admin", "--role", "admin"]);
    let link = link.split_whitespace().find(|word| word.contains("/sign-in?token=")).unwrap();
    let admin = Browser::start().await;
    admin.open(link).await;
    admin.open(&format!("{}/access", engine.address)).await;
    let journal = admin.text().await;
    let lines = |name: &str, what: &str| {
        journal.lines().filter(|line| line.contains(name) && line.contains(what)).count()
    };
    // Refusals of one address are one line a minute, so that nobody fills the journal: the guest's stands for both.
    assert_eq!((lines("anna", "duty"), lines("guest", "вход отклонён")), (1, 1), "{journal}");
    // What was not begun here is not ended here: neither a made-up answer nor another browser's.
    let http = reqwest::Client::builder().redirect(Policy::none()).build().unwrap();
    let start = http.get(format!("{}/sign-in/provider?next=//evil.example", engine.address));
    let start = start.send().await.unwrap();
    let kept =
        start.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let sent = start.headers()["location"].to_str().unwrap().to_owned();
    let sent = reqwest::Url::parse(&sent).unwrap();
    let asked: std::collections::HashMap<_, _> = sent.query_pairs().into_owned().collect();
    assert_eq!(asked["code_challenge_method"], "S256");
    let back = format!("{}/sign-in/provider/back", engine.address);
    let tried = async |state: &str, cookie: &str| {
        let asked = http.get(format!("{back}?code=made-up&state={state}")).header("cookie", cookie);
        let answer = asked.send().await.unwrap();
        let opened = answer.headers().get_all("set-cookie").iter();
        let opened = opened.filter(|cookie| cookie.to_str().unwrap().starts_with("vakhta_session"));
        (answer.status().as_u16(), opened.count())
    };
    assert_eq!(tried(&asked["state"], "").await, (401, 0));
    assert_eq!(tried("another", &kept).await, (401, 0));
    assert_eq!(tried(&asked["state"], &kept).await, (401, 0));
    assert_eq!(tried(&asked["state"], "vakhta_begun=bm9uc2Vuc2U").await, (401, 0));
    let refused = http.get(format!("{back}?error=access_denied&state=x")).send().await.unwrap();
    assert_eq!(refused.status(), 401);
    // When the provider is down that is said, and a password of ours opens.
    harness::script("tests/services/keycloak-down", &[], &[]);
    tokio::time::sleep(Duration::from_secs(11)).await;
    let down = http.get(format!("{}/sign-in/provider", engine.address)).send().await.unwrap();
    assert_eq!(down.status(), 503);
    engine.stop();
}
