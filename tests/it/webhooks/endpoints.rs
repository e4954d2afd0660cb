//! Endpoints over HTTP: made, rotated, tested, and nobody else's.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::flow::{MINUTE, add, patch, path, setup, setup_moved};
use super::receiver::Receiver;
use crate::support::client::{Answer, HTTP, PATIENCE};
use crate::support::service::{on_shared, run};

#[test]
fn of_changes_at_once_none_is_lost() {
    on_shared(async |service| {
        let client = service.client().await;
        let added = add(&client, &json!({"url": "https://example.com/0"})).await;
        for round in 1..=20 {
            let (url, text) = (format!("https://example.com/{round}"), format!("round {round}"));
            let (url, text) = (json!({ "url": url }), json!({ "description": text }));
            let state = json!({"status": if round % 2 == 0 { "ACTIVE" } else { "DISABLED" }});
            let answers = tokio::join!(
                patch(&client, &added, &url),
                patch(&client, &added, &text),
                patch(&client, &added, &state)
            );
            for answer in [answers.0, answers.1, answers.2] {
                answer.good();
            }
            let now = client.get(&path(&added, "")).await.good();
            for wanted in [&url, &text, &state] {
                for (member, value) in wanted.as_object().unwrap() {
                    assert_eq!(now[member], *value, "{round}: {now}");
                }
            }
        }
    });
}

#[test]
fn two_secrets_of_a_kind_are_live_and_never_shown_again() {
    run(async {
        let service = setup().start().await;
        let client = service.client().await;
        let mut receiver = Receiver::answering(&[], &json!([{}]));
        let added = add(&client, &json!({"url": receiver.url(), "description": "ERP"})).await;
        let first = added["secret"].as_str().unwrap().to_owned();
        receiver.learn("first", &first);
        let rotate = async |wish: Value| {
            client.post(&path(&added, "/rotateSecret"), wish.to_string()).await.good()
        };
        let test = async || client.post(&path(&added, "/test"), "").await.good();

        assert_eq!(test().await["accepted"], true);
        let seen = receiver.next();
        assert_eq!(seen["verified"], json!(["first"]));
        let body: Value = serde_json::from_str(seen["body"].as_str().unwrap()).unwrap();
        assert_eq!(body["type"], "webhook.test");
        assert_eq!(body["data"], json!({"endpointId": added["endpoint"]["id"]}));

        let second = rotate(json!({})).await["secret"].as_str().unwrap().to_owned();
        receiver.learn("second", &second);
        test().await;
        assert_eq!(receiver.next()["verified"], json!(["first", "second"]));
        let public = rotate(json!({"scheme": "ED25519"})).await;
        assert_eq!(public["secret"], Value::Null);
        receiver.learn("public", public["publicKey"].as_str().unwrap());
        test().await;
        assert_eq!(receiver.next()["verified"], json!(["first", "second", "public"]));
        let third = rotate(json!({"scheme": "HMAC"})).await["secret"].as_str().unwrap().to_owned();
        receiver.learn("third", &third);
        test().await;
        assert_eq!(receiver.next()["verified"], json!(["second", "third", "public"]));
        let last = rotate(json!({"only": true})).await["secret"].as_str().unwrap().to_owned();
        receiver.learn("last", &last);
        test().await;
        assert_eq!(receiver.next()["verified"], json!(["last"]));

        let shown = client.get("/api/v0/webhook/endpoint").await.text().to_owned();
        let file = service.database.strip_prefix("sqlite://").unwrap();
        let wal = std::fs::read(format!("{file}-wal")).unwrap_or_default();
        let stored = [std::fs::read(file).unwrap(), wal].concat();
        for secret in [first, second, third, last] {
            let bare = secret.strip_prefix("whsec_").unwrap();
            assert!(!shown.contains(bare), "{shown}");
            assert!(!stored.windows(bare.len()).any(|window| window == bare.as_bytes()));
        }
        service.stop().await;
    });
}

#[test]
fn a_test_says_what_is_wrong_and_is_not_tried_again() {
    run(async {
        let service = setup().start().await;
        let client = service.client().await;
        let receiver = Receiver::answering(&[], &json!([{"status": 500, "body": "broken"}]));
        let added = add(&client, &json!({"url": receiver.url()})).await;
        patch(&client, &added, &json!({"status": "DISABLED"})).await.good();
        let answer = client.post(&path(&added, "/test"), "").await.good();
        let expected = json!({"accepted": false, "phase": "response", "reply": "HTTP 500: broken",
            "ambiguous": false});
        assert_eq!(answer, expected);
        receiver.next();
        chancery::workflow::delivery::run_due(&service.app).await.unwrap();
        assert!(receiver.rest().is_empty());
        let log = client.get(&path(&added, "/attempt")).await.good();
        assert_eq!(log["attempts"][0]["event"], "webhook.test");
        assert_eq!(log["attempts"][0]["deliveryStatus"], "SENDING_FAILED");
        service.stop().await;
    });
}

