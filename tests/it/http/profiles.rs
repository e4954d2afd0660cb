//! Named profiles and settings in particular, as an integrator asks for them.

use chancery::app::Limits;
use chancery::seal::catalogue::Catalogue;
use chancery::web::integration::request::decode;
use chancery::workflow::fingerprint::Fingerprint;
use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{document, request, sealed};
use crate::support::judges::xmlsec_verify;
use crate::support::service::{on_shared, unique};

const BARE: &str = r#"<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
  xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
  <cbc:ID>1</cbc:ID></Invoice>"#;

/// A request for one document with this `signatureInfo` beside the type.
fn asking(content: &str, info: &Value) -> Value {
    let reference = unique("profile");
    let mut document = document(&reference, content);
    let members = document["signatureInfo"].as_object_mut().unwrap();
    members.extend(info.as_object().unwrap().clone());
    request(&reference, [document])
}

/// Writes a seal to a file and has xmlsec1 verify it.
fn verify(bytes: &[u8]) -> Result<(), String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sealed.xml");
    std::fs::write(&file, bytes).unwrap();
    let object = ["--id-attr:Id", "http://www.w3.org/2000/09/xmldsig#:Object"];
    xmlsec_verify(&[file], &object)
}

#[test]
fn a_profile_by_name_or_of_the_client_service() {
    on_shared(async |service| {
        let client = service.client().await;
        let answer = client.sign(&asking(BARE, &json!({ "profile": "ubl" }))).await.good();
        let text = String::from_utf8(sealed(&answer, 0)).unwrap();
        assert!(
            text.contains("UBLDocumentSignatures"),
            "the profile makes the scaffolding: {text}"
        );
        assert_eq!(answer["documentList"][0]["signatureProfile"], "ubl");
        verify(text.as_bytes()).unwrap();

        let answer = client.sign(&asking(BARE, &json!({}))).await.good();
        let text = String::from_utf8(sealed(&answer, 0)).unwrap();
        assert!(!text.contains("UBLDocumentSignatures"), "none was asked for: {text}");

        let usual = service.client_sealing_as(&AUTHORITY.p256, Some("ubl"), false).await;
        let answer = usual.sign(&asking(BARE, &json!({}))).await.good();
        assert!(String::from_utf8(sealed(&answer, 0)).unwrap().contains("UBLDocumentSignatures"));
        let answer = usual.sign(&asking("<a/>", &json!({ "profile": "xades-b" }))).await.good();
        verify(&sealed(&answer, 0)).unwrap();
        let answer = usual.sign(&asking("<a/>", &json!({}))).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "scaffolding-impossible");

        let answer = client.sign(&asking(BARE, &json!({ "profile": "nobody" }))).await.good();
        let refused = &answer["documentList"][0];
        assert_eq!(refused["signErrorReason"], "profile-unknown");
        let detail = refused["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("'nobody'") && detail.contains("xades-b"), "{detail}");
    });
}

#[test]
fn every_setting_of_a_profile_can_be_overridden() {
    on_shared(async |service| {
        let client = service.client().await;
        let info = json!({ "profile": "ubl", "advancedSignatureInfo": {
            "signatureTransform": "UBL_NON_FINAL",
            "canonicalTransform": null,
            "claimedRoles": ["supplier"],
            "ubl": { "signatureInformationId": "urn:own", "extensionUri": null },
            "ids": { "signature": "Mine" },
        } });
        let answer = client.sign(&asking(BARE, &info)).await.good();
        let text = String::from_utf8(sealed(&answer, 0)).unwrap();
        for wanted in [
            "here()/ancestor::sig:UBLDocumentSignatures[1]",
            "<xades:ClaimedRole>supplier<",
            "urn:own</",
            "dsig:enveloped:xades</",
            "Id=\"Mine\"",
        ] {
            assert!(text.contains(wanted), "{wanted}: {text}");
        }
        verify(text.as_bytes()).unwrap();
        let attributes = answer["documentList"][0]["documentAttributes"].to_string();
        assert!(attributes.contains("UBL_NON_FINAL"), "{attributes}");

        let wrong = json!({ "advancedSignatureInfo": { "ids": { "signatur": "x" } } });
        let answer = client.sign(&asking(BARE, &wrong)).await.good();
        let refused = &answer["documentList"][0];
        assert_eq!(refused["signErrorReason"], "setting-invalid");
        let detail = refused["signErrorDetail"].as_str().unwrap();
        assert!(
            detail.contains("advancedSignatureInfo.ids") && detail.contains("signatur"),
            "{detail}"
        );
    });
}

