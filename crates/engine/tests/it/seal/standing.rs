//! What stands already stays right: places inside of signatures, manifests, and what could not be looked
//! at. The advice of each refusal is followed.

use serde_json::{Value, json};

use super::packaging::verify_all;
use super::settings::{accepted, prepare_as, refused, seal_as};
use super::support::*;

const DS: &str = "http://www.w3.org/2000/09/xmldsig#";

fn notes(document: &str, profile: Option<&str>, settings: &Value) -> String {
    prepare_as(document.as_bytes(), &PKI.rsa, profile, settings)
        .unwrap_or_else(|refusal| panic!("{settings}: {refusal}"))
        .notes()
        .join("; ")
}

/// Our own files whose root is a signature.
fn signatures() -> [String; 2] {
    let detached = json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } });
    let detached = seal_as(b"<a/>", &PKI.p256, None, &detached).unwrap();
    [
        accepted(INVOICE, &json!({ "packaging": "ENVELOPING" })),
        String::from_utf8(detached.into_bytes()).unwrap(),
    ]
}

#[test]
fn a_signature_is_no_place_for_another() {
    let locations = [
        json!("DEFAULT"),
        json!({ "xpath": "//*[local-name()='Object'][1]" }),
        json!({ "xpath": "//*[local-name()='KeyInfo']", "position": "AFTER" }),
    ];
    for document in signatures() {
        for location in &locations {
            for existing in ["REFUSE", "PARALLEL"] {
                let mut settings = json!({ "existingSignatures": existing });
                if location != "DEFAULT" {
                    settings["signatureLocation"] = location.clone();
                }
                let refusal = refused(&document, &settings);
                assert_eq!(refusal.code(), "location-in-signature", "{settings}");
                let said = refusal.to_string();
                assert!(said.contains("Signature and break it"), "{said}");
                assert!(said.contains("DETACHED") && said.contains("COUNTERSIGN"), "{said}");
            }
        }
    }
}

#[test]
fn the_advice_for_a_root_that_is_a_signature_works() {
    let [enveloping, detached] = signatures();
    let counter = json!({ "existingSignatures": "COUNTERSIGN" });
    let twice = seal_as(enveloping.as_bytes(), &PKI.rsa, None, &counter).unwrap();
    assert_eq!(verify_all(&String::from_utf8(twice.into_bytes()).unwrap()), [true, true]);
    let counter = seal_as(detached.as_bytes(), &PKI.rsa, None, &counter).unwrap();
    let counter = String::from_utf8(counter.into_bytes()).unwrap();
    // The first one's document lies outside; ours is the second.
    let inner = json!({ "packaging": "DETACHED", "reference": { "uri": "seal.xml" } });
    assert_eq!(verify_all(&counter)[1..], [true]);
    for document in [enveloping, detached] {
        assert!(seal_as(document.as_bytes(), &PKI.rsa, None, &inner).is_ok());
    }
}

/// Around a signed document its references mean another document, and inclusive canonicalization takes
/// over other namespaces.
#[test]
fn an_enveloping_seal_breaks_nothing_either() {
    let enveloping = json!({ "packaging": "ENVELOPING" });
    let first = accepted(INVOICE, &json!({}));
    let refusal = refused(&first, &enveloping);
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
    assert!(refusal.to_string().contains("its reference ''"), "{refusal}");
    let detached = json!({ "packaging": "DETACHED", "reference": { "uri": "a.xml" } });
    assert!(seal_as(first.as_bytes(), &PKI.rsa, None, &detached).is_ok());

    let by_id = INVOICE.replacen("<cac:Legal", "<cac:Legal Id=\"total\"", 1);
    let by_id = by_id
        .replace("<cac:Legal Id=\"total\"MonetaryTotal", "<cac:LegalMonetaryTotal Id=\"total\"");
    let of_element = |canonical: &str| {
        json!({ "canonicalTransform": canonical, "reference": { "uri": "#total" },
            "signatureTransform": [{ "algorithm": "CANONICAL", "canonicalization": "EXCLUSIVE" }] })
    };
    let sealed = |canonical: &str| {
        let sealed = seal_as(by_id.as_bytes(), &PKI.p256, None, &of_element(canonical));
        String::from_utf8(sealed.unwrap().into_bytes()).unwrap()
    };
    let other = json!({ "packaging": "ENVELOPING", "prefixes": { "ds": "dsig" } });
    for settings in [&enveloping, &other] {
        assert!(seal_as(sealed("EXCLUSIVE").as_bytes(), &PKI.rsa, None, settings).is_ok());
    }
    let refusal = refused(&sealed("INCLUSIVE"), &other);
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
}

