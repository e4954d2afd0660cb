//! The same request is one operation, however often and however it arrives.

use std::time::Duration;

use chancery::app::Clock;
use chancery::domain::client_service::{self, DocumentReferences, SealSettingsChange};
use chancery::workflow::client_services;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::support::authority::AUTHORITY;
use crate::support::client::{Answer, Client, all_sealed, document, request, sealed, small};
use crate::support::service::{Service, Setup, Wish, on_shared, run, unique};

/// The answer of a repetition, without what says that it is one.
fn replayed(answer: &Answer) -> Value {
    let mut body = answer.good();
    assert_eq!(answer.header("idempotent-replayed"), "true", "{body}");
    assert_eq!(body["replayed"], true);
    body.as_object_mut().unwrap().remove("replayed");
    body
}

fn three(reference: &str) -> Vec<Value> {
    (1..=3)
        .map(|number| {
            let reference = format!("{reference}/{number}");
            document(&reference, format!("<a><b>{number}</b></a>"))
        })
        .collect()
}

/// How many operations a client service has under a reference, asked of the database itself.
async fn operations(service: &Service, reference: &str) -> i64 {
    let pool = sqlx::AnyPool::connect(&service.database).await.unwrap();
    let count = "SELECT COUNT(*) FROM operation WHERE external_reference = $1";
    let count = sqlx::query_scalar(count).bind(reference).fetch_one(&pool).await.unwrap();
    pool.close().await;
    count
}

#[test]
fn a_repetition_gets_the_same_operation_and_the_same_bytes() {
    on_shared(async |service| {
        for chain in [&AUTHORITY.rsa, &AUTHORITY.p256] {
            let client = service.client_with(chain).await;
            let reference = unique("repeated");
            let original = request(&reference, three(&reference));
            let first = client.sign(&original).await;
            assert_eq!(first.header("idempotent-replayed"), "");
            let first = first.good();
            assert_eq!(all_sealed(&first).len(), 3);
            for _ in 0..3 {
                assert_eq!(replayed(&client.sign(&original).await), first);
            }
            // how the answer is to look, the order of members and unknown ones are not content
            let mut asked_differently = original.clone();
            asked_differently["returnSignedContent"] = json!(false);
            asked_differently["unknown"] = json!(1);
            let quiet = replayed(&client.sign(&asked_differently).await);
            assert_eq!(quiet["id"], first["id"]);
            assert!(quiet["documentList"][0].get("signedContent").is_none());
            assert_eq!(operations(service, &reference).await, 1);
        }
    });
}

/// What says nothing, and how settings are nested and ordered, is not part of what is asked.
#[test]
fn the_same_settings_spelled_differently_are_the_same_request() {
    on_shared(async |service| {
        let client = service.client().await;
        let asking = |info: Value| {
            let mut request = small("unnamed");
            let members = request["documents"][0]["signatureInfo"].as_object_mut().unwrap();
            members.remove("profile");
            members.remove("advancedSignatureInfo");
            members.extend(info.as_object().unwrap().clone());
            request
        };
        let under = |reference: &str, info: &Value| {
            let mut request = asking(info.clone());
            request["externalReference"] = json!(reference);
            request["documents"][0]["documentRequest"]["externalReference"] = json!(reference);
            request
        };
        let same = [
            vec![
                json!({}),
                json!({ "profile": "", "advancedSignatureInfo": {} }),
                json!({ "profile": " ", "advancedSignatureInfo": null }),
                json!({ "advancedSignatureInfo": { "policy": null, "ids": {},
                    "signingCertificate": { "version": null, "nameStyle": { "keywords": {} } },
                    "advancedSignatureInfo": { "ubl": {} } } }),
            ],
            vec![
                json!({ "profile": "xades-b", "advancedSignatureInfo": {
                    "claimedRoles": ["seller"], "ids": { "signature": "S", "keyInfo": "K" },
                    "signatureTransform": [{ "algorithm": "ENVELOPED" }] } }),
                json!({ "profile": " xades-b ", "advancedSignatureInfo": {
                    "ids": { "keyInfo": null, "signature": "S" }, "claimedRoles": ["other"],
                    "advancedSignatureInfo": { "ids": { "keyInfo": "K" }, "claimedRoles": ["seller"],
                        "signatureTransform": [{ "algorithm": "ENVELOPED", "xpath": null,
                            "namespaces": {} }] } } }),
            ],
        ];
        for spellings in same {
            let reference = unique("spelled");
            let first = client.sign(&under(&reference, &spellings[0])).await.good();
            assert_eq!(all_sealed(&first).len(), 1);
            for other in &spellings[1..] {
                assert_eq!(
                    replayed(&client.sign(&under(&reference, other)).await),
                    first,
                    "{other}"
                );
            }
            // an empty policy is the implied one, so it does say something
            let other = under(&reference, &json!({ "advancedSignatureInfo": { "policy": {} } }));
            client.sign(&other).await.error(409, "0.0.7", "reference-reused");
        }
    });
}

