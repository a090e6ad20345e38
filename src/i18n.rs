//! The one source of every text for people, with the plural rules of each language: `i18n/ru.ftl` and
//! `i18n/en.ftl` for pages, tickets and alerts, `check.*.ftl` for errors of configuration, `cli.*.ftl`
//! for the terminal. A test keeps their keys and variables equal. `help.ru.ftl` is Russian alone: in
//! English the help of the commands is what their code says of itself.

mod diagnostic;
mod told;
mod zones;

use std::fmt::Write;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::model::{Arg, Language, Message, Text};
use crate::topology::Topology;
pub use told::Told;
pub use zones::Zones;

/// The files of each language.
const RU: [&str; 4] = [
    include_str!("i18n/ru.ftl"),
    include_str!("i18n/check.ru.ftl"),
    include_str!("i18n/cli.ru.ftl"),
    include_str!("i18n/help.ru.ftl"),
];
const EN: [&str; 3] = [
    include_str!("i18n/en.ftl"),
    include_str!("i18n/check.en.ftl"),
    include_str!("i18n/cli.en.ftl"),
];

static SHARED: LazyLock<Catalogue> = LazyLock::new(Catalogue::default);

/// Both catalogues, ready to render.
pub struct Catalogue {
    ru: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
    zones: Zones,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Catalogue")
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self::on(Zones::default())
    }
}

fn bundle(language: &str, sources: &[&str]) -> FluentBundle<FluentResource> {
    let language = language.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks are for mixed right-to-left text; here they would end up in ticket titles.
    bundle.set_use_isolating(false);
    for source in sources {
        let resource = match FluentResource::try_new((*source).to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        // A second message with the same key is found by the test below, not here.
        drop(bundle.add_resource(resource));
    }
    bundle
}

impl Catalogue {
    /// The catalogue of the whole process, for those that nobody hands one.
    #[must_use]
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// Both catalogues, with the clocks that people live by.
    #[must_use]
    pub fn on(zones: Zones) -> Self {
        Self { ru: bundle("ru", &RU), en: bundle("en", &EN), zones }
    }

    /// The clocks that people live by.
    #[must_use]
    pub fn zones(&self) -> &Zones {
        &self.zones
    }

    /// Renders a message in one language. A key that the catalogue lacks is shown as it stands:
    /// a strange word on the page is better than a page that fails.
    #[must_use]
    pub fn render(&self, message: &Message, language: Language, topology: &Topology) -> String {
        let rendered = self.fill(message, None, language, topology);
        rendered.unwrap_or_else(|| message.key.to_string())
    }

    /// Renders a message that names no systems.
    #[must_use]
    pub fn words(&self, message: &Message, language: Language) -> String {
        self.render(message, language, &Topology::default())
    }

    /// What to do about what a message says: its attribute `.help`.
    #[must_use]
    pub fn help(&self, message: &Message, language: Language) -> Option<String> {
        self.fill(message, Some("help"), language, &Topology::default())
    }

    /// A text without arguments, or an attribute of it, when the language has it: help of commands.
    #[must_use]
    pub fn part(&self, key: &str, attribute: Option<&str>, language: Language) -> Option<String> {
        let message = Message { key: key.to_owned().into(), args: Vec::new() };
        self.fill(&message, attribute, language, &Topology::default())
    }

    fn bundle(&self, language: Language) -> &FluentBundle<FluentResource> {
        match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
        }
    }

    /// Fills a message, or an attribute of it, with its arguments; none when the catalogue lacks it.
    fn fill(
        &self,
        message: &Message,
        attribute: Option<&str>,
        language: Language,
        topology: &Topology,
    ) -> Option<String> {
        let bundle = self.bundle(language);
        let found = bundle.get_message(&message.key)?;
        let pattern = match attribute {
            Some(name) => found.get_attribute(name)?.value(),
            None => found.value()?,
        };
        let mut args = FluentArgs::new();
        for (name, value) in &message.args {
            let value: FluentValue<'_> = match value {
                Arg::Word(word) => word.as_str().into(),
                Arg::Number(number) => (*number).into(),
                Arg::Text(text) => text.get(language).to_owned().into(),
                Arg::System(key) => topology.short(key).get(language).to_owned().into(),
                Arg::Key(key) => self.label(key, language).into(),
                Arg::Span(seconds) => self.span(*seconds, language).into(),
                Arg::Moment(at) => self.zones.moment(*at, language).into(),
                Arg::Message(inner) => self.render(inner, language, topology).into(),
            };
            args.set(name.as_ref(), value);
        }
        let mut rendered = String::new();
        let mut problems = Vec::new();
        if bundle.write_pattern(&mut rendered, pattern, Some(&args), &mut problems).is_err() {
            let _infallible_for_strings = write!(rendered, "{}", message.key);
        }
        Some(rendered)
    }

    /// Renders a message in both languages.
    #[must_use]
    pub fn both(&self, message: &Message, topology: &Topology) -> Text {
        let [ru, en] = [Language::Ru, Language::En].map(|l| self.render(message, l, topology));
        Text::new(ru, en)
    }

    /// Renders a key without arguments, as page labels are.
    #[must_use]
    pub fn label(&self, key: &str, language: Language) -> String {
        let message = Message { key: key.to_owned().into(), args: Vec::new() };
        self.render(&message, language, &Topology::default())
    }

    /// A length of time in the two largest units that fit.
    #[must_use]
    pub fn span(&self, seconds: f64, language: Language) -> String {
        let seconds = seconds.max(0.0).floor();
        let unit = |key: &'static str, value: f64| {
            let message = Message::new(key).number("count", value.floor());
            self.render(&message, language, &Topology::default())
        };
        let two = |large: String, small: &'static str, value: f64| {
            // «6 ч», not «6 ч 0 мин».
            if value < 1.0 { large } else { format!("{large} {}", unit(small, value)) }
        };
        if seconds < 60.0 {
            unit("span-seconds", seconds)
        } else if seconds < 3600.0 {
            unit("span-minutes", seconds / 60.0)
        } else if seconds < 86_400.0 {
            let hours = unit("span-hours", seconds / 3600.0);
            two(hours, "span-minutes", (seconds % 3600.0) / 60.0)
        } else {
            let days = unit("span-days", seconds / 86_400.0);
            two(days, "span-hours", (seconds % 86_400.0) / 3600.0)
        }
    }

    /// True when both catalogues have the key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.ru.has_message(key) && self.en.has_message(key)
    }
}

