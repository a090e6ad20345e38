//! Tests of the exposition parser.

use proptest::prelude::*;

use super::*;
use crate::model::Series;

/// Reads a page and shows what was found: series, value and time a line, then what was reported.
fn read(page: &[u8], dialect: Dialect) -> (Vec<String>, Report) {
    let mut found = Vec::new();
    let report = parse(page, dialect, &mut |raw| {
        let (name, labels) = parse_series(raw.series)?;
        let labels = labels.iter().map(|(name, value)| (&**name, &**value));
        let at = raw.at.map(|at| format!(" @{}", at.0)).unwrap_or_default();
        found.push(format!("{} {}{at}", Series::new(&name, labels), raw.value));
        Ok(())
    });
    (found, report)
}

fn check(page: &str, dialect: Dialect, expected: &[&str]) {
    let (found, report) = read(page.as_bytes(), dialect);
    assert_eq!(found, expected, "{page}");
    assert_eq!(report.bad_lines, 0, "{page}: {report:?}");
    assert_eq!(report.samples, u64::try_from(expected.len()).unwrap());
}

#[test]
fn lines_of_the_text_format() {
    let check = |page: &str, expected: &[&str]| check(page, Dialect::Text, expected);
    check("", &[]);
    check("\n\r\n # HELP m text {\n# TYPE m counter\n#\n", &[]);
    check("m 1\n", &["m{} 1"]);
    check("m 1", &["m{} 1"]);
    check("m{} 1\r\nn\t2\r\n", &["m{} 1", "n{} 2"]);
    check("  m  {a=\"b\"}  1.5  1700000000123  \n", &["m{a=\"b\"} 1.5 @1700000000123"]);
    check(":a:b_c{x=\"1\",} +1e3\n", &[":a:b_c{x=\"1\"} 1000"]);
    check(
        "m{a=\"}\\\"{ # \\\\\",b = \"ю\"} -0.5 -5\n",
        &["m{a=\"}\\\"{ # \\\\\",b=\"ю\"} -0.5 @-5"],
    );
    check("m{a=\"x\\ny\\z\"} 1\n", &["m{a=\"x\\ny\\\\z\"} 1"]);
    check("m NaN\nm +Inf\nm -Inf\nm Inf\n", &["m{} NaN", "m{} inf", "m{} -inf", "m{} inf"]);
    check(
        "m 123456789012345\nm 1234567890123456\nm .5\nm 5.\n",
        &["m{} 123456789012345", "m{} 1234567890123456", "m{} 0.5", "m{} 5"],
    );
    check("{\"my.metric\", a=\"b\"} 1\n{\"x\"} 2\n", &["my.metric{a=\"b\"} 1", "x{} 2"]);
    check("m{\"my.label\"=\"v\", b=\"\"} 1\n", &["m{my.label=\"v\"} 1"]);
}

#[test]
fn lines_of_openmetrics() {
    let page = "# TYPE m counter\n# UNIT m seconds\nm_total{a=\"b\"} 17 1700000000.5 # {t=\"K}\"} 1 123\n\
        m_bucket{le=\"+Inf\"} 5 # {} 0.67\nm_created 1.5\n# EOF\n";
    let (found, report) = read(page.as_bytes(), Dialect::OpenMetrics);
    assert_eq!(
        found,
        ["m_total{a=\"b\"} 17 @1700000000500", "m_bucket{le=\"+Inf\"} 5", "m_created{} 1.5"]
    );
    assert!(report.has_end);
    let (found, report) = read(b"a 1\nb 12", Dialect::OpenMetrics);
    assert_eq!((found.as_slice(), report.has_end), (&["a{} 1".to_owned()][..], false));
    assert_eq!(report.first_bad, [BadLine { line: 2, reason: Reason::Cut }]);
    assert!(read(b"a 1\n# EOF", Dialect::OpenMetrics).1.has_end);
}

