//! What the settings of a profile change in a signature, and what they may not say. Every accepted
//! one is shown to xmlsec1.

use std::sync::LazyLock;

use chancery_engine::domain::refusal::Refusal;
use chancery_engine::seal::catalogue::Catalogue;
use chancery_engine::seal::{Limits, Prepared, Profile, Sealed, prepare};
use serde_json::{Value, json};

use super::support::*;

pub(crate) static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::built_in().unwrap());

/// Every element that a reference of ours may point to.
pub(crate) const ID_ATTRIBUTES: [&str; 8] = [
    "--id-attr:Id",
    "http://www.w3.org/2000/09/xmldsig#:KeyInfo",
    "--id-attr:Id",
    "http://www.w3.org/2000/09/xmldsig#:Object",
    "--id-attr:Id",
    "http://www.w3.org/2000/09/xmldsig#:SignatureValue",
    "--id-attr:id",
    "factura",
];

pub(crate) fn seal_as(
    document: &[u8],
    key: &TestKey,
    profile: Option<&str>,
    settings: &Value,
) -> Result<Sealed, Refusal> {
    let prepared = prepare_as(document, key, profile, settings)?;
    let value = key.sign(prepared.to_be_signed());
    let xades = CATALOGUE.settings(profile, settings.as_object().unwrap())?;
    let profile = Profile::Xades(Box::new(xades));
    Ok(checked(prepared.attach(value).unwrap().finish(), &profile))
}

/// As [`seal_as`], before a key is asked.
pub(crate) fn prepare_as(
    document: &[u8],
    key: &TestKey,
    profile: Option<&str>,
    settings: &Value,
) -> Result<Prepared, Refusal> {
    let xades = CATALOGUE.settings(profile, settings.as_object().unwrap())?;
    let profile = Profile::Xades(Box::new(xades));
    prepare(document.to_vec(), &profile, &key.signer, key.now(), &Limits::default())
}

/// Seals and has xmlsec1 verify; gives the sealed text.
pub(super) fn accepted(document: &str, settings: &Value) -> String {
    let sealed = seal_as(document.as_bytes(), &PKI.p256, None, settings)
        .unwrap_or_else(|refusal| panic!("{settings}: {refusal}"));
    let file = write(sealed.bytes());
    let intermediate = PKI.root().with_file_name("ca.pem");
    let untrusted = ["--untrusted-pem", intermediate.to_str().unwrap()];
    if let Err(said) = xmlsec_verify(&[file], &[&ID_ATTRIBUTES[..], &untrusted].concat()) {
        panic!("{settings}: {said}\n{}", String::from_utf8_lossy(sealed.bytes()));
    }
    String::from_utf8(sealed.into_bytes()).unwrap()
}

pub(super) fn refused(document: &str, settings: &Value) -> Refusal {
    match seal_as(document.as_bytes(), &PKI.p256, None, settings) {
        Ok(_) => panic!("{settings} was taken"),
        Err(refusal) => refusal,
    }
}

/// The places of some texts, in order of appearance.
fn in_order(text: &str, wanted: &[&str]) {
    let mut from = 0;
    for one in wanted {
        let found = text[from..].find(one);
        from += found.unwrap_or_else(|| panic!("{one} is not there after {from}:\n{text}"));
    }
}

#[test]
fn every_named_transform_verifies() {
    for name in
        ["ENVELOPED", "XPATH", "XPATH2_FILTER", "UBL_FINAL", "UBL_NON_FINAL", "UBL_NON_FINAL_PLAIN"]
    {
        for canonical in ["EXCLUSIVE", "INCLUSIVE_WITH_COMMENTS", "INCLUSIVE_11"] {
            accepted(
                INVOICE,
                &json!({ "signatureTransform": name, "canonicalTransform": canonical }),
            );
        }
    }
}

