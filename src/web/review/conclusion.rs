//! «Итог разбора»: the cause in words, what is done about it, by whom, until when; of a case that may long be closed.

use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::civil::Date;
use serde::Deserialize;

use crate::api::cases::find;
use crate::api::conclusions::{ConclusionBody, conclude, take_back};
use crate::api::{ApiError, ApiState};
use crate::i18n;
use crate::model::{CaseDetail, Message};
use crate::store::{Concluded, Conclusion, Judgement, Role};
use crate::web::frame::Frame;
use crate::web::page::{Guest, Speech, Wanted, html, refusal, refusal_at, speak};

#[derive(Template)]
#[template(path = "conclusion.html")]
struct ConclusionPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    id: String,
    title: String,
    when: String,
    /// The engine's own word on the cause.
    engine_cause: String,
    /// It can be confirmed or rejected here: it is in the archive.
    is_archived: bool,
    is_done_saving: bool,
    judgement: &'static str,
    now: Conclusion,
    due: String,
    /// The number of the newest change; 0 for none.
    number: u64,
    history: Vec<Line>,
}

struct Line {
    at: String,
    who: String,
    text: String,
    is_undone: bool,
}

#[derive(Debug, Deserialize)]
pub(in crate::web) struct PageQuery {
    done: Option<String>,
}

pub(in crate::web) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Query(query): Query<PageQuery>,
) -> Response {
    let read = async {
        guest.visitor.needs(Role::ProblemManager)?;
        let case = find(&state, &id).await?;
        let history = state.store.concluded(case.summary.id).await?;
        Ok::<_, ApiError>((case, history))
    };
    let (case, history) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    speak(&state, language, |_, s| {
        let newest = history.iter().find(|one| !one.is_undone);
        let now = newest.map(|one| one.conclusion.clone()).unwrap_or_default();
        let summary = &case.summary;
        let cause = summary.cause.as_ref();
        html(&ConclusionPage {
            // What is being typed is not replaced.
            frame: Frame::new(&state, &guest, "", s.t("conclusion-title"), s),
            id: summary.id.to_string(),
            title: s.say(&summary.title),
            when: format!(
                "{}, {}",
                s.moment(summary.opened_at),
                super::super::facts::lasts(summary, &s)
            ),
            engine_cause: cause
                .map(|(system, share)| format!("{}, {}", s.system(system), s.percent(*share)))
                .unwrap_or_default(),
            is_archived: state.engine.case(summary.id).is_none(),
            is_done_saving: query.done.is_some() && newest.is_some(),
            judgement: judgement(&case, &now).as_str(),
            due: now.due.map(|due| due.to_string()).unwrap_or_default(),
            number: newest.map_or(0, |one| one.number),
            history: history.iter().map(|one| line(one, &s)).collect(),
            now,
            s,
        })
    })
}

/// What is held of it now: what was concluded, else what was said while it was open.
fn judgement(case: &CaseDetail, now: &Conclusion) -> Judgement {
    let said = match (case.summary.rejected, case.summary.confirmed) {
        (true, _) => Judgement::Rejected,
        (false, true) => Judgement::Confirmed,
        (false, false) => Judgement::Open,
    };
    now.judgement.unwrap_or(said)
}

fn line(one: &Concluded, s: &Speech<'_>) -> Line {
    let conclusion = &one.conclusion;
    let mut parts = Vec::new();
    parts.extend(conclusion.judgement.map(|it| s.t(&format!("judgement-{}", it.as_str()))));
    let named =
        [("column-review-cause", &conclusion.cause), ("column-measure", &conclusion.measure)];
    let named = named.into_iter().filter(|(_, text)| !text.is_empty());
    parts.extend(named.map(|(key, text)| format!("{}: {text}", s.t(key))));
    parts.extend(plan(conclusion, s.catalogue.zones().day(s.now), s));
    Line {
        at: s.moment(one.at),
        who: one.who.clone(),
        text: parts.join(" · "),
        is_undone: one.is_undone,
    }
}

/// «Петров, до 31.12.2026, просрочено»: who does it, by when, and whether it is done.
pub(in crate::web) fn plan(conclusion: &Conclusion, today: Date, s: &Speech<'_>) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    if !conclusion.owner.is_empty() {
        parts.push(conclusion.owner.clone());
    }
    let until = |due| s.say(&Message::new("measure-until").word("day", i18n::date(due)));
    parts.extend(conclusion.due.map(until));
    if conclusion.is_done {
        parts.push(s.t("measure-done"));
    } else if conclusion.is_overdue(today) {
        parts.push(s.t("measure-overdue"));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What the form asks for.
#[derive(Debug, Deserialize)]
pub(in crate::web) struct ConclusionForm {
    judgement: Option<String>,
    #[serde(default)]
    cause: String,
    #[serde(default)]
    measure: String,
    #[serde(default)]
    owner: String,
    due: Option<String>,
    done: Option<String>,
    #[serde(default)]
    expects: u64,
}

pub(in crate::web) async fn save(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<ConclusionForm>,
) -> Response {
    let ConclusionForm { judgement, cause, measure, owner, due, done, expects } = form;
    let done = done.is_some();
    let body = ConclusionBody { judgement, cause, measure, owner, due, done, expects };
    let outcome = conclude(&guest.visitor, &state, &id, body).await;
    back(outcome.map(|_| ()), &guest, language, &state, &id, "?done=1")
}

#[derive(Debug, Deserialize)]
pub(in crate::web) struct BackForm {
    number: u64,
}

pub(in crate::web) async fn undo(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Form(form): Form<BackForm>,
) -> Response {
    let outcome = take_back(&guest.visitor, &state, &id, form.number).await;
    back(outcome, &guest, language, &state, &id, "")
}

fn back(
    outcome: Result<(), ApiError>,
    guest: &Guest,
    language: crate::model::Language,
    state: &ApiState,
    id: &str,
    query: &str,
) -> Response {
    // What could be done is about a case that there is: its id is one.
    let page = format!("/review/case/{id}");
    match outcome {
        Ok(()) => Redirect::to(&format!("{page}{query}")).into_response(),
        Err(error) => {
            let is_id = id.parse::<crate::model::CaseId>().is_ok();
            let page = if is_id { page.as_str() } else { "/review" };
            refusal_at(state, language, Some(guest), &error, page)
        }
    }
}

impl ConclusionPage<'_> {
    fn judged(&self, word: &str) -> String {
        self.s.t(&format!("judgement-{word}"))
    }
}
