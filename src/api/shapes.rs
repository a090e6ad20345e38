//! The JSON shapes of the API. Fixed names: programs rely on them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::collect::SourceHealth;
use crate::i18n::Catalogue;
use crate::model::{
    CaseDetail, CaseSummary, Delivery, Detail, LinkKind, Member, Message, Reason, Text,
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
        Self { ru: text.ru.to_string(), en: text.en.to_string() }
    }
}

/// One line of `GET /problems`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseItem {
    /// `PRB-000001`, `MI-000001`.
    id: String,
    /// `problem`, `mass_incident`, `emergency`.
    kind: &'static str,
    /// What an act expects.
    version: u64,
    title: TextShape,
    /// `info`, `warning`, `high`, `critical`.
    severity: &'static str,
    /// The worst it has been since it opened, or came back.
    peak: &'static str,
    /// It only says that sources cannot be seen.
    blind: bool,
    /// `open`, `acknowledged`, `resolved`, `closed`, `merged`.
    state: &'static str,
    opened_at: String,
    #[schema(required = true)]
    resolved_at: Option<String>,
    /// Who has it.
    #[schema(required = true)]
    owner: Option<String>,
    /// It comes and goes.
    unstable: bool,
    /// The first cause first; at most 64.
    systems: Vec<String>,
    mrfs: Vec<String>,
    /// Since it last came back; of one that is closed, in all. So are users and findings.
    tickets: u32,
    users: u32,
    findings: u32,
    #[schema(required = true)]
    cause: Option<CauseShape>,
    told: Vec<ToldShape>,
    links: Vec<LinkShape>,
}

/// The first cause.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CauseShape {
    system: String,
    /// 0…1.
    probability: f64,
}

/// A link to another case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct LinkShape {
    /// `explains`, `explained_by`, `absorbed`, `split_off`, `split_from`.
    kind: &'static str,
    id: String,
}

/// Who was told.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ToldShape {
    /// `otrs`, `alertmanager`.
    channel: &'static str,
    /// Ticket number, alert name.
    r#ref: String,
    /// `pending`, `delivered`, `resolved`, `rejected`, `expired`.
    state: &'static str,
    /// When the ticket was opened or closed, the alert handed over or over.
    at: String,
    /// Why the latest attempt did not succeed, until one does.
    error: Option<TextShape>,
}

/// `GET /problems/{id}`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CaseDetailShape {
    #[serde(flatten)]
    item: CaseItem,
    #[schema(required = true)]
    closed_at: Option<String>,
    acknowledged_at: Option<String>,
    acknowledged_by: Option<String>,
    reopened: u32,
    confirmed: bool,
    rejected: bool,
    known_error: Option<String>,
    merged_into: Option<String>,
    members: Vec<MemberShape>,
    /// Tickets that name no system and might belong here: for people to decide.
    candidates: Vec<MemberShape>,
    /// Most likely first.
    causes: Vec<RankedCause>,
    /// The numbers that the findings rest on.
    evidence: Vec<EvidenceShape>,
    /// Oldest first.
    timeline: Vec<TimelineShape>,
}

/// One signal inside a case.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MemberShape {
    /// `ticket:ID`, `alert:SOURCE/ID`, or the finding's key.
    incident: String,
    /// `ticket`, `finding`, `alert`.
    kind: &'static str,
    system: String,
    title: TextShape,
    severity: &'static str,
    since: String,
    #[schema(required = true)]
    ended: Option<String>,
    /// The planned work or mute that holds it back.
    held_by: Option<String>,
    joined_at: String,
    /// Log-odds of «same cause» when it joined.
    log_odds: f64,
    why: Vec<ReasonShape>,
    advice: Option<TextShape>,
    runbook: Option<String>,
    /// Where it is read in the monitoring that sent it.
    url: Option<String>,
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
    /// The act that the line is about: it can be undone by this number.
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<u64>,
}

/// How a source is doing.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SourceShape {
    /// `postgres`, `otrs`, ….
    kind: String,
    /// Its configured name.
    instance: String,
    /// The system it belongs to.
    system: String,
    /// Whether the last poll brought something.
    up: bool,
    /// Found on this machine but not watched yet; `message` says what is missing.
    offered: bool,
    /// When it was last polled.
    #[schema(required = true)]
    polled_at: Option<String>,
    /// How long that took, seconds.
    seconds: f64,
    /// How many samples or tickets it brought.
    samples: usize,
    /// What went wrong, or what is missing and what to do.
    #[schema(required = true)]
    message: Option<TextShape>,
}

impl From<SourceHealth> for SourceShape {
    fn from(health: SourceHealth) -> Self {
        Self {
            kind: health.kind,
            instance: health.instance,
            system: health.system,
            up: health.up,
            offered: health.offered,
            polled_at: health.polled_at.map(|at| at.to_string()),
            seconds: health.seconds,
            samples: health.samples,
            message: health.message.map(TextShape::from),
        }
    }
}

const fn link_word(kind: LinkKind) -> &'static str {
    match kind {
        LinkKind::Explains => "explains",
        LinkKind::ExplainedBy => "explained_by",
        LinkKind::Absorbed => "absorbed",
        LinkKind::SplitOff => "split_off",
        LinkKind::SplitFrom => "split_from",
    }
}