#[test]
fn lists_of_transforms_are_written_as_they_are() {
    let ds = json!({ "ds": "http://www.w3.org/2000/09/xmldsig#" });
    let enveloped = json!({ "algorithm": "ENVELOPED" });
    let exclusive = json!({ "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE",
        "inclusivePrefixes": ["ext", "#default"] });
    let general = json!({ "algorithm": "XPATH", "namespaces": ds,
        "xpath": "count(ancestor-or-self::ds:Signature) = 0 and not(self::comment())" });
    let filter = json!({ "algorithm": "XPATH_FILTER2", "filters": [
        { "operation": "INTERSECT", "xpath": "/*" },
        { "operation": "SUBTRACT", "xpath": "//ds:Signature", "namespaces": ds } ] });
    for list in [
        json!([enveloped]),
        json!([enveloped, exclusive]),
        json!([general, exclusive]),
        json!([filter, exclusive]),
        json!([enveloped, general]),
    ] {
        accepted(INVOICE, &json!({ "signatureTransform": list }));
    }
    let text = accepted(INVOICE, &json!({ "signatureTransform": [enveloped, exclusive] }));
    in_order(&text, &["#enveloped-signature", "PrefixList=\"ext #default\"", "<ds:DigestMethod"]);
    assert!(matches!(
        refused(INVOICE, &json!({ "signatureTransform": "NONE" })),
        Refusal::ReferenceCoversItself
    ));
    let own = json!({ "algorithm": "XPATH", "xpath": "true() = (1 = 1)" });
    assert!(matches!(
        refused(INVOICE, &json!({ "signatureTransform": [own] })),
        Refusal::ReferenceCoversItself
    ));
}

/// XMLDSIG 1.1, 6.6.4: only of a node-set of the document itself.
#[test]
fn the_enveloped_transform_comes_before_octets() {
    let enveloped = json!({ "algorithm": "ENVELOPED" });
    let canonical = json!({ "algorithm": "CANONICAL", "canonicalization": "INCLUSIVE" });
    let without = json!({ "algorithm": "XPATH", "xpath": "not(ancestor-or-self::ds:Signature)",
        "namespaces": { "ds": "http://www.w3.org/2000/09/xmldsig#" } });
    for list in [json!([canonical, enveloped, without]), json!([without, canonical, enveloped])] {
        let refusal = refused(INVOICE, &json!({ "signatureTransform": list }));
        let Refusal::SettingConflict { path, .. } = refusal else { panic!("{refusal}") };
        assert_eq!(path, "signatureTransform");
    }
    for list in [json!([enveloped, without, canonical]), json!([without, canonical])] {
        accepted(INVOICE, &json!({ "signatureTransform": list }));
    }
}

/// The digest of nothing is a legal digest and seals nothing.
#[test]
fn a_reference_that_selects_nothing_is_refused() {
    let enveloped = json!({ "algorithm": "ENVELOPED" });
    let canonical = json!({ "algorithm": "CANONICAL", "canonicalization": "INCLUSIVE" });
    let xpath = |text: &str| json!({ "algorithm": "XPATH", "xpath": text });
    let filter = json!({ "algorithm": "XPATH_FILTER2", "filters": [
        { "operation": "SUBTRACT", "xpath": "/" } ] });
    for list in [
        json!([enveloped, xpath("false()"), canonical]),
        json!([enveloped, xpath("self::no-such-element")]),
        json!([enveloped, filter]),
        json!([enveloped, canonical, xpath("1 = 2")]),
    ] {
        let refusal = refused(INVOICE, &json!({ "signatureTransform": list }));
        let Refusal::TransformImpossible { reason } = refusal else { panic!("{list}: {refusal}") };
        assert!(reason.contains("nothing of the document would be sealed"), "{reason}");
    }
}

#[test]
fn a_seal_over_nothing_is_refused() {
    for xpath in
        ["not(ancestor-or-self::a)", "not(ancestor-or-self::*)", "false()", "self::comment()"]
    {
        for document in ["<a>1<b/></a>", "<a>1<b/></a><?around it?>"] {
            let enveloped = json!({ "algorithm": "ENVELOPED" });
            let transform = json!({ "algorithm": "XPATH", "xpath": xpath });
            let settings = json!({ "signatureTransform": [enveloped, transform] });
            let refusal = refused(document, &settings);
            assert!(matches!(refusal, Refusal::TransformImpossible { .. }), "{xpath}: {refusal}");
        }
    }
}

