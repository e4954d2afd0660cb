//! A point in time. Clocks live elsewhere; this is only the value.

/// Milliseconds of an hour.
pub const HOUR_MS: i64 = 60 * 60 * 1000;

/// Milliseconds of a day.
pub const DAY_MS: i64 = 24 * HOUR_MS;

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

    /// The same day and time so many months later; the last day of a month that has no such day.
    #[must_use]
    pub fn plus_months(self, months: u32) -> Self {
        let (year, month, day, ..) = self.civil();
        let months = year * 12 + month - 1 + i64::from(months);
        let (year, month) = (months.div_euclid(12), months.rem_euclid(12) + 1);
        let days = days_from_civil(year, month, day.min(days_of(year, month)));
        Self((days * DAY_MS).saturating_add(self.0.rem_euclid(DAY_MS)))
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

    /// Reads a date and time of RFC 3339: `2026-11-22T10:19:21Z`, with any fraction and offset. What is
    /// finer than a millisecond is dropped; a leap second counts as the next one.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, rest) = text.split_once(['T', 't', ' '])?;
        let at = rest.find(['Z', 'z', '+', '-'])?;
        let (time, zone) = rest.split_at_checked(at)?;
        let [y, mo, d] = numbers(date, '-', [4, 2, 2])?;
        let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
        let [h, mi, s] = numbers(time, ':', [2, 2, 2])?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|c| c.is_ascii_digit());
        let offset = match zone.split_at_checked(1)? {
            ("Z" | "z", "") => 0,
            (sign @ ("+" | "-"), offset) => {
                let [hours, minutes] = numbers(offset, ':', [2, 2])?;
                let offset = (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)?;
                if sign == "-" { -offset } else { offset }
            }
            _ => return None,
        };
        let ms: i64 =
            digits(fraction).then(|| format!("{fraction:0<3}"))?.get(..3)?.parse().ok()?;
        if !(1..=12).contains(&mo)
            || !(1..=days_of(y, mo)).contains(&d)
            || h > 23
            || mi > 59
            || s > 60
        {
            return None;
        }
        let minutes = days_from_civil(y, mo, d) * 1440 + h * 60 + mi - offset;
        Some(Self((minutes * 60 + s) * 1000 + ms))
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

/// Days of a month, from 1 to 12.
const fn days_of(year: i64, month: i64) -> i64 {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since 1970, after Howard Hinnant's `days_from_civil`, the inverse of [`Instant::civil`].
const fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// Numbers of so many digits with something between them.
fn numbers<const N: usize>(text: &str, between: char, lengths: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, length) in numbers.iter_mut().zip(lengths) {
        let part = parts.next()?;
        let plain = part.len() == length && part.bytes().all(|c| c.is_ascii_digit());
        *number = plain.then(|| part.parse().ok())??;
    }
    parts.next().is_none().then_some(numbers)
}
