//! The reader against a small model of the ticket system that keeps changing while it is read:
//! whatever happens, each form of each ticket comes once, and the last form always comes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::raw::Reading;
use super::{Form, Pace, RawTicket, TicketChannel, TicketReader, Watermark};
use crate::config::Secret;
use crate::model::{CaseId, CaseKind, Time};
use crate::otrs::stub::{Asked, Reply, rejection, with_stub};
use crate::otrs::{Client, Config, ServerZone, title_mark};

/// One ticket of the model.
#[derive(Clone, Debug, Default)]
struct Made {
    created: i64,
    changed: i64,
    articles: Vec<u64>,
    state: u64,
    is_hidden: bool,
}

/// The model: a clock in seconds, tickets, and a small generator of chance.
#[derive(Debug)]
struct Model {
    now: i64,
    chance: u64,
    /// How many of a hundred reads find the model changed in between.
    unrest: u64,
    next_article: u64,
    tickets: BTreeMap<u64, Made>,
    searches: usize,
}

impl Model {
    fn new(chance: u64, unrest: u64) -> Self {
        let now = 1_795_000_000;
        let tickets = BTreeMap::new();
        Self { now, chance, unrest, next_article: 1, tickets, searches: 0 }
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.chance = self.chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (self.chance >> 33) % below
    }

    fn add(&mut self, is_whole: bool) {
        let id = u64::try_from(self.tickets.len()).unwrap() + 1;
        let mut made = Made { created: self.now, changed: self.now, ..Made::default() };
        if is_whole {
            made.articles.push(self.next_article);
            self.next_article += 1;
        }
        self.tickets.insert(id, made);
    }

    fn disturb(&mut self) {
        self.now += i64::try_from(self.draw(3)).unwrap();
        let count = u64::try_from(self.tickets.len()).unwrap();
        let id = 1 + self.draw(count.max(1));
        let (what, article) = (self.draw(5), self.next_article);
        let now = self.now;
        match self.tickets.get_mut(&id) {
            Some(made) if what < 2 => {
                made.changed = now;
                made.articles.push(article);
                self.next_article += 1;
            }
            Some(made) if what == 2 => {
                made.changed = now;
                made.state += 1;
            }
            _ => self.add(what == 3),
        }
    }

    fn answer(&mut self, asked: &Asked) -> Reply {
        if asked.line == "POST /Ticket/Search" {
            self.searches += 1;
            return self.search(&asked.body);
        }
        // The time that looking up the horizon takes is subtracted there; here it takes none.
        if asked.query.contains("AllArticles") && self.draw(100) < self.unrest {
            for _ in 0..self.draw(4) {
                self.disturb();
            }
        }
        let ids: Vec<u64> = asked
            .line
            .rsplit('/')
            .next()
            .unwrap()
            .split(',')
            .map(|id| id.parse().unwrap())
            .collect();
        if ids.iter().any(|id| self.tickets[id].is_hidden) {
            return rejection("TicketGet.AccessDenied", "no");
        }
        let is_first = asked.query.contains("ASC");
        Reply::Ok(
            json!({"Ticket": ids.iter().map(|id| self.show(*id, is_first)).collect::<Vec<_>>()}),
        )
    }

    fn search(&self, query: &Value) -> Reply {
        let from = query["TicketLastChangeTimeNewerDate"].as_str();
        let from = from.map_or(i64::MIN, |text| ServerZone::utc().read(text).unwrap().0 / 1000);
        // A date in the future finds nothing there.
        let until = if from > self.now { i64::MIN } else { self.now };
        let mut found: Vec<(i64, u64)> =
            self.tickets.iter().map(|(id, made)| (made.changed, *id)).collect();
        found.retain(|(changed, _)| (from..=until).contains(changed));
        found.sort_unstable();
        if query["OrderBy"][0] == "Down" {
            found.reverse();
        }
        found.truncate(usize::try_from(query["Limit"].as_u64().unwrap()).unwrap());
        if found.is_empty() {
            return Reply::Ok(json!({}));
        }
        Reply::Ok(
            json!({"TicketID": found.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>()}),
        )
    }

    fn show(&self, id: u64, is_first: bool) -> Value {
        let made = &self.tickets[&id];
        let time = |seconds: i64| ServerZone::utc().write(Time(seconds * 1000));
        let number = if is_first { 1 } else { made.articles.len() };
        let article = made.articles.get(number.wrapping_sub(1)).map(|article| {
            let body = format!("текст {id}/{number}");
            json!([{"ArticleID": article, "ArticleNumber": number, "Subject": "s", "Body": body}])
        });
        json!({
            "TicketID": id, "TicketNumber": id, "Title": "t", "Queue": "1ЛТП",
            "State": made.state.to_string(), "StateType": "open", "Type": "Incident",
            "CustomerUserID": if made.articles.is_empty() { "" } else { "ivanov" },
            "Created": time(made.created), "Changed": time(made.changed),
            "Age": self.now - made.created, "DynamicField": [{"Name": "MRF", "Value": null}],
            "Article": article,
        })
    }
}

