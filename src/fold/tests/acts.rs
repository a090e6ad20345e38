//! What people decide, and take back.

use super::world::*;
use crate::cases::Refused;
use crate::fold::Event;
use crate::model::{Act, CaseState, EffectKind, Impact, Role, Severity, Time, Verb};

/// Two Problems, told and with tickets: the database's, and the SMS gateway's.
fn two() -> Core {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.raise(0, finding("sms-gateway", "down", Role::Cause, Impact::Down));
    core.written(10 * SECOND, 1, SLOW[0]);
    core.written(11 * SECOND, 2, SLOW[3]);
    core.written(12 * SECOND, 3, "СМС-шлюз не работает | смс не отправляются, шлюз недоступен");
    core.pass(5 * MINUTE);
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    assert_eq!(core.case_of("ticket:3").as_deref(), Some("PRB-000002"));
    core
}

/// Carries out an act, then takes it back; what was decided is what it was before, byte for byte.
fn undone(mut core: Core, case: &str, verb: Verb, check: impl FnOnce(&Core)) {
    let before = core.state.decisions().to_string();
    let outcome = core.act(6 * MINUTE, case, verb);
    assert_eq!(outcome.refused, None);
    check(&core);
    assert_ne!(core.state.decisions().to_string(), before);
    let act = outcome.act.unwrap();
    let outcome = core.act(6 * MINUTE + SECOND, case, Verb::Undo { act });
    assert_eq!(outcome.refused, None);
    assert_eq!(core.state.decisions().to_string(), before);
    let again = core.act(6 * MINUTE + 2 * SECOND, case, Verb::Undo { act });
    assert!(matches!(again.refused, Some(Refused::NoAct(_))), "{:?}", again.refused);
}

#[test]
fn every_act_can_be_taken_back() {
    let until = Time(START + HOUR);
    let signals = vec!["ticket:1".to_owned()];
    let to = id("PRB-000002");
    let acts = [
        Verb::Take,
        Verb::HandOver { to: "Петров".into() },
        Verb::Resolve,
        Verb::Confirm,
        Verb::Reject,
        Verb::Merge { into: to },
        Verb::Split { signals: signals.clone() },
        Verb::Move { signals: signals.clone(), to: Some(to) },
        Verb::Move { signals, to: None },
        Verb::SetCause { system: Some("crm-app".into()) },
        Verb::KnownError { reference: "KB-7".into() },
        Verb::Snooze { until },
        Verb::Mute { signals: Vec::new(), until },
    ];
    for verb in acts {
        undone(two(), "PRB-000001", verb, |_| ());
    }
}

#[test]
fn merging_moves_the_ticket_and_does_not_close_it_and_undo_brings_it_back() {
    let mut core = two();
    let from = core.effects.len();
    let act = core.act(6 * MINUTE, "PRB-000002", Verb::Merge { into: id("PRB-000001") }).act;
    let merged = core.case("PRB-000002");
    assert_eq!((merged.state, merged.merged_into), (CaseState::Merged, Some(id("PRB-000001"))));
    assert_eq!(core.case("PRB-000001").tickets, 3);
    let closed = count(core.since(from), |k| matches!(k, EffectKind::CloseTicket { .. }));
    assert_eq!(closed, 0, "its ticket goes on, in the other queue");
    let moved = core.since(from).iter().find_map(|effect| match &effect.kind {
        EffectKind::AddNote { queue, .. } if effect.case() == id("PRB-000002") => queue.clone(),
        _ => None,
    });
    let topology = core.state.correlate().topology();
    assert_eq!(moved.as_ref(), topology.get("crm-db").map(|system| &system.queue));
    assert_eq!(joins(core.since(from)), [3], "its user's ticket is the other one's now");
    let from = core.effects.len();
    core.act(7 * MINUTE, "PRB-000001", Verb::Undo { act: act.unwrap() });
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    assert_eq!(leaves(core.since(from)), [3]);
    assert_eq!(joins(core.since(from)), [3]);
    assert_eq!(core.case("PRB-000001").tickets, 2);
    core.pass(10 * MINUTE);
    assert_eq!(opened(&core.effects), 2, "no ticket was opened twice");
}

/// Its systems are the other one's: what is left of it names what it was about.
#[test]
fn a_merged_case_names_its_cause_alone() {
    let mut core = two();
    core.act(6 * MINUTE, "PRB-000002", Verb::Merge { into: id("PRB-000001") });
    let (gone, stays) = (core.case("PRB-000002"), core.case("PRB-000001"));
    assert_eq!(gone.systems, ["sms-gateway"]);
    assert!(gone.system_count > 0);
    assert!(stays.systems.contains(&gone.systems[0]), "{:?}", stays.systems);
}

