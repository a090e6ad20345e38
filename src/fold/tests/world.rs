//! A core with the shipped topology and one policy, and short words for what reaches it.

use std::collections::BTreeMap;

use crate::config::{Diagnostics, parse};
use crate::escalate::{AlertPolicy, Escalation, Policy, TicketPolicy};
use crate::fold::{Event, Outcome, Settings, State};
use crate::i18n::Catalogue;
use crate::model::{
    Act, CaseDetail, CaseId, CaseState, CaseSummary, DeliveryState, Effect, EffectKind, Finding,
    FindingState, ForeignAlert, Impact, Role, Severity, Text, Ticket, TicketClass, Time, Verb,
    WhenOver, Work,
};
use crate::topology::{SHIPPED, System, Topology};

pub(crate) const START: i64 = 1_790_000_000_000;
pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60_000;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

pub(crate) fn shipped() -> Vec<System> {
    let mut errors = Diagnostics::default();
    let node = parse("shipped.yaml", SHIPPED, &mut errors).unwrap();
    Topology::decode(&node, &mut errors).systems().to_vec()
}

/// The core under test; moments are milliseconds since [`START`].
pub(crate) struct Core {
    pub(crate) state: State,
    pub(crate) catalogue: Catalogue,
    /// Everything that was to be done outside, in order.
    pub(crate) effects: Vec<Effect>,
    /// Cases that went to the archive.
    pub(crate) archived: Vec<CaseDetail>,
    /// The outside takes everything at once.
    pub(crate) is_delivering: bool,
    log: Vec<(Time, Event)>,
}

pub(crate) fn settings() -> Settings {
    let ticket = TicketPolicy {
        queue: None,
        fallback_queue: "Problems".into(),
        join_tickets: true,
        when_over: WhenOver::Note,
    };
    let policy = Policy {
        name: "all".into(),
        from_severity: Severity::Warning,
        systems: Vec::new(),
        wait_ms: 30 * SECOND,
        ticket: Some(ticket),
        alert: Some(AlertPolicy::default()),
    };
    Settings {
        systems: shipped(),
        escalation: Escalation { policies: vec![policy], ..Escalation::default() },
        ..Settings::default()
    }
}

impl Core {
    pub(crate) fn new() -> Self {
        Self::with(settings())
    }

    pub(crate) fn with(settings: Settings) -> Self {
        let mut core = Self {
            state: State::default(),
            catalogue: Catalogue::default(),
            effects: Vec::new(),
            archived: Vec::new(),
            is_delivering: true,
            log: Vec::new(),
        };
        core.event(0, Event::Configured(Box::new(settings)));
        core
    }

    /// Lets time pass until `at`, as the engine does, then takes the event.
    pub(crate) fn event(&mut self, at: i64, event: Event) -> Outcome {
        self.pass(at);
        self.step(Time(START + at), event)
    }

    fn step(&mut self, at: Time, event: Event) -> Outcome {
        let mut outcome = self.state.step(at, &event, &self.catalogue);
        self.log.push((at, event));
        let effects = std::mem::take(&mut outcome.effects);
        self.effects.extend(effects.iter().cloned());
        self.archived.append(&mut outcome.archived);
        if self.is_delivering {
            for effect in &effects {
                self.step(at, delivered(effect));
            }
        }
        outcome.effects = effects;
        outcome
    }

    /// A tick at each moment that is due.
    pub(crate) fn pass(&mut self, until: i64) {
        let until = Time(START + until);
        while let Some(at) = self.state.next_timer().filter(|at| *at <= until) {
            self.step(at, Event::Tick);
        }
    }

    pub(crate) fn raise(&mut self, at: i64, finding: Finding) {
        self.event(at, Event::Finding(Box::new(finding_at(finding, FindingState::Raised, at))));
    }

    pub(crate) fn update(&mut self, at: i64, finding: Finding) {
        self.event(at, Event::Finding(Box::new(finding_at(finding, FindingState::Updated, at))));
    }

