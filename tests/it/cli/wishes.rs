//! How a seal that is asked for is found again by every release.

use chancery::cli::sign::words;
use chancery::domain::document::SealWishes;
use chancery::domain::level::LevelWish;
use chancery::domain::profile::Format;

#[test]
fn the_words_of_a_seal_are_those_of_every_release() {
    let said = |profile: Option<&str>, settings: &str| {
        let settings = serde_json::from_str(settings).unwrap();
        let profile = profile.map(str::to_owned);
        let (format, notes) = (Format::Xades, Vec::new());
        words(&SealWishes { format, profile, settings, level: LevelWish::Usual, notes })
    };
    assert_eq!(said(None, "{}"), b"None{}");
    assert_eq!(said(Some("peppol"), "{}"), b"Some(\"peppol\"){}");
    let one = said(None, r#"{"ids":{"signature":"a","keyInfo":""},"base64Lines":64}"#);
    assert_eq!(one, said(None, r#"{"base64Lines":64.0,"ids":{"keyInfo":"","signature":"a"}}"#));
    assert_ne!(one, said(None, r#"{"base64Lines":76,"ids":{"keyInfo":"","signature":"a"}}"#));
}
