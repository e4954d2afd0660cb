//! The pictures of docs/visible-signatures.md: what it says about places and looks, as a reader shows
//! it. `UPDATE_SAMPLES=1` draws them anew.

use std::fs;

use base64::Engine as _;
use chancery_engine::domain::profile::Profile;
use serde_json::{Value, json};

use super::files::{is_picture, rendered};
use super::support::settings;
use crate::golden::seal_with;
use chancery_testing::judges::repository;
use chancery_testing::pdfs;

/// Seals visibly and compares a page.
fn shows(name: &str, document: &[u8], visible: &Value, page: &str) {
    let settings = settings(&json!({ "visible": visible, "reason": "Fatura 2026/1" }));
    let sealed = seal_with(document.to_vec(), &Profile::Pades(Box::new(settings)));
    let png = rendered(&sealed, &["-f", page, "-r", "50"]);
    assert!(png.len() < 30_000, "{name}: {} bytes", png.len());
    let picture = repository().join("docs/images").join(name).with_extension("png");
    is_picture(&picture, &png);
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(repository().join("samples/pdf").join(name)).unwrap()
}

#[test]
fn at_coordinates_with_an_image() {
    let image = base64::engine::general_purpose::STANDARD.encode(super::images::ring());
    let visible = json!({
        "place": { "COORDINATE": { "page": 1, "x": 56, "y": 720 } },
        "area": { "width": 220, "height": 60 },
        "background": "#EEF2FF",
        "image": { "kind": "PNG", "content": image },
    });
    shows("coordinates", &sample("invoice.pdf"), &visible, "1");
}

#[test]
fn in_a_field() {
    let visible = json!({
        "place": { "FIELD": "Seller" },
        "background": "#E6F4EA",
        "template": "$certificate.getCommonName()\n$reason, $date.format(\"dd/MM/yyyy\")",
    });
    shows("field", &sample("invoice-form.pdf"), &visible, "1");
}

#[test]
fn on_a_turned_page() {
    let visible = json!({
        "place": { "COORDINATE": { "page": 1, "x": 20, "y": 20 } },
        "background": "#FFF4D6",
        "font": { "size": 11, "color": "#203864" },
    });
    let turned = &pdfs::named("rotated-90").bytes;
    shows("turned", turned, &visible, "1");
}

#[test]
fn at_a_word() {
    let visible = json!({
        "place": { "PLACEHOLDER": "{{seal}}" },
        "background": "#FDECEF",
        "template": "$certificate.getOrganization()\n$date",
    });
    shows("placeholder", &sample("invoice-placeholder.pdf"), &visible, "2");
}
