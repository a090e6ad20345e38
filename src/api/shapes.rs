//! The JSON shapes of the API. Fixed names: programs rely on them.

use serde::Serialize;
use serde::ser::Serializer;
use utoipa::ToSchema;

use crate::i18n::Catalogue;
use crate::model::{
    Cause, Delivery, DeliveryState, Detail, IncidentKind, Member, Message, Problem, ProblemState,
    Reason, Text, Time, TimelineKind,
};
use crate::topology::Topology;

/// A text in both languages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TextShape {
    ru: String,
    en: String,
}

impl From<Text> for TextShape {
    fn from(text: Text) -> Self {
        Self { ru: text.ru, en: text.en }
    }
}

/// One line of `GET /problems`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemItem {
    /// `PRB-000001`.
    id: String,
    title: TextShape,
    /// `info`, `warning`, `high`, `critical`.
    severity: &'static str,
    /// `open`, `acknowledged`, `resolved`, `closed`.
    state: &'static str,
    opened_at: String,
    #[schema(required = true)]
    resolved_at: Option<String>,
    /// The first cause first.
    systems: Vec<String>,
    mrfs: Vec<String>,
    tickets: u32,
    users: u32,
    findings: u32,
    #[schema(required = true)]
    cause: Option<CauseShape>,
    told: Vec<ToldShape>,
}

/// The first cause.
#[derive(Debug, Serialize, ToSchema)]
pub struct CauseShape {
    system: String,
    /// 0…1.
    probability: f64,
}

/// Who was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToldShape {
    /// `otrs`, `alertmanager`.
    channel: &'static str,
    /// Ticket number, alert name.
    r#ref: String,
    /// `pending`, `delivered`, `resolved`, `rejected`.
    state: &'static str,
    /// When the ticket was opened or closed, the alert raised or over.
    at: String,
    /// Why the latest attempt did not succeed, until one does.
    error: Option<TextShape>,
}

/// `GET /problems/{id}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemDetail {
    #[serde(flatten)]
    item: ProblemItem,
    #[schema(required = true)]
    closed_at: Option<String>,
    acknowledged_at: Option<String>,
    acknowledged_by: Option<String>,
    reopened: u32,
    merged_into: Option<String>,
    members: Vec<MemberShape>,
    /// Most likely first.
    causes: Vec<RankedCause>,
    /// The numbers that the findings rest on.
    evidence: Vec<EvidenceShape>,
    /// Oldest first.
    timeline: Vec<TimelineShape>,
}

/// One incident inside a Problem.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberShape {
    /// `ticket:ID`, or the finding's key.
    incident: String,
    /// `ticket`, `finding`, `alert`.
    kind: &'static str,
    system: String,
    title: TextShape,
    severity: &'static str,
    since: String,
    #[schema(required = true)]
    ended: Option<String>,
    joined_at: String,
    /// Log-odds of «same cause» when it joined.
    log_odds: f64,
    why: Vec<ReasonShape>,
    advice: Option<TextShape>,
    runbook: Option<String>,
    expr: Option<String>,
}

/// One piece of evidence with its weight in log-odds.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReasonShape {
    weight: f64,
    text: TextShape,
}

/// A suspected cause with what speaks for and against it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RankedCause {
    system: String,
    probability: f64,
    evidence: Vec<ReasonShape>,
}

/// One number a finding rests on.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct EvidenceShape {
    /// The finding's key.
    finding: String,
    system: String,
    /// `value`, `time_left`, ….
    name: String,
    value: f64,
    #[schema(required = true)]
    limit: Option<f64>,
    unit: String,
    /// The PromQL expression behind it.
    expr: String,
}

/// One line of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct TimelineShape {
    at: String,
    /// `state`, `member`, `cause`, `told`, `review`.
    kind: &'static str,
    text: TextShape,
}

/// The word of a state.
pub(crate) const fn state_word(state: ProblemState) -> &'static str {
    match state {
        ProblemState::Open => "open",
        ProblemState::Acknowledged => "acknowledged",
        ProblemState::Resolved => "resolved",
        ProblemState::Closed => "closed",
    }
}

/// The word of a delivery's state.
pub(crate) const fn delivery_word(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Pending => "pending",
        DeliveryState::Delivered => "delivered",
        DeliveryState::Resolved => "resolved",
        DeliveryState::Rejected => "rejected",
    }
}

pub(crate) const fn kind_word(kind: IncidentKind) -> &'static str {
    match kind {
        IncidentKind::Ticket => "ticket",
        IncidentKind::Finding => "finding",
        IncidentKind::Alert => "alert",
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// Turns messages into texts of both languages.
struct Speaker<'a> {
    catalogue: &'a Catalogue,
    topology: &'a Topology,
}

