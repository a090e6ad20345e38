//! Who may do what, cell by cell; and what is tried against those who may.

use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{Running, alert, quiet_site, readable};
use crate::store::{Access, AccessKind, Role, SignIn, TicketText};

/// A way in.
struct Way {
    name: &'static str,
    header: Option<(&'static str, String)>,
}

async fn ways(one: &Running) -> Vec<Way> {
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let mut ways = vec![Way { name: "nobody", header: None }];
    for role in Role::ALL {
        let team = if role == Role::Line2 { "2ЛТП" } else { "" };
        let access = Access { name: role.as_str().to_owned(), role, team: team.to_owned() };
        let token = store.add_access(AccessKind::Bearer, &access, now, None).await.unwrap();
        ways.push(Way {
            name: role.as_str(),
            header: Some(("authorization", format!("Bearer {token}"))),
        });
        let ends = Some(now.plus_millis(60_000));
        let session = store.add_access(AccessKind::Session, &access, now, ends).await.unwrap();
        let cookie = format!("vakhta_session={session}");
        ways.push(Way { name: role.as_str(), header: Some(("cookie", cookie)) });
    }
    let wall = Access::new("стена", Role::Viewer);
    let token = store.add_access(AccessKind::Wall, &wall, now, None).await.unwrap();
    store.bind_access(&token, "127.0.0.1").await.unwrap();
    ways.push(Way { name: "wall", header: Some(("cookie", format!("vakhta_wall={token}"))) });
    let far = store.add_access(AccessKind::Wall, &wall, now, None).await.unwrap();
    store.bind_access(&far, "10.9.9.9").await.unwrap();
    ways.push(Way {
        name: "wall elsewhere",
        header: Some(("cookie", format!("vakhta_wall={far}"))),
    });
    ways
}

async fn ask(
    one: &Running,
    way: &Way,
    method: Method,
    path: &str,
    form: &[(&str, &str)],
) -> reqwest::Response {
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{}{path}", one.app.address());
    let mut request = http.request(method.clone(), url).header("accept", "text/html");
    if let Some((name, value)) = &way.header {
        request = request.header(*name, value);
    }
    if method == Method::POST {
        request = request.header("sec-fetch-site", "same-origin").form(form);
    }
    request.send().await.unwrap()
}

/// A route: method, address, form, and from which role on it answers.
type Cell<'a> = (&'a Method, &'a str, &'a [(&'a str, &'a str)], Role);

