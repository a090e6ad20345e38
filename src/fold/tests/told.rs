//! What is told, when, and how often.

use super::world::*;
use crate::escalate::{Policy, TicketPolicy};
use crate::fold::Event;
use crate::model::{
    Channel, DeliveryState, EffectKind, Impact, Role, Severity, Step, Text, Time, TimelineKind,
    Verb, WhenOver,
};

#[test]
fn what_is_over_before_the_wait_tells_nobody() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(10 * SECOND, lock_chain());
    core.pass(60 * MINUTE);
    assert_eq!(core.effects, Vec::new());
    assert_eq!(core.archived.len(), 1);
}

#[test]
fn one_ticket_and_one_alert_after_the_wait_and_both_are_ended() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    assert!(core.effects.is_empty());
    core.pass(31 * SECOND);
    assert_eq!((opened(&core.effects), alerts(&core.effects)), (1, vec![(true, "high".into())]));
    let from = core.effects.len();
    core.pass(20 * MINUTE);
    assert_eq!(core.since(from), [], "nothing new, nothing told");
    core.clear(20 * MINUTE, lock_chain());
    core.pass(120 * MINUTE);
    assert_eq!(alerts(core.since(from)), [(false, "high".to_owned())]);
    assert_eq!(notes(core.since(from)), 1);
    let closed = count(core.since(from), |k| matches!(k, EffectKind::CloseTicket { .. }));
    assert_eq!(closed, 1);
}

/// tried 1: a lock chain that worsens twice in one second while it lasts is one alert that gets worse.
#[test]
fn a_case_that_worsens_is_one_alert_without_resolved_in_between() {
    let mut core = Core::new();
    core.raise(0, with_severity(lock_chain(), Severity::Warning));
    core.pass(47 * SECOND);
    core.update(127 * SECOND, with_severity(lock_chain(), Severity::High));
    core.update(127 * SECOND + 200, with_severity(lock_chain(), Severity::Critical));
    core.pass(10 * MINUTE);
    // The new labels fire before the old ones end, and both steps of one second are one.
    let told = [(true, "warning"), (true, "critical"), (false, "warning")];
    let told: Vec<(bool, String)> = told.map(|(fires, s)| (fires, s.to_owned())).to_vec();
    assert_eq!(alerts(&core.effects), told);
    core.clear(11 * MINUTE, lock_chain());
    core.pass(20 * MINUTE);
    assert_eq!(alerts(&core.effects).last(), Some(&(false, "critical".to_owned())));
}

/// The end of old labels waits until Alertmanager has the new ones.
#[test]
fn old_labels_do_not_end_before_the_new_ones_are_taken() {
    let mut core = Core::new();
    core.raise(0, with_severity(lock_chain(), Severity::Warning));
    core.pass(31 * SECOND);
    core.is_delivering = false;
    core.update(MINUTE, with_severity(lock_chain(), Severity::Critical));
    core.pass(30 * MINUTE);
    let ended = alerts(&core.effects).iter().filter(|(fires, _)| !fires).count();
    assert_eq!(ended, 0, "Alertmanager does not have the new one yet");
    let raise = core.effects.iter().rev().find(|e| matches!(e.key.step, Step::Alert(_))).cloned();
    core.event(31 * MINUTE, delivered(&raise.unwrap()));
    core.pass(32 * MINUTE);
    assert_eq!(alerts(&core.effects).last(), Some(&(false, "warning".to_owned())));
}

/// What is over sends no page: a raise that never went out is taken back.
#[test]
fn what_is_over_sends_no_page() {
    let mut core = Core::new();
    core.is_delivering = false;
    core.raise(0, lock_chain());
    core.pass(31 * SECOND);
    let raise = core.effects.iter().find(|e| matches!(e.key.step, Step::Alert(_))).unwrap().key;
    core.clear(MINUTE, lock_chain());
    core.pass(5 * MINUTE);
    let end = core.effects.iter().rev().find(|e| matches!(e.key.step, Step::Alert(_))).unwrap();
    assert_eq!(end.supersedes, [raise]);
    assert!(!core.state.escalate().pending().any(|key| key == raise));
}

#[test]
fn tickets_are_joined_at_once_and_news_are_told_once_in_an_interval() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.pass(31 * SECOND);
    let from = core.effects.len();
    for n in 1..=4 {
        core.written(MINUTE + i64::try_from(n).unwrap() * SECOND, n, SLOW[0]);
    }
    assert_eq!((joins(core.since(from)).len(), notes(core.since(from))), (4, 0));
    core.pass(10 * MINUTE);
    assert_eq!(notes(core.since(from)), 1);
    // The alert lasts under the same labels and says how many there are now.
    let said = core.since(from).iter().rev().find_map(|effect| match &effect.kind {
        EffectKind::Alert { annotations, .. } => Some(annotations["description"].clone()),
        _ => None,
    });
    assert!(said.unwrap().contains("Обращений: 4"));
}

