//! Evidence records before Bouncy Castle's reader, in XML before that of EU DSS, and those that others made before ours.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Instant as Stopwatch;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::evidence::{DigestTree, EvidenceRecord, Renewal};
use chancery_engine::seal::Limits;
use chancery_engine::seal::evidence::XmlEvidenceRecord;
use chancery_testing::judges::{EvidenceVerdict, bouncy_evidence, dss_evidence, repository};

use super::report;
use crate::verify::evidence::{data, records, renewed, stamped};
use crate::verify::xml_evidence;

/// Documents of the large tree, and how many of them are shown to the judge.
const MILLION: usize = 1_000_000;
const SAMPLES: usize = 100;

/// What the judge says of records over data, by their numbers.
fn judged(records: &[EvidenceRecord], data: &[Vec<u8>]) -> BTreeMap<usize, String> {
    let folder = tempfile::tempdir().unwrap();
    for (number, (record, data)) in records.iter().zip(data).enumerate() {
        std::fs::write(folder.path().join(number.to_string()), data).unwrap();
        std::fs::write(folder.path().join(format!("{number}.ers")), record.to_der()).unwrap();
    }
    let said = bouncy_evidence(folder.path());
    said.into_iter()
        .map(|(name, said)| (name.trim_end_matches(".ers").parse().unwrap(), said))
        .collect()
}

fn accepted(records: &[EvidenceRecord], data: &[Vec<u8>]) -> (usize, String) {
    let said = judged(records, data);
    assert_eq!(said.len(), records.len());
    let first = said.values().find(|said| *said != "OK").cloned().unwrap_or_default();
    (said.values().filter(|said| *said == "OK").count(), first)
}

#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_evidence_records() {
    let mut text = report::head(&["Records"], &["Bouncy Castle"]);
    let mut complaints = String::new();
    let mut show = |name: &str, records: &[EvidenceRecord], data: &[Vec<u8>]| {
        let (right, first) = accepted(records, data);
        let _ = writeln!(text, "| {name} | {right}/{} |", records.len());
        if right < records.len() {
            let _ = writeln!(complaints, "{name}: {first}");
        }
    };
    let few = data(9);
    let mut all = records(&few);
    show("first timestamp", &all, &few);
    for (name, renewal, signer) in [
        ("renewed by time", Renewal::Time, "ec"),
        ("renewed by time again", Renewal::Time, "rsa"),
        ("renewed by hash", Renewal::Hash(DigestAlgorithm::Sha512), "ec384"),
        ("renewed by time after that", Renewal::Time, "ec384"),
        ("renewed by hash again", Renewal::Hash(DigestAlgorithm::Sha512), "rsa"),
    ] {
        all = renewed(all, &few, renewal, signer);
        show(name, &all, &few);
    }
    // the judge refuses what it must
    let mut others = few.clone();
    others.rotate_left(1);
    assert_eq!(accepted(&all, &others).0, 0);
    let begun = Stopwatch::now();
    let documents = data(MILLION);
    let digests = documents.iter().map(|data| Digest::of(DigestAlgorithm::Sha256, data));
    let tree = DigestTree::new(DigestAlgorithm::Sha256, digests).unwrap();
    let token = stamped(&tree, "rsa");
    let some: Vec<Vec<u8>> =
        documents.into_iter().step_by(MILLION / SAMPLES).take(SAMPLES).collect();
    let first = |data: &Vec<u8>| {
        EvidenceRecord::first(&tree, &Digest::of(DigestAlgorithm::Sha256, data), &token).unwrap()
    };
    let all: Vec<EvidenceRecord> = some.iter().map(first).collect();
    let took = begun.elapsed();
    show("100 of a million", &all, &some);
    let all = renewed(all, &some, Renewal::Hash(DigestAlgorithm::Sha512), "ec384");
    show("100 of a million, renewed by hash", &all, &some);
    let _ = writeln!(text, "\nA million documents: {} ms with everything", took.as_millis());
    report::write("Evidence records", &text);
    assert!(complaints.is_empty(), "{complaints}");
}

