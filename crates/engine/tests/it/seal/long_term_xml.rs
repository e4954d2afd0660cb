//! XAdES from level B to LTA. lxml says what each timestamp has to be over, openssl whether it is; xmlsec1
//! takes the signature as before, and the schemas every property. EU DSS says which level that is, in
//! `conformance`.

use chancery_engine::domain::level::Level;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::validation_data::CollectedData;
use chancery_engine::seal::Limits;
use chancery_engine::seal::long_term::{
    ArchivePlan, LongTermFault, LongTermSettings, Raised, raise, stamp,
};
use chancery_testing::judges::xades_schema;
use chancery_testing::tsa::TSA;
use serde_json::{Value, json};

use super::extend::{judge_timestamps, signed, token_of, xades};
use super::long_term::{archived, collected, lists, now, trust, try_raise};
use super::settings::{ID_ATTRIBUTES, prepare_as};
use super::support::*;

fn archive(raised: Raised, tsa: &str) -> Vec<u8> {
    let lta = archived(raised.archive(0, &Limits::default(), None).unwrap(), tsa);
    assert_eq!((lta.level, lta.changed), (Level::Lta, true));
    lta.bytes
}

/// How often an element stands in a document in UTF-8.
fn count(document: &[u8], name: &str) -> usize {
    let text = String::from_utf8_lossy(document).into_owned();
    text.matches(&format!("{name}>")).count()
}

/// Settings and documents that differ in all that is written around properties.
pub(crate) fn cases() -> Vec<(Vec<u8>, Value)> {
    let latin =
        b"<?xml version='1.0' encoding='ISO-8859-1'?><a xml:lang='de' xmlns:b='urn:b'>\xE9</a>";
    let utf_16 = "\u{FEFF}<a>\u{20AC}</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let invoice = || INVOICE.as_bytes().to_vec();
    vec![
        (invoice(), json!({})),
        (invoice(), json!({ "prefixes": { "ds": "", "xades": "x" }, "base64Wrap": 64 })),
        (invoice(), json!({ "packaging": "ENVELOPING", "canonicalTransform": "INCLUSIVE" })),
        (latin.to_vec(), json!({})),
        (utf_16, json!({})),
    ]
}

#[test]
fn a_xades_signature_is_raised_level_by_level_and_renewed() {
    let (mut plain, mut once, mut twice) = (Vec::new(), Vec::new(), Vec::new());
    for (document, settings) in cases() {
        for key in [&PKI.rsa, &PKI.p256] {
            let sealed = xades(&document, key, &settings).into_bytes();
            let raised = try_raise(&sealed, collected(&lists())).unwrap();
            assert_eq!((raised.level, raised.changed), (Level::Lt, true), "{settings}");
            let again = try_raise(&raised.bytes, CollectedData::default()).unwrap();
            assert_eq!((again.level, again.changed), (Level::Lt, false), "{settings}");
            assert_eq!(again.bytes, raised.bytes);
            plain.push(write(&raised.bytes));
            let lta = archive(raised, "rsa");
            once.push(write(&lta));
            // Nothing but what the last timestamp needs is added then.
            let raised = try_raise(&lta, collected(&[TSA.list()])).unwrap();
            assert_eq!(raised.level, Level::Lta, "{settings}");
            twice.push(write(&archive(raised, "ec384")));
        }
    }
    judge_timestamps(&plain, 1);
    judge_timestamps(&once, 2);
    judge_timestamps(&twice, 3);
    let all = [plain, once, twice].concat();
    xmlsec_verify(&all, &ID_ATTRIBUTES).unwrap();
    for verdict in xades_schema(&all) {
        assert!(verdict.accepted, "{}: {}", verdict.path.display(), verdict.said);
    }
}

#[test]
fn a_xades_signature_without_a_timestamp_gets_one() {
    let sealed = prepare_as(INVOICE.as_bytes(), &PKI.rsa, None, &json!({})).unwrap();
    let sealed = signed(sealed, &PKI.rsa).finish().into_bytes();
    let fault = try_raise(&sealed, collected(&lists())).unwrap_err();
    assert!(matches!(fault, LongTermFault::NoTimestamp { reason: None, .. }), "{fault}");
    let plan = || stamp(sealed.clone(), 0, &Limits::default(), None).unwrap();
    let other = token_of(plan().imprint(DigestAlgorithm::Sha384), "rsa");
    let stamped = plan().attach(&other, &trust(), &Limits::default()).unwrap();
    assert_eq!(stamped.level, Level::T);
    let raised = try_raise(&stamped.bytes, collected(&lists())).unwrap();
    let file = write(&archive(raised, "ec"));
    judge_timestamps(std::slice::from_ref(&file), 2);
    xmlsec_verify(&[file], &ID_ATTRIBUTES).unwrap();
    let elsewhere = token_of(plan().imprint(DigestAlgorithm::Sha256), "rsa");
    let plan = archive_plan(&stamped.bytes);
    assert!(matches!(
        plan.attach(&elsewhere, &trust(), &Limits::default()),
        Err(LongTermFault::NotOver)
    ));
}

fn archive_plan(document: &[u8]) -> ArchivePlan {
    let raised = try_raise(document, collected(&lists())).unwrap();
    raised.archive(0, &Limits::default(), None).unwrap()
}

