//! The one source of every text for people: `i18n/ru.ftl` and `i18n/en.ftl`, with the plural rules
//! of each language. A test keeps their keys and variables equal.

use std::fmt::Write;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use crate::model::{Arg, Language, Message, Text, Time};
use crate::topology::Topology;

const RU: &str = include_str!("i18n/ru.ftl");
const EN: &str = include_str!("i18n/en.ftl");

/// Both catalogues, ready to render.
pub struct Catalogue {
    ru: FluentBundle<FluentResource>,
    en: FluentBundle<FluentResource>,
}

impl std::fmt::Debug for Catalogue {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Catalogue")
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        Self { ru: bundle("ru", RU), en: bundle("en", EN) }
    }
}

fn bundle(language: &str, source: &str) -> FluentBundle<FluentResource> {
    let language = language.parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![language]);
    // Isolation marks are for mixed right-to-left text; here they would end up in ticket titles.
    bundle.set_use_isolating(false);
    let resource = match FluentResource::try_new(source.to_owned()) {
        Ok(resource) | Err((resource, _)) => resource,
    };
    // A second message with the same key is found by the test below, not here.
    drop(bundle.add_resource(resource));
    bundle
}

impl Catalogue {
    /// Renders a message in one language. A key that the catalogue lacks is shown as it stands:
    /// a strange word on the page is better than a page that fails.
    #[must_use]
    pub fn render(&self, message: &Message, language: Language, topology: &Topology) -> String {
        let bundle = match language {
            Language::Ru => &self.ru,
            Language::En => &self.en,
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
                Arg::Moment(at) => moment(*at, language).into(),
            };
            args.set(name.as_ref(), value);
        }
        let pattern = bundle.get_message(&message.key).and_then(|found| found.value());
        let Some(pattern) = pattern else { return message.key.to_string() };
        let mut rendered = String::new();
        let mut problems = Vec::new();
        if bundle.write_pattern(&mut rendered, pattern, Some(&args), &mut problems).is_err() {
            let _infallible_for_strings = write!(rendered, "{}", message.key);
        }
        rendered
    }

    /// Renders a message in both languages.
    #[must_use]
    pub fn both(&self, message: &Message, topology: &Topology) -> Text {
        Text {
            ru: self.render(message, Language::Ru, topology),
            en: self.render(message, Language::En, topology),
        }
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
        if seconds < 60.0 {
            unit("span-seconds", seconds)
        } else if seconds < 3600.0 {
            unit("span-minutes", seconds / 60.0)
        } else if seconds < 86_400.0 {
            let minutes = (seconds % 3600.0) / 60.0;
            format!("{} {}", unit("span-hours", seconds / 3600.0), unit("span-minutes", minutes))
        } else {
            let hours = (seconds % 86_400.0) / 3600.0;
            format!("{} {}", unit("span-days", seconds / 86_400.0), unit("span-hours", hours))
        }
    }

    /// True when both catalogues have the key.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.ru.has_message(key) && self.en.has_message(key)
    }
}

/// A moment as the clock on the duty shift's wall shows it: Moscow time, which the operator's shifts
/// run on in every branch.
#[must_use]
pub fn moment(at: Time, language: Language) -> String {
    let Some(moment) = zoned(at) else { return at.to_string() };
    let zone = match language {
        Language::Ru => "МСК",
        Language::En => "MSK",
    };
    format!("{} {zone}", moment.strftime("%d.%m.%Y %H:%M:%S"))
}

/// The same as short as can be: «22:53» today, «28.11 22:53» on another day, with the year in another year.
#[must_use]
pub fn short(at: Time, now: Time) -> String {
    let (Some(moment), Some(today)) = (zoned(at), zoned(now)) else { return at.to_string() };
    let shape = match (moment.date() == today.date(), moment.year() == today.year()) {
        (true, _) => "%H:%M",
        (false, true) => "%d.%m %H:%M",
        (false, false) => "%d.%m.%Y %H:%M",
    };
    moment.strftime(shape).to_string()
}

/// A moment of today to the second.
#[must_use]
pub fn second(at: Time) -> String {
    zoned(at).map_or_else(|| at.to_string(), |moment| moment.strftime("%H:%M:%S").to_string())
}

/// The day of a moment, as the shifts count them.
#[must_use]
pub fn day(at: Time) -> jiff::civil::Date {
    zoned(at).map(|moment| moment.date()).unwrap_or_default()
}

/// A day as people write it: «31.12.2026».
#[must_use]
pub fn date(day: jiff::civil::Date) -> String {
    day.strftime("%d.%m.%Y").to_string()
}

/// The number of days under which a spreadsheet knows a moment, as the clock on the shift's wall shows it.
#[must_use]
pub fn spreadsheet_days(at: Time) -> f64 {
    // Days from 1899-12-30 to 1970-01-01, and Moscow's three hours.
    25_569.0 + (at.seconds() + 3.0 * 3_600.0) / 86_400.0
}

/// The number under which a spreadsheet knows a day.
#[must_use]
pub fn spreadsheet_day(day: jiff::civil::Date) -> f64 {
    let begin = jiff::civil::date(1899, 12, 30);
    f64::from((day - begin).get_days())
}

fn zoned(at: Time) -> Option<jiff::Zoned> {
    let moscow = jiff::tz::TimeZone::fixed(jiff::tz::offset(3));
    Some(jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(moscow))
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

    /// Keys of a catalogue and the variables each of them uses.
    fn variables(source: &str) -> BTreeMap<String, BTreeSet<String>> {
        let variable = regex::Regex::new(r"\$([a-z_]+)").unwrap();
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut key = String::new();
        for line in source.lines() {
            if let Some((name, _)) = line.split_once(" =")
                && line.starts_with(|letter: char| letter.is_ascii_lowercase())
            {
                key = name.to_owned();
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
        assert_eq!(variables(RU), variables(EN));
        assert!(variables(RU).len() > 50);
    }

    #[test]
    fn catalogues_are_free_of_syntax_errors() {
        for source in [RU, EN] {
            if let Err((_, errors)) = FluentResource::try_new(source.to_owned()) {
                panic!("{errors:?}");
            }
        }
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
