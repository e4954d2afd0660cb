//! Requests that are refused as a whole: each with its code and a sentence that says what to change,
//! recorded nowhere, and the reference stays free.

use serde_json::{Value, json};

use crate::support::client::{Client, small};
use crate::support::service::{on_shared, unique};

/// Makes a bad request of a good one.
type Change = fn(&mut Value);

/// A bad request: what is wrong, the change of a good one, the answer's status, code and reason, and
/// what its sentence says.
type Bad = (&'static str, Change, u16, &'static str, &'static str, &'static str);

/// Removes the member at a JSON pointer.
fn remove(value: &mut Value, pointer: &str) {
    let (parent, member) = pointer.rsplit_once('/').unwrap();
    value.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
}

/// Sends what is made of a good request, then asserts that nothing was recorded and that the good
/// one is accepted.
async fn assert_refused(
    client: &Client,
    what: &str,
    make: impl FnOnce(Value) -> Vec<u8>,
    (status, code, reason, word): (u16, &str, &str, &str),
) {
    let reference = unique("bad request");
    let good = small(&reference);
    let answer = client.post("/api/v0/document/sign/base64/", make(good.clone())).await;
    println!("{what}: {}", answer.text());
    let body = answer.error(status, code, reason);
    let cause = body["causeMessage"].as_str().unwrap();
    assert!(cause.contains(word), "{what}: {cause}");
    assert_eq!(body["retryable"], false, "{what}");
    assert_nothing_recorded(client, &reference).await;
    let corrected = client.sign(&good).await;
    assert_eq!(corrected.header("idempotent-replayed"), "", "{what}");
    assert_eq!(corrected.good()["status"], "EXECUTED", "{what}");
}

fn assert_all_refused(table: &[Bad]) {
    on_shared(async |service| {
        let client = service.client().await;
        for (what, change, status, code, reason, word) in table {
            let make = |mut request: Value| {
                change(&mut request);
                request.to_string().into_bytes()
            };
            assert_refused(&client, what, make, (*status, code, reason, word)).await;
        }
    });
}

pub(super) async fn assert_nothing_recorded(client: &Client, reference: &str) {
    client.by_reference(reference).await.error(404, "2.1.0", "operation-not-found");
    client.id_of_document(reference).await.error(404, "2.1.0", "operation-not-found");
}

