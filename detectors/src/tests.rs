//! Each method through one `check`, and the laws that all methods keep.

mod laws;
mod methods;
mod outliers;
mod sets;

use crate::{Ladder, Method, Severity, Status};

/// Expands promtool's notation: `a`, `_` (missing), `axN` (N more times a), `a+bxN`, `a-bxN`.
fn points(notation: &str) -> Vec<Option<f64>> {
    let mut points = Vec::new();
    for word in notation.split_whitespace() {
        let (body, times) = match word.rsplit_once('x') {
            Some((body, times)) => (body, times.parse::<u32>().unwrap()),
            None => (word, 0),
        };
        if body == "_" {
            points.extend((0..=times).map(|_| None));
            continue;
        }
        let cut = body.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-'));
        let (start, step) = match cut {
            Some((place, _)) => body.split_at(place),
            None => (body, "0"),
        };
        let (start, step): (f64, f64) = (start.parse().unwrap(), step.parse().unwrap());
        points.extend((0..=times).map(|n| Some(step.mul_add(f64::from(n), start))));
    }
    points
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Warming => "warming",
        Status::Normal => "normal",
        Status::Abnormal(severity) => severity.as_str(),
    }
}

/// Feeds the series, one point every `interval_s` seconds from 0 on, and compares the changes of
/// status: `word@second` for each, and `(since second)` where it differs from the change.
fn check(method: &Method, interval_s: i64, notation: &str, expected: &str) {
    method.check().unwrap();
    let mut state = method.start();
    let mut seen = Vec::new();
    let mut last = None;
    for (at_s, point) in (0..).step_by(usize::try_from(interval_s).unwrap()).zip(points(notation)) {
        let at_ms = at_s * 1000;
        let verdict = match point {
            Some(value) => method.step(&mut state, at_ms, value),
            None => method.absent(&mut state, at_ms),
        };
        if last != Some(verdict.status) {
            let since = verdict.since_ms.filter(|since| *since != at_ms);
            let since = since.map(|since| format!("({})", since / 1000)).unwrap_or_default();
            seen.push(format!("{}@{at_s}{since}", word(verdict.status)));
            last = Some(verdict.status);
        }
    }
    assert_eq!(seen.join(" "), expected, "{notation}");
}

fn ladder(levels: &[(Severity, f64)]) -> Ladder {
    Ladder::unchecked(levels.iter().copied().collect())
}
