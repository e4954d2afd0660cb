//! Evidence records in XML (RFC 6283): as those in DER, with data that are XML; and what others' software recomputes.

use std::collections::BTreeSet;

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::cms::Augmentation;
use chancery_engine::pki::digest::Digest;
use chancery_engine::pki::evidence::{DigestTree, EvidenceFault, EvidenceRecord, Renewal};
use chancery_engine::seal::Limits;
use chancery_engine::seal::evidence::{
    CANONICALIZATION, StoredEvidence, XmlEvidenceRecord, begins_as_xml, object_digest,
};
use chancery_engine::verify::{
    EvidenceReport, Indication, RevocationDemand, SubIndication, VerifySettings, verify_evidence,
};
use chancery_testing::judges::recompute_evidence;
use chancery_testing::tsa::TSA;

use super::evidence::{data, records as der_records, renewed as der_renewed, stamped};
use super::support::anchors;

use DigestAlgorithm::{Sha256, Sha384, Sha512};

/// An invoice as clients send them: declaration, comment, attributes in some order, an empty element.
const INVOICE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- sent -->\n\
    <a:Invoice xmlns:a='urn:a' xmlns:unused='urn:u' b=\"2\" a=\"1\">\r\n  <a:ID>7</a:ID><a:Note/>\n</a:Invoice>\n";

/// Different data of which every other one is XML.
pub(crate) fn mixed(count: usize) -> Vec<Vec<u8>> {
    let xml = |(number, data): (usize, Vec<u8>)| match number % 2 {
        0 => data,
        _ => INVOICE.replace('7', &number.to_string()).into_bytes(),
    };
    data(count).into_iter().enumerate().map(xml).collect()
}

fn digest(algorithm: DigestAlgorithm, data: &[u8]) -> Digest {
    object_digest(algorithm, CANONICALIZATION, data, &Limits::default()).unwrap()
}

/// Records of data under one timestamp.
pub(crate) fn records(data: &[Vec<u8>]) -> Vec<XmlEvidenceRecord> {
    let tree = DigestTree::new(Sha256, data.iter().map(|data| digest(Sha256, data))).unwrap();
    let token = stamped(&tree, "rsa");
    let first = |data: &Vec<u8>| XmlEvidenceRecord::first(&tree, &digest(Sha256, data), &token);
    data.iter().map(first).collect::<Result<_, _>>().unwrap()
}

/// All of them renewed under one timestamp.
pub(crate) fn renewed(
    records: &[XmlEvidenceRecord],
    data: &[Vec<u8>],
    renewal: Renewal,
    name: &str,
) -> Vec<XmlEvidenceRecord> {
    let limits = Limits::default();
    let all = || records.iter().zip(data);
    let leaves: Vec<Digest> =
        all().map(|(record, data)| record.leaf(renewal, Some(data), &limits).unwrap()).collect();
    let tree = DigestTree::new(leaves[0].algorithm(), leaves).unwrap();
    let token = stamped(&tree, name);
    let renew = |(record, data): (&XmlEvidenceRecord, &Vec<u8>)| {
        record.renewed(renewal, Some(data), (&tree, &token), &limits).unwrap()
    };
    all().map(renew).collect()
}

fn settings(at: Instant) -> VerifySettings {
    let mut settings = VerifySettings::new(anchors(&TSA.root()), at);
    settings.revocation = RevocationDemand::NotAsked;
    settings
}

fn later() -> Instant {
    TSA.now().plus_ms(3_600_000)
}

fn report(record: &[u8], data: &[u8]) -> EvidenceReport {
    verify_evidence(record, &[data], &settings(later()))
}

#[track_caller]
fn passes(record: &[u8], data: &[u8]) -> EvidenceReport {
    let report = report(record, data);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    report
}

#[track_caller]
fn fails(record: &[u8], data: &[u8], sub: SubIndication) {
    let report = report(record, data);
    assert_eq!(report.sub_indication, Some(sub), "{report:#?}");
    assert_eq!(report.proven_time, None);
}

/// What lxml and asn1crypto make of records.
fn recomputed(records: &[XmlEvidenceRecord], data: &[Vec<u8>]) -> Vec<(bool, String)> {
    let folder = tempfile::tempdir().unwrap();
    let files = records.iter().zip(data).enumerate().map(|(number, (record, data))| {
        let files = [format!("{number}.ers.xml"), number.to_string()];
        let [record_file, data_file] = files.map(|name| folder.path().join(name));
        std::fs::write(&record_file, record.octets()).unwrap();
        std::fs::write(&data_file, data).unwrap();
        (record_file, data_file)
    });
    let verdicts = recompute_evidence(&files.collect::<Vec<_>>());
    verdicts.into_iter().map(|one| (one.accepted, one.said)).collect()
}

