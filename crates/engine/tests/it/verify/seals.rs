//! Seals of ours pass, in every profile, packaging and canonicalization, and the report says what they are.

use chancery_engine::domain::xades::SignatureLocation;
use chancery_engine::pki::certificate_file;
use chancery_engine::verify::{Indication, SubIndication, verify};
use chancery_testing::tsa::TSA;
use serde_json::json;

use super::support::{anchors, passes, told, trusting};
use crate::conformance::documents;
use crate::seal::extend;
use crate::seal::settings::{CATALOGUE, seal_as};
use crate::seal::support::*;

#[test]
fn seals_pass_and_the_report_says_what_they_are() {
    for canonicalization in ALL_CANONICALIZATIONS {
        for key in [&PKI.rsa, &PKI.p256] {
            let sealed =
                try_seal(INVOICE.as_bytes(), key, canonicalization, SignatureLocation::default());
            let sealed = sealed.unwrap();
            let report = passes(sealed.bytes());
            let [signature] = report.signatures.as_slice() else { panic!("{report:#?}") };
            assert_eq!((signature.format, signature.level), ("XAdES", Some("B")));
            assert_eq!(signature.value_holds, Some(true));
            assert!(signature.covers_document && signature.not_covered.is_empty());
            let signer = signature.signer.as_ref().unwrap();
            assert!(signer.subject.contains(&format!("Seal {}", key.name)), "{signer:?}");
            assert!(signer.bound && signer.path.len() == 2, "{signer:?}");
            assert!(signer.trust_anchor.as_ref().unwrap().contains("CN=Root"), "{signer:?}");
            assert_eq!(signature.claimed_time, Some(key.now().to_rfc3339()));
            let [document, properties] = signature.covered.as_slice() else {
                panic!("{report:#?}")
            };
            let root = document.element.as_ref().unwrap();
            assert_eq!((root.start, root.end), (0, sealed.bytes().len()));
            let [left_out] = document.left_out.as_slice() else { panic!("{document:#?}") };
            assert_eq!(left_out.start..left_out.end, sealed.signature());
            let inside = properties.element.as_ref().unwrap();
            let bytes = &sealed.bytes()[inside.start..inside.end];
            assert!(bytes.starts_with(b"<xades:SignedProperties "), "{properties:?}");
        }
    }
}

/// What a profile's seals come to: all pass but those of authorities with recipes of their own, and those
/// that leave out a part of the document (SIFEN its version).
fn expected(name: &str) -> (Indication, Option<SubIndication>) {
    match name {
        "zatca-simplified" | "myinvois" => {
            (Indication::Indeterminate, Some(SubIndication::Generic))
        }
        "sifen" => (Indication::Indeterminate, Some(SubIndication::SigConstraintsFailure)),
        _ => (Indication::Passed, None),
    }
}

