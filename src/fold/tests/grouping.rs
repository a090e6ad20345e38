//! What must become one case, what must not, and that order does not matter.

use super::world::*;
use crate::correlate::Why;
use crate::fold::Settings;
use crate::model::{FindingState, Impact, Role, Severity, Text, Verb};
use crate::topology::System;

#[test]
fn tickets_about_what_the_fault_causes_join_and_others_do_not() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let other = [
        "Принтер не печатает | зажевало бумагу на втором этаже",
        "Не приходит СМС с кодом | абонент ждёт код входа в личный кабинет",
        "Мышь не работает | нужна замена",
        "Роутер не списывается со склада | серийный номер не находит",
        "Монитор мигает | второй день",
        "Сломался стул | отвалилось колесо",
        "Телефония не работает | нет гудка в трубке, CTI не звонит",
        // Wrong content is no sign of a lock.
        "Некорректный график работы WFM | Отображаются чужие смены вместо моих",
    ];
    let requests =
        ["Прошу предоставить доступ в CRM | новому сотруднику", "Сбросить пароль | забыл"];
    for (n, text) in (0..).zip(SLOW) {
        core.written(MINUTE, n, text);
        assert_eq!(core.case_of(&format!("ticket:{n}")).as_deref(), Some("PRB-000001"), "{text}");
    }
    for (n, text) in (100..).zip(other) {
        core.written(MINUTE, n, text);
        assert_eq!(core.case_of(&format!("ticket:{n}")), None, "{text}");
    }
    for (n, text) in (200..).zip(requests) {
        core.written(MINUTE, n, text);
        assert!(core.state.correlate().key_of(&format!("ticket:{n}")).is_none(), "{text}");
        assert!(core.state.correlate().why_unassigned(&format!("ticket:{n}")).is_some());
    }
    let case = core.case("PRB-000001");
    assert_eq!((case.tickets, case.cause.clone().unwrap().0.as_str()), (6, "crm-db"));
    assert!(case.cause.unwrap().1 > 0.5);
}

#[test]
fn a_database_fault_with_three_symptoms_is_one_problem_in_any_order() {
    let all = [
        lock_chain(),
        finding("script-manager", "slow", Role::Symptom, Impact::Slow),
        finding("crm-search", "slow", Role::Symptom, Impact::Slow),
        finding("wfm", "slow", Role::Symptom, Impact::Slow),
    ];
    for first in 0..all.len() {
        let mut core = Core::new();
        for n in 0..all.len() {
            let at = i64::try_from(n).unwrap() * 5 * SECOND;
            core.raise(at, all[(first + n) % all.len()].clone());
        }
        assert_eq!(core.live().len(), 1, "beginning with {first}: {:?}", core.live());
        let case = core.case(&core.live()[0].clone());
        assert_eq!(case.cause.unwrap().0, "crm-db", "beginning with {first}");
        assert_eq!((case.system_count, case.findings), (4, 4));
    }
}

/// A fault that is heard of for long does not take in what begins beside it; early, the same may well be its cause.
#[test]
fn what_begins_late_in_a_long_storm_is_a_fault_of_its_own() {
    for (at, cases) in [(MINUTE, 1), (15 * MINUTE, 2)] {
        let mut core = Core::new();
        core.raise(0, finding("crm-app", "errors", Role::Symptom, Impact::Slow));
        for n in 1..40 {
            let rule = format!("slow-{n}");
            let heard = n * 25 * SECOND;
            if heard < at {
                core.raise(heard, finding("crm-app", &rule, Role::Symptom, Impact::Slow));
            }
        }
        core.raise(at, finding("sso", "slow", Role::Symptom, Impact::Slow));
        assert_eq!(core.live().len(), cases, "{at}: {:?}", core.live());
    }
}

