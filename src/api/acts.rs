//! `/api/v1/cases/{id}/acts`: what people decide, with preview and undo.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cases::find;
use super::extract::Body;
use super::shapes::TextShape;
use super::{ApiError, ApiState, Visitor};
use crate::fold::Event;
use crate::model::{Act, CaseId, CaseSummary, EffectKind, Message, Time, Verb, WhenOver};
use crate::store::{Access, Role};
use crate::topology::Topology;

/// The longest reason, characters.
const REASON_LIMIT: usize = 1_000;
/// The most signals named in one act.
const SIGNALS_LIMIT: usize = 10_000;

/// What somebody decides about a case.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ActBody {
    /// `take`, `hand_over`, `comment`, `resolve`, `reopen`, `confirm`, `reject`, `merge`, `split`, `move`, `take_in`,
    /// `set_cause`, `known_error`, `snooze`, `mute`, `undo`.
    #[serde(default)]
    pub(crate) verb: String,
    /// The version of the case that was seen; when it is another one, the act is refused and told what changed.
    pub(crate) expects: Option<u64>,
    /// Why, or what was done; the text of a comment.
    #[serde(default)]
    pub(crate) reason: String,
    /// Who takes it over (`hand_over`); the other case (`merge`, `move`).
    pub(crate) to: Option<String>,
    /// Ids of signals (`split`, `move`, `take_in`, `mute`).
    #[serde(default)]
    pub(crate) signals: Vec<String>,
    /// The system (`set_cause`); absent gives the cause back to the engine.
    pub(crate) system: Option<String>,
    /// Its number in the knowledge base (`known_error`).
    pub(crate) reference: Option<String>,
    /// RFC 3339 (`snooze`, `mute`).
    pub(crate) until: Option<String>,
    /// The act to take back (`undo`).
    pub(crate) act: Option<u64>,
}

/// What was decided.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ActDone {
    /// The act's number: `undo` takes it.
    act: u64,
    /// The version of the case now.
    version: u64,
}

/// What an act would do.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Preview {
    /// The version of the case that this is about.
    version: u64,
    /// In words, most important first.
    will: Vec<TextShape>,
}

/// A decision with what it rests on.
pub(crate) struct Wish {
    /// What.
    pub(crate) verb: Verb,
    /// Why.
    pub(crate) reason: String,
    /// The version that was seen.
    pub(crate) expects: Option<u64>,
}

/// Decide about a case.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/acts", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = ActBody),
    responses((status = 200, body = ActDone),
              (status = 400, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 403, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 404, body = super::error::ErrorBody, content_type = "application/problem+json"),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn act(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<ActBody>,
) -> Result<Json<ActDone>, ApiError> {
    find(&state, &id).await?;
    let wish = body.wish()?;
    let act = submit(&visitor, &state, &id, wish).await?;
    let case: CaseId = id.parse().map_err(|_| ApiError::missing())?;
    let version = state.engine.case(case).map_or(0, |case| case.version);
    Ok(Json(ActDone { act, version }))
}

/// What an act would do, without doing it.
#[utoipa::path(
    post, path = "/api/v1/cases/{id}/preview", tag = "cases",
    params(("id" = String, Path, description = "PRB-000001")),
    request_body(content = ActBody),
    responses((status = 200, body = Preview),
              (status = 409, body = super::error::ErrorBody, content_type = "application/problem+json"))
)]
pub(super) async fn preview(
    visitor: Visitor,
    State(state): State<ApiState>,
    Path(id): Path<String>,
    Body(body): Body<ActBody>,
) -> Result<Json<Preview>, ApiError> {
    let (version, will) = foresee(&visitor, &state, &id, body.wish()?).await?;
    let will = state.engine.read(|core| {
        let topology = core.correlate().topology();
        will.iter().map(|m| TextShape::from(state.catalogue.both(m, topology))).collect()
    });
    Ok(Json(Preview { version, will }))
}

