//! The dependency graph as SVG, callers above what they need: around a Problem with the first cause marked, or as a
//! whole with the state of each system. Every box leads to its system.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::chart;
use super::page::Speech;
use crate::model::{CaseSummary, number};

/// The most systems drawn.
const LIMIT: usize = 24;
/// A graph of more systems is not drawn as a whole.
const MOST: usize = 48;
/// Boxes beside each other: around a case, and of the whole, which has the width of the page.
const COLUMNS: usize = 5;
const WHOLE_COLUMNS: usize = 8;
const BOX_WIDTH: f64 = 150.0;
const BOX_HEIGHT: f64 = 38.0;
const GAP_X: f64 = 14.0;
const GAP_Y: f64 = 36.0;

/// Draws the systems of a Problem, what they need directly and who needs the first cause.
pub(super) fn neighbourhood(case: &CaseSummary, s: &Speech<'_>) -> String {
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    let touched: BTreeSet<&str> = case.systems.iter().map(String::as_str).collect();
    let cause = case.cause.as_ref().map(|(system, _)| system.as_str());
    let around = cause
        .into_iter()
        .flat_map(|key| s.topology.needed_by(key, 1).into_iter().chain(s.topology.needs(key, 1)));
    for key in cause.into_iter().chain(touched.iter().copied()).chain(around.map(|(key, _)| key)) {
        if shown.len() < LIMIT && s.topology.get(key).is_some() {
            shown.insert(key);
        }
    }
    if shown.len() < 2 {
        return String::new();
    }
    let look = |key: &str| match (cause == Some(key), touched.contains(key)) {
        (true, _) => ("cause", s.t("graph-cause")),
        (false, true) => ("touched", s.t("graph-touched")),
        (false, false) => ("beside", String::new()),
    };
    laid_out(&shown, COLUMNS, look, s)
}

/// Draws all systems, each with its state's class and word. Of a graph too large to be read, what is not calm and what
/// stands next to it.
pub(super) fn whole(states: &BTreeMap<&str, (&'static str, String)>, s: &Speech<'_>) -> String {
    let all = || s.topology.systems().iter().map(|system| system.key.as_str());
    let mut shown: BTreeSet<&str> = BTreeSet::new();
    if s.topology.systems().len() <= MOST {
        shown.extend(all());
    } else {
        let is_calm = |key: &str| {
            states.get(key).is_none_or(|(class, _)| matches!(*class, "calm" | "unwatched"))
        };
        let restless: Vec<&str> = all().filter(|key| !is_calm(key)).collect();
        let beside = restless.iter().flat_map(|key| {
            s.topology.needed_by(key, 1).into_iter().chain(s.topology.needs(key, 1))
        });
        let beside = beside.map(|(key, _)| key);
        shown.extend(restless.iter().copied().chain(beside).take(MOST));
    }
    if shown.is_empty() {
        return String::new();
    }
    let look = |key: &str| states.get(key).cloned().unwrap_or(("unwatched", String::new()));
    laid_out(&shown, WHOLE_COLUMNS, look, s)
}

/// Puts systems in rows, callers above what they need, and draws them.
fn laid_out(
    shown: &BTreeSet<&str>,
    most: usize,
    look: impl Fn(&str) -> (&'static str, String),
    s: &Speech<'_>,
) -> String {
    let rows = rows(shown, s);
    let widest = rows.values().map(Vec::len).max().unwrap_or(1);
    let columns = widest.min(most);
    let mut places: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut y = 4.0;
    for keys in rows.values().rev() {
        for line in keys.chunks(columns) {
            for (n, key) in line.iter().enumerate() {
                let x = 4.0 + number(n) * (BOX_WIDTH + GAP_X);
                places.insert(key, (x, y));
            }
            y += BOX_HEIGHT + GAP_Y;
        }
    }
    let width = 8.0 + number(columns) * (BOX_WIDTH + GAP_X) - GAP_X;
    let height = y - GAP_Y + 4.0;
    draw(&places, look, (width, height), s)
}

/// Systems by how deep they lie: 0 needs nothing that is shown.
fn rows<'a>(shown: &BTreeSet<&'a str>, s: &Speech<'_>) -> BTreeMap<u8, Vec<&'a str>> {
    let mut depth: BTreeMap<&str, u8> = shown.iter().map(|key| (*key, 0)).collect();
    // As many rounds as there can be levels; cycles end with the rounds.
    for _ in 0..8 {
        for key in shown {
            let needs = s.topology.get(key).map(|system| &system.depends_on);
            let deepest = needs
                .into_iter()
                .flatten()
                .filter_map(|needed| depth.get(needed.as_str()).copied())
                .max();
            if let (Some(below), Some(own)) = (deepest, depth.get_mut(key)) {
                *own = (*own).max((below + 1).min(8));
            }
        }
    }
    let mut rows: BTreeMap<u8, Vec<&str>> = BTreeMap::new();
    for (key, level) in depth {
        rows.entry(level).or_default().push(key);
    }
    let own = |key: &&str| shown.get(*key).copied();
    rows.into_iter().map(|(level, keys)| (level, keys.iter().filter_map(own).collect())).collect()
}

fn draw(
    places: &BTreeMap<&str, (f64, f64)>,
    look: impl Fn(&str) -> (&'static str, String),
    (width, height): (f64, f64),
    s: &Speech<'_>,
) -> String {
    let label = s.t("head-graph");
    let mut svg = format!(
        "<svg class=\"graph\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" role=\"group\" aria-label=\"{label}\">\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"7\" markerHeight=\"7\" orient=\"auto\">\
         <path d=\"M0 0L8 4L0 8z\" fill=\"currentColor\"/></marker></defs>"
    );
    for (key, (x, y)) in places {
        let needs = s.topology.get(key).map(|system| &system.depends_on);
        for (to_x, to_y) in needs.into_iter().flatten().filter_map(|n| places.get(n.as_str())) {
            let (from, to) = (x + BOX_WIDTH / 2.0, to_x + BOX_WIDTH / 2.0);
            let bottom = y + BOX_HEIGHT;
            let middle = (bottom + to_y) / 2.0;
            let _infallible = write!(
                svg,
                "<path class=\"edge\" marker-end=\"url(#arrow)\" d=\"M{from:.0} {bottom:.0}C{from:.0} {middle:.0} {to:.0} {middle:.0} {to:.0} {to_y:.0}\"/>"
            );
        }
    }
    for (key, (x, y)) in places {
        let (class, word) = look(key);
        let (name, word) = (escape(&s.system(key)), escape(&word));
        let address = chart::escape(&super::systems::address(key, s));
        let lift = if word.is_empty() { 4.0 } else { -3.0 };
        let (text_x, text_y) = (x + BOX_WIDTH / 2.0, y + BOX_HEIGHT / 2.0 + lift);
        let word_y = y + BOX_HEIGHT - 6.0;
        let _infallible = write!(
            svg,
            "<a class=\"{class}\" href=\"{address}\"><rect x=\"{x:.0}\" y=\"{y:.0}\" width=\"{BOX_WIDTH}\" height=\"{BOX_HEIGHT}\" rx=\"5\"/>\
             <text x=\"{text_x:.0}\" y=\"{text_y:.0}\">{name}</text>\
             <text class=\"word\" x=\"{text_x:.0}\" y=\"{word_y:.0}\">{word}</text></a>"
        );
    }
    svg.push_str("</svg>");
    svg
}

fn escape(text: &str) -> String {
    chart::escape(&text.chars().take(22).collect::<String>())
}
