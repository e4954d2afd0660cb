//! Every reason for which the XML engine says no.

use chancery_engine::domain::instant::Instant;
use chancery_engine::domain::profile::{
    Canonicalization, CanonicalizationMethod, DigestAlgorithm, SignatureAlgorithm,
};
use chancery_engine::domain::refusal::Refusal;
use chancery_engine::domain::xades::{SignatureLocation, XadesProfile};
use chancery_engine::pki::public_key::PublicKey;
use chancery_engine::pki::signature::{CheckedValue, SignatureValue};
use chancery_engine::seal::inspect::{Content, inspect};
use chancery_engine::seal::{Limits, Profile, prepare};

use super::support::*;

fn refusal(document: impl AsRef<[u8]>) -> Refusal {
    let document = document.as_ref();
    match try_prepare(document, SignatureLocation::default()) {
        Ok(_) => panic!("sealed {}", String::from_utf8_lossy(document)),
        Err(refusal) => refusal,
    }
}

/// Line and column of a refusal as malformed.
fn malformed(document: impl AsRef<[u8]>) -> (u32, u32) {
    match refusal(&document) {
        Refusal::XmlMalformed { line, column, .. } => (line, column),
        other => panic!("{other}"),
    }
}

#[test]
fn declarations() {
    assert!(matches!(
        refusal("<?xml version='1.1'?><a/>"),
        Refusal::XmlVersionUnsupported { version } if version == "1.1"
    ));
    for declaration in [
        "<?xml?>",
        "<?xml encoding='UTF-8'?>",
        "<?xml version=1.0?>",
        "<?xml version='1.0'encoding='UTF-8'?>",
        "<?xml version='1.0' standalone='maybe'?>",
        "<?xml version='1.0' standalone='yes' encoding='UTF-8'?>",
        "<?xml version='1.0' other='1'?>",
        "<?xml version='1.0'",
        "<?xml version='1.0'\u{C}encoding='UTF-8'?>",
        "<?xml version='1.0' encoding='UTF-8'\u{e9}?>",
        "<?xml version='1.0' encoding=''?>",
        " <?xml version='1.0'?>",
        "<?xml version='1.0'?><?xml version='1.0'?>",
        "<?xml version='1.0'?>\u{FEFF}",
        "<?XML a?>",
    ] {
        malformed(format!("{declaration}<a/>"));
    }
    malformed("<a><?xml version='1.0'?></a>");
    malformed("<a><?xml\tversion='1.0'?></a>");
}

#[test]
fn well_formedness_with_line_and_column() {
    assert_eq!(malformed("<?xml version='1.0'?>\r\n<a>\r\n  </b>"), (3, 3));
    assert_eq!(malformed("<?xml version='1.0'?><a></b>"), (1, 25));
    assert_eq!(malformed("\u{FEFF}<\u{e9}>\u{1}"), (1, 4));
    for document in [
        "<a>",
        "<a",
        "<a/><b/>",
        "<a/>x",
        "<a>&</a>",
        "<a>&x;</a>",
        "<a b='&x;'/>",
        "<a b='&'/>",
        "<a b='<'/>",
        "<a b=c/>",
        "<a b/>",
        "<a b='1' b='2'/>",
        "<a b='1'c='2'/>",
        "<a>]]></a>",
        "<a><!-- -- --></a>",
        "<a><!-- --->",
        "<a>\u{0}</a>",
        "<a b='\u{8}'/>",
        "<a>\u{FFFE}</a>",
        "<a b='\u{FFFF}'/>",
        "<a><!--\u{FFFE}--></a>",
        "<a>&#0;</a>",
        "<a>&#x1F;</a>",
        "<a>&#xD800;</a>",
        "<a b='&#xDFFF;'/>",
        "<a>&#x110000;</a>",
        "<a>&#xFFFF;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#+5;</a>",
        "<:a/>",
        "<a: xmlns:a='urn:a'/>",
        "<a :b=''/>",
        "<a:b:c xmlns:a='urn:a'/>",
        "<a><1a/></a>",
        "<a xmlns='urn:a' xmlns='urn:b'/>",
        "<a xmlns:p='urn:p' xmlns:p='urn:q'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:p='urn:p' p:xmlns='urn:q'/>",
        "<a xmlns:xmlns='urn:x'/>",
        "<a xmlns:xml='urn:x'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns:p='http://www.w3.org/2000/xmlns/'/>",
        "<xmlns:a/>",
        "<a><![CDATA[</a>",
        "<a><?p+q r?></a>",
        "<?p\u{85}q?><a/>",
        "<a><!ELEMENT b></a>",
        "<a xmlns:p='urn:p' xmlns:q='urn:p' p:b='' q:b=''/>",
    ] {
        malformed(document);
    }
}

#[test]
fn unusual_but_legal_documents_pass() {
    for document in [
        "<a b='&#x10FFFF;'>&#xE000;&#xFFFD;</a>",
        "<a xmlns:p='urn:p'><p:xmlns2/></a>",
        "<?xml-stylesheet href='x'?><a/>",
        "<a id='1'><b id='1'/></a>",
        "<a.b-c_d/>",
    ] {
        if let Err(refusal) = try_prepare(document.as_bytes(), SignatureLocation::default()) {
            panic!("{document}: {refusal}");
        }
    }
}