/// A signature of another program over a manifest that lists the whole document.
fn with_manifest(transform: &str) -> String {
    let digest = |text: &str| {
        use base64::Engine as _;
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes());
        base64::engine::general_purpose::STANDARD.encode(digest)
    };
    let reference = |uri: &str, transform: &str, digest: &str| {
        format!(
            "<Reference URI=\"{uri}\"><Transforms>{transform}<Transform \
             Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></Transform></Transforms>\
             <DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></DigestMethod>\
             <DigestValue>{digest}</DigestValue></Reference>"
        )
    };
    let listed = reference("", transform, &digest("<a><b></b></a>"));
    let manifest = |namespace: &str| format!("<Manifest{namespace} Id=\"m\">{listed}</Manifest>");
    let namespace = format!(" xmlns=\"{DS}\"");
    let of_manifest = reference("#m", "", &digest(&manifest(&namespace)));
    format!(
        "<a><b></b><Signature xmlns=\"{DS}\"><SignedInfo><CanonicalizationMethod \
         Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></CanonicalizationMethod>\
         <SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\">\
         </SignatureMethod>{of_manifest}</SignedInfo><SignatureValue>AAAA</SignatureValue><Object>{}\
         </Object></Signature></a>",
        manifest("")
    )
}

#[test]
fn what_a_manifest_lists_stays_right() {
    let enveloped = "<Transform Algorithm=\"http://www.w3.org/2000/09/xmldsig#enveloped-signature\">\
        </Transform>";
    let document = with_manifest(enveloped);
    let parallel = json!({ "existingSignatures": "PARALLEL" });
    let refusal = refused(&document, &parallel);
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
    assert!(refusal.to_string().contains("of its ds:Manifest"), "{refusal}");
    let all = "<Transform Algorithm=\"http://www.w3.org/TR/1999/REC-xpath-19991116\">\
        <XPath>not(ancestor-or-self::*[local-name() = 'Signature'])</XPath></Transform>";
    assert_eq!(notes(&with_manifest(all), None, &parallel), "");
}

#[test]
fn a_place_that_no_schema_has_is_told() {
    let bare = INVOICE.replace("SignatureInformation", "OtherInformation");
    let said = notes(&bare, None, &json!({}));
    assert!(said.contains("ask for the profile ubl"), "{said}");
    assert_eq!(notes(INVOICE, None, &json!({})), "");
    assert_eq!(notes("<a/>", None, &json!({})), "");
    let (start, end) =
        (INVOICE.find("  <ext:UBLExtensions").unwrap(), INVOICE.find("  <cbc:ID>F").unwrap());
    let without = [&INVOICE[..start], &INVOICE[end..]].concat();
    assert!(notes(&without, None, &json!({})).contains("ask for the profile ubl"));
    assert_eq!(notes(&without, Some("ubl"), &json!({})), "");
}

#[test]
fn a_text_that_libxml2_does_not_read_is_told() {
    let of = |octets: usize| format!("<a>{}</a>", "x".repeat(octets));
    assert_eq!(notes(&of(10_000_000), None, &json!({})), "");
    let said = notes(&of(10_000_001), None, &json!({}));
    assert!(said.contains("10000001 octets") && said.contains("libxml2"), "{said}");
    let attribute = format!("<a b='{}'/>", "x".repeat(10_000_001));
    assert!(notes(&attribute, None, &json!({})).contains("libxml2"));
    let enveloping = json!({ "packaging": "ENVELOPING" });
    assert!(notes(&of(10_000_001), None, &enveloping).contains("libxml2"));
    let octets = prepare_as(&vec![7; 7_600_000], &PKI.rsa, None, &enveloping).unwrap();
    assert!(octets.notes().join("").contains("libxml2"));
    // What libxml2 says of it.
    let sealed = seal_as(of(10_000_001).as_bytes(), &PKI.rsa, None, &json!({})).unwrap();
    let file = write(sealed.bytes());
    assert!(
        xmllint(&["--noout"], &file).is_none() && xmllint(&["--noout", "--huge"], &file).is_some()
    );
}

const EXT: &str = "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2";

/// A document as Peru and Türkiye want it, but for the place of the seal.
fn without_place() -> String {
    let (start, end) =
        (INVOICE.find("  <ext:UBLExtensions").unwrap(), INVOICE.find("  <cbc:ID>F").unwrap());
    let signature = "<cac:Signature><cbc:ID>1</cbc:ID><cac:DigitalSignatureAttachment>\
        <cac:ExternalReference><cbc:URI>#Seal</cbc:URI></cac:ExternalReference>\
        </cac:DigitalSignatureAttachment></cac:Signature>";
    let text = [&INVOICE[..start], &INVOICE[end..]].concat();
    text.replacen("<cac:Legal", &format!("{signature}<cac:Legal"), 1)
}

