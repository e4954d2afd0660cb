//! PDF: our seals pass; what was added behind a signature, or into its gap, does not.

use chancery_engine::seal::{Limits, Profile, prepare};
use chancery_engine::verify::{Indication, SubIndication};
use serde_json::{Value, json};

use super::support::{passes, report, told, verdict};
use crate::seal::support::*;
use chancery_testing::pdfs;

pub(super) fn sealed(document: &[u8], key: &TestKey, settings: &Value) -> Vec<u8> {
    let profile = Profile::Pades(Box::new(serde_json::from_value(settings.clone()).unwrap()));
    let limits = Limits::default();
    let prepared = prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits).unwrap();
    let value = key.sign(prepared.to_be_signed());
    prepared.attach(value).unwrap().finish().into_bytes()
}

fn classic() -> &'static [u8] {
    &pdfs::named("classic").bytes
}

#[test]
fn seals_of_pdf_pass() {
    let (mut tried, mut wrong) = (0, Vec::new());
    for pdf in pdfs::all() {
        let profile = Profile::Pades(Box::default());
        let key = &PKI.p256;
        let limits = Limits::default();
        let Ok(prepared) = prepare(pdf.bytes.clone(), &profile, &key.signer, key.now(), &limits)
        else {
            continue;
        };
        let value = key.sign(prepared.to_be_signed());
        let file = prepared.attach(value).unwrap().finish().into_bytes();
        let report = report(&file);
        let good = report.indication == Indication::Passed;
        // readers do not agree on what a file says whose table is damaged
        let damaged = told(&report).contains("damaged");
        // an earlier signature in it was broken by somebody else
        let other = ["changed-byte", "contents-emptied"].contains(&pdf.name.as_str())
            && report.signatures.len() == 2;
        if !(good || damaged || other) {
            wrong.push(format!("{}: {}", pdf.name, told(&report)));
        }
        tried += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(tried > 5, "only {tried} files");
    let report = passes(&sealed(classic(), &PKI.rsa, &json!({})));
    let [signature] = report.signatures.as_slice() else { panic!("{report:#?}") };
    assert_eq!((signature.format, signature.level), ("PAdES", Some("B")));
    assert_eq!(signature.claimed_time, Some(PKI.rsa.now().to_rfc3339()));
    assert!(signature.covers_document, "{signature:#?}");
}

#[test]
fn two_signatures_pass_and_certification_counts() {
    let first = sealed(classic(), &PKI.rsa, &json!({}));
    let both = sealed(&first, &PKI.p256, &json!({}));
    let report = passes(&both);
    assert_eq!(report.signatures.len(), 2);
    let whole: Vec<bool> = report.signatures.iter().map(|it| it.covers_document).collect();
    assert_eq!(whole.iter().filter(|whole| **whole).count(), 1, "{report:#?}");
    passes(&sealed(classic(), &PKI.rsa, &json!({ "certification": "NO_CHANGES" })));
}

#[test]
fn what_is_changed_or_added_does_not_pass() {
    let file = sealed(classic(), &PKI.p256, &json!({}));
    let with = |at: usize, octet: u8| {
        let mut changed = file.clone();
        changed[at] = octet;
        verdict(&changed)
    };
    let comment = file.windows(2).position(|window| window == b"%\xE2").map_or(20, |at| at + 1);
    assert_ne!(with(comment, b'x').0, Indication::Passed);
    // behind the last signature
    for added in ["\n% a comment\n", "\n1 0 obj\n<</Type/Catalog>>\nendobj\n"] {
        let report = report(&[&file, added.as_bytes()].concat());
        assert_ne!(report.indication, Indication::Passed, "{}", told(&report));
    }
    let report = report(&[&file[..], b"\n"].concat());
    assert_eq!(report.indication, Indication::Passed, "a line end says nothing");
    // other byte ranges: nothing, too little, a gap that hides something
    let start = file.windows(12).position(|window| window == b"/ByteRange [").unwrap() + 12;
    let end = start + file[start..].iter().position(|octet| *octet == b']').unwrap();
    let numbers: Vec<usize> = String::from_utf8_lossy(&file[start..end])
        .split_whitespace()
        .map(|number| number.parse().unwrap())
        .collect();
    let [zero, first, second, rest] = numbers[..] else { panic!("{numbers:?}") };
    for other in [
        [zero, first, second, rest - 1],
        [zero, first - 1, second, rest],
        [zero, first, second + 1, rest - 1],
        [zero + 1, first - 1, second, rest],
        [zero, 0, second, rest],
        [zero, first, second, 0],
    ] {
        let text = other.map(|number| number.to_string()).join(" ");
        let mut changed = file.clone();
        changed[start..end].fill(b' ');
        changed[start..start + text.len()].copy_from_slice(text.as_bytes());
        assert_ne!(verdict(&changed).0, Indication::Passed, "{text}");
    }
    let none = {
        let mut changed = file.clone();
        changed[start - 11..start - 2].copy_from_slice(b"ByteRang_");
        verdict(&changed)
    };
    assert_eq!(none, (Indication::Failed, Some(SubIndication::FormatFailure)));
}
