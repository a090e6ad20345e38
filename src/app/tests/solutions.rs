//! Standard solutions on the pages: beside the case and the ticket that they fit, and nowhere else.

use super::{Running, alert, quiet_site, readable};
use crate::fold::Event;
use crate::fold::tests::world::ticket;
use crate::knowledge::Solution;
use crate::model::Text;

#[tokio::test(flavor = "multi_thread")]
async fn a_standard_solution_stands_beside_what_it_fits() {
    let folder = tempfile::tempdir().unwrap();
    let mut site = quiet_site();
    site.settings.solutions = vec![Solution {
        key: "KB-204".into(),
        systems: vec!["elk".into(), "sms-gateway".into()],
        title: Text::new("Не приходит код из СМС", "The SMS code does not arrive"),
        text: Text::new("Повторить отправку через 5 минут.", "Send again after 5 minutes."),
        link: "https://kb.example/KB-204".into(),
    }];
    let one = Running::start(site, folder.path()).await;
    let (_, page) = one.get("/problems").await;
    assert!(!page.contains("KB-204"));
    for name in ["sms-gateway", "cpe"] {
        one.post("/api/v1/alerts", &alert("QueueGrows", name)).await;
    }
    let now = one.app.parts.clock.now();
    let texts = [
        "СМС с кодом не приходит | Абонент ждёт код из смс, шлюз смс молчит",
        "Хрипит гарнитура | Ничего не слышно",
    ];
    for (id, text) in (7..).zip(texts) {
        let mut said = ticket(id, text, 0);
        (said.created, said.changed) = (now, now);
        one.app.engine().submit(Event::Ticket(Box::new(said))).await.unwrap();
    }
    let (_, page) = one.get("/problems/PRB-000001").await;
    let text = readable(&page);
    assert!(text.contains("Типовые решения"), "{text}");
    assert!(text.contains("по системе: СМС-шлюз; по словам: приходит, код, смс"), "{text}");
    assert!(text.contains("Повторить отправку через 5 минут."), "{text}");
    assert!(page.contains("<a href=\"https://kb.example/KB-204\">KB-204</a>"));
    let (_, other) = one.get("/problems/PRB-000002").await;
    assert!(!other.contains("KB-204") && !other.contains("Типовые решения"), "nothing fits it");

    let (_, page) = one.get("/tickets").await;
    let rows: Vec<&str> = page.split("<tr ").filter(|row| row.contains("ticket:")).collect();
    let fits = |number: &str| {
        let row = rows.iter().find(|row| row.contains(&format!("ticket:{number}"))).unwrap();
        row.contains("Типовое решение:") && row.contains("KB-204")
    };
    assert!(fits("7") && !fits("8"), "{}", readable(&page));
    one.app.stop().await;
}