/// Severity moves the ticket's priority with the note that says why.
#[test]
fn the_tickets_priority_follows() {
    let mut core = Core::new();
    core.raise(0, with_severity(lock_chain(), Severity::Warning));
    core.pass(31 * SECOND);
    core.update(MINUTE, with_severity(lock_chain(), Severity::Critical));
    let moved = core.effects.iter().find_map(|effect| match &effect.kind {
        EffectKind::AddNote { priority, .. } => priority.clone(),
        _ => None,
    });
    assert_eq!(moved.as_deref(), Some("5 very high"));
}

/// A9: the queue follows the cause once it has held for a minute, not at every change of the first.
#[test]
fn the_ticket_follows_the_cause_once_it_has_held() {
    let mut core = Core::new();
    let slow = finding("crm-app", "slow", Role::Symptom, Impact::Slow);
    core.raise(0, slow);
    core.pass(31 * SECOND);
    let queue = |core: &Core| {
        core.effects.iter().rev().find_map(|effect| match &effect.kind {
            EffectKind::OpenTicket { queue, .. } => Some(queue.clone()),
            EffectKind::AddNote { queue, .. } => queue.clone(),
            _ => None,
        })
    };
    let first = queue(&core).unwrap();
    core.raise(35 * SECOND, lock_chain());
    core.pass(90 * SECOND);
    assert_eq!(queue(&core).as_deref(), Some(first.as_str()), "it might change again");
    core.pass(2 * MINUTE);
    let topology = core.state.correlate().topology();
    let database = topology.get("crm-db").unwrap().queue.clone();
    assert_eq!(queue(&core), Some(database));
    assert_eq!(opened(&core.effects), 1);
}

/// A merged case's ticket goes where the other one's ticket is, though the likely cause has just become another.
#[test]
fn a_merged_ticket_goes_beside_the_other_ones_ticket() {
    let mut core = Core::new();
    core.raise(0, finding("crm-app", "slow", Role::Symptom, Impact::Slow));
    core.raise(0, finding("sms-gateway", "slow", Role::Symptom, Impact::Slow));
    core.pass(31 * SECOND);
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    let queue = |core: &Core, case: &str| {
        core.effects.iter().rev().find_map(|effect| match &effect.kind {
            _ if effect.case() != id(case) => None,
            EffectKind::OpenTicket { queue, .. } => Some(queue.clone()),
            EffectKind::AddNote { queue, .. } => queue.clone(),
            _ => None,
        })
    };
    let beside = queue(&core, "PRB-000001");
    core.raise(35 * SECOND, lock_chain());
    let merged = core.act(40 * SECOND, "PRB-000002", Verb::Merge { into: id("PRB-000001") });
    assert_eq!(merged.refused, None);
    let lead = core.case("PRB-000001").cause.map(|(system, _)| system);
    assert_eq!(lead.as_deref(), Some("crm-db"), "its ticket will follow in a minute");
    assert_eq!(queue(&core, "PRB-000002"), beside);
}

/// A7: what comes and goes every two minutes is one state, told once.
#[test]
fn what_comes_and_goes_is_told_once_as_unstable() {
    let mut core = Core::new();
    for n in 0..30 {
        core.raise(n * 2 * MINUTE, lock_chain());
        core.clear(n * 2 * MINUTE + 40 * SECOND, lock_chain());
    }
    let all = alerts(&core.effects).len() + notes(&core.effects);
    assert!(all <= 16, "an hour of flapping was told {all} times");
    assert!(core.case("PRB-000001").unstable);
    assert_eq!(opened(&core.effects), 1);
}

/// A10: policies that come later apply to what is open already.
#[test]
fn new_policies_look_at_what_is_open() {
    let mut bare = settings();
    let policies = std::mem::take(&mut bare.escalation.policies);
    let mut core = Core::with(bare.clone());
    core.raise(0, lock_chain());
    core.pass(10 * MINUTE);
    assert!(core.effects.is_empty());
    bare.escalation.policies = policies;
    core.event(10 * MINUTE, Event::Configured(Box::new(bare)));
    core.pass(11 * MINUTE);
    assert_eq!(opened(&core.effects), 1);
}

#[test]
fn a_problem_that_gets_worse_gets_what_the_stricter_policy_asks_for() {
    let mut settings = settings();
    let strict = settings.escalation.policies[0].clone();
    let mild = Policy { ticket: None, ..strict.clone() };
    let strict = Policy { from_severity: Severity::Critical, ..strict };
    settings.escalation.policies = vec![strict, mild];
    let mut core = Core::with(settings);
    core.raise(0, with_severity(lock_chain(), Severity::Warning));
    core.pass(31 * SECOND);
    assert_eq!((opened(&core.effects), alerts(&core.effects).len()), (0, 1));
    core.update(MINUTE, with_severity(lock_chain(), Severity::Critical));
    assert_eq!(opened(&core.effects), 1);
    assert_eq!(core.case("PRB-000001").told.len(), 2);
}

