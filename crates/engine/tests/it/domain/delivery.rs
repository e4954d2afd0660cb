//! Addresses of mail, and how long is waited between tries.

use chancery_engine::domain::delivery::{Ladder, MailAddress};

#[test]
fn addresses_are_taken_and_refused() {
    for good in ["ap@customer.example", " o'neil+x@sub.example ", "josé@exämple.pt", "a@localhost"]
    {
        assert!(MailAddress::parse(good).is_some(), "{good}");
    }
    let long = format!("{}@{}.example", "a".repeat(64), "b".repeat(200));
    for bad in [
        "",
        "plain",
        "a@b@c.example",
        "a@",
        "@b.example",
        "a b@c.example",
        "a@b.example\r\nRCPT",
        "\"a b\"@c.example",
        "a@[127.0.0.1]",
        "Ann <a@b.example>",
        "a@host",
        "a@b.example.",
        &long,
    ] {
        assert!(MailAddress::parse(bad).is_none(), "{bad}");
    }
}

#[test]
fn local_addresses_are_told_from_others() {
    for local in [
        "a@localhost",
        "a@LOCALHOST",
        "a@db.local",
        "a@b.internal",
        "a@127.0.0.1",
        "a@x.home.arpa",
        "a@10.1",
        "a@mail.invalid",
        "a@ad.corp",
    ] {
        assert!(MailAddress::parse(local).is_some_and(|address| address.is_local()), "{local}");
    }
    for far in ["a@customer.example", "a@local.pt", "a@127.0.0.1.example", "a@seal.test"] {
        assert!(MailAddress::parse(far).is_some_and(|address| !address.is_local()), "{far}");
    }
}

#[test]
fn ladders_spread_by_a_fifth_and_end() {
    let ladder = Ladder::compat();
    assert_eq!(ladder.tries(), 4);
    assert_eq!(ladder.wait_ms(1, 0), Some(240_000));
    let most = ladder.wait_ms(1, u16::MAX).unwrap_or_default();
    assert!((359_000..=360_000).contains(&most), "{most}");
    assert!(ladder.wait_ms(3, 9).is_some());
    assert_eq!(ladder.wait_ms(4, 9), None);
    let days = Ladder::standard();
    let whole: i64 = (1..days.tries()).filter_map(|n| days.wait_ms(n, 32_767)).sum();
    assert!((4 * 86_400_000..5 * 86_400_000).contains(&whole), "{whole}");
}
