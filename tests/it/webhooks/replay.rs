//! What was missed is sent again, under the id it had.

use chancery::domain::ids::{ClientServiceId, EndpointId, EventId};
use chancery::domain::instant::Instant;
use chancery::domain::outbox::Way;
use chancery::domain::webhook::EventKind;
use chancery::store::alarms::NewAlarm;
use chancery::store::events::Event;
use chancery::workflow::delivery::run_due;
use serde_json::{Value, json};

use super::flow::{MINUTE, add, patch, path, setup};
use super::receiver::Receiver;
use crate::support::client::{Client, PATIENCE, small};
use crate::support::postgres::Postgres;
use crate::support::service::{Service, now, run, unique};

async fn replay(client: &Client, added: &Value, since: &str, failed_only: bool) -> Value {
    ask(client, added, &json!({"since": since, "failedOnly": failed_only})).await
}

async fn ask(client: &Client, added: &Value, wish: &Value) -> Value {
    let answer = client.post(&path(added, "/replay"), wish.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    answer.json()
}

async fn replays(service: &Service) {
    let client = service.client().await;
    let receiver = Receiver::answering(&[], &json!([{}]));
    let wish = json!({"url": receiver.url(), "events": ["operation.finished"]});
    let added = add(&client, &wish).await;
    let before = now().to_rfc3339();
    client.sign(&small(&unique("first"))).await.good();
    run_due(&service.app).await.unwrap();
    let first = receiver.next()["id"].clone();
    patch(&client, &added, &json!({"status": "DISABLED"})).await.good();
    client.sign(&small(&unique("second"))).await.good();
    run_due(&service.app).await.unwrap();
    assert!(receiver.rest().is_empty(), "told while disabled");
    let wish = json!({"since": before}).to_string();
    let refused = client.post(&path(&added, "/replay"), wish).await;
    refused.error(400, "0.0.6", "member-invalid");
    patch(&client, &added, &json!({"status": "ACTIVE"})).await.good();

    // What was missed, then everything, each under the id it had.
    assert_eq!(replay(&client, &added, &before, true).await, json!({"queued": 1}));
    run_due(&service.app).await.unwrap();
    let second = receiver.next()["id"].clone();
    assert_ne!(first, second);
    assert_eq!(replay(&client, &added, &before, true).await, json!({"queued": 0}));
    assert_eq!(replay(&client, &added, &before, false).await, json!({"queued": 2}));
    run_due(&service.app).await.unwrap();
    let mut again = [receiver.next()["id"].clone(), receiver.next()["id"].clone()];
    let mut both = [first, second];
    for ids in [&mut again, &mut both] {
        ids.sort_by_key(ToString::to_string);
    }
    assert_eq!(again, both);
    let later = now().plus_ms(MINUTE).to_rfc3339();
    assert_eq!(replay(&client, &added, &later, false).await, json!({"queued": 0}));
    let log = client.get(&path(&added, "/attempt?limit=100")).await.good();
    assert_eq!(log["attempts"].as_array().unwrap().len(), 4);
    many_of_one_instant(service).await;
}

/// A large request makes more events in one millisecond than one call sends again. They are done with
/// when the next call comes, so only the cursor tells how far the first one went.
async fn many_of_one_instant(service: &Service) {
    let client = service.client().await;
    let added = add(&client, &json!({"url": "http://127.0.0.1:1/"})).await;
    patch(&client, &added, &json!({"status": "DISABLED"})).await.good();
    let owner = service.app.reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
    let created = now();
    let events: Vec<Event> = (0..1010).map(|_| expiring(service, owner.id, created)).collect();
    let name = unique("many");
    let alarm = NewAlarm {
        name: &name,
        content: "{}",
        cleared_before: None,
        quiet_since: created,
        told_before: None,
    };
    assert!(service.app.store.raise_alarm(&alarm, &[], &events, created).await.unwrap());
    run_due(&service.app).await.unwrap();
    patch(&client, &added, &json!({"status": "ACTIVE"})).await.good();

    let mut wish = json!({"since": created.to_rfc3339(), "failedOnly": true});
    let mut calls = Vec::new();
    loop {
        let answer = ask(&client, &added, &wish).await;
        calls.push(answer["queued"].as_u64().unwrap());
        assert!(calls.len() < 5, "round in circles: {calls:?}");
        give_up_all(service, &added).await;
        let Some(more) = answer.get("more") else { break };
        wish = json!({"after": more, "failedOnly": true});
    }
    assert_eq!(calls, [1000, 10]);
    for wish in [
        json!({"after": "yesterday"}),
        json!({"after": wish["after"], "since": created.to_rfc3339()}),
    ] {
        let refused = client.post(&path(&added, "/replay"), wish.to_string()).await;
        refused.error(400, "0.0.6", "member-invalid");
    }
}

fn expiring(service: &Service, client_service: ClientServiceId, created: Instant) -> Event {
    Event {
        id: EventId::from_i64(service.app.next_id()),
        client_service,
        kind: EventKind::CredentialExpiring,
        operation: None,
        document: None,
        message: None,
        content: Some("{}".to_owned()),
        created,
    }
}

/// Many facts at once become messages a part at a time, one part after the other: mails go out in between, and no
/// pause comes between the parts.
#[test]
fn many_facts_are_told_without_a_pause() {
    run(async {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut setup = setup();
        setup.delivers = true;
        setup.config.delivery.poll_ms = 600_000;
        setup.config.delivery.senders = 1;
        let service = setup.start().await;
        let client = service.client().await;
        let app = &service.app;
        // It answers nobody, so no end of a try wakes whoever looks.
        add(&client, &json!({"url": format!("http://{}/", silent.local_addr().unwrap())})).await;
        let owner = app.reader.client_service_by_alias(&client.alias).await.unwrap().unwrap();
        let events: Vec<Event> = (0..900).map(|_| expiring(&service, owner.id, now())).collect();
        let alarm = NewAlarm {
            name: "many",
            content: "{}",
            cleared_before: None,
            quiet_since: now(),
            told_before: None,
        };
        assert!(app.store.raise_alarm(&alarm, &[], &events, now()).await.unwrap());
        app.outbox_bell.notify_one();
        let told = async {
            while !app.reader.unfanned_events(1).await.unwrap().is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, told).await.expect("all have messages");
    });
}

/// Gives up what is due at the endpoint.
async fn give_up_all(service: &Service, added: &Value) {
    let way = Way::Hook(EndpointId::from_i64(added["endpoint"]["id"].as_i64().unwrap()));
    let unused: Vec<_> = (0..2000).map(|_| EventId::from_i64(service.app.next_id())).collect();
    let at = now();
    service.app.store.give_up_overdue(way, (at, at), "not today", &unused).await.unwrap();
}

#[test]
fn what_was_missed_is_replayed_under_its_id() {
    run(async {
        let service = setup().start().await;
        replays(&service).await;
        service.stop().await;
    });
}

#[test]
fn replay_works_on_postgresql_too() {
    let server = Postgres::start();
    run(async {
        let mut setup = setup();
        setup.config.store.url = server.url();
        let service = setup.start().await;
        replays(&service).await;
        service.stop().await;
    });
}