#[test]
fn the_line_of_a_channel_says_when_it_was_opened_and_why_not() {
    let mut core = Core::new();
    core.is_delivering = false;
    core.raise(0, lock_chain());
    core.pass(31 * SECOND);
    let open = core.effects.iter().find(|e| e.key.step == Step::Open).unwrap().clone();
    let report = |state, error: Option<Text>| Event::Delivered {
        key: open.key,
        state,
        reference: r#"{"id":5,"number":"2026112610000012"}"#.into(),
        error,
    };
    let refusal = Text::new("нет очереди", "no such queue");
    core.event(32 * SECOND, report(DeliveryState::Pending, Some(refusal.clone())));
    let line = |core: &Core| {
        let told = core.case("PRB-000001").told;
        told.into_iter().find(|line| line.channel == Channel::Otrs).unwrap()
    };
    assert_eq!((line(&core).state, line(&core).error), (DeliveryState::Pending, Some(refusal)));
    core.event(40 * SECOND, report(DeliveryState::Delivered, None));
    assert_eq!((line(&core).state, line(&core).error), (DeliveryState::Delivered, None));
    assert_eq!(line(&core).at, Time(START + 40 * SECOND));
    assert_eq!(line(&core).reference, "2026112610000012");
    let history = core.state.cases().history(id("PRB-000001"));
    let told = history.iter().filter(|entry| entry.kind == TimelineKind::Told).count();
    assert_eq!(told, 2, "once that it failed, once that it is open: {history:?}");
}

/// B4: a ticket that could not be opened before its case was closed holds nothing up.
#[test]
fn a_ticket_that_was_never_opened_does_not_keep_its_case() {
    let mut core = Core::new();
    core.is_delivering = false;
    core.raise(0, lock_chain());
    core.pass(31 * SECOND);
    core.clear(MINUTE, lock_chain());
    core.pass(30 * MINUTE);
    assert_eq!(core.case("PRB-000001").state.as_str(), "closed");
    let text = Text::new("закончилось раньше", "over before");
    let waiting: Vec<_> = core.state.escalate().pending().collect();
    for key in waiting {
        let (state, error) = (DeliveryState::Expired, Some(text.clone()));
        let reference = String::new();
        core.event(31 * MINUTE, Event::Delivered { key, state, reference, error });
    }
    assert_eq!(core.archived.len(), 1);
}

/// Taking a case stops its paging, and the end is told all the same.
#[test]
fn taking_stops_paging_and_the_end_is_told() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.pass(31 * SECOND);
    core.act(MINUTE, "PRB-000001", Verb::Take);
    let silences = |core: &Core| -> Vec<bool> {
        let silence = |effect: &crate::model::Effect| match &effect.kind {
            EffectKind::Silence { until, .. } => Some(*until > effect.at),
            _ => None,
        };
        core.effects.iter().filter_map(silence).collect()
    };
    assert_eq!(silences(&core), [true]);
    core.clear(5 * MINUTE, lock_chain());
    core.pass(7 * MINUTE);
    assert_eq!(silences(&core), [true, false], "people are to read that it is over");
    assert_eq!(alerts(&core.effects).last(), Some(&(false, "high".to_owned())));
}

/// Users whose tickets were joined hear when it is over.
#[test]
fn joined_tickets_hear_the_end() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.written(MINUTE, 1, SLOW[0]);
    core.written(MINUTE, 2, SLOW[3]);
    core.clear(2 * MINUTE, lock_chain());
    core.pass(60 * MINUTE);
    assert_eq!(farewells(&core), [WhenOver::Note; 2]);
}

/// What each joined ticket gets at the end.
fn farewells(core: &Core) -> Vec<WhenOver> {
    let farewell = |effect: &crate::model::Effect| match &effect.kind {
        EffectKind::TellTicket { when_over, .. } => Some(*when_over),
        _ => None,
    };
    core.effects.iter().filter_map(farewell).collect()
}

