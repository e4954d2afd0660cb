//! Times as certificates, revocation lists and answers carry them (RFC 5280, 4.1.2.5): UTCTime from
//! 1950 to 2049 and GeneralizedTime, both in UTC to the second.

use super::tlv::{Element, GENERALIZED_TIME, UTC_TIME};
use crate::domain::instant::Instant;

/// Reads a time; `None` when it is none in DER.
#[must_use]
pub fn read(bytes: &[u8], element: &Element) -> Option<Instant> {
    let text = std::str::from_utf8(bytes.get(element.content.clone())?).ok()?;
    let (year, rest) = match (element.tag, text.len()) {
        (UTC_TIME, 13) => {
            let (year, rest) = text.split_at_checked(2)?;
            let century = if year < "50" { "20" } else { "19" };
            (format!("{century}{year}"), rest)
        }
        (GENERALIZED_TIME, 15) => {
            let (year, rest) = text.split_at_checked(4)?;
            (year.to_owned(), rest)
        }
        _ => return None,
    };
    let digits = rest.strip_suffix('Z')?;
    if digits.len() != 10 || !digits.bytes().all(|octet| octet.is_ascii_digit()) {
        return None;
    }
    let part = |at: usize| digits.get(at..at + 2).unwrap_or_default();
    let (month, day, hour, minute, second) = (part(0), part(2), part(4), part(6), part(8));
    Instant::parse_rfc3339(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}Z"))
}
