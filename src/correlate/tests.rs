//! The grouping as a whole: what must become one Problem, what must not, and that order and
//! replay do not matter.

use super::*;
use crate::config::{Diagnostics, parse};
use crate::model::{FindingState, Impact, ProblemState, Role, Severity, Text};
use crate::topology::SHIPPED;

fn shipped() -> Vec<System> {
    let mut errors = Diagnostics::default();
    let node = parse("shipped.yaml", SHIPPED, &mut errors).unwrap();
    let topology = Topology::decode(&node, &mut errors);
    let found = errors.into_sorted();
    assert!(found.is_empty(), "{}", found[0]);
    topology.systems().to_vec()
}

fn state() -> State {
    let mut state = State::default();
    state.configure(shipped(), Grouping::default(), Lifecycle::default());
    state
}

fn finding(system: &str, rule: &str, role: Role, impact: Impact, at: i64) -> Finding {
    Finding {
        key: format!("test/{rule}{{system={system:?}}}"),
        rule: rule.into(),
        system: system.into(),
        object: system.into(),
        labels: BTreeMap::new(),
        severity: Severity::High,
        state: FindingState::Raised,
        score: 1.0,
        role,
        spreads: impact != Impact::Unfelt,
        impact,
        title: Text::new(rule, rule),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: Time(at),
        at: Time(at),
    }
}

fn cleared(mut finding: Finding, at: i64) -> Finding {
    finding.state = FindingState::Cleared;
    finding.at = Time(at);
    finding
}

fn ticket(id: u64, text: &str, at: i64) -> Ticket {
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
        created: Time(at),
        changed: Time(at),
    }
}

const SECOND: i64 = 1000;
const MINUTE: i64 = 60_000;
const START: i64 = 1_790_000_000_000;

fn lock_chain() -> Finding {
    finding("crm-db", "pg-lock-wait", Role::Cause, Impact::Slow, START)
}

#[test]
fn tickets_about_what_the_fault_causes_join_and_others_do_not() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let slow = [
        "Тормозит CRM | каждая страница открывается по две минуты",
        "црм еле работает | жду ответа на любое действие очень долго",
        "Поиск клиента висит | ищу по номеру договора, крутится и не находит долго",
        "Медленно грузится карточка клиента | всё зависает",
        "Долго сохраняется заявка в CRM | ожидание больше минуты",
        "Система очень медленная | невозможно работать, всё тормозит",
    ];
    let other = [
        "Принтер не печатает | зажевало бумагу на втором этаже",
        "Не приходит СМС с кодом | абонент ждёт код входа в личный кабинет",
        "Мышь не работает | нужна замена",
        "Роутер не списывается со склада | серийный номер не находит",
        "Монитор мигает | второй день",
    ];
    let requests =
        ["Прошу предоставить доступ в CRM | новому сотруднику", "Сбросить пароль | забыл"];
    for (n, text) in slow.iter().enumerate() {
        let n = u64::try_from(n).unwrap();
        state.ticket(Time(START + MINUTE), &ticket(n, text, START + MINUTE));
        let joined = state.group_of(&format!("ticket:{n}")).and_then(Group::problem_id);
        assert_eq!(joined, Some("PRB-000001"), "{text}");
    }
    for (n, text) in other.iter().enumerate() {
        let n = u64::try_from(n).unwrap() + 100;
        state.ticket(Time(START + MINUTE), &ticket(n, text, START + MINUTE));
        let joined = state.group_of(&format!("ticket:{n}")).and_then(Group::problem_id);
        assert_eq!(joined, None, "{text}");
    }
    for (n, text) in requests.iter().enumerate() {
        let n = u64::try_from(n).unwrap() + 200;
        state.ticket(Time(START + MINUTE), &ticket(n, text, START + MINUTE));
        assert!(state.group_of(&format!("ticket:{n}")).is_none(), "{text}");
    }
    let problem = state.problem("PRB-000001").unwrap();
    assert_eq!(problem.causes()[0].system, "crm-db");
    assert!(problem.causes()[0].probability > 0.5);
}