#[test]
fn references_say_what_they_point_to() {
    let document = "<factura id='comprobante'><a Id='part'>x</a><b/></factura>";
    let text = accepted(document, &json!({ "reference": { "element": "factura" } }));
    assert!(text.contains("URI=\"#comprobante\""), "{text}");
    let part = json!({ "reference": { "uri": "#part", "type": "urn:t", "id": "the-part" },
        "signatureTransform": [], "ids": { "signature": "S1" } });
    let text = {
        let sealed = seal_as(document.as_bytes(), &PKI.p256, None, &part).unwrap();
        let file = write(sealed.bytes());
        let extra = [&ID_ATTRIBUTES[..6], &["--id-attr:Id", "a"]].concat();
        xmlsec_verify(&[file], &extra).unwrap();
        String::from_utf8(sealed.into_bytes()).unwrap()
    };
    in_order(
        &text,
        &["Id=\"the-part\" Type=\"urn:t\" URI=\"#part\"", "ObjectReference=\"#the-part\""],
    );
    let missing = refused(document, &json!({ "reference": { "uri": "#nobody" } }));
    assert!(missing.to_string().contains("nobody"), "{missing}");
    let no_id = refused(document, &json!({ "reference": { "element": "b" } }));
    assert!(no_id.to_string().contains("/factura/b"), "{no_id}");
}

#[test]
fn comments_count_only_when_the_reference_asks_for_them() {
    let comment = "<a><!--one--></a>";
    for (uri, covered) in [("", false), ("#xpointer(/)", true)] {
        let settings =
            json!({ "reference": { "uri": uri }, "canonicalTransform": "EXCLUSIVE_WITH_COMMENTS" });
        let text = accepted(comment, &settings);
        let changed = write(text.replace("<!--one-->", "<!--two-->").as_bytes());
        assert_eq!(xmlsec_verify(&[changed], &ID_ATTRIBUTES).is_err(), covered, "'{uri}'");
    }
}

#[test]
fn key_info_can_be_signed_and_ordered() {
    let settings = json!({
        "referenceOrder": ["SIGNED_PROPERTIES", "KEY_INFO", "DOCUMENT"],
        "keyInfo": { "keyValue": true, "subjectName": true, "issuerSerial": true,
            "certificates": "SIGNER", "order": ["KEY_VALUE", "X509_DATA"] },
        "keyInfoReference": { "id": "key-reference", "transforms": [] },
        "canonicalTransform": "INCLUSIVE",
        "ids": { "keyInfo": "Certificate{number}" },
        "base64Wrap": 76,
    });
    let text = accepted(INVOICE, &settings);
    in_order(
        &text,
        &[
            "#SignedProperties\" URI=\"#seal-",
            "Id=\"key-reference\" URI=\"#Certificate",
            "URI=\"\"",
            "<ds:KeyInfo Id=\"Certificate",
            "<dsig11:NamedCurve URI=\"urn:oid:1.2.840.10045.3.1.7\"",
            "<ds:X509IssuerSerial>",
            "<ds:X509SubjectName>",
            "<ds:X509Certificate>",
        ],
    );
    assert_eq!(text.matches("<ds:X509Certificate>").count(), 1);
    let certificate = text.split("<ds:X509Certificate>").nth(1).unwrap().split('<').next().unwrap();
    let longest = certificate.lines().map(str::len).max();
    assert_eq!(longest, Some(76));
    let changed =
        write(text.replace("<ds:X509SubjectName>CN", "<ds:X509SubjectName>cn").as_bytes());
    xmlsec_verify(&[changed], &ID_ATTRIBUTES).expect_err("the key info is signed");
}

#[test]
fn version_one_properties_and_a_policy() {
    let settings = json!({
        "xadesLevel": "EPES",
        "signingCertificate": { "version": "V1", "certificates": "CHAIN", "digestAlgorithm": "SHA512" },
        "policy": { "identifier": "urn:oid:1.2.3", "qualifier": "OIDAsURN", "description": "A & B",
            "hash": { "algorithm": "SHA1", "value": "Ohixl6upD6av8N7pEvDABhEL6hM=" },
            "spuri": "https://example.com/policy.pdf" },
        "claimedRoles": ["emisor", "Tedarikçi"],
        "productionPlace": { "city": "Lisboa", "country": "PT" },
        "commitments": [{ "identifier": "http://uri.etsi.org/01903/v1.2.2#ProofOfOrigin" }],
        "dataObjectFormat": { "identifier": "urn:oid:1.2.840.10003.5.109.10", "qualifier": "OIDAsURN",
            "mimeType": "text/xml", "encoding": "UTF-8" },
        "signingTimeFormat": "-05:00",
        "prefixes": { "ds": "", "xades": "etsi", "xadesAtSignature": true },
    });
    let text = accepted(INVOICE, &settings);
    in_order(
        &text,
        &[
            "<Signature xmlns=\"http://www.w3.org/2000/09/xmldsig#\" xmlns:etsi=",
            "-05:00</etsi:SigningTime><etsi:SigningCertificate><etsi:Cert>",
            "<X509SerialNumber>",
            "<etsi:Identifier Qualifier=\"OIDAsURN\">urn:oid:1.2.3<",
            "<etsi:Description>A &amp; B<",
            "xmldsig#sha1\"",
            "Ohixl6upD6av8N7pEvDABhEL6hM=",
            "<etsi:SPURI>https://example.com/policy.pdf<",
            "<etsi:SignatureProductionPlace><etsi:City>Lisboa<",
            "<etsi:SignerRole><etsi:ClaimedRoles><etsi:ClaimedRole>emisor<",
            "Tedarikçi",
            "<etsi:MimeType>text/xml</etsi:MimeType><etsi:Encoding>UTF-8<",
            "<etsi:CommitmentTypeIndication>",
        ],
    );
    assert_eq!(text.matches("<etsi:Cert>").count(), 3);
}