#[test]
fn bodies_that_are_not_json() {
    type Make = fn(String) -> Vec<u8>;
    let table: [(&str, Make, &str); 7] = [
        ("nothing", |_| Vec::new(), "line 1"),
        ("cut off", |good| good.as_bytes()[..good.len() - 1].to_vec(), "EOF"),
        ("more after the end", |good| format!("{good} {{}}").into_bytes(), "trailing"),
        ("XML", |_| b"<sign/>".to_vec(), "JSON"),
        (
            "not UTF-8",
            |good| {
                let at = good.find("Some context.").unwrap();
                let mut bytes = good.into_bytes();
                bytes[at] = 0xe7;
                bytes
            },
            "unicode",
        ),
        (
            "a control character in a text",
            |good| good.replace("Some context.", "a\u{1}b").into_bytes(),
            "control character",
        ),
        (
            "nested without end",
            |good| {
                let deep = format!("{}1{}", "{\"a\":".repeat(10_000), "}".repeat(10_000));
                let deep = format!("\"XAdES\",\"advancedSignatureInfo\":{deep}");
                good.replacen("\"XAdES\"", &deep, 1).into_bytes()
            },
            "recursion",
        ),
    ];
    on_shared(async |service| {
        let client = service.client().await;
        for (what, make, word) in table {
            let make = |good: Value| make(good.to_string());
            assert_refused(&client, what, make, (400, "0.0.2", "json-malformed", word)).await;
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
fn wrong_types() {
    let table: [(&str, Change, &str); 11] = [
        (
            "a number for a text",
            |it| it["externalReference"] = json!(5),
            "externalReference must be a string",
        ),
        (
            "an object for a text",
            |it| it["description"] = json!({}),
            "description must be a string",
        ),
        ("a text for a list", |it| it["documents"] = json!("x"), "documents must be a sequence"),
        ("a text for an object", |it| it["documents"][0] = json!("x"), "documents[0]"),
        (
            "a number for a content",
            |it| it["documents"][0]["documentRequest"]["base64Content"] = json!(1),
            "documents[0].documentRequest.base64Content must be a",
        ),
        (
            "a text for a flag",
            |it| it["returnSignedContent"] = json!("yes"),
            "returnSignedContent must be a boolean",
        ),
        (
            "a number for a flag",
            |it| it["documents"][0]["signatureInfo"]["applyTimestamp"] = json!(1),
            "documents[0].signatureInfo.applyTimestamp must be a boolean",
        ),
        (
            "a text for settings",
            |it| it["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = json!("EXCLUSIVE"),
            "documents[0].signatureInfo.advancedSignatureInfo must be an object",
        ),
        ("a list for the request", |it| *it = json!([it.take()]), "must be an object"),
        ("nothing for the request", |it| *it = json!(null), "must be an object"),
        (
            "a list of an object's values",
            |it| {
                let object = it["documents"][0]["documentRequest"].take();
                let value = |name: &str| object[name].clone();
                it["documents"][0]["documentRequest"] = json!([
                    value("externalReference"),
                    value("name"),
                    value("contentType"),
                    value("base64Content")
                ]);
            },
            "documents[0].documentRequest must be an object",
        ),
    ];
    let table =
        table.map(|(what, change, word)| (what, change, 400, "0.0.6", "member-invalid", word));
    assert_all_refused(&table);
}

#[test]
fn wrong_references() {
    let table: [(&str, Change, &str); 5] = [
        (
            "an empty reference",
            |it| it["externalReference"] = json!(""),
            "externalReference must be 1 to 255",
        ),
        ("a blank reference", |it| it["externalReference"] = json!(" \u{a0}"), "empty"),
        (
            "a long reference",
            |it| it["externalReference"] = json!("é".repeat(256)),
            "longer than 255",
        ),
        (
            "a line break in a reference",
            |it| it["documents"][0]["documentRequest"]["externalReference"] = json!("a\nb"),
            "documents[0].documentRequest.externalReference",
        ),
        ("a NUL", |it| it["externalReference"] = json!("a\0b"), "control character"),
    ];
    let table =
        table.map(|(what, change, word)| (what, change, 400, "0.0.6", "member-invalid", word));
    assert_all_refused(&table);
}

#[test]
fn wrong_values() {
    assert_all_refused(&[
        (
            "no documents",
            |it| it["documents"] = json!([]),
            400,
            "0.0.2",
            "no-documents",
            "at least one",
        ),
        (
            "a reference twice",
            |it| {
                let one = it["documents"][0].clone();
                it["documents"].as_array_mut().unwrap().push(one);
            },
            400,
            "0.0.6",
            "reference-repeated",
            "documents[1].documentRequest.externalReference repeats",
        ),
        (
            "a long description",
            |it| it["description"] = json!("x".repeat(2001)),
            413,
            "0.0.4",
            "member-too-long",
            "description is longer than 2000",
        ),
        (
            "an address that is none",
            |it| {
                it["preservationInfo"] = json!({ "preserveContent": false,
                    "deliveryInfo": { "personReceiver": [{ "email": "nobody" }] } });
            },
            400,
            "0.0.6",
            "member-invalid",
            "personReceiver[0].email must be an e-mail address",
        ),
    ]);
}

#[test]
fn a_member_twice_is_refused() {
    on_shared(async |service| {
        let make = |good: Value| {
            good.to_string().replacen('{', r#"{"externalReference":"other","#, 1).into_bytes()
        };
        let word = "externalReference must be there once";
        let refused = (400, "0.0.6", "member-invalid", word);
        assert_refused(&service.client().await, "twice", make, refused).await;
    });
}
