//! A point in time. Clocks live elsewhere; this is only the value.

/// Milliseconds since 1970-01-01T00:00:00Z, leap seconds ignored (as Unix time does).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// Wraps a count of milliseconds since the Unix epoch.
    #[must_use]
    pub const fn from_unix_ms(ms: i64) -> Self {
        Self(ms)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn unix_ms(self) -> i64 {
        self.0
    }

    /// This instant moved by a number of milliseconds, stopping at the ends of the range.
    #[must_use]
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0.saturating_add(ms))
    }

    /// This instant without its milliseconds: signing times carry whole seconds.
    #[must_use]
    pub const fn whole_seconds(self) -> Self {
        Self(self.0.div_euclid(1000) * 1000)
    }

    /// `xs:dateTime` in UTC, whole seconds: `2026-11-22T10:19:21Z` (ETSI EN 319 132-1, 5.2.1).
    #[must_use]
    pub fn to_xs_date_time(self) -> String {
        let (y, mo, d, h, mi, s, _) = self.civil();
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}Z")
    }

    /// RFC 3339 in UTC with milliseconds: `2026-11-22T10:19:21.648Z`.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        let (y, mo, d, h, mi, s, ms) = self.civil();
        format!("{y:04}-{mo:02}-{d:02}T{h:02}:{mi:02}:{s:02}.{ms:03}Z")
    }

    /// Date and time of a ZIP entry, in UTC: two-second steps from 1980 to 2107, beyond which the
    /// nearest is taken.
    #[must_use]
    pub fn to_dos_date_time(self) -> (u16, u16) {
        let (y, mo, d, h, mi, s, _) = self.civil();
        let (y, mo, d, h, mi, s) = match y {
            ..1980 => (1980, 1, 1, 0, 0, 0),
            2108.. => (2107, 12, 31, 23, 59, 58),
            _ => (y, mo, d, h, mi, s),
        };
        // Seven bits of years, four of months, five of days; five of hours, six of minutes, five.
        let (date, time) = (((y - 1980) * 16 + mo) * 32 + d, (h * 64 + mi) * 32 + s / 2);
        let fits = |number: i64| u16::try_from(number).unwrap_or_default();
        (fits(date), fits(time))
    }

    /// Year, month (from 1), day, hour and minute in UTC.
    #[must_use]
    pub fn to_calendar(self) -> (i64, i64, i64, i64, i64) {
        let (year, month, day, hour, minute, ..) = self.civil();
        (year, month, day, hour, minute)
    }

    /// Year, month, day, hour, minute, second, millisecond in the proleptic Gregorian calendar.
    ///
    /// Days to civil date after Howard Hinnant's `civil_from_days`; written out here because domain
    /// and the pure rooms import no clock and a calendar is twelve lines.
    fn civil(self) -> (i64, i64, i64, i64, i64, i64, i64) {
        let ms = self.0.rem_euclid(1000);
        let seconds = self.0.div_euclid(1000);
        let (days, rest) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
        let z = days + 719_468;
        let era = z.div_euclid(146_097);
        let day_of_era = z.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        (year, month, day, rest / 3600, rest % 3600 / 60, rest % 60, ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_known_instants() {
        assert_eq!(Instant::from_unix_ms(0).to_rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Instant::from_unix_ms(951_782_399_999).to_rfc3339(), "2000-02-28T23:59:59.999Z");
        assert_eq!(
            Instant::from_unix_ms(951_782_400_000).to_xs_date_time(),
            "2000-02-29T00:00:00Z"
        );
        assert_eq!(
            Instant::from_unix_ms(1_795_342_761_648).to_rfc3339(),
            "2026-11-22T10:19:21.648Z"
        );
        let (date, time) = Instant::from_unix_ms(1_795_342_761_648).to_dos_date_time();
        assert_eq!((date, time), ((46 * 16 + 11) * 32 + 22, (10 * 64 + 19) * 32 + 10));
        assert_eq!(Instant::from_unix_ms(0).to_dos_date_time(), (33, 0));
        assert_eq!(Instant::from_unix_ms(-1).to_rfc3339(), "1969-12-31T23:59:59.999Z");
    }
}