/// Each thing stands there once, whoever brought it, and values of the signature in one element each.
#[test]
fn xml_values_stand_once() {
    // With the whole chain in ds:KeyInfo none is missing.
    for (certificates, values) in [("CHAIN", 0), ("SIGNER", 1)] {
        let settings = json!({ "keyInfo": { "certificates": certificates } });
        let sealed = xades(INVOICE.as_bytes(), &PKI.rsa, &settings).into_bytes();
        let mut data = collected(&[PKI.lists()[0].clone(), TSA.list()]);
        data.add_revocation(&PKI.answer(false)).unwrap();
        for certificate in PKI.rsa.signer.chain().certificates() {
            data.add_certificate(certificate.clone()).unwrap();
        }
        let raised = try_raise(&sealed, data).unwrap();
        let counted = |name: &str| count(&raised.bytes, &format!("</xades:{name}"));
        // The token has the certificates of its TSA.
        let counts = ["CertificateValues", "EncapsulatedOCSPValue", "RevocationValues"];
        assert_eq!(counts.map(counted), [values, 1, 2], "{certificates}");
        assert_eq!(counted("EncapsulatedX509Certificate"), 2 * values);
        assert_eq!(counted("EncapsulatedCRLValue"), 2);
        let file = write(&raised.bytes);
        assert!(xades_schema(&[file]).iter().all(|verdict| verdict.accepted));
        let lta = archive(raised, "rsa");
        let renewed = try_raise(&lta, collected(&lists())).unwrap();
        assert_eq!(count(&renewed.bytes, "</xades:EncapsulatedCRLValue"), 2);
    }
}

#[test]
fn a_detached_xades_signature_is_raised_with_what_it_signs() {
    let settings = json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } });
    let sealed = xades(INVOICE.as_bytes(), &PKI.p256, &settings).into_bytes();
    let (trust, limits) = (trust(), Limits::default());
    let over = |content: Option<&[u8]>| {
        let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
        raise(sealed.clone(), collected(&lists()), &settings)
    };
    assert!(matches!(over(None), Err(LongTermFault::ContentMissing)));
    let fault = over(Some(b"<a/>")).unwrap_err().to_string();
    assert!(fault.contains("its reference 'a.xml': has another digest"), "{fault}");
    let content = Some(INVOICE.as_bytes());
    let plan = over(content).unwrap().archive(0, &limits, content).unwrap();
    let lta = archived(plan, "rsa").bytes;
    let settings = LongTermSettings { trust: &trust, at: now(), limits: &limits, content };
    let again = raise(lta, collected(&[TSA.list()]), &settings).unwrap();
    assert_eq!(again.level, Level::Lta);
}

/// Nothing is added to what is not right, and never so that something else breaks.
#[test]
fn xml_that_cannot_be_raised_is_told() {
    let all = || collected(&lists());
    let sealed = xades(INVOICE.as_bytes(), &PKI.rsa, &json!({})).into_bytes();
    for left_out in 0..lists().len() {
        let mut some = lists();
        some.remove(left_out);
        let fault = try_raise(&sealed, collected(&some)).unwrap_err().to_string();
        assert!(fault.contains("it is not known whether"), "{fault}");
    }
    let changed = |from: &str, to: &str, document: &[u8]| {
        let text = String::from_utf8(document.to_vec()).unwrap();
        assert!(text.contains(from));
        text.replacen(from, to, 1).into_bytes()
    };
    let broken = changed("<cbc:ID>", "<cbc:ID>0", &sealed);
    let fault = try_raise(&broken, all()).unwrap_err().to_string();
    assert!(fault.contains("its reference '': has another digest"), "{fault}");
    let lta = archive(try_raise(&sealed, all()).unwrap(), "rsa");
    // An unsigned property that only the archive timestamp keeps.
    let broken = changed("<xades:RevocationValues>", "<xades:RevocationValues Id=\"a\">", &lta);
    let fault = try_raise(&broken, all()).unwrap_err().to_string();
    assert!(fault.contains("an archive timestamp does not hold: it is over"), "{fault}");
    let plain = json!({ "xadesLevel": "NONE" });
    let plain = signed(prepare_as(b"<a/>", &PKI.rsa, None, &plain).unwrap(), &PKI.rsa).finish();
    let fault = try_raise(plain.bytes(), all()).unwrap_err().to_string();
    assert!(fault.contains("has not one xades:QualifyingProperties"), "{fault}");
    // What a second signature covers of the first must not change any more.
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let first = xades(b"<a><b/></a>", &PKI.rsa, &parallel).into_bytes();
    let both = xades(&first, &PKI.p256, &parallel).into_bytes();
    let raised = try_raise(&both, all()).unwrap();
    assert_eq!((raised.level, raised.changed), (Level::Lt, true));
    let fault = raised.archive(0, &Limits::default(), None).err().unwrap().to_string();
    assert!(fault.contains("2 signatures"), "{fault}");
    let over = json!({ "existingSignatures": "COUNTERSIGN" });
    let counter = xades(&first, &PKI.p256, &over).into_bytes();
    let fault = try_raise(&counter, all()).unwrap_err().to_string();
    assert!(fault.contains("is a countersignature"), "{fault}");
}