#[test]
fn records_in_xml_are_made_and_renewed_as_others_recompute_them() {
    let data = mixed(5);
    let mut all = records(&data);
    let alone = records(&data[1..2]);
    let (mut shown, mut over) = (alone, vec![data[1].clone()]);
    let first = passes(all[0].octets(), &data[0]).proven_time;
    for (renewal, name, chains, stamps) in [
        (None, "rsa", 1, 1),
        (Some(Renewal::Time), "ec", 1, 2),
        (Some(Renewal::Time), "rsa", 1, 3),
        (Some(Renewal::Hash(Sha512)), "ec384", 2, 1),
        (Some(Renewal::Time), "ec384", 2, 2),
        (Some(Renewal::Hash(Sha384)), "ec384", 3, 1),
    ] {
        if let Some(renewal) = renewal {
            let before = all;
            all = renewed(&before, &data, renewal, name);
            for (before, after) in before.iter().zip(&all) {
                let same = before.octets().iter().zip(after.octets());
                let same = same.take_while(|(one, other)| one == other).count();
                let rest = &before.octets()[same..];
                assert!(after.octets().ends_with(rest), "what was there stays as it was");
            }
        }
        for (record, data) in all.iter().zip(&data) {
            let report = passes(record.octets(), data);
            assert_eq!(report.proven_time, first);
            let last = report.chains.last().unwrap();
            assert_eq!((report.chains.len(), last.timestamps.len()), (chains, stamps));
            fails(record.octets(), b"another", SubIndication::HashFailure);
        }
        shown.extend(all.iter().cloned());
        over.extend(data.iter().cloned());
    }
    // unlike one in DER it proves nothing of its neighbours in the tree
    for other in &data[1..] {
        fails(all[0].octets(), other, SubIndication::HashFailure);
    }
    let verdicts = recomputed(&shown, &over);
    assert!(verdicts.iter().all(|(accepted, _)| *accepted), "{verdicts:#?}");
    // the judge refuses what it must
    over.rotate_left(1);
    let wrong = recomputed(&shown, &over);
    assert!(wrong.iter().all(|(accepted, _)| !accepted), "{wrong:#?}");
}

/// Of XML the canonical form is proven, whatever its octets, and all of it that is in the canonical form.
#[test]
fn xml_is_proven_by_its_canonical_form() {
    let data = [INVOICE.as_bytes().to_vec()];
    let record = &records(&data)[0];
    for same in [
        INVOICE.replace("b=\"2\" a=\"1\"", "a='1'  b='&#50;'"),
        INVOICE.replace("\r\n", "\n"),
        INVOICE.replace("<a:Note/>", "<a:Note></a:Note >"),
        INVOICE.replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\u{FEFF}"),
        INVOICE.replace('7', "<![CDATA[7]]>"),
    ] {
        passes(record.octets(), same.as_bytes());
    }
    let utf_16: Vec<u8> =
        INVOICE.replace("UTF-8", "UTF-16").encode_utf16().flat_map(u16::to_le_bytes).collect();
    passes(record.octets(), &[&[0xFF, 0xFE][..], &utf_16].concat());
    for other in [
        INVOICE.replace("<a:ID>7", "<a:ID>8"),
        INVOICE.replace("sent", "paid"),
        INVOICE.replace("urn:u", "urn:v"),
        INVOICE.replace("  <a:ID>", "<a:ID>"),
        INVOICE.replace("a=\"1\"", "a=\"\""),
        format!("{INVOICE}<!-- paid -->"),
        // no XML any more
        INVOICE.replace("</a:Invoice>", ""),
    ] {
        assert_ne!(other, INVOICE);
        fails(record.octets(), other.as_bytes(), SubIndication::HashFailure);
    }
    // nobody says what these are
    let doctype = INVOICE.replace("<!-- sent -->", "<!DOCTYPE a:Invoice>");
    let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
    for (refused, said) in [(&doctype, "DOCTYPE"), (&deep, "64")] {
        let limits = Limits::default();
        let fault = object_digest(Sha256, CANONICALIZATION, refused.as_bytes(), &limits);
        let fault = fault.unwrap_err();
        assert!(
            matches!(&fault, EvidenceFault::NotCanonical(why) if why.contains(said)),
            "{fault}"
        );
        fails(record.octets(), refused.as_bytes(), SubIndication::Generic);
    }
    // these are octets, to whoever looks at them
    for octets in [&b"< a"[..], b"%PDF-1.7 <a/>", b"", b"<a>\xFF</a>", b"\0<", b"\xFF\xFE\x01"] {
        assert_eq!(digest(Sha256, octets), Digest::of(Sha256, octets));
    }
    assert!(begins_as_xml(doctype.as_bytes()) && begins_as_xml(b"\n<a") && !begins_as_xml(b"a<"));
}