fn round(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

/// Turns messages into texts of both languages.
struct Localizer<'a> {
    catalogue: &'a Catalogue,
    topology: &'a Topology,
}

impl Localizer<'_> {
    fn text(&self, message: &Message) -> TextShape {
        self.catalogue.both(message, self.topology).into()
    }

    fn reasons(&self, reasons: &[Reason]) -> Vec<ReasonShape> {
        reasons
            .iter()
            .map(|reason| ReasonShape {
                weight: round(reason.weight, 3),
                text: self.text(&reason.worded()),
            })
            .collect()
    }

    fn member(&self, member: &Member) -> MemberShape {
        let detail = member.detail.as_deref();
        let filled = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        MemberShape {
            incident: member.signal.clone(),
            kind: member.kind.as_str(),
            system: member.system.clone(),
            title: member.title.clone().into(),
            severity: member.severity.as_str(),
            since: member.since.to_string(),
            ended: member.ended.map(|at| at.to_string()),
            held_by: member.held_by.clone(),
            joined_at: member.joined_at.to_string(),
            log_odds: round(member.log_odds, 3),
            why: self.reasons(&member.why),
            advice: detail.map(|detail| detail.advice.clone().into()),
            runbook: detail.and_then(|detail| filled(&detail.runbook)),
            url: detail.and_then(|detail| filled(&detail.url)),
            expr: detail.and_then(|detail| filled(&detail.expr)),
        }
    }
}

fn told_shape(delivery: &Delivery) -> ToldShape {
    ToldShape {
        channel: delivery.channel.as_str(),
        r#ref: delivery.reference.clone(),
        state: delivery.state.as_str(),
        at: delivery.at.to_string(),
        error: delivery.error.clone().map(TextShape::from),
    }
}

/// One line of the list.
#[must_use]
pub fn case_item(case: &CaseSummary, catalogue: &Catalogue, topology: &Topology) -> CaseItem {
    let localizer = Localizer { catalogue, topology };
    CaseItem {
        id: case.id.to_string(),
        kind: case.id.kind.as_str(),
        version: case.version,
        title: localizer.text(&case.title),
        severity: case.severity.as_str(),
        peak: case.peak.as_str(),
        blind: case.blind,
        state: case.state.as_str(),
        opened_at: case.opened_at.to_string(),
        resolved_at: case.resolved_at.map(|at| at.to_string()),
        owner: case.owner.as_ref().map(|(_, who)| who.clone()),
        unstable: case.unstable,
        systems: case.systems.clone(),
        mrfs: case.mrfs.clone(),
        tickets: case.tickets,
        users: case.users,
        findings: case.findings,
        cause: case.cause.as_ref().map(|(system, probability)| CauseShape {
            system: system.clone(),
            probability: round(*probability, 3),
        }),
        told: case.told.iter().map(told_shape).collect(),
        links: case
            .links
            .iter()
            .map(|link| LinkShape { kind: link_word(link.kind), id: link.case.to_string() })
            .collect(),
    }
}

/// One case in full.
#[must_use]
pub fn case_detail(
    case: &CaseDetail,
    catalogue: &Catalogue,
    topology: &Topology,
) -> CaseDetailShape {
    let localizer = Localizer { catalogue, topology };
    let summary = &case.summary;
    CaseDetailShape {
        item: case_item(summary, catalogue, topology),
        closed_at: summary.closed_at.map(|at| at.to_string()),
        acknowledged_at: summary.owner.as_ref().map(|(at, _)| at.to_string()),
        acknowledged_by: summary.owner.as_ref().map(|(_, who)| who.clone()),
        reopened: summary.reopened,
        confirmed: summary.confirmed,
        rejected: summary.rejected,
        known_error: summary.known_error.clone(),
        merged_into: summary.merged_into.map(|id| id.to_string()),
        members: case.members.iter().map(|member| localizer.member(member)).collect(),
        candidates: case.candidates.iter().map(|member| localizer.member(member)).collect(),
        causes: case
            .causes
            .iter()
            .map(|cause| RankedCause {
                system: cause.system.clone(),
                probability: round(cause.probability, 3),
                evidence: localizer.reasons(&cause.evidence),
            })
            .collect(),
        evidence: case.members.iter().flat_map(evidence).collect(),
        timeline: case
            .timeline
            .iter()
            .map(|entry| TimelineShape {
                at: entry.at.to_string(),
                kind: entry.kind.as_str(),
                text: localizer.text(&entry.message),
                act: entry.act,
            })
            .collect(),
    }
}

fn evidence(member: &Member) -> Vec<EvidenceShape> {
    let Some(Detail { evidence, expr, .. }) = member.detail.as_deref() else { return Vec::new() };
    evidence
        .iter()
        .map(|number| EvidenceShape {
            finding: member.signal.clone(),
            system: member.system.clone(),
            name: number.name.clone(),
            value: number.value,
            limit: number.limit,
            unit: number.unit.clone(),
            expr: expr.clone(),
        })
        .collect()
}
