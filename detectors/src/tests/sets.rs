//! Set change.

use std::collections::BTreeSet;

use crate::Severity;
use crate::set_change::{ChangeStatus, Config, State};

/// One word an evaluation, ten seconds apart: a letter a member, `-` for the empty set.
fn check(config: &Config, sets: &str, expected: &str) {
    config.check().unwrap();
    let mut state = State::default();
    let mut seen = Vec::new();
    for (at_s, set) in (0..).step_by(10).zip(sets.split_whitespace()) {
        let members: BTreeSet<String> =
            set.chars().filter(|c| *c != '-').map(String::from).collect();
        for change in config.step(&mut state, at_s * 1000, &members) {
            let sign = if change.status == ChangeStatus::Raised { '+' } else { '-' };
            seen.push(format!("{sign}{:?}:{}@{at_s}", change.kind, change.member));
        }
    }
    assert_eq!(seen.join(" "), expected, "{sets}");
}

#[test]
fn members_go_missing_come_back_and_turn_up() {
    let config = Config {
        learn_ms: 20_000,
        missing: Some((Severity::High, 0)),
        added: Some(Severity::Info),
        forget_ms: 60_000,
    };
    for (sets, expected) in [
        ("ab ab ab a ab", "+Missing:b@30 -Missing:b@40"),
        ("ab a ab ab ab", ""),
        ("ab ab a a a", ""),
        ("- - - - ab ab", ""),
        ("a a a - - - - - - - a", "+Missing:a@30 -Missing:a@90 +Added:a@100"),
        ("a a a ab ab ab ab a", "+Added:b@30 -Added:b@50 +Missing:b@70"),
        ("a a a ab a a", "+Added:b@30 -Added:b@40"),
    ] {
        check(&config, sets, expected);
    }
    let patient = Config { missing: Some((Severity::High, 20_000)), added: None, ..config };
    check(&patient, "ab ab ab a a ab a a a", "+Missing:b@80");
}

#[test]
fn active_lists_what_lasts_and_survives_saving() {
    let config =
        Config { learn_ms: 0, missing: Some((Severity::High, 0)), added: None, forget_ms: 60_000 };
    let mut state = State::default();
    let all: BTreeSet<String> = ["a", "b"].map(String::from).into();
    config.step(&mut state, 0, &all);
    config.step(&mut state, 10_000, &["a".to_owned()].into());
    let text = serde_json::to_string(&state).unwrap();
    let restored: State = serde_json::from_str(&text).unwrap();
    assert_eq!(restored, state);
    let active = restored.active();
    assert_eq!(active.len(), 1);
    assert_eq!((active[0].member.as_str(), active[0].since_ms), ("b", 10_000));
}
