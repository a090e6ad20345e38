//! The life of cases: open, worse and milder, resolved, back, closed.

use super::world::*;
use crate::fold::Event;
use crate::model::{CaseState, Impact, Role, Severity, Text, TicketClass, Time, Verb};

#[test]
fn a_problem_is_resolved_closed_and_reopened_by_what_keeps_it_open() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(MINUTE, lock_chain());
    core.pass(3 * MINUTE);
    assert_eq!(core.case("PRB-000001").state, CaseState::Resolved);
    // Something else at the same place is a Problem of its own.
    let other = finding("crm-db", "pg-disk", Role::Cause, Impact::Unfelt);
    core.raise(4 * MINUTE, other.clone());
    assert_eq!(core.live(), ["PRB-000002"]);
    core.clear(5 * MINUTE, other);
    core.raise(6 * MINUTE, lock_chain());
    let case = core.case("PRB-000001");
    assert_eq!((case.state, case.reopened), (CaseState::Open, 1));
    core.clear(7 * MINUTE, lock_chain());
    core.pass(40 * MINUTE);
    assert_eq!(core.archived.len(), 2);
    // After that the same finding is a new Problem.
    core.raise(41 * MINUTE, lock_chain());
    assert_eq!(core.live(), ["PRB-000003"]);
}

/// A7: the same trouble in another guise (another blocker, another key) is the same Problem coming back.
#[test]
fn the_same_trouble_under_another_key_comes_back() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(MINUTE, lock_chain());
    core.pass(3 * MINUTE);
    let mut other = lock_chain();
    other.key = "test/pg-lock-wait{blocker=\"cron\"}".into();
    core.raise(4 * MINUTE, other);
    assert_eq!(core.live(), ["PRB-000001"]);
    assert_eq!(core.case("PRB-000001").reopened, 1);
}

#[test]
fn a_persons_resolution_holds_while_the_finding_goes_on() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    assert!(core.act(MINUTE, "PRB-000001", Verb::Resolve).refused.is_none());
    core.pass(30 * MINUTE);
    assert_eq!(core.live(), Vec::<String>::new());
    // The detector still says it: no new Problem, until it was over once.
    core.update(60 * MINUTE, lock_chain());
    assert_eq!(core.live(), Vec::<String>::new());
    core.clear(61 * MINUTE, lock_chain());
    core.raise(62 * MINUTE, lock_chain());
    assert_eq!(core.live().len(), 1);
}

#[test]
fn what_a_person_resolved_is_open_again_when_it_was_over_and_returns() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.act(MINUTE, "PRB-000001", Verb::Resolve);
    core.clear(2 * MINUTE, lock_chain());
    core.raise(3 * MINUTE, lock_chain());
    let case = core.case("PRB-000001");
    assert_eq!((case.state, case.reopened), (CaseState::Open, 1));
}

#[test]
fn a_person_who_is_ahead_of_the_engine_silences_nothing() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    // It is over; before the engine calls it resolved a person does.
    core.clear(MINUTE, lock_chain());
    core.act(MINUTE + SECOND, "PRB-000001", Verb::Resolve);
    core.raise(2 * MINUTE, lock_chain());
    assert_eq!(core.case("PRB-000001").state, CaseState::Open);
}

/// A3a: what rises from a note to a warning in the minutes after «resolved» is told.
#[test]
fn a_note_that_turns_serious_after_the_end_reopens() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let note = finding("crm-db", "pg-temp-files", Role::Cause, Impact::Slow);
    core.raise(SECOND, with_severity(note.clone(), Severity::Info));
    core.clear(MINUTE, lock_chain());
    core.pass(3 * MINUTE);
    assert_eq!(core.case("PRB-000001").state, CaseState::Resolved);
    core.update(4 * MINUTE, with_severity(note, Severity::High));
    assert_eq!(core.case("PRB-000001").state, CaseState::Open);
}

