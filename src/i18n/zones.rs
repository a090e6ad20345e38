//! Moments as people read them: on the clock of the duty shift's wall, and on the clock of a branch.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;

use crate::config::{Node, Reader, Value};
use crate::model::{Language, Message, Time};

/// The operator's shifts run on Moscow time in every branch.
const HOME: &str = "Europe/Moscow";
/// The branches from west to east, and the zone that most of each lives in.
const BRANCHES: [(&str, &str); 8] = [
    ("Северо-Запад", "Europe/Moscow"),
    ("Центр", "Europe/Moscow"),
    ("Москва", "Europe/Moscow"),
    ("Юг", "Europe/Moscow"),
    ("Волга", "Europe/Samara"),
    ("Урал", "Asia/Yekaterinburg"),
    ("Сибирь", "Asia/Novosibirsk"),
    ("Дальний Восток", "Asia/Vladivostok"),
];

/// The zone of the pages, tickets and alerts, and those of the branches.
#[derive(Clone, Debug, PartialEq)]
pub struct Zones {
    home: TimeZone,
    branches: BTreeMap<String, TimeZone>,
    /// The branches by name, from west to east, those that the site adds after them.
    names: Vec<String>,
}

impl Default for Zones {
    fn default() -> Self {
        let branches = BRANCHES.iter().filter_map(|(name, zone)| {
            let zone = TimeZone::get(zone).ok()?;
            Some((plain(name), zone))
        });
        // The zones are part of the program: this fallback is for nobody.
        let home = TimeZone::get(HOME).unwrap_or_else(|_| TimeZone::fixed(jiff::tz::offset(3)));
        let names = BRANCHES.iter().map(|(name, _)| (*name).to_owned()).collect();
        Self { home, branches: branches.collect(), names }
    }
}

/// A branch's name as it is compared: «МРФ Урал» is «урал».
fn plain(name: &str) -> String {
    let name = name.trim().to_lowercase();
    name.strip_prefix("мрф")
        .map_or(name.as_str(), str::trim)
        .trim_matches(['«', '»', '"'])
        .to_owned()
}

impl Zones {
    /// Reads `time_zone` and `branches: {NAME: ZONE}` of a site.
    pub fn read(reader: &mut Reader<'_, '_>) -> Self {
        let mut zones = Self::default();
        if let Some(node) = reader.node("time_zone")
            && let Some(zone) = zone(node, reader)
        {
            zones.home = zone;
        }
        let Some(node) = reader.node("branches") else { return zones };
        let Value::Map(entries) = &node.value else {
            let expected = Message::new("check-expected-branches");
            reader.wrong(node, expected, "{Урал: Asia/Yekaterinburg}");
            return zones;
        };
        for (name, _, node) in entries {
            if let Some(zone) = zone(node, reader)
                && zones.branches.insert(plain(name), zone).is_none()
            {
                zones.names.push(name.clone());
            }
        }
        zones
    }

    /// Counts by branch as a map: every branch from west to east, also those with nothing, then names that are no branch.
    #[must_use]
    pub fn map(&self, counts: &[(String, usize)]) -> Vec<(String, usize)> {
        let mut map: Vec<(String, usize)> =
            self.names.iter().map(|name| (name.clone(), 0)).collect();
        for (name, count) in counts {
            match map.iter_mut().find(|(known, _)| plain(known) == plain(name)) {
                Some((_, known)) => *known += count,
                None => map.push((name.clone(), *count)),
            }
        }
        map
    }

    fn at(&self, at: Time) -> Option<jiff::Zoned> {
        Some(jiff::Timestamp::from_millisecond(at.0).ok()?.to_zoned(self.home.clone()))
    }

    /// A moment in full, with its zone: «28.11.2026 22:53:10 МСК».
    #[must_use]
    pub fn moment(&self, at: Time, language: Language) -> String {
        let Some(moment) = self.at(at) else { return at.to_string() };
        format!("{} {}", moment.strftime("%d.%m.%Y %H:%M:%S"), named(&moment, language))
    }

    /// The same as short as can be: «22:53» today, «28.11 22:53» on another day, with the year in another year.
    #[must_use]
    pub fn short(&self, at: Time, now: Time) -> String {
        let (Some(moment), Some(today)) = (self.at(at), self.at(now)) else {
            return at.to_string();
        };
        let shape = match (moment.date() == today.date(), moment.year() == today.year()) {
            (true, _) => "%H:%M",
            (false, true) => "%d.%m %H:%M",
            (false, false) => "%d.%m.%Y %H:%M",
        };
        moment.strftime(shape).to_string()
    }

    /// A moment of today to the second.
    #[must_use]
    pub fn second(&self, at: Time) -> String {
        self.at(at).map_or_else(|| at.to_string(), |at| at.strftime("%H:%M:%S").to_string())
    }

    /// Its hours and minutes alone: `03:10`.
    #[must_use]
    pub fn clock(&self, at: Time) -> String {
        self.at(at).map_or_else(|| at.to_string(), |at| at.strftime("%H:%M").to_string())
    }

    /// How far the clock of the pages is ahead of UTC at a moment, milliseconds.
    #[must_use]
    pub fn ahead_ms(&self, at: Time) -> i64 {
        self.at(at).map_or(0, |moment| i64::from(moment.offset().seconds()) * 1_000)
    }

    /// The day of a moment, as the shifts count them.
    #[must_use]
    pub fn day(&self, at: Time) -> jiff::civil::Date {
        self.at(at).map(|moment| moment.date()).unwrap_or_default()
    }

