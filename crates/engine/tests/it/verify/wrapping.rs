//! Wrapping (threat-model.md): what is verified stays where programs do not look, and what they look at is
//! another thing. None of it passes, and the report names the bytes that were verified.

use chancery_engine::verify::{Indication, SubIndication};
use serde_json::json;

use super::support::{passes, report, told, verdict};
use crate::seal::settings::seal_as;
use crate::seal::support::*;

/// A sealed invoice in its parts.
struct Wrapped {
    /// The root with the signature inside.
    sealed: String,
    /// The root as it was before.
    original: String,
    signature: String,
}

impl Wrapped {
    fn of(document: &str, uri: &str) -> Self {
        let settings = json!({ "reference": { "uri": uri } });
        let sealed = seal_as(document.as_bytes(), &PKI.p256, None, &settings);
        let sealed = sealed.unwrap_or_else(|refusal| panic!("{uri}: {refusal}"));
        passes(sealed.bytes());
        let range = sealed.signature();
        let text = String::from_utf8(sealed.into_bytes()).unwrap();
        let signature = text[range.clone()].to_owned();
        let start = text.find("<Invoice").unwrap();
        let root = |text: &str| text[start..].trim_end().to_owned();
        let original = root(&[&text[..range.start], &text[range.end..]].concat());
        Self { sealed: root(&text), original, signature }
    }

    /// The original with another amount, and with an Id of its own when it is to have one.
    fn altered(&self, id: &str) -> String {
        let altered = self.original.replace("1250.00", "9250.00");
        assert_ne!(altered, self.original);
        altered.replacen("Id=\"inv\"", &format!("Id=\"{id}\""), 1)
    }
}

fn before_end(text: &str, inserted: &str) -> String {
    let end = text.rfind("</").unwrap();
    format!("{}{inserted}{}", &text[..end], &text[end..])
}

/// Around an element; without a namespace, so that nothing changes inside of it.
fn in_object(signature: &str, inserted: &str) -> String {
    before_end(signature, &format!("<ds:Object>{inserted}</ds:Object>"))
}

fn in_extension(text: &str, inserted: &str) -> String {
    text.replacen("<ext:ExtensionContent>", &format!("<ext:ExtensionContent>{inserted}"), 1)
}

fn families(wrapped: &Wrapped) -> Vec<(&'static str, String)> {
    let Wrapped { sealed, original, signature } = wrapped;
    let mut all = Vec::new();
    // with an Id of its own, with the same one, and with one that differs by case
    for id in ["evil", "inv", "INV"] {
        let altered = wrapped.altered(id);
        let inside = before_end(signature, original);
        let around = |inner: &str| format!("<Wrapper>{inner}</Wrapper>");
        let amount = "<cbc:PayableAmount currencyID=\"EUR\">9250.00</cbc:PayableAmount>";
        let replaced = sealed.replace("1250.00", "9250.00");
        let renamed = replaced.replacen("Id=\"inv\"", &format!("Id=\"{id}\""), 1);
        all.extend([
            ("1: the original in the signature", before_end(&altered, &inside)),
            ("2: beside it", before_end(&altered, &[original, signature.as_str()].concat())),
            ("3: an earlier sibling", around(&[&*altered, sealed.as_str()].concat())),
            ("3: a later sibling", around(&[sealed.as_str(), &*altered].concat())),
            ("4: the original inside", around(&before_end(&altered, sealed))),
            ("4: without a wrapper", before_end(&altered, sealed)),
            ("5: altered in place", before_end(&renamed, original)),
            ("6: altered, the original in the signature", {
                renamed.replacen("</ds:Signature>", &format!("{original}</ds:Signature>"), 1)
            }),
            ("7: in an extension", in_extension(sealed, &altered)),
            ("7: the original in an extension", {
                in_extension(&altered, &[original, signature.as_str()].concat())
            }),
            ("8: the original in an object", before_end(&altered, &in_object(signature, original))),
            ("8: an amount in an object", {
                let other = in_object(signature, amount);
                sealed.replacen(signature.as_str(), &other, 1)
            }),
            ("8: the altered in an object", {
                sealed.replacen(signature.as_str(), &in_object(signature, &altered), 1)
            }),
            ("9: the original in key info", {
                let info = format!("{original}</ds:KeyInfo>");
                before_end(&altered, &signature.replacen("</ds:KeyInfo>", &info, 1))
            }),
            ("9: a stranger's signature holds it", {
                let bare = format!(
                    "<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"><ds:Object>{altered}\
                     </ds:Object></ds:Signature>"
                );
                in_extension(sealed, &bare)
            }),
        ]);
    }
    all
}

