//! «Обращения»: what users write as it comes, with a verdict beside each, for support line 1.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, speak};
use super::solutions::{Finder, SolutionView};
use crate::api::ApiState;
use crate::api::search::Phrase;
use crate::fold::State as Core;
use crate::model::{CaseId, Life, Message, Signal};

/// Tickets shown.
const ROWS: usize = 150;

#[derive(Template)]
#[template(path = "tickets.html")]
struct TicketsPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    words: String,
    rows: Vec<Row>,
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
    /// The standard solution that fits clearly.
    solution: Option<SolutionView>,
}

#[derive(Debug, Deserialize)]
pub(super) struct TicketQuery {
    q: Option<String>,
}

pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(query): Query<TicketQuery>,
) -> Response {
    let words = query.q.unwrap_or_default();
    let phrase = Phrase::new(&words);
    speak(&state, language, |core, s| {
        let is_wanted = |signal: &Signal| {
            signal.is_ticket() && phrase.as_ref().is_none_or(|phrase| phrase.is_of(signal))
        };
        let mut tickets: Vec<(u64, &Signal)> =
            core.correlate().signals().filter(|(_, signal)| is_wanted(signal)).collect();
        if tickets.len() > ROWS {
            tickets.select_nth_unstable_by_key(ROWS, |(_, t)| std::cmp::Reverse(t.since));
            tickets.truncate(ROWS);
        }
        tickets.sort_by_key(|(_, t)| std::cmp::Reverse(t.since));
        let finder = Finder::new(core);
        let row = |(key, ticket): (u64, &Signal)| Row {
            solution: finder.of_ticket(ticket, &s),
            ..row(core, key, ticket, &s)
        };
        html(&TicketsPage {
            rows: tickets.into_iter().map(row).collect(),
            may_say: guest.may_say(),
            may_manage: guest.may_manage(),
            frame: Frame::new(&state, &guest, "tickets", s.t("nav-tickets"), s),
            words,
            s,
        })
    })
}

fn row(core: &Core, key: u64, ticket: &Signal, s: &Speech<'_>) -> Row {
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
        signal: ticket.id.clone(),
        number: ticket.number.clone(),
        link: link.unwrap_or_default(),
        title: ticket.title.get(s.language).to_owned(),
        system: if ticket.system().is_empty() { String::new() } else { s.system(ticket.system()) },
        mrf: ticket.mrf.clone().unwrap_or_default(),
        since: s.clock(ticket.since),
        full: s.moment(ticket.since),
        kind,
        verdict,
        say: about.map(|case| say(core, case, s)).unwrap_or_default(),
        case: about.map(|case| case.to_string()).unwrap_or_default(),
        lacks: if kind == "request" { String::new() } else { lacks.join(", ") },
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