fn state_of(model: &Mutex<Model>) -> BTreeMap<u64, (i64, u64, String)> {
    let model = model.lock().unwrap();
    model
        .tickets
        .iter()
        .filter(|(_, made)| !made.is_hidden)
        .map(|(id, made)| {
            let last = made.articles.last().copied().unwrap_or_default();
            (*id, (made.changed, last, made.state.to_string()))
        })
        .collect()
}

fn form_of(ticket: &RawTicket) -> (i64, u64, String) {
    (ticket.changed.0 / 1000, ticket.last_article, ticket.state.clone())
}

/// Reads a changing model for some polls, lets it come to rest, and compares.
async fn read_all(chance: u64, unrest: u64, pace: Pace, is_restarted: bool) {
    let model = Arc::new(Mutex::new(Model::new(chance, unrest)));
    let behind = Arc::clone(&model);
    with_stub(
        move |asked| behind.lock().unwrap().answer(asked),
        async |mut config, _| {
            config.timeout = Duration::from_secs(10);
            for _ in 0..8 {
                model.lock().unwrap().disturb();
            }
            let client = Arc::new(Client::new(config).unwrap());
            let mut reader = TicketReader { pace, ..TicketReader::new(client, None) };
            let mut last = BTreeMap::new();
            let mut all = Vec::new();
            for poll in 0..24 {
                let tickets = reader.poll().await.unwrap();
                for ticket in &tickets {
                    all.push((ticket.id, form_of(ticket)));
                    last.insert(ticket.id, form_of(ticket));
                    if let Some(first) = &ticket.first {
                        assert_eq!(first.body, format!("текст {}/1", ticket.id));
                    }
                }
                if is_restarted && poll % 3 == 0 {
                    let saved = serde_json::to_string(&reader.watermark()).unwrap();
                    reader.restore(serde_json::from_str(&saved).unwrap());
                }
                let mut model = model.lock().unwrap();
                model.now += if pace.settle.is_zero() { 7 } else { 1 };
                if poll < 12 {
                    (0..3).for_each(|_| model.disturb());
                } else {
                    model.unrest = 0;
                    model.now += 20;
                }
            }
            assert_eq!(last, state_of(&model));
            let count = all.len();
            all.sort();
            all.dedup();
            assert_eq!(all.len(), count, "a form came twice");
        },
    )
    .await;
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_lost_and_nothing_comes_twice(
        chance in any::<u64>(), unrest in 0_u64..100, page in 2_usize..12,
        settles in any::<bool>(), is_restarted in any::<bool>(),
    ) {
        let settle = if settles { Duration::ZERO } else { super::PACE.settle };
        let pace = Pace { page, few: 0, settle, ..super::PACE };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(read_all(chance, unrest, pace, is_restarted));
    }
}

/// Polls a model once that was prepared by `prepare`, after a watermark at its beginning.
async fn poll_once(
    prepare: impl FnOnce(&mut Model),
    pace: Pace,
) -> (Vec<RawTicket>, TicketReader, usize) {
    let mut model = Model::new(7, 0);
    let start = Time(model.now * 1000);
    prepare(&mut model);
    let model = Arc::new(Mutex::new(model));
    let behind = Arc::clone(&model);
    let result = Arc::new(Mutex::new(None));
    let out = Arc::clone(&result);
    with_stub(
        move |asked| behind.lock().unwrap().answer(asked),
        async move |mut config, _| {
            config.timeout = Duration::from_secs(10);
            let client = Arc::new(Client::new(config).unwrap());
            let mark = Some(Watermark::at(start));
            let mut reader = TicketReader { pace, ..TicketReader::new(client, mark) };
            let tickets = reader.poll().await.unwrap();
            *out.lock().unwrap() = Some((tickets, reader));
        },
    )
    .await;
    let (tickets, reader) = result.lock().unwrap().take().unwrap();
    let searches = model.lock().unwrap().searches;
    (tickets, reader, searches)
}

#[tokio::test]
async fn a_second_with_more_than_a_page_is_read_whole() {
    let pace = Pace { page: 10, ..super::PACE };
    let (tickets, _, searches) =
        poll_once(|model| (0..130).for_each(|_| model.add(true)), pace).await;
    assert_eq!(tickets.len(), 130);
    assert_eq!(searches, 4, "limits 10, 40, 160, and the horizon");
}

