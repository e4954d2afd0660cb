//! The kinds of events by their names.

use chancery_engine::domain::webhook::EventKind;

#[test]
fn kinds_are_written_as_the_specification_wants_and_read_back() {
    for kind in EventKind::ALL {
        let name = kind.as_str();
        let plain = |c: char| c.is_ascii_lowercase() || c == '.';
        assert!(name.contains('.') && name.chars().all(plain), "{name}");
        assert_eq!(EventKind::parse(name), Some(kind));
    }
    assert_eq!(EventKind::parse("operation"), None);
}
