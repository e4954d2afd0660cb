//! What a relay answers, read from its bytes.

use chancery::outbound::mail::reply::{Misread, Reply};

#[test]
fn reads_replies_and_stops_at_their_end() {
    let (reply, taken) = Reply::read(b"250-a.example\r\n250-SIZE 10\r\n250 OK\r\n354 x").unwrap();
    assert_eq!((reply.code, taken), (250, 36));
    assert_eq!(reply.keyword("size"), Some("10"));
    assert_eq!(Reply::read(b"250-a\r\n250 b"), Err(Misread::Incomplete));
    assert_eq!(Reply::read(b"250\n").unwrap().0.lines, [""]);
    for nonsense in [&b"HTTP/1.1 400 Bad\r\n"[..], b"25\r\n", b"250_x\r\n", b"999 x\r\n"] {
        assert_eq!(Reply::read(nonsense), Err(Misread::Nonsense));
    }
}

#[test]
fn a_full_mailbox_is_not_a_large_message() {
    let reply = |text: &str| Reply::read(text.as_bytes()).unwrap().0;
    assert!(reply("552 too big\r\n").is_too_large(true));
    assert!(!reply("552 over quota\r\n").is_too_large(false));
    assert!(!reply("552 5.2.2 over quota\r\n").is_too_large(true));
    assert!(reply("552 5.3.4 too big\r\n").is_too_large(false));
    assert!(!reply("452 4.3.4 too big\r\n").is_too_large(true));
}
