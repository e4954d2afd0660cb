//! Several files under one seal in one container, and one more seal in a container that has some.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chancery::pki::certificate_file::certificates;
use chancery::pki::path::TrustAnchor;
use chancery::seal::Patience;
use chancery::seal::reading::container;
use chancery::verify::{Indication, RevocationDemand, VerifySettings, verify};
use serde_json::{Value, json};

use super::forms::{self, Part};
use crate::support::authority::AUTHORITY;
use crate::support::client::{all_sealed, document, request, sealed};
use crate::support::service::{now, on_shared, unique};

/// A document of files, in XAdES or CAdES.
fn of_files(reference: &str, format: &str, files: &[(&str, &[u8])]) -> Value {
    let files: Vec<Value> = files
        .iter()
        .map(|(name, content)| json!({ "name": name, "base64Content": STANDARD.encode(content) }))
        .collect();
    json!({
        "documentRequest": { "externalReference": reference, "name": "delivery.zip",
            "contentType": "application/zip", "files": files },
        "signatureInfo": { "signatureType": format, "profile": "asic-e" },
    })
}

const FILES: [(&str, &[u8]); 3] = [
    ("invoice.xml", b"<Invoice>1250.00</Invoice>"),
    ("scans/delivery note.pdf", b"%PDF-1.7 a scan"),
    ("data.csv", b"1;2\n"),
];

fn unpacked(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let files = container(bytes, &Patience::ENDLESS).unwrap();
    files.into_iter().map(|file| (file.name, file.octets.into_owned())).collect()
}

/// Each signature passes and covers the files.
#[track_caller]
fn assert_covering(bytes: &[u8], count: usize) {
    let root = certificates(&std::fs::read(AUTHORITY.root()).unwrap()).unwrap();
    let anchors = root.into_iter().map(TrustAnchor::of).collect();
    let mut settings = VerifySettings::new(anchors, now());
    settings.revocation = RevocationDemand::NotAsked;
    let report = verify(bytes, &settings);
    assert_eq!(report.indication, Indication::Passed, "{report:#?}");
    assert_eq!(report.signatures.len(), count);
    for signature in &report.signatures {
        assert!(signature.covers_document);
        for file in ["invoice.xml", "scans/delivery%20note.pdf", "data.csv"] {
            let one = signature.covered.iter().find(|one| one.reference == file).unwrap();
            assert_eq!(one.standing, "right");
        }
    }
}

#[test]
fn files_of_one_document_are_sealed_in_one_container() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("files");
        let documents = [
            of_files(&format!("{reference}/x"), "XAdES", &FILES),
            of_files(&format!("{reference}/c"), "CAdES", &FILES),
            document(&format!("{reference}/single"), "<a/>"),
        ];
        let wish = request(&reference, documents.to_vec());
        let answer = client.sign(&wish).await.good();
        let containers = all_sealed(&answer);
        for bytes in &containers[..2] {
            let inside = unpacked(bytes);
            for (name, content) in FILES {
                assert_eq!(inside[name], content);
            }
            assert_covering(bytes, 1);
        }
        // The same request again is the same operation, and gives the same containers; also when nobody waited.
        let again = client.sign(&wish).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(all_sealed(&again.good()), containers);
        let found = client.by_reference(&reference).await.good();
        assert_eq!(found["id"], answer["id"], "{found}");

        let late = unique("late");
        let wish = request(&late, vec![of_files(&late, "XAdES", &FILES)]);
        assert_eq!(client.sign_without_waiting(&wish).await.status, 202);
        client.finished(&late).await;
        let first = client.sign(&wish).await.good();
        assert_eq!(all_sealed(&client.sign(&wish).await.good()), all_sealed(&first));

        // Another name, content or order of a file is another request.
        let mut other = FILES;
        other[2].1 = b"1;3\n";
        let mut turned = FILES;
        turned.reverse();
        let mut renamed = FILES;
        renamed[0].0 = "Invoice.xml";
        for files in [other, turned, renamed] {
            let wish = request(&late, vec![of_files(&late, "XAdES", &files)]);
            let conflict = client.sign(&wish).await;
            assert_eq!(conflict.status, 409, "{}", conflict.text());
        }
    });
}