/// A whole number in groups of three: «1 000 000».
#[must_use]
pub fn grouped(number: u64, language: Language) -> String {
    let digits = number.to_string();
    let mark = if language == Language::Ru { '\u{a0}' } else { ',' };
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// A day as people write it: «31.12.2026».
#[must_use]
pub fn date(day: jiff::civil::Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

/// The number under which a spreadsheet knows a day.
#[must_use]
pub fn spreadsheet_day(day: jiff::civil::Date) -> f64 {
    let begin = jiff::civil::date(1899, 12, 30);
    f64::from((day - begin).get_days())
}

/// A share 0…1 with two digits and the language's decimal mark.
#[must_use]
pub fn share(share: f64, language: Language) -> String {
    decimal(format!("{share:.2}"), language)
}

/// A weight with its sign and the language's decimal mark.
#[must_use]
pub fn signed(weight: f64, language: Language) -> String {
    decimal(format!("{weight:+.1}").replace('-', "−"), language)
}

fn decimal(text: String, language: Language) -> String {
    match language {
        Language::Ru => text.replace('.', ","),
        Language::En => text,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Keys of a catalogue, their attributes too, and the variables each of them uses.
    fn variables(sources: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
        let variable = regex::Regex::new(r"\$([a-z_]+)").unwrap();
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in sources.iter().flat_map(|source| source.lines()) {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|letter: char| letter.is_ascii_lowercase())
            {
                key = name.to_owned();
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} twice");
            } else if let Some((name, _)) = line.trim_start().split_once(" =")
                && name.starts_with('.')
            {
                key = format!("{}{name}", key.split('.').next().unwrap());
                assert!(found.insert(key.clone(), BTreeSet::new()).is_none(), "{key} twice");
            }
            for capture in variable.captures_iter(line).filter(|_| !line.starts_with('#')) {
                found.entry(key.clone()).or_default().insert(capture[1].to_owned());
            }
        }
        found
    }

    #[test]
    fn both_catalogues_have_the_same_keys_and_variables() {
        for (ru, en) in RU.iter().zip(&EN) {
            assert_eq!(variables(&[ru]), variables(&[en]));
        }
        assert!(variables(&RU).len() > 50);
        assert!(variables(&EN).len() > 50);
    }

    /// What is wrong never goes without what to do about it.
    #[test]
    fn every_error_has_its_remedy() {
        let keys = variables(&RU);
        let errors = keys.keys().filter(|key| key.starts_with("check-") && !key.contains('.'));
        for key in errors {
            assert!(keys.contains_key(&format!("{key}.help")), "{key} has no .help");
        }
    }

    #[test]
    fn catalogues_are_free_of_syntax_errors() {
        for source in RU.iter().chain(&EN) {
            if let Err((_, errors)) = FluentResource::try_new((*source).to_owned()) {
                panic!("{errors:?}");
            }
        }
    }

    #[test]
    fn numbers_are_grouped_and_spans_end_where_nothing_is_left() {
        let shown = [7, 999, 1_000, 1_234_567].map(|number| grouped(number, Language::En));
        assert_eq!(shown, ["7", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped(1_000_000, Language::Ru), "1\u{a0}000\u{a0}000");
        let span = |seconds| Catalogue::default().span(seconds, Language::Ru);
        assert_eq!([21_600.0, 21_660.0, 86_400.0].map(span), ["6 ч", "6 ч 1 мин", "1 д"]);
    }

    #[test]
    fn a_clock_means_its_last_time() {
        let at = |text: &str| {
            crate::model::Time(text.parse::<jiff::Timestamp>().unwrap().as_millisecond())
        };
        let now = at("2026-11-28T22:15:30Z");
        for (clock, moment) in [
            ("01:15", Some("2026-11-28T22:15:00Z")),
            ("0:05", Some("2026-11-28T21:05:00Z")),
            ("01:16", Some("2026-11-27T22:16:00Z")),
            ("23:59", Some("2026-11-28T20:59:00Z")),
            ("24:00", None),
            ("-1:00", None),
            ("3", None),
            ("2026-11-28T22:15:00Z", None),
        ] {
            assert_eq!(Zones::default().last_at(clock, now), moment.map(at), "{clock}");
        }
        assert_eq!(Zones::default().clock(now), "01:15");
    }

    #[test]
    fn russian_plurals_follow_the_number() {
        let catalogue = Catalogue::default();
        let check = |count: f64, expected: &str| {
            let message = Message::new("count-tickets").number("count", count);
            let shown = catalogue.render(&message, Language::Ru, &Topology::default());
            assert_eq!(shown, expected);
        };
        check(1.0, "1 обращение");
        check(3.0, "3 обращения");
        check(67.0, "67 обращений");
        check(111.0, "111 обращений");
    }
}