#[test]
fn hopeless_content_under_a_used_reference_is_refused_too() {
    on_shared(async |service| {
        let client = service.client().await;
        let original = small(&unique("used"));
        let first = client.sign(&original).await.good();
        let mut hopeless = original.clone();
        hopeless["documents"][0]["documentRequest"]["externalReference"] = json!(unique("other"));
        hopeless["documents"][0]["documentRequest"]["base64Content"] = json!("####");
        let refused = client.sign(&hopeless).await.error(409, "0.0.7", "reference-reused");
        assert_eq!(refused["operationId"], first["id"]);
    });
}

/// Makes another request of one.
type Change = fn(&mut Value);

#[test]
fn other_content_under_the_same_reference_is_refused() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("reused");
        let original = request(&reference, three(&reference));
        let first = client.sign(&original).await.good();
        let changes: [(&str, Change); 8] = [
            ("one byte", |request| {
                request["documents"][1]["documentRequest"]["base64Content"] =
                    document("", "<a><b>7</b></a>")["documentRequest"]["base64Content"].take();
            }),
            ("order", |request| request["documents"].as_array_mut().unwrap().reverse()),
            ("one less", |request| {
                request["documents"].as_array_mut().unwrap().pop();
            }),
            ("settings", |request| {
                request["documents"][0]["signatureInfo"]["advancedSignatureInfo"] =
                    json!({ "canonicalTransform": "INCLUSIVE" });
            }),
            ("name", |request| {
                request["documents"][0]["documentRequest"]["name"] = json!("other.xml");
            }),
            ("description", |request| request["description"] = json!("Other context.")),
            ("a document's reference", |request| {
                request["documents"][0]["documentRequest"]["externalReference"] = json!("other");
            }),
            ("bad content", |request| {
                request["documents"][0]["documentRequest"]["base64Content"] = json!("####");
            }),
        ];
        for (what, change) in changes {
            let mut other = original.clone();
            change(&mut other);
            let refused = client.sign(&other).await;
            let body = refused.error(409, "0.0.7", "reference-reused");
            assert_eq!(body["operationId"], first["id"], "{what}");
            let cause = body["causeMessage"].as_str().unwrap();
            assert!(cause.contains(&first["id"].to_string()), "{what}: {cause}");
            assert!(cause.contains(&reference), "{what}: {cause}");
            assert_eq!(client.detail(&first["id"], true).await.good(), first, "untouched");
        }
        assert_eq!(operations(service, &reference).await, 1);
        assert_eq!(replayed(&client.sign(&original).await), first);
    });
}