#[test]
fn a_place_that_is_missing_is_made_as_the_advice_says() {
    let extension = "<ext:UBLExtension><ext:ExtensionContent/></ext:UBLExtension>";
    for profile in ["sunat", "ubl-tr"] {
        let seal =
            |document: &str| seal_as(document.as_bytes(), &PKI.rsa, Some(profile), &json!({}));
        let said = |document: &str| seal(document).err().unwrap().to_string();
        let document = without_place();
        let refusal = said(&document);
        assert!(
            refusal.contains("add ext:UBLExtensions/ext:UBLExtension/ext:ExtensionContent"),
            "{refusal}"
        );
        assert!(
            refusal.contains("as first child of /Invoice") && refusal.contains(EXT),
            "{refusal}"
        );
        let made = format!("<ext:UBLExtensions>{extension}</ext:UBLExtensions>\n  <cbc:ID>F");
        assert!(seal(&document.replacen("<cbc:ID>F", &made, 1)).is_ok());
        let others = "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionURI/></ext:UBLExtension>\
            </ext:UBLExtensions>\n  <cbc:ID>F";
        let document = document.replacen("<cbc:ID>F", others, 1);
        let refusal = said(&document);
        assert!(refusal.contains("as first child of ext:UBLExtensions"), "{refusal}");
        let made = format!("<ext:UBLExtensions>{extension}");
        assert!(seal(&document.replacen("<ext:UBLExtensions>", &made, 1)).is_ok());
    }
}

#[test]
fn a_second_child_of_an_extension_is_told() {
    let content = |inside: &str| {
        let made = format!(
            "<ext:UBLExtensions><ext:UBLExtension><ext:ExtensionContent>{inside}\
             </ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions>\n  <cbc:ID>F"
        );
        without_place().replacen("<cbc:ID>F", &made, 1)
    };
    assert_eq!(notes(&content(""), Some("ubl-tr"), &json!({})), "");
    let said = notes(&content("<auto-generated_for_wildcard/>"), Some("ubl-tr"), &json!({}));
    assert!(said.contains("auto-generated_for_wildcard") && said.contains("one child"), "{said}");
}

#[test]
fn profiles_bring_the_chain_without_its_root() {
    let of = |count: usize, sealed: &str| {
        assert_eq!(sealed.matches("<ds:X509Certificate>").count(), count, "{sealed}");
    };
    for (profile, document) in [
        ("peppol", INVOICE.to_owned()),
        ("signstash-default", INVOICE.to_owned()),
        (
            "ksef-auth",
            "<AuthTokenRequest xmlns='http://ksef.mf.gov.pl/auth/token/2.0'/>".to_owned(),
        ),
        ("fatturapa", "<FatturaElettronica/>".to_owned()),
    ] {
        let sealed = seal_as(document.as_bytes(), &PKI.p256, Some(profile), &json!({})).unwrap();
        xmlsec_verify(
            &[write(sealed.bytes())],
            &["--id-attr:Id", "http://uri.etsi.org/01903/v1.3.2#:SignedProperties"],
        )
        .unwrap();
        of(2, &String::from_utf8(sealed.into_bytes()).unwrap());
    }
    of(3, &accepted(INVOICE, &json!({ "keyInfo": { "certificates": "CHAIN" } })));
    of(2, &accepted(INVOICE, &json!({ "keyInfo": { "certificates": "CHAIN_WITHOUT_ROOT" } })));
}

/// What the second reference of a signature covers is broken by a seal in it; that counts only where the
/// first one was right.
#[test]
fn a_signature_that_was_wrong_may_be_broken() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    use chancery_engine::pki::digest::sha256;
    use chancery_testing::hostile;

    let canonical = "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"/>";
    let to = |id: &str, digest: &str| {
        let reference = hostile::reference(canonical);
        reference
            .replace("URI=\"\"", &format!("URI=\"#{id}\""))
            .replace(">AAAA<", &format!(">{digest}<"))
    };
    let digest = |octets: &str| STANDARD.encode(sha256(octets.as_bytes()));
    let right = to("x", &digest("<b Id=\"x\"></b>"));
    let document = |first: &str| {
        let signature = hostile::signature(&(to("y", first) + &right));
        format!("<a><b Id=\"x\"/><c Id=\"y\"/>{signature}</a>")
    };
    let inside = json!({ "existingSignatures": "PARALLEL", "signatureLocation": "b" });
    let refusal = refused(&document(&digest("<c Id=\"y\"></c>")), &inside);
    assert_eq!(refusal.code(), "would-break-signature", "{refusal}");
    assert!(refusal.to_string().contains("'#x'"), "{refusal}");
    assert_eq!(notes(&document("AAAA"), None, &inside), "");
}