    pub(crate) fn clear(&mut self, at: i64, finding: Finding) {
        self.event(at, Event::Finding(Box::new(finding_at(finding, FindingState::Cleared, at))));
    }

    pub(crate) fn ticket(&mut self, at: i64, ticket: Ticket) {
        self.event(at, Event::Ticket(Box::new(ticket)));
    }

    /// A ticket written at the moment it is read.
    pub(crate) fn written(&mut self, at: i64, id: u64, text: &str) {
        self.ticket(at, ticket(id, text, at));
    }

    pub(crate) fn act(&mut self, at: i64, case: &str, verb: Verb) -> Outcome {
        let act = Act {
            case: id(case),
            expects: None,
            verb,
            by: "Иванова".into(),
            reason: String::new(),
        };
        self.event(at, Event::Act(Box::new(act)))
    }

    /// The case, on one line.
    pub(crate) fn case(&self, case: &str) -> CaseSummary {
        self.state.summary(id(case)).unwrap_or_else(|| panic!("no {case}"))
    }

    /// Ids of the cases that are live.
    pub(crate) fn live(&self) -> Vec<String> {
        let cases = self.state.summaries().filter(|case| case.state.is_live());
        cases.map(|case| case.id.to_string()).collect()
    }

    /// The case that a signal is in.
    pub(crate) fn case_of(&self, signal: &str) -> Option<String> {
        let key = self.state.correlate().key_of(signal)?;
        self.state.correlate().cluster_of(key)?.standing().case.map(|case| case.to_string())
    }

    pub(crate) fn title(&self, case: &str) -> String {
        let topology = self.state.correlate().topology();
        self.catalogue.both(&self.case(case).title, topology).ru.to_string()
    }

    /// What was to be done since a place in the list.
    pub(crate) fn since(&self, from: usize) -> &[Effect] {
        self.effects.get(from..).unwrap_or_default()
    }

    /// Folding the log again gives the same state, byte for byte.
    pub(crate) fn replay(&self) {
        let mut again = State::default();
        for (at, event) in &self.log {
            again.step(*at, event, &self.catalogue);
        }
        let text = |state: &State| serde_json::to_string(state).unwrap();
        assert!(text(&again) == text(&self.state), "the replayed state differs");
    }
}

impl Drop for Core {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.replay();
        }
    }
}

pub(crate) fn id(case: &str) -> CaseId {
    case.parse().unwrap()
}

pub(crate) fn delivered(effect: &Effect) -> Event {
    let reference = match effect.key.channel {
        crate::model::Channel::Otrs => r#"{"id":5,"number":"2026112610000012"}"#,
        crate::model::Channel::Alertmanager => "",
    };
    Event::Delivered {
        key: effect.key,
        state: DeliveryState::Delivered,
        reference: reference.into(),
        error: None,
    }
}

pub(crate) fn finding_at(finding: Finding, state: FindingState, at: i64) -> Finding {
    let since = if state == FindingState::Raised { Time(START + at) } else { finding.since };
    Finding { state, since, at: Time(START + at), ..finding }
}

/// A finding at a system; it speaks of the instance `system-1`.
pub(crate) fn finding(system: &str, rule: &str, role: Role, impact: Impact) -> Finding {
    Finding {
        key: format!("test/{rule}{{system={system:?}}}"),
        rule: rule.into(),
        system: system.into(),
        object: format!("{system}-1"),
        labels: BTreeMap::new(),
        severity: Severity::High,
        state: FindingState::Raised,
        score: 1.0,
        role,
        spreads: impact != Impact::Unfelt,
        impact,
        blind: false,
        title: Text::same(rule),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: Time(START),
        at: Time(START),
    }
}

pub(crate) fn at_instance(finding: Finding, instance: &str) -> Finding {
    let key = format!("{}@{instance}", finding.key);
    Finding { key, object: instance.into(), ..finding }
}

pub(crate) fn with_severity(finding: Finding, severity: Severity) -> Finding {
    Finding { severity, ..finding }
}

pub(crate) fn lock_chain() -> Finding {
    finding("crm-db", "pg-lock-wait", Role::Cause, Impact::Slow)
}

