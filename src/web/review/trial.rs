//! «Что сделал бы этот порог»: a rule with other limits over the recorded samples, beside the rule as it is; and what
//! people said of the cases in which its findings were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use detectors::ConfigError;
use tokio::sync::Semaphore;

use super::{DAY_MS, DAYS};
use crate::api::{ApiError, ApiState};
use crate::clock::Stopwatch;
use crate::detect::{Episode, Limits, Rule, Trial, Tried, points, shown};
use crate::model::{Message, Severity, Time, number};
use crate::runbooks;
use crate::series::SharedSeries;
use crate::store::{FalseAlarms, Role};
use crate::web::chart::{self, Chart};
use crate::web::frame::Frame;
use crate::web::page::{Guest, Speech, Wanted, html, refusal, speak};

/// Trials that run at the same time: they take a processor each.
static RUNNING: Semaphore = Semaphore::const_new(1);
/// How long a trial may run, seconds.
const LONGEST: f64 = 10.0;
/// Polls gone through before the samples are let go for a moment.
const PIECE: usize = 16;
/// Rows and charts shown.
const ROWS: usize = 100;
const CHARTS: usize = 2;
const HOUR_MS: i64 = 3_600_000;
/// A value every so often.
type Points = Vec<(Time, f64)>;
/// Points of one chart.
const POINTS: i64 = 160;
/// As long as the samples are meant to be looked back over, but for an hour that is not full yet.
const WEEK_S: f64 = 7.0 * 86_400.0 - 3_600.0;

#[derive(Template)]
#[template(path = "trial.html")]
struct TrialPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    pack: String,
    rule: String,
    title: String,
    expr: String,
    runbook: String,
    alarms: String,
    /// Why there is nothing to try; empty when there is.
    why_not: String,
    unit: String,
    fields: Vec<Field>,
    /// What is wrong with what was typed.
    wrong: String,
    /// The site has given it other limits than it was written with; empty when not.
    adjusted: String,
    /// What to write into the site to have what was tried; empty when that is what there is.
    wish: String,
    outcome: Option<Outcome>,
}

/// One number that may be another.
struct Field {
    name: String,
    label: String,
    value: String,
    /// What it is now.
    now: String,
}

struct Outcome {
    span: String,
    notes: Vec<String>,
    present: String,
    tried: String,
    difference: String,
    rows: Vec<Pair>,
    more: String,
    charts: Vec<(String, String)>,
}

struct Pair {
    object: String,
    present: String,
    tried: String,
    /// `same`, `less`, `more`.
    kind: &'static str,
    word: String,
}

/// What was typed.
#[derive(Default)]
struct Typed {
    numbers: BTreeMap<String, String>,
    is_asked: bool,
}

impl Typed {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let is_asked = pairs.iter().any(|(name, _)| name == "try");
        Self { numbers: pairs.into_iter().collect(), is_asked }
    }

    /// A number, also with a comma; none when it is not one.
    fn number(&self, name: &str) -> Option<f64> {
        let text = self.numbers.get(name)?.trim().replace(',', ".").replace(['\u{a0}', ' '], "");
        text.parse().ok().filter(|number: &f64| number.is_finite())
    }

    /// The limits that are asked for.
    fn limits(&self, present: &Limits) -> Option<Limits> {
        let mut levels = BTreeMap::new();
        for severity in present.levels.keys() {
            let name = level_name(*severity);
            let is_empty = self.numbers.get(&name).is_some_and(|text| text.trim().is_empty());
            // A level that is left empty is left out.
            if !is_empty {
                levels.insert(*severity, self.number(&name)?);
            }
        }
        let clear = match present.clear {
            Some(_) => Some(self.number("clear")?),
            None => None,
        };
        let hold_ms = match present.hold_ms {
            Some(_) => Some(milliseconds(self.number("hold")?)?),
            None => None,
        };
        Some(Limits { levels, clear, hold_ms })
    }
}

fn level_name(severity: Severity) -> String {
    format!("level-{}", severity.as_str())
}

/// Seconds as whole milliseconds, up to thirty days.
fn milliseconds(seconds: f64) -> Option<i64> {
    (0.0..=2_592_000.0).contains(&seconds).then(|| Time::from_seconds(seconds).0)
}

