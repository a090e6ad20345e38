//! Tests of PromQL: small stores in promtool's notation, expressions, and what Prometheus answers.

use std::sync::Arc;

use super::*;
use crate::model::{Batch, Sample};
use crate::series::{Limits, notation};

/// Builds a store: each line is a series, two blanks or more, and its values every ten seconds.
fn store_of(lines: &str) -> Store {
    let mut store = Store::new(Limits::default());
    let parsed: Vec<_> = lines
        .lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| {
            let (series, values) = line.trim().split_once("  ").unwrap();
            (Arc::new(notation::parse_series(series).unwrap()), notation::parse(values).unwrap())
        })
        .collect();
    let longest = parsed.iter().map(|(_, values)| values.len()).max().unwrap_or_default();
    for place in 0..longest {
        for (number, (series, values)) in parsed.iter().enumerate() {
            let Some(Some(value)) = values.get(place) else { continue };
            let sample = Sample { series: Arc::clone(series), value: *value };
            let at = Time(i64::try_from(place).unwrap() * 10_000);
            let instance = format!("source-{number}").into();
            store.append(&Batch { kind: "test", instance, at, samples: vec![sample] });
        }
    }
    store
}

fn ask(store: &Store, expression: &str, seconds: i64) -> Result<Vec<String>, QueryError> {
    let found = Expr::parse(expression)?.instant(store, Time(seconds * 1000), None)?;
    Ok(found.into_iter().map(|(labels, value)| format!("{labels} {value}")).collect())
}

fn check(lines: &str, cases: &[(&str, i64, &[&str])]) {
    let store = store_of(lines);
    for (expression, seconds, expected) in cases {
        let found = ask(&store, expression, *seconds)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(found, *expected, "{expression} at {seconds}");
    }
}