/// What others made: of each record whether ours reads it and finds it over its data.
#[test]
#[ignore = "needs the test files of EU DSS: make conformance"]
fn conformance_of_evidence_records_of_others() {
    let folder = repository().join(".tools/judges/samples/dss-evidence-record-asn1");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|_| panic!("{name}"));
    let mut text = report::head(&["Record", "Chains", "Timestamps"], &["Ours"]);
    for (record, files, expected) in [
        ("BIN-1_ER.ers", &["BIN-1.bin"][..], true),
        ("BIN-2_ER.ers", &["BIN-2.bin"], true),
        ("BIN-3_ER.ers", &["BIN-3.bin"], true),
        ("BIN-4_ER.ers", &["BIN-4.bin"], true),
        ("BIN-1_ER_malformed.ers", &["BIN-1.bin"], false),
        ("bsi_gov_vte-lza_002.ers", &["bsi_gov_vte-lza_002.bin"], true),
        ("ER-2Chains3ATS.ers", &["ER-2Chains3ATS1.bin", "ER-2Chains3ATS2.bin"], true),
        // the neighbour in the tree is proven too, others are not
        ("BIN-1_ER.ers", &["BIN-2.bin"], true),
        ("BIN-1_ER.ers", &["ER-2Chains3ATS1.bin"], false),
    ] {
        let data: Vec<Vec<u8>> = files.iter().map(|file| read(file)).collect();
        let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        let judged = EvidenceRecord::read(&read(record)).and_then(|found| {
            let tokens = found.tokens(&data)?;
            Ok((found, tokens))
        });
        let said = judged.as_ref().err().map_or("over its data".to_owned(), ToString::to_string);
        let chains = judged.as_ref().map_or(0, |(found, _)| found.chains().len());
        let stamps = judged.as_ref().map_or(0, |(_, tokens)| tokens.iter().flatten().count());
        let _ =
            writeln!(text, "| {record} over {} | {chains} | {stamps} | {said} |", files.join(", "));
        assert_eq!(judged.is_ok(), expected, "{record}: {said}\n{text}");
        for token in judged.into_iter().flat_map(|(_, tokens)| tokens).flatten() {
            assert!(token.info().gen_time > Instant::from_unix_ms(0));
        }
    }
    report::write("Evidence records of others", &text);
}

/// What EU DSS says of records in XML over data.
fn judged_in_xml(records: &[XmlEvidenceRecord], data: &[Vec<u8>]) -> Vec<EvidenceVerdict> {
    let folder = tempfile::tempdir().unwrap();
    for (number, (record, data)) in records.iter().zip(data).enumerate() {
        std::fs::write(folder.path().join(number.to_string()), data).unwrap();
        std::fs::write(folder.path().join(format!("{number}.ers.xml")), record.octets()).unwrap();
    }
    let said = dss_evidence(folder.path());
    assert_eq!(said.len(), records.len(), "{said:#?}");
    said
}

/// Of data that are XML and of others: fresh, renewed by time and by hash, made of one in DER, and over other data.
#[test]
#[ignore = "needs a JVM: make conformance"]
fn conformance_of_evidence_records_in_xml() {
    let mut text = report::head(&["Records in XML"], &["EU DSS"]);
    let mut complaints = String::new();
    let mut show = |name: &str, records: &[XmlEvidenceRecord], data: &[Vec<u8>], stamps: usize| {
        let said = judged_in_xml(records, data);
        let passed = |one: &&EvidenceVerdict| {
            one.indication.ends_with("PASSED") && one.proven && one.stamps == stamps
        };
        let right = said.iter().filter(passed).count();
        let _ = writeln!(text, "| {name} | {right}/{} |", records.len());
        for one in said.iter().filter(|one| !passed(one)) {
            let _ = writeln!(complaints, "{name}: {one:?}");
        }
    };
    let few = xml_evidence::mixed(9);
    let unrenewed = records(&few);
    let of_der: Vec<XmlEvidenceRecord> = unrenewed
        .iter()
        .zip(&few)
        .step_by(2)
        .map(|(record, data)| XmlEvidenceRecord::of_unrenewed(record, data).unwrap())
        .collect();
    let even: Vec<Vec<u8>> = few.iter().step_by(2).cloned().collect();
    show("made of one in DER", &of_der, &even, 1);
    show("over a single file", &xml_evidence::records(&few[..1]), &few[..1], 1);
    let mut all = xml_evidence::records(&few);
    show("first timestamp", &all, &few, 1);
    for (stamps, name, renewal, signer) in [
        (2, "renewed by time", Renewal::Time, "ec"),
        (3, "renewed by time again", Renewal::Time, "rsa"),
        (4, "renewed by hash", Renewal::Hash(DigestAlgorithm::Sha512), "ec384"),
        (5, "renewed by time after that", Renewal::Time, "ec384"),
        (6, "renewed by hash again", Renewal::Hash(DigestAlgorithm::Sha384), "rsa"),
    ] {
        all = xml_evidence::renewed(&all, &few, renewal, signer);
        show(name, &all, &few, stamps);
    }
    // the judge refuses what it must: documents that are not covered
    let mut others = few.clone();
    others.rotate_left(1);
    let first = xml_evidence::records(&few);
    for records in [&first, &all] {
        let said = judged_in_xml(records, &others);
        let refused = said.iter().filter(|one| !one.proven && !one.indication.ends_with("PASSED"));
        let count = refused.count();
        let _ = writeln!(text, "| over a document that is not covered | refused {count}/9 |");
        assert_eq!(count, 9, "{said:#?}");
    }
    report::write("Evidence records in XML", &text);
    assert!(complaints.is_empty(), "{complaints}");
}

