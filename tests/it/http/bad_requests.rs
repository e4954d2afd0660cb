//! Requests that are refused as a whole: each with its code and a sentence that says what to change,
//! recorded nowhere, and the reference stays free.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::client::{Answer, Client, HTTP, document, raw, request, small};
use crate::support::service::{Service, Setup, on_shared, run, unique};

/// One bad body: how it is made of a good request, and what is answered.
struct Bad {
    what: &'static str,
    body: fn(Value) -> Vec<u8>,
    status: u16,
    code: &'static str,
    reason: &'static str,
    /// Stands in the sentence.
    word: &'static str,
}

/// A change of the good request; the members are those of `Bad`.
macro_rules! bad {
    ($what:literal, |$it:ident| $change:expr, $status:literal, $code:literal, $reason:literal,
     $word:literal) => {
        Bad {
            what: $what,
            body: |mut $it| {
                $change;
                $it.to_string().into_bytes()
            },
            status: $status,
            code: $code,
            reason: $reason,
            word: $word,
        }
    };
}

/// Removes the member at a JSON pointer.
fn remove(value: &mut Value, pointer: &str) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
}

/// Sends a bad body, then asserts that nothing was recorded and that the good request is accepted.
async fn assert_refused(client: &Client, bad: &Bad) {
    let reference = unique("bad request");
    let good = small(&reference);
    let answer = client.post("/api/v0/document/sign/base64/", (bad.body)(good.clone())).await;
    println!("{}: {}", bad.what, answer.text());
    let body = answer.error(bad.status, bad.code, bad.reason);
    let cause = body["causeMessage"].as_str().unwrap();
    assert!(cause.contains(bad.word), "{}: {cause}", bad.what);
    assert_eq!(body["retryable"], false, "{}", bad.what);
    assert_nothing_recorded(client, &reference).await;
    let corrected = client.sign(&good).await;
    assert_eq!(corrected.header("idempotent-replayed"), "", "{}", bad.what);
    assert_eq!(corrected.good()["status"], "EXECUTED", "{}", bad.what);
}

async fn assert_nothing_recorded(client: &Client, reference: &str) {
    client.by_reference(reference).await.error(404, "2.1.0", "operation-not-found");
    client.id_of_document(reference).await.error(404, "2.1.0", "operation-not-found");
}

#[test]
fn bodies_that_are_not_json() {
    const CODE: &str = "0.0.2";
    const REASON: &str = "json-malformed";
    let table = [
        Bad {
            what: "nothing",
            body: |_| Vec::new(),
            status: 400,
            code: CODE,
            reason: REASON,
            word: "line 1",
        },
        Bad {
            what: "cut off",
            body: |good| {
                let text = good.to_string();
                text.as_bytes()[..text.len() - 1].to_vec()
            },
            status: 400,
            code: CODE,
            reason: REASON,
            word: "EOF",
        },
        Bad {
            what: "more after the end",
            body: |good| format!("{good} {{}}").into_bytes(),
            status: 400,
            code: CODE,
            reason: REASON,
            word: "trailing",
        },
        Bad {
            what: "XML",
            body: |_| b"<sign/>".to_vec(),
            status: 400,
            code: CODE,
            reason: REASON,
            word: "JSON",
        },
        Bad {
            what: "not UTF-8",
            body: |good| {
                let text = good.to_string().replace("Some context.", "@");
                let at = text.find('@').unwrap();
                let mut bytes = text.into_bytes();
                bytes[at] = 0xe7;
                bytes
            },
            status: 400,
            code: CODE,
            reason: REASON,
            word: "unicode",
        },
        Bad {
            what: "a control character in a string",
            body: |good| good.to_string().replace("Some context.", "a\u{1}b").into_bytes(),
            status: 400,
            code: CODE,
            reason: REASON,
            word: "control character",
        },
        Bad {
            what: "nested without end",
            body: |good| {
                let deep = "{\"advancedSignatureInfo\":".repeat(10_000);
                good.to_string()
                    .replacen("\"XAdES\"", &format!("\"XAdES\",{}", &deep[1..]), 1)
                    .into_bytes()
            },
            status: 400,
            code: CODE,
            reason: REASON,
            word: "recursion",
        },
    ];
    on_shared(async |service| {
        let client = service.client().await;
        for bad in &table {
            assert_refused(&client, bad).await;
        }
    });
}

