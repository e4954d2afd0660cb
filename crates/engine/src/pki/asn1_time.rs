//! Times as certificates, revocation lists and answers carry them (RFC 5280, 4.1.2.5): UTCTime from
//! 1950 to 2049 and GeneralizedTime, both in UTC to the second.

use super::tlv::{Element, GENERALIZED_TIME, UTC_TIME};
use crate::domain::instant::Instant;

/// Reads a time; `None` when it is none in DER.
pub(super) fn read(bytes: &[u8], element: &Element) -> Option<Instant> {
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

#[cfg(test)]
mod tests {
    use super::read;
    use crate::domain::instant::Instant;
    use crate::pki::tlv::{self, GENERALIZED_TIME, UTC_TIME};

    #[test]
    fn reads_what_der_allows() {
        let said = |tag, text: &str| {
            let der = tlv::tlv(tag, &[text.as_bytes()]);
            let element = tlv::read(&der, 0, der.len()).unwrap_or_else(|_| unreachable!());
            read(&der, &element).map(Instant::to_xs_date_time)
        };
        for (tag, text, wanted) in [
            (UTC_TIME, "500101120100Z", Some("1950-01-01T12:01:00Z")),
            (UTC_TIME, "491231235959Z", Some("2049-12-31T23:59:59Z")),
            (GENERALIZED_TIME, "20500101120100Z", Some("2050-01-01T12:01:00Z")),
            (GENERALIZED_TIME, "99991231235959Z", Some("9999-12-31T23:59:59Z")),
            (UTC_TIME, "20500101120100Z", None),
            (GENERALIZED_TIME, "500101120100Z", None),
            (UTC_TIME, "5001011201Z", None),
            (UTC_TIME, "500101120100+", None),
            (UTC_TIME, "501301120100Z", None),
            (UTC_TIME, "50010112010+Z", None),
            (GENERALIZED_TIME, "2050010112.100Z", None),
        ] {
            assert_eq!(said(tag, text).as_deref(), wanted, "{text}");
        }
    }
}
