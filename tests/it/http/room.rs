//! Room in memory and turns in work: who takes much of it keeps itself out and nobody else.

use std::time::{Duration, Instant};

use chancery_testing::hostile_clients as hostile;
use serde_json::{Value, json};

use super::bad_requests::assert_nothing_recorded;
use crate::support::client::{
    Answer, Client, HTTP, PATIENCE, document, large_document, request, small,
};
use crate::support::service::{Service, Setup, on_shared, run, unique};

fn address(service: &Service) -> &str {
    service.base.strip_prefix("http://").unwrap()
}

/// The status of an answer as it came.
fn status(answer: &[u8]) -> String {
    String::from_utf8_lossy(answer).split(' ').nth(1).unwrap_or_default().to_owned()
}

/// A request that is so large because of a member that nobody knows.
fn large(octets: usize) -> String {
    let mut request = small(&unique("large"));
    request["unknown"] = json!("x".repeat(octets));
    request.to_string()
}

#[test]
fn requests_in_chunks_take_room_for_what_they_send() {
    on_shared(async |service| {
        let client = service.client().await;
        let requests: Vec<_> = (0..12)
            .map(|number| {
                let body = small(&unique(&format!("chunked-{number}"))).to_string();
                let (address, token) = (address(service).to_owned(), client.token.clone());
                tokio::spawn(async move {
                    hostile::chunked(&address, hostile::SIGN, &token, body.as_bytes(), 100).await
                })
            })
            .collect();
        for request in requests {
            let answer = request.await.unwrap().unwrap();
            assert_eq!(status(&answer), "200", "{}", String::from_utf8_lossy(&answer));
        }
    });
}

/// A piece costs the same whether it has one octet or thousands: who sends very many waits for itself.
#[test]
fn a_body_in_very_small_pieces_is_read_with_rests() {
    on_shared(async |service| {
        let client = service.client().await;
        let (address, body) = (address(service), large(20_000));
        let begin = Instant::now();
        let answer = hostile::chunked(address, hostile::SIGN, &client.token, body.as_bytes(), 1);
        let answer = answer.await.unwrap();
        let rests = u32::try_from(body.len() / 256).unwrap() - 1;
        assert_eq!(status(&answer), "200", "{}", String::from_utf8_lossy(&answer));
        assert!(begin.elapsed() >= rests * Duration::from_millis(10), "{:?}", begin.elapsed());
    });
}

#[test]
fn what_is_only_promised_takes_nothing_from_others() {
    run(async {
        let service = Setup::new().start().await;
        let (client, other) = (service.client().await, service.client().await);
        let limit = 128 << 20;
        let held =
            hostile::one_octet_bodies(address(&service), hostile::SIGN, &client.token, 40, limit);
        let held = held.await.unwrap();
        for client in [client, other] {
            let answer = client.sign(&small(&unique("meanwhile"))).await.good();
            assert_eq!(answer["status"], "EXECUTED");
        }
        drop(held);
        service.stop().await;
    });
}

#[test]
fn requests_that_wait_for_room_never_wait_for_each_other_alone() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.bytes_in_flight = 16 << 20;
        setup.config.web.place_wait_ms = 200;
        let service = setup.start().await;
        let client = service.client().await;
        // Each of them fits, no two of them do.
        let sending: Vec<_> = (0..6)
            .map(|_| {
                let (address, token) = (address(&service).to_owned(), client.token.clone());
                tokio::spawn(async move {
                    let body = large(8 << 20);
                    hostile::chunked(&address, hostile::SIGN, &token, body.as_bytes(), 64 << 10)
                        .await
                })
            })
            .collect();
        let mut statuses = Vec::new();
        for request in sending {
            let answer = tokio::time::timeout(PATIENCE, request).await.expect("all are answered");
            statuses.push(status(&answer.unwrap().unwrap()));
        }
        assert!(statuses.iter().any(|status| status == "200"), "{statuses:?}");
        assert!(statuses.iter().all(|status| status == "200" || status == "429"), "{statuses:?}");
        // Nothing is left behind.
        let answer = client.post(hostile::SIGN, large(10 << 20)).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
        service.stop().await;
    });
}

#[test]
fn an_answer_has_its_place_until_it_is_read_or_given_up() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.bytes_in_flight = 28 << 20;
        setup.config.web.place_wait_ms = 200;
        setup.config.web.connections.answer_idle_ms = 3000;
        let service = setup.start().await;
        let (client, other) = (service.client().await, service.client().await);
        let mut paths = Vec::new();
        for client in [&client, &other] {
            let mut asking = request(&unique("large"), [large_document(&unique("large"), 6 << 20)]);
            asking["returnSignedContent"] = json!(false);
            let id = client.sign(&asking).await.good()["id"].clone();
            paths.push(format!("/api/v0/operation/sign/detail/{id}/contentInResponse/true"));
        }
        // Its place, and one that somebody reads, are more than one client service gets.
        let unread = hostile::unread_answers(address(&service), &paths[0], &client.token, 1);
        let unread = unread.await.unwrap();
        client.get(&paths[0]).await.error(429, "0.0.11", "too-many-requests");
        // Others have theirs.
        other.get(&paths[1]).await.good();
        assert_eq!(client.sign(&small(&unique("small"))).await.good()["status"], "EXECUTED");
        let begin = Instant::now();
        while client.get(&paths[0]).await.status != 200 {
            assert!(begin.elapsed() < PATIENCE, "the place is kept for ever");
        }
        drop(unread);
        service.stop().await;
    });
}