/// From which role on a route answers.
#[tokio::test(flavor = "multi_thread")]
async fn every_route_answers_those_who_may_and_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    one.post("/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    let (number, title, body) = ("7".to_owned(), "тема".to_owned(), "текст".to_owned());
    let text = TicketText { ticket: 7, number, title, body, at: one.app.parts.clock.now() };
    one.app.parts.store.keep_texts(&[text]).await.unwrap();
    let (get, post) = (Method::GET, Method::POST);
    let act =
        |verb| [("case", "PRB-000001"), ("verb", verb), ("reason", "проверка"), ("sure", "1")];
    let (comment, take, snooze, confirm) =
        (act("comment"), act("take"), act("snooze"), act("confirm"));
    let snooze: Vec<(&str, &str)> = snooze.into_iter().chain([("minutes", "5")]).collect();
    let none: &[(&str, &str)] = &[];
    let revoke = [("hash", "00000000")];
    let back = [("number", "999")];
    let table: [Cell<'_>; 36] = [
        (&get, "/phone", none, Role::Viewer),
        (&get, "/problems", none, Role::Viewer),
        (&get, "/problems?closed=1&q=диск", none, Role::Viewer),
        (&get, "/problems/PRB-000001", none, Role::Viewer),
        (&get, "/tickets", none, Role::Viewer),
        (&get, "/tickets/7", none, Role::Viewer),
        (&get, "/systems", none, Role::Viewer),
        (&get, "/systems?at=03:10", none, Role::Viewer),
        (&get, "/systems/crm-db", none, Role::Viewer),
        (&get, "/sources", none, Role::Viewer),
        (&get, "/rules", none, Role::Viewer),
        (&get, "/runbooks", none, Role::Viewer),
        (&get, "/runbooks/host", none, Role::Viewer),
        (&get, "/wall", none, Role::Viewer),
        (&get, "/pulse", none, Role::Viewer),
        (&get, "/api/v1/cases", none, Role::Viewer),
        (&get, "/api/v1/cases/PRB-000001", none, Role::Viewer),
        (&get, "/api/v1/findings", none, Role::Viewer),
        (&get, "/api/v1/sources", none, Role::Viewer),
        (&post, "/problems/act", &comment, Role::Line1),
        (&post, "/problems/act", &take, Role::Line2),
        (&post, "/problems/act", &snooze, Role::Duty),
        (&post, "/problems/act", &confirm, Role::ProblemManager),
        (&get, "/review", none, Role::ProblemManager),
        (&get, "/review/export.csv", none, Role::ProblemManager),
        (&get, "/review/export.xlsx", none, Role::ProblemManager),
        (&get, "/review/sort?left=PRB-000001", none, Role::ProblemManager),
        (&get, "/review/case/PRB-000001", none, Role::ProblemManager),
        (&post, "/review/case/PRB-000001", none, Role::ProblemManager),
        (&post, "/review/case/PRB-000001/undo", &back, Role::ProblemManager),
        (&get, "/review/rule/host/host-cpu-saturated", none, Role::ProblemManager),
        (&get, "/review/rule/host/host-cpu-saturated?try=1&hold=60", none, Role::ProblemManager),
        (&get, "/api/v1/cases/PRB-000001/conclusion", none, Role::Viewer),
        (&get, "/api/v1/measures?overdue=true", none, Role::Viewer),
        (&get, "/access", none, Role::Admin),
        (&post, "/access/revoke", &revoke, Role::Admin),
    ];
    for way in ways(&one).await {
        for (method, path, form, least) in table {
            let status = ask(&one, &way, method.clone(), path, form).await.status();
            // Who may write was not refused; what others wrote meanwhile is another matter.
            let is_written = path.starts_with("/review/case/") && status == StatusCode::CONFLICT;
            let on_wall = matches!(path, "/wall" | "/pulse");
            let expected = match (Role::parse(way.name), way.name) {
                (Some(role), _) if role >= least && is_written => &[StatusCode::CONFLICT][..],
                (Some(role), _) if role >= least => &[StatusCode::OK, StatusCode::SEE_OTHER][..],
                (Some(_), _) => &[StatusCode::FORBIDDEN],
                (None, "wall") if on_wall => &[StatusCode::OK],
                (None, _) => &[StatusCode::UNAUTHORIZED],
            };
            assert!(expected.contains(&status), "{} {method} {path}: {status}", way.name);
        }
    }
    one.app.stop().await;
}

/// A code for the telephone brings one's own rights along, once; a program gets none.
#[tokio::test(flavor = "multi_thread")]
async fn a_session_goes_to_a_phone_with_its_own_rights() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    for way in ways(&one).await {
        let answer = ask(&one, &way, Method::POST, "/phone", &[]).await;
        let (status, page) = (answer.status().as_u16(), answer.text().await.unwrap());
        let is_session =
            way.header.as_ref().is_some_and(|(_, value)| value.starts_with("vakhta_session="));
        if !is_session {
            assert!(matches!(status, 401 | 403), "{}: {status}", way.name);
            continue;
        }
        assert!(status == 200 && page.contains("<svg"), "{}: {status}", way.name);
        let token = page.split("/sign-in?token=").nth(1).unwrap();
        let token: String = token.chars().take_while(char::is_ascii_hexdigit).collect();
        let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
        // Nobody's link waits for longer than it takes to hold a telephone before the screen.
        let later = now.plus_millis(6 * 60_000);
        assert!(store.use_sign_in(&token, later).await.unwrap().is_none());
        let nobody = Way { name: "nobody", header: None };
        let link = format!("/sign-in?token={token}");
        let entered = ask(&one, &nobody, Method::GET, &link, &[]).await;
        assert_eq!(entered.status(), 303);
        let cookie = entered.headers()["set-cookie"].to_str().unwrap();
        let session = cookie.split([';', '=']).nth(1).unwrap();
        let access = store.access(AccessKind::Session, session, now).await.unwrap().unwrap();
        assert_eq!(access.role.as_str(), way.name);
        assert_eq!(ask(&one, &nobody, Method::GET, &link, &[]).await.status(), 401);
    }
    one.app.stop().await;
}