/// What is over is mild: the policy of the worst time decides what users get, and what they read names no machines.
#[test]
fn users_get_what_the_policy_of_the_worst_time_says() {
    let mut settings = settings();
    let usual = settings.escalation.policies.remove(0);
    for (from_severity, when_over) in
        [(Severity::Critical, WhenOver::Close), (Severity::Warning, WhenOver::Note)]
    {
        let ticket = usual.ticket.clone().map(|ticket| TicketPolicy { when_over, ..ticket });
        let name = from_severity.as_str().to_owned();
        settings.escalation.policies.push(Policy { name, from_severity, ticket, ..usual.clone() });
    }
    let mut core = Core::with(settings);
    core.raise(0, with_severity(lock_chain(), Severity::Critical));
    core.written(MINUTE, 1, SLOW[0]);
    core.update(5 * MINUTE, with_severity(lock_chain(), Severity::Warning));
    core.pass(30 * MINUTE);
    assert_eq!(core.case("PRB-000001").severity, Severity::Warning);
    core.clear(31 * MINUTE, lock_chain());
    core.pass(90 * MINUTE);
    assert_eq!(farewells(&core), [WhenOver::Close]);
    let words = core.effects.iter().find_map(|effect| match &effect.kind {
        EffectKind::TellTicket { subject, body, .. } => Some(format!("{subject}\n{body}")),
        _ => None,
    });
    let words = words.unwrap();
    assert!(words.contains("PRB-000001") && !words.contains("crm-db"), "{words}");
}

/// Where a foreign alert's runbook is stands in the ticket and in the alert.
#[test]
fn the_runbook_of_a_foreign_alert_is_told() {
    let mut core = Core::new();
    let runbook = "https://wiki.example/disk#full";
    let disk = crate::model::ForeignAlert {
        runbook: runbook.into(),
        ..alert("DiskFull", "crm-db", 0, None)
    };
    core.event(0, Event::Alert(Box::new(disk)));
    core.pass(2 * MINUTE);
    let opened = |kind: &EffectKind| matches!(kind, EffectKind::OpenTicket { body, .. } if body.contains(runbook));
    let alerted = |kind: &EffectKind| matches!(kind, EffectKind::Alert { annotations, .. } if annotations.get("runbook_url").is_some_and(|url| url == runbook));
    assert_eq!((count(&core.effects, opened), count(&core.effects, alerted)), (1, 1));
}

#[test]
fn no_effect_has_the_key_of_another() {
    let mut core = Core::new();
    for round in 0..3 {
        let at = round * 20 * MINUTE;
        core.raise(at, lock_chain());
        core.written(at + 2 * MINUTE, u64::try_from(round).unwrap(), SLOW[0]);
        core.clear(at + 5 * MINUTE, lock_chain());
    }
    core.pass(3 * HOUR);
    let mut keys: Vec<String> = core.effects.iter().map(|effect| effect.key.to_string()).collect();
    let all = keys.len();
    assert!(all > 6);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), all);
}

/// A storm into one Problem tells how many, and pushes nothing out of its history that was done about it.
#[test]
fn a_storm_does_not_push_out_of_the_history_what_was_done() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    for n in 0..300 {
        let at = 2 * MINUTE + n * SECOND / 10;
        let rule = format!("pg-session-{n}");
        core.raise(at, finding("crm-db", &rule, Role::Symptom, Impact::Slow));
        // Two in three come and go.
        if n > 100 {
            core.clear(at, finding("crm-db", &rule, Role::Symptom, Impact::Slow));
            core.raise(at, finding("crm-db", &rule, Role::Symptom, Impact::Slow));
        }
    }
    assert_eq!(core.live(), ["PRB-000001"]);
    let lines = core.state.detail(id("PRB-000001")).unwrap().timeline;
    let said = |key: &str| lines.iter().filter(|line| line.message.key == key).count();
    assert!(lines.len() <= 200);
    assert_eq!(said("line-findings"), 2, "at 128 and at 256");
    assert_eq!(said("line-finding-over"), 0, "the end of one of so many is no news");
    assert!(lines.iter().any(|line| line.kind == TimelineKind::Told), "the ticket was opened");
    assert!(lines.iter().any(|line| line.kind == TimelineKind::Cause));
}

/// What comes together is counted together: a doubling is told once, also when it is passed and not met.
#[test]
fn a_doubling_that_is_passed_is_told_once() {
    let mut core = Core::new();
    let mut storm = |system: &str, from: i64| {
        for n in 0..40 {
            let role = if n == 0 { Role::Cause } else { Role::Symptom };
            let at = from + n * SECOND;
            core.raise(at, finding(system, &format!("rule-{n}"), role, Impact::Slow));
        }
    };
    storm("crm-db", 0);
    storm("asr", 10 * MINUTE);
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    core.act(15 * MINUTE, "PRB-000002", Verb::Merge { into: id("PRB-000001") });
    let lines = core.state.detail(id("PRB-000001")).unwrap().timeline;
    let numbers: Vec<_> = lines.iter().filter(|line| line.message.key == "line-findings").collect();
    assert_eq!(core.case("PRB-000001").findings, 80);
    let [line] = numbers[..] else { panic!("told {} times", numbers.len()) };
    assert_eq!(line.message.args[0].1, crate::model::Arg::Number(80.0));
}
