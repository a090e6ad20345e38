//! «Разбор»: two cases side by side.

use super::lists::{form, three};
use super::{Running, quiet_site, readable};

/// The fields of a form of a page, by the form's id, with the boxes that belong to it.
fn fields(page: &str, id: &str) -> Vec<(String, String)> {
    let unescaped = |text: &str| {
        let marks = [("&quot;", "\""), ("&#34;", "\""), ("&#38;", "&"), ("&amp;", "&")];
        marks.iter().fold(text.to_owned(), |text, (mark, letter)| text.replace(mark, letter))
    };
    let body = regex::Regex::new(&format!("(?s)<form[^>]*id=\"{id}\">(.*?)</form>")).unwrap();
    let body = body.captures(page).map(|found| found[1].to_owned()).unwrap_or_default();
    let input =
        regex::Regex::new("<input type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]*)\"").unwrap();
    let hidden = input.captures_iter(&body).map(|f| (f[1].to_owned(), unescaped(&f[2])));
    let ticks = format!("name=\"(signals)\" value=\"([^\"]*)\" form=\"{id}\"");
    let ticks = regex::Regex::new(&ticks).unwrap();
    let ticks = ticks.captures_iter(page).map(|f| (f[1].to_owned(), unescaped(&f[2])));
    hidden.chain(ticks).collect()
}

fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// Boxes and buttons alone: one act with its preview, the columns again after it, and the way back.
#[tokio::test(flavor = "multi_thread")]
async fn members_are_moved_from_column_to_column() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let sort = "/review/sort?left=PRB-000001&right=PRB-000002";
    let (status, page) = one.get(sort).await;
    assert_eq!(status, 200);
    assert!(page.contains("static/sort.js") && page.contains("2026112910000777"), "{page}");
    assert!(!one.get("/problems").await.1.contains("sort.js"), "the script is for this page alone");
    let all = fields(&page, "move-left");
    assert_eq!(all.iter().filter(|(name, _)| name == "signals").count(), 2, "{all:?}");
    // The ticket alone goes.
    let mut going = all.clone();
    going.retain(|(name, value)| name != "signals" || value == "ticket:7");
    let tickets = async |id| one.case(id).await["tickets"].clone();
    assert_eq!(form(&one, "/problems/act", &borrowed(&going)).await.0, 200, "read first");
    assert_eq!((tickets("PRB-000001").await, tickets("PRB-000002").await), (1.into(), 0.into()));
    let mut sure = borrowed(&going);
    sure.push(("sure", "1"));
    let (status, to) = form(&one, "/problems/act", &sure).await;
    assert_eq!(status, 303);
    assert!(to.starts_with(&format!("{sort}&done=PRB-000001.")), "{to}");
    assert_eq!((tickets("PRB-000001").await, tickets("PRB-000002").await), (0.into(), 1.into()));
    let (_, page) = one.get(&to).await;
    assert!(page.contains("PRB-000001: перенесено."), "{}", readable(&page));
    let act = to.rsplit('.').next().unwrap();
    let undo = [("case", "PRB-000001"), ("verb", "undo"), ("act", act), ("back", "sort")];
    let ends = [("left", "PRB-000001"), ("right", "https://evil.example")];
    let undo: Vec<(&str, &str)> = undo.into_iter().chain(ends).collect();
    let (_, to) = form(&one, "/problems/act", &undo).await;
    assert_eq!(to, "/review/sort?left=PRB-000001&right=new&done=PRB-000001.undo");
    assert_eq!(tickets("PRB-000001").await, 1);
    // Who saw an older version does nothing.
    assert_eq!(form(&one, "/problems/act", &sure).await.0, 409);
    one.app.stop().await;
}

/// On the right there may be nobody yet: then what goes becomes a case of its own. And two become one.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_is_new_is_a_split_and_all_of_it_is_a_merge() {
    let folder = tempfile::tempdir().unwrap();
    let one = Running::start(quiet_site(), folder.path()).await;
    three(&one).await;
    let (_, page) = one.get("/review/sort?case=PRB-000001").await;
    let mut split = fields(&page, "move-left");
    split.retain(|(name, value)| name != "signals" || value == "ticket:7");
    assert!(split.contains(&("verb".into(), "split".into())), "{split:?}");
    split.push(("sure".into(), "1".into()));
    assert_eq!(form(&one, "/problems/act", &borrowed(&split)).await.0, 303);
    let split_off = one.case("PRB-000001").await["links"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(one.case(&split_off).await["tickets"], 1);
    let (_, page) = one.get(&format!("/review/sort?case={split_off}&case=PRB-000003")).await;
    assert!(
        page.contains(&format!("Объединить: всё из PRB-000003 перейдёт в {split_off}")),
        "{page}"
    );
    let mut merge = fields(&page, "merge-right");
    assert_eq!(form(&one, "/problems/act", &borrowed(&merge)).await.0, 200, "read first");
    merge.push(("sure".into(), "1".into()));
    let (status, to) = form(&one, "/problems/act", &borrowed(&merge)).await;
    assert_eq!(status, 303);
    assert!(to.starts_with(&format!("/review/sort?left={split_off}&right=new&done=")), "{to}");
    assert_eq!(one.case("PRB-000003").await["merged_into"], split_off.as_str());
    assert_eq!(one.get("/review/sort").await.0, 200);
    assert_eq!(one.get("/review/sort?left=PRB-000099").await.0, 404);
    one.app.stop().await;
}