/// A finding that is at home elsewhere still explains tickets from two systems above, however weakly.
#[test]
fn tickets_written_before_the_first_finding_follow_the_one_that_fits() {
    let mut core = Core::new();
    core.written(0, 1, "Веб-интерфейс CRM | выдаёт ошибку при открытии");
    assert_eq!(core.case_of("ticket:1"), None);
    core.raise(10 * SECOND, finding("crm-db", "slow", Role::Symptom, Impact::Slow));
    assert_eq!(core.case_of("ticket:1"), None, "what is slow does not look like errors");
    core.raise(20 * SECOND, finding("crm-db", "errors", Role::Symptom, Impact::Errors));
    assert_eq!(core.case_of("ticket:1").as_deref(), Some("PRB-000001"));
    assert_eq!(core.live().len(), 1);
}

#[test]
fn two_faults_far_apart_are_two_problems() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.raise(0, finding("sms-gateway", "down", Role::Cause, Impact::Down));
    assert_eq!(core.live().len(), 2);
}

#[test]
fn two_causes_side_by_side_stay_apart() {
    let mut core = Core::new();
    core.raise(0, finding("crm-search", "es-node-gone", Role::Cause, Impact::Unfelt));
    core.raise(0, finding("crm-db", "pg-slot-retains", Role::Cause, Impact::Unfelt));
    core.raise(0, finding("crm-hosts", "disk-fills", Role::Cause, Impact::Unfelt));
    assert_eq!(core.live().len(), 3);
}

/// The standby that is down and the primary that misses it are one fault, whichever is seen first.
#[test]
fn a_standby_that_is_down_and_missed_is_one_problem() {
    let down = at_instance(finding("crm-db", "pg-down", Role::Cause, Impact::Down), "db-2");
    let missed = finding("crm-db", "pg-standby-gone", Role::Symptom, Impact::Unfelt);
    let missed = at_instance(missed, "db-1");
    for order in [[down.clone(), missed.clone()], [missed, down]] {
        let mut core = Core::new();
        for (at, one) in [0, SECOND].into_iter().zip(order) {
            core.raise(at, one);
        }
        assert_eq!(core.live().len(), 1);
    }
}

/// A1: a disk that is at 90 % for days takes neither the next fault nor everybody's tickets.
#[test]
fn a_lasting_fault_attracts_nothing_new() {
    let mut core = Core::new();
    let disk = finding("crm-hosts", "host-disk-full", Role::Cause, Impact::Errors);
    core.raise(0, with_severity(at_instance(disk, "host-a"), Severity::Warning));
    let memory = finding("crm-hosts", "host-memory-low", Role::Cause, Impact::Slow);
    core.pass(3 * DAY - 1);
    let from = core.effects.len();
    core.raise(3 * DAY, with_severity(at_instance(memory, "host-b"), Severity::Warning));
    core.pass(3 * DAY + MINUTE);
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    assert_eq!(opened(core.since(from)), 1, "the second fault is told");
    for (n, text) in [(1, "CRM ошибка | ошибка при сохранении"), (2, "Тормозит CRM | долго")]
    {
        core.written(3 * DAY + HOUR, n, text);
        assert_ne!(core.case_of(&format!("ticket:{n}")).as_deref(), Some("PRB-000001"), "{text}");
    }
}

/// A1: of one instance, too, what begins a week later is another fault.
#[test]
fn what_begins_a_week_later_is_told() {
    let mut core = Core::new();
    let index = finding("crm-db", "pg-invalid-index", Role::Cause, Impact::Unfelt);
    core.raise(0, with_severity(index, Severity::Warning));
    core.raise(7 * DAY, finding("crm-db", "pg-archive-failing", Role::Cause, Impact::Unfelt));
    core.raise(14 * DAY, finding("crm-db", "pg-standby-gone", Role::Symptom, Impact::Unfelt));
    core.pass(14 * DAY + MINUTE);
    assert_eq!(core.live().len(), 3);
    assert_eq!(opened(&core.effects), 3);
}

