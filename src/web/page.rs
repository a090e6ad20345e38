//! What all pages share: who looks, in which language, and how moments and numbers are written.

use askama::Template;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::frame::Frame;
use crate::api::{ApiError, ApiState, Visitor};
use crate::fold::State as Core;
use crate::i18n::{self, Catalogue};
use crate::model::{Language, Message, Text, Time};
use crate::store::{AccessKind, Role};
use crate::topology::Topology;

const COOKIE: &str = "vakhta_language";

/// The language a page is shown in: the visitor's choice, else Russian.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted(pub(super) Language);

impl FromRequestParts<ApiState> for Wanted {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &ApiState) -> Result<Self, Self::Rejection> {
        let cookies = parts.headers.get(header::COOKIE).and_then(|v| v.to_str().ok());
        let english = cookies
            .unwrap_or_default()
            .split(';')
            .any(|cookie| cookie.trim() == format!("{COOKIE}=en"));
        Ok(Self(if english { Language::En } else { Language::Ru }))
    }
}

/// Sets the language and goes back to where the visitor was.
pub(super) async fn language(
    Path(code): Path<String>,
    State(state): State<ApiState>,
    headers: axum::http::HeaderMap,
) -> impl IntoResponse {
    let code = if code == "en" { "en" } else { "ru" };
    let cookie = format!("{COOKIE}={code}; Path=/; SameSite=Lax; Max-Age=31536000");
    let back = headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok())
        .and_then(|url| reqwest::Url::parse(url).ok())
        .map(|url| path_and_query(&url))
        .and_then(|path| path.strip_prefix(&*super::house::base(&state)).map(str::to_owned))
        // Two slashes would lead to another host.
        .filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .unwrap_or_else(|| "/problems".to_owned());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back))
}

fn path_and_query(url: &reqwest::Url) -> String {
    // After an act that failed the visitor stands at the form's address, which shows nothing.
    let page = match url.path() {
        path if path.ends_with("/problems/act") => path.trim_end_matches("/act"),
        path => path,
    };
    match url.query() {
        Some(query) => format!("{page}?{query}"),
        None => page.to_owned(),
    }
}

/// What templates need to speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) topology: &'a Topology,
    pub(super) language: Language,
    pub(super) now: Time,
    /// What stands before every address of ours: the path of `page_url`, usually nothing.
    pub(super) base: &'a str,
}

impl Speech<'_> {
    /// A label of the page.
    pub(super) fn t(&self, key: &str) -> String {
        self.catalogue.label(key, self.language)
    }

    /// A text that exists in both languages.
    pub(super) fn text<'t>(&self, text: &'t Text) -> &'t str {
        text.get(self.language)
    }

    /// A message.
    pub(super) fn say(&self, message: &Message) -> String {
        self.catalogue.render(message, self.language, self.topology)
    }

    /// A counted noun: `count-tickets` and the like.
    pub(super) fn count(&self, key: &'static str, count: u32) -> String {
        self.say(&Message::new(key).number("count", f64::from(count)))
    }

    /// The short name of a system.
    pub(super) fn system(&self, key: &str) -> String {
        self.topology.short(key).get(self.language).to_owned()
    }

    /// How long ago, in the largest unit that fits.
    pub(super) fn ago(&self, at: Time) -> String {
        self.say(&Message::new("ago").word("span", self.span(self.now.seconds_since(at))))
    }

    /// A length of time in the two largest units.
    pub(super) fn span(&self, seconds: f64) -> String {
        self.catalogue.span(seconds, self.language)
    }

    /// A moment as short as can be: «22:53», with its day when that is not today.
    pub(super) fn clock(&self, at: Time) -> String {
        self.catalogue.zones().short(at, self.now)
    }

    /// A moment in full, with its zone.
    pub(super) fn moment(&self, at: Time) -> String {
        self.catalogue.zones().moment(at, self.language)
    }

    /// A moment in full, and what the clock of a branch shows then.
    pub(super) fn moment_at(&self, at: Time, branch: Option<&str>) -> String {
        let full = self.moment(at);
        match branch.and_then(|branch| Some((branch, self.catalogue.zones().there(at, branch)?))) {
            Some((branch, there)) => format!("{full} · {branch} {there}"),
            None => full,
        }
    }

    /// A moment of today to the second.
    pub(super) fn second(&self, at: Time) -> String {
        self.catalogue.zones().second(at)
    }

    /// A share 0…1 as people say it: «83 %».
    pub(super) fn percent(&self, share: f64) -> String {
        let space = if self.language == Language::Ru { "\u{a0}" } else { "" };
        format!("{:.0}{space}%", share * 100.0)
    }

    /// A weight with its sign and the language's decimal mark.
    pub(super) fn signed(&self, weight: f64) -> String {
        i18n::signed(weight, self.language)
    }

    /// A share 0…1 with two digits and the language's decimal mark.
    pub(super) fn share(&self, share: f64) -> String {
        i18n::share(share, self.language)
    }
}

