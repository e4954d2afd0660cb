//! More than is allowed, addresses that do not exist, request ids, and statuses.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;

use super::bad_requests::assert_nothing_recorded;
use crate::support::client::{Answer, Client, HTTP, PATIENCE, document, raw, request, small};
use crate::support::service::{Service, Setup, on_shared, run, unique};

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

#[test]
fn a_refusal_arrives_however_large_the_refused_request_is() {
    on_shared(async |service| {
        let mut nobody = service.client().await;
        "x.y.z".clone_into(&mut nobody.token);
        let large = json!({ "x": "x".repeat(5_000_000) }).to_string();
        for _ in 0..10 {
            let answer = nobody.post("/api/v0/document/sign/base64/", large.clone()).await;
            answer.error(401, "0.0.10", "access-token-invalid");
        }
    });
}

#[test]
fn more_at_once_than_there_are_places_is_told_to_wait() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.requests_in_flight = 1;
        setup.config.web.place_wait_ms = 0;
        let service = setup.start().await;
        let client = service.client().await;
        // one that never sends its body keeps the only place
        let address = service.base.strip_prefix("http://").unwrap();
        let head = format!(
            "POST /api/v0/document/sign/base64/ HTTP/1.1\r\nhost: x\r\n\
             authorization: Bearer {}\r\ncontent-length: 1000\r\n\r\n",
            client.token
        );
        let started = Instant::now();
        let (slow, refused) = loop {
            let mut slow = tokio::net::TcpStream::connect(address).await.unwrap();
            slow.write_all(head.as_bytes()).await.unwrap();
            tokio::time::sleep(Duration::from_millis(50)).await;
            let answer = client.sign(&small(&unique("early"))).await;
            if answer.status != 200 {
                break (slow, answer);
            }
            assert!(started.elapsed() < PATIENCE, "the place is never taken");
        };
        let body = refused.error(429, "0.0.11", "too-many-requests");
        assert_eq!(body["retryable"], true);
        assert!(refused.header("retry-after").parse::<u32>().is_ok_and(|seconds| seconds > 0));
        client.by_reference("look-ups have places of their own").await.error(
            404,
            "2.1.0",
            "operation-not-found",
        );

        drop(slow);
        let request = small(&unique("late"));
        while client.sign(&request).await.status == 429 {
            assert!(started.elapsed() < PATIENCE, "the place is never free again");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let reference = request["externalReference"].as_str().unwrap();
        assert_eq!(client.by_reference(reference).await.good()["status"], "EXECUTED");
        service.stop().await;
    });
}