/// Every act: below its role it is refused, from its role on it is not (though it may not fit the case).
#[tokio::test(flavor = "multi_thread")]
async fn every_act_has_its_role() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    one.post("/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    let table = [
        ("comment", Role::Line1),
        ("take_in", Role::Line1),
        ("take", Role::Line2),
        ("hand_over", Role::Line2),
        ("resolve", Role::Line2),
        ("reopen", Role::Line2),
        ("snooze", Role::Duty),
        ("undo", Role::Duty),
        ("confirm", Role::ProblemManager),
        ("reject", Role::ProblemManager),
        ("merge", Role::ProblemManager),
        ("split", Role::ProblemManager),
        ("move", Role::ProblemManager),
        ("set_cause", Role::ProblemManager),
        ("known_error", Role::ProblemManager),
        ("mute", Role::ProblemManager),
    ];
    for way in ways(&one).await {
        let Some(role) = Role::parse(way.name) else { continue };
        for (verb, least) in table {
            let form = [
                ("case", "PRB-000001"),
                ("verb", verb),
                ("reason", "проверка"),
                ("to", "PRB-000009"),
                ("signals", "alert:x"),
                ("system", "crm-db"),
                ("reference", "KB-1"),
                ("minutes", "5"),
                ("act", "999"),
                ("sure", "1"),
            ];
            let status = ask(&one, &way, Method::POST, "/problems/act", &form).await.status();
            assert_eq!(
                status == StatusCode::FORBIDDEN,
                role < least,
                "{} {verb}: {status}",
                way.name
            );
        }
    }
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn line_two_runs_the_cases_of_its_own_team() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    one.post("/api/v1/alerts", &alert("DiskFull", "crm-db")).await;
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    for (team, status) in [("2ЛТП", 303), ("3ЛТП", 403), ("", 403)] {
        let access = Access { name: "Петров".into(), role: Role::Line2, team: team.into() };
        let token = store.add_access(AccessKind::Bearer, &access, now, None).await.unwrap();
        let way = Way { name: "line2", header: Some(("authorization", format!("Bearer {token}"))) };
        let form = [("case", "PRB-000001"), ("verb", "take")];
        let answer = ask(&one, &way, Method::POST, "/problems/act", &form).await;
        assert_eq!(answer.status().as_u16(), status, "{team}");
    }
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_come_in_by_password_and_go_out() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let anna = Access::new("анна", Role::Duty);
    store.put_user(&anna, "очень длинный пароль", now).await.unwrap();
    let nobody = Way { name: "nobody", header: None };
    let form = |password, next| [("name", "анна"), ("password", password), ("next", next)];
    let wrong = ask(&one, &nobody, Method::POST, "/sign-in", &form("не тот", "")).await;
    assert_eq!(wrong.status(), 401);
    let page = wrong.text().await.unwrap();
    assert!(page.contains("Имя или пароль не подходят"), "{}", readable(&page));
    // Where one wanted to go, but never out of the house.
    for (next, to) in [("/systems", "/systems"), ("//evil.example/", "/problems")] {
        let right =
            ask(&one, &nobody, Method::POST, "/sign-in", &form("очень длинный пароль", next)).await;
        assert_eq!(
            (right.status().as_u16(), right.headers()["location"].to_str().unwrap()),
            (303, to)
        );
        let cookie = right.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
    }
    // A session that somebody brings along is not taken over: a new one is opened.
    let brought =
        Way { name: "brought", header: Some(("cookie", "vakhta_session=0123456789".into())) };
    let right =
        ask(&one, &brought, Method::POST, "/sign-in", &form("очень длинный пароль", "")).await;
    let cookie =
        right.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(!cookie.contains("0123456789"), "{cookie}");
    let session = Way { name: "анна", header: Some(("cookie", cookie)) };
    assert_eq!(ask(&one, &session, Method::GET, "/problems", &[]).await.status(), 200);
    assert_eq!(ask(&one, &session, Method::POST, "/sign-out", &[]).await.status(), 303);
    assert_eq!(ask(&one, &session, Method::GET, "/problems", &[]).await.status(), 401);
    let journal = store.audited(10).await.unwrap();
    let said: Vec<&str> = journal.iter().map(|line| line.what.as_str()).collect();
    assert_eq!(said, ["signed_out", "signed_in", "signed_in", "signed_in", "refused"]);
    // Who is let in no more is out at once.
    let right =
        ask(&one, &nobody, Method::POST, "/sign-in", &form("очень длинный пароль", "")).await;
    let cookie =
        right.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let session = Way { name: "анна", header: Some(("cookie", cookie)) };
    assert!(store.disable_user("анна", true).await.unwrap());
    assert_eq!(ask(&one, &session, Method::GET, "/problems", &[]).await.status(), 401);
    let checked = store.check_password("анна", "очень длинный пароль", "", now).await.unwrap();
    assert_eq!(checked, SignIn::Refused);
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_factor_is_asked_for_and_its_codes_work_once() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    store.put_user(&Access::new("admin", Role::Admin), "длинный пароль", now).await.unwrap();
    let address = store.set_totp("admin").await.unwrap().unwrap();
    assert!(address.starts_with("otpauth://totp/"), "{address}");
    let code = totp_rs::Totp::from_url(&address).unwrap();
    let code = code.generate(u64::try_from(now.0 / 1000).unwrap()).to_string();
    let check = async |password: &'static str, code: &str| {
        store.check_password("admin", password, code, now).await.unwrap()
    };
    assert_eq!(check("длинный пароль", "").await, SignIn::NeedsCode);
    assert_eq!(check("длинный пароль", "000000x").await, SignIn::NeedsCode);
    assert_eq!(check("другой пароль", &code).await, SignIn::Refused);
    assert!(matches!(check("длинный пароль", &code).await, SignIn::Known(_)));
    assert_eq!(check("длинный пароль", &code).await, SignIn::NeedsCode, "a code works once");
    one.app.stop().await;
}