pub(in crate::web) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Path((pack, id)): Path<(String, String)>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let typed = Typed::new(pairs);
    let packs = state.rules.read();
    let read = async {
        guest.visitor.needs(Role::ProblemManager)?;
        let rule = packs.rules().find(|rule| rule.id == id && rule.pack == pack);
        let rule = rule.ok_or_else(ApiError::missing)?;
        let since = state.clock.now().plus_millis(-DAYS * DAY_MS);
        let alarms = state.store.false_alarms(since, Some(&format!("{pack}/{id}"))).await?;
        let asked = rule.limits().filter(|_| typed.is_asked);
        let tried = match asked.map(|present| typed.limits(&present)) {
            None => Ok(None),
            Some(None) => Err("trial-numbers"),
            Some(Some(limits)) => match rule.with_limits(&limits) {
                Ok(other) => Ok(Some(run(&state, rule, other).await?)),
                Err(ConfigError::ClearBeyondRaise) => Err("trial-clear"),
                Err(_) => Err("trial-levels"),
            },
        };
        Ok::<_, ApiError>((rule, alarms, tried))
    };
    let (rule, alarms, tried) = match read.await {
        Ok(read) => read,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    let (tried, wrong) = match tried {
        Ok(tried) => (tried, ""),
        Err(key) => (None, key),
    };
    // Before the core is read: whoever waits for samples must not hold it. Takes longer than a task may.
    let charts = tokio::task::block_in_place(|| match &tried {
        Some((tried, series)) => measured(series, rule, tried),
        None => Vec::new(),
    });
    let tried = tried.map(|(tried, _)| tried);
    speak(&state, language, |_, s| {
        let limits = rule.limits();
        let why_not = match &limits {
            Some(_) => String::new(),
            None => s.t(&format!("trial-method-{}", rule.method().replace('_', "-"))),
        };
        let level = tried.as_ref().and(limits.as_ref()).and_then(|now| typed.limits(now));
        let wish = level.as_ref().zip(limits.as_ref());
        let wish = wish.map(|(wanted, now)| wish_of(rule, wanted, now)).unwrap_or_default();
        let level = level.and_then(|limits| limits.levels.into_values().next());
        html(&TrialPage {
            // The page is not renewed by itself: it would try again.
            frame: Frame::new(&state, &guest, "", s.t("trial-title"), s),
            pack: rule.pack.clone(),
            rule: rule.id.clone(),
            title: rule.title_in_general().get(s.language).to_owned(),
            expr: rule.expr_text.trim().to_owned(),
            runbook: runbooks::link(&rule.runbook, s.base).unwrap_or_default(),
            alarms: counted(alarms.first(), &s),
            why_not,
            unit: s.t(&format!("trial-unit-{}", rule.unit)),
            fields: limits.map(|limits| fields(rule, &limits, &typed, &s)).unwrap_or_default(),
            wrong: if wrong.is_empty() { String::new() } else { s.t(wrong) },
            adjusted: if rule.is_adjusted { s.t("rule-adjusted") } else { String::new() },
            wish,
            outcome: tried
                .as_ref()
                .map(|tried| outcome(rule, tried, &charts, (level, state.recorder.is_some()), &s)),
            s,
        })
    })
}

/// What people said of the cases in which the rule's findings were.
fn counted(alarms: Option<&FalseAlarms>, s: &Speech<'_>) -> String {
    let Some(alarms) = alarms else { return s.t("trial-no-cases") };
    let message = Message::new("trial-cases")
        .number("cases", f64::from(alarms.cases))
        .number("rejected", f64::from(alarms.rejected))
        .number("confirmed", f64::from(alarms.confirmed));
    s.say(&message)
}

/// The lines of a site that make the limits of a rule those that were tried.
fn wish_of(rule: &Rule, wanted: &Limits, now: &Limits) -> String {
    let mut keys = Vec::new();
    if wanted.levels != now.levels {
        let levels = wanted.levels.iter();
        let levels: Vec<String> =
            levels.map(|(severity, level)| format!("{}: {level}", severity.as_str())).collect();
        keys.push(format!("raise: {{{}}}", levels.join(", ")));
    }
    if wanted.clear != now.clear
        && let Some(clear) = wanted.clear
    {
        keys.push(format!("clear: {clear}"));
    }
    if wanted.hold_ms != now.hold_ms
        && let Some(hold) = wanted.hold_ms
    {
        keys.push(if hold % 1_000 == 0 {
            format!("hold: {}s", hold / 1_000)
        } else {
            format!("hold: {hold}ms")
        });
    }
    if keys.is_empty() {
        return String::new();
    }
    format!("rules:\n  {}: {{{}}}\n", rule.id, keys.join(", "))
}