/// A3b: what a person resolved at a warning and then turns critical is open again.
#[test]
fn what_gets_worse_after_a_persons_verdict_is_open_again() {
    for after in [2 * MINUTE, 60 * MINUTE] {
        let mut core = Core::new();
        core.raise(0, with_severity(lock_chain(), Severity::Warning));
        core.act(MINUTE, "PRB-000001", Verb::Resolve);
        core.update(after, with_severity(lock_chain(), Severity::Critical));
        assert_eq!(core.live().len(), 1, "after {after}");
        assert_eq!(core.case(&core.live()[0].clone()).severity, Severity::Critical);
    }
}

/// workplace A4: what comes back is another episode, with a face and counts of its own; what comes and goes is one.
#[test]
fn what_comes_back_does_not_keep_the_face_of_what_was_over() {
    let slow = with_severity(
        finding("crm-app", "app-slow", Role::Symptom, Impact::Slow),
        Severity::Warning,
    );
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.raise(10 * SECOND, slow.clone());
    for n in 0..20_u32 {
        core.written(20 * SECOND + i64::from(n) * SECOND, u64::from(n), SLOW[0]);
    }
    let first = core.case("PRB-000001");
    assert_eq!((first.severity, first.tickets, first.users), (Severity::Critical, 20, 20));
    assert_eq!((first.systems[0].as_str(), first.system_count), ("crm-db", 2));
    core.clear(MINUTE, lock_chain());
    core.clear(MINUTE, slow.clone());
    core.pass(4 * MINUTE);
    assert_eq!(core.case("PRB-000001").state, CaseState::Resolved);

    // Only the callers' trouble is back, and two users write.
    core.raise(5 * MINUTE, slow.clone());
    for n in 100..102 {
        core.written(5 * MINUTE + 10 * SECOND, n, SLOW[0]);
    }
    let again = core.case("PRB-000001");
    assert_eq!((again.state, again.reopened), (CaseState::Open, 1));
    assert_eq!((again.tickets, again.users, again.findings), (2, 2, 1), "of this episode");
    assert_eq!((again.systems, again.system_count), (vec!["crm-app".to_owned()], 1));
    assert_eq!(again.cause.map(|(system, _)| system).as_deref(), Some("crm-app"));
    assert_eq!(again.severity, Severity::Warning, "twenty users of the first night are not two");
    assert!(core.title("PRB-000001").contains("app-slow"), "{}", core.title("PRB-000001"));

    // The second time in a short while it is something that comes and goes: all of it is one again.
    core.clear(6 * MINUTE, slow.clone());
    core.pass(9 * MINUTE);
    for at in [10, 20, 35] {
        core.raise(at * MINUTE, slow.clone());
        core.clear(at * MINUTE + 30 * SECOND, slow.clone());
        core.pass((at + 8) * MINUTE);
    }
    assert!(core.case("PRB-000001").unstable);

    // Closed, it says how much it was in all.
    core.pass(3 * HOUR);
    let archived = core.archived.iter().find(|case| case.summary.id.to_string() == "PRB-000001");
    let summary = &archived.unwrap().summary;
    assert_eq!((summary.tickets, summary.users), (22, 22));
    core.replay();
}

/// A3c: users who write after the end are heard.
#[test]
fn users_who_write_after_the_end_open_it_again() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(MINUTE, lock_chain());
    core.pass(3 * MINUTE);
    assert_eq!(core.case("PRB-000001").state, CaseState::Resolved);
    for n in 0..30_u32 {
        let text = SLOW[usize::try_from(n).unwrap() % SLOW.len()];
        core.written(4 * MINUTE + i64::from(n) * SECOND, u64::from(n), text);
    }
    let heard = core.live();
    assert!(!heard.is_empty(), "thirty users are not attached to a resolved Problem in silence");
}

