//! Log-ins that fail: who waits, for how long, and who does not.

use std::net::{IpAddr, Ipv4Addr};

use chancery::app::Logins;
use chancery::app::logins::{FORGET_MS, FREE_FROM_ADDRESS, MANY_OF_ALIAS};
use chancery::domain::instant::Instant;

fn from(number: u32) -> IpAddr {
    Ipv4Addr::from_bits(number).into()
}

const AT: Instant = Instant::from_unix_ms(1_795_342_761_000);

#[test]
fn who_fails_waits_longer_and_longer_and_nobody_else_does() {
    let logins = Logins::default();
    let mut now = AT;
    let mut waits = Vec::new();
    for _ in 0..14 {
        if let Err(seconds) = logins.may_try("acme", from(1), now) {
            waits.push(seconds);
            now = now.plus_ms(i64::try_from(seconds).unwrap() * 1000);
        }
        assert_eq!(logins.may_try("acme", from(1), now), Ok(()));
        logins.failed("acme", from(1), now);
        assert_eq!(logins.may_try("acme", from(2), now), Ok(()), "another address");
        assert_eq!(logins.may_try("other", from(1), now), Ok(()), "another alias");
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    assert!(logins.may_try("acme", from(1), now).is_err());
    assert_eq!(logins.may_try("acme", from(1), now.plus_ms(FORGET_MS)), Ok(()));
    assert_eq!(logins.may_try("acme", from(1), now.plus_ms(-1)), Ok(()), "a clock set back");
    logins.succeeded("acme", from(1), now);
    assert_eq!(logins.may_try("acme", from(1), now), Ok(()));
}

/// However many guess at an alias, a right secret is looked at at its first try.
#[test]
fn nobody_is_locked_out_by_those_who_guess_elsewhere() {
    let logins = Logins::default();
    for guesser in 0..10 * MANY_OF_ALIAS {
        let _ = logins.failed("acme", from(guesser), AT);
    }
    assert!(logins.may_try("acme", from(7), AT).is_err(), "one try each");
    assert_eq!(logins.may_try("acme", from(1_000_000), AT), Ok(()));
}

/// An address that tries many aliases waits with all of them, but for those that belong there.
#[test]
fn an_address_that_guesses_at_many_waits() {
    let logins = Logins::default();
    logins.succeeded("acme", from(1), AT);
    for number in 0..FREE_FROM_ADDRESS {
        assert_eq!(logins.may_try("unknown", from(1), AT), Ok(()));
        logins.failed(&format!("alias-{number}"), from(1), AT);
    }
    assert_eq!(logins.may_try("unknown", from(1), AT), Err(1));
    assert_eq!(logins.may_try("acme", from(1), AT), Ok(()));
    for number in 0..100 {
        logins.failed(&format!("alias-{number}"), from(1), AT);
    }
    assert_eq!(logins.may_try("unknown", from(1), AT), Err(10));
}

#[test]
fn memory_is_bounded() {
    let logins = Logins::default();
    for number in 0..u32::try_from(2 * Logins::MOST).unwrap() {
        logins.failed(&format!("alias-{number}"), from(number), AT);
    }
    assert!(logins.remembered() <= Logins::MOST);
}
