//! «Разбор по столбцам»: two cases side by side, or one and a new one, and their members to move between them. What is
//! moved goes as one form to the acts that there are, with their preview and their undo.

use std::collections::BTreeSet;
use std::sync::Arc;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::api::cases::find;
use crate::api::{ApiError, ApiState};
use crate::model::{CaseDetail, CaseId, CaseState, CaseSummary, Member, Message, SignalKind};
use crate::store::Role;
use crate::web::frame::Frame;
use crate::web::page::{Guest, Speech, Wanted, html, refusal, speak};
use crate::web::shift::{Done, told_done};

/// Members shown of one case: what is sent must fit into one form.
const SHOWN: usize = 200;
/// Cases offered for a column.
const OFFERED: usize = 100;
/// The word for a case that is yet to be made.
const NEW: &str = "new";

#[derive(Template)]
#[template(path = "sort.html")]
struct SortPage<'a> {
    frame: Frame<'a>,
    s: Speech<'a>,
    done: Done,
    offered: Vec<(String, String)>,
    left: String,
    right: String,
    columns: Vec<Column>,
}

/// One of the two.
struct Column {
    /// `left` or `right`.
    side: &'static str,
    id: String,
    title: String,
    state: String,
    version: u64,
    /// Its members can be moved.
    is_open: bool,
    /// The other case; empty when it is yet to be made.
    to: String,
    /// All members are shown.
    is_whole: bool,
    more: String,
    rows: Vec<Row>,
}

impl Column {
    /// The act that its form asks for.
    fn verb(&self) -> &'static str {
        if self.to.is_empty() { "split" } else { "move" }
    }

    /// The name of its form, which its rows belong to wherever they are shown.
    fn form(&self) -> String {
        format!("move-{}", self.side)
    }
}

impl SortPage<'_> {
    /// The words of the button that makes one case of the two.
    fn merge(&self, column: &Column) -> String {
        let message = Message::new("sort-merge").word("case", &column.id);
        self.s.say(&message.word("other", &column.to))
    }
}

struct Row {
    signal: String,
    kind: String,
    title: String,
    number: String,
    mrf: String,
    system: String,
    since: String,
    since_full: String,
    over: String,
}

/// The cases that the address names: `left=…&right=…`, or `case=…` once or twice, as a list sends it.
#[derive(Default)]
struct Chosen {
    left: String,
    right: String,
    done: String,
}

impl Chosen {
    fn new(pairs: Vec<(String, String)>) -> Self {
        let mut chosen = Self::default();
        let mut cases = Vec::new();
        for (name, value) in pairs {
            match name.as_str() {
                "left" => chosen.left = value,
                "right" => chosen.right = value,
                "case" => cases.push(value),
                "done" => chosen.done = value,
                _ => {}
            }
        }
        let mut cases = cases.into_iter();
        if chosen.left.is_empty() {
            chosen.left = cases.next().unwrap_or_default();
        }
        if chosen.right.is_empty() {
            chosen.right = cases.next().unwrap_or_default();
        }
        if chosen.right.is_empty() || chosen.right == chosen.left {
            chosen.right = NEW.to_owned();
        }
        chosen
    }
}

pub(in crate::web) async fn show(
    guest: Guest,
    Wanted(language): Wanted,
    State(state): State<ApiState>,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Response {
    let chosen = Chosen::new(pairs);
    let read = async {
        guest.visitor.needs(Role::ProblemManager)?;
        let mut cases = Vec::new();
        for id in [&chosen.left, &chosen.right] {
            let is_none = id.is_empty() || id.as_str() == NEW;
            cases.push(if is_none { None } else { Some(find(&state, id).await?) });
        }
        Ok::<_, ApiError>(cases)
    };
    let cases = match read.await {
        Ok(cases) => cases,
        Err(error) => return refusal(&state, language, Some(&guest), &error),
    };
    speak(&state, language, |core, s| {
        let done = chosen.done.split_once('.');
        let done = done.map(|(id, act)| told_done(core, id, act, &s)).unwrap_or_default();
        let sides = [("left", &chosen.right), ("right", &chosen.left)];
        let columns = cases.iter().zip(sides).filter_map(|(case, (side, to))| {
            let to = if to == NEW { String::new() } else { to.clone() };
            Some(column(case.as_ref()?, side, to, &s))
        });
        html(&SortPage {
            // The page is not renewed by itself: what has been moved and not sent yet would go back.
            frame: Frame::new(&state, &guest, "", s.t("sort-title"), s),
            done,
            offered: offered(state.engine.cases(), &cases, &s),
            columns: columns.collect(),
            left: chosen.left.clone(),
            right: chosen.right.clone(),
            s,
        })
    })
}

/// Cases to choose from: those that can be taken apart, the newest first, and the two that are shown.
fn offered(
    mut cases: Vec<Arc<CaseSummary>>,
    shown: &[Option<CaseDetail>],
    s: &Speech<'_>,
) -> Vec<(String, String)> {
    cases.retain(|case| is_open(case.state));
    cases.sort_by_key(|case| std::cmp::Reverse((case.opened_at, case.id)));
    cases.truncate(OFFERED);
    let known: BTreeSet<CaseId> = cases.iter().map(|case| case.id).collect();
    let shown = shown.iter().flatten().map(|case| &case.summary);
    let beside = shown.filter(|case| !known.contains(&case.id)).cloned().map(Arc::new);
    cases.extend(beside);
    let line = |case: &Arc<CaseSummary>| {
        (case.id.to_string(), format!("{} {}", case.id, s.say(&case.title)))
    };
    cases.iter().map(line).collect()
}

/// Members may be moved as long as it is not closed.
fn is_open(state: CaseState) -> bool {
    state.is_live() || state == CaseState::Resolved
}

fn column(case: &CaseDetail, side: &'static str, to: String, s: &Speech<'_>) -> Column {
    let summary = &case.summary;
    let mut members: Vec<&Member> = case.members.iter().collect();
    // What monitoring says before what users say, the newest first.
    members
        .sort_by_key(|member| (member.kind == SignalKind::Ticket, std::cmp::Reverse(member.since)));
    let rest = members.len().saturating_sub(SHOWN);
    let more = s.count("sort-more", u32::try_from(rest).unwrap_or(u32::MAX));
    Column {
        side,
        id: summary.id.to_string(),
        title: s.say(&summary.title),
        state: crate::web::facts::state(summary, s),
        version: summary.version,
        is_open: is_open(summary.state),
        to,
        is_whole: rest == 0,
        more: if rest == 0 { String::new() } else { more },
        rows: members.iter().take(SHOWN).map(|member| row(member, s)).collect(),
    }
}

fn row(member: &Member, s: &Speech<'_>) -> Row {
    let over = |at| s.say(&Message::new("sort-over").word("at", s.clock(at)));
    Row {
        signal: member.signal.clone(),
        kind: s.t(&format!("signal-{}", member.kind.as_str())),
        title: member.title.get(s.language).to_owned(),
        number: member.number.clone(),
        mrf: member.mrf.clone().unwrap_or_default(),
        system: if member.system.is_empty() { String::new() } else { s.system(&member.system) },
        since: s.clock(member.since),
        since_full: s.moment(member.since),
        over: member.ended.map(over).unwrap_or_default(),
    }
}