#[test]
fn looking_up_what_is_large_takes_a_place() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.bytes_in_flight = 28 << 20;
        setup.config.web.place_wait_ms = 200;
        let service = setup.start().await;
        let (client, other) = (service.client().await, service.client().await);
        let asked = async |client: &Client, documents: Vec<Value>| {
            let mut asking = request(&unique("large"), documents);
            asking["returnSignedContent"] = json!(false);
            let id = client.sign(&asking).await.good()["id"].clone();
            format!("/api/v0/operation/sign/detail/{id}/contentInResponse/")
        };
        let contents = asked(&client, vec![large_document(&unique("large"), 6 << 20)]).await;
        // Images are kept with what else is said of a document.
        let pictured = (0..10).map(|number| {
            let mut document = document(&unique(&format!("pictured-{number}")), "%PDF-1.7");
            document["documentRequest"]["contentType"] = json!("application/pdf");
            document["signatureInfo"] = json!({
                "signatureType": "PAdES",
                "visibleSignatureInfo": {
                    "locationType": "COORDINATE", "locationValue": "page=1,x=70,y=100",
                    "imageType": "IMAGE_PNG", "imageValue": "A".repeat(1_450_000),
                },
            });
            document
        });
        let pictured = asked(&client, pictured.collect()).await + "false";
        let small_one = asked(&client, vec![document(&unique("small"), "<a/>")]).await + "false";
        client.get(&pictured).await.good();

        let unread = format!("{contents}true");
        let unread = hostile::unread_answers(address(&service), &unread, &client.token, 1);
        let unread = unread.await.unwrap();
        client.get(&pictured).await.error(429, "0.0.11", "too-many-requests");
        client.get(&small_one).await.good();
        assert_eq!(other.sign(&small(&unique("small"))).await.good()["status"], "EXECUTED");
        drop(unread);
        client.get(&pictured).await.good();
        service.stop().await;
    });
}

#[test]
fn places_that_one_client_service_holds_leave_some_for_others() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.requests_in_flight = 8;
        setup.config.web.place_wait_ms = 100;
        let service = setup.start().await;
        let (client, other) = (service.client().await, service.client().await);
        let held =
            hostile::one_octet_bodies(address(&service), hostile::SIGN, &client.token, 20, 1000);
        let held = held.await.unwrap();
        let mut refused = client.sign(&small(&unique("full"))).await;
        while refused.status == 200 {
            refused = client.sign(&small(&unique("full"))).await;
        }
        refused.error(429, "0.0.11", "too-many-requests");
        for _ in 0..5 {
            assert_eq!(other.sign(&small(&unique("other"))).await.good()["status"], "EXECUTED");
        }
        drop(held);
        service.stop().await;
    });
}

#[test]
fn one_invoice_does_not_wait_for_the_many_of_others() {
    run(async {
        let mut setup = Setup::new();
        setup.config.workflow.executors = 4;
        let service = setup.start().await;
        let (many, one) = (service.client().await, service.client().await);
        let asked = async |client: &Client, body: &Value| {
            let asking = HTTP.post(format!("{}{}", service.base, hostile::SIGN));
            let asking = asking.bearer_auth(&client.token).header("prefer", "respond-async");
            assert_eq!(Answer::of(asking.body(body.to_string())).await.status, 202);
        };
        // Everybody waits, the one behind the many.
        let mut busy = service.all_busy().await;
        let mut references = Vec::new();
        for _ in 0..8 {
            let reference = unique("many");
            let documents: Vec<Value> = (0..100)
                .map(|number| document(&format!("{reference}/{number}"), "<invoice/>"))
                .collect();
            asked(&many, &request(&reference, documents)).await;
            references.push(reference);
        }
        let last = unique("one");
        asked(&one, &small(&last)).await;
        busy.truncate(2);
        assert_eq!(one.finished(&last).await["status"], "EXECUTED");
        let mut waiting = 0;
        for reference in &references {
            let state = many.by_reference(reference).await.good();
            waiting += usize::from(state["status"] == "PENDING_EXECUTION");
        }
        assert!(waiting >= 3, "it waited for all but {waiting}");
        drop(busy);
        for reference in &references {
            assert_eq!(many.finished(reference).await["status"], "EXECUTED");
        }
        service.stop().await;
    });
}

#[test]
fn what_is_short_on_the_wire_and_long_in_memory_is_refused_while_it_is_read() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("many");
        let many = hostile::many_documents(&reference, 1_000_000);
        let body = client.post(hostile::SIGN, many).await;
        let body = body.error(413, "0.0.4", "too-many-documents");
        assert!(body["causeMessage"].as_str().unwrap().contains("1000000 documents"), "{body}");

        let receiver = json!({ "email": "ap@customer.example" });
        let mut asking = small(&reference);
        asking["preservationInfo"] = json!({
            "preserveContent": false,
            "deliveryInfo": { "personReceiver": vec![receiver; 20_000] },
        });
        client.sign(&asking).await.error(413, "0.0.4", "too-many-receivers");

        let settings = |octets: usize| {
            let mut asking = small(&reference);
            let settings = json!({ "unknown": "x".repeat(octets) });
            asking["documents"][0]["signatureInfo"]["advancedSignatureInfo"] = settings;
            asking
        };
        let body = client.sign(&settings(70_000)).await.error(400, "0.0.6", "member-invalid");
        let cause = body["causeMessage"].as_str().unwrap();
        assert!(cause.contains("advancedSignatureInfo must be at most 65536 octets"), "{cause}");
        assert_nothing_recorded(&client, &reference).await;
    });
}
