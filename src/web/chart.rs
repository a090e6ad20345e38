//! Small charts as SVG: one line, the range of its values, the moment the finding began.

use std::fmt::Write;

use crate::model::Time;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 64.0;

/// Draws a line; empty when there are fewer than two points.
pub(super) fn line(points: &[(Time, f64)], since: Time) -> String {
    let finite: Vec<(f64, f64)> =
        points.iter().filter(|(_, v)| v.is_finite()).map(|(at, v)| (at.seconds(), *v)).collect();
    let (Some(first), Some(last)) = (finite.first(), finite.last()) else { return String::new() };
    if finite.len() < 2 || last.0 <= first.0 {
        return String::new();
    }
    let low = finite.iter().map(|(_, v)| *v).fold(f64::INFINITY, f64::min);
    let high = finite.iter().map(|(_, v)| *v).fold(f64::NEG_INFINITY, f64::max);
    let spread = if high > low { high - low } else { 1.0 };
    let x = |at: f64| (at - first.0) / (last.0 - first.0) * WIDTH;
    let y = |value: f64| HEIGHT - 4.0 - (value - low) / spread * (HEIGHT - 8.0);
    let mut path = String::new();
    for (n, (at, value)) in finite.iter().enumerate() {
        let command = if n == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _infallible = write!(path, "{command}{:.1} {:.1}", x(*at), y(*value));
    }
    let began = x(since.seconds()).clamp(0.0, WIDTH);
    format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\">\
         <line class=\"began\" x1=\"{began:.1}\" x2=\"{began:.1}\" y1=\"0\" y2=\"{HEIGHT}\"/>\
         <path d=\"{path}\"/></svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_stays_inside_its_frame() {
        let points: Vec<(Time, f64)> =
            (0..50).map(|n| (Time(n * 10_000), f64::from(i32::try_from(n).unwrap() % 7))).collect();
        let svg = line(&points, Time(100_000));
        assert!(svg.contains("M0.0 60.0"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        assert_eq!(line(&points[..1], Time(0)), "");
        assert!(!line(&[(Time(0), 5.0), (Time(1000), 5.0)], Time(0)).contains("NaN"));
    }
}
