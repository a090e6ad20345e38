//! Charts as SVG that draw what was measured and nothing else: a gap is a gap, the axes are named, the limit and the
//! time of the fault are marked.

use std::fmt::Write;

use super::page::Speech;
use crate::cases::PACE;
use crate::detect::shown;
use crate::model::Time;

const WIDTH: f64 = 430.0;
const HEIGHT: f64 = 150.0;
const LEFT: f64 = 62.0;
const RIGHT: f64 = 8.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 20.0;
/// A pause longer than so many steps is a gap.
const GAP: f64 = 2.5;

/// What a chart shows.
pub(super) struct Chart<'a> {
    pub(super) points: &'a [(Time, f64)],
    /// The time shown, and between two points, milliseconds.
    pub(super) from: Time,
    pub(super) until: Time,
    pub(super) step: i64,
    /// When it was bad, if it was; an end that has not come is the end of the chart.
    pub(super) bad: Option<(Time, Option<Time>)>,
    pub(super) limit: Option<f64>,
    pub(super) unit: &'a str,
    /// Moments with a name: releases, works.
    pub(super) events: &'a [(Time, String)],
    /// What is measured, for those who hear the page.
    pub(super) name: &'a str,
}

/// Draws a chart; empty when nothing was measured.
pub(super) fn draw(chart: &Chart<'_>, s: &Speech<'_>) -> String {
    let finite: Vec<(f64, f64)> = chart
        .points
        .iter()
        .filter(|(_, value)| value.is_finite())
        .map(|(at, value)| (at.seconds(), *value))
        .collect();
    let (begin, end) = (chart.from.seconds(), chart.until.seconds());
    if finite.is_empty() || end <= begin {
        return String::new();
    }
    let values = || finite.iter().map(|(_, value)| *value).chain(chart.limit);
    let high = values().fold(f64::NEG_INFINITY, f64::max);
    let lowest = values().fold(f64::INFINITY, f64::min);
    // The axis begins at zero unless that would press the line flat.
    let low = if (0.0..=high * 0.6).contains(&lowest) { 0.0 } else { lowest };
    let high = if high > low { high } else { low + 1.0 };
    let x =
        |at: f64| LEFT + ((at - begin) / (end - begin)).clamp(0.0, 1.0) * (WIDTH - LEFT - RIGHT);
    let y = |value: f64| TOP + (high - value) / (high - low) * (HEIGHT - TOP - BOTTOM);
    let name = escape(chart.name);
    let mut svg = format!(
        "<svg class=\"chart\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{name}\"><title>{name}</title>"
    );
    let bottom = HEIGHT - BOTTOM;
    if let Some((since, over)) = chart.bad {
        let (left, right) = (x(since.seconds()), x(over.map_or(end, Time::seconds)));
        let (wide, high) = ((right - left).max(1.0), bottom - TOP);
        // Writing to a String cannot fail.
        let _infallible = write!(
            svg,
            "<rect class=\"window\" x=\"{left:.1}\" y=\"{TOP}\" width=\"{wide:.1}\" height=\"{high:.1}\"/>"
        );
    }
    let _infallible = write!(
        svg,
        "<line class=\"axis\" x1=\"{LEFT}\" x2=\"{LEFT}\" y1=\"{TOP}\" y2=\"{bottom}\"/>\
         <line class=\"axis\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{bottom}\" y2=\"{bottom}\"/>",
        WIDTH - RIGHT
    );
    for value in [low, high] {
        let word = escape(&shown(value, chart.unit, s.language));
        let at = y(value) + if value > low { 8.0 } else { 0.0 };
        let left = LEFT - 4.0;
        let _infallible =
            write!(svg, "<text x=\"{left}\" y=\"{at:.1}\" text-anchor=\"end\">{word}</text>");
    }
    for part in 0..=3 {
        let share = f64::from(part) / 3.0;
        let at = Time::from_seconds(begin + share * (end - begin));
        let anchor = match part {
            0 => "start",
            3 => "end",
            _ => "middle",
        };
        let place = x(at.seconds());
        let word = s.clock(at);
        let floor = HEIGHT - 5.0;
        let _infallible = write!(
            svg,
            "<text x=\"{place:.1}\" y=\"{floor}\" text-anchor=\"{anchor}\">{word}</text>"
        );
    }
    if let Some(limit) = chart.limit {
        let (at, word) = (y(limit), escape(&shown(limit, chart.unit, s.language)));
        let _infallible = write!(
            svg,
            "<line class=\"limit\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{at:.1}\" y2=\"{at:.1}\"/>\
             <text class=\"limit-name\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{} {word}</text>",
            WIDTH - RIGHT,
            WIDTH - RIGHT,
            (at - 3.0).max(TOP + 9.0),
            s.t("evidence-limit")
        );
    }
    for (at, name) in chart.events.iter().filter(|(at, _)| *at >= chart.from && *at <= chart.until)
    {
        let place = x(at.seconds());
        let _infallible = write!(
            svg,
            "<line class=\"event\" x1=\"{place:.1}\" x2=\"{place:.1}\" y1=\"{TOP}\" y2=\"{bottom}\"><title>{}</title></line>",
            escape(name)
        );
    }
    svg.push_str(&lines(&finite, seconds(chart.step) * GAP, x, y));
    svg.push_str("</svg>");
    svg
}