#[test]
fn names_and_ids() {
    assert!(matches!(
        refusal("<a>\n <p:b/></a>"),
        Refusal::PrefixUndeclared { prefix, line: 2, column: 3 } if prefix == "p"
    ));
    assert!(matches!(refusal("<a p:b=''/>"), Refusal::PrefixUndeclared { .. }));
    for document in [
        "<a Id='x'><b Id='x'/></a>",
        "<a Id='x'><b ID='x'/></a>",
        "<a Id='x'><b xml:id='x'/></a>",
        "<a Id='x' xmlns:w='urn:w'><b w:Id='&#120;'/></a>",
    ] {
        assert!(
            matches!(refusal(document), Refusal::IdDuplicate { id } if id == "x"),
            "{document}"
        );
    }
    for uri in ["x", "../x", "//h/x", "http://h/ x", "urn:\u{fc}", "urn:{x}"] {
        let document = format!("<a xmlns:p='{uri}'/>");
        assert!(matches!(refusal(document), Refusal::NamespaceRelative { .. }), "{uri}");
    }
}

#[test]
fn what_verifiers_disagree_about() {
    assert!(matches!(
        refusal("<a xmlns:p='urn:x?a=1&amp;b=2'/>"),
        Refusal::CanonicalizationUnsupported { .. }
    ));
    for base in ["", "..", "../..", "a/."] {
        // Inherited by the signed properties, joined with another.
        let document = format!("<a xml:base='x/y'><b xml:base='{base}'><c/></b></a>");
        for canonicalization in ALL_CANONICALIZATIONS {
            let is_11 = canonicalization.method == CanonicalizationMethod::Inclusive11;
            let sealed = try_seal(document.as_bytes(), &PKI.p256, canonicalization, inside("c"));
            assert_eq!(sealed.is_err(), is_11, "{canonicalization:?}");
        }
    }
}

#[test]
fn document_types_and_other_content() {
    for document in [
        "<!DOCTYPE a><a/>",
        "<!doctype a><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "<?xml version='1.0'?><!--x--><!DOCTYPE a [<!ENTITY % p SYSTEM 'http://h/'> %p;]><a/>",
    ] {
        assert!(matches!(refusal(document), Refusal::DoctypeForbidden), "{document}");
    }
    assert!(matches!(refusal(""), Refusal::DocumentEmpty));
    for document in [
        &b"%PDF-1.7\n"[..],
        b"x<a/>",
        b"\xEF\xBB\xBF\xEF\xBB\xBF<a/>",
        b"PK\x03\x04",
        b"hello",
        b"{}",
        b"\0\0",
        b"<",
        b"< a/>",
    ] {
        assert!(matches!(refusal(document), Refusal::FormatMismatch { .. }), "{document:?}");
    }
    assert_eq!(inspect(b"junk%PDF-1.4"), Content::Pdf);
    assert_eq!(inspect(b"PK\x05\x06"), Content::Zip);
    assert_eq!(inspect(b"\xEF\xBB\xBF \n<a"), Content::Xml);
    assert_eq!(inspect(b"\xFF\xFE<\0"), Content::Xml);
    assert_eq!(inspect(b""), Content::Empty);
}

#[test]
fn certificates_and_keys() {
    let key = &PKI.p256;
    let with = |signature, at: Instant| {
        let profile = Profile::Xades(Box::new(XadesProfile {
            canonical_transform: Canonicalization::EXCLUSIVE,
            signature_location: SignatureLocation::default(),
            signature_algorithm: Some(signature),
            mime_type: Some("text/xml".to_owned()),
            ..XadesProfile::default()
        }));
        prepare(b"<a/>".to_vec(), &profile, &key.signer, at, &Limits::default()).err()
    };
    let certificate = key.signer.certificate();
    assert!(with(key.algorithm, certificate.not_before()).is_none());
    assert!(with(key.algorithm, certificate.not_after()).is_none());
    let before = with(key.algorithm, certificate.not_before().plus_ms(-1));
    assert!(matches!(before, Some(Refusal::CertificateNotYetValid { .. })));
    let after = with(key.algorithm, certificate.not_after().plus_ms(1000));
    assert!(matches!(after, Some(Refusal::CertificateExpired { .. })));
    let other_digest = SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha512);
    assert!(with(other_digest, key.now()).is_none());
    for algorithm in [
        SignatureAlgorithm::RsaPkcs1(DigestAlgorithm::Sha256),
        SignatureAlgorithm::Ecdsa(DigestAlgorithm::Sha1),
    ] {
        let unusable = with(algorithm, key.now());
        assert!(matches!(unusable, Some(Refusal::CertificateUnusable { .. })));
    }
}

#[test]
fn a_wrong_signature_value_never_enters() {
    let prepared = || try_prepare(INVOICE.as_bytes(), SignatureLocation::default()).unwrap();
    let mut wrong = PKI.p256.sign(prepared().to_be_signed()).octets().to_vec();
    assert!(prepared().attach(SignatureValue::new(wrong.clone())).is_ok());
    wrong[40] ^= 1;
    assert!(prepared().attach(SignatureValue::new(wrong)).is_err());
    assert!(prepared().attach(SignatureValue::new(Vec::new())).is_err());
    let of_another_key = PKI.rsa.sign(prepared().to_be_signed());
    assert!(prepared().attach(of_another_key).is_err());
}

/// A value that was checked for another document does not enter this one.
#[test]
fn a_value_checked_for_another_document_never_enters() {
    let prepared = |text: &str| try_prepare(text.as_bytes(), SignatureLocation::default()).unwrap();
    let other = prepared("<a>other</a>");
    let key = PublicKey::of(PKI.p256.signer.certificate());
    let value = PKI.p256.sign(other.to_be_signed());
    let checked = CheckedValue::new(&key, other.request(), value).unwrap();
    assert!(prepared("<a>this</a>").attach_checked(checked.clone()).is_err());
    assert!(other.attach_checked(checked).is_ok());
}
