//! What all pages share: who looks, in which language, and how moments and numbers are written.

use axum::extract::{FromRequestParts, Path};
use axum::http::{StatusCode, header, request::Parts};
use axum::response::{Html, IntoResponse, Redirect, Response};

use crate::api::{ApiError, ApiState, Visitor};
use crate::i18n::Catalogue;
use crate::model::{Language, Message, Time};
use crate::store::Role;
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
    headers: axum::http::HeaderMap,
) -> impl IntoResponse {
    let code = if code == "en" { "en" } else { "ru" };
    let cookie = format!("{COOKIE}={code}; Path=/; SameSite=Lax; Max-Age=31536000");
    let back = headers
        .get(header::REFERER)
        .and_then(|value| value.to_str().ok())
        .and_then(|url| reqwest::Url::parse(url).ok())
        .map_or_else(|| "/problems".to_owned(), |url| url.path().to_owned());
    ([(header::SET_COOKIE, cookie)], Redirect::to(&back))
}

/// What templates need to speak.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speech<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) topology: &'a Topology,
    pub(super) language: Language,
    pub(super) now: Time,
}

impl Speech<'_> {
    /// A label of the page.
    pub(super) fn t(&self, key: &str) -> String {
        self.catalogue.label(key, self.language)
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
        let seconds = seconds.max(0.0).floor();
        let unit = |key: &'static str, value: f64| {
            self.say(&Message::new(key).number("count", value.floor()))
        };
        if seconds < 60.0 {
            unit("span-seconds", seconds)
        } else if seconds < 3600.0 {
            unit("span-minutes", seconds / 60.0)
        } else if seconds < 86_400.0 {
            let minutes = (seconds % 3600.0) / 60.0;
            format!("{} {}", unit("span-hours", seconds / 3600.0), unit("span-minutes", minutes))
        } else {
            let hours = (seconds % 86_400.0) / 3600.0;
            format!("{} {}", unit("span-days", seconds / 86_400.0), unit("span-hours", hours))
        }
    }

    /// A moment as the duty shift's wall clock shows it, Moscow time.
    pub(super) fn clock(&self, at: Time) -> String {
        let Ok(moment) = jiff::Timestamp::from_millisecond(at.0) else { return at.to_string() };
        let moscow = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
        moment.to_zoned(moscow).strftime("%d.%m %H:%M:%S").to_string()
    }

    /// A weight with its sign and the language's decimal mark.
    pub(super) fn signed(&self, weight: f64) -> String {
        let text = format!("{weight:+.1}").replace('-', "−");
        match self.language {
            Language::Ru => text.replace('.', ","),
            Language::En => text,
        }
    }

    /// A share 0…1 with two digits and the language's decimal mark.
    pub(super) fn share(&self, share: f64) -> String {
        let text = format!("{share:.2}");
        match self.language {
            Language::Ru => text.replace('.', ","),
            Language::En => text,
        }
    }
}

/// Who looks at a page; those who have not signed in see how to.
#[derive(Clone, Debug)]
pub(super) struct Guest {
    pub(super) name: String,
    pub(super) may_act: bool,
    pub(super) visitor: Visitor,
}

impl FromRequestParts<ApiState> for Guest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, Response> {
        let Ok(Wanted(language)) = Wanted::from_request_parts(parts, state).await;
        match Visitor::from_request_parts(parts, state).await {
            Ok(visitor) => Ok(Self {
                name: visitor.0.name.clone(),
                may_act: visitor.0.role >= Role::Duty,
                visitor,
            }),
            Err(_) => Err(super::sign_in::closed_door(state, language)),
        }
    }
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
