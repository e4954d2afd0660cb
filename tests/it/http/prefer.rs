//! What clients prefer.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue};
use chancery::web::prefer::Preferences;

#[test]
fn preferences_are_read_as_they_are_written() {
    let of = |lines: &[&'static str]| {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", HeaderValue::from_static(line));
        }
        Preferences::of(&headers)
    };
    let wait = |seconds| Some(Duration::from_secs(seconds));
    let none = Preferences::default();
    for (lines, wanted) in [
        (&[][..], none),
        (&["respond-async"][..], Preferences { respond_async: true, ..none }),
        (
            &["Respond-Async, wait=10; x=1", "wait=5"][..],
            Preferences { respond_async: true, wait: wait(10), ..none },
        ),
        (&["wait = \"7\""][..], Preferences { wait: wait(7), ..none }),
        (&["wait=soon, other"][..], none),
        (&["return=Representation"][..], Preferences { representation: true, ..none }),
        (&["return=minimal, return=representation"][..], none),
    ] {
        assert_eq!(of(lines), wanted, "{lines:?}");
    }
}
