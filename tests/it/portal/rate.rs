//! How often the page may be asked for, and who is counted.

use axum::http::HeaderMap;
use chancery::domain::ids::MessageId;
use chancery::domain::instant::Instant;
use chancery::web::portal::rate::{OF_LINK, Visitor, Visits, address};

#[test]
fn a_link_is_counted_by_the_minute() {
    let visits = Visits::default();
    let at = Instant::from_unix_ms;
    let link = Visitor::Link(MessageId::from_i64(1));
    for request in 0..OF_LINK {
        assert_eq!(visits.count(link, at(i64::from(request))), Ok(()));
    }
    assert_eq!(visits.count(link, at(30_000)), Err(30));
    assert_eq!(visits.count(Visitor::Link(MessageId::from_i64(2)), at(30_000)), Ok(()));
    assert_eq!(visits.count(link, at(60_000)), Ok(()));
    // A clock that is set back does not lock anybody out.
    assert_eq!(visits.count(link, at(10)), Ok(()));
}

#[test]
fn only_a_proxy_of_ours_is_believed() {
    let mut headers = HeaderMap::new();
    headers.insert("x-forwarded-for", "198.51.100.1, 203.0.113.9".parse().unwrap());
    let proxies = ["10.0.0.0/8".parse().unwrap(), "127.0.0.0/8".parse().unwrap()];
    let from = |peer: &str| address(Some(peer.parse().unwrap()), &headers, &proxies).to_string();
    assert_eq!(from("10.0.0.1:80"), "203.0.113.9");
    assert_eq!(from("[::ffff:127.0.0.1]:80"), "203.0.113.9");
    assert_eq!(from("192.0.2.1:80"), "192.0.2.1");
    assert_eq!(from("[2001:db8:1:2:3:4:5:6]:80"), "2001:db8:1:2::");
}
