//! «Обращения»: what users write as it comes, with a verdict beside each, for support line 1.

use std::cmp::Reverse;

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::frame::Frame;
use super::members::{Said, Texts};
use super::page::{Guest, Speech, Wanted, html, or_refusal, speak};
use super::solutions::{Finder, SolutionView};
use crate::api::search::Phrase;
use crate::api::{ApiError, ApiState};
use crate::correlate::ticket_id;
use crate::fold::State as Core;
use crate::model::{CaseId, Language, Life, Message, Signal, Time};

/// Tickets of one page.
const ROWS: usize = 150;

#[derive(Template)]
#[template(path = "tickets.html")]
struct TicketsPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    words: String,
    rows: Vec<Row>,
    /// The address of what comes after; empty at the end.
    next: String,
    may_say: bool,
    may_manage: bool,
}

struct Row {
    signal: String,
    number: String,
    link: String,
    title: String,
    system: String,
    mrf: String,
    since: String,
    full: String,
    /// The verdict's word, for the style.
    kind: &'static str,
    verdict: String,
    /// The case it is in, or might be in.
    case: String,
    /// What to say to the caller.
    say: String,
    /// What the ticket does not say.
    lacks: String,
    text: Said,
    /// The standard solution that fits clearly.
    solution: Option<SolutionView>,
}

/// One ticket, on a page of its own.
#[derive(Template)]
#[template(path = "ticket.html")]
struct TicketPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    /// What the core still knows of it.
    row: Option<Row>,
    title: String,
    changed: String,
    text: String,
    link: String,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct TicketQuery {
    q: Option<String>,
    after: Option<String>,
}

/// Where the list goes on: when a ticket was written, and its number in the core.
type Place = (Time, u64);

impl TicketQuery {
    fn place(&self) -> Option<Place> {
        let (at, key) = self.after.as_deref()?.split_once('_')?;
        Some((Time(at.parse().ok()?), key.parse().ok()?))
    }

    fn after(&self, (at, key): Place) -> String {
        let words = self.q.clone().filter(|words| !words.is_empty()).map(|words| ("q", words));
        let pairs = words.into_iter().chain([("after", format!("{}_{key}", at.0))]);
        format!("/tickets{}", super::chips::query(pairs))
    }
}

/// The tickets of one page, newest first, and where it goes on.
fn found(core: &Core, phrase: Option<&Phrase>, after: Option<Place>) -> (Vec<u64>, Option<Place>) {
    let is_wanted = |key: u64, signal: &Signal| {
        signal.is_ticket()
            && after.is_none_or(|after| (signal.since, key) < after)
            && phrase.is_none_or(|phrase| phrase.is_of(signal))
    };
    let signals = core.correlate().signals().filter(|(key, signal)| is_wanted(*key, signal));
    let mut places: Vec<Place> = signals.map(|(key, signal)| (signal.since, key)).collect();
    let is_last = places.len() <= ROWS;
    if !is_last {
        places.select_nth_unstable_by_key(ROWS, |place| Reverse(*place));
        places.truncate(ROWS);
    }
    places.sort_by_key(|place| Reverse(*place));
    let next = places.last().copied().filter(|_| !is_last);
    (places.into_iter().map(|(_, key)| key).collect(), next)
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<TicketQuery>,
) -> Response {
    let page = list(&guest, language, &state, query).await;
    or_refusal(page, &state, language, &guest)
}

async fn list(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    query: TicketQuery,
) -> Result<Response, ApiError> {
    let phrase = Phrase::new(query.q.as_deref().unwrap_or_default());
    let ((keys, next), ids) = state.engine.read(|core| {
        let found = found(core, phrase.as_ref(), query.place());
        let id = |key: &u64| core.correlate().signal(*key)?.ticket_id();
        let ids: Vec<u64> = found.0.iter().filter_map(id).collect();
        (found, ids)
    });
    let texts = Texts::read(state, ids.into_iter()).await?;
    Ok(speak(state, language, |core, s| {
        // What was forgotten meanwhile is left out.
        let signals = keys.iter().filter_map(|key| Some((*key, core.correlate().signal(*key)?)));
        let finder = Finder::new(core);
        let row = |(key, ticket): (u64, &Signal)| Row {
            solution: finder.of_ticket(ticket, &s),
            ..row(core, key, ticket, &texts, &s)
        };
        html(&TicketsPage {
            rows: signals.map(row).collect(),
            may_say: guest.may_say(),
            may_manage: guest.may_manage(),
            frame: Frame::new(state, guest, "tickets", s.t("nav-tickets"), s),
            next: next.map(|next| query.after(next)).unwrap_or_default(),
            words: query.q.unwrap_or_default(),
            s,
        })
    }))
}

