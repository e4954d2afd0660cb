//! Enveloping and detached signatures, scaffolding, and signatures beside and over others.

use chancery_engine::domain::refusal::Refusal;
use serde_json::json;

use super::settings::{ID_ATTRIBUTES, accepted, seal_as};
use super::support::*;

const BARE: &str = r#"<?xml version="1.0"?>
<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>1</cbc:ID>
  <cac:AccountingSupplierParty/>
</Invoice>
"#;

#[test]
fn an_enveloping_signature_holds_the_document() {
    for transform in ["ENVELOPED", "NONE"] {
        for canonical in ["EXCLUSIVE", "INCLUSIVE", "INCLUSIVE_11_WITH_COMMENTS"] {
            let settings = json!({ "packaging": "ENVELOPING", "signatureTransform": transform,
                "canonicalTransform": canonical });
            let text = accepted(INVOICE, &settings);
            let root = &INVOICE[INVOICE.find("<Invoice").unwrap()..];
            assert!(text.contains(root.trim_end()), "the document is inside as it was");
            assert!(text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ds:Signature "));
        }
    }
}

/// The object is digested before the document is in it; xmlsec1 digests it with the document.
#[test]
fn what_is_enveloped_keeps_its_namespaces_and_attributes() {
    let ds = "http://www.w3.org/2000/09/xmldsig#";
    for document in [
        format!("<!--1--><?p?><ds:a xmlns:ds='{ds}'><ds:b/><!--2--><?q r?></ds:a><!--3-->"),
        "<a xmlns:ds='urn:other' xmlns:xades='urn:other'><ds:b xades:c='1'/></a>".to_owned(),
        "<a xmlns='urn:a' xml:base='http://h/' xml:lang='de' xml:space='preserve'><b xmlns=''/></a>"
            .to_owned(),
        format!("<a xmlns:x='urn:x' y='1' x:y='2'><x:b><ds:c xmlns:ds='{ds}'/></x:b></a>"),
        "<a  b = '1' ><c d=\"2\">3</c ></a>".to_owned(),
    ] {
        for canonical in ["EXCLUSIVE", "INCLUSIVE", "INCLUSIVE_11", "INCLUSIVE_WITH_COMMENTS"] {
            let lists = [json!([]), json!(["ds", "xades", "x", "#default"])];
            for prefixes in lists.iter().take(if canonical == "EXCLUSIVE" { 2 } else { 1 }) {
                let transform = json!([{ "algorithm": "CANONICAL", "canonicalization": canonical,
                    "inclusivePrefixes": prefixes }]);
                let settings =
                    json!({ "packaging": "ENVELOPING", "signatureTransform": transform });
                accepted(&document, &settings);
            }
        }
    }
}

#[test]
fn what_is_not_xml_is_enveloped_as_base64() {
    let settings = json!({ "packaging": "ENVELOPING", "base64Wrap": 64 });
    let sealed = seal_as(b"%PDF-1.7 \x00\xFF", &PKI.rsa, None, &settings).unwrap();
    xmlsec_verify(&[write(sealed.bytes())], &ID_ATTRIBUTES).unwrap();
    let text = String::from_utf8(sealed.into_bytes()).unwrap();
    assert!(text.contains("JVBERi0xLjcgAP8="), "{text}");
    let changed = write(text.replace("JVBER", "JVBES").as_bytes());
    xmlsec_verify(&[changed], &ID_ATTRIBUTES).expect_err("the content is signed");
}

#[test]
fn a_detached_signature_names_its_document() {
    let folder = tempfile::tempdir().unwrap();
    let settings = |transform| {
        json!({ "packaging": "DETACHED", "signatureTransform": transform,
        "reference": { "uri": "invoice.xml" } })
    };
    let canonical = json!([{ "algorithm": "CANONICAL", "canonicalization": "INCLUSIVE" }]);
    for (document, transform) in [
        (INVOICE.as_bytes(), json!("NONE")),
        (INVOICE.as_bytes(), canonical),
        (b"%PDF-1.7", json!("NONE")),
    ] {
        std::fs::write(folder.path().join("invoice.xml"), document).unwrap();
        let sealed = seal_as(document, &PKI.p256, None, &settings(transform)).unwrap();
        let file = folder.path().join("seal.xml");
        std::fs::write(&file, sealed.bytes()).unwrap();
        let verify = || {
            std::process::Command::new("xmlsec1")
                .args(["--verify", "--id-attr:Id"])
                .arg("http://uri.etsi.org/01903/v1.3.2#:SignedProperties")
                .arg("--trusted-pem")
                .arg(PKI.root())
                .arg("seal.xml")
                .current_dir(folder.path())
                .output()
                .unwrap()
        };
        let verdict = verify();
        assert!(verdict.status.success(), "{}", String::from_utf8_lossy(&verdict.stderr));
        std::fs::write(folder.path().join("invoice.xml"), b"<other/>").unwrap();
        assert!(!verify().status.success());
    }
}

#[test]
fn missing_scaffolding_is_made_before_the_digest() {
    for transform in ["UBL_NON_FINAL", "UBL_FINAL", "ENVELOPED"] {
        let settings = json!({ "signatureTransform": transform,
            "ubl": { "createScaffolding": true, "addCacSignature": true } });
        let text = accepted(BARE, &settings);
        let before = text.find("<ext:UBLExtensions").unwrap();
        assert!(before < text.find("<cbc:ID>1<").unwrap(), "the extensions come first");
        assert!(text.contains("urn:oasis:names:specification:ubl:dsig:enveloped:xades"));
        assert!(text.contains("<cbc:ID>urn:oasis:names:specification:ubl:signature:1</cbc:ID>"));
        let reference = "urn:oasis:names:specification:ubl:signature:Invoice";
        assert_eq!(text.matches(reference).count(), 2, "scaffolding and cac:Signature");
        let cac = text.find("<cac:Signature>").unwrap();
        assert!(cac < text.find("<cac:AccountingSupplierParty").unwrap());
        // what was there is still there, byte for byte
        let kept = text.replace(&text[before..text.find("</ext:UBLExtensions>").unwrap()], "");
        assert!(kept.contains("  <cbc:ID>1</cbc:ID>\n"));
        let crowded = BARE.replace("\n  <cbc:ID>1</cbc:ID>\n  ", "");
        let crowded = accepted(&crowded, &settings);
        let extensions = crowded.find("<ext:UBLExtensions").unwrap();
        assert!(extensions < crowded.find("<cac:Signature>").unwrap(), "extensions first");
        let changed = write(text.replace("enveloped:xades", "enveloped:other").as_bytes());
        let verdict = xmlsec_verify(&[changed], &ID_ATTRIBUTES);
        assert!(verdict.is_err(), "the scaffolding is signed");
    }
}

#[test]
fn scaffolding_uses_what_is_there() {
    let with = |inside: &str| {
        BARE.replace("  <cbc:ID>1", &format!("<e:UBLExtensions xmlns:e=\"urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2\">{inside}</e:UBLExtensions><cbc:ID>1"))
    };
    let create = json!({ "ubl": { "createScaffolding": true } });
    let foreign =
        "<e:UBLExtension><e:ExtensionContent><x xmlns=\"\"/></e:ExtensionContent></e:UBLExtension>";
    let text = accepted(&with(foreign), &create);
    assert_eq!(text.matches("<e:UBLExtension>").count(), 2, "a second extension, with its prefix");
    let empty = "<e:UBLExtension><e:ExtensionContent/></e:UBLExtension>";
    let text = accepted(&with(empty), &create);
    assert_eq!(text.matches("<e:UBLExtension>").count(), 1, "the empty one is filled");
    let text = accepted(INVOICE, &create);
    assert_eq!(text.matches("SignatureInformation>").count(), 2, "nothing is added");
    let refusal = seal_as(b"<a/>", &PKI.p256, None, &create).err();
    assert!(matches!(refusal, Some(Refusal::ScaffoldingImpossible { .. })));
}

#[test]
fn scaffolding_is_made_only_for_a_seal_inside_of_it() {
    let seal = |document: &str, profile, location: serde_json::Value| {
        let settings = json!({ "signatureLocation": location });
        let sealed = seal_as(document.as_bytes(), &PKI.p256, Some(profile), &settings)?;
        xmlsec_verify(&[write(sealed.bytes())], &ID_ATTRIBUTES).unwrap();
        Ok::<_, Refusal>(String::from_utf8(sealed.into_bytes()).unwrap())
    };
    let made = |text: &str| text.contains("UBLExtensions");
    // Elements that the document has.
    for location in [
        json!("/Invoice"),
        json!("cac:AccountingSupplierParty"),
        json!({ "path": "AccountingSupplierParty", "position": "AFTER" }),
        json!({ "xpath": "/*/*[last()]" }),
    ] {
        let text = seal(BARE, "ubl", location.clone()).unwrap();
        assert!(!made(&text), "{location}: {text}");
    }
    // The place that is made.
    for location in [
        json!("SignatureInformation"),
        json!("sac:SignatureInformation"),
        json!({ "path": "SignatureInformation", "index": 1 }),
        json!({ "xpath": "//*[local-name() = 'SignatureInformation']" }),
    ] {
        let text = seal(BARE, "ubl", location.clone()).unwrap();
        assert!(text.contains("</ds:Signature></sac:SignatureInformation>"), "{location}: {text}");
    }
    // Something on the way to it, whose place would stay empty.
    for location in [
        json!("ExtensionContent"),
        json!("UBLExtensions"),
        json!({ "path": "SignatureInformation", "position": "AFTER" }),
    ] {
        let refusal = seal(BARE, "ubl", location.clone()).unwrap_err();
        assert_eq!(refusal.code(), "setting-conflict", "{location}: {refusal}");
        assert!(refusal.to_string().contains("signatureLocation"), "{refusal}");
        assert!(refusal.to_string().contains("createScaffolding"), "{refusal}");
    }
    let refusal = seal(BARE, "ubl", json!("nowhere")).unwrap_err();
    assert_eq!(refusal.code(), "location-missing", "{refusal}");
    // A second signature: the second place is made for it, and it goes nowhere else.
    let first = seal(BARE, "ubl-nonfinal", json!("SignatureInformation")).unwrap();
    for (location, code) in [
        (json!("SignatureInformation"), "location-ambiguous"),
        (json!({ "path": "SignatureInformation", "index": 1 }), "setting-conflict"),
    ] {
        let refusal = seal(&first, "ubl-nonfinal", location.clone()).unwrap_err();
        assert_eq!(refusal.code(), code, "{location}: {refusal}");
    }
    let index = json!({ "path": "SignatureInformation", "index": 2 });
    let second = seal(&first, "ubl-nonfinal", index).unwrap();
    assert_eq!(verify_all(&second), [true, true], "{second}");
}

/// The profile `ubl` wants the UBL place, so the root is no way out of a choice between two.
#[test]
fn of_two_free_ubl_places_one_must_be_named() {
    let two = INVOICE
        .replace("</sig:UBLD", "<sac:SignatureInformation/><sac:SignatureInformation/></sig:UBLD");
    let seal = |location: Option<serde_json::Value>| {
        let settings = location.map_or(json!({}), |it| json!({ "signatureLocation": it }));
        seal_as(two.as_bytes(), &PKI.p256, Some("ubl"), &settings)
    };
    let refusal = seal(None).err().unwrap();
    assert_eq!(refusal.code(), "location-ambiguous", "{refusal}");
    let said = refusal.to_string();
    let path = "/Invoice/ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent/\
                UBLDocumentSignatures/SignatureInformation[3]";
    for part in ["3 sac:SignatureInformation", "signatureLocation", "index", "firstEmpty", path] {
        assert!(said.contains(part), "{part}: {said}");
    }
    // Each way that it names leads to a seal, and the others stay as they are.
    for (location, empty) in [
        (json!(path), 1),
        (json!({ "path": "SignatureInformation", "index": 3 }), 1),
        (json!({ "path": "SignatureInformation", "index": 1 }), 2),
        (json!({ "path": "SignatureInformation", "firstEmpty": true }), 1),
    ] {
        let sealed = seal(Some(location.clone())).unwrap_or_else(|it| panic!("{location}: {it}"));
        let text = String::from_utf8(sealed.into_bytes()).unwrap();
        assert!(
            text.contains("</ds:Signature></sac:SignatureInformation>") || empty == 2,
            "{text}"
        );
        assert_eq!(text.matches("<sac:SignatureInformation/>").count(), empty, "{location}");
    }
}

#[test]
fn positions_and_choices_among_matches() {
    let document = "<r><p><c/></p><p></p><p/><q xmlns='urn:q'>t</q></r>";
    for (location, wanted) in [
        (json!({ "localName": "p", "index": 1, "position": "firstChild" }), "<r><p><ds:Signature"),
        (json!({ "localName": "p", "index": 1 }), "<r><p><c/><ds:Signature"),
        (json!({ "localName": "p", "firstEmpty": true }), "<c/></p><p><ds:Signature"),
        (json!({ "localName": "p", "index": 3 }), "</p><p><ds:Signature"),
        (
            json!({ "localName": "q", "namespace": "urn:q", "position": "firstChild" }),
            "'urn:q'><ds:Signature",
        ),
        (json!({ "localName": "q", "namespace": "urn:q" }), "t<ds:Signature"),
        (
            json!({ "xpath": "//x:q", "namespaces": { "x": "urn:q" }, "position": "after" }),
            "</q><ds:Signature",
        ),
        (json!({ "xpath": "/r/p[not(*)][last()]" }), "</p><p><ds:Signature"),
    ] {
        let text = accepted(document, &json!({ "signatureLocation": location }));
        assert!(text.contains(wanted), "{location}: {text}");
    }
    for (location, code) in [
        (json!({ "localName": "p" }), "location-ambiguous"),
        (json!({ "localName": "p", "index": 4 }), "location-missing"),
        (json!({ "localName": "q", "namespace": "urn:other" }), "location-missing"),
        (json!({ "xpath": "1 + 1" }), "xpath-invalid"),
        (json!({ "xpath": "//y:q" }), "xpath-invalid"),
        (json!({ "xpath": "//nobody" }), "location-missing"),
    ] {
        let settings = json!({ "signatureLocation": location });
        let refusal = seal_as(document.as_bytes(), &PKI.p256, None, &settings).err().unwrap();
        assert_eq!(refusal.code(), code, "{location}: {refusal}");
    }
}

/// All signatures of a file, by their place.
pub(super) fn verify_all(text: &str) -> Vec<bool> {
    let count = text.matches("<ds:SignatureValue").count();
    let file = write(text.as_bytes());
    let verdict = |number: usize| {
        let xpath = format!("(//*[local-name()='Signature'])[{number}]");
        let extra = [&ID_ATTRIBUTES[..], &["--node-xpath", &xpath]].concat();
        xmlsec_verify(std::slice::from_ref(&file), &extra).is_ok()
    };
    (1..=count).map(verdict).collect()
}

#[test]
fn parallel_signatures_all_stay_valid() {
    let parallel = |transform: &str, create: bool| {
        json!({ "existingSignatures": "PARALLEL", "signatureTransform": transform,
            "ubl": { "createScaffolding": create } })
    };
    for (document, transform, create) in [
        ("<a><b/></a>", "XPATH", false),
        ("<a><b/></a>", "XPATH2_FILTER", false),
        (BARE, "UBL_NON_FINAL", true),
        (BARE, "UBL_NON_FINAL_PLAIN", true),
    ] {
        let first = accepted(document, &parallel(transform, create));
        let again = |text: &str, key, transform| {
            let sealed = seal_as(text.as_bytes(), key, None, &parallel(transform, create));
            let sealed = sealed.unwrap_or_else(|refusal| panic!("{transform}: {refusal}"));
            String::from_utf8(sealed.into_bytes()).unwrap()
        };
        let second = again(&first, &PKI.rsa, transform);
        assert_eq!(verify_all(&second), [true, true], "{transform}:\n{second}");
        let third = again(&second, &PKI.p256, "ENVELOPED");
        assert_eq!(verify_all(&third), [true, true, true], "{transform}");
    }
}

/// A prefix of the document means something else inside of an element of ours that declares it anew.
#[test]
fn scaffolding_uses_no_prefix_that_it_has_declared_itself() {
    let document = BARE.replace("xmlns:cbc", "xmlns:sig").replace("cbc:ID>", "sig:ID>");
    let made = accepted(&document, &json!({ "ubl": { "createScaffolding": true } }));
    let tree = roxmltree::Document::parse(&made).unwrap();
    let information =
        tree.descendants().find(|node| node.tag_name().name() == "SignatureInformation").unwrap();
    let id = information.first_element_child().unwrap().tag_name();
    let basic = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2";
    assert_eq!((id.name(), id.namespace()), ("ID", Some(basic)), "{made}");
}

/// A further `sac:SignatureInformation` lies outside of every `ds:Signature`, so a transform that
/// leaves out signatures only covers it; that of UBL does not.
#[test]
fn scaffolding_for_another_signature_can_break_the_first() {
    let parallel = json!({ "existingSignatures": "PARALLEL", "signatureTransform": "XPATH",
        "ubl": { "createScaffolding": true } });
    let first = accepted(BARE, &parallel);
    let refusal = seal_as(first.as_bytes(), &PKI.rsa, None, &parallel).err().unwrap();
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
}

#[test]
fn a_seal_that_would_break_another_is_refused() {
    let first = accepted(BARE, &json!({ "ubl": { "createScaffolding": true } }));
    let again = json!({ "ubl": { "createScaffolding": true } });
    let refusal = seal_as(first.as_bytes(), &PKI.rsa, None, &again).err().unwrap();
    assert_eq!(refusal.code(), "location-occupied", "{refusal}");
    let parallel =
        json!({ "existingSignatures": "PARALLEL", "ubl": { "createScaffolding": true } });
    let refusal = seal_as(first.as_bytes(), &PKI.rsa, None, &parallel).err().unwrap();
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
    // at another place than that of the first, and with a comment in its value
    let at_root = accepted(BARE, &json!({}));
    let commented = at_root.replacen("-value\">", "-value\"><!--c-->", 1);
    assert_ne!(commented, at_root);
    for first in [at_root, commented] {
        for settings in [&again, &parallel] {
            let refusal = seal_as(first.as_bytes(), &PKI.rsa, None, settings).err().unwrap();
            assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
        }
    }
}

#[test]
fn a_countersignature_signs_the_value_and_breaks_nothing() {
    for document in [BARE, INVOICE] {
        let first = accepted(document, &json!({ "ubl": { "createScaffolding": true } }));
        let counter = json!({ "existingSignatures": "COUNTERSIGN" });
        let second = seal_as(first.as_bytes(), &PKI.rsa, None, &counter).unwrap();
        let second = String::from_utf8(second.into_bytes()).unwrap();
        assert_eq!(verify_all(&second), [true, true], "{second}");
        assert!(second.contains("http://uri.etsi.org/01903#CountersignedSignature"));
        let third = seal_as(second.as_bytes(), &PKI.p256, None, &counter).unwrap();
        let third = String::from_utf8(third.into_bytes()).unwrap();
        assert_eq!(verify_all(&third), [true, true, true]);
        assert_eq!(third.matches("<xades:UnsignedSignatureProperties>").count(), 1);
    }
    let refusal =
        seal_as(b"<a/>", &PKI.p256, None, &json!({ "existingSignatures": "COUNTERSIGN" }));
    assert_eq!(refusal.err().unwrap().code(), "location-missing");
    let plain = accepted(BARE, &json!({ "xadesLevel": "NONE" }));
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let refusal = seal_as(plain.as_bytes(), &PKI.p256, None, &counter).err().unwrap();
    assert!(refusal.to_string().contains("no XAdES signature"), "{refusal}");
}