/// A8: it is not over while users write, nor while the ticket system cannot be read.
#[test]
fn users_count_and_a_blind_sensor_is_no_silence() {
    let mut core = Core::with(crate::fold::Settings { has_tickets: true, ..settings() });
    let read = |core: &mut Core, at: i64| {
        core.event(at, Event::TicketsRead { up_to: Time(START + at) });
    };
    read(&mut core, 0);
    core.raise(0, lock_chain());
    core.clear(5 * MINUTE, lock_chain());
    for n in 0..10_u32 {
        let at = 5 * MINUTE + i64::from(n) * 5 * SECOND;
        core.written(at, u64::from(n), SLOW[0]);
    }
    read(&mut core, 6 * MINUTE + 5 * SECOND);
    assert!(core.case("PRB-000001").state.is_live(), "ten tickets in the last minute");
    // The ticket system does not answer: nobody knows whether users are silent.
    core.pass(3 * HOUR);
    assert!(core.case("PRB-000001").state.is_live(), "a gap never reads as healthy");
    read(&mut core, 3 * HOUR);
    assert!(is_over(core.case("PRB-000001").state));
}

/// A8: tickets alone, and the ticket system away for an hour.
#[test]
fn a_mass_incident_is_not_over_because_nobody_could_read() {
    let mut core = Core::with(crate::fold::Settings { has_tickets: true, ..settings() });
    for n in 0..12_u32 {
        core.written(i64::from(n) * 10 * SECOND, u64::from(n), SLOW[0]);
    }
    core.event(2 * MINUTE, Event::TicketsRead { up_to: Time(START + 2 * MINUTE) });
    assert_eq!(core.live(), ["MI-000001"]);
    core.pass(4 * HOUR);
    assert_eq!(core.live(), ["MI-000001"]);
    core.event(4 * HOUR, Event::TicketsRead { up_to: Time(START + 4 * HOUR) });
    assert!(core.live().is_empty());
}

/// tried 2: severity follows the users, at once up and slowly down.
#[test]
fn severity_follows_the_users() {
    let mut core = Core::new();
    core.raise(0, with_severity(lock_chain(), Severity::Warning));
    for n in 0..15_u32 {
        core.written(MINUTE + i64::from(n) * SECOND, u64::from(n), SLOW[0]);
        let severity = core.case("PRB-000001").severity;
        let expected = match n + 1 {
            0..5 => Severity::Warning,
            5..15 => Severity::High,
            _ => Severity::Critical,
        };
        assert_eq!(severity, expected, "at {} users", n + 1);
    }
    // They are helped: it falls once it has been milder for a while.
    for n in 0..15_u32 {
        let mut closed = ticket(u64::from(n), SLOW[0], MINUTE + i64::from(n) * SECOND);
        closed.state_type = "closed".into();
        core.ticket(5 * MINUTE, closed);
    }
    assert_eq!(core.case("PRB-000001").severity, Severity::Critical);
    core.pass(16 * MINUTE);
    let case = core.case("PRB-000001");
    assert_eq!((case.severity, case.peak), (Severity::Warning, Severity::Critical));
}

/// A4: an Info finding does not stop users from counting, whatever came first.
#[test]
fn a_note_in_the_group_does_not_make_users_count_for_nothing() {
    let restarted = with_severity(
        finding("crm-db", "pg-restarted", Role::Cause, Impact::Errors),
        Severity::Info,
    );
    for note_first in [true, false] {
        let mut core = Core::new();
        if note_first {
            core.raise(0, restarted.clone());
        }
        for n in 0..30_u32 {
            let at = 10 * SECOND + i64::from(n) * 5 * SECOND;
            core.written(at, u64::from(n), "CRM ошибка | ошибка при сохранении заявки");
        }
        if !note_first {
            core.raise(3 * MINUTE, restarted.clone());
        }
        core.pass(4 * MINUTE);
        assert_eq!(core.live(), ["MI-000001"], "the note first: {note_first}");
        assert!(core.case("MI-000001").severity >= Severity::Warning);
        assert_eq!(opened(&core.effects), 1, "somebody is told");
        // The note is over: the users are not.
        core.clear(5 * MINUTE, restarted.clone());
        core.written(6 * MINUTE, 100, "CRM ошибка | ошибка при сохранении заявки");
        core.pass(6 * MINUTE + 30 * SECOND);
        assert_eq!(core.live(), ["MI-000001"]);
    }
}