#[test]
fn merged_cases_are_closed_together() {
    let mut core = two();
    core.act(6 * MINUTE, "PRB-000002", Verb::Merge { into: id("PRB-000001") });
    core.clear(7 * MINUTE, lock_chain());
    core.clear(7 * MINUTE, finding("sms-gateway", "down", Role::Cause, Impact::Down));
    core.pass(2 * HOUR);
    assert_eq!(core.archived.len(), 2);
    let closed = count(&core.effects, |k| matches!(k, EffectKind::CloseTicket { .. }));
    assert_eq!(closed, 2);
}

#[test]
fn what_was_split_stays_apart() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let slow = finding("crm-search", "slow", Role::Symptom, Impact::Slow);
    core.raise(5 * SECOND, slow.clone());
    core.written(MINUTE, 1, SLOW[2]);
    assert_eq!(core.live(), ["PRB-000001"]);
    core.act(2 * MINUTE, "PRB-000001", Verb::Split { signals: vec![slow.key.clone()] });
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    assert_eq!(core.case_of(&slow.key).as_deref(), Some("PRB-000002"));
    // The engine does not put together what a person has put apart.
    let tie = finding("script-manager", "slow", Role::Symptom, Impact::Slow);
    core.raise(3 * MINUTE, tie);
    core.update(4 * MINUTE, with_severity(slow, Severity::Critical));
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
}

#[test]
fn a_rejected_case_lets_its_tickets_go() {
    let mut core = two();
    core.act(6 * MINUTE, "PRB-000001", Verb::Reject);
    assert_eq!(leaves(&core.effects), [1, 2]);
    assert!(core.case("PRB-000001").rejected);
    core.pass(60 * MINUTE);
    assert_eq!(core.archived.len(), 1);
    // The finding goes on: it was nothing, and is nothing.
    core.update(61 * MINUTE, lock_chain());
    assert_eq!(core.live(), ["PRB-000002"]);
}

#[test]
fn who_looks_at_an_old_version_is_told_what_changed() {
    let mut core = two();
    let seen = core.case("PRB-000001").version;
    core.act(6 * MINUTE, "PRB-000001", Verb::Take);
    let act = Act {
        case: id("PRB-000001"),
        expects: Some(seen),
        verb: Verb::Resolve,
        by: "Петров".into(),
        reason: String::new(),
    };
    let refused = core.event(7 * MINUTE, Event::Act(Box::new(act))).refused;
    let Some(Refused::Stale { changed, version, .. }) = refused else { panic!("{refused:?}") };
    assert_eq!((changed.len(), version), (1, seen + 1));
    assert_eq!(changed[0].key, "line-taken");
    assert_eq!(core.case("PRB-000001").state, CaseState::Acknowledged);
}

/// A ticket that names no system is offered; a person takes it in, and it is joined; taken back, it is offered again.
#[test]
fn a_candidate_is_taken_in_and_given_back() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.written(MINUTE, 1, "Всё медленно | жду по две минуты");
    core.pass(2 * MINUTE);
    let take_in = |signal: &str| Verb::TakeIn { signals: vec![signal.into()] };
    let before = core.state.decisions();
    let done = core.act(2 * MINUTE, "PRB-000001", take_in("ticket:1")).act.unwrap();
    assert_eq!(core.case_of("ticket:1").as_deref(), Some("PRB-000001"));
    assert_eq!(joins(&core.effects), [1]);
    assert!(core.state.detail(id("PRB-000001")).unwrap().candidates.is_empty());
    let again = core.act(2 * MINUTE, "PRB-000001", take_in("ticket:1")).refused;
    assert!(matches!(again, Some(Refused::Elsewhere { .. })), "{again:?}");
    let strange = core.act(2 * MINUTE, "PRB-000001", take_in("ticket:99")).refused;
    assert!(matches!(strange, Some(Refused::NoSignal { .. })), "{strange:?}");
    core.act(2 * MINUTE, "PRB-000001", Verb::Undo { act: done });
    assert_eq!(core.state.decisions(), before);
    assert_eq!(core.case_of("ticket:1"), None);
    assert_eq!(core.state.detail(id("PRB-000001")).unwrap().candidates.len(), 1);
    assert_eq!(leaves(&core.effects), [1]);
}

