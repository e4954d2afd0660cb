//! The authorities' own samples, from the shared folder; without it these pass.

use chancery_engine::domain::profile::{Canonicalization, CanonicalizationMethod};
use chancery_engine::pki::algorithm::KeyKind;
use chancery_engine::pki::certificate::{Certificate, Chain};
use chancery_engine::pki::digest::sha256;
use chancery_engine::pki::signature::{self, SignatureValue};
use chancery_engine::seal::xades::national::{myinvois, qr, zatca};
use chancery_engine::seal::xml::c14n::{Subset, canonicalize};
use chancery_engine::seal::xml::xpath::Budget;
use roxmltree::{Document, Node};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::*;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";
const XADES: &str = "http://uri.etsi.org/01903/v1.3.2#";

/// A sealed sample and what its signature says.
struct Sample {
    name: &'static str,
    text: String,
}

impl Sample {
    fn read(names: &[&'static str]) -> Vec<Self> {
        let Some(shared) = shared() else { return Vec::new() };
        let read = |name: &&'static str| {
            let text = fs::read_to_string(shared.join("samples/signed-xml").join(name)).unwrap();
            Self { name, text }
        };
        names.iter().map(read).collect()
    }

    /// The text after a mark up to the next tag.
    fn after(&self, mark: &str, which: usize) -> &str {
        let rest = self.text.split(mark).nth(which + 1).unwrap_or_else(|| panic!("no {mark}"));
        rest.split('<').next().unwrap()
    }

    fn digest(&self, which: usize) -> &str {
        self.after("<ds:DigestValue>", which)
    }

    fn value(&self) -> Vec<u8> {
        STANDARD.decode(self.after("<ds:SignatureValue>", 0)).unwrap()
    }

    fn certificate(&self) -> Certificate {
        let der = STANDARD.decode(self.after("<ds:X509Certificate>", 0)).unwrap();
        Certificate::from_der(&der).unwrap()
    }

    /// The sample before it was sealed: without its signature and the blanks after it. And the same
    /// with the signature.
    fn unsealed(&self) -> (String, String) {
        let starts = ["<ds:Signature ", "<ds:Signature\n", "<ds:Signature\r"];
        let start = starts.iter().find_map(|start| self.text.find(start)).unwrap();
        let end = self.text.find("</ds:Signature>").unwrap() + "</ds:Signature>".len();
        let after = self.text[end..].trim_start();
        let before = &self.text[..start];
        (format!("{before}{after}"), format!("{}{after}", &self.text[..end]))
    }

    /// Seals the unsealed sample for its own certificate and time, with its own signature value.
    fn sealed_again(&self, profile: &str) -> (String, String) {
        let (unsealed, wanted) = self.unsealed();
        let signer = Signer::new(&Chain::new(vec![self.certificate()]).unwrap());
        let time = self.after("<xades:SigningTime>", 0).trim_end_matches('Z');
        let time = OffsetDateTime::parse(&format!("{time}Z"), &Rfc3339).unwrap();
        let at = Instant::from_unix_ms(time.unix_timestamp() * 1000);
        let settings = settings(profile, &json!({}));
        let prepared = prepared(unsealed.as_bytes(), settings, &signer, at).unwrap();
        let value = SignatureValue::of_key(signer.certificate().key_kind(), self.value());
        let finished =
            prepared.attach(value).unwrap_or_else(|error| panic!("{}: {error}", self.name));
        (String::from_utf8(finished.finish().into_bytes()).unwrap(), wanted)
    }
}

fn properties<'a, 'i>(tree: &'a Document<'i>) -> Node<'a, 'i> {
    tree.descendants().find(|node| node.has_tag_name((XADES, "SignedProperties"))).unwrap()
}

const ZATCA_SAMPLES: [&str; 3] = [
    "zatca-2.3.8__Credit_Note_of_a_Simplified_Tax_Invoice.xml",
    "zatca-3.4.6__Simplified_Invoice.xml",
    "zatca-3.4.6__Standard_Invoice.xml",
];
const MYINVOIS_SAMPLES: [&str; 3] = [
    "xmlsigner__1.1-Credit-Note-Sample.xml",
    "xmlsigner__1.1-Invoice-MultiLineItem-Sample.xml",
    "xmlsigner__1.1-Invoice-Sample.xml",
];