/// The measured parts, each a line; what stands alone is a dot.
fn lines(
    points: &[(f64, f64)],
    longest: f64,
    x: impl Fn(f64) -> f64,
    y: impl Fn(f64) -> f64,
) -> String {
    let mut out = String::new();
    for part in points.chunk_by(|before, after| after.0 - before.0 <= longest) {
        if let [(at, value)] = part {
            let _infallible = write!(
                out,
                "<circle class=\"dot\" cx=\"{:.1}\" cy=\"{:.1}\" r=\"2\"/>",
                x(*at),
                y(*value)
            );
            continue;
        }
        out.push_str("<path class=\"line\" d=\"");
        for (n, (at, value)) in part.iter().enumerate() {
            let command = if n == 0 { 'M' } else { 'L' };
            let _infallible = write!(out, "{command}{:.1} {:.1}", x(*at), y(*value));
        }
        out.push_str("\"/>");
    }
    out
}

/// Tickets in steps of five minutes over the last hour, as a few bars in a line of text.
pub(super) fn pace(counts: &[u32; PACE]) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 {
        return String::new();
    }
    let mut svg = "<svg class=\"pace\" viewBox=\"0 0 48 16\" aria-hidden=\"true\">".to_owned();
    for (n, count) in (0_u32..).zip(counts.iter()) {
        let height = f64::from(*count) / f64::from(most) * 15.0;
        let _infallible = write!(
            svg,
            "<rect x=\"{}\" y=\"{:.1}\" width=\"3\" height=\"{height:.1}\"/>",
            n * 4,
            16.0 - height
        );
    }
    svg.push_str("</svg>");
    svg
}

/// How many tickets were written in each step, with the times below.
pub(super) fn bars(counts: &[u32], from: Time, step: i64, name: &str, s: &Speech<'_>) -> String {
    let most = counts.iter().copied().max().unwrap_or(0);
    if most == 0 || counts.len() < 2 {
        return String::new();
    }
    let name = escape(name);
    let mut svg = format!(
        "<svg class=\"bars\" viewBox=\"0 0 {WIDTH} 74\" role=\"img\" aria-label=\"{name}\"><title>{name}</title>\
         <text x=\"0\" y=\"10\">{most}</text>"
    );
    let wide = (WIDTH - 26.0) / f64::from(u32::try_from(counts.len()).unwrap_or(1));
    let mut left = 26.0;
    for count in counts {
        let height = f64::from(*count) / f64::from(most) * 54.0;
        let _infallible = write!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\"/>",
            56.0 - height,
            (wide - 1.0).max(1.0)
        );
        left += wide;
    }
    let until = from.plus_millis(step * i64::try_from(counts.len()).unwrap_or(0));
    let _infallible = write!(
        svg,
        "<text x=\"26\" y=\"70\">{}</text><text x=\"{WIDTH}\" y=\"70\" text-anchor=\"end\">{}</text></svg>",
        s.clock(from),
        s.clock(until)
    );
    svg
}

fn seconds(milliseconds: i64) -> f64 {
    Time(milliseconds).seconds()
}

/// Text inside SVG.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Catalogue;
    use crate::model::Language;
    use crate::topology::Topology;

    fn drawn(points: &[(Time, f64)], limit: Option<f64>) -> String {
        let (catalogue, topology) = (Catalogue::default(), Topology::default());
        let now = Time(600_000);
        let s = Speech {
            catalogue: &catalogue,
            topology: &topology,
            language: Language::Ru,
            now,
            base: "",
        };
        let chart = Chart {
            points,
            from: Time(0),
            until: now,
            step: 10_000,
            bad: Some((Time(300_000), None)),
            limit,
            unit: "",
            events: &[(Time(200_000), "релиз <1>".to_owned())],
            name: "очередь",
        };
        draw(&chart, &s)
    }

    /// A8: what was not measured is not drawn.
    #[test]
    fn a_gap_is_a_gap() {
        let mut points: Vec<(Time, f64)> =
            (0_i32..50).map(|n| (Time(i64::from(n) * 10_000), f64::from(n % 7))).collect();
        assert_eq!(drawn(&points, None).matches("class=\"line\"").count(), 1);
        points.drain(20..30);
        let svg = drawn(&points, Some(40.0));
        assert_eq!(svg.matches("class=\"line\"").count(), 2, "{svg}");
        assert!(svg.contains("порог 40") && svg.contains("aria-label=\"очередь\""), "{svg}");
        assert!(svg.contains("релиз &lt;1&gt;"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn few_points_and_flat_lines_are_drawn_too() {
        assert_eq!(drawn(&[], None), "");
        assert_eq!(drawn(&[(Time(0), f64::NAN)], None), "");
        assert!(drawn(&[(Time(0), 5.0)], None).contains("class=\"dot\""));
        let flat = drawn(&[(Time(0), 0.0), (Time(10_000), 0.0)], None);
        assert!(flat.contains("class=\"line\"") && !flat.contains("NaN"), "{flat}");
    }
}