#[test]
fn a_document_reference_names_one_document_unless_the_client_service_says_otherwise() {
    on_shared(async |service| {
        let client = service.client().await;
        let taken = unique("document");
        let first = client.sign(&request(&unique("first"), [document(&taken, "<a/>")])).await;
        let first = first.good();
        let second = unique("second");
        for content in ["<a/>", "<b/>"] {
            let documents = [document(&unique("free"), "<a/>"), document(&taken, content)];
            let refused = client.sign(&request(&second, documents)).await;
            let body = refused.error(409, "0.0.7", "document-reference-reused");
            assert_eq!(body["operationId"], first["id"]);
            assert!(body["causeMessage"].as_str().unwrap().contains(&taken));
            client.by_reference(&second).await.error(404, "2.1.0", "operation-not-found");
        }
        let free = request(&second, [document(&unique("free"), "<a/>")]);
        client.sign(&free).await.good();

        // another client service has its own names
        let other = service.client().await;
        other.sign(&request(&unique("first"), [document(&taken, "<a/>")])).await.good();

        let wish = Wish { chain: Some(&AUTHORITY.p256), references: DocumentReferences::Reusable };
        let careless = service.client_of(wish).await;
        let mut ids = Vec::new();
        for content in ["<a/>", "<a/>", "<b/>"] {
            let request = request(&unique("month"), [document(&taken, content)]);
            ids.push(careless.sign(&request).await.good()["id"].clone());
        }
        assert_eq!(careless.id_of_document(&taken).await.good(), ids[2], "the newest");
        let reference = unique("same");
        let original = request(&reference, [document(&taken, "<a/>")]);
        let first = careless.sign(&original).await.good();
        assert_eq!(replayed(&careless.sign(&original).await), first);
        let other = request(&reference, [document(&taken, "<b/>")]);
        careless.sign(&other).await.error(409, "0.0.7", "reference-reused");
    });
}

#[test]
fn a_client_service_can_be_told_to_repeat_references_later() {
    on_shared(async |service| {
        let client = service.client().await;
        let constant = unique("FT");
        let send = async |client: &Client| {
            client.sign(&request(&unique("month"), [document(&constant, "<a/>")])).await
        };
        let first = send(&client).await.good()["id"].clone();
        send(&client).await.error(409, "0.0.7", "document-reference-reused");

        let change = SealSettingsChange {
            document_references: client_service::Change::To(DocumentReferences::Reusable),
            ..SealSettingsChange::default()
        };
        client_services::change_seal_settings(&service.app, &client.alias, &change).await.unwrap();
        // A service that has not seen the client service before its change.
        let fresh = Setup::same_database(service).start().await;
        let client = client.at(&fresh.base).await;
        let second = send(&client).await.good()["id"].clone();
        assert_ne!(first, second);
        assert_eq!(client.id_of_document(&constant).await.good(), second, "the newest");
    });
}

#[test]
fn sixty_four_at_once_are_one_operation() {
    on_shared(async |service| {
        for chain in [&AUTHORITY.rsa, &AUTHORITY.p256] {
            let client = service.client_with(chain).await;
            let reference = unique("storm");
            let original = request(&reference, three(&reference));
            let requests = (0..64).map(|_| {
                let (client, original) = (client.clone(), original.clone());
                tokio::spawn(async move { client.sign(&original).await })
            });
            let requests: Vec<_> = requests.collect();
            let mut bodies = Vec::new();
            let mut first = 0;
            for answer in requests {
                let answer = answer.await.unwrap();
                if answer.header("idempotent-replayed").is_empty() {
                    first += 1;
                    bodies.push(answer.good());
                } else {
                    bodies.push(replayed(&answer));
                }
            }
            assert_eq!(first, 1, "exactly one opened the operation");
            assert_eq!(all_sealed(&bodies[0]).len(), 3);
            assert!(bodies.iter().all(|body| *body == bodies[0]));
            assert_eq!(operations(service, &reference).await, 1);
        }
    });
}

#[test]
fn different_requests_for_one_reference_at_once_have_one_winner() {
    on_shared(async |service| {
        let client = service.client().await;
        let reference = unique("race");
        let requests = (0..16).map(|number| {
            let document = document(&format!("{reference}/{number}"), format!("<a>{number}</a>"));
            let (client, request) = (client.clone(), request(&reference, [document]));
            tokio::spawn(async move { client.sign(&request).await })
        });
        let requests: Vec<_> = requests.collect();
        let mut winners = Vec::new();
        let mut named = Vec::new();
        for answer in requests {
            let answer = answer.await.unwrap();
            match answer.status {
                200 => winners.push(answer.json()["id"].clone()),
                _ => named
                    .push(answer.error(409, "0.0.7", "reference-reused")["operationId"].clone()),
            }
        }
        assert_eq!((winners.len(), named.len()), (1, 15));
        assert!(named.iter().all(|id| *id == winners[0]));
    });
}

