//! Values as each language writes them.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::language::Language;
use chancery_engine::letters::Locale;

const NO_BREAK: char = '\u{a0}';

#[test]
fn languages_write_dates_numbers_and_sizes_their_way() {
    let at = Instant::from_unix_ms(1_795_342_761_648);
    let said = Language::ALL.map(|language| {
        let locale = Locale(language);
        let size = locale.size(12_345_678).replace(NO_BREAK, "_");
        let number = locale.number(1_234_567).replace([NO_BREAK, '\u{202f}'], "_");
        format!("{} | {number} | {size}", locale.time(at))
    });
    assert_eq!(
        said,
        [
            "22 de novembro de 2026 às 10:19 UTC | 1_234_567 | 12,3_MB",
            "22 November 2026 at 10:19 UTC | 1,234,567 | 12.3_MB",
            "22 de noviembre de 2026 a las 10:19 UTC | 1_234_567 | 12,3_MB",
            "22 novembre 2026 à 10:19 UTC | 1_234_567 | 12,3_Mo",
            "22. November 2026 um 10:19 Uhr UTC | 1.234.567 | 12,3_MB",
            "22 novembre 2026 alle ore 10:19 UTC | 1.234.567 | 12,3_MB",
        ]
    );
    let first = Instant::from_unix_ms(0);
    let one = Instant::from_unix_ms(3_600_000);
    assert_eq!(Locale(Language::Es).time(one), "1 de enero de 1970 a la 01:00 UTC");
    assert_eq!(Locale(Language::Fr).day(first), "1er janvier 1970");
    assert_eq!(Locale(Language::It).day(first), "1º gennaio 1970");
}

#[test]
fn sizes_are_rounded_into_the_right_unit() {
    let english = |bytes| Locale(Language::En).size(bytes).replace(NO_BREAK, " ");
    for (bytes, text) in [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1 MB"),
        (1_500_000_000, "1.5 GB"),
        (u64::MAX, "18,446,744,073.7 GB"),
    ] {
        assert_eq!(english(bytes), text);
    }
    assert_eq!(Locale(Language::Pt).number(1234), "1234");
}
