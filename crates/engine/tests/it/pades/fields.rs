//! Forms, fields and annotations as they come: shared, repeated, missing, with conditions of their own.

use std::fmt::Write as _;

use chancery_engine::domain::pades::PadesProfile;
use chancery_engine::domain::profile::Profile;
use chancery_engine::seal::{Limits, prepare};
use serde_json::json;

use crate::seal::support::PKI;
use chancery_testing::pdf_judges::pyhanko_verify;

use super::support::{SealedFiles, at, refused, settings, try_seal};

/// A PDF of these objects; 1 is the catalog. `/Size` is one more than the highest number.
pub(super) fn pdf(objects: &[(u32, &str)]) -> Vec<u8> {
    let mut out = b"%PDF-1.7\n%\xE2\xE3\xCF\xD3\n".to_vec();
    let mut table = "xref\n0 1\n0000000000 65535 f \n".to_owned();
    let mut size = 0;
    for (number, body) in objects {
        writeln!(table, "{number} 1\n{:010} 00000 n ", out.len()).unwrap();
        out.extend(format!("{number} 0 obj\n{body}\nendobj\n").as_bytes());
        size = size.max(number + 1);
    }
    let start = out.len();
    out.extend(table.as_bytes());
    out.extend(
        format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    out
}

/// Two pages, with entries of the first, of both, and of the catalog, and more objects from 5 on.
pub(super) fn two_pages(catalog: &str, first: &str, both: &str, more: &[(u32, &str)]) -> Vec<u8> {
    let catalog = format!("<</Type/Catalog/Pages 2 0 R {catalog}>>");
    let page = |own: &str| {
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Resources<<>>{own} {both}>>")
    };
    let (one, two) = (page(first), page(""));
    let mut objects = vec![
        (1, catalog.as_str()),
        (2, "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2>>"),
        (3, one.as_str()),
        (4, two.as_str()),
    ];
    objects.extend(more);
    pdf(&objects)
}

/// One empty signature field `Seller` with entries of its own.
pub(super) fn with_field(own: &str, more: &[(u32, &str)]) -> Vec<u8> {
    let field = format!(
        "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4/P 3 0 R/Rect[20 20 200 80]{own}>>"
    );
    let mut objects = vec![(5, field.as_str())];
    objects.extend(more);
    two_pages("/AcroForm<</Fields[5 0 R]/SigFlags 1>>", "/Annots[5 0 R]", "", &objects)
}

#[track_caller]
fn sealed(name: &str, document: &[u8], profile: &PadesProfile) -> Vec<u8> {
    let sealed = try_seal(document, profile).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    let mut files = SealedFiles::new();
    files.add(name, document, sealed.bytes());
    files.judge();
    sealed.into_bytes()
}

#[test]
fn what_a_dangling_reference_names_is_not_taken_for_a_form_or_a_list() {
    // 6 is the number that the first new object gets.
    let spare = [(5, "null")];
    for (name, catalog, page) in [
        ("form", "/AcroForm 6 0 R", ""),
        ("fields", "/AcroForm<</Fields 6 0 R>>", ""),
        ("annots", "", "/Annots 6 0 R"),
        ("annots of the catalog", "", "/Annots 2 0 R"),
    ] {
        let document = two_pages(catalog, page, "", &spare);
        sealed(name, &document, &settings(&at(1, 20.0, 20.0)));
    }
}

#[test]
fn a_field_that_is_listed_twice_is_one_field() {
    let field = "<</Type/Annot/Subtype/Widget/FT/Sig/T(Seller)/F 4/P 3 0 R/Rect[20 20 200 80]>>";
    let form = "/AcroForm<</Fields[5 0 R 5 0 R]>>";
    let document = two_pages(form, "/Annots[5 0 R]", "", &[(5, field)]);
    sealed("twice", &document, &settings(&json!({ "field": "Seller" })));
}

#[test]
fn a_signature_is_seen_on_its_page_only_although_pages_share_their_annotations() {
    let link = "<</Type/Annot/Subtype/Link/Rect[5 5 10 10]/Border[0 0 0]>>";
    let document = two_pages("", "", "/Annots 6 0 R", &[(5, link), (6, "[5 0 R]")]);
    let mut settings = at(2, 20.0, 20.0);
    settings["visible"]["background"] = json!("#FF0000");
    let bytes = sealed("shared", &document, &super::support::settings(&settings));
    let first = super::files::show(&bytes);
    assert_eq!(first.at(30, 30), [255, 255, 255], "nothing is drawn on the first page");
}

#[test]
fn what_a_field_demands_of_its_signature_is_kept_or_refused_by_name() {
    let wanted = json!({ "field": "Seller" });
    let refuses = |own: &str, more: &[(u32, &str)], word: &str| {
        let document = with_field(own, more);
        match try_seal(&document, &settings(&wanted)) {
            Ok(_) => panic!("sealed with {own}"),
            Err(refusal) => {
                assert_eq!(refusal.code(), "pdf-field-demands", "{own}: {refusal}");
                assert!(refusal.to_string().contains(word), "{own}: {refusal}");
            }
        }
    };
    refuses("/SV<</Type/SV/Ff 2/SubFilter[/adbe.pkcs7.detached]>>", &[], "adbe.pkcs7.detached");
    refuses("/SV 6 0 R", &[(6, "<</Ff 1/Filter/Entrust.PPKEF>>")], "Entrust.PPKEF");
    refuses("/SV<</Ff 64/DigestMethod[(SHA1)(SHA512)]>>", &[], "SHA1, SHA512");
    refuses("/SV<</Ff 8/Reasons[(Agreed)]>>", &[], "Agreed");
    refuses("/SV<</MDP<</P 2>>>>", &[], "certif");
    refuses("/SV<</Ff 32/AddRevInfo true>>", &[], "revocation");
    refuses("/SV<</TimeStamp<</URL(https://tsa.example)/Ff 1>>>>", &[], "timestamp");
    for kept in [
        "/SV<</Ff 2/SubFilter[/adbe.pkcs7.detached/ETSI.CAdES.detached]>>",
        "/SV<</SubFilter[/adbe.pkcs7.detached]/DigestMethod[(SHA1)]/Reasons[(Agreed)]>>",
        "/SV<</Ff 65/Filter/Adobe.PPKLite/DigestMethod[(SHA256)]>>",
        "/SV<</Ff 8/Reasons[(.)]>>",
        "/SV<</MDP<</P 0>>/TimeStamp<</URL(https://tsa.example)>>>>",
        "/SV<</Ff 32/AddRevInfo false>>",
    ] {
        sealed(kept, &with_field(kept, &[]), &settings(&wanted));
    }
    let agreed = settings(&json!({ "field": "Seller", "reason": "Agreed" }));
    let document = with_field("/SV<</Ff 8/Reasons[(Read)(Agreed)]>>", &[]);
    sealed("reason", &document, &agreed);
    let certifying = settings(&json!({ "field": "Seller", "certification": "FORM_FILLING" }));
    sealed("certifying", &with_field("/SV<</MDP<</P 2>>>>", &[]), &certifying);
}

#[test]
fn metadata_that_cannot_be_read_are_no_reason_to_refuse() {
    let metadata =
        "<</Type/Metadata/Subtype/XML/Filter/FlateDecode/Length 4>>\nstream\nabcd\nendstream";
    let document = two_pages("/Metadata 5 0 R", "", "", &[(5, metadata)]);
    let visible = try_seal(&document, &settings(&at(1, 20.0, 20.0)));
    assert!(visible.is_ok(), "{:?}", visible.err());
}

#[test]
fn one_digest_only_is_asked_for() {
    let document = with_field("", &[]);
    let apart = json!({ "signatureAlgorithm": "ECDSA_SHA256", "digestAlgorithm": "SHA512" });
    assert_eq!(refused(&document, &apart), "setting-conflict");
    let agreed = json!({ "signatureAlgorithm": "ECDSA_SHA256", "digestAlgorithm": "SHA256" });
    sealed("SHA256", &document, &settings(&agreed));
}

#[test]
fn a_certified_file_takes_further_signatures() {
    let note = "<</Type/Annot/Subtype/Widget/FT/Tx/T(Note)/F 4/P 3 0 R/Rect[20 100 200 120]>>";
    let lock = "/Lock<</Type/SigFieldLock/Action/Include/Fields[(Note)]>>";
    let document = with_field(lock, &[(6, note)]);
    let visibly = json!({ "field": "Seller", "visible": { "place": { "FIELD": "Seller" } } });
    let mut files = SealedFiles::new();
    for level in ["FORM_FILLING", "ANNOTATIONS"] {
        let mut bytes = document.clone();
        for one in [json!({ "certification": level }), visibly.clone(), json!({})] {
            bytes = try_seal(&bytes, &settings(&one)).unwrap().into_bytes();
        }
        files.add(level, &document, &bytes);
    }
    let verdicts = pyhanko_verify(&[PKI.root()], &files.paths());
    assert_eq!(verdicts.len(), 6);
    for verdict in verdicts {
        assert!(verdict.accepted, "{verdict:?}");
    }
}

/// What a client is told who seals a document.
pub(super) fn notes(document: &[u8], written: &serde_json::Value) -> String {
    let profile = Profile::Pades(Box::new(settings(written)));
    let (limits, key) = (Limits::default(), &PKI.p256);
    let prepared = prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits);
    prepared.unwrap().notes().join("; ")
}

#[test]
fn whoever_adds_a_visible_field_to_a_certified_file_is_told() {
    let certify = settings(&json!({ "certification": "FORM_FILLING" }));
    let certified = try_seal(&with_field("", &[]), &certify).unwrap().into_bytes();
    let said = |written: &serde_json::Value| notes(&certified, written);
    assert!(said(&at(1, 20.0, 100.0)).contains("is certified"));
    assert!(!said(&json!({})).contains("is certified"));
    assert!(!said(&json!({ "field": "Seller" })).contains("is certified"));
}

#[test]
fn a_place_that_a_field_overrules_is_told() {
    let mut wanted = at(2, 20.0, 20.0);
    for (name, told) in [("Seller", true), ("Buyer", false)] {
        wanted["field"] = json!(name);
        let notes = notes(&with_field("", &[]), &wanted);
        assert_eq!(notes.contains("visible.place was not used"), told, "{name}: {notes}");
    }
    let own = json!({ "field": "Seller", "visible": { "place": { "FIELD": "Seller" } } });
    assert_eq!(notes(&with_field("", &[]), &own), "");
}