#[test]
fn missing_members() {
    on_shared(async |service| {
        let client = service.client().await;
        let full = |reference: &str| {
            let mut full = small(reference);
            full["preservationInfo"] = json!({
                "preserveContent": false,
                "deliveryInfo": { "personReceiver": [{ "email": "ap@customer.example" }] },
            });
            full["documents"][0]["signatureInfo"]["visibleSignatureInfo"] =
                json!({ "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100" });
            full
        };
        for (pointer, word) in [
            ("/externalReference", "missing externalReference"),
            ("/description", "missing description"),
            ("/documents", "missing documents"),
            ("/documents/0/documentRequest", "missing documents[0].documentRequest"),
            (
                "/documents/0/documentRequest/externalReference",
                "missing documents[0].documentRequest.externalReference",
            ),
            ("/documents/0/documentRequest/name", "missing documents[0].documentRequest.name"),
            (
                "/documents/0/documentRequest/contentType",
                "missing documents[0].documentRequest.contentType",
            ),
            (
                "/documents/0/documentRequest/base64Content",
                "missing documents[0].documentRequest.base64Content",
            ),
            ("/documents/0/signatureInfo", "missing documents[0].signatureInfo"),
            (
                "/documents/0/signatureInfo/signatureType",
                "missing documents[0].signatureInfo.signatureType",
            ),
            (
                "/documents/0/signatureInfo/visibleSignatureInfo/locationType",
                "visibleSignatureInfo.locationType",
            ),
            (
                "/documents/0/signatureInfo/visibleSignatureInfo/locationValue",
                "visibleSignatureInfo.locationValue",
            ),
            ("/preservationInfo/preserveContent", "missing preservationInfo.preserveContent"),
            (
                "/preservationInfo/deliveryInfo/personReceiver/0/email",
                "missing preservationInfo.deliveryInfo.personReceiver[0].email",
            ),
        ] {
            let reference = unique("missing");
            let mut without = full(&reference);
            remove(&mut without, pointer);
            let mut null = full(&reference);
            *null.pointer_mut(pointer).unwrap() = Value::Null;
            for bad in [without, null] {
                let body = client.sign(&bad).await.error(400, "0.0.2", "member-missing");
                assert!(body["causeMessage"].as_str().unwrap().contains(word), "{pointer}: {body}");
                assert_nothing_recorded(&client, &reference).await;
            }
            client.sign(&small(&reference)).await.good();
        }
    });
}