    /// The number of days under which a spreadsheet knows a moment, as the clock on the wall shows it.
    #[must_use]
    pub fn spreadsheet_days(&self, at: Time) -> f64 {
        let shift = self.at(at).map_or(0, |moment| moment.offset().seconds());
        // Days from 1899-12-30 to 1970-01-01, and the zone's distance from UTC.
        25_569.0 + (at.seconds() + f64::from(shift)) / 86_400.0
    }

    /// When a clock on the wall showed this last: `03:10` of today or, while that is yet to come, of yesterday.
    #[must_use]
    pub fn last_at(&self, clock: &str, now: Time) -> Option<Time> {
        let (hours, minutes) = clock.split_once(':')?;
        let is_plain =
            |part: &str| part.len() <= 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        if !is_plain(hours) || !is_plain(minutes) {
            return None;
        }
        let (hours, minutes): (i8, i8) = (hours.parse().ok()?, minutes.parse().ok()?);
        let time = jiff::civil::Time::new(hours, minutes, 0, 0).ok()?;
        let today = self.at(now)?;
        let at = |date: jiff::civil::Date| {
            let moment = date.to_datetime(time).to_zoned(today.time_zone().clone()).ok()?;
            Some(Time(moment.timestamp().as_millisecond()))
        };
        at(today.date()).filter(|at| *at <= now).or_else(|| at(today.date().yesterday().ok()?))
    }

    /// What the clock of a branch shows, when that is not what ours does: «00:53».
    #[must_use]
    pub fn there(&self, at: Time, branch: &str) -> Option<String> {
        let zone = self.branches.get(&plain(branch))?;
        let here = self.at(at)?;
        let there = here.with_time_zone(zone.clone());
        (there.datetime() != here.datetime()).then(|| there.strftime("%H:%M").to_string())
    }
}

/// A zone by what people call it, else by its distance from UTC.
fn named(moment: &jiff::Zoned, language: Language) -> String {
    let short = moment.strftime("%Z").to_string();
    match (short.as_str(), language) {
        ("MSK", Language::Ru) => "МСК".to_owned(),
        (name, _) if name.starts_with(|letter: char| letter.is_ascii_alphabetic()) => short,
        _ => format!("UTC{}", moment.strftime("%:z")),
    }
}

fn zone(node: &Node, reader: &mut Reader<'_, '_>) -> Option<TimeZone> {
    let name = reader.text_of(node)?;
    if let Ok(zone) = TimeZone::get(&name) {
        return Some(zone);
    }
    reader.wrong(node, Message::new("check-expected-iana"), HOME);
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Diagnostics, parse};

    fn read(text: &str) -> (Zones, Vec<String>) {
        let mut errors = Diagnostics::default();
        let node = parse("a.yaml", text, &mut errors).unwrap();
        let mut reader = Reader::new(&node, &mut errors);
        let zones = Zones::read(&mut reader);
        reader.finish();
        (zones, errors.into_sorted().into_iter().map(|error| error.to_string()).collect())
    }

    #[test]
    fn moments_are_on_the_clock_of_the_wall_and_of_the_branch() {
        // 2026-11-28 19:53:10 UTC.
        let at = Time(1_795_895_590_000);
        let usual = Zones::default();
        assert_eq!(usual.moment(at, Language::Ru), "28.11.2026 22:53:10 МСК");
        assert_eq!(usual.moment(at, Language::En), "28.11.2026 22:53:10 MSK");
        assert_eq!(usual.there(at, "Урал").as_deref(), Some("00:53"));
        assert_eq!(usual.there(at, "МРФ «Дальний Восток»").as_deref(), Some("05:53"));
        assert_eq!(usual.there(at, "Центр"), None);
        assert_eq!(usual.there(at, "неведомый"), None);
        let (zones, errors) =
            read("time_zone: Asia/Novosibirsk\nbranches: {Байкал: Asia/Irkutsk}\n");
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(zones.moment(at, Language::Ru), "29.11.2026 02:53:10 UTC+07:00");
        assert_eq!(zones.short(at, at), "02:53");
        assert_eq!((usual.ahead_ms(at), zones.ahead_ms(at)), (3 * 3_600_000, 7 * 3_600_000));
        assert_eq!(zones.there(at, "Байкал").as_deref(), Some("03:53"));
        assert_eq!(zones.there(at, "Урал").as_deref(), Some("00:53"));
    }

    #[test]
    fn a_map_has_every_branch_in_its_place() {
        let (zones, _) = read("branches: {Байкал: Asia/Irkutsk}\n");
        let counts = [("Урал", 2), ("МРФ «Урал»", 1), ("Байкал", 4), ("Луна", 5)];
        let map = zones.map(&counts.map(|(name, count)| (name.to_owned(), count)));
        let shown: Vec<(&str, usize)> = map.iter().map(|(name, count)| (&**name, *count)).collect();
        assert_eq!(shown[0], ("Северо-Запад", 0));
        assert_eq!(shown[5], ("Урал", 3));
        assert_eq!(shown[8..], [("Байкал", 4), ("Луна", 5)]);
    }

    #[test]
    fn a_zone_that_is_none_is_an_error_at_its_place() {
        let (_, errors) = read("time_zone: Moskva\nbranches: {Урал: Nowhere/Land, Юг: 3}\n");
        assert_eq!(errors.len(), 3, "{errors:?}");
        assert!(errors[0].contains("a.yaml:1:12") && errors[0].contains("Europe/Moscow"));
    }
}
