//! Every reason for which a PDF is not sealed, one by one. What lies in the file alone is in the list of
//! [`chancery_testing::pdfs`], with what is expected of it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::support::{at, refused, settings, try_seal};
use chancery_testing::pdfs::named;

#[test]
fn places_that_are_not_there() {
    let plain = &named("classic").bytes;
    let place = |place| json!({ "visible": { "place": place } });
    for (settings, code) in [
        (at(99, 1.0, 1.0), "pdf-page-missing"),
        (at(-99, 1.0, 1.0), "pdf-page-missing"),
        (at(0, 1.0, 1.0), "pdf-page-missing"),
        (at(1, 590.0, 1.0), "pdf-area-outside"),
        (at(1, -1.0, 1.0), "pdf-area-outside"),
        (place(json!({ "PLACEHOLDER": "no such word" })), "pdf-placeholder-missing"),
        (place(json!({ "FIELD": "Nobody" })), "pdf-field-missing"),
    ] {
        assert_eq!(refused(plain, &settings), code, "{settings}");
    }
}

#[test]
fn appearances_that_cannot_be_drawn() {
    let plain = &named("classic").bytes;
    let drawn = |name: &str, value: serde_json::Value| {
        let mut settings = at(1, 20.0, 20.0);
        settings["visible"][name] = value;
        settings
    };
    let image = |octets: &[u8]| json!({ "kind": "PNG", "content": STANDARD.encode(octets) });
    let tiny = json!({ "width": 2, "height": 2 });
    for (settings, code) in [
        (drawn("template", json!("$nobody.knows()")), "pdf-template-invalid"),
        (drawn("template", json!("#set($a = 1)")), "pdf-template-invalid"),
        (drawn("template", json!("\u{4E2D}")), "pdf-character-missing"),
        (drawn("area", tiny), "pdf-text-too-long"),
        (drawn("image", image(b"no image")), "pdf-image-unreadable"),
        (drawn("image", image(&vec![0; 2 << 20])), "pdf-image-too-large"),
    ] {
        assert_eq!(refused(plain, &settings), code, "{settings:.200}");
    }
}

#[test]
fn what_a_document_does_not_allow() {
    let refuse = json!({ "activeContent": "REFUSE" });
    for name in ["active-javascript", "active-javascript-name", "active-launch"] {
        let pdf = named(name);
        assert_eq!(refused(&pdf.bytes, &refuse), "pdf-active-content", "{name}");
        assert!(
            try_seal(&pdf.bytes, &settings(&json!({}))).is_ok(),
            "{name} is sealed with a word"
        );
    }
    let certify = json!({ "certification": "FORM_FILLING" });
    assert_eq!(refused(&named("certified-2").bytes, &certify), "pdf-certification-too-late");
    let by_name = |field: &str| json!({ "field": field });
    assert_eq!(refused(&named("locked-buyer").bytes, &by_name("Buyer")), "pdf-field-locked");
    assert_eq!(refused(&named("certified-1").bytes, &json!({})), "pdf-certified");
}