#[test]
fn wrong_types_and_values() {
    let table = [
        bad!(
            "a number for a text",
            |it| it["externalReference"] = json!(5),
            400,
            "0.0.6",
            "member-invalid",
            "externalReference must be a string"
        ),
        bad!(
            "an object for a text",
            |it| it["description"] = json!({}),
            400,
            "0.0.6",
            "member-invalid",
            "description"
        ),
        bad!(
            "a text for a list",
            |it| it["documents"] = json!("x"),
            400,
            "0.0.6",
            "member-invalid",
            "documents must be a sequence"
        ),
        bad!(
            "a text for a document",
            |it| it["documents"][0] = json!("x"),
            400,
            "0.0.6",
            "member-invalid",
            "documents[0]"
        ),
        bad!(
            "a number for a content",
            |it| {
                it["documents"][0]["documentRequest"]["base64Content"] = json!(1);
            },
            400,
            "0.0.6",
            "member-invalid",
            "documents[0].documentRequest.base64Content"
        ),
        bad!(
            "a text for a flag",
            |it| it["returnSignedContent"] = json!("yes"),
            400,
            "0.0.6",
            "member-invalid",
            "returnSignedContent must be a boolean"
        ),
        bad!(
            "a number for a flag",
            |it| {
                it["documents"][0]["signatureInfo"]["applyTimestamp"] = json!(1);
            },
            400,
            "0.0.6",
            "member-invalid",
            "applyTimestamp"
        ),
        bad!(
            "a text for settings",
            |it| {
                it["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = json!("EXCLUSIVE");
            },
            400,
            "0.0.6",
            "member-invalid",
            "advancedSignatureInfo"
        ),
        bad!(
            "a list for the request",
            |it| it = json!([it]),
            400,
            "0.0.6",
            "member-invalid",
            "object"
        ),
        bad!(
            "a list for a member",
            |it| {
                let members = &it["documents"][0]["documentRequest"];
                let members = json!([
                    members["externalReference"],
                    members["name"],
                    members["contentType"],
                    members["base64Content"]
                ]);
                it["documents"][0]["documentRequest"] = members;
            },
            400,
            "0.0.6",
            "member-invalid",
            "documents[0].documentRequest"
        ),
        bad!(
            "null for the request",
            |it| std::mem::take(&mut it),
            400,
            "0.0.6",
            "member-invalid",
            "object"
        ),
        bad!(
            "an empty reference",
            |it| it["externalReference"] = json!(""),
            400,
            "0.0.6",
            "member-invalid",
            "externalReference must be 1 to 255"
        ),
        bad!(
            "a blank reference",
            |it| it["externalReference"] = json!(" \u{a0}"),
            400,
            "0.0.6",
            "member-invalid",
            "empty"
        ),
        bad!(
            "a long reference",
            |it| it["externalReference"] = json!("é".repeat(256)),
            400,
            "0.0.6",
            "member-invalid",
            "longer than 255"
        ),
        bad!(
            "a line break in a reference",
            |it| {
                it["documents"][0]["documentRequest"]["externalReference"] = json!("a\nb");
            },
            400,
            "0.0.6",
            "member-invalid",
            "documents[0].documentRequest.externalReference"
        ),
        bad!(
            "a NUL in a reference",
            |it| it["externalReference"] = json!("a\0b"),
            400,
            "0.0.6",
            "member-invalid",
            "control character"
        ),
        bad!(
            "no documents",
            |it| it["documents"] = json!([]),
            400,
            "0.0.2",
            "no-documents",
            "at least one"
        ),
        bad!(
            "a reference twice",
            |it| {
                let one = it["documents"][0].clone();
                it["documents"].as_array_mut().unwrap().push(one);
            },
            400,
            "0.0.6",
            "reference-repeated",
            "documents[1].documentRequest.externalReference repeats"
        ),
        bad!(
            "a long description",
            |it| it["description"] = json!("x".repeat(2001)),
            413,
            "0.0.4",
            "member-too-long",
            "description is longer than 2000"
        ),
        bad!(
            "an address that is none",
            |it| {
                it["preservationInfo"] = json!({ "preserveContent": false,
                "deliveryInfo": { "personReceiver": [{ "email": "nobody" }] } });
            },
            400,
            "0.0.6",
            "member-invalid",
            "personReceiver[0].email must be an e-mail address"
        ),
    ];
    on_shared(async |service| {
        let client = service.client().await;
        for bad in &table {
            assert_refused(&client, bad).await;
        }
    });
}

#[test]
fn a_member_twice_is_refused() {
    let twice = Bad {
        what: "twice",
        body: |good| {
            let text = good.to_string();
            text.replacen('{', r#"{"externalReference":"other","#, 1).into_bytes()
        },
        status: 400,
        code: "0.0.6",
        reason: "member-invalid",
        word: "duplicate field `externalReference`",
    };
    on_shared(async |service| assert_refused(&service.client().await, &twice).await);
}

/// A service that takes little.
async fn small_service() -> Service {
    let mut setup = Setup::new();
    setup.config.web.body_limit_bytes = 64 * 1024;
    setup.config.limits.documents_per_request = 3;
    setup.config.limits.document_bytes = 1000;
    setup.start().await
}

/// Sends a body without saying how large it is.
async fn send_in_chunks(client: &Client, body: &str) -> (u16, String) {
    let mut sent = format!(
        "POST /api/v0/document/sign/base64/ HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\
         authorization: Bearer {}\r\ntransfer-encoding: chunked\r\n\r\n",
        client.token
    );
    for chunk in body.as_bytes().chunks(16_384) {
        let chunk = std::str::from_utf8(chunk).unwrap();
        let _ = write!(sent, "{:x}\r\n{chunk}\r\n", chunk.len());
    }
    sent.push_str("0\r\n\r\n");
    raw(&client.base, sent.as_bytes()).await
}

#[test]
fn more_than_the_limits() {
    run(async {
        let service = small_service().await;
        let client = service.client().await;
        let reference = unique("large");

        // both with the size announced and without, far above the limit and just above
        for size in [65_536, 100_000, 5_000_000] {
            let mut large = small(&reference);
            large["unknown"] = json!("x".repeat(size));
            let large = large.to_string();
            for _ in 0..5 {
                let answer = client.post("/api/v0/document/sign/base64/", large.clone()).await;
                let body = answer.error(413, "0.0.4", "body-too-large");
                assert!(body["causeMessage"].as_str().unwrap().contains("65536 bytes"), "{body}");
            }
            let (status, body) = send_in_chunks(&client, &large).await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &body["reason"]), (413, &json!("body-too-large")), "{body}");
            assert_nothing_recorded(&client, &reference).await;
        }

        let documents: Vec<Value> =
            (0..4).map(|number| document(&format!("{reference}/{number}"), "<a/>")).collect();
        let many = client.sign(&request(&reference, documents.clone())).await;
        let body = many.error(413, "0.0.4", "too-many-documents");
        assert!(body["causeMessage"].as_str().unwrap().contains("4 documents"), "{body}");
        assert_nothing_recorded(&client, &reference).await;
        client.sign(&request(&reference, &documents[..3])).await.good();

        // a document above its limit is that document's trouble
        let reference = unique("heavy");
        let heavy = format!("<a>{}</a>", "x".repeat(1000));
        let exact = format!("<a>{}</a>", "x".repeat(993));
        let documents = [document(&format!("{reference}/1"), heavy), document(&reference, exact)];
        let answer = client.sign(&request(&reference, documents)).await.good();
        let [heavy, exact] = [0, 1].map(|at| &answer["documentList"][at]);
        assert_eq!(heavy["signErrorReason"], "document-too-large");
        let detail = heavy["signErrorDetail"].as_str().unwrap();
        assert!(detail.contains("the limit is 1000"), "{detail}");
        assert_eq!(
            (exact["contentLength"].as_i64(), &exact["signStatus"]),
            (Some(1000), &json!("SIGNED"))
        );
        let corrected = request(&unique("lighter"), [document(&format!("{reference}/1"), "<a/>")]);
        assert_eq!(client.sign(&corrected).await.good()["status"], "EXECUTED");
        service.stop().await;
    });
}

