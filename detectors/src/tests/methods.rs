//! What each method says to small series.

use super::{check, ladder};
use crate::Severity::{Critical, High, Info, Warning};
use crate::forecast::Trend;
use crate::{Direction, Method, counter, forecast, freshness, no_data, threshold};

fn waiting() -> threshold::Config {
    threshold::Config {
        clear: Some(1.0),
        hold_ms: 20_000,
        clear_hold_ms: Some(40_000),
        ..threshold::Config::new(Direction::Above, ladder(&[(Warning, 3.0), (Critical, 10.0)]))
    }
}

#[test]
fn threshold_holds_escalates_and_steps_down() {
    let method = Method::Threshold(waiting());
    for (series, expected) in [
        ("0x5 5x5 0x10", "normal@0 warning@80(60) normal@160"),
        ("0 5 5 0x3", "normal@0"),
        ("0 3x4 2x9 1x9", "normal@0 warning@30(10) normal@200"),
        (
            "0 5x4 12x4 5x9 0x9",
            "normal@0 warning@30(10) critical@80(10) warning@150(10) normal@250",
        ),
        ("0 5x4 12 12 5x4 0x9", "normal@0 warning@30(10) normal@170"),
        // A gap neither raises nor clears, and its time does not count.
        ("0 5 _x9 5 5 5 0x9", "normal@0 warming@40 normal@120 warning@140(10) normal@190"),
        ("5x4 0 _x9 0x9", "normal@0 warning@20(0) normal@200"),
        ("5x4 _x99", "normal@0 warning@20(0)"),
        ("5 NaN 5 NaN 5 NaN 5", "normal@0 warming@10 normal@20"),
        ("_ _ 0", "warming@0 normal@20"),
    ] {
        check(&method, 10, series, expected);
    }
}

#[test]
fn threshold_without_hold_wants_a_second_good_point() {
    let free =
        threshold::Config::new(Direction::Below, ladder(&[(Warning, 10.0), (Critical, 5.0)]));
    check(
        &Method::Threshold(free),
        10,
        "20-4x4 20 20",
        "normal@0 warning@30 critical@40(30) normal@60",
    );
}

#[test]
fn counter_counts_inside_the_window_and_skips_resets() {
    let method = Method::CounterIncrease(counter::Config {
        over_ms: 300_000,
        raise: ladder(&[(Info, 1.0), (Warning, 5.0)]),
        quiet_ms: 600_000,
    });
    for (series, expected) in [
        ("7x20", "warming@0 normal@60"),
        ("7x3 8x30", "warming@0 normal@60 info@240 normal@840"),
        ("0x3 9x30", "warming@0 normal@60 warning@240 info@540(240) normal@840"),
        ("100x3 0x3 50 50 50", "warming@0 normal@60 warning@480"),
        ("100x3 0x9", "warming@0 normal@60"),
        ("0x3 _x99 6x9", "warming@0 normal@60 warming@360 normal@6240"),
    ] {
        check(&method, 60, series, expected);
    }
}

#[test]
fn freshness_knows_when_it_became_old() {
    let method = Method::Freshness(freshness::Config {
        max_age: ladder(&[(Warning, 100.0), (Critical, 200.0)]),
    });
    for (series, expected) in [
        ("10x30 290 290", "normal@0 warning@110 critical@210(110) normal@310"),
        ("30x9 _x99", "normal@0 warming@120"),
        ("10x12 _x99", "normal@0 warning@110"),
        ("500x9", "normal@0"),
    ] {
        check(&method, 10, series, expected);
    }
}