#[test]
fn a_database_fault_with_three_symptoms_is_one_problem_in_any_order() {
    let events = [
        lock_chain(),
        finding("script-manager", "slow", Role::Symptom, Impact::Slow, START + 5 * SECOND),
        finding("crm-search", "slow", Role::Symptom, Impact::Slow, START + 7 * SECOND),
        finding("wfm", "slow", Role::Symptom, Impact::Slow, START + 9 * SECOND),
    ];
    for first in 0..events.len() {
        let mut state = state();
        for n in 0..events.len() {
            let event = &events[(first + n) % events.len()];
            state.finding(Time(START + 10 * SECOND), event);
        }
        assert_eq!(state.problems().count(), 1, "beginning with {first}");
        let problem = state.problems().next().unwrap();
        assert_eq!(problem.causes()[0].system, "crm-db", "beginning with {first}");
        assert_eq!(problem.sites().len(), 4);
    }
}

#[test]
fn two_faults_far_apart_are_two_problems() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let other = finding("sms-gateway", "down", Role::Cause, Impact::Down, START);
    state.finding(Time(START), &other);
    assert_eq!(state.problems().count(), 2);
}

#[test]
fn a_finding_joins_the_tickets_that_came_before_it() {
    let mut state = state();
    for n in 0..10 {
        let texts = [
            "Тормозит CRM | Каждая страница открывается по две минуты",
            "Поиск клиента висит | крутится и ничего не показывает больше минуты",
        ];
        let text = texts[usize::try_from(n % 2).unwrap()];
        let at = START + n * 1000;
        state.ticket(Time(at), &ticket(u64::try_from(n).unwrap(), text, at));
    }
    let before = state.problems().count();
    assert_eq!(before, 1, "so many at once are a Problem by themselves");
    state.finding(Time(START + 12_000), &lock_chain());
    assert_eq!(state.problems().count(), 1);
    let problem = state.problems().next().unwrap();
    assert_eq!(problem.counts().2, 1);
    assert_eq!(problem.causes()[0].system, "crm-db");
}

#[test]
fn two_causes_side_by_side_stay_apart() {
    let mut state = state();
    let node = finding("crm-search", "es-node-gone", Role::Cause, Impact::Unfelt, START);
    let replica = finding("crm-db", "pg-standby-gone", Role::Cause, Impact::Unfelt, START);
    let disk = finding("crm-hosts", "disk-fills", Role::Cause, Impact::Unfelt, START);
    for one in [&node, &replica, &disk] {
        state.finding(Time(START), one);
    }
    assert_eq!(state.problems().count(), 3);
}

#[test]
fn a_problem_is_resolved_closed_and_reopened_by_its_own_finding_only() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    state.finding(Time(START + MINUTE), &cleared(lock_chain(), START + MINUTE));
    let at = |state: &mut State, minutes: i64| {
        let now = Time(START + minutes * MINUTE);
        while state.next_timer().is_some_and(|due| due <= now) {
            let due = state.next_timer().unwrap();
            state.tick(due);
        }
    };
    at(&mut state, 3);
    assert_eq!(state.problem("PRB-000001").unwrap().state(), ProblemState::Resolved);
    // Something else at the same place is a Problem of its own.
    let other = finding("crm-db", "pg-disk", Role::Cause, Impact::Unfelt, START + 4 * MINUTE);
    state.finding(Time(START + 4 * MINUTE), &other);
    assert_eq!(state.problems().count(), 2);
    state.finding(Time(START + 5 * MINUTE), &lock_chain());
    let problem = state.problem("PRB-000001").unwrap();
    assert_eq!((problem.state(), problem.reopened()), (ProblemState::Open, 1));
    state.finding(Time(START + 6 * MINUTE), &cleared(lock_chain(), START + 6 * MINUTE));
    at(&mut state, 30);
    assert!(state.problem("PRB-000001").is_none());
    assert_eq!(state.take_finished().len(), 1);
    // After that the same finding is a new Problem.
    state.finding(Time(START + 31 * MINUTE), &lock_chain());
    assert!(state.problem("PRB-000003").is_some());
}

