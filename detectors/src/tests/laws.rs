//! Laws that hold for every method and every series.

use proptest::prelude::*;

use super::ladder;
use crate::Severity::{Critical, High, Warning};
use crate::forecast::Trend;
use crate::{
    Direction, Method, State, Status, Verdict, counter, forecast, freshness, no_data, outlier,
    threshold,
};

fn methods() -> Vec<Method> {
    let levels = ladder(&[(Warning, 3.0), (Critical, 10.0)]);
    vec![
        Method::Threshold(threshold::Config {
            hold_ms: 20_000,
            ..threshold::Config::new(Direction::Above, levels.clone())
        }),
        Method::Forecast(forecast::Config {
            limit: 100.0,
            direction: Trend::Up,
            time_left: ladder(&[(Warning, 600.0), (Critical, 60.0)]),
            long_ms: 600_000,
            short_ms: 60_000,
            min_history_ms: 30_000,
            only_past: None,
        }),
        Method::Outlier(outlier::Config { min_history_ms: 60_000, ..outlier::Config::default() }),
        Method::CounterIncrease(counter::Config {
            over_ms: 60_000,
            raise: levels.clone(),
            quiet_ms: 60_000,
        }),
        Method::Freshness(freshness::Config { max_age: levels }),
        Method::NoData(no_data::Config { after_ms: 30_000, severity: High }),
    ]
}

fn sane(verdict: &Verdict) {
    assert!((0.0..=1.0).contains(&verdict.score), "{verdict:?}");
    assert_eq!(verdict.since_ms.is_some(), matches!(verdict.status, Status::Abnormal(_)));
    for evidence in &verdict.evidence {
        assert!(evidence.value.is_finite(), "{verdict:?}");
        assert!(evidence.limit.is_none_or(f64::is_finite), "{verdict:?}");
    }
}

fn feed(method: &Method, state: &mut State, (at_ms, value): (i64, Option<f64>)) -> Verdict {
    let verdict = match value {
        Some(value) => method.step(state, at_ms, value),
        None => method.absent(state, at_ms),
    };
    sane(&verdict);
    verdict
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        10 => (0.0..12.0_f64).prop_map(Some),
        4 => Just(Some(5.0)),
        1 => Just(None),
        1 => any::<f64>().prop_map(Some),
    ]
}

/// Points with steps mostly forward, sometimes none, sometimes backwards or far ahead.
fn series() -> impl Strategy<Value = Vec<(i64, Option<f64>)>> {
    let step = prop_oneof![
        12 => Just(10_000_i64),
        2 => 0..30_000_i64,
        1 => Just(0),
        1 => -20_000..0_i64,
        1 => Just(-3_600_000),
        1 => Just(86_400_000),
    ];
    prop::collection::vec((step, value()), 0..200).prop_map(|steps| {
        let mut at_ms = 1_700_000_000_000;
        let place = |(step, value)| {
            at_ms += step;
            (at_ms, value)
        };
        steps.into_iter().map(place).collect()
    })
}

proptest! {
    #[test]
    fn restored_state_goes_on_the_same(points in series(), cut in 0..200_usize) {
        for method in methods() {
            let mut state = method.start();
            let cut = cut.min(points.len());
            for point in &points[..cut] {
                feed(&method, &mut state, *point);
            }
            let text = serde_json::to_string(&state).unwrap();
            prop_assert!(text.len() < 20_000, "{} bytes", text.len());
            let mut restored: State = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(&restored, &state);
            for point in &points[cut..] {
                let direct = feed(&method, &mut state, *point);
                prop_assert_eq!(direct, feed(&method, &mut restored, *point));
            }
        }
    }

    #[test]
    fn gaps_neither_raise_nor_clear(points in series(), gap in 1..50_usize) {
        for method in methods() {
            if matches!(method, Method::NoData(_)) {
                continue;
            }
            let mut state = method.start();
            let mut before = Status::Warming;
            let mut at_ms = 0;
            for point in &points {
                before = feed(&method, &mut state, *point).status;
                at_ms = point.0;
            }
            for _ in 0..gap {
                at_ms += 10_000;
                let unknown = if gap % 2 == 0 { None } else { Some(f64::NAN) };
                let now = feed(&method, &mut state, (at_ms, unknown)).status;
                match before {
                    Status::Abnormal(_) => prop_assert_eq!(now, before),
                    _ => prop_assert!(!matches!(now, Status::Abnormal(_))),
                }
            }
            let lasting = matches!(before, Status::Abnormal(_));
            let end = feed(&method, &mut state, (at_ms + 864_000_000, None)).status;
            prop_assert!(lasting || end == Status::Warming);
        }
    }

    #[test]
    fn points_that_are_not_newer_change_nothing(points in series(), late in value(), back in 0..9_000_i64) {
        for method in methods() {
            let mut state = method.start();
            for point in &points {
                feed(&method, &mut state, *point);
            }
            let Some((at_ms, Some(last))) = points.last().copied() else { return Ok(()) };
            if !last.is_finite() {
                return Ok(());
            }
            let before = state.clone();
            feed(&method, &mut state, (at_ms - back, late));
            prop_assert_eq!(&state, &before);
        }
    }

    #[test]
    fn foreign_state_is_replaced(points in series()) {
        for method in methods() {
            for other in methods() {
                let mut state = other.start();
                for point in points.iter().take(5) {
                    feed(&method, &mut state, *point);
                }
                if !points.is_empty() {
                    prop_assert_eq!(
                        std::mem::discriminant(&state),
                        std::mem::discriminant(&method.start())
                    );
                }
            }
        }
    }
}