/// One timestamp, in DER and in XML; what was renewed stays what it is.
#[test]
fn a_record_that_was_never_renewed_can_be_had_in_xml() {
    for count in [1, 2, 7] {
        let data = data(count);
        let all = der_records(&data);
        for (record, data) in all.iter().zip(&data) {
            let xml = XmlEvidenceRecord::of_unrenewed(record, data).unwrap();
            let [der, xml] = [record.to_der(), xml.octets().to_vec()].map(|one| passes(&one, data));
            assert_eq!(der, xml);
        }
        let other = XmlEvidenceRecord::of_unrenewed(&all[0], b"another");
        match other {
            Ok(record) => fails(record.octets(), b"another", SubIndication::HashFailure),
            Err(fault) => assert!(matches!(fault, EvidenceFault::NotInTree), "{fault}"),
        }
        let xml: Vec<XmlEvidenceRecord> = all
            .iter()
            .zip(&data)
            .map(|(record, data)| XmlEvidenceRecord::of_unrenewed(record, data).unwrap())
            .collect();
        let verdicts = recomputed(&xml, &data);
        assert!(verdicts.iter().all(|(accepted, _)| *accepted), "{verdicts:#?}");
        // and is renewed as any other
        let xml = renewed(&xml, &data, Renewal::Time, "ec");
        passes(xml[0].octets(), &data[0]);
        for renewal in [Renewal::Time, Renewal::Hash(Sha512)] {
            let renewed = der_renewed(all.clone(), &data, renewal, "ec");
            let fault = XmlEvidenceRecord::of_unrenewed(&renewed[0], &data[0]).unwrap_err();
            assert!(matches!(fault, EvidenceFault::RenewedInDer), "{fault}");
        }
    }
    let xml = [INVOICE.as_bytes().to_vec()];
    let record = der_records(&xml).remove(0);
    passes(&record.to_der(), &xml[0]);
    let fault = XmlEvidenceRecord::of_unrenewed(&record, &xml[0]).unwrap_err();
    assert!(matches!(fault, EvidenceFault::OverOctets), "{fault}");
}

/// Others write prefixes, white space, comments, and other encodings; their records are renewed too.
#[test]
fn records_that_are_written_otherwise_are_renewed_as_they_are() {
    let data = mixed(2);
    let text = String::from_utf8(records(&data)[1].octets().to_vec()).unwrap();
    let pretty = text.replace("><", ">\n  <!-- hm -->\t<").replace("AA", "A\r\n A");
    let prefixed = text
        .replace("xmlns=", "xmlns:é=")
        .replace("</", "\u{1}")
        .replace("<?", "\u{2}")
        .replace('<', "<é:")
        .replace('\u{1}', "</é:")
        .replace('\u{2}', "<?");
    let plain = String::from_utf8(records(&data)[0].octets().to_vec()).unwrap();
    let exclusive = plain.replace(
        "http://www.w3.org/TR/2001/REC-xml-c14n-20010315#WithComments",
        "http://www.w3.org/2001/10/xml-exc-c14n#",
    );
    let declared = prefixed.replace("UTF-8", "UTF-16");
    let utf_16: Vec<u8> = declared.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let utf_16 = [&[0xFE, 0xFF][..], &utf_16].concat();
    for (written, data) in [
        (pretty.into_bytes(), &data[1..]),
        (prefixed.into_bytes(), &data[1..]),
        (exclusive.into_bytes(), &data[..1]),
        (utf_16, &data[1..]),
    ] {
        let mut record = XmlEvidenceRecord::read(&written).unwrap();
        passes(record.octets(), &data[0]);
        for renewal in [Renewal::Time, Renewal::Time, Renewal::Hash(Sha512), Renewal::Time] {
            record = renewed(&[record], data, renewal, "ec").remove(0);
            passes(record.octets(), &data[0]);
            assert!(StoredEvidence::read(record.octets()).is_ok());
        }
        assert_eq!(record.chains().len(), 2);
    }
}

