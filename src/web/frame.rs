//! What stands around every page: where one can go, how fresh it is, who looks.

use super::page::{Guest, Speech};
use crate::api::ApiState;
use crate::model::number;
use crate::store::Role;

/// The frame of a page.
pub(super) struct Frame<'a> {
    pub(super) title: String,
    /// Which page it is, a word of `places`.
    pub(super) here: &'static str,
    /// Nobody on the doorstep.
    pub(super) guest: Option<&'a Guest>,
    /// The server's moment.
    pub(super) clock: String,
    /// Cases that nobody has taken.
    pub(super) untaken: usize,
    pub(super) all_up: bool,
    /// The newest configuration was refused, and an older one is used.
    pub(super) notice: String,
    up: usize,
    sources: usize,
    /// What has been shown: another number means that there is more.
    pub(super) version: String,
    s: Speech<'a>,
}

/// That an old configuration is used, if so.
fn refused(state: &ApiState, s: Speech<'_>) -> String {
    match state.refused.load(std::sync::atomic::Ordering::Relaxed) {
        0 => String::new(),
        errors => s.count("reload-refused", u32::try_from(errors).unwrap_or(u32::MAX)),
    }
}

/// How many sources answer, and how many there are.
pub(super) fn polled(state: &ApiState) -> (usize, usize) {
    let sources = state.sources();
    let watched = sources.iter().filter(|source| !source.offered);
    let up = watched.clone().filter(|source| source.up).count();
    (up, watched.count())
}

/// Changes whenever a page may have something else to say.
pub(super) fn version(state: &ApiState, (up, sources): (usize, usize)) -> String {
    format!("{}-{up}-{sources}", state.engine.generation())
}

impl<'a> Frame<'a> {
    /// The frame of a page for somebody who has come in.
    pub(super) fn new(
        state: &ApiState,
        guest: &'a Guest,
        here: &'static str,
        title: String,
        s: Speech<'a>,
    ) -> Self {
        let (up, sources) = polled(state);
        let untaken = state.attention.look(&state.engine).untaken;
        Self {
            clock: s.second(s.now),
            version: version(state, (up, sources)),
            all_up: up == sources,
            notice: refused(state, s),
            guest: Some(guest),
            title,
            here,
            untaken,
            up,
            sources,
            s,
        }
    }

    /// The frame of a page on the doorstep, or of a refusal.
    pub(super) fn bare(title: String, guest: Option<&'a Guest>, s: Speech<'a>) -> Self {
        let (here, version) = ("", String::new());
        let clock = s.second(s.now);
        let notice = String::new();
        Self {
            title,
            here,
            guest,
            clock,
            untaken: 0,
            all_up: true,
            notice,
            up: 0,
            sources: 0,
            version,
            s,
        }
    }

    /// Sources that answer, of how many.
    pub(super) fn counted(&self) -> (f64, f64) {
        (number(self.up), number(self.sources))
    }

    /// «22:45:12 · опрошено 12 из 12», as it was when the page was made.
    pub(super) fn status(&self) -> String {
        if self.version.is_empty() {
            return self.clock.clone();
        }
        let filled = self.s.t("status-good").replace("{clock}", &self.clock);
        let filled = filled.replace("{up}", &self.up.to_string());
        filled.replace("{sources}", &self.sources.to_string())
    }

    /// Where one can go: address, name, word.
    pub(super) fn places(&self) -> Vec<(&'static str, String, &'static str)> {
        let mut places = vec![
            ("/problems", "shift"),
            ("/tickets", "tickets"),
            ("/systems", "systems"),
            ("/sources", "sources"),
            ("/rules", "rules"),
            ("/runbooks", "runbooks"),
        ];
        let role = self.guest.map(|guest| guest.visitor.0.role);
        if role >= Some(Role::ProblemManager) {
            places.insert(2, ("/review", "review"));
        }
        if role >= Some(Role::Admin) {
            places.push(("/access", "access"));
        }
        let name = |key: &str| self.s.t(&format!("nav-{key}"));
        places.into_iter().map(|(address, key)| (address, name(key), key)).collect()
    }

    /// The keys that the pages know.
    pub(super) fn keys(&self) -> Vec<(&'static str, String)> {
        let keys = ["j", "k", "x", "a", "r", "s", "m", "c", "u", "/", "?"];
        let name = |key: &str| match key {
            "/" => self.s.t("key-search"),
            "?" => self.s.t("key-help"),
            key => self.s.t(&format!("key-{key}")),
        };
        keys.into_iter().map(|key| (key, name(key))).collect()
    }
}
