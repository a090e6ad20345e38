//! What people decide on the pages: a form asks, what has consequences is shown before it is done, and everything can
//! be taken back.

use std::collections::BTreeMap;

use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal_at, speak};
use crate::api::acts::{ActBody, foresee, submit};
use crate::api::{ApiError, ApiState};
use crate::model::{Arg, CaseId, Language, Message};

/// The most cases that one press may touch.
const CASES: usize = 50;

/// The page with two columns.
const SORT: &str = "/review/sort";

/// What a form asks for.
#[derive(Clone, Debug, Default)]
struct Asked {
    cases: Vec<String>,
    body: ActBody,
    minutes: Option<i64>,
    /// The version of each case whose preview was read.
    versions: BTreeMap<String, u64>,
    /// What it would do has been read.
    is_sure: bool,
    /// Where to go back to: a list, else the case.
    to_list: Option<&'static str>,
    /// The two columns to go back to.
    left: String,
    right: String,
    pairs: Vec<(String, String)>,
}

impl Asked {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let mut asked = Self { pairs: pairs.clone(), ..Self::default() };
        let mut taken = None;
        for (name, value) in pairs {
            let text = value.trim().to_owned();
            let some = Some(text.clone()).filter(|text| !text.is_empty());
            match name.as_str() {
                "case" => asked.cases.push(text),
                // A row's own button: this one, whatever else is ticked.
                "take" => taken = some,
                "verb" => asked.body.verb = text,
                "reason" => asked.body.reason = text,
                "to" => asked.body.to = some,
                "signals" => asked.body.signals.push(text),
                "system" => asked.body.system = some,
                "reference" => asked.body.reference = some,
                "expects" => asked.body.expects = text.parse().ok(),
                "act" => asked.body.act = text.parse().ok(),
                "minutes" => asked.minutes = text.parse().ok(),
                "version" => {
                    let read = text
                        .split_once('=')
                        .and_then(|(id, v)| Some((id.to_owned(), v.parse().ok()?)));
                    asked.versions.extend(read);
                }
                "sure" => asked.is_sure = true,
                "left" => asked.left = text,
                "right" => asked.right = text,
                "back" => {
                    asked.to_list = match text.as_str() {
                        "list" => Some("/problems"),
                        "tickets" => Some("/tickets"),
                        "review" => Some("/review"),
                        "sort" => Some(SORT),
                        _ => None,
                    }
                }
                _ => {}
            }
        }
        if let Some(case) = taken {
            asked.cases = vec![case];
            asked.body = ActBody { verb: "take".to_owned(), ..ActBody::default() };
            asked.is_sure = true;
        }
        asked
    }

    /// One decision a case. Several cases are merged into the first of them.
    fn decisions(&self, state: &ApiState) -> Vec<(String, ActBody)> {
        let until = self.minutes.map(|minutes| {
            let minutes = minutes.clamp(1, 60 * 24 * 30);
            state.clock.now().plus_millis(minutes * 60_000).to_string()
        });
        let body = ActBody { until, ..self.body.clone() };
        if body.verb == "merge" && body.to.is_none() {
            let Some((first, others)) = self.cases.split_first() else { return Vec::new() };
            let into = ActBody { to: Some(first.clone()), ..body };
            return others.iter().map(|case| (case.clone(), self.seen(case, &into))).collect();
        }
        self.cases.iter().map(|case| (case.clone(), self.seen(case, &body))).collect()
    }

    /// A decision about the version that was seen.
    fn seen(&self, case: &str, body: &ActBody) -> ActBody {
        let expects = self.versions.get(case).copied().or(body.expects);
        ActBody { expects, ..body.clone() }
    }

    /// Whether it is worth reading first what it would do.
    fn has_consequences(&self) -> bool {
        let light =
            ["take", "hand_over", "comment", "confirm", "snooze", "take_in", "undo", "known_error"];
        !light.contains(&self.body.verb.as_str())
    }

    fn back(&self) -> String {
        // Only ids lead on, so that nothing that a form says becomes another address.
        let is_case = |text: &str| text.parse::<CaseId>().is_ok();
        match self.to_list {
            Some(SORT) if is_case(&self.left) => {
                let right = if is_case(&self.right) { &self.right } else { "new" };
                return format!("{SORT}?left={}&right={right}", self.left);
            }
            Some(list) => return list.to_owned(),
            None => {}
        }
        match self.cases.first() {
            Some(case) if is_case(case) => format!("/problems/{case}"),
            _ => "/problems".to_owned(),
        }
    }
}

#[derive(Template)]
#[template(path = "act.html")]
struct ActPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    items: Vec<Item>,
    pairs: Vec<(String, String)>,
    asks_reason: bool,
    heading: String,
    back: String,
}

/// One case and what would become of it.
struct Item {
    id: String,
    title: String,
    will: Vec<String>,
    refused: String,
    /// The act that can be taken back; empty for none.
    undo: String,
}

#[derive(Template)]
#[template(path = "outcome.html")]
struct OutcomePage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    items: Vec<Item>,
    back: String,
}

pub(super) async fn act(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Form(pairs): Form<Vec<(String, String)>>,
) -> Response {
    let asked = Asked::new(pairs);
    let back = asked.back();
    match decide(&guest, language, &state, &asked).await {
        Ok(response) => response,
        Err(error) => refusal_at(&state, language, Some(&guest), &error, &back),
    }
}