/// A2: tickets all day do not become one chain, and one finding does not swallow the day.
#[test]
fn a_finding_takes_the_tickets_that_fit_it_and_leaves_the_day_behind() {
    let mut core = Core::new();
    for n in 0..25_u32 {
        let at = i64::from(n) * 20 * MINUTE;
        core.written(at, u64::from(n), "CRM ошибка | ошибка при сохранении заявки");
    }
    let last = 24 * 20 * MINUTE;
    let kept = core.state.correlate().clusters().map(|c| c.members().len()).max().unwrap();
    assert!(kept <= 6, "a group of tickets has a horizon: {kept}");
    let app = finding("crm-app", "crm-errors", Role::Symptom, Impact::Errors);
    core.raise(last + MINUTE, app);
    let case = core.case("PRB-000001");
    assert!(case.tickets <= 2, "of the day's tickets only the latest fit: {}", case.tickets);
    assert!(case.opened_at.0 >= START + last, "it began when the fault did");
}

/// A6: a symptom with two possible causes merges nothing.
#[test]
fn a_symptom_never_makes_two_causes_one() {
    let mut core = Core::new();
    let io = finding("crm-hosts", "host-io-pressure", Role::Cause, Impact::Slow);
    core.raise(0, with_severity(io, Severity::Warning));
    core.raise(10 * SECOND, with_severity(lock_chain(), Severity::Critical));
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    core.pass(2 * MINUTE);
    let symptom = finding("crm-search", "es-search-slow", Role::Symptom, Impact::Slow);
    core.raise(2 * MINUTE, symptom.clone());
    assert_eq!(core.live(), ["PRB-000001", "PRB-000002"]);
    let joined = core.case_of(&symptom.key).unwrap();
    let also = core.state.correlate().why_unassigned(&symptom.key);
    let also = also.and_then(|reason| reason.nearest.as_ref()).map(|near| near.case.to_string());
    assert!(also.is_some_and(|also| also != joined), "the other is named as possible");
}

/// And a second cause joins the first one through no symptom of it, in whatever order they come.
#[test]
fn what_is_felt_of_one_cause_does_not_bring_in_another() {
    let slow = finding("crm-app", "app-slow", Role::Symptom, Impact::Slow);
    let queue = finding("eip", "eip-worker-stopped", Role::Cause, Impact::Slow);
    for order in [[lock_chain(), slow.clone(), queue.clone()], [queue, slow.clone(), lock_chain()]]
    {
        let mut core = Core::new();
        for (at, one) in [0, 20 * SECOND, 40 * SECOND].into_iter().zip(order.clone()) {
            core.raise(at, one);
        }
        let homes = order.map(|one| core.case_of(&one.key));
        assert!(homes[0] != homes[2], "two causes are two Problems: {homes:?}");
        assert!(homes[1] == homes[0], "the symptom is of the one that was there: {homes:?}");
    }
}

/// D: order decides nothing between what is felt and what is not.
#[test]
fn slow_then_unfelt_is_as_unfelt_then_slow() {
    let slow = finding("crm-db", "slow", Role::Symptom, Impact::Slow);
    let unfelt = finding("crm-db", "wal-grows", Role::Symptom, Impact::Unfelt);
    let live = |first: &crate::model::Finding, second: &crate::model::Finding| {
        let mut core = Core::new();
        core.raise(0, first.clone());
        core.raise(SECOND, second.clone());
        core.live().len()
    };
    assert_eq!(live(&slow, &unfelt), live(&unfelt, &slow));
}

/// D: who does not say what is felt joins no fault that nobody feels.
#[test]
fn a_vague_ticket_joins_no_fault_that_nobody_feels() {
    let mut core = Core::new();
    core.raise(0, finding("crm-search", "es-yellow", Role::Cause, Impact::Unfelt));
    core.written(MINUTE, 1, "Поиск в CRM | посмотрите, пожалуйста");
    assert_eq!(core.case_of("ticket:1"), None);
}

