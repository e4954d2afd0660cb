//! Forms of a report: XML by ETSI TS 119 102-2, valid by its schema whatever was verified, and few words.

use chancery_engine::verify::{
    DocumentDigest, Indication, SubIndication, VerificationReport, validation_report, verify,
};
use chancery_testing::judges::validation_report_schema;
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use roxmltree::Document;
use serde_json::json;

use super::long_term::archived_reports;
use super::revocation::of_a_revoked_seal;
use super::support::{anchors, now, report, trusting};
use crate::seal::extend;
use crate::seal::settings::seal_as;
use crate::seal::support::*;

fn xml(report: &VerificationReport) -> String {
    validation_report(report, DocumentDigest::of(b"a", None))
}

/// The texts of all elements of a name.
fn texts(xml: &str, name: &str) -> Vec<String> {
    let tree = Document::parse(xml).unwrap();
    let named = tree.descendants().filter(|node| node.tag_name().name() == name);
    named.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

fn enveloped() -> Vec<u8> {
    seal_as(INVOICE.as_bytes(), &PKI.p256, None, &json!({})).unwrap().into_bytes()
}

/// Reports that pass and that do not, of every format, by name.
fn reports() -> Vec<(&'static str, VerificationReport)> {
    let good = enveloped();
    let text = String::from_utf8(good.clone()).unwrap();
    let changed = text.replacen("1250.00", "9250.00", 1);
    let hostile = "<a>\u{1}".to_owned();
    let stamped = extend::xades(INVOICE.as_bytes(), &PKI.p256, &json!({})).into_bytes();
    let mut proven = trusting();
    proven.anchors.extend(anchors(&TSA.root()));
    let mut later = trusting();
    later.at = now().plus_ms(200 * 366 * 86_400_000);
    let container = json!({ "packaging": "ASIC_E" });
    let mut reports = vec![
        ("XAdES", report(&good)),
        ("changed", report(changed.as_bytes())),
        ("expired", verify(&good, &later)),
        ("revoked", of_a_revoked_seal()),
        ("untrusted timestamp", report(&stamped)),
        ("trusted timestamp", verify(&stamped, &proven)),
        ("no signature", report(b"<a/>")),
        ("not XML", report(hostile.as_bytes())),
        ("something else", report(b"abc")),
        ("CAdES", report(&super::cms::sealed(b"a;b", &PKI.rsa, &json!({})))),
        ("ASiC-E", report(&super::cms::sealed(b"a;b", &PKI.rsa, &container))),
        ("PAdES", report(&super::pdf::sealed(&pdfs::named("classic").bytes, &PKI.rsa, &json!({})))),
    ];
    reports.extend(archived_reports());
    reports
}

#[test]
fn a_report_in_xml_says_what_the_report_says() {
    for (name, report) in reports() {
        let xml = xml(&report);
        let main = match report.indication {
            Indication::Passed => "total-passed",
            Indication::Failed => "total-failed",
            Indication::Indeterminate => "indeterminate",
        };
        let said = texts(&xml, "MainIndication");
        assert_eq!(said[0], format!("urn:etsi:019102:mainindication:{main}"), "{name}: {xml}");
        if let Some(sub) = report.sub_indication {
            let sub = format!("urn:etsi:019102:subindication:{}", sub.as_str());
            assert_eq!(texts(&xml, "SubIndication")[0], sub, "{name}: {xml}");
        }
        let values = texts(&xml, "Value");
        for finding in report.signatures.iter().flat_map(|it| &it.findings).chain(&report.findings)
        {
            assert!(values.contains(&finding.text), "{name}: {} in {xml}", finding.text);
        }
        // what is referred to is there, once
        let tree = Document::parse(&xml).unwrap();
        let mut ids: Vec<&str> =
            tree.descendants().filter_map(|node| node.attribute("id")).collect();
        for id in tree.descendants().filter_map(|node| node.attribute("VOReference")) {
            assert!(ids.contains(&id), "{name}: nothing is called {id} in {xml}");
        }
        ids.sort_unstable();
        assert!(ids.windows(2).all(|pair| pair[0] != pair[1]), "{name}: {ids:?}");
    }
    let of = |wanted: &str| {
        let (_, report) = reports().into_iter().find(|(name, _)| *name == wanted).unwrap();
        xml(&report)
    };
    let revoked = of("revoked");
    assert_eq!(texts(&revoked, "RevocationTime"), ["2026-11-05T00:00:00Z"], "{revoked}");
    let proven = of("trusted timestamp");
    assert!(proven.contains("validationprocess:LTVM") && proven.contains("<POEObject VOReference"));
    assert_eq!(texts(&proven, "TimeStampValue").len(), 1, "{proven}");
    assert!(of("XAdES").contains("validationprocess:Basic"));
    let archived = of("XML");
    assert!(archived.contains("validationprocess:LTA"), "{archived}");
    assert_eq!(texts(&archived, "ArchiveTimeStamp").len(), 1, "{archived}");
    assert!(
        archived.contains("validationObject:CRL") && archived.contains("<POEObject"),
        "{archived}"
    );
}

#[test]
fn words_of_strangers_stay_words() {
    let mut report = report(&enveloped());
    let evil = "</DAIdentifier><MainIndication>\"'&\u{0}\u{1b}\u{ffff}]]>\r\n";
    let signature = &mut report.signatures[0];
    signature.place = evil.to_owned();
    signature.notes.push(evil.to_owned());
    signature.signer.as_mut().unwrap().subject = evil.to_owned();
    let xml = xml(&report);
    let told = evil.replace(['\u{0}', '\u{1b}', '\u{ffff}'], "\u{fffd}");
    for name in ["DAIdentifier", "Signer", "Value"] {
        assert_eq!(texts(&xml, name), [told.as_str()], "{xml}");
    }
    assert_eq!(texts(&xml, "MainIndication").len(), 1);
}

#[test]
fn what_is_wrong_with_the_file_is_told_of_every_signature() {
    // a good signature in a container that holds more
    let file = super::cms::sealed(b"a;b", &PKI.rsa, &json!({ "packaging": "ASIC_E" }));
    let mut files = super::packed::files(&file);
    files.push(super::packed::Packed::new("added.txt", b"added"));
    let report = report(&super::packed::pack(&files, b""));
    assert_ne!(report.indication, Indication::Passed);
    assert!(!xml(&report).contains("total-passed"), "{}", xml(&report));
    let summary = report.summary(Some("a.asice".to_owned()));
    assert!(summary.signatures.iter().all(|one| one.indication != Indication::Passed));
}

#[test]
fn few_words_name_the_signer_the_time_and_the_reason() {
    let good = report(&enveloped()).summary(Some("a.xml".to_owned()));
    let [signature] = good.signatures.as_slice() else { panic!("{good:#?}") };
    assert_eq!((good.indication, signature.level.as_str()), (Indication::Passed, "XAdES-B"));
    assert_eq!(signature.signed_by.as_deref(), Some("Seal p256"), "{signature:#?}");
    assert!(signature.reasons.is_empty() && signature.covers_document && !signature.time_proven);
    assert_eq!(signature.time, Some(PKI.p256.now().to_rfc3339()));
    let told = serde_json::to_value(&good).unwrap();
    assert_eq!(told["file"], "a.xml");
    let changed = String::from_utf8(enveloped()).unwrap().replacen("1250.00", "9250.00", 1);
    let changed = report(changed.as_bytes()).summary(None);
    let [signature] = changed.signatures.as_slice() else { panic!("{changed:#?}") };
    assert_eq!(signature.sub_indication, Some(SubIndication::HashFailure));
    assert!(!signature.reasons.is_empty());
}

#[test]
#[ignore = "needs the jars of EU DSS: make conformance"]
fn conformance_of_validation_reports() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    let mut all = reports();
    let mut hostile = report(&enveloped());
    hostile.signatures[0].place = "\u{0}<&".to_owned();
    for identifier in ["%", "http://[", "::", "a b", "1.2.3", "urn:", "\u{0}\u{e9}"] {
        let mut named = hostile.clone();
        let policy = chancery_engine::verify::PolicyFacts { identifier: Some(identifier.into()) };
        named.signatures[0].policy = Some(policy);
        all.push(("hostile", named));
    }
    for (number, (name, report)) in all.iter().enumerate() {
        let path = folder.path().join(format!("{number}-{name}.xml"));
        std::fs::write(&path, xml(report)).unwrap();
        files.push(path);
    }
    // the judge refuses what is not valid
    let wrong = folder.path().join("wrong.xml");
    std::fs::write(&wrong, xml(&all[0].1).replace("<HashOnly>false", "<HashOnly>no")).unwrap();
    files.push(wrong.clone());
    for verdict in validation_report_schema(&files) {
        assert_eq!(verdict.accepted, verdict.path != wrong, "{verdict:?}");
    }
    println!("{} reports are valid by the schema of TS 119 102-2", files.len() - 1);
}
