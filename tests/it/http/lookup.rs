//! Operations found again: by id, by the client's references, by nobody else.

use serde_json::{Value, json};

use crate::support::client::{Client, document, encode, raw, request, sealed, small};
use crate::support::service::{Service, on_shared, unique};

/// References as integrators build them.
const HABITS: [&str; 10] = [
    "FT 2021/5",
    "FT%2F5 100%",
    "a:b:c?d=e&f#g",
    "1+1=2",
    "Rechnung Nº 7 – Käse/été/日本",
    "trailing/",
    "//double//slash//",
    "..",
    "'\"<>\\|^`{}[]~;@!$*(),",
    "2026-11-22T10:19:21.648Z",
];

/// Sends a path as it is, past every client's habit of encoding it; returns the status and the body.
async fn raw_get(service: &Service, client: &Client, path: &[u8]) -> (u16, String) {
    let rest = format!(
        " HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nconnection: close\r\n\r\n",
        client.token
    );
    raw(&service.base, &[b"GET ", path, rest.as_bytes()].concat()).await
}

#[test]
fn every_look_up_finds_every_reference() {
    on_shared(async |service| {
        let client = service.client().await;
        for habit in HABITS {
            let mark = unique("");
            let reference = format!("{mark}{habit}");
            let of_document = format!("{habit}{mark}{habit}");
            let signed = request(&reference, [document(&of_document, "<a/>")]);
            let signed = client.sign(&signed).await.good();
            let id = &signed["id"];

            assert_eq!(client.id_of_document(&of_document).await.good(), *id, "{of_document}");
            for prefix in ["", "/signstash/einvoice-integration-ws"] {
                let reference = encode(&reference);
                let of_document = encode(&of_document);
                for query in [
                    format!("externalReference={reference}"),
                    format!("documentExternalReference={of_document}"),
                ] {
                    let path = format!("{prefix}/api/v0/operation/id?{query}");
                    assert_eq!(client.get(&path).await.good(), *id, "{path}");
                    let path = format!("{prefix}/api/v0/operation/byReference?{query}");
                    let mut expected = signed.clone();
                    assert_eq!(
                        client.get(&format!("{path}&includeContent=true")).await.good(),
                        expected
                    );
                    expected["documentList"][0].as_object_mut().unwrap().remove("signedContent");
                    assert_eq!(client.get(&path).await.good(), expected);
                }
            }
        }
    });
}

#[test]
fn references_in_paths_are_found_however_they_are_encoded() {
    on_shared(async |service| {
        let client = service.client().await;
        let mark = unique("FT");
        let path = "/api/v0/operation/id/withDocumentExternalReference/";
        for (reference, spellings) in [
            (
                format!("{mark} 2021/5"),
                vec![
                    format!("{mark}%202021/5"),
                    format!("{mark}%202021%2F5"),
                    format!("{mark}%202021%2f5/"),
                ],
            ),
            (format!("{mark}é日"), vec![format!("{mark}é日"), format!("{mark}%C3%A9%E6%97%A5/")]),
            (format!("{mark}a+b:c"), vec![format!("{mark}a+b:c"), format!("{mark}a%2Bb%3Ac")]),
            (
                format!("{mark}slash/"),
                vec![
                    format!("{mark}slash/"),
                    format!("{mark}slash%2F"),
                    format!("{mark}slash%2F/"),
                ],
            ),
            (format!("{mark}x//y"), vec![format!("{mark}x//y"), format!("{mark}x%2F%2Fy")]),
            (format!("{mark}50%"), vec![format!("{mark}50%25")]),
        ] {
            let signed = request(&unique("any"), [document(&reference, "<a/>")]);
            let id = client.sign(&signed).await.good()["id"].to_string();
            for spelling in spellings {
                let path = format!("{path}{spelling}");
                let found = raw_get(service, &client, path.as_bytes()).await;
                assert_eq!(found, (200, id.clone()), "{spelling}");
                let path = format!("/signstash/einvoice-integration-ws{path}");
                let found = raw_get(service, &client, path.as_bytes()).await;
                assert_eq!(found, (200, id.clone()), "{spelling}");
            }
        }
        // a slash at the end is part of a reference before it is a habit
        let (with, without) = (format!("{mark}both/"), format!("{mark}both"));
        for reference in [&with, &without] {
            let signed = request(&unique("any"), [document(reference, "<a/>")]);
            let id = client.sign(&signed).await.good()["id"].to_string();
            let path = format!("{path}{reference}");
            assert_eq!(raw_get(service, &client, path.as_bytes()).await, (200, id));
        }
        let (status, body) = raw_get(service, &client, format!("{path}%ff").as_bytes()).await;
        let body: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &body["reason"]), (400, &json!("member-invalid")), "{body}");
    });
}