/// What a TSA's issuer says of it, beside the timestamp, is enough for whoever verifies it later, and renewals are over it.
#[test]
fn validation_data_beside_a_timestamp_are_used() {
    let data = data(3);
    let record = &records(&data)[0];
    let asking = |record: &XmlEvidenceRecord| {
        let mut settings = settings(later());
        settings.revocation = RevocationDemand::Asked;
        verify_evidence(record.octets(), &[&data[0]], &settings)
    };
    assert_eq!(asking(record).sub_indication, Some(SubIndication::TryLater));
    let list = TSA.list_in_days(0);
    let more = Augmentation {
        certificates: vec![b"no certificate"],
        lists: vec![&list],
        answers: Vec::new(),
    };
    let with = record.with_validation_data(&more).unwrap();
    assert_eq!(asking(&with).indication, Indication::Passed, "{:#?}", asking(&with));
    let again = with.with_validation_data(&more).unwrap();
    assert_eq!(again.octets(), with.octets(), "once");
    let renewed = renewed(&[with], &data[..1], Renewal::Time, "rsa").remove(0);
    passes(renewed.octets(), &data[0]);
    let verdicts = recomputed(std::slice::from_ref(&renewed), &data[..1]);
    assert!(verdicts[0].0, "{verdicts:#?}");
    let text = String::from_utf8(renewed.octets().to_vec()).unwrap();
    let without = text.replace("Type=\"CRL\"", "Type=\"SCVP\"");
    assert_ne!(without, text);
    fails(without.as_bytes(), &data[0], SubIndication::HashFailure);
}

#[test]
fn no_octet_of_a_record_in_xml_changes_what_is_believed() {
    let data = mixed(3);
    let all = renewed(&records(&data), &data, Renewal::Time, "ec");
    let all = renewed(&all, &data, Renewal::Hash(Sha512), "ec");
    let octets = all[1].octets();
    let good = passes(octets, &data[1]);
    let mut passed = BTreeSet::new();
    for at in (0..octets.len()).step_by(11) {
        let mut changed = octets.to_vec();
        changed[at] ^= 1 << (at % 7);
        let report = report(&changed, &data[1]);
        if report.indication == Indication::Passed {
            assert_eq!(report, good, "changed at {at}");
            passed.insert(at);
        }
    }
    for at in (0..octets.len() - 1).step_by(97) {
        let cut = report(&octets[..at], &data[1]);
        assert_eq!(cut.indication, Indication::Failed, "cut at {at}");
    }
    // nothing is over the last timestamp, and what its authority did not sign of it says nothing
    let last = octets.windows(10).rposition(|part| part == b"<TimeStamp").unwrap();
    let before: Vec<usize> = passed.into_iter().filter(|at| *at < last).collect();
    let shown = |at: &usize| String::from_utf8_lossy(&octets[at - 9..at + 9]).into_owned();
    assert!(before.len() <= 5, "{:?}", before.iter().map(shown).collect::<Vec<_>>());
    let text = std::str::from_utf8(octets).unwrap();
    for (from, to) in [
        ("Order=\"1\"><DigestMethod", "Order=\"2\"><DigestMethod"),
        ("Order=\"2\"><HashTree", "Order=\"1\"><HashTree"),
        ("#sha256", "#sha512"),
        ("#WithComments", ""),
        ("</DigestValue>", "<!-- --></DigestValue>"),
        ("<TimeStamp>", "<TimeStamp><!-- -->"),
        ("<TimeStamp>", "<TimeStamp> "),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let report = report(changed.as_bytes(), &data[1]);
        assert_ne!(report.indication, Indication::Passed, "{from} {to}");
    }
}

