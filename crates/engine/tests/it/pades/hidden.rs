//! What is easily passed over: certifications in no field, actions behind bookmarks, objects that nobody
//! uses, pages that a widget does not name.

use std::fmt::Write as _;

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::seal::pdf::object::{Indirect, Object};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use serde_json::{Value, json};

use super::fields::{pdf, two_pages};
use super::support::{refused, settings, try_seal};

fn code(document: &[u8], written: &Value) -> Option<&'static str> {
    try_seal(document, &settings(written)).err().map(|refusal| refusal.code())
}

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

#[test]
fn actions_of_bookmarks_and_of_groups_of_fields_are_refused() {
    let refuse = json!({ "activeContent": "REFUSE" });
    let outline = |item: &str| {
        let outline = "<</Type/Outlines/First 6 0 R/Last 6 0 R/Count 1>>";
        let item = format!("<</Title(a)/Parent 5 0 R/Next 6 0 R/First 7 0 R{item}>>");
        let inner = "<</Title(b)/Parent 6 0 R/Dest[3 0 R/Fit]/Next 5 0 R>>";
        let objects = [(5, outline), (6, item.as_str()), (7, inner)];
        two_pages("/Outlines 5 0 R", "", "", &objects)
    };
    let script = "/A<</S/GoTo/D[3 0 R/Fit]/Next<</S/JavaScript/JS(x)>>>>";
    assert_eq!(code(&outline(script), &refuse), Some("pdf-active-content"));
    assert_eq!(code(&outline("/A<</S/GoTo/D[3 0 R/Fit]>>"), &refuse), None);
    assert_eq!(code(&outline(script), &json!({})), None, "a click away");
    let group = |own: &str| {
        let group = format!("<</T(Group)/Kids[6 0 R]{own}>>");
        let field = "<</T(Name)/FT/Tx/Parent 5 0 R>>";
        two_pages("/AcroForm<</Fields[5 0 R]>>", "", "", &[(5, group.as_str()), (6, field)])
    };
    let calculated = group("/AA<</C<</S/JavaScript/JS(x)>>>>");
    let refusal = said(&calculated, &refuse);
    assert!(refusal.contains("JavaScript in the field 'Group'"), "{refusal}");
    assert_eq!(code(&group(""), &refuse), None);
}

/// An object that no reader can read, after a signature.
#[test]
fn an_object_that_cannot_be_read_harms_where_it_is_used() {
    let document = two_pages("", "", "", &[]);
    let sealed = try_seal(&document, &PadesProfile::default()).unwrap().into_bytes();
    let with_broken = |used: bool| {
        let file = PdfFile::open(&sealed, &PdfLimits::default()).unwrap();
        let mut increment = Increment::new(&file).unwrap();
        let broken = increment.add_raw(b"<</Type/Annot ]".to_vec());
        if used {
            let page = file.page(2).unwrap();
            let dictionary = page.dictionary.with("Annots", vec![Object::Reference(broken)]);
            increment.set(page.reference, Indirect::Object(dictionary.into()));
        }
        [sealed.as_slice(), &increment.finish().unwrap().bytes].concat()
    };
    assert_eq!(code(&with_broken(false), &json!({})), None);
    assert_eq!(code(&with_broken(true), &json!({})), Some("pdf-damaged"));
}

#[test]
fn a_widget_that_names_no_page_is_on_the_one_that_names_it() {
    let wanted = json!({ "visible": { "place": { "FIELD": "Seller" } } });
    let turned = |named: &str| {
        let field = format!(
            "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4{named}/Rect[20 20 80 200]>>"
        );
        let page = "/Annots[5 0 R]/Rotate 90";
        let document =
            two_pages("/AcroForm<</Fields[5 0 R]>>", page, "", &[(5, &field), (6, "<<>>")]);
        let sealed = try_seal(&document, &settings(&wanted)).unwrap().into_bytes();
        let text = String::from_utf8_lossy(&sealed[document.len()..]).into_owned();
        let matrix = text.split("/Matrix").nth(1).expect("it is turned");
        matrix[..matrix.find(']').unwrap()].to_owned()
    };
    let right = turned("/P 3 0 R");
    for other in ["", "/P 6 0 R", "/P 99 0 R"] {
        assert_eq!(turned(other), right, "{other}");
    }
}

/// Behind what cannot be read, other pages may have the same annotations.
#[test]
fn annotations_are_not_changed_where_nobody_knows_whose_they_are() {
    let (mut kids, mut objects) = (String::from("3 0 R "), Vec::new());
    let page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Annots 5 0 R>>";
    for number in 6..76_u32 {
        write!(kids, "{number} 0 R ").unwrap();
        objects.push((number, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]>>"));
    }
    let tree = |between: &str| {
        let tree = format!("<</Type/Pages/Count 72/Kids[{kids}{between} 4 0 R]>>");
        let mut all = vec![
            (1, "<</Type/Catalog/Pages 2 0 R>>"),
            (2, tree.as_str()),
            (3, page),
            (4, if between.is_empty() { "<</Type/Page/Parent 2 0 R>>" } else { page }),
            (5, "[]"),
        ];
        all.extend(objects.clone());
        let document = pdf(&all);
        let sealed = try_seal(&document, &PadesProfile::default()).unwrap().into_bytes();
        let changed = |number: &str| {
            let update = &sealed[document.len()..];
            let head = format!("\n{number} 0 obj\n");
            update.windows(head.len()).any(|window| window == head.as_bytes())
        };
        (changed("3"), changed("5"))
    };
    assert_eq!(tree(""), (false, true), "the array is the page's alone");
    assert_eq!(tree("<</Type/Page>>"), (true, false), "nobody knows");
}
