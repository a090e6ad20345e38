//! Reading a pack, every error with its place.

use super::adjust::{Adjusted, Adjustments};
use super::check::{Expected, RuleTest};
use super::method;
use super::pack::{Packs, Rule, Scope};
use crate::config::{Diagnostics, Node, Place, Reader, Value};
use crate::model::{Impact, Message, Role, Severity};
use crate::series::notation::{self, NotationError};
use crate::series::query::{Expr, QueryError};
use crate::topology::text;

/// Decodes one pack and adds its rules, as they are wanted.
pub(super) fn pack(
    node: &Node,
    packs: &mut Packs,
    wishes: &mut Adjustments,
    errors: &mut Diagnostics,
) {
    let mut reader = Reader::new(node, errors);
    let name = reader.required_string("pack").unwrap_or_default();
    let sources = sources(&mut reader);
    match reader.required("rules").map(|list| (list, &list.value)) {
        Some((_, Value::List(items))) => {
            for item in items {
                let (other, adjusted) = wishes.over(item);
                let node = other.as_ref().unwrap_or(item);
                let Some(rule) = rule(node, &name, &sources, reader.errors) else { continue };
                if packs.rules.iter().chain(&packs.off).any(|known| known.id == rule.id) {
                    let message = Message::new("check-rule-twice").word("rule", &rule.id);
                    reader.errors.error(&item.place, message);
                    continue;
                }
                match adjusted {
                    Adjusted::Off => packs.off.push(rule),
                    // Its tests speak of the limits it was written with.
                    Adjusted::Limits => {
                        packs.rules.push(Rule { is_adjusted: true, tests: Vec::new(), ..rule });
                    }
                    Adjusted::No => packs.rules.push(rule),
                }
            }
        }
        Some((list, _)) => {
            let expected = Message::new("check-expected-rules");
            reader.wrong(list, expected, "rules: [{id: pg-down}]");
        }
        None => {}
    }
    reader.finish();
}

/// The kinds of source a pack is for: one, or a list.
fn sources(reader: &mut Reader<'_, '_>) -> Vec<String> {
    const KINDS: [&str; 7] =
        ["host", "postgres", "elasticsearch", "prometheus", "otrs", "engine", "any"];
    let Some(node) = reader.required("source") else { return Vec::new() };
    let found = match &node.value {
        Value::List(_) => reader.strings("source"),
        _ => reader.string("source").into_iter().collect(),
    };
    if found.is_empty() || found.iter().any(|kind| !KINDS.contains(&kind.as_str())) {
        let expected = Message::new("check-expected-some").word("words", KINDS.join(", "));
        reader.wrong(node, expected, "source: postgres");
    }
    found
}

fn rule(node: &Node, pack: &str, sources: &[String], errors: &mut Diagnostics) -> Option<Rule> {
    let mut reader = Reader::new(node, errors);
    let id = reader.required_string("id");
    let _for_readers = reader.string("failure_mode");
    let expr = expression(&mut reader);
    let also = also(&mut reader);
    let scope = reader
        .word("scope", &["source", "global"], |word| match word {
            "source" => Some(Scope::Source),
            "global" => Some(Scope::Global),
            _ => None,
        })
        .unwrap_or(Scope::Source);
    let system = reader.string("system");
    let object = reader.strings("object");
    let role = role(&mut reader);
    let spreads = reader.boolean("spreads").unwrap_or(false);
    let impact = impact(&mut reader);
    let blind = reader.boolean("blind").unwrap_or(false);
    let judge = method::judge(&mut reader);
    reader.required("title");
    let title = text(&mut reader, "title");
    reader.required("advice");
    let advice = text(&mut reader, "advice");
    let units = ["count", "seconds", "bytes", "ratio", "percent", "timestamp"];
    let unit = reader
        .word("unit", &units, |word| units.contains(&word).then(|| word.to_owned()))
        .unwrap_or_else(|| "count".to_owned());
    let runbook = reader.required_string("runbook");
    if let Some(node) = reader.node("runbook")
        && !runbook.as_ref().is_some_and(|page| page.contains('#'))
    {
        let expected = Message::new("check-expected-runbook");
        reader.wrong(node, expected, "docs/runbooks/postgres.md#pg-down");
    }
    let tests = tests(&mut reader);
    reader.finish();
    let (expr_text, expr) = expr?;
    Some(Rule {
        id: id?,
        place: node.place.clone(),
        pack: pack.to_owned(),
        sources: sources.to_vec(),
        scope,
        expr_text,
        expr,
        also,
        judge: judge?,
        system,
        object,
        role: role?,
        spreads,
        impact: impact?,
        blind,
        title: title?,
        advice: advice?,
        unit,
        runbook: runbook?,
        tests,
        is_adjusted: false,
    })
}