/// Whoever hangs up has asked all the same: the try ends and is not made again.
#[test]
fn a_test_goes_on_without_its_client() {
    run(async {
        let service = setup().start().await;
        let client = service.client().await;
        let receiver = Receiver::answering(&[], &json!([{"delay_ms": 2000}]));
        let added = add(&client, &json!({"url": receiver.url()})).await;
        let (asking, address) = (client.clone(), path(&added, "/test"));
        let asked = tokio::spawn(async move { asking.post(&address, "").await });
        receiver.next();
        asked.abort();
        assert!(asked.await.is_err(), "it was answered before it hung up");
        let begin = std::time::Instant::now();
        loop {
            let log = client.get(&path(&added, "/attempt")).await.good();
            if log["attempts"][0]["result"] == "ACCEPTED" {
                assert_eq!(log["attempts"][0]["deliveryStatus"], "SENT");
                break;
            }
            assert!(begin.elapsed() < PATIENCE, "{log}");
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        service.stop().await;
    });
}

#[test]
fn tests_have_a_limit_by_hour() {
    run(async {
        let (setup, clock) = setup_moved();
        let service = setup.start().await;
        let client = service.client().await;
        let nobody = json!({"url": "http://127.0.0.1:1/"});
        let endpoints = [add(&client, &nobody).await, add(&client, &nobody).await];
        let test = async |added: &Value| client.post(&path(added, "/test"), "").await;
        for added in endpoints.iter().cycle().take(20) {
            assert_eq!(test(added).await.good()["phase"], "connect");
        }
        clock.fetch_add(10 * MINUTE, Ordering::SeqCst);
        for added in &endpoints {
            let refused = test(added).await;
            refused.error(429, "0.0.11", "hourly-limit");
            assert_eq!(refused.header("retry-after"), "3000");
        }
        let other = service.client().await;
        let theirs = add(&other, &nobody).await;
        other.post(&path(&theirs, "/test"), "").await.good();
        clock.fetch_add(50 * MINUTE, Ordering::SeqCst);
        test(&endpoints[0]).await.good();
        service.stop().await;
    });
}

#[test]
fn an_endpoint_is_its_client_services_alone() {
    on_shared(async |service| {
        let (client, stranger) = (service.client().await, service.client().await);
        let added = add(&client, &json!({"url": "https://hooks.example.com/a"})).await;
        let url = |rest: &str| format!("{}{}", stranger.base, path(&added, rest));
        let since = json!({"since": "2026-01-01T00:00:00Z"}).to_string();
        for request in [
            HTTP.get(url("")),
            HTTP.get(url("/attempt")),
            HTTP.delete(url("")),
            HTTP.patch(url("")).body("{}"),
            HTTP.post(url("/rotateSecret")),
            HTTP.post(url("/test")),
            HTTP.post(url("/replay")).body(since),
        ] {
            let answer = Answer::of(request.bearer_auth(&stranger.token)).await;
            answer.error(404, "0.0.6", "endpoint-not-found");
        }
        assert_eq!(stranger.get("/api/v0/webhook/endpoint").await.good(), json!([]));
        let all = client.get("/api/v0/webhook/endpoint").await.good();
        assert_eq!(all, json!([added["endpoint"]]));

        let remove = HTTP.delete(format!("{}{}", client.base, path(&added, "")));
        let removed = Answer::of(remove.bearer_auth(&client.token)).await;
        assert_eq!(removed.status, 204);
        client.get(&path(&added, "")).await.error(404, "0.0.6", "endpoint-not-found");
        client.get("/api/v0/webhook/endpoint/x").await.error(404, "0.0.6", "endpoint-not-found");
    });
}

#[test]
fn bad_wishes_are_refused_by_name() {
    on_shared(async |service| {
        let client = service.client().await;
        let long = "d".repeat(201);
        let good = "https://hooks.example.com/";
        for (wish, status, reason) in [
            (json!({}), 400, "member-missing"),
            (json!({"url": 5}), 400, "member-invalid"),
            (json!({"url": "http://hooks.example.com/"}), 400, "webhook-url-refused"),
            (json!({"url": "https://169.254.169.254/latest"}), 400, "webhook-url-refused"),
            (json!({"url": "https://u:p@hooks.example.com/"}), 400, "webhook-url-refused"),
            (json!({"url": "nonsense"}), 400, "webhook-url-refused"),
            (json!({"url": good, "events": ["invoice.paid"]}), 400, "member-invalid"),
            (json!({"url": good, "events": ["webhook.test"]}), 400, "member-invalid"),
            (json!({"url": good, "scheme": "RSA"}), 400, "member-invalid"),
            (json!({"url": good, "description": long}), 413, "member-too-long"),
            (json!({"url": good, "description": "a\u{0}b"}), 400, "member-invalid"),
        ] {
            let answer = client.post("/api/v0/webhook/endpoint", wish.to_string()).await;
            let body = answer.json();
            assert_eq!(
                (answer.status, body["reason"].as_str()),
                (status, Some(reason)),
                "{wish} {body}"
            );
        }
        let added = add(&client, &json!({"url": good})).await;
        for (change, reason) in [
            (json!({"url": "https://127.0.0.1/"}), "webhook-url-refused"),
            (json!({"status": "PAUSED"}), "member-invalid"),
        ] {
            let answer = patch(&client, &added, &change).await;
            answer.error(400, "0.0.6", reason);
        }
        for since in ["yesterday", "2026-13-01T00:00:00Z"] {
            let wish = json!({"since": since}).to_string();
            let answer = client.post(&path(&added, "/replay"), wish).await;
            answer.error(400, "0.0.6", "member-invalid");
        }
        for _ in 1..5 {
            add(&client, &json!({"url": good})).await;
        }
        let wish = json!({"url": good}).to_string();
        let answer = client.post("/api/v0/webhook/endpoint", wish).await;
        answer.error(413, "0.0.4", "too-many-endpoints");
    });
}
