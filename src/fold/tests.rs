//! What is told, when, and how often: the whole fold, from findings to effects.

use crate::config::{Diagnostics, parse};
use crate::correlate::Lifecycle;
use crate::escalate::{AlertPolicy, Escalation, Policy, TicketPolicy};
use crate::fold::{Event, Settings, State};
use crate::i18n::Catalogue;
use crate::model::{
    DeliveryState, Effect, EffectKind, Finding, FindingState, Impact, Role, Severity, Text, Ticket,
    TicketClass, Time, TimelineKind,
};
use crate::topology::{SHIPPED, System, Topology};

const START: i64 = 1_790_000_000_000;
const SECOND: i64 = 1_000;
const MINUTE: i64 = 60_000;

fn shipped() -> Vec<System> {
    let mut errors = Diagnostics::default();
    let node = parse("shipped.yaml", SHIPPED, &mut errors).unwrap();
    Topology::decode(&node, &mut errors).systems().to_vec()
}

struct Core {
    state: State,
    catalogue: Catalogue,
}

impl Core {
    fn new() -> Self {
        let ticket =
            TicketPolicy { queue: None, fallback_queue: "Problems".into(), join_tickets: true };
        let policy = Policy {
            name: "all".into(),
            from_severity: Severity::Warning,
            systems: Vec::new(),
            wait_ms: 30 * SECOND,
            ticket: Some(ticket),
            alert: Some(AlertPolicy::default()),
        };
        let escalation = Escalation { policies: vec![policy], ..Escalation::default() };
        let settings = Settings {
            systems: shipped(),
            escalation,
            lifecycle: Lifecycle::default(),
            ..Settings::default()
        };
        let mut core = Self { state: State::default(), catalogue: Catalogue::default() };
        core.step(0, &Event::Configured(Box::new(settings)));
        core
    }

    fn step(&mut self, at: i64, event: &Event) -> Vec<Effect> {
        self.state.step(Time(START + at), event, &self.catalogue).effects
    }

    /// Lets time pass as the engine does: a tick at each moment that is due.
    fn pass(&mut self, until: i64) -> Vec<Effect> {
        let mut effects = Vec::new();
        while let Some(at) = self.state.next_timer().filter(|at| at.0 <= START + until) {
            effects.extend(self.step(at.0 - START, &Event::Tick));
        }
        effects
    }
}

