//! A storm of findings on a large graph, for the benches that fill a state with it.

use std::collections::BTreeMap;
use std::hint::black_box;

use vakhta::fold::{Event, Settings, State};
use vakhta::i18n::Catalogue;
use vakhta::model::{Finding, FindingState, Impact, Role, Severity, Text, Time};
use vakhta::topology::System;

const START: i64 = 1_790_000_000_000;

/// Each system needs three others of a lower number: a graph without cycles, with hubs.
fn systems(count: u64) -> Vec<System> {
    (0..count)
        .map(|n| System {
            key: format!("s{n:05}"),
            depends_on: (1..=3_u64)
                .filter(|_| n > 10)
                .map(|k| format!("s{:05}", mix(n * 7 + k) % n))
                .collect(),
            ..System::default()
        })
        .collect()
}

/// A fixed sequence that looks random (SplitMix64), so that every run measures the same.
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A finding, and when it comes: one in twenty milliseconds.
pub(crate) fn finding(n: u64, systems: u64) -> (Time, Event) {
    let at = Time(START + i64::try_from(n).unwrap() * 20);
    let system = format!("s{:05}", mix(n) % systems);
    let finding = Finding {
        key: format!("bench/rule-{n}"),
        rule: format!("rule-{}", mix(n + 1) % 40),
        object: format!("{system}-{}", n % 3),
        system,
        labels: BTreeMap::new(),
        severity: Severity::Warning,
        state: FindingState::Raised,
        score: 1.0,
        role: if n.is_multiple_of(4) { Role::Cause } else { Role::Symptom },
        spreads: true,
        impact: Impact::Slow,
        blind: false,
        title: Text::new("медленно", "slow"),
        advice: Text::default(),
        runbook: String::new(),
        evidence: Vec::new(),
        expr: String::new(),
        since: at,
        at,
    };
    (at, Event::Finding(Box::new(finding)))
}

/// One step as the engine makes it: a tick when something is due, then the event.
pub(crate) fn step(state: &mut State, catalogue: &Catalogue, (at, event): &(Time, Event)) {
    if state.next_timer().is_some_and(|due| due <= *at) {
        state.step(*at, &Event::Tick, catalogue);
    }
    black_box(state.step(*at, event, catalogue));
}

/// A state with `active` findings that are on.
pub(crate) fn filled(active: u64, count: u64, catalogue: &Catalogue) -> State {
    let mut state = State::default();
    let settings = Settings { systems: systems(count), ..Settings::default() };
    state.step(Time(START), &Event::Configured(Box::new(settings)), catalogue);
    for n in 0..active {
        step(&mut state, catalogue, &finding(n, count));
    }
    state
}