#[test]
fn addresses_and_methods_that_do_not_exist() {
    on_shared(async |service| {
        let url = |path: &str| format!("{}{path}", service.base);
        let answer = Answer::of(HTTP.get(url("/"))).await;
        answer.error(404, "0.0.6", "address-unknown");
        let sign = "/api/v0/document/sign/base64/";
        for request in [HTTP.get(url(sign)), HTTP.put(url(sign)), HTTP.delete(url(sign))] {
            let answer = Answer::of(request).await;
            answer.error(405, "0.0.6", "method-unknown");
            assert_eq!(answer.header("allow"), "POST");
        }
        let answer = Answer::of(HTTP.post(url("/other-prefix/api/v0/document/sign/base64/"))).await;
        answer.error(404, "0.0.6", "address-unknown");
    });
}

#[test]
fn the_request_id_is_the_clients_own_when_it_is_a_plain_one() {
    on_shared(async |service| {
        let client = service.client().await;
        let with = async |id: &str| {
            let request = HTTP.get(format!("{}/api/v0/operation/status/1", service.base));
            let request = request.bearer_auth(&client.token).header("x-request-id", id);
            Answer::of(request).await.header("x-request-id").to_owned()
        };
        assert_eq!(with("order-2026.11_22").await, "order-2026.11_22");
        for id in ["short", "with space in it", "a/b/c/d/e/f", &"x".repeat(65)] {
            let given = with(id).await;
            assert!(given != id && given.len() == 24, "{given}");
        }
        assert_ne!(with("short").await, with("short").await);
    });
}

#[test]
fn statuses_as_signstash_prints_them_when_asked_for() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.http_status = chancery::web::HttpStatus::Signstash;
        setup.config.web.body_limit_bytes = 64 * 1024;
        let service = setup.start().await;
        let client = service.client().await;
        let reference = unique("theirs");
        client.sign(&json!({})).await.error(500, "0.0.2", "member-missing");
        client.sign(&json!({ "description": 5 })).await.error(500, "0.0.6", "member-invalid");
        let large = json!({ "x": "x".repeat(100_000) });
        client.sign(&large).await.error(500, "0.0.4", "body-too-large");
        let mut original = small(&reference);
        let first = client.sign(&original).await.good();
        original["description"] = json!("other");
        let conflict = client.sign(&original).await.error(409, "0.0.7", "reference-reused");
        assert_eq!(conflict["operationId"], first["id"]);
        client.by_reference("nothing").await.error(404, "2.1.0", "operation-not-found");
        client.get("/api/v0/operation/status/x").await.error(500, "0.0.6", "member-invalid");
        let mut expired = client.clone();
        "x.y.z".clone_into(&mut expired.token);
        expired.sign(&small(&reference)).await.error(409, "0.0.10", "access-token-invalid");
        expired.by_reference("x").await.error(409, "0.0.10", "access-token-invalid");
        service.stop().await;
    });
}