/// Sends a request and hangs up: at `moment` 0 to 9 in the middle of the body, later ones so many
/// milliseconds after its end.
async fn hang_up(service: &Service, client: &Client, body: &str, moment: usize) {
    let address = service.base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST /api/v0/document/sign/base64/ HTTP/1.1\r\nhost: {address}\r\n\
         authorization: Bearer {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        client.token,
        body.len()
    );
    let sent = if moment < 10 { body.len() * moment / 10 } else { body.len() };
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&body.as_bytes()[..sent]).await.unwrap();
    stream.flush().await.unwrap();
    // The moment is what is tried here; every outcome must be right.
    tokio::time::sleep(Duration::from_millis(moment.saturating_sub(10) as u64)).await;
    if moment.is_multiple_of(2) {
        // a reset instead of an orderly end
        stream.set_zero_linger().unwrap();
    }
}

#[test]
fn a_client_that_hangs_up_and_retries_gets_one_operation() {
    on_shared(async |service| {
        let client = service.client().await;
        for moment in 0..20 {
            let reference = unique("hung up");
            let original = request(&reference, three(&reference));
            hang_up(service, &client, &original.to_string(), moment).await;
            let retried = client.sign(&original).await.good();
            assert_eq!(retried["status"], "EXECUTED", "moment {moment}");
            let again = replayed(&client.sign(&original).await);
            assert_eq!(again["id"], retried["id"]);
            assert_eq!(all_sealed(&again), all_sealed(&retried));
            assert_eq!(operations(service, &reference).await, 1, "moment {moment}");
        }
    });
}

#[test]
fn an_answer_does_not_wait_for_ever() {
    run(async {
        let mut setup = Setup::new();
        setup.config.web.sync_wait_ms = 100;
        let service = setup.start().await;
        let client = service.client().await;
        let busy = service.all_busy().await;
        let reference = unique("queued");
        let original = request(&reference, three(&reference));
        let first = client.sign(&original).await.good();
        assert_eq!(first["status"], "PENDING_EXECUTION");
        assert!(first.get("executionTime").is_none());
        for document in first["documentList"].as_array().unwrap() {
            assert_eq!(document["signStatus"], "RECEIVED");
            assert!(document.get("signedContent").is_none());
            // Clients look at it whenever a document is not signed.
            assert_eq!(document["signError"], "CERT_SERVICE_GLOBAL_ERROR");
            assert_eq!(document["signErrorReason"], "in-work");
        }
        let status = client.status(&first["id"]).await.good();
        assert_eq!(status["status"], "PENDING_EXECUTION");
        assert_eq!(replayed(&client.sign(&original).await), first);
        let mut other = original.clone();
        other["description"] = json!("Other context.");
        client.sign(&other).await.error(409, "0.0.7", "reference-reused");

        drop(busy);
        let finished = client.finished(&reference).await;
        assert_eq!((&finished["status"], &finished["id"]), (&json!("EXECUTED"), &first["id"]));
        let sealed = replayed(&client.sign(&original).await);
        assert_eq!(all_sealed(&sealed).len(), 3);
        assert!(sealed["documentList"][0].get("signError").is_none());
        service.stop().await;
    });
}

#[test]
fn an_operation_ends_without_its_client() {
    on_shared(async |service| {
        let client = service.client_with(&AUTHORITY.rsa).await;
        let reference = unique("alone");
        let original = request(&reference, three(&reference));
        hang_up(service, &client, &original.to_string(), 11).await;
        // Hung up before the server had looked at the request: then there is nothing to end.
        let mut tries = 1;
        while client.by_reference(&reference).await.status == 404 {
            assert!(tries < 50, "never recorded");
            tries += 1;
            hang_up(service, &client, &original.to_string(), 10 + tries).await;
        }
        let finished = client.finished(&reference).await;
        assert_eq!(finished["status"], "EXECUTED");
        let detail = client.detail(&finished["id"], true).await.good();
        let asked = replayed(&client.sign(&original).await);
        assert_eq!(all_sealed(&asked), all_sealed(&detail));
        assert_eq!(operations(service, &reference).await, 1);
    });
}