#[test]
fn no_wrapping_passes_and_only_what_was_signed_is_named_as_verified() {
    let with_id = INVOICE.replacen("<Invoice ", "<Invoice Id=\"inv\" ", 1);
    let mut tried = 0;
    for uri in ["#inv", ""] {
        let wrapped = Wrapped::of(&with_id, uri);
        for (name, file) in families(&wrapped) {
            let report = report(file.as_bytes());
            assert_ne!(report.indication, Indication::Passed, "{uri}, {name}: {file}");
            tried += 1;
            for signature in &report.signatures {
                assert!(!signature.covers_document || !signature.findings.is_empty(), "{name}");
                let right = signature.covered.iter().filter(|covered| covered.standing == "right");
                for part in
                    right.filter_map(|covered| covered.element.as_ref().map(|it| (covered, it)))
                {
                    let (covered, part) = part;
                    let mut bytes = file[part.start..part.end].to_owned();
                    for left_out in covered.left_out.iter().rev() {
                        let inside = left_out.start - part.start..left_out.end - part.start;
                        bytes.replace_range(inside, "");
                    }
                    let parts = covered.left_out.len() > 1;
                    assert!(parts || !bytes.contains("9250.00"), "{uri}, {name}: {covered:#?}");
                }
            }
        }
    }
    assert_eq!(tried, 2 * 3 * 15);
}

#[test]
fn a_signature_over_something_else_says_nothing_of_the_document() {
    let empty = seal_as(
        b"<n:nothing xmlns:n=\"urn:n\"/>",
        &PKI.p256,
        None,
        &json!({ "packaging": "ENVELOPING" }),
    );
    let empty = String::from_utf8(empty.unwrap().into_bytes()).unwrap();
    let empty = &empty[empty.find("<ds:Signature").unwrap()..];
    for file in
        [before_end(INVOICE.trim_end(), empty.trim_end()), in_extension(INVOICE, empty.trim_end())]
    {
        let report = report(file.as_bytes());
        assert_eq!(report.signatures[0].value_holds, Some(true), "{report:#?}");
        assert_eq!(report.sub_indication, Some(SubIndication::SigConstraintsFailure));
        assert!(told(&report).contains("holds more than it covers"), "{}", told(&report));
    }
    // beside a good one too
    let good = seal_as(INVOICE.as_bytes(), &PKI.rsa, Some("ubl"), &json!({})).unwrap();
    let good = String::from_utf8(good.into_bytes()).unwrap();
    let both = in_extension(&good, empty.trim_end());
    assert_ne!(verdict(both.as_bytes()).0, Indication::Passed);
}

/// The first element of a name.
fn part(text: &str, name: &str) -> String {
    let start = text.find(&format!("<{name}")).unwrap();
    let end = format!("</{name}>");
    let length = text[start..].find(&end).unwrap() + end.len();
    text[start..start + length].to_owned()
}