/// Must show 4: a ticket that names no system is offered, not joined, and not told to be dropped.
#[test]
fn a_ticket_without_a_system_is_offered_to_people() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.written(MINUTE, 1, "Всё медленно | жду по две минуты");
    assert_eq!(core.case_of("ticket:1"), None);
    let detail = core.state.detail(id("PRB-000001")).unwrap();
    assert_eq!(detail.candidates.len(), 1);
    core.pass(10 * MINUTE);
    assert!(joins(&core.effects).is_empty());
}

/// Users are often faster than monitoring: the Problem that opens after their tickets is offered them.
#[test]
fn a_problem_that_opens_later_is_offered_what_named_no_system() {
    let mut core = Core::new();
    core.written(0, 1, "Всё медленно | жду по две минуты");
    core.written(SECOND, 2, "Принтер не печатает | зажевало бумагу");
    core.raise(2 * MINUTE, lock_chain());
    let offered: Vec<String> = core
        .state
        .detail(id("PRB-000001"))
        .unwrap()
        .candidates
        .into_iter()
        .map(|candidate| candidate.signal)
        .collect();
    assert_eq!(offered, ["ticket:1"]);
    assert_eq!(core.case_of("ticket:1"), None, "people decide");
}

#[test]
fn a_finding_joins_the_tickets_that_came_before_it() {
    let mut core = Core::new();
    for n in 0..10_u64 {
        let text = SLOW[usize::try_from(n % 2).unwrap() * 2];
        core.written(i64::try_from(n).unwrap() * SECOND, n, text);
    }
    assert_eq!(core.live(), ["MI-000001"], "so many at once are a mass incident by themselves");
    core.raise(12 * SECOND, lock_chain());
    assert_eq!(core.live(), ["MI-000001", "PRB-000001"]);
    let case = core.case("PRB-000001");
    assert_eq!((case.findings, case.tickets), (1, 10));
    assert_eq!(case.cause.unwrap().0, "crm-db");
    core.pass(5 * MINUTE);
    assert_eq!(opened(&core.effects), 1, "one fault, one ticket");
}

#[test]
fn a_ticket_that_says_something_else_now_finds_its_place_again() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    let mut written = ticket(7, "Проблема | ", MINUTE);
    core.ticket(MINUTE, written.clone());
    assert_eq!(core.case_of("ticket:7"), None);
    written.text = "CRM тормозит, каждая страница открывается по две минуты".into();
    core.ticket(2 * MINUTE, written);
    assert_eq!(core.case_of("ticket:7").as_deref(), Some("PRB-000001"));
}

/// B7: tickets are judged by when they were written, whenever they are read.
#[test]
fn a_late_ticket_is_judged_by_when_it_was_written() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.clear(10 * MINUTE, lock_chain());
    core.pass(12 * MINUTE);
    assert_eq!(core.case("PRB-000001").state.as_str(), "resolved");
    // Written while it lasted, read eleven minutes after the end.
    core.ticket(21 * MINUTE, ticket(1, SLOW[0], 5 * MINUTE));
    assert_eq!(core.case_of("ticket:1").as_deref(), Some("PRB-000001"));
    // Closed by line 1 before it was read: it still counts as evidence.
    let mut closed = ticket(2, SLOW[3], 6 * MINUTE);
    closed.state_type = "closed".into();
    core.ticket(21 * MINUTE, closed);
    assert_eq!(core.case("PRB-000001").tickets, 2);
}

