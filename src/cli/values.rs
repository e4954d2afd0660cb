//! Values as people write them, in and out.

use crate::domain::delivery::MailAddress;
use crate::domain::instant::{DAY_MS, Instant};
use crate::domain::language::Language;

pub(super) fn language(text: &str) -> Result<Language, String> {
    Language::parse(text).ok_or_else(|| {
        format!("one of {} is needed", Language::ALL.map(Language::as_str).join(", "))
    })
}

pub(super) fn mail_address(text: &str) -> Result<MailAddress, String> {
    MailAddress::parse(text).ok_or_else(|| "this is no mail address".to_owned())
}

/// A time with its zone (RFC 3339).
pub(super) fn instant(text: &str) -> Result<Instant, String> {
    let wrong = || "a time such as 2026-12-31T12:00:00Z is needed".to_owned();
    Instant::parse_rfc3339(text).ok_or_else(wrong)
}

/// The first instant of a day, UTC.
pub(super) fn first_instant(text: &str) -> Result<Instant, String> {
    let parsed = format!("{text}T00:00:00Z").parse::<der::DateTime>();
    let parsed = parsed.map_err(|_| "a day such as 2026-12-31 is needed".to_owned())?;
    let since = i64::try_from(parsed.unix_duration().as_millis()).unwrap_or(i64::MAX);
    Ok(Instant::from_unix_ms(since))
}

/// Its last second.
pub(super) fn last_instant(text: &str) -> Result<Instant, String> {
    Ok(first_instant(text)?.plus_ms(DAY_MS - 1000))
}
