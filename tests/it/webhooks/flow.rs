//! From the fact to the receiver: fan-out, retries, replay, and endpoints that are given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chancery::app::Clock;
use chancery::domain::ids::EndpointId;
use chancery::workflow::delivery::run_due;
use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use super::receiver::Receiver;
use super::sending::config;
use crate::support::client::{Answer, Client, HTTP, document, request, small};
use crate::support::service::{Setup, now, run, unique};

pub(super) const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

/// A service whose receivers may be on this machine.
pub(super) fn setup() -> Setup {
    let mut setup = Setup::new();
    setup.config.webhooks = config();
    // Nothing is sent but by `run_due`, which waits for what it sends.
    setup.delivers = false;
    setup.config.delivery.senders_per_way = 100;
    setup.config.delivery.senders = 100;
    setup
}

/// A service in which time passes only when somebody moves it.
pub(super) fn setup_moved() -> (Setup, Arc<AtomicI64>) {
    let ms = Arc::new(AtomicI64::new(now().unix_ms()));
    let mut setup = setup();
    setup.clock = Clock::Moved(Arc::clone(&ms));
    setup.config.oauth.access_token_seconds = 100 * 86_400;
    (setup, ms)
}

pub(super) async fn add(client: &Client, wish: &Value) -> Value {
    let answer = client.post("/api/v0/webhook/endpoint", wish.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()
}

pub(super) fn path(added: &Value, rest: &str) -> String {
    let id = added.get("endpoint").unwrap_or(added)["id"].as_i64().unwrap();
    format!("/api/v0/webhook/endpoint/{id}{rest}")
}

pub(super) async fn patch(client: &Client, added: &Value, change: &Value) -> Answer {
    let url = format!("{}{}", client.base, path(added, ""));
    Answer::of(HTTP.patch(url).bearer_auth(&client.token).body(change.to_string())).await
}

async fn view(client: &Client, added: &Value) -> Value {
    client.get(&path(added, "")).await.good()
}

/// What a receiver was told, by type.
pub(super) fn told(receiver: &Receiver, count: usize) -> Vec<(String, Value)> {
    let mut told: Vec<(String, Value)> = (0..count)
        .map(|_| {
            let seen = receiver.next();
            let body = seen["body"].as_str().unwrap();
            assert!(body.len() <= 20_000 && !body.contains("<invoice"), "{body}");
            let body: Value = serde_json::from_str(body).unwrap();
            (body["type"].as_str().unwrap().to_owned(), json!({"seen": seen, "body": body}))
        })
        .collect();
    told.sort_by(|one, other| one.0.cmp(&other.0));
    assert_eq!(receiver.rest(), Vec::<Value>::new());
    told
}

fn kinds(told: &[(String, Value)]) -> Vec<&str> {
    told.iter().map(|(kind, _)| kind.as_str()).collect()
}

#[test]
fn each_endpoint_is_told_what_it_asked_for_and_nothing_of_others() {
    run(async {
        let service = setup().start().await;
        let (client, other) = (service.client().await, service.client().await);
        let [mut all, some, others] =
            [(); 3].map(|()| Receiver::answering(&[], &json!([{"status": 204}])));
        let added = add(&client, &json!({"url": all.url()})).await;
        all.learn("key", added["secret"].as_str().unwrap());
        let wish =
            json!({"url": some.url(), "events": ["operation.finished"], "scheme": "ED25519"});
        add(&client, &wish).await;
        add(&other, &json!({"url": others.url()})).await;

        let (good, bad) = (unique("Fatura é"), unique("bad"));
        let documents = [document(&good, "<invoice>12.50</invoice>"), document(&bad, "<a><b></a>")];
        let signed = client.sign(&request(&good, documents)).await.good();
        let failing = client.sign(&request(&bad, [document(&bad, "<a><b></a>")])).await.good();
        run_due(&service.app).await.unwrap();

        let told_all = told(&all, 5);
        let expected = ["document.failed", "document.failed", "document.sealed"];
        assert_eq!(kinds(&told_all)[..3], expected);
        assert_eq!(kinds(&told_all)[3..], ["operation.failed", "operation.finished"]);
        for (kind, one) in &told_all {
            assert_eq!(one["seen"]["verified"], json!(["key"]), "{kind}");
            assert!(one["body"]["timestamp"].as_str().unwrap().ends_with('Z'), "{one}");
        }
        let sealed = &told_all[2].1["body"]["data"];
        let on_record = &signed["documentList"][0];
        assert_eq!(sealed["operationId"], signed["id"]);
        assert_eq!(sealed["externalReference"], good);
        assert_eq!(sealed["documentExternalReference"], good);
        assert_eq!(sealed["signStatus"], "SIGNED");
        assert_eq!(sealed["sha256"].as_str().unwrap().len(), 64, "{on_record}");
        let failed = told_all.iter().find(|(kind, one)| {
            kind == "document.failed" && one["body"]["data"]["operationId"] == signed["id"]
        });
        let failed = &failed.unwrap().1["body"]["data"];
        assert_eq!(failed["documentExternalReference"], bad);
        for member in ["signError", "signErrorReason", "signErrorDetail"] {
            assert!(!failed[member].as_str().unwrap().is_empty(), "{failed}");
        }
        let finished = &told_all[4].1["body"]["data"];
        assert_eq!(
            (&finished["status"], &finished["documentsSealed"]),
            (&json!("EXECUTED"), &json!(1))
        );
        assert_eq!(finished["documentsFailed"], 1);
        let ended = &told_all[3].1["body"]["data"];
        assert_eq!((&ended["operationId"], &ended["documentsSealed"]), (&failing["id"], &json!(0)));

        let told_some = told(&some, 1);
        assert_eq!(kinds(&told_some), ["operation.finished"]);
        assert_eq!(told_some[0].1["seen"]["id"], told_all[4].1["seen"]["id"]);
        assert!(told_some[0].1["seen"]["signature"].as_str().unwrap().starts_with("v1a,"));
        assert!(others.rest().is_empty());

        // Nothing is told twice by itself.
        run_due(&service.app).await.unwrap();
        assert!(all.rest().is_empty() && some.rest().is_empty());
        service.stop().await;
    });
}

#[test]
fn a_failing_receiver_is_tried_by_the_schedule_and_the_log_tells() {
    run(async {
        let (setup, clock) = setup_moved();
        let service = setup.start().await;
        let client = service.client().await;
        let answers = json!([
            {"status": 500, "body": "down"},
            {"status": 429, "headers": {"Retry-After": "3600"}},
            {"status": 302, "headers": {"Location": "http://127.0.0.1:1/"}},
            {"status": 200},
        ]);
        let receiver = Receiver::answering(&[], &answers);
        let wish = json!({"url": receiver.url(), "events": ["operation.finished"]});
        let added = add(&client, &wish).await;
        client.sign(&small(&unique("retried"))).await.good();

        // After 5 s, after the hour asked for, after 30 min by the schedule; with jitter of a fifth.
        for (early, late) in
            [(0, 0), (3_900, 2_200), (50 * MINUTE, 10 * MINUTE), (23 * MINUTE, 14 * MINUTE)]
        {
            clock.fetch_add(early, Ordering::SeqCst);
            if late > 0 {
                run_due(&service.app).await.unwrap();
                assert!(receiver.rest().is_empty(), "too early at {early}");
            }
            clock.fetch_add(late, Ordering::SeqCst);
            run_due(&service.app).await.unwrap();
            receiver.next();
        }
        clock.fetch_add(DAY, Ordering::SeqCst);
        run_due(&service.app).await.unwrap();
        assert!(receiver.rest().is_empty());

        let log = client.get(&path(&added, "/attempt")).await.good();
        let log = log["attempts"].as_array().unwrap();
        let shown: Vec<(&str, &str)> = log
            .iter()
            .map(|it| (it["result"].as_str().unwrap(), it["reply"].as_str().unwrap()))
            .collect();
        assert_eq!(shown[0], ("ACCEPTED", "HTTP 200"));
        assert_eq!(shown[2], ("LATER", "HTTP 429"));
        assert_eq!(shown[3], ("LATER", "HTTP 500: down"));
        assert!(shown[1].1.contains("redirects are not followed"), "{shown:?}");
        assert!(log.iter().all(|it| it["webhookId"] == log[0]["webhookId"]));
        assert_eq!(log[0]["deliveryStatus"], "SENT");
        // The log in pages is the same log.
        let mut paged = Vec::new();
        let mut next = String::new();
        loop {
            let page = client.get(&path(&added, &format!("/attempt?limit=3{next}"))).await.good();
            paged.extend(page["attempts"].as_array().unwrap().clone());
            let Some(behind) = page["next"].as_str() else { break };
            next = format!("&behind={behind}");
        }
        assert_eq!(&paged, log);
        assert_eq!(view(&client, &added).await["failingSince"], Value::Null);
        service.stop().await;
    });
}

/// What this service cannot write is tried by the schedule, and the endpoint is not blamed for it.
#[test]
fn a_fault_of_ours_is_not_the_endpoints() {
    run(async {
        let (setup, clock) = setup_moved();
        let service = setup.start().await;
        let client = service.client().await;
        let receiver = Receiver::answering(&[], &json!([{"status": 204}]));
        let wish = json!({"url": receiver.url(), "events": ["document.sealed"]});
        let added = add(&client, &wish).await;
        client.sign(&small(&unique("molten"))).await.good();
        let mut database = SqliteConnection::connect(&service.database).await.unwrap();
        sqlx::query("UPDATE document SET state = 'MOLTEN'").execute(&mut database).await.unwrap();
        for tries in 1..=2 {
            run_due(&service.app).await.unwrap();
            let log = client.get(&path(&added, "/attempt")).await.good();
            let log = log["attempts"].as_array().unwrap().clone();
            assert_eq!(log.len(), tries);
            assert_eq!(log[0]["result"], "LATER");
            assert!(log[0]["reply"].as_str().unwrap().contains("could not write"), "{log:?}");
            clock.fetch_add(MINUTE, Ordering::SeqCst);
        }
        assert_eq!(view(&client, &added).await["failingSince"], Value::Null);
        sqlx::query("UPDATE document SET state = 'SIGNED'").execute(&mut database).await.unwrap();
        clock.fetch_add(10 * MINUTE, Ordering::SeqCst);
        run_due(&service.app).await.unwrap();
        told(&receiver, 1);
        service.stop().await;
    });
}

#[test]
fn gone_and_five_days_of_failures_disable_an_endpoint() {
    run(async {
        let (setup, clock) = setup_moved();
        let service = setup.start().await;
        let client = service.client().await;
        let gone = Receiver::answering(&[], &json!([{"status": 410}]));
        let failing = Receiver::answering(&[], &json!([{"status": 500}]));
        let [first, second] =
            [&gone, &failing].map(|it| json!({"url": it.url(), "events": ["operation.finished"]}));
        let (first, second) = (add(&client, &first).await, add(&client, &second).await);
        client.sign(&small(&unique("gone"))).await.good();
        run_due(&service.app).await.unwrap();
        gone.next();
        let seen = view(&client, &first).await;
        assert_eq!(
            (&seen["status"], &seen["disabledReason"]),
            (&json!("DISABLED"), &json!("GONE"))
        );
        let seen = view(&client, &second).await;
        assert_eq!(seen["status"], "ACTIVE");
        assert!(seen["failingSince"].is_string(), "{seen}");
        let id = EndpointId::from_i64(seen["id"].as_i64().unwrap());
        let failing = || service.app.reader.failing_endpoints();
        assert_eq!(failing().await.unwrap(), [id].into(), "the other one is disabled");

        for _ in 0..6 {
            client.sign(&small(&unique("more"))).await.good();
            run_due(&service.app).await.unwrap();
            clock.fetch_add(DAY, Ordering::SeqCst);
        }
        let seen = view(&client, &second).await;
        assert_eq!(seen["disabledReason"], "FAILING", "{seen}");
        assert!(failing().await.unwrap().is_empty());
        assert!(gone.rest().is_empty(), "told after 410");

        // Enabled again it starts anew.
        let seen = patch(&client, &second, &json!({"status": "ACTIVE"})).await.good();
        assert_eq!((&seen["status"], &seen["failingSince"]), (&json!("ACTIVE"), &Value::Null));
        service.stop().await;
    });
}