fn fields(rule: &Rule, present: &Limits, typed: &Typed, s: &Speech<'_>) -> Vec<Field> {
    let field = |name: String, label: String, value: f64, unit: &str| Field {
        value: typed.numbers.get(&name).cloned().unwrap_or_else(|| value.to_string()),
        now: shown(value, unit, s.language),
        name,
        label,
    };
    let mut fields: Vec<Field> = Vec::new();
    for (severity, level) in &present.levels {
        let word = crate::model::Arg::Key(format!("severity-{}", severity.as_str()));
        let label = s.say(&Message::new("trial-field-level").with("severity", word));
        fields.push(field(level_name(*severity), label, *level, &rule.unit));
    }
    if let Some(clear) = present.clear {
        fields.push(field("clear".to_owned(), s.t("trial-field-clear"), clear, &rule.unit));
    }
    if let Some(hold) = present.hold_ms {
        let seconds = Time(hold).seconds();
        fields.push(field("hold".to_owned(), s.t("trial-field-hold"), seconds, "seconds"));
    }
    fields
}

/// Runs a trial off the threads that serve pages, piece by piece, in its time.
/// What it has come to, and the samples it went through: those that are recorded, else those in memory.
async fn run(
    state: &ApiState,
    rule: &Rule,
    other: Rule,
) -> Result<(Tried, SharedSeries), ApiError> {
    let busy = || {
        let detail = "another trial is under way; try again in some seconds";
        let message = Message::new("refused-trial-busy");
        ApiError::new(StatusCode::SERVICE_UNAVAILABLE, detail).saying(message)
    };
    let turn = RUNNING.try_acquire().map_err(|_| busy())?;
    let now = state.clock.now();
    let series = match &state.recorder {
        Some(recorder) => Arc::new(RwLock::new(recorder.remembered(rule, now).await?)),
        None => Arc::clone(&state.series),
    };
    let rule = rule.clone();
    let tried = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        (through(&series, &rule, other, now, LONGEST), series)
    });
    tried.await.map_err(|error| {
        tracing::error!(%error, "a trial failed");
        ApiError::new(StatusCode::INTERNAL_SERVER_ERROR, "the trial failed; see the log")
    })
}

fn through(series: &SharedSeries, rule: &Rule, other: Rule, now: Time, longest: f64) -> Tried {
    let watch = Stopwatch::start();
    let held = || series.read().unwrap_or_else(PoisonError::into_inner);
    let mut trial = Trial::new(&held(), rule, other, now);
    // The samples are let go of between pieces: who takes them in comes first.
    while watch.seconds() < longest {
        let store = held();
        if (0..PIECE).any(|_| !trial.step(&store)) {
            break;
        }
    }
    trial.end()
}

/// What the things measured that had the most to tell.
fn measured(series: &SharedSeries, rule: &Rule, tried: &Tried) -> Vec<(Episode, Points)> {
    if tried.span.is_none() || rule.method() != "threshold" {
        return Vec::new();
    }
    let series = series.read().unwrap_or_else(PoisonError::into_inner);
    let mut seen = BTreeSet::new();
    let all = tried.tried.iter().chain(&tried.present);
    let shown = all.filter(|episode| seen.insert(&episode.key)).take(CHARTS);
    let points = shown.map(|episode| {
        let (from, until) = around(episode, tried);
        let step = step(from, until);
        let points = points(&series, &rule.expr_text, &episode.labels, from, until, step);
        (episode.clone(), points)
    });
    points.collect()
}

/// The time that is drawn: days would hide what lasted minutes.
fn around(episode: &Episode, tried: &Tried) -> (Time, Time) {
    let (first, last) = tried.span.unwrap_or_default();
    let ended = episode.ended.unwrap_or(last);
    let beside = (ended.0 - episode.raised.0).max(HOUR_MS);
    (episode.raised.plus_millis(-beside).max(first), ended.plus_millis(beside).min(last))
}

fn step(from: Time, until: Time) -> i64 {
    ((until.0 - from.0) / POINTS).max(5_000)
}

