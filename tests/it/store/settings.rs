//! Seal settings as earlier releases stored them.

use chancery::domain::profile::Profile;
use chancery::domain::visible::{CoordinateOrigin, ImageSize};
use chancery::store::settings::{from_text, to_text};

#[test]
fn visible_signatures_from_before_origins_stay_where_they_were() {
    let old = r##"{"format":"PAdES","pades":{"visible":{
        "place":{"COORDINATE":{"page":1,"x":70,"y":100}},"font":{"size":11,"color":"#000000"},
        "image":{"kind":"PNG","content":"AAAA"}}}}"##;
    let settings = from_text(old).ok();
    let visible = settings.as_ref().and_then(|settings| match &settings.seal {
        Profile::Pades(pades) => pades.visible.clone(),
        _ => None,
    });
    let origin = visible.as_ref().and_then(|visible| visible.coordinate_origin);
    assert_eq!(origin, Some(CoordinateOrigin::BottomLeft));
    let size = visible.and_then(|visible| visible.image?.size);
    assert_eq!(size, Some(ImageSize::Fit));
}

#[test]
fn settings_from_before_profiles_are_read() {
    let old = r#"{"format":"XAdES","canonicalization":"INCLUSIVE","with_comments":true,"location":"Place"}"#;
    let settings = from_text(old).ok();
    let canonical = settings.as_ref().and_then(|settings| match &settings.seal {
        Profile::Xades(xades) => Some(xades.canonical_transform.as_str()),
        _ => None,
    });
    assert_eq!(canonical, Some("INCLUSIVE_WITH_COMMENTS"));
    let again = settings.as_ref().and_then(|it| from_text(&to_text(it).ok()?).ok());
    assert_eq!(again, settings);
}