#[test]
fn a_foreign_alert_lives_like_a_finding() {
    let mut core = Core::new();
    let event = |at: i64, ended: Option<i64>| {
        crate::fold::Event::Alert(Box::new(alert("EipDown", "eip", at, ended)))
    };
    core.event(0, event(0, None));
    assert_eq!(core.live(), ["PRB-000001"]);
    // Repeated while it fires: it lasts.
    for n in 1..8 {
        core.event(n * 4 * MINUTE, event(n * 4 * MINUTE, None));
    }
    assert_eq!(core.live(), ["PRB-000001"]);
    core.event(29 * MINUTE, event(0, Some(29 * MINUTE)));
    core.pass(31 * MINUTE);
    assert_eq!(core.case("PRB-000001").state.as_str(), "resolved");
    // One that nobody repeats is over by itself.
    core.event(
        60 * MINUTE,
        crate::fold::Event::Alert(Box::new(alert("SsoDown", "sso", 60 * MINUTE, None))),
    );
    assert_eq!(core.live(), ["PRB-000002"]);
    core.pass(67 * MINUTE);
    assert_eq!(core.case("PRB-000002").state.as_str(), "resolved");
}

#[test]
fn the_state_survives_being_written_and_read() {
    let mut core = Core::new();
    core.raise(0, lock_chain());
    core.written(MINUTE, 7, SLOW[0]);
    let saved = serde_json::to_vec(&core.state).unwrap();
    let mut restored: crate::fold::State = serde_json::from_slice(&saved).unwrap();
    restored.revive();
    let written = ticket(8, SLOW[1], MINUTE);
    let mut over = lock_chain();
    over.state = FindingState::Cleared;
    over.at = crate::model::Time(START + 3 * MINUTE);
    for (at, event) in [
        (2 * MINUTE, crate::fold::Event::Ticket(Box::new(written))),
        (3 * MINUTE, crate::fold::Event::Finding(Box::new(over))),
    ] {
        core.is_delivering = false;
        let at = crate::model::Time(START + at);
        restored.step(at, &event, &core.catalogue);
        core.state.step(at, &event, &core.catalogue);
    }
    assert_eq!(serde_json::to_vec(&core.state).unwrap(), serde_json::to_vec(&restored).unwrap());
    core.state = crate::fold::State::default();
    core.state = restored;
    std::mem::forget(core);
}

/// A base and a bus, each with callers of its own; two that need the bus call what needs the base as well.
fn two_roots() -> Vec<System> {
    let graph: [(&str, &[&str]); 10] = [
        ("base", &[]),
        ("bus", &[]),
        ("base-1", &["base"]),
        ("base-2", &["base"]),
        ("base-3", &["base"]),
        ("base-4", &["base"]),
        ("bus-1", &["bus", "base-1"]),
        ("bus-2", &["bus", "base-2"]),
        ("bus-3", &["bus"]),
        ("bus-4", &["bus"]),
    ];
    let system = |(key, needs): (&str, &[&str])| System {
        key: key.into(),
        name: Text::same(key),
        short: Text::same(key),
        depends_on: needs.iter().map(|need| (*need).into()).collect(),
        ..System::default()
    };
    graph.into_iter().map(system).collect()
}

/// A storm of the base, and within it one of the bus that is heard last itself: the first that is felt of it looks like the
/// base's doing.
fn two_storms(core: &mut Core) {
    let slow = |system: &str| finding(system, "slow", Role::Symptom, Impact::Slow);
    let broken = |system: &str| finding(system, "broken", Role::Cause, Impact::Slow);
    core.raise(12 * SECOND, broken("base"));
    let felt = [
        ("base-1", 38),
        ("base-2", 45),
        ("base-3", 52),
        ("base-4", 60),
        ("bus-1", 170),
        ("bus-2", 176),
        ("bus-3", 181),
        ("bus-4", 190),
    ];
    for (system, at) in felt {
        core.raise(at * SECOND, slow(system));
    }
    core.raise(192 * SECOND, broken("bus"));
}