impl Speaker<'_> {
    fn text(&self, message: &Message) -> TextShape {
        self.catalogue.both(message, self.topology).into()
    }

    fn reasons(&self, reasons: &[Reason]) -> Vec<ReasonShape> {
        reasons
            .iter()
            .map(|reason| ReasonShape {
                weight: round(reason.weight, 3),
                text: self.text(&reason.message),
            })
            .collect()
    }

    fn member(&self, member: &Member) -> MemberShape {
        let detail = member.detail.as_deref();
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        MemberShape {
            incident: member.incident.clone(),
            kind: kind_word(member.kind),
            system: member.system.clone(),
            title: member.title.clone().into(),
            severity: member.severity.word(),
            since: member.since.to_string(),
            ended: member.ended.map(|at| at.to_string()),
            joined_at: member.joined_at.to_string(),
            log_odds: round(member.log_odds, 3),
            why: self.reasons(&member.why),
            advice: detail.map(|detail| detail.advice.clone().into()),
            runbook: detail.and_then(|detail| filled(&detail.runbook)),
            expr: detail.and_then(|detail| filled(&detail.expr)),
        }
    }
}

/// The first cause of a Problem.
#[must_use]
pub fn cause_shape(cause: &Cause) -> CauseShape {
    CauseShape { system: cause.system.clone(), probability: round(cause.probability, 3) }
}

fn told_shape(delivery: &Delivery) -> ToldShape {
    ToldShape {
        channel: delivery.channel.word(),
        r#ref: delivery.reference.clone(),
        state: delivery_word(delivery.state),
        at: delivery.at.to_string(),
        error: delivery.error.clone().map(TextShape::from),
    }
}

/// One line of the list.
#[must_use]
pub fn problem_item(problem: &Problem, catalogue: &Catalogue, topology: &Topology) -> ProblemItem {
    let speaker = Speaker { catalogue, topology };
    ProblemItem {
        id: problem.id.clone(),
        title: speaker.text(&problem.title),
        severity: problem.severity.word(),
        state: state_word(problem.state),
        opened_at: problem.opened_at.to_string(),
        resolved_at: problem.resolved_at.map(|at| at.to_string()),
        systems: problem.systems.clone(),
        mrfs: problem.mrfs.clone(),
        tickets: problem.tickets,
        users: problem.users,
        findings: problem.findings,
        cause: problem.causes.first().map(cause_shape),
        told: problem.told.iter().map(told_shape).collect(),
    }
}

/// One Problem in full.
#[must_use]
pub fn problem_detail(
    problem: &Problem,
    catalogue: &Catalogue,
    topology: &Topology,
) -> ProblemDetail {
    let speaker = Speaker { catalogue, topology };
    ProblemDetail {
        item: problem_item(problem, catalogue, topology),
        closed_at: problem.closed_at.map(|at| at.to_string()),
        acknowledged_at: problem.acknowledged.as_ref().map(|(at, _)| at.to_string()),
        acknowledged_by: problem.acknowledged.as_ref().map(|(_, who)| who.clone()),
        reopened: problem.reopened,
        merged_into: problem.merged_into.clone(),
        members: problem.members.iter().map(|member| speaker.member(member)).collect(),
        causes: problem
            .causes
            .iter()
            .map(|cause| RankedCause {
                system: cause.system.clone(),
                probability: round(cause.probability, 3),
                evidence: speaker.reasons(&cause.evidence),
            })
            .collect(),
        evidence: problem.members.iter().flat_map(evidence).collect(),
        timeline: problem
            .timeline
            .iter()
            .map(|entry| TimelineShape {
                at: entry.at.to_string(),
                kind: timeline_word(entry.kind),
                text: speaker.text(&entry.message),
            })
            .collect(),
    }
}

const fn timeline_word(kind: TimelineKind) -> &'static str {
    match kind {
        TimelineKind::State => "state",
        TimelineKind::Member => "member",
        TimelineKind::Cause => "cause",
        TimelineKind::Told => "told",
        TimelineKind::Review => "review",
    }
}

fn evidence(member: &Member) -> Vec<EvidenceShape> {
    let Some(Detail { evidence, expr, .. }) = member.detail.as_deref() else { return Vec::new() };
    evidence
        .iter()
        .map(|number| EvidenceShape {
            finding: member.incident.clone(),
            system: member.system.clone(),
            name: number.name.clone(),
            value: number.value,
            limit: number.limit,
            unit: number.unit.clone(),
            expr: expr.clone(),
        })
        .collect()
}

/// Writes a moment as RFC 3339, or null.
#[expect(clippy::ref_option, reason = "the signature that serde asks for")]
pub(super) fn time_or_null<S: Serializer>(at: &Option<Time>, to: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to.collect_str(at),
        None => to.serialize_none(),
    }
}
