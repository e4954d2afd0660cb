//! Endpoints of one client service that hang are its own affair.

use serde_json::{Value, json};

use super::flow::{add, path, setup};
use super::receiver::Receiver;
use crate::support::client::{PATIENCE, small};
use crate::support::service::{run, unique};

/// Everything of one client service hangs; another one is told while it does.
#[test]
fn endpoints_that_hang_do_not_hold_up_those_of_others() {
    run(async {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let mut setup = setup();
        setup.delivers = true;
        setup.config.delivery.senders = 4;
        setup.config.delivery.senders_per_way = 4;
        let service = setup.start().await;
        let (hanging, other) = (service.client().await, service.client().await);
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let mut endpoints = Vec::new();
        for _ in 0..4 {
            endpoints.push(add(&hanging, &json!({ "url": url })).await);
        }
        let receiver = Receiver::answering(&[], &json!([{"status": 204}]));
        add(&other, &json!({ "url": receiver.url() })).await;
        for _ in 0..3 {
            hanging.sign(&small(&unique("hanging"))).await.good();
        }
        let tries = async || {
            let mut all: Vec<Value> = Vec::new();
            for endpoint in &endpoints {
                let log = hanging.get(&path(endpoint, "/attempt")).await.good();
                all.extend(log["attempts"].as_array().unwrap().iter().cloned());
            }
            all
        };
        let started = tokio::time::timeout(PATIENCE, async {
            while tries().await.is_empty() {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        });
        started.await.expect("a try");
        other.sign(&small(&unique("other"))).await.good();
        tokio::task::spawn_blocking(move || {
            receiver.next();
            receiver.next();
        })
        .await
        .unwrap();
        let tries = tries().await;
        let ended: Vec<&Value> = tries.iter().filter(|it| it.get("result").is_some()).collect();
        assert!(ended.is_empty(), "others waited for these: {ended:?}");
        assert!((1..=3).contains(&tries.len()), "{tries:?}");
        // The tries that hang take their fifteen seconds; nobody waits for that here.
    });
}