/// Which case each of some systems is in.
fn cases(core: &Core, systems: &[&str]) -> Vec<Option<String>> {
    let of = systems.iter().map(|system| {
        let signals = core.state.correlate().signals();
        let mut here = signals.filter(|(_, signal)| signal.system() == *system);
        here.next().and_then(|(_, signal)| core.case_of(&signal.id))
    });
    let mut all: Vec<Option<String>> = of.collect();
    all.dedup();
    all
}

const OF_BASE: [&str; 5] = ["base", "base-1", "base-2", "base-3", "base-4"];
const OF_BUS: [&str; 5] = ["bus", "bus-1", "bus-2", "bus-3", "bus-4"];

/// What overlaps is put where it fits as it comes, and told apart once more is known: each fault is one case with its own
/// cause, and what was moved says why.
#[test]
fn two_storms_that_overlap_are_told_apart() {
    let mut core = Core::with(Settings { systems: two_roots(), ..settings() });
    two_storms(&mut core);
    let before = (cases(&core, &OF_BASE), cases(&core, &OF_BUS));
    core.pass(6 * MINUTE);
    let (base, bus) = (cases(&core, &OF_BASE), cases(&core, &OF_BUS));
    assert!(base.len() == 1 && bus.len() == 1 && base != bus, "{base:?} {bus:?}, {before:?}");
    assert_ne!((base.clone(), bus.clone()), before, "it was so from the beginning");
    let cause = |case: &Option<String>| core.case(case.as_deref().unwrap()).cause.unwrap().0;
    assert_eq!((cause(&base[0]), cause(&bus[0])), ("base".to_owned(), "bus".to_owned()));
    let clusters = core.state.correlate().clusters();
    let mut moved = clusters.flat_map(|cluster| cluster.members().values());
    let told = moved.find_map(|membership| match &membership.why {
        Why::Fault { value, .. } => Some((*value > 0.0, membership.why.reasons().len())),
        _ => None,
    });
    assert_eq!(told, Some((true, 1)));
    let history = core.state.cases().history(id("PRB-000001")).iter();
    let mut lines =
        history.map(|line| core.catalogue.both(&line.message, core.state.correlate().topology()));
    assert!(
        lines.any(|line| line.en.as_ref()
            == "Went to PRB-000002: 2 findings, the cause is more likely there")
    );
}

/// What a person has confirmed is not judged again.
#[test]
fn what_is_confirmed_is_not_told_apart() {
    let mut core = Core::with(Settings { systems: two_roots(), ..settings() });
    two_storms(&mut core);
    let before = (cases(&core, &OF_BASE), cases(&core, &OF_BUS));
    core.act(193 * SECOND, "PRB-000001", Verb::Confirm);
    core.pass(6 * MINUTE);
    assert_eq!((cases(&core, &OF_BASE), cases(&core, &OF_BUS)), before);
}

/// Nor is anything where judging is switched off.
#[test]
fn judging_can_be_switched_off() {
    let mut settings = Settings { systems: two_roots(), ..settings() };
    settings.grouping.judge_together = false;
    let mut core = Core::with(settings);
    two_storms(&mut core);
    let before = (cases(&core, &OF_BASE), cases(&core, &OF_BUS));
    core.pass(6 * MINUTE);
    assert_eq!((cases(&core, &OF_BASE), cases(&core, &OF_BUS)), before);
}

/// Rules wait before they speak: what is felt of a fault minutes after its cause was seen is no fault of its own.
#[test]
fn symptoms_that_come_late_stay_with_their_cause() {
    for late in [0, 60, 120, 150, 180] {
        let mut core = Core::new();
        core.raise(0, lock_chain());
        for (system, after) in
            [("crm-app", 0), ("crm-web", 10), ("script-manager", 20), ("cti", 35)]
        {
            let felt = finding(system, "slow", Role::Symptom, Impact::Slow);
            core.raise((40 + late + after) * SECOND, felt);
        }
        core.pass(8 * MINUTE);
        assert_eq!(core.live(), ["PRB-000001"], "{late} s late");
    }
}