#[test]
fn a_persons_resolution_holds_while_the_finding_goes_on() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    state.resolve(Time(START + MINUTE), "PRB-000001", "Иванова", "сессия снята").unwrap();
    while let Some(due) = state.next_timer() {
        state.tick(due);
    }
    assert_eq!(state.problems().count(), 0);
    // The detector still says it: no new Problem, until it was over once.
    let mut again = lock_chain();
    again.state = FindingState::Updated;
    state.finding(Time(START + 60 * MINUTE), &again);
    assert_eq!(state.problems().count(), 0);
    state.finding(Time(START + 61 * MINUTE), &cleared(lock_chain(), START + 61 * MINUTE));
    state.finding(Time(START + 62 * MINUTE), &lock_chain());
    assert_eq!(state.problems().count(), 1);
}

#[test]
fn what_a_person_resolved_is_open_again_when_it_was_over_and_returns() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    state.resolve(Time(START + MINUTE), "PRB-000001", "Иванова", "").unwrap();
    let over = START + 2 * MINUTE;
    state.finding(Time(over), &cleared(lock_chain(), over));
    state.finding(Time(over + MINUTE), &lock_chain());
    let problem = state.problem("PRB-000001").unwrap();
    assert_eq!((problem.state(), problem.reopened()), (ProblemState::Open, 1));
    assert_eq!(problem.resolved_by(), None);
}

#[test]
fn a_person_who_is_ahead_of_the_engine_silences_nothing() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    // It is over; before the engine calls it resolved a person does.
    state.finding(Time(START + MINUTE), &cleared(lock_chain(), START + MINUTE));
    state.resolve(Time(START + MINUTE + SECOND), "PRB-000001", "Иванова", "").unwrap();
    state.finding(Time(START + 2 * MINUTE), &lock_chain());
    assert_eq!(state.problem("PRB-000001").unwrap().state(), ProblemState::Open);
}

#[test]
fn a_ticket_that_turns_out_to_be_a_request_counts_no_more() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let mut written = ticket(7, "Тормозит CRM | долго открываются страницы", START + MINUTE);
    state.ticket(Time(START + MINUTE), &written);
    assert_eq!(state.problem("PRB-000001").unwrap().counts(), (1, 1, 1));
    written.class = TicketClass::Request;
    state.ticket(Time(START + 2 * MINUTE), &written);
    let problem = state.problem("PRB-000001").unwrap();
    assert_eq!(problem.counts(), (0, 0, 1));
    assert!(problem.members()[1].ended.is_some(), "it stays on the list, struck out");
    assert!(state.silence("ticket:7").is_some());
    // And it may turn back.
    written.class = TicketClass::Incident;
    state.ticket(Time(START + 3 * MINUTE), &written);
    assert_eq!(state.problem("PRB-000001").unwrap().counts(), (1, 1, 1));
}

#[test]
fn a_ticket_that_says_something_else_now_finds_its_place_anew() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let mut written = ticket(7, "Проблема | ", START + MINUTE);
    state.ticket(Time(START + MINUTE), &written);
    assert_eq!(state.group_of("ticket:7").and_then(Group::problem_id), None);
    written.text = "CRM тормозит, каждая страница открывается по две минуты".into();
    state.ticket(Time(START + 2 * MINUTE), &written);
    assert_eq!(state.group_of("ticket:7").and_then(Group::problem_id), Some("PRB-000001"));
}

#[test]
fn a_backlog_read_at_once_is_no_mass() {
    let text = "Не открывается WFM | не могу зайти в WFM, сервис недоступен";
    // A day's tickets, one an hour, read within a minute after an outage.
    let mut backlog = state();
    for n in 0..12_i64 {
        let written = START + n * 60 * MINUTE;
        let read = START + 720 * MINUTE + n * SECOND;
        backlog.ticket(Time(read), &ticket(u64::try_from(n).unwrap(), text, written));
    }
    assert_eq!(backlog.problems().count(), 0);
    // One user's ten tickets are one user.
    let mut insistent = state();
    for n in 0..10_i64 {
        let at = START + n * SECOND;
        let mut written = ticket(u64::try_from(n).unwrap(), text, at);
        written.user = "u1".into();
        insistent.ticket(Time(at), &written);
    }
    assert_eq!(insistent.problems().count(), 0);
}