#[test]
fn parts_of_other_signatures_do_not_pass() {
    let sealed = |key: &TestKey| {
        let sealed = seal_as(INVOICE.as_bytes(), key, None, &json!({})).unwrap();
        String::from_utf8(sealed.into_bytes()).unwrap()
    };
    let (one, other) = (sealed(&PKI.p256), sealed(&PKI.rsa));
    let swapped = |name: &str| one.replacen(&part(&one, name), &part(&other, name), 1);
    let failed = |sub| (Indication::Failed, Some(sub));
    let properties = part(&other, "xades:SignedProperties");
    let id = |properties: &str| properties.split('"').nth(1).unwrap().to_owned();
    let own = part(&one, "xades:SignedProperties");
    let named = properties.replacen(&id(&properties), &id(&own), 1);
    let named = verdict(one.replacen(&own, &named, 1).as_bytes());
    assert_eq!(named, failed(SubIndication::HashFailure));
    let gone = verdict(swapped("xades:SignedProperties").as_bytes());
    assert_eq!(gone, (Indication::Indeterminate, Some(SubIndication::SignedDataNotFound)));
    assert_eq!(verdict(swapped("ds:SignedInfo").as_bytes()).0, Indication::Failed);
    let value = verdict(swapped("ds:SignatureValue").as_bytes());
    assert_eq!(value, failed(SubIndication::SigCryptoFailure));
    let certificate = verdict(swapped("ds:X509Data").as_bytes());
    let missing = Some(SubIndication::NoSigningCertificateFound);
    assert_eq!(certificate, (Indication::Indeterminate, missing));

    // the order of references is signed
    let references: Vec<String> = {
        let info = part(&one, "ds:SignedInfo");
        let all = info.split_inclusive("</ds:Reference>").collect::<Vec<_>>();
        all.iter().filter_map(|it| Some(it[it.find("<ds:Reference")?..].to_owned())).collect()
    };
    let [document, properties] = references.as_slice() else { panic!("{references:?}") };
    let both = one.find(document.as_str()).unwrap()
        ..one.find(properties.as_str()).unwrap() + properties.len();
    let mut swapped = one.clone();
    swapped.replace_range(both, &[properties.as_str(), document].concat());
    assert_eq!(verdict(swapped.as_bytes()), failed(SubIndication::SigCryptoFailure));

    // a second object with properties, which nothing covers
    let object = part(&one, "ds:Object");
    for twice in [
        one.replacen(&object, &[&*object, &*object].concat().replace("Id=\"", "Id=\"x"), 1),
        one.replacen(&object, &[&*object.replace("Id=\"", "Id=\"x"), &*object].concat(), 1),
    ] {
        assert_ne!(verdict(twice.as_bytes()).0, Indication::Passed, "{twice}");
    }
}

/// Whatever the attribute is called, to some reader it is the identifier: who looks the properties up may find
/// the stranger's, wherever it stands.
#[test]
fn what_is_referred_to_by_an_id_that_is_there_twice_does_not_pass() {
    let sealed = seal_as(INVOICE.as_bytes(), &PKI.p256, Some("ubl"), &json!({})).unwrap();
    let sealed = String::from_utf8(sealed.into_bytes()).unwrap();
    passes(sealed.as_bytes());
    let properties = part(&sealed, "xades:SignedProperties");
    let id = properties.split('"').nth(1).unwrap();
    for name in ["Id", "ID", "id", "xml:id"] {
        for end in
            ["</ds:X509Data>", "</ds:KeyInfo>", "</xades:QualifyingProperties>", "</Invoice>"]
        {
            let twin = format!("<b xmlns=\"urn:b\" {name}=\"{id}\"/>{end}");
            let twice = sealed.replacen(end, &twin, 1);
            assert_ne!(twice, sealed, "{end}");
            assert_ne!(verdict(twice.as_bytes()).0, Indication::Passed, "{twice}");
        }
    }
}