/// One ticket: what it says, and what the core knows of it as long as it does.
pub(super) async fn one(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
) -> Response {
    let page = ticket(&guest, language, &state, &id).await;
    or_refusal(page, &state, language, &guest)
}

async fn ticket(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    id: &str,
) -> Result<Response, ApiError> {
    let missing = || ApiError::new(StatusCode::NOT_FOUND, "there is no such ticket");
    let id: u64 = id.parse().map_err(|_| missing())?;
    let texts = Texts::read(state, std::iter::once(id)).await?;
    let kept = texts.kept.get(&id);
    let name = ticket_id(id);
    let is_known = state.engine.read(|core| core.correlate().key_of(&name).is_some());
    if kept.is_none() && !is_known {
        return Err(missing());
    }
    Ok(speak(state, language, |core, s| {
        let known = core.correlate().key_of(&name);
        let known = known.and_then(|key| Some((key, core.correlate().signal(key)?)));
        let row = known.map(|(key, signal)| row(core, key, signal, &texts, &s));
        let number = row.as_ref().map(|row| row.number.clone());
        let number = number.or(kept.map(|kept| kept.number.clone())).unwrap_or_default();
        let link = core.settings().escalation.ticket_link(&id.to_string(), &number);
        let heading = s.say(&Message::new("ticket-heading").word("number", number));
        html(&TicketPage {
            frame: Frame::new(state, guest, "tickets", heading, s),
            title: match (&row, kept) {
                (Some(row), _) => row.title.clone(),
                (None, Some(kept)) => kept.title.clone(),
                (None, None) => String::new(),
            },
            changed: kept.map(|kept| s.moment(kept.at)).unwrap_or_default(),
            text: kept.map_or_else(|| s.t("ticket-text-none"), |kept| kept.body.clone()),
            link: link.unwrap_or_default(),
            row,
            s,
        })
    }))
}

fn row(core: &Core, key: u64, ticket: &Signal, texts: &Texts, s: &Speech<'_>) -> Row {
    let correlate = core.correlate();
    let case = correlate.cluster_of(key).and_then(|cluster| cluster.standing().case);
    let reason = correlate.why_unassigned(&ticket.id);
    let near = reason.and_then(|reason| reason.nearest.as_ref()).filter(|near| near.is_candidate);
    let of = |key: &'static str, case: CaseId| Message::new(key).word("case", case.to_string());
    let (kind, verdict, about) = match (case, near) {
        (Some(case), _) => ("belongs", s.say(&of("verdict-belongs", case)), Some(case)),
        (None, _) if ticket.life == Life::Withdrawn => ("request", s.t("verdict-request"), None),
        (None, Some(near)) => {
            ("perhaps", s.say(&of("verdict-perhaps", near.case)), Some(near.case))
        }
        (None, None) => ("alone", s.t("verdict-alone"), None),
    };
    let mut lacks = Vec::new();
    if ticket.systems.is_empty() {
        lacks.push(s.t("lacks-system"));
    }
    if ticket.mrf.is_none() {
        lacks.push(s.t("lacks-mrf"));
    }
    if ticket.impact.is_none() {
        lacks.push(s.t("lacks-felt"));
    }
    let link = ticket
        .ticket_id()
        .and_then(|id| core.settings().escalation.ticket_link(&id.to_string(), &ticket.number));
    Row {
        signal: ticket.id.to_string(),
        number: ticket.number.clone(),
        link: link.unwrap_or_default(),
        title: ticket.title.get(s.language).to_owned(),
        system: if ticket.system().is_empty() { String::new() } else { s.system(ticket.system()) },
        mrf: ticket.mrf.clone().unwrap_or_default(),
        since: s.clock(ticket.since),
        full: s.moment_at(ticket.since, ticket.mrf.as_deref()),
        kind,
        verdict,
        say: about.map(|case| say(core, case, s)).unwrap_or_default(),
        case: about.map(|case| case.to_string()).unwrap_or_default(),
        lacks: if kind == "request" { String::new() } else { lacks.join(", ") },
        text: Said::of(ticket.ticket_id(), texts, s),
        solution: None,
    }
}

/// What to say to a caller: that it is known, since when, and whether somebody works on it.
fn say(core: &Core, id: CaseId, s: &Speech<'_>) -> String {
    let Some(case) = core.summary(id) else { return String::new() };
    if !case.state.is_live() {
        return s.t("say-over");
    }
    let system = case.systems.first().map(String::as_str).unwrap_or_default();
    let key = if case.owner.is_some() { "say-taken" } else { "say-known" };
    let message = Message::new(key).system("system", system);
    s.say(&message.word("since", s.clock(case.opened_at)))
}
