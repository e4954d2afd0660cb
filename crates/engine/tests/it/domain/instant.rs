//! Instants as they are written and read, and the calendar.

use chancery_engine::domain::instant::Instant;

#[test]
fn months_end_where_they_do() {
    for (given, months, wanted) in [
        ("2026-11-22T10:19:21.648Z", 120, "2036-11-22T10:19:21.648Z"),
        ("2028-02-29T00:00:00.000Z", 12, "2029-02-28T00:00:00.000Z"),
        ("2026-12-31T23:59:59.999Z", 2, "2027-02-28T23:59:59.999Z"),
    ] {
        let moved = Instant::parse_rfc3339(given).unwrap().plus_months(months);
        assert_eq!(moved.to_rfc3339(), wanted);
    }
}

#[test]
fn formats_known_instants() {
    assert_eq!(Instant::from_unix_ms(0).to_rfc3339(), "1970-01-01T00:00:00.000Z");
    assert_eq!(Instant::from_unix_ms(951_782_399_999).to_rfc3339(), "2000-02-28T23:59:59.999Z");
    assert_eq!(Instant::from_unix_ms(951_782_400_000).to_xs_date_time(), "2000-02-29T00:00:00Z");
    assert_eq!(Instant::from_unix_ms(1_795_342_761_648).to_rfc3339(), "2026-11-22T10:19:21.648Z");
    let (date, time) = Instant::from_unix_ms(1_795_342_761_648).to_dos_date_time();
    assert_eq!((date, time), ((46 * 16 + 11) * 32 + 22, (10 * 64 + 19) * 32 + 10));
    assert_eq!(Instant::from_unix_ms(0).to_dos_date_time(), (33, 0));
    assert_eq!(Instant::from_unix_ms(-1).to_rfc3339(), "1969-12-31T23:59:59.999Z");
}
#[test]
fn reads_what_it_writes_and_what_others_write() {
    for ms in [0, -1, 951_782_399_999, 951_782_400_000, 1_795_342_761_648, 4_102_444_800_000] {
        let instant = Instant::from_unix_ms(ms);
        assert_eq!(Instant::parse_rfc3339(&instant.to_rfc3339()), Some(instant));
    }
    let read = |text| Instant::parse_rfc3339(text).map(Instant::to_rfc3339);
    for (text, expected) in [
        ("2026-11-22T12:19:21+02:00", "2026-11-22T10:19:21.000Z"),
        ("2026-11-22t10:19:21.6489z", "2026-11-22T10:19:21.648Z"),
        ("2026-01-01 00:00:00.5-00:30", "2026-01-01T00:30:00.500Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
    ] {
        assert_eq!(read(text).as_deref(), Some(expected), "{text}");
    }
    for bad in [
        "",
        "2026-11-22",
        "2026-11-22T10:19:21",
        "2026-02-29T00:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:19:21.Z",
        "2026-11-22T10:19Z",
        "1732270761",
        "2026-11-22T10:19:21+2:00",
        "2026-11-22T10:19:21ZZ",
        "26-11-22T10:19:21Z",
        "2026-11-22T10:19:21+25:00",
        "2026-11-2éT10:19:21Z",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