/// What an act would do, most important first, and the version of the case that this is about.
pub(crate) async fn foresee(
    visitor: &Visitor,
    state: &ApiState,
    id: &str,
    wish: Wish,
) -> Result<(u64, Vec<Message>), ApiError> {
    let before = find(state, id).await?;
    allow(visitor, state, id, &wish.verb)?;
    let still_on = if matches!(wish.verb, Verb::Resolve) { before.on() } else { 0 };
    let event = event(visitor, id, wish)?;
    let now = state.clock.now();
    // The act is carried out on a copy: what is said is what would happen.
    let mut copy = state.engine.look(Clone::clone).await?;
    let catalogue = std::sync::Arc::clone(&state.catalogue);
    let outcome = tokio::task::spawn_blocking(move || {
        copy.revive();
        let outcome = copy.step(now, &event, &catalogue);
        (copy, outcome)
    });
    let (copy, mut outcome) = outcome.await.map_err(|error| {
        tracing::error!(%error, "a preview failed");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the preview failed; see the log")
    })?;
    if let Some(refused) = outcome.refused.take() {
        return Err(crate::engine::SubmitError::Refused(Box::new(refused)).into());
    }
    let mut will: Vec<Message> = Vec::new();
    for case in outcome.changed.iter().filter_map(|id| copy.summary(*id)) {
        let is_same = case.id == before.summary.id && case.state == before.summary.state;
        let key = format!("state-{}", case.state.as_str());
        let message = Message::new(if is_same { "will-stay" } else { "will-be" })
            .word("case", case.id.to_string())
            .with("state", crate::model::Arg::Key(key))
            .number("tickets", f64::from(case.tickets))
            .number("findings", f64::from(case.findings));
        will.push(message);
    }
    if still_on > 0 {
        will.push(Message::new("will-still-on").number("count", f64::from(still_on)));
    }
    let kinds = outcome.effects.iter().map(|effect| (effect, told_key(&effect.kind)));
    let mut counted: Vec<(String, &'static str, u32)> = Vec::new();
    for (effect, key) in kinds {
        let case = effect.case().to_string();
        match counted.iter_mut().find(|(known, word, _)| *known == case && *word == key) {
            Some((_, _, count)) => *count += 1,
            None => counted.push((case, key, 1)),
        }
    }
    will.extend(counted.into_iter().map(|(case, key, count)| {
        Message::new(key).word("case", case).number("count", f64::from(count))
    }));
    Ok((before.summary.version, will))
}

const fn told_key(kind: &EffectKind) -> &'static str {
    match kind {
        EffectKind::OpenTicket { .. } => "will-open-ticket",
        EffectKind::AddNote { queue: Some(_), .. } => "will-move-ticket",
        EffectKind::AddNote { .. } | EffectKind::ReopenTicket { .. } => "will-note-ticket",
        EffectKind::CloseTicket { .. } => "will-close-ticket",
        EffectKind::JoinTicket { .. } => "will-join-tickets",
        EffectKind::LeaveTicket { .. } => "will-leave-tickets",
        EffectKind::TellTicket { when_over: WhenOver::Note, .. } => "will-tell-tickets",
        EffectKind::TellTicket { when_over: WhenOver::Answer, .. } => "will-answer-tickets",
        EffectKind::TellTicket { when_over: WhenOver::Close, .. } => "will-close-tickets",
        EffectKind::Alert { ends_at: None, .. } => "will-alert",
        EffectKind::Alert { .. } => "will-end-alert",
        EffectKind::Silence { .. } => "will-silence",
    }
}

impl ActBody {
    /// Reads it.
    ///
    /// # Errors
    /// 400 when something is missing or makes no sense.
    pub(crate) fn wish(self) -> Result<Wish, ApiError> {
        let Self { verb, expects, reason, to, signals, system, reference, until, act } = self;
        let bad = |detail: String| ApiError::new(StatusCode::BAD_REQUEST, detail);
        if signals.len() > SIGNALS_LIMIT {
            return Err(bad(format!("at most {SIGNALS_LIMIT} signals at once")));
        }
        let needs = |what: &str| bad(format!("`{verb}` needs `{what}`"));
        let until = || -> Result<Time, ApiError> {
            let text = until.as_deref().ok_or_else(|| needs("until"))?;
            let wrong = || bad("`until` is a moment like 2026-11-28T22:53:00+03:00".to_owned());
            Time::parse_rfc3339(text).ok_or_else(wrong)
        };
        let case = |text: &str| text.parse::<CaseId>().map_err(|error| bad(error.to_string()));
        let verb = match verb.as_str() {
            "take" => Verb::Take,
            "hand_over" => Verb::HandOver { to: to.ok_or_else(|| needs("to"))? },
            "comment" if reason.trim().is_empty() => return Err(needs("reason")),
            "comment" => Verb::Comment,
            "resolve" => Verb::Resolve,
            "reopen" => Verb::Reopen,
            "confirm" => Verb::Confirm,
            "reject" => Verb::Reject,
            "merge" => Verb::Merge { into: case(&to.ok_or_else(|| needs("to"))?)? },
            "split" => Verb::Split { signals },
            "move" => Verb::Move { signals, to: to.as_deref().map(case).transpose()? },
            "take_in" => Verb::TakeIn { signals },
            "set_cause" => Verb::SetCause { system },
            "known_error" => Verb::KnownError { reference: reference.unwrap_or_default() },
            "snooze" => Verb::Snooze { until: until()? },
            "mute" => Verb::Mute { signals, until: until()? },
            "undo" => Verb::Undo { act: act.ok_or_else(|| needs("act"))? },
            other => {
                let word: String = other.chars().take(40).collect();
                return Err(bad(format!("no verb «{word}»; /api/v1/openapi.json lists all")));
            }
        };
        Ok(Wish { verb, reason, expects })
    }
}

