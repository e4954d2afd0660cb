//! What `check` says of clocks.

use chancery::cli::check::clock;
use chancery::domain::instant::Instant;
use chancery::workflow::clock::MOST_APART_MS;

#[test]
fn there_is_one_finding_about_the_clock() {
    let now = Instant::from_unix_ms(1_795_342_761_000);
    let early = Instant::from_unix_ms(0);
    for (now, database, good) in [
        (now, None, true),
        (now, Some(now.plus_ms(MOST_APART_MS)), true),
        (now, Some(now.plus_ms(-MOST_APART_MS - 1000)), false),
        (early, None, false),
        (early, Some(now), false),
    ] {
        let found = clock(now, database);
        assert_eq!(found.is_ok(), good, "{found:?}");
    }
}
