//! What is known of a case beside its members: since when, who has it, whom to call, what was like it before.

use super::page::Speech;
use crate::api::{ApiError, ApiState};
use crate::fold::State as Core;
use crate::model::{
    CaseDetail, CaseState, CaseSummary, LinkKind, Member, Message, SignalKind, Time, TimelineKind,
};
use crate::store::Conclusion;

/// Earlier cases named.
const EARLIER: usize = 3;

/// One line of what is known.
pub(super) struct Fact {
    pub(super) name: String,
    /// What it says, each part with the address that it leads to; empty for none.
    pub(super) parts: Vec<(String, String)>,
}

/// A case that was like this one.
pub(super) struct Similar {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) when: String,
    pub(super) ended: String,
}

pub(super) fn state(case: &CaseSummary, s: &Speech<'_>) -> String {
    if case.rejected {
        return s.t("state-rejected");
    }
    match (&case.owner, case.merged_into) {
        (_, Some(other)) => {
            s.say(&Message::new("state-merged-into").word("case", other.to_string()))
        }
        (Some((_, who)), None) if case.state == CaseState::Acknowledged => {
            s.say(&Message::new("state-taken-by").word("who", who))
        }
        _ => s.t(&format!("state-{}", case.state.as_str())),
    }
}

/// «длится 6 мин» or «длилась 6 мин».
pub(super) fn lasts(case: &CaseSummary, s: &Speech<'_>) -> String {
    // One that was merged goes on as another: its own length says nothing.
    if case.state == CaseState::Merged {
        return String::new();
    }
    let end = if case.state.is_live() { None } else { case.resolved_at.or(case.closed_at) };
    let span = s.span(end.unwrap_or(s.now).seconds_since(case.opened_at));
    let is_live = case.state.is_live();
    s.say(&Message::new(if is_live { "case-lasts" } else { "case-lasted" }).word("span", span))
}

pub(super) fn facts(case: &CaseDetail, s: &Speech<'_>) -> Vec<Fact> {
    let (tickets, findings) = case.earlier();
    let case = &case.summary;
    let fact =
        |key: &str, value: String| Fact { name: s.t(key), parts: vec![(value, String::new())] };
    let system = |key: &String| (s.system(key), super::systems::address(key, s));
    let systems = case.systems.iter().map(system).collect();
    let mut facts = vec![fact("fact-opened", s.moment(case.opened_at))];
    facts.push(Fact { name: s.t("fact-systems"), parts: systems });
    if let Some((at, who)) = &case.owner {
        facts.push(fact("fact-acknowledged", format!("{who}, {}", s.clock(*at))));
    }
    if let Some(at) = case.resolved_at {
        facts.push(fact("fact-resolved", s.clock(at)));
    }
    if case.peak > case.severity {
        facts.push(fact("fact-peak", s.t(&format!("severity-{}", case.peak.as_str()))));
    }
    if case.reopened > 0 && tickets + findings > 0 {
        let counts = [("count-tickets", tickets), ("count-findings", findings)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(key, count)| s.count(key, count)).collect();
        facts.push(fact("fact-before", counts.join(", ")));
    }
    if case.unstable {
        facts.push(fact("fact-unstable", s.count("count-returns", case.reopened)));
    }
    if let Some(reference) = &case.known_error {
        facts.push(fact("fact-known-error", reference.clone()));
    }
    let linked = |key: &str, id: String| {
        let address = format!("{}/problems/{id}", s.base);
        Fact { name: s.t(key), parts: vec![(id, address)] }
    };
    if let Some(other) = &case.merged_into {
        facts.push(linked("fact-merged", other.to_string()));
    }
    for link in &case.links {
        let key = match link.kind {
            LinkKind::Explains => "fact-explains",
            LinkKind::ExplainedBy => "fact-explained-by",
            LinkKind::Absorbed => "fact-absorbed",
            LinkKind::SplitOff => "fact-split-off",
            LinkKind::SplitFrom => "fact-split-from",
        };
        facts.push(linked(key, link.case.to_string()));
    }
    facts
}