async fn decide(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    asked: &Asked,
) -> Result<Response, ApiError> {
    let decisions = asked.decisions(state);
    if decisions.is_empty() || decisions.len() > CASES {
        let status = axum::http::StatusCode::UNPROCESSABLE_ENTITY;
        let message = Message::new("refused-no-cases");
        return Err(ApiError::new(status, "name the cases that this is about").saying(message));
    }
    let doubt = if asked.is_sure { None } else { doubt(state, &asked.body).await? };
    if (asked.has_consequences() || doubt.is_some()) && !asked.is_sure {
        return preview(guest, language, state, asked, decisions, doubt).await;
    }
    let mut outcomes = Vec::with_capacity(decisions.len());
    for (case, body) in decisions {
        let act = async {
            crate::api::cases::find(state, &case).await?;
            submit(&guest.visitor, state, &case, body.wish()?).await
        };
        // One that cannot be done keeps the others from nothing.
        outcomes.push((case.clone(), act.await));
    }
    let back = asked.back();
    if outcomes.len() > 1 {
        return Ok(outcome(guest, language, state, asked, outcomes));
    }
    let Some((case, act)) = outcomes.pop() else { return Ok(Redirect::to(&back).into_response()) };
    // What has been taken back cannot be taken back again: there is no number to go by.
    let number = match act? {
        _ if asked.body.verb == "undo" => "undo".to_owned(),
        act => act.to_string(),
    };
    let joint = if back.contains('?') { '&' } else { '?' };
    Ok(Redirect::to(&format!("{back}{joint}done={case}.{number}")).into_response())
}

/// What is worth reading before a case is handed to somebody whom nobody knows here.
async fn doubt(state: &ApiState, body: &ActBody) -> Result<Option<Message>, ApiError> {
    let Some(to) = body.to.as_deref().filter(|_| body.verb == "hand_over") else { return Ok(None) };
    let is_known = state.store.people().await?.iter().any(|name| name == to)
        || state.store.has_signed_in(to).await?;
    Ok((!is_known).then(|| Message::new("hand-over-unknown").word("who", to)))
}

/// What has become of several cases at once: each with the way back, or with why it could not be done.
fn outcome(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    asked: &Asked,
    outcomes: Vec<(String, Result<u64, ApiError>)>,
) -> Response {
    speak(state, language, |core, s| {
        let items = outcomes.into_iter().map(|(id, outcome)| {
            let summary = id.parse().ok().and_then(|id| state.engine.case(id));
            let title = summary.map(|case| s.say(&case.title)).unwrap_or_default();
            match outcome {
                Ok(act) => {
                    let done = super::shift::told_done(core, &id, &act.to_string(), &s);
                    Item {
                        id,
                        title,
                        will: vec![done.text],
                        refused: String::new(),
                        undo: done.act,
                    }
                }
                Err(error) => refused_item(id, title, &error, &s),
            }
        });
        html(&OutcomePage {
            items: items.collect(),
            back: asked.back(),
            frame: Frame::new(state, guest, "", s.t("outcome-title"), s),
            s,
        })
    })
}

fn refused_item(id: String, title: String, error: &ApiError, s: &Speech<'_>) -> Item {
    let said = error.said().map(|message| s.say(message));
    let refused = said.unwrap_or_else(|| s.t("page-failed"));
    Item { id, title, will: Vec::new(), refused, undo: String::new() }
}

async fn preview(
    guest: &Guest,
    language: Language,
    state: &ApiState,
    asked: &Asked,
    decisions: Vec<(String, ActBody)>,
    doubt: Option<Message>,
) -> Result<Response, ApiError> {
    let mut seen = Vec::with_capacity(decisions.len());
    for (case, body) in decisions {
        let found = crate::api::cases::find(state, &case).await?;
        let foreseen = foresee(&guest.visitor, state, &case, body.wish()?).await;
        if asked.cases.len() == 1 && foreseen.is_err() {
            return foreseen.map(|_| Redirect::to("/problems").into_response());
        }
        seen.push((case, found.summary.title, foreseen));
    }
    Ok(speak(state, language, |_, s| {
        // What is done must be what was read: of another version it is refused.
        let mut versions = Vec::new();
        let items = seen.into_iter().map(|(id, title, foreseen)| {
            let title = s.say(&title);
            match foreseen {
                Ok((version, will)) => {
                    versions.push(("version".to_owned(), format!("{id}={version}")));
                    let will = doubt.iter().chain(&will).map(|message| s.say(message)).collect();
                    Item { id, title, will, refused: String::new(), undo: String::new() }
                }
                Err(error) => refused_item(id, title, &error, &s),
            }
        });
        let items: Vec<Item> = items.collect();
        let verb = &asked.body.verb;
        html(
            &ActPage {
                items,
                pairs: asked
                    .pairs
                    .iter()
                    .filter(|(name, _)| name != "reason")
                    .cloned()
                    .chain(versions)
                    .collect(),
                asks_reason: !matches!(verb.as_str(), "mute"),
                heading: s.say(
                    &Message::new("preview-heading").with("verb", Arg::Key(format!("act-{verb}"))),
                ),
                back: asked.back(),
                frame: Frame::new(state, guest, "", s.t("preview-title"), s),
                s,
            }
            .with_reason(&asked.body.reason),
        )
    }))
}

impl<'a> ActPage<'a> {
    /// What has been typed is not asked for again.
    fn with_reason(mut self, reason: &str) -> Self {
        if !reason.is_empty() {
            self.pairs.push(("reason".to_owned(), reason.to_owned()));
            self.asks_reason = false;
        }
        self
    }
}
