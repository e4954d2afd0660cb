//! The reader of timestamps in signed files: what it finds in ours and in those of others, and what it says
//! of those that do not belong where they stand.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery_engine::domain::cades::CadesPackaging;
use chancery_engine::domain::profile::DigestAlgorithm;
use chancery_engine::pki::timestamp::{HeldTimestamps, TimestampFault};
use chancery_engine::seal::pdf::{PdfFile, PdfLimits};
use chancery_engine::seal::reading::{
    Existing, Form, cms_timestamps, pdf_timestamps, xml_timestamps,
};
use chancery_engine::seal::xml::xpath::Budget;
use chancery_testing::judges::{pyhanko_timestamped, signature_timestamps};
use chancery_testing::pdfs;
use chancery_testing::tsa::TSA;
use roxmltree::Document;
use serde_json::json;

use super::extend::{cades, kept, prepare_cms, prepare_pdf, signed, stamped, token, xades};
use super::support::*;

fn in_xml(text: &str) -> Result<Vec<HeldTimestamps>, TimestampFault> {
    xml_timestamps(&Document::parse(text).unwrap(), &Budget::default())
}

fn in_pdf(document: &[u8]) -> Vec<HeldTimestamps> {
    let file = PdfFile::open(document, &PdfLimits::default()).unwrap();
    let form = Form::read(&file, &file.catalog().unwrap()).unwrap();
    pdf_timestamps(&file, &form, document).unwrap()
}

fn in_cms(document: &[u8]) -> Vec<HeldTimestamps> {
    cms_timestamps(&Existing::read(document).unwrap()).unwrap()
}

/// Demands one timestamp that holds in each of some signatures, the same that others find in the file.
#[track_caller]
fn holds(found: Vec<HeldTimestamps>, bytes: &[u8], signatures: &[&str]) {
    let names: Vec<&str> = found.iter().map(|one| one.signature.as_str()).collect();
    assert_eq!(names, signatures);
    let mut ours: Vec<Vec<u8>> = found
        .into_iter()
        .flat_map(|one| one.timestamps)
        .map(|token| token.unwrap_or_else(|fault| panic!("{fault}")).der().to_vec())
        .collect();
    let others = signature_timestamps(&[kept(bytes, "signed")]).into_iter();
    let mut others: Vec<Vec<u8>> = others.map(|one| one.token).collect();
    ours.sort();
    others.sort();
    assert_eq!(ours, others);
}

fn text(sealed: &chancery_engine::seal::Sealed) -> String {
    String::from_utf8(sealed.bytes().to_vec()).unwrap()
}

#[test]
fn timestamps_of_xml_signatures_are_found() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH" });
    let first = text(&xades(b"<a><b/></a>", &PKI.rsa, &parallel));
    holds(in_xml(&first).unwrap(), first.as_bytes(), &["/a/Signature"]);
    let second = text(&xades(first.as_bytes(), &PKI.p256, &parallel));
    let places = ["/a/Signature[1]", "/a/Signature[2]"];
    holds(in_xml(&second).unwrap(), second.as_bytes(), &places);
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let over = text(&xades(first.as_bytes(), &PKI.p256, &counter));
    let found = in_xml(&over).unwrap();
    assert_eq!(found.len(), 2);
    assert!(found[1].signature.contains("CounterSignature"), "{}", found[1].signature);
    let paths: Vec<String> = found.iter().map(|one| one.signature.clone()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    holds(found, over.as_bytes(), &paths);
    assert!(in_xml(INVOICE).unwrap().is_empty());
}

/// As others write them: inclusive canonicalization, named or not, which takes over what stands above.
#[test]
fn a_timestamp_is_over_what_its_method_says() {
    let document = "<a xmlns='urn:a' xmlns:unused='urn:u' xml:lang='de'><b/></a>";
    let sealed = text(&xades(document.as_bytes(), &PKI.p256, &json!({})));
    let exclusive =
        "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let (before, stamp) = sealed.split_once("<xades:SignatureTimeStamp>").unwrap();
    let (method, rest) = stamp.split_once("<xades:EncapsulatedTimeStamp>").unwrap();
    assert_eq!(method, exclusive);
    let (_, after) = rest.split_once("</xades:EncapsulatedTimeStamp>").unwrap();
    let with = |method: &str, token: &str| {
        format!(
            "{before}<xades:SignatureTimeStamp>{method}<xades:EncapsulatedTimeStamp>{token}\
             </xades:EncapsulatedTimeStamp>{after}"
        )
    };
    let inclusive = "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/TR/2001/REC-xml-c14n-20010315\"/>";
    let mut seen = Vec::new();
    for method in [exclusive, inclusive, ""] {
        let octets =
            signature_timestamps(&[write(with(method, "AA==").as_bytes())]).remove(0).octets;
        let right = STANDARD.encode(token(&octets, DigestAlgorithm::Sha384, "ec").der());
        let text = with(method, &right);
        holds(in_xml(&text).unwrap(), text.as_bytes(), &["/a/Signature"]);
        seen.push(octets);
        // Under the other method the same token is over something else.
        let other = if method == exclusive { inclusive } else { exclusive };
        let fault = only(in_xml(&with(other, &right)).unwrap());
        assert!(matches!(fault, TimestampFault::NotOver), "{fault}");
    }
    assert!(seen[0] != seen[1] && seen[1] == seen[2]);
    let fault = |method: &str, token: &str| only(in_xml(&with(method, token)).unwrap()).to_string();
    assert!(fault("", "!").contains("it is not base64"));
    assert!(fault("", "AA==").contains("no SignedData in DER"));
    let unknown = fault("<ds:CanonicalizationMethod Algorithm=\"urn:x\"/>", "AA==");
    assert!(unknown.contains("'urn:x' is not known"), "{unknown}");
    let twice = "<xades:EncapsulatedTimeStamp>AA==</xades:EncapsulatedTimeStamp>";
    assert!(fault(twice, "AA==").contains("not one EncapsulatedTimeStamp"));
    let stamp = "<xades:SignatureTimeStamp/>";
    let many = |count| {
        sealed.replace(
            "<xades:SignatureTimeStamp>",
            &(stamp.repeat(count) + "<xades:SignatureTimeStamp>"),
        )
    };
    assert_eq!(in_xml(&many(63)).unwrap()[0].timestamps.len(), 64);
    assert!(matches!(in_xml(&many(64)), Err(TimestampFault::TooMany(64))));
}