/// In an encoding that lacks a character of a role, the role is written with a reference.
#[test]
fn settings_are_written_in_the_encoding_of_the_document() {
    let document = b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE7</a>";
    let settings = json!({ "claimedRoles": ["ç ş"] });
    let sealed = seal_as(document, &PKI.p256, None, &settings).unwrap();
    let role = b">\xE7 &#x15F;<";
    assert!(sealed.bytes().windows(role.len()).any(|window| window == role));
    xmlsec_verify(&[write(sealed.bytes())], &[]).unwrap();
}

#[test]
fn plain_xml_signatures_have_no_properties() {
    let text = accepted(INVOICE, &json!({ "xadesLevel": "NONE", "ids": { "signature": "" } }));
    assert!(!text.contains("xades"), "{text}");
    assert!(text.contains("<ds:Signature xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"));
    assert_eq!(text.matches("<ds:Reference ").count(), 1);
}

/// Fuzzing found it: two prefixes in one text are written as two, and digested as one.
#[test]
fn an_inclusive_prefix_is_one_prefix() {
    for prefix in ["p q", "p xmlns=''", "", "p:q", "1p", "#defaults"] {
        let transforms = json!({ "signatureTransform": [
            { "algorithm": "ENVELOPED" },
            { "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE", "inclusivePrefixes": [prefix] },
        ] });
        let Refusal::SettingInvalid { path, reason } = refused(INVOICE, &transforms) else {
            panic!("{prefix}")
        };
        assert!(path.contains("signatureTransform[1]"), "{path}");
        assert!(reason.contains("is no namespace prefix"), "{reason}");
    }
}

#[test]
fn settings_that_contradict_themselves_are_refused() {
    for (settings, path) in [
        (json!({ "signingCertificate": { "version": "V1" } }), "signingCertificate.version"),
        (json!({ "signingTimeFormat": "NO_ZONE" }), "signingTimeFormat"),
        (json!({ "dataObjectFormat": { "include": false } }), "dataObjectFormat"),
        (json!({ "referenceOrder": ["DOCUMENT"] }), "referenceOrder"),
        (json!({ "referenceOrder": ["SIGNED_PROPERTIES"] }), "referenceOrder"),
        (json!({ "xadesLevel": "EPES" }), "policy"),
        (json!({ "xadesLevel": "BES", "policy": { "identifier": "urn:x" } }), "policy.hash"),
        (json!({ "ids": { "signature": "1{hash}" } }), "ids"),
        (json!({ "ids": { "signature": "{what}" } }), "ids.signature"),
        (json!({ "ids": { "signature": "{hash" } }), "ids.signature"),
        (json!({ "ids": { "signature": "a", "keyInfo": "a" } }), "ids"),
        (json!({ "ids": { "signature": "{ublSignatureUri}" } }), "ids.signature"),
        (json!({ "prefixes": { "ds": "xmlns" } }), "prefixes.ds"),
        (json!({ "prefixes": { "xades": "ds" } }), "prefixes.xades"),
        (
            json!({ "signatureLocation": { "localName": "Invoice", "position": "AFTER" } }),
            "signatureLocation.position",
        ),
        (json!({ "signatureValueEncoding": "DER" }), "signatureValueEncoding"),
        (json!({ "claimedRoles": [" "] }), "claimedRoles"),
        (json!({ "productionPlace": {} }), "productionPlace"),
        (json!({ "policy": { "identifier": "urn:x", "qualifier": "any" } }), "policy.qualifier"),
        (json!({ "policy": { "description": "x" } }), "policy.identifier"),
        (
            json!({ "policy": { "identifier": "urn:x", "hash": { "algorithm": "SHA256", "value": "?" } } }),
            "policy.hash.value",
        ),
        (json!({ "ids": { "signature": "{ublSignatureUri|}" } }), "ids.signature"),
        (json!({ "ids": { "signedProperties": "{ublSignatureUri|}" } }), "ids.signedProperties"),
        (json!({ "reference": { "id": "{ublSignatureUri|}" } }), "reference.id"),
        (json!({ "ids": { "signature": "a²" } }), "ids"),
        (json!({ "signatureLocation": { "index": 2 } }), "signatureLocation"),
        (json!({ "keyInfoReference": { "id": "k" } }), "keyInfoReference"),
        (json!({ "packaging": "DETACHED" }), "reference.uri"),
        (json!({ "packaging": "ENVELOPING", "signatureLocation": "Invoice" }), "signatureLocation"),
        (json!({ "packaging": "ENVELOPING", "reference": { "uri": "#a" } }), "reference.uri"),
        (json!({ "xadesLevel": "NONE", "claimedRoles": ["a"] }), "claimedRoles"),
        (json!({ "keyInfo": { "keyValue": true, "order": ["X509_DATA"] } }), "keyInfo.order"),
        (json!({ "packaging": "ENVELOPING", "prefixes": { "ds": "" } }), "prefixes.ds"),
    ] {
        match refused(INVOICE, &settings) {
            Refusal::SettingConflict { path: named, .. } => assert_eq!(named, path, "{settings}"),
            other => panic!("{settings}: {other}"),
        }
    }
}

