//! People who sign in with the password of the operator's directory, on a real OpenLDAP.

use serde_json::json;

use crate::harness::{self, Site};

#[tokio::test(flavor = "multi_thread")]
async fn people_of_the_directory_come_in_with_the_role_of_their_group() {
    if !harness::has("HAS_LDAP") {
        return;
    }
    let started = harness::script("tests/services/ldap-up", &[], &[]);
    let url = harness::assignments(&started)["LDAP_URL"].clone();
    let site = Site::new().collect("  host:\n    - {name: here, interval: 1s}\n").more(&format!(
        "access:\n  ldap:\n    url: {url}\n    base: dc=example\n    user: cn=vakhta,dc=example\n    \
         password_file: ldap.password\n    timeout: 2s\n    groups:\n      \
         - {{dn: \"cn=duty,dc=example\", role: duty}}\n      \
         - {{dn: \"cn=line2,dc=example\", role: line2, team: 2ЛТП}}\n"
    ));
    let site = site.secret("ldap.password", "служебный\n");
    let mut engine = site.start();
    engine.warm(1).await;
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let sign_in = async |address: &str, name: &str, password: &str| {
        let form = [("name", name), ("password", password)];
        let request =
            http.post(format!("{address}/sign-in")).header("sec-fetch-site", "same-origin");
        let answer = request.form(&form).send().await.unwrap();
        let cookie = answer.headers().get("set-cookie").map(|c| c.to_str().unwrap().to_owned());
        (answer.status().as_u16(), cookie)
    };
    let address = engine.address.clone();
    let alert =
        json!([{"labels": {"alertname": "DiskFull", "system": "crm-db", "severity": "high"}}]);
    engine.post("/api/v1/alerts", &alert).await;
    let take = async |cookie: &str| {
        let request = http
            .post(format!("{address}/problems/act"))
            .header("cookie", cookie.split(';').next().unwrap())
            .header("sec-fetch-site", "same-origin")
            .form(&[("case", "PRB-000001"), ("verb", "take")]);
        request.send().await.unwrap().status().as_u16()
    };
    // Line 2 of the right team, then the duty shift.
    for name in ["petr", "anna"] {
        let (status, cookie) = sign_in(&address, name, &format!("пароль-{name}")).await;
        assert_eq!(status, 303, "{name}");
        assert_eq!(take(&cookie.unwrap()).await, 303, "{name}");
    }
    let owner = &engine.get("/api/v1/cases/PRB-000001").await["owner"];
    assert_eq!(owner, "anna");
    // A wrong password, none at all, somebody in no group, nobody, and a name that is a filter.
    for (name, password) in [
        ("anna", "не тот"),
        ("anna", ""),
        ("guest", "пароль-guest"),
        ("nobody", "x"),
        ("*", "пароль-anna"),
        ("anna)(uid=*", "пароль-anna"),
    ] {
        assert_eq!(sign_in(&address, name, password).await.0, 401, "{name}");
    }
    // When the directory is down, that is said, and a password of our own still works.
    engine.add_user("ночь", "пароль на ночь", "duty");
    harness::script("tests/services/ldap-down", &[], &[]);
    assert_eq!(sign_in(&address, "anna", "пароль-anna").await.0, 503);
    assert_eq!(sign_in(&address, "ночь", "пароль на ночь").await.0, 303);
    // A name of ours is never asked of the directory: who was disabled here stays out.
    engine.command(&["user", "disable", "ночь"]);
    assert_eq!(sign_in(&address, "ночь", "пароль на ночь").await.0, 401);
    engine.stop();
}