/// What others made in XML: of each record whether ours reads it and finds it over its data.
#[test]
#[ignore = "needs the test files of EU DSS: make conformance"]
fn conformance_of_evidence_records_in_xml_of_others() {
    let folder = repository().join(".tools/judges/samples/dss-evidence-record-xml");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|_| panic!("{name}"));
    let uuid = || b"da2e47f2-53f4-4610-8210-f0f05d67d0c9".to_vec();
    let group = || ["HELLO", "BYE", "CIAO"].map(|text| text.as_bytes().to_vec()).to_vec();
    let mut text = report::head(&["Record", "Chains", "Timestamps"], &["Ours"]);
    for (record, data, expected) in [
        ("er-xml-document.xml", vec![read("sample-c14n.xml")], "over its data"),
        ("er-no-hashtree-xml.xml", vec![read("sample-c14n.xml")], "over its data"),
        // their timestamps are in BER
        ("er-Signature-C-LT.xml", vec![read("Signature-C-LT.p7m")], "lengths that only BER has"),
        ("er-data-group.xml", group(), "lengths that only BER has"),
        ("er-chain-renewal.xml", vec![uuid()], "over its data"),
        ("er-chain-renewal-two-atschain.xml", vec![read("valid-xades-t.xml")], "over its data"),
        ("er-chain-renewal-three-atschain.xml", vec![read("valid-xades-t.xml")], "over its data"),
        ("er-chain-renewal-five-atschain.xml", vec![read("valid-xades-t.xml")], "over its data"),
        ("er-chain-renewal-tst-renewal.xml", vec![read("valid-xades-t.xml")], "over its data"),
        (
            "er-chain-renewal-tst-renewal-chain-renewal.xml",
            vec![read("valid-xades-t.xml")],
            "over its data",
        ),
        ("er-chain-renewal-missing-doc-ref.xml", vec![uuid()], "is not over the data and"),
        ("er-chain-renewal-no-hashtree.xml", vec![uuid()], "is not over the data and"),
        ("er-chain-renewal-copied-tst.xml", vec![uuid()], "is not over the data and"),
        ("er-malformed.xml", vec![uuid()], "no evidence record"),
    ] {
        let data: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        let judged = XmlEvidenceRecord::read(&read(record)).and_then(|found| {
            let tokens = found.tokens(&data, &Limits::default())?;
            Ok((found, tokens))
        });
        let said = judged.as_ref().err().map_or("over its data".to_owned(), ToString::to_string);
        let chains = judged.as_ref().map_or(0, |(found, _)| found.chains().len());
        let stamps = judged.as_ref().map_or(0, |(_, tokens)| tokens.iter().flatten().count());
        let _ = writeln!(text, "| {record} | {chains} | {stamps} | {said} |");
        assert!(said.contains(expected), "{record}: {said}\n{text}");
    }
    report::write("Evidence records in XML of others", &text);
}