/// What was concluded of it afterwards.
pub(super) fn concluded(conclusion: &Conclusion, s: &Speech<'_>) -> Vec<Fact> {
    let fact =
        |key: &str, value: String| Fact { name: s.t(key), parts: vec![(value, String::new())] };
    let mut facts = Vec::new();
    if !conclusion.cause.is_empty() {
        facts.push(fact("column-review-cause", conclusion.cause.clone()));
    }
    if !conclusion.measure.is_empty() {
        let plan = super::review::conclusion::plan(conclusion, s.catalogue.zones().day(s.now), s);
        let words = [Some(conclusion.measure.clone()), plan];
        let words: Vec<String> = words.into_iter().flatten().collect();
        facts.push(fact("column-measure", words.join(" — ")));
    }
    facts
}

/// Whom to call: the owner of the first system, and of the others that are touched.
pub(super) fn contact(case: &CaseSummary, s: &Speech<'_>) -> Vec<(String, String)> {
    let mut named: Vec<(String, String)> = Vec::new();
    for key in case.systems.iter().take(3) {
        let Some(system) = s.topology.get(key) else { continue };
        let owner = system.owner.get(s.language);
        let all = [owner, &system.queue, system.contact.get(s.language)];
        let words: Vec<&str> = all.into_iter().filter(|word| !word.is_empty()).collect();
        if !words.is_empty() {
            named.push((s.system(key), words.join(" · ")));
        }
    }
    named
}

/// What went into operation, and what was worked on, around the case.
pub(super) fn events(core: &Core, case: &CaseDetail, s: &Speech<'_>) -> Vec<(Time, String)> {
    let holds = core.correlate().holds();
    let is_touched = |system: &String| case.summary.systems.contains(system);
    let releases = holds.releases().filter(|release| is_touched(&release.system)).map(|release| {
        let message = Message::new("mark-release").system("system", &release.system);
        (release.at, s.say(&message.word("version", &release.version)))
    });
    let works = holds.works().filter(|work| work.systems.iter().any(is_touched));
    let works = works.map(|work| (work.from, work.title.clone()));
    releases.chain(works).collect()
}

/// Archived cases of the same first system and the same kind of trouble.
pub(super) async fn earlier(
    state: &ApiState,
    case: &CaseDetail,
) -> Result<Vec<CaseDetail>, ApiError> {
    let Some(system) = case.summary.systems.first() else { return Ok(Vec::new()) };
    let is_lead = |member: &&Member| member.kind != SignalKind::Ticket && member.system == *system;
    let lead = case.members.iter().filter(is_lead).max_by_key(|member| member.severity);
    let mut words = vec![system.clone()];
    words.extend(lead.map(|member| kind_of(&member.signal).to_owned()));
    let mut found = Vec::new();
    for summary in state.store.archived_with(&words, 4).await? {
        if summary.id != case.summary.id && found.len() < EARLIER {
            found.extend(state.store.archived_case(summary.id).await?);
        }
    }
    Ok(found)
}

/// The rule behind a finding's key: `postgres/pg-lock-wait{…}` is `postgres/pg-lock-wait`.
fn kind_of(signal: &str) -> &str {
    signal.split('{').next().unwrap_or(signal)
}

pub(super) fn similar(case: &CaseDetail, s: &Speech<'_>) -> Similar {
    let summary = &case.summary;
    // What a person said at the end is what helps the next one.
    let is_word = |entry: &&crate::model::TimelineEntry| {
        entry.kind == TimelineKind::Review
            && matches!(&*entry.message.key, "line-resolved-by" | "line-rejected" | "line-comment")
    };
    let ended = case.timeline.iter().rev().find(is_word).map(|entry| s.say(&entry.message));
    Similar {
        id: summary.id.to_string(),
        title: s.say(&summary.title),
        when: format!("{}, {}", s.clock(summary.opened_at), lasts(summary, s)),
        ended: ended.unwrap_or_else(|| s.t("similar-by-itself")),
    }
}
