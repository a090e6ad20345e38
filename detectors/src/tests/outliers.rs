//! The outlier method on made-up series: five-minute points, weeks of them.

use crate::Severity::Warning;
use crate::outlier::{Config, Side, State};
use crate::{Ladder, Method, Status};

const STEP_MS: i64 = 300_000;
const DAY: usize = 288;

/// Even noise in -0.5…0.5 from a fixed linear congruence.
fn noise(seed: u32) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        f64::from(state >> 8) / f64::from(1_u32 << 24) - 0.5
    }
}

/// A day's wave with noise; `change` may bend it.
fn wave(days: usize, seed: u32, change: impl Fn(usize, f64) -> f64) -> Vec<f64> {
    let mut noise = noise(seed);
    let value = |place: usize| {
        let turn = u32::try_from(place % DAY).unwrap();
        50.0 + 20.0 * (f64::from(turn) / 288.0 * std::f64::consts::TAU).sin()
    };
    (0..days * DAY).map(|place| change(place, value(place) + 4.0 * noise())).collect()
}

/// The places of the alarms, and the level at each place.
fn score(config: &Config, series: &[f64]) -> (Vec<usize>, Vec<f64>) {
    config.check().unwrap();
    let mut state = State::default();
    let mut alarms = Vec::new();
    let mut levels = Vec::new();
    for (place, value) in series.iter().enumerate() {
        let at_ms = i64::try_from(place).unwrap() * STEP_MS;
        let scored = state.score(config, at_ms, *value);
        assert!((0.0..=1.0).contains(&scored.score) && (0.0..=1.0).contains(&scored.level));
        if scored.alarm {
            alarms.push(place);
        }
        levels.push(scored.level);
    }
    (alarms, levels)
}

#[test]
fn a_usual_wave_raises_next_to_nothing() {
    let mut alarms = 0;
    for seed in 1..=20 {
        alarms += score(&Config::default(), &wave(28, seed, |_, value| value)).0.len();
    }
    assert!(alarms <= 2, "{alarms} alarms in 560 quiet days");
}

#[test]
fn spikes_shifts_and_a_flat_line_are_told_at_once_and_once() {
    let start = 21 * DAY + 40;
    let during = |place: usize, length: usize| (start..start + length).contains(&place);
    for (name, length, series) in [
        ("spike", 1, wave(22, 7, |p, v| if during(p, 1) { v + 80.0 } else { v })),
        ("shift", DAY / 2, wave(22, 7, |p, v| if during(p, DAY / 2) { v + 60.0 } else { v })),
        ("down", DAY / 2, wave(22, 7, |p, v| if during(p, DAY / 2) { v - 60.0 } else { v })),
        ("flat at zero", DAY / 2, wave(22, 7, |p, v| if during(p, DAY / 2) { 0.0 } else { v })),
    ] {
        let (alarms, levels) = score(&Config::default(), &series);
        let told: Vec<usize> = alarms.iter().copied().filter(|p| *p >= start).collect();
        assert!(!told.is_empty() && told[0] < start + 6, "{name}: {told:?}");
        assert!(told.len() <= 3, "{name}: {told:?}");
        let end = start + length - 1;
        assert!(levels[end] > 0.95 && levels[start - 1] < 0.95, "{name}: {}", levels[end]);
    }
}

#[test]
fn a_constant_series_may_change_once() {
    let mut series = vec![5.0; 10 * DAY];
    assert_eq!(score(&Config::default(), &series).0, Vec::<usize>::new());
    series[9 * DAY] = 6.0;
    assert_eq!(score(&Config::default(), &series).0.first(), Some(&(9 * DAY)));
}

#[test]
fn side_and_least_change_are_kept() {
    let start = 21 * DAY;
    let drop = wave(22, 3, |place, value| if place >= start { value - 60.0 } else { value });
    let after = |config: &Config| score(config, &drop).0.iter().any(|place| *place >= start);
    assert!(after(&Config { direction: Side::Below, ..Config::default() }));
    assert!(!after(&Config { direction: Side::Above, ..Config::default() }));
    assert!(!after(&Config { min_change: 1000.0, ..Config::default() }));
}

#[test]
fn a_wild_value_does_not_blind() {
    let (first, second) = (12 * DAY, 24 * DAY);
    let series = wave(26, 5, |place, value| match place {
        _ if place == first => 1e18,
        _ if place >= second => value + 80.0,
        _ => value,
    });
    let alarms = score(&Config::default(), &series).0;
    assert!(alarms.contains(&first), "{alarms:?}");
    assert!(alarms.iter().any(|place| (second..second + 6).contains(place)), "{alarms:?}");
}

#[test]
fn the_state_is_up_while_it_lasts_and_then_clears() {
    let raise = Ladder::single(Warning, 0.99);
    let method = Method::Outlier(Config { raise, hold_ms: STEP_MS, ..Config::default() });
    let (start, end) = (21 * DAY, 21 * DAY + 72);
    let series = wave(
        24,
        9,
        |place, value| {
            if (start..end).contains(&place) { value + 60.0 } else { value }
        },
    );
    let mut state = method.start();
    let mut abnormal = Vec::new();
    for (place, value) in series.iter().enumerate() {
        let verdict = method.step(&mut state, i64::try_from(place).unwrap() * STEP_MS, *value);
        if place == 0 {
            assert_eq!(verdict.status, Status::Warming);
        }
        if verdict.status == Status::Abnormal(Warning) && place >= start {
            abnormal.push(place);
        }
    }
    assert!(abnormal.first().is_some_and(|place| *place < start + 6), "{:?}", abnormal.first());
    assert!(abnormal.contains(&(end - 1)));
    assert!(!abnormal.contains(&(24 * DAY - 1)));
}