#[test]
fn what_a_profile_says_can_be_taken_back() {
    on_shared(async |service| {
        let client = service.client().await;
        for name in ["canonicalTransform", "signatureTransform", "signatureLocation", "ubl"] {
            let info = json!({ "profile": "ubl", "advancedSignatureInfo": { name: "DEFAULT" } });
            let answer = client.sign(&asking(BARE, &info)).await.good();
            assert!(!sealed(&answer, 0).is_empty(), "{name}");
        }
    });
}

#[test]
fn sha1_needs_the_switch_of_the_client_service_and_is_told() {
    on_shared(async |service| {
        let info = json!({ "advancedSignatureInfo": {
            "signatureAlgorithm": "RSA_SHA1", "digestAlgorithm": "SHA1" } });
        let client = service.client_sealing_as(&AUTHORITY.rsa, None, false).await;
        let answer = client.sign(&asking("<a/>", &info)).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "sha1-not-allowed");
        let digest_only = json!({ "advancedSignatureInfo": { "digestAlgorithm": "SHA1" } });
        let answer = client.sign(&asking("<a/>", &digest_only)).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "sha1-not-allowed");

        let allowed = service.client_sealing_as(&AUTHORITY.rsa, None, true).await;
        let answer = allowed.sign(&asking("<a/>", &info)).await.good();
        let text = String::from_utf8(sealed(&answer, 0)).unwrap();
        assert!(text.contains("xmldsig#rsa-sha1"), "{text}");
        verify(text.as_bytes()).unwrap();
        let warnings = answer["documentList"][0]["signWarnings"].to_string();
        assert!(warnings.contains("SHA-1"), "{warnings}");
        let answer = allowed.sign(&asking("<a/>", &json!({}))).await.good();
        assert!(answer["documentList"][0]["signWarnings"].is_null(), "nothing to warn of");
    });
}