#[test]
fn a_ticket_of_a_closed_problem_is_not_new_when_an_agent_touches_it() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let written = ticket(7, "Тормозит CRM | долго открываются страницы", START + MINUTE);
    state.ticket(Time(START + MINUTE), &written);
    state.finding(Time(START + 2 * MINUTE), &cleared(lock_chain(), START + 2 * MINUTE));
    while let Some(due) = state.next_timer() {
        state.tick(due);
    }
    assert_eq!(state.problems().count(), 0);
    state.ticket(Time(START + 90 * MINUTE), &written);
    assert!(state.group_of("ticket:7").is_none());
}

#[test]
fn what_a_person_put_aside_comes_back_when_it_gets_worse() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    state.resolve(Time(START + MINUTE), "PRB-000001", "Иванова", "сессия снята").unwrap();
    while let Some(due) = state.next_timer() {
        state.tick(due);
    }
    let mut worse = lock_chain();
    worse.state = FindingState::Updated;
    worse.severity = Severity::Critical;
    state.finding(Time(START + 60 * MINUTE), &worse);
    assert_eq!(state.problems().count(), 1);
}

#[test]
fn a_note_for_the_record_keeps_no_problem_open() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    let mut note = finding("crm-db", "restarted", Role::Cause, Impact::Unfelt, START);
    note.severity = Severity::Info;
    state.finding(Time(START + 1), &note);
    assert_eq!(state.group_of(&note.key).and_then(Group::problem_id), Some("PRB-000001"));
    state.finding(Time(START + MINUTE), &cleared(lock_chain(), START + MINUTE));
    while let Some(due) = state.next_timer() {
        state.tick(due);
    }
    assert_eq!(state.problems().count(), 0, "the note is still on, the Problem is over");
    // It goes on, then turns serious.
    note.state = FindingState::Updated;
    state.finding(Time(START + 90 * MINUTE), &note);
    assert_eq!(state.problems().count(), 0);
    note.severity = Severity::High;
    state.finding(Time(START + 91 * MINUTE), &note);
    assert_eq!(state.problems().count(), 1);
}

#[test]
fn many_tickets_alone_make_a_problem_and_few_do_not() {
    let mut state = state();
    for n in 0..12 {
        let text = "Не открывается WFM | не могу зайти в WFM, сервис недоступен";
        state.ticket(
            Time(START + n * MINUTE),
            &ticket(u64::try_from(n).unwrap(), text, START + n * MINUTE),
        );
        let expected = usize::from(n >= 5);
        if !(4..=8).contains(&n) {
            assert_eq!(state.problems().count(), expected, "after {n} tickets");
        }
    }
    assert_eq!(state.problems().next().unwrap().causes()[0].system, "wfm");
}

#[test]
fn the_state_survives_being_written_and_read() {
    let mut state = state();
    state.finding(Time(START), &lock_chain());
    state.ticket(Time(START + MINUTE), &ticket(7, "Тормозит CRM | долго", START + MINUTE));
    let saved = serde_json::to_vec(&state).unwrap();
    let mut restored: State = serde_json::from_slice(&saved).unwrap();
    restored.derive();
    for copy in [&mut state, &mut restored] {
        copy.ticket(
            Time(START + 2 * MINUTE),
            &ticket(8, "црм висит | очень медленно", START + MINUTE),
        );
        copy.finding(Time(START + 3 * MINUTE), &cleared(lock_chain(), START + 3 * MINUTE));
    }
    assert_eq!(serde_json::to_vec(&state).unwrap(), serde_json::to_vec(&restored).unwrap());
}
