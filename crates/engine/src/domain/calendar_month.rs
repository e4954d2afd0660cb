//! A month of the calendar (UTC), by which usage is looked at.

use super::instant::{DAY_MS, Instant};

/// A month.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CalendarMonth {
    year: i64,
    /// From 1.
    month: i64,
}

impl CalendarMonth {
    /// The first and the last that can be asked for.
    const YEARS: std::ops::RangeInclusive<i64> = 2000..=9998;

    /// The one in which an instant is.
    #[must_use]
    pub fn of(at: Instant) -> Self {
        let (year, month, ..) = at.to_calendar();
        Self { year, month }
    }

    /// The one that a text says: `2026-11`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let good = year.len() == 4 && month.len() == 2;
        let digits = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
        let parsed = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        let known = Self::YEARS.contains(&parsed.year) && (1..=12).contains(&parsed.month);
        (good && digits && known).then_some(parsed)
    }

    /// As an address says it.
    #[must_use]
    pub fn to_text(self) -> String {
        format!("{:04}-{:02}", self.year, self.month)
    }

    /// The one after it.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.month {
            12 => Self { year: self.year + 1, month: 1 },
            month => Self { year: self.year, month: month + 1 },
        }
    }

    /// The one before it.
    #[must_use]
    pub const fn previous(self) -> Self {
        match self.month {
            1 => Self { year: self.year - 1, month: 12 },
            month => Self { year: self.year, month: month - 1 },
        }
    }

    /// Its first instant.
    #[must_use]
    pub fn begins(self) -> Instant {
        let text = format!("{}-01T00:00:00Z", self.to_text());
        Instant::parse_rfc3339(&text).unwrap_or(Instant::from_unix_ms(0))
    }

    /// Its days, counted from 1970, and the first that is not one of them.
    #[must_use]
    pub fn days(self) -> (i64, i64) {
        let day = |month: Self| month.begins().unix_ms().div_euclid(DAY_MS);
        (day(self), day(self.next()))
    }
}
