//! PDF: our seals pass; what was added behind a signature, or into its gap, does not.

use chancery_engine::domain::level::Level;
use chancery_engine::domain::pades::{Certification, PadesProfile};
use chancery_engine::seal::long_term::Raised;
use chancery_engine::seal::pdf::object::{Indirect, Object};
use chancery_engine::seal::pdf::{Increment, PdfFile, PdfLimits};
use chancery_engine::seal::reading::{Form, pdf_change_since};
use chancery_engine::seal::{Limits, Profile, Room, prepare, prepare_with_room};
use chancery_engine::verify::{
    Indication, RevocationDemand, SubIndication, VerifySettings, verify,
};
use serde_json::{Value, json};

use super::support::{passes, report, told, verdict};
use crate::seal::extend::{prepare_pdf, signed, stamped};
use crate::seal::long_term::{ROOM, archived, collected, lists, now, trust, try_raise};
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

/// How somebody alters a file.
type Altered = fn(&PdfFile<'_>, &mut Increment<'_, '_>);

/// What keeps a seal for long is no change (ISO 32000-2, 12.8.2.2.2), whatever else is one.
#[test]
fn a_certification_against_changes_lasts_and_is_broken_by_changes() {
    let judged = |file: &[u8]| {
        let mut settings = VerifySettings::new(trust(), now());
        settings.revocation = RevocationDemand::NotAsked;
        verify(file, &settings)
    };
    let timestamped = |bytes: Vec<u8>| {
        let raised = Raised { bytes, level: Level::Lt, changed: true, notes: Vec::new() };
        archived(raised.archive(ROOM, &Limits::default(), None).unwrap(), "rsa").bytes
    };
    let certification = Certification::NoChanges;
    let profile = PadesProfile { certification, ..PadesProfile::default() };
    let profile = Profile::Pades(Box::new(profile));
    for name in ["classic", "xref-stream", "object-streams"] {
        let (key, limits, room) = (&PKI.rsa, Limits::default(), Room { unsigned: ROOM });
        let document = pdfs::named(name).bytes.clone();
        let prepared = prepare_with_room(document, &profile, &key.signer, key.now(), &limits, room);
        let sealed = stamped(signed(prepared.unwrap(), key)).into_bytes();
        let lt = try_raise(&sealed, collected(&lists())).unwrap().bytes;
        let lta = timestamped(lt.clone());
        let renewed = timestamped(lta.clone());
        for (file, level) in [(&sealed, "T"), (&lt, "LT"), (&lta, "LTA"), (&renewed, "LTA")] {
            let report = judged(file);
            assert_eq!(report.indication, Indication::Passed, "{name} {level}: {report:#?}");
            assert_eq!(report.signatures[0].level, Some(level), "{name}");
        }
        let changes: [(&str, Altered); 3] = [
            ("object", |file, increment| {
                let page = file.page(1).unwrap();
                let dictionary = page.dictionary.with("LastModified", Object::text("D:2027"));
                increment.set(page.reference, Indirect::Object(dictionary.into()));
            }),
            ("object", |_, increment| {
                increment.add_raw(b"(that nobody uses)".to_vec());
            }),
            ("the certification in 'Signature1' does not permit", |file, increment| {
                let note = "<</Type/Annot/Subtype/Text/Rect[0 0 9 9]/Contents(paid)>>";
                let note = increment.add_raw(note.as_bytes().to_vec());
                let page = file.page(1).unwrap();
                let annotations = page.dictionary.get("Annots").cloned().unwrap_or(Object::Null);
                let annotations = file.resolve(&annotations).unwrap();
                let mut annotations = annotations.as_array().unwrap_or_default().to_vec();
                annotations.push(Object::Reference(note));
                let dictionary = page.dictionary.with("Annots", annotations);
                increment.set(page.reference, Indirect::Object(dictionary.into()));
            }),
        ];
        for (said, change) in changes {
            for before in [&lt, &lta] {
                let file = PdfFile::open(before, &PdfLimits::default()).unwrap();
                let mut increment = Increment::new(&file).unwrap();
                change(&file, &mut increment);
                let altered = [before, &increment.finish().unwrap().bytes[..]].concat();
                // somebody who is trusted says when it was so
                for file in [altered.clone(), timestamped(altered)] {
                    let report = judged(&file);
                    assert_ne!(report.indication, Indication::Passed, "{name}: {said}");
                    assert!(told(&report).contains(said), "{name}: {}", told(&report));
                }
            }
        }
    }
}

/// A document timestamp that is seen, or that brings more than itself, is a change.
#[test]
fn only_a_document_timestamp_that_shows_nothing_is_no_change() {
    let sealed = stamped(signed(prepare_pdf(classic(), ROOM), &PKI.rsa)).into_bytes();
    let lt = try_raise(&sealed, collected(&lists())).unwrap();
    let lta = archived(lt.archive(ROOM, &Limits::default(), None).unwrap(), "rsa").bytes;
    let change = |document: &[u8]| {
        let limits = PdfLimits::default();
        let file = PdfFile::open(document, &limits).unwrap();
        let form = Form::read(&file, &file.catalog().unwrap()).unwrap();
        pdf_change_since(&file, &form, document, sealed.len(), &limits).unwrap()
    };
    assert_eq!(change(&lta), None);
    for (from, to, said) in [
        ("/Rect [0 0 0 0]", "/Rect [0 0 9 9]", "which is seen or acts"),
        ("/Rect [0 0 0 0]", "/AA << >>      ", "which is seen or acts"),
        ("/SubFilter /ETSI.RFC3161", "/SubFilter /ETSI.RFC316X", "the signature in 'Signature2'"),
        ("/SigFlags 3", "/SigFlagz 3", "of the form"),
    ] {
        let at = lta.windows(from.len()).rposition(|window| window == from.as_bytes()).unwrap();
        let mut changed = lta.clone();
        changed[at..at + from.len()].copy_from_slice(to.as_bytes());
        let told = change(&changed).unwrap_or_default();
        assert!(told.contains(said), "{to}: {told}");
    }
}