#[test]
fn other_packagings_over_the_wire() {
    on_shared(async |service| {
        let client = service.client().await;
        let enveloping = json!({ "advancedSignatureInfo": { "packaging": "ENVELOPING" } });
        let answer = client.sign(&asking("<a>text</a>", &enveloping)).await.good();
        verify(&sealed(&answer, 0)).unwrap();
        let transform =
            json!({ "attributeKey": "SIGNATURE_ATTRIBUTE_TRANSFORM", "attributeValue": "NONE" });
        assert_eq!(answer["documentList"][0]["documentAttributes"][0], transform);

        let detached = json!({ "advancedSignatureInfo": { "packaging": "DETACHED" } });
        let mut request = asking("%PDF-1.7 not really", &detached);
        let document = &mut request["documents"][0]["documentRequest"];
        document["name"] = json!("Factura nº 1.pdf");
        document["contentType"] = json!("application/pdf");
        let answer = client.sign(&request).await.good();
        assert_eq!(answer["documentList"][0]["documentAttributes"][0], transform);
        let seal = sealed(&answer, 0);
        let text = std::str::from_utf8(&seal).unwrap();
        assert!(text.contains("URI=\"Factura%20n%C2%BA%201.pdf\""), "{text}");
        assert!(text.contains("<xades:MimeType>application/pdf<"), "{text}");

        // an enveloped seal of something that is no XML says what to do
        request["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = json!({});
        request["externalReference"] = json!(unique("enveloped"));
        request["documents"][0]["documentRequest"]["externalReference"] =
            json!(unique("enveloped"));
        let answer = client.sign(&request).await.good();
        let refused = &answer["documentList"][0];
        assert_eq!(refused["signErrorReason"], "format-mismatch");
        assert!(refused["signErrorDetail"].as_str().unwrap().contains("DETACHED"), "{refused}");
    });
}

/// What a request asks for and a countersignature has no use for. That a profile says it is no reason
/// to refuse: it says it for seals.
#[test]
fn a_countersignature_refuses_what_it_would_not_do() {
    on_shared(async |service| {
        let client = service.client_sealing_as(&AUTHORITY.p256, Some("ubl-nonfinal"), false).await;
        let answer = client.sign(&asking(BARE, &json!({}))).await.good();
        let first = String::from_utf8(sealed(&answer, 0)).unwrap();
        let counter = async |said: &Value| {
            let mut settings = json!({ "existingSignatures": "COUNTERSIGN" });
            settings.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
            let info = json!({ "advancedSignatureInfo": settings });
            client.sign(&asking(&first, &info)).await.good()
        };
        for (said, path) in [
            (json!({ "signatureTransform": "UBL_NON_FINAL" }), "signatureTransform"),
            (json!({ "signatureTransform": "ENVELOPED" }), "signatureTransform"),
            (json!({ "ubl": { "createScaffolding": true } }), "ubl.createScaffolding"),
            (json!({ "ubl": { "addCacSignature": true } }), "ubl.addCacSignature"),
            (json!({ "reference": { "uri": "#x" } }), "reference.uri"),
            (json!({ "reference": { "element": "x" } }), "reference.element"),
            (json!({ "reference": { "type": "urn:x" } }), "reference.type"),
        ] {
            let answer = counter(&said).await;
            let refused = &answer["documentList"][0];
            assert_eq!(refused["signErrorReason"], "setting-conflict", "{said}");
            let detail = refused["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains(path) && detail.contains("countersignature"), "{detail}");
        }
        for said in [
            json!({}),
            json!({ "signatureTransform": null, "ubl": null, "reference": { "uri": null } }),
            json!({ "signatureTransform": "DEFAULT", "ubl": "DEFAULT", "reference": "DEFAULT" }),
            json!({ "ubl": { "createScaffolding": false, "addCacSignature": "DEFAULT" } }),
            json!({ "reference": { "id": "over", "digestAlgorithm": "SHA512" } }),
        ] {
            let text = String::from_utf8(sealed(&counter(&said).await, 0)).unwrap();
            assert!(text.contains("01903#CountersignedSignature"), "{said}: {text}");
        }
    });
}

/// What tells a request with these settings apart.
fn said(settings: &Value) -> [u8; 32] {
    let info = json!({ "advancedSignatureInfo": settings });
    let mut request = asking(BARE, &info);
    request["documents"][0]["documentRequest"]["externalReference"] = json!("one");
    let limits = Limits { documents_per_request: 1, document_bytes: 10_000 };
    let decoded = decode(request.to_string().as_bytes(), &limits).unwrap();
    Fingerprint::of(&decoded.request).value()
}

/// The members of settings that are objects, each as a path; lists are not looked into.
fn objects(schemas: &Value, schema: &Value, path: &[String], found: &mut Vec<Vec<String>>) {
    if let Some(name) = schema["$ref"].as_str().and_then(|it| it.rsplit('/').next()) {
        return objects(schemas, &schemas[name], path, found);
    }
    for choice in ["oneOf", "anyOf"] {
        for schema in schema[choice].as_array().into_iter().flatten() {
            objects(schemas, schema, path, found);
        }
    }
    let members = schema["properties"].as_object();
    if members.is_some() || schema["additionalProperties"].is_object() {
        found.push(path.to_vec());
    }
    for (name, member) in members.into_iter().flatten() {
        objects(schemas, member, &[path, std::slice::from_ref(name)].concat(), found);
    }
}

/// Whether an empty object is part of what is asked follows from what it changes in the seal, for
/// every setting there is.
#[test]
fn an_empty_object_is_part_of_the_request_when_it_changes_the_seal() {
    let document: Value = serde_json::from_str(&chancery::web::openapi_document()).unwrap();
    let schemas = &document["components"]["schemas"];
    let mut found = Vec::new();
    objects(schemas, &schemas["XadesProfile"], &[], &mut found);
    // Over it, an empty location is another location.
    let located = "title = ''\nsources = []\nxades.signatureLocation = 'x'";
    let catalogue = Catalogue::with([("located", located)].into_iter()).unwrap();
    let (mut empty, mut meant) = (0, 0);
    for path in found.iter().filter(|path| !path.is_empty()) {
        let nested = |path: &[String]| {
            path.iter().rev().fold(json!({}), |inner, name| json!({ name.as_str(): inner }))
        };
        let (with, without) = (nested(path), nested(&path[..path.len() - 1]));
        let seal =
            |settings: &Value, profile| catalogue.settings(profile, settings.as_object().unwrap());
        let same = [None, Some("located")].into_iter().all(|profile| {
            let (with, without) = (seal(&with, profile), seal(&without, profile));
            with.is_ok() && with == without
        });
        assert_eq!(said(&with) == said(&without), same, "{path:?}: see web/integration/overrides");
        if same { empty += 1 } else { meant += 1 }
    }
    assert!(empty > 10 && meant > 3, "{found:?}");
}
