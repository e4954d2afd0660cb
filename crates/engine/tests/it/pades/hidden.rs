//! What is easily passed over: certifications in no field, actions behind bookmarks, objects that nobody
//! uses, pages that a widget does not name.

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::seal::pdf::object::{Indirect, Object};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use serde_json::{Value, json};

use super::fields::two_pages;
use super::support::{refused, settings, try_seal};

/// Why a document is refused, as a client reads it.
#[track_caller]
fn said(document: &[u8], written: &Value) -> String {
    try_seal(document, &settings(written)).err().expect("it is refused").to_string()
}

/// Certified, and then without a form: only the catalog names the certification.
fn certified(level: &str) -> Vec<u8> {
    let wanted = json!({ "certification": level });
    let document = two_pages("", "", "", &[]);
    let mut sealed = try_seal(&document, &settings(&wanted)).unwrap().into_bytes();
    let at = sealed.windows(9).rposition(|window| window == b"/AcroForm").unwrap();
    sealed[at..at + 9].copy_from_slice(b"/Private_");
    sealed
}

#[test]
fn a_certification_in_no_field_holds_all_the_same() {
    let nothing = certified("NO_CHANGES");
    for wanted in [json!({}), json!({ "certification": "FORM_FILLING" })] {
        assert_eq!(refused(&nothing, &wanted), "pdf-certified", "{wanted}");
    }
    let filling = certified("FORM_FILLING");
    let again = json!({ "certification": "FORM_FILLING" });
    assert_eq!(refused(&filling, &again), "pdf-certification-too-late");
    let mut sealed = filling.clone();
    for _ in 0..2 {
        sealed = try_seal(&sealed, &PadesProfile::default()).unwrap().into_bytes();
    }
    // what it covers must not look different either
    let shadowed = {
        let file = PdfFile::open(&filling, &PdfLimits::default()).unwrap();
        let page = file.page(1).unwrap();
        let mut dictionary = page.dictionary.clone();
        dictionary.set("Rotate", Object::Integer(180));
        let mut increment = Increment::new(&file).unwrap();
        increment.set(page.reference, Indirect::Object(dictionary.into()));
        [filling.as_slice(), &increment.finish().unwrap().bytes].concat()
    };
    let refusal = said(&shadowed, &json!({}));
    assert!(refusal.contains("/Perms/DocMDP") && refusal.contains("Rotate"), "{refusal}");
}