/// «subject | text», of its own user.
pub(crate) fn ticket(id: u64, text: &str, at: i64) -> Ticket {
    let (title, body) = text.split_once('|').unwrap_or((text, ""));
    let request = crate::text::is_request(title, body).is_some();
    Ticket {
        id,
        number: id.to_string(),
        title: title.trim().into(),
        text: body.trim().into(),
        class: if request { TicketClass::Request } else { TicketClass::Incident },
        queue: "1ЛТП".into(),
        state_type: "new".into(),
        user: format!("u{id}"),
        mrf: None,
        channel: String::new(),
        service: String::new(),
        step: String::new(),
        joined_to: String::new(),
        created: Time(START + at),
        changed: Time(START + at),
    }
}

pub(crate) fn alert(name: &str, system: &str, at: i64, ended: Option<i64>) -> ForeignAlert {
    ForeignAlert {
        source: "zabbix".into(),
        fingerprint: format!("{name}-{system}"),
        name: name.into(),
        system: system.into(),
        object: format!("{system}-1"),
        severity: Severity::High,
        role: Role::Cause,
        spreads: true,
        impact: Some(Impact::Errors),
        mrf: None,
        title: Text::same(name),
        labels: BTreeMap::new(),
        url: String::new(),
        runbook: String::new(),
        since: Time(START + at),
        ended: ended.map(|ended| Time(START + ended)),
        expires_at: Some(Time(START + at + 5 * MINUTE)),
    }
}

pub(crate) fn work(id: &str, systems: &[&str], from: i64, until: i64) -> Work {
    Work {
        id: id.into(),
        title: "замена коммутатора".into(),
        systems: systems.iter().map(|system| (*system).into()).collect(),
        objects: Vec::new(),
        from: Time(START + from),
        until: Time(START + until),
        cancelled: false,
    }
}

/// Alerts among effects: whether each fires, its severity and its system.
pub(crate) fn alerts(effects: &[Effect]) -> Vec<(bool, String)> {
    let alert = |effect: &Effect| match &effect.kind {
        EffectKind::Alert { labels, ends_at, .. } => {
            Some((ends_at.is_none(), labels["severity"].clone()))
        }
        _ => None,
    };
    effects.iter().filter_map(alert).collect()
}

pub(crate) fn count(effects: &[Effect], what: impl Fn(&EffectKind) -> bool) -> usize {
    effects.iter().filter(|effect| what(&effect.kind)).count()
}

pub(crate) fn opened(effects: &[Effect]) -> usize {
    count(effects, |kind| matches!(kind, EffectKind::OpenTicket { .. }))
}

pub(crate) fn notes(effects: &[Effect]) -> usize {
    count(effects, |kind| {
        matches!(kind, EffectKind::AddNote { .. } | EffectKind::ReopenTicket { .. })
    })
}

pub(crate) fn joins(effects: &[Effect]) -> Vec<u64> {
    let join = |effect: &Effect| match &effect.kind {
        EffectKind::JoinTicket { ticket_id, .. } => Some(*ticket_id),
        _ => None,
    };
    effects.iter().filter_map(join).collect()
}

pub(crate) fn leaves(effects: &[Effect]) -> Vec<u64> {
    let leave = |effect: &Effect| match &effect.kind {
        EffectKind::LeaveTicket { ticket_id, .. } => Some(*ticket_id),
        _ => None,
    };
    effects.iter().filter_map(leave).collect()
}

pub(crate) fn is_over(state: CaseState) -> bool {
    !state.is_live()
}

pub(crate) const SLOW: [&str; 6] = [
    "Тормозит CRM | каждая страница открывается по две минуты",
    "црм еле работает | жду ответа на любое действие очень долго",
    "Поиск клиента висит | ищу по номеру договора, крутится и не находит долго",
    "Медленно грузится карточка клиента | всё зависает",
    "Долго сохраняется заявка в CRM | ожидание больше минуты",
    "Система очень медленная | невозможно работать, всё тормозит",
];