#[test]
fn no_data_counts_only_time_when_somebody_looked() {
    let method = Method::NoData(no_data::Config { after_ms: 30_000, severity: High });
    for (series, expected) in [
        ("1x9 _x9 1", "normal@0 high@120(90) normal@200"),
        ("1x9 _ _ 1 _ _ 1", "normal@0"),
        ("_x9", "warming@0"),
        ("1x3 NaNx9", "normal@0 high@60(30)"),
    ] {
        check(&method, 10, series, expected);
    }
    let mut state = method.start();
    for at_ms in [0, 10_000, 20_000] {
        method.step(&mut state, at_ms, 1.0);
    }
    let after_restart = method.absent(&mut state, 3_600_000);
    assert_eq!(after_restart.status, crate::Status::Normal);
}

fn disk(min_history_s: i64) -> forecast::Config {
    forecast::Config {
        limit: 0.0,
        direction: Trend::Down,
        time_left: ladder(&[(Warning, 24.0 * 3600.0), (Critical, 4.0 * 3600.0)]),
        long_ms: 6 * 3_600_000,
        short_ms: 3_600_000,
        min_history_ms: min_history_s * 1000,
        only_past: None,
    }
}

#[test]
fn forecast_warns_before_the_end() {
    let quick = Method::Forecast(disk(60));
    // 64 MB, flat for two minutes, then 2 MB each half second.
    check(&quick, 1, "64x120 60-4x15", "warming@0 normal@60 critical@124");
    check(&quick, 5, "64x24 44 24 4 0", "warming@0 normal@60 critical@135");
    // 20 MB in five seconds, then it stops: said while it fills, over minutes later.
    check(&quick, 1, "64x120 60-4x4 44x400", "warming@0 normal@60 critical@124 normal@508");
    check(&quick, 10, "640x20 639-1x300", "warming@0 normal@60 critical@600");
    let slow = Method::Forecast(disk(600));
    check(&slow, 60, "1000-1x900", "warming@0 normal@600 warning@4800 critical@45600(4800)");
    check(&slow, 60, "1000x900", "warming@0 normal@600");
}

#[test]
fn forecast_is_silent_for_what_is_routine() {
    let quick = Method::Forecast(disk(600));
    // Flat with noise, a third of the room left.
    let noisy: Vec<String> = (0..2000_u32)
        .map(|place| (330 + place.wrapping_mul(2_654_435_761) % 20).to_string())
        .collect();
    check(&quick, 10, &noisy.join(" "), "warming@0 normal@600");
    // Logs rotated: three hours up to 40 % used, then free again; again and again.
    let teeth = ["1000-2x180"; 20].join(" ");
    check(
        &quick,
        60,
        &teeth,
        "warming@0 normal@600 warning@2400 normal@10860 warning@13260 normal@21720",
    );
    let low = forecast::Config { only_past: Some(400.0), ..disk(600) };
    check(&Method::Forecast(low), 60, &teeth, "warming@0 normal@600");
}

#[test]
fn forecast_begins_anew_after_a_cleanup() {
    let method = Method::Forecast(disk(600));
    let filling = "1000-1x720";
    check(
        &method,
        60,
        &format!("{filling} {filling}"),
        "warming@0 normal@600 warning@4800 normal@43260 warning@48060",
    );
}

#[test]
fn wrong_parameters_are_named() {
    let wrong = ladder(&[(Warning, 3.0), (Critical, 1.0)]);
    let plain = threshold::Config::new(Direction::Above, ladder(&[(Warning, 3.0)]));
    for (method, text) in [
        (
            Method::Threshold(threshold::Config { raise: wrong, ..plain.clone() }),
            "the level of critical must lie further out than that of warning",
        ),
        (
            Method::Threshold(threshold::Config { clear: Some(4.0), ..plain.clone() }),
            "clear must lie on the good side of the mildest raise level, or at it",
        ),
        (
            Method::Threshold(threshold::Config { hold_ms: -1, ..plain }),
            "hold must not be negative",
        ),
        (
            Method::Forecast(forecast::Config { long_ms: 1, ..disk(0) }),
            "short must be less than long",
        ),
    ] {
        assert_eq!(method.check().unwrap_err().to_string(), text);
    }
}