#[test]
fn status_and_detail_say_what_the_sign_call_said() {
    on_shared(async |service| {
        let client = service.client().await;
        let signed = client.sign(&small(&unique("found"))).await.good();
        let id = &signed["id"];
        let with = client.detail(id, true).await.good();
        assert_eq!(with, signed);
        let without = client.detail(id, false).await.good();
        assert!(without["documentList"][0].get("signedContent").is_none());
        assert!(!sealed(&with, 0).is_empty());

        let status = client.status(id).await.good();
        let members: Vec<&String> = status.as_object().unwrap().keys().collect();
        let mut expected = vec![
            "creationDate",
            "folderExternalReference",
            "id",
            "issuerClientServiceAlias",
            "issuerCompany",
            "signatureQueuePriority",
            "status",
            "type",
        ];
        expected.sort_unstable();
        assert_eq!(members, expected);
        for member in expected {
            assert_eq!(status[member], signed[member]);
        }
        for spelling in ["True", "TRUE"] {
            let path = format!("/api/v0/operation/sign/detail/{id}/contentInResponse/{spelling}/");
            assert_eq!(client.get(&path).await.good(), signed);
        }
    });
}

#[test]
fn anothers_operation_looks_like_none() {
    on_shared(async |service| {
        let owner = service.client().await;
        let stranger = service.client().await;
        let reference = unique("private");
        let id = owner.sign(&small(&reference)).await.good()["id"].clone();
        let (nowhere, no_reference) = (json!(id.as_i64().unwrap() - 1), unique("nobody"));
        let paths = |id: &Value, reference: &str| {
            [
                format!("/api/v0/operation/status/{id}"),
                format!("/api/v0/operation/sign/detail/{id}/contentInResponse/true"),
                format!("/api/v0/operation/sign/detail/{id}/contentInResponse/false"),
                format!("/api/v0/operation/id/withDocumentExternalReference/{reference}"),
                format!("/api/v0/operation/id?documentExternalReference={reference}"),
                format!("/api/v0/operation/id?externalReference={reference}"),
                format!("/api/v0/operation/byReference?externalReference={reference}"),
                format!("/api/v0/operation/byReference?documentExternalReference={reference}"),
            ]
        };
        let foreign = paths(&id, &reference);
        for (foreign, nothing) in foreign.iter().zip(paths(&nowhere, &no_reference)) {
            owner.get(foreign).await.good();
            let foreign = stranger.get(foreign).await;
            let nothing = stranger.get(&nothing).await;
            foreign.error(404, "2.1.0", "operation-not-found");
            assert_eq!(foreign.without_request_id(), nothing.without_request_id());
            let names = |answer: &crate::support::client::Answer| {
                answer.headers.keys().cloned().collect::<Vec<_>>()
            };
            assert_eq!(names(&foreign), names(&nothing));
        }
        // and the stranger may use the same reference
        let own = stranger.sign(&small(&reference)).await.good();
        assert_ne!(own["id"], id);
        assert_eq!(owner.by_reference(&reference).await.good()["id"], id);
        assert_eq!(stranger.by_reference(&reference).await.good()["id"], own["id"]);
    });
}

#[test]
fn bad_look_ups_say_what_to_change() {
    on_shared(async |service| {
        let client = service.client().await;
        let table = [
            ("/api/v0/operation/status/abc", 400, "0.0.6", "member-invalid", "whole number"),
            ("/api/v0/operation/status/1.5", 400, "0.0.6", "member-invalid", "whole number"),
            (
                "/api/v0/operation/status/99999999999999999999",
                400,
                "0.0.6",
                "member-invalid",
                "whole number",
            ),
            ("/api/v0/operation/status/%ff", 400, "0.0.6", "member-invalid", "whole number"),
            ("/api/v0/operation/status/-1", 404, "2.1.0", "operation-not-found", "operation"),
            (
                "/api/v0/operation/sign/detail/x/contentInResponse/true",
                400,
                "0.0.6",
                "member-invalid",
                "whole number",
            ),
            (
                "/api/v0/operation/sign/detail/1/contentInResponse/yes",
                400,
                "0.0.6",
                "member-invalid",
                "true or false",
            ),
            ("/api/v0/operation/id", 400, "0.0.2", "member-missing", "externalReference"),
            (
                "/api/v0/operation/id?externalReference=a&documentExternalReference=b",
                400,
                "0.0.2",
                "member-missing",
                "one of them",
            ),
            ("/api/v0/operation/byReference", 400, "0.0.2", "member-missing", "externalReference"),
            (
                "/api/v0/operation/byReference?externalReference=a&externalReference=b",
                400,
                "0.0.2",
                "member-missing",
                "once",
            ),
            ("/api/v0/operation/id?externalReference=", 404, "2.1.0", "operation-not-found", "no"),
            ("/api/v0/operation/nothing", 404, "0.0.6", "address-unknown", "address"),
            ("/api/v0/document/sign/base64/", 405, "0.0.6", "method-unknown", "method"),
        ];
        for (path, status, code, reason, word) in table {
            let body = client.get(path).await.error(status, code, reason);
            assert!(body["causeMessage"].as_str().unwrap().contains(word), "{path}: {body}");
        }
    });
}
