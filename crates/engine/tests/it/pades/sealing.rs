//! Every PDF that there is, invisible and visible.

use chancery_engine::domain::pades::PadesProfile;
use serde_json::json;

use super::support::{SealedFiles, at, name_of, seal_with, settings, shared_pdfs, try_seal};
use crate::seal::support::PKI;
use chancery_testing::pdf_judges::pyhanko_verify;
use chancery_testing::pdfs;

#[test]
fn every_kind_of_file_is_sealed_or_refused_as_expected() {
    let mut files = SealedFiles::new();
    let mut wrong = Vec::new();
    for pdf in pdfs::all() {
        let result = try_seal(&pdf.bytes, &PadesProfile::default());
        let refused = result.as_ref().err().map(chancery_engine::domain::refusal::Refusal::code);
        if !pdf.expectation.is_met(refused) {
            let said = result.as_ref().err().map(ToString::to_string).unwrap_or_default();
            wrong.push(format!("{}: {:?}, but {refused:?} {said}", pdf.name, pdf.expectation));
        }
        if let Ok(sealed) = result {
            files.add(&pdf.name, &pdf.bytes, sealed.bytes());
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    files.judge();
}

#[test]
fn every_kind_of_file_is_sealed_visibly() {
    let mut files = SealedFiles::new();
    let visible = settings(&at(1, 20.0, 20.0));
    for pdf in pdfs::all() {
        if try_seal(&pdf.bytes, &PadesProfile::default()).is_err() {
            continue;
        }
        match try_seal(&pdf.bytes, &visible) {
            Ok(sealed) => files.add(&pdf.name, &pdf.bytes, sealed.bytes()),
            Err(refusal) => assert_eq!(refusal.code(), "pdf-area-outside", "{}", pdf.name),
        }
    }
    files.judge();
}

#[test]
fn the_shared_samples_are_sealed() {
    let mut files = SealedFiles::new();
    let mut refused = Vec::new();
    for folder in ["pdf", "signed-pdf"] {
        for path in shared_pdfs(folder) {
            let bytes = std::fs::read(&path).unwrap();
            for (kind, settings) in
                [("", PadesProfile::default()), (" visible", settings(&at(-1, 10.0, 10.0)))]
            {
                let name = format!("{}{kind}", name_of(&path));
                match try_seal(&bytes, &settings) {
                    Ok(sealed) => files.add(&name, &bytes, sealed.bytes()),
                    Err(refusal) => refused.push((name, refusal.code())),
                }
            }
        }
    }
    for (name, code) in &refused {
        println!("{name}: {code}");
    }
    chancery_testing::judges::at_least(60, files.paths().len(), "files sealed");
    files.judge();
}

#[test]
fn a_file_is_sealed_three_times_and_all_signatures_hold() {
    let mut files = SealedFiles::new();
    for name in ["classic", "xref-stream", "hybrid"] {
        let pdf = pdfs::named(name);
        let mut bytes = pdf.bytes.clone();
        for (key, page) in [(&PKI.p256, 1), (&PKI.rsa, 1), (&PKI.p256, -1)] {
            let sealed = seal_with(&bytes, &settings(&at(page, 30.0, 30.0)), key).unwrap();
            assert!(sealed.bytes().starts_with(&bytes));
            bytes = sealed.into_bytes();
        }
        files.add(name, &pdf.bytes, &bytes);
    }
    files.judge();
    let verdicts = pyhanko_verify(&[PKI.root()], &files.paths());
    assert_eq!(verdicts.len(), 9);
    for verdict in &verdicts {
        assert!(verdict.accepted, "{verdict:?}");
    }
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let pdf = pdfs::named("classic");
    let settings = settings(&json!({ "reason": "Fatura" }));
    let [one, two] =
        [0, 1].map(|_| seal_with(&pdf.bytes, &settings, &PKI.rsa).unwrap().into_bytes());
    assert!(one == two);
}