#[test]
fn a_wrong_file_fails_its_document_and_is_named() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("wrong-files");
        let good = || of_files("", "XAdES", &FILES);
        let set = |pointer: &str, value: Value| {
            let mut document = good();
            *document.pointer_mut(pointer).unwrap() = value;
            document
        };
        let files = "/documentRequest/files";
        let with = |member: &str, value: Value| {
            let mut document = good();
            document["documentRequest"][member] = value;
            document
        };
        let detached = {
            let mut document = good();
            document["signatureInfo"] = json!({ "signatureType": "CAdES" });
            document
        };
        let table: Vec<(Value, &str, &str)> = vec![
            (set(&format!("{files}/2/name"), json!("../etc")), "member-invalid", "files[2].name"),
            (
                set(&format!("{files}/1/name"), json!("INVOICE.XML")),
                "member-invalid",
                "files[1].name",
            ),
            (
                set(&format!("{files}/1/name"), json!("invoice.xml/a")),
                "member-invalid",
                "files[0].name",
            ),
            (
                set(&format!("{files}/0/name"), json!("META-INF/x")),
                "member-invalid",
                "files[0].name",
            ),
            (set(&format!("{files}/0/name"), Value::Null), "member-missing", "files[0].name"),
            (
                set(&format!("{files}/1/base64Content"), json!("####")),
                "member-invalid",
                "files[1].base64Content",
            ),
            (
                set(&format!("{files}/1/base64Content"), json!("")),
                "member-invalid",
                "files[1].base64Content",
            ),
            (
                set(&format!("{files}/1/base64Content"), Value::Null),
                "member-missing",
                "files[1].base64Content",
            ),
            (set(files, json!([])), "member-invalid", "documentRequest.files"),
            (set(&format!("{files}/0"), json!("text")), "member-invalid", "files[0]"),
            (
                with("base64Content", json!("AA==")),
                "member-invalid",
                "documentRequest.base64Content",
            ),
            (
                with("contentType", json!("application/octet-stream")),
                "member-invalid",
                "documentRequest.contentType",
            ),
            (detached, "setting-conflict", "ASIC_E"),
        ];
        let mut documents: Vec<Value> =
            table.iter().map(|(document, ..)| document.clone()).collect();
        documents.push(good());
        for (at, document) in documents.iter_mut().enumerate() {
            document["documentRequest"]["externalReference"] = json!(format!("{reference}/{at}"));
        }
        let answer = client.sign(&request(&reference, documents)).await.good();
        for (at, (_, reason, word)) in table.iter().enumerate() {
            let one = &answer["documentList"][at];
            let detail = one["signErrorDetail"].as_str().unwrap_or_default();
            assert_eq!(one["signErrorReason"], *reason, "{at}: {detail}");
            assert!(detail.contains(word), "{at}: {detail}");
        }
        assert!(!sealed(&answer, table.len()).is_empty(), "the sibling");
        // More of them than a document may have octets.
        let mut many = good();
        many["documentRequest"]["files"] = (0..1001)
            .map(|at| json!({ "name": format!("{at}"), "base64Content": "AA==" }))
            .collect();
        let mark = unique("many");
        many["documentRequest"]["externalReference"] = json!(mark);
        let answer = client.sign(&request(&mark, vec![many])).await.good();
        let detail = answer["documentList"][0]["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("a list of 1 to 1000 files"), "{detail}");
    });
}

#[test]
fn files_of_a_container_come_in_parts_of_a_form() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("form-files");
        let mut container = of_files(&format!("{reference}/1"), "CAdES", &FILES);
        for file in container["documentRequest"]["files"].as_array_mut().unwrap() {
            file.as_object_mut().unwrap().remove("base64Content");
        }
        let mut single = document(&format!("{reference}/2"), "");
        single["documentRequest"].as_object_mut().unwrap().remove("base64Content");
        let wish = request(&reference, vec![container, single]).to_string();
        let mut parts: Vec<Part<'_>> = vec![("signRequest", None, None, wish.as_bytes())];
        parts.extend(FILES.iter().map(|(_, content)| ("files", None, None, *content)));
        parts.push(("files", None, None, b"<a/>"));
        let answer = forms::send(&client, forms::form(&parts)).await.good();
        let bytes = sealed(&answer, 0);
        assert_eq!(unpacked(&bytes)["scans/delivery note.pdf"], FILES[1].1);
        assert!(!sealed(&answer, 1).is_empty());
        // As JSON it is the same request, whichever way it came first.
        let json = [
            of_files(&format!("{reference}/1"), "CAdES", &FILES),
            document(&format!("{reference}/2"), "<a/>"),
        ];
        let again = client.sign(&request(&reference, json.to_vec())).await;
        assert_eq!(again.header("idempotent-replayed"), "true", "{}", again.text());
        assert_eq!(sealed(&again.good(), 0), bytes);
        // One part too few.
        parts.pop();
        let short = forms::send(&client, forms::form(&parts)).await;
        assert_eq!(short.status, 400, "{}", short.text());
        assert!(short.text().contains("the request names 4"), "{}", short.text());
    });
}

#[test]
fn a_container_gets_another_seal_when_that_is_asked_for() {
    on_shared(async |service| {
        let (client, other) = (service.client().await, service.client().await);
        for format in ["XAdES", "CAdES"] {
            let reference = unique("first");
            let wish = request(&reference, vec![of_files(&reference, format, &FILES)]);
            let first = sealed(&client.sign(&wish).await.good(), 0);
            let again = |mark: &str, content_type: &str, existing: Option<&str>| {
                let mut one = document(mark, &first);
                one["documentRequest"]["name"] = json!("delivery.asice");
                one["documentRequest"]["contentType"] = json!(content_type);
                one["signatureInfo"] = json!({ "signatureType": format, "profile": "asic-e" });
                if let Some(existing) = existing {
                    one["signatureInfo"]["advancedSignatureInfo"] =
                        json!({ "existingSignatures": existing });
                }
                one
            };
            let mark = unique("second");
            let documents = vec![
                again(&format!("{mark}/0"), "application/zip", None),
                again(&format!("{mark}/1"), "application/vnd.etsi.asic-e+zip", Some("PARALLEL")),
                again(&format!("{mark}/2"), "application/zip", Some("PARALLEL")),
            ];
            let wish = request(&mark, documents);
            let answer = other.sign(&wish).await.good();
            let refused = &answer["documentList"][0];
            assert_eq!(refused["signErrorReason"], "container-sealed", "{refused}");
            let detail = refused["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains("existingSignatures PARALLEL"), "{detail}");
            for at in [1, 2] {
                let both = sealed(&answer, at);
                let (before, after) = (unpacked(&first), unpacked(&both));
                assert!(before.iter().all(|(name, octets)| after.get(name) == Some(octets)));
                assert_covering(&both, 2);
            }
            let replayed = other.sign(&wish).await.good();
            assert_eq!(sealed(&replayed, 1), sealed(&answer, 1));
        }
    });
}
