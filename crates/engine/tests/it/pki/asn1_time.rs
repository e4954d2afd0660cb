//! Times as certificates carry them.

use chancery_engine::domain::instant::Instant;
use chancery_engine::pki::asn1_time::read;
use chancery_engine::pki::tlv::{self, GENERALIZED_TIME, UTC_TIME};

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
