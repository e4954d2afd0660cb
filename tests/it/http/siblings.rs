//! Documents that cannot even be read: each is told what is wrong with it, and its siblings are sealed.

use serde_json::{Value, json};

use crate::support::client::{all_sealed, document, request, sealed};
use crate::support::service::{Setup, on_shared, run, unique};

type Change = fn(&mut Value);

/// What is wrong, the reason, and the sentence.
type Wrong = (&'static str, Change, &'static str, &'static str);

const WRONG: [Wrong; 10] = [
    ("no object", |it| *it = json!("x"), "member-invalid", "documents[0] must be an object"),
    (
        "a number for the name",
        |it| it["documentRequest"]["name"] = json!(5),
        "member-invalid",
        "documents[0].documentRequest.name must be a string",
    ),
    (
        "a number for the content",
        |it| it["documentRequest"]["base64Content"] = json!(1),
        "member-invalid",
        "documents[0].documentRequest.base64Content must be a",
    ),
    (
        "a list for the document",
        |it| it["documentRequest"] = json!([]),
        "member-invalid",
        "documents[0].documentRequest must be an object",
    ),
    (
        "a text for a flag",
        |it| it["signatureInfo"]["applyTimestamp"] = json!("false"),
        "member-invalid",
        "documents[0].signatureInfo.applyTimestamp must be a boolean",
    ),
    (
        "no name",
        |it| drop(it["documentRequest"].as_object_mut().unwrap().remove("name")),
        "member-missing",
        "missing documents[0].documentRequest.name",
    ),
    (
        "no reference",
        |it| it["documentRequest"]["externalReference"] = Value::Null,
        "member-missing",
        "missing documents[0].documentRequest.externalReference",
    ),
    (
        "a line break in the reference",
        |it| it["documentRequest"]["externalReference"] = json!("a\nb"),
        "member-invalid",
        "documents[0].documentRequest.externalReference must be 1 to 255",
    ),
    (
        "no signature",
        |it| drop(it.as_object_mut().unwrap().remove("signatureInfo")),
        "member-missing",
        "missing documents[0].signatureInfo",
    ),
    (
        "a long content type",
        |it| it["documentRequest"]["contentType"] = json!("x".repeat(3000)),
        "member-too-long",
        "documents[0].documentRequest.contentType is longer than",
    ),
];

#[test]
fn a_document_that_cannot_be_read_fails_alone() {
    on_shared(async |service| {
        let client = service.client().await;
        for (what, change, reason, word) in WRONG {
            let (name, mark) = (unique("wrong"), unique("siblings"));
            let mut wrong = document(&name, "<wrong/>");
            change(&mut wrong);
            let original = request(&mark, [wrong.clone(), document(&unique("good"), "<good/>")]);
            let answer = client.sign(&original).await.good();
            assert_eq!(answer["status"], "EXECUTED", "{what}");
            let failed = &answer["documentList"][0];
            assert_eq!(failed["signErrorReason"], reason, "{what}: {failed}");
            assert_eq!(failed["signStatus"], "ERROR_SIGNING", "{what}");
            let detail = failed["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains(word), "{what}: {detail}");
            let reference = failed["externalReference"].as_str().unwrap();
            assert!(reference == name || reference == "documents[0]", "{what}: {reference}");
            assert!(!sealed(&answer, 1).is_empty(), "{what}: the sibling");

            // the same again is the same operation, another wrong document another request
            let again = client.sign(&original).await.good();
            assert_eq!((&again["replayed"], &again["id"]), (&json!(true), &answer["id"]), "{what}");
            let mut other = original.clone();
            other["documents"][0] = json!({ "other": what });
            client.sign(&other).await.error(409, "0.0.7", "reference-reused");

            // alone there is nothing to record, and the whole is refused
            let alone = client.sign(&request(&unique("alone"), [wrong])).await;
            assert!(matches!(alone.status, 400 | 413), "{what}: {}", alone.text());
            assert_eq!(alone.json()["reason"], reason, "{what}");
        }
    });
}

#[test]
fn a_misspelt_member_is_named() {
    on_shared(async |service| {
        let client = service.client().await;
        let mut misspelt = document(&unique("misspelt"), "<a/>");
        misspelt["signatureInfo"]["applyTimestmap"] = json!(true);
        misspelt["documentRequest"]["somethingElse"] = json!(1);
        misspelt["signatureinfo"] = json!({});
        let mut asked = request(&unique("misspelt"), [misspelt]);
        asked["ReturnSignedContent"] = json!(true);
        let answer = client.sign(&asked).await.good();
        assert_eq!(
            answer["documentList"][0]["signWarnings"],
            json!([
                "documents[0].signatureInfo.applyTimestmap is not known and had no effect; \
                 did you mean applyTimestamp?",
                "documents[0].signatureinfo is not known and had no effect; did you mean signatureInfo?",
                "ReturnSignedContent is not known and had no effect; did you mean returnSignedContent?",
            ])
        );
        // where the right one is missing, both are named
        let mut without = document(&unique("without"), "<a/>");
        let reference = without["documentRequest"]["externalReference"].take();
        without["documentRequest"]["externalRefrence"] = reference;
        let refused = client.sign(&request(&unique("without"), [without])).await;
        let cause = refused.error(400, "0.0.2", "member-missing")["causeMessage"].take();
        let cause = cause.as_str().unwrap();
        assert!(
            cause.starts_with("missing documents[0].documentRequest.externalReference"),
            "{cause}"
        );
        assert!(cause.contains("externalRefrence"), "{cause}");
    });
}

/// Names of enumerations are read in any case, wherever they stand.
#[test]
fn names_are_read_in_any_case() {
    on_shared(async |service| {
        let client = service.client().await;
        let mut documents = Vec::new();
        for (kind, settings) in [
            ("xades", json!({ "canonicalTransform": "exclusive_with_comments" })),
            ("XADES", json!({ "signatureTransform": "enveloped", "packaging": "Enveloped" })),
            ("xAdES", json!({ "keyInfo": { "order": ["key_value", "X509_Data"] } })),
        ] {
            let mut document = document(&unique("case"), "<a/>");
            document["signatureInfo"]["signatureType"] = json!(kind);
            document["signatureInfo"]["advancedSignatureInfo"] = settings;
            documents.push(document);
        }
        let answer = client.sign(&request(&unique("case"), documents)).await.good();
        assert_eq!(all_sealed(&answer).len(), 3);
        // what is no name in any case is refused as it was written
        let mut wrong = document(&unique("case"), "<a/>");
        wrong["signatureInfo"]["advancedSignatureInfo"] = json!({ "packaging": "Envelope" });
        let answer = client.sign(&request(&unique("case"), [wrong])).await.good();
        let detail = answer["documentList"][0]["signErrorDetail"].as_str().unwrap();
        assert!(
            detail.contains("advancedSignatureInfo.packaging") && detail.contains("`Envelope`")
        );
    });
}

/// A document may take so much time of the engine and no more, whatever it asks for.
#[test]
fn a_document_that_takes_too_long_fails_alone() {
    use chancery_testing::hostile;
    run(async {
        let mut setup = Setup::new();
        setup.config.workflow.document_ms = 50;
        let service = setup.start().await;
        let client = service.client().await;
        let hostile = hostile::xpath_unions(6000, hostile::wide(30_000));
        let mut slow = document("", hostile.document);
        slow["signatureInfo"]["advancedSignatureInfo"] = hostile.settings;
        let mut documents = [slow.clone(), document("", "<a/>"), slow];
        for document in &mut documents {
            document["documentRequest"]["externalReference"] = json!(unique("slow"));
        }
        let answer = client.sign(&request(&unique("slow"), documents)).await.good();
        assert_eq!(answer["status"], "EXECUTED");
        assert!(!sealed(&answer, 1).is_empty(), "the sibling");
        for at in [0, 2] {
            let failed = &answer["documentList"][at];
            assert_eq!(failed["signErrorReason"], "time-used-up", "{failed}");
            let detail = failed["signErrorDetail"].as_str().unwrap();
            assert!(detail.contains("50 ms"), "{detail}");
        }
        service.stop().await;
    });
}