#[test]
fn a_countersignature_over_something_else_does_not_pass() {
    let first = seal_as(INVOICE.as_bytes(), &PKI.p256, Some("ubl"), &json!({})).unwrap();
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let counter = seal_as(first.bytes(), &PKI.rsa, None, &counter).unwrap();
    let text = String::from_utf8(counter.into_bytes()).unwrap();
    let start = text.find("<xades:CounterSignature>").unwrap() + "<xades:CounterSignature>".len();
    let end = text.find("</xades:CounterSignature>").unwrap();
    let other = seal_as(
        b"<n:b xmlns:n=\"urn:n\">9250.00</n:b>",
        &PKI.rsa,
        None,
        &json!({ "packaging": "ENVELOPING" }),
    );
    let other = String::from_utf8(other.unwrap().into_bytes()).unwrap();
    let other = other[other.find("<ds:Signature").unwrap()..].trim_end();
    let text = format!("{}{other}{}", &text[..start], &text[end..]);
    let report = report(text.as_bytes());
    assert_eq!(report.sub_indication, Some(SubIndication::SigConstraintsFailure), "{report:#?}");
    assert!(told(&report).contains("stands as a countersignature"), "{}", told(&report));
}

#[test]
fn other_algorithms_and_names_do_not_pass() {
    let sealed = seal_as(INVOICE.as_bytes(), &PKI.rsa, None, &json!({})).unwrap();
    let sealed = String::from_utf8(sealed.into_bytes()).unwrap();
    let method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
    assert!(sealed.contains(method));
    let with = |from: &str, to: &str| {
        let changed = sealed.replacen(from, to, 1);
        assert_ne!(changed, sealed, "{from}");
        verdict(changed.as_bytes())
    };
    let failed = |sub| (Indication::Failed, Some(sub));
    let full = format!("<ds:SignatureMethod Algorithm=\"{method}\"/>");
    let truncated = "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2000/09/xmldsig#hmac-sha1\">\
                     <ds:HMACOutputLength>1</ds:HMACOutputLength></ds:SignatureMethod>";
    assert_eq!(with(&full, truncated), failed(SubIndication::FormatFailure));
    assert_eq!(with(&full, ""), failed(SubIndication::FormatFailure));
    for other in ["2000/09/xmldsig#rsa-sha1", "2001/04/xmldsig-more#rsa-sha512"] {
        let other = format!("http://www.w3.org/{other}");
        assert_eq!(with(method, &other), failed(SubIndication::SigCryptoFailure), "{other}");
    }
    let unknown = with(method, "http://www.w3.org/2000/09/xmldsig#dsa-sha1");
    let constraints = Some(SubIndication::CryptoConstraintsFailure);
    assert_eq!(unknown, (Indication::Indeterminate, constraints));
    // another default namespace, another prefix, a stranger's Id
    assert_eq!(
        with("<Invoice xmlns=\"urn:oasis", "<Invoice xmlns=\"urn:other\" xmlns:o=\"urn:oasis"),
        failed(SubIndication::HashFailure)
    );
    let properties = sealed.find("<xades:SignedProperties Id=\"").unwrap();
    let id = sealed[properties..].split('"').nth(1).unwrap();
    let twice =
        with("<cbc:ID>F-2026/1", &format!("<cbc:ID xmlns:o=\"urn:o\" o:Id=\"{id}\">F-2026/1"));
    assert_eq!(twice.0, Indication::Failed);
}

/// Comments are covered by no `URI=""`: what they part is the same text to whoever reads XML rightly.
#[test]
fn a_comment_that_parts_a_text_is_told() {
    let sealed = seal_as(INVOICE.as_bytes(), &PKI.p256, None, &json!({})).unwrap();
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    assert_eq!(passes(text.as_bytes()).signatures[0].notes, Vec::<String>::new());
    let parted = text.replacen("1250.00", "1<!-- -->250.00", 1);
    let notes = passes(parted.as_bytes()).signatures[0].notes.join("; ");
    assert!(notes.contains("a comment that it does not cover parts a text"), "{notes}");
}