/// tried 3: what is over is named by its worst, with who held it.
#[test]
fn what_is_over_is_named_by_its_worst() {
    let waiting = |n: i32| {
        let mut finding = lock_chain();
        let number = crate::model::Evidence {
            name: "value".into(),
            value: f64::from(n),
            limit: Some(1.0),
            unit: "count".into(),
        };
        finding.title = Text::new(
            format!("очередь на блокировки, держит cron: ждут {n}"),
            format!("lock queue held by cron: {n} wait"),
        );
        finding.evidence = vec![number];
        finding
    };
    let limit_of = |mut finding: crate::model::Finding, limit: f64| {
        finding.evidence[0].limit = Some(limit);
        finding
    };
    let held_by = |mut finding: crate::model::Finding, who: &str| {
        finding.title = Text::new(format!("ждут 12, держит {who}"), format!("12 wait for {who}"));
        finding
    };
    let mut core = Core::new();
    core.raise(0, limit_of(held_by(waiting(12), "pid 4711"), 10.0));
    // The same number told anew, when who held the lock has gone already.
    core.update(30 * SECOND, limit_of(held_by(waiting(12), "pid"), 10.0));
    // On its way out it lies farther from its limit than it ever did, on the other side.
    core.update(MINUTE, limit_of(waiting(0), 10.0));
    core.clear(2 * MINUTE, limit_of(waiting(0), 10.0));
    core.pass(4 * MINUTE);
    let title = core.title("PRB-000001");
    assert!(title.contains("ждут 12, держит pid 4711"), "{title}");
    let mut core = Core::new();
    core.raise(0, waiting(3));
    core.update(MINUTE, waiting(8));
    core.update(2 * MINUTE, waiting(0));
    assert!(core.title("PRB-000001").contains("ждут 0"), "what it is now");
    core.clear(3 * MINUTE, waiting(0));
    core.pass(5 * MINUTE);
    let title = core.title("PRB-000001");
    assert!(title.contains("ждут 8") && title.contains("cron"), "{title}");
}

/// B2: a number that is none reaches neither the log nor a page.
#[test]
fn numbers_that_are_none_stop_at_the_border() {
    let mut broken = lock_chain();
    broken.score = f64::NAN;
    broken.evidence = vec![crate::model::Evidence {
        name: "value".into(),
        value: f64::INFINITY,
        limit: Some(f64::NAN),
        unit: String::new(),
    }];
    let mut event = Event::Finding(Box::new(broken));
    assert_eq!(event.drop_non_finite(), 2);
    let text = serde_json::to_string(&event).unwrap();
    assert_eq!(serde_json::from_str::<Event>(&text).unwrap(), event);
}

#[test]
fn a_ticket_that_turns_out_to_be_a_request_counts_no_more() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let mut written = ticket(7, SLOW[0], MINUTE);
    core.ticket(MINUTE, written.clone());
    assert_eq!(core.case("PRB-000001").tickets, 1);
    core.pass(90 * SECOND);
    assert_eq!(joins(&core.effects), [7]);
    written.class = TicketClass::Request;
    core.ticket(2 * MINUTE, written.clone());
    assert_eq!(core.case("PRB-000001").tickets, 0);
    assert_eq!(leaves(&core.effects), [7]);
    // And it may turn back; it is joined again, under a key of its own.
    written.class = TicketClass::Incident;
    core.ticket(3 * MINUTE, written);
    assert_eq!(core.case("PRB-000001").tickets, 1);
    assert_eq!(joins(&core.effects), [7, 7]);
}

#[test]
fn a_ticket_of_a_closed_problem_is_not_new_when_an_agent_touches_it() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let written = ticket(7, SLOW[0], MINUTE);
    core.ticket(MINUTE, written.clone());
    core.clear(2 * MINUTE, lock_chain());
    core.pass(60 * MINUTE);
    assert_eq!(core.archived.len(), 1);
    core.ticket(90 * MINUTE, written);
    assert!(core.state.correlate().key_of("ticket:7").is_none());
}

#[test]
fn a_note_for_the_record_keeps_no_problem_open() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let note = finding("crm-db", "restarted", Role::Cause, Impact::Unfelt);
    let note = with_severity(note, Severity::Info);
    core.raise(1, note.clone());
    core.clear(MINUTE, lock_chain());
    core.pass(80 * MINUTE);
    assert_eq!(core.archived.len(), 1, "the note is still on, the Problem is over");
    core.update(90 * MINUTE, note.clone());
    assert!(core.live().is_empty());
    core.update(91 * MINUTE, with_severity(note, Severity::High));
    assert_eq!(core.live().len(), 1);
}

