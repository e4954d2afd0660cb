//! Turns of one at a time, none of which lasts for ever.

use std::time::Duration;

use chancery::keys::pkcs11::turns::Turns;

#[test]
fn a_turn_that_lasts_too_long_is_anothers() {
    let turns = Turns::default();
    let long = Duration::from_mins(1);
    let stuck = turns.take(long).unwrap();
    // Waited for, and taken over when it has lasted too long.
    let next = turns.take(Duration::from_millis(1)).unwrap();
    assert_eq!(next.number(), stuck.number() + 1);
    // Its end is no longer anybody's business.
    drop(stuck);
    assert!(turns.is_taken());
    drop(next);
    assert!(!turns.is_taken());
}
