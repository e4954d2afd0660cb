//! When a client service may send mails again.

use chancery::domain::instant::HOUR_MS;
use chancery::store::outbox::limits::{HOURS, free_again};

#[test]
fn room_comes_when_enough_hours_are_a_day_old() {
    let hours = [(100, 3), (101, 5), (123, 2)];
    let free = |limit| free_again(&hours, limit).map(|at| at.unix_ms() / HOUR_MS - HOURS);
    assert_eq!(
        (free(0), free(10), free(9), free(7), free(6), free(1)),
        (None, None, Some(100), Some(100), Some(101), Some(123))
    );
}
