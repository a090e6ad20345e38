//! Filling in titles: labels, and numbers as people write them in each language.

use std::collections::BTreeMap;

use detectors::Verdict;

use crate::model::{Language, Text};

/// Fills in the placeholders of a title.
pub(super) fn title(
    pattern: &Text,
    labels: &BTreeMap<String, String>,
    verdict: &Verdict,
    unit: &str,
) -> Text {
    let filled = |pattern: &str, language: Language| {
        fill(pattern, |name| placeholder(name, labels, verdict, unit, language))
    };
    Text::new(filled(&pattern.ru, Language::Ru), filled(&pattern.en, Language::En))
}

/// A title as it stands in lists of rules: of no object and with no number.
pub(super) fn in_general(pattern: &Text) -> Text {
    let said = |pattern: &str| {
        let filled = fill(pattern, |_| "…".to_owned());
        filled.strip_prefix("…: ").map_or_else(|| filled.clone(), str::to_owned)
    };
    Text::new(said(&pattern.ru), said(&pattern.en))
}

/// A pattern with its placeholders filled in.
fn fill(pattern: &str, value: impl Fn(&str) -> String) -> String {
    let mut filled = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        filled.push_str(before);
        // Braces of a shell command are no placeholder.
        let named = after.split_once('}').filter(|(name, _)| is_name(name));
        let Some((name, tail)) = named else {
            filled.push('{');
            rest = after;
            continue;
        };
        filled.push_str(&value(name));
        rest = tail;
    }
    filled.push_str(rest);
    let words: Vec<&str> = filled.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Whether what stands in braces is the name of a number or a label.
pub(super) fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_alphanumeric() || letter == '_')
}

fn placeholder(
    name: &str,
    labels: &BTreeMap<String, String>,
    verdict: &Verdict,
    unit: &str,
    language: Language,
) -> String {
    let called = |name: &str| verdict.evidence.iter().find(|evidence| evidence.name == name);
    // What a counter tells is by how much it grew.
    let evidence = called(name).or_else(|| called("increase").filter(|_| name == "value"));
    match (evidence, name) {
        (Some(evidence), "time_left" | "age") => shown(evidence.value, "seconds", language),
        (Some(evidence), _) => shown(evidence.value, unit, language),
        (None, "limit") => {
            let limit = verdict.evidence.iter().find_map(|evidence| evidence.limit);
            limit.map(|limit| shown(limit, unit, language)).unwrap_or_default()
        }
        (None, _) => labels.get(name).cloned().unwrap_or_default(),
    }
}

/// A number as people write it: `3 мин 20 с`, `1,5 ГиБ`, `93 %`.
#[must_use]
pub fn shown(value: f64, unit: &str, language: Language) -> String {
    if !value.is_finite() {
        return "—".to_owned();
    }
    match unit {
        "seconds" => span(value, language),
        "bytes" => bytes(value, language),
        "ratio" => format!("{} %", plain(value * 100.0, language)),
        "percent" => format!("{} %", plain(value, language)),
        "timestamp" => moment(value),
        // A name made of digits: neither rounded nor marked.
        "id" => format!("{value:.0}"),
        _ => plain(value, language),
    }
}

fn decimal(text: String, language: Language) -> String {
    match language {
        Language::Ru => text.replace('.', ","),
        Language::En => text,
    }
}

fn plain(value: f64, language: Language) -> String {
    let is_whole = (value - value.round()).abs() < 1e-9 || value.abs() >= 100.0;
    let digits = if is_whole {
        0
    } else if value.abs() >= 1.0 {
        1
    } else {
        2
    };
    decimal(format!("{value:.digits$}"), language)
}

/// A size as people write it: `1,5 ГиБ`; true to a mebibyte, below that to a kibibyte.
#[must_use]
pub fn shown_bytes(size: u64, language: Language) -> String {
    let large = |by: u32| {
        u32::try_from(size >> by).ok().map(|part| f64::from(part) * 2_f64.powi(by.cast_signed()))
    };
    shown(large(10).or_else(|| large(20)).unwrap_or(f64::MAX), "bytes", language)
}

fn span(seconds: f64, language: Language) -> String {
    let (d, h, m, s) = match language {
        Language::Ru => ("д", "ч", "мин", "с"),
        Language::En => ("d", "h", "min", "s"),
    };
    let whole = seconds.max(0.0).round();
    let two = |big: f64, big_unit: &str, small: f64, small_unit: &str| {
        if small >= 1.0 {
            format!("{:.0} {big_unit} {:.0} {small_unit}", big.floor(), small.floor())
        } else {
            format!("{:.0} {big_unit}", big.floor())
        }
    };
    if whole < 60.0 {
        format!("{whole:.0} {s}")
    } else if whole < 3600.0 {
        two(whole / 60.0, m, whole % 60.0, s)
    } else if whole < 86_400.0 {
        two(whole / 3600.0, h, (whole % 3600.0) / 60.0, m)
    } else {
        two(whole / 86_400.0, d, (whole % 86_400.0) / 3600.0, h)
    }
}

fn bytes(value: f64, language: Language) -> String {
    let units = match language {
        Language::Ru => ["Б", "КиБ", "МиБ", "ГиБ", "ТиБ"],
        Language::En => ["B", "KiB", "MiB", "GiB", "TiB"],
    };
    let mut size = value;
    let mut unit = units.iter();
    let mut name = unit.next().copied().unwrap_or_default();
    while size.abs() >= 1024.0 {
        let Some(next) = unit.next() else { break };
        name = next;
        size /= 1024.0;
    }
    format!("{} {name}", plain(size, language))
}

fn moment(seconds: f64) -> String {
    crate::model::Time::from_seconds(seconds).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let check = |value: f64, unit: &str, ru: &str, en: &str| {
            assert_eq!(shown(value, unit, Language::Ru), ru);
            assert_eq!(shown(value, unit, Language::En), en);
        };
        check(200.0, "seconds", "3 мин 20 с", "3 min 20 s");
        check(7200.0, "seconds", "2 ч", "2 h");
        check(1.6e9, "bytes", "1,5 ГиБ", "1.5 GiB");
        check(0.934, "ratio", "93,4 %", "93.4 %");
        check(0.97, "ratio", "97 %", "97 %");
        check(5.0, "count", "5", "5");
        check(f64::NAN, "count", "—", "—");
    }

    #[test]
    fn a_counter_says_by_how_much_it_grew_and_commands_keep_their_braces() {
        let verdict = Verdict {
            status: detectors::Status::Normal,
            score: 1.0,
            since_ms: None,
            evidence: vec![detectors::Evidence { name: "increase", value: 3.0, limit: Some(1.0) }],
        };
        let pattern = Text::new("убито: {value}, awk '{print $1}'", "killed: {value}");
        let filled = title(&pattern, &BTreeMap::new(), &verdict, "count");
        assert_eq!((&*filled.ru, &*filled.en), ("убито: 3, awk '{print $1}'", "killed: 3"));
    }

    #[test]
    fn a_missing_label_leaves_no_gap() {
        let verdict = Verdict {
            status: detectors::Status::Normal,
            score: 0.0,
            since_ms: None,
            evidence: Vec::new(),
        };
        let pattern = Text::new("а {нет} б", "a {none} b");
        let filled = title(&pattern, &BTreeMap::new(), &verdict, "count");
        assert_eq!(filled, Text::new("а б", "a b"));
    }
}