#[test]
fn a_replay_needs_no_valid_certificate() {
    run(async {
        let service = Setup::new().start().await;
        let client = service.client().await;
        let original = small(&unique("kept"));
        let first = client.sign(&original).await.good();
        service.app.store.close().await;

        let mut later = Setup::same_database(&service);
        let expired = AUTHORITY.p256.signing().not_after().plus_ms(1000);
        later.clock = Clock::Fixed(expired);
        let later = later.start().await;
        let client = client.at(&later.base).await;
        let again = replayed(&client.sign(&original).await);
        assert_eq!(sealed(&again, 0), sealed(&first, 0));
        assert_eq!(again["id"], first["id"]);
        let mut other = original.clone();
        other["description"] = json!("Other context.");
        client.sign(&other).await.error(409, "0.0.7", "reference-reused");
        let new = unique("new");
        client.sign(&small(&new)).await.error(409, "2.0.2", "certificate-expired");
        client.by_reference(&new).await.error(404, "2.1.0", "operation-not-found");
        later.stop().await;
    });
}

/// The token is away when an operation is accepted, and the process ends before it comes back: the
/// next process ends the operation by itself.
pub(super) async fn left_behind_is_taken_up(database: Option<String>) {
    let setup = |of: Option<&Service>| {
        let mut setup = of.map_or_else(Setup::new, Setup::same_database);
        if let Some(database) = &database {
            setup.config.store.url.clone_from(database);
        }
        setup
    };
    let first = setup(None).start().await;
    let client = first.client().await;
    first.app.store.close().await;

    let mut without_token = setup(Some(&first));
    "pulled out".clone_into(&mut without_token.token_label);
    let second = without_token.start().await;
    let client = client.at(&second.base).await;
    let reference = unique("left behind");
    let original = request(&reference, three(&reference));
    let waiting = client.sign(&original).await.good();
    assert_eq!(waiting["status"], "EXECUTION_ERROR");
    let document = &waiting["documentList"][0];
    assert_eq!(document["signStatus"], "RECEIVED");
    assert_eq!(document["signError"], "CERT_SERVICE_GLOBAL_ERROR");
    assert_eq!(document["signErrorReason"], "postponed");
    let again = replayed(&client.sign(&original).await);
    assert_eq!(again["id"], waiting["id"]);
    second.stop().await;

    let third = setup(Some(&first)).start().await;
    let client = client.at(&third.base).await;
    let finished = client.finished(&reference).await;
    assert_eq!(finished["status"], "EXECUTED");
    assert_eq!(finished["id"], waiting["id"]);
    let detail = client.detail(&finished["id"], true).await.good();
    assert_eq!(all_sealed(&detail).len(), 3);
    let asked = replayed(&client.sign(&original).await);
    assert_eq!(all_sealed(&asked), all_sealed(&detail));
    third.stop().await;
}

/// Bytes that are gone from the database are nobody's document: nothing is sealed in their place.
#[test]
fn a_document_whose_bytes_are_gone_fails_alone() {
    run(async {
        let first = Setup::new().start().await;
        let client = first.client().await;
        first.app.store.close().await;
        let mut without_token = Setup::same_database(&first);
        "pulled out".clone_into(&mut without_token.token_label);
        let second = without_token.start().await;
        let client = client.at(&second.base).await;
        let reference = unique("bytes gone");
        let waiting = client.sign(&request(&reference, three(&reference))).await.good();
        assert_eq!(waiting["status"], "EXECUTION_ERROR");
        second.stop().await;
        let pool = sqlx::AnyPool::connect(&first.database).await.unwrap();
        let gone = "DELETE FROM content WHERE document_id =
                    (SELECT id FROM document WHERE external_reference = $1)";
        let first_document = waiting["documentList"][0]["externalReference"].as_str().unwrap();
        let done = sqlx::query(gone).bind(first_document).execute(&pool).await.unwrap();
        assert_eq!(done.rows_affected(), 1);
        pool.close().await;

        let third = Setup::same_database(&first).start().await;
        let finished = client.at(&third.base).await.finished(&reference).await;
        assert_eq!(finished["status"], "EXECUTED");
        let states: Vec<_> = finished["documentList"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| (it["signStatus"].as_str().unwrap(), it["signErrorReason"].as_str()))
            .collect();
        let sealed = ("SIGNED", None);
        assert_eq!(states[0].1, Some("content-missing"), "{finished}");
        assert_eq!(states[1..], [sealed, sealed]);
        third.stop().await;
    });
}

#[test]
fn an_operation_left_behind_is_taken_up() {
    run(left_behind_is_taken_up(None));
}
