//! CMS: our seals pass, attached and detached, with several signers and timestamps; changed ones do not.

use chancery_engine::domain::level::Level;
use chancery_engine::seal::{Limits, Profile, prepare};
use chancery_engine::verify::{Indication, SubIndication, VerificationReport, verify};
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::der::{DerInside, DerValue};
use super::support::{Judged, anchors, passes, report, trusting, verdict};
use crate::seal::extend;
use crate::seal::support::*;

pub(crate) fn sealed(document: &[u8], key: &TestKey, settings: &Value) -> Vec<u8> {
    let profile = Profile::Cades(Box::new(serde_json::from_value(settings.clone()).unwrap()));
    let limits = Limits::default();
    let prepared = prepare(document.to_vec(), &profile, &key.signer, key.now(), &limits).unwrap();
    let value = key.sign(prepared.to_be_signed());
    prepared.attach(value).unwrap().finish().into_bytes()
}

fn beside(file: &[u8], content: Option<&[u8]>) -> VerificationReport {
    let mut settings = trusting();
    settings.detached = content.map(<[u8]>::to_vec);
    verify(file, &settings)
}

const fn failed(sub: SubIndication) -> Judged {
    (Indication::Failed, Some(sub))
}

#[test]
fn attached_seals_pass() {
    for key in [&PKI.rsa, &PKI.p256] {
        let file = sealed(b"a;b;1250.00\n", key, &json!({}));
        let report = passes(&file);
        let [signature] = report.signatures.as_slice() else { panic!("{report:#?}") };
        assert_eq!(
            (report.content, signature.format, signature.level),
            ("CMS", "CAdES", Some("B"))
        );
        assert_eq!(signature.claimed_time, Some(key.now().to_rfc3339()));
        let content = signature.covered[0].element.as_ref().unwrap();
        assert_eq!(&file[content.start..content.end], b"a;b;1250.00\n");
        assert!(signature.covers_document && signature.signer.as_ref().unwrap().bound);
        let mut changed = file.clone();
        changed[content.start + 4] = b'9';
        assert_eq!(verdict(&changed), failed(SubIndication::HashFailure));
        assert_eq!(beside(&file, Some(b"a;b;1250.00\n")).indication, Indication::Passed);
        let other = beside(&file, Some(b"something else"));
        assert_eq!(other.sub_indication, Some(SubIndication::SignedDataNotFound));
    }
    let first = sealed(b"text", &PKI.rsa, &json!({}));
    let both = sealed(&first, &PKI.p256, &json!({ "existingSignatures": "PARALLEL" }));
    assert_eq!(passes(&both).signatures.len(), 2);
}

#[test]
fn detached_seals_pass_with_their_document_only() {
    let file = sealed(b"text", &PKI.p256, &json!({ "packaging": "DETACHED" }));
    let said = |content: Option<&[u8]>| {
        let report = beside(&file, content);
        (report.indication, report.sub_indication)
    };
    assert_eq!(said(Some(b"text")), (Indication::Passed, None));
    assert_eq!(said(Some(b"next")), failed(SubIndication::HashFailure));
    let missing = Some(SubIndication::SignedDataNotFound);
    assert_eq!(said(None), (Indication::Indeterminate, missing));
}

