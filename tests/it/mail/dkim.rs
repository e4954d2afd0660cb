//! The canonical forms that are signed of a mail.

use chancery::outbound::mail::dkim::{fields, relaxed_body, relaxed_header, split};

#[test]
fn canonical_forms_are_those_of_the_standard() {
    // RFC 6376 3.4.5
    let message = b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";
    let (headers, body) = split(message);
    let mut canonical = Vec::new();
    for (name, value) in fields(headers) {
        relaxed_header(name, value, &mut canonical);
    }
    assert_eq!(canonical, b"a:X\r\nb:Y Z\r\n");
    assert_eq!(relaxed_body(body), b" C\r\nD E\r\n");
    assert_eq!(relaxed_body(b"\r\n \r\n"), b"");
}