#[test]
fn selectors_and_look_back() {
    check(
        r#"
        m{a="1",b="x"}  1 2 3
        m{a="2",b="x"}  5
        m{a="3"}        7 stale
        n{a="1"}        9
        "#,
        &[
            ("m", 0, &[r#"m{a="1",b="x"} 1"#, r#"m{a="2",b="x"} 5"#, r#"m{a="3"} 7"#]),
            ("m", 15, &[r#"m{a="1",b="x"} 2"#, r#"m{a="2",b="x"} 5"#]),
            ("m", 310, &[r#"m{a="1",b="x"} 3"#]),
            ("m", 299, &[r#"m{a="1",b="x"} 3"#, r#"m{a="2",b="x"} 5"#]),
            ("m", 300, &[r#"m{a="1",b="x"} 3"#]),
            ("m", 320, &[]),
            (r#"m{a="2"}"#, 5, &[r#"m{a="2",b="x"} 5"#]),
            (r#"m{a!="2"}"#, 5, &[r#"m{a="1",b="x"} 1"#, r#"m{a="3"} 7"#]),
            (r#"m{b=""}"#, 5, &[r#"m{a="3"} 7"#]),
            (r#"m{b!=""}"#, 15, &[r#"m{a="1",b="x"} 2"#, r#"m{a="2",b="x"} 5"#]),
            (r#"m{a=~"1|3"}"#, 5, &[r#"m{a="1",b="x"} 1"#, r#"m{a="3"} 7"#]),
            (r#"m{a!~"1|3"}"#, 5, &[r#"m{a="2",b="x"} 5"#]),
            (r#"{a=~"[1-3]",b!="x"}"#, 5, &[r#"m{a="3"} 7"#, r#"n{a="1"} 9"#]),
            (r#"m{a=~"1.+"}"#, 5, &[]),
            ("m offset 10s", 20, &[r#"m{a="1",b="x"} 2"#, r#"m{a="2",b="x"} 5"#]),
            (r#"m{a="1"} offset -10s"#, 0, &[r#"m{a="1",b="x"} 2"#]),
            ("absent(m)", 5, &[]),
            (r#"absent(zz{a="1",b=~"x",c="2",c="3"})"#, 5, &[r#"{a="1"} 1"#]),
            ("absent(sum(zz))", 5, &["{} 1"]),
            (r#"absent_over_time(m{a="3"}[10s])"#, 30, &[r#"{a="3"} 1"#]),
            (r#"timestamp(m{a="1"})"#, 17, &[r#"{a="1",b="x"} 10"#]),
        ],
    );
}

#[test]
fn functions_over_ranges() {
    check(
        r#"
        c{}  0+10x12
        r{}  0 10 20 5 15 25
        g{}  1 3 2 NaN 5
        h{}  4 4 _ 8
        "#,
        &[
            // Open on the left: six samples in a minute, extrapolated to the whole of it.
            ("count_over_time(c[1m])", 60, &["{} 6"]),
            ("increase(c[1m])", 60, &["{} 60"]),
            ("rate(c[1m])", 60, &["{} 1"]),
            ("rate(c[1m])", 65, &["{} 1"]),
            // A counter is not stretched to below zero.
            ("increase(c[5m])", 30, &["{} 30"]),
            ("delta(c[5m])", 30, &["{} 35"]),
            ("rate(c[10s])", 60, &[]),
            ("increase(r[50s])", 50, &["{} 43.75"]),
            ("irate(r[1m])", 50, &["{} 1"]),
            ("irate(r[1m])", 30, &["{} 0.5"]),
            ("idelta(r[1m])", 30, &["{} -15"]),
            ("resets(r[1m])", 50, &["{} 1"]),
            ("changes(h[1m])", 50, &["{} 1"]),
            ("deriv(c[1m])", 60, &["{} 1"]),
            ("deriv(h[1m])", 10, &["{} 0"]),
            ("predict_linear(c[1m], 100)", 60, &["{} 160"]),
            ("avg_over_time(h[40s])", 30, &["{} 5.333333333333333"]),
            ("min_over_time(g[50s])", 40, &["{} 1"]),
            ("max_over_time(g[50s])", 40, &["{} 5"]),
            ("sum_over_time(h[40s])", 30, &["{} 16"]),
            ("last_over_time(h[40s])", 30, &["h{} 8"]),
            ("present_over_time(h[40s])", 30, &["{} 1"]),
            ("present_over_time(h[5s])", 20, &[]),
            ("quantile_over_time(0.5, h[40s])", 30, &["{} 4"]),
            ("quantile_over_time(0.75, h[40s])", 30, &["{} 6"]),
            ("quantile_over_time(2, h[40s])", 30, &["{} inf"]),
            ("stddev_over_time(h[20s])", 30, &["{} 0"]),
            ("stdvar_over_time(c[30s])", 60, &["{} 66.66666666666667"]),
            ("rate(c[1m] offset 1m)", 120, &["{} 1"]),
        ],
    );
}

#[test]
fn aggregation() {
    check(
        r#"
        m{i="a",d="1"}  1
        m{i="a",d="2"}  2
        m{i="b",d="1"}  4
        n{i="a"}        NaN
        n{i="b"}        3
        "#,
        &[
            ("sum(m)", 0, &["{} 7"]),
            ("sum by (i) (m)", 0, &[r#"{i="a"} 3"#, r#"{i="b"} 4"#]),
            ("sum without (d) (m)", 0, &[r#"{i="a"} 3"#, r#"{i="b"} 4"#]),
            ("max by (zz) (m)", 0, &["{} 4"]),
            ("min(m)", 0, &["{} 1"]),
            ("avg by (d) (m)", 0, &[r#"{d="1"} 2.5"#, r#"{d="2"} 2"#]),
            ("count by (__name__) (m)", 0, &["m{} 3"]),
            ("group(m)", 0, &["{} 1"]),
            ("stddev(m{i=\"a\"})", 0, &["{} 0.5"]),
            ("stdvar(m{i=\"a\"})", 0, &["{} 0.25"]),
            ("quantile(0.5, m)", 0, &["{} 2"]),
            ("max(n)", 0, &["{} 3"]),
            ("min(n)", 0, &["{} 3"]),
            ("sum(n)", 0, &["{} NaN"]),
            ("sum(zz)", 0, &[]),
            ("max by (i) (sum by (i, d) (m))", 0, &[r#"{i="a"} 2"#, r#"{i="b"} 4"#]),
        ],
    );
}

#[test]
fn operators_and_matching() {
    check(
        r#"
        u{i="a",d="1"}  10
        u{i="a",d="2"}  30
        u{i="b",d="1"}  50
        t{i="a",d="1"}  20
        t{i="a",d="2"}  60
        s{i="a",z="q"}  2
        s{i="b",z="r"}  5
        "#,
        &[
            ("u / t", 0, &[r#"{d="1",i="a"} 0.5"#, r#"{d="2",i="a"} 0.5"#]),
            ("u > 20", 0, &[r#"u{d="1",i="b"} 50"#, r#"u{d="2",i="a"} 30"#]),
            ("20 < u", 0, &[r#"u{d="1",i="b"} 50"#, r#"u{d="2",i="a"} 30"#]),
            (
                "u == bool 30",
                0,
                &[r#"{d="1",i="a"} 0"#, r#"{d="1",i="b"} 0"#, r#"{d="2",i="a"} 1"#],
            ),
            ("u < t", 0, &[r#"u{d="1",i="a"} 10"#, r#"u{d="2",i="a"} 30"#]),
            ("u < on (i, d) t", 0, &[r#"{d="1",i="a"} 10"#, r#"{d="2",i="a"} 30"#]),
            ("u > bool t", 0, &[r#"{d="1",i="a"} 0"#, r#"{d="2",i="a"} 0"#]),
            ("1 + 2 * 3 ^ 2 % 5", 0, &["{} 4"]),
            ("-u{i=\"b\"}", 0, &[r#"{d="1",i="b"} -50"#]),
            ("-2 ^ 2", 0, &["{} -4"]),
            ("1 > bool 2", 0, &["{} 0"]),
            (
                "u * on (i) group_left (z) s",
                0,
                &[
                    r#"{d="1",i="a",z="q"} 20"#,
                    r#"{d="1",i="b",z="r"} 250"#,
                    r#"{d="2",i="a",z="q"} 60"#,
                ],
            ),
            (
                "s - on (i) group_right u",
                0,
                &[r#"{d="1",i="a"} -8"#, r#"{d="1",i="b"} -45"#, r#"{d="2",i="a"} -28"#],
            ),
            ("u{d=\"1\"} + ignoring (d, z) s", 0, &[r#"{i="a"} 12"#, r#"{i="b"} 55"#]),
            ("u and t", 0, &[r#"u{d="1",i="a"} 10"#, r#"u{d="2",i="a"} 30"#]),
            ("u unless t", 0, &[r#"u{d="1",i="b"} 50"#]),
            ("u and on (i) s{z=\"r\"}", 0, &[r#"u{d="1",i="b"} 50"#]),
            (
                "t or u",
                0,
                &[r#"t{d="1",i="a"} 20"#, r#"t{d="2",i="a"} 60"#, r#"u{d="1",i="b"} 50"#],
            ),
            ("zz or vector(0)", 0, &["{} 0"]),
            ("u > 20 and u < 40", 0, &[r#"u{d="2",i="a"} 30"#]),
        ],
    );
}

#[test]
fn other_functions() {
    check(
        r#"
        m{i="a:9100"}  -1.5
        b{le="0.1"}    10
        b{le="1"}      30
        b{le="+Inf"}   40
        "#,
        &[
            ("abs(m)", 0, &[r#"{i="a:9100"} 1.5"#]),
            ("ceil(m)", 0, &[r#"{i="a:9100"} -1"#]),
            ("floor(m)", 0, &[r#"{i="a:9100"} -2"#]),
            ("round(m, 0.2)", 0, &[r#"{i="a:9100"} -1.4"#]),
            ("clamp_min(m, 0)", 0, &[r#"{i="a:9100"} 0"#]),
            ("clamp_max(m, -2)", 0, &[r#"{i="a:9100"} -2"#]),
            ("clamp(m, 2, 1)", 0, &[]),
            ("sgn(m)", 0, &[r#"{i="a:9100"} -1"#]),
            ("sqrt(vector(9))", 0, &["{} 3"]),
            ("scalar(m) * 2", 0, &["{} -3"]),
            ("scalar(b)", 0, &["{} NaN"]),
            ("time()", 7, &["{} 7"]),
            ("vector(time() - 1)", 7, &["{} 6"]),
            ("time() - m", 1, &[r#"{i="a:9100"} 2.5"#]),
            (r#"label_replace(m, "h", "$1", "i", "(.+):.*")"#, 0, &[r#"m{h="a",i="a:9100"} -1.5"#]),
            (r#"label_replace(m, "i", "", "i", ".*")"#, 0, &["m{} -1.5"]),
            (r#"label_replace(m, "h", "x", "i", "9100")"#, 0, &[r#"m{i="a:9100"} -1.5"#]),
            ("histogram_quantile(0.5, b)", 0, &["{} 0.55"]),
            ("histogram_quantile(0.99, b)", 0, &["{} 1"]),
            ("histogram_quantile(0.125, b)", 0, &["{} 0.05"]),
        ],
    );
}

#[test]
fn a_restriction_holds_for_every_selector() {
    let store = store_of("m{instance=\"a\"}  1\nm{instance=\"b\"}  2\nn{instance=\"b\"}  3\n");
    let check = |expression: &str, expected: &[&str]| {
        let expr = Expr::parse(expression).unwrap();
        let found = expr.instant(&store, Time(0), Some(("instance", "b"))).unwrap();
        let found: Vec<_> =
            found.into_iter().map(|(labels, value)| format!("{labels} {value}")).collect();
        assert_eq!(found, expected, "{expression}");
    };
    check("m + n", &["{instance=\"b\"} 5"]);
    check("sum(m)", &["{} 2"]);
    check("count_over_time(m[1m])", &["{instance=\"b\"} 1"]);
    check("absent(k{x=\"1\"})", &["{instance=\"b\",x=\"1\"} 1"]);
    check("m{instance=\"a\"}", &[]);
}

#[test]
fn what_cannot_be_loaded_is_refused_with_its_place() {
    let check = |text: &str, key: &str, column: Option<usize>| {
        let error = Expr::parse(text).unwrap_err();
        assert_eq!(error.message.key, key, "{text}: {error}");
        assert_eq!(error.column, column, "{text}: {error}");
    };
    check("1 + sort(m)", "query-function", Some(5));
    check("topk(3, m)", "query-aggregation", Some(1));
    check("m + holt(m)", "query-not-promql", Some(5));
    check("max_over_time(rate(m[1m])[5m:])", "query-over-subquery", Some(1));
    check("m @ 5", "query-modifier", Some(3));
    check("m[5m]", "query-bare-range", None);
    check("\"text\"", "query-bare-text", None);
    check("m + ", "query-not-promql", None);
    check("m{a=~\"(\"}", "query-not-promql", None);
    check("label_replace(m, \"1a\", \"\", \"\", \"\")", "query-label-name", Some(18));
    check("label_replace(m, \"a\", \"\", \"b\", \"(\")", "query-replace-pattern", Some(32));
    check(&format!("{}m{}", "(".repeat(100), ")".repeat(100)), "query-deep", None);
    check(&"m+".repeat(10_000), "query-long", None);
    check(&format!("{}m", "-".repeat(8_000)), "query-deep", None);
}

#[test]
fn what_cannot_be_matched_is_an_error() {
    let store = store_of(
        "m{i=\"a\",d=\"1\"}  1\nm{i=\"a\",d=\"2\"}  2\nn{i=\"a\"}  3\nk{i=\"a\",d=\"1\"}  3",
    );
    let check = |expression: &str, key: &str| {
        let error = ask(&store, expression, 0).unwrap_err();
        assert_eq!(error.message.key, key, "{expression}: {error}");
    };
    check("n + on (i) m", "query-match-one");
    check("m + on (i) n", "query-match-several");
    check("rate({i=\"a\"}[1m]) + 1 or {i=\"a\"} * 0", "query-same-labels");
}

#[test]
fn a_range_is_its_moments() {
    let store = store_of("m{i=\"b\"}  1+1x5\nm{i=\"a\"}  _ _ 7 stale 8");
    let expr = Expr::parse("m * 10").unwrap();
    let lines = expr.range(&store, Time(0), Time(50_000), Duration::from_secs(10)).unwrap();
    let shown: Vec<_> = lines
        .iter()
        .map(|(labels, values)| {
            let values: Vec<_> = values.iter().map(|(at, value)| (at.0 / 1000, *value)).collect();
            format!("{labels} {values:?}")
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"{i="a"} [(20, 70.0), (40, 80.0), (50, 80.0)]"#,
            r#"{i="b"} [(0, 10.0), (10, 20.0), (20, 30.0), (30, 40.0), (40, 50.0), (50, 60.0)]"#
        ]
    );
    let end_of_time =
        expr.range(&store, Time(i64::MAX - 5), Time(i64::MAX), Duration::from_secs(1));
    assert_eq!(end_of_time, Ok(Vec::new()));
    let too_many = expr.range(&store, Time(0), Time(i64::MAX), Duration::from_millis(1));
    assert_eq!(too_many.unwrap_err().message.key, "query-moments");
}

#[test]
fn metric_names_are_listed() {
    let expr = Expr::parse(
        "clamp_max(rate(b[5m]), scalar(c)) / on (i) a > 1 or absent(b) unless quantile(scalar(d), e)",
    )
    .unwrap();
    assert_eq!(expr.selectors(), ["a", "b", "c", "d", "e"]);
    assert!(!expr.has_unnamed_selector());
    assert!(Expr::parse("{__name__=~\"a.*\"}").unwrap().has_unnamed_selector());
}