fn finding(severity: Severity, state: FindingState, at: i64) -> Event {
    Event::Finding(Box::new(Finding {
        key: "test/slow{system=\"wfm\"}".into(),
        rule: "slow".into(),
        system: "wfm".into(),
        object: "wfm".into(),
        labels: std::collections::BTreeMap::new(),
        severity,
        state,
        score: 1.0,
        role: Role::Cause,
        spreads: true,
        impact: Impact::Slow,
        title: Text::new("медленно", "slow"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: Time(START),
        at: Time(START + at),
    }))
}

fn ticket(id: u64, at: i64) -> Event {
    Event::Ticket(Box::new(Ticket {
        id,
        number: id.to_string(),
        title: "WFM работает медленно".into(),
        text: "WFM тормозит у всей смены".into(),
        class: TicketClass::Incident,
        user: format!("agent{id}"),
        queue: "1ЛТП".into(),
        state_type: "new".into(),
        mrf: None,
        created: Time(START + at),
        changed: Time(START + at),
    }))
}

fn alerts(effects: &[Effect]) -> Vec<(bool, String)> {
    effects
        .iter()
        .filter_map(|effect| match &effect.kind {
            EffectKind::Alert { labels, ends_at, .. } => {
                Some((ends_at.is_none(), labels["severity"].clone()))
            }
            _ => None,
        })
        .collect()
}

fn count(effects: &[Effect], what: impl Fn(&EffectKind) -> bool) -> usize {
    effects.iter().filter(|effect| what(&effect.kind)).count()
}

#[test]
fn what_is_over_before_the_wait_tells_nobody() {
    let mut core = Core::new();
    let mut effects = core.step(0, &finding(Severity::High, FindingState::Raised, 0));
    effects.extend(core.step(10 * SECOND, &finding(Severity::High, FindingState::Cleared, 10_000)));
    effects.extend(core.pass(60 * MINUTE));
    assert_eq!(effects, Vec::new());
}

#[test]
fn one_ticket_and_one_alert_after_the_wait_and_both_are_ended() {
    let mut core = Core::new();
    assert!(core.step(0, &finding(Severity::High, FindingState::Raised, 0)).is_empty());
    let told = core.pass(31 * SECOND);
    assert_eq!(count(&told, |kind| matches!(kind, EffectKind::OpenTicket { .. })), 1);
    assert_eq!(alerts(&told), [(true, "high".to_owned())]);
    assert!(core.pass(20 * MINUTE).is_empty(), "nothing new, nothing told");
    core.step(20 * MINUTE, &finding(Severity::High, FindingState::Cleared, 20 * MINUTE));
    let over = core.pass(120 * MINUTE);
    assert_eq!(alerts(&over), [(false, "high".to_owned())]);
    assert_eq!(count(&over, |kind| matches!(kind, EffectKind::AddNote { .. })), 1);
    assert_eq!(count(&over, |kind| matches!(kind, EffectKind::CloseTicket { .. })), 1);
}

#[test]
fn a_worse_severity_ends_the_old_alert_before_it_raises_the_new_one() {
    let mut core = Core::new();
    core.step(0, &finding(Severity::Warning, FindingState::Raised, 0));
    core.pass(31 * SECOND);
    let worse = core.step(MINUTE, &finding(Severity::Critical, FindingState::Updated, MINUTE));
    assert_eq!(alerts(&worse), [(false, "warning".to_owned()), (true, "critical".to_owned())]);
}

#[test]
fn tickets_are_joined_at_once_and_news_are_told_once_in_an_interval() {
    let mut core = Core::new();
    core.step(0, &finding(Severity::High, FindingState::Raised, 0));
    core.pass(31 * SECOND);
    let mut joined = Vec::new();
    for n in 1..=8 {
        let at = MINUTE + i64::try_from(n).unwrap() * SECOND;
        joined.extend(core.step(at, &ticket(n, at)));
    }
    assert_eq!(count(&joined, |kind| matches!(kind, EffectKind::JoinTicket { .. })), 8);
    assert_eq!(count(&joined, |kind| matches!(kind, EffectKind::AddNote { .. })), 0);
    let news = core.pass(10 * MINUTE);
    assert_eq!(count(&news, |kind| matches!(kind, EffectKind::AddNote { .. })), 1);
    // The alert lasts under the same labels and says how many there are now.
    assert_eq!(alerts(&news), [(true, "high".to_owned())]);
    let said = news.iter().find_map(|effect| match &effect.kind {
        EffectKind::Alert { annotations, .. } => Some(annotations["description"].clone()),
        _ => None,
    });
    assert!(said.unwrap().contains("Обращений: 8"));
}

fn delivered(effect: &Effect, state: DeliveryState, error: Option<Text>) -> Event {
    Event::Delivered {
        key: effect.key.clone(),
        problem: effect.problem.clone(),
        channel: effect.channel,
        state,
        reference: r#"{"id":5,"number":"2026112610000012"}"#.into(),
        error,
    }
}

#[test]
fn the_line_of_a_channel_says_when_it_was_opened_and_why_not() {
    let mut core = Core::new();
    core.step(0, &finding(Severity::High, FindingState::Raised, 0));
    let told = core.pass(31 * SECOND);
    let open = told.iter().find(|e| matches!(e.kind, EffectKind::OpenTicket { .. })).unwrap();
    let refusal = Text::new("нет очереди", "no such queue");
    core.step(32 * SECOND, &delivered(open, DeliveryState::Pending, Some(refusal.clone())));
    let line = |core: &Core| core.state.view("PRB-000001").unwrap().told[0].clone();
    assert_eq!((line(&core).state, line(&core).error), (DeliveryState::Pending, Some(refusal)));
    core.step(40 * SECOND, &delivered(open, DeliveryState::Delivered, None));
    assert_eq!((line(&core).state, line(&core).error), (DeliveryState::Delivered, None));
    assert_eq!(line(&core).at, Time(START + 40 * SECOND));
    assert_eq!(line(&core).reference, "2026112610000012");
    for n in 1..=8 {
        core.step(MINUTE, &ticket(n, MINUTE));
    }
    let news = core.pass(10 * MINUTE);
    let note = news.iter().find(|e| matches!(e.kind, EffectKind::AddNote { .. })).unwrap();
    core.step(10 * MINUTE, &delivered(note, DeliveryState::Delivered, None));
    assert_eq!(line(&core).at, Time(START + 40 * SECOND), "a note does not open it anew");
    let timeline = core.state.view("PRB-000001").unwrap().timeline;
    let told = timeline.iter().filter(|entry| entry.kind == TimelineKind::Told).count();
    assert_eq!(told, 2, "once that it failed, once that it is open: {timeline:?}");
}

#[test]
fn a_problem_that_gets_worse_gets_what_the_stricter_policy_asks_for() {
    let mut core = Core::new();
    let mut settings = core.state.settings().clone();
    let strict = settings.escalation.policies[0].clone();
    let mild = Policy { from_severity: Severity::Warning, ticket: None, ..strict.clone() };
    let strict = Policy { from_severity: Severity::Critical, ..strict };
    settings.escalation.policies = vec![strict, mild];
    core.step(0, &Event::Configured(Box::new(settings)));
    core.step(0, &finding(Severity::Warning, FindingState::Raised, 0));
    let mild = core.pass(31 * SECOND);
    assert_eq!(count(&mild, |kind| matches!(kind, EffectKind::OpenTicket { .. })), 0);
    assert_eq!(alerts(&mild), [(true, "warning".to_owned())]);
    let worse = core.step(MINUTE, &finding(Severity::Critical, FindingState::Updated, MINUTE));
    assert_eq!(count(&worse, |kind| matches!(kind, EffectKind::OpenTicket { .. })), 1);
    let channels = core.state.view("PRB-000001").unwrap().told.len();
    assert_eq!(channels, 2);
}

#[test]
fn no_effect_has_the_key_of_another() {
    let mut core = Core::new();
    let mut effects = Vec::new();
    for round in 0..3 {
        let at = round * 20 * MINUTE;
        effects.extend(core.step(at, &finding(Severity::High, FindingState::Raised, at)));
        effects.extend(core.pass(at + MINUTE));
        effects.extend(core.step(at + 2 * MINUTE, &ticket(u64::try_from(round).unwrap(), at)));
        let end = at + 5 * MINUTE;
        effects.extend(core.step(end, &finding(Severity::High, FindingState::Cleared, end)));
        effects.extend(core.pass(at + 19 * MINUTE));
    }
    let mut keys: Vec<&str> = effects.iter().map(|effect| effect.key.as_str()).collect();
    let all = keys.len();
    assert!(all > 6);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all);
}