/// CSRF, stored XSS, header injection: each tried and refused.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_tried_against_the_pages_does_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    let evil = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'";
    let labels =
        json!({"alertname": evil, "system": "crm-db", "severity": "critical", "instance": evil});
    let body = json!([{"labels": labels, "generatorURL": "javascript:alert(3)",
        "annotations": {"summary": evil, "runbook_url": "javascript:alert(4)"}}]);
    assert_eq!(one.post("/api/v1/alerts", &body).await.0, 200);
    let act = json!({"verb": "comment", "reason": evil});
    one.post("/api/v1/cases/PRB-000001/acts", &act).await;
    for path in [
        "/problems",
        "/problems/PRB-000001",
        "/problems?q=<script>alert(1)</script>",
        "/wall",
        "/review",
    ] {
        let (status, page) = one.get(path).await;
        assert_eq!(status, 200, "{path}");
        assert!(!page.contains("<script>alert") && !page.contains("<img src=x"), "{path}");
        assert!(!page.contains("javascript:"), "{path}");
    }
    let (store, now) = (&one.app.parts.store, one.app.parts.clock.now());
    let access = Access::new("анна", Role::Admin);
    let session = store.add_access(AccessKind::Session, &access, now, None).await.unwrap();
    let http =
        reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let url = format!("http://{}/problems/act", one.app.address());
    let form = [("case", "PRB-000001"), ("verb", "take")];
    let strangers: [&[(&str, &str)]; 4] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", "https://evil.example")],
        &[],
    ];
    for headers in strangers {
        let mut request = http.post(&url).header("cookie", format!("vakhta_session={session}"));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.form(&form).send().await.unwrap();
        assert_eq!(answer.status(), 403, "{headers:?}");
    }
    assert_eq!(one.case("PRB-000001").await["state"], "open");
    // Nothing that is typed becomes a header.
    let way = Way { name: "admin", header: Some(("cookie", format!("vakhta_session={session}"))) };
    let form = [("name", "x"), ("query", "?q=1\r\nSet-Cookie: a=b")];
    let answer = ask(&one, &way, Method::POST, "/views", &form).await;
    assert!(answer.headers().get("set-cookie").is_none(), "{:?}", answer.headers());
    let (_, page) = one.get("/problems").await;
    let answer = http.get(format!("http://{}/problems", one.app.address())).bearer_auth(&one.token);
    let policy = answer.send().await.unwrap().headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("default-src 'self'") && !policy.contains("unsafe"), "{policy}");
    assert!(!page.contains(" style=") && !page.contains("onclick"), "nothing inline");
    one.app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let one = Running::start(quiet_site(), &data).await;
    let mode =
        |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    for entry in std::fs::read_dir(&data).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    // The first start shows the way in; once somebody can administer, no start does.
    assert!(
        !one.app.greeting().await.unwrap().contains("token="),
        "the test's own token administers"
    );
    one.app.stop().await;
}
