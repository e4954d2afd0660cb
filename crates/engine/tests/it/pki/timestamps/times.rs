//! The time that a token says.

use chancery_engine::pki::timestamp::TstInfo;

use super::tlv;

/// What a TSA says (RFC 3161, 2.4.2), with as little as it may, at a time.
fn info_at(gen_time: &str) -> Vec<u8> {
    let sha256 = tlv(0x30, &[&tlv(6, &[&[0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1]])]);
    let imprint = tlv(0x30, &[&sha256, &tlv(4, &[&[7; 32]])]);
    let policy = tlv(6, &[&[0x2A, 3]]);
    let time = tlv(0x18, &[gen_time.as_bytes()]);
    tlv(0x30, &[&[2, 1, 1], &policy, &imprint, &[2, 1, 9], &time])
}

#[test]
fn times_have_any_fraction_and_end_with_z() {
    let read =
        |text: &str| TstInfo::from_der(&info_at(text)).map(|info| info.gen_time.to_rfc3339()).ok();
    for (text, expected) in [
        ("20261130081500Z", "2026-11-30T08:15:00.000Z"),
        ("20261130081500.2Z", "2026-11-30T08:15:00.200Z"),
        ("20261130081500.123456789Z", "2026-11-30T08:15:00.123Z"),
        ("20161231235960Z", "2017-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
    for wrong in [
        "",
        "Z",
        "20261130081500",
        "202611300815Z",
        "20261130081500.Z",
        "20261130081500+0100",
        "20261130081500+01:00",
        "20261330081500Z",
        "2026113008150éZ",
        "20261130081500,5Z",
    ] {
        assert_eq!(read(wrong), None, "{wrong}");
    }
}