/// D: an act that does not fit says so; it is not taken for done.
#[test]
fn an_act_that_does_not_fit_is_refused() {
    let mut core = two();
    core.act(6 * MINUTE, "PRB-000001", Verb::Resolve);
    let refused = |core: &mut Core, verb| core.act(7 * MINUTE, "PRB-000001", verb).refused;
    for verb in [Verb::Take, Verb::Resolve] {
        let said = refused(&mut core, verb);
        assert!(matches!(said, Some(Refused::NotNow { .. })), "{said:?}");
    }
    let said = refused(&mut core, Verb::Merge { into: id("PRB-000001") });
    assert!(matches!(said, Some(Refused::SameCase(_))), "{said:?}");
    let said = refused(&mut core, Verb::Split { signals: vec!["ticket:99".into()] });
    assert!(matches!(said, Some(Refused::NoSignal { .. })), "{said:?}");
    let said = refused(&mut core, Verb::Snooze { until: Time(START) });
    assert!(said.is_some());
    let said = refused(&mut core, Verb::SetCause { system: Some("no-such".into()) });
    assert!(matches!(said, Some(Refused::NoSystem(_))), "{said:?}");
    let said = core.act(7 * MINUTE, "PRB-000099", Verb::Take).refused;
    assert!(matches!(said, Some(Refused::Unknown(_))), "{said:?}");
}

#[test]
fn an_act_is_not_taken_back_before_the_one_after_it() {
    let mut core = two();
    let first = core.act(6 * MINUTE, "PRB-000001", Verb::Take).act.unwrap();
    let second = core.act(7 * MINUTE, "PRB-000001", Verb::Confirm).act.unwrap();
    let refused = core.act(8 * MINUTE, "PRB-000001", Verb::Undo { act: first }).refused;
    assert_eq!(refused, Some(Refused::NotLast { act: first, newer: second }));
    for act in [second, first] {
        assert_eq!(core.act(9 * MINUTE, "PRB-000001", Verb::Undo { act }).refused, None);
    }
    assert_eq!(core.case("PRB-000001").state, CaseState::Open);
}

#[test]
fn a_reopened_case_stays_open_until_a_person_says_otherwise() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(MINUTE, lock_chain());
    core.pass(3 * MINUTE);
    core.act(4 * MINUTE, "PRB-000001", Verb::Reopen);
    core.pass(5 * HOUR);
    assert!(core.case("PRB-000001").state.is_live());
    core.act(5 * HOUR, "PRB-000001", Verb::Resolve);
    core.pass(6 * HOUR);
    assert_eq!(core.archived.len(), 1);
}

#[test]
fn a_mute_holds_until_its_end() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let until = Time(START + HOUR);
    core.act(MINUTE, "PRB-000001", Verb::Mute { signals: Vec::new(), until });
    core.pass(50 * MINUTE);
    assert!(core.live().is_empty(), "nothing keeps it open");
    core.pass(61 * MINUTE);
    assert_eq!(core.live().len(), 1, "what is muted counts again when the mute ends");
}

#[test]
fn the_cause_that_a_person_names_is_the_cause() {
    let mut core = two();
    core.act(6 * MINUTE, "PRB-000001", Verb::SetCause { system: Some("crm-hosts".into()) });
    core.pass(10 * MINUTE);
    let case = core.case("PRB-000001");
    assert_eq!(case.cause, Some(("crm-hosts".into(), 1.0)));
    assert_eq!(case.systems[0], "crm-hosts");
}

/// What is muted has not recovered, and neither history nor ticket says that it has.
#[test]
fn a_case_whose_signals_are_muted_is_not_called_mended() {
    for is_muted in [true, false] {
        let mut core = Core::new();
        core.raise(0, lock_chain());
        core.pass(2 * MINUTE);
        if is_muted {
            let until = Time(START + HOUR);
            core.act(2 * MINUTE, "PRB-000001", Verb::Mute { signals: Vec::new(), until });
        } else {
            core.clear(2 * MINUTE, lock_chain());
        }
        core.pass(10 * MINUTE);
        assert!(is_over(core.case("PRB-000001").state));
        let detail = core.state.detail(id("PRB-000001"));
        let said = detail.map(|detail| format!("{:?}", detail.timeline)).unwrap_or_default();
        assert_eq!(said.contains("line-resolved-held"), is_muted, "{said}");
        let told = format!("{:?}", core.effects);
        assert_eq!(told.contains("заглушено вручную"), is_muted, "{told}");
        assert_eq!(told.contains("больше не видит неполадки"), !is_muted, "{told}");
    }
}