/// Why the only timestamp of a file does not hold.
fn only(mut found: Vec<HeldTimestamps>) -> TimestampFault {
    assert_eq!((found.len(), found[0].timestamps.len()), (1, 1));
    found.remove(0).timestamps.remove(0).expect_err("it must not hold")
}

#[test]
fn timestamps_of_cms_signatures_are_found() {
    let seal = |document: &[u8], parallel, key| {
        let profile = cades(parallel, CadesPackaging::Attached);
        stamped(signed(prepare_cms(document, &profile, key), key)).into_bytes()
    };
    let first = seal(b"content", false, &PKI.rsa);
    holds(in_cms(&first), &first, &["signer 1"]);
    let both = seal(&first, true, &PKI.p256);
    holds(in_cms(&both), &both, &["signer 1", "signer 2"]);
    // The value that the token is over: the last octet of it stands before the unsigned attributes.
    let found = signature_timestamps(&[kept(&first, "p7m")]).remove(0);
    let value = first.windows(found.octets.len()).position(|one| one == found.octets).unwrap();
    let mut changed = first.clone();
    changed[value] ^= 1;
    let fault = only(in_cms(&changed));
    assert!(matches!(fault, TimestampFault::NotOver), "{fault}");
    let profile = cades(false, CadesPackaging::Attached);
    let plain = signed(prepare_cms(b"content", &profile, &PKI.rsa), &PKI.rsa).finish();
    assert!(in_cms(plain.bytes()).is_empty());
}

#[test]
fn timestamps_of_pdf_signatures_are_found() {
    for name in ["classic", "object-streams", "encrypted-aes-128", "encrypted-rc4-40"] {
        let document = &pdfs::named(name).bytes;
        let first = stamped(signed(prepare_pdf(document, 8192), &PKI.rsa)).into_bytes();
        let twice = stamped(signed(prepare_pdf(&first, 8192), &PKI.rsa)).into_bytes();
        let found = in_pdf(&twice);
        let names: Vec<&str> = found.iter().map(|one| one.signature.as_str()).collect();
        assert_eq!(names, ["Signature1", "Signature2"], "{name}");
        for one in found {
            assert!(one.timestamps.iter().all(Result::is_ok), "{name}: {one:?}");
        }
        if !name.starts_with("encrypted") {
            holds(in_pdf(&twice), &twice, &["Signature1", "Signature2"]);
        }
    }
    assert!(in_pdf(&pdfs::named("classic").bytes).is_empty());
}

#[test]
fn timestamps_of_other_programs_hold() {
    // The timestamper of pyHanko signs with RSA only.
    let document = pyhanko_timestamped(&pdfs::named("classic").path, "rsa");
    let found = in_pdf(&document);
    let token = found[0].timestamps[0].as_ref().unwrap_or_else(|fault| panic!("{fault}"));
    assert_eq!(token.certificate().common_name(), "TSA rsa");
    holds(in_pdf(&document), &document, &["Signature1"]);
    let octets = signature_timestamps(&[kept(&document, "pdf")]).remove(0).octets;
    TSA.verify(token.der(), &octets).unwrap();
    // The last octet of the CMS is the last of the token: of the value of the TSA.
    // An identifier of the file may begin like it.
    let start = document.windows(9).rposition(|window| window == b"/Contents").unwrap();
    assert!(document[start..].iter().take(12).any(|one| *one == b'<'));
    let end = start + document[start..].iter().position(|one| *one == b'>').unwrap();
    let last = document[start..end].iter().rposition(|digit| *digit != b'0').unwrap() + start;
    let mut broken = document.clone();
    broken[last] = if broken[last] == b'1' { b'2' } else { b'1' };
    let fault = only(in_pdf(&broken));
    assert!(matches!(fault, TimestampFault::Signature { .. }), "{fault}");
}