#[tokio::test]
async fn a_long_backlog_comes_in_parts() {
    let prepare = |model: &mut Model| {
        for _ in 0..2_600 {
            model.now += 1;
            model.add(true);
        }
    };
    let (tickets, reader, _) = poll_once(prepare, super::PACE).await;
    assert!((2_000..2_600).contains(&tickets.len()), "{}", tickets.len());
    assert!(reader.counts().more);
    let newest = tickets.iter().map(|ticket| ticket.changed).max();
    assert_eq!(Some(reader.watermark().unwrap().changed), newest);
}

#[tokio::test]
async fn a_refused_ticket_does_not_hide_the_others() {
    let prepare = |model: &mut Model| {
        (0..60).for_each(|_| model.add(true));
        model.tickets.get_mut(&33).unwrap().is_hidden = true;
    };
    let (tickets, reader, _) = poll_once(prepare, super::PACE).await;
    assert_eq!((tickets.len(), reader.counts().denied), (59, 1));
}

#[test]
fn a_watermark_survives_saving() {
    let mut mark = Watermark::at(Time(1_000));
    let form = Form { changed: Time(1_000), last_article: 3, hash: u64::MAX };
    mark.keep(BTreeMap::from([(7, form), (8, Form { changed: Time(0), ..form })]), Time(500));
    mark.unfinished.insert(9);
    let saved = serde_json::to_string(&mark).unwrap();
    assert_eq!(serde_json::from_str::<Watermark>(&saved).unwrap(), mark);
    assert!(mark.has_seen(7, form) && !mark.has_seen(8, form));
}

#[test]
fn channels_have_words() {
    assert_eq!(TicketChannel::from_word(" HelpMe "), Some(TicketChannel::Helpme));
    assert_eq!(TicketChannel::from_word("crm_form"), Some(TicketChannel::CrmForm));
    assert_eq!(TicketChannel::from_word("fax"), None);
}

/// A ticket as it was read once, with its newest article.
fn reading(change: Value) -> RawTicket {
    let mut shown = json!({
        "TicketID": 64, "TicketNumber": "2026112410000635", "Title": "Нет входа",
        "State": "open", "StateType": "open", "Type": "Incident", "CustomerUserID": "ivanov",
        "Created": "2026-11-24 11:52:22", "Changed": "2026-11-24 11:52:22",
        "Article": [{"ArticleID": "99", "ArticleNumber": 1, "Subject": "s", "Body": "b",
            "SenderType": "customer", "CommunicationChannel": "Internal"}],
    });
    shown.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    let mut config = Config::new("http://otrs", "engine", Secret::new(String::new()));
    config.fields.idempotency_key = Some("IdempotencyKey".to_owned());
    config.fields.channel = Some("Channel".to_owned());
    Reading::of(serde_json::from_value(shown).unwrap(), &config).unwrap().ticket
}

#[test]
fn a_merged_ticket_names_the_other() {
    let body = "Объединена заявка 2026112410000635 с 2026112410000626.";
    let merged = reading(json!({"StateType": "merged",
        "Article": [{"ArticleID": 99, "ArticleNumber": 1, "Subject": "Ticket Merged", "Body": body}]}));
    assert_eq!(merged.merged_into, "2026112410000626");
    assert_eq!(merged.first, None, "the notice is not what the user wrote");
    assert_eq!(reading(json!({})).merged_into, "");
}

#[test]
fn ours_and_channels_are_told() {
    let check = |change: Value, is_ours: bool, channel: Option<TicketChannel>| {
        let ticket = reading(change);
        assert_eq!((ticket.ours, ticket.channel), (is_ours, channel), "{}", ticket.title);
    };
    let field = |name: &str, value: &str| json!([{"Name": name, "Value": value}]);
    let monitoring = Some(TicketChannel::Monitoring);
    check(json!({}), false, Some(TicketChannel::Helpme));
    check(
        json!({"DynamicField": field("Channel", "crm_form")}),
        false,
        Some(TicketChannel::CrmForm),
    );
    check(json!({"DynamicField": field("IdempotencyKey", "PRB-1/otrs/open")}), true, monitoring);
    for kind in CaseKind::ALL {
        let marked = format!("Нет входа {}", title_mark(CaseId { kind, number: 1 }));
        check(json!({"Title": marked, "Type": "Problem"}), true, monitoring);
        check(json!({"Title": marked}), false, Some(TicketChannel::Helpme));
    }
    check(
        json!({"Title": "Про [PRB-000001] ещё раз", "Type": "Problem"}),
        false,
        Some(TicketChannel::Helpme),
    );
    let phone = json!([{"ArticleID": 1, "ArticleNumber": 1, "CommunicationChannel": "Phone"}]);
    check(json!({"Article": phone}), false, Some(TicketChannel::Phone));
    check(json!({"Article": null}), false, None);
}
