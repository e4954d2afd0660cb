//! What is said to a relay.

use chancery::outbound::mail::dialogue::transparent;

#[test]
fn no_line_of_a_message_is_an_end_of_data() {
    let smuggled = b"a\r\n.\r\nMAIL\n.\nRCPT\r.\r\r\n..x";
    let expected = b"a\r\n..\r\nMAIL\r\n..\r\nRCPT . \r\n...x\r\n";
    assert_eq!(transparent(smuggled), expected);
}
