//! Requests so large that they are recorded in portions: what callers see of them is what they see of others.

use serde_json::Value;

use crate::support::client::{Client, all_sealed, document, request, sealed, small};
use crate::support::service::{Service, on_shared, unique};

/// Recorded in two portions.
const MANY: usize = 300;

fn many(reference: &str) -> Vec<Value> {
    let each = |number| document(&format!("{reference}/{number}"), format!("<a>{number}</a>"));
    (0..MANY).map(each).collect()
}

/// Documents of a request that is no operation.
async fn hidden(service: &Service, reference: &str) -> i64 {
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    let count = "SELECT COUNT(*) FROM document
                 JOIN operation ON operation.id = operation_id
                 WHERE draft = 1 AND operation.external_reference = $1";
    let count = sqlx::query_scalar(count).bind(reference).fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

/// The answer, as often as the service asks to come back later.
async fn signed(client: &Client, wish: &Value) -> Value {
    loop {
        let answer = client.sign(wish).await;
        if answer.status != 429 {
            return answer.good();
        }
    }
}

#[test]
fn many_documents_are_one_operation() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("batch");
        let wish = request(&reference, many(&reference));
        let two = tokio::join!(signed(&client, &wish), signed(&client, &wish));
        assert_eq!(two.0["id"], two.1["id"]);
        assert_eq!(all_sealed(&two.0).len(), MANY);
        assert!(two.0["documentList"] == two.1["documentList"]);
        assert_eq!(hidden(service, &reference).await, 0);
    });
}

/// What is found out in the last portion refuses all of it, and frees all that it took.
#[test]
fn many_documents_of_which_one_is_refused_are_none() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("conflict");
        let first = client.sign(&small(&unique("first"))).await.good();
        let taken = first["documentList"][0]["externalReference"].clone();
        let mut documents = many(&reference);
        documents[MANY - 1]["documentRequest"]["externalReference"] = taken;
        let refused = client.sign(&request(&reference, documents.clone())).await;
        let refused = refused.error(409, "0.0.7", "document-reference-reused");
        assert_eq!(refused["operationId"], first["id"]);
        client.by_reference(&reference).await.error(404, "2.1.0", "operation-not-found");
        assert_eq!(hidden(service, &reference).await, 0);
        documents.pop();
        documents.drain(3..);
        let again = client.sign(&request(&reference, documents)).await.good();
        assert_eq!(all_sealed(&again).len(), 3);
    });
}

/// A document is what was sent, however many pieces it was put down in, and sealed once.
#[test]
fn a_large_document_is_sealed_as_it_was_sent() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("large");
        let text = "0123456789abcdef".repeat(100_000);
        let wish =
            request(&reference, [document(&format!("{reference}/1"), format!("<a>{text}</a>"))]);
        let first = client.sign(&wish).await.good();
        let bytes = sealed(&first, 0);
        assert!(bytes.windows(text.len()).any(|window| window == text.as_bytes()));
        let again = client.sign(&wish).await;
        assert_eq!(again.header("idempotent-replayed"), "true");
        assert!(sealed(&again.good(), 0) == bytes);
    });
}