fn expression(reader: &mut Reader<'_, '_>) -> Option<(String, Expr)> {
    let text = reader.required_string("expr")?;
    match Expr::parse(&text) {
        Ok(expr) => Some((text, expr)),
        Err(error) => {
            if let Some(node) = reader.node("expr") {
                reader.errors.error(&node.place, promql(error));
            }
            None
        }
    }
}

/// What to say of an expression that cannot be used.
fn promql(error: QueryError) -> Message {
    match error.column {
        Some(column) => Message::new("check-promql-at").word("column", column.to_string()),
        None => Message::new("check-promql"),
    }
    .message("why", error.message)
}

/// `also: {pid: 'max by (instance) (…)'}`.
fn also(reader: &mut Reader<'_, '_>) -> Vec<(String, Expr)> {
    let Some(node) = reader.node("also") else { return Vec::new() };
    let Value::Map(entries) = &node.value else {
        let expected = Message::new("check-expected-also");
        reader.wrong(node, expected, "also: {pid: 'max by (instance) (x)'}");
        return Vec::new();
    };
    let mut found = Vec::new();
    for (name, place, value) in entries {
        let Value::String(text) = &value.value else {
            reader.errors.error(place, Message::new("check-expected-promql"));
            continue;
        };
        match Expr::parse(text) {
            Ok(expr) => found.push((name.clone(), expr)),
            Err(error) => reader.errors.error(&value.place, promql(error)),
        }
    }
    found
}

fn role(reader: &mut Reader<'_, '_>) -> Option<Role> {
    reader.required("role");
    reader.word("role", &["cause", "symptom"], |word| match word {
        "cause" => Some(Role::Cause),
        "symptom" => Some(Role::Symptom),
        _ => None,
    })
}

fn impact(reader: &mut Reader<'_, '_>) -> Option<Impact> {
    reader.required("impact");
    reader.word("impact", &["slow", "errors", "down", "stale", "unfelt"], Impact::from_word)
}

fn tests(reader: &mut Reader<'_, '_>) -> Vec<RuleTest> {
    let Some(list) = reader.required("tests") else { return Vec::new() };
    let Value::List(items) = &list.value else {
        reader.wrong(list, Message::new("check-expected-tests"), "tests: [{name: …}]");
        return Vec::new();
    };
    items.iter().filter_map(|item| test(item, reader.errors)).collect()
}

fn test(node: &Node, errors: &mut Diagnostics) -> Option<RuleTest> {
    let mut reader = Reader::new(node, errors);
    let name = reader.required_string("name");
    reader.required("interval");
    let interval = reader.duration("interval");
    let mut series = Vec::new();
    if let Some(Node { value: Value::Map(entries), .. }) = reader.required("series") {
        for (text, place, values) in entries {
            series.extend(one_series(text, place, values, reader.errors));
        }
    }
    let mut expect = Vec::new();
    if let Some(Node { value: Value::List(items), .. }) = reader.required("expect") {
        for item in items {
            expect.extend(expected(item, reader.errors));
        }
    }
    reader.finish();
    Some(RuleTest {
        place: node.place.clone(),
        name: name?,
        interval_ms: millis(interval?),
        series,
        expect,
    })
}

type OneSeries = (crate::model::SeriesRef, Vec<Option<f64>>);

fn one_series(
    text: &str,
    place: &Place,
    values: &Node,
    errors: &mut Diagnostics,
) -> Option<OneSeries> {
    let series = match notation::parse_series(text) {
        Ok(series) => series,
        Err(error) => {
            errors.error(place, notation_error(error));
            return None;
        }
    };
    let written = match &values.value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    };
    match notation::parse(&written) {
        Ok(points) => Some((std::sync::Arc::new(series), points)),
        Err(error) => {
            errors.error(&values.place, notation_error(error));
            None
        }
    }
}

/// What to say of points that cannot be read.
fn notation_error(error: NotationError) -> Message {
    match error {
        NotationError::Word(word) => Message::new("check-notation-word").word("word", word),
        NotationError::Series(series) => {
            Message::new("check-notation-series").word("series", series)
        }
        NotationError::TooLong => Message::new("check-notation-long"),
    }
}

fn expected(node: &Node, errors: &mut Diagnostics) -> Option<Expected> {
    let mut reader = Reader::new(node, errors);
    reader.required("at");
    let at = reader.duration("at");
    let mut severities = Vec::new();
    if let Some(Node { value: Value::List(items), .. }) = reader.required("findings") {
        let words = Severity::ALL.map(Severity::as_str);
        for item in items {
            let mut inner = Reader::new(item, reader.errors);
            severities.extend(inner.word("severity", &words, Severity::parse));
            inner.finish();
        }
    }
    reader.finish();
    severities.sort();
    Some(Expected { at_ms: millis(at?), severities })
}

pub(super) fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}