#[test]
fn works_hold_back_what_is_theirs_and_only_that_and_their_end_restores() {
    let mut core = Core::new();
    let on = work("W-7", &["crm-db"], MINUTE, 60 * MINUTE);
    core.event(0, Event::Work(Box::new(on)));
    core.raise(2 * MINUTE, lock_chain());
    let sms = finding("sms-gateway", "down", Role::Cause, Impact::Down);
    core.raise(2 * MINUTE, sms.clone());
    assert_eq!(core.live(), ["PRB-000001"], "only the other one is told");
    assert_eq!(core.case("PRB-000001").systems, ["sms-gateway"]);
    core.clear(10 * MINUTE, sms);
    // The window ends and the fault is still there.
    core.pass(61 * MINUTE);
    assert_eq!(core.live(), ["PRB-000002"]);
    // What began before the works is not theirs.
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.event(MINUTE, Event::Work(Box::new(work("W-8", &["crm-db"], 5 * MINUTE, HOUR))));
    core.pass(30 * MINUTE);
    assert_eq!(core.live(), ["PRB-000001"]);
    // Works called off hold nothing.
    let mut off = work("W-9", &["eip"], 30 * MINUTE, 90 * MINUTE);
    core.event(31 * MINUTE, Event::Work(Box::new(off.clone())));
    core.raise(32 * MINUTE, finding("eip", "down", Role::Cause, Impact::Down));
    assert_eq!(core.live().len(), 1);
    off.cancelled = true;
    core.event(33 * MINUTE, Event::Work(Box::new(off)));
    assert_eq!(core.live().len(), 2);
}

#[test]
fn a_release_just_before_is_a_suspect() {
    let mut core = Core::new();
    let release = crate::model::Release {
        id: "R-1".into(),
        system: "crm-app".into(),
        version: "8.41".into(),
        at: Time(START),
    };
    core.event(0, Event::Release(Box::new(release)));
    core.raise(5 * MINUTE, finding("crm-app", "errors", Role::Symptom, Impact::Errors));
    let detail = core.state.detail(id("PRB-000001")).unwrap();
    let keys = detail.causes[0].evidence.iter().map(|reason| reason.message.key.to_string());
    assert!(keys.collect::<Vec<_>>().contains(&"cause-release".to_owned()));
}

/// Sources that cannot be seen are a class of their own, never above users who suffer.
#[test]
fn a_blind_source_is_a_class_of_its_own() {
    let mut core = Core::new();
    let mut blind = finding("wfm", "source-silent", Role::Cause, Impact::Unfelt);
    blind.blind = true;
    blind.severity = Severity::Critical;
    core.raise(0, blind);
    let case = core.case("PRB-000001");
    assert!(case.blind && case.severity < Severity::Critical);
}

/// A fault that lasts for weeks and speaks under ever new keys does not fill the memory.
#[test]
fn a_case_that_never_ends_lets_go_of_what_is_over() {
    let mut settings = settings();
    settings.grouping.most_members = 10;
    settings.lifecycle.forget_after_ms = 5 * MINUTE;
    let mut core = Core::with(settings);
    core.raise(0, lock_chain());
    for n in 0..100 {
        let rule = format!("pg-session-{n}");
        let one = finding("crm-db", &rule, Role::Symptom, Impact::Slow);
        let at = n * 30 * SECOND;
        core.raise(at + SECOND, one.clone());
        core.clear(at + 20 * SECOND, one);
    }
    let members = core.state.correlate().clusters().map(|cluster| cluster.members().len());
    let most = members.max().unwrap();
    assert_eq!(core.live(), ["PRB-000001"]);
    assert!((10..=25).contains(&most), "{most} of 101 are kept");
    let lock = lock_chain().key;
    assert_eq!(core.case_of(&lock).as_deref(), Some("PRB-000001"), "what lasts stays");
}