#[test]
fn seals_of_every_profile_are_judged_rightly() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for (name, profile) in CATALOGUE.entries() {
        if CATALOGUE.settings(Some(name), &serde_json::Map::new()).is_err()
            || ["asic-e", "ubl-detached"].contains(&name)
            // the keys of these tests sign with SHA-256
            || profile.sha1
        {
            continue;
        }
        for document in documents::few(&CATALOGUE, name) {
            for key in [&PKI.rsa, &PKI.p256] {
                let Ok(sealed) = seal_as(&document.bytes, key, Some(name), &json!({})) else {
                    continue;
                };
                // some profiles leave out who issued the certificate
                let mut settings = trusting();
                let issuer = std::fs::read(PKI.root().with_file_name("ca.pem")).unwrap();
                settings.certificates = certificate_file::certificates(&issuer).unwrap();
                let report = verify(sealed.bytes(), &settings);
                let verdict = (report.indication, report.sub_indication);
                if verdict != expected(name) {
                    let said = told(&report);
                    wrong.push(format!("{name}, {}: {verdict:?}: {said}", document.name));
                }
                tried += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 40, "only {tried} seals");
}

#[test]
fn other_packagings_pass() {
    for document in [INVOICE.as_bytes(), b"%PDF-1.7 \x00\xFF"] {
        let sealed = seal_as(document, &PKI.p256, None, &json!({ "packaging": "ENVELOPING" }));
        passes(sealed.unwrap().bytes());
    }
    let first = seal_as(INVOICE.as_bytes(), &PKI.p256, Some("ubl"), &json!({})).unwrap();
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let counter = seal_as(first.bytes(), &PKI.rsa, None, &counter).unwrap();
    let report = passes(counter.bytes());
    assert_eq!(report.signatures.len(), 2);
    assert!(report.signatures[1].notes.join("; ").contains("countersignature"), "{report:#?}");
}

#[test]
fn detached_seals_pass_with_what_they_are_over_only() {
    let canonical = json!([{ "algorithm": "CANONICAL", "canonicalization": "INCLUSIVE" }]);
    for transform in [json!("NONE"), canonical] {
        let settings = json!({ "packaging": "DETACHED", "signatureTransform": transform,
            "reference": { "uri": "invoice.xml" } });
        let sealed = seal_as(INVOICE.as_bytes(), &PKI.p256, None, &settings).unwrap();
        let with = |content: Option<&str>| {
            let detached = content.map(|content| content.as_bytes().to_vec());
            let report = verify(sealed.bytes(), &{
                let mut settings = trusting();
                settings.detached = detached;
                settings
            });
            (report.indication, report.sub_indication)
        };
        assert_eq!(with(Some(INVOICE)), (Indication::Passed, None));
        let missing = Some(SubIndication::SignedDataNotFound);
        assert_eq!(with(None), (Indication::Indeterminate, missing));
        let other = INVOICE.replace("1250.00", "9250.00");
        let wrong = (Indication::Failed, Some(SubIndication::HashFailure));
        assert_eq!(with(Some(&other)), wrong);
    }
    // an enveloped seal says nothing of a file beside it
    let sealed = seal_as(INVOICE.as_bytes(), &PKI.p256, None, &json!({})).unwrap();
    let mut settings = trusting();
    settings.detached = Some(b"anything".to_vec());
    let report = verify(sealed.bytes(), &settings);
    assert_eq!(report.sub_indication, Some(SubIndication::SignedDataNotFound));
}

#[test]
fn a_timestamp_gives_the_time_that_counts() {
    let sealed = extend::xades(INVOICE.as_bytes(), &PKI.p256, &json!({}));
    // nobody trusts the TSA: the seal passes without a proven time
    let alone = passes(sealed.bytes());
    assert_eq!((alone.signatures[0].level, &alone.signatures[0].proven_time), (Some("B"), &None));
    let mut settings = trusting();
    settings.anchors.extend(anchors(&TSA.root()));
    let report = verify(sealed.bytes(), &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    let signature = &report.signatures[0];
    assert_eq!(signature.level, Some("T"));
    assert!(signature.proven_time.is_some() && signature.timestamps[0].holds, "{signature:#?}");
    // the signing certificate ends before those of the TSA: then the timestamp carries the seal
    settings.at = PKI.p256.signer.certificate().not_after().plus_ms(3_600_000);
    let report = verify(sealed.bytes(), &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    settings.anchors.pop();
    let report = verify(sealed.bytes(), &settings);
    assert_eq!(report.sub_indication, Some(SubIndication::OutOfBoundsNoPoe), "{report:#?}");
    // and one that is broken is no reason to pass
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    let end = text.find("</xades:EncapsulatedTimeStamp>").unwrap();
    let mut broken = text.into_bytes();
    let letter = &mut broken[end - 40];
    *letter = if *letter == b'A' { b'B' } else { b'A' };
    let broken = super::support::report(&broken);
    assert_eq!(broken.sub_indication, Some(SubIndication::SigConstraintsFailure), "{broken:#?}");
}