/// Shows something of the core in a language, as it is now.
pub(super) fn speak<T>(
    state: &ApiState,
    language: Language,
    show: impl FnOnce(&Core, Speech<'_>) -> T,
) -> T {
    let now = state.clock.now();
    state.engine.read(|core| {
        let topology = core.correlate().topology();
        let base = core.settings().escalation.base();
        show(core, Speech { catalogue: &state.catalogue, topology, language, now, base })
    })
}

/// Who looks at a page; those who have not signed in see how to.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) visitor: Visitor,
}

impl Guest {
    /// Runs cases: takes, resolves. Whether line 2 may do it with one case is asked when it does.
    pub(super) fn may_act(&self) -> bool {
        self.visitor.0.role >= Role::Line2
    }

    /// Comments, and says where a ticket belongs.
    pub(super) fn may_say(&self) -> bool {
        self.visitor.0.role >= Role::Line1
    }

    /// Decides what belongs together.
    pub(super) fn may_manage(&self) -> bool {
        self.visitor.0.role >= Role::ProblemManager
    }

    /// Came with a browser's session, which can be ended.
    pub(super) fn is_session(&self) -> bool {
        self.visitor.1 == AccessKind::Session
    }
}

impl FromRequestParts<ApiState> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Response> {
        let Ok(Wanted(language)) = Wanted::from_request_parts(parts, state).await;
        match Visitor::from_request_parts(parts, state).await {
            Ok(visitor) => Ok(Self { name: visitor.0.name.clone(), visitor }),
            Err(error) if error.status() == StatusCode::UNAUTHORIZED => {
                let next = parts.uri.path_and_query().map_or("/problems", |path| path.as_str());
                Err(super::sign_in::closed_door(state, language, next))
            }
            Err(error) => Err(refusal(state, language, None, &error)),
        }
    }
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    text: String,
    /// What has happened since the visitor looked.
    changed: Vec<String>,
    back: String,
}

/// A page that says why there is none, and how to go on.
pub(super) fn refusal(
    state: &ApiState,
    language: Language,
    guest: Option<&Guest>,
    error: &ApiError,
) -> Response {
    refusal_at(state, language, guest, error, "/problems")
}

/// The same, with the page that one came from.
pub(super) fn refusal_at(
    state: &ApiState,
    language: Language,
    guest: Option<&Guest>,
    error: &ApiError,
    back: &str,
) -> Response {
    let (title, text) = match error.status() {
        StatusCode::NOT_FOUND | StatusCode::METHOD_NOT_ALLOWED => {
            ("page-missing-title", "page-missing")
        }
        StatusCode::FORBIDDEN if error.is_foreign() => ("page-forbidden-title", "page-foreign"),
        StatusCode::FORBIDDEN => ("page-forbidden-title", "page-forbidden"),
        StatusCode::CONFLICT => ("page-conflict-title", "page-conflict"),
        _ => ("page-failed-title", "page-failed"),
    };
    let topology = Topology::default();
    let now = state.clock.now();
    let base = super::house::base(state);
    let s = Speech { catalogue: &state.catalogue, topology: &topology, language, now, base: &base };
    let text = error.said().map_or_else(|| s.t(text), |message| s.say(message));
    let changed = error.changed().iter().map(|message| s.say(message)).collect();
    let frame = Frame::bare(s.t(title), guest, s);
    let page = RefusalPage { frame, s, text, changed, back: back.to_owned() };
    (error.status(), html(&page)).into_response()
}

/// A page, or why there is none.
pub(super) fn or_refusal(
    page: Result<Response, ApiError>,
    state: &ApiState,
    language: Language,
    guest: &Guest,
) -> Response {
    page.unwrap_or_else(|error| refusal(state, language, Some(guest), &error))
}

/// What is not there: a page for people, an error for programs.
pub(super) async fn missing(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    request: axum::extract::Request,
) -> Response {
    answer_missing(&state, language, &request, &ApiError::missing())
}

/// The address is there, the method is not: the same for people.
pub(super) async fn wrong_method(
    State(state): State<ApiState>,
    Wanted(language): Wanted,
    request: axum::extract::Request,
) -> Response {
    answer_missing(&state, language, &request, &ApiError::wrong_method())
}

fn answer_missing(
    state: &ApiState,
    language: Language,
    request: &axum::extract::Request,
    error: &ApiError,
) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let is_page = accepts.is_some_and(|kinds| kinds.contains("text/html"));
    if is_page && !request.uri().path().starts_with("/api/") {
        return refusal(state, language, None, error);
    }
    error.clone().into_response()
}

/// Renders a template; a template that fails is a defect and says so.
pub(super) fn html(template: &impl askama::Template) -> Response {
    match template.render() {
        Ok(text) => Html(text).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page cannot be rendered");
            ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be shown")
                .into_response()
        }
    }
}