fn outcome(
    rule: &Rule,
    tried: &Tried,
    measured: &[(Episode, Points)],
    (level, is_recorded): (Option<f64>, bool),
    s: &Speech<'_>,
) -> Outcome {
    let pairs = tried.pairs();
    let only = |is_tried: bool| {
        let one = |pair: &&(Option<&Episode>, Option<&Episode>)| match pair {
            (None, Some(_)) => is_tried,
            (Some(_), None) => !is_tried,
            _ => false,
        };
        number(pairs.iter().filter(one).count())
    };
    let (span, mut notes) = match tried.span {
        None => (s.t("trial-nothing"), Vec::new()),
        Some((from, until)) => {
            let lasted = until.seconds_since(from);
            let message = Message::new("trial-span")
                .word("from", s.clock(from))
                .word("until", s.clock(until))
                .word("span", s.span(lasted));
            let note = match (is_recorded, lasted < WEEK_S) {
                (false, _) => Some("trial-unrecorded"),
                (true, true) => Some("trial-short"),
                (true, false) => None,
            };
            (s.say(&message), note.map(|key| s.t(key)).into_iter().collect())
        }
    };
    if tried.is_cut {
        notes.push(s.t("trial-cut"));
    }
    if tried.every > 1 {
        let every = u32::try_from(tried.every).unwrap_or(u32::MAX);
        notes.push(s.say(&Message::new("trial-thinned").number("every", f64::from(every))));
    }
    let more = u32::try_from(pairs.len().saturating_sub(ROWS)).unwrap_or(u32::MAX);
    let difference =
        Message::new("trial-difference").number("less", only(false)).number("more", only(true));
    Outcome {
        span,
        notes,
        present: total("trial-present", &tried.present, tried, s),
        tried: total("trial-tried", &tried.tried, tried, s),
        difference: s.say(&difference),
        rows: pairs.iter().take(ROWS).map(|pair| row(*pair, tried, s)).collect(),
        more: if more == 0 { String::new() } else { s.count("sort-more", more) },
        charts: measured.iter().map(|one| drawn(rule, one, tried, level, s)).collect(),
    }
}

fn total(key: &'static str, episodes: &[Episode], tried: &Tried, s: &Speech<'_>) -> String {
    let count = u32::try_from(episodes.len()).unwrap_or(u32::MAX);
    let lasted = s.span(tried.lasted(episodes));
    s.say(&Message::new(key).number("count", f64::from(count)).word("span", lasted))
}

fn row(
    (present, tried): (Option<&Episode>, Option<&Episode>),
    all: &Tried,
    s: &Speech<'_>,
) -> Pair {
    let words = |episode: Option<&Episode>| match episode {
        Some(episode) => said(episode, all, s),
        None => "—".to_owned(),
    };
    let kind = match (present, tried) {
        (Some(_), None) => "less",
        (None, _) => "more",
        (Some(_), Some(_)) => "same",
    };
    let named = present.or(tried);
    let system = named.map(|episode| s.system(&episode.system)).unwrap_or_default();
    let object = named.map(|episode| episode.object.clone()).unwrap_or_default();
    Pair {
        object: if system.is_empty() { object } else { format!("{system} · {object}") },
        present: words(present),
        tried: words(tried),
        kind,
        word: s.t(&format!("trial-{kind}")),
    }
}

/// «22:53, 6 мин, критическая».
fn said(episode: &Episode, all: &Tried, s: &Speech<'_>) -> String {
    let lasted = s.span(all.lasted(std::slice::from_ref(episode)));
    let severity = s.t(&format!("severity-{}", episode.severity.as_str()));
    let lasts = if episode.ended.is_none() { s.t("trial-lasts") } else { String::new() };
    let parts = [s.clock(episode.raised), lasted, severity, lasts];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

fn drawn(
    rule: &Rule,
    (episode, points): &(Episode, Points),
    tried: &Tried,
    level: Option<f64>,
    s: &Speech<'_>,
) -> (String, String) {
    let (from, until) = around(episode, tried);
    let chart = Chart {
        points,
        from,
        until,
        step: step(from, until),
        bad: Some((episode.raised, episode.ended)),
        limit: level,
        unit: &rule.unit,
        events: &[],
        name: &episode.object,
    };
    (episode.object.clone(), chart::draw(&chart, s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        let typed = |pairs: &[(&str, &str)]| {
            Typed::new(pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect())
        };
        let present = Limits {
            levels: BTreeMap::from([(Severity::Warning, 3.0), (Severity::Critical, 10.0)]),
            clear: Some(2.0),
            hold_ms: Some(60_000),
        };
        let asked =
            [("level-warning", "4,5"), ("level-critical", ""), ("clear", "3"), ("hold", "1 200")];
        let limits = typed(&asked).limits(&present).unwrap();
        assert_eq!(limits.levels, BTreeMap::from([(Severity::Warning, 4.5)]));
        assert_eq!((limits.clear, limits.hold_ms), (Some(3.0), Some(1_200_000)));
        for (name, wrong) in
            [("hold", "-5"), ("hold", "inf"), ("clear", "две"), ("level-warning", "NaN")]
        {
            let mut pairs = asked.to_vec();
            pairs.retain(|(known, _)| *known != name);
            pairs.push((name, wrong));
            assert_eq!(typed(&pairs).limits(&present), None, "{name} {wrong}");
        }
    }
}