#[test]
fn settings_that_are_none_are_named() {
    for (settings, said) in [
        (json!({ "canonicalTransfrom": "EXCLUSIVE" }), "canonicalTransfrom"),
        (json!({ "ids": { "signatures": "x" } }), "ids"),
        (json!({ "base64Wrap": 80 }), "base64Wrap"),
        (json!({ "signingTimeFormat": "+25:00" }), "signingTimeFormat"),
        (json!({ "digestAlgorithm": "MD5" }), "digestAlgorithm"),
        (json!({ "claimedRoles": ["a\u{1}b"] }), "U+0001"),
        (json!({ "claimedRoles": ["a".repeat(70_000)] }), "65536"),
        (json!({ "signatureLocation": { "path": "a", "xpath": "b" } }), "signatureLocation"),
    ] {
        let refusal = refused(INVOICE, &settings);
        assert_eq!(refusal.code(), "setting-invalid", "{settings}: {refusal}");
        assert!(refusal.to_string().contains(said), "{settings}: {refusal}");
    }
}

#[test]
fn a_profile_can_be_taken_back_member_by_member() {
    let take_back = json!({ "policy": "DEFAULT", "xadesLevel": "BES",
        "signingCertificate": { "version": "DEFAULT" } });
    let document = b"<f:Facturae xmlns:f='urn:f'/>";
    let sealed = seal_as(document, &PKI.p256, Some("facturae-3.2"), &take_back).unwrap();
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    assert!(!text.contains("SignaturePolicy") && text.contains("SigningCertificateV2"), "{text}");
}

/// Content must not hold `]]>`, whatever a setting says.
#[test]
fn texts_of_settings_are_escaped() {
    let text = accepted("<a/>", &json!({ "claimedRoles": ["a]]>b & <c>"] }));
    assert!(text.contains("a]]&gt;b &amp; &lt;c&gt;"), "{text}");
}

#[test]
fn a_reference_to_an_element_with_the_id_of_another_is_refused() {
    let document = "<r><a id='x'/><b Id='x'/></r>";
    let refusal = refused(document, &json!({ "reference": { "element": "a" } }));
    assert!(refusal.to_string().contains("/r/a"), "{refusal}");
}

#[test]
fn an_id_that_the_document_has_is_never_given_twice() {
    let document = "<a Id='S'/>";
    let refusal = refused(document, &json!({ "ids": { "signature": "S" } }));
    assert!(matches!(refusal, Refusal::IdTaken { .. }), "{refusal}");
}

/// The media type is that of the document, which its request tells.
#[test]
fn the_media_type_of_the_document_is_no_setting() {
    let Refusal::SettingInvalid { path, reason } =
        refused("<a/>", &json!({ "mimeType": "text/plain" }))
    else {
        panic!("refused for another reason");
    };
    assert!(path == "mimeType" && reason.contains("content type"), "{path}: {reason}");
    let file = "title = \"x\"\nsources = []\n[xades]\nmimeType = \"text/plain\"\n";
    let error = Catalogue::with([("own", file)].into_iter()).err().unwrap().to_string();
    assert!(error.contains("mimeType"), "{error}");
}