#[test]
fn a_timestamp_in_a_cms_proves_a_time() {
    let key = &PKI.p256;
    let profile = Profile::Cades(Box::default());
    let prepared =
        prepare(b"text".to_vec(), &profile, &key.signer, key.now(), &Limits::default()).unwrap();
    let sealed = extend::stamped(extend::signed(prepared, key));
    assert_eq!(sealed.level(), Level::T);
    let mut settings = trusting();
    settings.anchors.extend(anchors(&TSA.root()));
    let report = verify(sealed.bytes(), &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    assert_eq!(report.signatures[0].level, Some("T"));
    assert!(report.signatures[0].proven_time.is_some());
}

/// Every byte that is changed, of one small file.
#[test]
fn no_changed_byte_passes_unless_it_says_nothing() {
    let file = sealed(b"text", &PKI.p256, &json!({ "certificates": "SIGNER" }));
    let mut settings = trusting();
    let issuer = std::fs::read(PKI.root().with_file_name("ca.pem")).unwrap();
    settings.certificates = chancery_engine::pki::certificate_file::certificates(&issuer).unwrap();
    let holds = |file: &[u8]| verify(file, &settings).indication == Indication::Passed;
    assert!(holds(&file), "{:#?}", report(&file));
    let mut passed = Vec::new();
    for at in 0..file.len() {
        for bit in [0, 5] {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            if holds(&changed) {
                passed.push(at);
            }
        }
    }
    // the version of the file and of its signer, the list of digests, and the parameters of algorithms say
    // nothing that is not said again
    assert!(passed.len() < 40, "{passed:?}");
    let certificate = PKI.p256.signer.certificate().der();
    let inside = file.windows(certificate.len()).position(|window| window == certificate).unwrap();
    let signed = passed.iter().filter(|at| **at >= inside && **at < inside + certificate.len());
    assert_eq!(signed.count(), 0, "{passed:?}");
}

/// A signer with one more unsigned attribute: a countersignature over some octets, with some signed attributes.
fn countersigned(file: &[u8], over: &[u8], attributes: fn(&mut Vec<DerValue>)) -> Vec<u8> {
    let inside = |file: &[u8]| DerValue::read(file).remove(0);
    let (mut file, mut other) =
        (inside(file), inside(&sealed(over, &PKI.p256, &json!({ "packaging": "DETACHED" }))));
    let signed_data = |file: &mut DerValue| file.inner()[1].inner()[0].clone();
    let mut signer = signed_data(&mut other).inner().last_mut().unwrap().inner()[0].clone();
    attributes(signer.inner()[3].inner());
    let mut to_be_signed = signer.inner()[3].clone();
    to_be_signed.tag = 0x31;
    let value = PKI.p256.sign(&to_be_signed.write());
    signer.inner()[5] =
        DerValue::octets(0x04, &value.to_der(PKI.p256.signer.certificate().key_kind()).unwrap());
    let certificates = signed_data(&mut other).inner()[3].inner().clone();
    let own = file.inner()[1].inner()[0].inner();
    own[3].inner().extend(certificates);
    let kind = DerValue::octets(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x06]);
    let attribute = DerValue::values(0x30, vec![kind, DerValue::values(0x31, vec![signer])]);
    own.last_mut().unwrap().inner()[0].inner().push(DerValue::values(0xA1, vec![attribute]));
    file.write()
}

/// Leaves out content-type, which is the first of the signed attributes.
fn without_content_type(attributes: &mut Vec<DerValue>) {
    attributes.retain_mut(|one| {
        one.inner()[0]
            != DerValue::octets(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03])
    });
}

#[test]
fn countersignatures_are_told_of_each_for_itself() {
    let file = sealed(b"text", &PKI.rsa, &json!({}));
    let value = {
        let mut read = DerValue::read(&file).remove(0);
        let signer = read.inner()[1].inner()[0].inner().last_mut().unwrap().inner()[0].clone();
        let DerInside::Octets(value) = signer.clone().inner()[5].inside.clone() else {
            panic!("{signer:?}")
        };
        value
    };
    let good = passes(&countersigned(&file, &value, without_content_type));
    let [signer, counter] = good.signatures.as_slice() else { panic!("{good:#?}") };
    assert_eq!(
        (signer.place.as_str(), counter.place.as_str()),
        ("signer 1", "countersigner 1 of signer 1")
    );
    assert!(signer.covers_document && !counter.covers_document);
    assert!(counter.signer.as_ref().unwrap().subject.contains("Seal p256"), "{counter:#?}");
    assert!(counter.notes.join("").contains("over the value of signer 1"), "{counter:#?}");
    // over something else, and with what only contents have
    let other = report(&countersigned(&file, b"something else", without_content_type));
    assert_eq!(other.sub_indication, Some(SubIndication::HashFailure), "{other:#?}");
    assert_eq!(other.signatures[0].indication, Indication::Passed, "the signer is as he was");
    let typed = report(&countersigned(&file, &value, |_| {}));
    assert_eq!(typed.sub_indication, Some(SubIndication::FormatFailure), "{typed:#?}");
    // a value that is not right
    let mut changed = countersigned(&file, &value, without_content_type);
    let end = changed.len() - 4;
    changed[end] ^= 1;
    assert_eq!(report(&changed).sub_indication, Some(SubIndication::SigCryptoFailure));
}
