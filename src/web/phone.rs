//! Bringing one's own session to a telephone: a code that its camera reads.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use qrcode::QrCode;
use qrcode::render::svg;

use super::frame::Frame;
use super::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::api::{ApiError, ApiState};
use crate::store::AccessKind;

/// How long the code is good, milliseconds: as long as it takes to hold a telephone before the screen.
const GOOD: i64 = 5 * 60_000;

#[derive(Template)]
#[template(path = "phone.html")]
struct PhonePage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    /// The code, drawn; empty until it is asked for.
    code: String,
    address: String,
}

/// Says what the code is, and offers it.
pub(super) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    page(&state, &guest, language, String::new(), String::new())
}

/// Makes a link that signs in once, as the one who asks, and draws it.
pub(super) async fn draw(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
) -> Response {
    if !guest.is_session() {
        return refusal(&state, language, Some(&guest), &ApiError::foreign());
    }
    let now = state.clock.now();
    let made = async {
        let access = &guest.visitor.0;
        let expires = Some(now.plus_millis(GOOD));
        let token = state.store.add_access(AccessKind::SignIn, access, now, expires).await?;
        state.store.audit(now, &access.name, "phone_link", "").await?;
        Ok::<_, crate::store::StoreError>(token)
    };
    let token = match made.await {
        Ok(token) => token,
        Err(error) => return refusal(&state, language, Some(&guest), &ApiError::from(error)),
    };
    let page_url = state.engine.read(|core| core.settings().escalation.page_url.clone());
    let address = format!("{page_url}/sign-in?token={token}");
    let code = QrCode::new(&address).map(|code| {
        code.render::<svg::Color<'_>>().min_dimensions(260, 260).quiet_zone(true).build()
    });
    match code {
        Ok(code) => page(&state, &guest, language, inline(&code), address),
        Err(error) => {
            tracing::error!(%error, "the address of the page is too long for a code");
            page(&state, &guest, language, String::new(), address)
        }
    }
}

/// The drawing without the head of a file, which has no place in a page.
fn inline(svg: &str) -> String {
    svg.find("<svg").and_then(|at| svg.get(at..)).unwrap_or_default().to_owned()
}

fn page(
    state: &ApiState,
    guest: &Guest,
    language: crate::model::Language,
    code: String,
    address: String,
) -> Response {
    speak(state, language, |_, s| {
        let frame = Frame::new(state, guest, "", s.t("phone-title"), s);
        html(&PhonePage { frame, s, code, address })
    })
}