#[test]
fn a_bad_line_is_named_and_loses_no_other() {
    let check = |line: &[u8], reason: Reason| {
        let page = [b"a 1\n".as_slice(), line, b"\nb 2\n"].concat();
        let (found, report) = read(&page, Dialect::Text);
        let shown = String::from_utf8_lossy(line);
        assert_eq!(found, ["a{} 1", "b{} 2"], "{shown}");
        assert_eq!(report.first_bad, [BadLine { line: 2, reason }], "{shown}");
        assert_eq!((report.samples, report.bad_lines), (2, 1));
    };
    check(b"m", Reason::NoValue);
    check(b"m{a=\"b\"}", Reason::NoValue);
    check(b"m{a=\"b\" 1", Reason::Unclosed);
    check(b"m{a=\"b} 1", Reason::Unclosed);
    check(b"m{a=b} 1", Reason::Labels);
    check(b"m{a=\"b\" c=\"d\"} 1", Reason::Labels);
    check(b"m{a=\"b\",,} 1", Reason::Labels);
    check(b"m{a:b=\"c\"} 1", Reason::Labels);
    check(b"m{__name__=\"c\"} 1", Reason::Labels);
    check(b"m{a=\"1\",a=\"2\"} 1", Reason::Duplicate);
    check(b"m 0x1p3", Reason::Value);
    check(b"m 1_000", Reason::Value);
    check(b"m one", Reason::Value);
    check(b"m 1 now", Reason::TimeStamp);
    check(b"m 1 1.5", Reason::TimeStamp);
    check(b"m 1 2 3", Reason::Rest);
    check(b"9m 1", Reason::Name);
    check(b"m-n 1", Reason::Name);
    check(b"{a=\"b\"} 1", Reason::Name);
    check(b"m{\"n\",a=\"b\"} 1", Reason::Name);
    check(b"<html> 1", Reason::Name);
    check(b"m{a=\"\xff\"} 1", Reason::Text);
    check(b"m{a=\"\0\"} 1", Reason::Text);
    check(b"m\x00 1", Reason::Text);
    check(b"\x001 2", Reason::Text);
    check(&[b'm'; LINE_LIMIT + 1], Reason::TooLong);
    let many: String = (0..200).map(|i| format!("l{i}=\"\",")).collect();
    check(format!("m{{{many}}} 1").as_bytes(), Reason::TooMany);
}

#[test]
fn native_histograms_are_skipped_and_counted() {
    let page =
        b"a 1\nh {count:2,sum:3} 5\nh{x=\"1\"} {count:2,sum:3,spans:[]}\nh {count:2}\nb 2\n# EOF\n";
    let (found, report) = read(page, Dialect::OpenMetrics);
    assert_eq!(found, ["a{} 1", "b{} 2"]);
    assert_eq!((report.native_histograms, report.bad_lines), (2, 1));
}

#[test]
fn a_broken_off_page_loses_its_last_line_only() {
    let mut seen = Vec::new();
    let mut parser = Parser::new(Dialect::Text);
    parser.feed(b"a 1\nb 12", &mut |raw| {
        seen.push(raw.value);
        Ok(())
    });
    assert_eq!((parser.abandon().samples, seen), (1, vec![1.0]));
}

#[test]
fn an_endless_line_takes_no_memory() {
    let mut parser = Parser::new(Dialect::Text);
    let mut values = Vec::new();
    let mut sink = |raw: RawSample<'_>| {
        values.push(raw.value);
        Ok(())
    };
    parser.feed(b"a 1\n", &mut sink);
    for _ in 0..100 {
        parser.feed(&[b'x'; 10_000], &mut sink);
        assert!(parser.carry.capacity() <= 2 * LINE_LIMIT);
    }
    parser.feed(b" 7\nb 2\n", &mut sink);
    let report = parser.finish(&mut sink);
    assert_eq!(report.first_bad, [BadLine { line: 2, reason: Reason::TooLong }]);
    assert_eq!(values, [1.0, 2.0]);
}

