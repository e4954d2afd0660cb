//! Real invoices of the shared corpus: sealed with both keys and every canonicalization.

use std::fs;

use chancery_engine::domain::profile::Canonicalization;
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::SignatureLocation;

use super::support::*;
use chancery_testing::judges::at_least;

/// What this version refuses by name among the samples.
fn is_expected(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::DoctypeForbidden
            | Refusal::EncodingContradicted { .. }
            | Refusal::XmlVersionUnsupported { .. }
    )
}

#[test]
fn every_sample_verifies_with_every_canonicalization() {
    let (mut plain, mut with_skeleton, mut documents) = (Vec::new(), Vec::new(), 0);
    for file in shared_xml(&["ubl", "cii", "other-xml"]) {
        let original = fs::read(&file).unwrap();
        let tries = ALL_CANONICALIZATIONS
            .iter()
            .map(|canonicalization| (&PKI.rsa, *canonicalization))
            .chain([(&PKI.p256, Canonicalization::EXCLUSIVE)]);
        // xmlsec1 looks at the first ds:Signature of a document unless told otherwise.
        let skeleton = String::from_utf8_lossy(&original).contains("<ds:Signature");
        for (key, canonicalization) in tries {
            match try_seal(&original, key, canonicalization, SignatureLocation::default()) {
                Ok(sealed) => {
                    assert_bytes_kept(&original, &sealed);
                    let list = if skeleton { &mut with_skeleton } else { &mut plain };
                    list.push(write(sealed.bytes()));
                    documents += usize::from(key.name == "p256");
                }
                Err(refusal) => {
                    assert!(is_expected(&refusal), "{}: {refusal}", file.display());
                }
            }
        }
    }
    println!("{} seals", plain.len() + with_skeleton.len());
    at_least(50, documents, "documents sealed");
    xmlsec_verify(&plain, &[]).unwrap();
    let last = "(//*[local-name()='Signature' and namespace-uri()='http://www.w3.org/2000/09/xmldsig#'])[last()]";
    xmlsec_verify(&with_skeleton, &["--node-xpath", last]).unwrap();
}

#[test]
fn samples_that_must_be_refused_are_refused() {
    let Some(shared) = shared() else { return };
    let manifest = fs::read_to_string(shared.join("samples/MANIFEST.tsv")).unwrap();
    let mut refused = 0;
    for row in manifest.lines() {
        let columns: Vec<_> = row.split('\t').collect();
        let (folder, name, note) = (columns[0], columns[1], columns[8]);
        if folder == "other-xml" && note.to_lowercase().contains("must be re") {
            let bytes = fs::read(shared.join("samples").join(folder).join(name)).unwrap();
            let refusal = try_prepare(&bytes, SignatureLocation::default()).err();
            assert!(refusal.as_ref().is_some_and(is_expected), "{name}: {refusal:?}");
            refused += 1;
        }
    }
    assert!(refused >= 5, "only {refused} samples say that they must be refused");
}