/// A mistake inside a list or an object is told by the member that it is in.
#[test]
fn a_wrong_member_is_named() {
    for (settings, place, wanted) in [
        (json!({ "signatureTransform": "ENVELOPD" }), "signatureTransform", "`ENVELOPED`"),
        (json!({ "signatureTransform": 5 }), "signatureTransform", "or a list of transforms"),
        (json!({ "signatureTransform": { "a": 1 } }), "signatureTransform", "or a list"),
        (json!({ "signatureTransform": ["ENVELOPED"] }), "signatureTransform[0]", "expected"),
        (
            json!({ "signatureTransform": [{ "algorithm": "ENVELOPED" }, { "algorithm": "C14N" }] }),
            "signatureTransform[1].algorithm",
            "`CANONICAL`",
        ),
        (
            json!({ "signatureTransform": [{ "xpath": "1" }] }),
            "signatureTransform[0]",
            "`algorithm`",
        ),
        (
            json!({ "signatureTransform": [{ "algorithm": "XPATH", "xpath": 5 }] }),
            "signatureTransform[0].xpath",
            "expected a string",
        ),
        (
            json!({ "signatureTransform": [{ "algorithm": "XPATH" }] }),
            "signatureTransform[0]",
            "missing field `xpath`",
        ),
        (
            json!({ "signatureTransform": [{ "algorithm": "ENVELOPED", "xpath": "1" }] }),
            "signatureTransform[0]",
            "no `xpath`",
        ),
        (
            json!({ "signatureTransform": [{ "algorithm": "CANONICAL", "canonicalization": "C" }] }),
            "signatureTransform[0].canonicalization",
            "EXCLUSIVE_WITH_COMMENTS",
        ),
        (json!({ "signatureLocation": 5 }), "signatureLocation", "a text or an object"),
        (json!({ "signatureLocation": { "pth": "/a" } }), "signatureLocation.pth", "`path`"),
        (json!({ "signatureLocation": { "index": "1" } }), "signatureLocation.index", "expected"),
        (json!({ "signatureLocation": { "index": 0 } }), "signatureLocation", "from 1"),
        (
            json!({ "signatureLocation": { "position": "FIRST" } }),
            "signatureLocation.position",
            "`FIRST_CHILD`",
        ),
        (
            json!({ "signatureLocation": { "path": "/a", "xpath": "/a" } }),
            "signatureLocation",
            "just one of path",
        ),
        (
            json!({ "reference": { "element": { "path": 1 } } }),
            "reference.element.path",
            "expected a string",
        ),
    ] {
        let Refusal::SettingInvalid { path, reason } = refused("<a/>", &settings) else {
            panic!("{settings}: refused for another reason");
        };
        assert_eq!(path, place, "{reason}");
        assert!(reason.contains(wanted), "{settings}: {reason}");
    }
}

/// Names in another case are respelt in one go, however many there are.
#[test]
fn names_in_another_case_are_respelt_together() {
    let order = |names: &[&str]| {
        let settings = json!({ "referenceOrder": names, "packaging": "Enveloping" });
        CATALOGUE.settings(None, settings.as_object().unwrap())
    };
    let known = order(&["DOCUMENT", "SIGNED_PROPERTIES", "KEY_INFO"]).unwrap();
    assert_eq!(order(&["document", "Signed_Properties", "KEY_INFO"]).unwrap(), known);
    let refusal = order(&["document", "Signed", "KEY_INFO"]).unwrap_err().to_string();
    assert!(refusal.contains("referenceOrder[1]") && refusal.contains("`Signed`"), "{refusal}");
    let inside = json!({ "signatureTransform": [
        { "algorithm": "xpath_filter2", "filters": [
            { "operation": "subtract", "xpath": "//b" }, { "operation": "Union", "xpath": "//c" } ] },
        { "algorithm": "Canonical", "canonicalization": "EXCLUSIVE" } ] });
    let read = CATALOGUE.settings(None, inside.as_object().unwrap()).unwrap();
    let written = serde_json::to_value(&read).unwrap()["signatureTransform"].to_string();
    assert!(written.contains("UNION") && written.contains("\"EXCLUSIVE\""), "{written}");
    chancery_testing::cost::follows_length("names in another case", 500, |count| {
        order(&vec!["document"; count]).unwrap();
    });
}