#[test]
fn every_digest_of_zatca_samples_is_ours() {
    for sample in Sample::read(&ZATCA_SAMPLES) {
        let name = sample.name;
        let tree = Document::parse(&sample.text).unwrap();
        assert!(tree.descendants().any(|node| node.has_tag_name((DS, "Signature"))), "{name}");
        let digest =
            sha256(&zatca::signed_octets(&tree, &Limits::default(), &Budget::default()).unwrap());
        assert_eq!(STANDARD.encode(digest), sample.digest(0), "{name}");
        assert_eq!(
            zatca::properties_digest(properties(&tree), &Budget::default()).unwrap(),
            sample.digest(1),
            "{name}"
        );
        let certificate = sample.after("<ds:X509Certificate>", 0);
        assert_eq!(zatca::certificate_digest(certificate), sample.digest(2), "{name}");
        let certificate = sample.certificate();
        let value = SignatureValue::from_der(KeyKind::Secp256k1, &sample.value()).unwrap();
        let algorithm = KeyKind::Secp256k1.default_signature();
        signature::check(&certificate, algorithm, &digest, &value).unwrap();
        let reference = tree.descendants().find(|node| qr::is_reference(*node)).unwrap();
        let codes = reference.descendants().filter_map(|node| node.text());
        let code = codes.map(str::trim).find(|text| text.len() > 100).unwrap();
        let ours = qr::Qr::of(&tree, &digest, &certificate).unwrap();
        assert_eq!(ours.text(sample.after("<ds:SignatureValue>", 0)), code, "{name}");
    }
}

#[test]
fn zatca_samples_are_sealed_again_byte_for_byte() {
    for sample in Sample::read(&ZATCA_SAMPLES) {
        let (sealed, wanted) = sample.sealed_again("zatca-simplified");
        assert_eq!(sealed, wanted, "{}", sample.name);
    }
}

#[test]
fn every_digest_of_myinvois_samples_is_ours() {
    for sample in Sample::read(&MYINVOIS_SAMPLES) {
        let name = sample.name;
        let tree = Document::parse(&sample.text).unwrap();
        let octets =
            myinvois::signed_octets(&tree, &Limits::default(), &Budget::default()).unwrap();
        assert_eq!(STANDARD.encode(sha256(&octets)), sample.digest(0), "{name}");
        assert_eq!(
            myinvois::properties_digest(properties(&tree), &Budget::default()).unwrap(),
            sample.digest(1),
            "{name}"
        );
        let certificate = sample.certificate();
        assert_eq!(myinvois::certificate_digest(&certificate), sample.digest(2), "{name}");
        let value = SignatureValue::new(sample.value());
        let algorithm = certificate.key_kind().default_signature();
        signature::check(&certificate, algorithm, &octets, &value).unwrap();
    }
}

#[test]
fn myinvois_samples_are_sealed_again_but_for_white_space() {
    // Between and inside of tags; the values that have blanks keep single ones.
    let tight = |text: &str| {
        let words: Vec<&str> = text.split_ascii_whitespace().collect();
        words.join(" ").replace("> <", "><").replace(" />", "/>").replace(" >", ">")
    };
    for sample in Sample::read(&MYINVOIS_SAMPLES) {
        let (sealed, wanted) = sample.sealed_again("myinvois");
        assert_eq!(tight(&sealed), tight(&wanted), "{}", sample.name);
    }
}

#[test]
fn without_such_elements_the_octets_are_canonical_xml() {
    let text = "<!--a--><?b c?><!--d-->\n<e xmlns='urn:x' xml:lang='ar' f='&#9;\"'><!--g-->h<!--i-->\
                <j xmlns=''>&#13;<![CDATA[<]]></j> </e><!--k--><?l?><!--m-->";
    let tree = Document::parse(text).unwrap();
    let mut wanted = Vec::new();
    let method =
        Canonicalization { method: CanonicalizationMethod::Inclusive11, with_comments: false };
    canonicalize(Subset::document(&tree).without_comments(), method, &[], &mut wanted);
    let octets = zatca::signed_octets(&tree, &Limits::default(), &Budget::default()).unwrap();
    assert_eq!(String::from_utf8(octets).unwrap(), String::from_utf8(wanted).unwrap());
}