#[test]
fn hostile_records_in_xml_are_refused_by_name() {
    let data = data(1);
    let text = String::from_utf8(records(&data)[0].octets().to_vec()).unwrap();
    let replaced = |from: &str, to: &str| {
        let changed = text.replace(from, to);
        assert_ne!(changed, text, "{from}");
        changed
    };
    let stamp = {
        let from = text.find("<ArchiveTimeStamp Order").unwrap();
        let to = text.find("</ArchiveTimeStampChain>").unwrap();
        text[from..to].to_owned()
    };
    let chain = {
        let from = text.find("<ArchiveTimeStampChain").unwrap();
        let to = text.find("</ArchiveTimeStampSequence>").unwrap();
        text[from..to].to_owned()
    };
    let numbered = |one: &str, count: usize| -> String {
        (1..=count).map(|at| one.replacen("Order=\"1\"", &format!("Order=\"{at}\""), 1)).collect()
    };
    let tree = "<HashTree><Sequence Order=\"1\"><DigestValue>";
    let value = format!("<DigestValue>{}=</DigestValue>", "A".repeat(43));
    let many = format!("<HashTree><Sequence Order=\"1\">{}<DigestValue>", value.repeat(50_000));
    let list = |order: usize| format!("<Sequence Order=\"{order}\">{value}</Sequence>");
    let lists: String = (2..50_002).map(list).collect();
    for (record, said) in [
        (" ".repeat(9 << 20), "more than"),
        (replaced("?>\n", "?>\n<!DOCTYPE a [<!ENTITY b \"c\">]>"), "DOCTYPE"),
        (replaced("<TimeStamp>", "<TimeStamp>&b;"), "&b;"),
        (replaced("<TimeStamp>", &format!("<TimeStamp>{}", "<a>".repeat(50))), "deep"),
        (replaced("urn:ietf:params:xml:ns:ers", "urn:ers"), "another element"),
        (replaced("Version=\"1.0\"", "Version=\"2.0\""), "version"),
        (replaced(" Version=\"1.0\"", ""), "no Version"),
        (replaced("Order=\"1\"><Dig", "Order=\"01x\"><Dig"), "Order"),
        (replaced("Order=\"1\"><DigestMethod", "Order=\"2\"><DigestMethod"), "count from 1"),
        (replaced("xmlenc#sha256", "xmlenc#sha1"), "not known"),
        (replaced("#WithComments", "#Some"), "not known"),
        (replaced("<HashTree>", "<HashTree/><HashTree>"), "no Sequence"),
        (replaced("<HashTree>", "<Other/><HashTree>"), "TimeStamp"),
        (replaced("<HashTree>", "<?do it?><HashTree>"), "something else"),
        (replaced("<HashTree>", "x<HashTree>"), "something else"),
        (replaced("<TimeStamp>", "<TimeStamp Id=\"a\">"), "something else"),
        (replaced("Type=\"RFC3161\"", "Type=\"XMLENTRUST\""), "another type"),
        (replaced("Type=\"RFC3161\"", "Type=\"RFC3161\" Encoding=\"x\""), "something else"),
        (replaced("<DigestValue>", "<DigestValue>AAAA"), "length"),
        (replaced("<DigestValue>", "<DigestValue>*"), "Base64"),
        (replaced("RFC3161\">", "RFC3161\"><a/>"), "Base64"),
        (replaced("</TimeStampToken>", "</TimeStampToken><Other/>"), "something else"),
        (
            replaced(
                "<ArchiveTimeStampSequence>",
                "<EncryptionInformation/><ArchiveTimeStampSequence>",
            ),
            "encrypted",
        ),
        (replaced(&stamp, ""), "no ArchiveTimeStamp"),
        (replaced(&chain, ""), "no ArchiveTimeStampChain"),
        (replaced(&stamp, &stamp.repeat(2)), "count from 1"),
        (replaced(tree, &many), "more than 50000 digests"),
        (replaced("</Sequence>", &format!("</Sequence>{lists}")), "more than 50000 digests"),
    ] {
        let fault = StoredEvidence::read(record.as_bytes()).unwrap_err().to_string();
        assert!(fault.contains(said), "{said}: {fault}");
    }
    // short ones, as a record may have 8 MiB
    let token = {
        let from = text.find("\"RFC3161\">").unwrap() + 10;
        text[from..text.find("</TimeStampToken>").unwrap()].to_owned()
    };
    let [text, stamp, chain] = [text, stamp, chain].map(|one| one.replace(&token, "AAAA"));
    for (record, said) in [
        (text.replace(&stamp, &numbered(&stamp, 201)), "more than 200 timestamps"),
        (text.replace(&chain, &numbered(&chain, 33)), "more than 32 chains"),
    ] {
        let fault = StoredEvidence::read(record.as_bytes()).unwrap_err().to_string();
        assert!(fault.contains(said), "{said}: {fault}");
    }
    assert!(EvidenceRecord::read(text.as_bytes()).is_err());
    let fault = StoredEvidence::read(b"PDF").unwrap_err().to_string();
    assert!(fault.contains("RFC 4998"), "{fault}");
}
