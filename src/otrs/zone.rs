//! The ticket system's times: local to its own zone, whole seconds, without an offset.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::model::Time;

const FORM: &str = "%Y-%m-%d %H:%M:%S";

/// The zone in which the ticket system writes its times (`OTRSTimeZone`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerZone(TimeZone);

impl Default for ServerZone {
    fn default() -> Self {
        Self::utc()
    }
}

impl ServerZone {
    /// The peer's default.
    #[must_use]
    pub fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// A zone of the IANA database, as `Europe/Moscow`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if matches!(name, "UTC" | "Etc/UTC") {
            return Some(Self::utc());
        }
        TimeZone::get(name).ok().map(Self)
    }

    /// Reads `2026-11-22 22:45:00`. An hour that exists twice is read as its first pass.
    #[must_use]
    pub fn read(&self, text: &str) -> Option<Time> {
        let local = DateTime::strptime(FORM, text).ok()?;
        let at = self.0.to_ambiguous_timestamp(local).compatible().ok()?;
        Some(Time(at.as_millisecond()))
    }

    /// Writes a moment as the peer does; fractions of a second are cut.
    #[must_use]
    pub fn write(&self, at: Time) -> String {
        let at = Timestamp::from_millisecond(at.0).unwrap_or(Timestamp::UNIX_EPOCH);
        self.0.to_datetime(at).strftime(FORM).to_string()
    }

    /// The latest moment from which nothing written after `at` can be missed: `at` itself, but in
    /// the hour that clocks repeat in autumn the beginning of its first pass is not far enough, so
    /// the whole repeated span earlier.
    #[must_use]
    pub fn safe_start(&self, at: Time) -> Time {
        let Ok(moment) = Timestamp::from_millisecond(at.0) else { return at };
        let both = self.0.to_ambiguous_timestamp(self.0.to_datetime(moment));
        if !both.is_ambiguous() {
            return at;
        }
        match (both.earlier(), both.later()) {
            (Ok(first), Ok(second)) => {
                let span = second.as_millisecond() - first.as_millisecond();
                at.plus_millis(-span.abs())
            }
            _ => at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn times_are_read_in_the_servers_zone() {
        let utc = ServerZone::utc();
        let at = utc.read("2026-11-22 22:45:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-22T22:45:00.000Z");
        let moscow = ServerZone::named("Europe/Moscow").unwrap();
        assert_eq!(moscow.read("2026-11-23 01:45:00"), Some(at));
        assert_eq!(moscow.write(at), "2026-11-23 01:45:00");
        for wrong in ["", "2026-11-22T22:45:00Z", "2026-13-01 00:00:00"] {
            assert_eq!(utc.read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_repeated_hour_is_read_again_whole() {
        let zone = ServerZone::named("Europe/Berlin").unwrap();
        let at = zone.read("2026-10-25 02:59:59").unwrap();
        assert_eq!(zone.write(zone.safe_start(at)), "2026-10-25 01:59:59");
        let after = zone.read("2026-10-25 03:00:00").unwrap();
        assert_eq!(zone.safe_start(after), after);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(seconds in 0_i64..4_000_000_000) {
            let utc = ServerZone::utc();
            prop_assert_eq!(utc.read(&utc.write(Time(seconds * 1000))), Some(Time(seconds * 1000)));
        }
    }
}