#[test]
fn a_known_series_is_not_read_again() {
    let mut samples = Samples::new(vec![("instance".into(), "i".into())]);
    let first = super::samples(b"m{a=\"b\"} 1\nbad\n", Dialect::Text, &mut samples);
    assert_eq!((first.samples, first.bad_lines), (1, 1));
    let before = samples.take();
    super::samples(b"m{a=\"b\"} 2\n", Dialect::Text, &mut samples);
    let after = samples.take();
    assert!(std::sync::Arc::ptr_eq(&before[0].series, &after[0].series));
    assert_eq!(after[0].series.to_string(), "m{a=\"b\",instance=\"i\"}");
    assert!((after[0].value - 2.0).abs() < f64::EPSILON);
}

/// Prints a series as an exporter does.
fn print(name: &str, labels: &[(String, String)]) -> String {
    let escape = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let pairs: Vec<_> = labels
        .iter()
        .map(|(name, value)| format!("\"{}\"=\"{}\"", escape(name), escape(value)))
        .collect();
    format!("{{\"{}\",{}}}", escape(name), pairs.join(","))
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(
        name in "[^\0]{1,20}",
        labels in prop::collection::btree_map("[^\0]{1,8}", "[^\0]{0,12}", 0..5),
        value in any::<f64>(),
        at in prop::option::of(any::<i64>()),
    ) {
        let labels: Vec<(String, String)> =
            labels.into_iter().filter(|(name, _)| name != "__name__").collect();
        let stamp = at.map(|at| format!(" {at}")).unwrap_or_default();
        let page = format!("{} {value:?}{stamp}\n", print(&name, &labels));
        let mut count = 0;
        let report = parse(page.as_bytes(), Dialect::Text, &mut |raw| {
            count += 1;
            assert!(raw.value.to_bits() == value.to_bits() || (raw.value.is_nan() && value.is_nan()));
            assert_eq!(raw.at.map(|at| at.0), at);
            let (read_name, read_labels) = parse_series(raw.series).unwrap();
            assert_eq!(read_name, name.as_str());
            let read: Vec<_> = read_labels
                .into_iter()
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect();
            assert_eq!(read, labels);
            Ok(())
        });
        prop_assert_eq!((count, report.bad_lines), (1, 0));
    }

    #[test]
    fn nothing_panics_and_chunks_do_not_matter(
        page in prop::collection::vec(
            prop_oneof![
                any::<u8>(),
                prop::sample::select(b"\n\r {}\"\\=,#ma1.+-".as_slice()),
            ],
            0..300,
        ),
        size in 1_usize..50,
        is_text in any::<bool>(),
    ) {
        let dialect = if is_text { Dialect::Text } else { Dialect::OpenMetrics };
        let whole = read(&page, dialect);
        let mut chunks = Vec::new();
        let mut parser = Parser::new(dialect);
        let mut sink = |raw: RawSample<'_>| {
            let (name, labels) = parse_series(raw.series)?;
            let labels = labels.iter().map(|(name, value)| (&**name, &**value));
            let at = raw.at.map(|at| format!(" @{}", at.0)).unwrap_or_default();
            chunks.push(format!("{} {}{at}", Series::new(&name, labels), raw.value));
            Ok(())
        };
        for chunk in page.chunks(size) {
            parser.feed(chunk, &mut sink);
        }
        let report = parser.finish(&mut sink);
        prop_assert_eq!(whole, (chunks, report));
    }

    #[test]
    fn a_bad_line_never_loses_its_neighbours(
        line in prop::collection::vec(any::<u8>().prop_filter("no line feed", |it| *it != b'\n'), 0..80),
    ) {
        let page = [b"before 1\n".as_slice(), &line, b"\nafter 2\n"].concat();
        let (found, _) = read(&page, Dialect::Text);
        prop_assert_eq!(found.first().map(String::as_str), Some("before{} 1"));
        prop_assert_eq!(found.last().map(String::as_str), Some("after{} 2"));
    }
}