/// Who may decide what: line 1 says where tickets belong, lines 2 and 3 run the cases of their team, the duty shift
/// runs all, problem managers decide what belongs together.
pub(crate) const fn role_for(verb: &Verb) -> Role {
    match verb {
        Verb::Comment | Verb::TakeIn { .. } => Role::Line1,
        Verb::Take | Verb::HandOver { .. } | Verb::Resolve | Verb::Reopen => Role::Line2,
        Verb::Snooze { .. } | Verb::Undo { .. } => Role::Duty,
        Verb::Confirm
        | Verb::Reject
        | Verb::Merge { .. }
        | Verb::Split { .. }
        | Verb::Move { .. }
        | Verb::SetCause { .. }
        | Verb::KnownError { .. }
        | Verb::Mute { .. } => Role::ProblemManager,
    }
}

/// Whether a member of line 2 or 3 looks after a system that the case touches. Others are not bound to a team.
pub(crate) fn is_of_team(access: &Access, case: &CaseSummary, topology: &Topology) -> bool {
    access.role != Role::Line2
        || case.systems.iter().filter_map(|key| topology.get(key)).any(|system| {
            !access.team.is_empty()
                && system.queue.split("::").next().is_some_and(|first| first == access.team)
        })
}

/// Refuses who may not decide this about this case.
fn allow(visitor: &Visitor, state: &ApiState, id: &str, verb: &Verb) -> Result<(), ApiError> {
    let mut needed = role_for(verb);
    let case: CaseId = id.parse().map_err(|_| ApiError::missing())?;
    let access = &visitor.0;
    if let Verb::Undo { act } = verb {
        // Taking back needs what the act itself needed; what is one's own, nothing more.
        let undone = state.engine.read(|core| {
            let record = core.cases().act_record(*act)?;
            Some((role_for(&record.act.verb), record.act.by == access.name))
        });
        needed =
            undone.map_or(needed, |(role, is_own)| if is_own { role } else { role.max(needed) });
    }
    visitor.needs(needed)?;
    if access.role == Role::Line2 && needed == Role::Line2 {
        let summary = state.engine.case(case);
        let is_own = state.engine.read(|core| {
            let topology = core.correlate().topology();
            summary.as_ref().is_none_or(|case| is_of_team(access, case, topology))
        });
        if !is_own {
            let detail = format!("{id} is not at a system of your team «{}»", access.team);
            let message = Message::new("refused-team").word("team", &access.team);
            return Err(ApiError::new(StatusCode::FORBIDDEN, detail).saying(message));
        }
    }
    Ok(())
}

fn event(visitor: &Visitor, id: &str, wish: Wish) -> Result<Event, ApiError> {
    let case: CaseId = id.parse().map_err(|_| ApiError::missing())?;
    let reason = wish.reason.chars().take(REASON_LIMIT).collect();
    let by = visitor.0.name.clone();
    Ok(Event::Act(Box::new(Act { case, expects: wish.expects, verb: wish.verb, by, reason })))
}

/// Hands a person's decision to the engine; returns the act's number.
pub(crate) async fn submit(
    visitor: &Visitor,
    state: &ApiState,
    id: &str,
    wish: Wish,
) -> Result<u64, ApiError> {
    allow(visitor, state, id, &wish.verb)?;
    let taken = state.engine.submit(event(visitor, id, wish)?).await?;
    Ok(taken.act.unwrap_or_default())
}
