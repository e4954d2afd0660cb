//! The same facts on PostgreSQL.

use chancery::domain::ids::OperationId;
use serde_json::{Value, json};

use crate::support::authority::AUTHORITY;
use crate::support::client::{all_sealed, document, request, sealed, small};
use crate::support::postgres::Postgres;
use crate::support::service::{Setup, run, unique};

#[test]
fn operations_are_recorded_once_and_found_again_on_postgresql() {
    let postgres = Postgres::start();
    run(async {
        let setup = || {
            let mut setup = Setup::new();
            setup.config.store.url = postgres.url();
            setup
        };
        let service = setup().start().await;
        assert_eq!(service.app.store.engine_name(), "PostgreSQL");
        let client = service.client_with(&AUTHORITY.rsa).await;

        // sealed, and read back as it was answered
        let reference = unique("FT 2021/5 é");
        let documents: Vec<Value> = (0..3)
            .map(|number| document(&format!("{reference}: {number}"), format!("<a>{number}</a>")))
            .chain([document(&format!("{reference}: bad"), "<a>")])
            .collect();
        let original = request(&reference, documents);
        let first = client.sign(&original).await.good();
        assert_eq!(first["status"], "EXECUTED");
        assert_eq!(first["documentList"][3]["signErrorReason"], "xml-malformed");
        assert!((0..3).all(|at| !sealed(&first, at).is_empty()));
        assert_eq!(client.detail(&first["id"], true).await.good(), first);
        let found = client.id_of_document(&format!("{reference}: 1")).await.good();
        assert_eq!(found, first["id"]);

        // the same again, and something else under the same names
        let again = client.sign(&original).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert_eq!(again.good()["documentList"], first["documentList"]);
        let mut other = original.clone();
        other["description"] = json!("Other context.");
        let refused = client.sign(&other).await.error(409, "0.0.7", "reference-reused");
        assert_eq!(refused["operationId"], first["id"]);
        let taken = document(&format!("{reference}: 1"), "<other/>");
        let taken = client.sign(&request(&unique("other"), [taken])).await;
        let refused = taken.error(409, "0.0.7", "document-reference-reused");
        assert_eq!(refused["operationId"], first["id"]);

        // what PostgreSQL cannot store fails its document or its request, and nothing else
        let reference = unique("nul");
        let mut strange = document(&format!("{reference}/1"), "<a/>");
        strange["signatureInfo"]["advancedSignatureInfo"] = json!({ "signatureLocation": "a\0b" });
        strange["documentRequest"]["name"] = json!("a\0b.xml");
        let sibling = document(&format!("{reference}/2"), "<a/>");
        let answer = client.sign(&request(&reference, [strange, sibling])).await.good();
        assert_eq!(answer["documentList"][0]["signStatus"], "ERROR_SIGNING");
        assert!(!sealed(&answer, 1).is_empty());
        let mut strange = document(&unique("nul"), "<a/>");
        strange["signatureInfo"]["advancedSignatureInfo"] = json!({ "signatureLocation": "a\0b" });
        let answer = client.sign(&request(&unique("nul"), [strange])).await.good();
        assert_eq!(answer["documentList"][0]["signErrorReason"], "setting-invalid");
        let mut described = small(&unique("nul"));
        described["description"] = json!("a\0b");
        client.sign(&described).await.error(400, "0.0.6", "member-invalid");

        // the original of a detached seal is kept beside it
        let mut detached = small(&unique("detached"));
        detached["documents"][0]["signatureInfo"]["advancedSignatureInfo"] =
            json!({ "packaging": "DETACHED" });
        let answer = client.sign(&detached).await.good();
        assert!(!sealed(&answer, 0).is_empty());
        let operation = OperationId::from_i64(answer["id"].as_i64().unwrap());
        let kept = service.app.contents.originals_of(operation).await.unwrap();
        assert_eq!(kept.len(), 1);

        // a failed document and a failed operation free their references
        let corrected = [document(&format!("{reference}: bad"), "<a/>")];
        client.sign(&request(&unique("corrected"), corrected)).await.good();
        let mut hopeless = small(&unique("hopeless"));
        let good = hopeless.clone();
        hopeless["documents"][0]["documentRequest"]["base64Content"] = json!("####");
        assert_eq!(client.sign(&hopeless).await.good()["status"], "EXECUTION_FAILED");
        assert_eq!(client.sign(&good).await.good()["status"], "EXECUTED");

        // many at once, half of them at a second replica
        let replica = setup().start().await;
        let there = client.at(&replica.base).await;
        let reference = unique("storm");
        let original = request(
            &reference,
            (0..5)
                .map(|number| document(&format!("{reference}/{number}"), "<a/>"))
                .collect::<Vec<_>>(),
        );
        let requests: Vec<_> = (0..32)
            .map(|number| {
                let client = if number % 2 == 0 { client.clone() } else { there.clone() };
                let original = original.clone();
                tokio::spawn(async move { client.sign(&original).await })
            })
            .collect();
        let mut answers = Vec::new();
        for request in requests {
            answers.push(request.await.unwrap());
        }
        let opened = answers.iter().filter(|it| it.header("idempotent-replayed").is_empty());
        assert_eq!(opened.count(), 1);
        let contents: Vec<_> = answers.iter().map(|it| all_sealed(&it.good())).collect();
        assert!(contents.iter().all(|content| *content == contents[0]));
        let ids: Vec<_> = answers.iter().map(|it| it.json()["id"].clone()).collect();
        assert!(ids.iter().all(|id| *id == ids[0]));
        replica.stop().await;
        service.stop().await;
    });
}

#[test]
fn an_operation_left_behind_is_taken_up_on_postgresql() {
    let postgres = Postgres::start();
    run(async {
        super::exactly_once::left_behind_is_taken_up(Some(postgres.url())).await;
    });
}
